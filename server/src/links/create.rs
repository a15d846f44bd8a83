//! Making a link by hand or by the API.

use domain::{
    FileId, LinkId, MerchantId, Moment, Money, ProductId, SlotId, VariantId, limits, link::LinkKind,
    product::ProductKind, role::Actor,
};

use super::{Link, dynamic, may_edit, store};
use crate::{
    catalog, causes,
    db::Tx,
    failure::{Outcome, Refusal, required, text},
    orders::{Asked, Asker, Chosen, NewOrder, Piece, Placed, store as order_store},
    services::Services,
    shop::{self, Merchant},
    staff::audit,
};

/// What a link asks money for.
#[derive(Clone, Debug)]
pub enum What {
    Product(ProductId),
    Free { title: String, amount: Money },
}

#[derive(Clone, Debug)]
pub struct NewLink {
    pub kind: LinkKind,
    pub what: What,
    /// The customer's sum where the product is a donation and the link is dynamic; minor units.
    pub sum_minor: Option<i64>,
    /// The time, where the product is a booking and the link is dynamic.
    pub slot: Option<SlotId>,
    /// Which variant, where the product has any and the link is dynamic.
    pub variant: Option<VariantId>,
    pub label: String,
    pub telegram_user_id: Option<i64>,
    pub external_order_id: Option<String>,
    pub expires_at: Option<Moment>,
    /// For fixed links; a dynamic one is paid at most once.
    pub max_payments: Option<i64>,
    pub metadata: serde_json::Value,
    /// The cause of its making, such as an idempotency key: a link is made once per cause.
    pub made_by: Option<String>,
}

impl NewLink {
    /// A link that says no more than it must.
    #[must_use]
    pub fn of(kind: LinkKind, what: What) -> Self {
        Self {
            kind,
            what,
            sum_minor: None,
            slot: None,
            variant: None,
            label: String::new(),
            telegram_user_id: None,
            external_order_id: None,
            expires_at: None,
            max_payments: None,
            metadata: serde_json::Value::Null,
            made_by: None,
        }
    }
}

/// # Errors
/// `forbidden`, and refusals that name the wrong field.
pub async fn create(services: &Services, actor: &Actor, merchant: &MerchantId, new: NewLink) -> Outcome<Link> {
    may_edit(actor)?;
    let new = checked(new, services.clock.now())?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let link = match new.kind {
                LinkKind::Dynamic => create_dynamic(&tx, &own, &actor, &merchant, new).await?,
                LinkKind::Fixed => create_fixed(&tx, &own, &actor, &merchant, new).await?,
            };
            let after =
                serde_json::json!({ "kind": link.kind, "label": link.label, "amount_minor": link.amount_minor });
            audit::record(&tx, &own.clock, &merchant, &actor, "link_created", link.id.as_str(), None, Some(after))
                .await?;
            Ok(link)
        })
        .await
}

pub(super) fn checked(mut new: NewLink, now: Moment) -> Result<NewLink, Refusal> {
    new.label = text("label", &new.label, limits::LABEL)?;
    if let What::Free { title, amount } = &mut new.what {
        *title = required("title", title, limits::NAME)?;
        if !(1..=limits::AMOUNT_MINOR).contains(&amount.amount_minor) {
            let most = Money::new(limits::AMOUNT_MINOR, amount.currency);
            return Err(Refusal::field("amount", "amount_out_of_range").with("max", most));
        }
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::field("expires_at", "time_is_past"));
    }
    if new.max_payments.is_some_and(|max| !(1..=limits::MAX_PAYMENTS).contains(&max)) {
        return Err(Refusal::field("max_payments", "out_of_range").with("min", 1).with("max", limits::MAX_PAYMENTS));
    }
    if new.kind == LinkKind::Dynamic && new.max_payments.is_some_and(|max| max != 1) {
        return Err(Refusal::field("max_payments", "dynamic_is_paid_once"));
    }
    let external =
        new.external_order_id.as_deref().map(|id| required("external_order_id", id, limits::EXTERNAL_ORDER_ID));
    new.external_order_id = external.transpose()?;
    if !new.metadata.is_null() && !new.metadata.is_object() {
        return Err(Refusal::field("metadata", "not_an_object"));
    }
    if new.metadata.to_string().len() > limits::METADATA_BYTES {
        return Err(Refusal::field("metadata", "too_long").with("max", limits::METADATA_BYTES));
    }
    Ok(new)
}

async fn create_fixed(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    new: NewLink,
) -> Outcome<Link> {
    let shop = shop::store::get(&**tx, merchant).await?.ok_or_else(Refusal::not_found)?;
    if let What::Product(id) = &new.what {
        catalog::store::get(&**tx, merchant, id).await?.ok_or_else(product_gone)?;
    }
    let cause = new.made_by.clone();
    if let Some(first) = causes::made(tx, merchant, cause.as_deref()).await?
        && let Some(first) = store::get(&**tx, merchant, &first).await?
    {
        return Ok(first);
    }
    let link = fixed(services, actor, &shop, new, None)?;
    store::insert(&**tx, link.clone()).await?;
    causes::note(tx, merchant, cause.as_deref(), link.id.as_str()).await?;
    Ok(link)
}

pub(super) const fn product_gone() -> Refusal {
    Refusal::field("product_id", "product_gone")
}

/// A fixed link as it is written. Its product is known to be there.
pub(super) fn fixed(
    services: &Services,
    actor: &Actor,
    shop: &Merchant,
    new: NewLink,
    batch_id: Option<FileId>,
) -> Result<Link, Refusal> {
    let (product_id, title, amount) = match new.what {
        What::Free { title, amount } => (None, Some(title), Some(amount)),
        What::Product(id) => (Some(id), None, None),
    };
    if amount.is_some_and(|amount| amount.currency != shop.currency) {
        return Err(Refusal::field("amount", "currency_not_accepted").with("currency", shop.currency));
    }
    Ok(Link {
        id: services.clock.id::<LinkId>(),
        merchant_id: shop.id.clone(),
        code: services.clock.code(8),
        kind: LinkKind::Fixed,
        label: new.label,
        active: true,
        product_id,
        order_id: None,
        title,
        amount_minor: amount.map(|amount| amount.amount_minor),
        currency: shop.currency,
        external_order_id: new.external_order_id,
        telegram_user_id: new.telegram_user_id,
        expires_at: new.expires_at,
        max_payments: new.max_payments,
        paid_count: 0,
        held_count: 0,
        opened_count: 0,
        received_minor: 0,
        metadata: if new.metadata.is_null() { serde_json::json!({}) } else { new.metadata },
        cancelled_at: None,
        created_by: actor.label(),
        created_at: services.clock.now(),
        batch_id,
    })
}

async fn create_dynamic(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    new: NewLink,
) -> Outcome<Link> {
    if let Some(cause) = &new.made_by
        && let Some(order) = order_store::made_by(&**tx, merchant, cause).await?
    {
        return store::of_order(&**tx, merchant, &order.id).await?.ok_or_else(|| Refusal::not_found().into());
    }
    let (product_id, title) = match &new.what {
        What::Product(id) => (Some(id.clone()), None),
        What::Free { title, .. } => (None, Some(title.clone())),
    };
    if let Some(id) = &product_id
        && new.sum_minor.is_none()
        && catalog::store::get(&**tx, merchant, id).await?.is_some_and(|p| p.kind == ProductKind::Donation)
    {
        return Err(Refusal::field("amount", "donation_sum_required").into());
    }
    let asked = match new.what {
        What::Product(id) => {
            Asked::Product(Piece { variant: new.variant, sum_minor: new.sum_minor, slot: new.slot, ..Piece::one(id) })
        }
        What::Free { title, amount } => Asked::Free { title, amount },
    };
    let shop = shop::store::get(&**tx, merchant).await?.ok_or_else(Refusal::not_found)?;
    let order = NewOrder {
        asked: vec![asked],
        asker: Asker::Staff,
        link: None,
        customer: None,
        bot: None,
        telegram_user_id: new.telegram_user_id,
        // Who will open it is not known yet: the shop's language is the best guess.
        language: shop.language,
        external_order_id: new.external_order_id,
        made_by: new.made_by,
        actor: actor.label(),
        chosen: Chosen::default(),
    };
    let terms =
        dynamic::Terms { label: new.label, product_id, title, expires_at: new.expires_at, metadata: new.metadata };
    let Placed { link, .. } = dynamic::open(tx, services, merchant, order, terms).await?;
    Ok(link)
}
