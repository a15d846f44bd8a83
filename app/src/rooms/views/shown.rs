//! How the tabs of a list look, and the forms that name one.

use leptos::prelude::*;

use super::found::{Tab, Tabs};
use crate::{
    rooms::why::Whether,
    said::Wrong,
    texts::t,
    ui::{Button, Crumb, Dialog, DialogButton, Glyph, Look, RoomHead, Size, TextInput, close_button},
};

pub(in crate::rooms) fn tabs(tabs: Tabs) -> AnyView {
    let save = tabs.state.map(|state| save_dialog(tabs.room, &state));
    let tune = tabs.own.map(|(id, name)| tune_dialog(&id, &name));
    // One tab alone is no choice.
    let all = (tabs.all.len() > 1).then(|| tabs.all.into_iter().map(tab).collect_view());
    if all.is_none() && save.is_none() {
        return ().into_any();
    }
    view! { <nav class="tabs" aria-label=t("views.tabs")>{all}<span class="tabs-end">{save} {tune}</span></nav> }
        .into_any()
}

fn tab(tab: Tab) -> AnyView {
    let current = tab.current.then_some("page");
    view! { <a class="tab" href=tab.href aria-current=current>{tab.text}</a> }.into_any()
}

fn save_dialog(room: &str, state: &str) -> AnyView {
    let close = close_button("save-view", t("common.cancel"));
    let form = save_form(room, state, "", &Wrong::default(), Some(close));
    view! {
        <DialogButton dialog="save-view" look=Look::Quiet size=Size::Small icon=Glyph::Plus>{t("views.save")}</DialogButton>
        <Dialog id="save-view" title=t("views.save")>{form}</Dialog>
    }
    .into_any()
}

fn save_form(room: &str, state: &str, name: &str, wrong: &Wrong, close: Option<AnyView>) -> AnyView {
    let (room, state, name) = (room.to_owned(), state.to_owned(), name.to_owned());
    view! {
        <form method="post" action="/views" class="stack" data-send=true>
            {wrong.beside(&["name"])}
            <input type="hidden" name="room" value=room/>
            <input type="hidden" name="query" value=state/>
            <TextInput name="name" label=t("views.name") help=t("views.help") value=name max_length=60 required=true error=wrong.about("name")/>
            <div class="dialog-actions">{close}<Button look=Look::Primary>{t("views.save")}</Button></div>
        </form>
    }
    .into_any()
}

fn tune_dialog(id: &str, name: &str) -> AnyView {
    let forms = tune_forms(id, name, &Wrong::default());
    view! {
        <DialogButton dialog="tune-view" look=Look::Quiet size=Size::Small icon=Glyph::Pencil>{t("views.tune")}</DialogButton>
        <Dialog id="tune-view" title=t("views.tune")>{forms}</Dialog>
    }
    .into_any()
}

fn tune_forms(id: &str, name: &str, wrong: &Wrong) -> AnyView {
    let (action, name) = (["/views/", id].concat(), name.to_owned());
    let delete = Whether::new("delete-view", [&action, "/delete"].concat(), t("views.delete"), t("views.delete_text"));
    let delete = Whether { size: Size::Small, icon: Some(Glyph::Trash), ..delete }.button();
    view! {
        <form method="post" action=action class="stack" data-send=true>
            {wrong.beside(&["name"])}
            <TextInput name="name" label=t("views.name") value=name max_length=60 required=true error=wrong.about("name")/>
            <div class="dialog-actions"><Button look=Look::Primary>{t("views.rename")}</Button></div>
        </form>
        <div class="button-row">{delete}</div>
    }
    .into_any()
}

/// The form by itself, with what is wrong with it.
pub(super) fn save_page(room: &str, state: &str, name: &str, wrong: &Wrong) -> AnyView {
    page(room, "views.save", save_form(room, state, name, wrong, None))
}

/// `room` is where the list is; none for a view that is gone.
pub(super) fn tune_page(room: &str, id: &str, name: &str, wrong: &Wrong) -> AnyView {
    page(room, "views.tune", tune_forms(id, name, wrong))
}

/// The rooms with lists that can be kept.
const ROOMS: [(&str, &str, &str); 4] = [
    ("payments", "/payments", "room.payments"),
    ("orders", "/orders", "room.orders"),
    ("customers", "/customers", "room.customers"),
    ("links", "/links", "room.links"),
];

fn page(room: &str, title: &'static str, forms: AnyView) -> AnyView {
    let (_, href, name) = ROOMS.into_iter().find(|(own, ..)| *own == room).unwrap_or(ROOMS[0]);
    view! {
        <Crumb href=href text=t(name)/>
        <RoomHead title=t(title)/>
        <div class="form stack">{forms}</div>
    }
    .into_any()
}
