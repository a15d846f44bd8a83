//! Messages: what customers ask in the bot reaches the people of the shop, and their answers come back to the chat.
//!
//! One conversation (a thread) per customer. What comes in is stored once per update, whatever is repeated; an answer is a
//! job in the lane of its chat, so it keeps its place among the other messages, and is marked when Telegram took it. As with
//! every message of the outbox, a crash between Telegram's yes and our note of it says the answer once more.

mod answer;
mod photo;
mod receive;
mod rows;
pub(crate) mod store;
mod thread;

use domain::{CustomerId, MerchantId};

pub use answer::{Answer, SEND_ANSWER, SendAnswer, answer, delivered};
pub use photo::photo;
pub use receive::{NOTE_STAFF, NoteStaff, Received, receive};
pub use rows::{Model as Thread, message::Model as Message};
pub use store::{Filter, Place, Shelf};
pub use thread::{close, let_go, reopen, take};

use crate::{
    db::Db,
    failure::{Outcome, Refusal},
};

/// As the author of a message stands there: anybody else is of the shop.
pub const CUSTOMER: &str = "customer";

/// One page of conversations: those that wait for an answer first, each part with the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, filter: &Filter, limit: u64) -> Outcome<Vec<Thread>> {
    store::list(db.read(), merchant, filter, limit).await
}

/// How many conversations wait for an answer.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(db: &Db, merchant: &MerchantId) -> Outcome<u64> {
    store::waiting(db.read(), merchant).await
}

/// The conversation with a customer, if one has begun.
///
/// # Errors
/// When the database does not answer.
pub async fn thread(db: &Db, merchant: &MerchantId, customer: &CustomerId) -> Outcome<Option<Thread>> {
    store::thread(db.read(), merchant, customer).await
}

/// What was written before the message `before`, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_customer(
    db: &Db,
    merchant: &MerchantId,
    customer: &CustomerId,
    before: Option<i64>,
    limit: u64,
) -> Outcome<Vec<Message>> {
    store::of_customer(db.read(), merchant, customer, before, limit).await
}

/// # Errors
/// `not_found`, also for another merchant's message.
pub async fn get(db: &Db, merchant: &MerchantId, id: i64) -> Outcome<Message> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}
