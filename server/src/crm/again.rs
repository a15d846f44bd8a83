//! A deal that the CRM refused, once more by hand.

use domain::{
    MerchantId, OrderId,
    deal::DealState,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Deal, alone, promise, store};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    jobs, orders,
    services::Services,
    staff::audit,
};

/// Tries again. A deal that is not there any more is looked for, and made anew where there is none.
///
/// # Errors
/// `forbidden`, `not_found`; `deal_moved_on`.
pub async fn again(services: &Services, actor: &Actor, merchant: &MerchantId, order: &OrderId) -> Outcome<()> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    // Another merchant's order is none.
    orders::get(&services.db, merchant, order).await?;
    let (own, doer, of, which) = (services.clone(), actor.clone(), merchant.clone(), order.clone());
    let write = move |tx: Tx| async move {
        alone(&tx, &of).await?;
        let deal = store::get(&*tx, &of, &which).await?.filter(|deal| deal.state == DealState::Refused);
        let deal = deal.ok_or_else(|| Refusal::new(RefusalKind::Conflict, "deal_moved_on"))?;
        let before = Some(json!({ "state": deal.state, "problem": deal.problem, "deal": deal.external_id }));
        let gone = deal.problem.as_deref() == Some("gone");
        let external_id = deal.external_id.clone().filter(|_| !gone);
        let put = deal.put.clone().filter(|_| !gone);
        let state = DealState::Owed;
        store::keep(&*tx, Deal { state, external_id, put, problem: None, problem_words: None, tries: 0, ..deal })
            .await?;
        let now = own.clock.now();
        jobs::enqueue(&tx, now, vec![promise::job(now, &of, which.clone())]).await?;
        let after = Some(json!({ "state": state }));
        audit::record(&tx, &own.clock, &of, &doer, "deal_sent_again", which.as_str(), before, after).await
    };
    services.db.write(write).await
}
