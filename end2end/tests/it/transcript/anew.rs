//! The program ends in the middle of every conversation, before and after each update is stored, and begins again with nothing
//! but its database, on either one: every word is the same as if nothing had been.

use std::collections::BTreeSet;

use domain::Lang;

use super::{Play, given, shopping, snags};
use crate::stage::On;

/// Where a conversation can stand (`server/bot/src/state.rs`).
const STATES: [&str; 11] =
    ["start", "time", "quantity", "sum", "question", "summary", "handing", "address", "code", "writing", "ordered"];

async fn told(on: On, lang: Lang) -> (String, BTreeSet<String>) {
    let (mut written, mut stood) = (String::new(), BTreeSet::new());
    for chapter in 0..3 {
        let mut play = Play::on(on, lang).await;
        play.stands = Some(BTreeSet::new());
        match chapter {
            0 => shopping::play(&mut play).await,
            1 => snags::play(&mut play).await,
            _ => given::play(&mut play).await,
        }
        written.push_str(&play.written);
        stood.extend(play.stands.unwrap());
    }
    (written, stood)
}

async fn is_as_ever(on: On) {
    let lang = Lang::En;
    let plain = [shopping::told(lang).await, snags::told(lang).await, given::told(lang).await].concat();
    let (written, stood) = told(on, lang).await;
    let first = plain.lines().zip(written.lines()).enumerate().find(|(_, (before, now))| before != now);
    assert_eq!(first, None, "the first line that differs");
    assert_eq!(plain.lines().count(), written.lines().count());
    let wanted: BTreeSet<String> = STATES.iter().map(|state| format!("{state:?}")).collect();
    assert_eq!(stood, wanted, "the program has ended at each of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    is_as_ever(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    is_as_ever(On::Postgres).await;
}
