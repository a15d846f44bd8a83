//! Texts of the interface by key. The server holds the three dictionaries; the browser is given one, as `window.khanutTexts`.
//! A missing key shows itself as the key.

use crate::ui::Text;

/// The text of `key` in the language of the page.
#[must_use]
pub fn t(key: &str) -> Text {
    Text::from(look_up(key))
}

/// The text of `key` with each `{name}` replaced.
#[must_use]
pub fn t_with(key: &str, values: &[(&str, &str)]) -> Text {
    Text::from(fill(look_up(key), values))
}

fn fill(text: String, values: &[(&str, &str)]) -> String {
    values.iter().fold(text, |text, (name, value)| text.replace(&["{", name, "}"].concat(), value))
}

#[cfg(feature = "ssr")]
pub(crate) use server_side::{say, say_with};

#[cfg(feature = "ssr")]
fn look_up(key: &str) -> String {
    server_side::say(leptos::prelude::use_context().unwrap_or(domain::Lang::Hy), key)
}

#[cfg(feature = "ssr")]
mod server_side {
    use std::sync::OnceLock;

    use domain::{Lang, texts::Texts};

    const FILES: [(Lang, &str); 3] = [
        (Lang::Hy, include_str!("../locales/hy.json")),
        (Lang::Ru, include_str!("../locales/ru.json")),
        (Lang::En, include_str!("../locales/en.json")),
    ];

    /// A file that cannot be read is empty, so every key would show itself; a test reads them all.
    pub(super) fn dictionary(lang: Lang) -> &'static Texts {
        static ALL: OnceLock<Vec<(Lang, Texts)>> = OnceLock::new();
        static NONE: OnceLock<Texts> = OnceLock::new();
        let all = ALL
            .get_or_init(|| FILES.iter().map(|(lang, json)| (*lang, Texts::parse(json).unwrap_or_default())).collect());
        let own = all.iter().find(|(own, _)| *own == lang).map(|(_, texts)| texts);
        own.unwrap_or_else(|| NONE.get_or_init(Texts::default))
    }

    /// The text of `key` in `lang`, where no page is being rendered.
    pub(crate) fn say(lang: Lang, key: &str) -> String {
        dictionary(lang).get(key)
    }

    pub(crate) fn say_with(lang: Lang, key: &str, values: &[(&str, &str)]) -> String {
        dictionary(lang).with(key, values)
    }
}

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
fn look_up(key: &str) -> String {
    use wasm_bindgen::JsValue;
    thread_local! {
        static GIVEN: JsValue = js_sys::Reflect::get(&js_sys::global(), &"khanutTexts".into()).unwrap_or_default();
    }
    let found = GIVEN.with(|texts| js_sys::Reflect::get(texts, &key.into()).ok());
    found.and_then(|text| text.as_string()).unwrap_or_else(|| key.to_owned())
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
fn look_up(key: &str) -> String {
    key.to_owned()
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
