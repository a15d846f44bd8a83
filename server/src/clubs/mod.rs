//! Clubs: a product that lets into a Telegram chat for a period.
//!
//! Being let in is decided when somebody asks to be, by who is a member then: an invitation opens nothing by itself, and a
//! stranger who has it stays outside. A line of an order makes its membership longer once, in the transaction that delivers.
//! Who is exempt, runs the chat or owns it is never removed. What is done in the chat is a job, and looks at the membership
//! again before it acts.

mod chat;
mod connect;
mod end;
mod enrol;
mod exempt;
mod leave;
mod rows;
pub(crate) mod store;
mod watch;
mod win_back;

pub use chat::{Invited, answer_request, invite};
pub(crate) use connect::adopt;
pub use connect::{CHECK_CLUB, NewClub, connect, disconnect, look, look_at_chat, run_check};
pub use end::end;
pub(crate) use enrol::enrol;
pub use exempt::set_exempt;
pub use leave::{LEAVE_CLUB, run_leave};
pub use rows::{Model as Membership, club::Model as Club};
pub use store::{Filter, Shelf};
pub(crate) use watch::tick;
pub use win_back::{WonBack, may_be_asked, won_back};

use domain::{BotId, MembershipId, MerchantId, Moment, OrderId, ProductId, club};
use providers::telegram::{PollFault, Sending};

use crate::{
    bots::{self, Bot},
    catalog,
    db::Db,
    failure::{Outcome, Refusal},
    jobs::JobEnd,
    services::Services,
};

impl Membership {
    /// Whether the member may be in the chat.
    #[must_use]
    pub fn is_alive(&self, club: &Club, now: Moment) -> bool {
        self.exempt || (self.ended_at.is_none() && club::is_alive(self.until_at, club.grace_days, now))
    }
}

/// # Errors
/// `not_found`, also for another merchant's product.
pub async fn of_product(db: &Db, merchant: &MerchantId, product: &ProductId) -> Outcome<Option<Club>> {
    catalog::get(db, merchant, product).await?;
    store::club(db.read(), merchant, product).await
}

/// # Errors
/// When the database does not answer.
pub async fn all(db: &Db, merchant: &MerchantId) -> Outcome<Vec<Club>> {
    store::clubs(db.read(), merchant).await
}

/// Members, newest first; of those whose time ends or has ended, those nearest to now first.
///
/// # Errors
/// When the database does not answer.
pub async fn members(
    db: &Db,
    merchant: &MerchantId,
    filter: &Filter,
    now: Moment,
    limit: u64,
) -> Outcome<Vec<Membership>> {
    store::members(db.read(), merchant, filter, now, limit).await
}

/// What somebody is a member of, or was, of the clubs that are there.
///
/// # Errors
/// When the database does not answer.
pub async fn of_person(db: &Db, merchant: &MerchantId, person: i64) -> Outcome<Vec<(Membership, Club)>> {
    let clubs = store::clubs(db.read(), merchant).await?;
    let members = store::in_clubs(db.read(), merchant, &clubs, person).await?;
    let of = |member: Membership| {
        let club = clubs.iter().find(|club| club.product_id == member.product_id).cloned();
        club.map(|club| (member, club))
    };
    Ok(members.into_iter().filter_map(of).collect())
}

/// # Errors
/// `not_found`, also for another merchant's member.
pub async fn member(db: &Db, merchant: &MerchantId, id: &MembershipId) -> Outcome<Membership> {
    Ok(store::member(db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?)
}

/// The membership that a line of an order made or made longer, with its club; none where the club is there no more.
///
/// # Errors
/// When the database does not answer.
pub async fn of_line(
    db: &Db,
    merchant: &MerchantId,
    order: &OrderId,
    position: i32,
) -> Outcome<Option<(Membership, Club)>> {
    let Some(term) = store::term(db.read(), merchant, order, position).await? else { return Ok(None) };
    let Some(member) = store::member(db.read(), merchant, &term.membership_id).await? else { return Ok(None) };
    let club = store::club(db.read(), merchant, &member.product_id).await?;
    Ok(club.map(|club| (member, club)))
}

/// The memberships that an order made or made longer, each with its club; none where the club is there no more.
///
/// # Errors
/// When the database does not answer.
pub async fn of_order(db: &Db, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<(Membership, Club)>> {
    let mut found: Vec<(Membership, Club)> = Vec::new();
    for (order, position) in store::terms_of(db.read(), merchant, vec![order.clone()]).await? {
        let Some((member, club)) = of_line(db, merchant, &order, position).await? else { continue };
        if found.iter().all(|(other, _)| other.id != member.id) {
            found.push((member, club));
        }
    }
    Ok(found)
}

async fn bot(services: &Services, club: &Club) -> Outcome<Bot> {
    bots::get(services, &club.bot_id).await
}

/// When the bot of a club may ask Telegram for nothing just now: when to come again.
fn closed(services: &Services, bot: &BotId) -> Option<JobEnd> {
    services.pace.closed(&services.clock, bot).map(JobEnd::Again)
}

/// What a fault means for the job; a pause that Telegram asks for is everybody's who uses the bot.
fn undone(services: &Services, bot: &BotId, fault: &PollFault) -> JobEnd {
    let (words, now) = (anyhow::anyhow!("{fault}"), services.clock.now());
    match fault.weigh() {
        Sending::Wait(seconds) => {
            services.pace.close(&services.clock, bot, None, seconds);
            let wait = i64::try_from(seconds).unwrap_or(60).saturating_mul(1_000);
            JobEnd::RetryAt(now.plus(wait), words)
        }
        Sending::Later(at) => JobEnd::Again(at),
        Sending::Temporary => JobEnd::Retry(words),
        Sending::Gone | Sending::Harmless | Sending::Refused => JobEnd::GiveUp(words),
    }
}
