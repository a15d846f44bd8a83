//! Browser sessions, kept in the database.
//!
//! The cookie is `HttpOnly` and `SameSite=Lax`: a link from a chat opens the dashboard signed in, while other sites'
//! forms carry no session.

use async_trait::async_trait;
use domain::{MerchantId, Moment, StaffId};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::{rows::session, store};
use crate::{failure::Failure, services::Services};

const IDLE_HOURS: i64 = 12;
const KEY: &str = "signed_in";

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub merchant: MerchantId,
    pub staff: StaffId,
}

/// Sessions over the `sessions` table.
#[derive(Clone)]
pub struct Sessions(Services);

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

/// The layer that gives every request its session. `secure`: served by https.
#[must_use]
pub fn layer(services: &Services, secure: bool) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(Sessions(services.clone()))
        .with_name(if secure { "__Host-khanut" } else { "khanut" })
        .with_path("/")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(secure)
        .with_expiry(Expiry::OnInactivity(Duration::hours(IDLE_HOURS)))
}

/// Binds the session to a staff member, under a new id.
///
/// # Errors
/// When the session cannot be stored.
pub async fn sign_in(session: &Session, who: &SignedIn) -> anyhow::Result<()> {
    session.cycle_id().await?;
    session.insert(KEY, who).await?;
    Ok(())
}

/// # Errors
/// When the session cannot be read.
pub async fn signed_in(session: &Session) -> anyhow::Result<Option<SignedIn>> {
    Ok(session.get(KEY).await?)
}

/// # Errors
/// When the session cannot be deleted.
pub async fn sign_out(session: &Session) -> anyhow::Result<()> {
    session.flush().await?;
    Ok(())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // 128 random bits: a collision is not a case.
        let services = self.0.clone();
        let now = services.clock.now();
        let cleaned =
            services.db.write_quietly(move |tx| async move { store::delete_expired_sessions(&*tx, now).await });
        cleaned.await.map_err(backend)?;
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let row = session::Model {
            id: record.id.to_string(),
            merchant_id: record.data.get(KEY).and_then(|v| v.get("merchant")?.as_str()?.parse().ok()),
            data: serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?,
            expires_at: Moment(record.expiry_date.unix_timestamp().saturating_mul(1_000)),
        };
        self.0.db.write_quietly(move |tx| async move { store::save_session(&*tx, row).await }).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = store::session(self.0.db.read(), &id.to_string(), self.0.clock.now()).await.map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let data = serde_json::from_str(&row.data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(row.expires_at.0 / 1_000)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let id = id.to_string();
        self.0.db.write_quietly(move |tx| async move { store::delete_session(&*tx, &id).await }).await.map_err(backend)
    }
}

fn backend(failure: Failure) -> Error {
    Error::Backend(failure.to_string())
}
