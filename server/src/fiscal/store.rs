//! Every query of registers and receipts.

use domain::{
    MerchantId, OrderId, PaymentId, ReceiptId,
    receipt::{ReceiptKind, ReceiptState},
};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::rows::{Column, Entity, Model, register};
use crate::failure::Outcome;

pub(super) async fn register(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Option<register::Model>> {
    Ok(register::Entity::find_by_id(merchant.clone()).one(db).await?)
}

/// Adds the register or writes all of it; whoever does is alone in it.
pub(super) async fn keep_register(db: &impl ConnectionTrait, row: register::Model) -> Outcome<()> {
    use register::Column as C;
    let changed = [
        C::Settings,
        C::Secrets,
        C::Active,
        C::Seq,
        C::Doubt,
        C::LastNumber,
        C::Trouble,
        C::TroubleWords,
        C::TroubleAt,
    ];
    let known = OnConflict::column(C::MerchantId).update_columns(changed).to_owned();
    register::Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

/// What is owed already is passed over.
pub(super) async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Outcome<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    let known = OnConflict::new().do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

/// Writes all that may change of a receipt; whoever does is alone in its register.
pub(super) async fn change(db: &impl ConnectionTrait, to: &Model) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(to.state.as_str()))
        .col_expr(Column::Pieces, Expr::value(to.pieces.clone()))
        .col_expr(Column::Tries, Expr::value(to.tries))
        .col_expr(Column::SentAt, Expr::value(to.sent_at))
        .col_expr(Column::Problem, Expr::value(to.problem.clone()))
        .col_expr(Column::ProblemWords, Expr::value(to.problem_words.clone()))
        .col_expr(Column::Crn, Expr::value(to.crn.clone()))
        .col_expr(Column::Number, Expr::value(to.number))
        .col_expr(Column::Fiscal, Expr::value(to.fiscal.clone()))
        .col_expr(Column::Qr, Expr::value(to.qr.clone()))
        .col_expr(Column::PrintedAt, Expr::value(to.printed_at))
        .col_expr(Column::RegisteredAt, Expr::value(to.registered_at))
        .filter(Column::MerchantId.eq(to.merchant_id.clone()))
        .filter(Column::Id.eq(to.id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

fn own(merchant: &MerchantId) -> Select<Entity> {
    Entity::find().filter(Column::MerchantId.eq(merchant.clone()))
}

pub(super) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &ReceiptId) -> Outcome<Option<Model>> {
    Ok(own(merchant).filter(Column::Id.eq(id.clone())).one(db).await?)
}

/// The first of those that wait for the register. The words of the partial index: bound values would hide that it fits.
pub(super) async fn first_waiting(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    uncertain: bool,
) -> Outcome<Option<Model>> {
    let state = if uncertain { ReceiptState::Uncertain } else { ReceiptState::Owed };
    let waiting = own(merchant)
        .filter(Expr::cust("state IN ('owed', 'uncertain')"))
        .filter(Column::State.eq(state))
        .order_by_asc(Column::EntryNumber);
    Ok(waiting.one(db).await?)
}

/// Of these payments, oldest first.
pub(super) async fn of_payments(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    payments: Vec<PaymentId>,
) -> Outcome<Vec<Model>> {
    let of = own(merchant).filter(Column::PaymentId.is_in(payments)).order_by_asc(Column::EntryNumber);
    Ok(of.all(db).await?)
}

/// Which of these payments, of whatever merchants, have a sale's receipt.
pub(super) async fn sold(db: &impl ConnectionTrait, payments: Vec<PaymentId>) -> Outcome<Vec<PaymentId>> {
    let sales = Entity::find()
        .select_only()
        .column(Column::PaymentId)
        .filter(Column::PaymentId.is_in(payments))
        .filter(Column::Kind.eq(ReceiptKind::Sale));
    Ok(sales.into_tuple().all(db).await?)
}

/// What to look for among receipts.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<ReceiptState>,
    pub kind: Option<ReceiptKind>,
    pub order: Option<OrderId>,
    /// Those made before this one: the next page.
    pub before: Option<ReceiptId>,
}

pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = own(merchant);
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    if let Some(order) = &filter.order {
        query = query.filter(Column::OrderId.eq(order.clone()));
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// Whether a receipt of the register bears this number.
pub(super) async fn is_numbered(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    crn: &str,
    number: i64,
) -> Outcome<bool> {
    let same = own(merchant).filter(Column::Crn.eq(crn)).filter(Column::Number.eq(number));
    Ok(same.one(db).await?.is_some())
}
