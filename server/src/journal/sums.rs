//! Every sum over the journal. Reads only; each sum that is compared with another comes out of one statement, so that
//! both sides are of the same moment.

use domain::{
    AccountId, Currency, MerchantId, Moment, Money, PaymentId, journal::EntryKind, moment::DAY, payment::PaymentStatus,
};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};
use serde::{Deserialize, Serialize};

use crate::failure::Outcome;

/// Every move of money from `$2` until before `$3`, a row each: what came in, what was refunded, and what the bank took
/// back. A reversal or a dispute takes what was not refunded until then; what is refunded after it was a part of what had
/// been taken. So the sums of days add up to those of all time.
const MOVES: &str = "
    WITH taking AS (
        SELECT t.* FROM journal t
        WHERE t.merchant_id = $1 AND t.kind IN ('payment_reversed', 'payment_disputed') AND NOT EXISTS (
            SELECT 1 FROM journal e WHERE e.merchant_id = t.merchant_id AND e.payment_id = t.payment_id
                AND e.kind IN ('payment_reversed', 'payment_disputed') AND e.number < t.number
        )
    ), moves AS (
        SELECT payment_id, at, currency, CASE WHEN kind = 'payment_paid' THEN 1 ELSE 0 END AS paid,
            CASE WHEN kind = 'payment_paid' THEN amount_minor ELSE 0 END AS received,
            CASE WHEN kind = 'payment_refunded' THEN amount_minor ELSE 0 END AS refunded, 0 AS taken
        FROM journal WHERE merchant_id = $1 AND at >= $2 AND at < $3
            AND kind IN ('payment_paid', 'payment_refunded') AND amount_minor IS NOT NULL
        UNION ALL
        SELECT payment_id, at, currency, 0, 0, 0, amount_minor - COALESCE((
            SELECT SUM(r.amount_minor) FROM journal r WHERE r.merchant_id = t.merchant_id
                AND r.payment_id = t.payment_id AND r.kind = 'payment_refunded' AND r.number < t.number
        ), 0)
        FROM taking t WHERE at >= $2 AND at < $3
        UNION ALL
        SELECT r.payment_id, r.at, r.currency, 0, 0, 0, -r.amount_minor
        FROM taking t JOIN journal r ON r.merchant_id = t.merchant_id AND r.payment_id = t.payment_id
            AND r.kind = 'payment_refunded' AND r.number > t.number AND r.amount_minor IS NOT NULL
        WHERE r.at >= $2 AND r.at < $3
    )";

const MONEY: &str = "
    CAST(COALESCE(SUM(m.received), 0) AS BIGINT) AS received_minor,
    CAST(COALESCE(SUM(m.refunded), 0) AS BIGINT) AS refunded_minor,
    CAST(COALESCE(SUM(m.taken), 0) AS BIGINT) AS taken_minor";

const EVER: (Moment, Moment) = (Moment(i64::MIN), Moment(i64::MAX));

/// Runs a query over [`MOVES`]: its first three values are the merchant and the span.
async fn moves<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): (Moment, Moment),
    select: &str,
    more: impl IntoIterator<Item = Value>,
) -> Outcome<Vec<T>> {
    let values = [merchant.as_str().into(), from.0.into(), until.0.into()];
    rows(db, &[MOVES, " ", select].concat(), values.into_iter().chain(more)).await
}

async fn rows<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<Vec<T>> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await?;
    Ok(rows.iter().map(|row| T::from_query_result(row, "")).collect::<Result<_, DbErr>>()?)
}

/// What came in and went back in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult, Serialize, Deserialize)]
pub struct Balance {
    pub currency: Currency,
    pub received_minor: i64,
    pub refunded_minor: i64,
    /// What the bank reversed, or holds in a dispute.
    #[serde(default)]
    pub taken_minor: i64,
}

impl Balance {
    #[must_use]
    pub const fn received(&self) -> Money {
        Money::new(self.received_minor, self.currency)
    }

    #[must_use]
    pub const fn refunded(&self) -> Money {
        Money::new(self.refunded_minor, self.currency)
    }

    #[must_use]
    pub const fn taken(&self) -> Money {
        Money::new(self.taken_minor, self.currency)
    }

    #[must_use]
    pub const fn net(&self) -> Money {
        Money::new(
            self.received_minor.saturating_sub(self.refunded_minor).saturating_sub(self.taken_minor),
            self.currency,
        )
    }
}

pub(super) async fn balances(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    span: Option<(Moment, Moment)>,
) -> Outcome<Vec<Balance>> {
    let sql = format!("SELECT m.currency, {MONEY} FROM moves m GROUP BY m.currency");
    let mut all: Vec<Balance> = moves(db, merchant, span.unwrap_or(EVER), &sql, []).await?;
    // Sorted here: databases sort texts in their own ways, and what is signed must come out the same on each.
    all.sort_by_key(|sum| sum.currency);
    Ok(all)
}

pub(super) async fn of_payment(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    payment: &PaymentId,
) -> Outcome<Option<Balance>> {
    let sql = format!("SELECT m.currency, {MONEY} FROM moves m WHERE m.payment_id = $4 GROUP BY m.currency");
    Ok(moves(db, merchant, EVER, &sql, [payment.as_str().into()]).await?.pop())
}

/// A payment of which the journal and the tables say different things.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Difference {
    /// None: the journal's entry names no payment.
    pub payment: Option<String>,
    pub journal_received: i64,
    pub journal_refunded: i64,
    pub journal_taken: i64,
    /// None: the tables do not know the payment.
    pub table_received: Option<i64>,
    pub table_refunded: Option<i64>,
    pub table_taken: Option<i64>,
    pub journal_currency: Option<String>,
    pub table_currency: Option<String>,
}

/// More than anybody reads; one is a reason to look.
const MOST: u64 = 100;

pub(super) async fn differences(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Difference>> {
    let mut all = moves(db, merchant, EVER, &of_tables(), []).await?;
    all.extend(moves(db, merchant, EVER, &of_journal_only(), []).await?);
    Ok(all)
}

/// Payments in the tables whose sums are not the journal's. A payment in several currencies differs in one of the two ends.
fn of_tables() -> String {
    let statuses = |which: fn(&PaymentStatus) -> bool| {
        let own = PaymentStatus::ALL.iter().filter(|status| which(status)).map(|status| format!("'{status}'"));
        own.collect::<Vec<_>>().join(", ")
    };
    let (paid, taken) = (statuses(|status| status.was_paid()), statuses(|status| status.was_taken()));
    let received = format!("CASE WHEN p.status IN ({paid}) THEN p.amount_minor ELSE 0 END");
    let taken = format!("CASE WHEN p.status IN ({taken}) THEN p.amount_minor - p.refunded_minor ELSE 0 END");
    format!(
        "SELECT p.id AS payment, COALESCE(s.received_minor, 0) AS journal_received,
            COALESCE(s.refunded_minor, 0) AS journal_refunded, COALESCE(s.taken_minor, 0) AS journal_taken,
            {received} AS table_received, p.refunded_minor AS table_refunded, {taken} AS table_taken,
            s.lowest AS journal_currency, p.currency AS table_currency
        FROM payments p LEFT JOIN (
            SELECT m.payment_id, {MONEY}, MIN(m.currency) AS lowest, MAX(m.currency) AS highest
            FROM moves m GROUP BY m.payment_id
        ) s ON s.payment_id = p.id
        WHERE p.merchant_id = $1 AND (
            COALESCE(s.received_minor, 0) <> {received} OR COALESCE(s.refunded_minor, 0) <> p.refunded_minor
            OR COALESCE(s.taken_minor, 0) <> {taken} OR s.lowest <> p.currency OR s.highest <> p.currency
        ) ORDER BY p.id LIMIT {MOST}"
    )
}

/// Money in the journal for payments that the tables do not hold.
fn of_journal_only() -> String {
    format!(
        "SELECT j.payment_id AS payment, received_minor AS journal_received, refunded_minor AS journal_refunded,
            taken_minor AS journal_taken, CAST(NULL AS BIGINT) AS table_received, CAST(NULL AS BIGINT) AS table_refunded,
            CAST(NULL AS BIGINT) AS table_taken, lowest AS journal_currency, CAST(NULL AS TEXT) AS table_currency
        FROM (
            SELECT m.payment_id, {MONEY}, MIN(m.currency) AS lowest FROM moves m
            WHERE NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = m.payment_id AND p.merchant_id = $1)
            GROUP BY m.payment_id
        ) j ORDER BY j.payment_id LIMIT {MOST}"
    )
}

/// The entries of one kind, and what they add up to where they carry a sum.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, FromQueryResult, Serialize, Deserialize)]
pub struct KindSum {
    pub kind: EntryKind,
    pub currency: Option<Currency>,
    pub count: i64,
    pub sum_minor: i64,
}

/// The money of one provider account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, FromQueryResult, Serialize, Deserialize)]
pub struct AccountSum {
    pub account: AccountId,
    pub provider: String,
    pub currency: Currency,
    pub paid: i64,
    pub received_minor: i64,
    pub refunded_minor: i64,
    /// What the bank reversed, or holds in a dispute.
    #[serde(default)]
    pub taken_minor: i64,
}

/// What the journal says of a span of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub entries: i64,
    pub kinds: Vec<KindSum>,
    pub accounts: Vec<AccountSum>,
    pub totals: Vec<Balance>,
}

pub(super) async fn summary(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    span: (Moment, Moment),
) -> Outcome<Summary> {
    let kinds =
        "SELECT j.kind, j.currency, COUNT(*) AS count, CAST(COALESCE(SUM(j.amount_minor), 0) AS BIGINT) AS sum_minor
        FROM journal j WHERE j.merchant_id = $1 AND j.at >= $2 AND j.at < $3 GROUP BY j.kind, j.currency";
    let accounts = format!(
        "SELECT p.account_id AS account, p.provider, m.currency, CAST(COALESCE(SUM(m.paid), 0) AS BIGINT) AS paid, {MONEY}
        FROM moves m JOIN payments p ON p.id = m.payment_id GROUP BY p.account_id, p.provider, m.currency"
    );
    let values = [merchant.as_str().into(), span.0.0.into(), span.1.0.into()];
    let mut kinds: Vec<KindSum> = rows(db, kinds, values).await?;
    let mut accounts: Vec<AccountSum> = moves(db, merchant, span, &accounts, []).await?;
    kinds.sort();
    accounts.sort();
    let entries = kinds.iter().map(|sum| sum.count).sum();
    Ok(Summary { entries, totals: balances(db, merchant, Some(span)).await?, kinds, accounts })
}

/// Payments that wait for a person now.
pub(super) async fn needs_review(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let sql = "SELECT COUNT(*) AS count FROM payments WHERE merchant_id = $1 AND needs_review";
    let counts: Vec<Count> = rows(db, sql, [merchant.as_str().into()]).await?;
    Ok(counts.first().map_or(0, |row| row.count))
}

/// What came in and went back on one day, counted from the first one asked for.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct DaySum {
    pub(crate) day: i64,
    pub(crate) received_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) taken_minor: i64,
}

/// By day since `first`, in one currency; days on which nothing moved are left out.
pub(crate) async fn by_day(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    first: Moment,
    currency: Currency,
) -> Outcome<Vec<DaySum>> {
    by_day_within(db, merchant, (first, EVER.1), currency).await
}

/// As [`by_day`], until before a moment.
pub(crate) async fn by_day_within(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    span: (Moment, Moment),
    currency: Currency,
) -> Outcome<Vec<DaySum>> {
    let sql = format!("SELECT (m.at - $2) / {DAY} AS day, {MONEY} FROM moves m WHERE m.currency = $4 GROUP BY 1");
    moves(db, merchant, span, &sql, [currency.as_str().into()]).await
}

/// How many entries of any kind a day has, counted from the first one asked for.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct DayEntries {
    pub(super) day: i64,
    pub(super) entries: i64,
}

pub(crate) async fn entries_by_day(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    first: Moment,
) -> Outcome<Vec<DayEntries>> {
    let sql = format!(
        "SELECT (j.at - $2) / {DAY} AS day, COUNT(*) AS entries
        FROM journal j WHERE j.merchant_id = $1 AND j.at >= $2 GROUP BY 1"
    );
    rows(db, &sql, [merchant.as_str().into(), first.0.into()]).await
}
