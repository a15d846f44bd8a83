//! The catalog as the bot shows it: categories, the products of one, and a product's card with its variants.

use domain::{
    Currency, Lang, Money,
    product::{ProductKind, max_quantity},
};
use server::catalog::{Product, categories::Category, variants::Variant};

use crate::{
    screens::{Key, Screen, key, said},
    tap::{Shelf, Tap},
    texts::{escape, texts},
};

/// Products on one page of a category.
pub(crate) const PER_PAGE: usize = 8;

/// The categories that hold something; `others`: products stand outside of all.
pub(crate) fn categories(lang: Lang, categories: &[Category], others: bool) -> Screen {
    if categories.is_empty() && !others {
        return said(lang, "catalog_empty");
    }
    let row = |label: String, shelf: Shelf| vec![Key::Tap(label, Tap::Category { shelf, page: 0 })];
    let own = categories.iter().map(|one| row(one.name.get(lang).to_owned(), Shelf(Some(one.id.clone()))));
    let rest = others.then(|| row(texts(lang).get("other_products"), Shelf(None)));
    let mut keys: Vec<_> = own.chain(rest).collect();
    keys.push(vec![key(lang, "back", Tap::Menu)]);
    Screen::text(texts(lang).get("catalog_title"), keys)
}

/// What stands on one page of a category: its name, what is on the page, and whether more follows.
pub(crate) struct Page<'a> {
    pub(crate) title: String,
    pub(crate) shelf: Shelf,
    pub(crate) number: usize,
    pub(crate) products: &'a [Product],
    pub(crate) variants: &'a [Variant],
    pub(crate) more: bool,
    pub(crate) currency: Currency,
    /// Where *Back* leads from the first page.
    pub(crate) back: Tap,
}

pub(crate) fn category(lang: Lang, page: Page<'_>) -> Screen {
    let label = |product: &Product| {
        let own = page.variants.iter().filter(|variant| variant.product_id == product.id && !variant.hidden);
        let name = product.name.get(lang);
        match own.map(|variant| variant.price_minor).min() {
            Some(least) => format!("{name} · {}", from(lang, Money::new(least, page.currency))),
            None => match product.price_minor {
                Some(price) => format!("{name} · {}", Money::new(price, page.currency)),
                None => name.to_owned(),
            },
        }
    };
    let tap = |product: &Product| vec![Key::Tap(label(product), Tap::Product(product.id.clone()))];
    let mut keys: Vec<_> = page.products.iter().map(tap).collect();
    let turn = |number: usize| Tap::Category { shelf: page.shelf.clone(), page: number };
    if page.more {
        keys.push(vec![key(lang, "more", turn(page.number + 1))]);
    }
    let back = page.number.checked_sub(1).map_or_else(|| page.back.clone(), turn);
    keys.push(vec![key(lang, "back", back)]);
    Screen::text(format!("<b>{}</b>", escape(&page.title)), keys)
}

fn from(lang: Lang, least: Money) -> String {
    texts(lang).with("price_from", &[("sum", &least.to_string())])
}

fn price_line(lang: Lang, currency: Currency, price: Option<i64>, before: Option<i64>) -> String {
    let sum = |minor: i64| Money::new(minor, currency).to_string();
    match (price, before) {
        (Some(price), Some(was)) => texts(lang).with("price_was", &[("sum", &sum(price)), ("was", &sum(was))]),
        (Some(price), None) => texts(lang).with("price", &[("sum", &sum(price))]),
        (None, _) => texts(lang).get("price_free_choice"),
    }
}

fn stock_line(lang: Lang, most: i64, stock: Option<i64>) -> Option<String> {
    match stock {
        _ if most == 0 => Some(texts(lang).get("sold_out")),
        Some(left) if left <= 5 => Some(texts(lang).with("in_stock", &[("count", &left.to_string())])),
        _ => None,
    }
}

/// The card of a product. One that has variants is bought by choosing one of them.
pub(crate) fn product(lang: Lang, currency: Currency, product: &Product, variants: &[Variant]) -> Screen {
    let mut lines = vec![format!("<b>{}</b>", escape(product.name.get(lang)))];
    let text = product.text.get(lang);
    if !text.is_empty() {
        lines.push(escape(text));
    }
    let mut keys = Vec::new();
    if variants.is_empty() {
        let most = max_quantity(product.kind, product.stock);
        lines.push(price_line(lang, currency, product.price_minor, product.compare_at_minor));
        lines.extend(stock_line(lang, most, product.stock));
        let buy = if product.kind == ProductKind::Donation { "give" } else { "buy" };
        keys.extend((most > 0).then(|| vec![key(lang, buy, Tap::Buy(product.id.clone()))]));
        let put = || vec![key(lang, "to_cart", Tap::Put(product.id.clone()))];
        keys.extend((most > 0 && product.kind.fits_a_cart()).then(put));
    } else {
        let on_sale: Vec<_> = variants.iter().filter(|variant| !variant.hidden).collect();
        lines.extend(on_sale.iter().map(|variant| variant_lines(lang, currency, product.kind, variant)));
        let had = on_sale.iter().filter(|variant| variant.most(product.kind) > 0);
        keys.extend(had.map(|variant| vec![variant_key(lang, currency, variant)]));
        if keys.is_empty() {
            lines.push(texts(lang).get("sold_out"));
        }
    }
    keys.push(vec![key(lang, "to_catalog", Tap::Catalog)]);
    Screen { html: lines.join("\n\n"), photo: product.photo_id.clone(), keys }
}

fn variant_lines(lang: Lang, currency: Currency, kind: ProductKind, variant: &Variant) -> String {
    let mut lines = vec![format!("<b>{}</b>", escape(variant.name.get(lang)))];
    lines.push(price_line(lang, currency, Some(variant.price_minor), variant.compare_at_minor));
    lines.extend(stock_line(lang, variant.most(kind), variant.stock));
    lines.join("\n")
}

fn variant_key(lang: Lang, currency: Currency, variant: &Variant) -> Key {
    let label = format!("{} · {}", variant.name.get(lang), Money::new(variant.price_minor, currency));
    Key::Tap(label, Tap::Variant(variant.id.clone()))
}
