//! Orders: what one customer wants, priced here and nowhere else.
//!
//! An order never changes its sum after it is opened. Its status follows its payments, inside `payments::settle`.

mod expire;
pub(crate) mod list_store;
mod open;
mod price;
mod remind;
mod rows;
mod step;
pub(crate) mod store;

use domain::{CustomerId, Localized, MerchantId, Moment, Money, OrderId};

pub use expire::{EXPIRE_ORDER, run as run_expire};
pub use list_store::{Filter, Goods, Stage};
pub use open::{Chosen, Place, Placed, place};
pub(crate) use open::{NewOrder, open, place_new, placed};
pub(crate) use price::Asker;
pub use price::{Asked, Piece};
pub(crate) use remind::remind;
pub use remind::{Reminded, reminded, waits};
pub(crate) use rows::{Column as OrderColumn, Entity as OrderEntity};
pub use rows::{Model as Order, answer::Model as Answer, line::Model as Line};
pub use step::{HandOver, hand_over};

use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
};

/// An order with its lines.
#[derive(Clone, Debug)]
pub struct Whole {
    pub order: Order,
    pub lines: Vec<Line>,
}

impl Line {
    /// The line's sum; an order whose lines overflow is never opened.
    #[must_use]
    pub const fn sum(&self, order: &Order) -> Money {
        Money::new(self.full_minor().saturating_sub(self.off_minor), order.currency)
    }

    /// As it was before a promo code took something off.
    #[must_use]
    pub const fn full_minor(&self) -> i64 {
        self.unit_minor.saturating_mul(self.quantity)
    }
}

impl Whole {
    /// What was bought, in a few words: the first title, and how many more there are.
    #[must_use]
    pub fn title(&self) -> Localized {
        let first = self.lines.first().map(|line| line.title.clone()).unwrap_or_default();
        // What bringing costs was not bought.
        match self.lines.iter().skip(1).filter(|line| line.product_id.is_some()).count() {
            0 => first,
            more => first.and(" +", &Localized::same(&more.to_string())),
        }
    }
}

/// # Errors
/// `not_found`, also for another merchant's order.
pub async fn get(db: &Db, merchant: &MerchantId, id: &OrderId) -> Outcome<Whole> {
    let order = store::get(db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let lines = store::lines(db.read(), merchant, vec![id.clone()]).await?;
    Ok(Whole { order, lines })
}

/// The same within a transaction.
pub(crate) async fn whole(tx: &Tx, merchant: &MerchantId, id: &OrderId) -> Outcome<Whole> {
    let order = store::get(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let lines = store::lines(&**tx, merchant, vec![id.clone()]).await?;
    Ok(Whole { order, lines })
}

/// How often a product was sold.
#[derive(Clone, Debug, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct Sold {
    pub title: Localized,
    pub quantity: i64,
}

/// What was sold most in a span of time.
///
/// # Errors
/// When the database does not answer.
pub async fn most_sold(db: &Db, merchant: &MerchantId, span: (Moment, Moment), at_most: u64) -> Outcome<Vec<Sold>> {
    store::most_sold(db.read(), merchant, span, at_most).await
}

/// Where goods were brought to this customer the last time.
///
/// # Errors
/// When the database does not answer.
pub async fn last_address(db: &Db, merchant: &MerchantId, customer: &CustomerId) -> Outcome<Option<String>> {
    store::last_address(db.read(), merchant, customer).await
}

/// What the customers of these orders answered to the questions of what they bought.
///
/// # Errors
/// When the database does not answer.
pub async fn answers(db: &Db, merchant: &MerchantId, orders: Vec<OrderId>) -> Outcome<Vec<Answer>> {
    store::answers(db.read(), merchant, orders).await
}

/// One page of orders, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, filter: &Filter, limit: u64) -> Outcome<Vec<Whole>> {
    let orders = list_store::list(db.read(), merchant, filter, limit).await?;
    with_lines(db, merchant, orders).await
}

/// The orders of these ids that belong to the merchant.
///
/// # Errors
/// When the database does not answer.
pub async fn by_ids(db: &Db, merchant: &MerchantId, ids: Vec<OrderId>) -> Outcome<Vec<Whole>> {
    let orders = store::by_ids(db.read(), merchant, ids).await?;
    with_lines(db, merchant, orders).await
}

async fn with_lines(db: &Db, merchant: &MerchantId, orders: Vec<Order>) -> Outcome<Vec<Whole>> {
    let mut lines = store::lines(db.read(), merchant, orders.iter().map(|order| order.id.clone()).collect()).await?;
    let whole = orders.into_iter().map(|order| {
        let own = lines.extract_if(.., |line| line.order_id == order.id).collect();
        Whole { order, lines: own }
    });
    Ok(whole.collect())
}
