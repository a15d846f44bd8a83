//! What an account shows, in words.

use server::{
    failure::Outcome,
    staff::{passkeys::offered, sessions, two_factor},
};

use super::{ProfileForm, passkeys, telegram};
use crate::web::Desk;

pub(super) struct Place {
    pub(super) handle: String,
    pub(super) device: String,
    pub(super) opened: String,
    pub(super) seen: String,
    pub(super) this: bool,
}

pub(super) struct Found {
    pub(super) email: String,
    pub(super) role: String,
    pub(super) form: ProfileForm,
    pub(super) two_factor: bool,
    /// Recovery codes that are left, in words.
    pub(super) codes_left: String,
    pub(super) keys: Vec<passkeys::KeyRow>,
    /// The address, where it can have no passkeys.
    pub(super) nowhere: Option<String>,
    pub(super) telegram: telegram::Bound,
    pub(super) places: Vec<Place>,
}

pub(super) async fn find(desk: &Desk, current: Option<&str>, form: Option<ProfileForm>) -> Outcome<Found> {
    let who = desk.who();
    let own = || ProfileForm { name: who.name.clone(), language: who.language.as_str().to_owned() };
    let open = sessions::of(&desk.services, &desk.actor, desk.merchant(), current).await?;
    Ok(Found {
        email: who.email.clone(),
        role: desk.say(&["role.", who.role.as_str()].concat()),
        form: form.unwrap_or_else(own),
        two_factor: who.has_two_factor(),
        codes_left: codes_left(desk).await?,
        keys: passkeys::find(desk).await?,
        nowhere: (!offered(&desk.services)).then(|| desk.services.public_url.clone()),
        telegram: telegram::find(desk).await?,
        places: open.into_iter().map(|open| place(desk, open)).collect(),
    })
}

pub(super) async fn codes_left(desk: &Desk) -> Outcome<String> {
    let left = two_factor::recovery_left(&desk.services.db, desk.who()).await?;
    Ok(desk.say_with("account.codes_left", &[("count", &left.to_string())]))
}

fn place(desk: &Desk, open: sessions::Open) -> Place {
    let device = if open.device.is_empty() { desk.say("account.device_unknown") } else { open.device };
    Place {
        device,
        opened: desk.say_with("account.since", &[("time", &desk.when(open.opened_at))]),
        seen: desk.when(open.seen_at),
        handle: open.handle,
        this: open.this,
    }
}
