//! Starting a payment: from *Pay* on a link's page to the provider's checkout.
//!
//! One transaction takes the use of the link, opens or reopens the order, reserves stock and promises the look-ups; then
//! the provider is asked, outside any transaction, under a key that makes asking again harmless; then its answer is noted.

use std::sync::Arc;

use domain::{
    AccountId, Lang, MerchantId, Moment, PaymentId, QuestionId, SlotId, VariantId,
    journal::EntryKind,
    link::{self, LinkKind, LinkState},
    moment::{MINUTE, SECOND},
    order::OrderStatus,
    payment::{Decision, PaymentStatus, Reported},
    role::Actor,
};
use providers::{Begin, Begun, Fault, Seen};
use serde_json::json;

use super::{
    accounts::{self, OpenAccount},
    book::counted_lines,
    check::CHECK_PAYMENT,
    rows::Model as Payment,
    settle::{Evidence, Source, settle},
    store,
};
use crate::{
    catalog,
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    jobs::{self, NewJob},
    journal::{self, NewEntry},
    links::{self, Link},
    orders::{self, Asked, Asker, NewOrder, Order, Piece},
    promos, sabotage,
    services::Services,
    shop,
};

/// A press of *Pay*.
#[derive(Clone, Debug)]
pub struct Start {
    pub code: String,
    /// The customer's own sum for a donation, minor units.
    pub sum_minor: Option<i64>,
    /// The time a customer has chosen, for a booking.
    pub slot: Option<SlotId>,
    /// The variant a customer has chosen, where the product has any.
    pub variant: Option<VariantId>,
    /// What was answered to the product's questions.
    pub answers: Vec<(QuestionId, String)>,
    pub account: Option<AccountId>,
    pub language: Lang,
    /// Made with the page: the same press twice is one payment.
    pub attempt: String,
}

impl Start {
    /// Of a link that leaves nothing to choose.
    #[must_use]
    pub fn of(code: &str, language: Lang, attempt: &str) -> Self {
        Self {
            code: code.to_owned(),
            sum_minor: None,
            slot: None,
            variant: None,
            answers: Vec::new(),
            account: None,
            language,
            attempt: attempt.to_owned(),
        }
    }
}

/// Where the customer goes next.
#[derive(Clone, Debug)]
pub struct Started {
    pub payment: PaymentId,
    pub checkout_url: String,
}

/// # Errors
/// Why the link is closed, `sold_out`, `promo_gone_meanwhile`, `slot_required`, `slot_taken`, `variant_required`, refusals of the sum and of answers, `provider_unavailable` (try again: nothing is lost).
pub async fn start(services: &Services, start: Start) -> Outcome<Started> {
    let payment = open_unbegun(services, start).await?;
    match &payment.checkout_url {
        Some(url) => Ok(Started { checkout_url: url.clone(), payment: payment.id }),
        None => begin(services, &payment).await,
    }
}

/// The first transaction: everything but asking the provider.
pub(crate) async fn open_unbegun(services: &Services, start: Start) -> Outcome<Payment> {
    let link = links::store::by_code(services.db.read(), &start.code).await?.ok_or_else(Refusal::not_found)?;
    let account = account(services, &link, start.account.as_ref()).await?;
    let own = services.clone();
    services.db.write(move |tx| async move { open(&tx, &own, &link, &account, &start).await }).await
}

/// The account that was chosen now; else that of the order, while it is on; else the first.
async fn account(services: &Services, link: &Link, wanted: Option<&AccountId>) -> Outcome<Arc<OpenAccount>> {
    let before = match (wanted, &link.order_id) {
        (None, Some(id)) => orders::get(&services.db, &link.merchant_id, id).await?.order.account_id,
        _ => None,
    };
    if let Some(before) = before
        && let Ok(account) = accounts::choose(services, &link.merchant_id, Some(&before)).await
    {
        return Ok(account);
    }
    accounts::choose(services, &link.merchant_id, wanted).await
}

/// The payment to go on with: an open one of the same order, or a new one.
async fn open(tx: &Tx, services: &Services, link: &Link, account: &OpenAccount, start: &Start) -> Outcome<Payment> {
    let link = links::store::lock(&**tx, &link.id).await?.ok_or_else(Refusal::not_found)?;
    let existing = match &link.order_id {
        Some(id) => Some(id.clone()),
        None => orders::store::made_by(&**tx, &link.merchant_id, &cause(&link, start)).await?.map(|order| order.id),
    };
    let mut order = match existing {
        Some(id) => {
            let order = orders::store::lock(&**tx, vec![id.clone()]).await?.pop().ok_or_else(Refusal::not_found)?;
            let payments = store::of_orders(&**tx, vec![id]).await?;
            let now = services.clock.now();
            let wanted = |p: &Payment| start.account.as_ref().is_none_or(|account| p.account_id == *account);
            let open = payments.into_iter().find(|p| p.status.is_open() && p.expires_at > now && wanted(p));
            if let Some(open) = open.filter(|_| link.cancelled_at.is_none() && link.active) {
                return Ok(open);
            }
            // This order's own use of the link is counted already.
            let held = i64::from(order.holds_link);
            check_link(&LinkState { held: link.held_count - held, ..link.state() }, now)?;
            if !order.status.may_be_paid() {
                return Err(Refusal::link(domain::link::LinkClosed::AlreadyPaid).into());
            }
            order
        }
        None => {
            check_link(&link.state(), services.clock.now())?;
            open_order(tx, services, &link, start).await?
        }
    };
    reserve(tx, &link, &mut order, services.clock.now()).await?;
    insert(tx, services, &order, &link, account).await
}

fn check_link(link: &LinkState, now: Moment) -> Result<(), Refusal> {
    link::open(link, now).map_err(Refusal::link)
}

fn cause(link: &Link, start: &Start) -> String {
    format!("pay:{}:{}", link.code, start.attempt)
}

async fn open_order(tx: &Tx, services: &Services, link: &Link, start: &Start) -> Outcome<Order> {
    let asked = match (&link.product_id, link.amount()) {
        (Some(id), _) => Asked::Product(Piece {
            variant: start.variant.clone(),
            sum_minor: start.sum_minor,
            slot: start.slot.clone(),
            answers: start.answers.clone(),
            ..Piece::one(id.clone())
        }),
        (None, Some(amount)) => Asked::Free { title: link.title.clone().unwrap_or_default(), amount },
        (None, None) => return Err(Refusal::link(domain::link::LinkClosed::NotAvailable).into()),
    };
    let new = NewOrder {
        asked: vec![asked],
        asker: Asker::Customer,
        link: Some(link.id.clone()),
        customer: None,
        bot: None,
        telegram_user_id: link.telegram_user_id,
        language: start.language,
        external_order_id: link.external_order_id.clone(),
        made_by: Some(cause(link, start)),
        actor: Actor::Customer.label(),
        chosen: orders::Chosen::default(),
    };
    orders::open(tx, services, &link.merchant_id, new).await
}

/// Takes the goods or the time, a use of the promo code and one of a limited link, all in the checkout transaction.
async fn reserve(tx: &Tx, link: &Link, order: &mut Order, now: Moment) -> Outcome<()> {
    if !order.holds_stock {
        let lines = counted_lines(tx, order).await?;
        if !catalog::take_stock(tx, &order.merchant_id, &lines, now).await? {
            let code = if lines.iter().any(|line| line.slot.is_some()) { "slot_taken" } else { "sold_out" };
            return Err(Refusal::new(RefusalKind::Conflict, code).into());
        }
        if !promos::take(tx, order).await? {
            return Err(Refusal::new(RefusalKind::Conflict, "promo_gone_meanwhile").into());
        }
        order.holds_stock = true;
    }
    if link.kind == LinkKind::Fixed && link.max_payments.is_some() && !order.holds_link {
        let held = links::store::Uses { held: 1, ..links::store::Uses::default() };
        links::store::count(&**tx, &link.id, held).await?;
        order.holds_link = true;
    }
    order.status = OrderStatus::AwaitingPayment;
    orders::store::change(&**tx, vec![order.id.clone()], (&*order).into()).await
}

async fn insert(tx: &Tx, services: &Services, order: &Order, link: &Link, account: &OpenAccount) -> Outcome<Payment> {
    let now = services.clock.now();
    let shop = shop::store::get(&**tx, &order.merchant_id).await?.ok_or_else(Refusal::not_found)?;
    let tries = store::of_orders(&**tx, vec![order.id.clone()]).await?.len() + 1;
    let payment = Payment {
        id: services.clock.id(),
        merchant_id: order.merchant_id.clone(),
        order_id: order.id.clone(),
        link_id: Some(link.id.clone()),
        account_id: account.id.clone(),
        provider: account.provider_name.clone(),
        // Short enough for every provider, readable on a statement, never the same twice.
        merchant_order_id: format!("K{}-{tries}-{}", order.number, services.clock.code(5)),
        reference: None,
        checkout_url: None,
        status: PaymentStatus::Created,
        amount_minor: order.amount_minor,
        currency: order.currency,
        refunded_minor: 0,
        refund_held_minor: 0,
        refunded_outside_minor: 0,
        needs_review: false,
        review_reason: None,
        created_at: now,
        expires_at: now.plus(i64::from(shop.checkout_minutes) * MINUTE),
        paid_at: None,
    };
    store::insert(&**tx, payment.clone()).await?;
    let entry = NewEntry {
        merchant: order.merchant_id.clone(),
        kind: EntryKind::PaymentStarted,
        order: Some(order.id.clone()),
        payment: Some(payment.id.clone()),
        amount: Some(payment.amount()),
        actor: Actor::Customer.label(),
        data: json!({ "merchant_order_id": payment.merchant_order_id, "account": account.id, "link": link.id }),
    };
    journal::append(tx, &services.clock, vec![entry]).await?;
    let first_look_up = now.plus(account.provider.about().look_ups.wait(0).saturating_mul(SECOND));
    let check = NewJob {
        payload: json!({ "payment": payment.id }).to_string(),
        order: Some(order.id.clone()),
        payment: Some(payment.id.clone()),
        ..NewJob::new(order.merchant_id.clone(), CHECK_PAYMENT, first_look_up)
    };
    jobs::enqueue(tx, now, vec![check]).await?;
    Ok(payment)
}

/// Asks the provider for a checkout, once more when the answer was lost: the key makes it the same session. What is asked
/// depends on stored rows alone, so that asking again, whoever asks, is word for word the same request.
pub(crate) async fn begin(services: &Services, payment: &Payment) -> Outcome<Started> {
    let account = services.accounts.get(services, &payment.account_id).await?;
    let account = account.ok_or_else(|| Refusal::new(RefusalKind::Unavailable, "no_payment_method"))?;
    let order = orders::get(&services.db, &payment.merchant_id, &payment.order_id).await?.order;
    let link = payment.link_id.as_ref().ok_or_else(Refusal::not_found)?;
    let code = links::get(&services.db, &payment.merchant_id, link).await?.code;
    let ask = Begin {
        attempt_key: payment.id.to_string(),
        merchant_order_id: payment.merchant_order_id.clone(),
        amount: payment.amount(),
        return_url: services.url(&format!("/pay/{code}/return?p={}", payment.id)),
        lang: order.language,
    };
    sabotage::point("provider:begin:before");
    let mut answer = account.provider.begin(&ask).await;
    sabotage::point("provider:begin:after");
    if answer.as_ref().is_err_and(Fault::is_temporary) {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        answer = account.provider.begin(&ask).await;
    }
    match answer {
        Ok(begun) => note(services, payment, begun).await,
        Err(fault) if fault.is_temporary() => {
            tracing::warn!(payment = %payment.id, %fault, "the provider does not answer; the check job will ask again");
            Err(Refusal::new(RefusalKind::Unavailable, "provider_unavailable").into())
        }
        Err(fault) => {
            tracing::error!(payment = %payment.id, %fault, "the provider refuses to begin a payment");
            refused(services, payment).await?;
            Err(Refusal::new(RefusalKind::Unavailable, "provider_refused").into())
        }
    }
}

/// The second transaction: what the provider answered.
pub(crate) async fn note(services: &Services, payment: &Payment, begun: Begun) -> Outcome<Started> {
    let started = Started { payment: payment.id.clone(), checkout_url: begun.checkout_url.clone() };
    let mut seen = ours(payment, Reported::Waiting, "begun");
    seen.reference = Some(begun.reference.clone());
    let expires_at = begun.expires_at.map_or(payment.expires_at, |end| end.max(services.clock.now().plus(SECOND)));
    let evidence = own_evidence(payment, "begin", Actor::System.label(), seen);
    let (own, merchant, id) = (services.clone(), payment.merchant_id.clone(), payment.id.clone());
    services
        .db
        .write(move |tx| async move {
            // First the order's lock, then the payment's row: as every webhook takes them.
            settle(&tx, &own.clock, &[evidence]).await?;
            store::save_begun(&*tx, &merchant, &id, &begun.reference, &begun.checkout_url, expires_at).await
        })
        .await?;
    Ok(started)
}

async fn refused(services: &Services, payment: &Payment) -> Outcome<()> {
    let seen = ours(payment, Reported::Failed, "refused at the beginning");
    settle_one(services, own_evidence(payment, "begin", Actor::System.label(), seen)).await?;
    Ok(())
}

/// A report of our own about a payment: matches it by construction.
pub(crate) fn ours(payment: &Payment, reported: Reported, word: &str) -> Seen {
    Seen {
        reference: payment.reference.clone(),
        merchant_order_id: Some(payment.merchant_order_id.clone()),
        amount_minor: Some(payment.amount_minor),
        currency: Some(payment.currency.as_str().to_owned()),
        refunded_minor: None,
        reported,
        word: word.to_owned(),
        paid_at: None,
        raw: String::new(),
    }
}

pub(crate) fn own_evidence(payment: &Payment, road: &'static str, actor: String, seen: Seen) -> Evidence {
    let (merchant, account): (MerchantId, AccountId) = (payment.merchant_id.clone(), payment.account_id.clone());
    Evidence { merchant, account, source: Source { road, actor, event: None }, seen }
}

pub(crate) async fn settle_one(services: &Services, evidence: Evidence) -> Outcome<Decision> {
    let clock = services.clock.clone();
    let settled = services.db.write(move |tx| async move { settle(&tx, &clock, &[evidence]).await }).await?;
    // One piece of evidence, one decision.
    Ok(settled.first().map_or(Decision::NoChange, |settled| settled.decision))
}
