//! Clubs in the chat: the way in, the end that comes near, and who asks at the door.

use domain::{Moment, sending::Class};
use providers::telegram::Api;
use serde_json::Value;
use server::{
    bots::Bot,
    clubs::{self, Club, Invited, Membership},
    failure::Outcome,
    jobs::JobEnd,
    orders::Whole,
    payments::tell::{Tell, What},
    services::Services,
    shop,
};

use crate::{
    screens::{self, Key, Screen},
    speak::{Place, Voice},
    tap::Tap,
    tell::{missed, not_sent},
    texts::{escape, texts},
};

/// Somebody asks to be let into a chat.
pub(crate) struct Request {
    chat: i64,
    person: i64,
}

/// `None`: the update says something else.
pub(crate) fn request(body: &str) -> Option<Request> {
    let update: Value = serde_json::from_str(body).ok()?;
    let asked = update.get("chat_join_request")?;
    Some(Request { chat: asked.pointer("/chat/id")?.as_i64()?, person: asked.pointer("/from/id")?.as_i64()? })
}

pub(crate) async fn answer(services: &Services, bot: &Bot, request: &Request) -> Outcome<JobEnd> {
    clubs::answer_request(services, bot, request.chat, request.person).await
}

/// Tells a member what a purchase or the clock made of the membership.
pub(crate) async fn say(
    services: &Services,
    api: &Api,
    bot: &Bot,
    (whole, tell): (&Whole, &Tell),
    user: i64,
) -> Outcome<JobEnd> {
    let (order, position) = (&whole.order, tell.position.unwrap_or_default());
    let found = clubs::of_line(&services.db, &order.merchant_id, &order.id, position).await?;
    let Some((member, club)) = found else { return Ok(JobEnd::Done) };
    let screen = match screen(services, whole, tell, &member, &club).await? {
        Ok(Some(screen)) => screen,
        Ok(None) => return Ok(JobEnd::Done),
        Err(end) => return Ok(end),
    };
    let voice = Voice::new(services, api, bot, user, Class::Notice);
    match voice.show(screen, Place::New).await {
        Ok(()) => Ok(JobEnd::Done),
        Err(error) => match missed(services, &order.merchant_id, user, &error).await {
            Some(end) => Ok(end),
            None => Ok(not_sent(services, &voice, &error)),
        },
    }
}

async fn screen(
    services: &Services,
    whole: &Whole,
    tell: &Tell,
    member: &Membership,
    club: &Club,
) -> Outcome<Result<Option<Screen>, JobEnd>> {
    let (lang, now) = (whole.order.language, services.clock.now());
    let until = until(services, whole, member.until_at).await?;
    let values = [("club", &*escape(&club.chat_title)), ("time", &*until)];
    let renew = || vec![vec![screens::key(lang, "club_renew", Tap::Buy(club.product_id.clone()))]];
    // Who has paid again meanwhile, or is exempt, is not told of an end.
    let ends = member.until_at.is_some() && !member.exempt;
    Ok(Ok(match tell.what {
        What::ClubEnds if ends && member.is_alive(club, now) => {
            Some(Screen::text(texts(lang).with("club_ends", &values), renew()))
        }
        What::ClubEnded if ends && !member.is_alive(club, now) => {
            Some(Screen::text(texts(lang).with("club_ended", &values), renew()))
        }
        What::ClubBack if ends && clubs::may_be_asked(services, member).await? => {
            let mut keys = renew();
            keys.push(vec![screens::key(lang, "news_stop", Tap::News(false))]);
            Some(Screen::text(texts(lang).with("club_back", &values), keys))
        }
        What::Club if member.is_alive(club, now) => {
            let name = ["№ ", &whole.order.number.to_string()].concat();
            let ever = member.until_at.is_none();
            match clubs::invite(services, member, club, &name).await? {
                Err(end) => return Ok(Err(end)),
                Ok(Invited::Inside) => Some(Screen::text(
                    texts(lang).with(if ever { "club_inside_for_ever" } else { "club_inside" }, &values),
                    Vec::new(),
                )),
                Ok(Invited::Link(url)) => {
                    let enter = Key::Url(texts(lang).get("club_enter"), url);
                    Some(Screen::text(
                        texts(lang).with(if ever { "club_invited_for_ever" } else { "club_invited" }, &values),
                        vec![vec![enter]],
                    ))
                }
            }
        }
        _ => None,
    }))
}

async fn until(services: &Services, whole: &Whole, until: Option<Moment>) -> Outcome<String> {
    let offset = shop::get(&services.db, &whole.order.merchant_id).await?.utc_offset_minutes;
    Ok(until.map(|until| screens::time_words(whole.order.language, until, offset)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::request;

    #[test]
    fn who_asks_to_be_let_in_is_read() {
        let body = r#"{"update_id":1,"chat_join_request":{"chat":{"id":-100,"type":"supergroup","title":"Club"},
            "from":{"id":7,"is_bot":false,"first_name":"A"},"user_chat_id":7,"date":1700000000}}"#;
        let asked = request(body).unwrap();
        assert_eq!((asked.chat, asked.person), (-100, 7));
        assert!(request(r#"{"update_id":1,"message":{}}"#).is_none());
    }
}
