//! Negative controls: the suite is worth its name only if it fails when a defence is missing.
//!
//! Each control runs the ordinary tests of a rule again, in a process that leaves out the one defence behind it
//! (`KHANUT_TEST_BREAK`), and wants every one of them to fail, at the check that is about this rule.

use std::process::Stdio;

use server::sabotage::Defence;
use tokio::process::Command;

use crate::disk::has_strace;

/// Those of one database alone: one needs its files, the other its server.
const POWER: &str = "power::nothing_acknowledged_is_lost_with_the_power";
const RESTART: &str = "restart::a_restart_of_postgres_takes_nothing_with_it";

/// The tests that must notice, and what they must say.
const fn guards(defence: Defence) -> &'static [(&'static str, &'static str)] {
    match defence {
        Defence::AckAfterCommit => {
            &[("hooks::an_uncommitted_delivery_is_never_acknowledged", "left: 200\n right: 503")]
        }
        Defence::OnceKey => &[("money::sixty_four_copies_at_once_have_one_effect", "left: 0\n right: 63")],
        Defence::FullSync => &[
            ("storage::a_commit_means_on_the_disk", "right: "),
            (POWER, "acknowledged, and lost with the power\n  left: 12\n right: 0"),
            (RESTART, "told yes, and gone after a restart"),
        ],
        Defence::OnlyClimbs => &[
            ("money::paid_is_never_undone", "left: Failed\n right: Paid"),
            ("money::any_order_of_events_ends_the_same", "right: (Paid, false)"),
        ],
        Defence::Signature => &[("hooks::bad_deliveries_get_the_answers_of_the_contract", "wrong signature")],
        Defence::ProofMatches => &[
            ("money::proof_that_does_not_match_goes_to_review", "amountMinor"),
            ("money::evidence_of_another_account_or_merchant_moves_nothing", "Some(AccountMismatch)"),
        ],
        Defence::SumGuard => &[("refunds::sixty_four_at_once_never_give_back_more_than_came", "right: ")],
        Defence::MerchantWall => &[
            ("storage::no_verb_reaches_over_the_wall", "a payment by its id"),
            ("api::another_merchants_objects_are_not_found", "right: 404"),
        ],
        Defence::StockCondition => &[("money::the_last_item_is_sold_once", "right: ")],
    }
}

/// What one test says, run in a process of its own.
async fn run(test: &str, without: Option<Defence>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).stdin(Stdio::null()).kill_on_drop(true);
    command.env("RUST_BACKTRACE", "0").env_remove("KHANUT_TEST_BREAK");
    if let Some(defence) = without {
        command.env("KHANUT_TEST_BREAK", defence.word());
    }
    let output = command.output().await.unwrap();
    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat()
}

/// The test's names: on both databases, unless it is of one.
fn names(test: &str) -> Vec<String> {
    match test {
        POWER if !has_strace() => Vec::new(),
        POWER | RESTART => vec![test.to_owned()],
        _ => {
            let (module, name) = test.split_once("::").unwrap();
            ["sqlite", "postgres"].map(|database| format!("{module}::{database}::{name}")).into()
        }
    }
}

/// Without the defence the test fails for the right reason, with it the test passes.
async fn missed(defence: Defence, test: &str, complaint: &str) {
    let broken = run(test, Some(defence)).await;
    assert!(broken.contains("test result: FAILED. 0 passed; 1 failed"), "{test} misses {defence:?}: {broken}");
    assert!(broken.contains(complaint), "{test} fails without {defence:?}, but for another reason: {broken}");
    let whole = run(test, None).await;
    assert!(whole.contains("test result: ok. 1 passed"), "{test} fails with all defences: {whole}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_defence_is_missed_when_it_is_gone() {
    // Inside a control the controls themselves are silent.
    if std::env::var_os("KHANUT_TEST_BREAK").is_some() {
        return;
    }
    for defence in Defence::ALL {
        for (test, complaint) in guards(defence) {
            for name in names(test) {
                missed(defence, &name, complaint).await;
            }
        }
    }
}
