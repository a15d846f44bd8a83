//! The team over HTTP: invitations let one person in once, roles change at once, the last owner stays, and who is shut out
//! is out everywhere.

use domain::{
    moment::DAY,
    role::{Actor, Role},
};
use server::staff::{self, audit, invitations};

use crate::{
    on_both,
    person::{Answer, PASSWORD, Person, member, text},
    stage::Stage,
};

on_both!(
    an_invitation_lets_one_person_in_once,
    a_link_ends_by_time_by_withdrawal_and_by_a_newer_one,
    two_at_once_use_a_link_once,
    nobody_is_invited_twice_or_beyond_the_inviters_own_role,
    a_role_holds_from_the_next_request_on,
    a_disabled_member_is_out_everywhere_at_once,
    the_last_owner_stays_an_owner,
    sessions_are_seen_and_ended,
    a_new_password_asks_for_the_old_one_and_ends_the_other_sessions,
    nothing_secret_is_in_the_log,
);

const NEW: &str = "seven-apricot-trees";

async fn owner(stage: &Stage) -> Person {
    stage.open_dashboard();
    member(stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    Person::signed_in(stage, "owner@shop.am", PASSWORD).await
}

/// The address of the link that the page shows.
fn link(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.flash);
    let after = answer.body.split("/invitation/").nth(1).expect("the page shows the link");
    let code: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
    format!("/invitation/{code}")
}

async fn invite(owner: &Person, email: &str, role: &str) -> Answer {
    owner.post("/team/invite", &[("email", email), ("role", role)]).await
}

async fn accept(person: &Person, link: &str) -> Answer {
    person.post(link, &[("name", "Ani"), ("language", "en"), ("password", NEW)]).await
}

async fn an_invitation_lets_one_person_in_once(stage: Stage) {
    let owner = owner(&stage).await;
    let link = link(&invite(&owner, "Ani@Shop.am", "support").await);
    let ani = Person::stranger(&stage);
    let page = ani.get(&link).await;
    assert!(page.status == 200 && page.body.contains("ani@shop.am") && page.body.contains("Խանութ"));
    for (password, code) in
        [("short", "password_short"), ("password12345", "password_common"), ("ani@shop.am1", "password_own")]
    {
        let refused = ani.post(&link, &[("name", "Ani"), ("language", "en"), ("password", password)]).await;
        let words = text(&format!("refusal.{code}")).replace("{min}", "12");
        assert!(refused.status == 422 && refused.body.contains(&words), "{code}: {}", refused.body);
        assert!(refused.body.contains("value=\"Ani\"") && !refused.body.contains(password), "what was typed stays");
    }
    let entered = accept(&ani, &link).await;
    assert_eq!((entered.status, entered.to.as_str()), (303, "/"), "{}", entered.body);
    assert_eq!(ani.get("/orders").await.status, 200, "signed in");
    assert!(ani.post("/settings/staff-chat", &[]).await.forbidden(), "as support");
    let other = Person::stranger(&stage);
    for again in [other.get(&link).await, accept(&other, &link).await] {
        assert!(again.refused("invitation_used") && again.status == 409, "{}", again.body);
    }
    Person::signed_in(&stage, "ani@shop.am", NEW).await;
    assert!(!owner.get("/team").await.body.contains("/team/invitations/"), "nothing waits any more");
}

async fn a_link_ends_by_time_by_withdrawal_and_by_a_newer_one(stage: Stage) {
    let owner = owner(&stage).await;
    let first = link(&invite(&owner, "ani@shop.am", "manager").await);
    let id = invitations::waiting(&stage.services.db, &stage.merchant).await.unwrap()[0].id.clone();
    let stranger = Person::stranger(&stage);
    let second = link(&owner.post(&format!("/team/invitations/{id}/renew"), &[]).await);
    assert_eq!(stranger.get(&first).await.status, 404, "a newer link takes the old one's place");
    assert_eq!(stranger.get(&second).await.status, 200);

    stage.clock.advance(7 * DAY - 1_000);
    assert_eq!(stranger.get(&second).await.status, 200);
    stage.clock.advance(1_000);
    for gone in [stranger.get(&second).await, accept(&stranger, &second).await] {
        assert!(gone.refused("invitation_expired"), "{}", gone.body);
    }
    let owner = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    assert!(owner.get("/team").await.body.contains(&text("team.expired")));
    let third = link(&owner.post(&format!("/team/invitations/{id}/renew"), &[]).await);
    assert_eq!(stranger.get(&third).await.status, 200);
    assert!(owner.post(&format!("/team/invitations/{id}/withdraw"), &[]).await.done());
    for gone in [stranger.get(&third).await, accept(&stranger, &third).await] {
        assert!(gone.refused("invitation_withdrawn"), "{}", gone.body);
    }
    assert!(owner.post(&format!("/team/invitations/{id}/renew"), &[]).await.refused("invitation_withdrawn"));
    assert_eq!(stage.count("SELECT COUNT(*) FROM staff").await, 1);
    let unknown = stranger.get("/invitation/0000000000000000000000000z").await;
    assert!(unknown.status == 404 && unknown.body.contains(&text("invited.unknown")));
}

async fn two_at_once_use_a_link_once(stage: Stage) {
    let owner = owner(&stage).await;
    let link = link(&invite(&owner, "ani@shop.am", "manager").await);
    let people: Vec<_> = (0..4).map(|_| Person::stranger(&stage)).collect();
    let [a, b, c, d] = &people[..] else { unreachable!() };
    let (a, b, c, d) = tokio::join!(accept(a, &link), accept(b, &link), accept(c, &link), accept(d, &link));
    let entered = [a, b, c, d].iter().filter(|answer| answer.status == 303).count();
    assert_eq!(entered, 1);
    assert_eq!(stage.count("SELECT COUNT(*) FROM staff WHERE email = 'ani@shop.am'").await, 1);
}

async fn nobody_is_invited_twice_or_beyond_the_inviters_own_role(stage: Stage) {
    let owner = owner(&stage).await;
    link(&invite(&owner, "ani@shop.am", "manager").await);
    assert!(invite(&owner, "ANI@shop.am", "support").await.refused("invited_already"));
    assert!(invite(&owner, "owner@shop.am", "support").await.refused("email_taken"));
    assert!(invite(&owner, "nobody", "support").await.refused("email_wrong"));
    // Who may edit the team, but not all that an owner may: a role of the future, or a key.
    let permissions = vec![domain::role::Permission::EditTeam, domain::role::Permission::SeeMoney];
    let limited = Actor::ApiKey { id: stage.clock.id(), permissions };
    for role in Role::ALL {
        let invited = invitations::invite(&stage.services, &limited, &stage.merchant, "x@shop.am", *role).await;
        assert!(invited.is_err(), "{role}");
    }
    member(&stage, &stage.merchant, "manager@shop.am", Role::Manager).await;
    let manager = Person::signed_in(&stage, "manager@shop.am", PASSWORD).await;
    assert!(invite(&manager, "x@shop.am", "support").await.forbidden());
    assert_eq!(stage.count("SELECT COUNT(*) FROM invitations").await, 1);
}

async fn a_role_holds_from_the_next_request_on(stage: Stage) {
    let owner = owner(&stage).await;
    let id = member(&stage, &stage.merchant, "ani@shop.am", Role::Support).await;
    let ani = Person::signed_in(&stage, "ani@shop.am", PASSWORD).await;
    assert!(ani.get("/audit").await.forbidden());
    assert!(owner.post(&format!("/team/{id}/role"), &[("role", "accountant")]).await.done());
    assert_eq!(ani.get("/audit").await.status, 200);
    assert!(ani.get("/links/new").await.forbidden());
    assert_eq!(owner.post(&format!("/team/{id}/role"), &[("role", "king")]).await.status, 303);
    let lines = audit::list(&stage.services.db, &stage.merchant, &audit::Filter::default(), 10).await.unwrap();
    let line = lines.iter().find(|line| line.action == "role_changed").unwrap();
    assert_eq!(line.subject, id.as_str());
    assert!(line.before.as_ref().unwrap().contains("support") && line.after.as_ref().unwrap().contains("accountant"));
}

async fn a_disabled_member_is_out_everywhere_at_once(stage: Stage) {
    let owner = owner(&stage).await;
    let id = member(&stage, &stage.merchant, "ani@shop.am", Role::Owner).await;
    let (phone, desk) = (
        Person::signed_in(&stage, "ani@shop.am", PASSWORD).await,
        Person::signed_in(&stage, "ani@shop.am", PASSWORD).await,
    );
    let left_behind = link(&invite(&phone, "friend@shop.am", "owner").await);
    assert!(owner.post(&format!("/team/{id}/disable"), &[]).await.done());
    for gone in [phone.get("/").await, desk.get("/orders").await, desk.post("/jobs/retry", &[("job", "all")]).await] {
        assert!(gone.asks_to_sign_in(), "{}", gone.status);
    }
    assert_eq!(desk.get("/live").await.status, 401);
    assert!(Person::stranger(&stage).enter("ani@shop.am", PASSWORD).await.refused("sign_in_wrong"));
    let friend = Person::stranger(&stage);
    assert!(
        accept(&friend, &left_behind).await.refused("invitation_withdrawn"),
        "what they left behind lets nobody in"
    );
    assert!(owner.post(&format!("/team/{id}/enable"), &[]).await.done());
    assert!(phone.get("/").await.asks_to_sign_in(), "sessions of before do not come back");
    Person::signed_in(&stage, "ani@shop.am", PASSWORD).await;
}

async fn the_last_owner_stays_an_owner(stage: Stage) {
    let owner = owner(&stage).await;
    let me = staff::list(&stage.services.db, &stage.merchant).await.unwrap()[0].id.clone();
    let myself = [
        owner.post(&format!("/team/{me}/role"), &[("role", "manager")]).await,
        owner.post(&format!("/team/{me}/disable"), &[]).await,
    ];
    assert!(myself.iter().all(|answer| answer.refused("own_role")));
    // Another way to act than a member: the last owner is kept all the same.
    let (services, key, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    assert!(staff::team::disable(services, &key, merchant, &me).await.is_err());
    let second = member(&stage, merchant, "second@shop.am", Role::Owner).await;
    let by_second = Actor::Staff { id: second.clone(), role: Role::Owner };
    let by_me = Actor::Staff { id: me.clone(), role: Role::Owner };
    // Each takes the other out at once: one of them stays.
    let (a, b) = tokio::join!(
        staff::team::disable(services, &by_me, merchant, &second),
        staff::team::set_role(services, &by_second, merchant, &me, Role::Support),
    );
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
    let left = "SELECT COUNT(*) FROM staff WHERE role = 'owner' AND disabled_at IS NULL";
    assert_eq!(stage.count(left).await, 1);
}

/// What names the sessions that may be ended, in the order of the page.
fn handles(page: &Answer) -> Vec<String> {
    let values = page.body.split("name=\"session\" value=\"").skip(1);
    values.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

async fn sessions_are_seen_and_ended(stage: Stage) {
    let first = owner(&stage).await;
    let second = Person::stranger(&stage);
    let form = [("email", "owner@shop.am"), ("password", PASSWORD)];
    let agent = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0";
    second.ask(reqwest::Method::POST, "/sign-in", |request| request.form(&form).header("user-agent", agent)).await;
    let third = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let page = first.get("/account").await;
    assert!(page.body.contains("Firefox, Windows") && page.body.contains(&text("account.this_one")));
    assert_eq!(handles(&page).len(), 2, "every other one can be ended");
    for handle in handles(&page) {
        assert!(first.post("/account/sessions/end", &[("session", &handle)]).await.done());
    }
    assert!(second.get("/").await.asks_to_sign_in() && third.get("/").await.asks_to_sign_in());
    assert_eq!(first.get("/").await.status, 200);

    // Another member's session is not there.
    member(&stage, &stage.merchant, "ani@shop.am", Role::Support).await;
    let ani = Person::signed_in(&stage, "ani@shop.am", PASSWORD).await;
    let again = Person::signed_in(&stage, "ani@shop.am", PASSWORD).await;
    let handle = handles(&ani.get("/account").await).remove(0);
    assert!(first.post("/account/sessions/end", &[("session", &handle)]).await.not_found());
    assert_eq!(again.get("/").await.status, 200);
    assert!(ani.post("/account/sessions/end-others", &[]).await.done());
    assert!(again.get("/").await.asks_to_sign_in());
    assert_eq!((ani.get("/").await.status, first.get("/").await.status), (200, 200));
}

async fn a_new_password_asks_for_the_old_one_and_ends_the_other_sessions(stage: Stage) {
    let here = owner(&stage).await;
    let there = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let set =
        async |old: &str, new: &str| here.post("/account/password", &[("old_password", old), ("password", new)]).await;
    assert!(set("wrong", NEW).await.refused("password_wrong"));
    assert!(set(PASSWORD, "iloveyou12345").await.refused("password_common"));
    assert_eq!(there.get("/").await.status, 200);
    assert!(set(PASSWORD, NEW).await.done());
    assert!(there.get("/").await.asks_to_sign_in());
    assert_eq!(here.get("/").await.status, 200);
    assert!(Person::stranger(&stage).enter("owner@shop.am", PASSWORD).await.refused("sign_in_wrong"));
    for _ in 0..10 {
        set("wrong", NEW).await;
    }
    assert!(set(NEW, "another-good-phrase").await.refused("sign_in_too_often"), "guessing is braked");
}

async fn nothing_secret_is_in_the_log(stage: Stage) {
    let owner = owner(&stage).await;
    let link = link(&invite(&owner, "ani@shop.am", "support").await);
    let ani = Person::stranger(&stage);
    accept(&ani, &link).await;
    ani.post("/account/password", &[("old_password", NEW), ("password", "another-good-phrase")]).await;
    let lines = audit::list(&stage.services.db, &stage.merchant, &audit::Filter::default(), 50).await.unwrap();
    let actions: Vec<_> = lines.iter().map(|line| line.action.as_str()).collect();
    for action in ["staff_invited", "invitation_accepted", "password_set"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    let (said, code) = (format!("{lines:?}"), link.rsplit('/').next().unwrap());
    for secret in [code, NEW, "another-good-phrase", "argon2"] {
        assert!(!said.contains(secret), "{secret}");
    }
    let kept = stage.count(&format!("SELECT COUNT(*) FROM invitations WHERE code_hash LIKE '%{code}%'")).await;
    assert_eq!(kept, 0, "only a hash of the word is kept");
}
