//! `khanut seed`: a shop with years of sales behind it, beside the shops that are there or alone.

use anyhow::bail;
use clap::Args;
use server::{
    clock::Clock,
    seed::{self, NewShop, Size},
    shop,
};

use super::{
    Settings, assemble,
    command::{open_database, password_from_stdin, print, settings},
};
use domain::limits;

/// Orders between two lines of progress.
const TOLD: usize = 10_000;

#[derive(Args)]
pub struct SeedArguments {
    /// The owner's e-mail, to sign in with
    #[arg(long)]
    email: String,
    /// The shop's name, at most 60 characters
    #[arg(long, default_value = "Մեծ խանութ")]
    shop: String,
    /// Orders over two years
    #[arg(long, default_value_t = 100_000)]
    orders: usize,
    /// Entries of the journal, reached by more tries to pay; never fewer than the orders need by themselves
    #[arg(long, default_value_t = 1_000_000)]
    entries: usize,
    /// Fixed links with a label
    #[arg(long, default_value_t = 10_000)]
    links: usize,
    /// The database holds shops already: open this one beside them
    #[arg(long)]
    new_shop: bool,
}

pub(super) async fn run(config: &server::config::Config, arguments: SeedArguments) -> anyhow::Result<()> {
    let SeedArguments { email, shop: name, orders, entries, links, new_shop } = arguments;
    if orders == 0 || name.trim().is_empty() || name.chars().count() > limits::NAME {
        bail!("a shop needs a name of at most {} characters and at least one order", limits::NAME);
    }
    let settings = Settings { serve: false, work: false, ..settings(config, false, false)? };
    open_database(config).await?.close().await;
    let services = assemble::services(&settings, Clock::system()).await?;
    if !services.db.is_migrated().await.unwrap_or(false) {
        bail!("the database schema is not this program's: run `khanut migrate` first");
    }
    if !new_shop && !shop::all(&services.db).await?.is_empty() {
        bail!(
            "this database holds shops already, which are left as they are: give --new-shop to open another one beside them"
        );
    }
    let new = NewShop { name: name.clone(), email: email.clone(), password: password_from_stdin()? };
    let told = |done: usize| {
        if done.is_multiple_of(TOLD) {
            tracing::info!(done, orders, "orders written");
        }
    };
    let seeded = seed::seed(&services, new, Size { orders, entries, links }, told).await?;
    services.db.clone().close().await;
    print(&format!(
        "The shop {name} is open with {} orders, {} payments and {} journal entries; {email} may sign in.",
        seeded.orders, seeded.payments, seeded.entries
    ))
}
