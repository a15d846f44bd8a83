//! Tables that are dense rows on a desk and stacked cards in a hand. Cells say what they are; the style sheet decides where they stand.
//! Roles are written out, because a phone's layout takes the table's own away.

use super::{
    Text,
    drawn::{self, Html},
};
use leptos::prelude::*;

/// What a cell is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// What the row is about; takes the free width.
    Main,
    /// The number that matters, to the right.
    Sum,
    Status,
    /// Quiet, still worth its place on a phone.
    Meta,
    /// Only where there is room.
    Wide,
    /// A lesser number, only where there is room.
    WideSum,
    /// The tick that selects the row.
    Pick,
    /// Buttons.
    Tools,
}

impl Cell {
    fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sum => "sum",
            Self::Status => "status",
            Self::Meta => "meta",
            Self::Wide => "wide",
            Self::WideSum => "wide-sum",
            Self::Pick => "pick",
            Self::Tools => "tools",
        }
    }
}

/// A column's head. An empty label is allowed for ticks and tools.
#[derive(Clone, Debug)]
pub struct Column {
    cell: Cell,
    label: Text,
}

impl Column {
    #[must_use]
    pub fn new(cell: Cell, label: impl Into<Text>) -> Self {
        Self { cell, label: label.into() }
    }
}

/// The table; its children are [`Row`]s. `label` is read aloud; `titled`, it also stands above the cards on a phone.
#[component]
pub fn Table(
    #[prop(into)] label: Text,
    columns: Vec<Column>,
    #[prop(optional)] titled: bool,
    children: Children,
) -> impl IntoView {
    let title = titled.then(|| label.clone());
    let heads = columns
        .into_iter()
        .map(|column| view! { <th role="columnheader" scope="col" data-cell=column.cell.name()>{column.label}</th> })
        .collect_view();
    view! {
        <div class="table-wrap" data-title=title>
            <table class="table" role="table" aria-label=label>
                <thead role="rowgroup"><tr role="row">{heads}</tr></thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </div>
    }
}

/// One row. `key` names it: a key that was not there before lets it glow once.
#[component]
pub fn Row(#[prop(optional, into)] key: Option<String>, children: Children) -> impl IntoView {
    drawn::drawn(|html| row(html, key.as_deref(), |html| html.view(children())))
}

pub(super) fn row(html: &mut Html, key: Option<&str>, cells: impl FnOnce(&mut Html)) {
    html.element("tr", &[("role", Some("row")), ("data-key", key)], cells);
}

/// One cell. `label` stands before a [`Cell::Meta`] on a phone, where there is no head; what is `long` takes a line there.
#[component]
pub fn Td(
    cell: Cell,
    #[prop(optional, into)] label: Option<Text>,
    #[prop(optional)] long: bool,
    children: Children,
) -> impl IntoView {
    drawn::drawn(|html| self::cell(html, cell, label.as_deref(), long, |html| html.view(children())))
}

pub(super) fn cell(html: &mut Html, cell: Cell, label: Option<&str>, long: bool, inside: impl FnOnce(&mut Html)) {
    let attributes = [
        ("role", Some("cell")),
        ("data-cell", Some(cell.name())),
        ("data-label", label),
        ("data-long", drawn::flag(long)),
    ];
    html.element("td", &attributes, inside);
}

/// What the row is called, leading to its page: the whole row can be pressed. `sub` is a second, quiet line.
#[component]
pub fn RowLink(
    #[prop(into)] href: Text,
    #[prop(into)] text: Text,
    #[prop(optional, into)] sub: Option<Text>,
) -> impl IntoView {
    drawn::drawn(|html| row_link(html, &href, &text, sub.as_deref()))
}

pub(super) fn row_link(html: &mut Html, href: &str, text: &str, sub: Option<&str>) {
    html.element("a", &[("class", Some("row-link")), ("href", Some(href))], |html| html.text(text));
    if let Some(sub) = sub {
        html.element("span", &[("class", Some("cell-sub"))], |html| html.text(sub));
    }
}
