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
    /// Also forgets those that are over, so that no job has to.
    async fn create(&self, record: &mut Record) -> Result<()> {
        // 128 random bits: a collision is not a case, and the primary key would refuse it.
        let (row, now) = (row(record)?, self.0.clock.now());
        let written = self.0.db.write_quietly(move |tx| async move {
            store::delete_expired_sessions(&*tx, now).await?;
            store::insert_session(&*tx, row).await
        });
        written.await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let row = row(record)?;
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

fn row(record: &Record) -> Result<session::Model> {
    Ok(session::Model {
        id: record.id.to_string(),
        merchant_id: record.data.get(KEY).and_then(|v| v.get("merchant")?.as_str()?.parse().ok()),
        data: serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?,
        expires_at: Moment(record.expiry_date.unix_timestamp().saturating_mul(1_000)),
    })
}

fn backend(failure: Failure) -> Error {
    Error::Backend(failure.to_string())
}

#[cfg(test)]
mod tests {
    use domain::{Lang, role::Role};

    use super::*;
    use crate::{
        api::testing::{Shop, shops},
        staff::{self, audit},
    };

    async fn member(shop: &Shop) -> StaffId {
        let (email, password) = ("ani@shop.am", "demo-demo-demo");
        staff::create(&shop.services, &shop.merchant, email, "Ani", Role::Owner, Lang::Hy, password).await.unwrap()
    }

    async fn opened(sessions: &Sessions, who: SignedIn) -> Record {
        let expiry_date = OffsetDateTime::from_unix_timestamp(sessions.0.clock.now().0 / 1_000).unwrap();
        let data = [(KEY.to_owned(), serde_json::to_value(who).unwrap())].into();
        let mut record = Record { id: Id::default(), data, expiry_date: expiry_date + Duration::hours(IDLE_HOURS) };
        sessions.create(&mut record).await.unwrap();
        record
    }

    #[tokio::test]
    async fn a_session_ends_by_time_by_sign_out_and_by_a_new_password() {
        for shop in shops().await {
            let sessions = Sessions(shop.services.clone());
            let who = SignedIn { merchant: shop.merchant.clone(), staff: member(&shop).await };
            let record = opened(&sessions, who.clone()).await;
            assert_eq!(sessions.load(&record.id).await.unwrap(), Some(record.clone()));
            sessions.delete(&record.id).await.unwrap();
            // A page that was under way at the sign-out.
            sessions.save(&record).await.unwrap();
            assert_eq!(sessions.load(&record.id).await.unwrap(), None);

            let record = opened(&sessions, who.clone()).await;
            staff::set_password(&shop.services, "Ani@shop.am", "another-password").await.unwrap();
            assert_eq!(sessions.load(&record.id).await.unwrap(), None);

            let record = opened(&sessions, who).await;
            shop.services.clock.advance(IDLE_HOURS * domain::moment::HOUR);
            assert_eq!(sessions.load(&record.id).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn what_is_done_to_access_is_in_the_audit_log_without_secrets() {
        for shop in shops().await {
            let id = member(&shop).await;
            staff::set_password(&shop.services, "ani@shop.am", "another-password").await.unwrap();
            let lines = audit::list(&shop.services.db, &shop.merchant, None, 10).await.unwrap();
            let mut told: Vec<_> = lines.iter().map(|line| (line.action.as_str(), line.subject.as_str())).collect();
            told.retain(|(_, subject)| *subject == id.as_str());
            told.sort_unstable();
            assert_eq!(told, [("password_set", id.as_str()), ("staff_added", id.as_str())]);
            assert!(!format!("{lines:?}").contains("password-") && !format!("{lines:?}").contains("argon2"));
            let older = audit::list(&shop.services.db, &shop.merchant, Some(&lines[0].id), 10).await.unwrap();
            assert_eq!(older, lines[1..]);
        }
    }
}
