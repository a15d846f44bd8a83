//! The frame around every room, and the head and the way back of a room.

use super::{
    Glyph, Icon, Mark, Text,
    drawn::{self, Html},
    icon,
};
use leptos::prelude::*;

/// A room in the rail. `count` is what waits there for a person.
#[derive(Clone)]
pub struct Room {
    pub href: &'static str,
    pub label: Text,
    pub glyph: Glyph,
    pub count: u64,
}

/// Rooms of one kind of work.
#[derive(Clone)]
pub struct RoomGroup {
    pub title: Text,
    pub rooms: Vec<Room>,
}

/// Rail, top bar, phone bar and the room itself (the children), of the page at `path`. `most_used` (at most four) stand in the
/// phone's bar before `more`. `top` is what the top bar holds; `stripe` says that this is a demo.
#[component]
pub fn Frame(
    groups: Vec<RoomGroup>,
    most_used: Vec<Room>,
    path: String,
    #[prop(into)] more: Text,
    #[prop(into)] skip: Text,
    #[prop(into)] rooms: Text,
    #[prop(optional, into)] stripe: Option<Text>,
    top: AnyView,
    children: Children,
) -> impl IntoView {
    let groups = groups.into_iter().map(|group| {
        let rooms = group.rooms.into_iter().map(|room| rail_link(room, "rail-link", "rail", &path)).collect_view();
        view! { <div class="rail-group"><h2>{group.title}</h2>{rooms}</div> }
    });
    let groups = groups.collect_view();
    let most_used = most_used.into_iter().take(4).map(|room| rail_link(room, "", "bar", &path)).collect_view();
    view! {
        <a class="skip button" href="#main">{skip}</a>
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

/// `place` tells the two counts of a room apart.
fn rail_link(room: Room, class: &'static str, place: &str, path: &str) -> AnyView {
    let Room { href, label, glyph, count } = room;
    let current = lies_in(path, href).then_some("page");
    let id = [place, "-count", &href.replace('/', "-")].concat();
    let place = [("class", Some("rail-count-place")), ("id", Some(&*id)), ("data-live", drawn::flag(true))];
    let waits = |html: &mut Html| {
        if count > 0 {
            html.element("span", &[("class", Some("rail-count"))], |html| html.text(&count.to_string()));
        }
    };
    drawn::drawn(|html| {
        html.element("a", &[("class", Some(class)), ("href", Some(href)), ("aria-current", current)], |html| {
            icon::draw(html, glyph, "");
            html.element("span", &[], |html| html.text(&label));
            html.element("span", &place, waits);
        });
    })
}

/// A room is current on its own page and on every page below it; "/" only on itself.
fn lies_in(path: &str, room: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path == room || (room != "/" && path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/')))
}

/// The head of a room: title, the one number that matters, and the actions (the children), the primary one last.
#[component]
pub fn RoomHead(
    #[prop(into)] title: Text,
    #[prop(optional, into)] number: Option<Text>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="room-head" id="room-head" data-live=true>
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
        assert!(lies_in("/links/lnk_1?a=b", "/links"));
        assert!(!lies_in("/linkshop", "/links"));
    }
}
