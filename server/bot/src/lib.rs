//! The bot: dialogues with customers, over the services below.
//!
//! An update is stored before it is acknowledged and handled as a job; a message about money is a job too. A Bot API server
//! that lacks a method or fails does not stop a sale: menus, pictures and edits are best effort.

mod alert;
mod answer;
mod asking;
mod booking;
mod broadcast;
mod calendar;
mod cart;
mod checkout;
mod choose;
mod club;
mod code;
mod crew;
mod dialogue;
mod digest;
mod event;
mod handing;
mod hooks;
mod ordered;
mod poll;
mod receipt;
mod screens;
mod shelf;
mod speak;
mod state;
mod support;
mod tap;
mod tell;
mod texts;

use providers::telegram::Api;
use server::{
    alerts::{TELL_DIGEST, TELL_STAFF},
    bots,
    broadcasts::SEND_BROADCAST,
    jobs::Workers,
    messages::{NOTE_STAFF, SEND_ANSWER},
    payments::tell::TELL_CUSTOMER,
    services::Services,
};
use tokio_util::sync::CancellationToken;

pub use hooks::routes;

/// How updates arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Telegram posts them to our public address.
    Webhook,
    /// We ask for them.
    Polling,
}

/// Brings updates in until `stop`.
pub async fn run(services: Services, mode: Mode, stop: CancellationToken) {
    match mode {
        Mode::Polling => poll::run(services, stop).await,
        Mode::Webhook => hooks::keep_registered(services, stop).await,
    }
}

/// Registers the bot's jobs.
#[must_use]
pub fn jobs(workers: Workers, services: Services) -> Workers {
    let api = Api::new(&services.telegram_api_url);
    jobs_by(workers, services, api)
}

/// As [`jobs`], by a way to the Bot API of the caller's.
#[must_use]
pub fn jobs_by(workers: Workers, services: Services, api: Api) -> Workers {
    let (update_services, update_api) = (services.clone(), api.clone());
    let (alert_services, alert_api) = (services.clone(), api.clone());
    let (answer_services, answer_api) = (services.clone(), api.clone());
    let (note_services, note_api) = (services.clone(), api.clone());
    let (digest_services, digest_api) = (services.clone(), api.clone());
    let (news_services, news_api) = (services.clone(), api.clone());
    workers
        .with(bots::HANDLE_UPDATE, move |job| dialogue::run(update_services.clone(), update_api.clone(), job))
        .with(SEND_ANSWER, move |job| answer::run(answer_services.clone(), answer_api.clone(), job))
        .with(SEND_BROADCAST, move |job| broadcast::run(news_services.clone(), news_api.clone(), job))
        .with(NOTE_STAFF, move |job| answer::run_note(note_services.clone(), note_api.clone(), job))
        .with(TELL_STAFF, move |job| alert::run(alert_services.clone(), alert_api.clone(), job))
        .with(TELL_DIGEST, move |job| digest::run(digest_services.clone(), digest_api.clone(), job))
        .with(TELL_CUSTOMER, move |job| tell::run(services.clone(), api.clone(), job))
}
