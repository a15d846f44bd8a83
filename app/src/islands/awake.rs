//! What is listened to once for the whole page: copying, menus, searching while typing, and forms that keep what was
//! entered. An element says by its attributes what it wants: `data-copy`, `data-search`, `data-send`, `data-money`; a live
//! place that holds a `data-under-way` is drawn anew every two seconds.

use leptos::prelude::*;

/// Draws nothing.
#[island]
pub fn Awake() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        browser::listen();
        super::palette::listen();
        super::live::listen();
    }
    view! { <span hidden=true></span> }
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::{
        cell::{Cell, RefCell},
        time::Duration,
    };

    use leptos::{ev, prelude::*, task::spawn_local};
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Element, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, RequestInit, UrlSearchParams};

    use crate::islands::page::{Why, document_of, elements, fetch, focus, refresh_soon, show_quietly};

    const TYPING: Duration = Duration::from_millis(250);
    const SAYS_DONE: Duration = Duration::from_secs(2);
    const UNDER_WAY: Duration = Duration::from_secs(2);

    pub(super) fn listen() {
        // For as long as the page lives.
        let _ = window_event_listener(ev::click, |event| clicked(&event));
        let _ = window_event_listener(ev::keydown, |event| {
            if event.key() == "Escape" {
                close_menus(None);
            }
        });
        let _ = window_event_listener(ev::input, |event| {
            if let Some(form) = target(&event).and_then(|field| field.closest("form[data-search]").ok().flatten()) {
                search_soon(form);
            }
        });
        let _ = window_event_listener(ev::change, |event| {
            if let Some(input) = target(&event).and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
                changed(&input);
            }
        });
        let _ = window_event_listener(ev::submit, |event| submitted(&event));
        let _ = window_event_listener(ev::hashchange, |_| open_named());
        open_named();
        // What is under way elsewhere is looked at again until it is done.
        drop(set_interval_with_handle(
            || {
                if document().query_selector("[data-live] [data-under-way]").is_ok_and(|found| found.is_some()) {
                    refresh_soon();
                }
            },
            UNDER_WAY,
        ));
    }

    fn target(event: &web_sys::Event) -> Option<Element> {
        event.target()?.dyn_into().ok()
    }

    fn clicked(event: &ev::MouseEvent) {
        let Some(target) = target(event) else { return };
        let within = |what: &str| target.closest(what).ok().flatten();
        if let Some(button) = within("[data-copy]") {
            // A press on a row's button is not a press on the row.
            event.prevent_default();
            copy(button);
        }
        let menu = within("details.menu");
        close_menus(menu.as_ref().filter(|_| within(".menu-list :is(a, button)").is_none()));
        if let Some(dialog) = within("dialog[open]").filter(|dialog| *dialog == target) {
            // A press beside the dialog reaches the dialog itself.
            command(&dialog, "close");
        }
        if let Some(button) = within("button[commandfor]") {
            let dialog = button.get_attribute("commandfor").and_then(|id| document().get_element_by_id(&id));
            if let (Some(dialog), Some(what)) = (dialog, button.get_attribute("command")) {
                command(&dialog, &what);
            }
        }
    }

    /// As browsers that know the `command` attribute do themselves; doing it a second time changes nothing.
    fn command(dialog: &Element, what: &str) {
        let Ok(dialog) = dialog.clone().dyn_into::<web_sys::HtmlDialogElement>() else { return };
        match what {
            "close" => dialog.close(),
            _ if !dialog.open() => drop(dialog.show_modal()),
            _ => {}
        }
    }

    /// An address may name a dialog of its page.
    fn open_named() {
        let named = window().location().hash().unwrap_or_default();
        let dialog = document().get_element_by_id(named.trim_start_matches('#'));
        if let Some(dialog) = dialog.filter(|found| found.tag_name() == "DIALOG") {
            command(&dialog, "show-modal");
            // The same address opens it again.
            let place = window().location();
            let bare = place.pathname().and_then(|path| Ok([path, place.search()?].concat()));
            if let (Ok(history), Ok(bare)) = (window().history(), bare) {
                drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&bare)));
            }
        }
    }

    fn close_menus(but: Option<&Element>) {
        for menu in elements(document().query_selector_all("details.menu[open]")) {
            if Some(&menu) != but {
                drop(menu.remove_attribute("open"));
            }
        }
    }

    fn copy(button: Element) {
        let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into());
        // Without a secure context there is no clipboard; the value stays there to be selected by hand.
        if clipboard.is_ok_and(|clipboard| clipboard.is_undefined()) {
            return;
        }
        let value = button.get_attribute("data-copy").unwrap_or_default();
        let written = window().navigator().clipboard().write_text(&value);
        spawn_local(async move {
            if wasm_bindgen_futures::JsFuture::from(written).await.is_ok() {
                say_done(&button);
            }
        });
    }

    /// For two seconds the button says that it did. An element that has left the page shows nothing; nothing is lost.
    fn say_done(button: &Element) {
        drop(button.set_attribute("data-done", "true"));
        let words = button.query_selector("[data-done-text]").ok().flatten();
        let before = words.as_ref().and_then(|words| words.text_content());
        if let Some(words) = &words {
            words.set_text_content(words.get_attribute("data-done-text").as_deref());
        }
        let button = button.clone();
        let rest = move || {
            drop(button.remove_attribute("data-done"));
            if let Some(words) = &words {
                words.set_text_content(before.as_deref());
            }
        };
        set_timeout(rest, SAYS_DONE);
    }

    /// Shows the list as searched for, a moment after the last letter; the way back leads past it. An answer that comes
    /// after a later question was asked is passed over.
    fn search_soon(form: Element) {
        thread_local! {
            static WAITING: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
            static TURN: Cell<u32> = const { Cell::new(0) };
        }
        let Ok(form) = form.dyn_into::<HtmlFormElement>() else { return };
        let search = move || {
            let Some(address) = address_of(&form) else { return };
            let turn = TURN.get().wrapping_add(1);
            TURN.set(turn);
            spawn_local(async move {
                let still = || TURN.get() == turn;
                show_quietly(&address, Why::Search, still).await;
                if let Some(history) = window().history().ok().filter(|_| still()) {
                    drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&address)));
                }
            });
        };
        WAITING.with_borrow_mut(|waiting| {
            if let Some(earlier) = waiting.take() {
                earlier.clear();
            }
            *waiting = set_timeout_with_handle(search, TYPING).ok();
        });
    }

    /// Where a form of the kind "get" leads; fields left empty are left out.
    fn address_of(form: &HtmlFormElement) -> Option<String> {
        let all = listed(&FormData::new_with_form(form).ok()?)?;
        let filled = UrlSearchParams::new().ok()?;
        for pair in all.entries().into_iter().flatten() {
            let pair: js_sys::Array = pair.dyn_into().ok()?;
            let value = pair.get(1).as_string()?;
            if !value.trim().is_empty() {
                filled.append(&pair.get(0).as_string()?, value.trim());
            }
        }
        let query: String = filled.to_string().into();
        let path = form.get_attribute("action").unwrap_or_default();
        Some(if query.is_empty() { path } else { [&path, "?", &query].concat() })
    }

    fn listed(fields: &FormData) -> Option<UrlSearchParams> {
        UrlSearchParams::new_with_str_sequence_sequence(&js_sys::Array::from(fields)).ok()
    }

    fn changed(input: &HtmlInputElement) {
        if input.has_attribute("data-money") {
            input.set_value(&group(&input.value()));
        }
        if let Some(name) =
            input.closest("label.photo").ok().flatten().and_then(|label| label.query_selector("b").ok()?)
        {
            let Some(files) = input.files() else { return };
            let names: Vec<String> = (0..files.length()).filter_map(|place| Some(files.get(place)?.name())).collect();
            if !names.is_empty() {
                name.set_text_content(Some(&names.join(", ")));
            }
        }
    }

    /// Narrow no-break spaces between thousands; anything that is not digits stays for the error to speak about.
    fn group(text: &str) -> String {
        let digits: String = text.chars().filter(|sign| !sign.is_whitespace()).collect();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.to_owned();
        }
        let mut grouped = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push('\u{202f}');
            }
            grouped.push(digit);
        }
        grouped
    }

    fn submitted(event: &ev::SubmitEvent) {
        let Some(form) = target(event).and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) else { return };
        if form.method() != "post" {
            return;
        }
        if form.get_attribute("aria-busy").is_some() {
            // Pressed twice.
            event.prevent_default();
            return;
        }
        drop(form.set_attribute("aria-busy", "true"));
        if form.has_attribute("data-send") {
            event.prevent_default();
            let button = event.submitter();
            spawn_local(async move {
                if send(&form, button.as_ref()).await.is_none() {
                    // The server could not be asked; what was typed still stands there.
                    say_offline(&form);
                }
                drop(form.remove_attribute("aria-busy"));
            });
        }
    }

    /// Sends the form; an error is shown in its place, and everything entered stays as it is, chosen files included.
    async fn send(form: &HtmlFormElement, button: Option<&HtmlElement>) -> Option<()> {
        let fields = FormData::new_with_form(form).ok()?;
        if let Some((name, value)) =
            button.and_then(|button| button.get_attribute("name").zip(button.get_attribute("value")))
        {
            fields.append_with_str(&name, &value).ok()?;
        }
        let request = RequestInit::new();
        request.set_method("POST");
        if form.enctype() == "multipart/form-data" {
            request.set_body(&fields);
        } else {
            request.set_body(listed(&fields)?.as_ref());
        }
        let headers = js_sys::Object::new();
        js_sys::Reflect::set(&headers, &"x-quiet".into(), &"1".into()).ok()?;
        request.set_headers(&headers);
        let answer = fetch(&form.action(), &request).await.ok()?;
        if let Some(to) = answer.headers().get("x-go").ok()? {
            return window().location().set_href(&to).ok();
        }
        show_mistakes(form, &document_of(&answer).await?);
        Some(())
    }

    fn say_offline(form: &HtmlFormElement) {
        let Some(note) = form.query_selector("[data-offline]").ok().flatten() else { return };
        let line = document().create_element("p").ok();
        if let Some(line) = line {
            line.set_class_name("field-error");
            line.set_text_content(note.get_attribute("data-offline").as_deref());
            note.replace_children_with_node_1(&line);
        }
    }

    fn show_mistakes(form: &HtmlFormElement, fresh: &web_sys::Document) {
        for note in elements(form.query_selector_all("[id$='-note']")) {
            // Whoever is signed out is told so in the one place that every answer has.
            let above = || fresh.get_element_by_id("form-note").filter(|_| note.has_attribute("data-offline"));
            if let Some(other) = fresh.get_element_by_id(&note.id()).or_else(above) {
                note.set_inner_html(&other.inner_html());
            }
        }
        for field in elements(form.query_selector_all(".input[id]")) {
            let wrong = fresh.get_element_by_id(&field.id()).and_then(|other| other.get_attribute("aria-invalid"));
            drop(match wrong {
                Some(wrong) => field.set_attribute("aria-invalid", &wrong),
                None => field.remove_attribute("aria-invalid"),
            });
        }
        let first = form.query_selector("[aria-invalid], .notice").ok().flatten();
        if let Some(first) = first {
            first.scroll_into_view_with_bool(false);
            focus(first);
        }
    }
}
