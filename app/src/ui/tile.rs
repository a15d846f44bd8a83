//! The numbers of a day. Each leads to the rows it was counted from.

use super::{Icon, Text, Tone};
use leptos::prelude::*;

/// The row of tiles.
#[component]
pub fn Tiles(children: Children) -> impl IntoView {
    view! { <div class="tiles">{children()}</div> }
}

/// One number, already formatted; `note` says what it is made of, `tone` gives the note a shape.
#[component]
pub fn Tile(
    #[prop(into)] label: Text,
    #[prop(into)] value: Text,
    #[prop(into)] href: Text,
    #[prop(optional, into)] note: Option<Text>,
    #[prop(optional)] tone: Option<Tone>,
) -> impl IntoView {
    // Nine digits and a sign still fit, a size smaller.
    let long = value.chars().count() > 11;
    view! {
        <a class="tile" href=href>
            <span class="tile-label">{label}</span>
            <span class="tile-value" data-long=long>{value}</span>
            <span class="tile-note" data-tone=tone.map(Tone::name)>
                {tone.map(|tone| view! { <Icon glyph=tone.glyph() size="small"/> })}
                {note}
            </span>
        </a>
    }
}
