//! The second step at sign-in by an app: set up, proven by a code, and the recovery codes that stand in for it and for
//! passkeys. What is secret stands in no
//! address and no cookie: a page shows it once.

use axum::{
    Form, Router,
    response::Response,
    routing::{get, post},
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::Outcome,
    staff::{
        passkeys,
        two_factor::{self, Setup},
    },
};
use tower_sessions::Session;

use super::{PATH, found, session_id};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, ButtonLink, Crumb, Look, Notice, PostButton, RoomHead, TextInput, Tone, copy_button, copyable},
    web::{Desk, Faces, Flash, qr_svg},
};

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/account/two-factor", get(show))
        .route("/account/two-factor/begin", post(begin))
        .route("/account/two-factor/confirm", post(confirm))
        .route("/account/two-factor/change", post(change))
}

const HERE: &str = "/account/two-factor";

async fn show(desk: Desk) -> Response {
    room(&desk, Wrong::default()).await
}

async fn room(desk: &Desk, wrong: Wrong) -> Response {
    let title = desk.say("account.two_factor");
    let found = async {
        let setup = two_factor::setup(&desk.services, desk.who()).await?;
        Ok::<_, server::failure::Failure>((setup, found::codes_left(desk).await?))
    };
    match found.await {
        Ok((setup, left)) => desk.form(&title, wrong, |wrong| page(desk, setup, left, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn begin(desk: Desk) -> Response {
    match two_factor::begin(&desk.services, &desk.actor, desk.merchant()).await {
        Ok(()) => desk.go(HERE),
        Err(failure) => desk.done(Err(failure), HERE),
    }
}

#[derive(Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
}

async fn confirm(desk: Desk, session: Session, Form(form): Form<Code>) -> Response {
    let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
    match two_factor::confirm(services, actor, merchant, session_id(&session), &form.code).await {
        Ok(codes) => shown_once(&desk, codes).await,
        Err(failure) => room(&desk, desk.wrong(&failure)).await,
    }
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Change {
    old_password: String,
    /// `codes` or `off`.
    what: String,
}

async fn change(desk: Desk, Form(form): Form<Change>) -> Response {
    let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
    if form.what == "codes" {
        return match two_factor::renew_recovery(services, actor, merchant, &form.old_password).await {
            Ok(codes) => shown_once(&desk, codes).await,
            Err(failure) => room(&desk, desk.wrong(&failure)).await,
        };
    }
    let off = async || -> Outcome<Flash> {
        two_factor::turn_off(services, actor, merchant, &form.old_password).await?;
        Ok(Flash::good(desk.say("account.two_factor_off_now")))
    };
    match off().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => room(&desk, desk.wrong(&failure)).await,
    }
}

pub(super) async fn shown_once(desk: &Desk, codes: Vec<String>) -> Response {
    desk.room(&desk.say("account.codes"), Ok(codes), codes_page).await
}

fn page(desk: &Desk, setup: Option<Setup>, codes_left: String, wrong: &Wrong) -> AnyView {
    let keys_only = desk.who().has_two_factor() && !desk.who().has_app();
    let codes = keys_only.then(|| recovery(codes_left.clone(), wrong));
    let body = match setup {
        _ if desk.who().has_app() => on(codes_left, wrong),
        Some(setup) => being_set_up(setup, wrong),
        None => off(desk),
    };
    view! {
        <Crumb href=PATH text=t("room.account")/>
        <RoomHead title=t("account.two_factor")/>
        <div class="stack-wide">{body} {codes}</div>
    }
    .into_any()
}

fn off(desk: &Desk) -> AnyView {
    let by_key = passkeys::offered(&desk.services).then(|| {
        view! { <ButtonLink href="/account#passkeys">{t("passkey.add")}</ButtonLink> }
    });
    let asked = desk.owes_two_factor().then(|| {
        view! { <Notice tone=Tone::Review text=t("account.two_factor_owed")/> }
    });
    view! {
        <section class="form">
            <div class="form-section">
                {asked}
                <p>{t("account.two_factor_text")}</p>
                <p class="quiet">{t("account.two_factor_apps")}</p>
                <div class="button-row">
                    <PostButton action="/account/two-factor/begin" look=Look::Primary>{t("account.two_factor_begin")}</PostButton>
                    {by_key}
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn being_set_up(setup: Setup, wrong: &Wrong) -> AnyView {
    let picture = qr_svg(&setup.address).map(|svg| view! { <div class="qr" inner_html=svg></div> });
    view! {
        <form class="form" method="post" action="/account/two-factor/confirm">
            <div class="form-section">
                <h2>{t("account.scan")}</h2>
                <p class="quiet">{t("account.scan_text")}</p>
                <div class="handover">{picture}<div class="stack"><p class="quiet">{t("account.secret")}</p>{copyable(setup.secret, true)}</div></div>
            </div>
            <div class="form-section">
                <h2>{t("account.prove")}</h2>
                <TextInput name="code" label=t("second.code") help=t("account.prove_help") inputmode="numeric" autocomplete="one-time-code" error=wrong.about("code") max_length=7 required=true/>
            </div>
            {wrong.beside(&["code"])}
            <div class="form-actions">
                <Button look=Look::Primary>{t("account.two_factor_on_verb")}</Button>
                <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}

fn on(codes_left: String, wrong: &Wrong) -> AnyView {
    view! {
        <form class="form" method="post" action="/account/two-factor/change">
            <div class="form-section">
                <Notice tone=Tone::Good text=t("account.two_factor_on")/>
                <p>{codes_left}</p>
                <TextInput name="old_password" label=t("door.password") kind="password" help=t("account.password_why") error=wrong.about("old_password") autocomplete="current-password" required=true/>
            </div>
            {wrong.beside(&["old_password"])}
            <div class="form-actions">
                <Button look=Look::Primary name="what" value="codes">{t("account.codes_renew")}</Button>
                <Button look=Look::Danger name="what" value="off">{t("account.two_factor_off_verb")}</Button>
            </div>
        </form>
    }
    .into_any()
}

/// For whoever has passkeys and no app.
fn recovery(codes_left: String, wrong: &Wrong) -> AnyView {
    view! {
        <form class="form" method="post" action="/account/two-factor/change">
            <div class="form-section">
                <h2>{t("account.codes")}</h2>
                <p>{codes_left}</p>
                <TextInput name="old_password" label=t("door.password") kind="password" help=t("account.password_why") error=wrong.about("old_password") autocomplete="current-password" required=true/>
            </div>
            {wrong.beside(&["old_password", "code"])}
            <div class="form-actions"><Button name="what" value="codes">{t("account.codes_renew")}</Button></div>
        </form>
    }
    .into_any()
}

fn codes_page(codes: Vec<String>) -> AnyView {
    let all = codes.join("\n");
    let rows = codes.into_iter().map(|code| view! { <li class="mono">{code}</li> }).collect_view();
    view! {
        <Crumb href=PATH text=t("room.account")/>
        <RoomHead title=t("account.codes")/>
        <section class="form">
            <div class="form-section">
                <Notice tone=Tone::Good text=t("account.two_factor_on")/>
                <p>{t("account.codes_text")}</p>
                <ul class="recovery">{rows}</ul>
                <div class="button-row">
                    {copy_button(all, true)}
                    <ButtonLink href=PATH look=Look::Primary>{t("account.codes_kept")}</ButtonLink>
                </div>
            </div>
        </section>
    }
    .into_any()
}
