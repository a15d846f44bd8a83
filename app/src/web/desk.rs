//! The desk: the door through which pages reach the services. Who acts and for which merchant comes from the session only.

use axum::http::StatusCode;
use domain::{Lang, MerchantId, Moment, Money, role::Actor};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use server::{
    failure::{Failure, Refusal, RefusalKind},
    services::Services,
    shop::{self, Merchant},
};

use super::{Faces, visitor::Visitor};
use crate::{
    error::{AppError, ErrorKind},
    texts::{say, say_with, t_with},
};

pub(crate) struct Desk {
    pub(crate) services: Services,
    pub(crate) actor: Actor,
    pub(crate) shop: Merchant,
    pub(crate) lang: Lang,
}

/// The desk of the signed-in member whose page or function this is.
pub(crate) async fn desk() -> Result<Desk, AppError> {
    let (faces, visitor) = use_context::<Faces>().zip(use_context::<Visitor>()).ok_or_else(signed_out)?;
    let who = visitor.who.ok_or_else(signed_out)?;
    let shop = shop::get(&faces.services.db, &who.merchant_id).await?;
    let actor = Actor::Staff { id: who.id, role: who.role };
    Ok(Desk { services: faces.services, actor, shop, lang: visitor.lang })
}

fn signed_out() -> AppError {
    set_status(StatusCode::UNAUTHORIZED);
    AppError::new(ErrorKind::SignedOut, "error.signed_out")
}

fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

impl Desk {
    pub(crate) const fn merchant(&self) -> &MerchantId {
        &self.shop.id
    }

    pub(crate) fn now(&self) -> Moment {
        self.services.clock.now()
    }

    pub(crate) const fn offset(&self) -> i32 {
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
        let (now, at) = (self.at(self.now()), self.at(moment));
        let (day, time) = at.split_once(' ').unwrap_or((&at, ""));
        if now.starts_with(day) {
            return time.to_owned();
        }
        match (day.get(..5), day.get(6..)) {
            (Some(short), Some(year)) if now.contains(year) => [short, " ", time].concat(),
            _ => at,
        }
    }
}

/// The refusal in words; anything else is logged here, and the page only learns that it is not its fault.
impl From<Failure> for AppError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => {
                set_status(status(refusal.kind));
                said(&refusal)
            }
            Failure::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "a page could not do what was asked");
                set_status(StatusCode::INTERNAL_SERVER_ERROR);
                Self::new(ErrorKind::Broken, "error.broken")
            }
        }
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal).into()
    }
}

fn said(refusal: &Refusal) -> AppError {
    let values: Vec<(&str, &str)> = refusal.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    AppError {
        kind: if refusal.kind == RefusalKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Refused },
        text: t_with(&["refusal.", refusal.code].concat(), &values).into_owned(),
        field: refusal.field.map(str::to_owned),
    }
}

pub(crate) const fn status(kind: RefusalKind) -> StatusCode {
    match kind {
        RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        RefusalKind::Conflict => StatusCode::CONFLICT,
        RefusalKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        RefusalKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}
