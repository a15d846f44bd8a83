//! Groups of the sandbox's Telegram: who is in them, who asks at the door, and what bots may do there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    api::{Answer, Params, bad},
    world::{NewBot, Shared, bot_json, person, user_json},
};
use crate::random_id;

/// What somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Owner,
    Member,
    /// Was removed, and may not come back.
    Banned,
}

/// A bot's rights in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    pub admin: bool,
    pub invite: bool,
    pub restrict: bool,
}

impl Rights {
    pub const ALL: Self = Self { admin: true, invite: true, restrict: true };
}

#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) title: String,
    pub(super) people: BTreeMap<i64, Place>,
    pub(super) asking: BTreeSet<i64>,
    pub(super) bots: BTreeMap<i64, Rights>,
    /// Code of an invitation, and the token of the bot that made it.
    pub(super) links: BTreeMap<String, String>,
}

/// The method of a group, or nothing where it is none or the chat is a person's.
pub(super) fn call(shared: &Shared, bot: &NewBot, method: &str, params: &Params) -> Option<Answer> {
    let known = matches!(
        method,
        "getchat"
            | "getchatmember"
            | "createchatinvitelink"
            | "revokechatinvitelink"
            | "approvechatjoinrequest"
            | "declinechatjoinrequest"
            | "banchatmember"
            | "unbanchatmember"
    );
    let chat = params.number("chat_id");
    if !known || (method == "getchat" && chat.is_none_or(|chat| chat > 0)) {
        return None;
    }
    Some(act(shared, bot, method, params, chat.unwrap_or_default()))
}

fn act(shared: &Shared, bot: &NewBot, method: &str, params: &Params, chat: i64) -> Answer {
    let mut world = shared.world();
    let group = world.groups.get_mut(&chat).ok_or_else(|| bad(400, "Bad Request: chat not found"))?;
    let rights = group.bots.get(&bot.id).copied();
    let rights = rights.ok_or_else(|| bad(403, "Forbidden: bot is not a member of the supergroup chat"))?;
    let user = params.number("user_id").unwrap_or_default();
    let may =
        |right: bool| if rights.admin && right { Ok(()) } else { Err(bad(400, "Bad Request: not enough rights")) };
    match method {
        "getchat" => Ok(json!({
            "id": chat,
            "type": "supergroup",
            "title": group.title,
            "accent_color_id": 0,
            "max_reaction_count": 11,
        })),
        "getchatmember" => Ok(member(group, bot, user)),
        "createchatinvitelink" => {
            may(rights.invite)?;
            let code = random_id("");
            group.links.insert(code.clone(), bot.token.clone());
            Ok(json!({
                "invite_link": format!("https://t.me/+{code}"),
                "creator": bot_json(bot),
                "name": params.text("name"),
                "creates_join_request": params.text("creates_join_request").as_deref() == Some("true"),
                "is_primary": false,
                "is_revoked": false,
            }))
        }
        "revokechatinvitelink" => {
            let link = params.text("invite_link").unwrap_or_default();
            group.links.remove(link.trim_start_matches("https://t.me/+"));
            Ok(json!({ "invite_link": link, "is_revoked": true }))
        }
        "approvechatjoinrequest" | "declinechatjoinrequest" => {
            may(rights.invite)?;
            if !group.asking.remove(&user) {
                return Err(bad(400, "Bad Request: HIDE_REQUESTER_MISSING"));
            }
            if method == "approvechatjoinrequest" {
                group.people.insert(user, Place::Member);
            }
            Ok(json!(true))
        }
        "banchatmember" => {
            may(rights.restrict)?;
            if group.people.get(&user) == Some(&Place::Owner) {
                return Err(bad(400, "Bad Request: can't remove chat owner"));
            }
            group.people.insert(user, Place::Banned);
            Ok(json!(true))
        }
        _ => {
            may(rights.restrict)?;
            if group.people.get(&user) == Some(&Place::Banned) {
                group.people.remove(&user);
            }
            Ok(json!(true))
        }
    }
}

fn member(group: &Group, bot: &NewBot, user: i64) -> Value {
    if user == bot.id {
        let rights =
            group.bots.get(&bot.id).copied().unwrap_or(Rights { admin: false, invite: false, restrict: false });
        if !rights.admin {
            return json!({ "status": "member", "user": bot_json(bot) });
        }
        return json!({
            "status": "administrator",
            "user": bot_json(bot),
            "can_invite_users": rights.invite,
            "can_restrict_members": rights.restrict,
        });
    }
    let status = match group.people.get(&user) {
        Some(Place::Owner) => "creator",
        Some(Place::Member) => "member",
        Some(Place::Banned) => "kicked",
        None => "left",
    };
    json!({ "status": status, "user": user_json(&person(user)) })
}

/// How somebody stands at the door behind an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// There is no such invitation.
    Gone,
    Outside,
    Asking,
    Inside,
}

pub(super) fn door(shared: &Shared, code: &str, user: i64) -> (Door, String) {
    let world = shared.world();
    let Some(group) = world.groups.values().find(|group| group.links.contains_key(code)) else {
        return (Door::Gone, String::new());
    };
    let door = match group.people.get(&user) {
        Some(Place::Owner | Place::Member) => Door::Inside,
        _ if group.asking.contains(&user) => Door::Asking,
        _ => Door::Outside,
    };
    (door, group.title.clone())
}

/// Somebody asks to be let in; the bot that made the invitation hears of it.
pub(super) fn ask(shared: &Shared, code: &str, user: i64) {
    if door(shared, code, user).0 != Door::Outside {
        return;
    }
    let who = person(user);
    let mut world = shared.world();
    let found = world.groups.iter_mut().find(|(_, group)| group.links.contains_key(code));
    let Some((id, group)) = found else { return };
    group.asking.insert(user);
    let (id, title, token) = (*id, group.title.clone(), group.links.get(code).cloned().unwrap_or_default());
    let body = json!({
        "chat": { "id": id, "type": "supergroup", "title": title },
        "from": user_json(&who),
        "user_chat_id": user,
        "date": super::unix_seconds(),
        "invite_link": { "invite_link": format!("https://t.me/+{code}"), "creates_join_request": true },
    });
    world.update(&token, "chat_join_request", body);
}

impl super::Telegram {
    /// A group, owned by somebody who is no customer.
    pub fn add_group(&self, id: i64, title: &str, owner: i64) {
        let group =
            Group { title: title.to_owned(), people: BTreeMap::from([(owner, Place::Owner)]), ..Group::default() };
        self.0.world().groups.entry(id).or_insert(group);
    }

    /// What a bot may do in a group; nothing: it is not there.
    pub fn set_rights(&self, group: i64, token: &str, rights: Option<Rights>) {
        let mut world = self.0.world();
        let Some(bot) = world.bots.get(token).map(|state| state.bot.id) else { return };
        let Some(group) = world.groups.get_mut(&group) else { return };
        match rights {
            Some(rights) => drop(group.bots.insert(bot, rights)),
            None => drop(group.bots.remove(&bot)),
        }
    }

    /// What somebody is in a group.
    #[must_use]
    pub fn place(&self, group: i64, user: i64) -> Option<Place> {
        self.0.world().groups.get(&group)?.people.get(&user).copied()
    }

    /// Whether somebody waits at a group's door.
    #[must_use]
    pub fn is_asking(&self, group: i64, user: i64) -> bool {
        self.0.world().groups.get(&group).is_some_and(|group| group.asking.contains(&user))
    }

    /// Somebody opens an invitation (`https://t.me/+…`) and asks to be let in.
    pub fn ask_to_join(&self, link: &str, user: i64) {
        ask(&self.0, link.trim_start_matches("https://t.me/+"), user);
    }
}

/// What the door's page says.
pub(super) const fn words(door: Door) -> &'static str {
    match door {
        Door::Gone => "This invitation is not valid any more.",
        Door::Outside => "One has to ask to be let in.",
        Door::Asking => "Your request was sent. Wait for the answer, or look again.",
        Door::Inside => "You are in.",
    }
}
