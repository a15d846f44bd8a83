//! Beginning a reconciliation: by asking the provider, or with a file whose columns are named first.

use domain::{
    AccountId, MerchantId, Moment, ReconciliationId, limits,
    moment::DAY,
    role::{Actor, Permission},
};
use serde_json::{Value, json};

use super::{Mapping, rows::Model as Reconciliation, run, store};
use crate::{
    catalog,
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    jobs,
    payments::{self, AccountRow},
    services::Services,
    sheet::Sheet,
    shop,
    staff::audit,
};

/// The longest period of one reconciliation.
const LONGEST: i64 = 92 * DAY;

/// From a moment until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Moment,
    pub until: Moment,
}

impl Period {
    fn checked(self) -> Result<Self, Refusal> {
        match self.until.since(self.from) {
            1..=LONGEST => Ok(self),
            ..1 => Err(Refusal::field("from", "days_backwards")),
            _ => Err(Refusal::field("until", "period_wrong").with("days", LONGEST / DAY)),
        }
    }
}

fn may(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::Reconcile) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn new(services: &Services, actor: &Actor, account: &AccountRow, period: Period, source: &str) -> Reconciliation {
    Reconciliation {
        id: services.clock.id(),
        merchant_id: account.merchant_id.clone(),
        account_id: account.id.clone(),
        source: source.to_owned(),
        file_name: None,
        file_id: None,
        mapping: None,
        from_ms: period.from,
        until_ms: period.until,
        state: "running".to_owned(),
        matched: 0,
        reached: None,
        trouble: None,
        made_by: actor.label(),
        made_at: services.clock.now(),
        done_at: None,
    }
}

async fn own_account(tx: &Tx, merchant: &MerchantId, id: &AccountId) -> Outcome<AccountRow> {
    let account = payments::store::account(&**tx, id).await?.filter(|account| account.merchant_id == *merchant);
    Ok(account.ok_or_else(|| Refusal::field("account", "no_payment_method"))?)
}

/// Asks the provider about every payment of the period; what it says is settled on the way.
///
/// # Errors
/// `forbidden`, `no_payment_method`, `days_backwards`, `period_wrong`.
pub async fn begin_lookup(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    account: &AccountId,
    period: Period,
) -> Outcome<ReconciliationId> {
    may(actor)?;
    let period = period.checked()?;
    let (own, actor, merchant, account) = (services.clone(), actor.clone(), merchant.clone(), account.clone());
    services
        .db
        .write(move |tx| async move {
            let account = own_account(&tx, &merchant, &account).await?;
            let row = new(&own, &actor, &account, period, "lookup");
            start(&tx, &own, &actor, row.clone()).await?;
            Ok(row.id)
        })
        .await
}

async fn start(tx: &Tx, services: &Services, actor: &Actor, row: Reconciliation) -> Outcome<()> {
    store::insert(&**tx, row.clone()).await?;
    promise(tx, services, actor, &row).await
}

/// The job, and the line that tells who asked for it.
async fn promise(tx: &Tx, services: &Services, actor: &Actor, row: &Reconciliation) -> Outcome<()> {
    let now = services.clock.now();
    jobs::enqueue(tx, now, vec![run::job(now, row)]).await?;
    let subject = row.id.as_str();
    audit::record(tx, &services.clock, &row.merchant_id, actor, "reconciled", subject, None, Some(about(row))).await
}

fn about(row: &Reconciliation) -> Value {
    json!({
        "account": row.account_id,
        "source": row.source,
        "file": row.file_name,
        "from": row.from_ms,
        "until": row.until_ms,
    })
}

/// Keeps a file of theirs; its columns are named next, with [`name_columns`].
///
/// # Errors
/// `forbidden`, `no_payment_method`, `days_backwards`, `period_wrong`, and why the file cannot be read.
pub async fn upload(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    account: &AccountId,
    period: Period,
    name: &str,
    bytes: Vec<u8>,
) -> Outcome<ReconciliationId> {
    may(actor)?;
    let period = period.checked()?;
    if bytes.len() > limits::SHEET_BYTES {
        return Err(Refusal::field("file", "sheet_too_large").with("max", limits::SHEET_BYTES / 1024 / 1024).into());
    }
    let sheet = Sheet::read_aside(bytes.clone()).await?;
    let name: String = name.trim().chars().take(limits::LABEL).collect();
    let file = catalog::private_sheet(services, merchant, bytes);
    let (own, actor, merchant, account) = (services.clone(), actor.clone(), merchant.clone(), account.clone());
    services
        .db
        .write(move |tx| async move {
            let account = own_account(&tx, &merchant, &account).await?;
            let known = account.file_mapping.clone().and_then(|known| serde_json::from_value(known).ok());
            let mapping = known.map_or_else(|| sheet.guess(), |known| sheet.suggest(known));
            let row = Reconciliation {
                file_id: Some(file.id.clone()),
                file_name: Some(name).filter(|name| !name.is_empty()),
                mapping: Some(serde_json::to_value(mapping)?),
                state: "draft".to_owned(),
                ..new(&own, &actor, &account, period, "file")
            };
            catalog::store::insert_file(&*tx, file).await?;
            store::insert(&*tx, row.clone()).await?;
            let (subject, after) = (row.id.as_str(), Some(about(&row)));
            audit::record(&tx, &own.clock, &row.merchant_id, &actor, "list_uploaded", subject, None, after).await?;
            Ok(row.id)
        })
        .await
}

/// The file of a reconciliation, as a table.
///
/// # Errors
/// `not_found`, `sheet_unreadable`.
pub async fn sheet_of(db: &Db, row: &Reconciliation) -> Outcome<Sheet> {
    let id = row.file_id.as_ref().ok_or_else(Refusal::not_found)?;
    let file = catalog::store::own_file(db.read(), &row.merchant_id, id).await?.ok_or_else(Refusal::not_found)?;
    Sheet::read_aside(file.body).await
}

/// Names the columns of a file, which are then remembered for the account, and begins to compare.
///
/// # Errors
/// `forbidden`, `not_found`, `column_missing`, `amount_unreadable`.
pub async fn name_columns(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ReconciliationId,
    mapping: Mapping,
) -> Outcome<()> {
    may(actor)?;
    let row = super::get(&services.db, merchant, id).await?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    // Read once here, so that what is wrong is said where it can be mended.
    sheet_of(&services.db, &row).await?.lines(&mapping, currency)?;
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            if store::set_columns(&*tx, &row.id, serde_json::to_value(&mapping)?).await? {
                remember(&tx, &own, &actor, &row, &mapping).await?;
                promise(&tx, &own, &actor, &row).await?;
            }
            Ok(())
        })
        .await
}

/// Begins one anew that stands still: look-ups go on where they were, the columns of a file are named once more.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn again(services: &Services, actor: &Actor, merchant: &MerchantId, id: &ReconciliationId) -> Outcome<()> {
    may(actor)?;
    let row = super::get(&services.db, merchant, id).await?;
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            let state = if row.source == "file" { "draft" } else { "running" };
            if !store::restart(&*tx, &row.id, state).await? {
                return Ok(());
            }
            let (clock, subject) = (&own.clock, row.id.as_str());
            if state == "running" {
                jobs::enqueue(&tx, clock.now(), vec![run::job(clock.now(), &row)]).await?;
            }
            let (before, after) = (Some(json!({ "trouble": row.trouble() })), Some(about(&row)));
            audit::record(&tx, clock, &row.merchant_id, &actor, "reconciled_again", subject, before, after).await
        })
        .await
}

/// The columns, for the next file of the account.
async fn remember(tx: &Tx, services: &Services, actor: &Actor, row: &Reconciliation, new: &Mapping) -> Outcome<()> {
    let account = own_account(tx, &row.merchant_id, &row.account_id).await?;
    let new = serde_json::to_value(new)?;
    if account.file_mapping.as_ref() == Some(&new) {
        return Ok(());
    }
    payments::store::set_file_mapping(&**tx, &account.id, new.clone()).await?;
    let (clock, subject, before) = (&services.clock, account.id.as_str(), account.file_mapping);
    audit::record(tx, clock, &row.merchant_id, actor, "file_columns_named", subject, before, Some(new)).await
}
