//! The second step at sign-in, over HTTP: a code is good once and for its time, a recovery code once, and nothing opens
//! between the two steps.

use domain::{moment::MINUTE, role::Role};
use server::staff::{audit, two_factor};
use totp_rs::{Builder, Secret};

use crate::{
    on_both,
    person::{Answer, PASSWORD, Person, member, text},
    stage::Stage,
};

on_both!(
    it_is_turned_on_by_a_code_and_asked_at_the_door,
    between_the_steps_nothing_is_open,
    a_code_is_good_once_even_for_many_at_once,
    a_clock_may_be_a_step_off_and_no_more,
    a_recovery_code_lets_in_once,
    guessing_is_braked,
    turning_off_asks_for_the_password,
    the_shop_may_ask_it_of_everybody,
    nothing_secret_is_said,
);

const STEP: i64 = 30_000;

/// The member's phone.
struct App(totp_rs::Totp);

impl App {
    /// What it shows, `off` milliseconds from the shop's time.
    fn code(&self, stage: &Stage, off: i64) -> String {
        self.0.generate(stage.clock.now().plus(off).0.unsigned_abs() / 1_000).to_string()
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(found, _)| found).expect(before)
}

/// The recovery codes that a page shows.
fn codes(page: &Answer) -> Vec<String> {
    let list = between(&page.body, "class=\"recovery\">", "</ul>");
    list.split("class=\"mono\">").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

async fn owner(stage: &Stage) -> Person {
    stage.open_dashboard();
    member(stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    Person::signed_in(stage, "owner@shop.am", PASSWORD).await
}

async fn begun(person: &Person) -> App {
    assert_eq!(person.post("/account/two-factor/begin", &[]).await.status, 303);
    let page = person.get("/account/two-factor").await;
    assert!(page.body.contains("<svg"), "a picture to scan");
    let secret = between(&page.body, "<code title=\"", "\"");
    App(Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap())
}

async fn turned_on(stage: &Stage, person: &Person) -> (App, Vec<String>) {
    let app = begun(person).await;
    let page = person.post("/account/two-factor/confirm", &[("code", &app.code(stage, 0))]).await;
    assert_eq!(page.status, 200);
    (app, codes(&page))
}

/// With the password shown, before the second step.
async fn half(stage: &Stage) -> Person {
    let person = Person::stranger(stage);
    let answer = person.enter("owner@shop.am", PASSWORD).await;
    assert_eq!((answer.status, answer.to.as_str()), (303, "/sign-in/code"));
    person
}

async fn second(person: &Person, code: &str) -> Answer {
    person.post("/sign-in/code", &[("code", code)]).await
}

fn entered(answer: &Answer) -> bool {
    answer.status == 303 && ["/", "/start"].contains(&answer.to.as_str())
}

async fn it_is_turned_on_by_a_code_and_asked_at_the_door(stage: Stage) {
    let person = owner(&stage).await;
    let elsewhere = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let app = begun(&person).await;
    Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    assert!(person.post("/account/two-factor/confirm", &[("code", "000000")]).await.refused("code_wrong"));
    let page = person.post("/account/two-factor/confirm", &[("code", &app.code(&stage, 0))]).await;
    assert_eq!(codes(&page).len(), 10);
    assert!(elsewhere.get("/").await.asks_to_sign_in(), "other sessions end");
    assert_eq!(person.get("/").await.status, 200);
    assert!(person.post("/account/two-factor/begin", &[]).await.refused("two_factor_on"));
    assert!(!person.get("/account/two-factor").await.body.contains("<svg class=\"qr"), "the secret is shown no more");

    stage.clock.advance(STEP);
    let half = half(&stage).await;
    assert!(half.get("/sign-in/code").await.body.contains(&text("second.lead")));
    assert!(second(&half, "123").await.refused("code_wrong"));
    assert!(entered(&second(&half, &app.code(&stage, 0)).await));
    assert_eq!(half.get("/orders").await.status, 200);
    let next = Person::stranger(&stage);
    let form = [("email", "owner@shop.am"), ("password", PASSWORD), ("next", "/orders?status=paid")];
    assert_eq!(next.post("/sign-in", &form).await.to, "/sign-in/code?next=%2Forders%3Fstatus%3Dpaid");
    assert!(
        second(&Person::stranger(&stage), "123456").await.asks_to_sign_in(),
        "without the first step there is no second"
    );
}

async fn between_the_steps_nothing_is_open(stage: Stage) {
    let person = owner(&stage).await;
    let (app, _) = turned_on(&stage, &person).await;
    stage.clock.advance(STEP);
    let waiting = half(&stage).await;
    for path in ["/", "/orders", "/account", "/team"] {
        assert!(waiting.get(path).await.asks_to_sign_in(), "{path}");
    }
    assert_eq!(waiting.get("/live").await.status, 401);
    stage.clock.advance(10 * MINUTE);
    assert!(second(&waiting, &app.code(&stage, 0)).await.asks_to_sign_in(), "it took too long");

    // A password set meanwhile ends what the old one began.
    let waiting = half(&stage).await;
    server::staff::set_password(&stage.services, "owner@shop.am", "another-good-phrase").await.unwrap();
    assert!(second(&waiting, &app.code(&stage, 0)).await.asks_to_sign_in());
}

async fn a_code_is_good_once_even_for_many_at_once(stage: Stage) {
    let person = owner(&stage).await;
    let (app, _) = turned_on(&stage, &person).await;
    let used = app.code(&stage, 0);
    assert!(second(&half(&stage).await, &used).await.refused("code_wrong"), "the code that turned it on is used up");
    stage.clock.advance(STEP);
    let code = app.code(&stage, 0);
    let (a, b, c) = (half(&stage).await, half(&stage).await, half(&stage).await);
    let (a, b, c) = tokio::join!(second(&a, &code), second(&b, &code), second(&c, &code));
    assert_eq!([&a, &b, &c].into_iter().filter(|answer| entered(answer)).count(), 1);
    assert!(second(&half(&stage).await, &code).await.refused("code_wrong"), "nor later");
    assert!(second(&half(&stage).await, &used).await.refused("code_wrong"), "nor an older one");
}

async fn a_clock_may_be_a_step_off_and_no_more(stage: Stage) {
    let person = owner(&stage).await;
    let (app, _) = turned_on(&stage, &person).await;
    for (off, good) in [(-2 * STEP, false), (2 * STEP, false), (-STEP, true), (STEP, true)] {
        // Far from every code that was used before.
        stage.clock.advance(10 * STEP);
        let answer = second(&half(&stage).await, &app.code(&stage, off)).await;
        assert_eq!(entered(&answer), good, "{off}");
    }
    // The code of a clock ahead is used up with all before it.
    assert!(second(&half(&stage).await, &app.code(&stage, 0)).await.refused("code_wrong"));
}

async fn a_recovery_code_lets_in_once(stage: Stage) {
    let person = owner(&stage).await;
    let (_, codes) = turned_on(&stage, &person).await;
    assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), 10);
    assert!(entered(&second(&half(&stage).await, &codes[0].to_uppercase()).await));
    assert!(second(&half(&stage).await, &codes[0]).await.refused("code_wrong"));
    let (a, b) = (half(&stage).await, half(&stage).await);
    let (a, b) = tokio::join!(second(&a, &codes[1]), second(&b, &codes[1]));
    assert_eq!(usize::from(entered(&a)) + usize::from(entered(&b)), 1);
    let left = text("account.codes_left").replace("{count}", "8");
    assert!(person.get("/account").await.body.contains(&left));

    let change = async |password: &str| {
        person.post("/account/two-factor/change", &[("what", "codes"), ("old_password", password)]).await
    };
    assert!(change("wrong").await.refused("password_wrong"));
    let fresh = self::codes(&change(PASSWORD).await);
    assert!(second(&half(&stage).await, &codes[2]).await.refused("code_wrong"), "the old ones are gone");
    assert!(entered(&second(&half(&stage).await, &fresh[0]).await));
    // Of another member it is nothing.
    member(&stage, &stage.merchant, "ani@shop.am", Role::Support).await;
    let ani = Person::signed_in(&stage, "ani@shop.am", PASSWORD).await;
    turned_on(&stage, &ani).await;
    let waiting = Person::stranger(&stage);
    waiting.enter("ani@shop.am", PASSWORD).await;
    assert!(second(&waiting, &fresh[1]).await.refused("code_wrong"));
}

async fn guessing_is_braked(stage: Stage) {
    let person = owner(&stage).await;
    let (app, codes) = turned_on(&stage, &person).await;
    stage.clock.advance(STEP);
    for guess in 0..10 {
        assert!(second(&half(&stage).await, &format!("00000{guess}")).await.status >= 400);
    }
    // The password, shown again each time, forgives nothing here.
    assert!(second(&half(&stage).await, &app.code(&stage, 0)).await.refused("sign_in_too_often"));
    assert!(second(&half(&stage).await, &codes[0]).await.refused("sign_in_too_often"));
    stage.clock.advance(15 * MINUTE);
    assert!(entered(&second(&half(&stage).await, &app.code(&stage, 0)).await));
}

async fn turning_off_asks_for_the_password(stage: Stage) {
    let person = owner(&stage).await;
    let (app, codes) = turned_on(&stage, &person).await;
    let off = async |password: &str| {
        person.post("/account/two-factor/change", &[("what", "off"), ("old_password", password)]).await
    };
    assert!(off("wrong").await.refused("password_wrong"));
    assert_eq!(half(&stage).await.get("/").await.status, 303);
    assert!(off(PASSWORD).await.done());
    Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM recovery_codes").await, 0);

    let (again, _) = turned_on(&stage, &person).await;
    stage.clock.advance(STEP);
    assert!(second(&half(&stage).await, &app.code(&stage, 0)).await.refused("code_wrong"), "another secret");
    assert!(second(&half(&stage).await, &codes[0]).await.refused("code_wrong"));
    assert!(entered(&second(&half(&stage).await, &again.code(&stage, 0)).await));
    two_factor::turn_off_at_the_shell(&stage.services, "Owner@shop.am").await.unwrap();
    Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
}

async fn the_shop_may_ask_it_of_everybody(stage: Stage) {
    let person = owner(&stage).await;
    member(&stage, &stage.merchant, "ani@shop.am", Role::Support).await;
    let ani = Person::signed_in(&stage, "ani@shop.am", PASSWORD).await;
    assert!(ani.post("/team/two-factor", &[("required", "on")]).await.forbidden());
    assert!(person.post("/team/two-factor", &[("required", "on")]).await.done());
    for path in ["/", "/orders", "/links/new", "/team", "/find?words=a"] {
        let sent = ani.get(path).await;
        assert_eq!((sent.status, sent.to.as_str()), (303, "/account/two-factor"), "{path}");
    }
    assert!(ani.get("/account/two-factor").await.body.contains(&text("account.two_factor_owed")));
    turned_on(&stage, &ani).await;
    assert_eq!(ani.get("/orders").await.status, 200);
}

async fn nothing_secret_is_said(stage: Stage) {
    let person = owner(&stage).await;
    let (app, codes) = turned_on(&stage, &person).await;
    second(&half(&stage).await, &codes[0]).await;
    let lines = audit::list(&stage.services.db, &stage.merchant, &audit::Filter::default(), 50).await.unwrap();
    let said = format!("{lines:?}");
    for action in ["two_factor_on", "recovery_code_used"] {
        assert!(said.contains(action), "{action}");
    }
    let secret = app.0.secret().to_base32();
    for hidden in codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]).chain([secret.clone()]) {
        assert!(!said.contains(&hidden), "{hidden}");
        let kept = format!("SELECT COUNT(*) FROM recovery_codes WHERE code_mac LIKE '%{hidden}%'");
        assert_eq!(stage.count(&kept).await, 0);
    }
    let kept = stage.count(&format!("SELECT COUNT(*) FROM staff WHERE totp_sealed LIKE '%{secret}%'")).await;
    assert_eq!(kept, 0, "the secret lies sealed");
}
