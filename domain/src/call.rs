//! Calls to the merchant's own program, which gives what was bought: what its answers mean. Knows no network.

words! {
    /// How far a call has come.
    CallState {
        /// Promised, or tried in vain and to be tried again.
        Waiting = "waiting",
        /// The program has given it.
        Answered = "answered",
        /// It said no, or tries are used up: staff see to it.
        Refused = "refused",
    }
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Given,
    Refused,
    /// Nothing is known by it: the same is asked again under the same id.
    Later,
}

/// Timed out, already under way, too early, too many: that is no refusal.
#[must_use]
pub const fn heard(status: u16) -> Heard {
    match status {
        200..=299 => Heard::Given,
        408 | 409 | 425 | 429 => Heard::Later,
        400..=499 => Heard::Refused,
        _ => Heard::Later,
    }
}

/// The longest text that a customer can be told at once, characters.
pub const TEXT: usize = 4_096;

/// A text for the customer as it is told: what cannot be shown is left out, and what is too long is cut.
#[must_use]
pub fn text(given: &str) -> String {
    let whole: String = given.trim().chars().filter(|sign| *sign == '\n' || !sign.is_control()).collect();
    if whole.chars().count() <= TEXT {
        return whole;
    }
    whole.chars().take(TEXT - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_word_ends_it() {
        let table = [
            (200, Heard::Given),
            (204, Heard::Given),
            (301, Heard::Later),
            (400, Heard::Refused),
            (404, Heard::Refused),
            (408, Heard::Later),
            (409, Heard::Later),
            (410, Heard::Refused),
            (422, Heard::Refused),
            (425, Heard::Later),
            (429, Heard::Later),
            (500, Heard::Later),
            (503, Heard::Later),
        ];
        for (status, meant) in table {
            assert_eq!(heard(status), meant, "{status}");
        }
    }

    #[test]
    fn a_text_fits_one_message() {
        assert_eq!(text("  a\u{0}b\r\nc "), "ab\nc");
        let long = text(&"ա".repeat(TEXT + 1));
        assert_eq!((long.chars().count(), long.ends_with('…')), (TEXT, true));
        assert_eq!(text(&"a".repeat(TEXT)).len(), TEXT);
    }
}
