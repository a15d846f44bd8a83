//! API keys in words.

use domain::role::Permission;
use server::{
    api_keys::{self, ApiKey},
    failure::Outcome,
};

use crate::web::Desk;

/// As typed and ticked.
#[derive(Default)]
pub(super) struct KeyForm {
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
}

impl KeyForm {
    /// What most integrations begin with: reading, and links for their own orders.
    pub(super) fn first() -> Self {
        let scopes = [Permission::SeeMoney, Permission::SeeCatalog, Permission::EditLinks];
        Self { name: String::new(), scopes: scopes.map(|scope| scope.as_str().to_owned()).into() }
    }

    pub(super) fn read(sent: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in sent {
            if name == "name" { form.name = value } else { form.scopes.push(name) }
        }
        form
    }
}

pub(super) struct KeyRow {
    pub(super) id: String,
    pub(super) name: String,
    /// What it may do, in words.
    pub(super) may: String,
    pub(super) made: String,
    pub(super) used: String,
    pub(super) revoked: Option<String>,
}

pub(super) struct Found {
    pub(super) keys: Vec<KeyRow>,
    pub(super) made: Option<String>,
    pub(super) address: String,
}

pub(super) async fn find(desk: &Desk, made: Option<String>) -> Outcome<Found> {
    let keys = api_keys::list(&desk.services, &desk.actor, desk.merchant()).await?;
    let keys = keys.into_iter().map(|key| row(desk, key)).collect::<Outcome<_>>()?;
    Ok(Found { keys, made, address: desk.services.url("/api/v1") })
}

fn row(desk: &Desk, key: ApiKey) -> Outcome<KeyRow> {
    let may = key.may()?;
    let whole = Permission::ALL.iter().all(|permission| may.contains(permission));
    let words = may.iter().map(|scope| desk.say(&["permission.", scope.as_str()].concat()));
    Ok(KeyRow {
        may: if whole { desk.say("integrations.everything") } else { words.collect::<Vec<_>>().join(" · ") },
        made: desk.say_with("integrations.made", &[("time", &desk.when(key.created_at))]),
        used: key.used_at.map_or_else(|| desk.say("integrations.never_used"), |at| desk.when(at)),
        revoked: key.revoked_at.map(|at| desk.say_with("integrations.revoked", &[("time", &desk.when(at))])),
        name: key.name,
        id: key.id.into(),
    })
}
