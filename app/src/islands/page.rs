//! The page drawn anew, in part: places with `data-live` and an id take the content of the same place of a fresh page.
//!
//! What a person is doing stays: a place they type in or whose dialog is open waits, opened details stay open, and the
//! focus is where it was. A row with a `data-key` that was not there before glows once.

use std::{cell::Cell, collections::HashSet, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, DomParser, Element, NodeList, RequestInit, Response, SupportedType};

/// The shortest time between two refreshes: a busy shop is not asked for more.
const PAUSE: Duration = Duration::from_millis(700);
/// An answer quicker than this needs no skeleton: it would only flicker.
const PATIENCE: Duration = Duration::from_millis(150);

thread_local! {
    static WAITING: Cell<bool> = const { Cell::new(false) };
    /// Searches that are being answered.
    static FETCHING: Cell<u32> = const { Cell::new(0) };
    /// News came during a refresh or the pause after it, which the refresh may not have seen.
    static MISSED: Cell<bool> = const { Cell::new(false) };
}

/// Draws the live places anew, once for all news of a moment.
pub(super) fn refresh_soon() {
    if WAITING.replace(true) {
        MISSED.set(true);
        return;
    }
    spawn_local(async {
        show_quietly(&here(), Why::News, || true).await;
        set_timeout(go_on, PAUSE);
    });
}

fn go_on() {
    WAITING.set(false);
    if MISSED.replace(false) {
        refresh_soon();
    }
}

fn here() -> String {
    let place = window().location();
    [place.pathname().unwrap_or_default(), place.search().unwrap_or_default()].concat()
}

/// Why the live places are drawn anew.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Something happened: what is new glows, and what a person is at work in waits.
    News,
    /// The person looks for something else: rows that were ticked are no longer meant.
    Search,
}

/// Shows the live places as the page at `address` has them, if they are `still` wanted when they have come.
pub(super) async fn show_quietly(address: &str, why: Why, still: impl Fn() -> bool) {
    let request = RequestInit::new();
    let headers = js_sys::Object::new();
    // Without it the page would take a message that waits for the person.
    if js_sys::Reflect::set(&headers, &"x-quiet".into(), &"1".into()).is_ok() {
        request.set_headers(&headers);
    }
    let fetching = (why == Why::Search).then(Fetching::new);
    let Ok(answer) = fetch(address, &request).await else { return };
    if answer.redirected() {
        // The session is over: to the door, but not while something typed would be lost.
        if document().query_selector("form[data-send]").is_ok_and(|form| form.is_none()) {
            drop(window().location().reload());
        }
        return;
    }
    if let Some(fresh) = document_of(&answer).await.filter(|_| still()) {
        swap(&fresh, why);
    }
    drop(fetching);
}

/// For as long as it lives something is being fetched; after a moment the live places say so, and show their skeletons.
struct Fetching(Option<TimeoutHandle>);

impl Fetching {
    fn new() -> Self {
        FETCHING.set(FETCHING.get().saturating_add(1));
        Self(set_timeout_with_handle(|| mark(FETCHING.get() > 0), PATIENCE).ok())
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        if let Some(waiting) = self.0.take() {
            waiting.clear();
        }
        FETCHING.set(FETCHING.get().saturating_sub(1));
        if FETCHING.get() == 0 {
            mark(false);
        }
    }
}

fn mark(busy: bool) {
    for place in elements(document().query_selector_all("[data-live]")) {
        // A place that cannot be marked shows what it showed.
        drop(if busy { place.set_attribute("aria-busy", "true") } else { place.remove_attribute("aria-busy") });
    }
}

pub(super) async fn fetch(address: &str, request: &RequestInit) -> Result<Response, JsValue> {
    JsFuture::from(window().fetch_with_str_and_init(address, request)).await?.dyn_into()
}

pub(super) async fn document_of(answer: &Response) -> Option<Document> {
    let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
    DomParser::new().ok()?.parse_from_string(&text, SupportedType::TextHtml).ok()
}

pub(super) fn elements(list: Result<NodeList, JsValue>) -> impl Iterator<Item = Element> {
    let list = list.ok();
    let count = list.as_ref().map_or(0, NodeList::length);
    (0..count).filter_map(move |place| list.as_ref()?.get(place)?.dyn_into().ok())
}

fn swap(fresh: &Document, why: Why) {
    for place in elements(document().query_selector_all("[data-live]")) {
        let Some(other) = fresh.get_element_by_id(&place.id()) else { continue };
        let html = other.inner_html();
        if place.inner_html() != html && !busy(&place, why) {
            let (known, opened) = (keys(&place, "[data-key]"), keys(&place, "[data-key]:has(details[open])"));
            let focused = focused(&place);
            place.set_inner_html(&html);
            if let Some(again) = focused.and_then(|which| place.query_selector(&which).ok()?) {
                focus(again);
            }
            for row in elements(place.query_selector_all("[data-key]")) {
                let key = row.get_attribute("data-key").unwrap_or_default();
                // An attribute that cannot be set costs a glow, nothing more.
                if why == Why::News && !known.contains(&key) {
                    drop(row.set_attribute("data-new", "true"));
                }
                if let Some(details) = row.query_selector("details").ok().flatten().filter(|_| opened.contains(&key)) {
                    drop(details.set_attribute("open", ""));
                }
            }
        }
    }
}

fn keys(place: &Element, which: &str) -> HashSet<String> {
    elements(place.query_selector_all(which)).filter_map(|row| row.get_attribute("data-key")).collect()
}

/// How to find the link or button that has the focus once the place is drawn anew.
fn focused(place: &Element) -> Option<String> {
    let at = place.query_selector(":focus").ok()??;
    let names = ["href", "commandfor", "aria-label"];
    names.into_iter().find_map(|name| with(&at, name)).or_else(|| of_form(&at)).or_else(|| of_row(&at))
}

/// A button by where its form leads; of several by what each sends.
fn of_form(at: &Element) -> Option<String> {
    let form = at.closest("form[action]").ok()??;
    Some(["form", &with(&form, "action")?, " button", &with(at, "value").unwrap_or_default()].concat())
}

/// What unfolds in a row.
fn of_row(at: &Element) -> Option<String> {
    let row = at.closest("[data-key]").ok()??;
    Some([&with(&row, "data-key")?, " ", &at.tag_name().to_lowercase()].concat())
}

/// What has this attribute as the element has it.
fn with(element: &Element, name: &str) -> Option<String> {
    Some(["[", name, "=\"", &element.get_attribute(name)?, "\"]"].concat())
}

pub(super) fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<web_sys::HtmlElement>() {
        // Refused only by what cannot have the focus.
        drop(element.focus());
    }
}

/// A person is at work in it.
fn busy(place: &Element, why: Why) -> bool {
    const WORK: &str = ":is(input, textarea, select):focus, dialog[open], .menu[open]";
    const TICKED: &str = "input[type=checkbox]:checked";
    let any = |what: &str| place.query_selector(what).is_ok_and(|found| found.is_some());
    any(WORK) || (why == Why::News && any(TICKED))
}
