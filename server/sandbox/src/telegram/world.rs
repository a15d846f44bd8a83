//! The little world behind the sandbox's Bot API: bots, people, chats, updates. In memory and bounded.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast};

/// Messages kept of one chat.
const MESSAGES: usize = 500;
/// Updates that wait for a bot, at most.
const UPDATES: usize = 10_000;
/// Calls kept in the log.
const CALLS: usize = 1_000;

/// A person of the sandbox.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    pub id: i64,
    pub first_name: &'static str,
    pub username: &'static str,
    pub language_code: &'static str,
}

/// Who may write to bots here.
pub const PEOPLE: [Person; 3] = [
    Person { id: 1001, first_name: "Անի", username: "ani_demo", language_code: "hy" },
    Person { id: 1002, first_name: "Иван", username: "ivan_demo", language_code: "ru" },
    Person { id: 1003, first_name: "Kate", username: "kate_demo", language_code: "en" },
];

/// Anybody with another id is a stranger who speaks English.
#[must_use]
pub fn person(id: i64) -> Person {
    let known = PEOPLE.into_iter().find(|person| person.id == id);
    known.unwrap_or(Person { id, first_name: "Guest", username: "guest", language_code: "en" })
}

/// A bot to be known here.
#[derive(Clone, Debug)]
pub struct NewBot {
    pub id: i64,
    pub token: String,
    pub username: String,
    pub name: String,
}

/// A file that a message brings.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    pub id: String,
    pub name: String,
    pub media_type: String,
    pub bytes: usize,
}

/// One message of a chat, as the chat page shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    pub id: i64,
    pub from_bot: bool,
    pub date: i64,
    /// HTML with Telegram's few tags; plain text is escaped.
    pub html: String,
    pub text: String,
    pub photo: Option<String>,
    pub document: Option<Document>,
    pub keyboard: Option<Value>,
    pub edited: bool,
}

#[derive(Default)]
pub(super) struct Chat {
    pub(super) messages: VecDeque<Message>,
    pub(super) blocked: bool,
    last_id: i64,
}

/// An answer the bot will get instead of the real one.
#[derive(Clone, Debug)]
pub struct Fault {
    pub method: String,
    pub error_code: u16,
    pub description: String,
    pub retry_after: Option<u64>,
    pub times: u32,
}

/// A call that is never answered.
#[derive(Clone, Debug)]
pub struct Silence {
    pub method: String,
    /// What was asked is done all the same.
    pub done: bool,
    pub times: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
    pub(super) last_error: Option<String>,
}

pub(super) struct BotState {
    pub(super) bot: NewBot,
    pub(super) updates: VecDeque<(i64, Value)>,
    next_update: i64,
    pub(super) webhook: Option<Webhook>,
    pub(super) commands: Value,
    /// What stands beside the field of the chat.
    pub(super) menu: Value,
    pub(super) wake: Arc<Notify>,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) bots: HashMap<String, BotState>,
    /// By bot and person.
    pub(super) chats: BTreeMap<(i64, i64), Chat>,
    /// By bot and the number that a group had: the one it has now.
    pub(super) moved: HashMap<(i64, i64), i64>,
    /// By the group's number.
    pub(super) groups: BTreeMap<i64, super::groups::Group>,
    pub(super) faults: Vec<Fault>,
    pub(super) silences: Vec<Silence>,
    pub(super) limits: Option<super::limits::Limits>,
    pub(super) photos: HashMap<String, (String, Vec<u8>)>,
    /// Callback queries not answered yet: id → chat.
    pub(super) queries: HashMap<String, (i64, i64)>,
    calls: VecDeque<(String, Value)>,
}

/// What the open chat pages are told.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Change {
    pub(super) bot: i64,
    pub(super) person: i64,
    /// `chat`: look again; `typing`; `toast` and `alert` with a text.
    pub(super) kind: &'static str,
    pub(super) text: String,
}

#[derive(Clone)]
pub(super) struct Shared {
    world: Arc<Mutex<World>>,
    pub(super) changes: broadcast::Sender<Change>,
    pub(super) http: reqwest::Client,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { world: Arc::default(), changes: broadcast::channel(256).0, http: providers::http_client() }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changed(&self, bot: i64, person: i64, kind: &'static str, text: String) {
        // No page is open: nobody to tell.
        let _ = self.changes.send(Change { bot, person, kind, text });
    }
}

impl World {
    pub(super) fn log(&mut self, method: &str, params: Value) {
        if self.calls.len() == CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back((method.to_owned(), params));
    }

    pub(super) fn calls(&self) -> Vec<(String, Value)> {
        self.calls.iter().cloned().collect()
    }

    pub(super) fn take_fault(&mut self, method: &str) -> Option<Fault> {
        let fault = self
            .faults
            .iter_mut()
            .find(|f| f.times > 0 && (f.method == "*" || f.method.eq_ignore_ascii_case(method)))?;
        fault.times -= 1;
        Some(fault.clone())
    }

    /// Whether this call is answered by nothing, and done all the same or not.
    pub(super) fn take_silence(&mut self, method: &str) -> Option<bool> {
        let meant = |one: &&mut Silence| one.times > 0 && one.method.eq_ignore_ascii_case(method);
        let silence = self.silences.iter_mut().find(meant)?;
        silence.times -= 1;
        Some(silence.done)
    }

    pub(super) fn bot_by_username(&self, username: &str) -> Option<&BotState> {
        self.bots.values().find(|state| state.bot.username.eq_ignore_ascii_case(username))
    }

    pub(super) fn add_bot(&mut self, bot: NewBot) {
        let state = BotState {
            updates: VecDeque::new(),
            // Seconds since 2023: greater at every start, so that no number comes twice to a bot that remembers.
            next_update: super::unix_seconds() - 1_672_531_200,
            webhook: None,
            commands: json!([]),
            menu: Value::Null,
            wake: Arc::new(Notify::new()),
            bot,
        };
        self.bots.entry(state.bot.token.clone()).or_insert(state);
    }

    /// Adds a message and answers its id; numbers grow within a chat.
    pub(super) fn say(&mut self, bot: i64, person: i64, date: i64, mut message: Message) -> i64 {
        let chat = self.chats.entry((bot, person)).or_default();
        chat.last_id += 1;
        (message.id, message.date) = (chat.last_id, date);
        chat.messages.push_back(message);
        if chat.messages.len() > MESSAGES {
            chat.messages.pop_front();
        }
        chat.last_id
    }

    pub(super) fn message(&mut self, bot: i64, person: i64, id: i64) -> Option<&mut Message> {
        self.chats.get_mut(&(bot, person))?.messages.iter_mut().find(|message| message.id == id)
    }

    /// Hands an update to the bot of this token.
    pub(super) fn update(&mut self, token: &str, kind: &str, body: Value) {
        let Some(state) = self.bots.get_mut(token) else { return };
        let id = state.next_update;
        state.next_update += 1;
        if state.updates.len() < UPDATES {
            state.updates.push_back((id, json!({ "update_id": id, kind: body })));
        }
        state.wake.notify_one();
    }
}

pub(super) fn user_json(person: &Person) -> Value {
    json!({
        "id": person.id,
        "is_bot": false,
        "first_name": person.first_name,
        "username": person.username,
        "language_code": person.language_code,
    })
}

pub(super) fn chat_json(person: &Person) -> Value {
    if person.id < 0 {
        return json!({ "id": person.id, "type": "supergroup", "title": "Group" });
    }
    json!({ "id": person.id, "type": "private", "first_name": person.first_name, "username": person.username })
}

pub(super) fn bot_json(bot: &NewBot) -> Value {
    json!({
        "id": bot.id,
        "is_bot": true,
        "first_name": bot.name,
        "username": bot.username,
        "can_join_groups": true,
        "can_read_all_group_messages": false,
        "supports_inline_queries": false,
        "can_connect_to_business": false,
        "has_main_web_app": false,
    })
}

/// A message as the Bot API shows it.
pub(super) fn message_json(bot: &NewBot, person: &Person, message: &Message) -> Value {
    let from = if message.from_bot { bot_json(bot) } else { user_json(person) };
    let mut body = json!({
        "message_id": message.id,
        "date": message.date,
        "chat": chat_json(person),
        "from": from,
    });
    match (&message.photo, &message.document) {
        (_, Some(document)) => {
            body["document"] = json!({
                "file_id": document.id,
                "file_unique_id": document.id,
                "file_name": document.name,
                "mime_type": document.media_type,
                "file_size": document.bytes,
            });
            body["caption"] = message.text.clone().into();
        }
        (Some(photo), None) => {
            body["photo"] = json!([{ "file_id": photo, "file_unique_id": photo, "width": 960, "height": 720 }]);
            body["caption"] = message.text.clone().into();
        }
        (None, None) => body["text"] = message.text.clone().into(),
    }
    if let Some(keyboard) = message.keyboard.as_ref().filter(|k| k.get("inline_keyboard").is_some()) {
        body["reply_markup"] = keyboard.clone();
    }
    body
}
