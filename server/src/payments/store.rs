//! Every query of payments, provider accounts and webhook events.

use std::collections::BTreeSet;

use domain::{
    AccountId, EventId, MerchantId, Moment, OrderId, PaymentId,
    payment::{Decision, PaymentStatus, ReviewReason},
};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use super::rows::{Column, Entity, Model, account, event};
use crate::{
    failure::Outcome,
    sabotage::{Defence, broken},
};

pub(crate) async fn insert(db: &impl ConnectionTrait, payment: Model) -> Outcome<()> {
    Entity::insert(payment.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Payments of the past, all at once.
pub(crate) async fn insert_past(db: &impl ConnectionTrait, payments: Vec<Model>) -> Outcome<()> {
    Entity::insert_many(payments.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &PaymentId) -> Outcome<Option<Model>> {
    if broken(Defence::MerchantWall) {
        return Ok(Entity::find_by_id(id.clone()).one(db).await?);
    }
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(crate) async fn by_ids(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: Vec<PaymentId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Id.is_in(ids)).all(db).await?)
}

pub(crate) async fn of_orders(db: &impl ConnectionTrait, orders: Vec<OrderId>) -> Outcome<Vec<Model>> {
    Ok(Entity::find().filter(Column::OrderId.is_in(orders)).order_by_asc(Column::Id).all(db).await?)
}

/// Whether there is any payment of the order that `id` names, for a query of orders.
pub(crate) fn of_some_order(id: Expr) -> SelectStatement {
    Query::select().expr(Expr::val(1)).from(Entity).and_where(Expr::col((Entity, Column::OrderId)).eq(id)).to_owned()
}

/// Whether of any payment of the order that `id` names the money is with the shop, for a query of orders.
pub(crate) fn kept_of_order(merchant: &MerchantId, id: Expr) -> SelectStatement {
    let kept = PaymentStatus::ALL.iter().filter(|status| status.is_kept()).map(|status| status.as_str());
    let mut any = of_some_order(id);
    any.and_where(Expr::col((Entity, Column::MerchantId)).eq(merchant.as_str()));
    any.and_where(Expr::col((Entity, Column::Status)).is_in(kept));
    any
}

/// Payments by what we call them on the provider's side.
pub(crate) async fn by_merchant_order_id(
    db: &impl ConnectionTrait,
    merchants: BTreeSet<MerchantId>,
    ids: BTreeSet<String>,
) -> Outcome<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = Entity::find().filter(Column::MerchantId.is_in(merchants)).filter(Column::MerchantOrderId.is_in(ids));
    Ok(found.all(db).await?)
}

/// Payments by what the provider calls them.
pub(crate) async fn by_reference(
    db: &impl ConnectionTrait,
    accounts: BTreeSet<AccountId>,
    references: BTreeSet<String>,
) -> Outcome<Vec<Model>> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let found = Entity::find().filter(Column::AccountId.is_in(accounts)).filter(Column::Reference.is_in(references));
    Ok(found.all(db).await?)
}

/// The fields that `settle` changes; payments with the same new values are written by one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) status: PaymentStatus,
    pub(crate) refunded_minor: i64,
    pub(crate) refund_held_minor: i64,
    pub(crate) refunded_outside_minor: i64,
    pub(crate) needs_review: bool,
    pub(crate) review_reason: Option<ReviewReason>,
    pub(crate) paid_at: Option<Moment>,
}

impl From<&Model> for Change {
    fn from(payment: &Model) -> Self {
        Self {
            status: payment.status,
            refunded_minor: payment.refunded_minor,
            refund_held_minor: payment.refund_held_minor,
            refunded_outside_minor: payment.refunded_outside_minor,
            needs_review: payment.needs_review,
            review_reason: payment.review_reason,
            paid_at: payment.paid_at,
        }
    }
}

pub(crate) async fn change(db: &impl ConnectionTrait, ids: Vec<PaymentId>, to: Change) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(to.status.as_str()))
        .col_expr(Column::RefundedMinor, Expr::value(to.refunded_minor))
        .col_expr(Column::RefundHeldMinor, Expr::value(to.refund_held_minor))
        .col_expr(Column::RefundedOutsideMinor, Expr::value(to.refunded_outside_minor))
        .col_expr(Column::NeedsReview, Expr::value(to.needs_review))
        .col_expr(Column::ReviewReason, Expr::value(to.review_reason.map(ReviewReason::as_str)))
        .col_expr(Column::PaidAt, Expr::value(to.paid_at.map(|at| at.0)))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

/// What staff and refunds of ours change beside where the payment stands: sums that are held or explained, and the flag.
pub(crate) struct Notes {
    pub(crate) refund_held_minor: i64,
    pub(crate) refunded_outside_minor: i64,
    pub(crate) review_reason: Option<ReviewReason>,
}

/// Under the lock of the order.
pub(crate) async fn note(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &PaymentId,
    notes: Notes,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::RefundHeldMinor, Expr::value(notes.refund_held_minor))
        .col_expr(Column::RefundedOutsideMinor, Expr::value(notes.refunded_outside_minor))
        .col_expr(Column::NeedsReview, Expr::value(notes.review_reason.is_some()))
        .col_expr(Column::ReviewReason, Expr::value(notes.review_reason.map(ReviewReason::as_str)))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// Holds `amount_minor` for a refund; false when so much is not left. The condition is the database's own.
pub(crate) async fn hold_refund(db: &impl ConnectionTrait, id: &PaymentId, amount_minor: i64) -> Outcome<bool> {
    let asked = Expr::col(Column::RefundedMinor).add(Expr::col(Column::RefundHeldMinor)).add(amount_minor);
    if broken(Defence::SumGuard) {
        return Ok(true);
    }
    let held = Entity::update_many()
        .col_expr(Column::RefundHeldMinor, Expr::col(Column::RefundHeldMinor).add(amount_minor))
        .filter(Column::Id.eq(id.clone()))
        .filter(asked.lte(Expr::col(Column::AmountMinor)))
        .exec(db)
        .await?;
    Ok(held.rows_affected == 1)
}

/// What the provider answered at the beginning; its state is `settle`'s matter.
pub(crate) async fn save_begun(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &PaymentId,
    reference: &str,
    checkout_url: &str,
    expires_at: Moment,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Reference, Expr::value(reference))
        .col_expr(Column::CheckoutUrl, Expr::value(checkout_url))
        .col_expr(Column::ExpiresAt, Expr::value(expires_at.0))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_reference(db: &impl ConnectionTrait, id: &PaymentId, reference: &str) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Reference, Expr::value(reference))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::Reference.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// What to look for among payments.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<PaymentStatus>,
    pub needs_review: Option<bool>,
    pub orders: Option<Vec<OrderId>>,
    /// Exactly our id, the order's id, our order id at the provider, or the provider's reference.
    pub any_id: Option<String>,
    /// From this time on.
    pub from: Option<Moment>,
    /// Payments made before this one: the next page.
    pub before: Option<PaymentId>,
}

/// Newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status));
    }
    query = match filter.needs_review {
        // In the words of the partial index: a bound value would hide that it fits.
        Some(true) => query.filter(Expr::cust("needs_review")),
        Some(false) => query.filter(Column::NeedsReview.eq(false)),
        None => query,
    };
    if let Some(orders) = &filter.orders {
        query = query.filter(Column::OrderId.is_in(orders.clone()));
    }
    if let Some(id) = &filter.any_id {
        let columns = [Column::Id, Column::OrderId, Column::MerchantOrderId, Column::Reference];
        let any = columns.iter().fold(sea_orm::Condition::any(), |any, column| any.add(column.eq(id.clone())));
        query = query.filter(any);
    }
    if let Some(from) = filter.from {
        query = query.filter(Column::CreatedAt.gte(from));
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

pub(crate) async fn insert_account(db: &impl ConnectionTrait, row: account::Model) -> Outcome<()> {
    account::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn set_account_settings(
    db: &impl ConnectionTrait,
    id: &AccountId,
    settings: serde_json::Value,
) -> Outcome<()> {
    account::Entity::update_many()
        .col_expr(account::Column::Settings, Expr::value(settings))
        .filter(account::Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn change_account(db: &impl ConnectionTrait, row: account::Model) -> Outcome<()> {
    account::Entity::update_many()
        .col_expr(account::Column::Name, Expr::value(row.name))
        .col_expr(account::Column::Settings, Expr::value(row.settings))
        .col_expr(account::Column::Secrets, Expr::value(row.secrets))
        .col_expr(account::Column::Active, Expr::value(row.active))
        .filter(account::Column::Id.eq(row.id))
        .filter(account::Column::MerchantId.eq(row.merchant_id))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_file_mapping(
    db: &impl ConnectionTrait,
    id: &AccountId,
    mapping: serde_json::Value,
) -> Outcome<()> {
    account::Entity::update_many()
        .col_expr(account::Column::FileMapping, Expr::value(mapping))
        .filter(account::Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// By id alone: the address of a webhook names the account, and the account its merchant.
pub(crate) async fn account(db: &impl ConnectionTrait, id: &AccountId) -> Outcome<Option<account::Model>> {
    Ok(account::Entity::find_by_id(id.clone()).one(db).await?)
}

pub(crate) async fn accounts(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<account::Model>> {
    let own = account::Entity::find().filter(account::Column::MerchantId.eq(merchant.clone()));
    Ok(own.order_by_asc(account::Column::Id).all(db).await?)
}

pub(crate) async fn insert_events(db: &impl ConnectionTrait, events: Vec<event::Model>) -> Outcome<()> {
    if events.is_empty() {
        return Ok(());
    }
    event::Entity::insert_many(events.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Which of these once-keys are taken.
pub(crate) async fn known_events(db: &impl ConnectionTrait, keys: Vec<String>) -> Outcome<Vec<String>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let known = event::Entity::find()
        .select_only()
        .column(event::Column::OnceKey)
        .filter(event::Column::OnceKey.is_in(keys))
        .into_tuple::<String>();
    Ok(known.all(db).await?)
}

pub(crate) async fn event(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &EventId,
) -> Outcome<Option<event::Model>> {
    let event = event::Entity::find_by_id(id.clone()).filter(event::Column::MerchantId.eq(merchant.clone()));
    Ok(event.one(db).await?)
}

/// What to look for in the webhook log.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    pub decision: Option<Decision>,
    pub payment: Option<PaymentId>,
    /// Deliveries received before this one: the next page.
    pub before: Option<EventId>,
}

/// Newest first.
pub(crate) async fn events(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &EventFilter,
    limit: u64,
) -> Outcome<Vec<event::Model>> {
    let mut query = event::Entity::find().filter(event::Column::MerchantId.eq(merchant.clone()));
    if let Some(decision) = filter.decision {
        query = query.filter(event::Column::Decision.eq(decision));
    }
    if let Some(payment) = &filter.payment {
        query = query.filter(event::Column::PaymentId.eq(payment.clone()));
    }
    if let Some(before) = &filter.before {
        query = query.filter(event::Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(event::Column::Id).limit(limit).all(db).await?)
}
