//! How the shelf of products looks.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, ProductCard},
};
use crate::{
    rooms::{
        kept::kept,
        place::Place,
        shown::{chips, nothing_found, pager},
    },
    texts::t,
    ui::{ButtonLink, Empty, Glyph, Icon, Look, RoomHead, SearchForm, StatusBadge, Text},
};

const SHELVES: [(&str, &str); 8] = [
    ("", "products.all"),
    ("goods", "kind.goods"),
    ("service", "kind.service"),
    ("booking", "kind.booking"),
    ("digital", "kind.digital"),
    ("club", "kind.club"),
    ("donation", "kind.donation"),
    ("hidden", "products.hidden"),
];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    let order = Place::new("/products/order", &[("category", place.value("category"))], "").with("", "");
    let order = Text::from(order);
    view! {
        <RoomHead title=t("room.products")>
            <ButtonLink href="/categories">{t("categories.title")}</ButtonLink>
            {found.may_edit.then(|| view! { <ButtonLink href=order>{t("products.order")}</ButtonLink> })}
            <ButtonLink href="/products/import" icon=Glyph::Upload>{t("imports.title")}</ButtonLink>
            {found.may_edit.then(make)}
        </RoomHead>
        <div class="toolbar">
            <SearchForm path=PATH label=t("products.search") value=place.value("q") kept=place.kept()/>
        </div>
        {found.stars.then(|| super::stars(found.may_edit, place.here()))}
        <div id="list" data-live=true>
            <div class="toolbar"><div class="chips">{chips(place, "shelf", &SHELVES)} {kept(place, &found.kept)}</div></div>
            {shelf(found, place)}
        </div>
    }
    .into_any()
}

/// The first step.
fn make() -> AnyView {
    view! { <ButtonLink href="/products/new" look=Look::Primary icon=Glyph::Plus>{t("products.new")}</ButtonLink> }
        .into_any()
}

fn shelf(found: Found, place: &Place) -> AnyView {
    if !found.cards.is_empty() {
        let cards = found.cards.into_iter().map(card).collect_view();
        return view! {
            <div class="shelf">{cards}</div>
            {pager(place, found.next)}
        }
        .into_any();
    }
    if !place.is_whole() {
        return nothing_found(PATH, "products.not_found", "products.not_found_text");
    }
    view! {
        <Empty glyph=Glyph::Catalog title=t("products.none") text=t("products.none_text")>{found.may_edit.then(make)}</Empty>
    }
    .into_any()
}

fn card(card: ProductCard) -> AnyView {
    let picture = match card.picture {
        Some(small) => {
            let both = [&small, " 320w, ", small.trim_end_matches("/small"), " 1280w"].concat();
            view! { <img class="product-picture" src=small.clone() srcset=both sizes="(min-width: 44rem) 14rem, 44vw" alt="" loading="lazy"/> }
                .into_any()
        }
        None => view! { <span class="product-picture"><Icon glyph=Glyph::Image size="large"/></span> }.into_any(),
    };
    let mark = card.mark.map(|mark| view! { <StatusBadge tone=mark.tone text=Text::from(mark.text)/> });
    view! {
        <a class="product" href=["/products/", &card.id].concat() data-hidden=card.hidden>
            {picture}
            {mark}
            <div class="product-body">
                <span class="product-name">{card.name}</span>
                <small class="quiet">{card.note}</small>
                <span class="product-price">{card.price} {card.was.map(|was| view! { <s>{was}</s> })}</span>
            </div>
        </a>
    }
    .into_any()
}
