//! A shop with a long past, filled in minutes: for trying out how the program behaves when it is large.
//!
//! Rows are written in batches and not through the verbs, so nothing is asked of a provider and nobody is told. The journal
//! is chained as always and its sums are the tables' own; the other shops of the database are left as they are.

mod batch;
mod calendar;
mod dice;
mod people;
mod sale;

use std::collections::BTreeMap;

use domain::{
    AccountId, Currency, Lang, LinkId, Localized, MerchantId, Moment,
    link::LinkKind,
    moment::DAY,
    role::{Actor, Role},
};
use providers::vpos::VposSettings;
use serde_json::json;

pub(crate) use dice::Dice;

use self::{batch::Batch, sale::Sales};
use crate::{
    catalog::{self, Product},
    customers::{self, Customer},
    db::Tx,
    demo::content,
    failure::Outcome,
    links::{self, Link},
    payments::{self, NewAccount},
    services::Services,
    shop::{self, NewMerchant},
    staff,
};

/// How far the past goes back.
const DAYS: i64 = 730;
/// How often each product of the demo's catalog is offered, under a name of its own.
const EDITIONS: usize = 10;
/// Rows of one statement: below what either database binds at most.
const ROWS: usize = 1_000;

/// How much past a shop gets.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub orders: usize,
    /// Of the journal: reached by tries to pay that failed. Never fewer than the orders need by themselves.
    pub entries: usize,
    /// Links with a label.
    pub links: usize,
}

#[derive(Clone, Debug)]
pub struct NewShop {
    pub name: String,
    pub email: String,
    pub password: String,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeded {
    pub merchant: MerchantId,
    pub orders: usize,
    pub entries: usize,
    pub payments: usize,
}

/// Opens a shop with a past. `told` hears how many orders are written, now and then.
///
/// # Errors
/// What is wrong with the owner's e-mail or password; or the database refuses.
pub async fn seed(services: &Services, new: NewShop, size: Size, told: impl Fn(usize) + Send) -> Outcome<Seeded> {
    let now = services.clock.now();
    let start = now.plus(-DAYS * DAY);
    let merchant = shop::create(services, shop_of(&new.name)).await?;
    let owner = staff::create(services, &merchant, &new.email, "Նարե Սարգսյան", Role::Owner, Lang::Hy, &new.password);
    let owner = Actor::Staff { id: owner.await?, role: Role::Owner };
    let mut dice = Dice::new(2026);
    let stock = Stock {
        accounts: vec![account(services, &merchant, "Ameriabank").await?, account(services, &merchant, "Idram").await?],
        products: products(services, &owner, &merchant).await?,
        customers: people::customers(&mut dice, &merchant, start, size.orders / 5 + 1)?,
        merchant: merchant.clone(),
        owner: owner.label(),
    };
    write_customers(services, &stock.customers).await?;
    let links = fixed_links(&mut dice, &stock, start, size.links);
    write_links(services, &stock, &links).await?;
    let mut sales = Sales::new(&stock, &links, size, dice);
    let mut batch = Batch::default();
    for (place, at) in calendar::moments(start, now, size.orders).enumerate() {
        sales.one(&mut batch, place, at, now);
        if batch.is_full() {
            batch.write(services, &merchant, Some(at)).await?;
            told(place + 1);
        }
    }
    batch.write(services, &merchant, None).await?;
    write_openings(services, &merchant, std::mem::take(&mut sales.opened)).await?;
    close(services, &merchant, sales.uses, size.orders).await?;
    Ok(Seeded { merchant, orders: size.orders, entries: batch.entries, payments: batch.payments_written })
}

/// What is sold, to whom, and by which account it is paid.
struct Stock {
    merchant: MerchantId,
    owner: String,
    accounts: Vec<AccountId>,
    products: Vec<Product>,
    customers: Vec<Customer>,
}

fn shop_of(name: &str) -> NewMerchant {
    NewMerchant {
        name: Localized::same(name),
        about: Localized::default(),
        policy: Localized::default(),
        currency: Currency::Amd,
        utc_offset_minutes: sale::ZONE,
        language: Lang::Hy,
        checkout_minutes: 60,
    }
}

/// An account that leads nowhere: nothing of the past is ever looked up.
async fn account(services: &Services, merchant: &MerchantId, name: &str) -> Outcome<AccountId> {
    let id: AccountId = services.clock.id();
    let secrets =
        [("token", services.clock.code(32)), ("webhook_secret", format!("whsec_{}", services.clock.code(32)))];
    let new = NewAccount {
        id: id.clone(),
        provider: "vpos".to_owned(),
        name: name.to_owned(),
        settings: serde_json::to_value(VposSettings::assumed("http://127.0.0.1:9"))?,
        secrets: secrets.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
    };
    payments::add_account(services, merchant, new).await?;
    Ok(id)
}

async fn products(services: &Services, owner: &Actor, merchant: &MerchantId) -> Outcome<Vec<Product>> {
    let mut made = Vec::new();
    for edition in 1..=EDITIONS {
        for product in &content::read()?.products {
            let mut input = product.as_input(None);
            input.sku = None;
            for text in [&mut input.name.hy, &mut input.name.ru, &mut input.name.en] {
                text.push_str(&format!(" · {edition}"));
            }
            made.push(catalog::create(services, owner, merchant, input).await?);
        }
    }
    // A donation has no price of its own, so the orders of the past are for the others.
    made.retain(|product| product.price_minor.is_some());
    Ok(made)
}

fn fixed_links(dice: &mut Dice, stock: &Stock, start: Moment, count: usize) -> Vec<Link> {
    const PLACES: [&str; 6] = ["Instagram", "Facebook", "Պաստառ", "Визитка", "Telegram", "Ցուցափեղկ"];
    let link = |place: usize| {
        let product = &stock.products[place % stock.products.len()];
        let at = start.plus(i64::try_from(place).unwrap_or(0));
        let label = format!("{} · {} {}", product.name.hy, PLACES[place % PLACES.len()], place + 1);
        Link {
            product_id: Some(product.id.clone()),
            label,
            created_by: stock.owner.clone(),
            ..sale::link(dice, &stock.merchant, LinkKind::Fixed, at)
        }
    };
    (0..count.max(1)).map(link).collect()
}

async fn write_customers(services: &Services, all: &[Customer]) -> Outcome<()> {
    for some in all.chunks(ROWS) {
        let some = some.to_vec();
        let write = move |tx: Tx| async move { customers::store::insert_past(&*tx, some).await };
        services.db.write_quietly(write).await?;
    }
    Ok(())
}

/// The links, and what the audit log says of their making.
async fn write_links(services: &Services, stock: &Stock, all: &[Link]) -> Outcome<()> {
    let said = |link: &Link| staff::audit::AuditLine {
        id: services.clock.id(),
        merchant_id: stock.merchant.clone(),
        actor: stock.owner.clone(),
        action: "link_created".to_owned(),
        subject: link.id.to_string(),
        before: None,
        after: Some(json!({ "label": link.label, "kind": link.kind }).to_string()),
        at: link.created_at,
    };
    for some in all.chunks(ROWS) {
        let (lines, some) = (some.iter().map(said).collect(), some.to_vec());
        let write = move |tx: Tx| async move {
            links::store::insert_all(&*tx, some).await?;
            staff::store::insert_past_audit(&*tx, lines).await
        };
        services.db.write_quietly(write).await?;
    }
    Ok(())
}

async fn write_openings(
    services: &Services,
    merchant: &MerchantId,
    opened: BTreeMap<(i64, LinkId), i64>,
) -> Outcome<()> {
    let row = |((day, link_id), count)| {
        let merchant_id = merchant.clone();
        links::Opening { merchant_id, day, link_id, count, first_at: None, last_at: None }
    };
    let rows: Vec<_> = opened.into_iter().map(row).collect();
    for some in rows.chunks(ROWS) {
        let some = some.to_vec();
        let write = move |tx: Tx| async move { links::store::insert_past_openings(&*tx, some).await };
        services.db.write_quietly(write).await?;
    }
    Ok(())
}

/// What the past has counted up: the uses of fixed links, and the numbers of orders.
async fn close(
    services: &Services,
    merchant: &MerchantId,
    uses: BTreeMap<LinkId, links::store::Uses>,
    orders: usize,
) -> Outcome<()> {
    let merchant = merchant.clone();
    let write = move |tx: Tx| async move {
        for (link, uses) in uses {
            links::store::count(&*tx, &link, uses).await?;
        }
        let next = sale::FIRST_NUMBER + i64::try_from(orders).unwrap_or(0);
        shop::store::set_next_order_number(&*tx, &merchant, next).await
    };
    services.db.write_quietly(write).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::testing::shops,
        journal::{self, Verdict},
        reports,
    };

    #[tokio::test]
    async fn a_past_is_whole_and_its_sums_are_the_tables() {
        for shop in shops().await {
            let new = NewShop {
                name: "Մեծ խանութ".to_owned(),
                email: "owner@large.am".to_owned(),
                password: "large-large-large".to_owned(),
            };
            let size = Size { orders: 300, entries: 2_400, links: 40 };
            let seeded = seed(&shop.services, new, size, |_| {}).await.unwrap();
            let (db, merchant) = (&shop.services.db, &seeded.merchant);
            let Verdict::Whole { entries, .. } = journal::verify(db, merchant).await.unwrap() else {
                panic!("the journal is broken")
            };
            assert_eq!(usize::try_from(entries).unwrap(), seeded.entries);
            assert!((2_350..2_600).contains(&seeded.entries), "{}", seeded.entries);
            assert_eq!(journal::compare(db, merchant).await.unwrap(), []);
            let rows = reports::payment_rows(db, merchant, &reports::PaymentQuery::default(), 10_000).await.unwrap();
            assert_eq!(rows.len(), seeded.payments);
            // Entries stand in the order of their times.
            let all = journal::list(db, merchant, &journal::Filter::default(), 10_000).await.unwrap();
            assert!(all.windows(2).all(|two| two[0].at >= two[1].at && two[0].number > two[1].number));
            // The next sale goes on where the past ends.
            let next = shop::get(db, merchant).await.unwrap().next_order_number;
            assert_eq!(next, sale::FIRST_NUMBER + 300);
            assert!(matches!(journal::verify(db, &shop.merchant).await.unwrap(), Verdict::Whole { .. }));
        }
    }
}
