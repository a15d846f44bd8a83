//! How the shelf of products looks. Drawn on the server only.

use leptos::prelude::*;

use super::{
    Asked, PATH,
    calls::{Found, ProductCard},
    make,
};
use crate::{
    rooms::shown::pager,
    texts::t,
    ui::{ButtonLink, Empty, Glyph, Icon, StatusBadge, Text, Tone},
};

pub(super) fn shelf(found: Found, asked: &Asked, may_edit: bool) -> AnyView {
    if !found.cards.is_empty() {
        let state = [("q", asked.q.as_str()), ("shelf", &asked.shelf), ("before", &asked.after)];
        let pager = pager(PATH, &state, found.next);
        let cards = found.cards.into_iter().map(card).collect_view();
        return view! {
            <div class="shelf">{cards}</div>
            {pager}
        }
        .into_any();
    }
    if *asked == Asked::default() {
        return view! {
            <Empty glyph=Glyph::Catalog title=t("products.none") text=t("products.none_text")>{may_edit.then(make)}</Empty>
        }
        .into_any();
    }
    view! {
        <Empty glyph=Glyph::Search title=t("products.not_found") text=t("products.not_found_text")>
            <ButtonLink href=PATH>{t("list.show_all")}</ButtonLink>
        </Empty>
    }
    .into_any()
}

fn card(card: ProductCard) -> AnyView {
    let picture = match card.picture {
        Some(address) => view! { <img class="product-picture" src=address alt="" loading="lazy"/> }.into_any(),
        None => view! { <span class="product-picture"><Icon glyph=Glyph::Image size="large"/></span> }.into_any(),
    };
    let mark = card.mark.map(|mark| view! { <StatusBadge tone=Tone::from(mark.mood) text=Text::from(mark.text)/> });
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
