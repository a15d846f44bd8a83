//! How goods are handed over: which way, where to, and what that costs; asked once for a whole order.

use domain::{
    Lang, Money,
    handover::{self, Way},
};
use server::{failure::Outcome, orders, shop::Merchant};

use crate::{
    checkout::{Row, onward, stale},
    dialogue::{Reply, Talk},
    screens::{Key, Screen, key},
    state::{Draft, State},
    tap::Tap,
    texts::{escape, texts},
};

/// An address on a button.
const LABEL: usize = 48;

pub(crate) fn ask_way(talk: &Talk<'_>, shop: &Merchant, order_minor: i64, draft: Draft) -> Reply {
    let (lang, own) = (talk.lang, texts(talk.lang));
    let price = shop.ways().price(Way::Delivery, order_minor);
    let delivery = match price {
        0 => own.get("hand_delivery_free"),
        price => own.with("hand_delivery_for", &[("sum", &Money::new(price, shop.currency).to_string())]),
    };
    let mut html = vec![["<b>", &own.get("hand_title"), "</b>"].concat()];
    html.push(own.with("hand_pickup_at", &[("address", &escape(shop.pickup_address.get(lang)))]));
    html.extend(note(lang, shop));
    let keys = vec![
        vec![key(lang, "hand_pickup", Tap::Hand(Way::Pickup))],
        vec![Key::Tap(delivery, Tap::Hand(Way::Delivery))],
        vec![key(lang, "cancel", Tap::Cancel)],
    ];
    Reply::show(Screen::text(html.join("\n\n"), keys)).then(State::Handing { draft })
}

fn note(lang: Lang, shop: &Merchant) -> Option<String> {
    Some(escape(shop.delivery_note.get(lang))).filter(|note| !note.is_empty())
}

pub(crate) async fn ask_address(talk: &Talk<'_>, shop: &Merchant, draft: Draft) -> Outcome<Reply> {
    let last = orders::last_address(&talk.services.db, &talk.bot.merchant, &talk.customer.id).await?;
    let mut html = vec![texts(talk.lang).get("hand_address")];
    html.extend(note(talk.lang, shop));
    let mut keys: Vec<_> = last.map(|last| vec![Key::Tap(short(&last), Tap::SameAddress)]).into_iter().collect();
    keys.push(vec![key(talk.lang, "cancel", Tap::Cancel)]);
    Ok(Reply::show(Screen::text(html.join("\n\n"), keys)).then(State::Address { draft }))
}

fn short(address: &str) -> String {
    match address.char_indices().nth(LABEL) {
        Some((end, _)) => [&address[..end], "…"].concat(),
        None => address.to_owned(),
    }
}

pub(crate) async fn way(talk: &Talk<'_>, way: Way) -> Outcome<Reply> {
    match &talk.state {
        State::Handing { draft } => onward(talk, Draft { way: Some(way), ..draft.clone() }).await,
        _ => Ok(stale(talk)),
    }
}

/// An address that was typed.
pub(crate) async fn typed(talk: &Talk<'_>, text: &str) -> Outcome<Reply> {
    let State::Address { draft } = &talk.state else { return Ok(stale(talk)) };
    match handover::address(text) {
        Some(address) => onward(talk, Draft { address: Some(address), ..draft.clone() }).await,
        None => {
            let keys = vec![vec![key(talk.lang, "cancel", Tap::Cancel)]];
            Ok(Reply::show(Screen::text(texts(talk.lang).get("hand_address_wrong"), keys)).then(talk.state.clone()))
        }
    }
}

pub(crate) async fn same_address(talk: &Talk<'_>) -> Outcome<Reply> {
    let State::Address { draft } = &talk.state else { return Ok(stale(talk)) };
    let address = orders::last_address(&talk.services.db, &talk.bot.merchant, &talk.customer.id).await?;
    onward(talk, Draft { address, ..draft.clone() }).await
}

/// Asks again, from the summary.
pub(crate) async fn again(talk: &Talk<'_>) -> Outcome<Reply> {
    match &talk.state {
        State::Summary { draft, .. } => onward(talk, Draft { way: None, address: None, ..draft.clone() }).await,
        _ => Ok(stale(talk)),
    }
}

/// The line of the summary that bringing costs, as the order will have it.
pub(crate) fn row(shop: &Merchant, draft: &Draft, rows: &[Row], off_minor: i64) -> Option<Row> {
    let order_minor: i64 = rows.iter().map(|row| row.unit_minor.saturating_mul(row.quantity)).sum();
    let order_minor = order_minor.saturating_sub(off_minor);
    let unit_minor = shop.ways().price(draft.way?, order_minor);
    let title = handover::delivery_title();
    (unit_minor > 0).then_some(Row { title, quantity: 1, unit_minor, slot_at: None, answers: Vec::new() })
}

/// The way and the place in words, and whether something else can be chosen.
pub(crate) fn words(lang: Lang, shop: &Merchant, draft: &Draft) -> Option<(String, bool)> {
    let way = draft.way?;
    let words = said(lang, shop, way, draft.address.as_deref());
    Some((words, way == Way::Delivery || shop.ways().only().is_none()))
}

/// Where goods are picked up or brought.
pub(crate) fn said(lang: Lang, shop: &Merchant, way: Way, address: Option<&str>) -> String {
    let (text, address) = match way {
        Way::Pickup => ("hand_pickup_at", shop.pickup_address.get(lang)),
        Way::Delivery => ("hand_delivery_to", address.unwrap_or_default()),
    };
    texts(lang).with(text, &[("address", &escape(address))])
}
