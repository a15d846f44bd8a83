//! The document around a page: its style, the frame of the dashboard, and what wakes its islands. Nothing inline that the
//! policy would have to allow by more than the page's nonce.

use domain::Lang;
use leptos::prelude::*;
use server::reports::Step;

use super::{Desk, SiteNames, flash::Flash};
use crate::{
    islands::Awake,
    rooms::frame,
    ui::{Icon, Text},
};

/// Fonts that the first screen needs, by language.
const fn fonts(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::Hy => &["fonts/inter-latin.woff2", "fonts/noto-sans-armenian.woff2"],
        Lang::Ru => &["fonts/inter-latin.woff2", "fonts/inter-cyrillic.woff2"],
        Lang::En => &["fonts/inter-latin.woff2"],
    }
}

fn head(names: &SiteNames, lang: Lang, style: &str, title: String) -> AnyView {
    let preload = fonts(lang).iter().map(|font| {
        view! { <link rel="preload" href=names.url(font) r#as="font" type="font/woff2" crossorigin=""/> }
    });
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
        <meta name="robots" content="noindex"/>
        <title>{title}</title>
        <link rel="stylesheet" href=names.url(style)/>
        <link rel="icon" href=names.url("favicon.svg")/>
        {preload.collect_view()}
    }
    .into_any()
}

/// What stands around a room's own content.
pub(crate) struct Around<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) title: &'a str,
    /// What live pages compare with what they are told.
    pub(crate) number: i64,
    /// What waits for a person.
    pub(crate) waiting: u64,
    /// Conversations that wait for an answer.
    pub(crate) unanswered: u64,
    pub(crate) flash: Option<&'a Flash>,
    /// How far the shop has come, on the pages where it is set up.
    pub(crate) guide: Option<&'a [(Step, bool)]>,
    pub(crate) nonce: &'a str,
}

/// Wakes the islands, outermost first; none lies within another. What only few pages need comes after, and only there.
fn wake(names: &SiteNames) -> String {
    let (script, wasm, drag) = (names.url("khanut.js"), names.url("khanut_bg.wasm"), names.url("drag.js"));
    [
        "import * as m from \"",
        &script,
        "\"; Object.assign(window, { __RESOLVED_RESOURCES: [], __SERIALIZED_ERRORS: [], __INCOMPLETE_CHUNKS: [] }); ",
        "await m.default({ module_or_path: \"",
        &wasm,
        "\" }); m.hydrate(); document.querySelectorAll(\"leptos-island\").forEach((i) => m[i.dataset.component](i)); ",
        "if (document.querySelector(\"[data-arrange]\")) await import(\"",
        &drag,
        "\"); document.documentElement.dataset.awake = \"true\";",
    ]
    .concat()
}

/// A page of the dashboard.
pub(super) fn document(around: &Around<'_>, body: AnyView) -> String {
    let desk = around.desk;
    let names = &desk.faces.names;
    let (script, wasm) = (names.url("khanut.js"), names.url("khanut_bg.wasm"));
    let nonce = around.nonce.to_owned();
    let theme = (!desk.theme.is_empty()).then_some(desk.theme);
    let title = [around.title, " · ", desk.shop.name.get(desk.lang)].concat();
    let page = view! {
        <!DOCTYPE html>
        <html lang=desk.lang.as_str() data-theme=theme>
            <head>
                {head(names, desk.lang, "main.css", title)}
                <link rel="modulepreload" href=script nonce=nonce.clone()/>
                <link rel="preload" href=wasm r#as="fetch" type="application/wasm" crossorigin=""/>
                <script type="module" nonce=nonce inner_html=wake(names)></script>
            </head>
            <body>
                {frame::dashboard(around, body)}
                <div class="toasts" role="status" aria-live="polite">{around.flash.map(toast)}</div>
                <Awake/>
            </body>
        </html>
    };
    page.into_any().to_html()
}

fn toast(flash: &Flash) -> AnyView {
    let text = Text::from(flash.text.clone());
    view! { <div class="toast"><Icon glyph=flash.tone.glyph()/><p>{text}</p></div> }.into_any()
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
            <head>{head(names, lang, style, title)}{more}</head>
            <body>{body}</body>
        </html>
    };
    page.into_any().to_html()
}
