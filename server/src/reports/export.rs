//! Taking records out of the house: who may, that it is known who did, and the rows page by page.

use std::collections::{BTreeSet, HashMap};

use domain::{
    Day, MerchantId, Moment, OrderId,
    role::{Actor, Permission},
};
use serde_json::Value;

use super::{PaymentQuery, PaymentRow, list};
use crate::{
    customers::{self, Customer},
    db::Db,
    failure::{Outcome, Refusal},
    fiscal::{self, Receipt},
    journal::{self, JournalEntry},
    orders::{self, Answer, Whole},
    services::Services,
    staff::audit,
};

/// Rows read at a time: what an export of any size holds in memory.
pub const EXPORT_PAGE: u64 = 1_000;

/// What is taken out.
#[derive(Clone, Debug)]
pub enum ExportOf {
    Payments(PaymentQuery),
    Orders(orders::Filter),
    Customers(customers::Filter),
    Receipts(fiscal::Filter),
    /// From this moment until before that one.
    Journal(Option<Moment>, Option<Moment>),
}

/// An order with who ordered and what they answered.
#[derive(Clone, Debug)]
pub struct OrderRow {
    pub whole: Whole,
    pub customer: Option<Customer>,
    pub answers: Vec<Answer>,
}

/// One page of an export.
#[derive(Clone, Debug)]
pub enum ExportPage {
    Payments(Vec<PaymentRow>),
    Orders(Vec<OrderRow>),
    Customers(Vec<Customer>),
    Receipts(Vec<Receipt>),
    Journal(Vec<JournalEntry>),
}

impl ExportPage {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::Payments(rows) => rows.is_empty(),
            Self::Orders(rows) => rows.is_empty(),
            Self::Customers(rows) => rows.is_empty(),
            Self::Receipts(rows) => rows.is_empty(),
            Self::Journal(rows) => rows.is_empty(),
        }
    }
}

/// An export under way: the journal oldest first, everything else newest first.
pub struct Export {
    services: Services,
    merchant: MerchantId,
    of: ExportOf,
    /// The last entry given, for the journal.
    number: i64,
    /// Where the journal ended when the export began.
    end: i64,
}

/// Begins an export; `asked` and `format` are for the audit log.
///
/// # Errors
/// `forbidden`.
pub async fn export(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    of: ExportOf,
    format: &'static str,
    asked: Value,
) -> Outcome<Export> {
    if !actor.may(Permission::ExportMoney) {
        return Err(Refusal::forbidden().into());
    }
    let end = journal::last_number(&services.db, merchant).await?;
    let (action, subject) = match of {
        ExportOf::Payments(_) => ("payments_exported", "payments"),
        ExportOf::Orders(_) => ("orders_exported", "orders"),
        ExportOf::Customers(_) => ("customers_exported", "customers"),
        ExportOf::Receipts(_) => ("receipts_exported", "receipts"),
        ExportOf::Journal(..) => ("journal_exported", "journal"),
    };
    let (own, actor, whose) = (services.clone(), actor.clone(), merchant.clone());
    let after = Some(serde_json::json!({ "format": format, "asked": asked }));
    let note =
        move |tx| async move { audit::record(&tx, &own.clock, &whose, &actor, action, subject, None, after).await };
    services.db.write_quietly(note).await?;
    Ok(Export { services: services.clone(), merchant: merchant.clone(), of, number: 0, end })
}

impl Export {
    /// The next rows; an empty page is the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next(&mut self) -> Outcome<ExportPage> {
        let db = &self.services.db;
        match &mut self.of {
            ExportOf::Payments(query) => {
                let rows = list::payment_rows(db.read(), &self.merchant, query, EXPORT_PAGE).await?;
                if let Some(last) = rows.last() {
                    query.before = Some(last.id.clone());
                }
                Ok(ExportPage::Payments(rows))
            }
            ExportOf::Orders(filter) => {
                let found = orders::list(db, &self.merchant, filter, EXPORT_PAGE).await?;
                if let Some(last) = found.last() {
                    filter.before = Some(last.order.id.clone());
                }
                Ok(ExportPage::Orders(with_people(db, &self.merchant, found).await?))
            }
            ExportOf::Customers(filter) => {
                let rows = customers::list(db, &self.merchant, filter, EXPORT_PAGE).await?;
                if let Some(last) = rows.last() {
                    filter.before = Some(last.id.clone());
                }
                Ok(ExportPage::Customers(rows))
            }
            ExportOf::Receipts(filter) => {
                let rows = fiscal::list(&self.services, &Actor::System, &self.merchant, filter, EXPORT_PAGE).await?;
                if let Some(last) = rows.last() {
                    filter.before = Some(last.id.clone());
                }
                Ok(ExportPage::Receipts(rows))
            }
            ExportOf::Journal(from, until) => {
                let place = (self.number, self.end);
                let rows = journal::between(db, &self.merchant, place, (*from, *until), EXPORT_PAGE).await?;
                self.number = rows.last().map_or(self.number, |entry| entry.number);
                Ok(ExportPage::Journal(rows))
            }
        }
    }
}

async fn with_people(db: &Db, merchant: &MerchantId, found: Vec<Whole>) -> Outcome<Vec<OrderRow>> {
    let people = found.iter().filter_map(|whole| whole.order.customer_id.clone()).collect::<BTreeSet<_>>();
    let people = customers::by_ids(db, merchant, people.into_iter().collect()).await?;
    let people: HashMap<_, _> = people.into_iter().map(|person| (person.id.clone(), person)).collect();
    let ids = found.iter().map(|whole| whole.order.id.clone()).collect();
    let mut answers: HashMap<OrderId, Vec<Answer>> = HashMap::new();
    for answer in orders::answers(db, merchant, ids).await? {
        answers.entry(answer.order_id.clone()).or_default().push(answer);
    }
    let row = |whole: Whole| OrderRow {
        customer: whole.order.customer_id.as_ref().and_then(|id| people.get(id)).cloned(),
        answers: answers.remove(&whole.order.id).unwrap_or_default(),
        whole,
    };
    Ok(found.into_iter().map(row).collect())
}

/// The moments of the days from `first` to `last`, both included; either may be open.
#[must_use]
pub fn days_between(first: Option<Day>, last: Option<Day>, offset_minutes: i32) -> (Option<Moment>, Option<Moment>) {
    (first.map(|day| day.span(offset_minutes).0), last.map(|day| day.span(offset_minutes).1))
}
