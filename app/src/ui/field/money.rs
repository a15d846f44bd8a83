//! A sum as a person types it: digits, grouped; never a float, never interpreted here.

use super::super::Text;
use super::{Field, kept_input, note_of};
use leptos::prelude::*;

/// A sum in whole units: grouped with narrow no-break spaces when left, so whoever reads it must [`ungroup`] first.
#[component]
pub fn MoneyInput(
    name: &'static str,
    #[prop(into)] label: Text,
    #[prop(default = "֏")] sign: &'static str,
    #[prop(optional)] value: Option<RwSignal<String>>,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(optional, into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let (kept, node) = kept_input(value);
    view! {
        <Field name=name label=label nostrip:aside=aside nostrip:help=help error=error>
            <div class="money" data-sign=sign>
                <input
                    class="input"
                    id=name
                    name=name
                    inputmode="numeric"
                    autocomplete="off"
                    maxlength="20"
                    node_ref=node
                    value=group(&kept.get_untracked())
                    aria-describedby=note_of(name)
                    aria-invalid=move || error.get().map(|_| "true")
                    on:input=move |event| kept.set(event_target_value(&event))
                    on:change=move |_| kept.update(|text| *text = group(text))
                />
            </div>
        </Field>
    }
}

/// A sum as typed, without the spaces that group its digits.
#[must_use]
pub fn ungroup(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_whitespace()).collect()
}

/// Narrow no-break spaces between thousands; anything that is not digits stays as it was typed, for the error to speak about.
fn group(text: &str) -> String {
    let digits = ungroup(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{group, ungroup};

    #[test]
    fn sums_are_grouped_and_come_back() {
        assert_eq!(group("15000"), "15\u{202f}000");
        assert_eq!(group("15\u{202f}0000"), "150\u{202f}000");
        assert_eq!(group("123 456 789"), "123\u{202f}456\u{202f}789");
        assert_eq!(group("999"), "999");
        assert_eq!(group("12,5"), "12,5");
        assert_eq!(ungroup("15\u{202f}000 "), "15000");
    }
}
