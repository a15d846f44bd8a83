//! Negative controls: with one defence taken away, the tests of that rule must fail.
//!
//! This test binary runs itself again with `KHANUT_TEST_BREAK`, and only the named tests; a defence that nobody misses is a
//! hole in the tests.

use server::sabotage::Defence;
use tokio::process::Command;

/// The tests that must notice, on SQLite (as sure on the other, and twice as quick).
const fn guards(defence: Defence) -> &'static [&'static str] {
    match defence {
        Defence::AckAfterCommit => &["hooks::sqlite::an_uncommitted_delivery_is_never_acknowledged"],
        Defence::OnceKey => &["money::sqlite::sixty_four_copies_at_once_have_one_effect"],
        Defence::FullSync => &["storage::sqlite::a_commit_means_on_the_disk"],
        Defence::OnlyClimbs => {
            &["money::sqlite::paid_is_never_undone", "money::sqlite::any_order_of_events_ends_the_same"]
        }
        Defence::ProofMatches => &["money::sqlite::proof_that_does_not_match_goes_to_review"],
        Defence::SumGuard => &["refunds::sqlite::sixty_four_at_once_never_give_back_more_than_came"],
        Defence::MerchantWall => &["api::sqlite::another_merchants_objects_are_not_found"],
        Defence::StockCondition => &["money::sqlite::the_last_item_is_sold_once"],
    }
}

/// The names of the tests that failed.
async fn failures(defence: Option<Defence>, tests: &[&str]) -> Vec<String> {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.arg("--exact").args(tests).env("RUST_BACKTRACE", "0").env_remove("KHANUT_TEST_BREAK").kill_on_drop(true);
    if let Some(defence) = defence {
        again.env("KHANUT_TEST_BREAK", defence.word());
    }
    let output = again.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let ran = tests.iter().filter(|test| said.contains(&format!("test {test} ... "))).count();
    assert_eq!(ran, tests.len(), "the named tests are there: {said}");
    let failed = tests.iter().filter(|test| said.contains(&format!("test {test} ... FAILED")));
    failed.map(|test| (*test).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_defence_is_missed_when_it_is_gone() {
    // Inside a control the controls themselves are silent.
    if std::env::var_os("KHANUT_TEST_BREAK").is_some() {
        return;
    }
    for defence in Defence::ALL {
        let tests = guards(defence);
        assert_eq!(failures(Some(defence), tests).await, tests, "without {} these must fail", defence.word());
        assert_eq!(failures(None, tests).await, Vec::<String>::new(), "with {} they pass", defence.word());
    }
}
