//! Browser sessions, kept in the database.
//!
//! The cookie is `HttpOnly` and `SameSite=Lax`: a link from a chat opens the dashboard signed in, while other sites'
//! forms carry no session.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    MerchantId, Moment, StaffId,
    moment::{HOUR, MINUTE},
    role::Actor,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::{StaffMember, account, audit, device, rows::session, session_store as kept};
use crate::{
    db::Tx,
    failure::{Failure, Outcome, Refusal},
    journal::hex,
    services::Services,
    shop::Merchant,
};

const IDLE_HOURS: i64 = 12;
const KEY: &str = "signed_in";
const HALF: &str = "half_in";
const TOUCHED: &str = "touched";
/// How long a session may go without its idle time being counted anew.
const TOUCH: i64 = 5 * MINUTE;
/// Between the password and the second step, or the challenge of a passkey and its answer.
const HALF_LIFE: i64 = 10 * MINUTE;

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SignedIn {
    merchant: MerchantId,
    staff: StaffId,
    /// In words.
    #[serde(default)]
    device: String,
    opened_at: Moment,
}

/// Who has shown their password and owes the second step.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Half {
    merchant: MerchantId,
    staff: StaffId,
    since: Moment,
    /// Which password it was: another one, set meanwhile, ends it.
    password: String,
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

/// Binds the session to a staff member, under a new id. `user_agent`: what the browser says of itself.
///
/// # Errors
/// When the session cannot be stored.
pub async fn sign_in(
    services: &Services,
    session: &Session,
    who: &StaffMember,
    user_agent: &str,
) -> anyhow::Result<()> {
    let signed_in = SignedIn {
        merchant: who.merchant_id.clone(),
        staff: who.id.clone(),
        device: device::words(user_agent),
        opened_at: services.clock.now(),
    };
    session.clear().await;
    session.cycle_id().await?;
    session.insert(KEY, signed_in).await?;
    session.insert(TOUCHED, services.clock.now().0).await?;
    Ok(())
}

/// Notes that the member has shown their password; nothing but the second step is open to them.
///
/// # Errors
/// When the session cannot be stored.
pub async fn half(services: &Services, session: &Session, who: &StaffMember) -> anyhow::Result<()> {
    let half = Half {
        merchant: who.merchant_id.clone(),
        staff: who.id.clone(),
        since: services.clock.now(),
        password: handle(&who.password_hash),
    };
    session.clear().await;
    session.cycle_id().await?;
    session.insert(HALF, half).await?;
    Ok(())
}

/// Who owes the second step here; nobody once it took too long.
///
/// # Errors
/// When the session cannot be read, or the database does not answer.
pub async fn half_in(services: &Services, session: &Session) -> anyhow::Result<Option<StaffMember>> {
    let Some(half) = session.get::<Half>(HALF).await? else { return Ok(None) };
    if services.clock.now().since(half.since) >= HALF_LIFE {
        return Ok(None);
    }
    match super::get(&services.db, &half.merchant, &half.staff).await {
        Ok(member) => Ok(Some(member).filter(|member| handle(&member.password_hash) == half.password)),
        Err(Failure::Refused(_)) => Ok(None),
        Err(Failure::Internal(error)) => Err(error),
    }
}

/// A living session of a member who may sign in.
#[derive(Clone, Debug)]
pub struct Visit {
    pub member: Arc<StaffMember>,
    pub shop: Arc<Merchant>,
    ends_at: Moment,
    seen_at: Moment,
}

impl Visit {
    #[must_use]
    pub fn is_over(&self, now: Moment) -> bool {
        self.ends_at <= now
    }
}

/// Whose session it is; nobody's when it is over, or its member is gone or disabled.
///
/// # Errors
/// When the database does not answer.
pub async fn visit(services: &Services, id: Id) -> Outcome<Option<Visit>> {
    let found = kept::visit(services.db.read(), &id.to_string(), services.clock.now()).await?;
    Ok(found.map(|(session, member, shop)| Visit {
        member: Arc::new(member),
        shop: Arc::new(shop),
        ends_at: session.expires_at,
        seen_at: session.seen_at,
    }))
}

/// A session lives on while it is used; it is written only now and then.
///
/// # Errors
/// When the session cannot be read.
pub async fn touch(session: &Session, visit: &Visit, now: Moment) -> anyhow::Result<()> {
    if now.since(visit.seen_at) > TOUCH {
        session.insert(TOUCHED, now.0).await?;
    }
    Ok(())
}

/// Looks for a session that is nobody's: the session library then takes back the cookie of one that is over.
///
/// # Errors
/// When the session cannot be read.
pub async fn let_go(session: &Session) -> anyhow::Result<()> {
    session.get_value(KEY).await?;
    Ok(())
}

/// Whether the session is still there: it may have been ended while a stream of it was open.
///
/// # Errors
/// When the database does not answer.
pub async fn lives(services: &Services, session: &Session) -> Outcome<bool> {
    let Some(id) = session.id() else { return Ok(false) };
    Ok(kept::get(services.db.read(), &id.to_string(), services.clock.now()).await?.is_some())
}

/// Names a session without telling its id, which opens it.
fn handle(id: &str) -> String {
    hex(&Sha256::digest(id)).chars().take(16).collect()
}

/// A session of a member, as they may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Names it, opens nothing.
    pub handle: String,
    pub device: String,
    pub opened_at: Moment,
    pub seen_at: Moment,
    /// The one that asks.
    pub this: bool,
}

/// The acting member's sessions, used last first.
///
/// # Errors
/// `forbidden` for others than staff.
pub async fn of(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    current: Option<&str>,
) -> Outcome<Vec<Open>> {
    let rows = kept::of(services.db.read(), merchant, account::me(actor)?, services.clock.now()).await?;
    let open = |row: session::Model| Open {
        handle: handle(&row.id),
        this: current == Some(row.id.as_str()),
        device: row.device,
        opened_at: row.opened_at,
        seen_at: row.seen_at,
    };
    Ok(rows.into_iter().map(open).collect())
}

/// Ends one of the acting member's sessions, by its handle.
///
/// # Errors
/// `forbidden`, `not_found`, also for another member's.
pub async fn end(services: &Services, actor: &Actor, merchant: &MerchantId, named: &str) -> Outcome<()> {
    let staff = account::me(actor)?.clone();
    let rows = kept::of(services.db.read(), merchant, &staff, services.clock.now()).await?;
    let row = rows.into_iter().find(|row| handle(&row.id) == named).ok_or_else(Refusal::not_found)?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            kept::delete(&*tx, &row.id).await?;
            let after = Some(json!({ "device": row.device }));
            audit::record(&tx, &own.clock, &merchant, &actor, "sessions_ended", staff.as_str(), None, after).await
        })
        .await
}

/// Ends all of the acting member's sessions but the one that asks.
///
/// # Errors
/// `forbidden` for others than staff.
pub async fn end_others(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    current: Option<String>,
) -> Outcome<()> {
    let staff = account::me(actor)?.clone();
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let count = end_all(&tx, &merchant, &staff, current.as_deref()).await?;
            let after = Some(json!({ "count": count }));
            audit::record(&tx, &own.clock, &merchant, &actor, "sessions_ended", staff.as_str(), None, after).await
        })
        .await
}

/// Ends every session of a member but `kept`, in the transaction of what makes it necessary; answers how many.
pub(super) async fn end_all(tx: &Tx, merchant: &MerchantId, staff: &StaffId, spared: Option<&str>) -> Outcome<u64> {
    kept::delete_of(&**tx, merchant, staff, spared).await
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
        let now = self.0.clock.now();
        let row = row(record, now)?;
        let written = self.0.db.write_quietly(move |tx| async move {
            kept::delete_expired(&*tx, now).await?;
            if let Some(staff) = &row.staff_id {
                kept::seen(&*tx, staff, row.seen_at).await?;
            }
            kept::insert(&*tx, row).await
        });
        written.await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let row = row(record, self.0.clock.now())?;
        let written = self.0.db.write_quietly(move |tx| async move {
            let (staff, at) = (row.staff_id.clone(), row.seen_at);
            match (kept::save(&*tx, row).await?, staff) {
                (true, Some(staff)) => kept::seen(&*tx, &staff, at).await,
                _ => Ok(()),
            }
        });
        written.await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = kept::get(self.0.db.read(), &id.to_string(), self.0.clock.now()).await.map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let data = serde_json::from_str(&row.data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(row.expires_at.0 / 1_000)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let id = id.to_string();
        self.0.db.write_quietly(move |tx| async move { kept::delete(&*tx, &id).await }).await.map_err(backend)
    }
}

/// The session library counts by a clock of its own; when a session ends is decided by ours.
fn row(record: &Record, now: Moment) -> Result<session::Model> {
    let who: Option<SignedIn> = record.data.get(KEY).and_then(|value| serde_json::from_value(value.clone()).ok());
    let touched = record.data.get(TOUCHED).and_then(serde_json::Value::as_i64).map(Moment);
    let opened_at = who.as_ref().map_or(Moment(0), |who| who.opened_at);
    Ok(session::Model {
        id: record.id.to_string(),
        merchant_id: who.as_ref().map(|who| who.merchant.clone()),
        staff_id: who.as_ref().map(|who| who.staff.clone()),
        data: serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?,
        expires_at: now.plus(if who.is_some() { IDLE_HOURS * HOUR } else { HALF_LIFE }),
        device: who.map(|who| who.device).unwrap_or_default(),
        opened_at,
        seen_at: touched.unwrap_or(opened_at),
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

    async fn visitor(sessions: &Sessions, record: &Record) -> Option<StaffId> {
        visit(&sessions.0, record.id).await.unwrap().map(|visit| visit.member.id.clone())
    }

    #[tokio::test]
    async fn a_session_ends_by_time_by_sign_out_and_by_a_new_password() {
        for shop in shops().await {
            let sessions = Sessions(shop.services.clone());
            let (staff, opened_at) = (member(&shop).await, shop.services.clock.now());
            let device = "Firefox".to_owned();
            let who = SignedIn { merchant: shop.merchant.clone(), staff: staff.clone(), device, opened_at };
            let record = opened(&sessions, who.clone()).await;
            assert_eq!(sessions.load(&record.id).await.unwrap(), Some(record.clone()));
            assert_eq!(visitor(&sessions, &record).await, Some(staff));
            sessions.delete(&record.id).await.unwrap();
            // A page that was under way at the sign-out.
            sessions.save(&record).await.unwrap();
            assert_eq!(sessions.load(&record.id).await.unwrap(), None);
            assert_eq!(visitor(&sessions, &record).await, None);

            let record = opened(&sessions, who.clone()).await;
            staff::set_password(&shop.services, "Ani@shop.am", "another-password").await.unwrap();
            assert_eq!(sessions.load(&record.id).await.unwrap(), None);

            let record = opened(&sessions, who).await;
            shop.services.clock.advance(IDLE_HOURS * domain::moment::HOUR);
            assert_eq!(sessions.load(&record.id).await.unwrap(), None);
            assert_eq!(visitor(&sessions, &record).await, None);
        }
    }

    #[tokio::test]
    async fn the_session_of_a_disabled_member_is_nobodys() {
        for shop in shops().await {
            let sessions = Sessions(shop.services.clone());
            let (staff, opened_at) = (member(&shop).await, shop.services.clock.now());
            let merchant = shop.merchant.clone();
            let who = SignedIn { merchant: merchant.clone(), staff: staff.clone(), device: String::new(), opened_at };
            let record = opened(&sessions, who).await;
            assert!(visitor(&sessions, &record).await.is_some());
            let disabled = shop.services.db.write_quietly(move |tx| async move {
                staff::store::set_disabled(&*tx, &merchant, &staff, Some(opened_at)).await
            });
            disabled.await.unwrap();
            assert_eq!(visitor(&sessions, &record).await, None);
        }
    }

    #[tokio::test]
    async fn what_is_done_to_access_is_in_the_audit_log_without_secrets() {
        for shop in shops().await {
            let id = member(&shop).await;
            staff::set_password(&shop.services, "ani@shop.am", "another-password").await.unwrap();
            let lines = audit::list(&shop.services.db, &shop.merchant, &audit::Filter::default(), 10).await.unwrap();
            let mut told: Vec<_> = lines.iter().map(|line| (line.action.as_str(), line.subject.as_str())).collect();
            told.retain(|(_, subject)| *subject == id.as_str());
            told.sort_unstable();
            assert_eq!(told, [("password_set", id.as_str()), ("staff_added", id.as_str())]);
            assert!(!format!("{lines:?}").contains("password-") && !format!("{lines:?}").contains("argon2"));
            let before = audit::Filter { before: Some(lines[0].id.clone()), ..audit::Filter::default() };
            let older = audit::list(&shop.services.db, &shop.merchant, &before, 10).await.unwrap();
            assert_eq!(older, lines[1..]);
        }
    }
}
