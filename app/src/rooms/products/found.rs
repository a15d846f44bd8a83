//! The shelf of products and the form of one, between words and the catalog.

use domain::{
    CategoryId, Money, ProductId, limits,
    product::{DonationTerms, ProductKind},
    role::Permission,
};
use serde::Deserialize;
use server::{
    calls,
    catalog::{
        self, Edited, Filter, Picture, Price, Product, ProductInput, attachment, categories, gallery, questions,
        variants::{self, Variant},
    },
    clubs, codes,
    failure::{Outcome, Refusal},
};

use crate::{
    badge::Badge,
    rooms::{
        PAGE,
        kept::Kept,
        links::asked_for,
        paged,
        place::Place,
        typed::{Typed, sum, typed},
    },
    ui::Tone,
    web::{Desk, Upload},
};

/// What the shelf is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    /// A kind, or `hidden`.
    shelf: String,
    category: String,
    /// Position and id of the last product of the page before.
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[("q", &self.q), ("shelf", &self.shelf), ("category", &self.category)], &self.before)
    }
}

pub(super) struct ProductCard {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) note: String,
    pub(super) price: String,
    pub(super) was: Option<String>,
    pub(super) picture: Option<String>,
    /// Sold out, or hidden.
    pub(super) mark: Option<Badge>,
    pub(super) hidden: bool,
}

pub(super) struct Found {
    pub(super) cards: Vec<ProductCard>,
    pub(super) next: Option<String>,
    pub(super) kept: Vec<Kept>,
    pub(super) may_edit: bool,
    /// Of what is listed something is digital, and nobody of the shop has taken note of Telegram's rule.
    pub(super) stars: bool,
}

/// A product whose form is shown.
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) picture: Option<String>,
    /// Telegram's rule concerns it, and nobody of the shop has taken note of that.
    pub(super) stars: bool,
    /// A booking has times.
    pub(super) has_times: bool,
    /// How many of each it has, and whether it may have variants.
    pub(super) photos: usize,
    pub(super) variants: usize,
    pub(super) questions: usize,
    pub(super) may_vary: bool,
    /// It lets into a chat, or could.
    pub(super) club: bool,
    /// Of a digital product: whether it has a file.
    pub(super) file: Option<bool>,
    /// Of a digital product: how many access codes are left in its pool, and whether they are few.
    pub(super) codes: Option<(i64, bool)>,
    /// Of what the merchant's own program may give: whether it does.
    pub(super) call: Option<bool>,
    /// Nobody has ordered it, and no link leads to it.
    pub(super) removable: bool,
    pub(super) shelves: Vec<(String, String)>,
    pub(super) form: Typed,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let words: String = asked.q.trim().chars().take(limits::SEARCH).collect();
    let filter = Filter {
        search: Some(words).filter(|words| !words.is_empty()),
        kind: asked.shelf.parse().ok(),
        visible: (asked.shelf == "hidden").then_some(false),
        category: asked.category.parse().ok().map(Some),
        after: after(&asked.before),
    };
    let found = catalog::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |product| [&product.position.to_string(), ".", product.id.as_str()].concat());
    let stars = desk.shop.stars_known_at.is_none() && found.iter().any(|product| product.digital_goods);
    let ids = found.iter().map(|product| product.id.clone()).collect();
    let variants = variants::of_products(&desk.services.db, desk.merchant(), ids).await?;
    let cards = found.into_iter().map(|product| card(desk, product, &variants)).collect();
    let kept = Kept::category(desk, &asked.category).await?.into_iter().collect();
    Ok(Found { cards, next, kept, stars, may_edit: desk.may(Permission::EditCatalog) })
}

fn after(text: &str) -> Option<(i64, ProductId)> {
    let (position, id) = text.split_once('.')?;
    Some((position.parse().ok()?, id.parse().ok()?))
}

fn card(desk: &Desk, product: Product, variants: &[Variant]) -> ProductCard {
    let mark = |tone, key| Some(Badge { tone, text: desk.say(key) });
    let own: Vec<_> = variants.iter().filter(|variant| variant.product_id == product.id).collect();
    let mut on_sale = own.iter().filter(|variant| !variant.hidden);
    let gone =
        if own.is_empty() { product.stock == Some(0) } else { !on_sale.any(|variant| variant.most(product.kind) > 0) };
    let note = match (own.len(), product.stock) {
        (0, Some(left)) => desk.say_with("products.in_stock", &[("count", &left.to_string())]),
        (0, None) => desk.say(&["kind.", product.kind.as_str()].concat()),
        (count, _) => desk.say_with("variants.count", &[("count", &count.to_string())]),
    };
    let price = asked_for(desk, Price::of(&product, variants));
    ProductCard {
        name: product.name.get(desk.lang).to_owned(),
        note,
        price,
        was: product.compare_at_minor.filter(|_| own.is_empty()).map(|minor| desk.sum(minor)),
        picture: product.photo_id.map(|id| ["/files/", id.as_str(), "/small"].concat()),
        mark: match (product.visible, gone) {
            (false, _) => mark(Tone::Ended, "products.hidden_mark"),
            (true, true) => mark(Tone::Bad, "products.sold_out"),
            _ => None,
        },
        hidden: !product.visible,
        id: product.id.to_string(),
    }
}

pub(super) async fn one(desk: &Desk, id: &str) -> Outcome<Shown> {
    let product = catalog::get(&desk.services.db, desk.merchant(), &ProductId::parse(id)?).await?;
    let (db, merchant) = (&desk.services.db, desk.merchant());
    Ok(Shown {
        stars: product.digital_goods && desk.shop.stars_known_at.is_none(),
        photos: gallery::list(db, &product).await?.len(),
        variants: variants::list(db, merchant, &product.id).await?.len(),
        questions: questions::list(db, merchant, &product.id).await?.len(),
        shelves: shelves(desk).await?,
        club: product.kind == ProductKind::Club || clubs::of_product(db, merchant, &product.id).await?.is_some(),
        file: match attachment::get(db, merchant, &product.id).await? {
            Some(_) => Some(true),
            None => (product.kind == ProductKind::Digital).then_some(false),
        },
        call: match calls::of_product(db, merchant, &product.id).await? {
            Some(_) => Some(true),
            None => matches!(product.kind, ProductKind::Digital | ProductKind::Service).then_some(false),
        },
        codes: match codes::pool(db, merchant, &product.id).await? {
            Some(pool) => Some((pool.remaining, pool.is_low())),
            None => (product.kind == ProductKind::Digital).then_some((0, false)),
        },
        may_vary: product.kind != ProductKind::Donation,
        removable: catalog::removable(db, merchant, &product.id).await?,
        title: product.name.get(desk.lang).to_owned(),
        picture: product.photo_id.as_ref().map(|id| ["/files/", id.as_str(), "/small"].concat()),
        has_times: product.kind == ProductKind::Booking,
        form: filled(desk, &product),
    })
}

/// A form with nothing in it yet.
pub(super) fn blank() -> Typed {
    Typed::default().with("kind", "goods").with("visible", "on")
}

fn filled(desk: &Desk, product: &Product) -> Typed {
    let money = |minor: i64| Money::new(minor, desk.shop.currency);
    let mut form = Typed::default();
    form.set("kind", product.kind.as_str());
    form.set("category", product.category_id.as_ref().map(ToString::to_string).unwrap_or_default());
    form.set("sku", product.sku.clone().unwrap_or_default());
    for (name, text) in [("name", &product.name), ("text", &product.text), ("delivery", &product.delivery)] {
        form.set_localized(name, text);
    }
    form.set_sum("price", product.price_minor.map(money));
    form.set_sum("compare_at", product.compare_at_minor.map(money));
    let stock = product.stock.map(|left| left.to_string()).unwrap_or_default();
    form.set("stock_shown", stock.clone());
    form.set("stock", stock);
    if let Some(terms) = &product.donation {
        form.set_sum("donation_min", Some(money(terms.min_minor)));
        form.set_sum("donation_max", Some(money(terms.max_minor)));
        let suggested: Vec<_> = terms.suggested_minor.iter().map(|minor| typed(money(*minor))).collect();
        form.set("donation_suggested", suggested.join("; "));
    }
    for (name, on) in [("digital_goods", product.digital_goods), ("visible", product.visible)] {
        form.set(name, if on { "on" } else { "" });
    }
    form
}

/// The categories to choose among: id and name.
pub(super) async fn shelves(desk: &Desk) -> Outcome<Vec<(String, String)>> {
    let all = categories::list(&desk.services.db, desk.merchant()).await?;
    Ok(all.into_iter().map(|one| (one.id.to_string(), one.name.get(desk.lang).to_owned())).collect())
}

/// Saves what was sent, a new product without an id; answers its id. The photo is read before anything is written.
pub(super) async fn save(desk: &Desk, id: Option<&ProductId>, sent: Upload) -> (Typed, Outcome<ProductId>) {
    let form = Typed::from(sent.fields);
    let saved = async {
        // What is missing may be missing because the rest did not arrive.
        let file = sent.file?;
        let input = read(desk, &form)?;
        let photo = match file {
            Some(bytes) => Some(catalog::read_photo(bytes).await?),
            None => None,
        };
        let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
        let Some(id) = id else {
            return Ok(catalog::create_pictured(services, actor, merchant, input, photo).await?.id);
        };
        let picture = match photo {
            Some(photo) => Picture::New(photo),
            None if form.on("photo_gone") => Picture::Gone,
            None => Picture::AsItIs,
        };
        let edited = Edited { input, stock_shown: form.get("stock_shown").parse().ok(), picture };
        Ok(catalog::update(services, actor, merchant, id, edited).await?.id)
    };
    let saved = saved.await;
    (form, saved)
}

/// The form's own mistakes are those of writing; what makes a sound product is the catalog's matter.
fn read(desk: &Desk, form: &Typed) -> Result<ProductInput, Refusal> {
    let kind: ProductKind = form.get("kind").parse().map_err(|_| Refusal::field("kind", "required"))?;
    let currency = desk.shop.currency;
    let terms = |field: &str| sum("donation", form.get(field), currency);
    let donation = match kind {
        ProductKind::Donation => Some(DonationTerms {
            min_minor: terms("donation_min")?.unwrap_or(0),
            max_minor: terms("donation_max")?.unwrap_or(0),
            suggested_minor: suggested(form.get("donation_suggested"), |text| sum("donation", text, currency))?,
        }),
        _ => None,
    };
    let priced = kind != ProductKind::Donation;
    let stock = if kind == ProductKind::Goods { form.number("stock")? } else { None };
    let category = Some(form.get("category")).filter(|id| !id.is_empty()).map(CategoryId::parse).transpose();
    Ok(ProductInput {
        kind,
        name: form.localized("name"),
        text: form.localized("text"),
        category: category.map_err(|_| Refusal::field("category", "category_gone"))?,
        sku: Some(form.get("sku").to_owned()),
        delivery: form.localized("delivery"),
        price_minor: if priced { form.sum("price", currency)? } else { None },
        compare_at_minor: if priced { form.sum("compare_at", currency)? } else { None },
        donation,
        stock,
        digital_goods: form.on("digital_goods"),
        visible: form.on("visible"),
    })
}

fn suggested(text: &str, sum: impl Fn(&str) -> Result<Option<i64>, Refusal>) -> Result<Vec<i64>, Refusal> {
    text.split([',', ';', '\n']).filter_map(|part| sum(part).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_shelf() {
        let id = ProductId::make(1, [7; 10]);
        assert_eq!(after(&format!("3.{id}")), Some((3, id)));
        assert_eq!(after("3"), None);
    }
}
