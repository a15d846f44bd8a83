//! Payments: every attempt to pay, newest first, found by anything a person may know of it. New rows come by themselves.

mod calls;

use std::collections::HashSet;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use calls::{Asked, Found, PaymentRow};

use crate::{
    address,
    error::{AppError, trouble},
    live::Live,
    texts::t,
    ui::{
        ButtonLink, Cell, Chip, Column, Empty, Glyph, RoomHead, Row, RowLink, SearchInput, Size, StatusBadge, Table,
        TableSkeleton, Td, Text,
    },
};

const PATH: &str = "/payments";
const SHELVES: [(&str, &str); 7] = [
    ("", "payments.all"),
    ("paid", "payments.paid"),
    ("waiting", "payments.waiting"),
    ("failed", "payments.failed"),
    ("expired", "payments.expired"),
    ("refunded", "payments.refunded"),
    ("review", "payments.review"),
];

/// Rows seen under one question, each with its status: what is not among them has just come or just changed.
type Seen = StoredValue<Option<(Asked, HashSet<(String, String)>)>>;

#[component]
pub fn Payments() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| Asked {
            q: address::value(query, "q"),
            status: address::value(query, "status"),
            day: address::value(query, "day"),
            before: address::value(query, "before"),
        })
    });
    let number = Live::here().number;
    let found = Resource::new(move || (asked.get(), number.get()), |(asked, _)| calls::find_payments(asked));
    let seen: Seen = StoredValue::new(None);
    let words = RwSignal::new(asked.get_untracked().q);
    view! {
        <Title text=t("room.payments").into_owned()/>
        <RoomHead title=t("room.payments")/>
        <div class="toolbar"><SearchInput name="q" label=t("payments.search") value=words find=address::search_when_typed()/></div>
        <div class="toolbar"><div class="chips">{shelves(asked)}</div></div>
        <Transition fallback=|| view! { <TableSkeleton/> }>
            {move || Suspend::new(async move { room(found.await, asked, seen) })}
        </Transition>
    }
    .into_any()
}

fn shelves(asked: Memo<Asked>) -> AnyView {
    let query = use_query_map();
    let chips = SHELVES.into_iter().map(|(shelf, key)| {
        let href = Signal::derive(move || query.with(|query| address::with(PATH, query, "status", shelf)));
        let current = Signal::derive(move || asked.with(|asked| asked.status == shelf));
        view! { <Chip href=href text=t(key) current=current/> }
    });
    let day = move || {
        let day = asked.with(|asked| asked.day.clone());
        (!day.is_empty()).then(|| {
            let href = Signal::derive(move || query.with(|query| address::with(PATH, query, "day", "")));
            let shown = Text::from([&day, " ✕"].concat());
            view! { <Chip href=href text=shown current=true/> }
        })
    };
    view! { {chips.collect_view()} {day} }.into_any()
}

fn room(found: Result<Found, AppError>, asked: Memo<Asked>, seen: Seen) -> AnyView {
    let asked = asked.get_untracked();
    match found {
        Err(error) => trouble(error),
        Ok(found) if found.rows.is_empty() => nothing(&asked),
        Ok(found) => {
            let fresh = fresh(&asked, &found.rows, seen);
            view! { {rows(found.rows, &fresh)} {pager(&asked, found.next)} }.into_any()
        }
    }
}

/// Nothing is fresh on the first look at a question.
fn fresh(asked: &Asked, rows: &[PaymentRow], seen: Seen) -> HashSet<String> {
    let key = |row: &PaymentRow| (row.id.clone(), row.status.text.clone());
    let before = seen.get_value().filter(|(question, _)| question == asked).map(|(_, rows)| rows);
    let fresh =
        before.map(|known| rows.iter().filter(|row| !known.contains(&key(row))).map(|row| row.id.clone()).collect());
    seen.set_value(Some((asked.clone(), rows.iter().map(key).collect())));
    fresh.unwrap_or_default()
}

fn rows(rows: Vec<PaymentRow>, fresh: &HashSet<String>) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("payments.what")),
        Column::new(Cell::Wide, t("payments.who")),
        Column::new(Cell::Sum, t("payments.sum")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("payments.order")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = rows.into_iter().map(|row| {
        let new = fresh.contains(&row.id);
        line(row, new)
    });
    let rows = rows.collect_view();
    view! { <Table label=t("room.payments") columns=columns>{rows}</Table> }.into_any()
}

fn line(row: PaymentRow, new: bool) -> AnyView {
    let href = Text::from(["/payments/", &row.id].concat());
    let sub = (!row.who.is_empty()).then(|| Text::from(row.who.clone()));
    view! {
        <Row fresh=new>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.what) nostrip:sub=sub/></Td>
            <Td cell=Cell::Wide>{row.provider}</Td>
            <Td cell=Cell::Sum>{row.sum}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.status.mood.into() text=Text::from(row.status.text)/></Td>
            <Td cell=Cell::Meta>{row.order}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
        </Row>
    }
    .into_any()
}

fn nothing(asked: &Asked) -> AnyView {
    if *asked == Asked::default() {
        return view! {
            <Empty glyph=Glyph::Payments title=t("payments.none") text=t("payments.none_text")>
                <ButtonLink href="/links/new" icon=Glyph::Plus>{t("links.new")}</ButtonLink>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty glyph=Glyph::Search title=t("payments.not_found") text=t("payments.not_found_text")>
            <ButtonLink href=PATH>{t("list.show_all")}</ButtonLink>
        </Empty>
    }
    .into_any()
}

/// The way to older rows, and back to the newest.
fn pager(asked: &Asked, next: Option<String>) -> AnyView {
    let query = use_query_map();
    pager_of(PATH, !asked.before.is_empty(), next, query)
}

/// The pager of any list whose next page begins after an id.
pub(crate) fn pager_of(
    path: &'static str,
    later: bool,
    next: Option<String>,
    query: Memo<leptos_router::params::ParamsMap>,
) -> AnyView {
    if next.is_none() && !later {
        return ().into_any();
    }
    let newest = later.then(|| {
        let href = query.with_untracked(|query| address::page(path, query, ""));
        view! { <ButtonLink href=Text::from(href) size=Size::Small>{t("list.newest")}</ButtonLink> }
    });
    let older = next.map(|next| {
        let href = query.with_untracked(|query| address::page(path, query, &next));
        view! { <ButtonLink href=Text::from(href) size=Size::Small>{t("list.older")}</ButtonLink> }
    });
    view! { <nav class="pager" aria-label=t("list.pages")><span></span><div class="button-row">{newest} {older}</div></nav> }
        .into_any()
}
