//! What the palette finds: actions and rooms by their names, payments and orders by anything, customers, products and links
//! by their words. The answer is a piece of a page, which the palette puts into its list.

use axum::{Router, extract::Query, response::Response, routing::get};
use domain::{Money, limits};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    catalog, customers,
    failure::Outcome,
    links, orders,
    reports::{self, PaymentQuery},
};

use super::actions;
use crate::{
    texts::t,
    web::{Desk, Faces},
};

/// Of each kind.
const MOST: u64 = 5;

pub(super) fn routes() -> Router<Faces> {
    Router::new().route("/find", get(find))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    words: String,
    /// The page that is open, to come back to.
    here: String,
}

/// Somewhere to go, or something to do.
pub(super) struct Hit {
    pub(super) href: String,
    pub(super) title: String,
    /// The quiet line: its sum, its name in Telegram.
    pub(super) note: String,
    /// What it is among; hits of a group stand together.
    pub(super) group: String,
    /// Sent to the address as a form: a name and a value.
    pub(super) send: Option<[String; 2]>,
}

impl Hit {
    pub(super) fn to(href: &str, title: String, group: &str) -> Self {
        Self { href: href.to_owned(), title, note: String::new(), group: group.to_owned(), send: None }
    }
}

async fn find(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let words: String = asked.words.trim().chars().take(limits::SEARCH).collect();
    desk.piece(hits(&desk, &words).await, |hits| shown(hits, &asked.here))
}

async fn hits(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let mut hits = actions::actions(desk, words);
    hits.extend(actions::rooms(desk, words));
    if !words.is_empty() {
        hits.extend(payments(desk, words).await?);
        hits.extend(order_hits(desk, words).await?);
        hits.extend(people(desk, words).await?);
        hits.extend(products(desk, words).await?);
        hits.extend(link_hits(desk, words).await?);
    }
    Ok(hits)
}

fn shown(hits: Vec<Hit>, here: &str) -> AnyView {
    if hits.is_empty() {
        return view! { <p class="quiet" role="option" aria-disabled="true">{t("frame.found_none")}</p> }.into_any();
    }
    let mut group = String::new();
    let lines = hits.into_iter().enumerate().map(|(place, hit)| {
        let head = (hit.group != group).then(|| view! { <h3 role="presentation">{hit.group.clone()}</h3> });
        group.clone_from(&hit.group);
        view! { {head} {line(["hit-", &place.to_string()].concat(), hit, here)} }
    });
    lines.collect_view().into_any()
}

fn line(id: String, hit: Hit, here: &str) -> AnyView {
    let words = view! { <span class="cut">{hit.title}</span> <small class="quiet">{hit.note}</small> };
    let Some([name, value]) = hit.send else {
        return view! { <a class="palette-item" role="option" id=id href=hit.href>{words}</a> }.into_any();
    };
    view! {
        <form method="post" action=hit.href role="presentation">
            <input type="hidden" name="to" value=here.to_owned()/>
            <button class="palette-item" role="option" id=id name=name value=value>{words}</button>
        </form>
    }
    .into_any()
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
