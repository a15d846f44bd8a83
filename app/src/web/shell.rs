//! The document around a page: its style, its texts, and what wakes it. Nothing inline that the policy would have to allow
//! by more than the page's nonce.

use axum::http::{HeaderValue, header};
use domain::Lang;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;

use super::{Faces, SiteNames, guard};
use crate::{
    here::{ELEMENT, Here},
    rooms::App,
};

/// Fonts that the first screen needs, by language.
const fn fonts(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::Hy => &["fonts/inter-latin.woff2", "fonts/noto-sans-armenian.woff2"],
        Lang::Ru => &["fonts/inter-latin.woff2", "fonts/inter-cyrillic.woff2"],
        Lang::En => &["fonts/inter-latin.woff2"],
    }
}

fn head(names: &SiteNames, lang: Lang, style: &str) -> AnyView {
    let preload = fonts(lang).iter().map(|font| {
        view! { <link rel="preload" href=names.url(font) r#as="font" type="font/woff2" crossorigin=""/> }
    });
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
        <meta name="robots" content="noindex"/>
        <link rel="stylesheet" href=names.url(style)/>
        <link rel="icon" href=names.url("favicon.svg")/>
        {preload.collect_view()}
    }
    .into_any()
}

/// A page of the dashboard.
pub(super) fn shell(faces: &Faces, here: &Here, lang: Lang) -> AnyView {
    let nonce = use_nonce().map(|nonce| nonce.as_inner().to_string()).unwrap_or_default();
    if let Some(response) = use_context::<ResponseOptions>()
        && let Ok(policy) = HeaderValue::from_str(&guard::policy(&nonce, "'self'"))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    let names = &faces.names;
    let (script, wasm) = (names.url("khanut.js"), names.url("khanut_bg.wasm"));
    let texts = names.url(&["texts.", lang.as_str(), ".js"].concat());
    let wake = [
        "import init, { hydrate } from \"",
        &script,
        "\"; await init({ module_or_path: \"",
        &wasm,
        "\" }); hydrate();",
    ]
    .concat();
    let theme = (!here.theme.is_empty()).then(|| here.theme.clone());
    view! {
        <!DOCTYPE html>
        <html lang=lang.as_str() data-theme=theme>
            <head>
                {head(names, lang, "main.css")}
                <link rel="modulepreload" href=script nonce=nonce.clone()/>
                <link rel="preload" href=wasm r#as="fetch" type="application/wasm" crossorigin=""/>
                <script src=texts nonce=nonce.clone() defer=true></script>
                <script type="application/json" id=ELEMENT inner_html=as_data(here)></script>
                <script type="module" nonce=nonce inner_html=wake></script>
                <MetaTags/>
            </head>
            <body><App/></body>
        </html>
    }
    .into_any()
}

/// JSON that cannot leave its element.
fn as_data(here: &Here) -> String {
    serde_json::to_string(here).unwrap_or_default().replace('<', "\\u003c")
}

/// A page that needs no waking: plain HTML, rendered in one go. `theme` and `more` (head elements) may be empty.
pub(crate) fn standalone(
    names: &SiteNames,
    lang: Lang,
    theme: &'static str,
    title: String,
    style: &'static str,
    more: AnyView,
    body: AnyView,
) -> String {
    let page = view! {
        <!DOCTYPE html>
        <html lang=lang.as_str() data-theme=(!theme.is_empty()).then_some(theme)>
            <head>{head(names, lang, style)}<title>{title}</title>{more}</head>
            <body>{body}</body>
        </html>
    };
    page.into_any().to_html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_name_cannot_end_the_script() {
        let here = Here { shop: "</script><b>".into(), ..Here::default() };
        assert!(!as_data(&here).contains('<'));
        assert_eq!(serde_json::from_str::<Here>(&as_data(&here)).unwrap(), here);
    }
}
