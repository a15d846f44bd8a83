//! Filling a pool: looked at first, then written at once; whoever waits for codes is delivered.

use std::collections::HashSet;

use domain::{CodeId, MerchantId, ProductId, limits, role::Actor};
use serde_json::json;

use super::{
    may_edit, owner,
    rows::{Model, pool},
    store,
};
use crate::{
    catalog,
    db::Tx,
    failure::{Outcome, Refusal},
    fulfilment,
    services::Services,
    staff::audit,
};

/// At so few staff are told, unless the shop says otherwise.
const LOW_AT: i64 = 5;
const MOST_LOW: i64 = 100_000;

/// What lines of codes would add.
#[derive(Clone, PartialEq, Eq)]
pub struct Looked {
    /// Each once, in their order.
    pub fresh: Vec<String>,
    /// How many the product has already, given or not.
    pub known: usize,
    /// How many stand more than once among the lines.
    pub repeated: usize,
}

/// What these codes would add; nothing is written.
///
/// # Errors
/// `forbidden`, `not_found`, `required`, `codes_too_many`, `code_too_long`.
pub async fn look(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    codes: Vec<String>,
) -> Outcome<Looked> {
    may_edit(actor)?;
    let product = catalog::get(&services.db, merchant, product).await?;
    sorted(services, services.db.read(), merchant, &product.id, checked(codes)?).await
}

fn checked(codes: Vec<String>) -> Result<Vec<String>, Refusal> {
    if codes.is_empty() {
        return Err(Refusal::field("codes", "required"));
    }
    if codes.len() > limits::CODES_AT_ONCE {
        return Err(Refusal::field("codes", "codes_too_many").with("max", limits::CODES_AT_ONCE));
    }
    if codes.iter().any(|code| code.chars().count() > limits::CODE) {
        return Err(Refusal::field("codes", "code_too_long").with("max", limits::CODE));
    }
    Ok(codes)
}

fn mark(services: &Services, product: &ProductId, code: &str) -> Outcome<String> {
    Ok(services.sealer.sign("access code", [product.as_str(), " ", code].concat().as_bytes())?)
}

async fn sorted(
    services: &Services,
    db: &impl sea_orm::ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
    codes: Vec<String>,
) -> Outcome<Looked> {
    let all = codes.len();
    let mut seen = HashSet::new();
    let once: Vec<_> = codes.into_iter().filter(|code| seen.insert(code.clone())).collect();
    let marks = once.iter().map(|code| mark(services, product, code)).collect::<Outcome<Vec<_>>>()?;
    let known = store::known(db, merchant, product, &marks).await?;
    let repeated = all - once.len();
    let fresh = once.into_iter().zip(marks).filter(|(_, mark)| !known.contains(mark)).map(|(code, _)| code);
    Ok(Looked { fresh: fresh.collect(), known: known.len(), repeated })
}

/// Adds the codes that are new, and answers how many; orders that wait for them are delivered.
///
/// # Errors
/// As [`look`].
pub async fn add(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    codes: Vec<String>,
) -> Outcome<usize> {
    look(services, actor, merchant, product, codes.clone()).await?;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            catalog::store::lock(&*tx, &merchant, &product).await?.ok_or_else(Refusal::not_found)?;
            let looked = sorted(&own, &*tx, &merchant, &product, codes).await?;
            let count = looked.fresh.len();
            if count == 0 {
                return Ok(0);
            }
            let mut pool = opened(&tx, &merchant, &product).await?;
            let before = json!({ "left": pool.remaining });
            pool.remaining += i64::try_from(count).unwrap_or_default();
            pool.fills += 1;
            let after = json!({ "left": pool.remaining, "added": count });
            store::save_pool(&*tx, pool).await?;
            let rows = looked.fresh.iter().map(|code| sealed(&own, &merchant, &product, code));
            store::insert(&*tx, rows.collect::<Outcome<Vec<_>>>()?).await?;
            fulfilment::hurry_waiting(&tx, own.clock.now(), &merchant, &product).await?;
            let (subject, before, after) = (product.as_str(), Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "codes_added", subject, before, after).await?;
            Ok(count)
        })
        .await
}

fn sealed(services: &Services, merchant: &MerchantId, product: &ProductId, code: &str) -> Outcome<Model> {
    let id = services.clock.id::<CodeId>();
    Ok(Model {
        sealed: services.sealer.seal(&owner(&id), code)?,
        mark: mark(services, product, code)?,
        merchant_id: merchant.clone(),
        product_id: product.clone(),
        added_at: services.clock.now(),
        order_id: None,
        position: None,
        piece: None,
        taken_at: None,
        id,
    })
}

/// The pool of the product, locked; a new one where there is none.
async fn opened(tx: &Tx, merchant: &MerchantId, product: &ProductId) -> Outcome<pool::Model> {
    let empty = pool::Model {
        product_id: product.clone(),
        merchant_id: merchant.clone(),
        remaining: 0,
        low_at: LOW_AT,
        fills: 0,
    };
    store::open_pool(&**tx, empty).await?;
    locked(tx, merchant, product).await
}

async fn locked(tx: &Tx, merchant: &MerchantId, product: &ProductId) -> Outcome<pool::Model> {
    let pools = store::lock_pools(&**tx, merchant, [product.clone()].into()).await?;
    Ok(pools.into_iter().next().ok_or_else(Refusal::not_found)?)
}

/// From now on staff are told when so few are left.
///
/// # Errors
/// `forbidden`, `not_found`, `not_a_number`.
pub async fn set_low(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    low_at: i64,
) -> Outcome<()> {
    may_edit(actor)?;
    if !(0..=MOST_LOW).contains(&low_at) {
        return Err(Refusal::field("low_at", "not_a_number").into());
    }
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            let pool = locked(&tx, &merchant, &product).await?;
            if pool.low_at == low_at {
                return Ok(());
            }
            let (before, after) = (json!({ "low_at": pool.low_at }), json!({ "low_at": low_at }));
            store::save_pool(&*tx, pool::Model { low_at, ..pool }).await?;
            let (subject, before, after) = (product.as_str(), Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "codes_low_changed", subject, before, after).await
        })
        .await
}

/// Takes away what is left of a pool, and the pool: from now on the product is delivered without codes. Answers how many.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn withdraw(services: &Services, actor: &Actor, merchant: &MerchantId, product: &ProductId) -> Outcome<u64> {
    may_edit(actor)?;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            locked(&tx, &merchant, &product).await?;
            let gone = store::remove_left(&*tx, &merchant, &product).await?;
            fulfilment::hurry_waiting(&tx, own.clock.now(), &merchant, &product).await?;
            let (subject, before) = (product.as_str(), Some(json!({ "left": gone })));
            audit::record(&tx, &own.clock, &merchant, &actor, "codes_withdrawn", subject, before, None).await?;
            Ok(gone)
        })
        .await
}
