//! The order in which products stand in the bot: in the whole catalog, or among those of one category.

use axum::{Form, extract::Query, response::Response};
use domain::{CategoryId, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    catalog::{self, Filter, Price, Product, categories, variants},
    failure::{Outcome, Refusal},
};

use super::PATH;
use crate::{
    badge::Badge,
    rooms::{
        arrange::{self, Item, Just, Moved},
        links::asked_for,
        place::Place,
    },
    texts::{t, t_with},
    ui::{Chip, Crumb, Empty, Glyph, Notice, RoomHead, Text, Tone},
    web::{Desk, Flash},
};

const HERE: &str = "/products/order";
/// Products outside of all categories, as the address says it.
const OUTSIDE: &str = "-";
/// More than one puts in order by hand at once.
const MOST: usize = 500;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// An id, or [`OUTSIDE`]; empty: the whole catalog.
    category: String,
    moved: String,
    way: String,
}

impl Asked {
    /// # Errors
    /// `not_found`.
    fn shelf(&self) -> Result<Option<Option<CategoryId>>, Refusal> {
        match &*self.category {
            "" => Ok(None),
            OUTSIDE => Ok(Some(None)),
            id => id.parse().map(|id| Some(Some(id))).map_err(|_| Refusal::not_found()),
        }
    }

    fn place(&self) -> Place {
        Place::new(HERE, &[("category", &self.category)], "")
    }
}

struct Found {
    items: Vec<Item>,
    /// There are more than are shown.
    cut: bool,
    /// Value in the address and name of each part of the catalog.
    shelves: Vec<(String, String)>,
}

pub(super) async fn room(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let title = desk.say("products.order");
    desk.room(&title, find(&desk, &asked).await, |found| draw(&desk, found, &asked)).await
}

async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let filter = Filter { category: asked.shelf()?, ..Filter::default() };
    let mut all = catalog::list(db, merchant, &filter, MOST as u64 + 1).await?;
    let cut = all.len() > MOST;
    all.truncate(MOST);
    let variants = variants::of_products(db, merchant, all.iter().map(|product| product.id.clone()).collect()).await?;
    let named = categories::list(db, merchant).await?.into_iter();
    let named = named.map(|one| (one.id.to_string(), one.name.get(desk.lang).to_owned()));
    let whole = [(String::new(), desk.say("products.all")), (OUTSIDE.to_owned(), desk.say("products.no_category"))];
    Ok(Found {
        items: all.into_iter().map(|product| item(desk, &product, Price::of(&product, &variants))).collect(),
        cut,
        shelves: whole.into_iter().chain(named).collect(),
    })
}

fn item(desk: &Desk, product: &Product, price: Price) -> Item {
    Item {
        href: [PATH, "/", product.id.as_str()].concat(),
        name: product.name.get(desk.lang).to_owned(),
        note: asked_for(desk, price),
        badge: (!product.visible).then(|| Badge { tone: Tone::Ended, text: desk.say("products.hidden_mark") }),
        picture: None,
        id: product.id.to_string(),
    }
}

fn draw(desk: &Desk, found: Found, asked: &Asked) -> AnyView {
    let (place, may_edit) = (asked.place(), desk.may(Permission::EditCatalog));
    let chips = found.shelves.into_iter().map(|(value, name)| {
        let current = value == asked.category;
        view! { <Chip href=place.with("category", &value) text=Text::from(name) current=current/> }
    });
    let chips = chips.collect_view();
    let cut = found.cut.then(|| {
        let text = t_with("products.order_cut", &[("count", &MOST.to_string())]);
        view! { <Notice tone=Tone::Info text=text/> }
    });
    let just = Just { moved: asked.moved.clone(), way: asked.way.clone() };
    let list = if found.items.is_empty() {
        view! { <Empty glyph=Glyph::Catalog title=t("products.not_found") text=t("products.order_none")/> }.into_any()
    } else {
        arrange::list(place.with("category", &asked.category), found.items, &just, may_edit)
    };
    view! {
        <Crumb href=PATH text=t("room.products")/>
        <RoomHead title=t("products.order")/>
        <p class="room-lead">{t("products.order_lead")}</p>
        <div class="toolbar"><div class="chips">{chips}</div></div>
        {cut}
        {list}
    }
    .into_any()
}

pub(super) async fn place(desk: Desk, Query(asked): Query<Asked>, Form(moved): Form<Moved>) -> Response {
    let placed = async || -> Outcome<Flash> {
        catalog::order(&desk.services, &desk.actor, desk.merchant(), asked.shelf()?, moved.read()?).await?;
        Ok(Flash::good(desk.say("arrange.done")))
    };
    desk.done(placed().await, &moved.back(&asked.place().with("category", &asked.category)))
}
