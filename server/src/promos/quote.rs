//! What a code takes off, and whether this customer may use it now.

use domain::{Currency, CustomerId, MerchantId, Moment, ProductId, PromoId, product::ProductKind, promo};
use sea_orm::ConnectionTrait;

use super::{Promo, store};
use crate::{
    carts::Seen,
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
};

/// A line as a code looks at it.
pub(crate) struct Line {
    pub(crate) product: Option<ProductId>,
    pub(crate) kind: Option<ProductKind>,
    pub(crate) sum_minor: i64,
}

/// What a code takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    pub promo: PromoId,
    /// As the shop writes it.
    pub code: String,
    /// Of each line.
    pub off_minor: Vec<i64>,
}

impl Quoted {
    #[must_use]
    pub fn total_minor(&self) -> i64 {
        self.off_minor.iter().sum()
    }
}

/// Who asks, when.
pub(crate) struct Asker<'a> {
    pub(crate) merchant: &'a MerchantId,
    pub(crate) customer: &'a CustomerId,
    pub(crate) currency: Currency,
    pub(crate) now: Moment,
}

/// What the code takes off lines of a cart or a summary, as they are now. Nothing is held by it.
///
/// # Errors
/// `promo_unknown`, `promo_used_up`, `promo_used_by_you`, `promo_not_for_these`, `promo_too_little` with `min`,
/// `promo_nothing_left`.
pub async fn look(
    services: &Services,
    merchant: &MerchantId,
    customer: &CustomerId,
    code: &str,
    lines: &[Seen],
) -> Outcome<Quoted> {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| Line {
            product: Some(line.product.clone()),
            kind: line.kind,
            sum_minor: line.unit_minor.saturating_mul(line.quantity),
        })
        .collect();
    let currency = crate::shop::get(&services.db, merchant).await?.currency;
    let asker = Asker { merchant, customer, currency, now: services.clock.now() };
    quote(services.db.read(), &asker, code, &lines).await
}

/// As [`look`], of lines that are about to be written.
pub(crate) async fn quote(db: &impl ConnectionTrait, asker: &Asker<'_>, code: &str, lines: &[Line]) -> Outcome<Quoted> {
    let unknown = || Refusal::field("promo", "promo_unknown");
    let key = promo::key(code).ok_or_else(unknown)?;
    let found = store::by_key(db, asker.merchant, &key).await?.filter(|promo| promo.is_on(asker.now));
    let found = found.ok_or_else(unknown)?;
    may_use(db, asker, &found).await?;
    let counts = |line: &Line| {
        let named = found.products.0.is_empty()
            || line.product.as_ref().is_some_and(|product| found.products.0.contains(product));
        // What bringing costs is no product.
        named && line.product.is_some() && fits(line.kind)
    };
    let lines: Vec<_> =
        lines.iter().map(|line| promo::Line { sum_minor: line.sum_minor, counts: counts(line) }).collect();
    let off = promo::taken_off(found.off(), found.least_minor, &lines, asker.currency);
    let off_minor = off.map_err(|why| match why {
        promo::Nothing::NotForThese => Refusal::field("promo", "promo_not_for_these"),
        promo::Nothing::TooLittle => {
            let least = domain::Money::new(found.least_minor, asker.currency);
            Refusal::field("promo", "promo_too_little").with("min", least)
        }
        promo::Nothing::NothingLeft => Refusal::field("promo", "promo_nothing_left"),
    })?;
    Ok(Quoted { promo: found.id, code: found.code, off_minor })
}

/// Who gives names the sum: nothing is taken off a gift.
pub(super) fn fits(kind: Option<ProductKind>) -> bool {
    kind != Some(ProductKind::Donation)
}

async fn may_use(db: &impl ConnectionTrait, asker: &Asker<'_>, promo: &Promo) -> Outcome<()> {
    if promo.is_used_up() {
        return Err(used_up().into());
    }
    let Some(most) = promo.most_each else { return Ok(()) };
    if store::counted(db, asker.merchant, &promo.id, asker.customer).await? >= most {
        return Err(Refusal { kind: RefusalKind::Conflict, ..Refusal::field("promo", "promo_used_by_you") }.into());
    }
    Ok(())
}

pub(super) fn used_up() -> Refusal {
    Refusal { kind: RefusalKind::Conflict, ..Refusal::field("promo", "promo_used_up") }
}
