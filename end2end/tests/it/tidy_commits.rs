//! Every commit of the program is one that a story dies at, or one of which is said why not.

use std::{collections::BTreeSet, fs, path::Path};

/// Where a death before or after the commit leaves nothing half done, and nothing that is owed.
const ALONE: &[(&str, &str)] = &[
    ("fulfilment::again::for_customer", "a message is work in the outbox, promised by one commit"),
    ("catalog::", "a change of the shelf is whole or not there, and nothing follows from it"),
    (
        "calls::ask::",
        "an answer that was lost is asked for again under the same id, and the fulfilment asks by the clock too",
    ),
    ("calls::set::", "a setting"),
    ("clubs::chat::joined", "a note of who came in, made again by the next request"),
    ("clubs::connect::", "a setting, and a note of what the bot may do"),
    ("clubs::end::", "the end and the work that it owes are one commit, and staff see whether it came to be"),
    ("clubs::exempt::", "a setting"),
    ("clubs::win_back::", "by the clock: who was not asked to come back is found again"),
    ("clubs::watch::", "by the clock: who was not reminded or removed is found again"),
    ("codes::", "codes are added or taken away whole, and who waits for them is tried by the clock too"),
    (
        "carts::",
        "each says where the cart is to end; its order comes once by its cause, and empties it in the same commit",
    ),
    ("crm::again::", "what is tried again and the work that it owes are one commit"),
    ("crm::connect::", "a setting, with the work that waits for it"),
    ("crm::past::", "for the demo"),
    ("customers::", "what is known of a person is learned again from the next message"),
    ("miniapp::enter", "as customers:: an order comes once by its cause"),
    ("shop::", "a setting is whole or not there"),
    ("staff::", "so is a member, a session or a password"),
    ("views::", "so is a kept view"),
    ("bots::add", "for the demo"),
    ("bots::connect::", "a setting"),
    ("bots::set_to", "a setting"),
    ("bots::set_trouble", "a note, made again by the next trouble"),
    ("api_keys::keep", "a key that nobody was shown opens nothing"),
    ("api_keys::note_use", "a note, made again by the next use"),
    ("api_keys::revoke", "a key is revoked or it is not, and its maker sees which"),
    ("api_keys::idempotency::forget_old", "by the clock: what is old is still old later"),
    ("api_keys::idempotency::release", "a key that is not given back is taken over after a minute"),
    ("endpoints::edit::", "a setting; by the API it is made once by its cause"),
    ("fiscal::connect::", "a setting; a request that it sends is counted as in doubt first"),
    ("fiscal::decide::", "what is decided and the work that it owes are one commit"),
    ("fiscal::past::", "for the demo"),
    ("endpoints::promise::", "what is sent once more is work in the outbox"),
    ("payments::accounts::", "for the demo"),
    ("promos::edit::", "a code is made or it is not, and a use of it commits with the goods of its order"),
    ("payments::check::tell_of_silence", "said once a day by its key"),
    ("payments::check::count", "a counter of look-ups"),
    ("payments::check::noted", "a line of who asked, with nothing beside it"),
    ("payments::say_again::", "a message is work in the outbox, promised with the line that says who asked"),
    ("links::create::", "its once-key makes it once"),
    ("links::batch::", "a file is looked at first and written as a whole"),
    ("links::many::", "all or none, and the same word again changes nothing more"),
    ("links::give_up", "given up again it ends the same, and what waits for a payment ends by the clock"),
    ("links::patch", "a setting"),
    ("links::page::open", "a counter of openings"),
    ("orders::step::", "steps with their entries and messages are one commit, and the same press again moves nothing"),
    ("orders::remind::", "by the clock: who was not reminded is found again"),
    ("alerts::", "by the clock: what hangs is found again"),
    ("journal::promise_for_all", "by the clock: promised again at the next start"),
    ("journal::balance::", "by the clock: the books are compared again"),
    ("reconcile::run::stumbled", "a note, made again by the next try"),
    ("reports::", "a line about a file that was given"),
    ("broadcasts::", "broadcasts.rs ends a turn in the middle"),
    ("messages::", "a message is kept once per update, and an answer is work in the outbox"),
    ("bot::", "an update is handled again from its start"),
];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Of a line that opens a function, its name.
fn function(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fn ").filter(|(before, _)| !before.contains("//") && !before.contains('"'))?;
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    (line.len() - line.trim_start().len() <= 4 && end > 0).then(|| &rest[..end])
}

/// The functions that write, as their points are called; `root` is the module that `folder` holds.
fn writers(folder: &str, root: &str) -> BTreeSet<String> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(folder);
    let (mut all, mut found) = (Vec::new(), BTreeSet::new());
    sources(&base, &mut all);
    for (name, text) in all {
        let module = name.strip_prefix(base.to_str().unwrap()).unwrap().trim_start_matches('/');
        let module = module.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        if ["demo", "seed", "db", "scale"].iter().any(|own| module == *own || module.starts_with(&format!("{own}::"))) {
            continue;
        }
        let (mut own, mut writer) = (None, "");
        for line in text.lines().take_while(|line| !line.contains("#[cfg(test)]") || !module.contains("::")) {
            if let Some(of) = line.strip_prefix("impl ") {
                own = of.split([' ', '<']).next().map(str::to_owned);
            } else if line == "}" {
                own = None;
            }
            writer = function(line).unwrap_or(writer);
            let writes = [".write(", ".write_quietly("].iter().any(|call| line.contains(call));
            if writes && !line.contains("book.write(") && !line.contains(".write()") && !module.ends_with("tests") {
                let place = own.as_ref().map_or_else(String::new, |own| format!("::{own}"));
                found.insert(format!("{root}{module}{place}::{writer}"));
            }
        }
    }
    found
}

#[test]
fn every_commit_is_died_at_by_a_story() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut stories = Vec::new();
    sources(&here, &mut stories);
    let stories: String =
        stories.into_iter().filter(|(name, _)| name.contains("/crash_")).map(|(_, text)| text).collect();
    let mut all = writers("server/src", "");
    all.extend(writers("server/bot/src", "bot::"));
    assert!(all.len() > 80 && all.contains("jobs::work::Workers::turn"), "the commits are found: {all:#?}");
    let wanted =
        |writer: &str| ["before", "after"].iter().any(|when| stories.contains(&format!("\"commit:{writer}:{when}\"")));
    let alone = |writer: &str| ALONE.iter().any(|(part, _)| writer.starts_with(part));
    let missing: Vec<_> = all.iter().filter(|writer| !wanted(writer) && !alone(writer)).collect();
    assert!(
        missing.is_empty(),
        "no story dies at the commits of {missing:#?}; want them in a story, or say in ALONE why not"
    );
    for (part, _) in ALONE {
        assert!(all.iter().any(|writer| writer.starts_with(part)), "{part} writes no more");
    }
}
