//! The three languages, and texts that exist in several of them.

use serde::{Deserialize, Serialize};

words! {
    /// A language of customers and staff.
    Lang { Hy = "hy", Ru = "ru", En = "en" }
}

impl Lang {
    /// The language's own name, for switches.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Hy => "Հայերեն",
            Self::Ru => "Русский",
            Self::En => "English",
        }
    }

    /// From a tag such as `ru-RU`; anything else is none.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        tag.get(..2)?.to_ascii_lowercase().parse().ok()
    }

    /// The first language of an `Accept-Language` header that we speak.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Option<Self> {
        header.split(',').find_map(|part| Self::from_tag(part.trim()))
    }
}

/// A text in up to three languages; at least one is written where a text is required.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "orm", derive(sea_orm::FromJsonQueryResult))]
pub struct Localized {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hy: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ru: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub en: String,
}

impl Localized {
    #[must_use]
    pub fn same(text: &str) -> Self {
        Self { hy: text.to_owned(), ru: text.to_owned(), en: text.to_owned() }
    }

    fn exact(&self, lang: Lang) -> &str {
        match lang {
            Lang::Hy => &self.hy,
            Lang::Ru => &self.ru,
            Lang::En => &self.en,
        }
    }

    /// In the wanted language, else Armenian, Russian, English: whichever is written first.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        [lang, Lang::Hy, Lang::Ru, Lang::En].into_iter().map(|l| self.exact(l)).find(|t| !t.is_empty()).unwrap_or("")
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        Lang::ALL.iter().all(|l| self.exact(*l).is_empty())
    }

    /// This and another text behind it, language by language.
    #[must_use]
    pub fn and(&self, between: &str, other: &Self) -> Self {
        let both = |lang| [self.get(lang), between, other.get(lang)].concat();
        Self { hy: both(Lang::Hy), ru: both(Lang::Ru), en: both(Lang::En) }
    }

    /// Whether it is said like this in any language.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        !text.is_empty() && Lang::ALL.iter().any(|l| self.exact(*l) == text)
    }

    /// The longest of its texts, in characters.
    #[must_use]
    pub fn longest(&self) -> usize {
        Lang::ALL.iter().map(|l| self.exact(*l).chars().count()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fallback_and_tags() {
        let name = Localized { ru: "Кофе".into(), ..Default::default() };
        assert_eq!(name.get(Lang::En), "Кофе");
        let both = name.and(", ", &Localized { hy: "մեծ".into(), en: "large".into(), ..Default::default() });
        assert_eq!((&*both.hy, &*both.ru, &*both.en), ("Кофе, մեծ", "Кофе, մեծ", "Кофе, large"));
        assert!(name.says("Кофе") && !name.says("") && !name.says("Чай"));
        assert_eq!(Lang::from_tag("RU-ru"), Some(Lang::Ru));
        assert_eq!(Lang::from_tag("d"), None);
        assert_eq!(Lang::from_accept_language("de-DE, en;q=0.8, ru;q=0.5"), Some(Lang::En));
    }
}
