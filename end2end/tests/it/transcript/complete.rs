//! Every text that the bot has is heard in some conversation, in each language.

use std::fs;

use domain::{Lang, texts::Texts};

/// Texts that no conversation can bring about, each with its reason.
const UNHEARD: [(&str, &str); 0] = [];

fn folder(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All that was written down in a language.
fn heard(lang: Lang) -> String {
    let files = fs::read_dir(folder("tests/it/transcript/snapshots")).unwrap();
    let end = format!("__{lang}.snap");
    let of_lang = files.map(|file| file.unwrap().path()).filter(|path| path.to_string_lossy().ends_with(&end));
    of_lang.map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn texts(lang: Lang) -> Texts {
    let json = fs::read_to_string(folder(&format!("../server/bot/locales/{lang}.json"))).unwrap();
    Texts::parse(&json).unwrap()
}

/// Whether the text stands there by itself, on lines of its own or within one, with anything in the place of its values.
fn says(heard: &str, text: &str) -> bool {
    let text = text.replace('\n', "\n  ");
    let mut parts = text.split('{').enumerate().map(|(place, part)| match place {
        0 => part,
        _ => part.split_once('}').map_or(part, |(_, rest)| rest),
    });
    let first = parts.next().unwrap_or_default();
    let rest: Vec<_> = parts.collect();
    heard.match_indices(first).any(|(start, _)| {
        let alone = heard[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        alone && (follows(&heard[start + first.len()..], &rest))
    })
}

/// Each part after a value of at least one letter that does not end the line; and no word goes on behind the last.
fn follows(after: &str, parts: &[&str]) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return after.chars().next().is_none_or(|next| !next.is_alphanumeric());
    };
    let line = after.find('\n').unwrap_or(after.len());
    let reach = (line + part.len()).min(after.len());
    let reach = (reach..=after.len()).find(|end| after.is_char_boundary(*end)).unwrap_or(after.len());
    after[..reach]
        .match_indices(part)
        .any(|(at, found)| at > 0 && at <= line && follows(&after[at + found.len()..], rest))
}

#[test]
fn every_text_is_heard_in_every_language() {
    let mut missing = Vec::new();
    for lang in Lang::ALL {
        let (heard, texts) = (heard(*lang), texts(*lang));
        assert!(texts.keys().count() > 200 && heard.len() > 10_000, "{lang} was read");
        let unheard = |key: &&str| !says(&heard, &texts.get(key)) && UNHEARD.iter().all(|(known, _)| known != key);
        missing.extend(texts.keys().filter(unheard).map(|key| format!("{lang} {key}")));
    }
    assert!(missing.is_empty(), "said in no conversation: {missing:#?}");
}

#[test]
fn what_is_excused_is_written_and_unheard() {
    for (key, why) in UNHEARD {
        assert!(!why.is_empty() && texts(Lang::En).keys().any(|known| known == key), "{key}");
        assert!(!says(&heard(Lang::En), &texts(Lang::En).get(key)), "{key} is heard: it needs no excuse");
    }
}

#[test]
fn a_text_is_found_with_its_values_and_nowhere_else() {
    let heard = "← Order no. 7, <b>5 ֏</b>.\n  Pay here\n    [To the catalog] [Cart (2)]\n";
    for found in ["Order no. {number}, <b>{sum}</b>.", "Order no. {n}, <b>{s}</b>.\nPay here", "Cart", "[{all}]"] {
        assert!(says(heard, found), "{found}");
    }
    for not in ["Order no. {number}: {sum}", "Pay her", "Order no. {a} here", "he catalog", "Order no. 7{nothing}, <b>"]
    {
        assert!(!says(heard, not), "{not}");
    }
}
