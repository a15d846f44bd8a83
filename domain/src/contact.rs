//! By what a customer can be reached beside the chat, folded so that what was written and what is searched for meet.

words! {
    /// The kinds of contact.
    ContactKind { Phone = "phone", Email = "email" }
}

/// Shorter ends of a phone are too many people's.
const SHORTEST: usize = 5;
/// Of Armenia; written or not, and with a zero in its place at home.
const COUNTRY: &str = "374";

impl ContactKind {
    /// What a contact is known by.
    #[must_use]
    pub fn key(self, value: &str) -> String {
        match self {
            Self::Phone => local(&digits(value)),
            Self::Email => value.trim().to_lowercase(),
        }
    }
}

/// What the key of the contact begins with that a person means by the words typed; none where they mean something else.
#[must_use]
pub fn meant(typed: &str) -> Option<String> {
    let typed = typed.trim();
    if let Some((name, _)) = typed.split_once('@') {
        return (!name.is_empty() && !typed.contains(char::is_whitespace)).then(|| ContactKind::Email.key(typed));
    }
    let dialled = |sign: char| sign.is_ascii_digit() || matches!(sign, '+' | ' ' | '-' | '(' | ')' | '.' | '\u{a0}');
    let key = ContactKind::Phone.key(typed);
    (typed.chars().all(dialled) && key.len() >= SHORTEST).then_some(key)
}

fn digits(value: &str) -> String {
    value.chars().filter(char::is_ascii_digit).collect()
}

fn local(digits: &str) -> String {
    let bare = digits.strip_prefix("00").unwrap_or(digits);
    bare.strip_prefix(COUNTRY).or_else(|| bare.strip_prefix('0')).unwrap_or(bare).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_the_same_however_it_is_written() {
        for written in ["+374 91 12-34-56", "091123456", "00374 91 123456", "37491123456", "91 123456"] {
            assert_eq!(ContactKind::Phone.key(written), "91123456", "{written}");
            assert_eq!(meant(written).as_deref(), Some("91123456"), "{written}");
        }
        assert_eq!(meant("091 123").as_deref(), Some("91123"), "its beginning");
        assert_eq!(ContactKind::Phone.key("+7 916 123-45-67"), "79161234567");
    }

    #[test]
    fn words_that_are_no_contact_mean_none() {
        for typed in ["", "1042", "@kate", "Ani", "K1042-1", "15 000 ֏", "a b@mail.am"] {
            assert_eq!(meant(typed), None, "{typed}");
        }
        assert_eq!(meant(" Ani@Mail.am ").as_deref(), Some("ani@mail.am"));
        assert_eq!(meant("ani@").as_deref(), Some("ani@"));
    }
}
