//! One payment's story: everything that is known of it, for the people who must answer for it.

use domain::{MerchantId, PaymentId, link::LinkKind, order::OrderStatus, payment::PaymentStatus};

use crate::{
    calls::{self, Call},
    crm::{self, Deal},
    customers::{self, Customer},
    db::Db,
    endpoints::{self, Delivery},
    failure::Outcome,
    fiscal::{self, Receipt},
    fulfilment,
    jobs::{self, Job},
    journal::{self, JournalEntry},
    links::{self, Link, Opening},
    orders::{self, Answer, Whole},
    payments::{self, EventFilter, LookUp, Payment, WebhookEvent},
    refunds::{self, Refund},
    staff::{
        self, StaffMember,
        audit::{self, AuditLine},
    },
};

/// More than any payment has; a flood of repeated deliveries must not make its page unreadable.
const MOST: u64 = 200;

#[derive(Clone, Debug)]
pub struct Story {
    pub payment: Payment,
    pub whole: Whole,
    /// To the questions of what was bought.
    pub answers: Vec<Answer>,
    pub link: Option<Link>,
    pub customer: Option<Customer>,
    /// The name of the provider account.
    pub account: String,
    /// Of the payment and its order, oldest first.
    pub entries: Vec<JournalEntry>,
    /// Oldest first.
    pub events: Vec<WebhookEvent>,
    pub jobs: Vec<Job>,
    /// Of what was given something can be sent again.
    pub may_be_sent: bool,
    /// What the merchant's endpoints were told of the order.
    pub deliveries: Vec<Delivery>,
    /// Look-ups that said nothing new.
    pub look_ups: Vec<LookUp>,
    /// What the merchant's own program was asked.
    pub calls: Vec<Call>,
    /// The days on which the link of this order was opened.
    pub openings: Vec<Opening>,
    /// What staff did to the payment and its order.
    pub acts: Vec<AuditLine>,
    pub refunds: Vec<Refund>,
    pub receipts: Vec<Receipt>,
    /// The order's, in the CRM.
    pub deal: Option<Deal>,
    /// Other attempts to pay the same order.
    pub others: Vec<Payment>,
    /// For the names of those who acted.
    pub staff: Vec<StaffMember>,
}

impl Story {
    /// The customer came through a bot, and there is something to say of the payment.
    #[must_use]
    pub const fn may_be_told(&self) -> bool {
        let silent = matches!(self.payment.status, PaymentStatus::Reversed | PaymentStatus::Disputed);
        self.whole.order.bot_id.is_some() && !silent
    }

    /// Paid, and either not given yet or given in a way that can be sent again.
    #[must_use]
    pub fn may_be_given(&self) -> bool {
        let order = &self.whole.order;
        let again = order.fulfilled_at.is_some() && order.bot_id.is_some() && self.may_be_sent;
        let kept = matches!(order.status, OrderStatus::Fulfilled | OrderStatus::PartiallyRefunded);
        let all = [std::slice::from_ref(&self.payment), &self.others].concat();
        order.is_to_be_delivered(&all) || (again && kept)
    }
}

/// # Errors
/// `not_found`, also for another merchant's payment.
pub async fn story(db: &Db, merchant: &MerchantId, id: &PaymentId) -> Outcome<Story> {
    let payment = payments::get(db, merchant, id).await?;
    let whole = orders::get(db, merchant, &payment.order_id).await?;
    let link = match &payment.link_id {
        Some(link) => Some(links::get(db, merchant, link).await?),
        None => None,
    };
    let customer = match whole.order.telegram_user_id {
        Some(person) => customers::by_telegram(db, merchant, person).await?,
        None => None,
    };
    let accounts = payments::account_names(db, merchant).await?;
    let account = accounts.into_iter().find(|(id, _)| *id == payment.account_id).map(|(_, name)| name);
    let of_order = journal::Filter { order: Some(payment.order_id.clone()), ..journal::Filter::default() };
    let mut entries = journal::list(db, merchant, &of_order, MOST).await?;
    entries.retain(|entry| entry.payment_id.as_ref().is_none_or(|own| own == id));
    entries.reverse();
    let of_payment = EventFilter { payment: Some(id.clone()), ..EventFilter::default() };
    let mut events = payments::events(db, merchant, &of_payment, MOST).await?;
    events.reverse();
    let mut others = payments::of_order(db, merchant, &payment.order_id).await?;
    others.retain(|other| other.id != *id);
    let openings = match link.as_ref().filter(|link| link.kind == LinkKind::Dynamic) {
        Some(link) => links::openings(db, merchant, &link.id, MOST).await?,
        None => Vec::new(),
    };
    Ok(Story {
        openings,
        calls: calls::of_order(db, merchant, &payment.order_id).await?,
        look_ups: payments::look_ups(db, merchant, id).await?,
        acts: audit::about(db, merchant, &[id.as_str(), payment.order_id.as_str()], MOST).await?,
        refunds: refunds::of_payment(db, merchant, id).await?,
        receipts: fiscal::of_payments(db, merchant, vec![id.clone()]).await?,
        deal: crm::of_order(db, merchant, &payment.order_id).await?,
        jobs: jobs::of_order(db.read(), merchant, &payment.order_id).await?,
        may_be_sent: fulfilment::may_be_sent(db.read(), merchant, &payment.order_id).await?,
        deliveries: endpoints::of_order(db, merchant, &payment.order_id).await?,
        staff: staff::list(db, merchant).await?,
        answers: orders::answers(db, merchant, vec![payment.order_id.clone()]).await?,
        account: account.unwrap_or_else(|| payment.provider.clone()),
        payment,
        whole,
        link,
        customer,
        entries,
        events,
        others,
    })
}
