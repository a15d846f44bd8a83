//! From what is chosen to the order: how goods are handed over, the summary, its confirmation; or into the cart.

use domain::{Currency, Lang, Localized, Moment, Money, handover::Way, product::ProductKind};
use server::{
    carts::{self, Seen},
    failure::{Failure, Outcome},
    links::Method,
    orders::{self, Asked, Chosen, Piece, Place as PlaceOrder, Placed, Whole},
    payments,
    shop::Merchant,
};

use crate::{
    asking::Asking,
    booking::Wanted,
    cart,
    code::{self, Code},
    dialogue::{Reply, Talk, excuse},
    handing,
    ordered::order_screen,
    screens,
    state::{Basket, Draft, State},
    texts::texts,
};

/// A line of the summary.
pub(crate) struct Row {
    pub(crate) title: Localized,
    pub(crate) quantity: i64,
    pub(crate) unit_minor: i64,
    pub(crate) slot_at: Option<Moment>,
    /// Questions and answers in words.
    pub(crate) answers: Vec<(String, String)>,
}

/// What is about to be ordered.
pub(crate) struct Summary {
    pub(crate) rows: Vec<Row>,
    pub(crate) offset_minutes: i32,
    pub(crate) currency: Currency,
    pub(crate) nonce: String,
    /// It may be put into the cart instead.
    pub(crate) may_be_kept: bool,
    /// How goods are handed over, in words; and whether something else can be chosen.
    pub(crate) handing: Option<(String, bool)>,
    /// The ways to pay, and which one is chosen; none where there is no choice.
    pub(crate) methods: Vec<(Method, bool)>,
    pub(crate) code: Code,
}

impl Summary {
    pub(crate) fn total(&self) -> Money {
        let sums = self.rows.iter().map(|row| row.unit_minor.saturating_mul(row.quantity));
        Money::new(sums.fold(0, i64::saturating_add).saturating_sub(self.code.off_minor()), self.currency)
    }
}

/// Nothing is left to choose or to answer: into the cart, or on to the order.
pub(crate) async fn all_chosen(talk: &Talk<'_>, wanted: Wanted, asking: Asking) -> Outcome<Reply> {
    let choice = wanted.choice();
    let Asking { quantity, sum_minor, answers } = asking;
    let piece =
        Piece { product: choice.product, variant: choice.variant, quantity, sum_minor, slot: choice.slot, answers };
    if choice.for_cart {
        return cart::put(talk, piece, &["update", &talk.update_id.to_string()].join(":")).await;
    }
    onward(talk, Basket::Pieces { pieces: vec![piece] }.into()).await
}

/// The summary of the cart.
pub(crate) async fn of_cart(talk: &Talk<'_>) -> Outcome<Reply> {
    let version = carts::look(talk.services, &cart::owner(talk)).await?.version;
    onward(talk, Basket::Cart { version }.into()).await
}

/// What is still to be asked about the whole order, or its summary.
pub(crate) async fn onward(talk: &Talk<'_>, mut draft: Draft) -> Outcome<Reply> {
    let lines = match contents(talk, &draft.basket).await? {
        Ok(lines) => lines,
        Err(reply) => return Ok(reply),
    };
    let shop = &talk.shop;
    let goods = lines.iter().any(|line| line.kind == Some(ProductKind::Goods));
    draft.way = draft.way.or(shop.ways().only()).filter(|way| goods && shop.ways().offers(*way));
    let order_minor = lines.iter().map(|line| line.unit_minor.saturating_mul(line.quantity)).sum();
    match draft.way {
        None if goods && shop.ways().any() => Ok(handing::ask_way(talk, shop, order_minor, draft)),
        Some(Way::Delivery) if draft.address.is_none() => handing::ask_address(talk, shop, draft).await,
        _ => summary(talk, shop, lines, draft).await,
    }
}

/// The lines, as they can be had now; where something stands in the way, what to show instead.
async fn contents(talk: &Talk<'_>, basket: &Basket) -> Outcome<Result<Vec<Seen>, Reply>> {
    let pieces = match basket {
        Basket::Pieces { pieces } => pieces,
        Basket::Cart { version } => {
            let seen = carts::look(talk.services, &cart::owner(talk)).await?;
            return Ok(if seen.lines.is_empty() {
                Err(cart::show(talk).await?)
            } else if seen.version != *version {
                Err(cart::show_and_say(talk, "cart_changed").await?)
            } else if !seen.is_well() {
                Err(cart::show_and_say(talk, "cart_trouble").await?)
            } else {
                Ok(seen.lines)
            });
        }
    };
    let lines = carts::look_at(talk.services, &talk.bot.merchant, pieces).await?;
    let trouble = lines.iter().find_map(|line| line.trouble);
    Ok(match trouble {
        Some(trouble) => Err(Reply::show(screens::said_words(talk.lang, cart::why(talk.lang, trouble)))),
        None => Ok(lines),
    })
}

async fn summary(talk: &Talk<'_>, shop: &Merchant, lines: Vec<Seen>, mut draft: Draft) -> Outcome<Reply> {
    let methods = payments::methods(&talk.services.db, &talk.bot.merchant).await?;
    let nonce = talk.services.clock.code(10);
    let alone = matches!(&draft.basket, Basket::Pieces { pieces } if pieces.len() == 1);
    let may_be_kept = alone && lines.iter().all(|line| line.kind.is_some_and(ProductKind::fits_a_cart));
    let code = code::looked(talk, &mut draft, &lines).await?;
    let mut rows: Vec<Row> = lines.into_iter().map(|line| row(talk.lang, line)).collect();
    rows.extend(handing::row(shop, &draft, &rows, code.off_minor()));
    let summary = Summary {
        rows,
        offset_minutes: shop.utc_offset_minutes,
        currency: shop.currency,
        nonce: nonce.clone(),
        may_be_kept,
        handing: handing::words(talk.lang, shop, &draft),
        methods: choices(methods, &draft),
        code,
    };
    Ok(Reply::show(screens::summary(talk.lang, &summary)).then(State::Summary { draft, nonce }))
}

/// The ways to pay, where there are several: the chosen one, else the first one, is marked.
fn choices(methods: Vec<Method>, draft: &Draft) -> Vec<(Method, bool)> {
    if methods.len() < 2 {
        return Vec::new();
    }
    let known = methods.iter().position(|method| Some(&method.account) == draft.account.as_ref()).unwrap_or(0);
    methods.into_iter().enumerate().map(|(place, method)| (method, place == known)).collect()
}

fn row(lang: Lang, line: Seen) -> Row {
    let words =
        |(question, answer): &(Localized, Localized)| (question.get(lang).to_owned(), answer.get(lang).to_owned());
    Row {
        answers: line.answers.iter().map(words).collect(),
        title: line.title,
        quantity: line.quantity,
        unit_minor: line.unit_minor,
        slot_at: line.slot_at,
    }
}

/// Another way to pay: the same summary with it.
pub(crate) async fn method(talk: &Talk<'_>, account: &domain::AccountId) -> Outcome<Reply> {
    match &talk.state {
        State::Summary { draft, .. } => onward(talk, Draft { account: Some(account.clone()), ..draft.clone() }).await,
        _ => Ok(stale(talk)),
    }
}

pub(crate) async fn confirm(talk: &Talk<'_>, nonce: &str) -> Outcome<Reply> {
    match &talk.state {
        State::Summary { draft, nonce: expected } if expected == nonce => {
            let placed = match order(talk, draft, nonce).await {
                // The cart says line by line what stands in the way.
                // What stands in the way of the code is said on the summary.
                Err(Failure::Refused(refusal)) if refusal.code.starts_with("promo_") => {
                    return onward(talk, draft.clone()).await;
                }
                Err(Failure::Refused(refusal)) if matches!(draft.basket, Basket::Cart { .. }) => {
                    return cart::show_and_say(talk, excuse(&refusal)).await;
                }
                placed => placed?,
            };
            Ok(shown(talk, placed).then(State::Ordered { nonce: nonce.to_owned() }))
        }
        // A double tap: the order is on its way already.
        State::Ordered { nonce: known } if known == nonce => {
            Ok(Reply { screen: None, toast: None, state: talk.state.clone() })
        }
        _ => Ok(stale(talk)),
    }
}

/// What the summary shows goes into the cart instead.
pub(crate) async fn keep(talk: &Talk<'_>, nonce: &str) -> Outcome<Reply> {
    if let State::Summary { draft, nonce: expected } = &talk.state
        && expected == nonce
        && let Basket::Pieces { pieces } = &draft.basket
        && let [piece] = pieces.as_slice()
    {
        return cart::put(talk, piece.clone(), &["summary", nonce].join(":")).await;
    }
    Ok(stale(talk))
}

pub(crate) fn stale(talk: &Talk<'_>) -> Reply {
    Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())
}

fn ask(talk: &Talk<'_>, pieces: &[Piece], chosen: Chosen, nonce: &str) -> PlaceOrder {
    PlaceOrder {
        asked: pieces.iter().cloned().map(Asked::Product).collect(),
        bot: talk.bot.id.clone(),
        customer: talk.customer.id.clone(),
        telegram_user_id: talk.customer.telegram_user_id,
        language: talk.lang,
        made_by: format!("bot:{}:{}:{nonce}", talk.bot.id, talk.chat_id),
        chosen,
    }
}

async fn order(talk: &Talk<'_>, draft: &Draft, nonce: &str) -> Outcome<Placed> {
    let (services, merchant) = (talk.services, &talk.bot.merchant);
    let (way, address, account) = (draft.way, draft.address.clone(), draft.account.clone());
    let chosen = Chosen { way, address, account, promo: draft.promo.clone() };
    match &draft.basket {
        Basket::Pieces { pieces } => orders::place(services, merchant, ask(talk, pieces, chosen, nonce)).await,
        Basket::Cart { version } => carts::check_out(services, merchant, *version, ask(talk, &[], chosen, nonce)).await,
    }
}

/// Orders pieces without a summary, where nothing is to be asked about the whole order.
pub(crate) async fn place(talk: &Talk<'_>, pieces: Vec<Piece>, nonce: &str) -> Outcome<Reply> {
    let placed = orders::place(talk.services, &talk.bot.merchant, ask(talk, &pieces, Chosen::default(), nonce)).await;
    match placed {
        Err(Failure::Refused(refusal)) if matches!(refusal.code, "handover_required" | "address_wrong") => {
            onward(talk, Basket::Pieces { pieces }.into()).await
        }
        placed => Ok(shown(talk, placed?)),
    }
}

fn shown(talk: &Talk<'_>, placed: Placed) -> Reply {
    let whole = Whole { order: placed.order, lines: Vec::new() };
    Reply::show(order_screen(talk, &whole, &placed.link))
}
