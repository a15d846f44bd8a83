//! Every query of reconciliations.

use domain::{
    MerchantId, Moment, PaymentId, ReconciliationId, StaffId,
    reconcile::{Difference, Exception},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::rows::{Column, Entity, Model, exception};
use crate::{
    failure::Outcome,
    payments::{Payment, PaymentColumn, PaymentEntity},
};

pub(crate) async fn insert(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// What a turn of comparing adds.
pub(crate) struct Advance {
    pub(crate) matched: i64,
    pub(crate) reached: Option<PaymentId>,
    pub(crate) done_at: Option<Moment>,
}

/// False when the row is no longer as it was read `before`: another turn was quicker, or it was begun anew.
pub(crate) async fn advance(db: &impl ConnectionTrait, before: &Model, by: Advance) -> Outcome<bool> {
    let state = if by.done_at.is_some() { "done" } else { before.state.as_str() };
    let reached = by.reached.as_ref().or(before.reached.as_ref());
    let still = match &before.reached {
        Some(id) => Column::Reached.eq(id.clone()),
        None => Column::Reached.is_null(),
    };
    let advanced = Entity::update_many()
        .col_expr(Column::Matched, Expr::value(before.matched.saturating_add(by.matched)))
        .col_expr(Column::Reached, Expr::value(reached.map(PaymentId::as_str)))
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::DoneAt, Expr::value(by.done_at.map(|at| at.0)))
        .col_expr(Column::Trouble, Expr::value(None::<String>))
        .filter(Column::Id.eq(before.id.clone()))
        .filter(Column::State.eq(before.state.clone()))
        .filter(still)
        .exec(db)
        .await?;
    Ok(advanced.rows_affected == 1)
}

/// Notes why a turn came to nothing.
pub(crate) async fn set_trouble(db: &impl ConnectionTrait, id: &ReconciliationId, trouble: &str) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Trouble, Expr::value(trouble))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::State.eq("running"))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets the trouble of one that stands still, which goes on from `state`; false when it does not stand still.
pub(crate) async fn restart(db: &impl ConnectionTrait, id: &ReconciliationId, state: &str) -> Outcome<bool> {
    let restarted = Entity::update_many()
        .col_expr(Column::Trouble, Expr::value(None::<String>))
        .col_expr(Column::State, Expr::value(state))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::State.eq("running"))
        .filter(Column::Trouble.is_not_null())
        .exec(db)
        .await?;
    Ok(restarted.rows_affected == 1)
}

/// Begins to compare a file whose columns are named; false when somebody was quicker.
pub(crate) async fn set_columns(
    db: &impl ConnectionTrait,
    id: &ReconciliationId,
    mapping: serde_json::Value,
) -> Outcome<bool> {
    let begun = Entity::update_many()
        .col_expr(Column::Mapping, Expr::value(mapping))
        .col_expr(Column::State, Expr::value("running"))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::State.eq("draft"))
        .exec(db)
        .await?;
    Ok(begun.rows_affected == 1)
}

pub(crate) async fn get(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &ReconciliationId,
) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

/// Newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    before: Option<&ReconciliationId>,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

fn payments_of(of: &Model) -> Select<PaymentEntity> {
    PaymentEntity::find()
        .filter(PaymentColumn::MerchantId.eq(of.merchant_id.clone()))
        .filter(PaymentColumn::AccountId.eq(of.account_id.clone()))
}

/// Payments of the account that were started in the period, after the one that was reached, oldest first.
pub(crate) async fn started_within(db: &impl ConnectionTrait, of: &Model, limit: u64) -> Outcome<Vec<Payment>> {
    let mut query = payments_of(of)
        .filter(PaymentColumn::CreatedAt.gte(of.from_ms))
        .filter(PaymentColumn::CreatedAt.lt(of.until_ms));
    if let Some(after) = &of.reached {
        query = query.filter(PaymentColumn::Id.gt(after.clone()));
    }
    Ok(query.order_by_asc(PaymentColumn::Id).limit(limit).all(db).await?)
}

/// Payments of the account that were paid in the period.
pub(crate) async fn paid_within(db: &impl ConnectionTrait, of: &Model) -> Outcome<Vec<Payment>> {
    let query =
        payments_of(of).filter(PaymentColumn::PaidAt.gte(of.from_ms)).filter(PaymentColumn::PaidAt.lt(of.until_ms));
    Ok(query.all(db).await?)
}

/// Payments of the account in whose column stands one of `values`.
pub(crate) async fn named(
    db: &impl ConnectionTrait,
    of: &Model,
    column: PaymentColumn,
    values: Vec<String>,
) -> Outcome<Vec<Payment>> {
    let mut found = Vec::new();
    for some in values.chunks(1_000) {
        found.extend(payments_of(of).filter(column.is_in(some.iter().cloned())).all(db).await?);
    }
    Ok(found)
}

pub(crate) async fn add(db: &impl ConnectionTrait, of: &Model, differences: Vec<Difference>) -> Outcome<()> {
    let rows = differences.into_iter().map(|difference| {
        Ok(exception::ActiveModel {
            id: NotSet,
            merchant_id: Set(of.merchant_id.clone()),
            reconciliation_id: Set(of.id.clone()),
            kind: Set(difference.kind),
            payment_id: Set(difference.payment),
            theirs: Set(serde_json::to_value(difference.theirs)?),
            owner_id: Set(None),
            comment: Set(None),
            resolution: Set(None),
            resolved_by: Set(None),
            resolved_at: Set(None),
        })
    });
    let rows: Vec<_> = rows.collect::<Outcome<_>>()?;
    for some in rows.chunks(500) {
        exception::Entity::insert_many(some.to_vec()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What to look for among the exceptions of a reconciliation.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<Exception>,
    pub open: bool,
    /// Exceptions after this one: the next page.
    pub after: Option<i64>,
}

fn of(merchant: &MerchantId, id: &ReconciliationId) -> Select<exception::Entity> {
    exception::Entity::find()
        .filter(exception::Column::MerchantId.eq(merchant.clone()))
        .filter(exception::Column::ReconciliationId.eq(id.clone()))
}

/// In the order in which they were found.
pub(crate) async fn exceptions(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &ReconciliationId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<exception::Model>> {
    use exception::Column as C;
    let mut query = of(merchant, id);
    if let Some(kind) = filter.kind {
        query = query.filter(C::Kind.eq(kind));
    }
    if filter.open {
        query = query.filter(C::ResolvedAt.is_null());
    }
    if let Some(after) = filter.after {
        query = query.filter(C::Id.gt(after));
    }
    Ok(query.order_by_asc(C::Id).limit(limit).all(db).await?)
}

/// Exceptions of one kind: all of them, and those still open.
#[derive(Debug, FromQueryResult)]
pub struct KindCount {
    pub kind: Exception,
    pub total: i64,
    pub open: i64,
}

pub(crate) async fn counts(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &ReconciliationId,
) -> Outcome<Vec<KindCount>> {
    use exception::Column as C;
    let all = of(merchant, id)
        .select_only()
        .column(C::Kind)
        .column_as(C::Id.count(), "total")
        .column_as(C::Id.count().sub(C::ResolvedAt.count()), "open")
        .group_by(C::Kind)
        .order_by_asc(C::Kind)
        .into_model()
        .all(db)
        .await?;
    Ok(all)
}

/// An exception that is still open, held until the end of the transaction; `None` when somebody was quicker.
pub(crate) async fn hold(db: &impl ConnectionTrait, id: i64) -> Outcome<Option<exception::Model>> {
    let open = exception::Entity::find_by_id(id).filter(exception::Column::ResolvedAt.is_null());
    Ok(open.lock_exclusive().one(db).await?)
}

/// Those of `ids` that are still open.
pub(crate) async fn chosen(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &ReconciliationId,
    ids: Vec<i64>,
) -> Outcome<Vec<exception::Model>> {
    use exception::Column as C;
    Ok(of(merchant, id).filter(C::Id.is_in(ids)).filter(C::ResolvedAt.is_null()).all(db).await?)
}

/// How an exception ended.
pub(crate) struct Ended<'a> {
    pub(crate) resolution: &'a str,
    pub(crate) comment: &'a str,
    pub(crate) by: &'a str,
    pub(crate) at: Moment,
}

/// Ends an exception that is held.
pub(crate) async fn end(db: &impl ConnectionTrait, id: i64, ended: &Ended<'_>) -> Outcome<()> {
    use exception::Column as C;
    exception::Entity::update_many()
        .col_expr(C::Resolution, Expr::value(ended.resolution))
        .col_expr(C::Comment, Expr::value(ended.comment))
        .col_expr(C::ResolvedBy, Expr::value(ended.by))
        .col_expr(C::ResolvedAt, Expr::value(ended.at.0))
        .filter(C::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn own(db: &impl ConnectionTrait, ids: Vec<i64>, owner: Option<&StaffId>) -> Outcome<()> {
    use exception::Column as C;
    exception::Entity::update_many()
        .col_expr(C::OwnerId, Expr::value(owner.map(StaffId::as_str)))
        .filter(C::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}
