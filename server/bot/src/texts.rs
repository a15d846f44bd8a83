//! The bot's words in three languages.

use std::sync::LazyLock;

pub(crate) use domain::html::escape;
use domain::{Lang, texts::Texts};

static ALL: LazyLock<[Texts; 3]> = LazyLock::new(|| {
    [include_str!("../locales/hy.json"), include_str!("../locales/ru.json"), include_str!("../locales/en.json")]
        .map(|json| Texts::parse(json).unwrap_or_default())
});

/// The dictionary of a language.
pub(crate) fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::Hy => &ALL[0],
        Lang::Ru => &ALL[1],
        Lang::En => &ALL[2],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn keys(lang: Lang) -> BTreeSet<String> {
        texts(lang).keys().map(str::to_owned).collect()
    }

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn every_language_says_everything() {
        assert!(keys(Lang::Hy).len() > 50);
        for lang in [Lang::Ru, Lang::En] {
            assert_eq!(keys(lang), keys(Lang::Hy));
            for key in keys(lang) {
                let (ours, theirs) = (texts(lang).get(&key), texts(Lang::Hy).get(&key));
                assert_eq!(placeholders(&ours), placeholders(&theirs), "{lang} {key}");
            }
        }
    }

    #[test]
    fn every_text_asked_for_is_written_and_every_written_one_is_asked_for() {
        let source = [
            include_str!("screens.rs"),
            include_str!("dialogue.rs"),
            include_str!("booking.rs"),
            include_str!("cart.rs"),
            include_str!("checkout.rs"),
            include_str!("code.rs"),
            include_str!("handing.rs"),
            include_str!("choose.rs"),
            include_str!("asking.rs"),
            include_str!("shelf.rs"),
            include_str!("ordered.rs"),
            include_str!("support.rs"),
            include_str!("answer.rs"),
            include_str!("club.rs"),
            include_str!("crew.rs"),
            include_str!("alert.rs"),
            include_str!("tell.rs"),
            include_str!("digest.rs"),
            include_str!("hooks.rs"),
            include_str!("poll.rs"),
            include_str!("speak.rs"),
            include_str!("receipt.rs"),
        ]
        .concat();
        for key in keys(Lang::Hy) {
            let by_status = ["status_", "command_", "alert_", "reason_", "weekday_", "content_"]
                .iter()
                .any(|family| key.starts_with(family));
            assert!(by_status || source.contains(&format!("\"{key}\"")), "{key} is written but never said");
        }
        for call in ["lang).get(\"", "lang).with(\"", "said(talk.lang, \"", "said(lang, \""] {
            for asked in source.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(asked.is_empty() || keys(Lang::Hy).contains(asked), "{asked} is said but not written");
            }
        }
    }
}
