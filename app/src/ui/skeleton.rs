//! The shape of what is still coming, so that nothing jumps when it comes.

use leptos::prelude::*;

fn bone(width: &'static str) -> impl IntoView {
    view! { <span class="bone" data-width=width></span> }
}

fn shape(kind: &'static str) -> impl IntoView {
    view! { <span class="bone" data-kind=kind></span> }
}

/// A table of main, sum, status and time.
#[component]
pub fn TableSkeleton(#[prop(default = 8)] rows: usize) -> impl IntoView {
    let row = |_| {
        view! {
            <tr>
                <td data-cell="main">{bone("long")}</td>
                <td data-cell="sum">{bone("short")}</td>
                <td data-cell="status">{shape("badge")}</td>
                <td data-cell="meta">{bone("half")}</td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap" aria-hidden="true">
            <table class="table" data-bones=true><tbody>{(0..rows).map(row).collect_view()}</tbody></table>
        </div>
    }
}

/// The numbers of the overview.
#[component]
pub fn TilesSkeleton(#[prop(default = 4)] tiles: usize) -> impl IntoView {
    let tile = |_| view! { <div class="tile">{bone("half")} {shape("number")} {bone("short")}</div> };
    view! { <div class="tiles" aria-hidden="true">{(0..tiles).map(tile).collect_view()}</div> }
}

/// A payment or an order before its story is known.
#[component]
pub fn StorySkeleton() -> impl IntoView {
    let item = |_| {
        view! {
            <li class="timeline-item">
                {shape("knot")}
                <div class="timeline-body stack-tight">{bone("long")} {bone("short")}</div>
            </li>
        }
    };
    view! {
        <div aria-hidden="true">
            <div class="story-head"><div>{shape("number")} {bone("half")}</div></div>
            <ol class="timeline">{(0..5).map(item).collect_view()}</ol>
        </div>
    }
}

/// Products on their shelf.
#[component]
pub fn ShelfSkeleton(#[prop(default = 8)] products: usize) -> impl IntoView {
    let product = |_| {
        view! {
            <div class="product">{shape("picture")}<div class="product-body">{bone("long")} {bone("short")}</div></div>
        }
    };
    view! { <div class="shelf" aria-hidden="true">{(0..products).map(product).collect_view()}</div> }
}
