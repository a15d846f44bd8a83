//! How the shop did, told to its people: promised in the outbox, kept here.

use domain::{Lang, Money, schedule::DigestOf, sending::Class};
use providers::telegram::Api;
use server::{
    alerts::{self, Digest, Told},
    bots,
    failure::Outcome,
    jobs::{Job, JobEnd},
    services::Services,
    shop,
};

use crate::{
    screens::Screen,
    speak::{Place, Voice},
    tell::{ended, not_told},
    texts::{escape, texts},
};

/// The job.
pub(crate) async fn run(services: Services, api: Api, job: Job) -> JobEnd {
    let told: Told = match serde_json::from_str(&job.payload) {
        Ok(told) => told,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    ended(say(&services, &api, &job, &told).await)
}

async fn say(services: &Services, api: &Api, job: &Job, told: &Told) -> Outcome<JobEnd> {
    let shop = shop::get(&services.db, &job.merchant_id).await?;
    let (Some(bot), Some(chat)) = (&shop.staff_bot_id, shop.staff_chat_id) else { return Ok(JobEnd::Done) };
    let digest = alerts::digest(&services.db, &shop, told, services.clock.now()).await?;
    let bot = bots::get(services, bot).await?;
    let voice = Voice::new(services, api, &bot, chat, Class::Notice);
    let room = if digest.waiting > 0 { "/review" } else { "/" };
    let html = [words(shop.language, told, &digest), services.url(room)].join("\n");
    let Err(error) = voice.show(Screen::text(html, Vec::new()), Place::New).await else { return Ok(JobEnd::Done) };
    not_told(services, &job.merchant_id, &voice, &error).await
}

fn words(lang: Lang, told: &Told, digest: &Digest) -> String {
    let own = texts(lang);
    let sum = |key: &str, money: Money| own.with(key, &[("sum", &money.to_string())]);
    let mut lines = vec![title(lang, told)];
    let paid = [("count", &*digest.paid.to_string()), ("sum", &*digest.money.received().to_string())];
    lines.push(own.with("digest_money", &paid));
    if digest.money.refunded_minor != 0 {
        lines.push(sum("digest_refunded", digest.money.refunded()));
    }
    if digest.money.taken_minor != 0 {
        lines.push(sum("digest_taken", digest.money.taken()));
    }
    let left = [("sum", &*digest.money.net().to_string()), ("before", &*digest.before.to_string())];
    lines.push(own.with("digest_net", &left));
    if digest.failed + digest.expired > 0 {
        let unpaid = [("failed", &*digest.failed.to_string()), ("expired", &*digest.expired.to_string())];
        lines.push(own.with("digest_unpaid", &unpaid));
    }
    if !digest.sold.is_empty() {
        let sold = digest.sold.iter().map(|sold| format!("{} × {}", escape(sold.title.get(lang)), sold.quantity));
        lines.push(own.with("digest_sold", &[("what", &sold.collect::<Vec<_>>().join(", "))]));
    }
    if digest.waiting > 0 {
        lines.push(own.with("digest_waiting", &[("count", &digest.waiting.to_string())]));
    }
    lines.join("\n")
}

fn title(lang: Lang, told: &Told) -> String {
    match told.of {
        DigestOf::Day => {
            let weekday = texts(lang).get(&["weekday_", &told.first.weekday().to_string()].concat());
            texts(lang).with("digest_title_day", &[("day", &[&weekday, ", ", &told.first.local()].concat())])
        }
        DigestOf::Week => {
            let days = [("first", &*told.first.local()), ("last", &*told.last.local())];
            texts(lang).with("digest_title_week", &days)
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Currency, Localized};
    use server::{journal::Balance, orders::Sold};

    use super::*;

    #[test]
    fn a_full_digest_says_everything_and_a_quiet_one_is_short() {
        let (first, last) = ("2026-11-16".parse().unwrap(), "2026-11-22".parse().unwrap());
        let week = Told { of: DigestOf::Week, first, last };
        let money = |received_minor, refunded_minor, taken_minor| Balance {
            currency: Currency::Amd,
            received_minor,
            refunded_minor,
            taken_minor,
        };
        let sold = vec![Sold { title: Localized::same("Coffee <1>"), quantity: 5 }];
        let full = Digest {
            money: money(4_500_000, 500_000, 100_000),
            before: Money::amd(3_000_000),
            paid: 12,
            failed: 2,
            expired: 3,
            sold,
            waiting: 4,
        };
        let quiet = Digest {
            money: money(0, 0, 0),
            before: Money::amd(0),
            paid: 0,
            failed: 0,
            expired: 0,
            sold: Vec::new(),
            waiting: 0,
        };
        for lang in Lang::ALL {
            let said = words(*lang, &week, &full);
            for wanted in ["16.11.2026", "22.11.2026", "12", "39\u{a0}000", "30\u{a0}000", "Coffee &lt;1&gt; × 5", "4"]
            {
                let spaced = |text: &str| text.replace(['\u{a0}', '\u{202f}', '\u{2009}'], " ");
                assert!(spaced(&said).contains(&spaced(wanted)), "{wanted} in {said}");
            }
            assert!(!said.contains(['{', '}']) && said.lines().count() == 8, "{said}");
            let day = Told { of: DigestOf::Day, first, last: first };
            assert_eq!(words(*lang, &day, &quiet).lines().count(), 3);
        }
    }
}
