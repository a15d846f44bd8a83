//! Products: the shelf, and the form of one.

mod form;
mod found;
mod order;
mod shown;

use axum::{
    Form, Router,
    extract::{Multipart, Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{ProductId, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{catalog, failure::Outcome, shop};

use self::found::{Asked, Shown, blank};
use crate::{
    rooms::{categories::remove_dialog, typed::Typed},
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, ButtonLink, Crumb, Glyph, Notice, PostButton, RoomHead, Size, Text, Tone},
    web::{Desk, Faces, Flash, own_path, upload},
};

pub(super) const PATH: &str = "/products";
const STARS: &str = "/products/stars";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/products/new", get(fresh))
        .route(STARS, post(know_stars))
        .route("/products/order", get(order::room).post(order::place))
        .route("/products/{id}", get(one))
        .route("/products/{id}/copy", post(copy))
        .route("/products/{id}/remove", post(remove))
}

pub(super) fn upload_routes() -> Router<Faces> {
    Router::new().route("/products/new", post(create)).route("/products/{id}", post(update))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.products"), found, |found| shown::room(found, &asked.place())).await
}

async fn fresh(desk: Desk) -> Response {
    new_form(&desk, &blank(), Wrong::default()).await
}

async fn new_form(desk: &Desk, form: &Typed, wrong: Wrong) -> Response {
    let title = desk.say("products.new");
    if let Err(refusal) = desk.must(Permission::EditCatalog) {
        return desk.failed(&title, &refusal.into()).await;
    }
    let shelves = match found::shelves(desk).await {
        Ok(shelves) => shelves,
        Err(failure) => return desk.failed(&title, &failure).await,
    };
    let draw = |wrong: &Wrong| {
        view! {
            <Crumb href=PATH text=t("room.products")/>
            <RoomHead title=t("products.new")/>
            {form::form(desk, "/products/new".to_owned(), form, shelves, None, true, wrong)}
        }
        .into_any()
    };
    desk.form(&title, wrong, draw).await
}

async fn create(desk: Desk, sent: Multipart) -> Response {
    match found::save(&desk, None, upload(sent, "photo").await).await {
        (_, Ok(id)) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &["/products/", id.as_str()].concat()),
        (form, Err(failure)) => new_form(&desk, &form, desk.wrong(&failure)).await,
    }
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::one(&desk, &id).await;
    let title = found.as_ref().map_or_else(|_| desk.say("room.products"), |shown| shown.title.clone());
    desk.room(&title, found, |shown| page(&desk, &id, shown, &Wrong::default())).await
}

fn page(desk: &Desk, id: &str, shown: Shown, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditCatalog);
    let (sell, action) = (["/links/new?product=", id].concat(), ["/products/", id].concat());
    let times = [&action, "/times"].concat();
    let photos = more(desk, &action, "/photos", shown.photos, "photos.title");
    let variants = shown.may_vary.then(|| more(desk, &action, "/variants", shown.variants, "variants.title"));
    let questions = more(desk, &action, "/questions", shown.questions, "questions.title");
    let club = shown.club.then(|| more(desk, &action, "/club", 0, "club.title"));
    let file = shown.file.map(|is_there| more(desk, &action, "/file", usize::from(is_there), "product_file.title"));
    let call = shown.call.map(|is_there| more(desk, &action, "/call", usize::from(is_there), "call.title"));
    let few = shown.codes.filter(|(_, few)| *few).map(|(left, _)| {
        let text = t_with("codes.left_few", &[("count", &left.to_string())]);
        view! { <Notice tone=Tone::Waiting text=text/> }
    });
    let codes =
        shown.codes.map(|(left, _)| more(desk, &action, "/codes", usize::try_from(left).unwrap_or(0), "codes.title"));
    view! {
        <Crumb href=PATH text=t("room.products")/>
        <RoomHead title=Text::from(shown.title)>
            {shown.has_times.then(|| view! { <ButtonLink href=Text::from(times) icon=Glyph::Clock>{t("times.title")}</ButtonLink> })}
            {club}
            {file}
            {call}
            {codes}
            {photos}
            {variants}
            {questions}
            <ButtonLink href=Text::from(sell) icon=Glyph::Links>{t("products.make_link")}</ButtonLink>
        </RoomHead>
        {shown.stars.then(|| stars(may_edit, action.clone()))}
        {few}
        {form::form(desk, action.clone(), &shown.form, shown.shelves, shown.picture, may_edit, wrong)}
        {may_edit.then(|| whole(&action, shown.removable))}
    }
    .into_any()
}

/// Telegram's rule, until somebody of the shop has taken note of it. `back` is the page it stands on.
pub(super) fn stars(may_edit: bool, back: String) -> AnyView {
    let known = may_edit.then(|| {
        view! {
            <form method="post" action=STARS class="inline">
                <input type="hidden" name="back" value=back/>
                <Button size=Size::Small icon=Glyph::Check>{t("products.stars_know")}</Button>
            </form>
        }
    });
    view! { <Notice tone=Tone::Info text=t("products.stars_rule")>{known}</Notice> }.into_any()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Back {
    back: String,
}

async fn know_stars(desk: Desk, Form(sent): Form<Back>) -> Response {
    let known = shop::know_stars(&desk.services, &desk.actor, desk.merchant()).await;
    desk.done(known.map(|()| Flash::good(desk.say("products.stars_known"))), own_path(&sent.back))
}

/// What is done with the product as a whole.
fn whole(action: &str, removable: bool) -> AnyView {
    let copy = Text::from([action, "/copy"].concat());
    let remove = if removable {
        remove_dialog(["products.remove", "products.remove_text"], [action, "/remove"].concat())
    } else {
        view! { <small class="quiet">{t("products.only_hide")}</small> }.into_any()
    };
    view! {
        <div class="form">
            <div class="button-row"><PostButton action=copy icon=Glyph::Copy>{t("products.copy")}</PostButton> {remove}</div>
        </div>
    }
    .into_any()
}

/// A way on to what belongs to the product, with how many there are.
fn more(desk: &Desk, product: &str, what: &str, count: usize, key: &str) -> AnyView {
    let count = if count == 0 { String::new() } else { [" · ", &count.to_string()].concat() };
    let words = [&desk.say(key), &*count].concat();
    view! { <ButtonLink href=Text::from([product, what].concat())>{words}</ButtonLink> }.into_any()
}

async fn update(desk: Desk, Path(id): Path<String>, sent: Multipart) -> Response {
    let sent = upload(sent, "photo").await;
    let (form, saved) = match ProductId::parse(&id) {
        Ok(product) => found::save(&desk, Some(&product), sent).await,
        Err(gone) => (Typed::default(), Err(gone.into())),
    };
    let failure = match saved {
        Ok(id) => {
            let to = ["/products/", id.as_str()].concat();
            return desk.done(Ok(Flash::good(desk.say("common.saved"))), &to);
        }
        Err(failure) => failure,
    };
    match found::one(&desk, &id).await {
        Ok(shown) => {
            let shown = Shown { form, ..shown };
            let title = shown.title.clone();
            desk.form(&title, desk.wrong(&failure), |wrong| page(&desk, &id, shown, wrong)).await
        }
        Err(gone) => desk.failed(&desk.say("room.products"), &gone).await,
    }
}

/// To the copy, which is looked at before it is shown.
async fn copy(desk: Desk, Path(id): Path<String>) -> Response {
    let copied = async || catalog::copy(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?).await;
    match copied().await {
        Ok(copy) => desk.done(Ok(Flash::good(desk.say("products.copied"))), &[PATH, "/", copy.id.as_str()].concat()),
        Err(failure) => desk.done(Err(failure), &[PATH, "/", &id].concat()),
    }
}

async fn remove(desk: Desk, Path(id): Path<String>) -> Response {
    let removed = async || -> Outcome<Flash> {
        let gone = catalog::remove(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?).await?;
        Ok(Flash::good(desk.say_with("products.removed", &[("name", gone.name.get(desk.lang))])))
    };
    match removed().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => desk.done(Err(failure), &[PATH, "/", &id].concat()),
    }
}
