//! The provider's own book for those who try things out: its newest sessions, and its webhooks with their answers.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{Currency, Lang, Money};
use leptos::prelude::*;

use super::{Vpos, checkout::document, state::Session, webhooks::Delivery};

const SHOWN: usize = 50;
const ZONE: i32 = 240;

pub(super) fn routes() -> Router<Vpos> {
    // The address with a slash at its end reaches a nested router as what no route fits.
    Router::new().route("/", get(book)).fallback(book_or_nothing)
}

async fn book_or_nothing(state: State<Vpos>, uri: Uri) -> Response {
    if uri.path() == "/" { book(state).await } else { StatusCode::NOT_FOUND.into_response() }
}

async fn book(State(vpos): State<Vpos>) -> Response {
    let sessions: Vec<_> = vpos.0.sessions.newest(SHOWN).into_iter().map(|session| row(&vpos, session)).collect();
    let deliveries: Vec<_> = vpos.deliveries().into_iter().take(SHOWN).map(delivery).collect();
    let body = view! {
        <h1>"Payment sessions"</h1>
        {table(["Time", "Order", "Sum", "Status"], sessions, "None yet: pay for something in the shop.")}
        <h1>"Webhooks"</h1>
        {table(["Time", "Event", "Says", "Answers"], deliveries, "None yet: they are sent when a session ends.")}
    };
    document(
        &vpos,
        Lang::En,
        "Book",
        view! { <nav></nav> }.into_any(),
        view! { <div class="book">{body}</div> }.into_any(),
    )
}

fn table(heads: [&'static str; 4], rows: Vec<AnyView>, none: &'static str) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="note">{none}</p> }.into_any();
    }
    let heads = Vec::from(heads.map(|head| view! { <th scope="col">{head}</th> }));
    view! { <div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div> }.into_any()
}

fn row(vpos: &Vpos, session: Session) -> AnyView {
    let currency = session.currency.parse().unwrap_or(Currency::Amd);
    view! {
        <tr>
            <td>{session.created_at.local(ZONE)}</td>
            <td><a href=vpos.checkout_url(&session.id)>{session.merchant_order_id}</a></td>
            <td class="number">{Money::new(session.amount_minor, currency).to_string()}</td>
            <td>{session.status.word()}</td>
        </tr>
    }
    .into_any()
}

fn delivery(delivery: Delivery) -> AnyView {
    let said = |answer: &Option<u16>| answer.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let answers: Vec<String> = delivery.answers.iter().map(said).collect();
    let answers = if answers.is_empty() { "on its way".to_owned() } else { answers.join(", ") };
    view! {
        <tr>
            <td>{delivery.at.local_time(ZONE)}</td>
            <td><code>{delivery.event}</code></td>
            <td>{delivery.word}</td>
            <td>{answers}</td>
        </tr>
    }
    .into_any()
}
