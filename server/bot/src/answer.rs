//! Messages between people: the shop's to its customer, and the note to the staff chat that a customer waits for one.

use domain::{
    job::TRIES,
    message::{Content, Delivery, NotSent},
    sending::Class,
};
use providers::telegram::{Api, Sending};
use server::{
    bots, customers,
    failure::{Failure, Outcome},
    jobs::{Job, JobEnd},
    messages::{self, Message, NoteStaff, SendAnswer},
    orders,
    services::Services,
    shop,
};

use crate::{
    screens::{self, Screen},
    speak::{Place, Voice, weigh},
    tell::{not_sent, not_told},
    texts::{escape, texts},
};

/// The job: an answer of the shop.
pub(crate) async fn run(services: Services, api: Api, job: Job) -> JobEnd {
    let payload: SendAnswer = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    end(say(&services, &api, &job, payload.message).await)
}

/// The job: a note to the staff chat.
pub(crate) async fn run_note(services: Services, api: Api, job: Job) -> JobEnd {
    let payload: NoteStaff = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    end(note(&services, &api, &job, payload.message).await)
}

fn end(ended: Outcome<JobEnd>) -> JobEnd {
    match ended {
        Ok(end) => end,
        Err(Failure::Refused(refusal)) => JobEnd::GiveUp(refusal.into()),
        Err(Failure::Internal(error)) => JobEnd::Retry(error),
    }
}

async fn say(services: &Services, api: &Api, job: &Job, id: i64) -> Outcome<JobEnd> {
    let message = messages::get(&services.db, &job.merchant_id, id).await?;
    if message.delivery != Some(Delivery::Queued) {
        return Ok(JobEnd::Done);
    }
    let customer = customers::get(&services.db, &job.merchant_id, &message.customer_id).await?;
    if customer.blocked_at.is_some() {
        return Ok(messages::delivered(services, &message, Some(NotSent::Blocked)).await.into());
    }
    let screen = screen(services, &message, customer.language).await?;
    let bot = bots::get(services, &message.bot_id).await?;
    let voice = Voice::new(services, api, &bot, customer.telegram_user_id, Class::Notice);
    let Err(error) = voice.show(screen, Place::New).await else {
        return Ok(messages::delivered(services, &message, None).await.into());
    };
    let why = match weigh(&error) {
        Sending::Gone => {
            customers::set_blocked(services, &job.merchant_id, customer.telegram_user_id, true).await?;
            NotSent::Blocked
        }
        Sending::Refused => NotSent::Refused,
        Sending::Later(at) => return Ok(JobEnd::Again(at)),
        _ if job.attempts.unsigned_abs() >= TRIES => NotSent::Unreachable,
        _ => return Ok(not_sent(services, &voice, &error)),
    };
    messages::delivered(services, &message, Some(why)).await?;
    // Whoever wrote it sees why in the conversation; a Telegram that cannot be reached at all is everybody's matter.
    Ok(if why == NotSent::Unreachable { not_sent(services, &voice, &error) } else { JobEnd::Done })
}

async fn screen(services: &Services, message: &Message, lang: domain::Lang) -> Outcome<Screen> {
    let shop = shop::get(&services.db, &message.merchant_id).await?;
    let number = number(services, message).await?;
    Ok(screens::answer(lang, shop.name.get(lang), number, &message.words, message.order_id.clone()))
}

async fn number(services: &Services, message: &Message) -> Outcome<Option<i64>> {
    Ok(match &message.order_id {
        Some(id) => Some(orders::get(&services.db, &message.merchant_id, id).await?.order.number),
        None => None,
    })
}

/// A shop without a staff chat sees the same in its dashboard.
async fn note(services: &Services, api: &Api, job: &Job, id: i64) -> Outcome<JobEnd> {
    let shop = shop::get(&services.db, &job.merchant_id).await?;
    let (Some(bot), Some(chat)) = (&shop.staff_bot_id, shop.staff_chat_id) else { return Ok(JobEnd::Done) };
    let message = messages::get(&services.db, &job.merchant_id, id).await?;
    let customer = customers::get(&services.db, &job.merchant_id, &message.customer_id).await?;
    let bot = bots::get(services, bot).await?;
    let voice = Voice::new(services, api, &bot, chat, Class::Notice);
    let own = texts(shop.language);
    let mut lines = vec![own.with("note_question", &[("name", &escape(&customer.name))])];
    lines.extend(number(services, &message).await?.map(|n| own.with("about_order", &[("number", &n.to_string())])));
    lines.push(content(&message, shop.language));
    lines.push(services.url(&["/messages/", customer.id.as_str()].concat()));
    let Err(error) = voice.show(Screen::text(lines.join("\n"), Vec::new()), Place::New).await else {
        return Ok(JobEnd::Done);
    };
    not_told(services, &job.merchant_id, &voice, &error).await
}

/// What was sent, in words.
fn content(message: &Message, lang: domain::Lang) -> String {
    let words: String = message.words.chars().take(400).collect();
    let kind = match message.content {
        Content::Text => String::new(),
        other => texts(lang).get(&["content_", other.as_str()].concat()),
    };
    [kind, escape(&words)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}
