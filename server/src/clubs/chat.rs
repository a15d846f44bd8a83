//! At the door of the chat: an invitation to ask to be let in, and the answer to who asks.

use domain::moment::{DAY, SECOND};
use providers::telegram::{Api, PollFault, club::Standing};

use super::{Club, Membership, bot, closed, store, undone};
use crate::{
    bots::Bot,
    failure::{Failure, Outcome, Refusal},
    jobs::JobEnd,
    services::Services,
};

/// How long an invitation opens the way to the door.
const INVITED: i64 = 7 * DAY;

/// What a member is told after paying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invited {
    /// The way in.
    Link(String),
    /// In the chat already: it only lasts longer.
    Inside,
}

/// The way into the chat for a member; `name` is what the chat's owners see beside it.
///
/// # Errors
/// Inside: why the database does not answer. Outside: what Telegram says.
pub async fn invite(
    services: &Services,
    member: &Membership,
    club: &Club,
    name: &str,
) -> Outcome<Result<Invited, JobEnd>> {
    let (bot, now) = (bot(services, club).await?, services.clock.now());
    if let Some(end) = closed(services, &bot.id) {
        return Ok(Err(end));
    }
    let api = Api::new(&services.telegram_api_url);
    let asked = async {
        if api.standing(&bot.token, club.chat_id, member.telegram_user_id).await? != Standing::Out {
            return Ok(Invited::Inside);
        }
        let expires = now.plus(INVITED).0 / SECOND;
        api.invite(&bot.token, club.chat_id, name, expires).await.map(Invited::Link)
    };
    let answer: Result<Invited, PollFault> = asked.await;
    Ok(answer.map_err(|fault| undone(services, &bot.id, &fault)))
}

/// Lets in who is a member, and nobody else. Of a chat that is none of the shop's clubs people decide.
///
/// # Errors
/// When the database does not answer.
pub async fn answer_request(services: &Services, bot: &Bot, chat: i64, person: i64) -> Outcome<JobEnd> {
    let (db, merchant, now) = (services.db.read(), &bot.merchant, services.clock.now());
    let clubs = store::clubs_of_chat(db, merchant, chat).await?;
    if clubs.is_empty() {
        return Ok(JobEnd::Done);
    }
    let members = store::of_person(db, merchant, chat, person).await?;
    let alive = members.into_iter().find(|member| {
        let club = clubs.iter().find(|club| club.product_id == member.product_id);
        club.is_some_and(|club| member.is_alive(club, now))
    });
    if let Some(end) = closed(services, &bot.id) {
        return Ok(end);
    }
    let api = Api::new(&services.telegram_api_url);
    if let Err(fault) = api.answer_request(&bot.token, chat, person, alive.is_some()).await {
        return Ok(undone(services, &bot.id, &fault));
    }
    match alive {
        Some(member) => joined(services, member).await.map(|()| JobEnd::Done),
        None => Ok(JobEnd::Done),
    }
}

async fn joined(services: &Services, member: Membership) -> Outcome<()> {
    let now = services.clock.now();
    services
        .db
        .write(move |tx| async move {
            let own = store::lock(&*tx, &member.merchant_id, &member.id).await?;
            let own = own.ok_or_else(|| Failure::from(Refusal::not_found()))?;
            store::save(&*tx, Membership { joined_at: Some(now), ..own }).await
        })
        .await
}
