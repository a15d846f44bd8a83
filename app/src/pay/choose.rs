//! What a customer chooses and answers on a page before paying: a variant, a time, the shop's questions.

use domain::{Currency, Day, Lang, Moment, Money, product::ProductKind, question::QuestionKind};
use leptos::prelude::*;
use server::{
    catalog::{questions::Question, slots::Slot, variants::Variant},
    links::{Choices, LinkPage},
};

use super::view::Filled;
use crate::{
    texts::{WEEKDAYS, t, t_with},
    ui::Text,
};

/// What there is to choose, and what of.
pub(crate) struct Offer<'a> {
    pub(crate) choices: &'a Choices,
    pub(crate) kind: Option<ProductKind>,
    pub(crate) currency: Currency,
    pub(crate) utc_offset_minutes: i32,
}

impl<'a> Offer<'a> {
    pub(super) const fn of(page: &'a LinkPage) -> Self {
        let (choices, kind, currency) = (&page.choices, page.kind, page.link.currency);
        Self { choices, kind, currency, utc_offset_minutes: page.utc_offset_minutes }
    }
}

/// The variants, each with its price; one that is sold out cannot be chosen.
pub(crate) fn variants(offer: &Offer<'_>, lang: Lang, filled: &Filled) -> Option<AnyView> {
    let all = offer.choices.variants.as_ref()?;
    let kind = offer.kind?;
    let rows = all.iter().map(|variant| {
        let chosen = variant.id.as_str() == filled.variant;
        let gone = variant.most(kind) == 0;
        view! {
            <label class="pay-way" data-gone=gone.then_some("true")>
                <input type="radio" name="variant" value=variant.id.to_string() required=true checked=chosen disabled=gone/>
                <span>{variant.name.get(lang).to_owned()}</span>
                {price(offer, variant, gone)}
            </label>
        }
    });
    let error = filled.error.as_ref().and_then(|error| error.about("variant"));
    let view = view! {
        <fieldset class="pay-ways"><legend>{t("pay.variant")}</legend>{rows.collect_view()}</fieldset>
        <p class="pay-error">{error}</p>
    };
    Some(view.into_any())
}

fn price(offer: &Offer<'_>, variant: &Variant, gone: bool) -> AnyView {
    if gone {
        return view! { <small>{t("pay.sold_out")}</small> }.into_any();
    }
    let sum = |minor: i64| Money::new(minor, offer.currency).to_string();
    let was = variant.compare_at_minor.map(|minor| view! { <s>{sum(minor)}</s>" " });
    view! { <strong>{was}{sum(variant.price_minor)}</strong> }.into_any()
}

/// The shop's own questions.
pub(crate) fn questions(offer: &Offer<'_>, lang: Lang, filled: &Filled) -> AnyView {
    offer.choices.questions.iter().map(|one| question(one, lang, filled)).collect_view().into_any()
}

fn question(question: &Question, lang: Lang, filled: &Filled) -> AnyView {
    let id = question.id.to_string();
    let note = [&id, "-note"].concat();
    let wrong = filled.wrong_question.as_ref() == Some(&id);
    let error = filled.error.as_ref().filter(|_| wrong).map(|error| error.text.clone());
    let value = filled.answers.get(&id).cloned().unwrap_or_default();
    let optional = (!question.required).then(|| view! { " "<small>{t("common.optional")}</small> });
    let field = match question.kind {
        QuestionKind::Choice => choice(question, lang, &value, wrong, note.clone()),
        QuestionKind::Text => input(question, "text", "off", value, wrong, note.clone()),
        QuestionKind::Phone => input(question, "tel", "tel", value, wrong, note.clone()),
        QuestionKind::Email => input(question, "email", "email", value, wrong, note.clone()),
    };
    view! {
        <label class="pay-field"><span>{question.words.get(lang).to_owned()}{optional}</span>{field}</label>
        <p id=note class="pay-error">{error}</p>
    }
    .into_any()
}

fn input(
    question: &Question,
    kind: &'static str,
    autocomplete: &'static str,
    value: String,
    wrong: bool,
    note: String,
) -> AnyView {
    view! {
        <input
            class="pay-input"
            type=kind
            name=question.id.to_string()
            autocomplete=autocomplete
            maxlength="300"
            required=question.required
            value=value
            aria-invalid=wrong.then_some("true")
            aria-describedby=note
        />
    }
    .into_any()
}

fn choice(question: &Question, lang: Lang, value: &str, wrong: bool, note: String) -> AnyView {
    let options = question.choices.0.iter().map(|choice| {
        let words = choice.get(lang).to_owned();
        view! { <option value=words.clone() selected=choice.says(value)>{words.clone()}</option> }
    });
    view! {
        <select
            class="pay-input"
            name=question.id.to_string()
            required=question.required
            aria-invalid=wrong.then_some("true")
            aria-describedby=note
        >
            <option value="">{t("pay.choose")}</option>
            {options.collect_view()}
        </select>
    }
    .into_any()
}

/// `Sat 28.11.2026 15:00`, in the shop's zone and the page's language.
pub(crate) fn booked_at(at: Moment, offset_minutes: i32) -> Text {
    let weekday = t(WEEKDAYS[Day::of(at, offset_minutes).weekday()]);
    Text::from([&weekday, " ", &at.local(offset_minutes)].concat())
}

/// The times of a booking, day by day.
pub(crate) fn times(offer: &Offer<'_>, filled: &Filled) -> Option<AnyView> {
    let offset = offer.utc_offset_minutes;
    let days =
        offer.choices.slots.as_deref()?.chunk_by(|a, b| Day::of(a.starts_at, offset) == Day::of(b.starts_at, offset));
    let days = days.map(|slots| {
        let day = slots.first().map(|slot| Day::of(slot.starts_at, offset));
        let label = day.map(|day| [&t(WEEKDAYS[day.weekday()]), " ", &day.local()].concat());
        let times = slots.iter().map(|slot| time(slot, offset, &filled.slot)).collect_view();
        view! { <optgroup label=label>{times}</optgroup> }
    });
    let error = filled.error.as_ref().and_then(|error| error.about("slot"));
    let invalid = error.is_some().then_some("true");
    let view = view! {
        <label class="pay-field">
            <span>{t("pay.when")}</span>
            <select class="pay-input" name="slot" required=true aria-invalid=invalid aria-describedby="slot-note">
                <option value="">{t("pay.choose_time")}</option>
                {days.collect_view()}
            </select>
        </label>
        <p id="slot-note" class="pay-error">{error}</p>
    };
    Some(view.into_any())
}

fn time(slot: &Slot, offset_minutes: i32, chosen: &str) -> AnyView {
    let at = slot.starts_at.local_time(offset_minutes);
    let at = at.get(..5).unwrap_or_default();
    let (left, selected) = (slot.left().to_string(), chosen == slot.id.as_str());
    // How many are left matters where several may come.
    let words = match slot.places {
        1 => Text::from(at.to_owned()),
        _ => t_with("pay.time_left", &[("time", at), ("count", &left)]),
    };
    view! { <option value=slot.id.to_string() selected=selected>{words}</option> }.into_any()
}
