//! Negative controls: the suite is worth its name only if it fails when a defence is missing.
//!
//! Each control runs the ordinary tests of a rule again, in a process that leaves out the one defence behind it
//! (`KHANUT_TEST_BREAK`) or drops the one index from its database (`KHANUT_TEST_DROP`), and wants every one of them to
//! fail, at the very check that is about this rule and with the very values that a missing defence leads to.

use std::process::Stdio;

use server::sabotage::Defence;
use tokio::process::Command;

use crate::disk::has_strace;

const BREAK: &str = "KHANUT_TEST_BREAK";
const DROP: &str = "KHANUT_TEST_DROP";

/// Those of one database alone: one needs its files, the other its server.
const POWER: &str = "power::nothing_acknowledged_is_lost_with_the_power";
const RESTART: &str = "restart::a_restart_of_postgres_takes_nothing_with_it";

/// A test that must notice, and what it must say on SQLite and on PostgreSQL.
struct Guard {
    test: &'static str,
    says: [&'static str; 2],
}

const fn guard(test: &'static str, says: &'static str) -> Guard {
    Guard { test, says: [says, says] }
}

fn guards(defence: Defence) -> Vec<Guard> {
    match defence {
        Defence::AckAfterCommit => vec![guard(
            "hooks::an_uncommitted_delivery_is_never_acknowledged",
            "assertion `left == right` failed\n  left: 200\n right: 503",
        )],
        Defence::OnceKey => vec![guard(
            "money::sixty_four_copies_at_once_have_one_effect",
            "assertion `left == right` failed\n  left: 0\n right: 63",
        )],
        Defence::FullSync => vec![
            Guard {
                test: "storage::a_commit_means_on_the_disk",
                says: [
                    "left: \"wal, synchronous 1\"\n right: \"wal, synchronous 2\"",
                    "left: \"synchronous_commit off\"\n right: \"synchronous_commit on\"",
                ],
            },
            guard(POWER, "acknowledged, and lost with the power\n  left: 12\n right: 0"),
            // A webhook that was told yes, or a delivery that was noted as done: which of them is lost, chance decides.
            guard(RESTART, ", and gone after a restart"),
        ],
        Defence::OnlyClimbs => vec![
            guard("money::paid_is_never_undone", "failed: failed\n  left: Failed\n right: Paid"),
            guard(
                "money::any_order_of_events_ends_the_same",
                "failed: [\"pending\", \"failed\", \"paid\", \"expired\"]\n  left: (Pending, true)\n right: (Paid, false)",
            ),
        ],
        Defence::Signature => vec![guard(
            "hooks::bad_deliveries_get_the_answers_of_the_contract",
            "failed: wrong signature\n  left: 200\n right: 401",
        )],
        Defence::ProofMatches => vec![
            guard(
                "money::proof_that_does_not_match_goes_to_review",
                "failed: amountMinor\n  left: (Paid, false)\n right: (Pending, true)",
            ),
            guard(
                "money::evidence_of_another_account_or_merchant_moves_nothing",
                "left: (Paid, None)\n right: (Pending, Some(AccountMismatch))",
            ),
        ],
        Defence::SumGuard => vec![guard(
            "refunds::sixty_four_at_once_never_give_back_more_than_came",
            "failed: ten times a tenth\n  left: 64\n right: 10",
        )],
        Defence::MerchantWall => vec![
            guard("storage::no_verb_reaches_over_the_wall", ":\na payment by its id\n"),
            guard("api::another_merchants_objects_are_not_found", "\n  left: 200\n right: 404"),
        ],
        Defence::StockCondition => vec![guard(
            "money::the_last_item_is_sold_once",
            "assertion `left == right` failed: sold to one\n  left: 64\n right: 1",
        )],
    }
}

/// Tests on PostgreSQL, the table whose index makes them true, and what they say without it.
const INDEXES: [(&str, &str, &str); 2] = [
    ("once::two_servers_hear_one_event", "webhook_events", "failed: the event counts once\n  left: 2\n right: 1"),
    // Without this index nothing is promised twice, because nothing can be promised at all.
    (
        "once::a_promise_is_made_once",
        "jobs",
        "there is no unique or exclusion constraint matching the ON CONFLICT specification",
    ),
];

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

/// What one test says, run in a process of its own.
async fn run(test: &str, without: Option<(&str, &str)>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).stdin(Stdio::null()).kill_on_drop(true);
    command.env("RUST_BACKTRACE", "0").env_remove(BREAK).env_remove(DROP).envs(without);
    let output = command.output().await.unwrap();
    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat()
}

/// What is lost depends on the moment of a death: on a busy machine the first try may lose nothing.
const TRIES: usize = 3;

/// Without the defence the test fails for the right reason, with it the test passes.
async fn missed(without: (&str, &str), test: &str, says: &str) {
    let mut broken = String::new();
    for _ in 0..TRIES {
        broken = run(test, Some(without)).await;
        if !broken.contains("test result: ok. 1 passed") {
            break;
        }
    }
    assert!(broken.contains("test result: FAILED. 0 passed; 1 failed"), "{test} misses {without:?}: {broken}");
    assert!(broken.contains(says), "{test} fails without {without:?}, but for another reason: {broken}");
    let whole = run(test, None).await;
    assert!(whole.contains("test result: ok. 1 passed"), "{test} fails with all defences: {whole}");
}

/// Inside a control the controls themselves are silent.
fn is_a_control() -> bool {
    [BREAK, DROP].iter().any(|name| std::env::var_os(name).is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_defence_is_missed_when_it_is_gone() {
    if is_a_control() {
        return;
    }
    for defence in Defence::ALL {
        for Guard { test, says } in guards(defence) {
            for (name, says) in names(test).iter().zip(says) {
                missed((BREAK, defence.word()), name, says).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_index_that_means_once_is_missed_when_it_is_dropped() {
    if is_a_control() {
        return;
    }
    for (test, table, says) in INDEXES {
        missed((DROP, table), test, says).await;
    }
}
