//! How the audit log looks.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, Line},
};
use crate::{
    rooms::{
        place::Place,
        shown::{nothing_found, pager},
    },
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Column, DateRange, Empty, Glyph, Icon, Look, RoomHead, Row, Select, Table, Td, Text,
        TextInput,
    },
};

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    if found.lines.is_empty() && place.is_whole() {
        return view! {
            <RoomHead title=t("room.audit")/>
            <Empty glyph=Glyph::Audit title=t("audit.none") text=t("audit.none_text")/>
        }
        .into_any();
    }
    let asking = asking(found.people, found.actions, place);
    view! {
        <RoomHead title=t("room.audit")/>
        <p class="room-lead">{t("audit.lead")}</p>
        {asking}
        <div id="list" data-live=true>{list(found.lines, found.next, place)}</div>
    }
    .into_any()
}

fn list(lines: Vec<Line>, next: Option<String>, place: &Place) -> AnyView {
    if lines.is_empty() {
        return nothing_found(PATH, "audit.not_found", "audit.not_found_text");
    }
    let columns = vec![
        Column::new(Cell::Main, t("audit.what")),
        Column::new(Cell::Meta, t("audit.who")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = lines.into_iter().map(|line| row(line, place)).collect_view();
    view! {
        <Table label=t("room.audit") columns=columns>{rows}</Table>
        {pager(place, next)}
    }
    .into_any()
}

/// What is looked for: who, what, to which object, on which days.
fn asking(people: Vec<(String, String)>, actions: Vec<(String, String)>, place: &Place) -> AnyView {
    let options = |every: &'static str, all: Vec<(String, String)>| {
        let every = (String::new(), t(every), None);
        std::iter::once(every).chain(all.into_iter().map(|(value, text)| (value, Text::from(text), None))).collect()
    };
    let value = |name: &str| place.value(name).to_owned();
    let all =
        (!place.is_whole()).then(|| view! { <ButtonLink href=PATH look=Look::Quiet>{t("list.show_all")}</ButtonLink> });
    view! {
        <form class="asking" action=PATH method="get">
            <Select name="who" label=t("audit.who") options=options("audit.everybody", people) value=value("who")/>
            <Select name="action" label=t("audit.what") options=options("audit.everything", actions) value=value("action")/>
            <TextInput name="object" label=t("audit.object") value=value("object") max_length=60/>
            <DateRange label=t("range.days") from=value("from") until=value("until")/>
            <div class="button-row"><Button>{t("overview.show")}</Button> {all}</div>
        </form>
    }
    .into_any()
}

fn row(line: Line, place: &Place) -> AnyView {
    let only = place.with("object", &line.subject);
    let subject = match line.href {
        Some(href) => view! { <a href=href title=line.subject>{line.name}</a> }.into_any(),
        None => view! { <span class="quiet" title=line.subject>{line.name}</span> }.into_any(),
    };
    let only = place
        .value("object")
        .is_empty()
        .then(|| view! { <a class="small quiet audit-only" href=only>{t("audit.only")}</a> });
    let change = (!line.change.is_empty()).then(|| {
        view! {
            <details class="raw">
                <summary><Icon glyph=Glyph::ChevronRight size="small"/>{t("audit.change")}</summary>
                <code class="code" tabindex="0">{line.change}</code>
            </details>
        }
    });
    view! {
        <Row key=line.id>
            <Td cell=Cell::Main>
                <div class="audit-what"><span class="strong">{line.what}</span> <span class="cut">{subject}</span></div>
                <div class="row audit-more">{change} {only}</div>
            </Td>
            <Td cell=Cell::Meta>{line.who}</Td>
            <Td cell=Cell::Meta>{line.when}</Td>
        </Row>
    }
    .into_any()
}
