//! A sheet of QR codes to print and cut: of the chosen links, of all with one label, or of those made from one file. What
//! leads to no payment any more is not printed.

use axum::{extract::Query, response::Response};
use domain::{
    FileId, LinkId,
    link::{self, LinkKind},
    role::Permission,
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::Outcome,
    links::{self, Filter, Link, batch},
};

use super::{
    PATH,
    found::{Leads, leads},
};
use crate::{
    rooms::{place::Place, shown::chips},
    texts::{t, t_with},
    ui::{Chip, Crumb, Empty, Glyph, Notice, RoomHead, Text, Tone},
    web::Desk,
};

/// Thirty-odd sheets of paper: so many are on one page, and the rest on the next.
const MOST: usize = 300;
/// More links under one label than anybody prints.
const ALL: u64 = 3_000;
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
    /// The page of them, from 0.
    part: String,
}

struct Card {
    id: String,
    title: String,
    sum: String,
    address: String,
}

struct Found {
    cards: Vec<Card>,
    /// Of how many.
    count: usize,
    /// How many are left out, because they lead to no payment any more.
    closed: usize,
}

pub(super) async fn sheet(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let parts = [
        ("ids", &*asked.ids),
        ("label", &asked.label),
        ("batch", &asked.batch),
        ("per", &asked.per),
        ("part", &asked.part),
    ];
    let place = Place::new("/links/print", &parts, "");
    desk.room(&desk.say("print.title"), find(&desk, &asked).await, |found| room(&desk, found, &place)).await
}

async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    desk.must(Permission::SeeMoney)?;
    let all = chosen(desk, asked).await?;
    let whole = all.len();
    let open: Vec<Link> = all.into_iter().filter(|link| link::open(&link.state(), desk.now()).is_ok()).collect();
    let (count, closed) = (open.len(), whole - open.len());
    let part: usize = asked.part.parse().unwrap_or(0);
    let links: Vec<Link> = open.into_iter().skip(part.saturating_mul(MOST)).take(MOST).collect();
    let leads = leads(desk, &links).await?;
    let card = |(link, leads): (&Link, Leads)| Card {
        id: link.id.to_string(),
        title: if link.label.is_empty() { leads.title } else { [&leads.title, " · ", &link.label].concat() },
        sum: leads.sum,
        address: short(&link.url(&desk.services)),
    };
    Ok(Found { cards: links.iter().zip(leads).map(card).collect(), count, closed })
}

async fn chosen(desk: &Desk, asked: &Asked) -> Outcome<Vec<Link>> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    if let Ok(id) = FileId::parse(&asked.batch) {
        return batch::made(&desk.services, merchant, &id).await;
    }
    if !asked.label.is_empty() {
        let filter = Filter {
            label: Some(asked.label.clone()),
            kind: Some(LinkKind::Fixed),
            selling: Some(desk.now()),
            ..Filter::default()
        };
        return links::list(db, merchant, &filter, ALL).await;
    }
    let ids = asked.ids.split(',').filter_map(|id| LinkId::parse(id.trim()).ok()).take(MOST).collect();
    links::by_ids(db, merchant, ids).await
}

/// As a person would type it.
fn short(url: &str) -> String {
    url.split_once("://").map_or(url, |(_, rest)| rest).to_owned()
}

fn room(desk: &Desk, found: Found, place: &Place) -> AnyView {
    let Found { cards, count, closed } = found;
    let closed = (closed > 0).then(|| {
        let text = t_with("print.closed", &[("count", &closed.to_string())]);
        view! { <Notice tone=Tone::Info text=text/> }
    });
    if cards.is_empty() {
        return view! {
            <Crumb href=PATH text=t("room.links")/>
            <RoomHead title=t("print.title")/>
            {closed}
            <Empty glyph=Glyph::Qr title=t("print.none") text=t("print.none_text")/>
        }
        .into_any();
    }
    let shop = desk.shop.name.get(desk.lang).to_owned();
    let parts = parts(place, count);
    let number = count.to_string();
    let cards = cards.into_iter().map(|card| one(&shop, card)).collect_view();
    let per = place.value("per").to_owned();
    view! {
        <div class="print-head">
            <Crumb href=PATH text=t("room.links")/>
            <RoomHead title=t("print.title") number=number/>
            <p class="room-lead">{t("print.lead")}</p>
            <div class="toolbar"><div class="chips">{chips(place, "per", &PER)}</div></div>
            {parts}
            {closed}
        </div>
        <ul class="print-sheet" data-per=per>{cards}</ul>
    }
    .into_any()
}

/// The pages of a long list, each as much as one prints at once.
fn parts(place: &Place, count: usize) -> Option<AnyView> {
    let now: usize = place.value("part").parse().unwrap_or(0);
    let chip = |part: usize| {
        let (first, last) = (part * MOST + 1, count.min((part + 1) * MOST));
        let (href, words) =
            (place.with("part", &part.to_string()), [&first.to_string(), "–", &last.to_string()].concat());
        view! { <Chip href=href text=Text::from(words) current=part == now/> }
    };
    let chips = || (0..count.div_ceil(MOST)).map(chip).collect_view();
    (count > MOST).then(|| {
        view! { <div class="toolbar"><p>{t("print.parts")}</p><div class="chips">{chips()}</div></div> }.into_any()
    })
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
