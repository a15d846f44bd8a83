//! How endpoints look.

use leptos::prelude::*;

use super::{
    NEW, SENT, at,
    form::{self, EndpointForm},
    found::{All, EndpointRow, One},
    sent,
};
use crate::{
    rooms::why::Whether,
    said::Wrong,
    texts::{t, t_with},
    ui::{
        ButtonLink, Cell, Column, Crumb, Empty, Glyph, Look, Notice, PostButton, RoomHead, Row, RowLink, Size,
        StatusBadge, Table, Td, Text, Tone, copyable,
    },
};

pub(super) fn room(found: All) -> AnyView {
    let new = || view! { <ButtonLink href=NEW look=Look::Primary icon=Glyph::Plus>{t("endpoints.new")}</ButtonLink> };
    if found.rows.is_empty() {
        return view! {
            <RoomHead title=t("room.endpoints")/>
            <Empty glyph=Glyph::Endpoints title=t("endpoints.none") text=t("endpoints.none_text")>
                {found.may_edit.then(new)}
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("endpoints.url")),
        Column::new(Cell::Meta, t("endpoints.events")),
        Column::new(Cell::Status, t("payments.status")),
    ];
    let rows = found.rows.into_iter().map(line).collect_view();
    view! {
        <RoomHead title=t("room.endpoints")>
            <ButtonLink href=SENT icon=Glyph::Journal>{t("room.deliveries")}</ButtonLink>
            {found.may_edit.then(new)}
        </RoomHead>
        <p class="room-lead">{t("endpoints.lead")}</p>
        <Table label=t("room.endpoints") columns=columns>{rows}</Table>
    }
    .into_any()
}

fn line(row: EndpointRow) -> AnyView {
    let (href, sub) = (Text::from(at(&row.id)), (row.url != row.name).then(|| Text::from(row.url)));
    view! {
        <Row>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.name) nostrip:sub=sub/></Td>
            <Td cell=Cell::Meta label=t("endpoints.events") long=true>{row.events}</Td>
            <Td cell=Cell::Status>{state(row.active)}</Td>
        </Row>
    }
    .into_any()
}

fn state(active: bool) -> AnyView {
    let (tone, key) = if active { (Tone::Good, "endpoints.on") } else { (Tone::Ended, "endpoints.off") };
    view! { <StatusBadge tone=tone text=t(key)/> }.into_any()
}

pub(super) fn one(found: One, form: &EndpointForm, wrong: &Wrong) -> AnyView {
    let own = at(&found.id);
    let may = found.secret.is_some();
    let edit = may.then(|| form::fields(form, own.clone(), "common.save", wrong));
    let buttons = may.then(|| buttons(&own, found.active));
    let removal = may.then(|| {
        let (text, action) = (t("endpoints.remove_text"), [&own, "/remove"].concat());
        let button = Whether::new("remove", action, t("endpoints.remove"), text).button();
        view! { <div class="button-row">{button}</div> }
    });
    let secret = found.secret.map(|secret| signing(secret, found.before_until, &own));
    view! {
        <Crumb href=super::PATH text=t("room.endpoints")/>
        <RoomHead title=Text::from(found.title)>{state(found.active)} {buttons}</RoomHead>
        <div class="side">
            <div class="stack-wide">
                {edit}
                {removal}
            </div>
            <aside class="stack-wide">
                {secret}
                <section class="card" id="latest" data-live=true>
                    <div class="card-head"><h2>{t("endpoints.latest")}</h2></div>
                    <div class="card-body">{sent::latest(found.latest, found.more)}</div>
                </section>
            </aside>
        </div>
    }
    .into_any()
}

fn buttons(own: &str, active: bool) -> AnyView {
    let (switch, test) = ([own, "/switch"].concat(), [own, "/test"].concat());
    let trial = active.then(|| view! { <PostButton action=test icon=Glyph::Send>{t("endpoints.test")}</PostButton> });
    let (verb, on) = if active { ("endpoints.switch_off", "false") } else { ("endpoints.switch_on", "true") };
    view! {
        {trial}
        <form method="post" action=switch class="inline">
            <input type="hidden" name="on" value=on/>
            <button type="submit" class="button">{t(verb)}</button>
        </form>
    }
    .into_any()
}

/// The secret, and how it is made anew.
fn signing(secret: String, before_until: Option<String>, own: &str) -> AnyView {
    let action = [own, "/secret"].concat();
    let renew = Whether::new("renew", action, t("endpoints.renew"), t("endpoints.renew_text"));
    let renew = Whether { look: Look::Primary, size: Size::Small, ..renew }.button();
    let both = before_until.map(|until| {
        view! { <Notice tone=Tone::Info text=t_with("endpoints.both", &[("time", &until)])/> }
    });
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("endpoints.secret")}</h2></div>
            <div class="card-body stack">
                <p class="quiet">{t("endpoints.secret_text")}</p>
                {copyable(secret, true)}
                {both}
                <div class="button-row">{renew}</div>
            </div>
        </section>
    }
    .into_any()
}
