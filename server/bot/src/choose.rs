//! From the shelf to the order: catalog, product, how many, summary, confirmation.

use domain::{ProductId, limits, product::ProductKind};
use server::{
    catalog::{self, Product},
    failure::{Failure, Outcome},
    orders::{self, Asked, Place as PlaceOrder, Whole},
};

use crate::{
    booking::{self, Wanted},
    dialogue::{Reply, Talk, not_understood},
    ordered::order_screen,
    screens,
    state::State,
    tap::Tap,
    texts::texts,
};

/// The product, if it is on sale.
pub(crate) async fn sold(talk: &Talk<'_>, id: &ProductId) -> Outcome<Option<Product>> {
    match catalog::get(&talk.services.db, &talk.bot.merchant, id).await {
        Ok(product) => Ok(Some(product).filter(|product| product.visible)),
        Err(Failure::Refused(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

pub(crate) async fn catalog_screen(talk: &Talk<'_>) -> Outcome<Reply> {
    let categories = catalog::categories(&talk.services.db, &talk.bot.merchant).await?;
    Ok(Reply::show(screens::catalog(talk.lang, &categories)))
}

pub(crate) async fn category(talk: &Talk<'_>, index: usize, page: usize) -> Outcome<Reply> {
    let categories = catalog::categories(&talk.services.db, &talk.bot.merchant).await?;
    let Some(name) = categories.get(index) else { return catalog_screen(talk).await };
    let products = catalog::visible_in_category(&talk.services.db, &talk.bot.merchant, name).await?;
    Ok(Reply::show(screens::category(talk.lang, index, page, name, &products)))
}

pub(crate) async fn buy(talk: &Talk<'_>, id: &ProductId) -> Outcome<Reply> {
    let Some(wanted) = booking::wanted(talk, id, None).await? else {
        return Ok(Reply::toast(texts(talk.lang).get("product_gone"), State::Start));
    };
    if let Some(reply) = booking::days(talk, &wanted.product).await? {
        return Ok(reply);
    }
    Ok(match wanted.product.kind {
        ProductKind::Donation => {
            let screen = screens::donation(talk.lang, &wanted.product);
            Reply::show(screen).then(State::Sum { product: wanted.product.id })
        }
        _ => how_many(talk, wanted),
    })
}

/// The question where more than one can be had, else the summary.
pub(crate) fn how_many(talk: &Talk<'_>, wanted: Wanted) -> Reply {
    match wanted.most() {
        0 => Reply::toast(texts(talk.lang).get("sold_out"), State::Start),
        1 => summary(talk, wanted, 1, None),
        max => {
            let slot = wanted.slot.map(|slot| slot.id);
            Reply::show(screens::quantity(talk.lang, &wanted.product, max))
                .then(State::Quantity { product: wanted.product.id, slot })
        }
    }
}

/// A quantity or a sum from the buttons of the step the chat stands at.
pub(crate) async fn chosen(talk: &Talk<'_>, tap: &Tap) -> Outcome<Reply> {
    let stale = || Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone());
    let (id, slot) = match &talk.state {
        State::Quantity { product, slot } => (product, slot.as_ref()),
        State::Sum { product } => (product, None),
        _ => return Ok(stale()),
    };
    let Some(wanted) = booking::wanted(talk, id, slot).await? else {
        return Ok(Reply::toast(texts(talk.lang).get("product_gone"), State::Start));
    };
    let is_donation = wanted.product.kind == ProductKind::Donation;
    Ok(match tap {
        Tap::Quantity(n) if !is_donation && (1..=limits::QUANTITY).contains(n) => summary(talk, wanted, *n, None),
        Tap::Sum(sum) if is_donation => summary(talk, wanted, 1, Some(*sum)),
        Tap::OwnSum if is_donation => {
            Reply::show(screens::ask_sum(talk.lang, &wanted.product)).then(talk.state.clone())
        }
        _ => stale(),
    })
}

pub(crate) async fn typed(talk: &Talk<'_>, text: &str) -> Outcome<Reply> {
    let (id, slot) = match &talk.state {
        State::Quantity { product, slot } => (product, slot.as_ref()),
        State::Sum { product } => (product, None),
        _ => return Ok(not_understood(talk)),
    };
    let Some(wanted) = booking::wanted(talk, id, slot).await? else {
        return Ok(Reply::show(screens::said(talk.lang, "product_gone")));
    };
    if wanted.product.kind == ProductKind::Donation {
        let currency = domain::Currency::Amd;
        let sum = domain::Money::parse_major(text, currency).ok().map(|money| money.amount_minor);
        let terms = wanted.product.donation.as_ref();
        return match sum.filter(|sum| terms.is_some_and(|terms| terms.allows(*sum))) {
            Some(sum) => Ok(summary(talk, wanted, 1, Some(sum))),
            None => Ok(Reply::show(screens::ask_sum(talk.lang, &wanted.product)).then(talk.state.clone())),
        };
    }
    let max = wanted.most();
    match text.parse().ok().filter(|n| (1..=max).contains(n)) {
        Some(quantity) => Ok(summary(talk, wanted, quantity, None)),
        None => Ok(Reply::show(screens::quantity_invalid(talk.lang, &wanted.product, max)).then(talk.state.clone())),
    }
}

fn summary(talk: &Talk<'_>, wanted: Wanted, quantity: i64, sum_minor: Option<i64>) -> Reply {
    let nonce = talk.services.clock.code(10);
    let unit = sum_minor.or(wanted.product.price_minor).unwrap_or_default();
    let time = wanted.slot.as_ref().map(|slot| screens::time_words(talk.lang, slot.starts_at, wanted.offset_minutes));
    let screen = screens::summary(talk.lang, &wanted.product, time, quantity, unit, &nonce);
    let slot = wanted.slot.map(|slot| slot.id);
    Reply::show(screen).then(State::Summary { product: wanted.product.id, quantity, sum_minor, slot, nonce })
}

pub(crate) async fn confirm(talk: &Talk<'_>, nonce: &str) -> Outcome<Reply> {
    match &talk.state {
        State::Summary { product, quantity, sum_minor, slot, nonce: expected } if expected == nonce => {
            let (id, slot) = (product.clone(), slot.clone());
            let asked = Asked::Product { id, quantity: *quantity, sum_minor: *sum_minor, slot };
            let placed = place(talk, vec![asked], nonce).await?;
            Ok(placed.then(State::Ordered { nonce: nonce.to_owned() }))
        }
        // A double tap: the order is on its way already.
        State::Ordered { nonce: known } if known == nonce => {
            Ok(Reply { screen: None, toast: None, state: talk.state.clone() })
        }
        _ => Ok(Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())),
    }
}

pub(crate) async fn place(talk: &Talk<'_>, asked: Vec<Asked>, nonce: &str) -> Outcome<Reply> {
    let order = PlaceOrder {
        asked,
        bot: talk.bot.id.clone(),
        customer: talk.customer.id.clone(),
        telegram_user_id: talk.customer.telegram_user_id,
        language: talk.lang,
        made_by: format!("bot:{}:{}:{nonce}", talk.bot.id, talk.chat_id),
    };
    let placed = orders::place(talk.services, &talk.bot.merchant, order).await?;
    let whole = Whole { order: placed.order, lines: Vec::new() };
    Ok(Reply::show(order_screen(talk, &whole, &placed.link)))
}
