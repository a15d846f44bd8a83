//! Journal entries, deliveries and jobs of one payment as plain sentences on one thread, oldest first.
//!
//! A delivery that led to a journal entry stands behind that entry as its raw truth, with what was decided about it; every
//! other delivery speaks for itself.

use std::collections::HashMap;

use domain::{
    Moment,
    job::JobState,
    journal::EntryKind,
    payment::{Decision, ReviewReason},
    role::Permission,
};
use serde_json::Value;
use server::{
    clubs::LEAVE_CLUB,
    failure::Outcome,
    fiscal::REGISTER_RECEIPT,
    fulfilment::FULFIL_ORDER,
    jobs::Job,
    journal::JournalEntry,
    payments::{
        WebhookEvent,
        tell::{TELL_CUSTOMER, Tell, What},
    },
    refunds::REFUND,
    reports::Story,
};

use super::{
    acts::{of_act, of_call, of_look_up, of_opening},
    found::Happened,
    raw,
};
use crate::{
    badge::Badge,
    rooms::{handover, people::People},
    ui::Tone,
    web::Desk,
};

pub(super) async fn tell(desk: &Desk, story: &Story) -> Outcome<Vec<Happened>> {
    let people = People::of(desk).await?;
    let mut events: HashMap<&str, &WebhookEvent> =
        story.events.iter().map(|event| (event.id.as_str(), event)).collect();
    let mut all: Vec<(Moment, u8, Happened)> = Vec::new();
    for entry in &story.entries {
        let data: Value = serde_json::from_str(&entry.data).unwrap_or_default();
        let event = data["event"].as_str().and_then(|id| events.remove(id));
        all.push((entry.at, 0, of_entry(desk, story, entry, &data, event)));
    }
    all.extend(events.values().map(|event| (event.received_at, 1, of_event(desk, event))));
    all.extend(
        story.jobs.iter().filter_map(|job| Some((job.done_at.unwrap_or(job.run_at), 2, of_job(desk, story, job)?))),
    );
    all.extend(story.calls.iter().filter_map(|call| Some((call.tried_at?, 1, of_call(desk, call)?))));
    all.extend(story.openings.iter().filter_map(|opening| of_opening(desk, opening)).map(|(at, own)| (at, 0, own)));
    all.extend(story.look_ups.iter().map(|look_up| (look_up.last_at, 1, of_look_up(desk, &people, look_up))));
    all.extend(story.acts.iter().filter_map(|line| Some((line.at, 1, of_act(desk, &people, line)?))));
    // What was promised for later stands last, after what has happened.
    all.sort_by_key(|(at, rank, _)| (*at, *rank));
    Ok(all.into_iter().map(|(_, _, happened)| happened).collect())
}

pub(super) fn happened(desk: &Desk, at: Moment, tone: Tone, text: String) -> Happened {
    let (at, datetime) = (desk.at_second(at), at.rfc3339());
    Happened { tone, text, note: String::new(), at, datetime, raws: Vec::new(), retry: None }
}

fn of_entry(desk: &Desk, story: &Story, entry: &JournalEntry, data: &Value, event: Option<&WebhookEvent>) -> Happened {
    use EntryKind as K;
    let road = data["road"].as_str().unwrap_or("");
    let (tone, key) = match (entry.kind, road) {
        (K::OrderOpened, _) => (Tone::Info, "happened.order_opened"),
        (K::OrderCancelled, _) => (Tone::Ended, "happened.order_cancelled"),
        (K::OrderExpired, _) => (Tone::Ended, "happened.order_expired"),
        (K::OrderFulfilled, _) => (Tone::Good, "happened.order_fulfilled"),
        (K::OrderHandover, _) => (Tone::Info, handover::happened(data["step"].as_str().unwrap_or_default())),
        (K::PaymentStarted, _) => (Tone::Info, "happened.payment_started"),
        (K::PaymentPending, _) => (Tone::Waiting, "happened.payment_pending"),
        (K::PaymentPaid, "webhook") => (Tone::Good, "happened.paid_by_webhook"),
        (K::PaymentPaid, _) => (Tone::Good, "happened.paid_by_lookup"),
        (K::PaymentFailed, "begin") => (Tone::Bad, "happened.failed_at_begin"),
        (K::PaymentFailed, _) => (Tone::Bad, "happened.failed"),
        (K::PaymentExpired, "clock") => (Tone::Ended, "happened.expired_by_clock"),
        (K::PaymentExpired, _) => (Tone::Ended, "happened.expired"),
        (K::PaymentRefunded, _) => (Tone::Info, "happened.refunded"),
        (K::PaymentReversed, _) => (Tone::Bad, "happened.reversed"),
        (K::PaymentDisputed, _) => (Tone::Bad, "happened.disputed"),
        (K::PaymentMismatch, _) => (Tone::Review, "happened.mismatch"),
        (K::PaymentDuplicate, _) => (Tone::Review, "happened.duplicate"),
        (K::ReviewResolved, _) => (Tone::Good, "happened.review_resolved"),
        (K::RefundRequested, _) => (Tone::Waiting, "happened.refund_requested"),
        (K::RefundApproved, _) => (Tone::Waiting, "happened.refund_approved"),
        (K::RefundRejected, _) => (Tone::Ended, "happened.refund_rejected"),
        (K::RefundManualRequired, _) => (Tone::Review, "happened.refund_manual_required"),
        (K::RefundManualDone, _) => (Tone::Good, "happened.refund_manual_done"),
        (K::RefundSucceeded, _) => (Tone::Good, "happened.refund_succeeded"),
        (K::RefundFailed, _) => (Tone::Bad, "happened.refund_failed"),
        (K::ReceiptRegistered, _) => (Tone::Good, "happened.receipt_registered"),
        (K::ReceiptRefused, _) => (Tone::Bad, "happened.receipt_refused"),
        (K::DayClosed, _) => (Tone::Info, "entry.day_closed"),
    };
    let sum = entry.amount().map(|money| money.to_string()).unwrap_or_default();
    let number = ["№ ", &story.whole.order.number.to_string()].concat();
    let receipt = data["number"].as_i64().map(|number| number.to_string()).unwrap_or_default();
    let values = [("sum", sum.as_str()), ("order", &number), ("account", &story.account), ("receipt", &receipt)];
    let decided = event.map(|event| decided(desk, event));
    let note = [Some(note(desk, story, entry, data)), decided].into_iter().flatten().filter(|part| !part.is_empty());
    let raws = std::iter::once(raw::of_entry(entry, data)).chain(event.map(raw::of_event).into_iter().flatten());
    Happened {
        note: note.collect::<Vec<_>>().join(" · "),
        raws: raws.collect(),
        ..happened(desk, entry.at, tone, desk.say_with(key, &values))
    }
}

/// Why it was decided so, in words of the shop; what only a developer can mend stays as it is.
pub(in crate::rooms) fn why(desk: &Desk, event: &WebhookEvent) -> String {
    let status = |word: &str| Some(Badge::payment(desk.lang, word.parse().ok()?, false).text);
    match event.decision {
        Decision::Duplicate => String::new(),
        Decision::Applied | Decision::NoChange => {
            let words = event.reason.split_once(" → ").and_then(|(from, to)| Some((status(from)?, status(to)?)));
            words.map_or_else(|| event.reason.clone(), |(from, to)| [&from, " → ", &to].concat())
        }
        Decision::Mismatch => {
            let word = event.reason.split(':').next().unwrap_or_default();
            word.parse().map_or_else(
                |_| event.reason.clone(),
                |known: ReviewReason| desk.say(&["review.", known.as_str()].concat()),
            )
        }
        _ => event.reason.clone(),
    }
}

/// What was decided about a delivery, and why.
fn decided(desk: &Desk, event: &WebhookEvent) -> String {
    let decision = Badge::decision(desk.lang, event.decision).text;
    let parts = [decision, why(desk, event)].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(": ")
}

/// Who did it, and the provider's own word, where they say more than the sentence.
fn note(desk: &Desk, story: &Story, entry: &JournalEntry, data: &Value) -> String {
    let actor = match entry.actor.as_str() {
        "customer" => desk.say("actor.customer"),
        "provider" | "system" => String::new(),
        key if key.starts_with("key_") => desk.say("actor.api"),
        id => story
            .staff
            .iter()
            .find(|member| member.id.as_str() == id)
            .map(|member| member.name.clone())
            .unwrap_or_default(),
    };
    let word = data["word"].as_str().filter(|word| !word.is_empty() && entry.kind != EntryKind::PaymentPending);
    let word = word.map(|word| desk.say_with("happened.word", &[("word", word)]));
    let said = |name: &str| data[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let why = said("words")
        .or_else(|| said("why"))
        .or_else(|| said("note"))
        .or_else(|| said("comment"))
        .or_else(|| said("reason"));
    let parts = [Some(actor).filter(|actor| !actor.is_empty()), why, word];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn of_event(desk: &Desk, event: &WebhookEvent) -> Happened {
    let badge = Badge::decision(desk.lang, event.decision);
    let key = if event.decision == Decision::Applied { "happened.delivery_applied" } else { "happened.delivery" };
    let text = desk.say_with(key, &[("decision", &badge.text)]);
    Happened {
        note: why(desk, event),
        raws: raw::of_event(event),
        ..happened(desk, event.received_at, badge.tone, text)
    }
}

fn of_job(desk: &Desk, story: &Story, job: &Job) -> Option<Happened> {
    let what = match job.kind.as_str() {
        TELL_CUSTOMER => told(serde_json::from_str::<Tell>(&job.payload).ok()?.what),
        // Done, it stands in the journal.
        FULFIL_ORDER if job.state != JobState::Done => "job.fulfil",
        LEAVE_CLUB => "job.leave_club",
        REGISTER_RECEIPT if job.state != JobState::Done => "work.register_receipt",
        REFUND if job.state != JobState::Done => "job.refund",
        _ => return None,
    };
    let own = job.payment_id.as_ref().is_none_or(|payment| *payment == story.payment.id);
    if !own {
        return None;
    }
    let state = Badge::job(desk.lang, job.state);
    let text = desk.say_with("happened.job", &[("what", &desk.say(what)), ("state", &state.text)]);
    // Programs say it in their own words: for whoever looks after the installation.
    let error = job.last_error.clone().filter(|_| job.state != JobState::Done);
    let raws = error.into_iter().map(|error| ("jobs.error", error)).collect();
    let retry = (job.state == JobState::Dead && desk.may(Permission::RetryJobs)).then_some(job.id);
    Some(Happened { raws, retry, ..happened(desk, job.done_at.unwrap_or(job.run_at), state.tone, text) })
}

const fn told(what: What) -> &'static str {
    match what {
        What::Paid => "job.tell_paid",
        What::Failed => "job.tell_failed",
        What::Expired => "job.tell_expired",
        What::Reminder => "job.tell_reminder",
        What::Review => "job.tell_review",
        What::Delivered => "job.tell_delivered",
        What::Answer => "job.tell_answer",
        What::File => "job.tell_file",
        What::Calendar => "job.tell_calendar",
        What::Club => "job.tell_club",
        What::ClubEnds => "job.tell_club_ends",
        What::ClubEnded => "job.tell_club_ended",
        What::ClubBack => "job.tell_club_back",
        What::Refunded => "job.tell_refunded",
        What::Receipt => "job.tell_receipt",
        What::Packed => "job.tell_packed",
        What::OnWay => "job.tell_on_way",
        What::Ready => "job.tell_ready",
        What::HandedOver => "job.tell_handed_over",
    }
}
