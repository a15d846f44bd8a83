//! Phones and addresses: from answers to a shop's questions, and from Telegram's own contact. A person is found by them.

use domain::{
    CustomerId, MerchantId, Moment, OrderId,
    contact::{self, ContactKind},
};
use sea_orm::ConnectionTrait;

use super::contact_store as store;
pub use super::rows::contact::Model as Contact;
use crate::{
    db::{Db, Tx},
    failure::Outcome,
};

/// More contacts than one search is about.
const FEW: u64 = 100;

/// Where a contact was learnt.
pub(crate) struct Learnt<'a> {
    pub(crate) merchant: &'a MerchantId,
    pub(crate) customer: Option<&'a CustomerId>,
    pub(crate) order: Option<&'a OrderId>,
    pub(crate) at: Moment,
}

/// Notes contacts in the transaction in which they were told.
pub(crate) async fn note(tx: &Tx, learnt: Learnt<'_>, contacts: Vec<(ContactKind, String)>) -> Outcome<()> {
    let source = learnt.order.map(OrderId::as_str).or(learnt.customer.map(CustomerId::as_str)).unwrap_or_default();
    let row = |(kind, value): (ContactKind, String)| Contact {
        merchant_id: learnt.merchant.clone(),
        key: kind.key(&value),
        kind,
        value,
        order_id: learnt.order.cloned(),
        customer_id: learnt.customer.cloned(),
        source: source.to_owned(),
        at: learnt.at,
    };
    let mut rows: Vec<Contact> = contacts.into_iter().map(row).collect();
    // The same phone may answer two questions.
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    rows.dedup_by(|one, other| one.key == other.key);
    store::insert_once(&**tx, rows).await
}

/// The contacts of a customer, each once, the last one told first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_customer(db: &Db, merchant: &MerchantId, customer: &CustomerId) -> Outcome<Vec<Contact>> {
    let mut all = store::of_customer(db.read(), merchant, customer, FEW).await?;
    let mut known = std::collections::BTreeSet::new();
    all.retain(|contact| known.insert(contact.key.clone()));
    Ok(all)
}

/// Whom the typed words may mean: orders and customers.
pub(crate) async fn meant(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    typed: &str,
) -> Outcome<Option<(Vec<OrderId>, Vec<CustomerId>)>> {
    let Some(key) = contact::meant(typed) else { return Ok(None) };
    let found = store::beginning(db, merchant, &key, FEW).await?;
    let orders = found.iter().filter_map(|contact| contact.order_id.clone()).collect();
    let mut people: Vec<_> = found.into_iter().filter_map(|contact| contact.customer_id).collect();
    people.sort();
    people.dedup();
    Ok(Some((orders, people)))
}
