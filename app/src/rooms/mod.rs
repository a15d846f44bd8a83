//! The rooms of the dashboard and the frame around them. Each room has its page (`mod.rs`) and its functions (`calls.rs`).

mod frame;
mod links;
mod overview;
mod payments;
mod products;
#[cfg(feature = "ssr")]
mod shown;
mod story;
mod webhooks;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    params::ParamsMap,
    path,
};

use crate::{
    address, copy,
    error::not_found,
    here::Here,
    live::Live,
    texts::t,
    ui::{Chip, TableSkeleton, ToastArea, Toasts},
};

/// The dashboard, for a signed-in person.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // Without a person there is nothing to show: the server sends strangers to the door.
    let Some(here) = Here::read() else { return ().into_any() };
    Live::provide(&here);
    provide_context(here);
    copy::listen();
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

/// Filters of a list: (value in the address, key of its text), the first one for no filter.
fn chips(
    path: &'static str,
    name: &'static str,
    all: &'static [(&'static str, &'static str)],
    query: Memo<ParamsMap>,
) -> AnyView {
    let chip = move |(value, key): &(&'static str, &'static str)| {
        let (value, key) = (*value, *key);
        let href = Signal::derive(move || query.with(|query| address::with(path, query, name, value)));
        let current = Signal::derive(move || query.with(|query| query.get_str(name).unwrap_or_default() == value));
        view! { <Chip href=href text=t(key) current=current/> }
    };
    all.iter().map(chip).collect_view().into_any()
}

fn table_skeleton() -> AnyView {
    view! { <TableSkeleton/> }.into_any()
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
