//! The club of a product: the chat it lets into, for how long, and whether the bot may do there what it must.

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{ProductId, club::WinBack, role::Permission};
use leptos::prelude::*;
use server::{
    catalog::{self, Product},
    clubs::{self, Club, NewClub},
    failure::{Outcome, Refusal},
};

use super::{categories::remove_dialog, typed::Typed, variants::crumb};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Fact, Facts, Glyph, Look, Notice, PostButton, RoomHead, Select, Text, TextInput, Tone},
    web::{Desk, Faces, Flash},
};

const FIELDS: &[&str] = &["chat", "days", "grace_days", "back_after", "back_at_most"];
/// Days of grace, unless the shop says otherwise.
const GRACE: &str = "2";
/// Days before somebody who left is asked to come back, unless the shop says otherwise.
const AFTER: &str = "7";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/{id}/club", get(room).post(set))
        .route("/products/{id}/club/check", post(check))
        .route("/products/{id}/club/remove", post(remove))
}

fn path(product: &str) -> String {
    ["/products/", product, "/club"].concat()
}

async fn found(desk: &Desk, id: &str) -> Outcome<(Product, Option<Club>)> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let product = catalog::get(db, merchant, &ProductId::parse(id)?).await?;
    let club = clubs::of_product(db, merchant, &product.id).await?;
    Ok((product, club))
}

async fn room(desk: Desk, Path(id): Path<String>) -> Response {
    show(&desk, &id, None, Wrong::default()).await
}

async fn show(desk: &Desk, id: &str, form: Option<Typed>, wrong: Wrong) -> Response {
    let title = desk.say("club.title");
    match found(desk, id).await {
        Ok((product, club)) => {
            let form = form.unwrap_or_else(|| filled(club.as_ref()));
            desk.form(&title, wrong, |wrong| page(desk, &product, club, &form, wrong)).await
        }
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn filled(club: Option<&Club>) -> Typed {
    let Some(club) = club else {
        return Typed::default()
            .with("grace_days", GRACE)
            .with("days", "30")
            .with("back_after", AFTER)
            .with("back_at_most", "0");
    };
    let days = club.days.map(|days| days.to_string()).unwrap_or_default();
    let form = Typed::default().with("chat", club.chat_id.to_string()).with("days", days);
    let form = form.with("grace_days", club.grace_days.to_string());
    form.with("back_after", club.back_after_days.to_string()).with("back_at_most", club.back_at_most.to_string())
}

fn page(desk: &Desk, product: &Product, club: Option<Club>, form: &Typed, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditCatalog);
    let here = path(product.id.as_str());
    let remove = (may_edit && club.is_some())
        .then(|| remove_dialog(["club.remove", "club.remove_text"], [&here, "/remove"].concat()));
    let fields = may_edit.then(|| fields(here.clone(), form, wrong));
    let aside = club.map(|club| now(desk, club, &here, may_edit));
    view! {
        {crumb(desk, product)}
        <RoomHead title=t("club.title")>{remove}</RoomHead>
        <p class="room-lead">{t("club.lead")}</p>
        <div class="side"><section>{fields}</section><aside>{aside}</aside></div>
    }
    .into_any()
}

fn fields(here: String, form: &Typed, wrong: &Wrong) -> AnyView {
    view! {
        <form class="card form" method="post" action=here data-send=true>
            <div class="card-head"><h2>{t("club.chat")}</h2></div>
            <div class="card-body stack">
                <TextInput name="chat" label=t("club.chat_id") value=form.get("chat") help=t("club.chat_help") error=wrong.about("chat") max_length=64/>
                <div class="form-pair">
                    <TextInput name="days" label=t("club.days") aside=t("common.optional") value=form.get("days") inputmode="numeric" help=t("club.days_help") error=wrong.about("days") max_length=4/>
                    <TextInput name="grace_days" label=t("club.grace") value=form.get("grace_days") inputmode="numeric" help=t("club.grace_help") error=wrong.about("grace_days") max_length=2/>
                </div>
                {win_back(form, wrong)}
                {wrong.beside(FIELDS)}
                <div><Button look=Look::Primary>{t("common.save")}</Button></div>
            </div>
        </form>
    }
    .into_any()
}

/// Those who left are asked to come back, if the shop wants that.
fn win_back(form: &Typed, wrong: &Wrong) -> AnyView {
    let times = (0..=WinBack::MOST).map(|times| {
        let shown = if times == 0 { t("settings.remind_never") } else { Text::from(times.to_string()) };
        (times.to_string(), shown, None)
    });
    view! {
        <div class="form-pair">
            <Select name="back_at_most" label=t("club.back_at_most") options=times.collect() value=form.get("back_at_most").to_owned() help=t("club.back_help") error=wrong.about("back_at_most")/>
            <TextInput name="back_after" label=t("club.back_after") value=form.get("back_after") inputmode="numeric" help=t("club.back_after_help") error=wrong.about("back_after") max_length=2/>
        </div>
    }
    .into_any()
}

fn now(desk: &Desk, club: Club, here: &str, may_edit: bool) -> AnyView {
    let notice = match &club.trouble {
        Some(trouble) => view! { <Notice tone=Tone::Bad text=t(lacking(trouble))/> }.into_any(),
        None => view! { <Notice tone=Tone::Good text=t("club.well")/> }.into_any(),
    };
    let check = may_edit.then(|| {
        let action = Text::from([here, "/check"].concat());
        view! { <PostButton action=action icon=Glyph::Refresh>{t("club.check")}</PostButton> }
    });
    let checked = desk.at(club.checked_at);
    view! {
        <section class="card">
            <div class="card-head"><h2>{club.chat_title}</h2></div>
            <div class="card-body stack">
                {notice}
                <Facts>
                    <Fact label=t("club.chat_id")>{club.chat_id}</Fact>
                    <Fact label=t("club.checked")>{checked}</Fact>
                </Facts>
                <div class="button-row">
                    {check}
                    <a href=super::members::PATH>{t("room.members")}</a>
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// What the bot lacks, in words.
fn lacking(trouble: &str) -> &'static str {
    match trouble {
        "no_admin" => "club.trouble_no_admin",
        "no_invite" => "club.trouble_no_invite",
        "no_remove" => "club.trouble_no_remove",
        _ => "club.trouble_not_there",
    }
}

async fn set(desk: Desk, Path(id): Path<String>, Form(sent): Form<Vec<(String, String)>>) -> Response {
    let form = Typed::from(sent);
    let saved = async || -> Outcome<()> {
        let grace_days = form.number("grace_days")?.ok_or_else(|| Refusal::field("grace_days", "required"))?;
        let after_days = form.number("back_after")?.unwrap_or_default();
        let at_most = form.number("back_at_most")?.unwrap_or_default();
        let at_most = i32::try_from(at_most).map_err(|_| Refusal::field("back_at_most", "not_a_number"))?;
        let back = WinBack { after_days, at_most };
        let new = NewClub { chat: form.get("chat").to_owned(), days: form.number("days")?, grace_days, back };
        clubs::connect(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?, new).await
    };
    match saved().await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show(&desk, &id, Some(form), desk.wrong(&failure)).await,
    }
}

async fn check(desk: Desk, Path(id): Path<String>) -> Response {
    let looked = async || -> Outcome<Flash> {
        clubs::look(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("club.looked")))
    };
    desk.done(looked().await, &path(&id))
}

async fn remove(desk: Desk, Path(id): Path<String>) -> Response {
    let gone = async || -> Outcome<Flash> {
        clubs::disconnect(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("club.removed")))
    };
    desk.done(gone().await, &path(&id))
}
