//! The Mini App: the shop's catalog inside Telegram, as plain pages that stand without scripts as far as looking goes.
//!
//! What Telegram says of the person stays behind the `#` of the address and is put into each form by the page's small script
//! (`public/tg.js`), so there is no session to steal, and a page of another site cannot send such a form.

mod cart;
mod checkout;
mod placed;
mod product;
mod shelf;

use std::collections::HashMap;

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use domain::{BotId, Lang};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    bots::Bot,
    failure::{Failure, Outcome, RefusalKind},
    miniapp::{self, Guest},
    shop::Merchant,
};

use crate::{
    pay::view::{Shop, frame, outline, sorry},
    said::Said,
    texts::{say, t},
    ui::{Glyph, Text},
    web::{Faces, asked_language, bot_address, nonce, with_policy_within},
};

pub(crate) fn routes() -> Router<Faces> {
    Router::new()
        .route("/tg/{bot}", get(shelf::show))
        .route("/tg/{bot}/cart", get(cart::elsewhere).post(cart::show))
        .route("/tg/{bot}/cart/count", post(cart::count))
        .route("/tg/{bot}/summary", post(checkout::of_cart))
        .route("/tg/{bot}/order", post(checkout::order))
        .route("/tg/{bot}/placed/{code}", get(placed::show))
        .route("/tg/{bot}/{product}", get(product::show).post(product::press))
}

/// Who may show these pages within their own: Telegram in the browser, and our own sandbox.
const WITHIN: &str = "'self' https://web.telegram.org";

/// A form as sent, field by field.
type Press = HashMap<String, String>;

/// What the address of a page may say.
#[derive(Default, Deserialize)]
struct Asked {
    lang: Option<String>,
    r#in: Option<String>,
    page: Option<String>,
    /// A suggested sum that was pressed.
    sum: Option<String>,
}

impl Asked {
    /// The language asked for in the address, else the browser's, among those that the shop speaks.
    fn language(&self, shop: &Merchant, headers: &HeaderMap) -> Lang {
        let chosen = self.lang.as_deref().and_then(|lang| lang.parse().ok());
        shop.speaks(chosen.or_else(|| asked_language(headers)).unwrap_or(shop.language))
    }
}

fn field<'a>(press: &'a Press, name: &str) -> &'a str {
    press.get(name).map_or("", String::as_str)
}

/// A word that makes a form be done once.
fn once(faces: &Faces, press: &Press) -> String {
    let sent: String = field(press, "once").chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    if sent.is_empty() { faces.services.clock.code(16) } else { sent }
}

/// Whose pages are drawn, and in which language.
struct Stall<'a> {
    faces: &'a Faces,
    bot: &'a Bot,
    shop: &'a Merchant,
    lang: Lang,
}

impl<'a> Stall<'a> {
    fn of(faces: &'a Faces, guest: &'a Guest, asked: &Asked, headers: &HeaderMap) -> Self {
        Self { faces, bot: &guest.bot, shop: &guest.shop, lang: asked.language(&guest.shop, headers) }
    }

    /// An address within; `tail` begins with a slash, or is empty.
    fn path(&self, tail: &str) -> String {
        ["/tg/", self.bot.id.as_str(), tail, "?lang=", self.lang.as_str()].concat()
    }

    /// What a page is: its title, where *Back* leads, and where it stands for the choice of languages.
    fn page(
        &self,
        status: StatusCode,
        title: &str,
        back: Option<String>,
        at: &str,
        body: impl FnOnce() -> AnyView,
    ) -> Response {
        let title = [title, " · ", self.shop.name.get(self.lang)].concat();
        let at = ["/tg/", self.bot.id.as_str(), at, if at.contains('?') { "&" } else { "?" }].concat();
        let picture = self.shop.picture_id.as_ref().map(|id| id.as_str());
        let languages = self.shop.offered();
        let shop = Shop { name: &self.shop.name, picture, languages: &languages };
        let count = self.path("/cart/count");
        document(self.faces, self.lang, status, title, || {
            let back = back.map(|href| {
                view! { <a class="tg-back" data-back="true" href=href>{outline(Glyph::ArrowLeft)}<span>{t("tg.back")}</span></a> }
            });
            let inside = view! { <main class="tg" data-count=count>{back}{body()}</main> };
            frame(self.faces.options.demo, &shop, self.lang, &at, inside.into_any())
        })
    }

    /// What stands in the place of a button for those who look from outside of Telegram; `start`: what the chat begins with.
    fn outside(&self, start: &str) -> AnyView {
        let href = bot_address(&self.faces.services, &self.bot.username, None, start);
        view! {
            <div class="tg-outside">
                <p class="pay-text">{t("tg.outside")}</p>
                <a class="pay-button" href=href target="_blank" rel="noopener">{t("tg.open_telegram")}</a>
            </div>
        }
        .into_any()
    }

    /// Nothing is done for somebody whom Telegram has not named.
    fn unproven(&self, said: &Said) -> Response {
        let text = Text::from(said.text.clone());
        self.page(StatusCode::UNAUTHORIZED, &say(self.lang, "tg.who"), Some(self.path("")), "", || {
            let href = bot_address(&self.faces.services, &self.bot.username, None, "");
            view! {
                <div class="pay-card">
                    <div class="pay-state">
                        <div class="pay-mark">{outline(Glyph::Lock)}</div>
                        <h1>{t("tg.who")}</h1>
                        <p role="alert">{text}</p>
                        <a class="pay-button" href=href target="_blank" rel="noopener">{t("tg.open_telegram")}</a>
                    </div>
                </div>
            }
            .into_any()
        })
    }
}

/// The field that the page's script fills with Telegram's word about who this is.
fn proof() -> AnyView {
    view! { <input type="hidden" name="init_data" value=""/> }.into_any()
}

fn error(said: Option<&Said>) -> Option<AnyView> {
    let text = Text::from(said?.text.clone());
    Some(view! { <p class="pay-error" role="alert">{text}</p> }.into_any())
}

/// Who sent the form; whoever is not proven gets the page that says so.
async fn entered(
    faces: &Faces,
    bot: &str,
    press: &Press,
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Guest, Response> {
    let enter = async {
        let bot = BotId::parse(bot)?;
        Outcome::Ok((miniapp::host(&faces.services, &bot).await?, bot))
    };
    let ((bot, shop), id) = enter.await.map_err(|failure| lost(faces, asked, headers, &failure))?;
    let lang = asked.language(&shop, headers);
    match miniapp::enter(&faces.services, &id, field(press, "init_data")).await {
        Ok(guest) => Ok(guest),
        Err(failure @ Failure::Refused(_)) => {
            let stall = Stall { faces, bot: &bot, shop: &shop, lang };
            Err(stall.unproven(&Said::of(lang, &failure)))
        }
        Err(failure) => Err(lost(faces, asked, headers, &failure)),
    }
}

/// The page around `body`.
fn document(faces: &Faces, lang: Lang, status: StatusCode, title: String, body: impl FnOnce() -> AnyView) -> Response {
    let nonce = nonce();
    let html = Owner::new().with(|| {
        provide_context(lang);
        // Before the page is drawn: it would be seen in other colours first.
        let more = view! {
            <link rel="stylesheet" href=faces.names.url("tg.css")/>
            <script src=faces.names.url("tg.js") nonce=nonce.clone()></script>
        };
        crate::web::standalone(&faces.names, lang, "", title, "pay.css", more.into_any(), body())
    });
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response();
    let headers = response.headers_mut();
    with_policy_within(headers, &nonce, "'self'", WITHIN);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("vary"), HeaderValue::from_static("Accept-Language"));
    response
}

/// No such shop or product, or a moment when the shop cannot answer.
fn lost(faces: &Faces, asked: &Asked, headers: &HeaderMap, failure: &Failure) -> Response {
    let lang = asked.lang.as_deref().and_then(|lang| lang.parse().ok());
    let lang = lang.or_else(|| asked_language(headers)).unwrap_or(Lang::Hy);
    let (status, title, text) = match failure {
        Failure::Refused(refusal) if refusal.kind == RefusalKind::NotFound => {
            (StatusCode::NOT_FOUND, "tg.gone", "tg.gone_text")
        }
        failure => {
            tracing::error!(%failure, "a page of the Mini App cannot be shown");
            (StatusCode::SERVICE_UNAVAILABLE, "pay.trouble_title", "tg.trouble_text")
        }
    };
    document(faces, lang, status, say(lang, title), || sorry(title, text))
}
