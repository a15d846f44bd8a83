//! By the clock: the end of a membership is told twice and then kept, and once a day the bot's rights are looked at.

use domain::{MerchantId, Moment, club, club::Due, moment::DAY};

use super::{Club, Membership, connect, leave, store, win_back};
use crate::{
    db::Tx,
    failure::Outcome,
    jobs, orders,
    payments::tell::{self, Tell, What},
    services::Services,
};

/// Looked at in one turn of a club.
const MOST: u64 = 200;
/// As far ahead as the first reminder.
const AHEAD: i64 = 3 * DAY;

/// Promises what is due of a merchant's clubs. Reads what is there: it may run late, twice, or on another instance.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn tick(services: &Services, merchant: &MerchantId) -> Outcome<()> {
    let now = services.clock.now();
    for club in store::clubs(services.db.read(), merchant).await? {
        if club.checked_at.plus(DAY) <= now {
            connect::promise_check(services, &club, now).await?;
        }
        for member in store::ending(services.db.read(), &club, now.plus(AHEAD), MOST).await? {
            if due(&member, &club, now).is_some() {
                keep(services, member, &club).await?;
            }
        }
        win_back::tick(services, &club).await?;
    }
    Ok(())
}

fn due(member: &Membership, club: &Club, now: Moment) -> Option<Due> {
    let until = member.until_at.filter(|_| !member.exempt && member.ended_at.is_none())?;
    club::due(until, club.grace_days, member.reminded, now)
}

async fn keep(services: &Services, member: Membership, club: &Club) -> Outcome<()> {
    let (now, club) = (services.clock.now(), club.clone());
    services
        .db
        .write(move |tx| async move {
            let Some(member) = store::lock(&*tx, &club.merchant_id, &member.id).await? else { return Ok(()) };
            match due(&member, &club, now) {
                Some(Due::Remind(number)) => {
                    tell(&tx, now, &member, What::ClubEnds).await?;
                    store::save(&*tx, Membership { reminded: number, ..member }).await
                }
                Some(Due::Leave) => ended(&tx, now, member).await,
                None => Ok(()),
            }
        })
        .await
}

/// The member, whose row is locked, is told and has to leave the chat.
pub(super) async fn ended(tx: &Tx, now: Moment, member: Membership) -> Outcome<()> {
    jobs::enqueue(tx, now, vec![leave::job(now, &member)?]).await?;
    tell(tx, now, &member, What::ClubEnded).await?;
    store::save(&**tx, Membership { ended_at: Some(now), ..member }).await
}

async fn tell(tx: &Tx, now: Moment, member: &Membership, what: What) -> Outcome<()> {
    let lines = vec![member.order_id.clone()];
    let Some(order) = orders::store::by_ids(&**tx, &member.merchant_id, lines).await?.pop() else { return Ok(()) };
    let tell =
        Tell { order: order.id.clone(), what, amount_minor: None, position: Some(member.position), receipt: None };
    let until = member.until_at.map_or(0, |until| until.0);
    let cause = format!("{}:{until}:{}", member.id, member.reminded);
    jobs::enqueue(tx, now, tell::of_club(now, &order, &cause, tell).into_iter().collect()).await
}
