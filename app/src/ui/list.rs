//! Around a list: chips and tabs whose state is the address, and facts in two columns.

use super::Text;
use leptos::prelude::*;

/// A filter. `href` is the address with the filter turned on, or off when it is `current`.
#[component]
pub fn Chip(
    #[prop(into)] href: Signal<String>,
    #[prop(into)] text: Text,
    #[prop(optional, into)] current: Signal<bool>,
    #[prop(optional, into)] count: Option<Text>,
) -> impl IntoView {
    view! {
        <a class="chip" href=move || href.get() aria-current=move || current.get().then_some("true")>
            {text}
            {count.map(|count| view! { <small>{count}</small> })}
        </a>
    }
}

/// A saved view.
#[component]
pub fn Tab(
    #[prop(into)] href: Signal<String>,
    #[prop(into)] text: Text,
    #[prop(optional, into)] current: Signal<bool>,
) -> impl IntoView {
    view! { <a class="tab" href=move || href.get() aria-current=move || current.get().then_some("page")>{text}</a> }
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
