//! The sums of the overview. Ids begin with the time of their making, so a span of time is a range of an index too.

use domain::{AccountId, Currency, LinkId, MerchantId, Moment, OrderId, PaymentId, ProductId, moment::DAY};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, TryGetable, Value};

use super::overview::Period;
use crate::{failure::Outcome, journal};

type Span = (Moment, Moment);

async fn rows<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<Vec<T>> {
    let found = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(found.iter().map(|row| T::from_query_result(row, "")).collect::<Result<_, DbErr>>()?)
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

async fn count(db: &impl ConnectionTrait, sql: &str, values: impl IntoIterator<Item = Value>) -> Outcome<i64> {
    let counts: Vec<Count> = rows(db, sql, values).await?;
    Ok(counts.first().map_or(0, |row| row.count))
}

pub(crate) async fn review_count(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let sql = "SELECT COUNT(*) AS count FROM payments WHERE merchant_id = $1 AND needs_review";
    count(db, sql, [merchant.as_str().into()]).await
}

/// What every page of the dashboard shows besides its room: how much waits for a person, and the number that live
/// pages compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Around {
    pub waiting: i64,
    /// Conversations that wait for an answer.
    pub unanswered: i64,
    /// Grows with the journal and with the news.
    pub number: i64,
}

/// In one go, for it is asked with every page. Orders paid before `limit` and not delivered hang.
pub(crate) async fn around(db: &impl ConnectionTrait, merchant: &MerchantId, limit: Moment) -> Outcome<Around> {
    let sql = "SELECT
        (SELECT COUNT(*) FROM payments WHERE merchant_id = $1 AND needs_review)
        + (SELECT COUNT(*) FROM orders WHERE merchant_id = $1 AND fulfilled_at IS NULL
            AND status IN ('paid', 'partially_refunded') AND NOT needs_review AND paid_at < $2)
        + (SELECT COUNT(*) FROM refunds WHERE merchant_id = $1 AND ended_at IS NULL
            AND status IN ('requested', 'manual_required'))
        + (SELECT COUNT(*) FROM receipts WHERE merchant_id = $1 AND state IN ('uncertain', 'refused'))
        + (SELECT COUNT(*) FROM deals WHERE merchant_id = $1 AND state <> 'made' AND state = 'refused') AS waiting,
        (SELECT COUNT(*) FROM threads WHERE merchant_id = $1 AND state = 'waiting') AS unanswered,
        COALESCE((SELECT number FROM journal_heads WHERE merchant_id = $1), 0)
        + COALESCE((SELECT number FROM news WHERE merchant_id = $1), 0) AS number";
    let found: Vec<Around> = rows(db, sql, [merchant.as_str().into(), limit.0.into()]).await?;
    Ok(found.first().copied().unwrap_or(Around { waiting: 0, unanswered: 0, number: 0 }))
}

pub(super) async fn waiting_count(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let sql = "SELECT COUNT(*) AS count FROM payments WHERE merchant_id = $1 AND status IN ('created', 'pending')";
    count(db, sql, [merchant.as_str().into()]).await
}

/// What came in and went back on one day, counted from the first one asked for.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct DaySum {
    pub(super) day: i64,
    pub(super) received: i64,
    pub(super) back: i64,
    /// Payments that were paid.
    pub(super) count: i64,
}

/// By day; what came in by the tables, which the list of payments shows, what went back by the journal.
pub(super) async fn money_by_day(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): Span,
    currency: Currency,
) -> Outcome<Vec<DaySum>> {
    let received = format!(
        "SELECT (p.paid_at - $2) / {DAY} AS day, CAST(SUM(p.amount_minor) AS BIGINT) AS received,
            CAST(0 AS BIGINT) AS back, COUNT(*) AS count
        FROM payments p WHERE p.merchant_id = $1 AND p.paid_at >= $2 AND p.paid_at < $3 AND p.currency = $4 GROUP BY 1"
    );
    let values: [Value; 4] = [merchant.as_str().into(), from.0.into(), until.0.into(), currency.as_str().into()];
    let mut all: Vec<DaySum> = rows(db, &received, values).await?;
    let moved = journal::by_day_within(db, merchant, (from, until), currency).await?;
    let back = |sum: journal::DaySum| DaySum {
        day: sum.day,
        received: 0,
        back: sum.refunded_minor.saturating_add(sum.taken_minor),
        count: 0,
    };
    all.extend(moved.into_iter().map(back));
    Ok(all)
}

/// How many payments that were started in the span failed, and how many expired.
pub(super) async fn ended(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): Span,
) -> Outcome<(i64, i64)> {
    let sql = "SELECT COUNT(*) AS count FROM payments WHERE merchant_id = $1 AND status = $2 AND id >= $3 AND id < $4";
    let (first, end) = (PaymentId::first_of(from), PaymentId::first_of(until));
    let of = |status: &'static str| {
        count(db, sql, [merchant.as_str().into(), status.into(), first.as_str().into(), end.as_str().into()])
    };
    Ok((of("failed").await?, of("expired").await?))
}

#[derive(FromQueryResult)]
struct Stages {
    orders: i64,
    checkouts: i64,
    paid: i64,
}

/// Of the orders made in the span: all, those somebody wanted to pay, those that were paid.
pub(super) async fn stages(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): Span,
) -> Outcome<(i64, i64, i64)> {
    let sql = "SELECT COUNT(*) AS orders, COUNT(o.paid_at) AS paid, CAST(COALESCE(SUM(
            CASE WHEN o.paid_at IS NOT NULL OR EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id) THEN 1 ELSE 0 END
        ), 0) AS BIGINT) AS checkouts
        FROM orders o WHERE o.merchant_id = $1 AND o.id >= $2 AND o.id < $3";
    let (first, end) = (OrderId::first_of(from), OrderId::first_of(until));
    let values: [Value; 3] = [merchant.as_str().into(), first.as_str().into(), end.as_str().into()];
    let found: Vec<Stages> = rows(db, sql, values).await?;
    Ok(found.first().map_or((0, 0, 0), |row| (row.orders, row.checkouts, row.paid)))
}

pub(super) async fn openings(db: &impl ConnectionTrait, merchant: &MerchantId, days: Period) -> Outcome<i64> {
    let sql = "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) AS count FROM link_openings
        WHERE merchant_id = $1 AND day >= $2 AND day <= $3";
    count(db, sql, [merchant.as_str().into(), days.first.number().into(), days.last.number().into()]).await
}

/// What came of something, the most first.
#[derive(Clone, Debug)]
pub(super) struct Came<T> {
    pub(super) of: T,
    pub(super) count: i64,
    pub(super) sum: i64,
}

async fn came<T: TryGetable>(
    db: &impl ConnectionTrait,
    sql: &str,
    merchant: &MerchantId,
    (from, until): Span,
    most: u64,
) -> Outcome<Vec<Came<T>>> {
    let sql = format!("{sql} GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT {most}");
    let values: [Value; 3] = [merchant.as_str().into(), from.0.into(), until.0.into()];
    let found = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    let row = |row: &sea_orm::QueryResult| {
        Ok(Came { of: row.try_get("", "thing")?, count: row.try_get("", "count")?, sum: row.try_get("", "sum")? })
    };
    Ok(found.iter().map(row).collect::<Result<_, DbErr>>()?)
}

/// By the lines of the orders that were paid in the span.
pub(super) async fn by_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    span: Span,
    most: u64,
) -> Outcome<Vec<Came<ProductId>>> {
    let sql = "SELECT l.product_id AS thing, COUNT(DISTINCT l.order_id) AS count,
            CAST(SUM(l.quantity * l.unit_minor - l.off_minor) AS BIGINT) AS sum
        FROM orders o JOIN order_lines l ON l.order_id = o.id
        WHERE o.merchant_id = $1 AND o.paid_at >= $2 AND o.paid_at < $3 AND l.product_id IS NOT NULL";
    came(db, sql, merchant, span, most).await
}

/// By the payments that were paid in the span; all links that were made for one order are one row.
pub(super) async fn by_link(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    span: Span,
    most: u64,
) -> Outcome<Vec<Came<Option<LinkId>>>> {
    let sql = "SELECT CASE WHEN k.kind = 'fixed' THEN k.id END AS thing, COUNT(*) AS count,
            CAST(SUM(p.amount_minor) AS BIGINT) AS sum
        FROM payments p LEFT JOIN links k ON k.id = p.link_id
        WHERE p.merchant_id = $1 AND p.paid_at >= $2 AND p.paid_at < $3";
    came(db, sql, merchant, span, most).await
}

pub(super) async fn by_account(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    span: Span,
    most: u64,
) -> Outcome<Vec<Came<AccountId>>> {
    let sql = "SELECT p.account_id AS thing, COUNT(*) AS count, CAST(SUM(p.amount_minor) AS BIGINT) AS sum
        FROM payments p WHERE p.merchant_id = $1 AND p.paid_at >= $2 AND p.paid_at < $3";
    came(db, sql, merchant, span, most).await
}
