//! The desk: the door through which pages reach the services. Who acts and for which merchant comes from the session only.

use std::{fmt::Debug, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    Day, Lang, MerchantId, Moment, Money,
    role::{Actor, Permission},
};
use leptos::prelude::*;
use server::{
    failure::{Failure, Outcome, Refusal},
    reports::Around,
    services::Services,
    shop::Merchant,
    staff::{StaffMember, sessions::Visit},
};

use super::{
    Faces, door,
    flash::Flash,
    scripts::PageScripts,
    shell,
    visitor::{self, Visitor},
};
use crate::{
    rooms::start,
    said::{Said, Wrong, signed_out},
    texts::{say, say_with},
};

/// Sent by a script of the page, which goes on by itself.
const QUIET: HeaderName = HeaderName::from_static("x-quiet");
const GO: HeaderName = HeaderName::from_static("x-go");

pub(crate) struct Desk {
    pub(crate) services: Services,
    pub(crate) actor: Actor,
    pub(crate) shop: Arc<Merchant>,
    pub(crate) lang: Lang,
    who: Arc<StaffMember>,
    around: Option<Around>,
    pub(super) theme: &'static str,
    pub(super) faces: Faces,
    place: String,
    /// As people write it: `23.11.2026`.
    today: String,
    flash: Option<Flash>,
    quiet: bool,
}

impl FromRequestParts<Faces> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, faces: &Faces) -> Result<Self, Response> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        let Some((visitor, who)) = visitor.as_ref().and_then(|visitor| Some((visitor, visitor.who.clone()?))) else {
            return Err(match parts.method {
                Method::GET => door::to_sign_in(&parts.uri),
                _ if parts.headers.contains_key(QUIET) => {
                    let lang = visitor.as_ref().map_or(Lang::Hy, |visitor| visitor.lang);
                    (StatusCode::UNAUTHORIZED, axum::response::Html(signed_out(lang))).into_response()
                }
                _ => Redirect::to("/sign-in").into_response(),
            });
        };
        let desk = Self::open(faces.clone(), visitor, who, parts);
        if desk.owes_two_factor() && !parts.uri.path().starts_with("/account") {
            return Err(desk.go("/account/two-factor"));
        }
        Ok(desk)
    }
}

impl Desk {
    fn open(faces: Faces, visitor: &Visitor, who: Visit, parts: &Parts) -> Self {
        let Visit { member, shop, .. } = who;
        let quiet = parts.headers.contains_key(QUIET);
        let services = faces.services.clone();
        Self {
            actor: Actor::Staff { id: member.id.clone(), role: member.role },
            today: Day::of(services.clock.now(), shop.utc_offset_minutes).local(),
            place: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            flash: Flash::read(&parts.headers).filter(|_| !quiet && parts.method == Method::GET),
            services,
            shop,
            lang: visitor.lang,
            who: member,
            around: visitor.around,
            theme: visitor.theme,
            faces,
            quiet,
        }
    }

    /// What `read` reads of the shop, or what another page read in this moment: when something happens, every open page asks
    /// at once. `asked` must name everything that the answer depends on but the merchant. Never older than the number that
    /// stands around the page: a page that knows the newest number does not ask again.
    pub(crate) fn recent<T: Send + Sync + 'static>(
        &self,
        asked: impl Debug,
        read: impl Future<Output = Outcome<T>> + Send,
    ) -> impl Future<Output = Outcome<Arc<T>>> + Send {
        let number = self.around.map(|around| around.number);
        self.services.db.recent((self.merchant(), number, asked), read)
    }

    /// The shop asks everybody for a second step, and this member has none: until then only their account is open.
    pub(crate) fn owes_two_factor(&self) -> bool {
        self.shop.two_factor_required && !self.who.has_two_factor()
    }

    pub(crate) fn merchant(&self) -> &MerchantId {
        &self.shop.id
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.actor.may(permission)
    }

    /// # Errors
    /// `forbidden`.
    pub(crate) fn must(&self, permission: Permission) -> Result<(), Refusal> {
        if self.may(permission) { Ok(()) } else { Err(Refusal::forbidden()) }
    }

    pub(crate) fn who(&self) -> &StaffMember {
        &self.who
    }

    pub(crate) const fn theme(&self) -> &'static str {
        self.theme
    }

    /// Path and query of the page.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn demo(&self) -> bool {
        self.faces.options.demo
    }

    pub(crate) fn now(&self) -> Moment {
        self.services.clock.now()
    }

    pub(crate) fn offset(&self) -> i32 {
        self.shop.utc_offset_minutes
    }

    pub(crate) fn say(&self, key: &str) -> String {
        say(self.lang, key)
    }

    pub(crate) fn say_with(&self, key: &str, values: &[(&str, &str)]) -> String {
        say_with(self.lang, key, values)
    }

    /// A sum in the shop's currency.
    pub(crate) fn sum(&self, minor: i64) -> String {
        Money::new(minor, self.shop.currency).to_string()
    }

    /// Day and time in the shop's zone: `23.11.2026 18:05`.
    pub(crate) fn at(&self, moment: Moment) -> String {
        moment.local(self.offset())
    }

    /// To the second, for what happened one after another: `23.11 18:05:09`.
    pub(crate) fn at_second(&self, moment: Moment) -> String {
        let day = self.at(moment);
        [day.get(..5).unwrap_or_default(), " ", &moment.local_time(self.offset())].concat()
    }

    /// As short as it is still clear: the time for today, else the day, with the year where it is another one.
    pub(crate) fn when(&self, moment: Moment) -> String {
        let at = self.at(moment);
        let (day, time) = at.split_once(' ').unwrap_or((&at, ""));
        if day == self.today {
            return time.to_owned();
        }
        match (day.get(..5), day.get(6..)) {
            (Some(short), Some(year)) if self.today.ends_with(year) => [short, " ", time].concat(),
            _ => at,
        }
    }
}

/// Answers.
impl Desk {
    /// A room: what was found, drawn; or, in its place, what went wrong.
    pub(crate) async fn room<T>(&self, title: &str, found: Outcome<T>, draw: impl FnOnce(T) -> AnyView) -> Response {
        match found {
            Ok(found) => self.page(StatusCode::OK, title, || draw(found)).await,
            Err(failure) => self.failed(title, &failure).await,
        }
    }

    /// In the place of a room that could not be shown.
    pub(crate) async fn failed(&self, title: &str, failure: &Failure) -> Response {
        let said = Said::of(self.lang, failure);
        self.page(said.status, title, || said.page()).await
    }

    /// A piece of a page, for a script of the page that asked for it.
    pub(crate) fn piece<T>(&self, found: Outcome<T>, draw: impl FnOnce(T) -> AnyView) -> Response {
        let (status, html) = match found {
            Ok(found) => (StatusCode::OK, self.drawn(|| draw(found))),
            Err(failure) => {
                let said = Said::of(self.lang, &failure);
                (said.status, self.drawn(|| view! { <p class="quiet">{said.text}</p> }.into_any()))
            }
        };
        (status, [(header::CACHE_CONTROL, "no-store")], axum::response::Html(html)).into_response()
    }

    fn drawn(&self, draw: impl FnOnce() -> AnyView) -> String {
        Owner::new().with(|| {
            provide_context(self.lang);
            draw().to_html()
        })
    }

    /// A form, as it was filled in and with what is wrong with it.
    pub(crate) async fn form(&self, title: &str, wrong: Wrong, draw: impl FnOnce(&Wrong) -> AnyView) -> Response {
        // A script of the page shows the mistakes itself; a browser would complain of the status besides.
        let status = wrong.0.as_ref().filter(|_| !self.quiet).map_or(StatusCode::OK, |said| said.status);
        self.page(status, title, || draw(&wrong)).await
    }

    /// What is wrong with a form that was sent.
    pub(crate) fn wrong(&self, failure: &Failure) -> Wrong {
        Wrong(Some(Said::of(self.lang, failure)))
    }

    /// Something was done, or not: says so on the page at `to`.
    pub(crate) fn done(&self, done: Outcome<Flash>, to: &str) -> Response {
        let flash = done.unwrap_or_else(|failure| {
            let said = Said::of(self.lang, &failure);
            Flash::new(crate::ui::Tone::Bad, said.text)
        });
        let mut response = self.go(to);
        flash.write(response.headers_mut(), self.faces.options.secure_cookies);
        response
    }

    pub(crate) fn go(&self, to: &str) -> Response {
        match HeaderValue::from_str(to) {
            Ok(to) if self.quiet => ([(GO, to)], StatusCode::NO_CONTENT).into_response(),
            _ => Redirect::to(to).into_response(),
        }
    }

    async fn page(&self, status: StatusCode, title: &str, draw: impl FnOnce() -> AnyView) -> Response {
        let around = match self.around {
            Some(around) => Ok(around),
            None => visitor::around(&self.services, &self.shop).await,
        };
        let around = match around {
            Ok(around) => around,
            Err(failure) => {
                let said = Said::of(self.lang, &failure);
                return (said.status, said.text).into_response();
            }
        };
        // A page without its guide is a page all the same.
        let guide = start::guide(self).await.ok().flatten();
        let nonce = super::nonce();
        let html = Owner::new().with(|| {
            provide_context(self.lang);
            provide_context(PageScripts { names: self.faces.names.clone(), nonce: nonce.clone() });
            let unanswered = if self.may(Permission::AnswerCustomers) { around.unanswered } else { 0 };
            let frame = shell::Around {
                desk: self,
                title,
                number: around.number,
                waiting: around.waiting.unsigned_abs(),
                unanswered: unanswered.unsigned_abs(),
                flash: self.flash.as_ref(),
                guide: guide.as_deref(),
                nonce: &nonce,
            };
            shell::document(&frame, draw())
        });
        let mut response = (status, axum::response::Html(html)).into_response();
        super::with_policy(response.headers_mut(), &nonce, "'self'");
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.flash.is_some() {
            Flash::forget(response.headers_mut(), self.faces.options.secure_cookies);
        }
        response
    }
}
