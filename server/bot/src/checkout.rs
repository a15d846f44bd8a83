//! From what is chosen to the order: the summary, its confirmation, or into the cart.

use domain::{Lang, Localized, Moment};
use server::{
    carts,
    catalog::questions::Question,
    failure::{Failure, Outcome},
    orders::{self, Asked, Piece, Place as PlaceOrder, Placed, Whole},
};

use crate::{
    asking::{self, Asking},
    booking::Wanted,
    cart,
    dialogue::{Reply, Talk, excuse},
    ordered::order_screen,
    screens,
    state::{Basket, State},
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
    pub(crate) nonce: String,
    /// It may be put into the cart instead.
    pub(crate) may_be_kept: bool,
}

/// Nothing is left to choose or to answer: into the cart, or to the summary.
pub(crate) async fn all_chosen(talk: &Talk<'_>, wanted: Wanted, asking: Asking, asked: &[Question]) -> Outcome<Reply> {
    let choice = wanted.choice();
    let answers = asking::in_words(talk.lang, asked, &asking.answers);
    let Asking { quantity, sum_minor, answers: given } = asking;
    let piece = Piece {
        product: choice.product,
        variant: choice.variant,
        quantity,
        sum_minor,
        slot: choice.slot,
        answers: given,
    };
    if choice.for_cart {
        return cart::put(talk, piece, &["update", &talk.update_id.to_string()].join(":")).await;
    }
    let row = Row {
        title: wanted.title(),
        quantity,
        unit_minor: sum_minor.or(wanted.price()).unwrap_or_default(),
        slot_at: wanted.slot.as_ref().map(|slot| slot.starts_at),
        answers,
    };
    let (offset, may_be_kept) = (wanted.offset_minutes, wanted.product.kind.fits_a_cart());
    Ok(summary(talk, vec![row], offset, Basket::One { piece }, may_be_kept))
}

fn summary(talk: &Talk<'_>, rows: Vec<Row>, offset_minutes: i32, basket: Basket, may_be_kept: bool) -> Reply {
    let nonce = talk.services.clock.code(10);
    let summary = Summary { rows, offset_minutes, nonce: nonce.clone(), may_be_kept };
    Reply::show(screens::summary(talk.lang, &summary)).then(State::Summary { basket, nonce })
}

/// The summary of the cart; where something stands in the way of a line, the cart, which says what.
pub(crate) async fn of_cart(talk: &Talk<'_>) -> Outcome<Reply> {
    let seen = carts::look(talk.services, &cart::owner(talk)).await?;
    if seen.lines.is_empty() {
        return cart::show(talk).await;
    }
    if !seen.is_well() {
        return cart::show_and_say(talk, "cart_trouble").await;
    }
    let offset = cart::offset(talk).await?;
    let rows = seen.lines.into_iter().map(|line| row(talk.lang, line)).collect();
    Ok(summary(talk, rows, offset, Basket::Cart { version: seen.version }, false))
}

fn row(lang: Lang, line: carts::Seen) -> Row {
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

pub(crate) async fn confirm(talk: &Talk<'_>, nonce: &str) -> Outcome<Reply> {
    match &talk.state {
        State::Summary { basket, nonce: expected } if expected == nonce => {
            let placed = match basket {
                Basket::One { piece } => place(talk, vec![Asked::Product(piece.clone())], nonce).await?,
                Basket::Cart { version } => match order_cart(talk, *version, nonce).await {
                    // The cart says line by line what stands in the way.
                    Err(Failure::Refused(refusal)) => return cart::show_and_say(talk, excuse(&refusal)).await,
                    placed => shown(talk, placed?),
                },
            };
            Ok(placed.then(State::Ordered { nonce: nonce.to_owned() }))
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
    match &talk.state {
        State::Summary { basket: Basket::One { piece }, nonce: expected } if expected == nonce => {
            cart::put(talk, piece.clone(), &["summary", nonce].join(":")).await
        }
        _ => Ok(stale(talk)),
    }
}

fn stale(talk: &Talk<'_>) -> Reply {
    Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())
}

fn ask(talk: &Talk<'_>, asked: Vec<Asked>, nonce: &str) -> PlaceOrder {
    PlaceOrder {
        asked,
        bot: talk.bot.id.clone(),
        customer: talk.customer.id.clone(),
        telegram_user_id: talk.customer.telegram_user_id,
        language: talk.lang,
        made_by: format!("bot:{}:{}:{nonce}", talk.bot.id, talk.chat_id),
    }
}

pub(crate) async fn place(talk: &Talk<'_>, asked: Vec<Asked>, nonce: &str) -> Outcome<Reply> {
    let placed = orders::place(talk.services, &talk.bot.merchant, ask(talk, asked, nonce)).await?;
    Ok(shown(talk, placed))
}

async fn order_cart(talk: &Talk<'_>, version: i64, nonce: &str) -> Outcome<Placed> {
    carts::check_out(talk.services, &talk.bot.merchant, version, ask(talk, Vec::new(), nonce)).await
}

fn shown(talk: &Talk<'_>, placed: Placed) -> Reply {
    let whole = Whole { order: placed.order, lines: Vec::new() };
    Reply::show(order_screen(talk, &whole, &placed.link))
}
