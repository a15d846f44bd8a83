//! Elements drawn at once, without becoming views first. As a view each attribute and each child is a box of its own, which
//! for what lists show by the hundred would be most of the time that a page takes.
//!
//! What is given as text or as an attribute's value is escaped here.

use domain::html::escape_into;
use leptos::{
    prelude::{AnyView, IntoAny, RenderHtml},
    tachys::{html::InertElement, view::Position},
};

type Attributes<'a> = [(&'static str, Option<&'a str>)];

/// Room for most of what is drawn so, a cell.
const ROOM: usize = 128;

#[derive(Default)]
pub(crate) struct Html(String);

impl Html {
    /// An element. An attribute whose value is `None` is left away; one whose value is empty stands without it.
    pub(super) fn element(&mut self, tag: &'static str, attributes: &Attributes, inside: impl FnOnce(&mut Self)) {
        self.open(tag, attributes);
        inside(self);
        for part in ["</", tag, ">"] {
            self.0.push_str(part);
        }
    }

    fn open(&mut self, tag: &str, attributes: &Attributes) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            let Some(value) = value else { continue };
            self.0.push(' ');
            self.0.push_str(name);
            if !value.is_empty() {
                self.0.push_str("=\"");
                escape_into(value, &mut self.0);
                self.0.push('"');
            }
        }
        self.0.push('>');
    }

    pub(super) fn text(&mut self, text: &str) {
        escape_into(text, &mut self.0);
    }

    /// Makes room for so many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.0.reserve(bytes);
    }

    /// Markup of this program itself.
    pub(super) fn own<const N: usize>(&mut self, markup: [&'static str; N]) {
        self.0.reserve(markup.iter().map(|part| part.len()).sum());
        self.0.extend(markup);
    }

    pub(super) fn view(&mut self, view: AnyView) {
        self.0.reserve(view.html_len() + ROOM);
        view.to_html_with_buf(&mut self.0, &mut Position::FirstChild, true, false, Vec::new());
    }
}

/// A flag as an attribute: there or not.
pub(super) fn flag(is: bool) -> Option<&'static str> {
    is.then_some("")
}

/// What `draw` draws, as a part of a view.
pub(super) fn drawn(draw: impl FnOnce(&mut Html)) -> AnyView {
    let mut html = Html(String::with_capacity(ROOM));
    draw(&mut html);
    InertElement::new(html.0).into_any()
}

#[cfg(test)]
mod tests {
    use leptos::prelude::IntoAny;

    use super::*;

    #[test]
    fn nothing_that_is_shown_becomes_markup() {
        let bad = "\"><script>a&b</script>";
        let attributes = [("data-label", Some(bad)), ("data-long", flag(true)), ("hidden", None)];
        let mut html = Html::default();
        html.element("td", &attributes, |html| {
            html.text(bad);
            html.view(bad.into_any());
        });
        let (safe, in_a_view) =
            ("&quot;&gt;&lt;script&gt;a&amp;b&lt;/script&gt;", "\"&gt;&lt;script&gt;a&amp;b&lt;/script&gt;");
        let whole = ["<td data-label=\"", safe, "\" data-long>", safe, in_a_view, "</td>"].concat();
        assert_eq!(html.0, whole);
    }
}
