//! Pages of the dashboard, rendered whole before they are sent, and the functions they call once awake.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::role::Permission;
use leptos::prelude::*;
use server::{journal, reports, shop, staff::StaffMember};

use super::{Faces, door, shell::shell, visitor::Visitor};
use crate::{
    error::not_found,
    here::{Here, May},
    rooms::App,
    texts::say,
};

/// The paths of the rooms, as the router of the pages knows them.
pub(super) fn paths() -> Vec<String> {
    let (routes, _) = leptos_axum::generate_route_list_with_exclusions_and_ssg_and_context(App, None, || {
        provide_context(Here::default());
    });
    routes.iter().map(|route| route.path().to_owned()).collect()
}

pub(super) async fn page(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let Some(who) = &visitor.who else { return door::to_sign_in(request.uri()) };
    let here = match here(&faces, &visitor, who).await {
        Ok(here) => here,
        Err(failure) => {
            tracing::error!(%failure, "a page cannot be begun");
            return (StatusCode::SERVICE_UNAVAILABLE, say(visitor.lang, "error.broken")).into_response();
        }
    };
    let lang = visitor.lang;
    let context = context(&faces, &visitor, Some(&here));
    let document = move || shell(&faces, &here, lang);
    let mut response = leptos_axum::render_app_async_with_context(context, document)(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) async fn function(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let context = context(&faces, &visitor, None);
    let mut response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn context(faces: &Faces, visitor: &Visitor, here: Option<&Here>) -> impl Fn() + Clone + Send + Sync + 'static {
    let (faces, visitor, here) = (faces.clone(), visitor.clone(), here.cloned());
    move || {
        provide_context(faces.clone());
        provide_context(visitor.lang);
        provide_context(visitor.clone());
        if let Some(here) = &here {
            provide_context(here.clone());
        }
    }
}

async fn here(faces: &Faces, visitor: &Visitor, who: &StaffMember) -> server::failure::Outcome<Here> {
    let (db, merchant) = (&faces.services.db, &who.merchant_id);
    let shop = shop::get(db, merchant).await?;
    let may = |permission| who.role.may(permission);
    Ok(Here {
        shop: shop.name.get(visitor.lang).to_owned(),
        person: who.name.clone(),
        email: who.email.clone(),
        role: say(visitor.lang, &["role.", who.role.as_str()].concat()),
        lang: visitor.lang.as_str().to_owned(),
        theme: visitor.theme.to_owned(),
        demo: faces.options.demo,
        sign: shop.currency.sign().to_owned(),
        number: journal::last_number(db, merchant).await?,
        review: u32::try_from(reports::review_count(db, merchant).await?).unwrap_or(u32::MAX),
        may: May {
            edit_catalog: may(Permission::EditCatalog),
            edit_links: may(Permission::EditLinks),
            check_payments: may(Permission::CheckPayments),
            replay_webhooks: may(Permission::ReplayWebhooks),
        },
    })
}

/// Any address that leads nowhere.
pub(super) async fn lost(
    State(faces): State<Faces>,
    visitor: Option<Extension<Visitor>>,
    request: Request,
) -> Response {
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")));
    if !wants_page {
        return (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response();
    }
    let (lang, theme) = visitor.map_or((domain::Lang::Hy, ""), |Extension(visitor)| (visitor.lang, visitor.theme));
    let html = Owner::new().with(|| {
        provide_context(lang);
        let body = view! { <main class="main">{not_found()}</main> }.into_any();
        let title = say(lang, "not_found.title");
        super::standalone(&faces.names, lang, theme, title, "main.css", ().into_any(), body)
    });
    let mut response = (StatusCode::NOT_FOUND, axum::response::Html(html)).into_response();
    super::with_policy(response.headers_mut(), &super::nonce(), "'self'");
    response
}
