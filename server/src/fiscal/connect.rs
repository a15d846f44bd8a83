//! A shop's cash register: set, asked whether it answers, switched on and off. Certificate and key are sealed and never shown.

use std::collections::BTreeMap;

use domain::{
    MerchantId, Moment,
    role::{Actor, Permission},
};
use providers::{
    Secrets,
    ehdm::{Ehdm, EhdmSettings, Fault},
};
use serde_json::{Value, json};

use super::{
    alone,
    ask::{Counter, ask},
    promise,
    rows::register,
    run::REGISTER_RECEIPT,
    store,
};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    jobs::{self, NewJob},
    journal,
    services::Services,
    staff::audit,
};

/// A register as its form has it. A secret left empty stays what it was.
#[derive(Clone, Debug)]
pub struct RegisterInput {
    pub settings: EhdmSettings,
    pub certificate: String,
    pub key: String,
    pub authority: String,
    pub counters: Counters,
}

impl RegisterInput {
    /// Settings alone: secrets and counters stay as they are.
    #[must_use]
    pub fn of(settings: EhdmSettings) -> Self {
        let none = String::new;
        Self { settings, certificate: none(), key: none(), authority: none(), counters: Counters::default() }
    }
}

/// What the register has counted up to, where somebody knows better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub seq: Option<i64>,
    pub last_number: Option<i64>,
}

/// A register as the dashboard shows it: without secrets.
#[derive(Clone, Debug)]
pub struct RegisterShown {
    pub settings: EhdmSettings,
    pub active: bool,
    pub has_certificate: bool,
    pub seq: i64,
    pub last_number: i64,
    /// Why it takes nothing: code, words, since when.
    pub trouble: Option<(String, String, Moment)>,
}

/// The shop's register, if it has one.
///
/// # Errors
/// `forbidden`.
pub async fn register(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<Option<RegisterShown>> {
    if !actor.may(Permission::SeeMoney) {
        return Err(Refusal::forbidden().into());
    }
    let Some(row) = store::register(services.db.read(), merchant).await? else { return Ok(None) };
    let secrets = opened(services, merchant, &row.secrets)?;
    let trouble = row.trouble.zip(row.trouble_at);
    Ok(Some(RegisterShown {
        settings: serde_json::from_value(row.settings)?,
        active: row.active,
        has_certificate: secrets.contains_key("certificate"),
        seq: row.seq,
        last_number: row.last_number,
        trouble: trouble.map(|(code, at)| (code, row.trouble_words.unwrap_or_default(), at)),
    }))
}

/// Adds the shop's register, switched off, or changes it.
///
/// # Errors
/// `forbidden`; `register_settings_wrong`.
pub async fn change(services: &Services, actor: &Actor, merchant: &MerchantId, input: RegisterInput) -> Outcome<()> {
    may_edit(actor)?;
    input.settings.checked().map_err(wrong)?;
    let before = store::register(services.db.read(), merchant).await?;
    let mut secrets = match &before {
        Some(row) => opened(services, merchant, &row.secrets)?,
        None => BTreeMap::new(),
    };
    let sent = [("certificate", input.certificate), ("key", input.key), ("authority", input.authority)];
    secrets.extend(
        sent.into_iter().filter(|(_, text)| !text.trim().is_empty()).map(|(name, text)| (name.to_owned(), text)),
    );
    Ehdm::new(&input.settings, &Secrets::new(secrets.clone())).map_err(wrong)?;
    let sealed = sealed(services, merchant, &secrets)?;
    let (own, actor, of) = (services.clone(), actor.clone(), merchant.clone());
    let write = move |tx| async move { keep(&tx, &own, &actor, of, input.settings, sealed, input.counters).await };
    services.db.write(write).await
}

async fn keep(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: MerchantId,
    settings: EhdmSettings,
    secrets: String,
    counters: Counters,
) -> Outcome<()> {
    alone(tx, &merchant).await?;
    let before = store::register(&**tx, &merchant).await?;
    let mut row = before.clone().unwrap_or_else(|| fresh(&merchant, services.clock.now()));
    let crn = row.settings.get("crn").and_then(Value::as_str).map(str::to_owned);
    if crn.is_some_and(|crn| crn != settings.crn) {
        // Another register has counted for itself.
        (row.seq, row.doubt, row.last_number) = (0, 0, 0);
    }
    if let Some(seq) = counters.seq {
        (row.seq, row.doubt) = (seq.max(0), 0);
    }
    row.last_number = counters.last_number.unwrap_or(row.last_number).max(0);
    row.settings = serde_json::to_value(&settings)?;
    row.secrets = secrets;
    (row.trouble, row.trouble_words, row.trouble_at) = (None, None, None);
    store::keep_register(&**tx, row.clone()).await?;
    resume(tx, services.clock.now(), &row).await?;
    let (old, new) = (before.as_ref().map(told), Some(told(&row)));
    audit::record(tx, &services.clock, &merchant, actor, "register_changed", merchant.as_str(), old, new).await
}

pub(super) fn fresh(merchant: &MerchantId, now: Moment) -> register::Model {
    register::Model {
        merchant_id: merchant.clone(),
        settings: json!({}),
        secrets: String::new(),
        active: false,
        seq: 0,
        doubt: 0,
        last_number: 0,
        trouble: None,
        trouble_words: None,
        trouble_at: None,
        created_at: now,
    }
}

/// For the audit log.
fn told(row: &register::Model) -> Value {
    json!({ "settings": row.settings, "active": row.active, "seq": row.seq, "last_number": row.last_number })
}

/// What waits at the register is taken up now.
pub(super) async fn resume(tx: &Tx, now: Moment, register: &register::Model) -> Outcome<()> {
    if !register.active {
        return Ok(());
    }
    let (merchant, lane) = (&register.merchant_id, promise::lane(&register.merchant_id));
    jobs::store::hurry_lane(&**tx, merchant, &lane, now).await?;
    let job = NewJob { lane: Some(lane), ..NewJob::new(merchant.clone(), REGISTER_RECEIPT, now) };
    jobs::enqueue(tx, now, vec![job]).await
}

/// Asks the register whether it answers to who we are.
///
/// # Errors
/// `forbidden`, `not_found`; `register_says` with its words, `register_away`.
pub async fn check(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<()> {
    may_edit(actor)?;
    let row = own(services, merchant).await?;
    let settings: EhdmSettings = serde_json::from_value(row.settings)?;
    open(services, merchant, &settings, &row.secrets)?.check().await.map_err(said)
}

/// Switches the register on, if it answers, or off. While it is off, money owes no receipts; those owed wait.
///
/// # Errors
/// As [`check`].
pub async fn switch(services: &Services, actor: &Actor, merchant: &MerchantId, active: bool) -> Outcome<()> {
    may_edit(actor)?;
    if active {
        check(services, actor, merchant).await?;
    }
    let (own, actor, of) = (services.clone(), actor.clone(), merchant.clone());
    let write = move |tx: Tx| async move {
        alone(&tx, &of).await?;
        let mut row = store::register(&*tx, &of).await?.ok_or_else(Refusal::not_found)?;
        let before = told(&row);
        row.active = active;
        store::keep_register(&*tx, row.clone()).await?;
        journal::set_receipts(&tx, &of, active).await?;
        resume(&tx, own.clock.now(), &row).await?;
        let after = Some(told(&row));
        audit::record(&tx, &own.clock, &of, &actor, "register_switched", of.as_str(), Some(before), after).await
    };
    services.db.write(write).await
}

/// Tells the register its department's tax regime, while it is switched off here and nothing is under way.
///
/// # Errors
/// As [`check`]; `register_on`, `register_busy`.
pub async fn configure(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<()> {
    may_edit(actor)?;
    let of = merchant.clone();
    let row = services.db.write(move |tx| async move { reserve(&tx, &of).await }).await?;
    let settings: EhdmSettings = serde_json::from_value(row.settings.clone())?;
    let ehdm = open(services, merchant, &settings, &row.secrets)?;
    let counter = Counter { seq: row.seq, doubt: row.doubt };
    let tell = |seq| ehdm.configure(seq, settings.department, settings.tax_regime);
    let asked = ask(settings.numbered, counter, tell).await;
    let (own, doer, of, counter) = (services.clone(), actor.clone(), merchant.clone(), asked.counter);
    let done = asked.said.is_ok();
    let write = move |tx: Tx| async move {
        alone(&tx, &of).await?;
        let mut row = store::register(&*tx, &of).await?.ok_or_else(Refusal::not_found)?;
        (row.seq, row.doubt) = (counter.seq, counter.doubt);
        store::keep_register(&*tx, row.clone()).await?;
        let what = json!({ "department": settings.department, "tax_regime": settings.tax_regime, "done": done });
        audit::record(&tx, &own.clock, &of, &doer, "register_configured", of.as_str(), None, Some(what)).await
    };
    services.db.write(write).await?;
    asked.said.map_err(said)
}

/// The next number is about to be used.
async fn reserve(tx: &Tx, merchant: &MerchantId) -> Outcome<register::Model> {
    alone(tx, merchant).await?;
    let row = store::register(&**tx, merchant).await?.ok_or_else(Refusal::not_found)?;
    let not_now = |code| Err(Refusal::new(RefusalKind::Conflict, code).into());
    if row.active {
        return not_now("register_on");
    }
    let waiting = [true, false].map(|uncertain| store::first_waiting(&**tx, merchant, uncertain));
    for waiting in waiting {
        if waiting.await?.is_some_and(|receipt| receipt.sent_at.is_some()) {
            return not_now("register_busy");
        }
    }
    let noted = register::Model { doubt: row.doubt + 1, ..row.clone() };
    store::keep_register(&**tx, noted).await?;
    Ok(row)
}

async fn own(services: &Services, merchant: &MerchantId) -> Outcome<register::Model> {
    store::register(services.db.read(), merchant).await?.ok_or_else(|| Refusal::not_found().into())
}

pub(super) fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditSettings) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn wrong(bad: providers::BadSettings) -> Refusal {
    Refusal::field("settings", "register_settings_wrong").with("why", bad)
}

fn said(fault: Fault) -> crate::failure::Failure {
    match fault {
        Fault::Refused { code, words } | Fault::Register { code, words } => {
            Refusal::new(RefusalKind::Conflict, "register_says").with("code", code).with("why", words).into()
        }
        Fault::NotSent(_) | Fault::Unknown(_) => {
            tracing::warn!(%fault, "a cash register does not answer");
            Refusal::new(RefusalKind::Unavailable, "register_away").into()
        }
    }
}

pub(super) fn sealed(
    services: &Services,
    merchant: &MerchantId,
    secrets: &BTreeMap<String, String>,
) -> Outcome<String> {
    Ok(services.sealer.seal(&sealed_in(merchant), &serde_json::to_string(secrets)?)?)
}

fn sealed_in(merchant: &MerchantId) -> String {
    format!("registers/{merchant}")
}

fn opened(services: &Services, merchant: &MerchantId, secrets: &str) -> Outcome<BTreeMap<String, String>> {
    Ok(serde_json::from_str(&services.sealer.open(&sealed_in(merchant), secrets)?)?)
}

/// The wire to a register.
pub(super) fn open(
    services: &Services,
    merchant: &MerchantId,
    settings: &EhdmSettings,
    secrets: &str,
) -> Outcome<Ehdm> {
    let secrets = Secrets::new(opened(services, merchant, secrets)?);
    let bad = |bad: providers::BadSettings| anyhow::anyhow!("the register of {merchant} cannot be used: {bad}");
    Ok(Ehdm::new(settings, &secrets).map_err(bad)?)
}
