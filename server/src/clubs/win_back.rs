//! Those who left a club are asked to come back, where the shop wants that: so often, so long after, and nobody who has paid
//! again, blocked the bot or asked for silence.
//!
//! A reconciler, as reminders of orders are: what it sends is counted in the membership's row, in the transaction that
//! promises the message. The bot looks once more before it speaks.

use domain::{MerchantId, Moment, club::WinBack, moment::DAY};
use sea_orm::FromQueryResult;

use super::{Club, Membership, store};
use crate::{
    catalog, customers,
    failure::Outcome,
    jobs, orders,
    payments::tell::{self, Tell, What},
    services::Services,
};

/// Asked in one turn of a club.
const MOST: u64 = 200;

/// What came of asking since a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct WonBack {
    /// People.
    pub asked: i64,
    /// Of them, who have paid after that.
    pub paid: i64,
}

/// # Errors
/// When the database does not answer.
pub async fn won_back(services: &Services, merchant: &MerchantId, since: Moment) -> Outcome<WonBack> {
    store::won_back(services.db.read(), merchant, since).await
}

impl Club {
    const fn win_back(&self) -> WinBack {
        WinBack { after_days: self.back_after_days, at_most: self.back_at_most }
    }
}

fn due(member: &Membership, club: &Club, now: Moment) -> bool {
    let ended = member.ended_at.filter(|_| !member.exempt);
    ended.is_some_and(|ended| club.win_back().due(ended, member.asked_back, member.asked_back_at, now))
}

/// Promises the messages that are due of a club.
pub(super) async fn tick(services: &Services, club: &Club) -> Outcome<()> {
    let (rule, now) = (club.win_back(), services.clock.now());
    if !rule.wanted() || !is_sold(services, club).await? {
        return Ok(());
    }
    let span = (now.plus(-WinBack::DAYS * DAY), now.plus(-rule.after_days * DAY));
    for member in store::ended(services.db.read(), club, span, MOST).await? {
        if due(&member, club, now) {
            ask(services, member, club).await?;
        }
    }
    Ok(())
}

async fn is_sold(services: &Services, club: &Club) -> Outcome<bool> {
    Ok(catalog::get(&services.db, &club.merchant_id, &club.product_id).await?.visible)
}

async fn ask(services: &Services, member: Membership, club: &Club) -> Outcome<()> {
    let (now, club) = (services.clock.now(), club.clone());
    services
        .db
        .write(move |tx| async move {
            // Under the lock nobody pays for it or is asked meanwhile.
            let member = store::lock(&*tx, &club.merchant_id, &member.id).await?;
            let Some(member) = member.filter(|member| due(member, &club, now)) else { return Ok(()) };
            let ids = vec![member.order_id.clone()];
            let Some(order) = orders::store::by_ids(&*tx, &member.merchant_id, ids).await?.pop() else { return Ok(()) };
            let asked_back = member.asked_back + 1;
            let (what, position) = (What::ClubBack, Some(member.position));
            let tell = Tell { order: order.id.clone(), what, amount_minor: None, position, receipt: None };
            let ended = member.ended_at.map_or(0, |ended| ended.0);
            let cause = format!("{}:{ended}:{asked_back}", member.id);
            jobs::enqueue(&tx, now, tell::of_club(now, &order, &cause, tell).into_iter().collect()).await?;
            store::save(&*tx, Membership { asked_back, asked_back_at: Some(now), ..member }).await
        })
        .await
}

/// The look before the bot speaks: still gone, still wanted, and not asked for silence meanwhile.
///
/// # Errors
/// When the database does not answer.
pub async fn may_be_asked(services: &Services, member: &Membership) -> Outcome<bool> {
    let club = store::club(services.db.read(), &member.merchant_id, &member.product_id).await?;
    let Some(club) = club.filter(|_| member.ended_at.is_some() && !member.exempt) else { return Ok(false) };
    let customer = customers::get(&services.db, &member.merchant_id, &member.customer_id).await?;
    let silent = customer.ads_stopped_at.is_some() || customer.reminders_off_at.is_some();
    Ok(!silent && is_sold(services, &club).await?)
}
