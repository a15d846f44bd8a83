//! Every query of the reports. Ids begin with the time of their making, so a range of time is a range of the index too.

use domain::{
    Currency, FileId, Localized, MerchantId, Moment, Money, OrderId, PaymentId,
    moment::DAY,
    payment::{PaymentStatus, ReviewReason},
};
use sea_orm::{
    ConnectionTrait, DbErr, FromQueryResult, JoinType, QueryResult,
    sea_query::{Condition, Expr, ExprTrait, Func, IntoCondition, LikeExpr, Order, Query, SelectStatement},
};

use super::{PaymentQuery, Shelf, search};
use crate::{failure::Outcome, links::store::escape_like};

/// A payment as a row of the list.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct PaymentRow {
    pub id: PaymentId,
    pub order_id: OrderId,
    pub order_number: i64,
    pub status: PaymentStatus,
    pub amount_minor: i64,
    pub currency: Currency,
    pub refunded_minor: i64,
    /// What the provider knows it by on our side, and what it calls it itself.
    pub merchant_order_id: String,
    pub reference: Option<String>,
    pub needs_review: bool,
    pub review_reason: Option<ReviewReason>,
    pub provider: String,
    pub created_at: Moment,
    pub paid_at: Option<Moment>,
    pub external_order_id: Option<String>,
    pub telegram_user_id: Option<i64>,
    pub customer_name: Option<String>,
    pub customer_username: Option<String>,
    /// The first line of the order.
    pub title: Option<Localized>,
    pub photo_id: Option<FileId>,
}

impl PaymentRow {
    #[must_use]
    pub const fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    #[must_use]
    pub const fn refunded(&self) -> Money {
        Money::new(self.refunded_minor, self.currency)
    }
}

const PAYMENT: &str = "p";
const ORDER: &str = "o";
const CUSTOMER: &str = "c";
const LINE: &str = "l";
const PRODUCT: &str = "g";

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

pub(super) async fn payment_rows(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    query: &PaymentQuery,
    limit: u64,
) -> Outcome<Vec<PaymentRow>> {
    let mut select = row_columns();
    select.and_where(col(PAYMENT, "merchant_id").eq(merchant.as_str()));
    if let Some(shelf) = query.shelf {
        select.cond_where(on_shelf(shelf));
    }
    if let Some((from, until)) = query.within {
        let time = if query.shelf == Some(Shelf::Paid) { "paid_at" } else { "created_at" };
        select.and_where(col(PAYMENT, time).gte(from.0)).and_where(col(PAYMENT, time).lt(until.0));
        // Paying never comes before starting: nothing started later can lie within.
        select.and_where(col(PAYMENT, "id").lt(first_id(until).as_str()));
    }
    if let Some(before) = &query.before {
        select.and_where(col(PAYMENT, "id").lt(before.as_str()));
    }
    if let Some(reading) = search::read(&query.search, Currency::Amd) {
        select.cond_where(fits(&reading));
    }
    select.order_by((PAYMENT, "id"), Order::Desc).limit(limit);
    all(db, &select).await
}

/// The smallest payment id of a time.
fn first_id(at: Moment) -> PaymentId {
    PaymentId::make(u64::try_from(at.0).unwrap_or(0), [0; 10])
}

fn row_columns() -> SelectStatement {
    let payment = [
        "id",
        "order_id",
        "status",
        "amount_minor",
        "currency",
        "refunded_minor",
        "merchant_order_id",
        "reference",
        "needs_review",
        "review_reason",
        "provider",
        "created_at",
        "paid_at",
    ];
    let mut select = Query::select();
    for column in payment {
        select.expr_as(col(PAYMENT, column), column);
    }
    let more = [
        (ORDER, "number", "order_number"),
        (ORDER, "external_order_id", "external_order_id"),
        (ORDER, "telegram_user_id", "telegram_user_id"),
        (CUSTOMER, "name", "customer_name"),
        (CUSTOMER, "username", "customer_username"),
        (LINE, "title", "title"),
        (PRODUCT, "photo_id", "photo_id"),
    ];
    for (table, column, name) in more {
        select.expr_as(col(table, column), name);
    }
    let first_line = col(LINE, "order_id").equals((ORDER, "id")).and(col(LINE, "position").eq(0));
    select
        .from_as("payments", PAYMENT)
        .join_as(JoinType::InnerJoin, "orders", ORDER, col(ORDER, "id").equals((PAYMENT, "order_id")))
        .join_as(JoinType::LeftJoin, "customers", CUSTOMER, col(CUSTOMER, "id").equals((ORDER, "customer_id")))
        .join_as(JoinType::LeftJoin, "order_lines", LINE, first_line)
        .join_as(JoinType::LeftJoin, "products", PRODUCT, col(PRODUCT, "id").equals((LINE, "product_id")));
    select
}

fn on_shelf(shelf: Shelf) -> Condition {
    let any_of =
        |words: &[PaymentStatus]| col(PAYMENT, "status").is_in(words.iter().map(|s| s.as_str())).into_condition();
    match shelf {
        Shelf::Paid => any_of(&[PaymentStatus::Paid, PaymentStatus::PartiallyRefunded]),
        Shelf::Waiting => any_of(&[PaymentStatus::Created, PaymentStatus::Pending]),
        Shelf::Failed => any_of(&[PaymentStatus::Failed]),
        Shelf::Expired => any_of(&[PaymentStatus::Expired]),
        Shelf::Refunded => any_of(&[
            PaymentStatus::PartiallyRefunded,
            PaymentStatus::Refunded,
            PaymentStatus::Reversed,
            PaymentStatus::Disputed,
        ]),
        Shelf::Review => col(PAYMENT, "needs_review").eq(true).into_condition(),
    }
}

fn fits(reading: &search::Reading) -> Condition {
    let mut any = Condition::any();
    if let Some(exact) = &reading.exact {
        let ids = [
            (PAYMENT, "id"),
            (PAYMENT, "order_id"),
            (PAYMENT, "link_id"),
            (PAYMENT, "merchant_order_id"),
            (PAYMENT, "reference"),
            (ORDER, "external_order_id"),
        ];
        any = ids.into_iter().fold(any, |any, (table, column)| any.add(col(table, column).eq(exact.as_str())));
    }
    if let Some(number) = reading.order_number {
        any = any.add(col(ORDER, "number").eq(number));
    }
    if let Some(person) = reading.telegram_user_id {
        any = any.add(col(ORDER, "telegram_user_id").eq(person));
    }
    if let Some(amount) = reading.amount_minor {
        any = any.add(col(PAYMENT, "amount_minor").eq(amount));
    }
    for part in &reading.name_parts {
        let like = || LikeExpr::new(["%", &escape_as_typed(part), "%"].concat()).escape('\\');
        any = any.add(col(CUSTOMER, "name").like(like())).add(col(CUSTOMER, "username").like(like()));
    }
    any
}

/// LIKE's own signs taken literally; the case is kept, unlike in [`escape_like`].
pub(crate) fn escape_as_typed(words: &str) -> String {
    if words == words.to_lowercase() {
        return escape_like(words);
    }
    words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

pub(super) async fn review_count(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let mut select = count_of(merchant);
    select.cond_where(on_shelf(Shelf::Review));
    Ok(one(db, &select).await?.try_get("", "count")?)
}

pub(super) async fn waiting_count(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let mut select = count_of(merchant);
    select.cond_where(on_shelf(Shelf::Waiting));
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
        .and_where(col(PAYMENT, "id").gte(first_id(from).as_str()))
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
        .and_where(col(PAYMENT, "id").gte(first_id(first.plus(-31 * DAY)).as_str()))
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
