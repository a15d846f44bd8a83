//! A CRM with a past, for the demo: every order so far that was paid has its deal, but one that the CRM refused.

use domain::{
    MerchantId,
    deal::{DealState, Stages},
    role::Actor,
};
use providers::crm::{self, Offer};

use super::{ConnectInput, Deal, connect, face, promise, rows::crm as connection, store};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal},
    journal, orders,
    services::Services,
};

/// More orders than a demo has.
const MOST: u64 = 10_000;

/// What the demo's CRM is connected by, and what it offers.
pub(crate) struct Past {
    pub(crate) input: ConnectInput,
    pub(crate) offer: Offer,
    pub(crate) stages: Stages,
    /// Where a deal is looked at: before its id and after it.
    pub(crate) link: [String; 2],
}

/// Connects it, and makes it look as if it had been from the beginning.
pub(crate) async fn adopt(services: &Services, merchant: &MerchantId, past: Past) -> Outcome<()> {
    let Past { input, offer, stages, link } = past;
    let typed = crm::read(input.kind, &input.address, &input.token, &services.outgoing)
        .map_err(|bad| anyhow::anyhow!("the demo's CRM cannot be used: {bad}"))?;
    let mut wholes = orders::list(&services.db, merchant, &orders::Filter::default(), MOST).await?;
    wholes.reverse();
    let mut deals = Vec::new();
    for whole in wholes {
        let Some(face) = face::of(services, &whole.order).await? else { continue };
        if !face.step.makes(false) {
            continue;
        }
        let id = (deals.len() + 1).to_string();
        let at = whole.order.paid_at.unwrap_or(whole.order.created_at);
        deals.push(Deal {
            state: DealState::Made,
            address: typed.address.clone(),
            url: Some([&*link[0], &id, &link[1]].concat()),
            customer_id: whole.order.customer_id.clone(),
            put: Some(face.mark(&stages)),
            external_id: Some(id),
            synced_at: Some(at),
            ..promise::fresh(merchant.clone(), whole.order.id.clone(), face.amount, at)
        });
    }
    refuse_one(&mut deals);
    let row = connection::Model {
        merchant_id: merchant.clone(),
        kind: input.kind,
        address: typed.address,
        secrets: connect::sealed(services, merchant, &typed.secrets)?,
        offered: serde_json::to_value(&offer)?,
        stages: Some(serde_json::to_value(&stages)?),
        trouble: None,
        trouble_words: None,
        trouble_at: None,
        created_at: services.clock.now(),
    };
    let of = merchant.clone();
    let write = move |tx: Tx| async move {
        store::keep_crm(&*tx, row).await?;
        journal::set_deals(&tx, &of, super::Follows::Paid).await?;
        store::insert(&*tx, deals).await
    };
    services.db.write(write).await
}

/// The last one: so a person sees what that looks like.
fn refuse_one(deals: &mut [Deal]) {
    let Some(deal) = deals.last_mut() else { return };
    deal.state = DealState::Refused;
    (deal.external_id, deal.url, deal.put, deal.synced_at) = (None, None, None, None);
    deal.problem = Some("CRM_FIELD_ERROR_REQUIRED".to_owned());
    deal.problem_words = Some("Field \"Source\" is required".to_owned());
}

/// A demo that starts again may be somewhere else: its CRM follows, with its deals.
///
/// # Errors
/// When the database refuses.
pub async fn reach(services: &Services, merchant: &MerchantId, input: ConnectInput, path: &str) -> Outcome<()> {
    let Some(known) = super::connected(services, &Actor::System, merchant).await? else { return Ok(()) };
    let typed = crm::read(input.kind, &input.address, &input.token, &services.outgoing)
        .map_err(|_| Refusal::field("address", "crm_address"))?;
    if known.address == typed.address || !known.address.ends_with(path) {
        return Ok(());
    }
    let secrets = connect::sealed(services, merchant, &typed.secrets)?;
    let of = merchant.clone();
    let write = move |tx: Tx| async move {
        let row = store::crm(&*tx, &of).await?.ok_or_else(Refusal::not_found)?;
        store::move_deals(&*tx, &of, &row.address, &typed.address).await?;
        store::keep_crm(&*tx, connection::Model { address: typed.address, secrets, ..row }).await
    };
    services.db.write(write).await
}
