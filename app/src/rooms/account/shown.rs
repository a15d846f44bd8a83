//! How an account looks.

use domain::Lang;
use leptos::prelude::*;

use super::{
    found::{Found, Place},
    passkeys, telegram,
};
use crate::{
    rooms::why::Whether,
    said::Wrong,
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Column, Glyph, Look, Notice, RoomHead, Row, Segments, Size, StatusBadge, Table, Td,
        Text, TextInput, Tone,
    },
};

const PROFILE: &[&str] = &["name", "language"];
const PASSWORD: &[&str] = &["old_password", "password"];

pub(super) fn room(found: Found, wrong: &Wrong) -> AnyView {
    let number = Text::from([&found.role, " · ", &found.email].concat());
    view! {
        <RoomHead title=t("room.account")/>
        <p class="room-lead">{number}</p>
        <div class="stack-wide">
            {profile(&found, wrong)}
            {second(found.two_factor, found.codes_left)}
            {passkeys::section(found.keys, found.nowhere)}
            {telegram::section(found.telegram)}
            {places(found.places)}
            {password(wrong)}
        </div>
    }
    .into_any()
}

/// What belongs to no field of any form here is said with the first.
fn profile(found: &Found, wrong: &Wrong) -> AnyView {
    let languages = Lang::ALL.iter().map(|lang| (lang.as_str().to_owned(), Text::from(lang.own_name()))).collect();
    let fields: Vec<&str> = PROFILE.iter().chain(PASSWORD).copied().collect();
    view! {
        <form class="form" method="post" action="/account/profile">
            <div class="form-section">
                <h2>{t("account.profile")}</h2>
                <TextInput name="name" label=t("invited.name") value=found.form.name.clone() error=wrong.about("name") autocomplete="name" max_length=60 required=true/>
                <Segments name="language" label=t("frame.language") options=languages value=found.form.language.clone()/>
                <p class="field-help">{t("account.language_help")}</p>
            </div>
            {wrong.beside(&fields)}
            <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div>
        </form>
    }
    .into_any()
}

fn second(on: bool, codes_left: String) -> AnyView {
    let (tone, state) =
        if on { (Tone::Good, "account.two_factor_on") } else { (Tone::Ended, "account.two_factor_off") };
    let left = on.then(|| view! { <p class="quiet">{codes_left}</p> });
    let verb = if on { "account.two_factor_change" } else { "account.two_factor_begin" };
    view! {
        <section class="form">
            <div class="form-section">
                <h2>{t("account.two_factor")}</h2>
                <p class="quiet">{t("account.two_factor_text")}</p>
                <Notice tone=tone text=t(state)/>
                {left}
                <div class="button-row"><ButtonLink href="/account/two-factor" icon=Glyph::Lock>{t(verb)}</ButtonLink></div>
            </div>
        </section>
    }
    .into_any()
}

fn places(places: Vec<Place>) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("account.device")),
        Column::new(Cell::Meta, t("team.seen")),
        Column::new(Cell::Tools, ""),
    ];
    let others = (places.len() > 1).then(|| {
        let text = t("account.end_others_text");
        Whether::new("end-others", "/account/sessions/end-others", t("account.end_others"), text).button()
    });
    let rows = places.into_iter().map(place).collect_view();
    view! {
        <section class="stack" id="sessions">
            <div class="spread"><h2>{t("account.sessions")}</h2>{others}</div>
            <Table label=t("account.sessions") columns=columns>{rows}</Table>
        </section>
    }
    .into_any()
}

fn place(place: Place) -> AnyView {
    let tool = if place.this {
        view! { <StatusBadge tone=Tone::Good text=t("account.this_one")/> }.into_any()
    } else {
        view! {
            <form method="post" action="/account/sessions/end" class="inline">
                <Button size=Size::Small name="session" value=Text::from(place.handle)>{t("account.end")}</Button>
            </form>
        }
        .into_any()
    };
    view! {
        <Row>
            <Td cell=Cell::Main><span class="strong">{place.device}</span><span class="cell-sub">{place.opened}</span></Td>
            <Td cell=Cell::Meta label=t("team.seen")>{place.seen}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{tool}</div></Td>
        </Row>
    }
    .into_any()
}

fn password(wrong: &Wrong) -> AnyView {
    view! {
        <form class="form" id="set-password" method="post" action="/account/password">
            <div class="form-section">
                <h2>{t("account.password")}</h2>
                <TextInput name="old_password" label=t("account.old_password") kind="password" error=wrong.about("old_password") autocomplete="current-password" required=true/>
                <TextInput name="password" label=t("account.new_password") kind="password" help=t("account.password_help") error=wrong.about("password") autocomplete="new-password" required=true/>
                <p class="field-help">{t("account.password_ends")}</p>
            </div>
            <div class="form-actions"><Button look=Look::Primary>{t("account.set_password")}</Button></div>
        </form>
    }
    .into_any()
}
