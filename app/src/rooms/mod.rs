//! The rooms of the dashboard and the frame around them. Each room has its page (`mod.rs`) and its functions (`calls.rs`).

mod frame;
mod links;
mod overview;
mod payments;
mod products;
mod story;
mod webhooks;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    error::not_found,
    here::Here,
    live::Live,
    ui::{ToastArea, Toasts},
};

/// The dashboard, for a signed-in person.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // Without a person there is nothing to show: the server sends strangers to the door.
    let Some(here) = Here::read() else { return ().into_any() };
    Live::provide(&here);
    provide_context(here);
    let toasts = Toasts::provide();
    view! {
        <Router>
            <frame::Dashboard>
                <FlatRoutes fallback=|| not_found().into_any()>
                    <Route path=path!("/") view=overview::Overview/>
                    <Route path=path!("/payments") view=payments::Payments/>
                    <Route path=path!("/payments/:id") view=story::Story/>
                    <Route path=path!("/links") view=links::Links/>
                    <Route path=path!("/links/new") view=links::NewLink/>
                    <Route path=path!("/links/:id") view=links::OneLink/>
                    <Route path=path!("/products") view=products::Products/>
                    <Route path=path!("/products/new") view=products::NewProduct/>
                    <Route path=path!("/products/:id") view=products::OneProduct/>
                    <Route path=path!("/webhooks") view=webhooks::Webhooks/>
                </FlatRoutes>
            </frame::Dashboard>
            <ToastArea toasts=toasts/>
        </Router>
    }
    .into_any()
}

/// The number of rows on a page of a list.
#[cfg(feature = "ssr")]
pub(crate) const PAGE: usize = 50;

/// One page of a list, and where the next begins.
#[cfg(feature = "ssr")]
pub(crate) fn paged<T>(mut rows: Vec<T>, id: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(id);
    (rows, next)
}
