//! What may be written about a product, and which of it is sound. Knows no database.

use domain::{
    CategoryId, Currency, Localized, Money, limits,
    product::{DonationTerms, ProductKind},
};
use serde::Serialize;

use super::Product;
use crate::failure::{self, Refusal};

/// Everything staff write about a product, but its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProductInput {
    pub kind: ProductKind,
    pub name: Localized,
    pub text: Localized,
    pub category: Option<CategoryId>,
    /// The shop's own code, unique in it.
    pub sku: Option<String>,
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
            category: product.category_id.clone(),
            sku: product.sku.clone(),
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

pub(super) fn trimmed(text: &Localized) -> Localized {
    Localized { hy: text.hy.trim().to_owned(), ru: text.ru.trim().to_owned(), en: text.en.trim().to_owned() }
}

pub(super) fn within(field: &'static str, text: &Localized, max: usize) -> Result<(), Refusal> {
    if text.longest() > max { Err(Refusal::field(field, "too_long").with("max", max)) } else { Ok(()) }
}

/// A name: in one language at least.
pub(super) fn named(name: &Localized) -> Result<Localized, Refusal> {
    let name = trimmed(name);
    if name.is_empty() {
        return Err(Refusal::field("name", "required"));
    }
    within("name", &name, limits::NAME)?;
    Ok(name)
}

fn out_of_range(field: &'static str, currency: Currency) -> Refusal {
    Refusal::field(field, "amount_out_of_range").with("max", Money::new(limits::AMOUNT_MINOR, currency))
}

pub(super) fn price(minor: i64, currency: Currency) -> Result<(), Refusal> {
    if (1..=limits::AMOUNT_MINOR).contains(&minor) { Ok(()) } else { Err(out_of_range("price", currency)) }
}

pub(super) fn compare_at(price: Option<i64>, before: Option<i64>, currency: Currency) -> Result<(), Refusal> {
    match (price, before) {
        (Some(price), Some(before)) if before <= price => {
            Err(Refusal::field("compare_at", "compare_at_not_above_price"))
        }
        (_, Some(before)) if before > limits::AMOUNT_MINOR => Err(out_of_range("compare_at", currency)),
        _ => Ok(()),
    }
}

/// The most that can be counted.
const STOCK: i64 = 1_000_000;

pub(super) fn stock(kind: ProductKind, stock: Option<i64>) -> Result<(), Refusal> {
    match stock {
        Some(_) if kind != ProductKind::Goods => Err(Refusal::field("stock", "stock_only_for_goods")),
        Some(stock) if !(0..=STOCK).contains(&stock) => {
            Err(Refusal::field("stock", "out_of_range").with("min", 0).with("max", STOCK))
        }
        _ => Ok(()),
    }
}

/// The stock after a form was saved that had been filled from `shown`: its change is made on top of what is there now.
/// What nobody could have meant stays as it was typed, to be refused.
pub(super) fn merged(now: Option<i64>, shown: Option<i64>, typed: Option<i64>) -> Option<i64> {
    match (now, shown, typed) {
        (Some(now), Some(shown), Some(typed)) if (0..=STOCK).contains(&typed) => {
            Some(now.saturating_add(typed.saturating_sub(shown)).max(0))
        }
        (_, _, typed) => typed,
    }
}

impl ProductInput {
    /// # Errors
    /// The first field that is wrong.
    pub(super) fn checked(mut self, currency: Currency) -> Result<Self, Refusal> {
        self.name = named(&self.name)?;
        (self.text, self.delivery) = (trimmed(&self.text), trimmed(&self.delivery));
        within("text", &self.text, limits::TEXT)?;
        within("delivery", &self.delivery, limits::TEXT)?;
        let sku = self.sku.as_deref().map(|sku| failure::text("sku", sku, limits::SKU)).transpose()?;
        self.sku = sku.filter(|sku| !sku.is_empty());
        self.check_price(currency)?;
        stock(self.kind, self.stock)?;
        Ok(self)
    }

    fn check_price(&self, currency: Currency) -> Result<(), Refusal> {
        match (self.kind, self.price_minor, &self.donation) {
            (ProductKind::Donation, None, Some(terms)) if terms.is_sound() => {}
            (ProductKind::Donation, Some(_), _) => return Err(Refusal::field("price", "donation_has_no_price")),
            (ProductKind::Donation, None, _) => return Err(Refusal::field("donation", "donation_terms_wrong")),
            (_, None, _) => return Err(Refusal::field("price", "required")),
            (_, _, Some(_)) => return Err(Refusal::field("donation", "donation_terms_only_for_donations")),
            (_, Some(minor), None) => price(minor, currency)?,
        }
        compare_at(self.price_minor, self.compare_at_minor, currency)
    }

    pub(super) fn into_product(self, to: Product) -> Product {
        Product {
            kind: self.kind,
            name: self.name,
            text: self.text,
            category_id: self.category,
            sku: self.sku,
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

/// A change of some fields; what is `None` stays as it is when the change is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductPatch {
    pub name: Option<Localized>,
    pub text: Option<Localized>,
    pub delivery: Option<Localized>,
    /// `Some(None)` takes the category away; so it is with the next five.
    pub category: Option<Option<CategoryId>>,
    pub sku: Option<Option<String>>,
    pub price_minor: Option<Option<i64>>,
    pub compare_at_minor: Option<Option<i64>>,
    pub donation: Option<Option<DonationTerms>>,
    pub stock: Option<Option<i64>>,
    pub digital_goods: Option<bool>,
    pub visible: Option<bool>,
}

impl ProductPatch {
    pub(super) fn over(self, old: ProductInput) -> ProductInput {
        ProductInput {
            kind: old.kind,
            name: self.name.unwrap_or(old.name),
            text: self.text.unwrap_or(old.text),
            category: self.category.unwrap_or(old.category),
            sku: self.sku.unwrap_or(old.sku),
            delivery: self.delivery.unwrap_or(old.delivery),
            price_minor: self.price_minor.unwrap_or(old.price_minor),
            compare_at_minor: self.compare_at_minor.unwrap_or(old.compare_at_minor),
            donation: self.donation.unwrap_or(old.donation),
            stock: self.stock.unwrap_or(old.stock),
            digital_goods: self.digital_goods.unwrap_or(old.digital_goods),
            visible: self.visible.unwrap_or(old.visible),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goods() -> ProductInput {
        ProductInput {
            kind: ProductKind::Goods,
            name: Localized::same(" Coffee "),
            text: Localized::default(),
            category: None,
            sku: None,
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
        assert_eq!(goods().checked(Currency::Amd).unwrap().name, Localized::same("Coffee"));
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
            assert_eq!(input.clone().checked(Currency::Amd).unwrap_err().field, Some(field), "{input:?}");
        }
    }

    #[test]
    fn a_typed_stock_is_a_change_of_what_the_form_showed() {
        let table = [
            // now, shown, typed, then
            (Some(3), Some(5), Some(7), Some(5)),
            (Some(1), Some(5), Some(0), Some(0)),
            (None, Some(5), Some(7), Some(7)),
            (Some(3), None, Some(7), Some(7)),
            (Some(3), Some(5), None, None),
            (Some(3), Some(5), Some(i64::MAX), Some(i64::MAX)),
            (Some(3), Some(i64::MIN), Some(7), Some(i64::MAX)),
        ];
        for (now, shown, typed, then) in table {
            assert_eq!(merged(now, shown, typed), then, "{now:?} {shown:?} {typed:?}");
        }
        assert!(stock(ProductKind::Goods, Some(i64::MAX)).is_err());
    }

    #[test]
    fn a_limit_is_said_in_the_money_of_the_shop() {
        let dear = ProductInput { price_minor: Some(i64::MAX), ..goods() };
        let refusal = dear.checked(Currency::Rub).unwrap_err();
        assert_eq!(refusal.values, [("max", Money::new(limits::AMOUNT_MINOR, Currency::Rub).to_string())]);
    }

    #[test]
    fn a_patch_leaves_what_it_does_not_name() {
        let patch = ProductPatch { stock: Some(None), visible: Some(false), ..ProductPatch::default() };
        assert_eq!(patch.over(goods()), ProductInput { stock: None, visible: false, ..goods() });
        assert_eq!(ProductPatch::default().over(goods()), goods());
    }
}
