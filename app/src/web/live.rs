//! `GET /live`: tells a signed-in person's pages when the journal of their merchant has grown, or other news came.
//!
//! This process hears of its own commits at once; what other processes on the same database wrote is seen within a second.
//! A stream ends after ten minutes, and the browser's return proves again that the person is still signed in.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::MerchantId;
use futures_util::stream;
use server::{
    failure::{Failure, Outcome, Refusal},
    news,
    services::Services,
    staff::sessions,
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep},
};
use tower_sessions::Session;

use super::{Faces, visitor::Visitor};

const COALESCE: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_secs(1);
const COMMENT: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(600);

pub(super) async fn stream(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
) -> Response {
    let Some(who) = visitor.who else { return StatusCode::UNAUTHORIZED.into_response() };
    let feed = Feed {
        touched: faces.services.live(),
        services: faces.services,
        merchant: who.shop.id.clone(),
        session,
        told: None,
        end: Instant::now() + LONGEST,
    };
    let events = Sse::new(stream::unfold(feed, Feed::next)).keep_alive(KeepAlive::new().interval(COMMENT));
    // Proxies must pass each event on at once.
    ([(header::CACHE_CONTROL, "no-store"), (header::HeaderName::from_static("x-accel-buffering"), "no")], events)
        .into_response()
}

struct Feed {
    services: Services,
    merchant: MerchantId,
    session: Session,
    touched: Receiver<MerchantId>,
    told: Option<i64>,
    end: Instant,
}

impl Feed {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if Instant::now() >= self.end {
                return None;
            }
            match self.news().await {
                Ok(Some(text)) => return Some((Ok(Event::default().data(text)), self)),
                Ok(None) => self.wait().await,
                Err(Failure::Refused(_)) => return None,
                Err(failure) => {
                    tracing::warn!(%failure, "a live page cannot be told");
                    return None;
                }
            }
        }
    }

    /// The number of what pages show, if it has grown. Nothing to a session that was ended meanwhile.
    async fn news(&mut self) -> Outcome<Option<String>> {
        let number = news::number(&self.services.db, &self.merchant).await?;
        if self.told == Some(number) {
            return Ok(None);
        }
        if !sessions::lives(&self.services, &self.session).await? {
            return Err(Refusal::forbidden().into());
        }
        self.told = Some(number);
        Ok(Some(number.to_string()))
    }

    async fn wait(&mut self) {
        let until = sleep(LOOK);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => return,
                touched = self.touched.recv() => match touched {
                    Ok(merchant) if merchant != self.merchant => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return sleep(COALESCE).await,
                    Err(RecvError::Closed) => return until.await,
                },
            }
        }
    }
}
