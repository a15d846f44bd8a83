//! How the team looks.

use leptos::prelude::*;

use super::{
    InviteForm, PATH,
    found::{Found, Member, Waiting},
};
use crate::{
    rooms::why::Whether,
    said::Wrong,
    texts::{t, t_with},
    ui::{
        Button, Cell, Column, Dialog, DialogButton, Glyph, Icon, Look, Notice, PostButton, RoomHead, Row, Select, Size,
        StatusBadge, Switch, Table, Td, Text, TextInput, Tone, close_button, copyable,
    },
};

const INVITE: &str = "invite";

pub(super) fn room(found: Found, form: &InviteForm, wrong: &Wrong, link: Option<String>) -> AnyView {
    let invite = found.may_edit.then(|| invite_dialog(&found.roles, form, wrong));
    let button = found.may_edit.then(|| {
        view! { <DialogButton dialog=INVITE look=Look::Primary icon=Glyph::Plus>{t("team.invite")}</DialogButton> }
    });
    let refused = wrong.0.as_ref().map(|said| {
        view! { <Notice tone=Tone::Bad text=Text::from(said.text.clone())/> }
    });
    let roles: Vec<_> = found.roles.clone();
    let members = found.members.into_iter().map(|member| member_row(member, &roles)).collect_view();
    let waiting = found.waiting.into_iter().map(waiting_row).collect_view();
    let rule = found.may_edit.then(|| rule(found.required));
    view! {
        <RoomHead title=t("room.team")>{button}</RoomHead>
        <p class="room-lead">{t("team.lead")}</p>
        <div class="stack-wide">
            {refused}
            {link.map(made)}
            <Table label=t("room.team") columns=columns()>{waiting} {members}</Table>
            {rule}
            {table(found.table)}
        </div>
        {invite}
    }
    .into_any()
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(Cell::Main, t("team.who")),
        Column::new(Cell::Meta, t("team.role")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("team.two_factor")),
        Column::new(Cell::Wide, t("team.seen")),
        Column::new(Cell::Tools, ""),
    ]
}

/// The link that was made just now: it is shown nowhere else.
fn made(link: String) -> AnyView {
    view! {
        <section class="card" id="invitation-link">
            <div class="card-head"><h2>{t("team.link")}</h2></div>
            <div class="card-body stack"><p>{t("team.link_text")}</p>{copyable(link, true)}</div>
        </section>
    }
    .into_any()
}

fn waiting_row(row: Waiting) -> AnyView {
    let action = |what: &str| [PATH, "/invitations/", &row.id, "/", what].concat();
    let text = t_with("team.withdraw_text", &[("email", &row.email)]);
    let ask = Whether::new(["withdraw-", &row.id].concat(), action("withdraw"), t("team.withdraw"), text);
    let (renew, withdraw) = (Text::from(action("renew")), Whether { size: Size::Small, ..ask }.button());
    view! {
        <Row>
            <Td cell=Cell::Main><span class="strong">{row.email}</span></Td>
            <Td cell=Cell::Meta label=t("team.role")>{row.role_name}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.state.tone text=Text::from(row.state.text)/></Td>
            <Td cell=Cell::Meta>""</Td>
            <Td cell=Cell::Wide>{row.until}</Td>
            <Td cell=Cell::Tools>
                <div class="row-tools">
                    <PostButton action=renew size=Size::Small icon=Glyph::Refresh>{t("team.renew")}</PostButton>
                    {withdraw}
                </div>
            </Td>
        </Row>
    }
    .into_any()
}

fn member_row(member: Member, roles: &[(String, String)]) -> AnyView {
    let tools = member.may_edit.then(|| tools(&member, roles));
    view! {
        <Row>
            <Td cell=Cell::Main><span class="strong">{member.name}</span><span class="cell-sub">{member.email}</span></Td>
            <Td cell=Cell::Meta label=t("team.role")>{member.role_name}</Td>
            <Td cell=Cell::Status><StatusBadge tone=member.state.tone text=Text::from(member.state.text)/></Td>
            <Td cell=Cell::Meta label=t("team.two_factor")>{member.two_factor}</Td>
            <Td cell=Cell::Wide>{member.seen}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{tools}</div></Td>
        </Row>
    }
    .into_any()
}

fn tools(member: &Member, roles: &[(String, String)]) -> AnyView {
    let action = |what: &str| Text::from([PATH, "/", &member.id, "/", what].concat());
    if member.disabled {
        return view! { <PostButton action=action("enable") size=Size::Small>{t("team.enable")}</PostButton> }
            .into_any();
    }
    let (dialog, role) = (["change-", &member.id].concat(), member.role.to_string());
    let text = t_with("team.disable_text", &[("name", &member.name)]);
    let (set_role, disable) = (action("role"), action("disable"));
    let (title, close) = (Text::from(member.name.clone()), close_button(&dialog, t("common.cancel")));
    let options = roles.iter().map(|(value, name)| (value.clone(), Text::from(name.clone()), None)).collect();
    view! {
        <DialogButton dialog=dialog.clone() size=Size::Small icon=Glyph::Pencil>{t("team.change")}</DialogButton>
        <Dialog id=dialog title=title>
            <form method="post" action=set_role class="stack">
                <Select name="role" label=t("team.role") options=options value=role/>
                <div class="dialog-actions"><Button look=Look::Primary>{t("common.save")}</Button></div>
            </form>
            <form method="post" action=disable class="stack">
                <p class="quiet">{text}</p>
                <div class="dialog-actions">
                    {close}
                    <Button look=Look::DangerNow>{t("team.disable")}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

fn invite_dialog(roles: &[(String, String)], form: &InviteForm, wrong: &Wrong) -> AnyView {
    let options = roles.iter().map(|(value, name)| (value.clone(), Text::from(name.clone()), None)).collect();
    let role = if form.role.is_empty() { "support".to_owned() } else { form.role.clone() };
    let (email, email_wrong, role_wrong) = (form.email.clone(), wrong.about("email"), wrong.about("role"));
    view! {
        <Dialog id=INVITE title=t("team.invite")>
            <form method="post" action="/team/invite" class="stack">
                <TextInput name="email" label=t("door.email") kind="email" value=email error=email_wrong autocomplete="off" required=true/>
                <Select name="role" label=t("team.role") options=options value=role help=t("team.role_help") error=role_wrong/>
                <div class="dialog-actions">
                    {close_button(INVITE, t("common.cancel"))}
                    <Button look=Look::Primary>{t("team.make_link")}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

fn rule(required: bool) -> AnyView {
    view! {
        <form class="form" method="post" action="/team/two-factor">
            <div class="form-section">
                <h2>{t("team.two_factor")}</h2>
                <Switch name="required" label=t("team.required") value=required note=t("team.required_note")/>
            </div>
            <div class="form-actions"><Button>{t("common.save")}</Button></div>
        </form>
    }
    .into_any()
}

fn table(lines: Vec<(String, Vec<(String, bool)>)>) -> AnyView {
    let each = lines.first().map_or(0, |(_, roles)| roles.len());
    let each = (0..each).filter_map(|role| may_do(&lines, role)).collect_view();
    let heads = lines.first().map(|(_, roles)| roles.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    let columns = [Column::new(Cell::Main, t("team.may"))];
    let roles = heads.unwrap_or_default().into_iter().map(|name| Column::new(Cell::Meta, Text::from(name)));
    let rows = lines.into_iter().map(|(what, roles)| {
        let cells = roles.into_iter().map(allowed).collect_view();
        view! { <Row><Td cell=Cell::Main>{what}</Td>{cells}</Row> }
    });
    view! {
        <section class="permissions">
            <h2>{t("team.roles")}</h2>
            <p class="quiet">{t("team.roles_text")}</p>
            <Table label=t("team.roles") columns=columns.into_iter().chain(roles).collect()>{rows.collect_view()}</Table>
            <div class="stack-tight permissions-of">{each}</div>
        </section>
    }
    .into_any()
}

/// What one role may do, for a phone, which has no room for a table of all.
fn may_do(lines: &[(String, Vec<(String, bool)>)], role: usize) -> Option<AnyView> {
    let (name, _) = lines.first()?.1.get(role)?.clone();
    let may = lines.iter().filter(|(_, roles)| roles.get(role).is_some_and(|(_, may)| *may));
    let may = may.map(|(what, _)| view! { <li>{what.clone()}</li> }).collect_view();
    let role = view! {
        <details class="card">
            <summary class="card-head"><Icon glyph=Glyph::ChevronRight size="small"/><strong>{name}</strong></summary>
            <ul class="card-body">{may}</ul>
        </details>
    };
    Some(role.into_any())
}

fn allowed((role, may): (String, bool)) -> AnyView {
    let (glyph, word) = if may { (Glyph::Check, "team.yes") } else { (Glyph::Bar, "team.no") };
    view! {
        <Td cell=Cell::Meta label=Text::from(role)>
            <span class="allowed" data-may=may.then_some("true")><Icon glyph=glyph size="small"/><span class="hear">{t(word)}</span></span>
        </Td>
    }
    .into_any()
}
