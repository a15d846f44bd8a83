//! The hand-over to people: what a customer writes reaches the shop, whose answer comes back to the chat.
//!
//! One asks by the button or `/ask`; from then on, and as long as the conversation is not closed, whatever is written and is
//! no answer to a question of the bot goes to the shop.

use domain::{OrderId, message::ThreadState};
use server::{
    failure::Outcome,
    messages::{self, Received},
};

use crate::{
    dialogue::{Reply, Talk},
    event::Thing,
    ordered::own_order,
    screens,
    state::State,
};

/// "Ask a question", of an order or of anything.
pub(crate) async fn ask(talk: &Talk<'_>, order: Option<&OrderId>) -> Outcome<Reply> {
    let number = match order {
        Some(id) => Some(own_order(talk, id).await?.order.number),
        None => None,
    };
    Ok(Reply::show(screens::ask(talk.lang, number)).then(State::Writing { order: order.cloned() }))
}

/// Whether what the customer writes now is for people.
pub(crate) async fn listens(talk: &Talk<'_>) -> Outcome<bool> {
    if matches!(talk.state, State::Writing { .. }) {
        return Ok(true);
    }
    let thread = messages::thread(&talk.services.db, &talk.bot.merchant, &talk.customer.id).await?;
    Ok(thread.is_some_and(|thread| thread.state != ThreadState::Closed))
}

/// Hands it over, and says so.
pub(crate) async fn hand_over(talk: &Talk<'_>, thing: Thing) -> Outcome<Reply> {
    let order = match &talk.state {
        State::Writing { order } => order.clone(),
        _ => None,
    };
    let received = Received {
        bot: talk.bot.id.clone(),
        update_id: talk.update_id,
        customer: talk.customer.id.clone(),
        content: thing.content,
        words: thing.words,
        file: thing.file,
        phone: thing.phone,
        order,
    };
    messages::receive(talk.services, &talk.bot.merchant, received).await?;
    Ok(Reply::show(screens::arrived(talk.lang)).then(talk.state.clone()))
}
