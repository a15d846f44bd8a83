//! Products: the shelf, and the form of one.

mod calls;
#[cfg(feature = "ssr")]
mod desk_work;
mod form;
mod photo;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

pub use calls::{Asked, Found, ProductCard, ProductForm};

use super::payments::pager_of;
use crate::{
    address,
    error::{AppError, trouble},
    here::Here,
    texts::t,
    ui::{
        ButtonLink, Chip, Crumb, Empty, Glyph, Icon, Look, RoomHead, SearchInput, ShelfSkeleton, StatusBadge,
        StorySkeleton, Text, Tone,
    },
};

const PATH: &str = "/products";
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

#[component]
pub fn Products() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| Asked {
            q: address::value(query, "q"),
            shelf: address::value(query, "shelf"),
            after: address::value(query, "before"),
        })
    });
    let found = Resource::new(move || asked.get(), calls::find_products);
    let words = RwSignal::new(asked.get_untracked().q);
    let chips = SHELVES.into_iter().map(|(shelf, key)| {
        let href = Signal::derive(move || query.with(|query| address::with(PATH, query, "shelf", shelf)));
        let current = Signal::derive(move || asked.with(|asked| asked.shelf == shelf));
        view! { <Chip href=href text=t(key) current=current/> }
    });
    view! {
        <Title text=t("room.products").into_owned()/>
        <RoomHead title=t("room.products")>{make()}</RoomHead>
        <div class="toolbar"><SearchInput name="q" label=t("products.search") value=words find=address::search_when_typed()/></div>
        <div class="toolbar"><div class="chips">{chips.collect_view()}</div></div>
        <Transition fallback=|| view! { <ShelfSkeleton/> }>
            {move || Suspend::new(async move { room(found.await, &asked.get_untracked()) })}
        </Transition>
    }
    .into_any()
}

/// The first step, for those who may take it.
fn make() -> Option<AnyView> {
    Here::get().may.edit_catalog.then(|| {
        view! { <ButtonLink href="/products/new" look=Look::Primary icon=Glyph::Plus>{t("products.new")}</ButtonLink> }.into_any()
    })
}

fn room(found: Result<Found, AppError>, asked: &Asked) -> AnyView {
    match found {
        Err(error) => trouble(error),
        Ok(found) if found.cards.is_empty() && *asked == Asked::default() => {
            view! { <Empty glyph=Glyph::Catalog title=t("products.none") text=t("products.none_text")>{make()}</Empty> }
                .into_any()
        }
        Ok(found) if found.cards.is_empty() => view! {
            <Empty glyph=Glyph::Search title=t("products.not_found") text=t("products.not_found_text")>
                <ButtonLink href=PATH>{t("list.show_all")}</ButtonLink>
            </Empty>
        }
        .into_any(),
        Ok(found) => {
            let pager = pager_of(PATH, !asked.after.is_empty(), found.next, use_query_map());
            view! { <div class="shelf">{found.cards.into_iter().map(card).collect_view()}</div> {pager} }.into_any()
        }
    }
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

#[component]
pub fn NewProduct() -> impl IntoView {
    let blank = ProductForm { kind: "goods".to_owned(), visible: true, ..ProductForm::default() };
    view! {
        <Title text=t("products.new").into_owned()/>
        <Crumb href=PATH text=t("room.products")/>
        <RoomHead title=t("products.new")/>
        {form::form(None, blank)}
    }
    .into_any()
}

#[component]
pub fn OneProduct() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let product = Resource::new(move || id.get(), calls::product);
    view! {
        <Crumb href=PATH text=t("room.products")/>
        <Suspense fallback=|| view! { <StorySkeleton/> }>
            {move || Suspend::new(async move {
                match product.await {
                    Ok(product) => page(id.get_untracked(), product),
                    Err(error) => trouble(error),
                }
            })}
        </Suspense>
    }
    .into_any()
}

fn page(id: String, product: ProductForm) -> AnyView {
    let title = product.title.clone();
    let sell = ["/links/new?product=", &id].concat();
    view! {
        <Title text=title.clone()/>
        <RoomHead title=Text::from(title)>
            <ButtonLink href=Text::from(sell) icon=Glyph::Links>{t("products.make_link")}</ButtonLink>
        </RoomHead>
        {form::form(Some(id), product)}
    }
    .into_any()
}
