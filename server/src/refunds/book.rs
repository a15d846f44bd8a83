//! One refund opened for a step: its row, its payment and its order, locked; and the one way to take a step.

use domain::{
    MerchantId, RefundId,
    journal::EntryKind,
    refund::{RefundStatus, RefundStep},
};
use serde_json::{Value, json};

use super::{rows::Model as Refund, store};
use crate::{
    alerts,
    clock::Clock,
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    jobs,
    journal::{self, NewEntry},
    orders::{self, Order},
    payments::{self, Payment},
};

pub(super) struct Open {
    pub(super) refund: Refund,
    pub(super) payment: Payment,
    pub(super) order: Order,
}

/// Locks the order first, then reads: two steps never see the same standing.
pub(super) async fn open(tx: &Tx, merchant: &MerchantId, id: &RefundId) -> Outcome<Open> {
    let refund = store::get(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let order =
        orders::store::lock(&**tx, vec![refund.order_id.clone()]).await?.pop().ok_or_else(Refusal::not_found)?;
    let refund = store::get(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let payment = payments::store::get(&**tx, merchant, &refund.payment_id).await?.ok_or_else(Refusal::not_found)?;
    Ok(Open { refund, payment, order })
}

const fn entry_kind(status: RefundStatus) -> Option<EntryKind> {
    match status {
        RefundStatus::Requested => Some(EntryKind::RefundRequested),
        RefundStatus::Approved => Some(EntryKind::RefundApproved),
        RefundStatus::Processing => None,
        RefundStatus::ManualRequired => Some(EntryKind::RefundManualRequired),
        RefundStatus::Succeeded => Some(EntryKind::RefundSucceeded),
        RefundStatus::ManualDone => Some(EntryKind::RefundManualDone),
        RefundStatus::Failed => Some(EntryKind::RefundFailed),
        RefundStatus::Rejected => Some(EntryKind::RefundRejected),
    }
}

impl Open {
    /// Takes a step, if it can be taken: row, journal, and what is held. `note` says why, where that is worth saying.
    ///
    /// # Errors
    /// `refund_moved_on` where the step does not fit any more.
    pub(super) async fn step(
        &mut self,
        tx: &Tx,
        clock: &Clock,
        step: RefundStep,
        actor: &str,
        note: Option<String>,
    ) -> Outcome<()> {
        let to = self.refund.status.after(step);
        let to = to.ok_or_else(|| Refusal::new(RefusalKind::Conflict, "refund_moved_on"))?;
        self.refund.status = to;
        self.refund.note = note.or(self.refund.note.take());
        self.refund.ended_at = to.has_ended().then(|| clock.now());
        store::update(&**tx, self.refund.clone()).await?;
        if to.has_ended() {
            payments::refunds_moved(tx, clock, &mut self.payment, &mut self.order).await?;
        }
        self.write_down(tx, clock, actor).await?;
        self.alert(tx, clock).await
    }

    /// All that was given back or is asked for of the payment, this refund included; `payment` is from before it was asked.
    pub(super) const fn asked_in_all_minor(&self) -> i64 {
        self.payment.refunded_minor + self.payment.refund_held_minor + self.refund.amount_minor
    }

    /// It is certainly not done: what is known to be back by now is not this one's.
    pub(super) async fn not_done(&mut self, tx: &Tx, clock: &Clock) -> Outcome<()> {
        self.refund.sent_at = None;
        store::update(&**tx, self.refund.clone()).await?;
        payments::refunds_moved(tx, clock, &mut self.payment, &mut self.order).await
    }

    /// The journal's entry of the refund as it stands now.
    pub(super) async fn write_down(&self, tx: &Tx, clock: &Clock, actor: &str) -> Outcome<()> {
        let Some(kind) = entry_kind(self.refund.status) else { return Ok(()) };
        journal::append(tx, clock, vec![self.entry(kind, actor)]).await
    }

    fn entry(&self, kind: EntryKind, actor: &str) -> NewEntry {
        let mut data: Value = json!({ "refund": self.refund.id, "reason": self.refund.reason });
        if let Some(note) = &self.refund.note {
            data["note"] = note.clone().into();
        }
        NewEntry {
            merchant: self.refund.merchant_id.clone(),
            kind,
            order: Some(self.order.id.clone()),
            payment: Some(self.payment.id.clone()),
            amount: Some(self.refund.amount()),
            actor: actor.to_owned(),
            data,
        }
    }

    /// Staff hear of what waits for them, and of what went wrong.
    pub(super) async fn alert(&self, tx: &Tx, clock: &Clock) -> Outcome<()> {
        let what = match self.refund.status {
            RefundStatus::Requested => alerts::What::RefundRequested,
            RefundStatus::ManualRequired => alerts::What::RefundManual,
            RefundStatus::Failed => alerts::What::RefundFailed,
            _ => return Ok(()),
        };
        let alert = alerts::Alert {
            order: Some(self.order.number),
            amount: Some(self.refund.amount()),
            refund: Some(self.refund.id.clone()),
            ..what.into()
        };
        let key = [what.word(), ":", self.refund.id.as_str()].concat();
        jobs::enqueue(tx, clock.now(), vec![alerts::job(clock.now(), &self.refund.merchant_id, &key, &alert)?]).await
    }
}
