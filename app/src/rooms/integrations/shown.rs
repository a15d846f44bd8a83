//! How the integrations look.

use domain::role::Permission;
use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, KeyForm, KeyRow},
};
use crate::{
    said::Wrong,
    texts::{t, t_with},
    ui::{
        Button, ButtonLink, Cell, Column, Crumb, Dialog, DialogButton, Empty, Fact, Facts, Glyph, Look, Notice,
        RoomHead, Row, Size, StatusBadge, Switch, Table, Td, Text, TextInput, Tone, close_button, copyable,
    },
};

const NEW: &str = "/integrations/new";
const DOCS: &str = "/api/docs";

pub(super) fn room(found: Found) -> AnyView {
    let made = found.made.map(|secret| made(secret, &found.address));
    view! {
        <RoomHead title=t("room.integrations")>
            <ButtonLink href=NEW look=Look::Primary icon=Glyph::Plus>{t("integrations.new")}</ButtonLink>
        </RoomHead>
        <p class="room-lead">{t("integrations.lead")}</p>
        <div class="stack-wide">
            {made}
            {list(found.keys)}
            {reach(found.address)}
        </div>
    }
    .into_any()
}

/// It is shown nowhere else.
fn made(secret: String, address: &str) -> AnyView {
    let example = ["curl -H \"Authorization: Bearer ", &secret, "\" ", address, "/orders"].concat();
    view! {
        <section class="card" id="new-key">
            <div class="card-head"><h2>{t("integrations.made_now")}</h2></div>
            <div class="card-body stack">
                <p>{t("integrations.once")}</p>
                {copyable(secret, true)}
                <p class="quiet">{t("integrations.try_it")}</p>
                {copyable(example, true)}
            </div>
        </section>
    }
    .into_any()
}

fn list(keys: Vec<KeyRow>) -> AnyView {
    if keys.is_empty() {
        return view! {
            <Empty glyph=Glyph::Key title=t("integrations.none") text=t("integrations.none_text")>
                <ButtonLink href=NEW icon=Glyph::Plus>{t("integrations.new")}</ButtonLink>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("integrations.name")),
        Column::new(Cell::Meta, t("integrations.used")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Tools, ""),
    ];
    let rows = keys.into_iter().map(line).collect_view();
    view! { <Table label=t("integrations.keys") columns=columns>{rows}</Table> }.into_any()
}

fn line(key: KeyRow) -> AnyView {
    let (tool, state) = match &key.revoked {
        Some(_) => (().into_any(), view! { <StatusBadge tone=Tone::Ended text=t("integrations.ended")/> }.into_any()),
        None => (
            revoke(&key.id, &key.name),
            view! { <StatusBadge tone=Tone::Good text=t("integrations.works")/> }.into_any(),
        ),
    };
    view! {
        <Row>
            <Td cell=Cell::Main>
                <span class="strong">{key.name}</span>
                <div class="small quiet">{key.may}</div>
                <span class="cell-sub">{key.made}</span>
                {key.revoked.map(|text| view! { <span class="cell-sub">{text}</span> })}
            </Td>
            <Td cell=Cell::Meta label=t("integrations.used")>{key.used}</Td>
            <Td cell=Cell::Status>{state}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{tool}</div></Td>
        </Row>
    }
    .into_any()
}

fn revoke(id: &str, name: &str) -> AnyView {
    let (dialog, action) = (["revoke-", id].concat(), [PATH, "/keys/", id, "/revoke"].concat());
    let title = t_with("integrations.revoke_title", &[("name", name)]);
    let close = close_button(&dialog, t("common.cancel"));
    view! {
        <DialogButton dialog=dialog.clone() size=Size::Small look=Look::Danger>{t("integrations.revoke")}</DialogButton>
        <Dialog id=dialog title=title>
            <form method="post" action=action class="stack">
                <p>{t("integrations.revoke_text")}</p>
                <div class="dialog-actions">
                    {close}
                    <Button look=Look::DangerNow>{t("integrations.revoke")}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

fn reach(address: String) -> AnyView {
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("integrations.reach")}</h2></div>
            <div class="card-body stack">
                <p>{t("integrations.reach_text")}</p>
                <Facts stacked=true><Fact label=t("integrations.address")>{copyable(address, true)}</Fact></Facts>
                <div class="button-row">
                    <ButtonLink href=DOCS icon=Glyph::Journal>{t("integrations.docs")}</ButtonLink>
                    <ButtonLink href="/api/v1/openapi.json" look=Look::Quiet icon=Glyph::Download>"OpenAPI"</ButtonLink>
                </div>
            </div>
        </section>
    }
    .into_any()
}

pub(super) fn form(form: &KeyForm, scopes: Vec<Permission>, wrong: &Wrong) -> AnyView {
    let tick = |scope: Permission| {
        let name = scope.as_str();
        let label = t(&["permission.", name].concat());
        let on = form.scopes.iter().any(|chosen| chosen == name);
        view! { <Switch name=name label=label value=on tick=true/> }
    };
    let ticks = scopes.into_iter().map(tick).collect_view();
    let none = wrong.about("scopes").map(|text| view! { <Notice tone=Tone::Bad text=Text::from(text)/> });
    view! {
        <Crumb href=PATH text=t("room.integrations")/>
        <RoomHead title=t("integrations.new")/>
        <form class="form" method="post" action=NEW>
            <div class="form-section">
                <TextInput name="name" label=t("integrations.name") help=t("integrations.name_help") value=form.name.clone() error=wrong.about("name") autocomplete="off" max_length=80 required=true/>
            </div>
            <div class="form-section">
                <h2>{t("integrations.scopes")}</h2>
                <p class="quiet">{t("integrations.scopes_text")}</p>
                <div class="stack-tight">{ticks}</div>
                {none}
            </div>
            {wrong.beside(&["name", "scopes"])}
            <div class="form-actions">
                <Button look=Look::Primary icon=Glyph::Key>{t("integrations.create")}</Button>
                <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}
