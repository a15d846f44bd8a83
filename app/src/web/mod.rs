//! The dashboard over HTTP: who visits, what they may send, and what stands around every page.
//!
//! Every request passes the guard against other sites' forms; every answer carries the security headers.

mod desk;
mod door;
mod flash;
mod guard;
mod invited;
mod live;
mod look;
mod pages;
mod passkey;
mod pictures;
mod scripts;
mod second;
mod sheet;
mod shell;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use domain::limits;
use server::{services::Services, staff::sessions};

pub(crate) use desk::Desk;
pub(crate) use door::own_path;
pub(crate) use flash::Flash;
pub(crate) use guard::{nonce, with_policy, with_policy_within};
pub(crate) use look::keep_language;
pub(crate) use passkey::asked;
pub(crate) use pictures::{Upload, next_file, qr_svg, upload, upload_within};
pub(crate) use scripts::script;
pub(crate) use sheet::{Cell, Format, Rows, file};
pub(crate) use shell::{Around, standalone};
pub(crate) use visitor::asked_language;

/// The addresses of the browser's files, by their logical names: `main.css`, `pay.css`, `khanut.js`, `khanut_bg.wasm`,
/// `texts.hy.js` and the like, and every file of `public/` by its path.
#[derive(Clone)]
pub struct SiteNames(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl SiteNames {
    #[must_use]
    pub fn new(url: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(url))
    }

    pub(crate) fn url(&self, name: &str) -> String {
        (self.0)(name)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub struct AppOptions {
    /// Every page says that this is a demo.
    pub demo: bool,
    /// Served by https.
    pub secure_cookies: bool,
}

/// What every handler of a face works with.
#[derive(Clone)]
pub(crate) struct Faces {
    pub(crate) services: Services,
    pub(crate) names: SiteNames,
    pub(crate) options: AppOptions,
    /// When which payment was last looked up for its customer.
    pub(crate) looked_up: crate::pay::LookedUp,
}

/// Where a chat with the bot begins: in Telegram, or in the sandbox's chat page when that stands in for it.
pub(crate) fn bot_address(services: &Services, username: &str, person: Option<i64>, start: &str) -> String {
    let sandbox =
        services.telegram_api_url.strip_prefix(&services.public_url).filter(|path| path.starts_with("/sandbox"));
    let base = sandbox.map_or_else(
        || ["https://t.me/", username].concat(),
        |_| [&services.telegram_api_url, "/chat/", username].concat(),
    );
    let person = person.filter(|_| sandbox.is_some()).map(|person| ["user=", &person.to_string()].concat());
    let start = (!start.is_empty()).then(|| ["start=", start].concat());
    let query = [person, start].into_iter().flatten().collect::<Vec<_>>().join("&");
    if query.is_empty() { base } else { [&base, "?", &query].concat() }
}

/// The longest form: four texts in three languages, each letter escaped.
const FORM_BYTES: usize = 256 * 1024;

/// Everything people see: the dashboard, its functions and streams, pictures, and the customers' pages.
pub fn routes(services: Services, names: SiteNames, options: AppOptions) -> Router {
    let sessions = sessions::layer(&services, options.secure_cookies);
    let faces = Faces { services, names, options, looked_up: crate::pay::LookedUp::default() };
    let dashboard = crate::rooms::routes()
        .route("/sign-in", get(door::show).post(door::enter))
        .route("/sign-in/code", get(second::show).post(second::enter))
        .route("/sign-in/passkey/begin", post(passkey::begin))
        .route("/sign-in/passkey", post(passkey::enter))
        .route("/sign-in/code/passkey/begin", post(passkey::begin_second))
        .route("/sign-in/code/passkey", post(passkey::enter_second))
        .route("/invitation/{code}", get(invited::show).post(invited::accept))
        .route("/sign-out", post(door::leave))
        .route("/look", post(look::choose))
        .route("/live", get(live::stream))
        .route("/links/{id}/{file}", get(pictures::qr))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .merge(crate::rooms::upload_routes().layer(DefaultBodyLimit::max(limits::SHEET_BYTES + FORM_BYTES)))
        .merge(crate::rooms::photo_routes().layer(DefaultBodyLimit::max(limits::ALL_PHOTOS_BYTES + FORM_BYTES)))
        .merge(crate::rooms::file_routes().layer(DefaultBodyLimit::max(limits::ATTACHMENT_BYTES + FORM_BYTES)))
        .fallback(pages::lost)
        .layer(from_fn_with_state(faces.clone(), visitor::meet))
        .layer(sessions);
    let open = Router::new()
        .route("/files/{id}", get(pictures::file))
        .route("/files/{id}/small", get(pictures::small))
        .merge(crate::pay::routes().merge(crate::tg::routes()).layer(DefaultBodyLimit::max(FORM_BYTES)));
    dashboard
        .merge(open)
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(options, guard::headers))
        .with_state(faces)
}
