//! The demo shop's catalog, people and pictures, read from the files beside this one.

use domain::{
    CategoryId, Currency, Lang, Localized,
    product::{DonationTerms, ProductKind},
    question::{Choices, QuestionKind},
};
use serde::Deserialize;

use crate::{
    catalog::{ProductInput, questions::QuestionInput, variants::VariantInput},
    failure::Outcome,
    shop::{HandingOver, NewMerchant},
};

const SHOP: &str = include_str!("content/shop.json");
pub(super) const SHOP_PICTURE: &[u8] = include_bytes!("content/pictures/shop.jpg");

#[derive(Deserialize)]
pub(crate) struct Content {
    pub(crate) shop: Shop,
    pub(crate) products: Vec<SeedProduct>,
    pub(crate) customers: Vec<SeedCustomer>,
    /// Labels of fixed links.
    pub(crate) links: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Shop {
    pub(super) name: Localized,
    about: Localized,
    policy: Localized,
    pickup_address: Localized,
    delivery_note: Localized,
}

#[derive(Deserialize)]
pub(crate) struct SeedProduct {
    pub(super) kind: ProductKind,
    pub(super) category: Localized,
    sku: String,
    name: Localized,
    text: Localized,
    #[serde(default)]
    price_minor: Option<i64>,
    #[serde(default)]
    compare_at_minor: Option<i64>,
    #[serde(default)]
    stock: Option<i64>,
    #[serde(default)]
    donation: Option<DonationTerms>,
    delivery: Localized,
    digital_goods: bool,
    visible: bool,
    pub(super) picture: String,
    #[serde(default)]
    pub(super) times: Option<SeedTimes>,
    /// Access codes in its pool.
    #[serde(default)]
    pub(super) codes: usize,
    #[serde(default)]
    pub(super) variants: Vec<SeedVariant>,
    #[serde(default)]
    pub(super) questions: Vec<SeedQuestion>,
}

#[derive(Deserialize)]
pub(super) struct SeedVariant {
    name: Localized,
    price_minor: i64,
    #[serde(default)]
    compare_at_minor: Option<i64>,
    stock: i64,
}

#[derive(Deserialize)]
pub(super) struct SeedQuestion {
    kind: QuestionKind,
    words: Localized,
    #[serde(default)]
    choices: Vec<Localized>,
    required: bool,
}

/// A booking's week, as in [`domain::timetable::Timetable`].
#[derive(Deserialize)]
pub(crate) struct SeedTimes {
    pub(super) weekdays: [bool; 7],
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) every: i64,
    pub(super) minutes: i64,
    pub(super) places: i64,
}

#[derive(Deserialize)]
pub(crate) struct SeedCustomer {
    pub(crate) name: String,
    #[serde(default)]
    pub(super) username: Option<String>,
    pub(crate) language: Lang,
    pub(super) telegram_user_id: i64,
}

pub(crate) fn read() -> Outcome<Content> {
    Ok(serde_json::from_str(SHOP)?)
}

impl Shop {
    /// Picked up at the studio, or brought; large orders for nothing.
    pub(super) fn handing_over(&self) -> HandingOver {
        HandingOver {
            pickup: true,
            pickup_address: self.pickup_address.clone(),
            delivery: true,
            delivery_minor: 100_000,
            delivery_free_from_minor: Some(2_000_000),
            delivery_note: self.delivery_note.clone(),
        }
    }

    pub(crate) fn as_new(&self) -> NewMerchant {
        NewMerchant {
            name: self.name.clone(),
            about: self.about.clone(),
            policy: self.policy.clone(),
            currency: Currency::Amd,
            utc_offset_minutes: 240,
            language: Lang::Hy,
            checkout_minutes: 60,
        }
    }
}

impl SeedProduct {
    pub(crate) fn as_input(&self, category: Option<CategoryId>) -> ProductInput {
        ProductInput {
            kind: self.kind,
            name: self.name.clone(),
            text: self.text.clone(),
            category,
            sku: Some(self.sku.clone()),
            delivery: self.delivery.clone(),
            price_minor: self.price_minor,
            compare_at_minor: self.compare_at_minor,
            donation: self.donation.clone(),
            stock: self.stock,
            digital_goods: self.digital_goods,
            visible: self.visible,
        }
    }
}

impl SeedVariant {
    pub(super) fn as_input(&self) -> VariantInput {
        VariantInput {
            name: self.name.clone(),
            price_minor: self.price_minor,
            compare_at_minor: self.compare_at_minor,
            stock: Some(self.stock),
            hidden: false,
        }
    }
}

impl SeedQuestion {
    pub(super) fn as_input(&self) -> QuestionInput {
        QuestionInput {
            kind: self.kind,
            words: self.words.clone(),
            choices: Choices(self.choices.clone()),
            required: self.required,
        }
    }
}

/// The drawn picture of a product.
pub(super) fn picture(file: &str) -> Option<&'static [u8]> {
    let bytes: &[u8] = match file {
        "coffee.jpg" => include_bytes!("content/pictures/coffee.jpg"),
        "jezve.jpg" => include_bytes!("content/pictures/jezve.jpg"),
        "herbs.jpg" => include_bytes!("content/pictures/herbs.jpg"),
        "cup.jpg" => include_bytes!("content/pictures/cup.jpg"),
        "bowl.jpg" => include_bytes!("content/pictures/bowl.jpg"),
        "vase.jpg" => include_bytes!("content/pictures/vase.jpg"),
        "lesson.jpg" => include_bytes!("content/pictures/lesson.jpg"),
        "kids.jpg" => include_bytes!("content/pictures/kids.jpg"),
        "tasting.jpg" => include_bytes!("content/pictures/tasting.jpg"),
        "design.jpg" => include_bytes!("content/pictures/design.jpg"),
        "course.jpg" => include_bytes!("content/pictures/course.jpg"),
        "recipes.jpg" => include_bytes!("content/pictures/recipes.jpg"),
        "club.jpg" => include_bytes!("content/pictures/club.jpg"),
        "donation.jpg" => include_bytes!("content/pictures/donation.jpg"),
        "glaze.jpg" => include_bytes!("content/pictures/glaze.jpg"),
        _ => return None,
    };
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_has_its_picture_and_all_kinds_are_there() {
        let content = read().unwrap();
        assert!(content.products.iter().all(|product| picture(&product.picture).is_some()));
        assert!(ProductKind::ALL.iter().all(|kind| content.products.iter().any(|product| product.kind == *kind)));
    }
}
