//! Products: the shelf, and the form of one.

mod calls;
#[cfg(feature = "ssr")]
mod desk_work;
mod form;
mod photo;
#[cfg(feature = "ssr")]
mod shown;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

pub use calls::{Asked, ProductForm};
#[cfg(feature = "ssr")]
use calls::{Found, ProductCard};

use super::chips;
use crate::{
    address,
    here::Here,
    texts::t,
    ui::{ButtonLink, Crumb, Glyph, Look, RoomHead, SearchInput, ShelfSkeleton, Text},
    wire,
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
    let now = move || {
        query.with_untracked(|query| Asked {
            q: address::value(query, "q"),
            shelf: address::value(query, "shelf"),
            after: address::value(query, "before"),
        })
    };
    let found = wire::ask(address::question(query), move || calls::find_products(now()));
    let words = RwSignal::new(now().q);
    view! {
        <Title text=t("room.products").into_owned()/>
        <RoomHead title=t("room.products")>{Here::get().may.edit_catalog.then(make)}</RoomHead>
        <div class="toolbar">
            <SearchInput name="q" label=t("products.search") value=words find=address::search_when_typed()/>
        </div>
        <div class="toolbar"><div class="chips">{chips(PATH, "shelf", &SHELVES, query)}</div></div>
        {wire::piece(found, "", skeleton, address::place(query), None)}
    }
    .into_any()
}

/// The first step.
fn make() -> AnyView {
    view! { <ButtonLink href="/products/new" look=Look::Primary icon=Glyph::Plus>{t("products.new")}</ButtonLink> }
        .into_any()
}

fn skeleton() -> AnyView {
    view! { <ShelfSkeleton/> }.into_any()
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
    let product = wire::ask(move || id.get(), move || calls::product(id.get_untracked()));
    let show = move |product: ProductForm| page(id.get_untracked(), product);
    view! {
        <Crumb href=PATH text=t("room.products")/>
        {wire::form(product, show)}
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
