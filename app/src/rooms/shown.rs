//! What pieces of several rooms share: the pager, and facts. Drawn on the server only.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use super::story::Known;
use crate::{
    address,
    copy::copyable,
    texts::t,
    ui::{ButtonLink, Fact, Size, Text},
};

/// The way to the next rows, and back to the newest. `state` is that of the list: name and value, `before` among them.
pub(super) fn pager(path: &'static str, state: &[(&'static str, &str)], next: Option<String>) -> AnyView {
    let query: ParamsMap =
        state.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, (*value).to_owned())).collect();
    let later = query.get_str("before").is_some();
    if next.is_none() && !later {
        return ().into_any();
    }
    let way = |before: &str, key: &'static str| {
        let href = address::page(path, &query, before);
        view! { <ButtonLink href=Text::from(href) size=Size::Small>{t(key)}</ButtonLink> }
    };
    let newest = later.then(|| way("", "list.newest"));
    let older = next.map(|next| way(&next, "list.older"));
    view! {
        <nav class="pager" aria-label=t("list.pages")><span></span><div class="button-row">{newest} {older}</div></nav>
    }
    .into_any()
}

/// One fact, as a page shows it.
pub(super) fn known(fact: Known) -> AnyView {
    let value = match (fact.copy, fact.href) {
        (true, _) => copyable(fact.value, false),
        (false, Some(href)) => view! { <a href=href>{fact.value}</a> }.into_any(),
        (false, None) => fact.value.into_any(),
    };
    view! { <Fact label=Text::from(fact.label)>{value}</Fact> }.into_any()
}
