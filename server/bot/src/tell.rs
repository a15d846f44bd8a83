//! Telling customers what became of their money: promised in the outbox, kept here.

use domain::{MerchantId, Money, sending::Class};
use providers::telegram::{Api, Sending};
use server::{
    bots, calls,
    catalog::{attachment, slots},
    codes, customers,
    failure::{Failure, Outcome},
    fulfilment::{self, Fulfilment},
    jobs::{Job, JobEnd},
    orders::{self, Whole},
    payments::tell::{Tell, What},
    services::Services,
    shop,
};

use crate::{
    calendar::{self, Booked},
    club, handing,
    ordered::open_link,
    receipt,
    screens::{self, Screen},
    speak::{Place, Unsent, Voice, weigh},
    texts::{escape, texts},
};

/// The job.
pub(crate) async fn run(services: Services, api: Api, job: Job) -> JobEnd {
    let tell: Tell = match serde_json::from_str(&job.payload) {
        Ok(tell) => tell,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    ended(say(&services, &api, &job, &tell).await)
}

async fn say(services: &Services, api: &Api, job: &Job, tell: &Tell) -> Outcome<JobEnd> {
    let whole = orders::get(&services.db, &job.merchant_id, &tell.order).await?;
    let (Some(bot), Some(user)) = (&whole.order.bot_id, whole.order.telegram_user_id) else { return Ok(JobEnd::Done) };
    let customer = customers::by_telegram(&services.db, &job.merchant_id, user).await?;
    if customer.is_some_and(|customer| customer.blocked_at.is_some()) {
        return Ok(JobEnd::Done);
    }
    let bot = bots::get(services, bot).await?;
    if matches!(tell.what, What::Club | What::ClubEnds | What::ClubEnded | What::ClubBack) {
        return club::say(services, api, &bot, (&whole, tell), user).await;
    }
    let voice = Voice::new(services, api, &bot, user, Class::Notice);
    let sent = match tell.what {
        What::Receipt => match receipt::said(services, &whole, tell).await? {
            Some((words, qr)) => voice.picture(words, qr).await,
            None => return Ok(JobEnd::Done),
        },
        What::File | What::Calendar => match document(services, &whole, tell).await? {
            Some((name, body)) => voice.document(name, body).await,
            None => return Ok(JobEnd::Done),
        },
        _ => match screen(services, &whole, tell).await? {
            Some(screen) => voice.show(screen, Place::New).await,
            None => return Ok(JobEnd::Done),
        },
    };
    let Err(error) = sent else { return Ok(JobEnd::Done) };
    match missed(services, &job.merchant_id, user, &error).await {
        Some(end) => Ok(end),
        None => Ok(not_sent(services, &voice, &error)),
    }
}

/// Who cannot be written to any more is noted, and nothing more is owed.
pub(crate) async fn missed(services: &Services, merchant: &MerchantId, user: i64, error: &Unsent) -> Option<JobEnd> {
    if weigh(error) != Sending::Gone {
        return None;
    }
    Some(customers::set_blocked(services, merchant, user, true).await.into())
}

/// How a try to tell something ended: what is refused stays refused, a broken inside is tried again.
pub(crate) fn ended(told: Outcome<JobEnd>) -> JobEnd {
    match told {
        Ok(end) => end,
        Err(Failure::Refused(refusal)) => JobEnd::GiveUp(refusal.into()),
        Err(Failure::Internal(error)) => JobEnd::Retry(error),
    }
}

/// What becomes of a message that was not sent, and is not to be forgotten.
pub(crate) fn not_sent(services: &Services, voice: &Voice, error: &Unsent) -> JobEnd {
    let words = anyhow::anyhow!("{}", voice.describe(error));
    match weigh(error) {
        Sending::Harmless => JobEnd::Done,
        Sending::Wait(seconds) => {
            let wait = i64::try_from(seconds).unwrap_or(60).saturating_mul(1_000);
            JobEnd::RetryAt(services.clock.now().plus(wait), words)
        }
        Sending::Later(at) => JobEnd::Again(at),
        Sending::Temporary => JobEnd::Retry(words),
        Sending::Gone | Sending::Refused => JobEnd::GiveUp(words),
    }
}

/// As [`not_sent`], of a message to the staff chat: one that moved is followed, and one that is gone is given up, visibly.
pub(crate) async fn not_told(
    services: &Services,
    merchant: &MerchantId,
    voice: &Voice,
    unsent: &Unsent,
) -> Outcome<JobEnd> {
    let (bot, chat) = voice.place();
    if let Unsent::Failed(teloxide::RequestError::MigrateToChatId(to)) = unsent {
        shop::move_staff_chat(services, merchant, bot, chat, to.0).await?;
        return Ok(JobEnd::Again(services.clock.now()));
    }
    if weigh(unsent) == Sending::Gone {
        shop::lose_staff_chat(services, merchant, bot, chat).await?;
    }
    Ok(not_sent(services, voice, unsent))
}

/// The booked times of an order, a line each.
async fn booked(services: &Services, whole: &Whole) -> Outcome<Vec<String>> {
    let (order, lang) = (&whole.order, whole.order.language);
    let offset = shop::get(&services.db, &order.merchant_id).await?.utc_offset_minutes;
    let line = |line: &orders::Line| {
        let time = screens::time_words(lang, line.slot_at?, offset);
        let values = [("time", &*time), ("product", &*escape(line.title.get(lang)))];
        Some(texts(lang).with("booked_for", &values))
    };
    Ok(whole.lines.iter().filter_map(line).collect())
}

/// A file of what was given, with its name.
async fn document(services: &Services, whole: &Whole, tell: &Tell) -> Outcome<Option<(String, Vec<u8>)>> {
    let order = &whole.order;
    let given = fulfilment::of_order(&services.db, &order.merchant_id, &order.id).await?;
    if tell.what == What::Calendar {
        let times = times(services, whole, &given).await?;
        return Ok((!times.is_empty()).then(|| ("booking.ics".to_owned(), calendar::file(&times))));
    }
    let row = given.into_iter().find(|row| Some(row.position) == tell.position);
    let Some((file, name)) = row.and_then(|row| row.file_id.zip(row.file_name)) else { return Ok(None) };
    let file = attachment::body(&services.db, &order.merchant_id, &file).await?;
    Ok(file.map(|file| (name, file.body)))
}

/// The booked times that were given, for a calendar.
async fn times(services: &Services, whole: &Whole, given: &[Fulfilment]) -> Outcome<Vec<Booked>> {
    let (order, lang) = (&whole.order, whole.order.language);
    let shop = shop::get(&services.db, &order.merchant_id).await?.name.get(lang).to_owned();
    let mut times = Vec::new();
    for line in &whole.lines {
        let row = given.iter().find(|row| row.position == line.position);
        let (Some(row), Some(starts_at)) = (row, line.slot_at) else { continue };
        let minutes = match line.product_id.as_ref().zip(line.slot_id.as_ref()) {
            Some((product, slot)) => slots::get(&services.db, &order.merchant_id, product, slot).await?.minutes,
            None => 60,
        };
        times.push(Booked {
            uid: format!("{}-{}@khanut", order.id, line.position),
            stamp: row.done_at,
            starts_at,
            minutes,
            title: line.title.get(lang).to_owned(),
            text: row.given.clone(),
            shop: shop.clone(),
        });
    }
    Ok(times)
}

/// How its goods come to the customer.
async fn handed_over(services: &Services, whole: &Whole) -> Outcome<Option<String>> {
    let Some(way) = whole.order.handover else { return Ok(None) };
    let shop = shop::get(&services.db, &whole.order.merchant_id).await?;
    Ok(Some(handing::said(whole.order.language, &shop, way, whole.order.address.as_deref())))
}

async fn screen(services: &Services, whole: &Whole, tell: &Tell) -> Outcome<Option<Screen>> {
    let (order, lang) = (&whole.order, whole.order.language);
    let amount = tell.amount_minor.map_or(order.amount(), |minor| Money::new(minor, order.currency));
    let (number, sum) = (order.number.to_string(), amount.to_string());
    let values = [("number", number.as_str()), ("sum", &sum)];
    let plain = |html: String| Some(Screen::text(html, vec![screens::ask_key(lang, &order.id)]));
    Ok(match tell.what {
        What::Paid => {
            let paid = texts(lang).with("paid", &values);
            plain(
                [Some(paid), handed_over(services, whole).await?].into_iter().flatten().collect::<Vec<_>>().join("\n"),
            )
        }
        What::Refunded => plain(texts(lang).with("refunded", &values)),
        What::Review => plain(texts(lang).with("late_review", &values)),
        What::Failed => {
            let link = open_link(services, whole).await?.map(|link| link.url(services));
            Some(screens::again(lang, texts(lang).with("failed", &values), whole, link))
        }
        What::Expired => Some(screens::again(lang, texts(lang).with("expired", &values), whole, None)),
        What::Reminder => {
            let link = open_link(services, whole).await?.filter(|_| orders::waits(order));
            let offset = shop::get(&services.db, &order.merchant_id).await?.utc_offset_minutes;
            link.map(|link| {
                let until = link.expires_at.map(|at| screens::time_words(lang, at, offset)).unwrap_or_default();
                let values = [values[0], values[1], ("time", &*until)];
                screens::reminder(lang, texts(lang).with("reminder", &values), whole, link.url(services))
            })
        }
        What::Answer => {
            let calls = calls::of_order(&services.db, &order.merchant_id, &order.id).await?;
            let own = calls.into_iter().find(|call| Some(call.position) == tell.position);
            own.filter(|call| !call.answer.is_empty()).and_then(|call| plain(escape(&call.answer)))
        }
        What::Packed | What::OnWay | What::Ready | What::HandedOver => {
            let way = handed_over(services, whole).await?.filter(|_| matches!(tell.what, What::OnWay | What::Ready));
            let key = match tell.what {
                What::Packed => "step_packed_told",
                What::OnWay => "step_on_way_told",
                What::Ready => "step_ready_told",
                _ => "step_handed_over_told",
            };
            let words = [Some(texts(lang).with(key, &values)), way].into_iter().flatten().collect::<Vec<_>>();
            plain(words.join("\n"))
        }
        What::Receipt
        | What::File
        | What::Calendar
        | What::Club
        | What::ClubEnds
        | What::ClubEnded
        | What::ClubBack => None,
        What::Delivered => {
            let given = fulfilment::of_order(&services.db, &order.merchant_id, &order.id).await?;
            let given = given.iter().filter(|g| !g.given.is_empty()).map(|g| escape(&g.given));
            let codes = codes::of_order(services, &order.merchant_id, &order.id).await?;
            let code = |(_, code): &(i32, String)| {
                let code = ["<code>", &*escape(code), "</code>"].concat();
                texts(lang).with("your_code", &[("code", &code)])
            };
            let words = booked(services, whole).await?.into_iter().chain(given).chain(codes.iter().map(code));
            let words: Vec<_> = words.collect();
            plain(words.join("\n\n")).filter(|screen| !screen.html.is_empty())
        }
    })
}
