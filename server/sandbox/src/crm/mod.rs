//! The sandbox's CRMs: stand-ins that speak the protocols of Bitrix24 and amoCRM over HTTP, duplicates and all, with the
//! mischief that makes an outcome unknown. For demos and tests; never mounted in production.

mod amocrm;
mod bitrix24;
mod page;

use std::{
    collections::{BTreeMap, VecDeque},
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

/// What goes wrong with a request on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// It is done, and the answer is lost on the way.
    DropAfter,
    /// Nothing is done, and no answer comes either.
    DropBefore,
    /// Too many requests: nothing is done.
    TooMany,
    /// The keys are refused: nothing is done.
    Keys,
    /// The request is refused for what it says.
    Refuse,
    /// Nothing goes wrong: for the place between two mischiefs.
    Fine,
}

/// A deal as the CRM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    pub id: u64,
    pub title: String,
    pub pipeline: String,
    pub stage: String,
    /// As it was sent.
    pub sum: String,
    pub words: String,
    /// Our order.
    pub origin: String,
    pub contact: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: u64,
    pub name: String,
    pub phones: Vec<String>,
    pub origin: String,
}

/// All that a CRM holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Held {
    deals: Vec<Deal>,
    contacts: Vec<Contact>,
    /// amoCRM: the codes of a deal's own fields.
    fields: Vec<String>,
}

/// A CRM; clones are the same one.
#[derive(Clone)]
pub struct Crm(Arc<Parts>);

struct Parts {
    /// The webhook's secret, or the token.
    key: Mutex<String>,
    currencies: Mutex<Vec<String>>,
    held: Mutex<Held>,
    mischief: Mutex<VecDeque<Mischief>>,
    asked: Mutex<BTreeMap<String, u64>>,
    kept: Mutex<Option<PathBuf>>,
}

/// The pipelines that both stand-ins have: id, name, and of each stage id, name and how it ends.
type Pipelines = [(&'static str, &'static str, &'static [(&'static str, &'static str, Option<&'static str>)])];

impl Crm {
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(Arc::new(Parts {
            key: Mutex::new(key.to_owned()),
            currencies: Mutex::new(vec!["AMD".to_owned(), "USD".to_owned()]),
            held: Mutex::default(),
            mischief: Mutex::default(),
            asked: Mutex::default(),
            kept: Mutex::default(),
        }))
    }

    /// To be nested under `/sandbox/bitrix24`.
    pub fn bitrix24(&self) -> Router {
        bitrix24::routes(self.clone())
    }

    /// To be nested under `/sandbox/amocrm`.
    pub fn amocrm(&self) -> Router {
        amocrm::routes(self.clone())
    }

    /// Takes up what was kept in `file`, and keeps it there from now on.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is not ours.
    pub fn keep_in(&self, file: PathBuf) -> io::Result<()> {
        match fs::read(&file) {
            Ok(bytes) => *self.held() = serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        *locked(&self.0.kept) = Some(file);
        Ok(())
    }

    /// Knows a deal from before.
    pub fn remember(&self, deal: Deal) {
        self.held().deals.push(deal);
    }

    /// The next requests go wrong, one after the other; what came before is forgotten.
    pub fn mischief(&self, mischief: impl IntoIterator<Item = Mischief>) {
        *locked(&self.0.mischief) = mischief.into_iter().collect();
    }

    /// From now on another key opens it.
    pub fn change_key(&self, key: &str) {
        key.clone_into(&mut locked(&self.0.key));
    }

    /// From now on it counts in these currencies.
    pub fn count_in(&self, currencies: &[&str]) {
        *locked(&self.0.currencies) = currencies.iter().map(ToString::to_string).collect();
    }

    #[must_use]
    pub fn deals(&self) -> Vec<Deal> {
        self.held().deals.clone()
    }

    #[must_use]
    pub fn contacts(&self) -> Vec<Contact> {
        self.held().contacts.clone()
    }

    /// Somebody deletes a deal there.
    pub fn forget(&self, id: u64) {
        self.held().deals.retain(|deal| deal.id != id);
    }

    /// Somebody moves a deal there.
    pub fn put(&self, id: u64, stage: &str) {
        if let Some(deal) = self.held().deals.iter_mut().find(|deal| deal.id == id) {
            stage.clone_into(&mut deal.stage);
        }
    }

    /// How often something was asked.
    #[must_use]
    pub fn asked(&self, what: &str) -> u64 {
        locked(&self.0.asked).get(what).copied().unwrap_or(0)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        locked(&self.0.held)
    }

    fn opens(&self, key: &str) -> bool {
        *locked(&self.0.key) == key
    }

    /// Does what was asked with what goes wrong next. The answers: what it is, that there are too many, that the key is
    /// wrong, that it is refused.
    fn play(&self, what: &str, [done, many, keys, refused]: [&dyn Fn() -> Response; 4]) -> Response {
        *locked(&self.0.asked).entry(what.to_owned()).or_default() += 1;
        let next = locked(&self.0.mischief).pop_front();
        let lost = || StatusCode::GATEWAY_TIMEOUT.into_response();
        match next {
            None | Some(Mischief::Fine) => self.kept(done()),
            Some(Mischief::DropBefore) => lost(),
            Some(Mischief::DropAfter) => {
                drop(self.kept(done()));
                lost()
            }
            Some(Mischief::TooMany) => many(),
            Some(Mischief::Keys) => keys(),
            Some(Mischief::Refuse) => refused(),
        }
    }

    fn kept(&self, answer: Response) -> Response {
        let Some(file) = locked(&self.0.kept).clone() else { return answer };
        let fresh = file.with_extension("new");
        let written = serde_json::to_vec(&*self.held())
            .map_err(io::Error::from)
            .and_then(|bytes| fs::write(&fresh, bytes))
            .and_then(|()| fs::rename(&fresh, &file));
        if let Err(error) = written {
            tracing::warn!(%error, "the sandbox's CRM could not be kept");
        }
        answer
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Held {
    fn next_deal(&self) -> u64 {
        self.deals.iter().map(|deal| deal.id).max().unwrap_or(0) + 1
    }

    fn add_contact(&mut self, contact: Contact) -> u64 {
        let id = self.contacts.iter().map(|contact| contact.id).max().unwrap_or(0) + 1;
        self.contacts.push(Contact { id, ..contact });
        id
    }
}
