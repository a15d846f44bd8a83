//! Elements drawn at once, without becoming views first. As a view each attribute and each child is a box of its own, which
//! for what lists show by the hundred would be most of the time that a page takes.
//!
//! What is given as text or as an attribute's value is escaped here; `inside` is what this module or a view has drawn.

use domain::html;
use leptos::{
    prelude::{AnyView, IntoAny},
    tachys::html::InertElement,
};

/// An element. An attribute whose value is `None` is left away; one whose value is empty stands without it.
pub(super) fn element(tag: &str, attributes: &[(&str, Option<&str>)], inside: &str) -> String {
    let length = attributes.iter().map(|(name, value)| name.len() + value.map_or(0, str::len) + 4).sum::<usize>();
    let mut html = String::with_capacity(2 * tag.len() + length + inside.len() + 5);
    html.push('<');
    html.push_str(tag);
    for (name, value) in attributes {
        let Some(value) = value else { continue };
        html.push(' ');
        html.push_str(name);
        if !value.is_empty() {
            html.push_str("=\"");
            html::escape_into(value, &mut html);
            html.push('"');
        }
    }
    html.push('>');
    html.push_str(inside);
    html.push_str("</");
    html.push_str(tag);
    html.push('>');
    html
}

/// A flag as an attribute: there or not.
pub(super) fn flag(is: bool) -> Option<&'static str> {
    is.then_some("")
}

pub(super) fn text(text: &str) -> String {
    html::escape(text)
}

/// As a part of a view.
pub(super) fn view(html: impl Into<std::borrow::Cow<'static, str>>) -> AnyView {
    InertElement::new(html).into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_becomes_markup() {
        let bad = "\"><script>a&b</script>";
        let html = element("td", &[("data-label", Some(bad)), ("data-long", flag(true)), ("hidden", None)], &text(bad));
        let safe = "&quot;&gt;&lt;script&gt;a&amp;b&lt;/script&gt;";
        assert_eq!(html, ["<td data-label=\"", safe, "\" data-long>", safe, "</td>"].concat());
    }
}
