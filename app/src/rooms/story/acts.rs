//! What staff did to a payment and its order beside the journal, and what was asked and opened without changing anything.

use domain::{
    Moment,
    call::CallState,
    payment::{Decision, PaymentStatus},
};
use serde_json::Value;
use server::{calls::Call, links::Opening, payments::LookUp, staff::audit::AuditLine};

use super::{found::Happened, sentences::happened};
use crate::{badge::Badge, rooms::people::People, ui::Tone, web::Desk};

/// What is not in the journal already: a message or a delivery sent again, the provider asked by hand.
pub(in crate::rooms) fn of_act(desk: &Desk, people: &People, line: &AuditLine) -> Option<Happened> {
    let after: Value = line.after.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let said = |name: &str| after[name].as_str().unwrap_or_default().to_owned();
    let (tone, text) = match line.action.as_str() {
        "told_again" => (Tone::Info, desk.say("happened.told_again")),
        "delivered_again" => (Tone::Info, desk.say("happened.delivered_again")),
        "payment_checked" => {
            let status = said("status").parse::<PaymentStatus>().ok();
            let status = status.map(|status| Badge::payment(desk.lang, status, false).text);
            let status = status.unwrap_or_default();
            (Tone::Info, desk.say_with("happened.checked", &[("status", &status)]))
        }
        _ => return None,
    };
    let parts = [people.name(desk, &line.actor), said("reason")];
    let note = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    Some(Happened { note, ..happened(desk, line.at, tone, text) })
}

/// The provider was asked and said nothing new; many of a kind are one line.
pub(super) fn of_look_up(desk: &Desk, people: &People, look_up: &LookUp) -> Happened {
    let (tone, key) = match look_up.outcome.as_str() {
        "silent" => (Tone::Bad, "happened.look_up_silent"),
        "not_known" => (Tone::Waiting, "happened.look_up_not_known"),
        _ => (Tone::Ended, "happened.look_up"),
    };
    let decision = look_up.outcome.parse::<Decision>().ok().map(|decision| Badge::decision(desk.lang, decision).text);
    let word = (!look_up.word.is_empty()).then(|| desk.say_with("happened.word", &[("word", &look_up.word)]));
    let who = (look_up.asked_by != "system").then(|| people.name(desk, &look_up.asked_by));
    let times = folded(desk, look_up.count, look_up.first_at);
    let parts = [times, who, decision, word];
    let note = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Happened { note, ..happened(desk, look_up.last_at, tone, desk.say(key)) }
}

/// What the merchant's own program was asked; its tries are one line.
pub(super) fn of_call(desk: &Desk, call: &Call) -> Option<Happened> {
    let (tone, key) = match call.state {
        CallState::Waiting => (Tone::Waiting, "happened.call_waiting"),
        CallState::Answered => (Tone::Good, "happened.call_answered"),
        CallState::Refused => (Tone::Bad, "happened.call_refused"),
    };
    let status = call.last_status.map(|status| ["HTTP ", &status.to_string()].concat());
    let times = folded(desk, call.tries, call.created_at);
    let note = [times, status].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let raws = (!call.last_said.is_empty()).then(|| ("jobs.error", call.last_said.clone())).into_iter().collect();
    Some(Happened { note, raws, ..happened(desk, call.tried_at?, tone, desk.say(key)) })
}

/// The customer opened the link of the order; one line for each day.
pub(super) fn of_opening(desk: &Desk, opening: &Opening) -> Option<(Moment, Happened)> {
    // Openings of long ago have no time.
    let (first, last) = opening.first_at.zip(opening.last_at)?;
    let text = desk.say("happened.link_opened");
    let note = folded(desk, opening.count, first).unwrap_or_default();
    Some((last, Happened { note, ..happened(desk, last, Tone::Info, text) }))
}

/// How often, where it was more than once.
fn folded(desk: &Desk, count: i64, first: Moment) -> Option<String> {
    let values = [("count", &*count.to_string()), ("first", &*desk.at_second(first))];
    (count > 1).then(|| desk.say_with("happened.times", &values))
}
