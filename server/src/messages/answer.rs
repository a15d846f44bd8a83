//! Somebody of the shop answers, or writes first.

use domain::{
    BotId, CustomerId, MerchantId, OrderId, StaffId, limits,
    message::{Content, Delivery, NotSent, ThreadState},
    role::{Actor, Permission},
};
use serde::{Deserialize, Serialize};

use super::{Message, receive::with, store};
use crate::{
    bots,
    customers::{self, Customer},
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind, required},
    jobs::{self, NewJob},
    news, orders,
    services::Services,
};

pub const SEND_ANSWER: &str = "send_answer";

/// The payload of a `send_answer` job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendAnswer {
    pub message: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub words: String,
    /// The order it is about.
    pub order: Option<OrderId>,
    /// Names this writing: sent twice, it is one message.
    pub once: Option<String>,
}

/// Promises a message to the customer. Whoever answers first has taken the conversation.
///
/// # Errors
/// `forbidden`; `not_found`, also for another merchant's customer or order; `required`, `too_long`; `customer_blocked`;
/// `no_bot` where none of the shop's bots is on.
pub async fn answer(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    customer: &CustomerId,
    answer: Answer,
) -> Outcome<()> {
    if !actor.may(Permission::AnswerCustomers) {
        return Err(Refusal::forbidden().into());
    }
    let customer = customers::get(&services.db, merchant, customer).await?;
    let words = required("words", &answer.words, limits::MESSAGE)?;
    if customer.blocked_at.is_some() {
        return Err(Refusal::new(RefusalKind::Conflict, "customer_blocked").into());
    }
    if let Some(order) = &answer.order {
        let order = orders::get(&services.db, merchant, order).await?.order;
        if order.customer_id.as_ref() != Some(&customer.id) {
            return Err(Refusal::not_found().into());
        }
    }
    let bot = way_to(services, &customer).await?;
    let message = Message {
        id: 0,
        merchant_id: merchant.clone(),
        customer_id: customer.id.clone(),
        bot_id: bot,
        author: actor.label(),
        content: Content::Text,
        words,
        file_id: None,
        order_id: answer.order,
        once_key: answer.once.map(|once| ["answer:", merchant.as_str(), ":", &once].concat()),
        delivery: Some(Delivery::Queued),
        not_sent: None,
        at: services.clock.now(),
    };
    let who = staff_of(actor);
    services.db.write(move |tx| async move { promise(&tx, &customer, message, who).await }).await
}

pub(super) fn staff_of(actor: &Actor) -> Option<StaffId> {
    match actor {
        Actor::Staff { id, .. } => Some(id.clone()),
        _ => None,
    }
}

/// The bot that the customer wrote to last, else the shop's own.
async fn way_to(services: &Services, customer: &Customer) -> Outcome<BotId> {
    let on = bots::of_merchant(services, &customer.merchant_id).await?.into_iter().filter(|bot| bot.active);
    let on: Vec<BotId> = on.map(|bot| bot.id).collect();
    let last =
        store::thread(services.db.read(), &customer.merchant_id, &customer.id).await?.map(|thread| thread.bot_id);
    let bot = last.filter(|last| on.contains(last)).or_else(|| on.into_iter().next());
    bot.ok_or_else(|| Refusal::new(RefusalKind::Conflict, "no_bot").into())
}

async fn promise(tx: &Tx, customer: &Customer, mut message: Message, who: Option<StaffId>) -> Outcome<()> {
    let merchant = message.merchant_id.clone();
    if let Some(once) = &message.once_key
        && store::known(&**tx, &merchant, once).await?
    {
        return Ok(());
    }
    let before = store::lock_thread(&**tx, &merchant, &customer.id).await?;
    message.id = store::insert(&**tx, message.clone()).await?;
    let mut thread = with(before.as_ref(), &message, ThreadState::Answered);
    thread.owner_id = thread.owner_id.or(who);
    store::save_thread(&**tx, thread).await?;
    let job = NewJob {
        payload: serde_json::to_string(&SendAnswer { message: message.id })?,
        lane: Some(["chat:", message.bot_id.as_str(), ":", &customer.telegram_user_id.to_string()].concat()),
        once_key: Some([SEND_ANSWER, ":", &message.id.to_string()].concat()),
        order: message.order_id.clone(),
        ..NewJob::new(merchant.clone(), SEND_ANSWER, message.at)
    };
    jobs::enqueue(tx, message.at, vec![job]).await?;
    news::tell(tx, &merchant).await
}

/// Notes that Telegram took a message of the shop, or why it did not.
///
/// # Errors
/// When the database does not answer.
pub async fn delivered(services: &Services, message: &Message, not_sent: Option<NotSent>) -> Outcome<()> {
    let (merchant, id) = (message.merchant_id.clone(), message.id);
    let delivery = if not_sent.is_some() { Delivery::Failed } else { Delivery::Sent };
    services
        .db
        .write(move |tx| async move {
            store::set_delivery(&*tx, &merchant, id, delivery, not_sent).await?;
            news::tell(&tx, &merchant).await
        })
        .await
}
