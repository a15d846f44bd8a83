//! What stands around every room: the rail of rooms, the search, the live mark and the person's menu.

use domain::Lang;
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use crate::{
    here::Here,
    live::Live,
    texts::t,
    ui::{Frame, Glyph, Icon, Live as LiveMark, Look, Menu, Room, RoomGroup, Text},
};

fn room(href: &'static str, key: &'static str, glyph: Glyph) -> Room {
    Room { href, label: t(key), glyph, count: Signal::default() }
}

/// Payments show how many of them wait for a person.
fn payments_room() -> Room {
    let review = Live::here().review;
    let count = Signal::derive(move || Some(review.get()).filter(|count| *count > 0));
    Room { count, ..room("/payments", "room.payments", Glyph::Payments) }
}

fn groups() -> Vec<RoomGroup> {
    vec![
        RoomGroup {
            title: t("group.sell"),
            rooms: vec![
                room("/", "room.overview", Glyph::Overview),
                room("/links", "room.links", Glyph::Links),
                room("/products", "room.products", Glyph::Catalog),
            ],
        },
        RoomGroup { title: t("group.money"), rooms: vec![payments_room()] },
        RoomGroup { title: t("group.connect"), rooms: vec![room("/webhooks", "room.webhooks", Glyph::Endpoints)] },
    ]
}

fn most_used() -> Vec<Room> {
    vec![
        room("/", "room.overview", Glyph::Overview),
        payments_room(),
        room("/links", "room.links", Glyph::Links),
        room("/products", "room.products", Glyph::Catalog),
    ]
}

#[component]
pub fn Dashboard(children: Children) -> impl IntoView {
    let here = Here::get();
    let stripe = here.demo.then(|| t("frame.demo"));
    view! {
        <Frame
            groups=groups()
            most_used=most_used()
            more=t("frame.more")
            skip=t("frame.skip")
            rooms=t("frame.rooms")
            nostrip:stripe=stripe
            top=top(&here)
        >
            {children()}
        </Frame>
    }
    .into_any()
}

fn top(here: &Here) -> AnyView {
    let go = use_navigate();
    let find = move |_| go("/payments", NavigateOptions::default());
    let shop = here.shop.clone();
    view! {
        <a class="topbar-shop" href="/"><span class="cut">{shop}</span></a>
        <button type="button" class="topbar-search" aria-label=t("frame.search") on:click=find>
            <Icon glyph=Glyph::Search/>
            <span class="cut">{t("frame.search")}</span>
        </button>
        <div class="topbar-end">
            <LiveMark on=Live::here().on yes=t("frame.live") no=t("frame.not_live")/>
            {person(here)}
        </div>
    }
    .into_any()
}

/// Language, theme and the way out are plain forms: they work before the page is awake.
fn person(here: &Here) -> AnyView {
    let location = use_location();
    let to = move || {
        let search = location.search.get();
        let search = search.trim_start_matches('?');
        let mark = if search.is_empty() { "" } else { "?" };
        [&location.pathname.get(), mark, search].concat()
    };
    let languages = Lang::ALL
        .iter()
        .map(|lang| choice("lang", lang.as_str(), Text::from(lang.own_name()), &here.lang))
        .collect_view();
    let themes = [("", "frame.theme_system"), ("light", "frame.theme_light"), ("dark", "frame.theme_dark")];
    let themes = themes.into_iter().map(|(theme, key)| choice("theme", theme, t(key), &here.theme)).collect_view();
    let face = view! { <span class="avatar" aria-hidden="true">{here.initials()}</span> }.into_any();
    let Here { person, role, email, .. } = here.clone();
    view! {
        <Menu label=t("frame.person") face=face look=Look::Quiet icon_only=true>
            <div class="menu-title"><b>{person}</b><br/>{role}" · "{email}</div>
            <hr class="menu-rule"/>
            <form method="post" action="/look">
                <input type="hidden" name="to" value=to/>
                <div class="menu-title">{t("frame.language")}</div>
                {languages}
                <div class="menu-title">{t("frame.theme")}</div>
                {themes}
            </form>
            <hr class="menu-rule"/>
            <form method="post" action="/sign-out">
                <button type="submit" class="menu-item"><Icon glyph=Glyph::SignOut/><span>{t("frame.sign_out")}</span></button>
            </form>
        </Menu>
    }
    .into_any()
}

fn choice(name: &'static str, value: &'static str, text: Text, now: &str) -> AnyView {
    view! {
        <button type="submit" class="menu-item" name=name value=value aria-current=(value == now).then_some("true")>
            <span>{text}</span>
        </button>
    }
    .into_any()
}
