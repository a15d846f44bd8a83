//! The access codes of a product: how many are left, and how more are added. Codes that are left are never shown.

use axum::{
    Form, Router,
    extract::{Multipart, Path},
    response::Response,
    routing::{get, post},
};
use domain::{ProductId, role::Permission};
use leptos::prelude::*;
use server::{
    catalog::{self, Product},
    codes::{self, Looked, Pool},
    failure::{Outcome, Refusal},
};

use super::{categories::remove_dialog, typed::Typed, variants::crumb};
use crate::{
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, Fact, Facts, FilePicker, Glyph, Look, Notice, RoomHead, Text, TextArea, TextInput, Tone},
    web::{Desk, Faces, Flash, Upload, upload},
};

const FIELDS: &[&str] = &["codes", "file"];

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/{id}/codes", get(room))
        .route("/products/{id}/codes/low", post(set_low))
        .route("/products/{id}/codes/withdraw", post(withdraw))
}

pub(super) fn upload_routes() -> Router<Faces> {
    Router::new().route("/products/{id}/codes", post(send))
}

fn path(product: &str) -> String {
    ["/products/", product, "/codes"].concat()
}

struct Found {
    product: Product,
    pool: Option<Pool>,
    given: u64,
}

async fn found(desk: &Desk, id: &str) -> Outcome<Found> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let product = catalog::get(db, merchant, &ProductId::parse(id)?).await?;
    let (pool, given) = (codes::pool(db, merchant, &product.id).await?, codes::given(db, merchant, &product.id).await?);
    Ok(Found { product, pool, given })
}

/// What was typed, and what it would add.
#[derive(Default)]
struct Draft {
    codes: String,
    looked: Option<Looked>,
    low_at: Option<String>,
}

async fn room(desk: Desk, Path(id): Path<String>) -> Response {
    show(&desk, &id, Draft::default(), Wrong::default()).await
}

async fn show(desk: &Desk, id: &str, draft: Draft, wrong: Wrong) -> Response {
    let title = desk.say("codes.title");
    match found(desk, id).await {
        Ok(found) => desk.form(&title, wrong, |wrong| page(desk, &found, &draft, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn page(desk: &Desk, found: &Found, draft: &Draft, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditCatalog);
    let here = path(found.product.id.as_str());
    let remove = (may_edit && found.pool.is_some())
        .then(|| remove_dialog(["codes.withdraw", "codes.withdraw_text"], [&here, "/withdraw"].concat()));
    let form = may_edit.then(|| form(here.clone(), draft, wrong));
    view! {
        {crumb(desk, &found.product)}
        <RoomHead title=t("codes.title")>{remove}</RoomHead>
        <p class="room-lead">{t("codes.lead")}</p>
        <div class="side">
            <section>{form}</section>
            <aside>{pool(found, &here, may_edit, draft, wrong)}</aside>
        </div>
    }
    .into_any()
}

/// The same form twice: what is typed is looked at, and what is new of it is added.
fn form(here: String, draft: &Draft, wrong: &Wrong) -> AnyView {
    let fresh = draft.looked.as_ref().map(|looked| looked.fresh.len()).filter(|count| *count > 0);
    let look = if fresh.is_some() { Look::Quiet } else { Look::Primary };
    let add = fresh.map(|count| {
        let text = t_with("codes.add", &[("count", &count.to_string())]);
        view! { <Button look=Look::Primary icon=Glyph::Plus name="step" value="add">{text}</Button> }
    });
    view! {
        <form class="card form" method="post" action=here enctype="multipart/form-data">
            <div class="card-head"><h2>{t("codes.new")}</h2></div>
            <div class="card-body stack">
                {draft.looked.as_ref().map(said)}
                <TextArea name="codes" label=t("codes.codes") value=draft.codes.clone() help=t("codes.help") error=wrong.about("codes")/>
                <FilePicker name="file" label=t("codes.file") note=t("codes.file_note") accept=".txt,.csv,.xlsx,text/plain,text/csv" glyph=Glyph::Upload error=wrong.about("file")/>
                {wrong.beside(FIELDS)}
                <div class="button-row">
                    {add}
                    <Button look=look name="step" value="look">{t("codes.look")}</Button>
                </div>
            </div>
        </form>
    }
    .into_any()
}

/// What is new among the lines, and what is not.
fn said(looked: &Looked) -> AnyView {
    let counts = [
        ("codes.found_new", looked.fresh.len()),
        ("codes.found_known", looked.known),
        ("codes.found_repeated", looked.repeated),
    ];
    let told = counts.into_iter().filter(|(key, count)| *count > 0 || *key == "codes.found_new");
    let told = told.map(|(key, count)| t_with(key, &[("count", &count.to_string())]).to_string());
    let text = told.collect::<Vec<_>>().join(" · ");
    let tone = if looked.fresh.is_empty() { Tone::Waiting } else { Tone::Info };
    view! { <Notice tone=tone text=Text::from(text)/> }.into_any()
}

fn pool(found: &Found, here: &str, may_edit: bool, draft: &Draft, wrong: &Wrong) -> AnyView {
    let (left, given) = (found.pool.as_ref().map_or(0, |pool| pool.remaining), found.given);
    let low = found.pool.as_ref().filter(|pool| pool.is_low()).map(|_| {
        view! { <Notice tone=Tone::Waiting text=t("codes.low")/> }
    });
    let change = found.pool.as_ref().filter(|_| may_edit).map(|pool| {
        let typed = draft.low_at.clone().unwrap_or_else(|| pool.low_at.to_string());
        view! {
            <form class="stack" method="post" action=[here, "/low"].concat() data-send=true>
                <TextInput name="low_at" label=t("codes.low_at") value=typed inputmode="numeric" help=t("codes.low_help") error=wrong.about("low_at") max_length=6/>
                <div><Button>{t("common.save")}</Button></div>
            </form>
        }
    });
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("codes.pool")}</h2></div>
            <div class="card-body stack">
                <div class="stack" id="pool" data-live=true>
                    {low}
                    <Facts>
                        <Fact label=t("codes.left")>{left}</Fact>
                        <Fact label=t("codes.given")>{given}</Fact>
                    </Facts>
                </div>
                {change}
            </div>
        </section>
    }
    .into_any()
}

async fn send(desk: Desk, Path(id): Path<String>, sent: Multipart) -> Response {
    let sent = upload(sent, "file").await;
    let form = Typed::from(sent.fields.clone());
    let typed = form.get("codes").to_owned();
    match put(&desk, &id, &form, sent).await {
        Ok(Put::Looked(looked)) => {
            let codes = looked.fresh.join("\n");
            show(&desk, &id, Draft { codes, looked: Some(looked), low_at: None }, Wrong::default()).await
        }
        Ok(Put::Added(count)) => {
            let flash = Flash::good(desk.say_with("codes.added", &[("count", &count.to_string())]));
            desk.done(Ok(flash), &path(&id))
        }
        Err(failure) => show(&desk, &id, Draft { codes: typed, ..Draft::default() }, desk.wrong(&failure)).await,
    }
}

enum Put {
    Looked(Looked),
    Added(usize),
}

async fn put(desk: &Desk, id: &str, form: &Typed, sent: Upload) -> Outcome<Put> {
    let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
    desk.must(Permission::EditCatalog)?;
    let product = ProductId::parse(id)?;
    let mut all = codes::of_text(form.get("codes"));
    let file = sent.file?.map(|bytes| codes::of_file(&bytes)).transpose()?;
    // What a file brings is looked at first, whatever was pressed.
    let is_seen = file.is_none() && form.get("step") == "add";
    all.extend(file.into_iter().flatten());
    Ok(if is_seen {
        Put::Added(codes::add(services, actor, merchant, &product, all).await?)
    } else {
        Put::Looked(codes::look(services, actor, merchant, &product, all).await?)
    })
}

async fn set_low(desk: Desk, Path(id): Path<String>, Form(sent): Form<Vec<(String, String)>>) -> Response {
    let form = Typed::from(sent);
    let set = async || -> Outcome<()> {
        let low_at = form.number("low_at")?.ok_or_else(|| Refusal::field("low_at", "required"))?;
        codes::set_low(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?, low_at).await
    };
    match set().await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => {
            let draft = Draft { low_at: Some(form.get("low_at").to_owned()), ..Draft::default() };
            show(&desk, &id, draft, desk.wrong(&failure)).await
        }
    }
}

async fn withdraw(desk: Desk, Path(id): Path<String>) -> Response {
    let gone = async || -> Outcome<Flash> {
        let gone = codes::withdraw(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?).await?;
        Ok(Flash::good(desk.say_with("codes.withdrawn", &[("count", &gone.to_string())])))
    };
    desk.done(gone().await, &path(&id))
}
