//! What anybody may look at: the shelf and a product's card, of a bot that is on.

use std::collections::BTreeSet;

use domain::{BotId, CategoryId, FileId, ProductId};

use crate::{
    bots::{self, Bot},
    catalog::{self, Product, categories, categories::Category, variants},
    failure::{Outcome, Refusal},
    links::Choices,
    services::Services,
    shop::{self, Merchant},
};

/// Products on one page of the shelf.
pub const PER_PAGE: usize = 24;

/// Where on the shelf one stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// A category; none: what stands outside of all. Without a word, the first that holds something.
    pub category: Option<Option<CategoryId>>,
    pub page: usize,
}

/// A page of the shelf.
pub struct Shelf {
    pub bot: Bot,
    pub shop: Merchant,
    /// Those that hold something.
    pub categories: Vec<Category>,
    /// Products stand outside of all of them.
    pub others: bool,
    pub place: Place,
    pub items: Vec<Item>,
    pub more: bool,
}

pub struct Item {
    pub product: Product,
    /// The least price of its variants on sale, where it has variants.
    pub from_minor: Option<i64>,
    /// None of it can be had now.
    pub sold_out: bool,
}

/// The bot and its shop.
///
/// # Errors
/// `not_found` for a bot that is unknown or switched off.
pub async fn host(services: &Services, bot: &BotId) -> Outcome<(Bot, Merchant)> {
    let bot = bots::get(services, bot).await?;
    let shop = shop::get(&services.db, &bot.merchant).await?;
    Ok((bot, shop))
}

/// # Errors
/// `not_found` for a bot that is unknown or switched off.
pub async fn shelf(services: &Services, bot: &BotId, place: Place) -> Outcome<Shelf> {
    let (bot, shop) = host(services, bot).await?;
    let (db, merchant) = (&services.db, &bot.merchant);
    let (categories, others) = categories::filled(db, merchant).await?;
    let known = |wanted: &Option<CategoryId>| match wanted {
        None => others,
        Some(id) => categories.iter().any(|category| category.id == *id),
    };
    // One that was taken away, or stands empty by now, is passed over.
    let first = categories.first().map(|category| category.id.clone());
    let category = place.category.clone().filter(known).unwrap_or(first);
    let all = catalog::visible_in_category(db, merchant, category.clone()).await?;
    let begin = place.page.saturating_mul(PER_PAGE).min(all.len());
    let more = all.len().saturating_sub(begin) > PER_PAGE;
    let products: Vec<_> = all.into_iter().skip(begin).take(PER_PAGE).collect();
    let items = items(services, &bot, products).await?;
    let place = Place { category: Some(category), page: place.page };
    Ok(Shelf { bot, shop, categories, others, place, items, more })
}

async fn items(services: &Services, bot: &Bot, products: Vec<Product>) -> Outcome<Vec<Item>> {
    let ids: BTreeSet<ProductId> = products.iter().map(|product| product.id.clone()).collect();
    let all = variants::of_products(&services.db, &bot.merchant, ids).await?;
    let item = |product: Product| {
        let own: Vec<_> = all.iter().filter(|variant| variant.product_id == product.id).collect();
        let on_sale = own.iter().filter(|variant| !variant.hidden);
        let sold_out = match own.is_empty() {
            true => domain::product::max_quantity(product.kind, product.stock) == 0,
            false => own.iter().all(|variant| variant.most(product.kind) == 0),
        };
        Item { from_minor: on_sale.map(|variant| variant.price_minor).min(), sold_out, product }
    };
    Ok(products.into_iter().map(item).collect())
}

/// A product with what there is to choose and to answer.
pub struct Card {
    pub bot: Bot,
    pub shop: Merchant,
    pub product: Product,
    /// The first one first.
    pub photos: Vec<FileId>,
    pub choices: Choices,
}

impl Card {
    /// How many can be had at once.
    #[must_use]
    pub fn most(&self) -> i64 {
        let kind = self.product.kind;
        let most = match &self.choices.variants {
            Some(variants) => variants.iter().map(|variant| variant.most(kind)).max().unwrap_or(0),
            None => domain::product::max_quantity(kind, self.product.stock),
        };
        let places = self.choices.slots.as_ref().map(|slots| slots.iter().map(|slot| slot.left()).max().unwrap_or(0));
        places.map_or(most, |places| most.min(places))
    }
}

/// # Errors
/// `not_found` for a bot that is unknown or switched off, for another merchant's product and one that is not on sale.
pub async fn card(services: &Services, bot: &BotId, product: &ProductId) -> Outcome<Card> {
    let (bot, shop) = host(services, bot).await?;
    let product = catalog::get(&services.db, &bot.merchant, product).await?;
    if !product.visible {
        return Err(Refusal::not_found().into());
    }
    let choices = Choices::of(services, &product, services.clock.now()).await?;
    let photos = catalog::gallery::list(&services.db, &product).await?;
    Ok(Card { bot, shop, product, photos, choices })
}
