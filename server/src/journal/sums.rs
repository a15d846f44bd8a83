//! Every sum over the journal. Reads only; each sum that is compared with another comes out of one statement, so that
//! both sides are of the same moment.

use domain::{
    AccountId, Currency, MerchantId, Moment, Money, PaymentId, journal::EntryKind, moment::DAY, payment::PaymentStatus,
};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};
use serde::{Deserialize, Serialize};

use crate::failure::Outcome;

/// What the journal says came in and went back.
const MONEY: &str = "
    CAST(COALESCE(SUM(CASE WHEN j.kind = 'payment_paid' THEN j.amount_minor ELSE 0 END), 0) AS BIGINT) AS received_minor,
    CAST(COALESCE(SUM(CASE WHEN j.kind = 'payment_refunded' THEN j.amount_minor ELSE 0 END), 0) AS BIGINT) AS refunded_minor";

const MOVES: &str = "j.merchant_id = $1 AND j.kind IN ('payment_paid', 'payment_refunded')";

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
    pub const fn net(&self) -> Money {
        Money::new(self.received_minor.saturating_sub(self.refunded_minor), self.currency)
    }
}

pub(super) async fn balances(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Balance>> {
    let sql =
        format!("SELECT j.currency, {MONEY} FROM journal j WHERE {MOVES} GROUP BY j.currency ORDER BY j.currency");
    rows(db, &sql, [merchant.as_str().into()]).await
}

pub(super) async fn of_payment(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    payment: &PaymentId,
) -> Outcome<Option<Balance>> {
    let sql =
        format!("SELECT j.currency, {MONEY} FROM journal j WHERE {MOVES} AND j.payment_id = $2 GROUP BY j.currency");
    Ok(rows(db, &sql, [merchant.as_str().into(), payment.as_str().into()]).await?.pop())
}

/// A payment of which the journal and the tables say different things.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Difference {
    /// None: the journal's entry names no payment.
    pub payment: Option<String>,
    pub journal_received: i64,
    pub journal_refunded: i64,
    /// None: the tables do not know the payment.
    pub table_received: Option<i64>,
    pub table_refunded: Option<i64>,
    pub journal_currency: Option<String>,
    pub table_currency: Option<String>,
}

/// More than anybody reads; one is a reason to look.
const MOST: u64 = 100;

pub(super) async fn differences(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Difference>> {
    let mut all = rows(db, &of_tables(), [merchant.as_str().into()]).await?;
    all.extend(rows(db, &of_journal_only(), [merchant.as_str().into()]).await?);
    Ok(all)
}

/// Payments in the tables whose sums are not the journal's. A payment in several currencies differs in one of the two ends.
fn of_tables() -> String {
    let paid = PaymentStatus::ALL.iter().filter(|status| status.was_paid());
    let paid = paid.map(|status| format!("'{status}'")).collect::<Vec<_>>().join(", ");
    let received = format!("CASE WHEN p.status IN ({paid}) THEN p.amount_minor ELSE 0 END");
    format!(
        "SELECT p.id AS payment, COALESCE(s.received_minor, 0) AS journal_received,
            COALESCE(s.refunded_minor, 0) AS journal_refunded, {received} AS table_received,
            p.refunded_minor AS table_refunded, s.lowest AS journal_currency, p.currency AS table_currency
        FROM payments p LEFT JOIN (
            SELECT j.payment_id, {MONEY}, MIN(j.currency) AS lowest, MAX(j.currency) AS highest
            FROM journal j WHERE {MOVES} GROUP BY j.payment_id
        ) s ON s.payment_id = p.id
        WHERE p.merchant_id = $1 AND (
            COALESCE(s.received_minor, 0) <> {received} OR COALESCE(s.refunded_minor, 0) <> p.refunded_minor
            OR s.lowest <> p.currency OR s.highest <> p.currency
        ) ORDER BY p.id LIMIT {MOST}"
    )
}

/// Money in the journal for payments that the tables do not hold.
fn of_journal_only() -> String {
    format!(
        "SELECT j.payment_id AS payment, received_minor AS journal_received, refunded_minor AS journal_refunded,
            CAST(NULL AS BIGINT) AS table_received, CAST(NULL AS BIGINT) AS table_refunded,
            lowest AS journal_currency, CAST(NULL AS TEXT) AS table_currency
        FROM (
            SELECT j.payment_id, {MONEY}, MIN(j.currency) AS lowest FROM journal j
            WHERE {MOVES} AND NOT EXISTS (
                SELECT 1 FROM payments p WHERE p.id = j.payment_id AND p.merchant_id = j.merchant_id
            ) GROUP BY j.payment_id
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
}

/// What the journal says of a span of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub entries: i64,
    pub kinds: Vec<KindSum>,
    pub accounts: Vec<AccountSum>,
    pub totals: Vec<Balance>,
}

const WITHIN: &str = "j.merchant_id = $1 AND j.at >= $2 AND j.at < $3";

pub(super) async fn summary(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): (Moment, Moment),
) -> Outcome<Summary> {
    let values = || [Value::from(merchant.as_str()), from.0.into(), until.0.into()];
    let kinds = format!(
        "SELECT j.kind, j.currency, COUNT(*) AS count, CAST(COALESCE(SUM(j.amount_minor), 0) AS BIGINT) AS sum_minor
        FROM journal j WHERE {WITHIN} GROUP BY j.kind, j.currency"
    );
    let accounts = format!(
        "SELECT p.account_id AS account, p.provider, j.currency,
            CAST(COALESCE(SUM(CASE WHEN j.kind = 'payment_paid' THEN 1 ELSE 0 END), 0) AS BIGINT) AS paid, {MONEY}
        FROM journal j JOIN payments p ON p.id = j.payment_id
        WHERE {WITHIN} AND {MOVES} GROUP BY p.account_id, p.provider, j.currency"
    );
    let mut kinds: Vec<KindSum> = rows(db, &kinds, values()).await?;
    let mut accounts: Vec<AccountSum> = rows(db, &accounts, values()).await?;
    // Sorted here: databases sort texts in their own ways, and the summary must come out the same on each.
    kinds.sort();
    accounts.sort();
    let entries = kinds.iter().map(|sum| sum.count).sum();
    Ok(Summary { entries, totals: totals(&kinds), kinds, accounts })
}

fn totals(kinds: &[KindSum]) -> Vec<Balance> {
    let of = |kind, currency| {
        let own = kinds.iter().filter(move |sum| sum.kind == kind && sum.currency == Some(currency));
        own.map(|sum| sum.sum_minor).sum::<i64>()
    };
    let all = Currency::ALL.iter().map(|currency| Balance {
        currency: *currency,
        received_minor: of(EntryKind::PaymentPaid, *currency),
        refunded_minor: of(EntryKind::PaymentRefunded, *currency),
    });
    all.filter(|total| total.received_minor != 0 || total.refunded_minor != 0).collect()
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
pub(super) struct DaySum {
    pub(super) day: i64,
    pub(super) entries: i64,
    pub(super) received_minor: i64,
    pub(super) refunded_minor: i64,
}

/// By day since `first`, in one currency; days without entries are left out.
pub(super) async fn by_day(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    first: Moment,
    currency: Currency,
) -> Outcome<Vec<DaySum>> {
    let sql = format!(
        "SELECT (j.at - $2) / {DAY} AS day, COUNT(*) AS entries,
            CAST(COALESCE(SUM(CASE WHEN j.kind = 'payment_paid' AND j.currency = $3 THEN j.amount_minor ELSE 0 END), 0)
                AS BIGINT) AS received_minor,
            CAST(COALESCE(SUM(CASE WHEN j.kind = 'payment_refunded' AND j.currency = $3 THEN j.amount_minor ELSE 0 END), 0)
                AS BIGINT) AS refunded_minor
        FROM journal j WHERE j.merchant_id = $1 AND j.at >= $2 GROUP BY 1"
    );
    rows(db, &sql, [merchant.as_str().into(), first.0.into(), currency.as_str().into()]).await
}
