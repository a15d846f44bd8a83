//! Telling staff what they must hear at once: promised in the outbox, kept here.

use domain::{Lang, sending::Class};
use providers::telegram::Api;
use server::{
    alerts::{Alert, What},
    bots,
    failure::Outcome,
    jobs::{Job, JobEnd},
    services::Services,
    shop,
};

use crate::{
    screens::{self, Screen},
    speak::{Place, Voice},
    tap::Tap,
    tell::{ended, not_told},
    texts::{escape, texts},
};

/// The job.
pub(crate) async fn run(services: Services, api: Api, job: Job) -> JobEnd {
    let alert: Alert = match serde_json::from_str(&job.payload) {
        Ok(alert) => alert,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    ended(say(&services, &api, &job, &alert).await)
}

/// A shop without a staff chat sees the same in its dashboard.
async fn say(services: &Services, api: &Api, job: &Job, alert: &Alert) -> Outcome<JobEnd> {
    let shop = shop::get(&services.db, &job.merchant_id).await?;
    let (Some(bot), Some(chat)) = (&shop.staff_bot_id, shop.staff_chat_id) else { return Ok(JobEnd::Done) };
    let bot = bots::get(services, bot).await?;
    let voice = Voice::new(services, api, &bot, chat, Class::Notice);
    let approve = alert.refund.clone().filter(|_| alert.what == What::RefundRequested);
    let keys = approve.map(|refund| vec![screens::key(shop.language, "crew_approve", Tap::Approve(refund))]);
    let html = words(shop.language, alert, &services.url(room(alert.what)));
    let screen = Screen::text(html, keys.into_iter().collect());
    let Err(error) = voice.show(screen, Place::New).await else { return Ok(JobEnd::Done) };
    not_told(services, &job.merchant_id, &voice, &error).await
}

/// Where it is seen and done.
const fn room(what: What) -> &'static str {
    match what {
        What::ToDeliver | What::ToPickUp => "/handover",
        What::RefundRequested => "/refunds",
        _ => "/review",
    }
}

fn words(lang: Lang, alert: &Alert, address: &str) -> String {
    let own = texts(lang);
    let number = alert.order.map(|number| number.to_string()).unwrap_or_default();
    let sum = alert.amount.map(|amount| amount.to_string()).unwrap_or_default();
    let reason = alert.reason.map(|reason| own.get(&["reason_", reason.as_str()].concat())).unwrap_or_default();
    let word = escape(alert.word.as_deref().unwrap_or_default());
    let title = escape(alert.title.as_ref().map(|title| title.get(lang)).unwrap_or_default());
    let count = alert.count.map(|count| count.to_string()).unwrap_or_default();
    let values = [
        ("number", number.as_str()),
        ("sum", &sum),
        ("reason", &reason),
        ("word", &word),
        ("title", &title),
        ("count", &count),
    ];
    [&own.with(alert.what.word(), &values), "\n", address].concat()
}

#[cfg(test)]
mod tests {
    use domain::{Money, payment::ReviewReason};

    use super::*;

    #[test]
    fn every_alert_is_said_in_every_language() {
        for lang in Lang::ALL {
            for what in What::ALL {
                for reason in ReviewReason::ALL {
                    let alert = Alert {
                        order: Some(1007),
                        amount: Some(Money::amd(150_000)),
                        reason: Some(*reason),
                        word: Some("<odd>".to_owned()),
                        ..what.into()
                    };
                    let said = words(*lang, &alert, "https://shop.am/review");
                    assert!(
                        said.starts_with(['⚠', '📦']) && !said.contains(['{', '<']) && !said.contains("reason_"),
                        "{said}"
                    );
                    assert!(!said.contains(what.word()), "{said}");
                }
            }
        }
    }
}
