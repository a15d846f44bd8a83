//! The Bot API: `/bot<token>/<method>` in any case, JSON, form or multipart, with Telegram's own answers and errors.

use std::{collections::HashMap, time::Duration};

use axum::{
    Json, RequestExt,
    body::Bytes,
    extract::{Multipart, Path, Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
};
use domain::html::escape;
use serde_json::{Value, json};

use super::{
    html,
    world::{Document, Message, NewBot, Person, Shared, bot_json, chat_json, message_json, person},
};
use crate::random_id;

/// What a call brought: fields, and an uploaded file.
#[derive(Default)]
pub(super) struct Params {
    fields: HashMap<String, Value>,
    file: Option<Sent>,
}

/// An uploaded file.
struct Sent {
    name: String,
    media_type: Option<String>,
    bytes: Vec<u8>,
}

/// What a message brings beside its words.
enum Brought {
    Nothing,
    Photo(String),
    Document(Document),
}

/// An error in Telegram's words.
pub(super) struct Bad {
    code: u16,
    description: String,
    retry_after: Option<u64>,
    /// The number that a group has now.
    moved_to: Option<i64>,
}

pub(super) type Answer = Result<Value, Bad>;

pub(super) fn bad(code: u16, description: impl Into<String>) -> Bad {
    Bad { code, description: description.into(), retry_after: None, moved_to: None }
}

pub(super) fn too_many(wait: u64) -> Bad {
    Bad { retry_after: Some(wait), ..bad(429, format!("Too Many Requests: retry after {wait}")) }
}

impl IntoResponse for Bad {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::BAD_REQUEST);
        if self.description.starts_with('<') {
            // A page of the proxy before the Bot API.
            return (status, Html(self.description)).into_response();
        }
        let mut body = json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let Some(seconds) = self.retry_after {
            body["parameters"] = json!({ "retry_after": seconds });
        }
        if let Some(chat) = self.moved_to {
            body["parameters"] = json!({ "migrate_to_chat_id": chat });
        }
        (status, Json(body)).into_response()
    }
}

impl Params {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.fields.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// Objects come as JSON, or as JSON in a text.
    fn object(&self, name: &str) -> Option<Value> {
        match self.fields.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            other => Some(other.clone()),
        }
    }

    fn log(&self) -> Value {
        json!(self.fields)
    }
}

async fn read(request: Request) -> Result<Params, Bad> {
    let unreadable = |_| bad(400, "Bad Request: can't parse the request");
    let kind = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let mut params = Params::default();
    for (name, value) in form(query.as_bytes()) {
        params.fields.insert(name, Value::String(value));
    }
    if kind.starts_with("multipart/form-data") {
        let mut parts: Multipart = request.extract().await.map_err(|_| bad(400, "Bad Request: broken multipart"))?;
        while let Some(part) = parts.next_field().await.map_err(|_| bad(400, "Bad Request: broken multipart"))? {
            let (name, file) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
            let media_type = part.content_type().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|_| bad(400, "Bad Request: broken multipart"))?;
            if let Some(name) = file {
                params.file = Some(Sent { name, media_type, bytes: bytes.to_vec() });
            } else {
                params.fields.insert(name, Value::String(String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        return Ok(params);
    }
    let body: Bytes = request.extract().await.map_err(|_| bad(413, "Request Entity Too Large"))?;
    if kind.starts_with("application/json") && !body.is_empty() {
        let fields: HashMap<String, Value> = serde_json::from_slice(&body).map_err(unreadable)?;
        params.fields.extend(fields);
    } else {
        params.fields.extend(form(&body).into_iter().map(|(name, value)| (name, Value::String(value))));
    }
    Ok(params)
}

fn form(bytes: &[u8]) -> Vec<(String, String)> {
    serde_urlencoded::from_bytes(bytes).unwrap_or_default()
}

pub(super) async fn call(
    State(shared): State<Shared>,
    Path((token, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    let bot = token.strip_prefix("bot").and_then(|token| shared.world().bots.get(token).map(|state| state.bot.clone()));
    let Some(bot) = bot else { return bad(401, "Unauthorized").into_response() };
    let params = match read(request).await {
        Ok(params) => params,
        Err(refusal) => return refusal.into_response(),
    };
    let silent = {
        let mut world = shared.world();
        world.log(&method, params.log());
        if let Some(fault) = world.take_fault(&method) {
            let refusal = Bad { retry_after: fault.retry_after, ..bad(fault.error_code, fault.description) };
            return refusal.into_response();
        }
        world.take_silence(&method)
    };
    let method = method.to_lowercase();
    if let Some(done) = silent {
        if done {
            // What becomes of it is nobody's to hear.
            let _ = dispatch(&shared, &bot, &method, params).await;
        }
        return std::future::pending().await;
    }
    let counted = match super::limits::pass(&shared, bot.id, &method, &params) {
        Ok(counted) => counted,
        Err(refusal) => return refusal.into_response(),
    };
    match dispatch(&shared, &bot, &method, params).await {
        Ok(result) => Json(json!({ "ok": true, "result": result })).into_response(),
        Err(refusal) => {
            super::limits::refused(&shared, bot.id, counted);
            refusal.into_response()
        }
    }
}

async fn dispatch(shared: &Shared, bot: &NewBot, method: &str, params: Params) -> Answer {
    if let Some(answer) = super::groups::call(shared, bot, method, &params) {
        return answer;
    }
    match method {
        "getme" => Ok(bot_json(bot)),
        "getupdates" => get_updates(shared, bot, &params).await,
        "setwebhook" => {
            super::delivery::set(shared, bot, params.text("url").unwrap_or_default(), params.text("secret_token"))
        }
        "deletewebhook" => super::delivery::set(shared, bot, String::new(), None),
        "getwebhookinfo" => Ok(super::delivery::info(shared, bot)),
        "sendmessage" => send(shared, bot, &params, Brought::Nothing),
        "sendphoto" => send_photo(shared, bot, params),
        "senddocument" => send_document(shared, bot, params),
        "editmessagetext" | "editmessagecaption" => edit(shared, bot, &params, true),
        "editmessagereplymarkup" => edit(shared, bot, &params, false),
        "deletemessage" => delete(shared, bot, &params),
        "answercallbackquery" => answer_query(shared, bot, &params),
        "sendchataction" => {
            let person = reachable(shared, bot, &params)?;
            shared.changed(bot.id, person.id, "typing", String::new());
            Ok(json!(true))
        }
        "setmycommands" => {
            let commands = params.object("commands").unwrap_or_else(|| json!([]));
            if let Some(state) = shared.world().bots.get_mut(&bot.token) {
                state.commands = commands;
            }
            Ok(json!(true))
        }
        "getmycommands" => Ok(shared.world().bots.get(&bot.token).map_or_else(|| json!([]), |s| s.commands.clone())),
        "getfile" => get_file(shared, &params),
        "getchat" => reachable(shared, bot, &params).map(|person| chat_json(&person)),
        "deletemycommands" | "setmydescription" | "setmyshortdescription" | "setmyname" => Ok(json!(true)),
        "setchatmenubutton" => {
            if let Some(state) = shared.world().bots.get_mut(&bot.token) {
                state.menu = params.object("menu_button").unwrap_or_default();
            }
            Ok(json!(true))
        }
        _ => Err(bad(404, "Not Found: method not found")),
    }
}

fn get_file(shared: &Shared, params: &Params) -> Answer {
    let id = params.text("file_id").unwrap_or_default();
    if !shared.world().photos.contains_key(&id) {
        return Err(bad(400, "Bad Request: invalid file_id"));
    }
    Ok(json!({ "file_id": id, "file_unique_id": id, "file_path": format!("photos/{id}") }))
}

/// A file, by the path that `getFile` told.
pub(super) async fn file(State(shared): State<Shared>, Path((token, id)): Path<(String, String)>) -> Response {
    let world = shared.world();
    let known = token.strip_prefix("bot").is_some_and(|token| world.bots.contains_key(token));
    match world.photos.get(&id).filter(|_| known) {
        Some((media, bytes)) => ([(CONTENT_TYPE, media.clone())], bytes.clone()).into_response(),
        None => bad(404, "Not Found").into_response(),
    }
}

async fn get_updates(shared: &Shared, bot: &NewBot, params: &Params) -> Answer {
    let wait = Duration::from_secs(params.number("timeout").unwrap_or(0).clamp(0, 50).unsigned_abs());
    let limit = usize::try_from(params.number("limit").unwrap_or(100).clamp(1, 100)).unwrap_or(100);
    let end = tokio::time::Instant::now() + wait;
    loop {
        let wake = {
            let mut world = shared.world();
            let state = world.bots.get_mut(&bot.token).ok_or_else(|| bad(401, "Unauthorized"))?;
            if state.webhook.is_some() {
                return Err(bad(
                    409,
                    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                ));
            }
            if let Some(offset) = params.number("offset") {
                state.updates.retain(|(id, _)| *id >= offset);
            }
            if !state.updates.is_empty() {
                return Ok(state.updates.iter().take(limit).map(|(_, update)| update.clone()).collect());
            }
            state.wake.clone()
        };
        if tokio::time::timeout_at(end, wake.notified()).await.is_err() {
            return Ok(json!([]));
        }
    }
}

/// The person of `chat_id`, if the bot may write there.
fn reachable(shared: &Shared, bot: &NewBot, params: &Params) -> Result<Person, Bad> {
    let id = params.number("chat_id").ok_or_else(|| bad(400, "Bad Request: chat_id is empty"))?;
    let world = shared.world();
    if let Some(to) = world.moved.get(&(bot.id, id)) {
        let words = "Bad Request: group chat was upgraded to a supergroup chat";
        return Err(Bad { moved_to: Some(*to), ..bad(400, words) });
    }
    match world.chats.get(&(bot.id, id)) {
        Some(chat) if chat.blocked && id < 0 => Err(bad(403, "Forbidden: bot was kicked from the supergroup chat")),
        Some(chat) if chat.blocked => Err(bad(403, "Forbidden: bot was blocked by the user")),
        Some(_) => Ok(person(id)),
        None => Err(bad(400, "Bad Request: chat not found")),
    }
}

/// The text in both forms: as HTML for the page, plain for the API.
fn body(params: &Params, field: &str, limit: usize) -> Result<(String, String), Bad> {
    let text = params.text(field).unwrap_or_default();
    let (shown, plain) = match params.text("parse_mode").as_deref() {
        Some("HTML") => (text.clone(), html::plain(&text).map_err(|why| bad(400, why))?),
        _ => (escape(&text), text),
    };
    if plain.chars().count() > limit {
        return Err(bad(400, "Bad Request: message is too long"));
    }
    Ok((shown, plain))
}

fn keyboard(params: &Params) -> Result<Option<Value>, Bad> {
    let Some(markup) = params.object("reply_markup") else { return Ok(None) };
    let rows = markup.get("inline_keyboard").and_then(Value::as_array).cloned().unwrap_or_default();
    for button in rows.iter().filter_map(Value::as_array).flatten() {
        if button["text"].as_str().is_none_or(str::is_empty) {
            return Err(bad(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed"));
        }
        if button["callback_data"].as_str().is_some_and(|data| data.is_empty() || data.len() > 64) {
            return Err(bad(400, "Bad Request: BUTTON_DATA_INVALID"));
        }
        if button["url"].as_str().is_some_and(|url| !url.starts_with("http") && !url.starts_with("tg:")) {
            return Err(bad(400, "Bad Request: inline keyboard button URL is invalid: BUTTON_URL_INVALID"));
        }
    }
    Ok(Some(markup))
}

fn send(shared: &Shared, bot: &NewBot, params: &Params, brought: Brought) -> Answer {
    let person = reachable(shared, bot, params)?;
    let (photo, document) = match brought {
        Brought::Nothing => (None, None),
        Brought::Photo(id) => (Some(id), None),
        Brought::Document(document) => (None, Some(document)),
    };
    let alone = photo.is_none() && document.is_none();
    let (field, limit) = if alone { ("text", 4096) } else { ("caption", 1024) };
    let (html, text) = body(params, field, limit)?;
    if text.trim().is_empty() && alone {
        return Err(bad(400, "Bad Request: message text is empty"));
    }
    let keyboard = keyboard(params)?;
    let message = Message { id: 0, from_bot: true, date: 0, html, text, photo, document, keyboard, edited: false };
    let mut world = shared.world();
    let id = world.say(bot.id, person.id, super::unix_seconds(), message);
    let answer = world.message(bot.id, person.id, id).map(|message| message_json(bot, &person, message));
    drop(world);
    shared.changed(bot.id, person.id, "chat", String::new());
    Ok(answer.unwrap_or(Value::Null))
}

fn send_photo(shared: &Shared, bot: &NewBot, params: Params) -> Answer {
    let photo = match &params.file {
        Some(sent) => {
            let media = sent.media_type.clone().unwrap_or_else(|| "image/jpeg".to_owned());
            keep(shared, "photo_", media, &sent.bytes)
        }
        None => params.text("photo").unwrap_or_default(),
    };
    let known = shared.world().photos.contains_key(&photo);
    if !known && !photo.starts_with("http://") && !photo.starts_with("https://") {
        return Err(bad(400, "Bad Request: wrong file identifier/HTTP URL specified"));
    }
    send(shared, bot, &params, Brought::Photo(photo))
}

fn keep(shared: &Shared, prefix: &str, media: String, bytes: &[u8]) -> String {
    let id = random_id(prefix);
    shared.world().photos.insert(id.clone(), (media, bytes.to_vec()));
    id
}

fn send_document(shared: &Shared, bot: &NewBot, params: Params) -> Answer {
    let Some(sent) = &params.file else { return Err(bad(400, "Bad Request: there is no document in the request")) };
    reachable(shared, bot, &params)?;
    let media_type = sent.media_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
    let id = keep(shared, "file_", media_type.clone(), &sent.bytes);
    let document = Document { id, name: sent.name.clone(), media_type, bytes: sent.bytes.len() };
    send(shared, bot, &params, Brought::Document(document))
}

fn edit(shared: &Shared, bot: &NewBot, params: &Params, with_text: bool) -> Answer {
    let person = reachable(shared, bot, params)?;
    let id = params.number("message_id").ok_or_else(|| bad(400, "Bad Request: message identifier is not specified"))?;
    let markup = keyboard(params)?;
    let mut world = shared.world();
    let missing = || bad(400, "Bad Request: message to edit not found");
    let message = world.message(bot.id, person.id, id).filter(|message| message.from_bot).ok_or_else(missing)?;
    let before = (message.html.clone(), message.keyboard.clone());
    if with_text {
        let field = if message.photo.is_some() { "caption" } else { "text" };
        if params.text(field).is_none() {
            return Err(bad(400, "Bad Request: there is no text in the message to edit"));
        }
        (message.html, message.text) = body(params, field, 4096)?;
    }
    message.keyboard = markup;
    if before == (message.html.clone(), message.keyboard.clone()) {
        return Err(bad(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
        ));
    }
    message.edited = with_text;
    let answer = message_json(bot, &person, message);
    drop(world);
    shared.changed(bot.id, person.id, "chat", String::new());
    Ok(answer)
}

fn delete(shared: &Shared, bot: &NewBot, params: &Params) -> Answer {
    let person = reachable(shared, bot, params)?;
    let id = params.number("message_id").unwrap_or_default();
    let mut world = shared.world();
    let chat = world.chats.entry((bot.id, person.id)).or_default();
    let before = chat.messages.len();
    chat.messages.retain(|message| message.id != id);
    if chat.messages.len() == before {
        return Err(bad(400, "Bad Request: message to delete not found"));
    }
    drop(world);
    shared.changed(bot.id, person.id, "chat", String::new());
    Ok(json!(true))
}

fn answer_query(shared: &Shared, bot: &NewBot, params: &Params) -> Answer {
    let id = params.text("callback_query_id").unwrap_or_default();
    let Some((_, person)) = shared.world().queries.remove(&id) else {
        return Err(bad(400, "Bad Request: query is too old and response timeout expired or query ID is invalid"));
    };
    let text = params.text("text").unwrap_or_default();
    if text.chars().count() > 200 {
        return Err(bad(400, "Bad Request: MESSAGE_TOO_LONG"));
    }
    let kind = if params.text("show_alert").as_deref() == Some("true") { "alert" } else { "toast" };
    shared.changed(bot.id, person, kind, text);
    Ok(json!(true))
}
