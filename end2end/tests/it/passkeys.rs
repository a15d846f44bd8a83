//! Passkeys, over HTTP: a key lets its owner in, alone or after the password; a challenge is good once, for its session and
//! its time, and nothing that another key, member, site or counter says is believed.

use domain::{MerchantId, moment::MINUTE, role::Role};
use serde_json::Value;
use server::staff::{self, audit};

use crate::{
    device::Device,
    on_both,
    person::{Answer, PASSWORD, Person, member},
    stage::Stage,
};

on_both!(
    a_key_lets_in_alone_and_after_the_password,
    a_challenge_is_good_once_and_for_its_session,
    only_the_owners_own_key_is_believed,
    a_device_must_know_the_person_and_the_site,
    a_counter_that_goes_back_is_a_copy,
    a_key_is_added_and_taken_away_by_the_password,
    recovery_codes_come_and_go_with_the_keys,
    an_address_without_a_name_has_no_passkeys,
);

const SITE: &str = "https://shop.am";

async fn owner(stage: &mut Stage) -> Person {
    stage.named(SITE);
    member(stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    Person::signed_in(stage, "owner@shop.am", PASSWORD).await
}

async fn asked(person: &Person, path: &str, form: &[(&str, &str)]) -> Value {
    let answer = person.post(path, form).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn asked_for_new(person: &Person) -> Value {
    let form = [("passkey_name", "Phone"), ("new_key_password", PASSWORD)];
    asked(person, "/account/passkeys/begin", &form).await
}

async fn keep(person: &Person, credential: &str) -> Answer {
    person.post("/account/passkeys", &[("passkey_name", "Phone"), ("credential", credential)]).await
}

/// A device with a key of the member, and what the page of its adding showed.
async fn added(person: &Person, seed: u8) -> (Device, Answer) {
    let mut device = Device::new(SITE, seed);
    let asked = asked_for_new(person).await;
    assert_eq!(asked["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
    let page = keep(person, &device.create(&asked)).await;
    assert!(page.status == 200 || page.done(), "{} {}", page.status, page.body);
    (device, page)
}

async fn at_the_door(person: &Person) -> Value {
    asked(person, "/sign-in/passkey/begin", &[]).await
}

async fn enter(person: &Person, credential: &str) -> Answer {
    person.post("/sign-in/passkey", &[("credential", credential), ("next", "/orders")]).await
}

fn entered(answer: &Answer) -> bool {
    answer.status == 303 && answer.to == "/orders"
}

/// With the password shown.
async fn half(stage: &Stage, email: &str) -> Person {
    let person = Person::stranger(stage);
    assert_eq!(person.enter(email, PASSWORD).await.to, "/sign-in/code");
    person
}

/// The address of the member's only key.
async fn key(person: &Person) -> String {
    let page = person.get("/account").await.body;
    let rest = page.split_once("/account/passkeys/psk_").expect("a key is listed").1;
    ["/account/passkeys/psk_", rest.split('"').next().unwrap()].concat()
}

async fn a_key_lets_in_alone_and_after_the_password(mut stage: Stage) {
    let person = owner(&mut stage).await;
    let (mut device, page) = added(&person, 1).await;
    assert!(page.body.contains("class=\"recovery\""), "the first second step comes with recovery codes");

    let alone = Person::stranger(&stage);
    let door = at_the_door(&alone).await;
    assert_eq!(door["allowCredentials"], serde_json::json!([]), "the door names nobody's keys");
    assert!(entered(&enter(&alone, &device.answer(&door)).await));
    assert_eq!(alone.get("/orders").await.status, 200);

    let second = half(&stage, "owner@shop.am").await;
    assert!(second.get("/orders").await.asks_to_sign_in());
    let question = asked(&second, "/sign-in/code/passkey/begin", &[]).await;
    assert_eq!(question["allowCredentials"].as_array().unwrap().len(), 1);
    let answer = [("credential", &*device.answer(&question)), ("next", "/orders")];
    assert!(entered(&second.post("/sign-in/code/passkey", &answer).await));
    assert_eq!(second.get("/orders").await.status, 200);
    assert!(Person::stranger(&stage).post("/sign-in/code/passkey/begin", &[]).await.asks_to_sign_in());
}

async fn a_challenge_is_good_once_and_for_its_session(mut stage: Stage) {
    let person = owner(&mut stage).await;
    let (mut device, _) = added(&person, 1).await;
    let visitor = Person::stranger(&stage);
    let answer = device.answer(&at_the_door(&visitor).await);
    let elsewhere = Person::stranger(&stage);
    assert!(enter(&elsewhere, &answer).await.refused("passkey_late"), "no challenge was given here");
    at_the_door(&elsewhere).await;
    assert!(enter(&elsewhere, &answer).await.refused("passkey_wrong"), "another session's challenge");
    let (a, b, c) = tokio::join!(enter(&visitor, &answer), enter(&visitor, &answer), enter(&visitor, &answer));
    assert_eq!([&a, &b, &c].into_iter().filter(|answer| entered(answer)).count(), 1, "once, also at the same time");
    assert!(!entered(&enter(&visitor, &answer).await), "nor later");

    let slow = Person::stranger(&stage);
    let answer = device.answer(&at_the_door(&slow).await);
    stage.clock.advance(5 * MINUTE);
    assert!(enter(&slow, &answer).await.refused("passkey_late"));

    // A wrong answer uses the challenge up too.
    let clumsy = Person::stranger(&stage);
    let answer = device.answer(&at_the_door(&clumsy).await);
    assert!(enter(&clumsy, "{}").await.refused("passkey_wrong"));
    assert!(enter(&clumsy, &answer).await.refused("passkey_late"));

    // What was asked for adding lets nobody in, and the other way round.
    let asked = asked_for_new(&person).await;
    assert!(!entered(
        &enter(&person, &device.answer(&serde_json::json!({ "challenge": asked["challenge"], "rpId": "shop.am" })))
            .await
    ));
    let asked = asked_for_new(&person).await;
    assert!(
        keep(&Person::signed_in_by(&stage, &mut device).await, &Device::new(SITE, 2).create(&asked))
            .await
            .refused("passkey_late")
    );
    let credential = Device::new(SITE, 2).create(&asked);
    assert_eq!(keep(&person, &credential).await.status, 303);
    assert!(keep(&person, &credential).await.refused("passkey_late"), "an adding is good once too");
}

impl Person {
    async fn signed_in_by(stage: &Stage, device: &mut Device) -> Self {
        let person = Self::stranger(stage);
        assert!(entered(&enter(&person, &device.answer(&at_the_door(&person).await)).await));
        person
    }
}

async fn only_the_owners_own_key_is_believed(mut stage: Stage) {
    let person = owner(&mut stage).await;
    let (mut device, _) = added(&person, 1).await;
    member(&stage, &stage.merchant, "ani@shop.am", Role::Support).await;
    let ani = Person::signed_in(&stage, "ani@shop.am", PASSWORD).await;
    let (mut others, _) = added(&ani, 2).await;

    // After the owner's password only the owner's key is the second step.
    let second = half(&stage, "owner@shop.am").await;
    let question = asked(&second, "/sign-in/code/passkey/begin", &[]).await;
    let answer = [("credential", &*others.answer(&question))];
    assert!(second.post("/sign-in/code/passkey", &answer).await.refused("passkey_wrong"));
    assert!(second.get("/orders").await.asks_to_sign_in());
    // What was asked of the owner alone is no answer at the door, nor the other way round.
    let question = asked(&second, "/sign-in/code/passkey/begin", &[]).await;
    assert!(enter(&second, &device.answer(&question)).await.refused("passkey_wrong"));
    let answer = device.answer(&at_the_door(&second).await);
    assert!(second.post("/sign-in/code/passkey", &[("credential", &answer)]).await.refused("passkey_wrong"));

    // A device that signs well and says that it is somebody else's.
    let mut liar: Value = serde_json::from_str(&others.answer(&at_the_door(&second).await)).unwrap();
    liar["response"]["userHandle"] =
        serde_json::from_str::<Value>(&device.answer(&question)).unwrap()["response"]["userHandle"].clone();
    assert!(enter(&second, &liar.to_string()).await.refused("passkey_wrong"));
    let mut stranger = Device::new(SITE, 3);
    assert!(
        enter(&second, &stranger.answer(&at_the_door(&second).await)).await.refused("passkey_wrong"),
        "a key of nobody"
    );

    // Another member's key is not there for anybody else, also not for an owner.
    let path = key(&ani).await;
    assert!(person.get(&path).await.not_found());
    assert!(person.post(&path, &[("passkey_name", "Mine")]).await.not_found());
    assert!(person.post(&format!("{path}/remove"), &[("old_password", PASSWORD)]).await.not_found());

    // Who is shut out stays out.
    staff::team::disable(
        &stage.services,
        &stage.owner(),
        &stage.merchant,
        &of(&stage, &stage.merchant, "ani@shop.am").await,
    )
    .await
    .unwrap();
    let visitor = Person::stranger(&stage);
    assert!(enter(&visitor, &others.answer(&at_the_door(&visitor).await)).await.refused("passkey_wrong"));
}

async fn of(stage: &Stage, merchant: &MerchantId, email: &str) -> domain::StaffId {
    let all = staff::list(&stage.services.db, merchant).await.unwrap();
    all.into_iter().find(|member| member.email == email).unwrap().id
}

async fn a_device_must_know_the_person_and_the_site(mut stage: Stage) {
    let person = owner(&mut stage).await;
    let (device, _) = added(&person, 1).await;
    let visitor = Person::stranger(&stage);
    let mut careless = device.clone();
    careless.verifies = false;
    let answer = careless.answer(&at_the_door(&visitor).await);
    assert!(enter(&visitor, &answer).await.refused("passkey_wrong"), "no finger, no PIN");
    for site in ["https://shop.am.evil.am", "http://shop.am", "https://shop.am:8443"] {
        let mut fooled = device.clone();
        site.clone_into(&mut fooled.origin);
        let answer = fooled.answer(&at_the_door(&visitor).await);
        assert!(enter(&visitor, &answer).await.refused("passkey_wrong"), "{site}");
    }
    let mut elsewhere = at_the_door(&visitor).await;
    elsewhere["rpId"] = "evil.am".into();
    assert!(enter(&visitor, &device.clone().answer(&elsewhere)).await.refused("passkey_wrong"));
    let mut fooled = Device::new("https://evil.am", 2);
    let asked = asked_for_new(&person).await;
    assert!(keep(&person, &fooled.create(&asked)).await.refused("passkey_wrong"));
}

async fn a_counter_that_goes_back_is_a_copy(mut stage: Stage) {
    let person = owner(&mut stage).await;
    let (mut device, _) = added(&person, 1).await;
    let mut copy = device.clone();
    let visitor = Person::stranger(&stage);
    assert!(entered(&enter(&visitor, &device.answer(&at_the_door(&visitor).await)).await));
    let thief = Person::stranger(&stage);
    assert!(enter(&thief, &copy.answer(&at_the_door(&thief).await)).await.refused("passkey_copied"));
    assert!(thief.get("/orders").await.asks_to_sign_in());
    let lines = audit::list(&stage.services.db, &stage.merchant, &audit::Filter::default(), 50).await.unwrap();
    assert!(lines.iter().any(|line| line.action == "passkey_copied"));
}

async fn a_key_is_added_and_taken_away_by_the_password(mut stage: Stage) {
    let person = owner(&mut stage).await;
    let elsewhere = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let form = [("passkey_name", "Phone"), ("new_key_password", "not the password")];
    assert!(person.post("/account/passkeys/begin", &form).await.refused("password_wrong"));
    let form = [("passkey_name", " "), ("new_key_password", PASSWORD)];
    assert!(person.post("/account/passkeys/begin", &form).await.refused("required"));
    let (mut device, _) = added(&person, 1).await;
    assert!(elsewhere.get("/").await.asks_to_sign_in(), "other sessions end when the second step begins");
    let asked = asked_for_new(&person).await;
    assert_eq!(asked["excludeCredentials"].as_array().unwrap().len(), 1, "the device is told what it has");
    assert!(keep(&person, &device.create(&asked)).await.refused("passkey_wrong"));
    member(&stage, &stage.merchant, "ani@shop.am", Role::Support).await;
    let ani = Person::signed_in(&stage, "ani@shop.am", PASSWORD).await;
    let same = Device::new(SITE, 1).create(&asked_for_new(&ani).await);
    assert!(keep(&ani, &same).await.refused("passkey_known"), "one key, one member");

    let path = key(&person).await;
    assert!(person.post(&path, &[("passkey_name", "Ani’s phone")]).await.done());
    assert!(person.get("/account").await.body.contains("Ani’s phone"));
    assert!(
        person.post(&format!("{path}/remove"), &[("old_password", "not the password")]).await.refused("password_wrong")
    );
    assert!(person.post(&format!("{path}/remove"), &[("old_password", PASSWORD)]).await.done());
    let visitor = Person::stranger(&stage);
    assert!(enter(&visitor, &device.answer(&at_the_door(&visitor).await)).await.refused("passkey_wrong"));
    Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let lines = audit::list(&stage.services.db, &stage.merchant, &audit::Filter::default(), 50).await.unwrap();
    for action in ["passkey_added", "passkey_renamed", "passkey_removed"] {
        assert!(lines.iter().any(|line| line.action == action), "{action}");
    }
}

async fn recovery_codes_come_and_go_with_the_keys(mut stage: Stage) {
    let person = owner(&mut stage).await;
    let (_, page) = added(&person, 1).await;
    let list = page.body.split("class=\"mono\">").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    let codes: Vec<_> = list.collect();
    assert_eq!(codes.len(), 10);
    let second = half(&stage, "owner@shop.am").await;
    assert_eq!(second.post("/sign-in/code", &[("code", &codes[0])]).await.to, "/start");
    assert!(
        half(&stage, "owner@shop.am").await.post("/sign-in/code", &[("code", &codes[0])]).await.refused("code_wrong")
    );
    let (_, page) = added(&person, 2).await;
    assert!(page.done(), "a second key leaves the codes as they are");
    assert_eq!(half(&stage, "owner@shop.am").await.post("/sign-in/code", &[("code", &codes[1])]).await.to, "/start");
    for _ in 0..2 {
        let path = key(&person).await;
        assert!(person.post(&format!("{path}/remove"), &[("old_password", PASSWORD)]).await.done());
    }
    assert_eq!(stage.count("SELECT COUNT(*) FROM recovery_codes").await, 0);

    // The way back in for who has lost everything.
    added(&person, 3).await;
    staff::two_factor::turn_off_at_the_shell(&stage.services, "owner@shop.am").await.unwrap();
    Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM passkeys").await, 0);
}

async fn an_address_without_a_name_has_no_passkeys(stage: Stage) {
    stage.open_dashboard();
    member(&stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    let person = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let page = person.get("/account").await.body;
    assert!(page.contains(&stage.url) && !page.contains("data-passkey"), "the page says why");
    assert!(!Person::stranger(&stage).get("/sign-in").await.body.contains("data-passkey"));
    let form = [("passkey_name", "Phone"), ("new_key_password", PASSWORD)];
    assert!(person.post("/account/passkeys/begin", &form).await.refused("passkeys_impossible"));
}
