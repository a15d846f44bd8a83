//! What the palette finds: rooms by their name, payments by anything, customers, links and products by their words. The
//! answer is a piece of a page, which the palette puts into its list.

use axum::{Router, extract::Query, response::Response, routing::get};
use domain::limits;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    catalog, customers,
    failure::Outcome,
    links,
    reports::{self, PaymentQuery},
};

use super::frame::{ROOMS, is_open};
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
}

/// Somewhere to go. `note` is the quiet line: what it is, or its sum.
struct Hit {
    href: String,
    title: String,
    note: String,
}

async fn find(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let words: String = asked.words.trim().chars().take(limits::SEARCH).collect();
    desk.piece(hits(&desk, &words).await, shown)
}

async fn hits(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let mut hits = rooms(desk, words);
    if !words.is_empty() {
        hits.extend(payments(desk, words).await?);
        hits.extend(people(desk, words).await?);
        hits.extend(products(desk, words).await?);
        hits.extend(link_hits(desk, words).await?);
    }
    Ok(hits)
}

fn shown(hits: Vec<Hit>) -> AnyView {
    if hits.is_empty() {
        return view! { <p class="quiet" role="option" aria-disabled="true">{t("frame.found_none")}</p> }.into_any();
    }
    let line = |(place, hit): (usize, Hit)| {
        let id = ["hit-", &place.to_string()].concat();
        view! {
            <a class="palette-item" role="option" id=id href=hit.href>
                <span class="cut">{hit.title}</span>
                <small class="quiet">{hit.note}</small>
            </a>
        }
    };
    hits.into_iter().enumerate().map(line).collect_view().into_any()
}

fn rooms(desk: &Desk, words: &str) -> Vec<Hit> {
    let (words, note) = (words.to_lowercase(), desk.say("frame.room"));
    let all = ROOMS.iter().filter(|(href, _)| is_open(desk, href)).map(|(href, key)| (href, desk.say(key)));
    let found = all.filter(|(_, title)| title.to_lowercase().contains(&words));
    found.map(|(href, title)| Hit { href: (*href).to_owned(), title, note: note.clone() }).collect()
}

async fn payments(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let query = PaymentQuery { search: words.to_owned(), ..PaymentQuery::default() };
    let rows = reports::payment_rows(&desk.services.db, desk.merchant(), &query, MOST).await?;
    let hit = |row: reports::PaymentRow| {
        let title = row.title.as_ref().map(|title| title.get(desk.lang).to_owned()).unwrap_or_default();
        let number = ["№ ", &row.order_number.to_string(), " · ", &title].concat();
        Hit { href: ["/payments/", row.id.as_str()].concat(), title: number, note: row.amount().to_string() }
    };
    Ok(rows.into_iter().map(hit).collect())
}

async fn people(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let filter = customers::Filter { search: Some(words.to_owned()), ..customers::Filter::default() };
    let found = customers::list(&desk.services.db, desk.merchant(), &filter, MOST).await?;
    let hit = |customer: customers::Customer| Hit {
        href: ["/customers/", customer.id.as_str()].concat(),
        title: customer.name,
        note: desk.say("room.customers"),
    };
    Ok(found.into_iter().map(hit).collect())
}

async fn products(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let filter = catalog::Filter { search: Some(words.to_owned()), ..catalog::Filter::default() };
    let found = catalog::list(&desk.services.db, desk.merchant(), &filter, MOST).await?;
    let hit = |product: catalog::Product| Hit {
        href: ["/products/", product.id.as_str()].concat(),
        title: product.name.get(desk.lang).to_owned(),
        note: desk.say("room.products"),
    };
    Ok(found.into_iter().map(hit).collect())
}

async fn link_hits(desk: &Desk, words: &str) -> Outcome<Vec<Hit>> {
    let filter = links::Filter { search: Some(words.to_owned()), ..links::Filter::default() };
    let found = links::list(&desk.services.db, desk.merchant(), &filter, MOST).await?;
    let hit = |link: links::Link| Hit {
        href: ["/links/", link.id.as_str()].concat(),
        title: if link.label.is_empty() { link.code.clone() } else { link.label.clone() },
        note: desk.say("room.links"),
    };
    Ok(found.into_iter().map(hit).collect())
}
