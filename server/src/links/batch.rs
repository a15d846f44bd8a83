//! Many links from one file: looked at row by row first, made together when a person says so, and made once.
//!
//! Every row makes a fixed link that is paid once, or as often as the row says. A row that is wrong keeps no other out.

use std::collections::BTreeSet;

use domain::{
    Day, FileId, Localized, MerchantId, Moment, Money, limits,
    link::LinkKind,
    moment::{HOUR, MINUTE},
    product::ProductKind,
    role::Actor,
    timetable,
};
use serde_json::json;

use super::{Link, NewLink, What, create, may_edit, store};
use crate::{
    catalog::{
        self, Price, kept,
        variants::{self, Variant},
    },
    db::Tx,
    failure::{Outcome, Refusal, required},
    services::Services,
    sheet::{Row, Sheet},
    shop::{self, Merchant},
    staff::audit,
};

/// As they stand in the head of the file.
pub const COLUMNS: [&str; 7] = ["title", "code", "amount", "label", "external_id", "expires", "times"];
/// The most rows of one file.
const ROWS: usize = 2_000;
/// How a file of links is told from other private files.
const LINKS: &str = "application/x-khanut-links";

/// What a row would make, or what is wrong with it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Where it stands in the file, from 1.
    pub line: u32,
    pub title: Localized,
    pub label: String,
    /// What a customer would be asked; none where that is not known.
    pub price: Option<Price>,
    pub made: Result<NewLink, Refusal>,
}

/// Keeps a file to be looked at; no link is made.
///
/// # Errors
/// `forbidden`, `batch_columns`, `import_too_long`, and why the file cannot be read.
pub async fn upload(services: &Services, actor: &Actor, merchant: &MerchantId, bytes: Vec<u8>) -> Outcome<FileId> {
    may_edit(actor)?;
    kept::keep(services, merchant, LINKS, bytes, |sheet| check(sheet).map(drop)).await
}

fn check(sheet: &Sheet) -> Result<Vec<String>, Refusal> {
    let head: Vec<_> = sheet.head.iter().map(|name| name.trim().to_lowercase()).collect();
    if sheet.rows.len() > ROWS {
        return Err(Refusal::field("file", "import_too_long").with("max", ROWS));
    }
    let has = |name: &str| head.iter().any(|own| own == name);
    if has("code") || (has("title") && has("amount")) { Ok(head) } else { Err(Refusal::field("file", "batch_columns")) }
}

/// What each row would make.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn preview(services: &Services, actor: &Actor, merchant: &MerchantId, id: &FileId) -> Outcome<Vec<Planned>> {
    may_edit(actor)?;
    let sheet = kept::kept(&services.db, merchant, LINKS, id).await?;
    let head = check(&sheet)?;
    let shop = shop::get(&services.db, merchant).await?;
    let products = products(services, merchant, &head, &sheet).await?;
    let ids = products.iter().map(|product| product.id.clone()).collect();
    let variants = variants::of_products(&services.db, merchant, ids).await?;
    let reader = Reader { services, shop: &shop, head: &head, products, variants };
    Ok(sheet.rows.iter().map(|row| reader.planned(row)).collect())
}

async fn products(
    services: &Services,
    merchant: &MerchantId,
    head: &[String],
    sheet: &Sheet,
) -> Outcome<Vec<catalog::Product>> {
    let codes = sheet.rows.iter().map(|row| cell(head, row, "code").to_owned()).filter(|code| !code.is_empty());
    catalog::store::by_skus(services.db.read(), merchant, codes.collect()).await
}

fn cell<'a>(head: &[String], row: &'a Row, name: &str) -> &'a str {
    let place = head.iter().position(|own| own == name);
    place.and_then(|place| row.cells.get(place)).map_or("", |cell| cell.text.trim())
}

struct Reader<'a> {
    services: &'a Services,
    shop: &'a Merchant,
    head: &'a [String],
    products: Vec<catalog::Product>,
    variants: Vec<Variant>,
}

impl Reader<'_> {
    fn planned(&self, row: &Row) -> Planned {
        let text = |name: &str| cell(self.head, row, name);
        let product = self.products.iter().find(|product| product.sku.as_deref() == Some(text("code")));
        let made = self.link(row, product);
        Planned {
            line: row.line,
            title: product.map_or_else(|| Localized::same(text("title")), |product| product.name.clone()),
            label: text("label").to_owned(),
            price: match &made {
                Ok(NewLink { what: What::Free { amount, .. }, .. }) => Some(Price::Fixed(amount.amount_minor)),
                _ => product.map(|product| Price::of(product, &self.variants)),
            },
            made,
        }
    }

    fn link(&self, row: &Row, product: Option<&catalog::Product>) -> Result<NewLink, Refusal> {
        let text = |name: &str| cell(self.head, row, name);
        let what = match (text("code"), product) {
            ("", _) => What::Free {
                title: required("title", text("title"), limits::NAME)?,
                amount: self.amount(text("amount"))?.ok_or_else(|| Refusal::field("amount", "required"))?,
            },
            (_, None) => return Err(Refusal::field("sku", "batch_code_unknown")),
            (_, Some(product)) => {
                if self.amount(text("amount"))?.is_some() {
                    return Err(match product.kind {
                        ProductKind::Donation => Refusal::field("amount", "amount_is_the_customers"),
                        _ => Refusal::field("amount", "amount_is_fixed"),
                    });
                }
                What::Product(product.id.clone())
            }
        };
        let times = match text("times") {
            "" => 1,
            times => times.parse().map_err(|_| Refusal::field("times", "import_not_a_number").with("text", times))?,
        };
        let link = NewLink {
            label: text("label").to_owned(),
            external_order_id: Some(text("external_id").to_owned()).filter(|id| !id.is_empty()),
            expires_at: expires(text("expires"), self.shop.utc_offset_minutes)?,
            max_payments: Some(times),
            ..NewLink::of(LinkKind::Fixed, what)
        };
        create::checked(link, self.services.clock.now())
    }

    fn amount(&self, text: &str) -> Result<Option<Money>, Refusal> {
        match text {
            "" => Ok(None),
            text => match Money::parse_major(text, self.shop.currency) {
                Ok(money) => Ok(Some(money)),
                Err(_) => Err(Refusal::field("amount", "import_not_a_sum").with("text", text)),
            },
        }
    }
}

/// `2026-12-31`: until that day has ended; `2026-12-31 18:00`: until then. By the shop's clock.
fn expires(text: &str, offset_minutes: i32) -> Result<Option<Moment>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || Refusal::field("expires_at", "batch_time_unreadable").with("text", text);
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "24:00"));
    let day: Day = day.parse().map_err(|_| wrong())?;
    let minutes = if time == "24:00" { 24 * HOUR / MINUTE } else { timetable::clock_time(time).ok_or_else(wrong)? };
    Ok(Some(day.span(offset_minutes).0.plus(minutes * MINUTE)))
}

/// Makes the links of the rows that are sound; asked again for the same file, makes no more.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn apply(services: &Services, actor: &Actor, merchant: &MerchantId, id: &FileId) -> Outcome<Vec<Link>> {
    let planned = preview(services, actor, merchant, id).await?;
    let new: Vec<NewLink> = planned.into_iter().filter_map(|row| row.made.ok()).collect();
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services.db.write(move |tx| async move { make(&tx, &own, &actor, &merchant, &id, new).await }).await
}

async fn make(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &FileId,
    new: Vec<NewLink>,
) -> Outcome<Vec<Link>> {
    // The file's row is what two presses of the button wait for.
    catalog::store::lock_file(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let made = store::of_batch(&**tx, merchant, id).await?;
    if !made.is_empty() {
        return Ok(made);
    }
    let shop = shop::store::get(&**tx, merchant).await?.ok_or_else(Refusal::not_found)?;
    there(tx, merchant, &new).await?;
    let link = |new| create::fixed(services, actor, &shop, new, Some(id.clone()));
    let links = new.into_iter().map(link).collect::<Result<Vec<_>, _>>()?;
    store::insert_all(&**tx, links.clone()).await?;
    let (subject, after) = (id.as_str(), Some(json!({ "links": links.len() })));
    audit::record(tx, &services.clock, merchant, actor, "links_created", subject, None, after).await?;
    Ok(links)
}

/// All products are there still.
async fn there(tx: &Tx, merchant: &MerchantId, new: &[NewLink]) -> Outcome<()> {
    let product = |link: &NewLink| match &link.what {
        What::Product(id) => Some(id.clone()),
        What::Free { .. } => None,
    };
    let wanted: BTreeSet<_> = new.iter().filter_map(product).collect();
    let found = catalog::store::by_ids(&**tx, merchant, wanted.clone()).await?;
    if found.len() == wanted.len() { Ok(()) } else { Err(create::product_gone().into()) }
}

/// The links that were made of a file.
///
/// # Errors
/// When the database does not answer.
pub async fn made(services: &Services, merchant: &MerchantId, id: &FileId) -> Outcome<Vec<Link>> {
    store::of_batch(services.db.read(), merchant, id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_day() {
        let at = |text: &str| expires(text, 240).unwrap().unwrap().rfc3339();
        assert_eq!(at("2026-12-31"), "2026-12-31T20:00:00Z");
        assert_eq!(at("2026-12-31 18:00"), "2026-12-31T14:00:00Z");
        assert_eq!(at("2026-12-31T09:30"), "2026-12-31T05:30:00Z");
        assert_eq!(expires("", 240).unwrap(), None);
        for wrong in ["31.12.2026", "2026-13-01", "2026-12-31 25:00", "tomorrow"] {
            assert_eq!(expires(wrong, 240).unwrap_err().code, "batch_time_unreadable", "{wrong}");
        }
    }
}
