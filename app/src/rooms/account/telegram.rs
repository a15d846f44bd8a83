//! The member's own Telegram account: bound by a code that a page shows once, and released.

use axum::{Router, response::Response, routing::post};
use leptos::prelude::*;
use server::{bots, failure::Outcome, staff::telegram};

use super::PATH;
use crate::{
    texts::t,
    ui::{Crumb, Notice, PostButton, RoomHead, Text, Tone, copyable},
    web::{Desk, Faces, Flash, bot_address},
};

pub(super) fn routes() -> Router<Faces> {
    Router::new().route("/account/telegram", post(invite)).route("/account/telegram/release", post(release))
}

/// What the account page tells of it.
pub(super) struct Bound {
    /// The account and since when, in words.
    account: Option<String>,
    /// There is a bot to say a code to.
    has_bot: bool,
}

pub(super) async fn find(desk: &Desk) -> Outcome<Bound> {
    let bound = telegram::of(&desk.services.db, desk.merchant(), &desk.who().id).await?;
    let account =
        bound.map(|(name, at)| desk.say_with("account.telegram_bound", &[("name", &name), ("time", &desk.when(at))]));
    Ok(Bound { account, has_bot: bot(desk).await?.is_some() })
}

async fn bot(desk: &Desk) -> Outcome<Option<String>> {
    let all = bots::of_merchant(&desk.services, desk.merchant()).await?;
    Ok(all.into_iter().find(|bot| bot.active).map(|bot| bot.username))
}

pub(super) fn section(bound: Bound) -> AnyView {
    let has = bound.account.is_some();
    let (tone, state) = match bound.account {
        Some(account) => (Tone::Good, Text::from(account)),
        None => (Tone::Ended, t("account.telegram_none")),
    };
    let make = if has { "account.telegram_change" } else { "account.telegram_make" };
    let make = if bound.has_bot {
        view! { <PostButton action="/account/telegram">{t(make)}</PostButton> }.into_any()
    } else {
        view! { <p class="quiet">{t("account.telegram_no_bot")}</p> }.into_any()
    };
    let release = has.then(|| {
        view! { <PostButton action="/account/telegram/release">{t("account.telegram_release")}</PostButton> }
    });
    view! {
        <section class="form" id="telegram">
            <div class="form-section">
                <h2>{t("account.telegram")}</h2>
                <p class="quiet">{t("account.telegram_text")}</p>
                <Notice tone=tone text=state/>
                <div class="button-row">{make}{release}</div>
            </div>
        </section>
    }
    .into_any()
}

/// The code is the answer to this form: it stands in no address of ours and in no log.
async fn invite(desk: Desk) -> Response {
    let made = async {
        let code = telegram::invite(&desk.services, &desk.actor, desk.merchant()).await?;
        let word = ["me_", &code].concat();
        let address = bot(&desk).await?.map(|bot| bot_address(&desk.services, &bot, None, &word));
        Ok::<_, server::failure::Failure>((address, ["/start ", &word].concat()))
    };
    desk.room(&desk.say("account.telegram"), made.await, code_page).await
}

fn code_page((address, command): (Option<String>, String)) -> AnyView {
    view! {
        <Crumb href=PATH text=t("room.account")/>
        <RoomHead title=t("account.telegram_make")/>
        <section class="form">
            <div class="form-section">
                <p>{t("account.telegram_made")}</p>
                {address.map(|address| copyable(address, true))}
                {copyable(command, true)}
            </div>
        </section>
    }
    .into_any()
}

async fn release(desk: Desk) -> Response {
    let released = async || -> Outcome<Flash> {
        telegram::unbind(&desk.services, &desk.actor, desk.merchant()).await?;
        Ok(Flash::good(desk.say("account.telegram_released")))
    };
    desk.done(released().await, PATH)
}
