//! A shop goes live: its bot and its ways to pay are connected in the dashboard, asked about at those who know, and never
//! shown again.

use std::collections::BTreeMap;

use domain::{
    PaymentId,
    payment::PaymentStatus,
    product::ProductKind,
    role::{Actor, Role},
};
use sandbox::telegram::NewBot;
use serde_json::json;
use server::{
    bots,
    catalog::{self, Edited, Picture, ProductInput},
    failure::{Failure, Outcome},
    payments::{self, AccountInput},
    reports::{self, Step},
    shop::{self, Profile},
};

use crate::{buyer::TOKEN, on_both, stage::Stage};

on_both!(
    a_bot_is_connected_by_a_token_that_telegram_knows,
    a_bot_belongs_to_one_shop,
    a_way_to_pay_is_kept_when_the_provider_accepts_its_key,
    the_way_to_the_first_sale_is_read_from_what_is_there,
    a_way_to_pay_that_is_off_is_not_offered_and_its_payments_go_on,
);

fn code<T: std::fmt::Debug>(result: Outcome<T>) -> (&'static str, Option<&'static str>) {
    match result {
        Err(Failure::Refused(refusal)) => (refusal.code, refusal.field),
        other => panic!("{other:?}"),
    }
}

fn at_telegram(stage: &Stage, id: i64, token: &str, username: &str) {
    let (token, username) = (token.to_owned(), username.to_owned());
    stage.telegram.add_bot(NewBot { id, token, username: username.clone(), name: username });
}

/// Nothing that was to be kept secret stands in the audit log or in plain sight of the database.
async fn hidden(stage: &Stage, secret: &str) {
    for (table, column) in [("audit_log", "after"), ("bots", "token"), ("provider_accounts", "secrets")] {
        let shown = format!("SELECT COUNT(*) FROM {table} WHERE CAST({column} AS TEXT) LIKE '%{secret}%'");
        assert_eq!(stage.count(&shown).await, 0, "{table}.{column}");
    }
}

async fn a_bot_is_connected_by_a_token_that_telegram_knows(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    for wrong in ["", "words", "1:", ":x", "1000000001:nobody-knows-it", "1/getMe?x:y", "1:../../x"] {
        assert_eq!(
            code(bots::connect(services, &owner, merchant, wrong).await),
            ("token_wrong", Some("token")),
            "{wrong}"
        );
    }
    at_telegram(&stage, 1_000_000_001, TOKEN, "tea_bot");
    let id = bots::connect(services, &owner, merchant, &format!(" {TOKEN}\n")).await.unwrap();
    let again = bots::connect(services, &owner, merchant, TOKEN).await.unwrap();
    assert_eq!(id, again, "the same bot with a new token stays the same bot");
    assert_eq!(bots::get(services, &id).await.unwrap().username, "tea_bot");
    hidden(&stage, "test-token").await;
    bots::disconnect(services, &owner, merchant, &id).await.unwrap();
    assert_eq!(code(bots::get(services, &id).await.map(|bot| bot.username)).0, "not_found");
    let audited = "SELECT COUNT(*) FROM audit_log WHERE action IN ('bot_connected', 'bot_disconnected')";
    assert_eq!(stage.count(audited).await, 3);
}

async fn a_bot_belongs_to_one_shop(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    let stranger = stage.another_merchant().await;
    at_telegram(&stage, 1_000_000_001, TOKEN, "tea_bot");
    at_telegram(&stage, 1_000_000_002, "1000000002:other", "coffee_bot");
    let id = bots::connect(services, &owner, merchant, TOKEN).await.unwrap();
    assert_eq!(code(bots::connect(services, &owner, &stranger, TOKEN).await).0, "bot_taken");
    assert_eq!(code(bots::connect(services, &owner, merchant, "1000000002:other").await).0, "bot_connected");
    assert_eq!(code(bots::disconnect(services, &owner, &stranger, &id).await).0, "not_found");
    bots::disconnect(services, &owner, merchant, &id).await.unwrap();
    bots::connect(services, &owner, &stranger, TOKEN).await.unwrap();
    bots::connect(services, &owner, merchant, "1000000002:other").await.unwrap();
}

fn input(stage: &Stage, token: &str) -> AccountInput {
    let secrets = [("token", token), ("webhook_secret", crate::stage::SECRET)];
    AccountInput {
        name: "Card".to_owned(),
        settings: json!({
            "base_url": format!("{}/sandbox/vpos", stage.url), "amd_exponent": 2, "signature": {},
        }),
        secrets: secrets.map(|(name, secret)| (name.to_owned(), secret.to_owned())).into(),
    }
}

async fn begun(stage: &Stage, account: &domain::AccountId) -> Outcome<PaymentId> {
    let link = stage.link(|_| ()).await;
    let start =
        payments::Start { account: Some(account.clone()), ..payments::Start::of(&link.code, domain::Lang::Hy, "1") };
    Ok(payments::start(&stage.services, start).await?.payment)
}

async fn a_way_to_pay_is_kept_when_the_provider_accepts_its_key(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    let refused = async |input| code(payments::connect(services, &owner, merchant, input).await);
    assert_eq!(refused(input(&stage, "another-key")).await, ("key_refused", Some("token")));
    assert_eq!(refused(input(&stage, " ")).await, ("required", Some("token")));
    assert_eq!(
        refused(AccountInput { name: String::new(), ..input(&stage, "token") }).await,
        ("required", Some("name"))
    );
    let guess = json!({ "base_url": stage.url });
    assert_eq!(refused(AccountInput { settings: guess, ..input(&stage, "token") }).await.0, "settings_wrong");
    let nobody = json!({ "base_url": "http://127.0.0.1:9", "amd_exponent": 2 });
    assert_eq!(refused(AccountInput { settings: nobody, ..input(&stage, "token") }).await.0, "provider_away");
    let id = payments::connect(services, &owner, merchant, input(&stage, "token")).await.unwrap();
    let payment = begun(&stage, &id).await.unwrap();
    assert_eq!(stage.payment(&payment).await.account_id, id);
    let kept = AccountInput { name: "Bank card".to_owned(), secrets: BTreeMap::new(), ..input(&stage, "") };
    payments::change(services, &owner, merchant, &id, kept).await.unwrap();
    assert_eq!(payments::account(services, merchant, &id).await.unwrap().name, "Bank card");
    begun(&stage, &id).await.expect("what was left empty stays what it was");
    hidden(&stage, "another-key").await;
    hidden(&stage, "c3RhZ2Utc2VjcmV0").await;
    let stranger = stage.another_merchant().await;
    assert_eq!(code(payments::account(services, &stranger, &id).await.map(|account| account.name)).0, "not_found");
    assert_eq!(code(payments::switch(services, &owner, &stranger, &id, false).await).0, "not_found");
}

async fn a_way_to_pay_that_is_off_is_not_offered_and_its_payments_go_on(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    let begun_before = stage.begun().await;
    payments::switch(services, &owner, merchant, &stage.account, false).await.unwrap();
    assert!(payments::methods(&services.db, merchant).await.unwrap().is_empty());
    let link = stage.link(|_| ()).await;
    assert_eq!(code(stage.press_pay(&link, "1").await).0, "no_payment_method");
    assert_eq!(stage.post_event(&stage.event("evt_1", &begun_before, "paid")).await, 200);
    assert_eq!(stage.payment(&begun_before.id).await.status, PaymentStatus::Paid, "money that comes is never refused");
    payments::switch(services, &owner, merchant, &stage.account, true).await.unwrap();
    stage.press_pay(&link, "2").await.unwrap();
}

async fn the_way_to_the_first_sale_is_read_from_what_is_there(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    let done = async || {
        let shop = shop::get(&services.db, merchant).await.unwrap();
        let steps = reports::start(services, &shop).await.unwrap();
        steps.into_iter().filter(|(_, done)| *done).map(|(step, _)| step).collect::<Vec<_>>()
    };
    assert_eq!(done().await, [Step::Method]);
    let before = shop::get(&services.db, merchant).await.unwrap();
    let profile = Profile { policy: domain::Localized::same("14 days"), ..Profile::from(&before) };
    shop::set_profile(services, &owner, merchant, profile).await.unwrap();
    stage.product(100_000, None).await;
    at_telegram(&stage, 1_000_000_001, TOKEN, "tea_bot");
    let bot = bots::connect(services, &owner, merchant, TOKEN).await.unwrap();
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    assert_eq!(done().await, [Step::Shop, Step::Product, Step::Method, Step::Bot, Step::Sale, Step::Webhook]);
    bots::set_trouble(services, &bot, Some("401".to_owned())).await.unwrap();
    payments::switch(services, &owner, merchant, &stage.account, false).await.unwrap();
    assert_eq!(done().await, [Step::Shop, Step::Product, Step::Sale, Step::Webhook], "what is undone is open again");
    // Something digital is on sale: there is one step more, until somebody knows the rule.
    let steps = async || {
        let shop = shop::get(&services.db, merchant).await.unwrap();
        reports::start(services, &shop).await.unwrap()
    };
    assert!(steps().await.iter().all(|(step, _)| *step != Step::Stars));
    let file = stage.product(100_000, None).await;
    let digital = catalog::get(&services.db, merchant, &file).await.unwrap();
    let input = ProductInput { kind: ProductKind::Digital, stock: None, ..(&digital).into() };
    let edited = Edited { input, stock_shown: digital.stock, picture: Picture::AsItIs };
    catalog::update(services, &owner, merchant, &file, edited).await.unwrap();
    assert!(steps().await.contains(&(Step::Stars, false)));
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    assert_eq!(code(shop::know_stars(services, &support, merchant).await).0, "forbidden");
    for _ in 0..2 {
        shop::know_stars(services, &owner, merchant).await.unwrap();
    }
    assert!(steps().await.contains(&(Step::Stars, true)));
    let known = shop::get(&services.db, merchant).await.unwrap().stars_known_by;
    assert_eq!(known, Some(owner.label()));
    let noted = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action = 'stars_known'";
    assert_eq!(stage.count(noted).await, 1, "once for the shop");
}
