//! A customer wrote: kept, and the staff chat is told when a conversation begins to wait.

use domain::{
    BotId, CustomerId, MerchantId, OrderId,
    contact::ContactKind,
    message::{Content, ThreadState},
};
use serde::{Deserialize, Serialize};

use super::{CUSTOMER, Message, Thread, store};
use crate::{
    customers::contacts::{self, Learnt},
    db::Tx,
    failure::Outcome,
    jobs::{self, NewJob},
    news,
    services::Services,
};

pub const NOTE_STAFF: &str = "note_staff";

/// The payload of a `note_staff` job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteStaff {
    pub message: i64,
}

/// What a customer sent to a bot.
#[derive(Clone, Debug)]
pub struct Received {
    pub bot: BotId,
    /// Stored once, however often it comes.
    pub update_id: i64,
    pub customer: CustomerId,
    pub content: Content,
    pub words: String,
    pub file: Option<String>,
    /// The customer's own phone, where Telegram gave it.
    pub phone: Option<String>,
    pub order: Option<OrderId>,
}

/// Keeps a customer's message; the conversation waits for an answer from now on. One note to the staff chat is enough for
/// all that a customer writes until somebody answers.
///
/// # Errors
/// When the database does not answer.
pub async fn receive(services: &Services, merchant: &MerchantId, received: Received) -> Outcome<()> {
    let (services, merchant) = (services.clone(), merchant.clone());
    services.db.clone().write(move |tx| async move { keep(&tx, &services, &merchant, received).await }).await
}

async fn keep(tx: &Tx, services: &Services, merchant: &MerchantId, received: Received) -> Outcome<()> {
    let now = services.clock.now();
    let once = ["update:", received.bot.as_str(), ":", &received.update_id.to_string()].concat();
    if store::known(&**tx, merchant, &once).await? {
        return Ok(());
    }
    let learnt = Learnt { merchant, customer: Some(&received.customer), order: None, at: now };
    let phone = received.phone.into_iter().map(|phone| (ContactKind::Phone, phone));
    contacts::note(tx, learnt, phone.collect()).await?;
    let before = store::lock_thread(&**tx, merchant, &received.customer).await?;
    let mut message = Message {
        id: 0,
        merchant_id: merchant.clone(),
        customer_id: received.customer,
        bot_id: received.bot,
        author: CUSTOMER.to_owned(),
        content: received.content,
        words: received.words,
        file_id: received.file,
        order_id: received.order,
        once_key: Some(once),
        delivery: None,
        not_sent: None,
        at: now,
    };
    message.id = store::insert(&**tx, message.clone()).await?;
    store::save_thread(&**tx, with(before.as_ref(), &message, ThreadState::Waiting)).await?;
    if before.is_none_or(|thread| thread.state != ThreadState::Waiting) {
        jobs::enqueue(tx, now, vec![note(&message)?]).await?;
    }
    news::tell(tx, merchant).await
}

/// The conversation after a message.
pub(super) fn with(before: Option<&Thread>, message: &Message, state: ThreadState) -> Thread {
    Thread {
        customer_id: message.customer_id.clone(),
        merchant_id: message.merchant_id.clone(),
        bot_id: message.bot_id.clone(),
        state,
        owner_id: before.and_then(|thread| thread.owner_id.clone()),
        last_message_id: message.id,
        last_author: message.author.clone(),
        last_content: message.content,
        last_words: message.words.chars().take(200).collect(),
        last_at: message.at,
    }
}

fn note(message: &Message) -> Outcome<NewJob> {
    Ok(NewJob {
        payload: serde_json::to_string(&NoteStaff { message: message.id })?,
        lane: Some(["staff:", message.merchant_id.as_str()].concat()),
        once_key: Some(["note:", &message.id.to_string()].concat()),
        ..NewJob::new(message.merchant_id.clone(), NOTE_STAFF, message.at)
    })
}
