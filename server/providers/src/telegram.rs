//! Talking to a Bot API server, and what its refusals mean. A token never appears in an error.

pub mod club;
pub mod init_data;

use std::time::Duration;

use teloxide::{ApiError, Bot, RequestError};

/// Longer than the longest poll.
const TIMEOUT: Duration = Duration::from_secs(65);
/// Seconds one poll waits for an update.
pub const POLL_SECONDS: u64 = 50;

/// A Bot API server.
#[derive(Clone)]
pub struct Api {
    base: String,
    http: reqwest::Client,
}

impl Api {
    /// `base` is `https://api.telegram.org` or the address of a server that speaks the same, without a slash at the end.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self::patient(base, TIMEOUT)
    }

    /// As [`Api::new`], waiting so long for an answer.
    #[must_use]
    pub fn patient(base: &str, timeout: Duration) -> Self {
        let client = reqwest::Client::builder()
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_secs(5))
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none());
        // Building fails only when the TLS library cannot start, and then no call could be made anyway.
        Self { base: base.trim_end_matches('/').to_owned(), http: client.build().unwrap_or_default() }
    }

    /// A bot on this server; its calls go to `{base}/bot{token}/{method}`.
    pub fn bot(&self, token: &str) -> Bot {
        let bot = Bot::with_client(token, self.http.clone());
        let usable = reqwest::Url::parse(&self.base).ok().filter(|url| !url.cannot_be_a_base());
        // A wrong address must not send the token to another server: `.invalid` never leads anywhere (RFC 2606).
        match usable.map_or_else(|| reqwest::Url::parse("http://wrong-address.invalid"), Ok) {
            Ok(url) => bot.set_api_url(url),
            Err(_) => bot,
        }
    }

    /// Asks for updates from `offset` on, as they are: one that is not understood must still be kept and confirmed.
    ///
    /// # Errors
    /// What the server says, or that it does not answer; without the token.
    pub async fn updates(&self, token: &str, offset: i64) -> Result<Vec<serde_json::Value>, PollFault> {
        let body = serde_json::json!({
            "offset": offset,
            "timeout": POLL_SECONDS,
            "allowed_updates": ["message", "callback_query", "my_chat_member", "chat_join_request"],
        });
        let url = format!("{}/bot{token}/getUpdates", self.base);
        let gone = |error: reqwest::Error| PollFault::Unreachable(error.without_url().to_string());
        let answer: Answer = self.http.post(url).json(&body).send().await.map_err(gone)?.json().await.map_err(gone)?;
        match answer {
            Answer { ok: true, result, .. } => Ok(result),
            Answer { error_code: Some(409), .. } => Err(PollFault::Conflict),
            Answer { error_code, description, parameters, .. } => Err(PollFault::Refused {
                code: error_code.unwrap_or(0),
                text: description.unwrap_or_default(),
                retry_after: parameters.and_then(|p| p.retry_after),
            }),
        }
    }

    /// The bot's username.
    ///
    /// # Errors
    /// As [`Api::updates`].
    pub async fn username(&self, token: &str) -> Result<String, PollFault> {
        let url = format!("{}/bot{token}/getMe", self.base);
        let gone = |error: reqwest::Error| PollFault::Unreachable(error.without_url().to_string());
        let answer: serde_json::Value = self.http.get(url).send().await.map_err(gone)?.json().await.map_err(gone)?;
        let name = answer.pointer("/result/username").and_then(serde_json::Value::as_str);
        let refused = || PollFault::Refused { code: 0, text: "getMe has no username".to_owned(), retry_after: None };
        name.map(str::to_owned).ok_or_else(refused)
    }

    /// A file that a person sent, of at most `most` bytes.
    ///
    /// # Errors
    /// As [`Api::updates`]; also when the file is larger.
    pub async fn file(&self, token: &str, file_id: &str, most: usize) -> Result<Vec<u8>, PollFault> {
        let gone = |error: reqwest::Error| PollFault::Unreachable(error.without_url().to_string());
        let refused = |text: &str| PollFault::Refused { code: 0, text: text.to_owned(), retry_after: None };
        let url = format!("{}/bot{token}/getFile", self.base);
        let asked = self.http.post(url).json(&serde_json::json!({ "file_id": file_id }));
        let answer: serde_json::Value = asked.send().await.map_err(gone)?.json().await.map_err(gone)?;
        let path = answer.pointer("/result/file_path").and_then(serde_json::Value::as_str);
        let path = path.filter(|path| !path.contains("..")).ok_or_else(|| refused("there is no such file"))?;
        let url = format!("{}/file/bot{token}/{path}", self.base);
        let mut body = self.http.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(gone)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = body.chunk().await.map_err(gone)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > most {
                return Err(refused("the file is too large"));
            }
        }
        Ok(bytes)
    }

    /// Takes the webhook away, keeping the updates that wait.
    ///
    /// # Errors
    /// As [`Api::updates`].
    pub async fn delete_webhook(&self, token: &str) -> Result<(), PollFault> {
        let url = format!("{}/bot{token}/deleteWebhook", self.base);
        let gone = |error: reqwest::Error| PollFault::Unreachable(error.without_url().to_string());
        self.http.post(url).json(&serde_json::json!({})).send().await.map_err(gone)?;
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default, deserialize_with = "updates_or_nothing")]
    result: Vec<serde_json::Value>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

fn updates_or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<serde_json::Value>, D::Error> {
    let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
    Ok(if let serde_json::Value::Array(updates) = value { updates } else { Vec::new() })
}

#[derive(serde::Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

/// Why polling brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PollFault {
    #[error("a webhook is set, or another program polls this bot")]
    Conflict,
    #[error("the Bot API refuses with {code}: {text}")]
    Refused { code: u16, text: String, retry_after: Option<u64> },
    #[error("the Bot API does not answer: {0}")]
    Unreachable(String),
}

/// What a failed sending means for the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Too many messages: come again after these seconds.
    Wait(u64),
    /// It would have been too many: nothing was sent, and nothing may be before.
    Later(domain::Moment),
    /// The person blocked the bot or is gone: stop writing to this chat.
    Gone,
    /// Nothing is wrong: the message says that already, or the button was pressed too long ago.
    Harmless,
    /// Asking again cannot help: the method or the text is refused.
    Refused,
    /// The server does not answer now.
    Temporary,
}

/// Weighs a failed call.
#[must_use]
pub fn weigh(error: &RequestError) -> Sending {
    match error {
        RequestError::RetryAfter(wait) => Sending::Wait(wait.seconds().into()),
        RequestError::Network(_) | RequestError::Io(_) => Sending::Temporary,
        RequestError::MigrateToChatId(_) => Sending::Gone,
        RequestError::InvalidJson { raw, .. } => weigh_unreadable(raw),
        RequestError::Api(api) => weigh_api(api),
    }
}

/// Whether a failed call may have been done all the same: no answer came to what was sent, or one that says so in other
/// words than the library knows.
#[must_use]
pub fn may_be_done(error: &RequestError) -> bool {
    match error {
        RequestError::Network(error) => !error.is_connect(),
        RequestError::Io(_) => true,
        RequestError::InvalidJson { raw, .. } => raw.trim().is_empty() || raw.trim().starts_with('{'),
        RequestError::RetryAfter(_) | RequestError::MigrateToChatId(_) | RequestError::Api(_) => false,
    }
}

/// JSON that the library does not expect answers a call that has been done all the same. Anything else is no answer of the
/// Bot API: of a proxy before it that cannot reach it, or of a server without this method.
fn weigh_unreadable(raw: &str) -> Sending {
    let raw = raw.trim();
    if raw.is_empty() {
        Sending::Temporary
    } else if raw.starts_with('{') {
        Sending::Refused
    } else {
        weigh_text(&raw.to_lowercase())
    }
}

fn weigh_api(error: &ApiError) -> Sending {
    match error {
        ApiError::BotBlocked
        | ApiError::UserDeactivated
        | ApiError::ChatNotFound
        | ApiError::BotKicked
        | ApiError::BotKickedFromSupergroup
        | ApiError::BotKickedFromChannel
        | ApiError::GroupDeactivated
        | ApiError::CantInitiateConversation => Sending::Gone,
        ApiError::MessageNotModified | ApiError::InvalidQueryId | ApiError::MessageToDeleteNotFound => {
            Sending::Harmless
        }
        ApiError::Unknown(text) => weigh_text(&text.to_lowercase()),
        _ => Sending::Refused,
    }
}

/// How servers say that they cannot just now.
const TROUBLES: [&str; 6] =
    ["internal server error", "bad gateway", "gateway timeout", "gateway time-out", "service unavailable", "restart"];

/// How servers say that nothing reaches this chat any more.
const GONE: [&str; 7] = [
    "blocked by the user",
    "user is deactivated",
    "chat not found",
    "bot was kicked",
    "bot is not a member",
    "chat was deleted",
    "group is deactivated",
];

fn weigh_text(text: &str) -> Sending {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&GONE) {
        Sending::Gone
    } else if says(&["not modified", "query is too old"]) {
        Sending::Harmless
    } else if says(&TROUBLES) {
        Sending::Temporary
    } else {
        Sending::Refused
    }
}

/// The error in words, without the token that its address may hold.
#[must_use]
pub fn describe(error: &RequestError, token: &str) -> String {
    error.to_string().replace(token, "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_never_shows_the_token() {
        let token = "123456:very-secret";
        let api = Api::new("http://127.0.0.1:9");
        let error = api.bot(token);
        let error = teloxide::requests::Requester::get_me(&error);
        let error = teloxide::requests::Request::send(error).await.unwrap_err();
        assert_eq!(weigh(&error), Sending::Temporary);
        assert!(!describe(&error, token).contains("very-secret"));
        let error = api.updates(token, 0).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("very-secret"));
    }

    #[test]
    fn a_page_of_a_proxy_is_no_answer() {
        let page = "<html><head><title>502 Bad Gateway</title></head></html>";
        assert_eq!(weigh_unreadable(page), Sending::Temporary);
        assert_eq!(weigh_unreadable(" "), Sending::Temporary);
        assert_eq!(weigh_unreadable("<h1>404 Not Found</h1>"), Sending::Refused);
        assert_eq!(weigh_unreadable(r#"{"ok":true,"result":{"text":"bad gateway"}}"#), Sending::Refused);
    }

    #[test]
    fn unknown_refusals_are_weighed_by_their_words() {
        assert_eq!(weigh_text("forbidden: bot was blocked by the user"), Sending::Gone);
        assert_eq!(weigh_text("forbidden: bot was kicked from the group chat"), Sending::Gone);
        assert_eq!(weigh_text("forbidden: the group chat was deleted"), Sending::Gone);
        assert_eq!(weigh_text("forbidden: bot is not a member of the channel chat"), Sending::Gone);
        assert_eq!(weigh_text("bad request: message is not modified: same"), Sending::Harmless);
        assert_eq!(weigh_text("bad request: method not found"), Sending::Refused);
    }
}
