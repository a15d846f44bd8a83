//! The life of one order of the past, as rows and as entries of the journal.

use std::collections::BTreeMap;

use domain::{
    AccountId, AuditId, Currency, Day, EntryId, EventId, FulfilmentId, LinkId, MerchantId, Moment, Money, PaymentId,
    RefundId,
    ids::MakeId,
    journal::EntryKind,
    link::LinkKind,
    moment::{DAY, HOUR, MINUTE, SECOND},
    order::OrderStatus,
    payment::{Decision, PaymentStatus, ReviewReason},
    refund::RefundStatus,
    role::Actor,
};
use serde_json::json;

use super::{Dice, Size, Stock, batch::Batch};
use crate::{
    fulfilment::{self, Fulfilment},
    journal::NewEntry,
    links::{Link, store::Uses},
    orders::{Line, Order},
    payments::{Payment, WebhookEvent},
    refunds::Refund,
    staff::audit::AuditLine,
};

/// As a new shop's first order.
pub(super) const FIRST_NUMBER: i64 = 1001;
/// Of the shop.
pub(super) const ZONE: i32 = 240;
/// However many entries are wished for.
const MOST_TRIES: usize = 12;
/// What one failed try adds to the journal: started, pending, failed.
const OF_A_TRY: usize = 3;

/// A link with nothing in it yet.
pub(super) fn link(dice: &mut Dice, merchant: &MerchantId, kind: LinkKind, at: Moment) -> Link {
    Link {
        id: id(dice, at),
        merchant_id: merchant.clone(),
        code: dice.code(10),
        kind,
        label: String::new(),
        active: true,
        product_id: None,
        order_id: None,
        title: None,
        amount_minor: None,
        currency: Currency::Amd,
        external_order_id: None,
        telegram_user_id: None,
        expires_at: None,
        max_payments: None,
        paid_count: 0,
        held_count: 0,
        opened_count: 0,
        received_minor: 0,
        metadata: json!({}),
        batch_id: None,
        cancelled_at: None,
        created_by: Actor::Customer.label(),
        created_at: at,
    }
}

fn id<T: MakeId>(dice: &mut Dice, at: Moment) -> T {
    T::make_id(at.0.unsigned_abs(), dice.bytes())
}

pub(super) struct Sales<'a> {
    stock: &'a Stock,
    links: &'a [Link],
    size: Size,
    dice: Dice,
    pub(super) uses: BTreeMap<LinkId, Uses>,
    /// By day and link.
    pub(super) opened: BTreeMap<(i64, LinkId), i64>,
}

/// How an order ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Paid,
    Failed,
    Expired,
    /// Nobody ever pressed *Pay*.
    Left,
    /// Still at the checkout.
    Open,
}

impl<'a> Sales<'a> {
    pub(super) const fn new(stock: &'a Stock, links: &'a [Link], size: Size, dice: Dice) -> Self {
        Self { stock, links, size, dice, uses: BTreeMap::new(), opened: BTreeMap::new() }
    }

    /// The order at `place` of all of them, made at `at`; nothing of it lies after `now`.
    pub(super) fn one(&mut self, batch: &mut Batch, place: usize, at: Moment, now: Moment) {
        let end = if now.since(at) < HOUR { End::Open } else { self.end() };
        let (order, mut link) = self.order(batch, place, at);
        let mut life = Life { stock: self.stock, dice: &mut self.dice, batch, order, at, now };
        life.entry(at, EntryKind::OrderOpened, None, &Actor::Customer.label());
        if end != End::Left {
            for _ in 0..tries(&self.size, place, life.batch.promised()) {
                life.try_to_pay(End::Failed);
            }
            life.try_to_pay(end);
        }
        life.finish(end);
        let order = life.order;
        let paid = i64::from(order.paid_at.is_some());
        let opened = link.as_ref().map_or_else(|| 1 + self.dice.number(3), |link| link.opened_count);
        if let Some(link) = &order.link_id {
            let day = Day::of(at, ZONE).number();
            *self.opened.entry((day, link.clone())).or_default() += opened;
        }
        if let Some(link) = &mut link {
            (link.paid_count, link.order_id) = (paid, Some(order.id.clone()));
            link.amount_minor = Some(order.amount_minor);
            link.received_minor = paid * order.amount_minor;
        } else if let Some(link) = &order.link_id {
            let uses = self.uses.entry(link.clone()).or_default();
            uses.opened += opened;
            uses.paid += paid;
            uses.received_minor += paid * order.amount_minor;
        }
        batch.orders.push(order);
        batch.links.extend(link);
    }

    fn end(&mut self) -> End {
        match self.dice.roll(100) {
            0..8 => End::Left,
            8..14 => End::Failed,
            14..20 => End::Expired,
            _ => End::Paid,
        }
    }

    /// An order with its lines, by the bot with a link of its own or by one of the fixed links.
    fn order(&mut self, batch: &mut Batch, place: usize, at: Moment) -> (Order, Option<Link>) {
        let (stock, dice) = (self.stock, &mut self.dice);
        let customer = dice.favourite(&stock.customers);
        let fixed = self.links.get(dice.roll(self.links.len() * 3)).filter(|_| dice.roll(4) > 0);
        let fixed = fixed.and_then(|_| dice.favourite(self.links)).filter(|link| link.created_at < at);
        let own = fixed.is_none().then(|| {
            let expires_at = Some(at.plus(HOUR));
            let telegram_user_id = customer.map(|customer| customer.telegram_user_id);
            Link { expires_at, telegram_user_id, ..link(dice, &stock.merchant, LinkKind::Dynamic, at) }
        });
        let own = own.map(|own| Link { max_payments: Some(1), opened_count: 1 + dice.number(2), ..own });
        let mut order = Order {
            id: id(dice, at),
            merchant_id: stock.merchant.clone(),
            number: FIRST_NUMBER + i64::try_from(place).unwrap_or(0),
            status: OrderStatus::AwaitingPayment,
            amount_minor: 0,
            currency: Currency::Amd,
            link_id: fixed.or(own.as_ref()).map(|link| link.id.clone()),
            customer_id: customer.map(|customer| customer.id.clone()),
            bot_id: None,
            telegram_user_id: customer.map(|customer| customer.telegram_user_id),
            language: customer.map_or(domain::Lang::Hy, |customer| customer.language),
            external_order_id: (dice.roll(10) == 0).then(|| format!("CRM-{place}")),
            needs_review: false,
            review_reason: None,
            holds_stock: false,
            holds_link: false,
            made_by: None,
            created_at: at,
            paid_at: None,
            fulfilled_at: None,
            reminded: 0,
            reminded_at: None,
            handover: None,
            step: None,
            step_at: None,
            address: None,
            account_id: None,
            promo_id: None,
        };
        let wanted = fixed.and_then(|link| link.product_id.as_ref());
        for position in 0..if dice.roll(8) == 0 { 2 } else { 1 } {
            let chosen = stock.products.iter().find(|product| position == 0 && Some(&product.id) == wanted);
            let Some(product) = chosen.or_else(|| dice.favourite(&stock.products)) else { continue };
            let (quantity, unit_minor) = (1 + dice.number(2), product.price_minor.unwrap_or(100_000));
            order.amount_minor += quantity * unit_minor;
            batch.lines.push(Line {
                order_id: order.id.clone(),
                position,
                merchant_id: stock.merchant.clone(),
                product_id: Some(product.id.clone()),
                variant_id: None,
                title: product.name.clone(),
                quantity,
                unit_minor,
                slot_id: None,
                slot_at: None,
                off_minor: 0,
            });
        }
        (order, own)
    }
}

/// How many failed tries keep the journal as long as it is to be at this place.
fn tries(size: &Size, place: usize, promised: usize) -> usize {
    let wished = size.entries * (place + 1) / size.orders.max(1);
    // The order's own end takes some too.
    (wished.saturating_sub(promised + 4) / OF_A_TRY).min(MOST_TRIES)
}

/// One order on its way through time.
struct Life<'a> {
    stock: &'a Stock,
    dice: &'a mut Dice,
    batch: &'a mut Batch,
    order: Order,
    at: Moment,
    now: Moment,
}

impl Life<'_> {
    /// Time goes on by up to this much, but never past the present.
    fn wait(&mut self, most: i64) {
        self.at = Moment((self.at.0 + SECOND + self.dice.number(most)).min(self.now.0));
    }

    fn entry(&mut self, at: Moment, kind: EntryKind, payment: Option<(&Payment, Money)>, actor: &str) {
        let data = match payment {
            Some((payment, _)) => json!({ "merchant_order_id": payment.merchant_order_id, "road": "webhook" }),
            None => json!({ "number": self.order.number }),
        };
        let entry = NewEntry {
            merchant: self.stock.merchant.clone(),
            kind,
            order: Some(self.order.id.clone()),
            payment: payment.map(|(payment, _)| payment.id.clone()),
            amount: Some(payment.map_or(self.order.amount(), |(_, amount)| amount)),
            actor: actor.to_owned(),
            data,
        };
        self.batch.journal((id::<EntryId>(self.dice, at), at, entry));
    }

    fn told(&mut self, kind: EntryKind, payment: &Payment) {
        self.entry(self.at, kind, Some((payment, payment.amount())), &Actor::Provider.label());
    }

    fn try_to_pay(&mut self, end: End) {
        self.wait(3 * MINUTE);
        let mut payment = self.begun();
        self.entry(self.at, EntryKind::PaymentStarted, Some((&payment, payment.amount())), &Actor::Customer.label());
        self.told(EntryKind::PaymentPending, &payment);
        self.wait(2 * MINUTE);
        match end {
            End::Paid => self.paid(&mut payment),
            End::Failed => {
                payment.status = PaymentStatus::Failed;
                self.event(&payment, "failed", Decision::Applied);
                self.told(EntryKind::PaymentFailed, &payment);
            }
            End::Expired => {
                self.wait(40 * MINUTE);
                payment.status = PaymentStatus::Expired;
                self.told(EntryKind::PaymentExpired, &payment);
            }
            End::Left | End::Open => {}
        }
        self.batch.payments.push(payment);
    }

    fn begun(&mut self) -> Payment {
        let account: &AccountId = &self.stock.accounts[self.dice.roll(10) / 7 % self.stock.accounts.len()];
        let dice = &mut *self.dice;
        let payment_id: PaymentId = id(dice, self.at);
        Payment {
            merchant_id: self.stock.merchant.clone(),
            order_id: self.order.id.clone(),
            link_id: self.order.link_id.clone(),
            account_id: account.clone(),
            provider: "vpos".to_owned(),
            merchant_order_id: format!("K{}-{}", self.order.number, dice.code(8)),
            reference: Some(format!("ps_{}", dice.code(20))),
            checkout_url: None,
            status: PaymentStatus::Pending,
            amount_minor: self.order.amount_minor,
            currency: self.order.currency,
            refunded_minor: 0,
            refund_held_minor: 0,
            refunded_outside_minor: 0,
            needs_review: false,
            review_reason: None,
            created_at: self.at,
            expires_at: self.at.plus(HOUR),
            paid_at: None,
            id: payment_id,
        }
    }

    fn paid(&mut self, payment: &mut Payment) {
        payment.status = PaymentStatus::Paid;
        (payment.paid_at, self.order.paid_at) = (Some(self.at), Some(self.at));
        self.event(payment, "paid", Decision::Applied);
        if self.dice.roll(6) == 0 {
            self.event(payment, "paid", Decision::Duplicate);
        }
        self.told(EntryKind::PaymentPaid, payment);
        self.deliver(payment);
        match self.dice.roll(1_000) {
            0..25 => self.give_back(payment, payment.amount_minor),
            25..45 => self.give_back(payment, payment.amount_minor / 2),
            45..47 => self.look_at(payment),
            _ => {}
        }
    }

    fn deliver(&mut self, payment: &Payment) {
        self.wait(3 * SECOND);
        self.order.fulfilled_at = Some(self.at);
        self.batch.given.push(Fulfilment {
            id: id::<FulfilmentId>(self.dice, self.at),
            merchant_id: self.stock.merchant.clone(),
            order_id: self.order.id.clone(),
            position: 0,
            given: "Ձեր պատվերը պատրաստ է։".to_owned(),
            file_id: None,
            file_name: None,
            done_at: self.at,
        });
        self.batch.jobs.push(fulfilment::job(self.at, &self.order, &payment.id));
        self.entry(self.at, EntryKind::OrderFulfilled, None, &Actor::System.label());
    }

    /// A refund some days later, where that is past too.
    fn give_back(&mut self, payment: &mut Payment, amount_minor: i64) {
        let asked_at = self.at.plus(HOUR + self.dice.number(5 * DAY));
        if asked_at.plus(HOUR) > self.now {
            return;
        }
        let done_at = asked_at.plus(MINUTE);
        payment.refunded_minor = amount_minor;
        let whole = amount_minor == payment.amount_minor;
        payment.status = if whole { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded };
        let refund = self.refund(payment, amount_minor, asked_at, done_at);
        let (owner, sum) = (self.stock.owner.clone(), refund.amount());
        for (at, kind) in [(asked_at, EntryKind::RefundRequested), (asked_at, EntryKind::RefundApproved)] {
            self.entry(at, kind, Some((payment, sum)), &owner);
        }
        for kind in [EntryKind::PaymentRefunded, EntryKind::RefundSucceeded] {
            self.entry(done_at, kind, Some((payment, sum)), &Actor::Provider.label());
        }
        self.batch.audit.push(AuditLine {
            id: id::<AuditId>(self.dice, asked_at),
            merchant_id: self.stock.merchant.clone(),
            actor: owner,
            action: "refund_asked".to_owned(),
            subject: refund.id.to_string(),
            before: None,
            after: Some(json!({ "payment": payment.id, "amount": sum }).to_string()),
            at: asked_at,
        });
        self.batch.refunds.push(refund);
    }

    fn refund(&mut self, payment: &Payment, amount_minor: i64, asked_at: Moment, done_at: Moment) -> Refund {
        const REASONS: [&str; 4] = ["Հաճախորդը փոշմանեց", "Չի եկել դասին", "Клиент передумал", "Sold out"];
        Refund {
            id: id::<RefundId>(self.dice, asked_at),
            merchant_id: self.stock.merchant.clone(),
            payment_id: payment.id.clone(),
            order_id: self.order.id.clone(),
            amount_minor,
            currency: payment.currency,
            positions: json!([]),
            reason: self.dice.pick(&REASONS).copied().unwrap_or_default().to_owned(),
            status: RefundStatus::Succeeded,
            note: None,
            made_by: None,
            asked_by: self.stock.owner.clone(),
            asked_at,
            decided_by: Some(self.stock.owner.clone()),
            decided_at: Some(asked_at),
            base_minor: Some(0),
            sent_at: Some(asked_at),
            proof_text: None,
            proof_file_id: None,
            ended_at: Some(done_at),
        }
    }

    /// The provider told another sum later.
    fn look_at(&mut self, payment: &mut Payment) {
        self.wait(MINUTE);
        (payment.needs_review, payment.review_reason) = (true, Some(ReviewReason::AmountMismatch));
        (self.order.needs_review, self.order.review_reason) = (true, payment.review_reason);
        self.event(payment, "paid", Decision::Mismatch);
        self.told(EntryKind::PaymentMismatch, payment);
    }

    fn event(&mut self, payment: &Payment, word: &str, decision: Decision) {
        let external = format!("evt_{}_{word}", payment.merchant_order_id);
        let body = json!({
            "id": external,
            "type": "payment.status_changed",
            "createdAt": self.at,
            "data": {
                "sessionId": payment.reference,
                "merchantOrderId": payment.merchant_order_id,
                "amountMinor": payment.amount_minor,
                "currency": payment.currency,
                "status": word,
            }
        });
        let once_key = (decision == Decision::Applied).then(|| format!("{}:{external}", payment.account_id));
        self.batch.events.push(WebhookEvent {
            id: id::<EventId>(self.dice, self.at),
            merchant_id: self.stock.merchant.clone(),
            account_id: payment.account_id.clone(),
            external_id: Some(external),
            once_key,
            signature_ok: true,
            decision,
            reason: format!("pending → {}", payment.status),
            payment_id: Some(payment.id.clone()),
            headers: json!({ "content-type": "application/json" }).to_string(),
            body: body.to_string().into_bytes(),
            received_at: self.at,
        });
    }

    /// Where the order stands in the end.
    fn finish(&mut self, end: End) {
        self.order.status = match end {
            End::Paid => self.kept(),
            End::Failed => OrderStatus::Failed,
            End::Expired | End::Left => OrderStatus::Expired,
            End::Open => OrderStatus::AwaitingPayment,
        };
        if matches!(end, End::Expired | End::Left) {
            self.wait(20 * MINUTE);
            self.entry(self.at, EntryKind::OrderExpired, None, &Actor::System.label());
        }
    }

    /// A paid order, by what was kept of its money.
    fn kept(&self) -> OrderStatus {
        match self.batch.payments.last().map(|payment| payment.status) {
            Some(PaymentStatus::Refunded) => OrderStatus::Refunded,
            Some(PaymentStatus::PartiallyRefunded) => OrderStatus::PartiallyRefunded,
            _ => OrderStatus::Fulfilled,
        }
    }
}
