//! A shop with very many payments that wait for their webhooks.

use std::collections::BTreeMap;

use domain::{
    AccountId, BotId, Currency, Lang, Localized, MerchantId, Money,
    link::LinkKind,
    role::{Actor, Permission},
};
use providers::{outgoing::Outgoing, vpos::VposSettings};
use sea_orm::{ConnectionTrait, Database};
use server::{
    bots::Pace,
    clock::Clock,
    db::Db,
    jobs::WorkersBeat,
    links::{self, NewLink, What},
    payments::{self, Accounts, Intake, NewAccount},
    secrets::Sealer,
    services::{Parts, Services},
    shop::{self, NewMerchant},
    staff::Throttle,
};

use crate::drive::SECRET;

pub(crate) struct Shop {
    pub(crate) services: Services,
    /// Where deliveries go.
    pub(crate) hook: String,
}

/// A program on `database`, its tables made; `telegram` stands in for the Bot API.
pub(crate) async fn services(database: &str, base: &str, telegram: &str) -> anyhow::Result<Services> {
    let db = Db::open(database).await?;
    db.migrate().await?;
    let clock = Clock::system();
    Ok(Services::new(Parts {
        intake: Intake::start(db.clone(), clock.clone()),
        sealer: Sealer::from_base64(&Sealer::fresh_key())?,
        http: providers::http_client(),
        outgoing: Outgoing::new(true),
        public_url: base.to_owned(),
        telegram_api_url: telegram.to_owned(),
        pace: Pace::free(),
        data_dir: std::env::temp_dir(),
        accounts: Accounts::default(),
        beat: WorkersBeat::default(),
        sign_ins: Throttle::default(),
        clock,
        db,
    }))
}

/// A shop of the name.
pub(crate) async fn make(services: &Services, name: &str) -> anyhow::Result<MerchantId> {
    let new = NewMerchant {
        name: Localized::same(name),
        about: Localized::default(),
        policy: Localized::default(),
        currency: Currency::Amd,
        utc_offset_minutes: 240,
        language: Lang::Hy,
        checkout_minutes: 60,
    };
    Ok(shop::create(services, new).await?)
}

pub(crate) async fn open(database: &str, base: &str, payments: usize) -> anyhow::Result<Shop> {
    let services = services(database, base, base).await?;
    let merchant = make(&services, "Bench").await?;
    let account: AccountId = services.clock.id();
    let secrets = [("token", "t"), ("webhook_secret", SECRET)].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let new = NewAccount {
        id: account.clone(),
        provider: "vpos".to_owned(),
        name: "Bench".to_owned(),
        settings: serde_json::to_value(VposSettings::assumed("http://127.0.0.1:9"))?,
        secrets: secrets.into_iter().collect::<BTreeMap<_, _>>(),
    };
    payments::add_account(&services, &merchant, new).await?;
    fill(database, &services, &merchant, &account, payments).await?;
    let hook = format!("{base}/hooks/pay/{account}");
    Ok(Shop { services, hook })
}

/// One real order and link, and then as many copies of the order as wanted, each with a line, a payment and a customer of
/// its own, who can be reached through a bot.
async fn fill(
    database: &str,
    services: &Services,
    merchant: &MerchantId,
    account: &AccountId,
    count: usize,
) -> anyhow::Result<()> {
    let actor = Actor::ApiKey { id: services.clock.id(), permissions: Permission::ALL.to_vec() };
    let what = What::Free { title: "Bench".to_owned(), amount: Money::amd(500_000) };
    let link = NewLink::of(LinkKind::Dynamic, what);
    let link = links::create(services, &actor, merchant, link).await?;
    let order = link.order_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let raw = Database::connect(database).await?;
    let postgres = services.db.is_postgres();
    let numbers = if postgres {
        format!("generate_series(1, {count}) AS t(n)")
    } else {
        format!("(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c)")
    };
    let name = |prefix: &str| match postgres {
        true => format!("'{prefix}_' || lpad(n::text, 26, '0')"),
        false => format!("printf('{prefix}_%026d', n)"),
    };
    let no = if postgres { "FALSE" } else { "0" };
    let yes = if postgres { "TRUE" } else { "1" };
    let bot: BotId = services.clock.id();
    let orders = format!(
        "INSERT INTO orders (id, merchant_id, number, status, amount_minor, currency, link_id, customer_id, bot_id, telegram_user_id, \
         language, external_order_id, needs_review, review_reason, holds_stock, holds_link, made_by, created_at, paid_at, fulfilled_at) \
         SELECT {}, merchant_id, number + n, status, amount_minor, currency, '{}', customer_id, '{bot}', 1000000 + n, \
         language, external_order_id, needs_review, review_reason, {yes}, {no}, NULL, created_at, paid_at, fulfilled_at FROM orders, {numbers} WHERE id = '{order}'",
        name("ord"),
        link.id
    );
    let lines = format!(
        "INSERT INTO order_lines (order_id, position, merchant_id, product_id, title, quantity, unit_minor) \
         SELECT {}, position, merchant_id, product_id, title, quantity, unit_minor \
         FROM order_lines, {numbers} WHERE order_id = '{order}'",
        name("ord")
    );
    let payments = format!(
        "INSERT INTO payments (id, merchant_id, order_id, link_id, account_id, provider, merchant_order_id, reference, checkout_url, \
         status, amount_minor, currency, refunded_minor, needs_review, review_reason, created_at, expires_at, paid_at) \
         SELECT {}, '{merchant}', {}, NULL, '{account}', 'vpos', 'B' || n, 'ps_' || n, NULL, 'pending', 500000, 'AMD', 0, {no}, \
         NULL, 0, 4102444800000, NULL FROM {numbers}",
        name("pay"),
        name("ord")
    );
    raw.execute_unprepared(&orders).await?;
    raw.execute_unprepared(&lines).await?;
    raw.execute_unprepared(&payments).await?;
    if postgres {
        raw.execute_unprepared("VACUUM ANALYZE").await?;
    } else {
        raw.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    }
    raw.close().await?;
    Ok(())
}
