//! What a person did, read from a Bot API update. Groups and things we do not know are nobody's event.

use domain::{Lang, message::Content};
use serde_json::Value;
use server::customers::Person;
use teloxide::types::{ChatMemberKind, Message, Update, UpdateKind, User};

use crate::tap::Tap;

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) chat_id: i64,
    pub(crate) person: Person,
    /// The language Telegram tells, if it is one of ours.
    pub(crate) told_language: Option<Lang>,
    pub(crate) act: Act,
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// `/name argument`
    Command {
        name: String,
        argument: String,
    },
    Text(String),
    Tap {
        query: String,
        message_id: Option<i32>,
        on_photo: bool,
        tap: Option<Tap>,
    },
    Blocked(bool),
    /// The bot was sent away from a group, or let in.
    Removed(bool),
    /// A sticker, a picture, a voice …
    Thing(Thing),
}

/// Something that was written or sent for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thing {
    pub(crate) content: Content,
    /// The text, or what stands under a picture.
    pub(crate) words: String,
    /// Of a picture: its largest size, in Telegram's words.
    pub(crate) file: Option<String>,
    /// The person's own phone, given by Telegram's contact; another person's is only words.
    pub(crate) phone: Option<String>,
}

impl Thing {
    pub(crate) fn text(words: &str) -> Self {
        Self { content: Content::Text, words: words.to_owned(), file: None, phone: None }
    }
}

/// What follows `/start` in a chat that is to become the staff's.
pub(crate) const STAFF: &str = "staff_";
/// What follows `/start` from a member of the shop who makes their Telegram account known.
pub(crate) const ME: &str = "me_";
/// What the shop's people ask in their group.
pub(crate) const CREW: [&str; 2] = ["find", "order"];

/// `None`: not for us.
pub(crate) fn read(body: &str) -> Option<Event> {
    let raw: Value = serde_json::from_str(body).ok()?;
    let update: Update = serde_json::from_str(body).ok()?;
    match update.kind {
        UpdateKind::Message(message) => from_message(&message, raw.get("message")?),
        UpdateKind::CallbackQuery(query) => {
            let message = query.message.as_ref();
            let regular = query.regular_message();
            let act = Act::Tap {
                query: query.id.to_string(),
                message_id: message.map(|message| message.id().0),
                on_photo: regular.is_some_and(|message| message.photo().is_some()),
                tap: query.data.as_deref().and_then(Tap::decode),
            };
            let chat_id = message.map_or_else(|| as_chat(&query.from), |message| message.chat().id.0);
            Some(event(chat_id, &query.from, act))
        }
        UpdateKind::MyChatMember(change) => {
            let gone = matches!(change.new_chat_member.kind, ChatMemberKind::Banned(_) | ChatMemberKind::Left);
            let act = if change.chat.is_private() { Act::Blocked(gone) } else { Act::Removed(gone) };
            Some(event(change.chat.id.0, &change.from, act))
        }
        _ => None,
    }
}

fn from_message(message: &Message, raw: &Value) -> Option<Event> {
    let from = message.from.as_ref()?;
    let act = match message.text() {
        Some(text) => read_text(text),
        None => Act::Thing(thing(raw)),
    };
    // In a group the bot only listens to the word that makes it the staff's chat, and to what they ask there.
    let for_staff = |act: &Act| match act {
        Act::Command { name, argument } => argument.starts_with(STAFF) || CREW.contains(&&**name),
        _ => false,
    };
    if !message.chat.is_private() && !for_staff(&act) {
        return None;
    }
    Some(event(message.chat.id.0, from, act))
}

/// Read from the update as it came: what the library knows of a voice or a place is stricter than what Telegram sends.
fn thing(message: &Value) -> Thing {
    let text = |path: &str| message.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let of = |content: Content| Thing { content, words: text("/caption"), file: None, phone: None };
    if let Some(photo) = message.get("photo").and_then(Value::as_array) {
        let largest = photo.iter().max_by_key(|size| size.get("width").and_then(Value::as_i64));
        let file = largest.and_then(|size| size.get("file_id")?.as_str()).map(str::to_owned);
        return Thing { file, ..of(Content::Photo) };
    }
    if message.get("contact").is_some() {
        let words = [&text("/contact/first_name"), " ", &text("/contact/phone_number")].concat();
        let number = |path: &str| message.pointer(path).and_then(Value::as_i64);
        let own = number("/contact/user_id").is_some() && number("/contact/user_id") == number("/from/id");
        let phone = Some(text("/contact/phone_number")).filter(|phone| own && !phone.is_empty());
        return Thing { words, phone, ..of(Content::Contact) };
    }
    let known = KINDS.iter().find(|(field, _)| message.get(field).is_some());
    of(known.map_or(Content::Other, |(_, content)| *content))
}

/// By the field of the message that holds it. An animation is a document besides.
const KINDS: [(&str, Content); 9] = [
    ("voice", Content::Voice),
    ("audio", Content::Voice),
    ("video", Content::Video),
    ("video_note", Content::Video),
    ("animation", Content::Video),
    ("document", Content::Document),
    ("sticker", Content::Sticker),
    ("location", Content::Location),
    ("venue", Content::Location),
];

fn read_text(text: &str) -> Act {
    let Some(command) = text.strip_prefix('/') else { return Act::Text(text.trim().to_owned()) };
    let (name, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    // In groups a command names its bot: /help@some_bot.
    let name = name.split('@').next().unwrap_or_default().to_lowercase();
    Act::Command { name, argument: argument.trim().to_owned() }
}

fn as_chat(user: &User) -> i64 {
    i64::try_from(user.id.0).unwrap_or_default()
}

fn event(chat_id: i64, user: &User, act: Act) -> Event {
    let told_language = user.language_code.as_deref().and_then(Lang::from_tag);
    let person = Person {
        telegram_user_id: as_chat(user),
        name: user.full_name().chars().take(128).collect(),
        username: user.username.clone(),
        language: told_language.unwrap_or(Lang::Hy),
    };
    Event { chat_id, person, told_language, act }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_messages_are_read_and_the_rest_is_nobodys() {
        let body = r#"{"update_id":1,"message":{"message_id":5,"date":1700000000,"text":"/start prd_1",
            "chat":{"id":1001,"type":"private","first_name":"A"},
            "from":{"id":1001,"is_bot":false,"first_name":"A","language_code":"ru-RU"}}}"#;
        let event = read(body).unwrap();
        assert_eq!((event.chat_id, event.told_language), (1001, Some(Lang::Ru)));
        assert!(matches!(event.act, Act::Command { name, argument } if name == "start" && argument == "prd_1"));
        assert!(
            read(&body.replace("\"private\"", "\"group\"").replace("\"first_name\":\"A\"}", "\"title\":\"G\"}"))
                .is_none()
        );
        assert!(read(r#"{"update_id":2,"poll":{}}"#).is_none());
        assert!(read("garbage").is_none());
    }
}
