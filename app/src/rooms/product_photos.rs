//! The pictures of a product: which there are, which is first, and one more.

use axum::{
    Form, Router,
    extract::{Multipart, Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{FileId, ProductId, limits, role::Permission};
use leptos::prelude::*;
use server::{
    catalog::{self, Product, gallery},
    failure::{Outcome, Refusal},
};

use super::{
    arrange::{self, Item, Just, Moved},
    categories::remove_dialog,
    variants::crumb,
};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Crumb, Empty, FilePicker, Glyph, Look, RoomHead, Text},
    web::{Desk, Faces, Flash, next_file},
};

const FIELDS: &[&str] = &["photo"];

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/{id}/photos", get(list))
        .route("/products/{id}/photos/order", post(order))
        .route("/products/{id}/photos/{photo}", get(one))
        .route("/products/{id}/photos/{photo}/remove", post(remove))
}

pub(super) fn upload_routes() -> Router<Faces> {
    Router::new().route("/products/{id}/photos", post(add))
}

fn path(product: &str) -> String {
    ["/products/", product, "/photos"].concat()
}

/// The smaller self of a picture.
fn small(photo: &FileId) -> String {
    ["/files/", photo.as_str(), "/small"].concat()
}

async fn found(desk: &Desk, id: &str) -> Outcome<(Product, Vec<FileId>)> {
    let product = catalog::get(&desk.services.db, desk.merchant(), &ProductId::parse(id)?).await?;
    let photos = gallery::list(&desk.services.db, &product).await?;
    Ok((product, photos))
}

async fn list(desk: Desk, Path(id): Path<String>, Query(just): Query<Just>) -> Response {
    show(&desk, &id, &just, Wrong::default()).await
}

async fn show(desk: &Desk, id: &str, just: &Just, wrong: Wrong) -> Response {
    let title = desk.say("photos.title");
    match found(desk, id).await {
        Ok((product, photos)) => desk.form(&title, wrong, |wrong| room(desk, &product, &photos, just, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn item(desk: &Desk, here: &str, (place, photo): (usize, &FileId)) -> Item {
    Item {
        href: [here, "/", photo.as_str()].concat(),
        name: desk.say_with("photos.nth", &[("number", &(place + 1).to_string())]),
        note: if place == 0 { desk.say("photos.first") } else { String::new() },
        badge: None,
        picture: Some(small(photo)),
        id: photo.to_string(),
    }
}

fn room(desk: &Desk, product: &Product, photos: &[FileId], just: &Just, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditCatalog);
    let here = path(product.id.as_str());
    let list = if photos.is_empty() {
        view! { <Empty glyph=Glyph::Image title=t("photos.none") text=t("photos.none_text")/> }.into_any()
    } else {
        let items = photos.iter().enumerate().map(|photo| item(desk, &here, photo)).collect();
        arrange::list([&here, "/order"].concat(), items, just, may_edit)
    };
    let add = (may_edit && photos.len() < limits::PHOTOS).then(|| form(here, wrong));
    view! {
        {crumb(desk, product)}
        <RoomHead title=t("photos.title")/>
        <p class="room-lead">{t("photos.lead")}</p>
        <div class="side"><section>{list}</section><aside>{add}</aside></div>
    }
    .into_any()
}

fn form(here: String, wrong: &Wrong) -> AnyView {
    view! {
        <form class="card" method="post" action=here enctype="multipart/form-data" data-send=true>
            <div class="card-head"><h2>{t("photos.new")}</h2></div>
            <div class="card-body stack">
                <FilePicker name="photo" label=t("photos.choose") note=t("products.photo_note") several=true error=wrong.about("photo")/>
                {wrong.beside(FIELDS)}
                <div><Button look=Look::Primary icon=Glyph::Plus>{t("photos.add")}</Button></div>
            </div>
        </form>
    }
    .into_any()
}

async fn add(desk: Desk, Path(id): Path<String>, sent: Multipart) -> Response {
    match add_all(&desk, &id, sent).await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show(&desk, &id, &Just::default(), desk.wrong(&failure)).await,
    }
}

/// Each is read before it is written, one after another; those before one that is wrong stay, and the room shows them.
async fn add_all(desk: &Desk, id: &str, mut sent: Multipart) -> Outcome<()> {
    desk.must(Permission::EditCatalog)?;
    let product = ProductId::parse(id)?;
    let mut is_empty = true;
    while let Some(bytes) = next_file(&mut sent, "photo", limits::ALL_PHOTOS_BYTES).await? {
        let photo = catalog::read_photo(bytes).await?;
        gallery::add(&desk.services, &desk.actor, desk.merchant(), &product, photo).await?;
        is_empty = false;
    }
    if is_empty { Err(Refusal::field("photo", "required").into()) } else { Ok(()) }
}

async fn order(desk: Desk, Path(id): Path<String>, Form(moved): Form<Moved>) -> Response {
    let placed = async || -> Outcome<Flash> {
        let product = ProductId::parse(&id)?;
        gallery::order(&desk.services, &desk.actor, desk.merchant(), &product, moved.read()?).await?;
        Ok(Flash::good(desk.say("arrange.done")))
    };
    desk.done(placed().await, &moved.back(&path(&id)))
}

async fn one(desk: Desk, Path((id, photo)): Path<(String, String)>) -> Response {
    let found = async || -> Outcome<FileId> {
        let (_, photos) = found(&desk, &id).await?;
        Ok(photos.into_iter().find(|own| own.as_str() == photo).ok_or_else(Refusal::not_found)?)
    };
    desk.room(&desk.say("photos.title"), found().await, |photo| page(&desk, &path(&id), &photo)).await
}

fn page(desk: &Desk, here: &str, photo: &FileId) -> AnyView {
    let action = [here, "/", photo.as_str(), "/remove"].concat();
    let remove =
        desk.may(Permission::EditCatalog).then(|| remove_dialog(["photos.remove", "photos.remove_text"], action));
    view! {
        <Crumb href=Text::from(here.to_owned()) text=t("photos.title")/>
        <RoomHead title=t("photos.one")>{remove}</RoomHead>
        <img class="photo-whole" src=["/files/", photo.as_str()].concat() alt=""/>
    }
    .into_any()
}

async fn remove(desk: Desk, Path((id, photo)): Path<(String, String)>) -> Response {
    let removed = async || -> Outcome<Flash> {
        let (product, photo) = (ProductId::parse(&id)?, FileId::parse(&photo)?);
        gallery::remove(&desk.services, &desk.actor, desk.merchant(), (&product, &photo)).await?;
        Ok(Flash::good(desk.say("photos.removed")))
    };
    desk.done(removed().await, &path(&id))
}
