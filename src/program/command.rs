//! The commands of `khanut`.

use std::{future::Future, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::{Currency, Lang, Localized, role::Role};
use server::{
    clock::Clock,
    config::Config,
    db::Db,
    journal::{self, Kept, Verdict},
    secrets::Sealer,
    shop, staff,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    Settings, assemble, demo, doctor,
    seed::{self, SeedArguments},
    telemetry,
};

#[derive(Subcommand)]
pub enum Command {
    /// A seeded demo shop on loopback, with a sandbox provider and a sandbox Telegram
    Demo(DemoArguments),
    /// Production: pages, bots, webhooks, API and workers
    Serve {
        /// Leave the jobs to other processes (`khanut work`)
        #[arg(long)]
        without_workers: bool,
    },
    /// Workers only: a second process on PostgreSQL
    Work,
    /// Bring the database schema up to date
    Migrate,
    /// Show every setting with its source, and whether it is well
    Doctor,
    /// Shops and their staff
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The payment journal
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Open a shop with a long past, to see the program when it is large; the owner's password is read from standard input
    Seed(SeedArguments),
    /// Print the OpenAPI document of the merchant API
    Openapi,
}

#[derive(Args)]
pub struct DemoArguments {
    /// Keep the demo's data here; without it a temporary folder is used and removed
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum StaffCommand {
    /// Open a shop with its first owner; the password is read from standard input
    Init {
        /// The shop's name, at most 60 characters
        #[arg(long)]
        shop: String,
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
    },
    /// Set a staff member's password, read from standard input
    Password {
        #[arg(long)]
        email: String,
    },
    /// Ask a staff member for no second step at sign-in, until they set it up again: for a lost phone
    TwoFactorOff {
        #[arg(long)]
        email: String,
    },
}

#[derive(Subcommand)]
pub enum JournalCommand {
    /// Prove that every merchant's journal is whole
    Verify,
}

/// Runs a command to its end.
///
/// # Errors
/// One readable sentence with what to do.
pub fn run(command: Command) -> anyhow::Result<()> {
    if matches!(command, Command::Openapi) {
        return print(&server::api::openapi().to_pretty_json().context("the document cannot be written")?);
    }
    let config = Config::load()?;
    telemetry::start_logs(&config.logs.filter, config.logs.json);
    block_on(async move {
        match command {
            Command::Demo(arguments) => demo::run(&config, arguments.data).await,
            Command::Serve { without_workers } => serve(&config, true, !without_workers).await,
            Command::Work => serve(&config, false, true).await,
            Command::Migrate => migrate(&config).await,
            Command::Doctor => doctor::run(&config).await,
            Command::Staff(command) => staff_command(&config, command).await,
            Command::Journal(JournalCommand::Verify) => verify(&config).await,
            Command::Seed(arguments) => seed::run(&config, arguments).await,
            Command::Openapi => Ok(()),
        }
    })
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("tokio does not start")?.block_on(work)
}

/// Standard output, for people and pipes; a closed pipe is no failure.
#[expect(clippy::unnecessary_wraps, reason = "commands end with their output")]
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    // `khanut openapi | head` closes the pipe early.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}

pub(super) fn settings(config: &Config, serve: bool, work: bool) -> anyhow::Result<Settings> {
    let master_key = config.storage.master_key.clone().context(
        "KHANUT_MASTER_KEY is not set: it seals provider keys and bot tokens. Make one with `head -c 32 /dev/urandom | base64` and keep it safe",
    )?;
    let public_url = config.web.public_url.clone().context(
        "KHANUT_PUBLIC_URL is not set: it is the address your customers and the payment provider reach, such as https://shop.example.am",
    )?;
    if serve && !public_url.starts_with("https://") {
        bail!(
            "KHANUT_PUBLIC_URL must begin with https://: the provider and Telegram call it, and people sign in there"
        );
    }
    Ok(Settings {
        database_url: config.storage.database_url.clone(),
        data_dir: config.storage.data_dir.clone(),
        master_key,
        public_url,
        telegram_api_url: config.telegram.api_url.clone(),
        instances: config.telegram.instances.get(),
        private_endpoints: config.web.private_endpoints,
        serve,
        work,
        demo: false,
    })
}

pub(super) async fn open_database(config: &Config) -> anyhow::Result<Db> {
    if config.storage.database_url.starts_with("sqlite:") {
        std::fs::create_dir_all(&config.storage.data_dir)
            .with_context(|| format!("the folder {} cannot be made", config.storage.data_dir.display()))?;
    }
    Db::open(&config.storage.database_url).await
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let db = open_database(config).await?;
    db.migrate().await?;
    db.close().await;
    print("The database schema is up to date.")
}

async fn serve(config: &Config, serve: bool, work: bool) -> anyhow::Result<()> {
    let settings = settings(config, serve, work)?;
    open_database(config).await?.close().await;
    let services = assemble::services(&settings, Clock::system()).await?;
    if !services.db.is_migrated().await.unwrap_or(false) {
        bail!("the database schema is not this program's: run `khanut migrate` first");
    }
    let stop = CancellationToken::new();
    if let Some(address) = config.web.metrics_listen {
        telemetry::serve_metrics(address, stop.clone()).await?;
    }
    let listener = if serve { Some(listen(config).await?) } else { None };
    let mut running = assemble::start(services, &settings, listener, axum::Router::new())?;
    if let Some(address) = running.address {
        tracing::info!(%address, public_url = %settings.public_url, "khanut serves");
    }
    tokio::select! {
        () = asked_to_stop() => tracing::info!("asked to stop: ending what is under way"),
        () = running.ended() => tracing::error!("a part ended that should run for ever"),
    }
    stop.cancel();
    running.stop().await;
    Ok(())
}

pub(super) async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.web.listen;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on: set KHANUT_LISTEN to a free address"))
}

/// Ctrl-C, or SIGTERM from a service manager.
pub(super) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

pub(super) fn password_from_stdin() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the password could not be read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn staff_command(config: &Config, command: StaffCommand) -> anyhow::Result<()> {
    let settings = Settings { serve: false, work: false, ..settings(config, false, false)? };
    let services = assemble::services(&settings, Clock::system()).await?;
    match command {
        StaffCommand::Init { shop, email, name } => {
            let password = password_from_stdin()?;
            let new = shop::NewMerchant {
                name: Localized::same(&shop),
                about: Localized::default(),
                policy: Localized::default(),
                currency: Currency::Amd,
                utc_offset_minutes: 240,
                language: Lang::Hy,
                checkout_minutes: 60,
            };
            let merchant = shop::create(&services, new).await?;
            staff::create(&services, &merchant, &email, &name, Role::Owner, Lang::Hy, &password).await?;
            print(&format!("The shop {shop} is open; {email} may sign in."))
        }
        StaffCommand::Password { email } => {
            staff::set_password(&services, &email, &password_from_stdin()?).await?;
            print("The password is set.")
        }
        StaffCommand::TwoFactorOff { email } => {
            staff::two_factor::turn_off_at_the_shell(&services, &email).await?;
            print(&format!("{email} signs in without a second step now."))
        }
    }
}

async fn verify(config: &Config) -> anyhow::Result<()> {
    let db = open_database(config).await?;
    let sealer = config.storage.master_key.as_deref().map(Sealer::from_base64).transpose()?;
    if sealer.is_none() {
        print("KHANUT_MASTER_KEY is not set: the signatures of the checkpoints are not checked.")?;
    }
    let kept = Kept::read(&config.storage.data_dir)?;
    let mut broken = 0;
    for (merchant, verdict) in journal::verify_all(&db, sealer.as_ref(), &kept).await? {
        match verdict {
            Verdict::Whole { entries, head } => print(&format!("{merchant}: {entries} entries, whole, head {head}"))?,
            Verdict::Broken { first_bad, why } => {
                broken += 1;
                print(&format!("{merchant}: BROKEN at entry {first_bad}: {why}"))?;
            }
        }
    }
    db.close().await;
    if broken > 0 {
        bail!("{broken} journal(s) are broken: compare with a backup, and find who changed the database by hand");
    }
    Ok(())
}
