//! Making members of those who paid, in the transaction that delivers.

use std::collections::BTreeSet;

use domain::{MerchantId, Moment, club};

use super::{Club, Membership, rows::term, store};
use crate::{
    alerts::{self, Alert, What},
    db::Tx,
    failure::Outcome,
    jobs,
    orders::{Line, Order},
    services::Services,
};

/// Makes longer, or begins, the membership that each of `lines` of paid orders bought. Who bought outside the bot is known to
/// nobody in Telegram: of that staff are told.
pub(crate) async fn enrol(
    tx: &Tx,
    services: &Services,
    merchant: &MerchantId,
    orders: &[Order],
    lines: &[Line],
) -> Outcome<()> {
    let products: BTreeSet<_> = lines.iter().filter_map(|line| line.product_id.clone()).collect();
    let clubs = store::clubs_of(&**tx, merchant, products).await?;
    let now = services.clock.now();
    for line in lines {
        let club = clubs.iter().find(|club| Some(&club.product_id) == line.product_id.as_ref());
        let order = orders.iter().find(|order| order.id == line.order_id);
        let Some((club, order)) = club.zip(order) else { continue };
        if !lengthened(tx, services, club, order, line, now).await? {
            let title = Some(line.title.clone());
            let alert =
                Alert { order: Some(order.number), amount: Some(order.amount()), title, ..What::ClubNobody.into() };
            let alert = alerts::job(now, merchant, &format!("club:{}", order.id), &alert)?;
            jobs::enqueue(tx, now, vec![alert]).await?;
        }
    }
    Ok(())
}

/// False where nobody in Telegram is known to have bought it.
async fn lengthened(
    tx: &Tx,
    services: &Services,
    club: &Club,
    order: &Order,
    line: &Line,
    now: Moment,
) -> Outcome<bool> {
    let Some((person, customer)) = order.telegram_user_id.zip(order.customer_id.clone()) else { return Ok(false) };
    let merchant = &club.merchant_id;
    tx.alone(&format!("member {} {person}", club.product_id)).await?;
    let old = store::lock_person(&**tx, merchant, &club.product_id, person).await?;
    let goes_on = old.as_ref().filter(|old| old.ended_at.is_none()).map(|old| old.until_at);
    let until_at = club::extended(goes_on, now, club.days, line.quantity);
    let (is_new, before) = (old.is_none(), old.unwrap_or_else(|| blank(services, club, person, customer, order, line)));
    let stays = before.ended_at.is_none() && before.chat_id == club.chat_id;
    let member = Membership {
        bot_id: club.bot_id.clone(),
        chat_id: club.chat_id,
        order_id: order.id.clone(),
        position: line.position,
        until_at,
        reminded: club::reminders_past(until_at, now),
        joined_at: before.joined_at.filter(|_| stays),
        ended_at: None,
        asked_back: 0,
        ..before
    };
    let term = term::Model {
        order_id: order.id.clone(),
        position: line.position,
        merchant_id: merchant.clone(),
        membership_id: member.id.clone(),
        until_at,
    };
    if is_new {
        store::insert(&**tx, member).await?
    } else {
        store::save(&**tx, member).await?
    }
    store::insert_term(&**tx, term).await?;
    Ok(true)
}

fn blank(
    services: &Services,
    club: &Club,
    person: i64,
    customer: domain::CustomerId,
    order: &Order,
    line: &Line,
) -> Membership {
    Membership {
        id: services.clock.id(),
        merchant_id: club.merchant_id.clone(),
        product_id: club.product_id.clone(),
        bot_id: club.bot_id.clone(),
        chat_id: club.chat_id,
        customer_id: customer,
        telegram_user_id: person,
        order_id: order.id.clone(),
        position: line.position,
        from_at: services.clock.now(),
        until_at: None,
        reminded: 0,
        exempt: false,
        exempt_reason: String::new(),
        joined_at: None,
        ended_at: None,
        asked_back: 0,
        asked_back_at: None,
    }
}
