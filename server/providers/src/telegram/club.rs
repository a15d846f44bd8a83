//! What a bot does in a club's chat: whether it may, invitations, and who is let in or sent away.

use serde_json::{Value, json};

use super::{Api, PollFault, Sending};

/// A chat as the Bot API names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat {
    pub id: i64,
    pub title: String,
    pub is_group: bool,
}

/// What somebody is in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Owner,
    Admin { may_invite: bool, may_remove: bool },
    Member,
    Out,
}

impl Api {
    async fn ask(&self, token: &str, method: &str, body: Value) -> Result<Value, PollFault> {
        let url = format!("{}/bot{token}/{method}", self.base);
        let gone = |error: reqwest::Error| PollFault::Unreachable(error.without_url().to_string());
        let response = self.http.post(url).json(&body).send().await.map_err(gone)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(gone)?;
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if answer["ok"].as_bool() == Some(true) {
            return Ok(answer["result"].clone());
        }
        let code = answer["error_code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(status);
        let text = answer["description"].as_str().unwrap_or("no answer of the Bot API").to_owned();
        Err(PollFault::Refused {
            code,
            text,
            retry_after: answer.pointer("/parameters/retry_after").and_then(Value::as_u64),
        })
    }

    /// # Errors
    /// What the server says, or that it does not answer; without the token. So is it for all that follows.
    pub async fn chat(&self, token: &str, chat: &str) -> Result<Chat, PollFault> {
        let found = self.ask(token, "getChat", json!({ "chat_id": chat })).await?;
        let title = found["title"].as_str().unwrap_or_default().to_owned();
        let is_group = matches!(found["type"].as_str(), Some("group" | "supergroup" | "channel"));
        let id = found["id"].as_i64().ok_or_else(|| unreadable("getChat"))?;
        Ok(Chat { id, title, is_group })
    }

    /// What the bot itself is in the chat.
    ///
    /// # Errors
    /// As [`Api::chat`].
    pub async fn own_standing(&self, token: &str, chat: i64) -> Result<Standing, PollFault> {
        let own = self.ask(token, "getMe", json!({})).await?;
        let id = own["id"].as_i64().ok_or_else(|| unreadable("getMe"))?;
        self.standing(token, chat, id).await
    }

    /// # Errors
    /// As [`Api::chat`].
    pub async fn standing(&self, token: &str, chat: i64, user: i64) -> Result<Standing, PollFault> {
        let found = match self.ask(token, "getChatMember", json!({ "chat_id": chat, "user_id": user })).await {
            Err(PollFault::Refused { code: 400, text, .. }) if text.to_lowercase().contains("user not found") => {
                return Ok(Standing::Out);
            }
            other => other?,
        };
        let may = |right: &str| found[right].as_bool().unwrap_or(false);
        Ok(match found["status"].as_str() {
            Some("creator") => Standing::Owner,
            Some("administrator") => {
                Standing::Admin { may_invite: may("can_invite_users"), may_remove: may("can_restrict_members") }
            }
            Some("member") => Standing::Member,
            Some("restricted") if may("is_member") => Standing::Member,
            _ => Standing::Out,
        })
    }

    /// A link by which one may ask to be let in, until `expires` (Unix seconds).
    ///
    /// # Errors
    /// As [`Api::chat`].
    pub async fn invite(&self, token: &str, chat: i64, name: &str, expires: i64) -> Result<String, PollFault> {
        let body = json!({ "chat_id": chat, "name": name, "expire_date": expires, "creates_join_request": true });
        let made = self.ask(token, "createChatInviteLink", body).await?;
        made["invite_link"].as_str().map(str::to_owned).ok_or_else(|| unreadable("createChatInviteLink"))
    }

    /// Answers who asked to be let in; that it was answered already is well.
    ///
    /// # Errors
    /// As [`Api::chat`].
    pub async fn answer_request(&self, token: &str, chat: i64, user: i64, let_in: bool) -> Result<(), PollFault> {
        let method = if let_in { "approveChatJoinRequest" } else { "declineChatJoinRequest" };
        match self.ask(token, method, json!({ "chat_id": chat, "user_id": user })).await {
            Err(PollFault::Refused { code: 400, text, .. })
                if text.contains("HIDE_REQUESTER_MISSING") || text.contains("USER_ALREADY_PARTICIPANT") =>
            {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Takes somebody out of the chat, who may come back when let in again.
    ///
    /// # Errors
    /// As [`Api::chat`].
    pub async fn send_away(&self, token: &str, chat: i64, user: i64) -> Result<(), PollFault> {
        self.ask(token, "banChatMember", json!({ "chat_id": chat, "user_id": user })).await?;
        let body = json!({ "chat_id": chat, "user_id": user, "only_if_banned": true });
        self.ask(token, "unbanChatMember", body).await.map(drop)
    }
}

fn unreadable(method: &str) -> PollFault {
    PollFault::Refused { code: 0, text: format!("{method} was answered in a way that is not known"), retry_after: None }
}

impl PollFault {
    /// What it means for who has to do it all the same.
    #[must_use]
    pub fn weigh(&self) -> Sending {
        match self {
            Self::Refused { code: 429, retry_after, .. } => Sending::Wait(retry_after.unwrap_or(30)),
            Self::Refused { code: 400..=499, .. } => Sending::Refused,
            Self::Conflict | Self::Unreachable(_) | Self::Refused { .. } => Sending::Temporary,
        }
    }
}
