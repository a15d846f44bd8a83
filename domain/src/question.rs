//! What a customer may be asked before paying, and which answers are sound. Knows no database and no words of its own.

use serde::{Deserialize, Serialize};

use crate::{Localized, limits};

words! {
    /// The kinds of question.
    QuestionKind { Text = "text", Choice = "choice", Phone = "phone", Email = "email" }
}

/// What may be chosen among.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "orm", derive(sea_orm::FromJsonQueryResult))]
pub struct Choices(pub Vec<Localized>);

/// Why an answer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadAnswer {
    Missing,
    TooLong,
    NotOffered,
    NotAPhone,
    NotAnEmail,
}

/// The answer as it is kept; none where none was given and none is needed. A choice is given by its words in any language.
///
/// # Errors
/// Why it is not taken.
pub fn answer(
    kind: QuestionKind,
    choices: &Choices,
    required: bool,
    given: &str,
) -> Result<Option<Localized>, BadAnswer> {
    let given = given.trim();
    if given.is_empty() {
        return if required { Err(BadAnswer::Missing) } else { Ok(None) };
    }
    if given.chars().count() > limits::ANSWER {
        return Err(BadAnswer::TooLong);
    }
    let kept = match kind {
        QuestionKind::Text => Localized::same(given),
        QuestionKind::Choice => {
            choices.0.iter().find(|choice| choice.says(given)).cloned().ok_or(BadAnswer::NotOffered)?
        }
        QuestionKind::Phone => Localized::same(&phone(given).ok_or(BadAnswer::NotAPhone)?),
        QuestionKind::Email if is_email(given) => Localized::same(given),
        QuestionKind::Email => return Err(BadAnswer::NotAnEmail),
    };
    Ok(Some(kept))
}

/// As it can be dialled: digits, with a plus before them where the person wrote one.
fn phone(given: &str) -> Option<String> {
    let spaced = |sign: char| matches!(sign, ' ' | '-' | '(' | ')' | '.' | '\u{a0}');
    let dialled: String = given.chars().filter(|sign| !spaced(*sign)).collect();
    let digits = dialled.strip_prefix('+').unwrap_or(&dialled);
    let fits = (8..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    fits.then_some(dialled)
}

/// Only what cannot be an address is refused: whether it is one shows when a letter arrives.
fn is_email(given: &str) -> bool {
    let Some((name, place)) = given.rsplit_once('@') else { return false };
    let inner = place.trim_matches('.').len() == place.len() && place.contains('.');
    let plain = !given.chars().any(|sign| sign.is_whitespace() || sign.is_control() || sign == ',');
    !name.is_empty() && inner && plain && given.len() <= limits::EMAIL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_by_kind() {
        use BadAnswer as B;
        use QuestionKind as K;
        let size = Localized { hy: "Մեծ".into(), ru: "Большой".into(), en: "Large".into() };
        let choices = Choices(vec![Localized::same("S"), size.clone()]);
        type Case<'a> = (K, bool, &'a str, Result<Option<&'a str>, B>);
        let table: [Case<'_>; 14] = [
            (K::Text, true, "  ", Err(B::Missing)),
            (K::Text, false, "", Ok(None)),
            (K::Text, true, " Անի ", Ok(Some("Անի"))),
            (K::Choice, true, "Large", Ok(Some("Մեծ"))),
            (K::Choice, true, "Большой", Ok(Some("Մեծ"))),
            (K::Choice, true, "XXL", Err(B::NotOffered)),
            (K::Phone, true, "+374 (91) 12-34-56", Ok(Some("+37491123456"))),
            (K::Phone, true, "091 123456", Ok(Some("091123456"))),
            (K::Phone, true, "+374", Err(B::NotAPhone)),
            (K::Phone, true, "call me", Err(B::NotAPhone)),
            (K::Email, true, "ani@mail.am", Ok(Some("ani@mail.am"))),
            (K::Email, true, "ani@mail", Err(B::NotAnEmail)),
            (K::Email, true, "@mail.am", Err(B::NotAnEmail)),
            (K::Email, true, "a b@mail.am", Err(B::NotAnEmail)),
        ];
        for (kind, required, given, wanted) in table {
            let kept = answer(kind, &choices, required, given);
            assert_eq!(
                kept.as_ref().map(|kept| kept.as_ref().map(|kept| &*kept.hy)),
                wanted.as_ref().copied(),
                "{given}"
            );
        }
        assert_eq!(answer(K::Text, &choices, true, &"ա".repeat(301)), Err(B::TooLong));
        assert_eq!(answer(K::Choice, &choices, true, "Մեծ"), Ok(Some(size)));
    }
}
