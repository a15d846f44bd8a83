//! Rows of a `form[data-arrange]` are dragged to their place; letting go sends the new order. The buttons of each row do
//! the same without a mouse, and a page without script has only them.

use std::cell::RefCell;

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlFormElement, HtmlInputElement, Node};

use super::page::elements;

const ROW: &str = "form[data-arrange] [data-id]";

thread_local! {
    /// The row under the hand, and the order it was taken from.
    static HELD: RefCell<Option<(Element, String)>> = const { RefCell::new(None) };
}

pub(super) fn listen() {
    // For as long as the page lives.
    let _ = window_event_listener(ev::dragstart, |event| {
        if let Some(row) = row_of(&event) {
            drop(row.set_attribute("data-dragging", "true"));
            let before = order_of(&row);
            HELD.set(Some((row, before)));
        }
    });
    let _ = window_event_listener(ev::dragover, |event| {
        let Some((held, _)) = HELD.with_borrow(Clone::clone) else { return };
        // Said of the whole list: a row may also be let go between two others.
        event.prevent_default();
        if let Some(row) = row_of(&event) {
            place(&held, &row, event.client_y());
        }
    });
    let _ = window_event_listener(ev::drop, |event| {
        if HELD.with_borrow(Option::is_some) {
            event.prevent_default();
        }
    });
    let _ = window_event_listener(ev::dragend, |_| {
        if let Some((held, before)) = HELD.take() {
            drop(held.remove_attribute("data-dragging"));
            send(&held, &before);
        }
    });
}

fn row_of(event: &ev::DragEvent) -> Option<Element> {
    let target = event.target()?;
    // What is dragged may be the text of a row.
    let element = target.clone().dyn_into::<Element>().ok();
    let element = element.or_else(|| target.dyn_into::<Node>().ok()?.parent_element())?;
    element.closest(ROW).ok().flatten()
}

/// Before the row the hand is over, or behind it once the hand has passed its middle.
fn place(held: &Element, row: &Element, hand: i32) {
    let (Some(list), own) = (row.parent_node(), held.parent_node()) else { return };
    if held == row || own.as_ref() != Some(&list) {
        return;
    }
    let top = row.get_bounding_client_rect().top() as i32;
    let behind = (hand - top) * 2 > row.client_height();
    let next = if behind { row.next_sibling() } else { Some(row.clone().into()) };
    drop(list.insert_before(held, next.as_ref()));
}

fn order_of(row: &Element) -> String {
    let Some(list) = row.parent_element() else { return String::new() };
    let ids: Vec<_> =
        elements(list.query_selector_all("[data-id]")).filter_map(|row| row.get_attribute("data-id")).collect();
    ids.join(",")
}

fn send(row: &Element, before: &str) {
    let order = order_of(row);
    let form = row.closest("form").ok().flatten().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
    let Some(form) = form.filter(|_| order != before) else { return };
    let field = form.query_selector("[name=order]").ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
        field.set_value(&order);
        drop(form.request_submit());
    }
}
