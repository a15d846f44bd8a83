//! The frame around every room, and the head and the way back of a room.

use super::{Glyph, Icon, Mark, Text};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A room in the rail. `count` is what waits there for a person.
#[derive(Clone)]
pub struct Room {
    pub href: &'static str,
    pub label: Text,
    pub glyph: Glyph,
    pub count: Signal<Option<u32>>,
}

/// Rooms of one kind of work.
#[derive(Clone)]
pub struct RoomGroup {
    pub title: Text,
    pub rooms: Vec<Room>,
}

/// Rail, top bar, phone bar and the room itself (the children). `most_used` (at most four) stand in the phone's bar before `more`.
/// `top` is what the top bar holds; `stripe` says that this is a demo.
#[component]
pub fn Frame(
    groups: Vec<RoomGroup>,
    most_used: Vec<Room>,
    #[prop(into)] more: Text,
    #[prop(into)] skip: Text,
    #[prop(into)] rooms: Text,
    #[prop(optional, into)] stripe: Option<Text>,
    top: AnyView,
    children: Children,
) -> impl IntoView {
    let groups = groups.into_iter().map(|group| {
        let rooms = group.rooms.into_iter().map(|room| rail_link(room, "rail-link")).collect_view();
        view! { <div class="rail-group"><h2>{group.title}</h2>{rooms}</div> }
    });
    let groups = groups.collect_view();
    let most_used = most_used.into_iter().take(4).map(|room| rail_link(room, "")).collect_view();
    leave_sheet_with_page();
    view! {
        <a class="skip button" href="#main" rel="external">{skip}</a>
        <div class="frame">
            {stripe.map(|stripe| view! { <div class="stripe" role="note">{stripe}</div> })}
            <nav class="rail" id=RAIL popover="auto" aria-label=rooms.clone()>
                <a class="rail-brand" href="/"><Mark/>"Khanut"</a>
                {groups}
            </nav>
            <header class="topbar">{top}</header>
            <main class="main" id="main" tabindex="-1">{children()}</main>
            <nav class="bottombar" aria-label=rooms>
                {most_used}
                <button type="button" popovertarget=RAIL><Icon glyph=Glyph::Menu/><span>{more}</span></button>
            </nav>
        </div>
    }
}

const RAIL: &str = "rail";

fn rail_link(room: Room, class: &'static str) -> impl IntoView {
    let Room { href, label, glyph, count } = room;
    let path = use_location().pathname;
    // A room is current on its own page and on every page below it; "/" only on itself.
    let current = move || path.with(|path| lies_in(path, href)).then_some("page");
    view! {
        <a class=class href=href aria-current=current>
            <Icon glyph=glyph/>
            <span>{label}</span>
            {move || count.get().map(|count| view! { <span class="rail-count">{count}</span> })}
        </a>
    }
}

fn lies_in(path: &str, room: &str) -> bool {
    path == room || (room != "/" && path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/')))
}

/// The phone's sheet of rooms closes when another page came.
#[cfg(feature = "hydrate")]
fn leave_sheet_with_page() {
    use wasm_bindgen::JsCast;
    let path = use_location().pathname;
    Effect::new(move |_| {
        path.track();
        let sheet = document().get_element_by_id(RAIL);
        let hide = sheet.as_ref().and_then(|sheet| js_sys::Reflect::get(sheet, &"hidePopover".into()).ok());
        if let (Some(sheet), Some(hide)) = (sheet, hide.and_then(|hide| hide.dyn_into::<js_sys::Function>().ok())) {
            // Refused when it is not open: nothing to close.
            drop(hide.call0(&sheet));
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn leave_sheet_with_page() {}

/// Whether new rows arrive by themselves.
#[component]
pub fn Live(#[prop(into)] on: Signal<bool>, #[prop(into)] yes: Text, #[prop(into)] no: Text) -> impl IntoView {
    view! {
        <span class="live" data-on=move || on.get().then_some("true") role="status">
            {move || if on.get() { yes.clone() } else { no.clone() }}
        </span>
    }
}

/// The head of a room: title, the one number that matters, and the actions (the children), the primary one last.
#[component]
pub fn RoomHead(
    #[prop(into)] title: Text,
    #[prop(optional, into)] number: Option<Text>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="room-head">
            <div class="room-title">
                <h1>{title}</h1>
                {number.map(|number| view! { <span class="room-number">{number}</span> })}
            </div>
            {children.map(|children| view! { <div class="room-actions">{children()}</div> })}
        </div>
    }
}

/// The way back, above a title.
#[component]
pub fn Crumb(#[prop(into)] href: Text, #[prop(into)] text: Text) -> impl IntoView {
    view! { <a class="crumb" href=href><Icon glyph=Glyph::ArrowLeft size="small"/>{text}</a> }
}

#[cfg(test)]
mod tests {
    use super::lies_in;

    #[test]
    fn a_room_knows_its_pages() {
        assert!(lies_in("/", "/"));
        assert!(!lies_in("/links", "/"));
        assert!(lies_in("/links/lnk_1", "/links"));
        assert!(!lies_in("/linkshop", "/links"));
    }
}
