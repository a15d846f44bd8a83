//! Webhooks of the sandbox's Telegram: in order for each bot, again and again until the bot says 2xx.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    api::Bad,
    world::{NewBot, Shared, Webhook},
};

/// Sets the webhook, or takes it away when `url` is empty; waiting updates are kept.
pub(super) fn set(shared: &Shared, bot: &NewBot, url: String, secret: Option<String>) -> Result<Value, Bad> {
    let mut world = shared.world();
    let Some(state) = world.bots.get_mut(&bot.token) else { return Ok(json!(false)) };
    let start = state.webhook.is_none() && !url.is_empty();
    state.webhook = (!url.is_empty()).then_some(Webhook { url, secret, last_error: None });
    state.wake.notify_waiters();
    drop(world);
    if start {
        tokio::spawn(deliver(shared.clone(), bot.token.clone()));
    }
    Ok(json!(true))
}

pub(super) fn info(shared: &Shared, bot: &NewBot) -> Value {
    let world = shared.world();
    let state = world.bots.get(&bot.token);
    let webhook = state.and_then(|state| state.webhook.clone()).unwrap_or_default();
    let mut info = json!({
        "url": webhook.url,
        "has_custom_certificate": false,
        "pending_update_count": state.map_or(0, |state| state.updates.len()),
    });
    if let Some(error) = webhook.last_error {
        info["last_error_message"] = error.into();
        info["last_error_date"] = super::unix_seconds().into();
    }
    info
}

async fn deliver(shared: Shared, token: String) {
    let mut wait = Duration::from_millis(200);
    loop {
        let (next, wake) = {
            let world = shared.world();
            let Some(state) = world.bots.get(&token) else { return };
            let Some(webhook) = state.webhook.clone() else { return };
            (state.updates.front().cloned().map(|update| (update, webhook)), state.wake.clone())
        };
        let Some(((id, update), webhook)) = next else {
            // Woken by the next update; looks again now and then in case the webhook was taken away.
            let _ = tokio::time::timeout(Duration::from_secs(1), wake.notified()).await;
            continue;
        };
        let mut request = shared.http.post(&webhook.url).json(&update);
        if let Some(secret) = &webhook.secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        let trouble = match request.send().await {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("Wrong response from the webhook: {}", response.status())),
            Err(error) => Some(error.without_url().to_string()),
        };
        let failed = trouble.is_some();
        if let Some(state) = shared.world().bots.get_mut(&token) {
            if !failed {
                state.updates.retain(|(known, _)| *known != id);
            }
            if let Some(webhook) = state.webhook.as_mut() {
                webhook.last_error = trouble;
            }
        }
        if failed {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(30));
        } else {
            wait = Duration::from_millis(200);
        }
    }
}
