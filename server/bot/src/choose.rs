//! From the shelf to what is chosen: catalog, product, how many.

use std::collections::BTreeSet;

use domain::{ProductId, VariantId, limits, product::ProductKind};
use server::{
    catalog::{self, Product, categories, variants},
    failure::{Failure, Outcome},
};

use crate::{
    asking::{self, Asking, onward},
    booking::{self, Wanted},
    dialogue::{Reply, Talk, not_understood},
    screens::{self, Screen},
    shelf,
    state::{Choice, State},
    tap::{Shelf, Tap},
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

/// The categories; where the shop has none, its products.
pub(crate) async fn catalog_screen(talk: &Talk<'_>) -> Outcome<Reply> {
    let (filled, others) = categories::filled(&talk.services.db, &talk.bot.merchant).await?;
    if filled.is_empty() && others {
        return category(talk, &Shelf(None), 0).await;
    }
    Ok(Reply::show(shelf::categories(talk.lang, &filled, others)))
}

pub(crate) async fn category(talk: &Talk<'_>, shelf: &Shelf, page: usize) -> Outcome<Reply> {
    let (db, merchant) = (&talk.services.db, &talk.bot.merchant);
    let (filled, _) = categories::filled(db, merchant).await?;
    let name = match &shelf.0 {
        None => None,
        // It was taken away, or nothing stands in it any more.
        Some(id) => match filled.iter().find(|category| category.id == *id) {
            Some(category) => Some(category.name.get(talk.lang).to_owned()),
            None => return Box::pin(catalog_screen(talk)).await,
        },
    };
    let all = catalog::visible_in_category(db, merchant, shelf.0.clone()).await?;
    let begin = page.saturating_mul(shelf::PER_PAGE).min(all.len());
    let end = begin.saturating_add(shelf::PER_PAGE).min(all.len());
    let products = &all[begin..end];
    let ids: BTreeSet<ProductId> = products.iter().map(|product| product.id.clone()).collect();
    let variants = variants::of_products(db, merchant, ids).await?;
    let (title, back) = match (name, filled.is_empty()) {
        (Some(name), _) => (name, Tap::Catalog),
        (None, false) => (texts(talk.lang).get("other_products"), Tap::Catalog),
        (None, true) => (texts(talk.lang).get("menu_catalog"), Tap::Menu),
    };
    let more = end < all.len();
    let currency = talk.shop.currency;
    let shelf = shelf.clone();
    let page = shelf::Page { title, shelf, number: page, products, variants: &variants, more, currency, back };
    Ok(Reply::show(shelf::category(talk.lang, page)))
}

/// The card of a product; none when it is no longer on sale.
pub(crate) async fn card(talk: &Talk<'_>, id: &ProductId) -> Outcome<Option<Screen>> {
    let Some(product) = sold(talk, id).await? else { return Ok(None) };
    let variants = variants::list(&talk.services.db, &talk.bot.merchant, id).await?;
    Ok(Some(shelf::product(talk.lang, talk.shop.currency, &product, &variants)))
}

/// What has variants is bought by choosing one: the card is shown instead.
pub(crate) async fn buy(talk: &Talk<'_>, id: &ProductId) -> Outcome<Reply> {
    choose(talk, Choice::of(id.clone())).await
}

/// As [`buy`], for the cart.
pub(crate) async fn put(talk: &Talk<'_>, id: &ProductId) -> Outcome<Reply> {
    choose(talk, Choice { for_cart: true, ..Choice::of(id.clone()) }).await
}

async fn choose(talk: &Talk<'_>, choice: Choice) -> Outcome<Reply> {
    let id = &choice.product;
    if !variants::list(&talk.services.db, &talk.bot.merchant, id).await?.is_empty()
        && let Some(card) = card(talk, id).await?
    {
        return Ok(Reply::show(card));
    }
    chosen_product(talk, choice).await
}

/// A variant was chosen, on whatever message of whatever time.
pub(crate) async fn variant(talk: &Talk<'_>, id: &VariantId) -> Outcome<Reply> {
    match variants::get(&talk.services.db, &talk.bot.merchant, id).await? {
        Some(variant) => {
            let choice = Choice { variant: Some(variant.id), ..Choice::of(variant.product_id) };
            chosen_product(talk, choice).await
        }
        None => Ok(gone(talk)),
    }
}

fn gone(talk: &Talk<'_>) -> Reply {
    Reply::toast(texts(talk.lang).get("product_gone"), State::Start)
}

async fn chosen_product(talk: &Talk<'_>, choice: Choice) -> Outcome<Reply> {
    let Some(wanted) = booking::wanted(talk, &choice).await? else { return Ok(gone(talk)) };
    if let Some(reply) = booking::days(talk, &wanted).await? {
        return Ok(reply);
    }
    match wanted.product.kind {
        ProductKind::Donation => {
            let screen = screens::donation(talk.lang, talk.shop.currency, &wanted.product);
            Ok(Reply::show(screen).then(State::Sum { choice }))
        }
        _ => how_many(talk, wanted).await,
    }
}

/// The question where more than one can be had, else what is asked next.
pub(crate) async fn how_many(talk: &Talk<'_>, wanted: Wanted) -> Outcome<Reply> {
    match wanted.most() {
        0 => Ok(Reply::toast(texts(talk.lang).get("sold_out"), State::Start)),
        1 => onward(talk, wanted, Asking { quantity: 1, ..Asking::default() }).await,
        max => {
            let screen = screens::quantity(talk.lang, &wanted.title(), max);
            Ok(Reply::show(screen).then(State::Quantity { choice: wanted.choice() }))
        }
    }
}

/// A quantity or a sum from the buttons of the step the chat stands at.
pub(crate) async fn chosen(talk: &Talk<'_>, tap: &Tap) -> Outcome<Reply> {
    let stale = || Ok(Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone()));
    let (State::Quantity { choice } | State::Sum { choice }) = &talk.state else { return stale() };
    let Some(wanted) = booking::wanted(talk, choice).await? else { return Ok(gone(talk)) };
    let is_donation = wanted.product.kind == ProductKind::Donation;
    match tap {
        Tap::Quantity(n) if !is_donation && (1..=limits::QUANTITY).contains(n) => {
            onward(talk, wanted, Asking { quantity: *n, ..Asking::default() }).await
        }
        Tap::Sum(sum) if is_donation => given(talk, wanted, *sum).await,
        Tap::OwnSum if is_donation => Ok(ask_sum(talk, &wanted)),
        _ => stale(),
    }
}

fn ask_sum(talk: &Talk<'_>, wanted: &Wanted) -> Reply {
    Reply::show(screens::ask_sum(talk.lang, talk.shop.currency, &wanted.product)).then(talk.state.clone())
}

async fn given(talk: &Talk<'_>, wanted: Wanted, sum: i64) -> Outcome<Reply> {
    onward(talk, wanted, Asking { quantity: 1, sum_minor: Some(sum), ..Asking::default() }).await
}

pub(crate) async fn typed(talk: &Talk<'_>, text: &str) -> Outcome<Reply> {
    let choice = match &talk.state {
        State::Quantity { choice } | State::Sum { choice } => choice,
        State::Question { .. } => return asking::typed(talk, text).await,
        _ => return Ok(not_understood(talk)),
    };
    let Some(wanted) = booking::wanted(talk, choice).await? else {
        return Ok(Reply::show(screens::said(talk.lang, "product_gone")));
    };
    if wanted.product.kind == ProductKind::Donation {
        let sum = domain::Money::parse_major(text, talk.shop.currency).ok().map(|money| money.amount_minor);
        let terms = wanted.product.donation.as_ref();
        return match sum.filter(|sum| terms.is_some_and(|terms| terms.allows(*sum))) {
            Some(sum) => given(talk, wanted, sum).await,
            None => Ok(ask_sum(talk, &wanted)),
        };
    }
    let (max, title) = (wanted.most(), wanted.title());
    match text.parse().ok().filter(|n| (1..=max).contains(n)) {
        Some(quantity) => onward(talk, wanted, Asking { quantity, ..Asking::default() }).await,
        None => Ok(Reply::show(screens::quantity_invalid(talk.lang, &title, max)).then(talk.state.clone())),
    }
}
