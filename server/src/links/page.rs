//! What a customer sees when opening a link.

use domain::{
    AccountId, Day, FileId, Lang, Localized, MerchantId, Moment, Money, OrderId,
    link::{self, LinkClosed, LinkKind},
    product::{DonationTerms, ProductKind, max_quantity},
};

use super::{Link, store};
use crate::{
    catalog::{
        self,
        slots::{self, Slot},
    },
    failure::{Outcome, Refusal},
    orders, payments,
    services::Services,
    shop::{self, Merchant},
};

/// A way to pay.
#[derive(Clone, Debug)]
pub struct Method {
    pub account: AccountId,
    pub name: String,
}

/// Everything the page of a link says.
#[derive(Clone, Debug)]
pub struct LinkPage {
    pub link: Link,
    pub shop_name: Localized,
    pub shop_policy: Localized,
    pub shop_picture: Option<FileId>,
    pub title: Localized,
    pub text: Localized,
    pub picture: Option<FileId>,
    /// None: the customer names the sum, within `donation`.
    pub amount: Option<Money>,
    pub donation: Option<DonationTerms>,
    /// The times to choose among, where one must be chosen.
    pub slots: Option<Vec<Slot>>,
    pub lines: Vec<orders::Line>,
    pub order: Option<OrderId>,
    pub order_language: Option<Lang>,
    pub methods: Vec<Method>,
    /// Why it does not lead to checkout now.
    pub closed: Option<LinkClosed>,
    pub utc_offset_minutes: i32,
    pub now: Moment,
}

/// Opens a link by its code and counts the opening.
///
/// # Errors
/// `not_found` for an unknown code.
pub async fn open(services: &Services, code: &str) -> Outcome<LinkPage> {
    let link = store::by_code(services.db.read(), code).await?.ok_or_else(Refusal::not_found)?;
    let shop = shop::get(&services.db, &link.merchant_id).await?;
    let (own, day) = (link.clone(), Day::of(services.clock.now(), shop.utc_offset_minutes));
    services.db.write_quietly(move |tx| async move { store::count_opening(&*tx, &own, day).await }).await?;
    describe(services, shop, link).await
}

async fn describe(services: &Services, shop: Merchant, link: Link) -> Outcome<LinkPage> {
    let (db, merchant): (_, MerchantId) = (&services.db, link.merchant_id.clone());
    let product = match &link.product_id {
        Some(id) => catalog::store::get(db.read(), &merchant, id).await?,
        None => None,
    };
    let whole = match &link.order_id {
        Some(id) => Some(orders::get(db, &merchant, id).await?),
        None => None,
    };
    let now = services.clock.now();
    let mut closed = link::open(&link.state(), now).err();
    let slots = match &product {
        Some(product) if product.kind == ProductKind::Booking && whole.is_none() => {
            slots::free(db, &merchant, &product.id, now).await?
        }
        _ => None,
    };
    if let (None, LinkKind::Fixed, Some(product)) = (closed, link.kind, &product) {
        let no_time = slots.as_ref().is_some_and(Vec::is_empty);
        let sold_out = no_time || max_quantity(product.kind, product.stock) == 0;
        closed = (sold_out || !product.visible).then_some(LinkClosed::NotAvailable);
    }
    let amount = match (&whole, &product) {
        (Some(whole), _) => Some(whole.order.amount()),
        (None, Some(product)) if product.kind == ProductKind::Donation => None,
        (None, Some(product)) => product.price_minor.map(|minor| Money::new(minor, shop.currency)),
        (None, None) => link.amount(),
    };
    let free_title = link.title.as_deref().map(Localized::same);
    let title =
        whole.as_ref().map(orders::Whole::title).or(free_title).or_else(|| product.as_ref().map(|p| p.name.clone()));
    Ok(LinkPage {
        shop_name: shop.name,
        shop_policy: shop.policy,
        shop_picture: shop.picture_id,
        title: title.unwrap_or_default(),
        text: product.as_ref().map(|p| p.text.clone()).unwrap_or_default(),
        picture: product.as_ref().and_then(|p| p.photo_id.clone()),
        amount,
        slots,
        donation: product.filter(|_| whole.is_none()).and_then(|p| p.donation),
        order: link.order_id.clone(),
        order_language: whole.as_ref().map(|whole| whole.order.language),
        lines: whole.map(|whole| whole.lines).unwrap_or_default(),
        methods: payments::methods(db, &merchant).await?,
        closed,
        utc_offset_minutes: shop.utc_offset_minutes,
        now,
        link,
    })
}
