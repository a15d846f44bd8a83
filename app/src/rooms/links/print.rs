//! A sheet of QR codes to print and cut: of the chosen links, of all with one label, or of those made from one file.

use axum::{extract::Query, response::Response};
use domain::{FileId, LinkId, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::Outcome,
    links::{self, Filter, Link, batch},
};

use super::{PATH, found::titles};
use crate::{
    rooms::{place::Place, shown::chips},
    texts::t,
    ui::{Crumb, Empty, Glyph, RoomHead},
    web::Desk,
};

/// Thirty-odd sheets of paper.
const MOST: u64 = 300;
/// How many stand on a sheet of A4.
const PER: [(&str, &str); 3] = [("", "print.six"), ("12", "print.twelve"), ("24", "print.twenty_four")];

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Ids, with commas between them.
    ids: String,
    label: String,
    batch: String,
    per: String,
}

struct Card {
    id: String,
    title: String,
    sum: String,
    address: String,
}

pub(super) async fn sheet(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let parts = [("ids", &*asked.ids), ("label", &asked.label), ("batch", &asked.batch), ("per", &asked.per)];
    let place = Place::new("/links/print", &parts, "");
    desk.room(&desk.say("print.title"), find(&desk, &asked).await, |cards| room(&desk, cards, &place)).await
}

async fn find(desk: &Desk, asked: &Asked) -> Outcome<Vec<Card>> {
    desk.must(Permission::SeeMoney)?;
    let links = chosen(desk, asked).await?;
    let named = titles(desk, &links).await?;
    let card = |(link, (title, minor)): (&Link, (String, Option<i64>))| Card {
        id: link.id.to_string(),
        title: if link.label.is_empty() { title } else { [&title, " · ", &link.label].concat() },
        sum: minor.map_or_else(|| desk.say("links.customer_sum"), |minor| desk.sum(minor)),
        address: short(&link.url(&desk.services)),
    };
    Ok(links.iter().zip(named).map(card).collect())
}

async fn chosen(desk: &Desk, asked: &Asked) -> Outcome<Vec<Link>> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    if let Ok(id) = FileId::parse(&asked.batch) {
        return batch::made(&desk.services, merchant, &id).await;
    }
    if !asked.label.is_empty() {
        let filter = Filter { label: Some(asked.label.clone()), active: Some(true), ..Filter::default() };
        return links::list(db, merchant, &filter, MOST).await;
    }
    let ids = asked.ids.split(',').filter_map(|id| LinkId::parse(id.trim()).ok()).take(300).collect();
    links::by_ids(db, merchant, ids).await
}

/// As a person would type it.
fn short(url: &str) -> String {
    url.split_once("://").map_or(url, |(_, rest)| rest).to_owned()
}

fn room(desk: &Desk, cards: Vec<Card>, place: &Place) -> AnyView {
    if cards.is_empty() {
        return view! {
            <Crumb href=PATH text=t("room.links")/>
            <RoomHead title=t("print.title")/>
            <Empty glyph=Glyph::Qr title=t("print.none") text=t("print.none_text")/>
        }
        .into_any();
    }
    let shop = desk.shop.name.get(desk.lang).to_owned();
    let count = cards.len().to_string();
    let cards = cards.into_iter().map(|card| one(&shop, card)).collect_view();
    let per = place.value("per").to_owned();
    view! {
        <div class="print-head">
            <Crumb href=PATH text=t("room.links")/>
            <RoomHead title=t("print.title") number=count/>
            <p class="room-lead">{t("print.lead")}</p>
            <div class="toolbar"><div class="chips">{chips(place, "per", &PER)}</div></div>
        </div>
        <ul class="print-sheet" data-per=per>{cards}</ul>
    }
    .into_any()
}

fn one(shop: &str, card: Card) -> AnyView {
    let code = ["/links/", &card.id, "/qr.svg"].concat();
    view! {
        <li class="print-card">
            <small>{shop.to_owned()}</small>
            <img src=code alt=t("links.qr")/>
            <b>{card.title}</b>
            <span class="tabular">{card.sum}</span>
            <small class="mono">{card.address}</small>
        </li>
    }
    .into_any()
}
