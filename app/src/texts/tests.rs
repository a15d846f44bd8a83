//! The dictionaries hold the same keys, every key is used, and every key used is there; so is every refusal of the server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use domain::{
    Lang,
    broadcast::BroadcastState,
    journal::EntryKind,
    message::{Content, NotSent, ThreadState},
    payment::ReviewReason,
    product::ProductKind,
    question::QuestionKind,
    reconcile::Exception,
    refund::{Hindrance, RefundStatus},
    role::{Permission, Role},
};

use server::reports::Step;

use super::dictionary;

fn keys(lang: Lang) -> BTreeSet<String> {
    dictionary(lang).keys().map(str::to_owned).collect()
}

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push(path);
        }
    }
}

fn read_all(folder: &str) -> String {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut all);
    all.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// What stands between double quotes, roughly: enough to find keys.
fn literals(source: &str) -> BTreeSet<String> {
    source.split('"').map(str::to_owned).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The codes that `Refusal`s of this source are made with.
fn codes(source: &str) -> BTreeSet<String> {
    let makers = ["Refusal::field(", "Refusal::new(", "Self::new(RefusalKind::"];
    let after = makers.iter().flat_map(|maker| source.split(*maker).skip(1));
    let made = after.filter_map(|rest| {
        let call = rest.split(')').next()?;
        call.split('"').skip(1).step_by(2).last()
    });
    let links = source.split('"').filter(|text| text.starts_with("link_"));
    let links = links.filter(|text| source.contains(&format!("=> \"{text}\",")));
    made.chain(links).filter(|code| is_word(code)).map(str::to_owned).collect()
}

/// The fields of a row of a file that can be wrong or differ.
const COLUMNS: [&str; 26] = [
    "amount",
    "category",
    "choices",
    "compare_at",
    "delivery",
    "digital",
    "donation",
    "expires_at",
    "external_order_id",
    "id",
    "kind",
    "label",
    "max_payments",
    "name",
    "price",
    "question",
    "question_kind",
    "question_required",
    "sku",
    "stock",
    "text",
    "times",
    "title",
    "variant",
    "visible",
    "words",
];

fn families() -> BTreeSet<String> {
    let reasons = ReviewReason::ALL.iter().map(|reason| format!("review.{reason}"));
    let kinds = ProductKind::ALL.iter().map(|kind| format!("kind.{kind}"));
    let kinds = kinds.chain(QuestionKind::ALL.iter().map(|kind| format!("question.{kind}")));
    let kinds = kinds.chain(COLUMNS.iter().map(|column| format!("column.{column}")));
    let roles = Role::ALL.iter().map(|role| format!("role.{role}"));
    let roles = roles.chain(Permission::ALL.iter().map(|permission| format!("permission.{permission}")));
    let refunds =
        RefundStatus::ALL.iter().flat_map(|status| [format!("refund.{status}"), format!("refund_said.{status}")]);
    let refunds = refunds.chain(Hindrance::ALL.iter().map(|hindrance| format!("hindrance.{hindrance}")));
    let actions = server::staff::audit::ACTIONS.iter().map(|action| format!("audit_action.{action}"));
    let work = server::jobs::KINDS.iter().map(|kind| format!("work.{kind}"));
    let exceptions = Exception::ALL.iter();
    let exceptions = exceptions.flat_map(|kind| [format!("exception.{kind}"), format!("exception_short.{kind}")]);
    let actions = actions.chain(exceptions);
    let entries = EntryKind::ALL.iter().map(|kind| format!("entry.{kind}"));
    let actions = actions.chain(entries);
    let contents = Content::ALL.iter().filter(|content| **content != Content::Text);
    let messages = contents.map(|content| format!("content.{content}"));
    let messages = messages.chain(ThreadState::ALL.iter().map(|state| format!("thread.{state}")));
    let messages = messages.chain(NotSent::ALL.iter().map(|why| format!("not_sent.{why}")));
    let messages = messages.chain(BroadcastState::ALL.iter().map(|state| format!("broadcast.{state}")));
    let actions = actions.chain(messages);
    let steps = Step::ALL.iter().flat_map(|step| {
        let own = ["", "_why", "_do"].map(|part| format!("start.{}{part}", step.word()));
        // Where the program is reached is decided at its start, not here.
        own.into_iter().filter(|key| *step != Step::Address || !key.ends_with("_do"))
    });
    let actions = actions.chain(steps);
    reasons.chain(kinds).chain(roles).chain(refunds).chain(actions).chain(work).collect()
}

#[test]
fn the_three_languages_say_the_same_things() {
    let hy = keys(Lang::Hy);
    assert!(hy.len() > 100);
    assert_eq!(hy, keys(Lang::Ru));
    assert_eq!(hy, keys(Lang::En));
}

#[test]
fn every_key_used_is_written_and_every_key_written_is_used() {
    let written = keys(Lang::En);
    let rooms: BTreeSet<&str> = written.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    let is_key = |text: &String| {
        let parts = text.split_once('.');
        parts.is_some_and(|(room, name)| {
            rooms.contains(room) && is_word(name) && !matches!(name, "rs" | "css" | "js" | "svg" | "png")
        })
    };
    let used: BTreeSet<String> = literals(&read_all("src")).into_iter().filter(is_key).collect();
    let missing: Vec<_> = used.difference(&written).collect();
    assert!(missing.is_empty(), "not in the dictionaries: {missing:?}");
    let known = families();
    let left: Vec<_> =
        written.difference(&used).filter(|key| !known.contains(*key) && !key.starts_with("refusal.")).collect();
    assert!(left.is_empty(), "used nowhere: {left:?}");
    assert!(known.is_subset(&written), "{:?}", known.difference(&written));
}

#[test]
fn every_refusal_can_be_said() {
    let written = keys(Lang::En);
    let codes = codes(&(read_all("../server/src") + &read_all("src")));
    assert!(codes.contains("sold_out") && codes.contains("link_expired") && codes.contains("not_a_sum"));
    let missing: Vec<_> = codes.iter().filter(|code| !written.contains(&format!("refusal.{code}"))).collect();
    assert!(missing.is_empty(), "no words for: {missing:?}");
}
