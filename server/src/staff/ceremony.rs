//! What both ceremonies of a passkey share: who we are to the browser, and the challenge that waits for its answer.
//!
//! A challenge lies in the session of whoever asked for it, never in the browser. The first answer takes it out, whatever
//! that answer is, and after five minutes there is nothing to answer any more.

use std::time::Duration;

use domain::{Moment, StaffId, moment::MINUTE};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tower_sessions::Session;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyRegistration, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::{
    failure::{Failure, Outcome, Refusal, RefusalKind},
    services::Services,
};

const KEY: &str = "passkey";
const LIFE: i64 = 5 * MINUTE;
const SHOWN: Duration = Duration::from_secs(5 * 60);
const TURN_LENGTH: usize = 20;

/// What was asked of the browser.
#[derive(Serialize, Deserialize)]
pub(super) enum Asked {
    /// A new key of this member.
    New { staff: StaffId, state: PasskeyRegistration },
    /// A key that is known: of this member, or of anybody.
    Known { staff: Option<StaffId>, state: DiscoverableAuthentication },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) asked: Asked,
    /// Names the challenge: what was let in by it once is not let in again.
    pub(super) turn: String,
    since: Moment,
}

/// Whether this address can have passkeys: browsers bind them to a name, never to a number.
#[must_use]
pub fn offered(services: &Services) -> bool {
    Url::parse(&services.public_url).is_ok_and(|url| url.domain().is_some())
}

/// Ourselves, as the browser knows us; `name` is shown by some of them.
pub(super) fn party(services: &Services, name: &str) -> Outcome<Webauthn> {
    let impossible = || Refusal::new(RefusalKind::Conflict, "passkeys_impossible");
    let url = Url::parse(&services.public_url).map_err(|_| impossible())?;
    let host = url.domain().ok_or_else(impossible)?;
    let party = WebauthnBuilder::new(host, &url).and_then(|builder| builder.rp_name(name).timeout(SHOWN).build());
    Ok(party.map_err(broken)?)
}

/// What a device calls a member by; it tells nothing of them.
pub(super) fn handle(staff: &StaffId) -> Uuid {
    let digest = Sha256::digest(["passkey/", staff.as_str()].concat());
    Uuid::from_slice(digest.get(..16).unwrap_or_default()).unwrap_or_default()
}

pub(super) async fn keep(services: &Services, session: &Session, asked: Asked) -> Outcome<()> {
    let waiting = Waiting { asked, turn: services.clock.code(TURN_LENGTH), since: services.clock.now() };
    session.insert(KEY, waiting).await.map_err(anyhow::Error::from)?;
    Ok(())
}

/// The challenge of this session, which is over with that.
pub(super) async fn take(services: &Services, session: &Session) -> Outcome<Waiting> {
    let waiting: Option<Waiting> = session.remove(KEY).await.map_err(anyhow::Error::from)?;
    let fresh = waiting.filter(|waiting| services.clock.now().since(waiting.since) < LIFE);
    fresh.ok_or_else(|| Refusal::new(RefusalKind::Conflict, "passkey_late").into())
}

pub(super) fn read<T: DeserializeOwned>(answer: &str) -> Outcome<T> {
    Ok(serde_json::from_str(answer).map_err(|_| wrong())?)
}

pub(super) const fn wrong() -> Refusal {
    Refusal::new(RefusalKind::Invalid, "passkey_wrong")
}

/// An answer that proves nothing; why not is for the operator.
pub(super) fn refused(error: &WebauthnError) -> Failure {
    tracing::info!(%error, "a passkey was refused");
    wrong().into()
}

/// What only a mistake of ours can cause.
pub(super) fn broken(error: WebauthnError) -> anyhow::Error {
    anyhow::anyhow!("a ceremony of passkeys cannot begin: {error}")
}
