//! Dynamic links: one for one order, opened together with it.

use domain::{
    LinkId, MerchantId, Moment, journal::EntryKind, link::LinkKind, moment::MINUTE, order::OrderStatus, role::Actor,
};
use serde_json::json;

use super::{Link, store};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal},
    jobs::{self, NewJob},
    journal::{self, NewEntry},
    orders::{self, NewOrder, Order, Placed},
    payments,
    services::Services,
    shop,
};

/// What a dynamic link says beside its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    pub(crate) label: String,
    pub(crate) product_id: Option<domain::ProductId>,
    pub(crate) title: Option<String>,
    /// None: the shop's time to pay.
    pub(crate) expires_at: Option<Moment>,
    pub(crate) metadata: serde_json::Value,
}

/// Opens the order and its link; when the link ends unpaid, a job expires the order.
pub(crate) async fn open(
    tx: &Tx,
    services: &Services,
    merchant: &MerchantId,
    mut new: NewOrder,
    terms: Terms,
) -> Outcome<Placed> {
    let shop = shop::store::get(&**tx, merchant).await?.ok_or_else(Refusal::not_found)?;
    let now = services.clock.now();
    let expires_at = terms.expires_at.unwrap_or_else(|| now.plus(i64::from(shop.checkout_minutes) * MINUTE));
    let id: LinkId = services.clock.id();
    let (created_by, telegram_user_id) = (new.actor.clone(), new.telegram_user_id);
    let external_order_id = new.external_order_id.clone();
    let mut link = Link {
        id: id.clone(),
        merchant_id: merchant.clone(),
        code: services.clock.code(10),
        kind: LinkKind::Dynamic,
        label: terms.label,
        active: true,
        product_id: terms.product_id,
        order_id: None,
        title: terms.title,
        amount_minor: None,
        currency: shop.currency,
        external_order_id,
        telegram_user_id,
        expires_at: Some(expires_at),
        max_payments: Some(1),
        paid_count: 0,
        held_count: 0,
        opened_count: 0,
        received_minor: 0,
        metadata: if terms.metadata.is_null() { json!({}) } else { terms.metadata },
        cancelled_at: None,
        created_by,
        created_at: now,
        batch_id: None,
    };
    // The order names its link and the link its order; the order's key is checked, so the link's row is written last.
    new.link = None;
    let mut order = orders::open(tx, services, merchant, new).await?;
    link.order_id = Some(order.id.clone());
    link.amount_minor = Some(order.amount_minor);
    store::insert(&**tx, link.clone()).await?;
    orders::store::set_link(&**tx, &order.id, &id).await?;
    order.link_id = Some(id);
    let job = NewJob {
        payload: json!({ "order": order.id }).to_string(),
        order: Some(order.id.clone()),
        ..NewJob::new(merchant.clone(), orders::EXPIRE_ORDER, expires_at)
    };
    jobs::enqueue(tx, now, vec![job]).await?;
    Ok(Placed { order, link })
}

/// Cancels the order of a cancelled dynamic link, unless a payment of it is under way: then its outcome decides.
pub(crate) async fn cancel_order(tx: &Tx, services: &Services, link: &Link, actor: &Actor) -> Outcome<()> {
    let Some(id) = &link.order_id else { return Ok(()) };
    let Some(order) = orders::store::lock(&**tx, vec![id.clone()]).await?.pop() else { return Ok(()) };
    let open =
        payments::store::of_orders(&**tx, vec![id.clone()]).await?.iter().any(|payment| payment.status.is_open());
    if order.status != OrderStatus::AwaitingPayment || open {
        return Ok(());
    }
    cancel_locked(tx, services, &order, actor).await
}

async fn cancel_locked(tx: &Tx, services: &Services, order: &Order, actor: &Actor) -> Outcome<()> {
    let change = orders::store::Change { status: OrderStatus::Cancelled, ..order.into() };
    orders::store::change(&**tx, vec![order.id.clone()], change).await?;
    let entry = NewEntry {
        merchant: order.merchant_id.clone(),
        kind: EntryKind::OrderCancelled,
        order: Some(order.id.clone()),
        payment: None,
        amount: Some(order.amount()),
        actor: actor.label(),
        data: json!({ "number": order.number }),
    };
    journal::append(tx, &services.clock, vec![entry]).await
}
