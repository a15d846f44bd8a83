//! What a person did, read from a Bot API update. Groups and things we do not know are nobody's event.

use domain::Lang;
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
    /// A sticker, a picture, a voice …
    Other,
}

/// What follows `/start` in a chat that is to become the staff's.
pub(crate) const STAFF: &str = "staff_";

/// `None`: not for us.
pub(crate) fn read(body: &str) -> Option<Event> {
    let update: Update = serde_json::from_str(body).ok()?;
    match update.kind {
        UpdateKind::Message(message) => from_message(&message),
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
        UpdateKind::MyChatMember(change) if change.chat.is_private() => {
            let gone = matches!(change.new_chat_member.kind, ChatMemberKind::Banned(_) | ChatMemberKind::Left);
            Some(event(change.chat.id.0, &change.from, Act::Blocked(gone)))
        }
        _ => None,
    }
}

fn from_message(message: &Message) -> Option<Event> {
    let from = message.from.as_ref()?;
    let act = match message.text() {
        Some(text) => read_text(text),
        None => Act::Other,
    };
    // In a group the bot only listens to the word that makes it the staff's chat.
    if !message.chat.is_private() && !matches!(&act, Act::Command { argument, .. } if argument.starts_with(STAFF)) {
        return None;
    }
    Some(event(message.chat.id.0, from, act))
}

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
