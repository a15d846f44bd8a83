//! What can be done from anywhere, by the palette: each action leads to its form, to the role that may do it, or is done at
//! once where it is but a choice of the person's own.

use domain::{Lang, role::Permission as P};

use super::{
    find::Hit,
    frame::{ROOMS, is_open},
};
use crate::{texts::say, web::Desk};

/// Address, key of the name, and what it needs.
const ACTIONS: [(&str, &str, Option<P>); 14] = [
    ("/products/new", "products.new", Some(P::EditCatalog)),
    ("/links/new", "links.new", Some(P::EditLinks)),
    ("/broadcasts/new", "broadcasts.new", Some(P::Broadcast)),
    ("/days", "action.close_day", Some(P::CloseDay)),
    ("/reconcile/new", "reconcile.new", Some(P::Reconcile)),
    ("/team#invite", "action.invite", Some(P::EditTeam)),
    ("/products/import", "action.import_products", Some(P::EditCatalog)),
    ("/links/import", "action.import_links", Some(P::EditLinks)),
    ("/settings/methods/new", "action.connect_method", Some(P::EditSettings)),
    ("/integrations/new", "integrations.new", Some(P::EditSettings)),
    ("/audit", "action.who_did", Some(P::SeeAudit)),
    ("/account#passkeys", "passkey.add", None),
    ("/account/two-factor", "account.two_factor", None),
    ("/account#set-password", "account.set_password", None),
];

/// Pages that are no rooms of their own.
const PAGES: [(&str, &str); 7] = [
    ("/categories", "categories.title"),
    ("/settings", "settings.shop"),
    ("/settings/bot", "settings.bot"),
    ("/settings/methods", "settings.methods"),
    ("/settings/handover", "settings.handover"),
    ("/settings/money", "settings.money"),
    ("/settings/notifications", "settings.notifications"),
];

/// Whether the words are in the name, in any language: a person types in the one at hand.
fn fits(words: &str, key: &str) -> bool {
    words.is_empty() || Lang::ALL.iter().any(|lang| say(*lang, key).to_lowercase().contains(words))
}

pub(super) fn rooms(desk: &Desk, words: &str) -> Vec<Hit> {
    let words = words.to_lowercase();
    let rooms = ROOMS.into_iter().filter(|(href, _)| is_open(desk, href));
    // Without words the rooms are enough: a list that is longer hides what it ends with.
    let pages = PAGES.into_iter().filter(|_| !words.is_empty());
    let found = rooms.chain(pages).filter(|(_, key)| fits(&words, key));
    let group = desk.say("frame.rooms");
    found.map(|(href, key)| Hit::to(href, desk.say(key), &group)).collect()
}

/// What the words name; without words, what is done most.
pub(super) fn actions(desk: &Desk, words: &str) -> Vec<Hit> {
    let (words, group) = (words.to_lowercase(), desk.say("action.group"));
    let may = |needs: Option<P>| needs.is_none_or(|permission| desk.may(permission));
    let led = ACTIONS.into_iter().filter(|(_, key, needs)| may(*needs) && fits(&words, key));
    let mut found: Vec<Hit> = led.map(|(href, key, _)| Hit::to(href, desk.say(key), &group)).collect();
    if words.is_empty() {
        found.truncate(MOST);
    } else {
        found.extend(choices(desk, &words, &group));
    }
    found
}

/// Of actions, before anything is typed.
const MOST: usize = 6;

/// Done by a form that the palette sends itself.
fn choices(desk: &Desk, words: &str, group: &str) -> Vec<Hit> {
    let mut found = Vec::new();
    let other = Lang::ALL.iter().filter(|lang| **lang != desk.lang);
    let languages = other.map(|lang| (["lang", lang.as_str()], lang.own_name().to_owned()));
    for (send, name) in languages {
        let title = desk.say_with("action.language", &[("language", &name)]);
        if fits(words, "frame.language") || title.to_lowercase().contains(words) {
            found.push(Hit { send: Some(send.map(str::to_owned)), ..Hit::to("/look", title, group) });
        }
    }
    let themes = [("", "frame.theme_system"), ("light", "frame.theme_light"), ("dark", "frame.theme_dark")];
    for (theme, key) in themes.into_iter().filter(|(theme, _)| *theme != desk.theme()) {
        if fits(words, key) || fits(words, "frame.theme") {
            let title = [&desk.say("frame.theme"), ": ", &desk.say(key)].concat();
            found.push(Hit { send: Some(["theme", theme].map(str::to_owned)), ..Hit::to("/look", title, group) });
        }
    }
    if fits(words, "frame.sign_out") {
        let send = Some(["to", ""].map(str::to_owned));
        found.push(Hit { send, ..Hit::to("/sign-out", desk.say("frame.sign_out"), group) });
    }
    found
}
