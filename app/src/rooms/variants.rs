//! The variants of a product: what it is sold as, at which prices, and how many there are.

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{Money, ProductId, VariantId, product::ProductKind, role::Permission};
use leptos::prelude::*;
use server::{
    catalog::{
        self, Product,
        variants::{self, Variant, VariantInput},
    },
    failure::{Outcome, Refusal},
};

use super::{
    arrange::{self, Item, Just, Moved},
    categories::remove_dialog,
    sign,
    typed::{Typed, three_names},
};
use crate::{
    badge::Badge,
    said::Wrong,
    texts::t,
    ui::{Button, Crumb, Empty, Glyph, Look, MoneyInput, RoomHead, Switch, Text, TextInput, Tone},
    web::{Desk, Faces, Flash},
};

const FIELDS: &[&str] = &["name", "price", "compare_at", "stock"];

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/{id}/variants", get(list).post(add))
        .route("/products/{id}/variants/order", post(order))
        .route("/products/{id}/variants/{variant}", get(one).post(update))
        .route("/products/{id}/variants/{variant}/remove", post(remove))
}

fn path(product: &str) -> String {
    ["/products/", product, "/variants"].concat()
}

async fn found(desk: &Desk, id: &str) -> Outcome<(Product, Vec<Variant>)> {
    let product = catalog::get(&desk.services.db, desk.merchant(), &ProductId::parse(id)?).await?;
    let all = variants::list(&desk.services.db, desk.merchant(), &product.id).await?;
    Ok((product, all))
}

async fn list(desk: Desk, Path(id): Path<String>, Query(just): Query<Just>) -> Response {
    show(&desk, &id, &just, &Typed::default(), Wrong::default()).await
}

async fn show(desk: &Desk, id: &str, just: &Just, form: &Typed, wrong: Wrong) -> Response {
    let title = desk.say("variants.title");
    match found(desk, id).await {
        Ok((product, all)) => desk.form(&title, wrong, |wrong| room(desk, &product, all, just, form, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn item(desk: &Desk, product: &Product, variant: Variant) -> Item {
    let badge = |tone, key| Some(Badge { tone, text: desk.say(key) });
    let left = variant.stock.map(|left| desk.say_with("products.in_stock", &[("count", &left.to_string())]));
    let sum = desk.sum(variant.price_minor);
    Item {
        href: [&path(product.id.as_str()), "/", variant.id.as_str()].concat(),
        name: variant.name.get(desk.lang).to_owned(),
        note: [Some(sum), left].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        badge: match (variant.hidden, variant.most(product.kind)) {
            (true, _) => badge(Tone::Ended, "products.hidden_mark"),
            (false, 0) => badge(Tone::Bad, "products.sold_out"),
            _ => None,
        },
        picture: None,
        id: variant.id.to_string(),
    }
}

fn room(desk: &Desk, product: &Product, all: Vec<Variant>, just: &Just, form: &Typed, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditCatalog) && product.kind != ProductKind::Donation;
    let here = path(product.id.as_str());
    let list = if all.is_empty() {
        view! { <Empty glyph=Glyph::Catalog title=t("variants.none") text=t("variants.none_text")/> }.into_any()
    } else {
        let items = all.into_iter().map(|variant| item(desk, product, variant)).collect();
        arrange::list([&here, "/order"].concat(), items, just, may_edit)
    };
    let add = may_edit.then(|| {
        view! {
            <form class="card" method="post" action=here data-send=true>
                <div class="card-head"><h2>{t("variants.new")}</h2></div>
                <div class="card-body stack">
                    {fields(desk, product, form, wrong)}
                    {wrong.beside(FIELDS)}
                    <div><Button look=Look::Primary icon=Glyph::Plus>{t("variants.add")}</Button></div>
                </div>
            </form>
        }
    });
    view! {
        {crumb(desk, product)}
        <RoomHead title=t("variants.title")/>
        <p class="room-lead">{t("variants.lead")}</p>
        <div class="side"><section>{list}</section><aside>{add}</aside></div>
    }
    .into_any()
}

/// Back to the product.
pub(super) fn crumb(desk: &Desk, product: &Product) -> AnyView {
    let href = Text::from(["/products/", product.id.as_str()].concat());
    view! { <Crumb href=href text=Text::from(product.name.get(desk.lang).to_owned())/> }.into_any()
}

fn fields(desk: &Desk, product: &Product, form: &Typed, wrong: &Wrong) -> AnyView {
    let counted = (product.kind == ProductKind::Goods).then(|| {
        view! {
            <input type="hidden" name="stock_shown" value=form.get("stock_shown").to_owned()/>
            <TextInput name="stock" label=t("products.stock") aside=t("common.optional") value=form.get("stock") inputmode="numeric" help=t("products.stock_help") error=wrong.about("stock") max_length=7/>
        }
    });
    view! {
        {three_names("products.name", form, wrong)}
        <MoneyInput name="price" label=t("products.price") sign=sign(desk) value=form.get("price") error=wrong.about("price")/>
        <MoneyInput name="compare_at" label=t("products.compare_at") aside=t("common.optional") sign=sign(desk) value=form.get("compare_at") help=t("products.compare_at_help") error=wrong.about("compare_at")/>
        {counted}
        <Switch name="hidden" label=t("variants.hidden") value=form.on("hidden") note=t("variants.hidden_note")/>
    }
    .into_any()
}

fn filled(desk: &Desk, variant: &Variant) -> Typed {
    let money = |minor| Some(Money::new(minor, desk.shop.currency));
    let mut form = Typed::default();
    form.set_localized("name", &variant.name);
    form.set_sum("price", money(variant.price_minor));
    form.set_sum("compare_at", variant.compare_at_minor.and_then(money));
    let stock = variant.stock.map(|left| left.to_string()).unwrap_or_default();
    form.with("stock_shown", stock.clone()).with("stock", stock).with("hidden", if variant.hidden { "on" } else { "" })
}

fn read(desk: &Desk, form: &Typed) -> Result<VariantInput, Refusal> {
    let currency = desk.shop.currency;
    Ok(VariantInput {
        name: form.localized("name"),
        price_minor: form.sum("price", currency)?.ok_or_else(|| Refusal::field("price", "required"))?,
        compare_at_minor: form.sum("compare_at", currency)?,
        stock: form.number("stock")?,
        hidden: form.on("hidden"),
    })
}

async fn add(desk: Desk, Path(id): Path<String>, Form(sent): Form<Vec<(String, String)>>) -> Response {
    let form = Typed::from(sent);
    let added = async || -> Outcome<Variant> {
        let (product, input) = (ProductId::parse(&id)?, read(&desk, &form)?);
        variants::add(&desk.services, &desk.actor, desk.merchant(), &product, input).await
    };
    match added().await {
        Ok(_) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show(&desk, &id, &Just::default(), &form, desk.wrong(&failure)).await,
    }
}

async fn order(desk: Desk, Path(id): Path<String>, Form(moved): Form<Moved>) -> Response {
    let placed = async || -> Outcome<Flash> {
        let product = ProductId::parse(&id)?;
        variants::order(&desk.services, &desk.actor, desk.merchant(), &product, moved.read()?).await?;
        Ok(Flash::good(desk.say("arrange.done")))
    };
    desk.done(placed().await, &moved.back(&path(&id)))
}

async fn one(desk: Desk, Path((id, variant)): Path<(String, String)>) -> Response {
    show_one(&desk, (&id, &variant), None, Wrong::default()).await
}

async fn show_one(desk: &Desk, (id, variant): (&str, &str), form: Option<Typed>, wrong: Wrong) -> Response {
    let title = desk.say("variants.title");
    let found = async || -> Outcome<(Product, Variant)> {
        let (product, all) = found(desk, id).await?;
        let one = all.into_iter().find(|one| one.id.as_str() == variant).ok_or_else(Refusal::not_found)?;
        Ok((product, one))
    };
    match found().await {
        Ok((product, variant)) => {
            let form = form.unwrap_or_else(|| filled(desk, &variant));
            desk.form(&title, wrong, |wrong| page(desk, &product, &variant, &form, wrong)).await
        }
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn page(desk: &Desk, product: &Product, variant: &Variant, form: &Typed, wrong: &Wrong) -> AnyView {
    let here = path(product.id.as_str());
    let action = [&here, "/", variant.id.as_str()].concat();
    let may_edit = desk.may(Permission::EditCatalog);
    let remove =
        may_edit.then(|| remove_dialog(["variants.remove", "variants.remove_text"], [&action, "/remove"].concat()));
    view! {
        <Crumb href=Text::from(here) text=t("variants.title")/>
        <RoomHead title=Text::from(product.name.and(", ", &variant.name).get(desk.lang).to_owned())>{remove}</RoomHead>
        <form class="form" method="post" action=action data-send=true>
            <div class="form-section">{fields(desk, product, form, wrong)}</div>
            {wrong.beside(FIELDS)}
            {may_edit.then(|| view! { <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div> })}
        </form>
    }
    .into_any()
}

async fn update(
    desk: Desk,
    Path((id, variant)): Path<(String, String)>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Response {
    let form = Typed::from(sent);
    let updated = async || -> Outcome<Variant> {
        let (product, one) = (ProductId::parse(&id)?, VariantId::parse(&variant)?);
        let (input, shown) = (read(&desk, &form)?, form.number("stock_shown")?);
        variants::update(&desk.services, &desk.actor, desk.merchant(), (&product, &one), input, shown).await
    };
    match updated().await {
        Ok(_) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show_one(&desk, (&id, &variant), Some(form), desk.wrong(&failure)).await,
    }
}

async fn remove(desk: Desk, Path((id, variant)): Path<(String, String)>) -> Response {
    let removed = async || -> Outcome<Flash> {
        let (product, one) = (ProductId::parse(&id)?, VariantId::parse(&variant)?);
        let gone = variants::remove(&desk.services, &desk.actor, desk.merchant(), (&product, &one)).await?;
        Ok(Flash::good(desk.say_with("variants.removed", &[("name", gone.name.get(desk.lang))])))
    };
    desk.done(removed().await, &path(&id))
}
