//! `khanut demo`: the whole product on loopback, with a seeded shop, a sandbox provider and a sandbox Telegram.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use axum::{Router, response::Redirect, routing::get};
use domain::{
    Lang,
    order::OrderStatus,
    payment::PaymentStatus,
    receipt::{ReceiptKind, ReceiptState},
    role::Actor,
};
use providers::{telegram::Api, vpos::VposSettings};
use sandbox::{
    crm::{self as sandbox_crm, Crm},
    ehdm::{Ehdm, Line, Registered},
    receiver::Receiver,
    telegram::{NewBot, Rights, Telegram},
    vpos::{Session, Status, Vpos, VposConfig},
};
use server::{
    clock::Clock,
    config::Config,
    customers,
    demo::{self, Plan, Seeded},
    fiscal, orders, payments,
    secrets::Sealer,
    services::Services,
};
use tokio::net::TcpListener;

use super::{
    Running, Settings, assemble,
    command::{asked_to_stop, listen, print},
};

/// The group of the club, and who owns it: nobody that one can write as.
const CLUB_CHAT: i64 = -1_001_000_000_001;
const CLUB_OWNER: i64 = 9_001;
const BOT_TOKEN: &str = "1000000001:sandbox-telegram-bot-token";
const BOT_USERNAME: &str = "khanut_demo_bot";
/// Opens the sandbox's amoCRM, for whoever wants to try it.
const AMOCRM_TOKEN: &str = "sandbox-amocrm-token";
const BOT_NAME: &str = "Khanut demo";

/// A demo to be started.
pub struct Demo {
    pub folder: PathBuf,
    /// A foreign Bot API server and the token of the demo's bot there.
    pub telegram: Option<(String, String)>,
    /// Instead of the listener's own address.
    pub public_url: Option<String>,
    pub with_history: bool,
}

/// A running demo with its strangers.
pub struct RunningDemo {
    pub running: Running,
    pub seeded: Seeded,
    pub vpos: Vpos,
    pub telegram: Telegram,
    pub url: String,
}

pub(super) async fn run(config: &Config, folder: Option<PathBuf>) -> anyhow::Result<()> {
    let listener = listen(config).await?;
    if !listener.local_addr()?.ip().is_loopback() {
        bail!(
            "the demo shows its passwords and takes play money, so it listens on loopback only: set KHANUT_LISTEN to 127.0.0.1:3000"
        );
    }
    let temporary = folder.is_none();
    let folder = folder.unwrap_or_else(|| std::env::temp_dir().join(format!("khanut-demo-{}", std::process::id())));
    std::fs::create_dir_all(&folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    let telegram = config.telegram.demo.clone();
    let demo = Demo { folder: folder.clone(), telegram, public_url: named(config), with_history: true };
    let foreign = demo.telegram.is_some();
    let mut running = start_demo(demo, listener, Clock::system()).await?;
    welcome(&running, foreign)?;
    tokio::select! {
        () = asked_to_stop() => {}
        () = running.running.ended() => tracing::error!("a part ended that should run for ever"),
    }
    running.running.stop().await;
    if temporary {
        // A folder that stays behind in the temporary files is no failure.
        let _ = std::fs::remove_dir_all(&folder);
    }
    Ok(())
}

fn welcome(demo: &RunningDemo, foreign: bool) -> anyhow::Result<()> {
    let (url, bot) = (&demo.url, BOT_USERNAME);
    let chat = if foreign {
        "the bot polls the Bot API server you gave".to_owned()
    } else {
        format!("{url}/sandbox/telegram/chat/{bot}?user=1001")
    };
    print(&format!(
        "\nThe demo shop is open. No real money moves here.\n\n  Dashboard   {url}/\n  Sign in     {} / {}\n  Chat        {chat}\n  API         {url}/api/docs  (key {})\n\nNext: open the chat, press START, buy something, and watch it arrive in the dashboard's journal.\nStop with Ctrl-C.\n",
        demo::OWNER,
        demo::PASSWORD,
        demo::API_KEY
    ))
}

/// The name of this machine to open the demo by, where one is given: `http://localhost:3000`. Passkeys need one.
fn named(config: &Config) -> Option<String> {
    let url = config.web.public_url.as_ref()?.trim_end_matches('/');
    url.starts_with("http://localhost").then(|| url.to_owned())
}

/// Starts the demo on `listener`.
///
/// # Errors
/// When the folder or the database cannot be used, or the foreign Bot API server refuses the token.
pub async fn start_demo(demo: Demo, listener: TcpListener, clock: Clock) -> anyhow::Result<RunningDemo> {
    let own = format!("http://{}", listener.local_addr()?);
    let url = demo.public_url.clone().unwrap_or(own);
    let settings = Settings {
        database_url: format!("sqlite://{}/khanut.db", demo.folder.display()),
        data_dir: demo.folder.clone(),
        master_key: kept_key(&demo.folder)?,
        public_url: url.clone(),
        telegram_api_url: demo
            .telegram
            .as_ref()
            .map_or_else(|| format!("{url}/sandbox/telegram"), |(api, _)| api.clone()),
        instances: 1,
        private_endpoints: true,
        serve: true,
        work: true,
        demo: true,
    };
    let services = assemble::services(&settings, clock.clone()).await?;
    services.db.migrate().await?;
    let own = clock.clone();
    let config = VposConfig {
        token: demo::PROVIDER_TOKEN.to_owned(),
        webhook_secret: demo::WEBHOOK_SECRET.to_owned(),
        public_base: format!("{url}/sandbox/vpos"),
    };
    let vpos = Vpos::new(config, move || own.now());
    let (token, username) = bot(&demo).await?;
    let sandbox = token == BOT_TOKEN;
    let plan = Plan {
        provider_settings: serde_json::to_value(VposSettings::assumed(&format!("{url}/sandbox/vpos")))?,
        bot_token: token,
        bot_username: username,
        receiver_url: format!("{url}{}", demo::RECEIVER),
        with_history: demo.with_history,
        register_url: demo.with_history.then(|| format!("{url}{}", demo::REGISTER_PATH)),
        crm_url: demo.with_history.then(|| format!("{url}{}", demo::CRM_PATH)),
        club_chat: sandbox.then_some(CLUB_CHAT),
    };
    let seeded = seed(&settings, &services, &plan).await?;
    let kept = demo.folder.join("sandbox-vpos.json");
    let known = vpos.keep_in(kept.clone()).with_context(|| format!("{} cannot be read: remove it", kept.display()))?;
    if known == 0 {
        remember(&services, &seeded, &vpos).await?;
    }
    let registers = registers(&services, &seeded, &demo.folder, clock.clone()).await?;
    let crm = deals(&services, &seeded, &demo.folder).await?;
    vpos.send_webhooks_to(format!("{url}/hooks/pay/{}", seeded.account));
    let telegram = Telegram::default();
    let own = clock.clone();
    telegram.keep_limits(move || own.now());
    telegram.add_bot(NewBot {
        id: 1_000_000_001,
        token: BOT_TOKEN.into(),
        username: BOT_USERNAME.into(),
        name: BOT_NAME.into(),
    });
    telegram.add_group(CLUB_CHAT, demo::CLUB, CLUB_OWNER);
    telegram.set_rights(CLUB_CHAT, BOT_TOKEN, Some(Rights::ALL));
    for customer in customers::list(&services.db, &seeded.merchant, &customers::Filter::default(), 10_000).await? {
        telegram.open_chat(BOT_TOKEN, customer.telegram_user_id);
    }
    let beside = Router::new()
        .route("/sandbox/telegram/", get(|| async { Redirect::permanent("/sandbox/telegram") }))
        .nest(demo::RECEIVER, Receiver::default().routes())
        .nest(demo::REGISTER_PATH, registers.routes())
        .nest(demo::CRM_PATH, crm.bitrix24())
        .nest("/sandbox/amocrm", Crm::new(AMOCRM_TOKEN).amocrm())
        .nest("/sandbox/vpos", vpos.routes())
        .nest("/sandbox/telegram", telegram.routes());
    let running = assemble::start(services, &settings, Some(listener), beside)?;
    Ok(RunningDemo { running, seeded, vpos, telegram, url })
}

/// History is played on a clock of its own that begins two weeks ago.
async fn seed(settings: &Settings, services: &Services, plan: &Plan) -> anyhow::Result<Seeded> {
    let start = demo::first_day(services.clock.now());
    let past = assemble::services(settings, Clock::manual(start)).await?;
    let seeded = demo::seed(&past, plan, services.clock.now()).await?;
    demo::reach(services, &seeded, plan).await?;
    past.db.clone().close().await;
    Ok(seeded)
}

/// The provider knows the seeded past too: it can be looked up and given back.
async fn remember(services: &Services, seeded: &Seeded, vpos: &Vpos) -> anyhow::Result<()> {
    let all = payments::list(&services.db, &seeded.merchant, &payments::Filter::default(), 10_000).await?;
    for payment in all.into_iter().rev() {
        let Some(id) = payment.reference else { continue };
        let status = match payment.status {
            PaymentStatus::Failed => Status::Failed,
            PaymentStatus::Expired => Status::Expired,
            // What is in review was paid there, whatever it was.
            _ => Status::Paid,
        };
        vpos.remember(Session {
            id,
            merchant_order_id: payment.merchant_order_id,
            amount_minor: payment.amount_minor,
            currency: payment.currency.as_str().to_owned(),
            return_url: services.url("/"),
            status,
            created_at: payment.created_at,
            expires_at: payment.expires_at,
            paid_at: payment.paid_at,
            refunds: Vec::new(),
            key: Some(payment.id.to_string()),
            asked: serde_json::Value::Null,
        });
    }
    Ok(())
}

/// The tax service's registers: kept with the demo, and at the first start made of the seeded past.
async fn registers(services: &Services, seeded: &Seeded, folder: &Path, clock: Clock) -> anyhow::Result<Ehdm> {
    let registers = Ehdm::new(move || clock.now());
    let kept = folder.join("sandbox-ehdm.json");
    registers.keep_in(kept.clone()).with_context(|| format!("{} cannot be read: remove it", kept.display()))?;
    if !registers.receipts(demo::REGISTER).is_empty() {
        return Ok(registers);
    }
    registers.add(demo::REGISTER, demo::TAXPAYER, Some(0));
    let filter = fiscal::Filter { state: Some(ReceiptState::Registered), ..fiscal::Filter::default() };
    let mut all = fiscal::list(services, &Actor::System, &seeded.merchant, &filter, 10_000).await?;
    all.sort_by_key(|receipt| receipt.number);
    for receipt in &all {
        let (Some(number), Some(at)) = (receipt.number, receipt.printed_at) else { continue };
        let of = all.iter().find(|other| other.payment_id == receipt.payment_id && other.kind == ReceiptKind::Sale);
        let back = receipt.kind == ReceiptKind::Return;
        registers.remember(
            demo::REGISTER,
            Registered {
                number,
                total: receipt.amount_minor,
                of: of.filter(|_| back).and_then(|sale| sale.number),
                at,
                fiscal: receipt.fiscal.clone().unwrap_or_default(),
                lines: if back { Vec::new() } else { lines(receipt, &all) },
            },
        );
    }
    Ok(registers)
}

/// What a sale's receipt lists, and what went back of it since.
fn lines(sale: &fiscal::Receipt, all: &[fiscal::Receipt]) -> Vec<Line> {
    let returns = all.iter().filter(|other| other.payment_id == sale.payment_id && other.kind == ReceiptKind::Return);
    let gone: Vec<_> = returns.filter_map(|back| back.pieces.as_array()).flatten().collect();
    let units = |value: &serde_json::Value| value.as_i64().unwrap_or(0);
    let line = |(position, piece): (usize, &serde_json::Value)| Line {
        name: piece["name"].as_str().unwrap_or_default().to_owned(),
        quantity: units(&piece["quantity"]),
        price: units(&piece["price_minor"]),
        returned: gone.iter().filter(|back| back["position"] == position).map(|back| units(&back["quantity"])).sum(),
    };
    sale.pieces.as_array().into_iter().flatten().enumerate().map(line).collect()
}

/// The CRM: kept with the demo, and at the first start made of the seeded past.
async fn deals(services: &Services, seeded: &Seeded, folder: &Path) -> anyhow::Result<Crm> {
    let crm = Crm::new(demo::CRM_SECRET);
    let kept = folder.join("sandbox-bitrix24.json");
    crm.keep_in(kept.clone()).with_context(|| format!("{} cannot be read: remove it", kept.display()))?;
    if !crm.deals().is_empty() {
        return Ok(crm);
    }
    for whole in orders::list(&services.db, &seeded.merchant, &orders::Filter::default(), 10_000).await? {
        let order = &whole.order;
        let Some(deal) = server::crm::of_order(&services.db, &seeded.merchant, &order.id).await? else { continue };
        let Some(id) = deal.external_id.and_then(|id| id.parse().ok()) else { continue };
        crm.remember(sandbox_crm::Deal {
            id,
            title: format!("№ {} · {}", order.number, whole.title().get(Lang::Hy)),
            pipeline: "0".to_owned(),
            stage: if order.status == OrderStatus::Refunded { "LOSE" } else { "EXECUTING" }.to_owned(),
            sum: domain::Money::new(deal.amount_minor, deal.currency).decimal(),
            origin: order.id.to_string(),
            ..sandbox_crm::Deal::default()
        });
    }
    Ok(crm)
}

/// The demo's bot: of the sandbox, or of the foreign server that is given.
async fn bot(demo: &Demo) -> anyhow::Result<(String, String)> {
    let Some((api, token)) = &demo.telegram else { return Ok((BOT_TOKEN.to_owned(), BOT_USERNAME.to_owned())) };
    let username = Api::new(api).username(token).await.unwrap_or_else(|fault| {
        tracing::warn!(%fault, "the Bot API server does not tell the bot's name yet");
        BOT_USERNAME.to_owned()
    });
    Ok((token.clone(), username))
}

/// The demo's master key stays with its data, so that a second start can open what the first sealed.
fn kept_key(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("master.key");
    if let Ok(key) = std::fs::read_to_string(&path) {
        return Ok(key);
    }
    let key = Sealer::fresh_key();
    std::fs::write(&path, &key).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(key)
}
