//! The address that gives a product, and its secret.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    MerchantId, Moment, ProductId,
    moment::DAY,
    role::{Actor, Permission},
};
use serde_json::{Value, json};

use super::{Target, store};
use crate::{
    catalog,
    db::Tx,
    endpoints,
    failure::{Outcome, Refusal},
    fulfilment,
    services::Services,
    staff::audit,
};

/// For so long both secrets sign: the program has time to change.
const BOTH: i64 = DAY;

impl Target {
    /// Its secrets, newest first: two for a time after it was renewed.
    pub(super) fn secrets(&self, now: Moment) -> Vec<i64> {
        let before = self.secret_before_until.is_some_and(|until| now < until);
        (self.secret - i64::from(before)..=self.secret).rev().collect()
    }
}

fn must(actor: &Actor) -> Outcome<()> {
    if actor.may(Permission::EditEndpoints) { Ok(()) } else { Err(Refusal::forbidden().into()) }
}

/// From now on the program at `url` gives the product. What was asked before is asked there too.
///
/// # Errors
/// `forbidden`, `not_found`; `endpoint_unreadable`, `endpoint_not_secure`, `endpoint_private`, `too_long`.
pub async fn set(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    url: &str,
) -> Outcome<()> {
    must(actor)?;
    let url = endpoints::address(services, url)?;
    edit(services, actor, merchant, product, "call_set", move |old, product| {
        let fresh = |product: &ProductId, merchant: &MerchantId| Target {
            product_id: product.clone(),
            merchant_id: merchant.clone(),
            url: String::new(),
            secret: 1,
            secret_before_until: None,
        };
        let row = old.unwrap_or_else(|| fresh(&product.id, &product.merchant_id));
        Ok(Some(Target { url, ..row }))
    })
    .await
}

/// Makes the signing secret anew. For a day calls are signed with the one before, too.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn renew_secret(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<()> {
    must(actor)?;
    let until = services.clock.now().plus(BOTH);
    edit(services, actor, merchant, product, "call_secret_renewed", move |old, _| {
        let old = old.ok_or_else(Refusal::not_found)?;
        Ok(Some(Target { secret: old.secret + 1, secret_before_until: Some(until), ..old }))
    })
    .await
}

/// The product is given without the program again; orders that waited for it wait no more.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(services: &Services, actor: &Actor, merchant: &MerchantId, product: &ProductId) -> Outcome<()> {
    must(actor)?;
    edit(services, actor, merchant, product, "call_removed", |old, _| old.map(|_| None).ok_or_else(Refusal::not_found))
        .await
}

async fn edit(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    action: &'static str,
    by: impl FnOnce(Option<Target>, &catalog::Product) -> Result<Option<Target>, Refusal> + Send + 'static,
) -> Outcome<()> {
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            tx.alone(&["calls:", product.as_str()].concat()).await?;
            let sold = catalog::store::get(&*tx, &merchant, &product).await?.ok_or_else(Refusal::not_found)?;
            let old = store::target(&*tx, &merchant, &product).await?;
            let before = old.as_ref().map(shown);
            let row = by(old, &sold)?;
            let after = row.as_ref().map(shown);
            written(&tx, &own, &merchant, &product, row).await?;
            audit::record(&tx, &own.clock, &merchant, &actor, action, product.as_str(), before, after).await
        })
        .await
}

async fn written(
    tx: &Tx,
    services: &Services,
    merchant: &MerchantId,
    product: &ProductId,
    row: Option<Target>,
) -> Outcome<()> {
    match row {
        Some(row) => store::save_target(&**tx, row).await,
        None => {
            store::remove_target(&**tx, merchant, product).await?;
            fulfilment::hurry_waiting(tx, services.clock.now(), merchant, product).await
        }
    }
}

/// For the audit log. What stands after the path of an address may be a word that opens something.
fn shown(row: &Target) -> Value {
    json!({ "url": row.url.split(['?', '#']).next().unwrap_or_default() })
}

/// The secret that signs the calls for a product, as the program's keeper enters it.
///
/// # Errors
/// `forbidden`.
pub fn secret(services: &Services, actor: &Actor, target: &Target) -> Outcome<String> {
    must(actor)?;
    nth_secret(services, target, target.secret)
}

pub(super) fn nth_secret(services: &Services, target: &Target, nth: i64) -> Outcome<String> {
    let named = format!("{}:{nth}", target.product_id);
    Ok(format!("whsec_{}", STANDARD.encode(services.sealer.derive("call", named.as_bytes())?)))
}
