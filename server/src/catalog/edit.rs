//! Making and changing products.

use domain::{
    Localized, MerchantId, Money, ProductId, limits,
    product::{DonationTerms, ProductKind},
    role::{Actor, Permission},
};
use serde::Serialize;

use super::{Product, photo, store};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// Everything staff write about a product, but its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProductInput {
    pub kind: ProductKind,
    pub name: Localized,
    pub text: Localized,
    pub category: Localized,
    /// What the customer gets to read after paying.
    pub delivery: Localized,
    /// None for donations only.
    pub price_minor: Option<i64>,
    pub compare_at_minor: Option<i64>,
    pub donation: Option<DonationTerms>,
    /// None: not counted.
    pub stock: Option<i64>,
    pub digital_goods: bool,
    pub visible: bool,
}

impl From<&Product> for ProductInput {
    fn from(product: &Product) -> Self {
        Self {
            kind: product.kind,
            name: product.name.clone(),
            text: product.text.clone(),
            category: product.category.clone(),
            delivery: product.delivery.clone(),
            price_minor: product.price_minor,
            compare_at_minor: product.compare_at_minor,
            donation: product.donation.clone(),
            stock: product.stock,
            digital_goods: product.digital_goods,
            visible: product.visible,
        }
    }
}

fn trimmed(text: &Localized) -> Localized {
    Localized { hy: text.hy.trim().to_owned(), ru: text.ru.trim().to_owned(), en: text.en.trim().to_owned() }
}

fn within(field: &'static str, text: &Localized, max: usize) -> Result<(), Refusal> {
    if text.longest() > max { Err(Refusal::field(field, "too_long").with("max", max)) } else { Ok(()) }
}

impl ProductInput {
    /// # Errors
    /// The first field that is wrong.
    fn checked(mut self) -> Result<Self, Refusal> {
        for text in [&mut self.name, &mut self.text, &mut self.category, &mut self.delivery] {
            *text = trimmed(text);
        }
        if self.name.is_empty() {
            return Err(Refusal::field("name", "required"));
        }
        within("name", &self.name, limits::NAME)?;
        within("category", &self.category, limits::NAME)?;
        within("text", &self.text, limits::TEXT)?;
        within("delivery", &self.delivery, limits::TEXT)?;
        self.check_price()?;
        match self.stock {
            Some(_) if self.kind != ProductKind::Goods => Err(Refusal::field("stock", "stock_only_for_goods")),
            Some(stock) if !(0..=1_000_000).contains(&stock) => {
                Err(Refusal::field("stock", "out_of_range").with("min", 0).with("max", 1_000_000))
            }
            _ => Ok(self),
        }
    }

    fn check_price(&self) -> Result<(), Refusal> {
        let too_much = || Money::amd(limits::AMOUNT_MINOR);
        match (self.kind, self.price_minor, &self.donation) {
            (ProductKind::Donation, None, Some(terms)) if terms.is_sound() => {}
            (ProductKind::Donation, Some(_), _) => return Err(Refusal::field("price", "donation_has_no_price")),
            (ProductKind::Donation, None, _) => return Err(Refusal::field("donation", "donation_terms_wrong")),
            (_, None, _) => return Err(Refusal::field("price", "required")),
            (_, _, Some(_)) => return Err(Refusal::field("donation", "donation_terms_only_for_donations")),
            (_, Some(price), None) if !(1..=limits::AMOUNT_MINOR).contains(&price) => {
                return Err(Refusal::field("price", "amount_out_of_range").with("max", too_much()));
            }
            _ => {}
        }
        match (self.price_minor, self.compare_at_minor) {
            (Some(price), Some(before)) if before <= price => {
                Err(Refusal::field("compare_at", "compare_at_not_above_price"))
            }
            (_, Some(before)) if before > limits::AMOUNT_MINOR => {
                Err(Refusal::field("compare_at", "amount_out_of_range").with("max", too_much()))
            }
            _ => Ok(()),
        }
    }

    fn into_product(self, to: Product) -> Product {
        Product {
            kind: self.kind,
            name: self.name,
            text: self.text,
            category: self.category,
            delivery: self.delivery,
            price_minor: self.price_minor,
            compare_at_minor: self.compare_at_minor,
            donation: self.donation,
            stock: self.stock,
            digital_goods: self.digital_goods || self.kind.is_digital(),
            visible: self.visible,
            ..to
        }
    }
}

fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditCatalog) { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// # Errors
/// `forbidden`, and refusals that name the wrong field.
pub async fn create(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    input: ProductInput,
) -> Outcome<Product> {
    may_edit(actor)?;
    let input = input.checked()?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let now = own.clock.now();
            let blank = Product {
                id: own.clock.id(),
                merchant_id: merchant.clone(),
                kind: input.kind,
                name: Localized::default(),
                text: Localized::default(),
                category: Localized::default(),
                delivery: Localized::default(),
                price_minor: None,
                compare_at_minor: None,
                donation: None,
                stock: None,
                photo_id: None,
                digital_goods: false,
                visible: false,
                position: store::last_position(&*tx, &merchant).await? + 1,
                created_at: now,
                updated_at: now,
            };
            let after = serde_json::to_value(&input)?;
            let product = input.into_product(blank);
            store::insert(&*tx, product.clone()).await?;
            let id = product.id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "product_created", id, None, Some(after)).await?;
            Ok(product)
        })
        .await
}

/// # Errors
/// `forbidden`, `not_found`, and refusals that name the wrong field.
pub async fn update(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    input: ProductInput,
) -> Outcome<Product> {
    may_edit(actor)?;
    let input = input.checked()?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let before = serde_json::to_value(ProductInput::from(&old))?;
            let after = serde_json::to_value(&input)?;
            let product = Product { updated_at: own.clock.now(), ..input.into_product(old) };
            store::save(&*tx, product.clone()).await?;
            audit::record(
                &tx,
                &own.clock,
                &merchant,
                &actor,
                "product_changed",
                id.as_str(),
                Some(before),
                Some(after),
            )
            .await?;
            Ok(product)
        })
        .await
}

/// Gives the product a picture: JPEG, PNG or WebP.
///
/// # Errors
/// `forbidden`, `not_found`, `photo_too_large`, `photo_kind_unknown`.
pub async fn set_photo(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    bytes: Vec<u8>,
) -> Outcome<()> {
    may_edit(actor)?;
    store::get(services.db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let picture = photo::keep_picture(services, merchant, bytes).await?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            store::set_photo(&*tx, &id, &picture, own.clock.now()).await?;
            let after = serde_json::json!({ "photo": picture });
            audit::record(&tx, &own.clock, &merchant, &actor, "product_changed", id.as_str(), None, Some(after)).await
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goods() -> ProductInput {
        ProductInput {
            kind: ProductKind::Goods,
            name: Localized::same(" Coffee "),
            text: Localized::default(),
            category: Localized::default(),
            delivery: Localized::default(),
            price_minor: Some(450_000),
            compare_at_minor: None,
            donation: None,
            stock: Some(3),
            digital_goods: false,
            visible: true,
        }
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert_eq!(goods().checked().unwrap().name, Localized::same("Coffee"));
        let terms = DonationTerms { suggested_minor: vec![], min_minor: 100, max_minor: 200 };
        let table = [
            (ProductInput { name: Localized::same("  "), ..goods() }, "name"),
            (ProductInput { name: Localized::same(&"ա".repeat(61)), ..goods() }, "name"),
            (ProductInput { price_minor: None, ..goods() }, "price"),
            (ProductInput { price_minor: Some(0), ..goods() }, "price"),
            (ProductInput { compare_at_minor: Some(450_000), ..goods() }, "compare_at"),
            (ProductInput { stock: Some(-1), ..goods() }, "stock"),
            (ProductInput { kind: ProductKind::Service, ..goods() }, "stock"),
            (ProductInput { donation: Some(terms), ..goods() }, "donation"),
            (ProductInput { kind: ProductKind::Donation, price_minor: None, stock: None, ..goods() }, "donation"),
            (ProductInput { kind: ProductKind::Donation, stock: None, ..goods() }, "price"),
        ];
        for (input, field) in table {
            assert_eq!(input.clone().checked().unwrap_err().field, Some(field), "{input:?}");
        }
    }
}
