//! Texts of the interface by key, in three dictionaries. A missing key shows itself as the key.

use std::sync::OnceLock;

use domain::{Lang, texts::Texts};

use crate::ui::Text;

const FILES: [(Lang, &str); 3] = [
    (Lang::Hy, include_str!("../locales/hy.json")),
    (Lang::Ru, include_str!("../locales/ru.json")),
    (Lang::En, include_str!("../locales/en.json")),
];

/// Short names of the days of the week, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] =
    ["weekday.mon", "weekday.tue", "weekday.wed", "weekday.thu", "weekday.fri", "weekday.sat", "weekday.sun"];

/// The text of `key` in the language of the page that is being drawn.
#[must_use]
pub fn t(key: &str) -> Text {
    dictionary(page_language()).find(key).map_or_else(|| Text::from(key.to_owned()), Text::Borrowed)
}

/// The text of `key` with each `{name}` replaced.
#[must_use]
pub fn t_with(key: &str, values: &[(&str, &str)]) -> Text {
    Text::from(say_with(page_language(), key, values))
}

fn page_language() -> Lang {
    leptos::prelude::use_context().unwrap_or(Lang::Hy)
}

/// A file that cannot be read is empty, so every key would show itself; a test reads them all.
fn dictionary(lang: Lang) -> &'static Texts {
    static ALL: OnceLock<Vec<(Lang, Texts)>> = OnceLock::new();
    static NONE: OnceLock<Texts> = OnceLock::new();
    let all =
        ALL.get_or_init(|| FILES.iter().map(|(lang, json)| (*lang, Texts::parse(json).unwrap_or_default())).collect());
    let own = all.iter().find(|(own, _)| *own == lang).map(|(_, texts)| texts);
    own.unwrap_or_else(|| NONE.get_or_init(Texts::default))
}

/// The text of `key` in `lang`, where no page is being drawn.
pub(crate) fn say(lang: Lang, key: &str) -> String {
    dictionary(lang).get(key)
}

pub(crate) fn say_with(lang: Lang, key: &str, values: &[(&str, &str)]) -> String {
    dictionary(lang).with(key, values)
}

#[cfg(test)]
mod tests;
