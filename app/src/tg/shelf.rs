//! `/tg/{bot}`: the shelf, a category at a time.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{BotId, CategoryId, Money};
use leptos::prelude::*;
use server::{
    failure::Outcome,
    miniapp::{self, Item, Place, Shelf},
};

use super::{Asked, Stall, lost, proof};
use crate::{
    pay::view::outline,
    texts::{say, t, t_with},
    ui::Glyph,
    web::Faces,
};

/// What stands outside of all categories, in the address.
const OTHERS: &str = "others";

pub(super) async fn show(
    State(faces): State<Faces>,
    Path(bot): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    match look(&faces, &bot, &asked).await {
        Ok(shelf) => {
            let lang = asked.language(&shelf.shop, &headers);
            draw(&Stall { faces: &faces, bot: &shelf.bot, shop: &shelf.shop, lang }, &shelf)
        }
        Err(failure) => lost(&faces, &asked, &headers, &failure),
    }
}

async fn look(faces: &Faces, bot: &str, asked: &Asked) -> Outcome<Shelf> {
    let category = asked.r#in.as_deref().map(|word| CategoryId::parse(word).ok());
    let page = asked.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(0);
    miniapp::shelf(&faces.services, &BotId::parse(bot)?, Place { category, page }).await
}

fn word(category: Option<&CategoryId>) -> &str {
    category.map_or(OTHERS, |id| id.as_str())
}

fn draw(stall: &Stall<'_>, shelf: &Shelf) -> Response {
    let here = shelf.place.category.as_ref().map(|category| word(category.as_ref())).unwrap_or_default();
    let at = ["?in=", here].concat();
    let page_of = |page: usize| [&stall.path(""), "&in=", here, "&page=", &page.to_string()].concat();
    let back = shelf.place.page.checked_sub(1).map(page_of);
    stall.page(StatusCode::OK, &say(stall.lang, "tg.shelf"), back, &at, || {
        let more = shelf.more.then(|| {
            view! { <a class="pay-button" data-look="plain" href=page_of(shelf.place.page + 1)>{t("tg.more")}</a> }
        });
        let empty = shelf.items.is_empty().then(|| {
            view! {
                <div class="pay-state">
                    <div class="pay-mark">{outline(Glyph::Catalog)}</div><h1>{t("tg.empty")}</h1><p>{t("tg.empty_text")}</p>
                </div>
            }
        });
        view! {
            <h1 class="tg-hear">{t("tg.shelf")}</h1>
            {categories(stall, shelf, here)}
            <div class="tg-shelf">{shelf.items.iter().map(|one| item(stall, one)).collect_view()}</div>
            {empty}
            {more}
            {cart_button(stall)}
        }
        .into_any()
    })
}

fn categories(stall: &Stall<'_>, shelf: &Shelf, here: &str) -> Option<AnyView> {
    let own = shelf.categories.iter().map(|one| (one.id.as_str(), one.name.get(stall.lang).to_owned().into()));
    let others = shelf.others.then(|| (OTHERS, t("tg.others")));
    let all: Vec<_> = own.chain(others).collect();
    let chip = |(word, name): (&str, crate::ui::Text)| {
        let href = [&stall.path(""), "&in=", word].concat();
        view! { <a class="tg-chip" href=href aria-current=(word == here).then_some("true")>{name}</a> }
    };
    (all.len() > 1).then(|| {
        let chips = all.into_iter().map(chip).collect_view();
        view! { <nav class="tg-chips" aria-label=t("tg.categories")>{chips}</nav> }.into_any()
    })
}

fn item(stall: &Stall<'_>, item: &Item) -> AnyView {
    let product = &item.product;
    let sum = |minor: i64| Money::new(minor, stall.shop.currency).to_string();
    let price = match (item.from_minor, product.price_minor) {
        (Some(least), _) => t_with("tg.from", &[("sum", &sum(least))]),
        (None, Some(price)) => sum(price).into(),
        (None, None) => t("tg.own_sum"),
    };
    let was = product.compare_at_minor.filter(|_| item.from_minor.is_none());
    let was = was.map(|was| view! { " "<s>{sum(was)}</s> });
    let picture = match &product.photo_id {
        Some(id) => view! { <img src=["/files/", id.as_str(), "/small"].concat() alt="" loading="lazy"/> }.into_any(),
        None => view! { <span class="tg-blank">{outline(Glyph::Image)}</span> }.into_any(),
    };
    let gone = item.sold_out.then(|| view! { <span class="tg-gone">{t("pay.sold_out")}</span> });
    view! {
        <a class="tg-item" href=stall.path(&["/", product.id.as_str()].concat())>
            <span class="tg-picture">{picture}{gone}</span>
            <span class="tg-name">{product.name.get(stall.lang).to_owned()}</span>
            <span class="tg-price">{price}{was}</span>
        </a>
    }
    .into_any()
}

/// Shown by the page's script once something lies in the cart.
pub(super) fn cart_button(stall: &Stall<'_>) -> AnyView {
    view! {
        <form class="tg-foot" method="post" action=stall.path("/cart") hidden=true data-cart="true">
            {proof()}
            <button class="pay-button" data-main="true" data-label=t("tg.cart")>{t("tg.cart")}</button>
        </form>
    }
    .into_any()
}
