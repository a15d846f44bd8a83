//! Orders that were made: their list, what became of the payment, the same again.

use domain::{LinkId, OrderId, moment::MINUTE, payment::PaymentStatus, product::ProductKind};
use server::{
    carts,
    failure::{Failure, Outcome, Refusal},
    fulfilment, links,
    orders::{self, Line, Piece, Whole},
    payments,
    services::Services,
};

use crate::{
    asking, cart,
    checkout::place,
    choose::{buy, sold, variant},
    dialogue::{Reply, Talk},
    screens::{self, Key, Screen},
    tap::Tap,
    texts::texts,
};

pub(crate) async fn orders_screen(talk: &Talk<'_>) -> Outcome<Reply> {
    let filter = orders::Filter { customer: Some(talk.customer.id.clone()), ..orders::Filter::default() };
    let mine = orders::list(&talk.services.db, &talk.bot.merchant, &filter, 10).await?;
    Ok(Reply::show(screens::orders(talk.lang, &mine, talk.shop.utc_offset_minutes)))
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

/// Orders the same again; pressed twice on one message, it is one order. Of several lines, what can no longer be had as it
/// was goes by way of the cart, and what has to be chosen anew is offered there.
pub(crate) async fn again(talk: &Talk<'_>, id: &OrderId) -> Outcome<Reply> {
    let whole = own_order(talk, id).await?;
    let lines: Vec<_> = whole.lines.iter().filter(|line| line.product_id.is_some()).collect();
    let (mut pieces, mut anew) = (Vec::new(), Vec::new());
    for line in &lines {
        match same(talk, line).await? {
            Some(piece) => pieces.push(piece),
            None => anew.push(*line),
        }
    }
    match (lines.as_slice(), anew.as_slice()) {
        ([], _) => Ok(Reply::show(screens::said(talk.lang, "product_gone"))),
        ([line], [_]) => chosen_anew(talk, line).await,
        ([_], []) => place(talk, pieces, &format!("again:{id}")).await,
        (_, []) => match place(talk, pieces.clone(), &format!("again:{id}")).await {
            Err(Failure::Refused(_)) => by_the_cart(talk, id, pieces, &[]).await,
            placed => placed,
        },
        (_, anew) => by_the_cart(talk, id, pieces, anew).await,
    }
}

/// None: another time has to be chosen, or the questions answered anew.
async fn same(talk: &Talk<'_>, line: &Line) -> Outcome<Option<Piece>> {
    let Some(product) = line.product_id.as_ref().filter(|_| line.slot_id.is_none()) else { return Ok(None) };
    if asking::any(talk, product).await? {
        return Ok(None);
    }
    let is_donation = sold(talk, product).await?.is_some_and(|product| product.kind == ProductKind::Donation);
    let sum_minor = Some(line.unit_minor).filter(|_| is_donation && line.quantity == 1);
    let (variant, quantity) = (line.variant_id.clone(), line.quantity);
    Ok(Some(Piece { variant, quantity, sum_minor, ..Piece::one(product.clone()) }))
}

async fn chosen_anew(talk: &Talk<'_>, line: &Line) -> Outcome<Reply> {
    match (&line.variant_id, &line.product_id) {
        (Some(id), _) => variant(talk, id).await,
        (None, Some(product)) => buy(talk, product).await,
        (None, None) => Ok(Reply::show(screens::said(talk.lang, "product_gone"))),
    }
}

async fn by_the_cart(talk: &Talk<'_>, id: &OrderId, pieces: Vec<Piece>, anew: &[&Line]) -> Outcome<Reply> {
    carts::put_all(talk.services, &cart::owner(talk), pieces, &["again", id.as_str()].join(":")).await?;
    let mut shown = cart::show(talk).await?;
    if let Some(screen) = shown.screen.as_mut().filter(|_| !anew.is_empty()) {
        let put = |line: &&Line| {
            let tap = Tap::Put(line.product_id.clone()?);
            Some(vec![Key::Tap(["↻ ", line.title.get(talk.lang)].concat(), tap)])
        };
        screen.html = [&*screen.html, &*texts(talk.lang).get("again_choose")].join("\n\n");
        screen.keys.splice(0..0, anew.iter().filter_map(put));
    }
    Ok(shown)
}

/// A link that leads the customer of a failed payment back to checkout, if it is open.
pub(crate) async fn open_link(services: &Services, whole: &Whole) -> Outcome<Option<links::Link>> {
    let link: Option<LinkId> = whole.order.link_id.clone();
    let Some(id) = link else { return Ok(None) };
    let link = links::get(&services.db, &whole.order.merchant_id, &id).await?;
    Ok(Some(link).filter(|link| domain::link::open(&link.state(), services.clock.now()).is_ok()))
}
