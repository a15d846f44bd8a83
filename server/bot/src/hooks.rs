//! `POST /hooks/telegram/{bot}`: the Bot API's webhook. Stored under (bot, update id), then acknowledged.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use domain::{BotId, limits};
use providers::telegram::{Api, describe};
use server::{
    bots::{self, Arrived, Bot},
    failure::Failure,
    miniapp,
    services::Services,
    shop,
};
use subtle::ConstantTimeEq;
use teloxide::{
    payloads::{SetChatMenuButtonSetters, SetWebhookSetters},
    prelude::Requester,
    types::{AllowedUpdate, BotCommand, MenuButton, WebAppInfo},
};
use tokio_util::sync::CancellationToken;

use crate::texts::texts;

const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// How often the registration is looked at.
const LOOK: Duration = Duration::from_secs(300);

/// The route of the Bot API's webhooks.
pub fn routes(services: Services) -> Router {
    Router::new().route("/hooks/telegram/{bot}", post(receive)).with_state(services)
}

async fn receive(State(services): State<Services>, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let Ok(id) = id.parse::<BotId>() else { return StatusCode::NOT_FOUND.into_response() };
    let bot = match bots::get(&services, &id).await {
        Ok(bot) => bot,
        Err(Failure::Refused(_)) => return StatusCode::NOT_FOUND.into_response(),
        Err(failure) => {
            tracing::error!(%failure, "an update came for a bot that cannot be opened");
            return come_again();
        }
    };
    let given = headers.get(SECRET_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    if !bool::from(given.ct_eq(bot.webhook_secret.as_bytes())) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(body) = axum::body::to_bytes(body, limits::UPDATE_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Some(update) = serde_json::from_slice(&body).ok().as_ref().and_then(arrived) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    // Why it could not be stored is in the log of its writer; Telegram will send it again.
    if services.updates.keep(&bot, vec![update]).await { StatusCode::OK.into_response() } else { come_again() }
}

fn come_again() -> Response {
    let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// An update as it is kept; `None` without an update id.
pub(crate) fn arrived(update: &serde_json::Value) -> Option<Arrived> {
    let chats =
        ["/message/chat/id", "/callback_query/message/chat/id", "/callback_query/from/id", "/my_chat_member/chat/id"];
    Some(Arrived {
        update_id: update.get("update_id")?.as_i64()?,
        chat_id: chats.iter().find_map(|path| update.pointer(path)?.as_i64()),
        body: update.to_string(),
    })
}

/// Registers the webhook of every active bot, looks at it now and then, and mends what is wrong.
pub(crate) async fn keep_registered(services: Services, stop: CancellationToken) {
    let api = Api::new(&services.telegram_api_url);
    loop {
        match bots::active(&services).await {
            Ok(active) => {
                for bot in active {
                    register(&services, &api, &bot).await;
                }
            }
            Err(failure) => tracing::error!(%failure, "the bots could not be read"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn register(services: &Services, api: &Api, bot: &Bot) {
    let telegram = api.bot(&bot.token);
    let address = services.url(&format!("/hooks/telegram/{}", bot.id));
    let Ok(url) = address.parse::<reqwest::Url>() else { return };
    let well = telegram.get_webhook_info().await.is_ok_and(|info| info.url.is_some_and(|known| known == url));
    if well {
        return;
    }
    let allowed = [
        AllowedUpdate::Message,
        AllowedUpdate::CallbackQuery,
        AllowedUpdate::MyChatMember,
        AllowedUpdate::ChatJoinRequest,
    ];
    let set = telegram.set_webhook(url).secret_token(bot.webhook_secret.clone()).allowed_updates(allowed);
    let trouble = set.await.err().map(|error| describe(&error, &bot.token));
    if let Some(trouble) = &trouble {
        tracing::warn!(bot = %bot.id, %trouble, "the webhook could not be registered");
    } else {
        set_menus(services, api, bot).await;
    }
    note(services, bot, trouble).await;
}

pub(crate) async fn note(services: &Services, bot: &Bot, trouble: Option<String>) {
    if let Err(failure) = bots::set_trouble(services, &bot.id, trouble).await {
        tracing::error!(%failure, "a bot's state could not be noted");
    }
}

/// The bot's menus; best effort.
pub(crate) async fn set_menus(services: &Services, api: &Api, bot: &Bot) {
    set_commands(api, bot).await;
    set_shop_button(services, api, bot).await;
}

/// The button beside the field of the chat opens the Mini App, where Telegram would open it.
async fn set_shop_button(services: &Services, api: &Api, bot: &Bot) {
    let Ok(shop) = shop::get(&services.db, &bot.merchant).await else { return };
    let address = miniapp::address(services, &bot.id, shop.language).and_then(|address| address.parse().ok());
    let Some(url) = address else { return };
    let menu_button = MenuButton::WebApp { text: texts(shop.language).get("menu_shop"), web_app: WebAppInfo { url } };
    if let Err(error) = api.bot(&bot.token).set_chat_menu_button().menu_button(menu_button).await {
        tracing::debug!(error = %describe(&error, &bot.token), "this Bot API server keeps no menu button");
    }
}

/// The menu of commands in each language.
async fn set_commands(api: &Api, bot: &Bot) {
    use teloxide::payloads::SetMyCommandsSetters;
    let telegram = api.bot(&bot.token);
    for lang in domain::Lang::ALL {
        let commands = ["start", "catalog", "cart", "orders", "ask", "language", "help"]
            .map(|name| BotCommand::new(name, texts(*lang).get(&["command_", name].concat())));
        if let Err(error) = telegram.set_my_commands(commands).language_code(lang.as_str()).await {
            tracing::debug!(error = %describe(&error, &bot.token), "this Bot API server keeps no menu of commands");
            return;
        }
    }
}
