//! What several rooms share: filters, the pager, empty lists, and facts.

use leptos::prelude::*;

use super::{place::Place, story::Known};
use crate::{
    texts::t,
    ui::{ButtonLink, Chip, Empty, Fact, Glyph, Icon, Menu, Size, Text, copyable},
};

/// Filters of a list: (value in the address, key of its text), the first one for no filter.
pub(super) fn chips(place: &Place, name: &'static str, all: &[(&'static str, &'static str)]) -> AnyView {
    let now = place.value(name);
    let chip = |(value, key): &(&'static str, &'static str)| view! { <Chip href=place.with(name, value) text=t(key) current=now == *value/> };
    all.iter().map(chip).collect_view().into_any()
}

/// As [`chips`], each with how many there are.
pub(super) fn chips_counted(place: &Place, name: &'static str, all: &[(&'static str, &'static str, usize)]) -> AnyView {
    let now = place.value(name);
    let chip = |(value, key, count): &(&'static str, &'static str, usize)| {
        let text = Text::from([&t(key), " ", &count.to_string()].concat());
        view! { <Chip href=place.with(name, value) text=text current=now == *value/> }
    };
    all.iter().map(chip).collect_view().into_any()
}

/// The way to the next rows, and back to the newest.
pub(super) fn pager(place: &Place, next: Option<String>) -> AnyView {
    let later = !place.value("before").is_empty();
    if next.is_none() && !later {
        return ().into_any();
    }
    let way = |before: &str, key: &'static str| {
        let href = place.page(before);
        view! { <ButtonLink href=Text::from(href) size=Size::Small>{t(key)}</ButtonLink> }
    };
    let newest = later.then(|| way("", "list.newest"));
    let older = next.map(|next| way(&next, "list.older"));
    view! {
        <nav class="pager" aria-label=t("list.pages")><span></span><div class="button-row">{newest} {older}</div></nav>
    }
    .into_any()
}

/// A list as a file: `base` with the format's ending, and the state of the list after it.
pub(super) fn export_menu(label: Text, base: &str, query: &str) -> AnyView {
    let items = [("xlsx", "XLSX"), ("csv", "CSV")].map(|(ending, name)| {
        let href = [base, ending, query].concat();
        view! { <a class="menu-item" href=href><Icon glyph=Glyph::Download/><span>{name}</span></a> }
    });
    let words = label.clone();
    let face = view! { <Icon glyph=Glyph::Download/><span>{words}</span> }.into_any();
    view! { <Menu label=label face=face>{items.into_iter().collect_view()}</Menu> }.into_any()
}

/// A search or a filter that finds nothing.
pub(super) fn nothing_found(path: &'static str, title: &str, text: &str) -> AnyView {
    view! {
        <Empty glyph=Glyph::Search title=t(title) text=t(text)>
            <ButtonLink href=path>{t("list.show_all")}</ButtonLink>
        </Empty>
    }
    .into_any()
}

/// One fact, as a page shows it.
pub(super) fn known(fact: Known) -> AnyView {
    let value = match (fact.copy, fact.href) {
        (true, _) => copyable(fact.value, false),
        (false, Some(href)) => view! { <a href=href>{fact.value}</a> }.into_any(),
        (false, None) => fact.value.into_any(),
    };
    view! { <Fact label=Text::from(fact.label)>{value}</Fact> }.into_any()
}
