//! The sandbox's Telegram: a Bot API and a chat page over one little world in memory.

mod api;
mod delivery;
mod groups;
mod html;
mod limits;
mod miniapp;
mod page;
mod world;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get},
};
use domain::html::escape;
use serde_json::{Value, json};

pub use groups::{Place, Rights};
pub use world::{Document, Fault, Message, NewBot, PEOPLE, Person, Silence};

use world::{Shared, chat_json, message_json, person, user_json};

/// The sandbox's Telegram. Cheap to clone.
#[derive(Clone)]
pub struct Telegram(Shared);

impl Default for Telegram {
    fn default() -> Self {
        Self(Shared::new())
    }
}

impl Telegram {
    /// Makes a bot known, once.
    pub fn add_bot(&self, bot: NewBot) {
        self.0.world().add_bot(bot);
    }

    /// To be nested under `/sandbox/telegram`.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/{token}/{method}", any(api::call))
            .route("/file/{token}/photos/{id}", get(api::file))
            .layer(DefaultBodyLimit::max(24 * 1024 * 1024))
            .merge(page::routes())
            .route("/", get(page::index))
            .with_state(self.0.clone())
    }

    /// A person writes a text to the bot.
    pub fn send_text(&self, token: &str, person_id: i64, text: &str) {
        self.send_text_in(token, person_id, person_id, text);
    }

    /// A person writes a text in a chat that the bot is in.
    pub fn send_text_in(&self, token: &str, chat: i64, person_id: i64, text: &str) {
        let who = person(chat);
        let mut world = self.0.world();
        let Some(bot) = world.bots.get(token).map(|state| state.bot.clone()) else { return };
        let message = Message {
            id: 0,
            from_bot: false,
            date: 0,
            html: escape(text),
            text: text.to_owned(),
            photo: None,
            document: None,
            keyboard: None,
            edited: false,
        };
        let id = world.say(bot.id, who.id, unix_seconds(), message);
        let mut body = world.message(bot.id, who.id, id).map(|m| message_json(&bot, &who, m)).unwrap_or_default();
        body["from"] = user_json(&person(person_id));
        if let Some(command) = text.strip_prefix('/').and_then(|text| text.split_whitespace().next()) {
            body["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": command.chars().count() + 1 }]);
        }
        world.update(token, "message", body);
        drop(world);
        self.0.changed(bot.id, who.id, "chat", String::new());
    }

    /// A person presses an inline button.
    pub fn press(&self, token: &str, person_id: i64, message_id: i64, data: &str) {
        self.press_in(token, person_id, person_id, message_id, data);
    }

    /// A person presses a button in a chat that the bot is in.
    pub fn press_in(&self, token: &str, chat: i64, person_id: i64, message_id: i64, data: &str) {
        let who = person(chat);
        let mut world = self.0.world();
        let Some(bot) = world.bots.get(token).map(|state| state.bot.clone()) else { return };
        let Some(message) = world.message(bot.id, who.id, message_id).map(|m| message_json(&bot, &who, m)) else {
            return;
        };
        let query = crate::random_id("");
        world.queries.insert(query.clone(), (bot.id, who.id));
        let body = json!({
            "id": query,
            "from": user_json(&person(person_id)),
            "message": message,
            "chat_instance": "1",
            "data": data,
        });
        world.update(token, "callback_query", body);
    }

    /// A person has talked to the bot before this world began: the bot may write there.
    pub fn open_chat(&self, token: &str, person_id: i64) {
        let mut world = self.0.world();
        let Some(bot) = world.bots.get(token).map(|state| state.bot.id) else { return };
        world.chats.entry((bot, person_id)).or_default();
    }

    /// The bot is sent away from a chat: it hears of it, and may write there no more.
    pub fn send_away(&self, token: &str, chat: i64) {
        let mut world = self.0.world();
        let Some(bot) = world.bots.get(token).map(|state| state.bot.clone()) else { return };
        world.chats.entry((bot.id, chat)).or_default().blocked = true;
        if let Some(group) = world.groups.get_mut(&chat) {
            group.bots.remove(&bot.id);
        }
        let member = |status: &str| json!({ "status": status, "user": world::bot_json(&bot), "until_date": 0 });
        let body = json!({
            "chat": chat_json(&person(chat)),
            "from": user_json(&person(1)),
            "date": unix_seconds(),
            "old_chat_member": member("member"),
            "new_chat_member": member("kicked"),
        });
        world.update(token, "my_chat_member", body);
    }

    /// A group grows, and has another number from then on.
    pub fn move_group(&self, token: &str, from: i64, to: i64) {
        let mut world = self.0.world();
        let Some(bot) = world.bots.get(token).map(|state| state.bot.id) else { return };
        let chat = world.chats.remove(&(bot, from)).unwrap_or_default();
        world.chats.insert((bot, to), chat);
        world.moved.insert((bot, from), to);
    }

    /// A picture that a person has, to be named in an update.
    pub fn keep_photo(&self, id: &str, media_type: &str, bytes: &[u8]) {
        self.0.world().photos.insert(id.to_owned(), (media_type.to_owned(), bytes.to_vec()));
    }

    /// A person blocks the bot, or lets it write again.
    pub fn set_blocked(&self, token: &str, person_id: i64, blocked: bool) {
        let who = person(person_id);
        let mut world = self.0.world();
        let Some(bot) = world.bots.get(token).map(|state| state.bot.clone()) else { return };
        world.chats.entry((bot.id, who.id)).or_default().blocked = blocked;
        let member = |status: &str| match status {
            "kicked" => json!({ "status": "kicked", "user": world::bot_json(&bot), "until_date": 0 }),
            _ => json!({ "status": "member", "user": world::bot_json(&bot) }),
        };
        let (old, new) = if blocked { ("member", "kicked") } else { ("kicked", "member") };
        let body = json!({
            "chat": chat_json(&who),
            "from": user_json(&who),
            "date": unix_seconds(),
            "old_chat_member": member(old),
            "new_chat_member": member(new),
        });
        world.update(token, "my_chat_member", body);
    }

    /// What the Mini App of this bot is opened with by this person.
    #[must_use]
    pub fn init_data(&self, token: &str, person_id: i64, at_seconds: i64) -> String {
        miniapp::init_data(token, &person(person_id), at_seconds)
    }

    /// The messages between a person and a bot, oldest first.
    #[must_use]
    pub fn messages(&self, token: &str, person_id: i64) -> Vec<Message> {
        let world = self.0.world();
        let Some(bot) = world.bots.get(token).map(|state| state.bot.id) else { return Vec::new() };
        world.chats.get(&(bot, person_id)).map(|chat| chat.messages.iter().cloned().collect()).unwrap_or_default()
    }

    /// A file that was sent to somebody.
    #[must_use]
    pub fn file(&self, id: &str) -> Option<Vec<u8>> {
        self.0.world().photos.get(id).map(|(_, bytes)| bytes.clone())
    }

    /// The next calls of a method fail so.
    pub fn fail(&self, fault: Fault) {
        self.0.world().faults.push(fault);
    }

    /// The next calls of a method wait for ever.
    pub fn never_answer(&self, silence: Silence) {
        self.0.world().silences.push(silence);
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        let mut world = self.0.world();
        world.faults.clear();
        world.silences.clear();
    }

    /// The calls bots made, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.0.world().calls()
    }
}

/// Telegram's messages carry wall-clock seconds.
#[expect(clippy::disallowed_methods, reason = "the sandbox is a stranger with a clock of its own")]
fn unix_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
