//! The list of payments: which index answers what is asked, so that a page costs the same wherever it lies.
//!
//! Each way in which a payment may be looked for is a query of its own along its own index; what they find is put together
//! here. Ids begin with the time of their making, so a span of time is a range of an index too.

use domain::{
    AccountId, Currency, Localized, MerchantId, Moment, Money, OrderId, PaymentId,
    journal::EntryKind,
    link::LinkKind,
    payment::{PaymentStatus, ReviewReason},
};
use sea_orm::{
    ConnectionTrait, DbErr, FromQueryResult, JoinType,
    sea_query::{Condition, Expr, ExprTrait, Func, IntoCondition, Order, Query, SelectStatement},
};

use super::{OfLink, PaymentQuery, Shelf, search};
use crate::{
    customers::{self, store::Called},
    db::highest,
    failure::Outcome,
};

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
    pub account_id: AccountId,
    pub created_at: Moment,
    pub paid_at: Option<Moment>,
    pub external_order_id: Option<String>,
    pub telegram_user_id: Option<i64>,
    pub customer_name: Option<String>,
    pub customer_username: Option<String>,
    /// The first line of the order.
    pub title: Option<Localized>,
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
const PASSED: &str = "w";
const CUSTOMER: &str = "c";
const LINE: &str = "l";
const ENTRY: &str = "j";
const LINK: &str = "k";
/// So many payments are walked through in search of people who are many.
const NEAR: u64 = if cfg!(test) { 500 } else { 5_000 };
/// What tells that money went back.
const BACK: [EntryKind; 3] = [EntryKind::PaymentRefunded, EntryKind::PaymentReversed, EntryKind::PaymentDisputed];

fn col(table: &'static str, column: &'static str) -> Expr {
    Expr::col((table, column))
}

/// One way to look for payments.
enum Way {
    /// Along an index of payments.
    Payments(Condition),
    /// From few orders to their payments.
    Orders(Condition),
    /// From few people to the payments of their orders.
    People(Condition),
    /// Of many people, given by a query of their ids: any page of payments is likely to show some of them.
    Crowd(Box<SelectStatement>, Condition),
    /// By ids that something else lists, or that no index of the merchant's holds.
    Listed(Condition),
}

pub(crate) async fn payment_rows(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    query: &PaymentQuery,
    limit: u64,
) -> Outcome<Vec<PaymentRow>> {
    let asked = filters(db, merchant, query).await?;
    let by_paying = query.is_by_paying();
    let page = async |condition: Condition| -> Outcome<Vec<PaymentRow>> {
        let mut select = row_columns();
        select.cond_where(asked.clone()).cond_where(condition);
        if by_paying {
            select.order_by((PAYMENT, "paid_at"), Order::Desc);
        }
        let rows = db.query_all(select.order_by((PAYMENT, "id"), Order::Desc).limit(limit)).await?;
        Ok(rows.iter().map(|row| PaymentRow::from_query_result(row, "")).collect::<Result<_, DbErr>>()?)
    };
    let mut found = Vec::new();
    for way in ways(db, merchant, query).await? {
        if let Way::Crowd(ids, condition) = &way
            && !by_paying
        {
            let edge = edge(db, merchant, query).await?;
            let near = Condition::all().add_option(edge.as_ref().map(|edge| col(PAYMENT, "id").gt(edge.as_str())));
            let walk = Way::Payments(near.add(is_of(ids)).add(condition.clone()));
            let rows = page(along(merchant, walk)).await?;
            // Else they are rarer than their number promised.
            if rows.len() as u64 == limit || edge.is_none() {
                found.extend(rows);
                continue;
            }
        }
        found.extend(page(along(merchant, way)).await?);
    }
    Ok(highest(found, limit, |row| (row.paid_at.filter(|_| by_paying), row.id.clone())))
}

/// Whether the payment is of one of these people. So written it is asked of each payment that is passed: neither database
/// comes from the people to their payments, or reads all orders first.
fn is_of(ids: &SelectStatement) -> Expr {
    let whose = Query::select()
        .expr(col(PASSED, "customer_id").in_subquery(ids.clone()))
        .from_as("orders", PASSED)
        .and_where(col(PASSED, "id").equals((PAYMENT, "order_id")))
        .to_owned();
    Expr::from(whose).is(Expr::Constant(true.into()))
}

/// The first payment behind those that may be walked through from where the page begins; `None`: there are not so many.
async fn edge(db: &impl ConnectionTrait, merchant: &MerchantId, query: &PaymentQuery) -> Outcome<Option<PaymentId>> {
    let ends = query.within.map(|(_, until)| PaymentId::first_of(until));
    let top = query.before.iter().chain(&ends).min().cloned();
    let mut edge = Query::select();
    edge.column("id").from("payments").and_where(Expr::col("merchant_id").eq(merchant.as_str()));
    edge.and_where_option(top.map(|top| Expr::col("id").lt(top.as_str())));
    let row = db.query_one(edge.order_by("id", Order::Desc).limit(1).offset(NEAR)).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?)
}

/// The merchant's own, by the index that fits the way.
fn along(merchant: &MerchantId, way: Way) -> Condition {
    match way {
        Way::Payments(condition) => condition.add(col(PAYMENT, "merchant_id").eq(merchant.as_str())),
        Way::Orders(condition) => {
            let own = col(ORDER, "merchant_id").eq(merchant.as_str());
            condition.add(own).add(own_by_no_index(PAYMENT, merchant))
        }
        Way::People(condition) => {
            condition.add(own_by_no_index(ORDER, merchant)).add(own_by_no_index(PAYMENT, merchant))
        }
        Way::Crowd(ids, condition) => condition
            .add(col(ORDER, "customer_id").in_subquery(*ids))
            .add(col(PAYMENT, "merchant_id").eq(merchant.as_str())),
        Way::Listed(condition) => condition.add(own_by_no_index(PAYMENT, merchant)),
    }
}

/// So written no index of the merchant's fits: what is few leads to its rows.
fn own_by_no_index(table: &'static str, merchant: &MerchantId) -> Expr {
    let own = Func::coalesce([col(table, "merchant_id"), Expr::val("")]);
    Expr::expr(own).eq(merchant.as_str())
}

/// What holds for every row, however it is found.
async fn filters(db: &impl ConnectionTrait, merchant: &MerchantId, query: &PaymentQuery) -> Outcome<Condition> {
    let mut all = Condition::all();
    all = all.add_option(query.account.as_ref().map(|id| col(PAYMENT, "account_id").eq(id.as_str())));
    all = match &query.link {
        Some(OfLink::One(id)) => all.add(col(PAYMENT, "link_id").eq(id.as_str())),
        Some(OfLink::Single) => all.add(Expr::exists(single_link())),
        None => all,
    };
    if let Some((from, until)) = query.within {
        all = match query.shelf {
            Some(Shelf::Paid | Shelf::Received) => {
                all.add(col(PAYMENT, "paid_at").gte(from.0)).add(col(PAYMENT, "paid_at").lt(until.0))
            }
            Some(Shelf::Refunded) => all.add(col(PAYMENT, "id").in_subquery(given_back(merchant, (from, until)))),
            _ => {
                let (first, end) = (PaymentId::first_of(from), PaymentId::first_of(until));
                all.add(col(PAYMENT, "id").gte(first.as_str())).add(col(PAYMENT, "id").lt(end.as_str()))
            }
        };
    }
    match &query.before {
        Some(before) if query.is_by_paying() => Ok(all.add(paid_before(db, merchant, before).await?)),
        Some(before) => Ok(all.add(col(PAYMENT, "id").lt(before.as_str()))),
        None => Ok(all),
    }
}

/// The payment's link, if it was made for one order.
fn single_link() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as("links", LINK)
        .and_where(col(LINK, "id").equals((PAYMENT, "link_id")))
        .and_where(col(LINK, "kind").eq(LinkKind::Dynamic.as_str()))
        .to_owned()
}

/// Payments of which money went back within a span of time, as the journal tells.
fn given_back(merchant: &MerchantId, (from, until): (Moment, Moment)) -> SelectStatement {
    Query::select()
        .column((ENTRY, "payment_id"))
        .from_as("journal", ENTRY)
        .and_where(col(ENTRY, "merchant_id").eq(merchant.as_str()))
        // Not by the index of all times: refunds are few among entries.
        .and_where(Expr::cust("j.at + 0").gte(from.0))
        .and_where(Expr::cust("j.at + 0").lt(until.0))
        .and_where(col(ENTRY, "kind").is_in(BACK.map(EntryKind::as_str)))
        .to_owned()
}

/// Behind this payment in the order of paying.
async fn paid_before(db: &impl ConnectionTrait, merchant: &MerchantId, before: &PaymentId) -> Outcome<Condition> {
    let last = Query::select()
        .column("paid_at")
        .from("payments")
        .and_where(Expr::col("id").eq(before.as_str()))
        .and_where(Expr::col("merchant_id").eq(merchant.as_str()))
        .to_owned();
    let row = db.query_one(&last).await?;
    let at: Option<i64> = row.map(|row| row.try_get("", "paid_at")).transpose()?.flatten();
    let at = at.unwrap_or(i64::MAX);
    let later = col(PAYMENT, "paid_at").lt(at).or(col(PAYMENT, "id").lt(before.as_str()));
    Ok(Condition::all().add(col(PAYMENT, "paid_at").lte(at)).add(later))
}

async fn ways(db: &impl ConnectionTrait, merchant: &MerchantId, query: &PaymentQuery) -> Outcome<Vec<Way>> {
    let shelf = query.shelf;
    if let Some(reading) = search::read(&query.search, Currency::Amd) {
        let on_shelf = |condition: Condition| shelf.map_or(condition.clone(), |shelf| condition.add(on_shelf(shelf)));
        let ways = meanings(db, merchant, reading).await?.into_iter().map(|way| match way {
            Way::Payments(condition) => Way::Payments(on_shelf(condition)),
            Way::Orders(condition) => Way::Orders(on_shelf(condition)),
            Way::People(condition) => Way::People(on_shelf(condition)),
            Way::Crowd(ids, condition) => Way::Crowd(ids, on_shelf(condition)),
            Way::Listed(condition) => Way::Listed(on_shelf(condition)),
        });
        return Ok(ways.collect());
    }
    let all = Condition::all;
    Ok(match shelf {
        None => vec![Way::Payments(all())],
        Some(Shelf::Refunded) if query.within.is_some() => vec![Way::Listed(all())],
        Some(shelf) if query.is_by_paying() || shelf.statuses().is_empty() => {
            vec![Way::Payments(all().add(on_shelf(shelf)))]
        }
        // Each status has its own place in the index.
        Some(shelf) => shelf
            .statuses()
            .iter()
            .map(|status| Way::Payments(all().add(col(PAYMENT, "status").eq(status.as_str()))))
            .collect(),
    })
}

fn on_shelf(shelf: Shelf) -> Condition {
    match shelf {
        // In the words of the partial indexes: a bound value would hide that they fit.
        Shelf::Review => Expr::cust("p.needs_review").into_condition(),
        Shelf::Received => col(PAYMENT, "paid_at").is_not_null().into_condition(),
        shelf => col(PAYMENT, "status").is_in(shelf.statuses().iter().map(|status| status.as_str())).into_condition(),
    }
}

/// What the words may mean, each with the way to look for it.
async fn meanings(db: &impl ConnectionTrait, merchant: &MerchantId, reading: search::Reading) -> Outcome<Vec<Way>> {
    let is = |table, column, text: &str| Condition::all().add(col(table, column).eq(text));
    let mut ways = Vec::new();
    match &reading.exact {
        Some(id) if id.starts_with("pay_") => ways.push(Way::Payments(is(PAYMENT, "id", id))),
        Some(id) if id.starts_with("ord_") => ways.push(Way::Payments(is(PAYMENT, "order_id", id))),
        Some(id) if id.starts_with("lnk_") => ways.push(Way::Payments(is(PAYMENT, "link_id", id))),
        Some(text) => {
            ways.push(Way::Payments(is(PAYMENT, "merchant_order_id", text)));
            let accounts = Query::select()
                .column("id")
                .from("provider_accounts")
                .and_where(Expr::col("merchant_id").eq(merchant.as_str()))
                .to_owned();
            let of_account = is(PAYMENT, "reference", text).add(col(PAYMENT, "account_id").in_subquery(accounts));
            ways.push(Way::Listed(of_account));
            ways.push(Way::Orders(is(ORDER, "external_order_id", text)));
        }
        None => {}
    }
    let by_order = [("number", reading.order_number), ("telegram_user_id", reading.telegram_user_id)];
    ways.extend(by_order.into_iter().filter_map(|(column, number)| {
        number.map(|number| Way::Orders(Condition::all().add(col(ORDER, column).eq(number))))
    }));
    ways.extend(reading.amount_minor.map(|sum| Way::Payments(col(PAYMENT, "amount_minor").eq(sum).into_condition())));
    if let Some((orders, people)) = customers::contacts::meant(db, merchant, &reading.typed).await? {
        if !orders.is_empty() {
            ways.push(Way::Orders(col(ORDER, "id").is_in(orders.iter().map(AsRef::as_ref)).into_condition()));
        }
        if !people.is_empty() {
            ways.push(Way::People(col(ORDER, "customer_id").is_in(people.iter().map(AsRef::as_ref)).into_condition()));
        }
    }
    if let Some(name) = &reading.name {
        ways.extend(customers::store::called(db, merchant, name).await?.map(|called| match called {
            Called::Few(ids) => {
                Way::People(col(ORDER, "customer_id").is_in(ids.iter().map(AsRef::as_ref)).into_condition())
            }
            Called::Many(ids) => Way::Crowd(ids, Condition::all()),
        }));
    }
    Ok(ways)
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
        "account_id",
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
    ];
    for (table, column, name) in more {
        select.expr_as(col(table, column), name);
    }
    let first_line = col(LINE, "order_id").equals((ORDER, "id")).and(col(LINE, "position").eq(0));
    select
        .from_as("payments", PAYMENT)
        .join_as(JoinType::InnerJoin, "orders", ORDER, col(ORDER, "id").equals((PAYMENT, "order_id")))
        .join_as(JoinType::LeftJoin, "customers", CUSTOMER, col(CUSTOMER, "id").equals((ORDER, "customer_id")))
        .join_as(JoinType::LeftJoin, "order_lines", LINE, first_line);
    select
}
