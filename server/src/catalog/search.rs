//! What to look for in the catalog, and the spellings under which a typed word may be written there.

use domain::{CategoryId, ProductId, product::ProductKind};

#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of a name in any language, or of the code.
    pub search: Option<String>,
    pub kind: Option<ProductKind>,
    pub visible: Option<bool>,
    /// Of this category; `Some(None)`: outside of all.
    pub category: Option<Option<CategoryId>>,
    /// Products that stand behind this one: the next page.
    pub after: Option<(i64, ProductId)>,
}

/// The patterns worth trying against a name whose Latin letters are made small.
///
/// SQLite folds no other alphabet, so Armenian and Russian words are tried as typed, small, and with a capital.
pub(super) fn patterns(words: &str) -> Vec<String> {
    let small = words.trim().to_lowercase();
    let mut letters = small.chars();
    let capital = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let mut all: Vec<String> = Vec::new();
    for spelling in [words.trim().to_owned(), small, capital] {
        let literal = spelling.to_ascii_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{literal}%");
        if !all.contains(&pattern) {
            all.push(pattern);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_tried_in_the_spellings_that_names_have() {
        assert_eq!(patterns(" Coffee "), ["%coffee%"]);
        assert_eq!(patterns("սուրճ"), ["%սուրճ%", "%Սուրճ%"]);
        assert_eq!(patterns("КОФЕ"), ["%КОФЕ%", "%кофе%", "%Кофе%"]);
        assert_eq!(patterns("100%_\\"), ["%100\\%\\_\\\\%"]);
    }
}
