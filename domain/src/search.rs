//! Words to search by: what is written anywhere, and what somebody types, folded the same way so that the two meet. No
//! database folds Armenian or Russian letters alike, so it is done here.

/// Longer words are found by their beginning.
const LONGEST: usize = 40;

/// The words of a text, in small letters, each once: letters and digits belong to a word, all else parts them.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = folded(text)
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LONGEST).collect())
        .collect();
    words.sort();
    words.dedup();
    words
}

/// `և` is also written as two letters, and `ё` as `е`.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('և', "եւ").replace('ё', "е")
}

/// The first text behind all those that begin with `word`, in the order of bytes.
#[must_use]
pub fn end_of(word: &str) -> String {
    // No letter stands behind it.
    [word, "\u{10ffff}"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_word_is_met_however_it_is_written() {
        assert_eq!(words("Անահիտ Սարգսյան"), ["անահիտ", "սարգսյան"]);
        assert_eq!(words("ԿԱՎ ԵՒ ՍՈՒՐՃ"), words("Կավ և Սուրճ"));
        assert_eq!(words("Артём"), words("АРТЕМ"));
        assert_eq!(words("@kate_99, Kate!"), ["99", "kate"]);
        assert_eq!(words("  ·  "), Vec::<String>::new());
        assert_eq!(words(&"ա".repeat(50)), ["ա".repeat(40)]);
    }

    #[test]
    fn a_beginning_ends_behind_all_its_words() {
        for word in ["ан", "անի", "a", "99"] {
            for longer in ["", "я", "ի", "zzzz", "\u{fffd}"] {
                let whole = [word, longer].concat();
                assert!(*word <= *whole && whole < end_of(word));
            }
        }
        assert!(*end_of("ан") < *"ао");
    }
}
