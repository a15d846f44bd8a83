//! What stands around every room: the rail of rooms, the search, the live mark and the person's menu.

use domain::{Lang, role::Permission};
use leptos::prelude::*;

use super::start::guide_line;
use crate::{
    islands::{live_mark, palette},
    texts::t,
    ui::{Frame, Glyph, Icon, Look, Menu, Room, RoomGroup, Text},
    web::{Around, Desk},
};

pub(super) fn room(href: &'static str, key: &'static str, glyph: Glyph) -> Room {
    Room { href, label: t(key), glyph, count: 0 }
}

fn groups(around: &Around<'_>) -> Vec<RoomGroup> {
    let Around { desk, waiting, unanswered, .. } = *around;
    let sell = vec![
        room("/", "room.overview", Glyph::Overview),
        room("/orders", "room.orders", Glyph::Orders),
        room("/handover", "room.handover", Glyph::Truck),
        room("/links", "room.links", Glyph::Links),
        room("/products", "room.products", Glyph::Catalog),
        room("/promos", "room.promos", Glyph::Tag),
        room("/customers", "room.customers", Glyph::Customers),
        room("/members", "room.members", Glyph::Key),
    ];
    let (reads, writes) = (desk.may(Permission::AnswerCustomers), desk.may(Permission::Broadcast));
    let inbox = reads.then(|| Room { count: unanswered, ..room("/messages", "room.messages", Glyph::Messages) });
    let sending = writes.then(|| room("/broadcasts", "room.broadcasts", Glyph::Send));
    let sell = sell.into_iter().chain(inbox).chain(sending).collect();
    let money = vec![
        room("/payments", "room.payments", Glyph::Payments),
        Room { count: waiting, ..room("/review", "room.review", Glyph::Review) },
        room("/refunds", "room.refunds", Glyph::Refunds),
        room("/receipts", "room.receipts", Glyph::Receipts),
        room("/reconcile", "room.reconcile", Glyph::Reconcile),
        room("/days", "room.days", Glyph::DayClose),
    ];
    let connect = vec![
        room("/integrations", "room.integrations", Glyph::Key),
        room("/endpoints", "room.endpoints", Glyph::Endpoints),
        room("/webhooks", "room.webhooks", Glyph::Download),
        room("/jobs", "room.jobs", Glyph::Inbox),
    ];
    let shop = vec![
        room("/start", "room.start", Glyph::Check),
        room("/team", "room.team", Glyph::Team),
        room("/settings", "room.settings", Glyph::Settings),
        room("/audit", "room.audit", Glyph::Audit),
    ];
    let groups = [("group.sell", sell), ("group.money", money), ("group.connect", connect), ("group.shop", shop)];
    let open = |rooms: Vec<Room>| rooms.into_iter().filter(|room| is_open(around.desk, room.href)).collect();
    groups.into_iter().map(|(title, rooms)| RoomGroup { title: t(title), rooms: open(rooms) }).collect()
}

/// Rooms that not everybody may enter are shown to those who may.
pub(super) fn is_open(desk: &Desk, href: &str) -> bool {
    match href {
        "/messages" => desk.may(Permission::AnswerCustomers),
        "/broadcasts" => desk.may(Permission::Broadcast),
        "/start" | "/integrations" => desk.may(Permission::EditSettings),
        "/handover" => desk.shop.ways().any(),
        "/audit" => desk.may(Permission::SeeAudit),
        _ => true,
    }
}

/// Every room, for the palette: address and key of its name.
pub(super) const ROOMS: [(&str, &str); 26] = [
    ("/", "room.overview"),
    ("/orders", "room.orders"),
    ("/handover", "room.handover"),
    ("/customers", "room.customers"),
    ("/members", "room.members"),
    ("/messages", "room.messages"),
    ("/broadcasts", "room.broadcasts"),
    ("/payments", "room.payments"),
    ("/review", "room.review"),
    ("/refunds", "room.refunds"),
    ("/receipts", "room.receipts"),
    ("/reconcile", "room.reconcile"),
    ("/days", "room.days"),
    ("/links", "room.links"),
    ("/products", "room.products"),
    ("/promos", "room.promos"),
    ("/integrations", "room.integrations"),
    ("/endpoints", "room.endpoints"),
    ("/deliveries", "room.deliveries"),
    ("/webhooks", "room.webhooks"),
    ("/jobs", "room.jobs"),
    ("/start", "room.start"),
    ("/team", "room.team"),
    ("/settings", "room.settings"),
    ("/audit", "room.audit"),
    ("/account", "room.account"),
];

fn most_used(waiting: u64) -> Vec<Room> {
    vec![
        room("/", "room.overview", Glyph::Overview),
        room("/payments", "room.payments", Glyph::Payments),
        Room { count: waiting, ..room("/review", "room.review", Glyph::Review) },
        room("/links", "room.links", Glyph::Links),
    ]
}

pub(crate) fn dashboard(around: &Around<'_>, body: AnyView) -> AnyView {
    let guide = around.guide.map(|steps| guide_line(steps, around.desk.place()));
    let stripe = around.desk.demo().then(|| t("frame.demo"));
    view! {
        <Frame
            groups=groups(around)
            most_used=most_used(around.waiting)
            path=around.desk.place().to_owned()
            more=t("frame.more")
            skip=t("frame.skip")
            rooms=t("frame.rooms")
            nostrip:stripe=stripe
            top=top(around)
        >
            {guide}
            {body}
        </Frame>
        {palette(t("frame.search"))}
    }
    .into_any()
}

fn top(around: &Around<'_>) -> AnyView {
    let desk = around.desk;
    let shop = desk.shop.name.get(desk.lang).to_owned();
    view! {
        <a class="topbar-shop" href="/"><span class="cut">{shop}</span></a>
        <button type="button" class="topbar-search" aria-label=t("frame.search") commandfor="palette" command="show-modal">
            <Icon glyph=Glyph::Search/>
            <span class="cut">{t("frame.search")}</span>
            <kbd>"Ctrl K"</kbd>
        </button>
        <div class="topbar-end">
            {live_mark(around.number, t("frame.live"), t("frame.not_live"))}
            {person(desk)}
        </div>
    }
    .into_any()
}

/// Language, theme and the way out are plain forms.
fn person(desk: &Desk) -> AnyView {
    let (who, theme) = (desk.who(), desk.theme());
    let languages = Lang::ALL
        .iter()
        .map(|lang| choice("lang", lang.as_str(), Text::from(lang.own_name()), desk.lang.as_str()))
        .collect_view();
    let themes = [("", "frame.theme_system"), ("light", "frame.theme_light"), ("dark", "frame.theme_dark")];
    let themes = themes.into_iter().map(|(value, key)| choice("theme", value, t(key), theme)).collect_view();
    let initials: String = who.name.split_whitespace().take(2).filter_map(|word| word.chars().next()).collect();
    let face = view! { <span class="avatar" aria-hidden="true">{initials}</span> }.into_any();
    let role = t(&["role.", who.role.as_str()].concat());
    let (name, email, place) = (who.name.clone(), who.email.clone(), desk.place().to_owned());
    view! {
        <Menu label=t("frame.person") face=face look=Look::Quiet icon_only=true>
            <div class="menu-title"><b>{name}</b><br/>{role}" · "{email}</div>
            <a class="menu-item" href="/account"><Icon glyph=Glyph::Key/><span>{t("room.account")}</span></a>
            <hr class="menu-rule"/>
            <form method="post" action="/look">
                <input type="hidden" name="to" value=place/>
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
