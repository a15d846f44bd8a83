//! Rows of lists whose cells are words and a status, written at once. [`super::Row`] and [`super::Td`] are for cells that
//! hold anything else: there each cell is a component, which for lists of fifty rows would be a third of the page's time.

use leptos::prelude::AnyView;

use super::{
    Cell, Tone, badge,
    drawn::{Html, drawn},
    table,
};

/// Room for one row.
const ROOM: usize = 1024;

/// The rows of a table, as `line` writes each.
pub(crate) fn rows_of<T>(rows: Vec<T>, line: impl Fn(&mut Html, T)) -> AnyView {
    drawn(|html| {
        html.reserve(rows.len() * ROOM);
        rows.into_iter().for_each(|row| line(html, row));
    })
}

/// The cells that [`rows_of`] are made of.
impl Html {
    /// One row. `key` names it: a key that was not there before lets it glow once.
    pub(crate) fn row(&mut self, key: &str, cells: impl FnOnce(&mut Self)) {
        table::row(self, Some(key), cells);
    }

    /// What the row is about, leading to its page. `sub` is a second, quiet line where it is not empty.
    pub(crate) fn main(&mut self, href: &str, text: &str, sub: &str) {
        let sub = Some(sub).filter(|sub| !sub.is_empty());
        table::cell(self, Cell::Main, None, false, |html| table::row_link(html, href, text, sub));
    }

    /// Words or a number.
    pub(crate) fn words(&mut self, cell: Cell, text: &str) {
        table::cell(self, cell, None, false, |html| html.text(text));
    }

    /// As [`Html::words`]; `label` stands before them on a phone, where there is no head.
    pub(crate) fn labelled(&mut self, cell: Cell, label: &str, text: &str) {
        table::cell(self, cell, Some(label), false, |html| html.text(text));
    }

    /// How it stands with what the row is about.
    pub(crate) fn status(&mut self, tone: Tone, text: &str) {
        self.statuses([(tone, text)]);
    }

    /// As [`Html::status`], of any number.
    pub(crate) fn statuses<'a>(&mut self, all: impl IntoIterator<Item = (Tone, &'a str)>) {
        table::cell(self, Cell::Status, None, false, |html| {
            all.into_iter().for_each(|(tone, text)| badge::draw(html, tone, text, false));
        });
    }
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::*;
    use crate::ui::{Row, RowLink, StatusBadge, Td};

    #[test]
    fn what_is_written_at_once_is_what_the_components_draw() {
        let parts = view! {
            <Row key="1 paid">
                <Td cell=Cell::Main><RowLink href="/payments/1" text="Սուրճ" sub="Անի"/></Td>
                <Td cell=Cell::Sum>"15 000 ֏"</Td>
                <Td cell=Cell::Status><StatusBadge tone=Tone::Good text="Վճարված"/></Td>
                <Td cell=Cell::Meta label="Բացված">"7"</Td>
            </Row>
        };
        let at_once = rows_of(vec!["Անի"], |html, name| {
            html.row("1 paid", |html| {
                html.main("/payments/1", "Սուրճ", name);
                html.words(Cell::Sum, "15 000 ֏");
                html.status(Tone::Good, "Վճարված");
                html.labelled(Cell::Meta, "Բացված", "7");
            });
        });
        // Several views beside each other end with a mark that shows nothing.
        assert_eq!(at_once.to_html(), parts.into_any().to_html().replace("<!>", ""));
    }
}
