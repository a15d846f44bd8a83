//! What the palette finds: actions and rooms by their names, payments and orders by anything, customers, products and links
//! by their words.

use domain::{Money, limits};
use server::{
    catalog, customers,
    failure::Outcome,
    links, orders,
    reports::{self, PaymentQuery},
};

use super::actions;
use crate::{islands::Hit, web::Desk};

/// Of each kind.
const MOST: u64 = 5;

pub(crate) async fn find(words: &str) -> Outcome<Vec<Hit>> {
    let Some(desk) = Desk::of_function().await? else { return Ok(Vec::new()) };
    let words: String = words.trim().chars().take(limits::SEARCH).collect();
    let mut hits = actions::actions(&desk, &words);
    hits.extend(actions::rooms(&desk, &words));
    if !words.is_empty() {
        hits.extend(payments(&desk, &words).await?);
        hits.extend(order_hits(&desk, &words).await?);
        hits.extend(people(&desk, &words).await?);
        hits.extend(products(&desk, &words).await?);
        hits.extend(link_hits(&desk, &words).await?);
    }
    Ok(hits)
}

fn numbered(number: i64, title: &str, sum: Money, href: String, group: &str) -> Hit {
    let title = ["№ ", &number.to_string(), " · ", title].concat();
    Hit { note: sum.to_string(), ..Hit::to(&href, title, group) }
}

async fn payments(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let query = PaymentQuery { search: words.to_owned(), ..PaymentQuery::default() };
    let rows = reports::payment_rows(&desk.services.db, desk.merchant(), &query, MOST).await?;
    let group = desk.say("room.payments");
    let hit = |row: reports::PaymentRow| {
        let title = row.title.as_ref().map(|title| title.get(desk.lang).to_owned()).unwrap_or_default();
        let href = ["/payments/", row.id.as_str()].concat();
        numbered(row.order_number, &title, row.amount(), href, &group)
    };
    Ok(rows.into_iter().map(hit).collect())
}

async fn order_hits(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let filter = orders::Filter { search: Some(words.to_owned()), ..orders::Filter::default() };
    let found = orders::list(&desk.services.db, desk.merchant(), &filter, MOST).await?;
    let group = desk.say("room.orders");
    let hit = |whole: orders::Whole| {
        let (title, href) = (whole.title(), ["/orders/", whole.order.id.as_str()].concat());
        numbered(whole.order.number, title.get(desk.lang), whole.order.amount(), href, &group)
    };
    Ok(found.into_iter().map(hit).collect())
}

async fn people(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let filter = customers::Filter { search: Some(words.to_owned()), ..customers::Filter::default() };
    let found = customers::list(&desk.services.db, desk.merchant(), &filter, MOST).await?;
    let group = desk.say("room.customers");
    let hit = |customer: customers::Customer| {
        let note = customer.username.map(|name| ["@", &name].concat()).unwrap_or_default();
        Hit { note, ..Hit::to(&["/customers/", customer.id.as_str()].concat(), customer.name, &group) }
    };
    Ok(found.into_iter().map(hit).collect())
}

async fn products(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let filter = catalog::Filter { search: Some(words.to_owned()), ..catalog::Filter::default() };
    let found = catalog::list(&desk.services.db, desk.merchant(), &filter, MOST).await?;
    let group = desk.say("room.products");
    let hit = |product: catalog::Product| {
        let title = product.name.get(desk.lang).to_owned();
        let note = product.price_minor.map(|price| desk.sum(price)).unwrap_or_default();
        Hit { note, ..Hit::to(&["/products/", product.id.as_str()].concat(), title, &group) }
    };
    Ok(found.into_iter().map(hit).collect())
}

async fn link_hits(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let filter = links::Filter { search: Some(words.to_owned()), ..links::Filter::default() };
    let found = links::list(&desk.services.db, desk.merchant(), &filter, MOST).await?;
    let group = desk.say("room.links");
    let hit = |link: links::Link| {
        let title = if link.label.is_empty() { link.code.clone() } else { link.label.clone() };
        Hit { note: link.code, ..Hit::to(&["/links/", link.id.as_str()].concat(), title, &group) }
    };
    Ok(found.into_iter().map(hit).collect())
}
