//! Keys seen a moment ago, so that not every request of a busy integrator asks the database who it is.
//!
//! A key that is revoked is believed for [`BELIEVED`] at most. Unknown keys are never kept: one made just now works at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{MerchantId, Moment, moment::SECOND, role::Actor};

const BELIEVED: i64 = 10 * SECOND;
/// More than this are forgotten all at once and asked for again.
const KEYS: usize = 10_000;

type Seen = (MerchantId, Actor, Moment);

#[derive(Clone, Default)]
pub(crate) struct KnownKeys(Arc<Mutex<HashMap<String, Seen>>>);

impl KnownKeys {
    pub(super) fn find(&self, hash: &str, now: Moment) -> Option<(MerchantId, Actor)> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (merchant, actor, at) = seen.get(hash)?;
        (0..BELIEVED).contains(&now.since(*at)).then(|| (merchant.clone(), actor.clone()))
    }

    pub(super) fn keep(&self, hash: String, (merchant, actor): (MerchantId, Actor), now: Moment) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= KEYS {
            seen.clear();
        }
        seen.insert(hash, (merchant, actor, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believed_for_a_moment_only() {
        let known = KnownKeys::default();
        let who = (MerchantId::make(1, [7; 10]), Actor::System);
        known.keep("hash".to_owned(), who.clone(), Moment(1_000));
        assert_eq!(known.find("hash", Moment(1_000 + BELIEVED - 1)), Some(who));
        assert_eq!(known.find("hash", Moment(1_000 + BELIEVED)), None);
        assert_eq!(known.find("other", Moment(1_000)), None);
    }
}
