//! The command palette (Ctrl K, ⌘ K): one field that finds what can be done and whatever the shop has. What is found is
//! drawn by the server (`rooms/find.rs`); what is chosen is pressed, so that a link, a key and a finger do the same.

#[cfg(feature = "hydrate")]
pub(super) use browser::listen;

#[cfg(feature = "ssr")]
use crate::ui::Text;

const DIALOG: &str = "palette";
const LIST: &str = "palette-list";

/// A native dialog that the top bar's button opens.
#[cfg(feature = "ssr")]
pub(crate) fn palette(label: Text) -> leptos::prelude::AnyView {
    use leptos::prelude::*;
    let (heading, placeholder, found) = (label.clone(), label.clone(), label.clone());
    view! {
        <dialog class="dialog palette" id=DIALOG aria-label=heading>
            <div class="palette-field">
                <input class="input" type="text" role="combobox" aria-expanded="true" aria-controls=LIST maxlength="120" autocomplete="off" placeholder=placeholder aria-label=label/>
            </div>
            <div class="palette-list" id=LIST role="listbox" aria-label=found></div>
        </dialog>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::Cell;

    use leptos::{ev, prelude::*, task::spawn_local};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement, RequestInit, UrlSearchParams};

    use super::{DIALOG, LIST};
    use crate::islands::page::{elements, fetch};

    thread_local! {
        /// Only the newest question's answer is shown.
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }

    pub(in crate::islands) fn listen() {
        // For as long as the page lives.
        let _ = window_event_listener(ev::keydown, |event| {
            let key = event.key();
            if (event.ctrl_key() || event.meta_key()) && key == "k" {
                event.prevent_default();
                // Shown already: nothing to do.
                drop(dialog().filter(|dialog| !dialog.open()).map(|dialog| dialog.show_modal()));
            } else if is_field(&event) && pressed(&key).is_some() {
                event.prevent_default();
            }
        });
        let _ = window_event_listener(ev::input, |event| {
            if is_field(&event) {
                look();
            }
        });
        // A place on the same page is gone to without leaving it.
        let _ = window_event_listener(ev::click, |event| {
            let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let item = pressed.and_then(|pressed| pressed.closest("a.palette-item").ok().flatten());
            if let Some(dialog) = item.and_then(|_| dialog()) {
                dialog.close();
            }
        });
        let _ = window_event_listener(ev::focusin, |event| {
            if is_field(&event) && list().is_some_and(|list| !list.has_child_nodes()) {
                look();
            }
        });
    }

    fn dialog() -> Option<HtmlDialogElement> {
        document().get_element_by_id(DIALOG)?.dyn_into().ok()
    }

    fn list() -> Option<Element> {
        document().get_element_by_id(LIST)
    }

    fn field() -> Option<HtmlInputElement> {
        dialog()?.query_selector("input").ok()??.dyn_into().ok()
    }

    fn is_field(event: &web_sys::Event) -> bool {
        event.target().zip(field()).is_some_and(|(target, field)| target == field.into())
    }

    fn look() {
        let turn = ASKED.get() + 1;
        ASKED.set(turn);
        spawn_local(async move {
            let found = find().await.unwrap_or_default();
            if let Some(list) = list().filter(|_| ASKED.get() == turn) {
                list.set_inner_html(&found);
                choose(0);
            }
        });
    }

    async fn find() -> Option<String> {
        let query = UrlSearchParams::new().ok()?;
        query.append("words", &field()?.value());
        let place = window().location();
        query.append("here", &[place.pathname().ok()?, place.search().ok()?].concat());
        let query: String = query.to_string().into();
        let answer = fetch(&["/find?", &query].concat(), &RequestInit::new()).await.ok()?;
        // The session is over: nothing is found any more.
        if answer.redirected() {
            return None;
        }
        JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
    }

    fn items() -> Vec<Element> {
        list().map(|list| elements(list.query_selector_all(".palette-item")).collect()).unwrap_or_default()
    }

    /// The arrows go round; Enter goes where they stand. Other keys are typed.
    fn pressed(key: &str) -> Option<()> {
        let items = items();
        let at = items.iter().position(|item| item.has_attribute("aria-selected"))?;
        match key {
            "ArrowDown" => choose((at + 1) % items.len()),
            "ArrowUp" => choose((at + items.len() - 1) % items.len()),
            "Enter" => items.get(at)?.clone().dyn_into::<HtmlElement>().ok()?.click(),
            _ => return None,
        }
        Some(())
    }

    /// An attribute that cannot be set costs a mark, nothing more.
    fn choose(place: usize) {
        for (own, item) in items().into_iter().enumerate() {
            if own != place {
                drop(item.remove_attribute("aria-selected"));
                continue;
            }
            drop(item.set_attribute("aria-selected", "true"));
            item.scroll_into_view_with_bool(false);
            drop(field().map(|field| field.set_attribute("aria-activedescendant", &item.id())));
        }
    }
}
