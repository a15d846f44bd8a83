//! A script that only some pages need: it is named where it is needed, and carries the nonce of the page that is drawn.

use leptos::prelude::*;

use super::SiteNames;

/// Given to every page while it is drawn.
#[derive(Clone)]
pub(super) struct PageScripts {
    pub(super) names: SiteNames,
    pub(super) nonce: String,
}

/// A file of `public/` as a module of this page.
pub(crate) fn script(name: &str) -> AnyView {
    let page = use_context::<PageScripts>();
    let tag = page.map(|page| {
        view! { <script type="module" nonce=page.nonce.clone() src=page.names.url(name)></script> }
    });
    tag.into_any()
}
