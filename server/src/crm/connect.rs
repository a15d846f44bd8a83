//! A shop's CRM: connected by its keys, its stages chosen from what it lists, disconnected. Keys are sealed and never shown.

use std::collections::BTreeMap;

use domain::{
    Currency, MerchantId, Moment,
    deal::{CrmKind, DealState, Stage, Stages},
    role::{Actor, Permission},
};
use providers::{
    BadSettings, Secrets,
    crm::{self, Crm, Fault, Offer},
};
use serde_json::{Value, json};

use super::{Follows, alone, promise, rows::crm as connection, store};
use crate::{
    db::Tx,
    failure::{Failure, Outcome, Refusal, RefusalKind},
    jobs, journal,
    services::Services,
    staff::audit,
};

/// Deals taken up at once when a CRM is connected again: the others come with their orders' next entry.
const RESUMED: u64 = 1_000;

/// What a form of the connection holds.
#[derive(Clone, Debug)]
pub struct ConnectInput {
    pub kind: CrmKind,
    pub address: String,
    pub token: String,
}

/// A connection as the dashboard shows it: without keys.
#[derive(Clone, Debug)]
pub struct Connected {
    pub kind: CrmKind,
    pub address: String,
    pub offer: Offer,
    /// Once they are chosen, deals are made.
    pub stages: Option<Stages>,
    /// Why it takes nothing: code, words, since when.
    pub trouble: Option<(String, String, Moment)>,
}

/// The shop's CRM, if it has one.
///
/// # Errors
/// `forbidden`.
pub async fn connected(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<Option<Connected>> {
    if !actor.may(Permission::SeeMoney) {
        return Err(Refusal::forbidden().into());
    }
    let Some(row) = store::crm(services.db.read(), merchant).await? else { return Ok(None) };
    let stages = stages(&row)?;
    let trouble = row.trouble.zip(row.trouble_at);
    Ok(Some(Connected {
        kind: row.kind,
        address: row.address,
        offer: serde_json::from_value(row.offered)?,
        stages,
        trouble: trouble.map(|(code, at)| (code, row.trouble_words.unwrap_or_default(), at)),
    }))
}

/// Connects a CRM, if it takes the keys. Stages stay chosen where it is the same one.
///
/// # Errors
/// `forbidden`; `crm_address`, `crm_nobody`, `crm_keys`, `crm_currency`, `crm_away`, `crm_says`.
pub async fn connect(services: &Services, actor: &Actor, merchant: &MerchantId, input: ConnectInput) -> Outcome<()> {
    may_edit(actor)?;
    let typed = crm::read(input.kind, &input.address, &input.token, &services.outgoing).map_err(wrong)?;
    let secrets = Secrets::new(typed.secrets.clone());
    let there = crm::open(input.kind, &typed.address, &secrets, &services.outgoing).map_err(wrong)?;
    let offer = asked(&*there).await?;
    let row = connection::Model {
        merchant_id: merchant.clone(),
        kind: input.kind,
        address: typed.address,
        secrets: sealed(services, merchant, &typed.secrets)?,
        offered: serde_json::to_value(&offer)?,
        stages: None,
        trouble: None,
        trouble_words: None,
        trouble_at: None,
        created_at: services.clock.now(),
    };
    let (own, doer) = (services.clone(), actor.clone());
    services.db.write(move |tx: Tx| async move { keep(&tx, &own, &doer, row, "crm_connected").await }).await
}

/// What the CRM offers, once it is known to be usable.
async fn asked(there: &dyn Crm) -> Outcome<Offer> {
    let offer = there.offer().await.map_err(said)?;
    let dram = Currency::Amd.as_str();
    if !offer.currencies.is_empty() && !offer.currencies.iter().any(|known| known == dram) {
        return Err(Refusal::field("address", "crm_currency").into());
    }
    there.prepare().await.map_err(said)?;
    Ok(offer)
}

/// Which stage each step leads to; from now on deals are made.
///
/// # Errors
/// `forbidden`, `not_found`; `crm_stage`.
pub async fn choose(services: &Services, actor: &Actor, merchant: &MerchantId, stages: Stages) -> Outcome<()> {
    may_edit(actor)?;
    let row = own(services, merchant).await?;
    let offer: Offer = serde_json::from_value(row.offered.clone())?;
    let all = [
        ("ordered", stages.ordered.as_ref()),
        ("paid", Some(&stages.paid)),
        ("partly_refunded", stages.partly_refunded.as_ref()),
        ("refunded", stages.refunded.as_ref()),
        ("lost", stages.lost.as_ref()),
    ];
    if let Some((field, _)) = all.into_iter().find(|(_, stage)| stage.is_some_and(|stage| !offers(&offer, stage))) {
        return Err(Refusal::field(field, "crm_stage").into());
    }
    let (own, doer, chosen) = (services.clone(), actor.clone(), Some(serde_json::to_value(&stages)?));
    let write = move |tx: Tx| async move {
        let row = connection::Model { stages: chosen, ..row };
        keep(&tx, &own, &doer, row, "crm_stages_chosen").await
    };
    services.db.write(write).await
}

fn offers(offer: &Offer, stage: &Stage) -> bool {
    let pipeline = offer.pipelines.iter().find(|pipeline| pipeline.id == stage.pipeline);
    pipeline.is_some_and(|pipeline| pipeline.stages.iter().any(|known| known.id == stage.stage))
}

async fn keep(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    row: connection::Model,
    action: &'static str,
) -> Outcome<()> {
    let merchant = row.merchant_id.clone();
    alone(tx, &merchant).await?;
    let before = store::crm(&**tx, &merchant).await?;
    let same = before.as_ref().filter(|known| known.kind == row.kind && known.address == row.address);
    // New keys of the same CRM leave its stages as they are.
    let stages = row.stages.clone().or_else(|| same.and_then(|known| known.stages.clone()));
    let row = connection::Model { stages, ..row };
    store::keep_crm(&**tx, row.clone()).await?;
    journal::set_deals(tx, &merchant, follows(&row)?).await?;
    resume(tx, services.clock.now(), &row).await?;
    let (old, new) = (before.as_ref().map(told), Some(told(&row)));
    audit::record(tx, &services.clock, &merchant, actor, action, merchant.as_str(), old, new).await
}

fn follows(row: &connection::Model) -> Outcome<Follows> {
    Ok(match stages(row)? {
        None => Follows::Nothing,
        Some(Stages { ordered: None, .. }) => Follows::Paid,
        Some(_) => Follows::Ordered,
    })
}

/// For the audit log.
fn told(row: &connection::Model) -> Value {
    json!({ "crm": row.kind, "address": row.address, "stages": row.stages })
}

/// What waits for the CRM is taken up now.
async fn resume(tx: &Tx, now: Moment, row: &connection::Model) -> Outcome<()> {
    if row.stages.is_none() {
        return Ok(());
    }
    let merchant = &row.merchant_id;
    jobs::store::hurry_lane(&**tx, merchant, &promise::lane(merchant), now).await?;
    let owed = store::in_state(&**tx, merchant, DealState::Owed, RESUMED).await?;
    jobs::enqueue(tx, now, owed.into_iter().map(|deal| promise::job(now, merchant, deal.order_id)).collect()).await
}

/// Asks the CRM whether it takes our keys, and what it offers now.
///
/// # Errors
/// `forbidden`, `not_found`; as [`connect`].
pub async fn check(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<()> {
    may_edit(actor)?;
    let row = own(services, merchant).await?;
    let offer = asked(&*open(services, &row)?).await?;
    let offered = serde_json::to_value(&offer)?;
    let (own, of) = (services.clone(), merchant.clone());
    let write = move |tx: Tx| async move {
        alone(&tx, &of).await?;
        let row = store::crm(&*tx, &of).await?.ok_or_else(Refusal::not_found)?;
        let well = connection::Model { offered, trouble: None, trouble_words: None, trouble_at: None, ..row };
        store::keep_crm(&*tx, well.clone()).await?;
        resume(&tx, own.clock.now(), &well).await
    };
    services.db.write(write).await
}

/// Forgets the CRM and its keys. Its deals stay there, and stay known here.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn disconnect(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<()> {
    may_edit(actor)?;
    let (own, doer, of) = (services.clone(), actor.clone(), merchant.clone());
    let write = move |tx: Tx| async move {
        alone(&tx, &of).await?;
        let row = store::crm(&*tx, &of).await?.ok_or_else(Refusal::not_found)?;
        store::remove_crm(&*tx, &of).await?;
        journal::set_deals(&tx, &of, Follows::Nothing).await?;
        let before = Some(told(&row));
        audit::record(&tx, &own.clock, &of, &doer, "crm_disconnected", of.as_str(), before, None).await
    };
    services.db.write(write).await
}

async fn own(services: &Services, merchant: &MerchantId) -> Outcome<connection::Model> {
    store::crm(services.db.read(), merchant).await?.ok_or_else(|| Refusal::not_found().into())
}

fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditSettings) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn wrong(bad: BadSettings) -> Refusal {
    Refusal::field("address", "crm_address").with("why", bad)
}

fn said(fault: Fault) -> Failure {
    let refusal = match fault {
        Fault::Keys { code, words } => Refusal::field("address", "crm_keys").with("code", code).with("why", words),
        Fault::Refused { code, words } => {
            Refusal::new(RefusalKind::Conflict, "crm_says").with("code", code).with("why", words)
        }
        // Nothing is where a CRM would be.
        Fault::Gone => Refusal::field("address", "crm_nobody"),
        Fault::NotSent(_) | Fault::Unknown(_) | Fault::Wait { .. } => {
            tracing::warn!(%fault, "a CRM does not answer");
            Refusal::new(RefusalKind::Unavailable, "crm_away")
        }
    };
    refusal.into()
}

/// Which stages were chosen, if they were.
pub(super) fn stages(row: &connection::Model) -> Outcome<Option<Stages>> {
    Ok(row.stages.clone().map(serde_json::from_value).transpose()?)
}

pub(super) fn sealed(
    services: &Services,
    merchant: &MerchantId,
    secrets: &BTreeMap<String, String>,
) -> Outcome<String> {
    Ok(services.sealer.seal(&sealed_in(merchant), &serde_json::to_string(secrets)?)?)
}

fn sealed_in(merchant: &MerchantId) -> String {
    format!("crms/{merchant}")
}

/// The wire to a merchant's CRM.
pub(super) fn open(services: &Services, row: &connection::Model) -> Outcome<Box<dyn Crm>> {
    let merchant = &row.merchant_id;
    let opened = services.sealer.open(&sealed_in(merchant), &row.secrets)?;
    let secrets = Secrets::new(serde_json::from_str(&opened)?);
    let bad = |bad: BadSettings| anyhow::anyhow!("the CRM of {merchant} cannot be used: {bad}");
    Ok(crm::open(row.kind, &row.address, &secrets, &services.outgoing).map_err(bad)?)
}
