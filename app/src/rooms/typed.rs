//! A form as it was typed, field by field; sums in whole units, as a person writes them.

use std::collections::HashMap;

use domain::{Currency, Lang, Localized, Moment, Money, moment::MINUTE};
use leptos::prelude::*;
use server::failure::Refusal;

use crate::{
    said::Wrong,
    texts::t,
    ui::{Text, TextInput},
};

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Typed(HashMap<String, String>);

impl From<Vec<(String, String)>> for Typed {
    fn from(fields: Vec<(String, String)>) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl Typed {
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(super) fn on(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    pub(super) fn localized(&self, name: &str) -> Localized {
        let own = |lang| self.get(&in_language(name, lang)).to_owned();
        Localized { hy: own(Lang::Hy), ru: own(Lang::Ru), en: own(Lang::En) }
    }

    pub(super) fn set_localized(&mut self, name: &str, text: &Localized) {
        for (lang, own) in Lang::ALL.iter().zip([&text.hy, &text.ru, &text.en]) {
            self.set(&in_language(name, *lang), own.clone());
        }
    }

    pub(super) fn set_sum(&mut self, name: &str, money: Option<Money>) {
        self.set(name, money.map(typed).unwrap_or_default());
    }

    /// # Errors
    /// `not_a_sum`.
    pub(super) fn sum(&self, field: &'static str, currency: Currency) -> Result<Option<i64>, Refusal> {
        sum(field, self.get(field), currency)
    }

    /// # Errors
    /// `not_a_number`.
    pub(super) fn number(&self, field: &'static str) -> Result<Option<i64>, Refusal> {
        match self.get(field).trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Refusal::field(field, "not_a_number")),
        }
    }
}

/// # Errors
/// `not_a_sum`.
pub(super) fn sum(field: &'static str, text: &str, currency: Currency) -> Result<Option<i64>, Refusal> {
    match text.trim() {
        "" => Ok(None),
        text => match Money::parse_major(text, currency) {
            Ok(money) => Ok(Some(money.amount_minor)),
            Err(_) => Err(Refusal::field(field, "not_a_sum")),
        },
    }
}

/// `2026-11-24T18:00` as a browser writes it, in the shop's zone.
///
/// # Errors
/// `time_unreadable`.
pub(super) fn local_time(field: &'static str, text: &str, offset_minutes: i32) -> Result<Moment, Refusal> {
    let seconds = if text.len() == 16 { ":00Z" } else { "Z" };
    let read = Moment::parse(&[text, seconds].concat()).map_err(|_| Refusal::field(field, "time_unreadable"))?;
    Ok(read.plus(-i64::from(offset_minutes) * MINUTE))
}

/// The field of one language: `name_hy`.
pub(super) fn in_language(name: &str, lang: Lang) -> String {
    [name, "_", lang.as_str()].concat()
}

/// A sum as a person would type it: without its sign and spaces.
pub(super) fn typed(money: Money) -> String {
    money.to_string().chars().filter(|c| c.is_ascii_digit() || *c == ',').collect()
}

/// A name in three languages, one below the other; one of them is enough.
pub(super) fn three_names(label: &'static str, form: &Typed, wrong: &Wrong) -> AnyView {
    let names = ["name_hy", "name_ru", "name_en"];
    let fields = Lang::ALL.iter().zip(names).map(|(lang, name)| {
        let (aside, value) = (Text::from(lang.own_name()), form.get(name).to_owned());
        view! { <TextInput name=name label=t(label) aside=aside value=value error=wrong.about("name") max_length=60/> }
    });
    view! {
        {fields.collect_view()}
        <p class="field-help">{t("products.language_help")}</p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_languages() {
        let fields = [("name_hy", "Սուրճ"), ("name_ru", "Кофе"), ("name_en", "Coffee"), ("visible", "on")];
        let form = Typed::from(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        let coffee = Localized { hy: "Սուրճ".into(), ru: "Кофе".into(), en: "Coffee".into() };
        assert_eq!(form.localized("name"), coffee);
        assert!(form.on("visible") && !form.on("digital_goods"));
    }

    #[test]
    fn times_are_typed_in_the_shops_zone() {
        assert_eq!(local_time("at", "2026-11-24T18:00", 240).unwrap().rfc3339(), "2026-11-24T14:00:00Z");
        let wrong = local_time("at", "tomorrow", 240).unwrap_err();
        assert_eq!((wrong.code, wrong.field), ("time_unreadable", Some("at")));
    }

    #[test]
    fn sums_come_back_as_they_can_be_typed() {
        assert_eq!(typed(Money::amd(1_500_000)), "15000");
        assert_eq!(typed(Money::amd(15_050)), "150,50");
    }
}
