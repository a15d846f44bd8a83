//! `/pay/{code}/return`: the customer is back. We ask the provider, show what the journal says, and follow it until it is settled.

use std::time::Duration;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use domain::Lang;
use leptos::prelude::*;
use server::{
    failure::{Failure, Outcome},
    payments,
    reports::{self, Returning},
};

use super::{Asked, document, sorry, view};
use crate::{
    texts::say,
    web::{Faces, bot_address},
};

/// How long the first look may hold the page: most providers answer sooner, and then the page is right at once.
const PATIENCE: Duration = Duration::from_millis(1_200);

pub(super) async fn show(
    State(faces): State<Faces>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let returning = match look(&faces, &code, &asked).await {
        Ok(returning) => returning,
        // Without a payment to speak of, the link's own page is the place to be.
        Err(Failure::Refused(_)) if asked.p.is_none() => {
            return Redirect::to(&["/pay/", &code].concat()).into_response();
        }
        Err(failure) => return sorry(&faces, asked.language(None, &headers), &failure),
    };
    let lang = returning.shop.speaks(asked.language(Some(returning.whole.order.language), &headers));
    let state = view::State::of(&returning);
    let script = faces.names.url("pay.js");
    let look_at = ["/pay/", &code, "/state?p=", returning.payment.id.as_str(), "&lang=", lang.as_str()].concat();
    let bot = bot(&faces, &returning);
    let demo = faces.options.demo;
    document(&faces, lang, StatusCode::OK, say(lang, state.title_key()), |nonce| {
        let more = if state.is_open() {
            view! {
                <noscript><meta http-equiv="refresh" content="3"/></noscript>
                <script src=script nonce=nonce.to_owned() defer=true></script>
            }
            .into_any()
        } else {
            ().into_any()
        };
        (more, view::back(&returning, state, lang, demo, &look_at, bot))
    })
}

/// Only the words of the state, for the page's own small script.
pub(super) async fn state(
    State(faces): State<Faces>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    match look(&faces, &code, &asked).await {
        Ok(returning) => {
            let lang = returning.shop.speaks(asked.language(Some(returning.whole.order.language), &headers));
            let html = fragment(&faces, &returning, lang);
            ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
        }
        Err(Failure::Refused(_)) => StatusCode::NOT_FOUND.into_response(),
        Err(Failure::Internal(error)) => {
            tracing::error!(error = format!("{error:#}"), "the state of a payment cannot be shown");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn fragment(faces: &Faces, returning: &Returning, lang: Lang) -> String {
    Owner::new().with(|| {
        provide_context(lang);
        view::state(returning, view::State::of(returning), bot(faces, returning)).to_html()
    })
}

fn bot(faces: &Faces, returning: &Returning) -> Option<String> {
    let person = returning.whole.order.telegram_user_id;
    returning.bot.as_ref().map(|username| bot_address(&faces.services, username, person, ""))
}

/// The payment as it stands, after asking the provider if it is still open and was not asked just now.
async fn look(faces: &Faces, code: &str, asked: &Asked) -> Outcome<Returning> {
    let services = &faces.services;
    let found = reports::returning(services, code, asked.p.as_deref()).await?;
    let payment = &found.payment;
    if !payment.status.is_open() || !faces.looked_up.may_ask(&payment.id, services.clock.now()) {
        return Ok(found);
    }
    let (own, merchant, id) = (services.clone(), payment.merchant_id.clone(), payment.id.clone());
    // Goes on behind the page when it takes longer; a provider that does not answer is the check job's matter.
    let asking = tokio::spawn(async move { payments::check_for_customer(&own, &merchant, &id).await });
    if tokio::time::timeout(PATIENCE, asking).await.is_err() {
        return Ok(found);
    }
    reports::returning(services, code, asked.p.as_deref()).await
}
