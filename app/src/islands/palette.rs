//! The command palette (Ctrl K, ⌘ K): one field that finds rooms, payments, links and products.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub href: String,
    pub title: String,
    /// The quiet line: what it is, or its sum.
    pub note: String,
}

/// What fits the words, best first.
///
/// # Errors
/// When nobody is signed in, or the database does not answer.
#[server(prefix = "/fn", endpoint = "find")]
pub async fn find(words: String) -> Result<Vec<Hit>, ServerFnError> {
    crate::rooms::find(&words).await.map_err(ServerFnError::new)
}

pub(crate) const DIALOG: &str = "palette";

/// A native dialog that the top bar's button opens.
#[island]
pub fn Palette(label: String, none: String) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let hits = RwSignal::new(Vec::<Hit>::new());
    let at = RwSignal::new(0_usize);
    let asked = StoredValue::new(0_u32);
    let look = move || {
        let (turn, text) = (asked.get_value() + 1, words.get_untracked());
        asked.set_value(turn);
        leptos::task::spawn_local(async move {
            let found = find(text).await.unwrap_or_default();
            // Only the newest question's answer is shown.
            if asked.get_value() == turn {
                at.set(0);
                hits.set(found);
            }
        });
    };
    shortcut(move || {
        if hits.with_untracked(Vec::is_empty) {
            look();
        }
    });
    let typed = move |event: leptos::ev::Event| {
        words.set(event_target_value(&event));
        look();
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let count = hits.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => at.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => at.update(|at| *at = (*at + count - 1) % count),
            "Enter" => go(hits.with_untracked(|hits| hits.get(at.get_untracked()).map(|hit| hit.href.clone()))),
            _ => return,
        }
        event.prevent_default();
    };
    let list = move || {
        let lines = hits.get().into_iter().enumerate().map(|(place, hit)| {
            let chosen = move || (at.get() == place).then_some("true");
            view! {
                <a class="palette-item" role="option" href=hit.href aria-selected=chosen>
                    <span class="cut">{hit.title}</span>
                    <small class="quiet">{hit.note}</small>
                </a>
            }
        });
        lines.collect_view()
    };
    let nothing = move || {
        (hits.with(Vec::is_empty) && !words.with(String::is_empty))
            .then(|| view! { <p class="quiet">{none.clone()}</p> })
    };
    let (heading, placeholder) = (label.clone(), label.clone());
    view! {
        <dialog class="dialog palette" id=DIALOG aria-label=heading>
            <div class="palette-field">
                <input class="input" type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" maxlength="120" autocomplete="off" placeholder=placeholder aria-label=label on:input=typed on:keydown=keys/>
            </div>
            <div class="palette-list" id="palette-list" role="listbox">{list}{nothing}</div>
        </dialog>
    }
}

#[cfg(feature = "hydrate")]
fn go(to: Option<String>) {
    if let Some(to) = to {
        // Refused only while the page is being left anyway.
        drop(window().location().set_href(&to));
    }
}

#[cfg(not(feature = "hydrate"))]
fn go(_to: Option<String>) {}

/// Opens the dialog on Ctrl K and ⌘ K, and looks whenever it has been opened.
#[cfg(feature = "hydrate")]
fn shortcut(opened: impl Fn() + 'static) {
    use wasm_bindgen::JsCast;
    let dialog = || document().get_element_by_id(DIALOG)?.dyn_into::<web_sys::HtmlDialogElement>().ok();
    let _ = window_event_listener(leptos::ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key() == "k" {
            event.prevent_default();
            // Shown already: nothing to do.
            drop(dialog().filter(|dialog| !dialog.open()).map(|dialog| dialog.show_modal()));
        }
    });
    let _ = window_event_listener(leptos::ev::focusin, move |_| {
        if dialog().is_some_and(|dialog| dialog.open()) {
            opened();
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn shortcut(_opened: impl Fn() + 'static) {}
