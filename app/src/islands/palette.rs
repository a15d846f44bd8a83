//! The command palette (Ctrl K, ⌘ K): one field that finds what can be done and whatever the shop has. What is chosen is
//! pressed, so that a link, a key and a finger do the same.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Somewhere to go, or something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub href: String,
    pub title: String,
    /// The quiet line: its sum, its name in Telegram.
    pub note: String,
    /// What it is among; hits of a group stand together.
    pub group: String,
    /// Sent to the address as a form: a name and a value.
    pub send: Option<[String; 2]>,
}

#[cfg(feature = "ssr")]
impl Hit {
    pub(crate) fn to(href: &str, title: String, group: &str) -> Self {
        Self { href: href.to_owned(), title, note: String::new(), group: group.to_owned(), send: None }
    }
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
            "Enter" => press_chosen(),
            _ => return,
        }
        event.prevent_default();
    };
    let list = move || {
        let mut group = String::new();
        let lines = hits.get().into_iter().enumerate().map(|(place, hit)| {
            let head = (hit.group != group).then(|| view! { <h3 role="presentation">{hit.group.clone()}</h3> });
            group.clone_from(&hit.group);
            let chosen = move || (at.get() == place).then_some("true");
            view! { {head} {line(hit, chosen)} }
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

fn line(hit: Hit, chosen: impl Fn() -> Option<&'static str> + Send + 'static) -> AnyView {
    let words = view! { <span class="cut">{hit.title}</span> <small class="quiet">{hit.note}</small> };
    let Some([name, value]) = hit.send else {
        return view! { <a class="palette-item" role="option" href=hit.href aria-selected=chosen on:click=|_| close()>{words}</a> }
            .into_any();
    };
    view! {
        <form method="post" action=hit.href>
            <input type="hidden" name="to" value=here()/>
            <button class="palette-item" role="option" name=name value=value aria-selected=chosen>{words}</button>
        </form>
    }
    .into_any()
}

/// The page that is open, to come back to.
#[cfg(feature = "hydrate")]
fn here() -> String {
    let place = window().location();
    [place.pathname().unwrap_or_default(), place.search().unwrap_or_default()].concat()
}

#[cfg(not(feature = "hydrate"))]
const fn here() -> &'static str {
    "/"
}

#[cfg(feature = "hydrate")]
fn press_chosen() {
    use wasm_bindgen::JsCast;
    let chosen = document().query_selector("#palette-list [aria-selected=true]").ok().flatten();
    if let Some(chosen) = chosen.and_then(|chosen| chosen.dyn_into::<web_sys::HtmlElement>().ok()) {
        chosen.click();
    }
}

/// A place on the same page is gone to without leaving it.
#[cfg(feature = "hydrate")]
fn close() {
    use wasm_bindgen::JsCast;
    let dialog = document().get_element_by_id(DIALOG);
    if let Some(dialog) = dialog.and_then(|dialog| dialog.dyn_into::<web_sys::HtmlDialogElement>().ok()) {
        dialog.close();
    }
}

#[cfg(not(feature = "hydrate"))]
const fn press_chosen() {}

#[cfg(not(feature = "hydrate"))]
const fn close() {}

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
