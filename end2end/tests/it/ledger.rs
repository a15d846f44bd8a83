//! The ledger: what the chain alone cannot prove, balances against tables, days closed for good, exports of any size.

use domain::{
    Day, Moment, PaymentId,
    moment::{DAY, HOUR, MINUTE},
    role::{Actor, Permission, Role},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use server::{
    failure::Failure,
    journal::{self, DayState, Verdict},
    reports::{self, ExportOf, ExportPage, PaymentQuery},
    services::Services,
    shop::{self, Merchant},
};

use crate::{on_both, stage::Stage};

on_both!(
    a_journal_with_true_checkpoints_is_whole,
    a_tail_that_was_cut_off_is_named,
    a_chain_that_was_stamped_anew_is_named,
    a_forged_checkpoint_is_named,
    a_checkpoint_deleted_from_the_database_is_still_in_the_file,
    checkpoints_and_closes_cannot_be_changed,
    a_schedule_is_one_job_that_goes_on_for_ever,
    the_tables_must_say_what_the_journal_says,
    money_the_bank_took_back_is_no_longer_the_shops,
    a_day_is_closed_once_when_it_is_over,
    a_closed_day_that_was_changed_says_so,
    a_close_that_was_taken_away_is_missed,
    only_those_who_keep_the_books_close_and_export,
    an_export_gives_every_row_once_and_is_known_of,
);

async fn paid(stage: &Stage, event: &str) -> PaymentId {
    let payment = stage.begun().await;
    assert_eq!(stage.post_event(&stage.event(event, &payment, "paid")).await, 200);
    payment.id
}

/// The database as somebody with its password and no respect for triggers has it.
async fn vandal(stage: &Stage) -> DatabaseConnection {
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    for table in ["journal", "journal_checkpoints", "day_closes"] {
        let off = match raw.get_database_backend() {
            DbBackend::Postgres => format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            _ => format!("DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete"),
        };
        raw.execute_unprepared(&off).await.unwrap();
    }
    raw
}

async fn verdict(stage: &Stage) -> Verdict {
    journal::verify_signed(&stage.services, &stage.merchant).await.unwrap()
}

fn broken_at(verdict: &Verdict, number: i64, word: &str) {
    assert!(
        matches!(verdict, Verdict::Broken { first_bad, why } if *first_bad == number && why.contains(word)),
        "{verdict:?}, not {word} at {number}"
    );
}

async fn checkpoint(stage: &Stage) -> journal::Checkpoint {
    journal::checkpoint(&stage.services, &stage.merchant).await.unwrap().unwrap()
}

async fn a_journal_with_true_checkpoints_is_whole(stage: Stage) {
    assert_eq!(journal::checkpoint(&stage.services, &stage.merchant).await.unwrap(), None, "nothing to sign yet");
    paid(&stage, "evt_1").await;
    let first = checkpoint(&stage).await;
    assert_eq!(journal::checkpoint(&stage.services, &stage.merchant).await.unwrap(), None, "the head has not moved");
    paid(&stage, "evt_2").await;
    let second = checkpoint(&stage).await;
    assert!(second.number > first.number && second.is_signed_by(&stage.services.sealer));
    assert_eq!(verdict(&stage).await, Verdict::Whole { entries: second.number, head: second.hash });
    let lines = std::fs::read_to_string(stage.services.data_dir.join("checkpoints.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 2, "each stands outside of the database too");
}

/// Cuts the last entry off and moves the head back: the chain itself is whole again.
async fn cut_the_tail(stage: &Stage, raw: &DatabaseConnection) -> i64 {
    let last = stage.count("SELECT MAX(number) FROM journal").await;
    let sql = format!(
        "DELETE FROM journal WHERE number = {last};
        UPDATE journal_heads SET number = {last} - 1, hash = (SELECT hash FROM journal WHERE number = {last} - 1)
        WHERE merchant_id = '{}'",
        stage.merchant
    );
    raw.execute_unprepared(&sql).await.unwrap();
    last
}

async fn a_tail_that_was_cut_off_is_named(stage: Stage) {
    paid(&stage, "evt_1").await;
    let raw = vandal(&stage).await;
    let last = cut_the_tail(&stage, &raw).await;
    assert!(matches!(verdict(&stage).await, Verdict::Whole { .. }), "the chain alone cannot know");
    checkpoint(&stage).await;
    assert!(matches!(verdict(&stage).await, Verdict::Whole { .. }));
    let cut = cut_the_tail(&stage, &raw).await;
    assert_eq!(cut, last - 1);
    broken_at(&verdict(&stage).await, cut, "cut off");
}

/// Changes a sum and gives this entry, every later one and the head the hashes that fit.
async fn stamp_anew(stage: &Stage, raw: &DatabaseConnection) {
    let mut prev: Option<String> = None;
    let filter = journal::Filter::default();
    let entries = journal::list(&stage.services.db, &stage.merchant, &filter, 1_000).await.unwrap();
    for mut entry in entries.into_iter().rev() {
        if let Some(prev) = &prev {
            entry.prev_hash.clone_from(prev);
        }
        if entry.number == 2 {
            entry.amount_minor = Some(100);
        }
        entry.hash = entry.computed_hash();
        let sql = format!(
            "UPDATE journal SET amount_minor = {}, prev_hash = '{}', hash = '{}' WHERE number = {} AND merchant_id = '{}'",
            entry.amount_minor.map_or("NULL".to_owned(), |minor| minor.to_string()),
            entry.prev_hash,
            entry.hash,
            entry.number,
            stage.merchant
        );
        raw.execute_unprepared(&sql).await.unwrap();
        prev = Some(entry.hash);
    }
    let sql = format!("UPDATE journal_heads SET hash = '{}' WHERE merchant_id = '{}'", prev.unwrap(), stage.merchant);
    raw.execute_unprepared(&sql).await.unwrap();
}

async fn a_chain_that_was_stamped_anew_is_named(stage: Stage) {
    paid(&stage, "evt_1").await;
    let raw = vandal(&stage).await;
    stamp_anew(&stage, &raw).await;
    assert!(matches!(verdict(&stage).await, Verdict::Whole { .. }), "the chain alone cannot know");
    let signed = checkpoint(&stage).await;
    paid(&stage, "evt_2").await;
    raw.execute_unprepared("UPDATE journal SET actor = 'somebody' WHERE number = 1").await.unwrap();
    stamp_anew(&stage, &raw).await;
    broken_at(&verdict(&stage).await, 1, "anew");
    let sql = format!("UPDATE journal SET hash = '{}' WHERE number = {}", signed.hash, signed.number);
    raw.execute_unprepared(&sql).await.unwrap();
    broken_at(&verdict(&stage).await, signed.number, "fields");
}

async fn a_forged_checkpoint_is_named(stage: Stage) {
    paid(&stage, "evt_1").await;
    let signed = checkpoint(&stage).await;
    let raw = vandal(&stage).await;
    stamp_anew(&stage, &raw).await;
    let sql = "UPDATE journal_checkpoints SET hash = (SELECT hash FROM journal j WHERE j.number = journal_checkpoints.number)";
    raw.execute_unprepared(sql).await.unwrap();
    broken_at(&verdict(&stage).await, signed.number, "not signed");
}

async fn a_checkpoint_deleted_from_the_database_is_still_in_the_file(stage: Stage) {
    paid(&stage, "evt_1").await;
    checkpoint(&stage).await;
    let raw = vandal(&stage).await;
    raw.execute_unprepared("DELETE FROM journal_checkpoints").await.unwrap();
    let cut = cut_the_tail(&stage, &raw).await;
    assert!(matches!(journal::verify(&stage.services.db, &stage.merchant).await.unwrap(), Verdict::Whole { .. }));
    broken_at(&verdict(&stage).await, cut, "cut off");
    let path = stage.services.data_dir.join("checkpoints.jsonl");
    let torn = std::fs::read_to_string(&path).unwrap() + "{\"merchant_id\":\"mer_";
    std::fs::write(&path, torn).unwrap();
    broken_at(&verdict(&stage).await, cut, "cut off");
    paid(&stage, "evt_2").await;
    checkpoint(&stage).await;
    let lines = std::fs::read_to_string(&path).unwrap();
    let whole = lines.lines().filter(|line| serde_json::from_str::<journal::Checkpoint>(line).is_ok()).count();
    assert_eq!((lines.lines().count(), whole), (3, 2), "a torn line does not take the next one with it");
}

async fn checkpoints_and_closes_cannot_be_changed(stage: Stage) {
    paid(&stage, "evt_1").await;
    checkpoint(&stage).await;
    let (shop, today) = (its_shop(&stage).await, today(&stage));
    stage.clock.advance(DAY + HOUR);
    journal::close_day(&stage.services, &stage.owner(), &shop, today).await.unwrap();
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    for table in ["journal_checkpoints", "day_closes"] {
        for sql in [format!("UPDATE {table} SET hash = 'x'"), format!("DELETE FROM {table}")] {
            let error = raw.execute_unprepared(&sql).await.unwrap_err().to_string();
            assert!(error.contains("never"), "{error}");
        }
    }
}

async fn a_schedule_is_one_job_that_goes_on_for_ever(mut stage: Stage) {
    paid(&stage, "evt_1").await;
    for _ in 0..3 {
        journal::promise_for_all(&stage.services).await.unwrap();
    }
    let jobs =
        |kind: &str| format!("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = '{kind}' AND state = 'queued'");
    for kind in journal::SCHEDULES {
        assert_eq!(stage.count(&jobs(kind)).await, 1, "{kind}, for the new shop and however often it is asked for");
    }
    stage.work();
    stage.clock.advance(HOUR);
    let made = "SELECT CAST(COUNT(*) AS BIGINT) FROM journal_checkpoints";
    stage.until("the hour's checkpoint is made", || async { stage.count(made).await == 1 }).await;
    paid(&stage, "evt_2").await;
    stage.until("the job waits again", || async { stage.count(&jobs(journal::JOURNAL_CHECKPOINT)).await == 1 }).await;
    stage.clock.advance(HOUR);
    stage.until("the next hour's checkpoint is made", || async { stage.count(made).await == 2 }).await;
    stage.audit().await;
}

async fn the_tables_must_say_what_the_journal_says(stage: Stage) {
    let one = paid(&stage, "evt_1").await;
    let other = paid(&stage, "evt_2").await;
    stage.begun().await;
    let (db, merchant) = (&stage.services.db, &stage.merchant);
    assert_eq!(journal::compare(db, merchant).await.unwrap(), []);
    let balance = journal::balances(db, merchant, None).await.unwrap().pop().unwrap();
    assert_eq!((balance.received_minor, balance.refunded_minor, balance.net().amount_minor), (1_000_000, 0, 1_000_000));
    let of_one = journal::of_payment(db, merchant, &one).await.unwrap().unwrap();
    assert_eq!(of_one.received_minor, 500_000);
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared(&format!("UPDATE payments SET refunded_minor = 1 WHERE id = '{one}'")).await.unwrap();
    raw.execute_unprepared(&format!("UPDATE payments SET status = 'failed' WHERE id = '{other}'")).await.unwrap();
    let differences = journal::compare(db, merchant).await.unwrap();
    let mut named: Vec<_> =
        differences.iter().map(|d| (d.payment.as_deref(), d.table_received, d.table_refunded)).collect();
    let mut wanted = [(Some(one.as_str()), Some(500_000), Some(1)), (Some(other.as_str()), Some(0), Some(0))];
    // Both were made in one moment of the standing clock: which id is the smaller is chance.
    named.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(named, wanted);
    let stranger = stage.another_merchant().await;
    assert_eq!(journal::compare(db, &stranger).await.unwrap(), [], "another shop's books are its own");
    let undo = format!(
        "UPDATE payments SET refunded_minor = 0, status = 'paid', merchant_id = '{stranger}' WHERE id = '{one}'"
    );
    raw.execute_unprepared(&undo).await.unwrap();
    let differences = journal::compare(db, merchant).await.unwrap();
    let gone = differences.iter().find(|d| d.payment.as_deref() == Some(one.as_str())).unwrap();
    assert_eq!((gone.journal_received, gone.table_received), (500_000, None), "money in the journal only");
}

async fn money_the_bank_took_back_is_no_longer_the_shops(stage: Stage) {
    stage
        .settings(|settings| {
            settings["words"]["reversed"] = "reversed".into();
            settings["words"]["disputed"] = "disputed".into();
        })
        .await;
    let (whole, part, kept) = (stage.begun().await, stage.begun().await, stage.begun().await);
    for (number, payment) in [&whole, &part, &kept].into_iter().enumerate() {
        stage.post_event(&stage.event(&format!("evt_paid_{number}"), payment, "paid")).await;
    }
    let partly = |event: &str, minor: i64| {
        let mut event = stage.event(event, &part, "partially_refunded");
        event["data"]["refundedMinor"] = minor.into();
        event
    };
    stage.post_event(&partly("evt_part", 100_000)).await;
    stage.clock.advance(DAY);
    stage.post_event(&stage.event("evt_back_1", &whole, "reversed")).await;
    stage.post_event(&stage.event("evt_back_2", &whole, "disputed")).await;
    stage.post_event(&stage.event("evt_back_3", &part, "disputed")).await;
    stage.clock.advance(DAY);
    // The provider tells of a refund only now: it was a part of what had been taken.
    stage.post_event(&partly("evt_part_late", 150_000)).await;
    let (db, merchant) = (&stage.services.db, &stage.merchant);
    let all = journal::balances(db, merchant, None).await.unwrap().pop().unwrap();
    assert_eq!((all.received_minor, all.refunded_minor, all.taken_minor), (1_500_000, 150_000, 850_000));
    assert_eq!(all.net().amount_minor, 500_000);
    let of_part = journal::of_payment(db, merchant, &part.id).await.unwrap().unwrap();
    assert_eq!((of_part.refunded_minor, of_part.taken_minor, of_part.net().amount_minor), (150_000, 350_000, 0));
    let days = journal::days(&stage.services, &its_shop(&stage).await, 3).await.unwrap();
    let taken: Vec<_> = days.iter().map(|day| (day.refunded.amount_minor, day.taken.amount_minor)).collect();
    assert_eq!(taken, [(50_000, -50_000), (0, 900_000), (100_000, 0)]);
    let summary = journal::summary(db, merchant, (Moment(0), stage.clock.now().plus(1))).await.unwrap();
    assert_eq!((summary.totals, summary.accounts[0].taken_minor), (vec![all], 850_000));
    stage.audit().await;
}

async fn its_shop(stage: &Stage) -> Merchant {
    shop::get(&stage.services.db, &stage.merchant).await.unwrap()
}

fn today(stage: &Stage) -> Day {
    Day::of(stage.clock.now(), 240)
}

fn refused<T: std::fmt::Debug>(result: Result<T, Failure>) -> &'static str {
    match result {
        Err(Failure::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

async fn state(services: &Services, shop: &Merchant, day: Day) -> DayState {
    let one = journal::one_day(services, shop, day).await.unwrap().state;
    let listed = journal::days(services, shop, 30).await.unwrap();
    assert_eq!(listed.iter().find(|line| line.day == day).unwrap().state, one, "list and page agree");
    one
}

async fn a_day_is_closed_once_when_it_is_over(stage: Stage) {
    let (shop, owner, services) = (its_shop(&stage).await, stage.owner(), &stage.services);
    let day = today(&stage);
    paid(&stage, "evt_1").await;
    assert_eq!(state(services, &shop, day).await, DayState::Running);
    assert_eq!(refused(journal::close_day(services, &owner, &shop, day).await), "day_not_over");
    let left = day.span(240).1.since(stage.clock.now());
    stage.clock.advance(left);
    assert_eq!(refused(journal::close_day(services, &owner, &shop, day).await), "day_not_over", "clocks may differ");
    stage.clock.advance(MINUTE);
    assert_eq!(state(services, &shop, day).await, DayState::Open);
    let close = journal::close_day(services, &owner, &shop, day).await.unwrap();
    assert_eq!(refused(journal::close_day(services, &owner, &shop, day).await), "day_closed");
    assert_eq!(refused(journal::close_day(services, &owner, &shop, day.plus(-1)).await), "not_found");
    assert_eq!(state(services, &shop, day).await, DayState::Closed);
    let one = journal::one_day(services, &shop, day).await.unwrap();
    let signed = one.signed.unwrap();
    assert_eq!((signed.entries, &signed), (close.number, &one.now));
    assert_eq!((signed.totals[0].received_minor, signed.totals[0].refunded_minor), (500_000, 0));
    assert_eq!((signed.accounts[0].account.clone(), signed.accounts[0].paid), (stage.account.clone(), 1));
    paid(&stage, "evt_2").await;
    assert_eq!(state(services, &shop, day).await, DayState::Closed, "the next day is not its matter");
    let audited = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action = 'day_closed'";
    assert_eq!(stage.count(audited).await, 1);
    let empty = day.plus(1);
    stage.clock.advance(2 * DAY);
    journal::close_day(services, &owner, &shop, empty.plus(1)).await.unwrap();
    assert_eq!(state(services, &shop, empty.plus(1)).await, DayState::Closed, "a day without sales too");
    assert_eq!(journal::days(services, &shop, 30).await.unwrap().len(), 4, "not before the shop was");
}

async fn a_closed_day_that_was_changed_says_so(stage: Stage) {
    let (shop, services, day) = (its_shop(&stage).await, &stage.services, today(&stage));
    let payment = paid(&stage, "evt_1").await;
    stage.clock.advance(DAY + HOUR);
    journal::close_day(services, &stage.owner(), &shop, day).await.unwrap();
    let raw = vandal(&stage).await;
    let later = format!(
        "INSERT INTO journal (merchant_id, number, id, kind, order_id, payment_id, amount_minor, currency, actor, at, data, prev_hash, hash)
        SELECT merchant_id, number + 100, 'x', kind, order_id, payment_id, amount_minor, currency,
        actor, at, data, prev_hash, hash FROM journal WHERE kind = 'payment_paid' AND payment_id = '{payment}'"
    );
    raw.execute_unprepared(&later).await.unwrap();
    assert_eq!(state(services, &shop, day).await, DayState::Changed("numbers"));
    raw.execute_unprepared("DELETE FROM journal WHERE id = 'x'").await.unwrap();
    assert_eq!(state(services, &shop, day).await, DayState::Closed);
    raw.execute_unprepared("UPDATE journal SET hash = 'y' WHERE number = (SELECT number FROM day_closes)")
        .await
        .unwrap();
    assert_eq!(state(services, &shop, day).await, DayState::Changed("hash"));
    raw.execute_unprepared("UPDATE day_closes SET hash = 'y'").await.unwrap();
    assert_eq!(state(services, &shop, day).await, DayState::Changed("signature"));
}

async fn a_close_that_was_taken_away_is_missed(mut stage: Stage) {
    let (shop, day) = (its_shop(&stage).await, today(&stage));
    paid(&stage, "evt_1").await;
    stage.clock.advance(DAY + HOUR);
    let close = journal::close_day(&stage.services, &stage.owner(), &shop, day).await.unwrap();
    assert!(matches!(verdict(&stage).await, Verdict::Whole { .. }));
    let raw = vandal(&stage).await;
    raw.execute_unprepared("UPDATE day_closes SET closed_by = 'somebody'").await.unwrap();
    broken_at(&verdict(&stage).await, close.number, "not signed");
    raw.execute_unprepared("DELETE FROM day_closes").await.unwrap();
    broken_at(&verdict(&stage).await, close.number + 1, "close of a day");
    stage.work();
    stage.clock.advance(DAY);
    let told = "SELECT COUNT(*) FROM jobs WHERE payload LIKE '%\"books\"%'";
    stage.until("staff hear of it", || async { stage.count(told).await == 1 }).await;
}

async fn only_those_who_keep_the_books_close_and_export(stage: Stage) {
    let (shop, day) = (its_shop(&stage).await, today(&stage));
    stage.clock.advance(DAY + HOUR);
    for role in Role::ALL {
        let actor = Actor::Staff { id: stage.clock.id(), role: *role };
        let day = journal::close_day(&stage.services, &actor, &shop, day).await;
        let of = ExportOf::Journal(None, None);
        let export =
            reports::export(&stage.services, &actor, &stage.merchant, of, "csv", serde_json::Value::Null).await;
        if *role == Role::Support {
            assert_eq!((refused(day), refused(export.map(|_| ()))), ("forbidden", "forbidden"));
        } else {
            assert!(export.is_ok() && day.is_ok() == (*role == Role::Owner), "the first of them closes it");
        }
    }
    let key = Actor::ApiKey { id: stage.clock.id(), permissions: vec![Permission::SeeMoney] };
    assert_eq!(refused(journal::close_day(&stage.services, &key, &shop, day).await), "forbidden");
}

async fn an_export_gives_every_row_once_and_is_known_of(stage: Stage) {
    let first = paid(&stage, "evt_1").await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    // As many as make three pages, copied within the database.
    for i in 0..2_100 {
        let id = PaymentId::make(stage.clock.now().0.unsigned_abs() + i, [0; 10]);
        let sql = format!(
            "INSERT INTO payments (id, merchant_id, order_id, link_id, account_id, provider, merchant_order_id, reference,
            checkout_url, status, amount_minor, currency, refunded_minor, needs_review, review_reason, created_at, expires_at, paid_at)
            SELECT '{id}', merchant_id, order_id, link_id, account_id, provider, 'copy-{i}', NULL, NULL, status,
            amount_minor, currency, refunded_minor, needs_review, review_reason, created_at, expires_at, paid_at
            FROM payments WHERE id = '{first}'"
        );
        raw.execute_unprepared(&sql).await.unwrap();
    }
    let of = ExportOf::Payments(PaymentQuery::default());
    let rows = all(&stage, of).await;
    assert_eq!(rows.len(), 2_101);
    assert!(rows.windows(2).all(|pair| pair[0] > pair[1]), "newest first, none twice");
    let search = PaymentQuery { search: first.to_string(), ..PaymentQuery::default() };
    assert_eq!(all(&stage, ExportOf::Payments(search)).await, [first.to_string()], "filters hold");
    let entries = stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM journal").await;
    let numbers: Vec<String> = (1..=entries).map(|number| number.to_string()).collect();
    assert_eq!(all(&stage, ExportOf::Journal(None, None)).await, numbers);
    let day = today(&stage);
    let (from, until) = reports::days_between(Some(day), Some(day), 240);
    assert_eq!(all(&stage, ExportOf::Journal(from, until)).await, numbers);
    let (from, until) = reports::days_between(Some(day.plus(1)), None, 240);
    assert!(all(&stage, ExportOf::Journal(from, until)).await.is_empty());
    let (stranger, owner) = (stage.another_merchant().await, stage.owner());
    let foreign = reports::export(
        &stage.services,
        &owner,
        &stranger,
        ExportOf::Journal(None, None),
        "csv",
        serde_json::Value::Null,
    );
    assert!(foreign.await.unwrap().next().await.unwrap().is_empty());
    let audited =
        "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action IN ('payments_exported', 'journal_exported')";
    assert_eq!(stage.count(audited).await, 6);
}

/// The ids or numbers that an export gives, page by page.
async fn all(stage: &Stage, of: ExportOf) -> Vec<String> {
    let asked = serde_json::json!({});
    let owner = stage.owner();
    let export = reports::export(&stage.services, &owner, &stage.merchant, of, "csv", asked);
    let (mut export, mut all) = (export.await.unwrap(), Vec::new());
    loop {
        let page = export.next().await.unwrap();
        if page.is_empty() {
            return all;
        }
        let page: Vec<String> = match page {
            ExportPage::Payments(rows) => rows.iter().map(|row| row.id.to_string()).collect(),
            ExportPage::Orders(rows) => rows.iter().map(|row| row.whole.order.id.to_string()).collect(),
            ExportPage::Customers(rows) => rows.iter().map(|person| person.id.to_string()).collect(),
            ExportPage::Receipts(rows) => rows.iter().map(|receipt| receipt.id.to_string()).collect(),
            ExportPage::Journal(rows) => rows.iter().map(|entry| entry.number.to_string()).collect(),
        };
        assert!(page.len() as u64 <= reports::EXPORT_PAGE);
        all.extend(page);
    }
}
