//! Around a list: chips whose state is the address, and facts in two columns.

use super::Text;
use leptos::prelude::*;

/// A filter. `href` is the address with the filter turned on, or off when it is `current`.
#[component]
pub fn Chip(#[prop(into)] href: Text, #[prop(into)] text: Text, #[prop(optional)] current: bool) -> impl IntoView {
    view! { <a class="chip" href=href aria-current=current.then_some("true")><span>{text}</span></a> }
}

/// The list of [`Fact`]s about one thing. `stacked` puts each word above its value.
#[component]
pub fn Facts(#[prop(optional)] stacked: bool, children: Children) -> impl IntoView {
    view! { <dl class="facts" data-stacked=stacked>{children()}</dl> }
}

/// One word and its value.
#[component]
pub fn Fact(#[prop(into)] label: Text, children: Children) -> impl IntoView {
    view! {
        <dt>{label}</dt>
        <dd>{children()}</dd>
    }
}
