//! Where the shop's people are told what must not wait and how it does, and how customers are reminded.

use axum::{
    Form, Router,
    extract::Query,
    response::Response,
    routing::{get, post},
};
use domain::{limits, moment::DAY, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    bots,
    clubs::{self, WonBack},
    failure::{Outcome, Refusal},
    orders::{self, Reminded},
    shop::{self, Schedules},
};

use super::page;
use crate::{
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, Look, Notice, PostButton, Select, Switch, Text, TextInput, Tone, copyable},
    web::{Desk, Faces, Flash, bot_address},
};

pub(super) const PATH: &str = "/settings/notifications";
const FIELDS: &[&str] = &["remind_after", "remind_at_most", "digest_hour"];
/// What came of reminders is told of so many days.
const DAYS: i64 = 30;

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(show).post(save)).route("/settings/staff-chat", post(invite))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SchedulesForm {
    remind_after: String,
    remind_at_most: String,
    digest_daily: Option<String>,
    digest_weekly: Option<String>,
    digest_hour: String,
}

impl SchedulesForm {
    fn of(desk: &Desk) -> Self {
        let ticked = |wanted: bool| wanted.then(|| "on".to_owned());
        Self {
            remind_after: desk.shop.remind_after_minutes.to_string(),
            remind_at_most: desk.shop.remind_at_most.to_string(),
            digest_daily: ticked(desk.shop.digest_daily),
            digest_weekly: ticked(desk.shop.digest_weekly),
            digest_hour: desk.shop.digest_hour.to_string(),
        }
    }

    fn read(&self) -> Result<Schedules, Refusal> {
        let number =
            |field: &'static str, text: &str| text.trim().parse().map_err(|_| Refusal::field(field, "not_a_number"));
        Ok(Schedules {
            remind_after_minutes: number("remind_after", &self.remind_after)?,
            remind_at_most: number("remind_at_most", &self.remind_at_most)?,
            digest_daily: self.digest_daily.is_some(),
            digest_weekly: self.digest_weekly.is_some(),
            digest_hour: number("digest_hour", &self.digest_hour)?,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The word that was made just now.
    invite: String,
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Response {
    draw(&desk, &SchedulesForm::of(&desk), Wrong::default(), &asked.invite).await
}

async fn save(desk: Desk, Form(form): Form<SchedulesForm>) -> Response {
    let saved = async || -> Outcome<Flash> {
        desk.must(Permission::EditSettings)?;
        shop::set_schedules(&desk.services, &desk.actor, desk.merchant(), form.read()?).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    match saved().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => draw(&desk, &form, desk.wrong(&failure), "").await,
    }
}

async fn invite(desk: Desk) -> Response {
    match shop::invite_to_staff_chat(&desk.services, &desk.actor, desk.merchant()).await {
        Ok(code) => {
            let to = [PATH, "?invite=", &code].concat();
            desk.done(Ok(Flash::good(desk.say("settings.invite_made"))), &to)
        }
        Err(failure) => desk.done(Err(failure), PATH),
    }
}

/// What the page shows besides its form.
struct Found {
    /// The bot's name.
    bot: Option<String>,
    reminded: Reminded,
    won_back: WonBack,
}

async fn find(desk: &Desk) -> Outcome<Found> {
    let since = desk.services.clock.now().plus(-DAYS * DAY);
    Ok(Found {
        bot: bots::of_merchant(&desk.services, desk.merchant()).await?.into_iter().next().map(|bot| bot.username),
        reminded: orders::reminded(&desk.services, desk.merchant(), since).await?,
        won_back: clubs::won_back(&desk.services, desk.merchant(), since).await?,
    })
}

async fn draw(desk: &Desk, form: &SchedulesForm, wrong: Wrong, invite: &str) -> Response {
    let title = desk.say("room.settings");
    let found = match find(desk).await {
        Ok(found) => found,
        Err(failure) => return desk.failed(&title, &failure).await,
    };
    let invite: String = invite.chars().filter(char::is_ascii_alphanumeric).collect();
    let word = ["staff_", &invite].concat();
    let bot = found.bot.filter(|_| !invite.is_empty());
    let made = bot.map(|bot| (bot_address(&desk.services, &bot, None, &word), word));
    let draw = |wrong: &Wrong| {
        let parts = view! { {staff_chat(desk, made)} {schedules(desk, form, wrong, found.reminded, found.won_back)} };
        page(PATH, parts.into_any())
    };
    desk.form(&title, wrong, draw).await
}

fn schedules(desk: &Desk, form: &SchedulesForm, wrong: &Wrong, reminded: Reminded, won_back: WonBack) -> AnyView {
    let save = desk.may(Permission::EditSettings).then(|| {
        view! { <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div> }
    });
    view! {
        <form class="form" method="post" action=PATH data-send=true>
            {digests(form, wrong)}
            {reminders(form, wrong, reminded)}
            {came_back(won_back)}
            {wrong.beside(FIELDS)}
            {save}
        </form>
    }
    .into_any()
}

fn digests(form: &SchedulesForm, wrong: &Wrong) -> AnyView {
    let hours = (0..24).map(|hour| (hour.to_string(), Text::from(format!("{hour:02}:00")), None)).collect();
    view! {
        <div class="form-section">
            <h2>{t("settings.digests")}</h2>
            <p class="quiet">{t("settings.digests_text")}</p>
            <Switch name="digest_daily" label=t("settings.digest_daily") value=form.digest_daily.is_some()/>
            <Switch name="digest_weekly" label=t("settings.digest_weekly") value=form.digest_weekly.is_some()/>
            <Select name="digest_hour" label=t("settings.digest_hour") options=hours value=form.digest_hour.clone() error=wrong.about("digest_hour")/>
        </div>
    }
    .into_any()
}

fn reminders(form: &SchedulesForm, wrong: &Wrong, reminded: Reminded) -> AnyView {
    let times = (0..=limits::REMINDERS).map(|times| {
        let shown = if times == 0 { t("settings.remind_never") } else { Text::from(times.to_string()) };
        (times.to_string(), shown, None)
    });
    let values = [("orders", reminded.orders.to_string()), ("paid", reminded.paid.to_string())];
    let result = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let result = (reminded.orders > 0).then(|| view! { <p class="quiet">{t_with("settings.reminded", &result)}</p> });
    view! {
        <div class="form-section">
            <h2>{t("settings.reminders")}</h2>
            <p class="quiet">{t("settings.reminders_text")}</p>
            <Select name="remind_at_most" label=t("settings.remind_at_most") options=times.collect() value=form.remind_at_most.clone() error=wrong.about("remind_at_most")/>
            <TextInput name="remind_after" label=t("settings.remind_after") value=form.remind_after.clone() inputmode="numeric" help=t("settings.remind_after_help") error=wrong.about("remind_after") max_length=4/>
            {result}
        </div>
    }
    .into_any()
}

/// What came of asking those who left a club; how that is done stands with each club.
fn came_back(won_back: WonBack) -> Option<AnyView> {
    let values = [("asked", won_back.asked.to_string()), ("paid", won_back.paid.to_string())];
    let result = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let section = || {
        view! {
            <div class="form-section">
                <h2>{t("settings.win_back")}</h2>
                <p class="quiet">{t_with("settings.won_back", &result)}</p>
            </div>
        }
    };
    (won_back.asked > 0).then(|| section().into_any())
}

fn staff_chat(desk: &Desk, made: Option<(String, String)>) -> AnyView {
    let bound = desk.shop.staff_chat_id.is_some();
    let state = match desk.shop.staff_chat_lost_at {
        _ if bound => (Tone::Good, t("settings.chat_set")),
        Some(at) => (Tone::Review, t_with("settings.chat_lost", &[("time", &desk.when(at))])),
        None => (Tone::Ended, t("settings.chat_none")),
    };
    let invite = made.map(|(address, word)| {
        let command = ["/start ", &word].concat();
        view! {
            <div class="stack-tight">
                <p>{t_with("settings.invite_help", &[("command", &command)])}</p>
                {copyable(address, true)}
                {copyable(command, true)}
            </div>
        }
    });
    let button = desk.may(Permission::EditSettings).then(|| {
        let key = if bound { "settings.chat_change" } else { "settings.chat_make" };
        view! { <PostButton action="/settings/staff-chat">{t(key)}</PostButton> }
    });
    view! {
        <section class="form">
            <div class="form-section">
                <h2>{t("settings.chat")}</h2>
                <p class="quiet">{t("settings.chat_text")}</p>
                <Notice tone=state.0 text=state.1/>
                {invite}
                <div class="button-row">{button}</div>
            </div>
        </section>
    }
    .into_any()
}
