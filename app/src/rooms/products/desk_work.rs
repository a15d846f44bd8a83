//! What the calls of the products' room do at the desk: read the form, call the verb, put the answer into words.

use domain::{
    Localized, Money, ProductId, limits,
    product::{DonationTerms, ProductKind},
    role::Permission,
};
use server::{
    catalog::{self, Filter, Product, ProductInput},
    failure::{Failure, Refusal},
};

use super::{Asked, Found, ProductCard, ProductForm, calls::Three, shown};
use crate::{
    badge::{Badge, Mood},
    error::AppError,
    rooms::{PAGE, paged},
    web::{Desk, desk},
    wire::Wire,
};

pub(super) async fn shelf(asked: &Asked) -> Result<Wire, AppError> {
    let desk = desk().await?;
    let may_edit = desk.actor.may(Permission::EditCatalog);
    Ok(Wire::html(shown::shelf(find(&desk, asked).await?, asked, may_edit)))
}

async fn find(desk: &Desk, asked: &Asked) -> Result<Found, AppError> {
    let words: String = asked.q.trim().chars().take(limits::SEARCH).collect();
    let filter = Filter {
        search: Some(words).filter(|words| !words.is_empty()),
        kind: asked.shelf.parse().ok(),
        visible: (asked.shelf == "hidden").then_some(false),
        after: after(&asked.after),
    };
    let found = catalog::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |product| [&product.position.to_string(), ".", product.id.as_str()].concat());
    Ok(Found { cards: found.into_iter().map(|product| card(desk, product)).collect(), next })
}

fn after(text: &str) -> Option<(i64, ProductId)> {
    let (position, id) = text.split_once('.')?;
    Some((position.parse().ok()?, id.parse().ok()?))
}

fn card(desk: &Desk, product: Product) -> ProductCard {
    let mark = |mood, key| Some(Badge { mood, text: desk.say(key) });
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
            (false, _) => mark(Mood::Ended, "products.hidden_mark"),
            (true, Some(0)) => mark(Mood::Bad, "products.sold_out"),
            _ => None,
        },
        hidden: !product.visible,
        id: product.id.to_string(),
    }
}

pub(super) async fn one(id: &str) -> Result<ProductForm, AppError> {
    let desk = desk().await?;
    let id = ProductId::parse(id).map_err(Failure::from)?;
    let product = catalog::get(&desk.services.db, desk.merchant(), &id).await?;
    let sum = |minor: i64| typed(Money::new(minor, desk.shop.currency));
    let terms = product.donation.as_ref();
    let suggested =
        terms.map(|terms| terms.suggested_minor.iter().map(|minor| sum(*minor)).collect::<Vec<_>>().join(", "));
    Ok(ProductForm {
        title: product.name.get(desk.lang).to_owned(),
        kind: product.kind.as_str().to_owned(),
        name: three(product.name),
        category: three(product.category),
        text: three(product.text),
        delivery: three(product.delivery),
        price: product.price_minor.map(sum).unwrap_or_default(),
        compare_at: product.compare_at_minor.map(sum).unwrap_or_default(),
        stock: product.stock.map(|left| left.to_string()).unwrap_or_default(),
        donation_min: terms.map(|terms| sum(terms.min_minor)).unwrap_or_default(),
        donation_max: terms.map(|terms| sum(terms.max_minor)).unwrap_or_default(),
        donation_suggested: suggested.unwrap_or_default(),
        digital_goods: product.digital_goods,
        visible: product.visible,
        picture: product.photo_id.map(|id| ["/files/", id.as_str()].concat()),
    })
}

/// A sum as a person would type it: without its sign and spaces.
fn typed(money: Money) -> String {
    money.to_string().chars().filter(|c| c.is_ascii_digit() || *c == ',').collect()
}

fn three(text: Localized) -> Three {
    [text.hy, text.ru, text.en]
}

fn localized([hy, ru, en]: Three) -> Localized {
    Localized { hy, ru, en }
}

pub(super) async fn save(id: Option<String>, form: ProductForm) -> Result<String, AppError> {
    let desk = desk().await?;
    let input = read(&desk, form)?;
    let product = match id {
        Some(id) => {
            let id = ProductId::parse(&id).map_err(Failure::from)?;
            catalog::update(&desk.services, &desk.actor, desk.merchant(), &id, input).await?
        }
        None => catalog::create(&desk.services, &desk.actor, desk.merchant(), input).await?,
    };
    Ok(product.id.to_string())
}

/// The form's own mistakes are those of writing; what makes a sound product is the catalog's matter.
fn read(desk: &Desk, form: ProductForm) -> Result<ProductInput, Refusal> {
    let kind: ProductKind = form.kind.parse().map_err(|_| Refusal::field("kind", "required"))?;
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
            min_minor: sum("donation", &form.donation_min)?.unwrap_or(0),
            max_minor: sum("donation", &form.donation_max)?.unwrap_or(0),
            suggested_minor: suggested(&form.donation_suggested, |text| sum("donation", text))?,
        }),
        _ => None,
    };
    let priced = kind != ProductKind::Donation;
    let stock = match form.stock.trim() {
        "" => None,
        _ if kind != ProductKind::Goods => None,
        text => Some(text.parse().map_err(|_| Refusal::field("stock", "not_a_number"))?),
    };
    Ok(ProductInput {
        kind,
        name: localized(form.name),
        text: localized(form.text),
        category: localized(form.category),
        delivery: localized(form.delivery),
        price_minor: if priced { sum("price", &form.price)? } else { None },
        compare_at_minor: if priced { sum("compare_at", &form.compare_at)? } else { None },
        donation,
        stock,
        digital_goods: form.digital_goods,
        visible: form.visible,
    })
}

fn suggested(text: &str, sum: impl Fn(&str) -> Result<Option<i64>, Refusal>) -> Result<Vec<i64>, Refusal> {
    text.split([',', ';', '\n']).filter_map(|part| sum(part).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use domain::Lang;

    use super::*;

    #[test]
    fn texts_keep_their_languages() {
        let text = Localized { hy: "Սուրճ".into(), ru: "Кофе".into(), en: "Coffee".into() };
        for (own, lang) in three(text.clone()).iter().zip([Lang::Hy, Lang::Ru, Lang::En]) {
            assert_eq!(own, text.get(lang));
        }
        assert_eq!(localized(three(text.clone())), text);
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
