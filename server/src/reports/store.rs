//! Every query of the reports. Ids begin with the time of their making, so a range of time is a range of the index too.

use domain::{MerchantId, Moment, PaymentId, moment::DAY, payment::PaymentStatus};
use sea_orm::{
    ConnectionTrait, DbErr, FromQueryResult, QueryResult,
    sea_query::{Expr, ExprTrait, Func, Query, SelectStatement},
};

use super::Shelf;
use crate::failure::Outcome;

/// Entries that move money, in the words of their index: a bound value would hide that it fits.
pub(super) const MONEY: &str = "j.kind IN ('payment_paid', 'payment_refunded', 'payment_reversed')";

const PAYMENT: &str = "p";

fn col(table: &'static str, column: &'static str) -> Expr {
    Expr::col((table, column))
}

async fn all<T: FromQueryResult>(db: &impl ConnectionTrait, select: &SelectStatement) -> Outcome<Vec<T>> {
    let rows = db.query_all(select).await?;
    Ok(rows.iter().map(|row| T::from_query_result(row, "")).collect::<Result<_, DbErr>>()?)
}

async fn one(db: &impl ConnectionTrait, select: &SelectStatement) -> Outcome<QueryResult> {
    Ok(db.query_one(select).await?.ok_or_else(|| anyhow::anyhow!("a count has no row"))?)
}

/// The number a count or a sum came to; PostgreSQL would make a decimal of it.
fn whole(expr: impl Into<Expr>) -> Expr {
    Func::coalesce([expr.into().cast_as("BIGINT"), Expr::val(0_i64)]).into()
}

pub(super) async fn review_count(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let mut select = count_of(merchant);
    select.and_where(Expr::cust("p.needs_review"));
    Ok(one(db, &select).await?.try_get("", "count")?)
}

pub(super) async fn waiting_count(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let mut select = count_of(merchant);
    let waiting = Shelf::Waiting.statuses().iter().map(|status| status.as_str());
    select.and_where(col(PAYMENT, "status").is_in(waiting));
    Ok(one(db, &select).await?.try_get("", "count")?)
}

fn count_of(merchant: &MerchantId) -> SelectStatement {
    let mut select = Query::select();
    select
        .expr_as(whole(col(PAYMENT, "id").count()), "count")
        .from_as("payments", PAYMENT)
        .and_where(col(PAYMENT, "merchant_id").eq(merchant.as_str()));
    select
}

/// How many payments of one status were started, and how much they ask for.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct StatusCount {
    pub(super) status: PaymentStatus,
    pub(super) count: i64,
}

pub(super) async fn started_since(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    from: Moment,
) -> Outcome<Vec<StatusCount>> {
    let mut select = count_of(merchant);
    select
        .expr_as(col(PAYMENT, "status"), "status")
        .and_where(col(PAYMENT, "id").gte(PaymentId::first_of(from).as_str()))
        .and_where(col(PAYMENT, "created_at").gte(from.0))
        .group_by_col((PAYMENT, "status"));
    all(db, &select).await
}

/// What came in on one day, counted from the first one asked for.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct DaySum {
    pub(super) day: i64,
    pub(super) amount: i64,
    pub(super) count: i64,
}

/// Money that came in since `first`, by day, less what went back. Looks at payments started up to a month earlier: a provider
/// that confirms later than that does not exist.
pub(super) async fn income_by_day(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    first: Moment,
) -> Outcome<Vec<DaySum>> {
    let net = col(PAYMENT, "amount_minor").sub(col(PAYMENT, "refunded_minor"));
    let day = col(PAYMENT, "paid_at").sub(first.0).div(DAY);
    let kept = [PaymentStatus::Paid, PaymentStatus::PartiallyRefunded].map(PaymentStatus::as_str);
    let mut select = count_of(merchant);
    select
        .expr_as(whole(net.sum()), "amount")
        .expr_as(day, "day")
        .and_where(col(PAYMENT, "id").gte(PaymentId::first_of(first.plus(-31 * DAY)).as_str()))
        .and_where(col(PAYMENT, "paid_at").gte(first.0))
        .and_where(col(PAYMENT, "status").is_in(kept))
        .group_by_col("day");
    all(db, &select).await
}

pub(super) async fn openings(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let mut select = Query::select();
    select
        .expr_as(whole(Expr::col("opened_count").sum()), "count")
        .from("links")
        .and_where(Expr::col("merchant_id").eq(merchant.as_str()));
    Ok(one(db, &select).await?.try_get("", "count")?)
}

/// All orders, and how many of them were paid.
pub(super) async fn orders(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<(i64, i64)> {
    let mut select = Query::select();
    select
        .expr_as(whole(Expr::col("id").count()), "count")
        .expr_as(whole(Expr::col("paid_at").count()), "paid")
        .from("orders")
        .and_where(Expr::col("merchant_id").eq(merchant.as_str()));
    let row = one(db, &select).await?;
    Ok((row.try_get("", "count")?, row.try_get("", "paid")?))
}

/// Orders that came as far as a checkout.
pub(super) async fn checkouts(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let mut select = Query::select();
    select
        .expr_as(whole(Expr::col("order_id").count_distinct()), "count")
        .from("payments")
        .and_where(Expr::col("merchant_id").eq(merchant.as_str()));
    Ok(one(db, &select).await?.try_get("", "count")?)
}
