//! The file that a product is delivered as.

use axum::{
    Router,
    extract::{Multipart, Path},
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{ProductId, limits, role::Permission};
use leptos::prelude::*;
use server::{
    catalog::{
        self, Product,
        attachment::{self, Attachment, NewFile},
    },
    failure::{Outcome, Refusal},
};

use super::{categories::remove_dialog, variants::crumb};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, ButtonLink, Empty, Fact, Facts, FilePicker, Glyph, Look, RoomHead, Text},
    web::{Desk, Faces, Flash, upload_within},
};

const FIELDS: &[&str] = &["attachment"];

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/{id}/file", get(room))
        .route("/products/{id}/file/download", get(download))
        .route("/products/{id}/file/remove", post(remove))
}

/// With the longest body there is.
pub(super) fn file_routes() -> Router<Faces> {
    Router::new().route("/products/{id}/file", post(send))
}

fn path(product: &str) -> String {
    ["/products/", product, "/file"].concat()
}

async fn found(desk: &Desk, id: &str) -> Outcome<(Product, Option<Attachment>)> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let product = catalog::get(db, merchant, &ProductId::parse(id)?).await?;
    let file = attachment::get(db, merchant, &product.id).await?;
    Ok((product, file))
}

async fn room(desk: Desk, Path(id): Path<String>) -> Response {
    show(&desk, &id, Wrong::default()).await
}

async fn show(desk: &Desk, id: &str, wrong: Wrong) -> Response {
    let title = desk.say("product_file.title");
    match found(desk, id).await {
        Ok((product, file)) => desk.form(&title, wrong, |wrong| page(desk, &product, file, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn page(desk: &Desk, product: &Product, file: Option<Attachment>, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditCatalog);
    let here = path(product.id.as_str());
    let remove = (may_edit && file.is_some())
        .then(|| remove_dialog(["product_file.remove", "product_file.remove_text"], [&here, "/remove"].concat()));
    let form = may_edit.then(|| form(here.clone(), file.is_some(), wrong));
    let card = match file {
        Some(file) => shown(file, &here),
        None => view! { <Empty glyph=Glyph::Download title=t("product_file.none") text=t("product_file.none_text")/> }
            .into_any(),
    };
    view! {
        {crumb(desk, product)}
        <RoomHead title=t("product_file.title")>{remove}</RoomHead>
        <p class="room-lead">{t("product_file.lead")}</p>
        <div class="side"><section>{card}</section><aside>{form}</aside></div>
    }
    .into_any()
}

fn shown(file: Attachment, here: &str) -> AnyView {
    let href = Text::from([here, "/download"].concat());
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("product_file.now")}</h2></div>
            <div class="card-body stack">
                <Facts>
                    <Fact label=t("product_file.name")>{file.name}</Fact>
                    <Fact label=t("product_file.size")>{size(file.bytes)}</Fact>
                </Facts>
                <div><ButtonLink href=href icon=Glyph::Download>{t("product_file.download")}</ButtonLink></div>
            </div>
        </section>
    }
    .into_any()
}

fn size(bytes: i64) -> String {
    if bytes < 1024 * 1024 {
        return [&((bytes + 1023) / 1024).to_string(), " KB"].concat();
    }
    let tenths = bytes * 10 / (1024 * 1024);
    [&(tenths / 10).to_string(), ".", &(tenths % 10).to_string(), " MB"].concat()
}

fn form(here: String, is_there: bool, wrong: &Wrong) -> AnyView {
    let title = if is_there { "product_file.another" } else { "product_file.new" };
    view! {
        <form class="card form" method="post" action=here enctype="multipart/form-data" data-send=true>
            <div class="card-head"><h2>{t(title)}</h2></div>
            <div class="card-body stack">
                <FilePicker name="attachment" label=t("product_file.choose") note=t("product_file.note") accept="*/*" glyph=Glyph::Upload error=wrong.about("attachment")/>
                {wrong.beside(FIELDS)}
                <div><Button look=Look::Primary>{t("common.save")}</Button></div>
            </div>
        </form>
    }
    .into_any()
}

async fn send(desk: Desk, Path(id): Path<String>, sent: Multipart) -> Response {
    let saved = async || -> Outcome<()> {
        desk.must(Permission::EditCatalog)?;
        let sent = upload_within(sent, "attachment", limits::ATTACHMENT_BYTES).await;
        let body = sent.file?.ok_or_else(|| Refusal::field("attachment", "required"))?;
        let new = NewFile { name: sent.name, media_type: sent.media_type, body };
        attachment::set(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?, new).await
    };
    match saved().await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show(&desk, &id, desk.wrong(&failure)).await,
    }
}

/// Whatever it is, a browser saves it and opens nothing.
async fn download(desk: Desk, Path(id): Path<String>) -> Response {
    let found = async || -> Outcome<Response> {
        desk.must(Permission::SeeCatalog)?;
        let (_, file) = found(&desk, &id).await?;
        let file = file.ok_or_else(Refusal::not_found)?;
        let whole = attachment::body(&desk.services.db, desk.merchant(), &file.file_id).await?;
        let whole = whole.ok_or_else(Refusal::not_found)?;
        let name = ["attachment; filename*=UTF-8''", &urlencoded(&file.name)].concat();
        let headers = [
            (header::CONTENT_TYPE, whole.media_type),
            (header::CONTENT_DISPOSITION, name),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ];
        Ok((headers, whole.body).into_response())
    };
    match found().await {
        Ok(response) => response,
        Err(failure) => desk.failed(&desk.say("product_file.title"), &failure).await,
    }
}

/// As names of files stand in headers (RFC 8187).
fn urlencoded(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(byte).collect()
}

async fn remove(desk: Desk, Path(id): Path<String>) -> Response {
    let gone = async || -> Outcome<Flash> {
        attachment::remove(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("product_file.removed")))
    };
    desk.done(gone().await, &path(&id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_names_are_written_for_people_and_headers() {
        assert_eq!([size(1), size(200_000), size(20 * 1024 * 1024)], ["1 KB", "196 KB", "20.0 MB"]);
        assert_eq!(urlencoded("Գիրք 1\".pdf"), "%D4%B3%D5%AB%D6%80%D6%84%201%22.pdf");
    }
}
