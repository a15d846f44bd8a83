//! Payment links: the list, a new one, and one ready to hand over.

mod calls;
#[cfg(feature = "ssr")]
mod desk_work;
mod new;
mod one;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use calls::{Asked, Found, LinkRow};
#[cfg(feature = "ssr")]
use calls::{Choice, LinkForm, LinkView};
pub use new::NewLink;
pub(in crate::rooms) use new::sign;
pub use one::OneLink;

use super::payments::pager_of;
use crate::{
    address,
    error::{AppError, trouble},
    here::Here,
    live::Live,
    texts::t,
    ui::{
        ButtonLink, Cell, Chip, Column, CopyButton, Empty, Glyph, Look, RoomHead, Row, RowLink, SearchInput,
        StatusBadge, Table, TableSkeleton, Td, Text,
    },
};

const PATH: &str = "/links";
const SHELVES: [(&str, &str); 4] =
    [("", "links.all"), ("fixed", "links.fixed"), ("dynamic", "links.dynamic"), ("off", "links.off")];

#[component]
pub fn Links() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| Asked {
            q: address::value(query, "q"),
            shelf: address::value(query, "shelf"),
            before: address::value(query, "before"),
        })
    });
    let number = Live::here().number;
    let found = Resource::new(move || (asked.get(), number.get()), |(asked, _)| calls::find_links(asked));
    let words = RwSignal::new(asked.get_untracked().q);
    let chips = SHELVES.into_iter().map(|(shelf, key)| {
        let href = Signal::derive(move || query.with(|query| address::with(PATH, query, "shelf", shelf)));
        let current = Signal::derive(move || asked.with(|asked| asked.shelf == shelf));
        view! { <Chip href=href text=t(key) current=current/> }
    });
    view! {
        <Title text=t("room.links").into_owned()/>
        <RoomHead title=t("room.links")>{make()}</RoomHead>
        <div class="toolbar"><SearchInput name="q" label=t("links.search") value=words find=address::search_when_typed()/></div>
        <div class="toolbar"><div class="chips">{chips.collect_view()}</div></div>
        <Transition fallback=|| view! { <TableSkeleton/> }>
            {move || Suspend::new(async move { room(found.await, &asked.get_untracked()) })}
        </Transition>
    }
    .into_any()
}

/// The first step, for those who may take it.
fn make() -> Option<AnyView> {
    Here::get().may.edit_links.then(|| {
        view! { <ButtonLink href="/links/new" look=Look::Primary icon=Glyph::Plus>{t("links.new")}</ButtonLink> }
            .into_any()
    })
}

fn room(found: Result<Found, AppError>, asked: &Asked) -> AnyView {
    let found = match found {
        Err(error) => return trouble(error),
        Ok(found) => found,
    };
    if found.rows.is_empty() {
        return nothing(*asked == Asked::default());
    }
    let columns = vec![
        Column::new(Cell::Main, t("links.name")),
        Column::new(Cell::Sum, t("links.sum")),
        Column::new(Cell::Status, t("links.status")),
        Column::new(Cell::Wide, t("links.kind")),
        Column::new(Cell::Meta, t("links.opened_paid")),
        Column::new(Cell::Tools, ""),
    ];
    let rows = found.rows.into_iter().map(line).collect_view();
    let pager = pager_of(PATH, !asked.before.is_empty(), found.next, use_query_map());
    view! { <Table label=t("room.links") columns=columns>{rows}</Table> {pager} }.into_any()
}

fn line(row: LinkRow) -> AnyView {
    let href = Text::from(["/links/", &row.id].concat());
    view! {
        <Row>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.name) sub=Text::from(row.sub)/></Td>
            <Td cell=Cell::Sum>{row.sum}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.status.mood.into() text=Text::from(row.status.text)/></Td>
            <Td cell=Cell::Wide>{row.kind}</Td>
            <Td cell=Cell::Meta label=t("links.opened_paid")>{row.counts}</Td>
            <Td cell=Cell::Tools>
                <div class="row-tools">
                    <CopyButton value=Text::from(row.url) label=t("common.copy") done=t("common.copied") icon_only=true/>
                </div>
            </Td>
        </Row>
    }
    .into_any()
}

fn nothing(at_all: bool) -> AnyView {
    if at_all {
        view! { <Empty glyph=Glyph::Links title=t("links.none") text=t("links.none_text")>{make()}</Empty> }.into_any()
    } else {
        view! {
            <Empty glyph=Glyph::Search title=t("links.not_found") text=t("links.not_found_text")>
                <ButtonLink href=PATH>{t("list.show_all")}</ButtonLink>
            </Empty>
        }
        .into_any()
    }
}
