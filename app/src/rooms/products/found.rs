//! The shelf of products and the form of one, between words and the catalog.

use std::collections::HashMap;

use domain::{
    Lang, Localized, Money, ProductId, limits,
    product::{DonationTerms, ProductKind},
    role::Permission,
};
use serde::Deserialize;
use server::{
    catalog::{self, Filter, Product, ProductInput},
    failure::{Outcome, Refusal},
};

use crate::{
    badge::Badge,
    rooms::{PAGE, paged, place::Place},
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
    /// Position and id of the last product of the page before.
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[("q", &self.q), ("shelf", &self.shelf)], &self.before)
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
    pub(super) may_edit: bool,
}

/// A product as typed, field by field; sums in whole units, as a person writes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ProductForm(HashMap<String, String>);

/// A product whose form is shown.
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) picture: Option<String>,
    /// A booking has times.
    pub(super) has_times: bool,
    pub(super) form: ProductForm,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let words: String = asked.q.trim().chars().take(limits::SEARCH).collect();
    let filter = Filter {
        search: Some(words).filter(|words| !words.is_empty()),
        kind: asked.shelf.parse().ok(),
        visible: (asked.shelf == "hidden").then_some(false),
        after: after(&asked.before),
    };
    let found = catalog::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |product| [&product.position.to_string(), ".", product.id.as_str()].concat());
    let cards = found.into_iter().map(|product| card(desk, product)).collect();
    Ok(Found { cards, next, may_edit: desk.may(Permission::EditCatalog) })
}

fn after(text: &str) -> Option<(i64, ProductId)> {
    let (position, id) = text.split_once('.')?;
    Some((position.parse().ok()?, id.parse().ok()?))
}

fn card(desk: &Desk, product: Product) -> ProductCard {
    let mark = |tone, key| Some(Badge { tone, text: desk.say(key) });
    let note = match product.stock {
        Some(left) => desk.say_with("products.in_stock", &[("count", &left.to_string())]),
        None => desk.say(&["kind.", product.kind.as_str()].concat()),
    };
    ProductCard {
        name: product.name.get(desk.lang).to_owned(),
        note,
        price: product.price_minor.map_or_else(|| desk.say("links.customer_sum"), |minor| desk.sum(minor)),
        was: product.compare_at_minor.map(|minor| desk.sum(minor)),
        picture: product.photo_id.map(|id| ["/files/", id.as_str()].concat()),
        mark: match (product.visible, product.stock) {
            (false, _) => mark(Tone::Ended, "products.hidden_mark"),
            (true, Some(0)) => mark(Tone::Bad, "products.sold_out"),
            _ => None,
        },
        hidden: !product.visible,
        id: product.id.to_string(),
    }
}

pub(super) async fn one(desk: &Desk, id: &str) -> Outcome<Shown> {
    let product = catalog::get(&desk.services.db, desk.merchant(), &ProductId::parse(id)?).await?;
    Ok(Shown {
        title: product.name.get(desk.lang).to_owned(),
        picture: product.photo_id.as_ref().map(|id| ["/files/", id.as_str()].concat()),
        has_times: product.kind == ProductKind::Booking,
        form: ProductForm::of(desk, &product),
    })
}

impl ProductForm {
    pub(super) fn blank() -> Self {
        Self([("kind", "goods"), ("visible", "on")].map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    pub(super) fn sent(fields: Vec<(String, String)>) -> Self {
        Self(fields.into_iter().collect())
    }

    fn of(desk: &Desk, product: &Product) -> Self {
        let sum = |minor: i64| typed(Money::new(minor, desk.shop.currency));
        let mut form = Self::default();
        let mut set = |name: &str, value: String| drop(form.0.insert(name.to_owned(), value));
        set("kind", product.kind.as_str().to_owned());
        let texts = [
            ("name", &product.name),
            ("category", &product.category),
            ("text", &product.text),
            ("delivery", &product.delivery),
        ];
        for (name, text) in texts {
            for (lang, own) in Lang::ALL.iter().zip([&text.hy, &text.ru, &text.en]) {
                set(&in_language(name, *lang), own.clone());
            }
        }
        for (name, minor) in [("price", product.price_minor), ("compare_at", product.compare_at_minor)] {
            set(name, minor.map(sum).unwrap_or_default());
        }
        let stock = product.stock.map(|left| left.to_string()).unwrap_or_default();
        set("stock_shown", stock.clone());
        set("stock", stock);
        if let Some(terms) = &product.donation {
            set("donation_min", sum(terms.min_minor));
            set("donation_max", sum(terms.max_minor));
            set(
                "donation_suggested",
                terms.suggested_minor.iter().map(|minor| sum(*minor)).collect::<Vec<_>>().join(", "),
            );
        }
        for (name, on) in [("digital_goods", product.digital_goods), ("visible", product.visible)] {
            set(name, if on { "on".to_owned() } else { String::new() });
        }
        form
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(super) fn on(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    fn localized(&self, name: &str) -> Localized {
        let own = |lang| self.get(&in_language(name, lang)).to_owned();
        Localized { hy: own(Lang::Hy), ru: own(Lang::Ru), en: own(Lang::En) }
    }
}

/// The field of one language: `name_hy`.
pub(super) fn in_language(name: &str, lang: Lang) -> String {
    [name, "_", lang.as_str()].concat()
}

/// A sum as a person would type it: without its sign and spaces.
fn typed(money: Money) -> String {
    money.to_string().chars().filter(|c| c.is_ascii_digit() || *c == ',').collect()
}

/// Saves what was sent, a new product without an id; answers its id. The photo is checked before anything is written.
pub(super) async fn save(desk: &Desk, id: Option<&ProductId>, sent: Upload) -> (ProductForm, Outcome<ProductId>) {
    let form = ProductForm::sent(sent.fields);
    let saved = async {
        let input = read(desk, &form)?;
        if let Some(photo) = &sent.file {
            catalog::check_photo(photo)?;
        }
        let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
        let product = match id {
            Some(id) => {
                catalog::update(services, actor, merchant, id, input, form.get("stock_shown").parse().ok()).await?
            }
            None => catalog::create(services, actor, merchant, input).await?,
        };
        if let Some(photo) = sent.file {
            catalog::set_photo(services, actor, merchant, &product.id, photo).await?;
        }
        Ok(product.id)
    };
    let saved = saved.await;
    (form, saved)
}

/// The form's own mistakes are those of writing; what makes a sound product is the catalog's matter.
fn read(desk: &Desk, form: &ProductForm) -> Result<ProductInput, Refusal> {
    let kind: ProductKind = form.get("kind").parse().map_err(|_| Refusal::field("kind", "required"))?;
    let currency = desk.shop.currency;
    let sum = |field: &'static str, text: &str| match text.trim() {
        "" => Ok(None),
        text => match Money::parse_major(text, currency) {
            Ok(money) => Ok(Some(money.amount_minor)),
            Err(_) => Err(Refusal::field(field, "not_a_sum")),
        },
    };
    let donation = match kind {
        ProductKind::Donation => Some(DonationTerms {
            min_minor: sum("donation", form.get("donation_min"))?.unwrap_or(0),
            max_minor: sum("donation", form.get("donation_max"))?.unwrap_or(0),
            suggested_minor: suggested(form.get("donation_suggested"), |text| sum("donation", text))?,
        }),
        _ => None,
    };
    let priced = kind != ProductKind::Donation;
    let stock = match form.get("stock").trim() {
        "" => None,
        _ if kind != ProductKind::Goods => None,
        text => Some(text.parse().map_err(|_| Refusal::field("stock", "not_a_number"))?),
    };
    Ok(ProductInput {
        kind,
        name: form.localized("name"),
        text: form.localized("text"),
        category: form.localized("category"),
        delivery: form.localized("delivery"),
        price_minor: if priced { sum("price", form.get("price"))? } else { None },
        compare_at_minor: if priced { sum("compare_at", form.get("compare_at"))? } else { None },
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
    fn texts_keep_their_languages() {
        let fields = [("name_hy", "Սուրճ"), ("name_ru", "Кофе"), ("name_en", "Coffee"), ("visible", "on")];
        let form = ProductForm::sent(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        let coffee = Localized { hy: "Սուրճ".into(), ru: "Кофе".into(), en: "Coffee".into() };
        assert_eq!(form.localized("name"), coffee);
        assert!(form.on("visible") && !form.on("digital_goods"));
    }

    #[test]
    fn sums_come_back_as_they_can_be_typed() {
        assert_eq!(typed(Money::amd(1_500_000)), "15000");
        assert_eq!(typed(Money::amd(15_050)), "150,50");
    }

    #[test]
    fn pages_of_the_shelf() {
        let id = ProductId::make(1, [7; 10]);
        assert_eq!(after(&format!("3.{id}")), Some((3, id)));
        assert_eq!(after("3"), None);
    }
}
