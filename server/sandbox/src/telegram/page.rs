//! The chat page: a person's side of the sandbox's Telegram, in the browser.

use std::convert::Infallible;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderName, StatusCode, header},
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use domain::html::escape;
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::{
    Telegram,
    groups::{self, Door},
    world::{Fault, PEOPLE, Shared, person},
};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: http: https:; connect-src 'self'; frame-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'";
const PAGE: &str = include_str!("assets/chat.html");

pub(super) fn routes() -> Router<Shared> {
    let script =
        || async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("assets/chat.js")) };
    let style = || async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("assets/chat.css")) };
    Router::new()
        .route("/armenian.woff2", get(|| async { ([(header::CONTENT_TYPE, "font/woff2")], crate::ARMENIAN_FONT) }))
        .route("/chat.js", get(script))
        .route("/chat.css", get(style))
        .route("/chat/{bot}", get(chat))
        .route("/api/chats/{bot}/{person}", get(snapshot))
        .route("/api/chats/{bot}/{person}/events", get(events))
        .route("/api/chats/{bot}/{person}/messages", post(write))
        .route("/api/chats/{bot}/{person}/presses", post(press))
        .route("/api/chats/{bot}/{person}/block", post(block))
        .route("/api/chats/{bot}/{person}/init-data", get(init_data))
        .route("/miniapp.js", get(mini_script))
        .route("/api/photos/{id}", get(photo))
        .route("/api/faults", post(fault))
        .route("/join/{code}", get(door).post(ask))
}

fn document(title: &str, body: &str) -> Response {
    let page = PAGE.replace("{{title}}", &escape(title)).replace("{{body}}", body);
    ([(HeaderName::from_static("content-security-policy"), POLICY)], Html(page)).into_response()
}

/// The bots one can write to, and as whom.
pub(super) async fn index(State(shared): State<Shared>) -> Response {
    let world = shared.world();
    let mut body = String::from("<main class=\"who\"><h1>Sandbox Telegram</h1><p>Choose who you are:</p>");
    for state in world.bots.values() {
        body.push_str(&format!("<h2>{}</h2><ul>", escape(&state.bot.name)));
        for who in &PEOPLE {
            let (bot, id) = (escape(&state.bot.username), who.id);
            body.push_str(&format!(
                "<li><a href=\"/sandbox/telegram/chat/{bot}?user={id}\">{} <small>{}</small></a></li>",
                who.first_name, who.language_code
            ));
        }
        body.push_str("</ul>");
    }
    drop(world);
    body.push_str("</main>");
    document("Sandbox Telegram", &body)
}

#[derive(Deserialize)]
struct ChatQuery {
    #[serde(default = "first_person")]
    user: i64,
    /// The payload of a deep link.
    start: Option<String>,
}

const fn first_person() -> i64 {
    PEOPLE[0].id
}

async fn chat(State(shared): State<Shared>, Path(bot): Path<String>, Query(query): Query<ChatQuery>) -> Response {
    let Some(name) = shared.world().bot_by_username(&bot).map(|state| state.bot.name.clone()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let who = person(query.user);
    let payload = query.start.unwrap_or_default();
    let body = include_str!("assets/chat-body.html")
        .replace("{{bot}}", &escape(&bot))
        .replace("{{name}}", &escape(&name))
        .replace("{{initial}}", &escape(&name.chars().take(1).collect::<String>()))
        .replace("{{user}}", &who.id.to_string())
        .replace("{{person}}", who.first_name)
        .replace("{{lang}}", who.language_code)
        .replace("{{start}}", &escape(&payload));
    document(&name, &body)
}

/// The token and id of a bot by its username.
fn bot_of(shared: &Shared, username: &str) -> Option<(String, i64)> {
    shared.world().bot_by_username(username).map(|state| (state.bot.token.clone(), state.bot.id))
}

async fn snapshot(State(shared): State<Shared>, Path((bot, who)): Path<(String, i64)>) -> Response {
    let Some((token, id)) = bot_of(&shared, &bot) else { return StatusCode::NOT_FOUND.into_response() };
    let world = shared.world();
    let state = world.bots.get(&token);
    let commands = state.map_or(Value::Null, |state| state.commands.clone());
    let menu = state.map_or(Value::Null, |state| state.menu.clone());
    let chat = world.chats.get(&(id, who));
    let messages: Vec<_> = chat.map(|chat| chat.messages.iter().collect()).unwrap_or_default();
    let blocked = chat.is_some_and(|chat| chat.blocked);
    Json(json!({ "messages": messages, "commands": commands, "menu": menu, "blocked": blocked })).into_response()
}

async fn events(
    State(shared): State<Shared>,
    Path((bot, who)): Path<(String, i64)>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, StatusCode> {
    let (_, id) = bot_of(&shared, &bot).ok_or(StatusCode::NOT_FOUND)?;
    let changes = shared.changes.subscribe();
    let stream = stream::unfold(changes, move |mut changes| async move {
        loop {
            let event = match changes.recv().await {
                Ok(change) if change.bot == id && change.person == who => told(change.kind, &change.text),
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => told("chat", ""),
                Err(RecvError::Closed) => return None,
            };
            return Some((Ok(event), changes));
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

/// Browsers drop an event without data, so every text follows a sign.
fn told(kind: &str, text: &str) -> Event {
    Event::default().event(kind).data(["=", text].concat())
}

#[derive(Deserialize)]
struct Written {
    text: String,
}

async fn write(
    State(shared): State<Shared>,
    Path((bot, who)): Path<(String, i64)>,
    Json(written): Json<Written>,
) -> StatusCode {
    let Some((token, _)) = bot_of(&shared, &bot) else { return StatusCode::NOT_FOUND };
    let text = written.text.trim();
    if text.is_empty() || text.chars().count() > 4096 {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    Telegram(shared).send_text(&token, who, text);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Pressed {
    message_id: i64,
    data: String,
}

async fn press(
    State(shared): State<Shared>,
    Path((bot, who)): Path<(String, i64)>,
    Json(pressed): Json<Pressed>,
) -> StatusCode {
    let Some((token, _)) = bot_of(&shared, &bot) else { return StatusCode::NOT_FOUND };
    Telegram(shared).press(&token, who, pressed.message_id, &pressed.data);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Blocked {
    blocked: bool,
}

async fn block(
    State(shared): State<Shared>,
    Path((bot, who)): Path<(String, i64)>,
    Json(asked): Json<Blocked>,
) -> StatusCode {
    let Some((token, _)) = bot_of(&shared, &bot) else { return StatusCode::NOT_FOUND };
    Telegram(shared).set_blocked(&token, who, asked.blocked);
    StatusCode::NO_CONTENT
}

/// What a Mini App is opened with.
async fn init_data(State(shared): State<Shared>, Path((bot, who)): Path<(String, i64)>) -> Response {
    let Some((token, _)) = bot_of(&shared, &bot) else { return StatusCode::NOT_FOUND.into_response() };
    Telegram(shared).init_data(&token, who, super::unix_seconds()).into_response()
}

async fn mini_script() -> Response {
    let script = include_str!("assets/miniapp.js");
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script).into_response()
}

async fn photo(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    match shared.world().photos.get(&id) {
        Some((media, bytes)) => ([(header::CONTENT_TYPE, media.clone())], bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The door of a group, behind an invitation.
async fn door(State(shared): State<Shared>, Path(code): Path<String>, Query(query): Query<ChatQuery>) -> Response {
    let (door, title) = groups::door(&shared, &code, query.user);
    let ask = if door == Door::Outside { "<form method=\"post\"><button>Ask to join</button></form>" } else { "" };
    let (title, words) = (escape(&title), groups::words(door));
    document("Invitation", &format!("<main class=\"who\"><h1>{title}</h1><p>{words}</p>{ask}</main>"))
}

async fn ask(State(shared): State<Shared>, Path(code): Path<String>, Query(query): Query<ChatQuery>) -> Response {
    groups::ask(&shared, &code, query.user);
    Redirect::to(&format!("/sandbox/telegram/join/{code}?user={}", query.user)).into_response()
}

#[derive(Deserialize)]
struct NewFault {
    method: String,
    error_code: u16,
    description: String,
    retry_after: Option<u64>,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

async fn fault(State(shared): State<Shared>, Json(new): Json<NewFault>) -> StatusCode {
    let NewFault { method, error_code, description, retry_after, times } = new;
    Telegram(shared).fail(Fault { method, error_code, description, retry_after, times });
    StatusCode::NO_CONTENT
}
