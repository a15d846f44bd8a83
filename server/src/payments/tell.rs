//! Promises to tell the customer what became of an order. The bot keeps them.

use domain::{Moment, OrderId, PaymentId, ReceiptId, RefundId};
use serde::{Deserialize, Serialize};

use crate::{
    bots,
    clock::Clock,
    customers,
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    jobs::{self, NewJob},
    orders::Order,
    services::Services,
};

pub const TELL_CUSTOMER: &str = "tell_customer";

/// What the customer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Paid,
    Failed,
    Expired,
    /// Not paid yet: it still can be.
    Reminder,
    /// Paid, but staff have to look first.
    Review,
    /// What was bought: the text stands in the fulfilment.
    Delivered,
    /// What the merchant's own program gave: of one line.
    Answer,
    /// A file that was bought: of one line.
    File,
    /// Booked times, for a calendar.
    Calendar,
    /// The way into a club: of one line.
    Club,
    /// A membership ends soon.
    ClubEnds,
    ClubEnded,
    /// Who left a club may come back.
    ClubBack,
    /// Money went back.
    Refunded,
    /// A fiscal receipt was registered.
    Receipt,
    /// Goods came a step nearer.
    Packed,
    OnWay,
    Ready,
    HandedOver,
}

impl What {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Reminder => "reminder",
            Self::Review => "review",
            Self::Delivered => "delivered",
            Self::Answer => "answer",
            Self::File => "file",
            Self::Calendar => "calendar",
            Self::Club => "club",
            Self::ClubEnds => "club_ends",
            Self::ClubEnded => "club_ended",
            Self::ClubBack => "club_back",
            Self::Refunded => "refunded",
            Self::Receipt => "receipt",
            Self::Packed => "packed",
            Self::OnWay => "on_way",
            Self::Ready => "ready",
            Self::HandedOver => "handed_over",
        }
    }
}

/// The payload of a `tell_customer` job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tell {
    pub order: OrderId,
    pub what: What,
    /// Of this refund, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
    /// The line it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i32>,
    /// The receipt it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptId>,
}

impl Tell {
    /// What tells the parts of one delivery apart; of its text nothing.
    pub(crate) fn part(&self) -> String {
        match (self.what, self.position) {
            (What::Answer | What::File | What::Calendar | What::Club, position) => {
                let position = position.map(|position| position.to_string()).unwrap_or_default();
                [":", self.what.word(), &position].concat()
            }
            _ => String::new(),
        }
    }
}

/// The job, where the customer can be reached through a bot. Messages of one chat keep their order.
pub(crate) fn job(now: Moment, order: &Order, payment: Option<&PaymentId>, what: What) -> Option<NewJob> {
    let cause = payment.map_or(order.id.as_str(), PaymentId::as_str);
    promise(
        now,
        order,
        payment,
        cause,
        Tell { order: order.id.clone(), what, amount_minor: None, position: None, receipt: None },
    )
}

/// A part of what was given is told once.
pub(crate) fn given(now: Moment, order: &Order, tell: Tell) -> Option<NewJob> {
    let cause = [order.id.as_str(), &*tell.part()].concat();
    promise(now, order, None, &cause, tell)
}

/// What the clock says of a membership is told once for each `cause`.
pub(crate) fn of_club(now: Moment, order: &Order, cause: &str, tell: Tell) -> Option<NewJob> {
    promise(now, order, None, cause, tell)
}

/// Each reminder of an order is told once.
pub(crate) fn reminder(now: Moment, order: &Order) -> Option<NewJob> {
    let tell =
        Tell { order: order.id.clone(), what: What::Reminder, amount_minor: None, position: None, receipt: None };
    promise(now, order, None, &format!("{}:{}", order.id, order.reminded + 1), tell)
}

/// Each refund is told once.
pub(crate) fn refunded(
    now: Moment,
    order: &Order,
    payment: &PaymentId,
    refund: &RefundId,
    amount_minor: i64,
) -> Option<NewJob> {
    let tell = Tell {
        order: order.id.clone(),
        what: What::Refunded,
        amount_minor: Some(amount_minor),
        position: None,
        receipt: None,
    };
    promise(now, order, Some(payment), refund.as_str(), tell)
}

/// Each receipt is told once.
pub(crate) fn receipt(now: Moment, order: &Order, payment: &PaymentId, receipt: &ReceiptId) -> Option<NewJob> {
    let (what, id) = (What::Receipt, receipt.as_str());
    let receipt = Some(receipt.clone());
    let tell = Tell { order: order.id.clone(), what, amount_minor: None, position: None, receipt };
    promise(now, order, Some(payment), id, tell)
}

/// Something told before, or to be told now, because somebody of the shop asks for it.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// Why, in their words.
    pub reason: String,
    /// Names this asking: sent twice, it is told once.
    pub once: Option<String>,
}

impl Again {
    /// The key of its job; asked without a name, each asking is one of its own.
    pub(crate) fn key(&self, now: Moment, order: &Order) -> String {
        let once = self.once.clone().unwrap_or_else(|| now.0.to_string());
        format!("tell:again:{}:{once}", order.id)
    }
}

/// Tells it once more, under a key of its own.
pub(crate) fn again(now: Moment, order: &Order, payment: &PaymentId, tell: Tell, key: String) -> Option<NewJob> {
    Some(NewJob { once_key: Some(key), ..promise(now, order, Some(payment), "", tell)? })
}

/// Whether the customer of an order can be written to at all.
///
/// # Errors
/// `no_chat`, `customer_blocked`, `no_bot`.
pub(crate) async fn reachable(services: &Services, order: &Order) -> Outcome<()> {
    let no = |code| Err(Refusal::new(RefusalKind::Conflict, code).into());
    let Some((bot, user)) = order.bot_id.as_ref().zip(order.telegram_user_id) else { return no("no_chat") };
    let customer = customers::by_telegram(&services.db, &order.merchant_id, user).await?;
    if customer.is_some_and(|customer| customer.blocked_at.is_some()) {
        return no("customer_blocked");
    }
    let all = bots::of_merchant(services, &order.merchant_id).await?;
    if all.iter().any(|own| own.id == *bot && own.active) { Ok(()) } else { no("no_bot") }
}

fn promise(now: Moment, order: &Order, payment: Option<&PaymentId>, cause: &str, tell: Tell) -> Option<NewJob> {
    let (bot, user) = (order.bot_id.as_ref()?, order.telegram_user_id?);
    Some(NewJob {
        payload: serde_json::to_string(&tell).ok()?,
        lane: Some(format!("chat:{bot}:{user}")),
        once_key: Some(format!("tell:{}:{cause}", tell.what.word())),
        order: Some(order.id.clone()),
        payment: payment.cloned(),
        ..NewJob::new(order.merchant_id.clone(), TELL_CUSTOMER, now)
    })
}

pub(crate) async fn enqueue(
    tx: &Tx,
    clock: &Clock,
    order: &Order,
    payment: Option<&PaymentId>,
    what: What,
) -> Outcome<()> {
    let now = clock.now();
    jobs::enqueue(tx, now, job(now, order, payment, what).into_iter().collect()).await
}
