//! Negative controls: the suite is worth its name only if it fails when a defence is missing.
//!
//! Each control runs the ordinary tests of a rule again, in a process that leaves out the one defence behind it, and
//! wants every one of them to fail, at the check that is about this rule.

use std::process::Stdio;

use server::sabotage::Defence;
use tokio::process::Command;

/// The same test on both databases must fail, and say `complaint`.
async fn caught(without: Defence, test: &str, complaint: &str) {
    let (module, name) = test.split_once("::").unwrap();
    for database in ["sqlite", "postgres"] {
        let test = format!("{module}::{database}::{name}");
        let broken = run(&test, Some(without)).await;
        assert!(broken.contains("test result: FAILED. 0 passed; 1 failed"), "{test} misses {without:?}: {broken}");
        assert!(broken.contains(complaint), "{test} fails without {without:?}, but for another reason: {broken}");
    }
}

/// What one test says, run in a process of its own.
async fn run(test: &str, without: Option<Defence>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).stdin(Stdio::null()).kill_on_drop(true);
    if let Some(defence) = without {
        command.env("KHANUT_TEST_BREAK", defence.word());
    }
    let output = command.output().await.unwrap();
    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat()
}

#[tokio::test]
async fn a_test_run_this_way_passes_when_nothing_is_left_out() {
    let whole = run("money::sqlite::paid_is_never_undone", None).await;
    assert!(whole.contains("test result: ok. 1 passed"), "{whole}");
}

#[tokio::test]
async fn an_answer_before_the_commit_is_caught() {
    let test = "hooks::an_uncommitted_delivery_is_never_acknowledged";
    caught(Defence::AnswerAfterCommit, test, "left: 200\n right: 503").await;
}

#[tokio::test]
async fn an_event_taken_twice_is_caught() {
    let test = "money::sixty_four_copies_at_once_have_one_effect";
    caught(Defence::OnceKey, test, "left: 0\n right: 63").await;
}

#[tokio::test]
async fn a_commit_that_does_not_wait_for_the_disk_is_caught() {
    caught(Defence::FullSync, "storage::a_commit_waits_for_the_disk", "waits for the disk").await;
}

#[tokio::test]
async fn a_state_that_falls_back_is_caught() {
    caught(Defence::NeverBackwards, "money::paid_is_never_undone", "left: Failed\n right: Paid").await;
    caught(Defence::NeverBackwards, "money::any_order_of_events_ends_the_same", "right: (Paid, false)").await;
}

#[tokio::test]
async fn a_webhook_believed_without_a_signature_is_caught() {
    let test = "hooks::bad_deliveries_get_the_answers_of_the_contract";
    caught(Defence::Signature, test, "wrong signature").await;
}

#[tokio::test]
async fn a_proof_that_is_not_compared_is_caught() {
    caught(Defence::Match, "money::proof_that_does_not_match_goes_to_review", "amountMinor").await;
    let test = "money::evidence_of_another_account_or_merchant_moves_nothing";
    caught(Defence::Match, test, "Some(AccountMismatch)").await;
}

#[tokio::test]
async fn a_hole_in_the_wall_between_merchants_is_caught() {
    caught(Defence::MerchantWall, "storage::no_verb_reaches_over_the_wall", "a payment by its id").await;
}
