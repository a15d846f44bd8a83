//! What a customer sees when opening a link.

use domain::{
    AccountId, Day, FileId, Lang, Localized, MerchantId, Moment, Money, OrderId,
    hours::Hours,
    link::{self, LinkClosed, LinkKind},
    product::{DonationTerms, ProductKind, max_quantity},
};

use super::{Link, store};
use crate::{
    catalog::{
        self, Product,
        questions::{self, Question},
        slots::{self, Slot},
        variants::{self, Variant},
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
    pub shop_hours: Hours,
    pub shop_language: Lang,
    /// Those the shop offers.
    pub languages: Vec<Lang>,
    pub shop_picture: Option<FileId>,
    pub title: Localized,
    pub text: Localized,
    pub picture: Option<FileId>,
    /// Of the product, where there is one.
    pub kind: Option<ProductKind>,
    /// None: the customer names the sum within `donation`, or chooses among `choices`.
    pub amount: Option<Money>,
    /// What it used to cost.
    pub compare_at: Option<Money>,
    /// What one chooses among, and what is asked, before an order is made.
    pub choices: Choices,
    pub donation: Option<DonationTerms>,
    pub lines: Vec<orders::Line>,
    pub order: Option<OrderId>,
    pub order_language: Option<Lang>,
    /// The way to pay that was chosen with the order.
    pub order_account: Option<AccountId>,
    pub methods: Vec<Method>,
    /// Why it does not lead to checkout now.
    pub closed: Option<LinkClosed>,
    pub utc_offset_minutes: i32,
    pub now: Moment,
}

/// What a customer chooses and answers before an order is made.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// The variants on sale, sold out ones too; none where the product has no variants.
    pub variants: Option<Vec<Variant>>,
    /// The times, where one must be chosen.
    pub slots: Option<Vec<Slot>>,
    pub questions: Vec<Question>,
}

impl LinkPage {
    /// The language to speak to somebody who would like `wanted`.
    #[must_use]
    pub fn speaks(&self, wanted: Lang) -> Lang {
        if self.languages.contains(&wanted) { wanted } else { self.shop_language }
    }
}

impl Choices {
    /// # Errors
    /// When the database does not answer.
    pub async fn of(services: &Services, product: &Product, now: Moment) -> Outcome<Self> {
        let (db, merchant, id) = (&services.db, &product.merchant_id, &product.id);
        let all = variants::list(db, merchant, id).await?;
        let has_variants = !all.is_empty();
        Ok(Self {
            variants: has_variants.then(|| all.into_iter().filter(|variant| !variant.hidden).collect()),
            slots: match product.kind {
                ProductKind::Booking => slots::free(db, merchant, id, now).await?,
                _ => None,
            },
            questions: questions::list(db, merchant, id).await?,
        })
    }

    /// Whether there is still something to be had.
    fn leave_any(&self, product: &Product) -> bool {
        let stock = match &self.variants {
            Some(variants) => variants.iter().any(|variant| variant.most(product.kind) > 0),
            None => max_quantity(product.kind, product.stock) > 0,
        };
        stock && !self.slots.as_ref().is_some_and(Vec::is_empty)
    }
}

/// Opens a link by its code and counts the opening.
///
/// # Errors
/// `not_found` for an unknown code.
pub async fn open(services: &Services, code: &str) -> Outcome<LinkPage> {
    let link = store::by_code(services.db.read(), code).await?.ok_or_else(Refusal::not_found)?;
    let shop = shop::get(&services.db, &link.merchant_id).await?;
    let (own, now) = (link.clone(), services.clock.now());
    let day = Day::of(now, shop.utc_offset_minutes);
    services.db.write_quietly(move |tx| async move { store::count_opening(&*tx, &own, day, now).await }).await?;
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
    let choices = match &product {
        Some(product) if whole.is_none() => Choices::of(services, product, now).await?,
        _ => Choices::default(),
    };
    if let (None, LinkKind::Fixed, Some(product)) = (closed, link.kind, &product) {
        closed = (!product.visible || !choices.leave_any(product)).then_some(LinkClosed::NotAvailable);
    }
    let money = |minor: i64| Money::new(minor, shop.currency);
    let amount = match (&whole, &product) {
        (Some(whole), _) => Some(whole.order.amount()),
        (None, Some(product)) if product.kind == ProductKind::Donation || choices.variants.is_some() => None,
        (None, Some(product)) => product.price_minor.map(money),
        (None, None) => link.amount(),
    };
    let plain = product.as_ref().filter(|_| whole.is_none() && choices.variants.is_none());
    let compare_at = plain.and_then(|product| product.compare_at_minor).map(money);
    let free_title = link.title.as_deref().map(Localized::same);
    let title =
        whole.as_ref().map(orders::Whole::title).or(free_title).or_else(|| product.as_ref().map(|p| p.name.clone()));
    let (shop_hours, languages) = (shop.open_hours(), shop.offered());
    Ok(LinkPage {
        shop_name: shop.name,
        shop_hours,
        shop_language: shop.language,
        languages,
        shop_policy: shop.policy,
        shop_picture: shop.picture_id,
        title: title.unwrap_or_default(),
        text: product.as_ref().map(|p| p.text.clone()).unwrap_or_default(),
        picture: product.as_ref().and_then(|p| p.photo_id.clone()),
        kind: product.as_ref().map(|p| p.kind),
        amount,
        compare_at,
        choices,
        donation: product.filter(|_| whole.is_none()).and_then(|p| p.donation),
        order: link.order_id.clone(),
        order_language: whole.as_ref().map(|whole| whole.order.language),
        order_account: whole.as_ref().and_then(|whole| whole.order.account_id.clone()),
        lines: whole.map(|whole| whole.lines).unwrap_or_default(),
        methods: payments::methods(db, &merchant).await?,
        closed,
        utc_offset_minutes: shop.utc_offset_minutes,
        now,
        link,
    })
}
