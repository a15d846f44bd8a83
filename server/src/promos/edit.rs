//! Making a code, and switching it off and on again. What it takes off never changes: another code is another row.

use domain::{
    MerchantId, Moment, ProductId, PromoId, limits, promo,
    promo::Off,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Promo, rows::Products, store};
use crate::{
    catalog,
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
    shop,
    staff::audit,
};

/// Codes of one shop.
const MOST: u64 = 500;
const MOST_USES: i64 = 1_000_000;

/// Everything staff write about a code.
#[derive(Clone, Debug)]
pub struct NewPromo {
    pub code: String,
    pub off: Off,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
    pub most_uses: Option<i64>,
    pub most_each: Option<i64>,
    pub least_minor: i64,
    /// None: for all.
    pub products: Vec<ProductId>,
}

impl NewPromo {
    fn checked(&self, currency: domain::Currency) -> Result<String, Refusal> {
        let range = || {
            let refusal = Refusal::field("code", "promo_code_wrong").with("min", limits::PROMO_MIN);
            refusal.with("max", limits::PROMO_MAX)
        };
        let key = promo::key(&self.code).ok_or_else(range)?;
        if !self.off.is_sound(currency) {
            return Err(Refusal::field("off", "promo_off_wrong"));
        }
        if self.from.zip(self.until).is_some_and(|(from, until)| from >= until) {
            return Err(Refusal::field("until", "promo_ends_before"));
        }
        for (field, most) in [("most_uses", self.most_uses), ("most_each", self.most_each)] {
            if most.is_some_and(|most| !(1..=MOST_USES).contains(&most)) {
                return Err(Refusal::field(field, "promo_uses_wrong").with("max", MOST_USES));
            }
        }
        if !(0..=limits::AMOUNT_MINOR).contains(&self.least_minor) {
            return Err(Refusal::field("least", "not_a_sum"));
        }
        Ok(key)
    }
}

/// A new code, which counts from now on.
///
/// # Errors
/// `forbidden`, `promo_code_wrong`, `promo_code_taken`, `promo_off_wrong`, `promo_ends_before`, `promo_uses_wrong`, `not_a_sum`,
/// `product_gone`, `too_many_promos`.
pub async fn create(services: &Services, actor: &Actor, merchant: &MerchantId, new: NewPromo) -> Outcome<Promo> {
    may_edit(actor)?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    let code_key = new.checked(currency)?;
    let known = catalog::by_ids(&services.db, merchant, new.products.iter().cloned().collect()).await?;
    if new.products.iter().any(|id| known.iter().all(|product| product.id != *id)) {
        return Err(Refusal::field("products", "product_gone").into());
    }
    let promo = Promo {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        code: new.code.split_whitespace().collect(),
        code_key,
        percent: if let Off::Percent(percent) = new.off { Some(percent) } else { None },
        off_minor: if let Off::Sum(minor) = new.off { Some(minor) } else { None },
        from_at: new.from,
        until_at: new.until,
        most_uses: new.most_uses,
        most_each: new.most_each,
        least_minor: new.least_minor,
        products: Products(new.products),
        active: true,
        used: 0,
        created_at: services.clock.now(),
    };
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            // One at a time: two of the same code would be a fault, and no answer.
            tx.alone(&["promos", merchant.as_str()].join(":")).await?;
            if store::by_key(&*tx, &merchant, &promo.code_key).await?.is_some() {
                let taken = Refusal::field("code", "promo_code_taken");
                return Err(Refusal { kind: RefusalKind::Conflict, ..taken }.into());
            }
            if store::count(&*tx, &merchant).await? >= MOST {
                return Err(Refusal::new(RefusalKind::Conflict, "too_many_promos").with("max", MOST).into());
            }
            store::insert(&*tx, promo.clone()).await?;
            let after = Some(summary(&promo));
            audit::record(&tx, &own.clock, &merchant, &actor, "promo_created", promo.id.as_str(), None, after).await?;
            Ok(promo)
        })
        .await
}

/// Switches a code off, or on again. Orders that were made with it keep what was taken off.
///
/// # Errors
/// `forbidden`; `not_found`, also for another merchant's code.
pub async fn switch(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &PromoId,
    active: bool,
) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let before = store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            if before.active == active {
                return Ok(());
            }
            store::set_active(&*tx, &merchant, &id, active).await?;
            let after = Some(summary(&Promo { active, ..before.clone() }));
            let before = Some(summary(&before));
            audit::record(&tx, &own.clock, &merchant, &actor, "promo_switched", id.as_str(), before, after).await
        })
        .await
}

fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditCatalog) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn summary(promo: &Promo) -> serde_json::Value {
    json!({
        "code": promo.code,
        "percent": promo.percent,
        "off_minor": promo.off_minor,
        "from": promo.from_at.map(Moment::rfc3339),
        "until": promo.until_at.map(Moment::rfc3339),
        "most_uses": promo.most_uses,
        "most_each": promo.most_each,
        "least_minor": promo.least_minor,
        "products": promo.products.0,
        "active": promo.active,
    })
}
