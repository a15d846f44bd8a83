//! A list that people put in order: by dragging a row, or by the two buttons of each, which need no script and no mouse.

use std::str::FromStr;

use domain::ordering::Reorder;
use leptos::prelude::*;
use serde::Deserialize;
use server::failure::Refusal;

use crate::{
    badge::Badge,
    texts::t_with,
    ui::{Glyph, Icon, StatusBadge, Text},
};

/// A row: where it leads, what it is called and what else is worth saying.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) name: String,
    pub(super) note: String,
    pub(super) badge: Option<Badge>,
    /// The address of a small picture.
    pub(super) picture: Option<String>,
}

/// What was done to the order: one row went up or down, or all were dragged.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Moved {
    up: String,
    down: String,
    order: String,
}

impl Moved {
    /// # Errors
    /// `not_found` when a row is named that cannot be.
    pub(super) fn read<Id: FromStr>(&self) -> Result<Reorder<Id>, Refusal> {
        let id = |text: &str| text.parse::<Id>().map_err(|_| Refusal::not_found());
        match (&*self.up, &*self.down) {
            ("", "") => Ok(Reorder::All(self.order.split(',').filter_map(|text| text.parse().ok()).collect())),
            ("", down) => Ok(Reorder::Down(id(down)?)),
            (up, _) => Ok(Reorder::Up(id(up)?)),
        }
    }

    /// Back to the list, where the pressed button is under the hand again.
    pub(super) fn back(&self, path: &str) -> String {
        let (way, id) = if self.up.is_empty() { ("down", &self.down) } else { ("up", &self.up) };
        let and = if path.contains('?') { "&" } else { "?" };
        if id.is_empty() { path.to_owned() } else { [path, and, "way=", way, "&moved=", id].concat() }
    }
}

/// The row that was just moved, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Just {
    pub(super) moved: String,
    pub(super) way: String,
}

pub(super) fn list(action: String, items: Vec<Item>, just: &Just, may_edit: bool) -> AnyView {
    let last = items.len().saturating_sub(1);
    let rows = items.into_iter().enumerate().map(|(place, item)| row(item, (place, last), just, may_edit));
    view! {
        <form method="post" action=action class="arrange" data-arrange=may_edit.then_some("true")>
            <input type="hidden" name="order" value=""/>
            <ol>{rows.collect_view()}</ol>
        </form>
    }
    .into_any()
}

fn row(item: Item, (place, last): (usize, usize), just: &Just, may_edit: bool) -> AnyView {
    let badge = item.badge.map(|badge| view! { <StatusBadge tone=badge.tone text=Text::from(badge.text)/> });
    let tools = may_edit.then(|| {
        let button = |way: &'static str, glyph: Glyph, key: &'static str, end: bool| {
            // At the end of the list the other button takes over, so that a key press always lands somewhere.
            let here = just.moved == item.id && !end && (just.way == way || at_end(place, last));
            view! {
                <button type="submit" class="button" data-size="small" data-look="quiet" name=way value=item.id.clone() aria-label=t_with(key, &[("name", &item.name)]) disabled=end autofocus=here>
                    <Icon glyph=glyph size="small"/>
                </button>
            }
        };
        view! {
            {button("up", Glyph::ArrowUp, "arrange.up", place == 0)}
            {button("down", Glyph::ArrowDown, "arrange.down", place == last)}
        }
    });
    let picture = item.picture.map(
        |small| view! { <img class="thumb" data-size="large" src=small alt="" draggable="false" loading="lazy"/> },
    );
    let note = (!item.note.is_empty()).then(|| view! { <small class="quiet">{item.note}</small> });
    view! {
        <li class="arrange-row" data-id=item.id draggable=may_edit.then_some("true") data-key="">
            {may_edit.then(|| view! { <span class="arrange-grip" aria-hidden="true"><Icon glyph=Glyph::Grip size="small"/></span> })}
            <a class="arrange-name" href=item.href draggable="false">{picture} {item.name}</a>
            {note}
            {badge}
            <span class="arrange-tools">{tools}</span>
        </li>
    }
    .into_any()
}

const fn at_end(place: usize, last: usize) -> bool {
    place == 0 || place == last
}

#[cfg(test)]
mod tests {
    use domain::CategoryId;

    use super::*;

    #[test]
    fn moves_are_read_and_lead_back() {
        let id = CategoryId::make(1, [1; 10]);
        let other = CategoryId::make(2, [1; 10]);
        let up = Moved { up: id.to_string(), ..Moved::default() };
        assert_eq!(up.read().ok(), Some(Reorder::Up(id.clone())));
        assert_eq!(up.back("/categories"), format!("/categories?way=up&moved={id}"));
        assert_eq!(up.back("/products/order?category=-"), format!("/products/order?category=-&way=up&moved={id}"));
        let dragged = Moved { order: format!("{other},{id},rubbish"), ..Moved::default() };
        assert_eq!(dragged.read().ok(), Some(Reorder::All(vec![other, id])));
        assert_eq!(dragged.back("/categories"), "/categories");
        assert!(Moved { down: "rubbish".to_owned(), ..Moved::default() }.read::<CategoryId>().is_err());
    }
}
