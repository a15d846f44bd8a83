//! The shop's rules about money and alerts.

use domain::{
    MerchantId, limits,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Merchant, store};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// What the owner decides about refunds and alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Up to this sum support refunds alone, minor units.
    pub refund_alone_minor: i64,
    /// Above this sum a refund needs a second person, minor units; none: no such limit.
    pub refund_pair_minor: Option<i64>,
    /// Paid and not delivered for so many minutes is told to staff.
    pub stuck_minutes: i32,
}

impl From<&Merchant> for Rules {
    fn from(shop: &Merchant) -> Self {
        Self {
            refund_alone_minor: shop.refund_alone_minor,
            refund_pair_minor: shop.refund_pair_minor,
            stuck_minutes: shop.stuck_minutes,
        }
    }
}

impl Rules {
    fn checked(&self) -> Result<(), Refusal> {
        let sum = |field: &'static str, minor: i64| {
            let fits = (0..=limits::AMOUNT_MINOR).contains(&minor);
            if fits {
                Ok(())
            } else {
                Err(Refusal::field(field, "out_of_range").with("min", 0).with("max", 100_000_000))
            }
        };
        sum("refund_alone", self.refund_alone_minor)?;
        self.refund_pair_minor.map_or(Ok(()), |minor| sum("refund_pair", minor))?;
        if (1..=1_440).contains(&self.stuck_minutes) {
            Ok(())
        } else {
            Err(Refusal::field("stuck_minutes", "out_of_range").with("min", 1).with("max", 1_440))
        }
    }

    fn told(&self) -> serde_json::Value {
        json!({
            "refund_alone_minor": self.refund_alone_minor,
            "refund_pair_minor": self.refund_pair_minor,
            "stuck_minutes": self.stuck_minutes,
        })
    }
}

/// # Errors
/// `forbidden`, `out_of_range`.
pub async fn set_rules(services: &Services, actor: &Actor, merchant: &MerchantId, rules: Rules) -> Outcome<()> {
    may_edit(actor)?;
    rules.checked()?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?;
            store::set_rules(&*tx, &merchant, &rules).await?;
            let (before, after) = (Some(Rules::from(&old).told()), Some(rules.told()));
            let subject = merchant.as_str().to_owned();
            audit::record(&tx, &own.clock, &merchant, &actor, "rules_changed", &subject, before, after).await
        })
        .await
}

pub(super) fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditSettings) { Ok(()) } else { Err(Refusal::forbidden()) }
}
