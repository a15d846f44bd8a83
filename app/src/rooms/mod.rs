//! The rooms of the dashboard and the frame around them. Each room has its addresses and what they do (`mod.rs`), what it
//! finds (`found.rs`: view structs, already in words) and how that looks (`shown.rs`).

mod account;
mod actions;
mod again;
mod arrange;
mod audit;
mod broadcasts;
mod categories;
mod codes;
mod customers;
mod days;
mod deals;
mod endpoints;
mod exports;
mod find;
pub(crate) mod frame;
mod handover;
mod imports;
mod integrations;
mod jobs;
mod kept;
mod links;
mod members;
mod messages;
mod numbered;
mod orders;
mod overview;
mod payments;
mod people;
mod period;
mod place;
mod product_call;
mod product_club;
mod product_file;
mod product_photos;
mod products;
mod promos;
mod questions;
mod receipts;
mod reconcile;
mod refunds;
mod review;
mod settings;
mod shown;
mod span;
pub(crate) mod start;
mod story;
mod team;
mod times;
mod typed;
mod variants;
mod views;
mod webhooks;
mod why;

use axum::Router;

use crate::web::{Desk, Faces};

/// Pages and forms.
pub(crate) fn routes() -> Router<Faces> {
    Router::new()
        .merge(overview::routes())
        .merge(orders::routes())
        .merge(handover::routes())
        .merge(customers::routes())
        .merge(messages::routes())
        .merge(broadcasts::routes())
        .merge(payments::routes())
        .merge(exports::routes())
        .merge(days::routes())
        .merge(story::routes())
        .merge(links::routes())
        .merge(promos::routes())
        .merge(products::routes())
        .merge(categories::routes())
        .merge(imports::routes())
        .merge(variants::routes())
        .merge(product_photos::routes())
        .merge(questions::routes())
        .merge(codes::routes())
        .merge(product_file::routes())
        .merge(product_call::routes())
        .merge(product_club::routes())
        .merge(members::routes())
        .merge(times::routes())
        .merge(webhooks::routes())
        .merge(refunds::routes())
        .merge(receipts::routes())
        .merge(deals::routes())
        .merge(review::routes())
        .merge(again::routes())
        .merge(reconcile::routes())
        .merge(jobs::routes())
        .merge(integrations::routes())
        .merge(endpoints::routes())
        .merge(team::routes())
        .merge(account::routes())
        .merge(audit::routes())
        .merge(views::routes())
        .merge(settings::routes())
        .merge(start::routes())
        .merge(find::routes())
}

/// The form with several pictures.
pub(crate) fn photo_routes() -> Router<Faces> {
    product_photos::upload_routes()
}

/// Forms with a file.
pub(crate) fn upload_routes() -> Router<Faces> {
    products::upload_routes()
        .merge(imports::upload_routes())
        .merge(codes::upload_routes())
        .merge(links::upload_routes())
        .merge(refunds::upload_routes())
        .merge(reconcile::upload_routes())
        .merge(settings::upload_routes())
}

/// The form with the largest file.
pub(crate) fn file_routes() -> Router<Faces> {
    product_file::file_routes()
}

/// The number of rows on a page of a list.
pub(crate) const PAGE: usize = 50;

/// One page of a list, and where the next begins.
pub(crate) fn paged<T>(mut rows: Vec<T>, id: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(id);
    (rows, next)
}

/// The sign of the shop's currency.
fn sign(desk: &Desk) -> &'static str {
    desk.shop.currency.sign()
}
