//! What travels from the server to a room: a piece of HTML for what is only looked at, JSON for what a form starts from.
//!
//! What is only looked at is drawn on the server, always; the browser holds the code of what people operate, and no more. So
//! a new list or story costs the dashboard's first load nothing. A button in such a piece says in its `data-do` and `data-id`
//! what it does and to what; the room that shows the piece does it. A row with a `data-key` glows once when it is new.

#[cfg(feature = "hydrate")]
use std::collections::HashSet;
use std::{pin::Pin, sync::Arc};

use leptos::{ev, html, prelude::*};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::error::{AppError, ErrorKind, trouble};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire(String);

impl Wire {
    /// # Errors
    /// When the value cannot be written as JSON.
    #[cfg(feature = "ssr")]
    pub fn of<T: Serialize>(value: &T) -> Result<Self, AppError> {
        serde_json::to_string(value).map(Self).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written as JSON");
            AppError::new(ErrorKind::Broken, "error.broken")
        })
    }

    /// A piece of a page.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn html(view: AnyView) -> Self {
        Self(view.to_html())
    }

    /// # Errors
    /// When the page is older than the server.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, AppError> {
        serde_json::from_str(&self.0).map_err(|_| AppError::new(ErrorKind::Broken, "error.unreadable"))
    }
}

pub type Answer = Result<Wire, AppError>;
type Asking = Pin<Box<dyn Future<Output = Answer> + Send>>;
type Show = Arc<dyn Fn(Wire) -> AnyView + Send + Sync>;

/// Asks, and asks again whenever `question` says something else.
pub fn ask<F: Future<Output = Answer> + Send + 'static>(
    question: impl Fn() -> String + Send + Sync + 'static,
    call: impl Fn() -> F + Send + Sync + 'static,
) -> Resource<Answer> {
    asked(Arc::new(question), Arc::new(move || Box::pin(call())))
}

fn asked(
    question: Arc<dyn Fn() -> String + Send + Sync>,
    call: Arc<dyn Fn() -> Asking + Send + Sync>,
) -> Resource<Answer> {
    Resource::new(move || question(), move |_| call())
}

/// Shows a form from the JSON of the answer.
pub fn form<T: DeserializeOwned + 'static>(
    answer: Resource<Answer>,
    show: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let skeleton = || view! { <crate::ui::StorySkeleton/> }.into_any();
    boundary(answer, skeleton, Arc::new(move |wire: Wire| wire.read().map_or_else(trouble, &show)))
}

/// A button that was pressed in a piece: what it does, and to what. The element is the button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    pub what: String,
    pub id: String,
}

/// Shows a piece of HTML. `place` is the address it belongs to: elsewhere, nothing counts as new. `class` is of the element
/// around it.
pub fn piece(
    answer: Resource<Answer>,
    class: &'static str,
    skeleton: fn() -> AnyView,
    place: impl Fn() -> String + Send + Sync + 'static,
    press: Option<Callback<Press>>,
) -> AnyView {
    let node = NodeRef::<html::Div>::new();
    glow(answer, node, Arc::new(place));
    let pressed = move |event: ev::MouseEvent| {
        if let (Some(press), Some(what)) = (press, pressed(&event)) {
            press.run(what);
        }
    };
    let show =
        move |wire: Wire| view! { <div class=class node_ref=node inner_html=wire.0 on:click=pressed></div> }.into_any();
    boundary(answer, skeleton, Arc::new(show))
}

fn boundary(answer: Resource<Answer>, skeleton: fn() -> AnyView, show: Show) -> AnyView {
    let inside = move || {
        let show = show.clone();
        Suspend::new(async move { answer.await.map_or_else(trouble, |wire| show(wire)) })
    };
    view! { <Transition fallback=skeleton>{inside}</Transition> }.into_any()
}

#[cfg(feature = "hydrate")]
fn pressed(event: &ev::MouseEvent) -> Option<Press> {
    use wasm_bindgen::JsCast;
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    let button = target.closest("[data-do]").ok()??;
    Some(Press { what: button.get_attribute("data-do")?, id: button.get_attribute("data-id").unwrap_or_default() })
}

#[cfg(not(feature = "hydrate"))]
fn pressed(_event: &ev::MouseEvent) -> Option<Press> {
    None
}

/// What came since the last answer at the same place glows.
#[cfg(feature = "hydrate")]
fn glow(answer: Resource<Answer>, node: NodeRef<html::Div>, place: Arc<dyn Fn() -> String + Send + Sync>) {
    let known = StoredValue::new(None::<(String, HashSet<String>)>);
    Effect::new(move |_| {
        answer.track();
        let place = untrack(|| place());
        // After the page has taken the answer in.
        let mark = move || {
            let Some(Some(node)) = node.try_get_untracked() else { return };
            let before = known.get_value().filter(|(at, _)| *at == place).map(|(_, keys)| keys);
            known.set_value(Some((place.clone(), mark_new(&node, before.as_ref()))));
        };
        set_timeout(mark, std::time::Duration::from_millis(30));
    });
}

#[cfg(feature = "hydrate")]
fn mark_new(node: &web_sys::Element, before: Option<&HashSet<String>>) -> HashSet<String> {
    use wasm_bindgen::JsCast;
    let mut keys = HashSet::new();
    let Ok(rows) = node.query_selector_all("[data-key]") else { return keys };
    for place in 0..rows.length() {
        let Some(row) = rows.get(place).and_then(|row| row.dyn_into::<web_sys::Element>().ok()) else { continue };
        let key = row.get_attribute("data-key").unwrap_or_default();
        if before.is_some_and(|before| !before.contains(&key)) {
            // Without the attribute the row only does not glow.
            drop(row.set_attribute("data-new", "true"));
        }
        keys.insert(key);
    }
    keys
}

#[cfg(not(feature = "hydrate"))]
fn glow(_answer: Resource<Answer>, _node: NodeRef<html::Div>, _place: Arc<dyn Fn() -> String + Send + Sync>) {}
