//! What the dashboard shows, read across capabilities: the overview, the list of payments with its search, one payment's
//! story, and what a customer sees after the checkout. Reads only; every query names the merchant.

mod export;
mod list;
mod overview;
mod returning;
mod search;
mod start;
pub(crate) mod store;
mod story;

use domain::{AccountId, LinkId, MerchantId, Moment, PaymentId, moment::MINUTE, payment::PaymentStatus};

pub use export::{EXPORT_PAGE, Export, ExportOf, ExportPage, OrderRow, days_between, export};
pub use list::PaymentRow;
pub use overview::{Bar, Figures, Funnel, Name, Overview, Period, Source, overview};
pub use returning::{Returning, returning};
pub use start::{Step, has_sold, start};
pub use store::Around;
pub use story::{Story, story};

use crate::{db::Db, failure::Outcome, shop::Merchant};

/// A shelf of the list of payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    Paid,
    /// Whatever became of the money later.
    Received,
    Waiting,
    Failed,
    Expired,
    Refunded,
    Review,
}

impl Shelf {
    pub const ALL: [Self; 7] =
        [Self::Paid, Self::Received, Self::Waiting, Self::Failed, Self::Expired, Self::Refunded, Self::Review];

    /// None: the shelf is of another kind.
    pub(crate) const fn statuses(self) -> &'static [PaymentStatus] {
        use PaymentStatus as P;
        match self {
            Self::Paid => &[P::Paid, P::PartiallyRefunded],
            Self::Waiting => &[P::Created, P::Pending],
            Self::Failed => &[P::Failed],
            Self::Expired => &[P::Expired],
            Self::Refunded => &[P::PartiallyRefunded, P::Refunded, P::Reversed, P::Disputed],
            Self::Received | Self::Review => &[],
        }
    }

    /// As written in an address.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Received => "received",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::Review => "review",
        }
    }

    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shelf| shelf.word() == word)
    }
}

/// By which link a payment was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfLink {
    One(LinkId),
    /// Any that was made for one order.
    Single,
}

/// What to look for among payments.
#[derive(Clone, Debug, Default)]
pub struct PaymentQuery {
    /// Anything a person may know of a payment: numbers, ids, names.
    pub search: String,
    pub shelf: Option<Shelf>,
    pub account: Option<AccountId>,
    pub link: Option<OfLink>,
    /// From this moment until before that one: by the time of paying on the shelves `Paid` and `Received`, by the time of
    /// going back on `Refunded`, else by the time of starting.
    pub within: Option<(Moment, Moment)>,
    /// Payments started before this one: the next page.
    pub before: Option<PaymentId>,
}

impl PaymentQuery {
    /// What was paid last comes first.
    #[must_use]
    pub const fn is_by_paying(&self) -> bool {
        matches!(self.shelf, Some(Shelf::Paid | Shelf::Received)) && self.within.is_some()
    }
}

#[cfg(test)]
pub(crate) use list::payment_rows as payment_page;
#[cfg(test)]
pub(crate) use store::{around as what_stands_around, review_count as count_to_review};

/// One page of payments, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn payment_rows(
    db: &Db,
    merchant: &MerchantId,
    query: &PaymentQuery,
    limit: u64,
) -> Outcome<Vec<PaymentRow>> {
    list::payment_rows(db.read(), merchant, query, limit).await
}

/// How many payments wait for a person to look at them.
///
/// # Errors
/// When the database does not answer.
pub async fn review_count(db: &Db, merchant: &MerchantId) -> Outcome<i64> {
    store::review_count(db.read(), merchant).await
}

/// How much waits for a person (payments in review, deliveries that hang, refunds to approve or to make by hand, receipts and
/// deals that were refused), how many conversations wait for an answer, and the number that live pages compare.
///
/// # Errors
/// When the database does not answer.
pub async fn around(db: &Db, shop: &Merchant, now: Moment) -> Outcome<Around> {
    store::around(db.read(), &shop.id, now.plus(-i64::from(shop.stuck_minutes) * MINUTE)).await
}

/// How much waits for a person, as in [`around`].
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(db: &Db, shop: &Merchant, now: Moment) -> Outcome<u64> {
    Ok(around(db, shop, now).await?.waiting.unsigned_abs())
}
