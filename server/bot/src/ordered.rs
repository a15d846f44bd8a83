//! Orders that were made: their list, what became of the payment, the same again.

use domain::{LinkId, OrderId, moment::MINUTE, payment::PaymentStatus, product::ProductKind};
use server::{
    failure::{Failure, Outcome, Refusal},
    fulfilment, links,
    orders::{self, Piece, Whole},
    payments,
    services::Services,
    shop,
};

use crate::{
    asking,
    checkout::place,
    choose::{buy, sold, variant},
    dialogue::{Reply, Talk},
    screens::{self, Screen},
    texts::texts,
};

pub(crate) async fn orders_screen(talk: &Talk<'_>) -> Outcome<Reply> {
    let filter = orders::Filter { customer: Some(talk.customer.id.clone()), ..orders::Filter::default() };
    let mine = orders::list(&talk.services.db, &talk.bot.merchant, &filter, 10).await?;
    let shop = shop::get(&talk.services.db, &talk.bot.merchant).await?;
    Ok(Reply::show(screens::orders(talk.lang, &mine, shop.utc_offset_minutes)))
}

pub(crate) fn order_screen(talk: &Talk<'_>, whole: &Whole, link: &links::Link) -> Screen {
    let left = link.expires_at.map_or(0, |end| end.since(talk.services.clock.now()) / MINUTE);
    screens::order(talk.lang, whole, link, link.url(talk.services), left.max(1))
}

/// The customer's own order, or nobody's.
pub(crate) async fn own_order(talk: &Talk<'_>, id: &OrderId) -> Outcome<Whole> {
    let whole = orders::get(&talk.services.db, &talk.bot.merchant, id).await?;
    if whole.order.customer_id.as_ref() == Some(&talk.customer.id) {
        Ok(whole)
    } else {
        Err(Refusal::not_found().into())
    }
}

/// "Check payment": asks the provider; a person's word proves nothing.
pub(crate) async fn check(talk: &Talk<'_>, id: &OrderId) -> Outcome<Reply> {
    let whole = own_order(talk, id).await?;
    let open = payments::of_order(&talk.services.db, &talk.bot.merchant, id)
        .await?
        .into_iter()
        .rev()
        .find(|p| p.status.is_open());
    if let Some(payment) = open {
        // A provider that does not answer leaves what is known.
        let _ = payments::check_for_customer(talk.services, &talk.bot.merchant, &payment.id).await;
    }
    let payments = payments::of_order(&talk.services.db, &talk.bot.merchant, id).await?;
    let best = payments.iter().map(|payment| payment.status).max();
    let key = match best {
        _ if payments.iter().any(|payment| payment.needs_review) => "check_review",
        Some(status) if status.was_paid() => "check_paid",
        Some(PaymentStatus::Failed) => "check_failed",
        Some(PaymentStatus::Expired) => "check_expired",
        _ if whole.order.status == domain::order::OrderStatus::Expired => "check_expired",
        _ => "check_waiting",
    };
    Ok(Reply::toast(texts(talk.lang).get(key), talk.state.clone()))
}

/// "Get it again": what an order gave comes once more, a moment later.
pub(crate) async fn receive(talk: &Talk<'_>, id: &OrderId) -> Outcome<Reply> {
    let whole = own_order(talk, id).await?;
    let sent = fulfilment::for_customer(talk.services, &talk.bot.merchant, &whole.order.id).await;
    let key = match sent {
        Ok(_) => "receive_sent",
        Err(Failure::Refused(_)) => "receive_nothing",
        Err(internal) => return Err(internal),
    };
    Ok(Reply::toast(texts(talk.lang).get(key), talk.state.clone()))
}

/// Gives up an order that is not paid; the list shows what became of it.
pub(crate) async fn give_up(talk: &Talk<'_>, id: &OrderId) -> Outcome<Reply> {
    let own = own_order(talk, id).await?;
    let given_up = links::give_up(talk.services, &talk.bot.merchant, &talk.customer.id, &own.order.id).await;
    let said = match given_up {
        Ok(()) => "given_up",
        Err(Failure::Refused(_)) => "check_paid",
        Err(failure) => return Err(failure),
    };
    let list = orders_screen(talk).await?;
    Ok(Reply { toast: Some(texts(talk.lang).get(said)), ..list })
}

/// Orders the same lines again; pressed twice on one message, it is one order.
pub(crate) async fn again(talk: &Talk<'_>, id: &OrderId) -> Outcome<Reply> {
    let whole = own_order(talk, id).await?;
    let donation = |line: &orders::Line| Some(line.unit_minor).filter(|_| line.quantity == 1);
    let mut pieces = Vec::new();
    for line in &whole.lines {
        let Some(product) = &line.product_id else { continue };
        if line.slot_id.is_some() || asking::any(talk, product).await? {
            // Another time has to be chosen, or the questions answered anew.
            return match &line.variant_id {
                Some(id) => variant(talk, id).await,
                None => buy(talk, product).await,
            };
        }
        let is_donation = sold(talk, product).await?.is_some_and(|product| product.kind == ProductKind::Donation);
        let sum_minor = donation(line).filter(|_| is_donation);
        let (variant, quantity) = (line.variant_id.clone(), line.quantity);
        pieces.push(Piece { variant, quantity, sum_minor, ..Piece::one(product.clone()) });
    }
    if pieces.is_empty() {
        return Ok(Reply::show(screens::said(talk.lang, "product_gone")));
    }
    place(talk, pieces, &format!("again:{id}")).await
}

/// A link that leads the customer of a failed payment back to checkout, if it is open.
pub(crate) async fn open_link(services: &Services, whole: &Whole) -> Outcome<Option<links::Link>> {
    let link: Option<LinkId> = whole.order.link_id.clone();
    let Some(id) = link else { return Ok(None) };
    let link = links::get(&services.db, &whole.order.merchant_id, &id).await?;
    Ok(Some(link).filter(|link| domain::link::open(&link.state(), services.clock.now()).is_ok()))
}
