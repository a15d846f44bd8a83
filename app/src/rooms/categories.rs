//! The categories of the catalog: their names and their order.

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{CategoryId, role::Permission};
use leptos::prelude::*;
use server::{
    catalog::categories::{self, Category},
    failure::Outcome,
};

use super::{
    arrange::{self, Item, Just, Moved},
    typed::{Typed, three_names},
};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Crumb, Dialog, DialogButton, Empty, Glyph, Look, RoomHead, Size, Text, close_button},
    web::{Desk, Faces, Flash},
};

const PATH: &str = "/categories";
const FIELDS: &[&str] = &["name"];

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list).post(add))
        .route("/categories/order", post(order))
        .route("/categories/{id}", get(one).post(rename))
        .route("/categories/{id}/remove", post(remove))
}

async fn list(desk: Desk, Query(just): Query<Just>) -> Response {
    show(&desk, &just, &Typed::default(), Wrong::default()).await
}

async fn show(desk: &Desk, just: &Just, form: &Typed, wrong: Wrong) -> Response {
    let title = desk.say("categories.title");
    match categories::list(&desk.services.db, desk.merchant()).await {
        Ok(all) => desk.form(&title, wrong, |wrong| room(desk, all, just, form, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn room(desk: &Desk, all: Vec<Category>, just: &Just, form: &Typed, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditCatalog);
    let item = |category: Category| Item {
        href: [PATH, "/", category.id.as_str()].concat(),
        name: category.name.get(desk.lang).to_owned(),
        note: String::new(),
        badge: None,
        picture: None,
        id: category.id.to_string(),
    };
    let list = if all.is_empty() {
        view! { <Empty glyph=Glyph::Catalog title=t("categories.none") text=t("categories.none_text")/> }.into_any()
    } else {
        arrange::list([PATH, "/order"].concat(), all.into_iter().map(item).collect(), just, may_edit)
    };
    let add = may_edit.then(|| {
        view! {
            <form class="card" method="post" action=PATH data-send=true>
                <div class="card-head"><h2>{t("categories.new")}</h2></div>
                <div class="card-body stack">
                    {three_names("products.name", form, wrong)}
                    {wrong.beside(FIELDS)}
                    <div><Button look=Look::Primary icon=Glyph::Plus>{t("categories.add")}</Button></div>
                </div>
            </form>
        }
    });
    view! {
        <Crumb href=super::products::PATH text=t("room.products")/>
        <RoomHead title=t("categories.title")/>
        <p class="room-lead">{t("categories.lead")}</p>
        <div class="side"><section>{list}</section><aside>{add}</aside></div>
    }
    .into_any()
}

async fn add(desk: Desk, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let form = Typed::from(fields);
    let added = categories::add(&desk.services, &desk.actor, desk.merchant(), form.localized("name")).await;
    match added {
        Ok(_) => desk.done(Ok(Flash::good(desk.say("common.saved"))), PATH),
        Err(failure) => show(&desk, &Just::default(), &form, desk.wrong(&failure)).await,
    }
}

async fn order(desk: Desk, Form(moved): Form<Moved>) -> Response {
    let placed = async || -> Outcome<Flash> {
        categories::order(&desk.services, &desk.actor, desk.merchant(), moved.read()?).await?;
        Ok(Flash::good(desk.say("arrange.done")))
    };
    desk.done(placed().await, &moved.back(PATH))
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    show_one(&desk, &id, None, Wrong::default()).await
}

async fn show_one(desk: &Desk, id: &str, form: Option<Typed>, wrong: Wrong) -> Response {
    let found = async || categories::get(&desk.services.db, desk.merchant(), &CategoryId::parse(id)?).await;
    match found().await {
        Ok(category) => {
            let title = category.name.get(desk.lang).to_owned();
            let form = form.unwrap_or_else(|| {
                let mut form = Typed::default();
                form.set_localized("name", &category.name);
                form
            });
            desk.form(&title.clone(), wrong, |wrong| page(desk, id, title, &form, wrong)).await
        }
        Err(failure) => desk.failed(&desk.say("categories.title"), &failure).await,
    }
}

fn page(desk: &Desk, id: &str, title: String, form: &Typed, wrong: &Wrong) -> AnyView {
    let action = [PATH, "/", id].concat();
    let products = Text::from(["/products?category=", id].concat());
    let may_edit = desk.may(Permission::EditCatalog);
    let remove =
        may_edit.then(|| remove_dialog(["categories.remove", "categories.remove_text"], [&action, "/remove"].concat()));
    view! {
        <Crumb href=PATH text=t("categories.title")/>
        <RoomHead title=Text::from(title)>
            <crate::ui::ButtonLink href=products icon=Glyph::Catalog>{t("categories.see")}</crate::ui::ButtonLink>
            {remove}
        </RoomHead>
        <form class="form" method="post" action=action data-send=true>
            <div class="form-section">{three_names("products.name", form, wrong)}</div>
            {wrong.beside(FIELDS)}
            {may_edit.then(|| view! { <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div> })}
        </form>
    }
    .into_any()
}

/// A thing is taken away only after a second word. `keys`: of the button and of what it means.
pub(super) fn remove_dialog(keys: [&'static str; 2], action: String) -> AnyView {
    let [remove, text] = keys;
    view! {
        <DialogButton dialog="remove" look=Look::Danger size=Size::Normal icon=Glyph::Trash>{t(remove)}</DialogButton>
        <Dialog id="remove" title=t(remove)>
            <form method="post" action=action class="stack">
                <p>{t(text)}</p>
                <div class="dialog-actions">
                    {close_button("remove", t("common.cancel"))}
                    <Button look=Look::DangerNow>{t(remove)}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

async fn rename(desk: Desk, Path(id): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let form = Typed::from(fields);
    let renamed = async || -> Outcome<()> {
        let category = CategoryId::parse(&id)?;
        categories::rename(&desk.services, &desk.actor, desk.merchant(), &category, form.localized("name")).await
    };
    match renamed().await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), PATH),
        Err(failure) => show_one(&desk, &id, Some(form), desk.wrong(&failure)).await,
    }
}

async fn remove(desk: Desk, Path(id): Path<String>) -> Response {
    let removed = async || -> Outcome<Flash> {
        let gone = categories::remove(&desk.services, &desk.actor, desk.merchant(), &CategoryId::parse(&id)?).await?;
        Ok(Flash::good(desk.say_with("categories.removed", &[("name", gone.name.get(desk.lang))])))
    };
    desk.done(removed().await, PATH)
}
