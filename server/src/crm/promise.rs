//! Deals promised: whatever the journal says of an order is work for its deal.

use domain::{MerchantId, Moment, Money, OrderId, deal::DealState, journal::EntryKind};

use super::{Deal, SYNC_DEAL, store};
use crate::{
    alerts,
    db::Tx,
    failure::Outcome,
    jobs::{self, NewJob},
    journal::JournalEntry,
};

/// Which entries a shop's deals follow, as its journal's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    Nothing = 0,
    Paid = 1,
    Ordered = 2,
}

impl Follows {
    /// Whether an entry of this kind, in a journal whose head says so, is work.
    pub(crate) const fn says(head: i64, kind: EntryKind) -> bool {
        use EntryKind as K;
        match kind {
            K::PaymentPaid | K::PaymentRefunded => head >= Self::Paid as i64,
            K::OrderOpened | K::OrderCancelled | K::OrderExpired | K::PaymentFailed | K::PaymentExpired => {
                head >= Self::Ordered as i64
            }
            _ => false,
        }
    }
}

/// Promises the work that these entries owe. The job looks at how the order stands when it runs, so none is lost or doubled.
pub(crate) async fn promise(tx: &Tx, now: Moment, entries: &[JournalEntry]) -> Outcome<()> {
    let paid = entries.iter().filter(|entry| entry.kind == EntryKind::PaymentPaid);
    store::insert(&**tx, paid.filter_map(|entry| owed(entry, now)).collect()).await?;
    let work = entries.iter().filter_map(|entry| {
        let job = job(now, &entry.merchant_id, entry.order_id.clone()?);
        Some(NewJob { payment: entry.payment_id.clone(), ..job })
    });
    jobs::enqueue(tx, now, work.collect()).await
}

/// The one lane of a shop's CRM.
pub(super) fn lane(merchant: &MerchantId) -> String {
    ["crm:", merchant.as_str()].concat()
}

pub(super) fn job(now: Moment, merchant: &MerchantId, order: OrderId) -> NewJob {
    NewJob { lane: Some(lane(merchant)), order: Some(order), ..NewJob::new(merchant.clone(), SYNC_DEAL, now) }
}

fn owed(entry: &JournalEntry, now: Moment) -> Option<Deal> {
    Some(fresh(entry.merchant_id.clone(), entry.order_id.clone()?, entry.amount()?, now))
}

/// A deal that is owed; which CRM to is seen when it is asked.
pub(super) const fn fresh(merchant_id: MerchantId, order_id: OrderId, amount: Money, now: Moment) -> Deal {
    Deal {
        merchant_id,
        order_id,
        state: DealState::Owed,
        address: String::new(),
        external_id: None,
        url: None,
        customer_id: None,
        contact_id: None,
        put: None,
        amount_minor: amount.amount_minor,
        currency: amount.currency,
        tries: 0,
        sent_at: None,
        problem: None,
        problem_words: None,
        created_at: now,
        synced_at: None,
    }
}

/// Staff hear of a deal once for each reason.
pub(super) fn alert(now: Moment, deal: &Deal, number: i64) -> Outcome<NewJob> {
    let what = alerts::What::DealRefused;
    let problem = deal.problem.clone().unwrap_or_default();
    let key = format!("{}:{}:{problem}:{}", what.word(), deal.order_id, now.0);
    let word = deal.problem_words.clone().filter(|words| !words.is_empty()).unwrap_or(problem);
    let alert = alerts::Alert { order: Some(number), amount: Some(deal.amount()), word: Some(word), ..what.into() };
    alerts::job(now, &deal.merchant_id, &key, &alert)
}

/// Staff hear that the CRM takes nothing.
pub(super) fn trouble(now: Moment, merchant: &MerchantId, code: &str, words: &str) -> Outcome<NewJob> {
    let what = alerts::What::CrmTrouble;
    let word = Some(format!("{code} {words}").trim().to_owned());
    alerts::job(now, merchant, &format!("{}:{code}:{}", what.word(), now.0), &alerts::Alert { word, ..what.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_followed_is_what_the_shop_has_chosen() {
        let followed = |head| EntryKind::ALL.iter().copied().filter(move |kind| Follows::says(head, *kind));
        assert_eq!(followed(0).count(), 0);
        assert!(followed(1).eq([EntryKind::PaymentPaid, EntryKind::PaymentRefunded]));
        assert_eq!(followed(2).count(), 7);
    }
}
