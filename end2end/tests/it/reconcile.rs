//! Our payments beside theirs: what agrees is counted, what differs has a name, and nothing is resolved without a word.

use axum::{Router, extract::Request, middleware::Next};
use domain::{
    moment::{DAY, SECOND},
    payment::PaymentStatus,
    reconcile::Exception,
    role::{Actor, Role},
};
use sandbox::vpos::{Mischief, Status, Trouble};
use sea_orm::ConnectionTrait;
use server::{
    failure::Failure,
    jobs::{self, Job, JobEnd},
    payments::Payment,
    reconcile::{self, ExceptionRow, Filter, How, Mapping, Period},
    staff::{self as members, audit},
};
use tokio::net::TcpListener;

use crate::{on_both, stage::Stage};

on_both!(
    asking_the_provider_finds_and_settles_what_was_missed,
    a_provider_that_does_not_answer_is_an_exception_of_its_own,
    a_file_names_every_difference_and_its_word_is_accepted_by_a_person,
    columns_are_remembered_and_mistakes_are_said_before_anything_runs,
    only_who_may_and_only_their_own,
    two_turns_at_once_write_down_what_one_found,
    a_turn_at_a_slow_provider_ends_before_its_lease,
    a_word_nobody_knows_is_no_answer_and_is_told_to_staff,
    columns_named_twice_at_once_are_named_once,
    a_difference_belongs_to_a_person_of_this_shop_and_the_log_says_who_took_it,
    one_that_fails_in_the_middle_takes_no_other_with_it,
);

pub(crate) fn today(stage: &Stage) -> Period {
    let now = stage.clock.now();
    Period { from: now.plus(-DAY), until: now.plus(DAY) }
}

pub(crate) fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refusal) => refusal.code,
        Failure::Internal(error) => panic!("{error:#}"),
    }
}

pub(crate) fn staff(stage: &Stage, role: Role) -> Actor {
    Actor::Staff { id: stage.clock.id(), role }
}

pub(crate) async fn found(stage: &Stage, id: &domain::ReconciliationId) -> Vec<ExceptionRow> {
    stage
        .until("it is compared", || async {
            reconcile::get(&stage.services.db, &stage.merchant, id).await.unwrap().state == "done"
        })
        .await;
    reconcile::exceptions(&stage.services.db, &stage.merchant, id, &Filter::default(), 100).await.unwrap()
}

pub(crate) fn kinds(rows: &[ExceptionRow]) -> Vec<Exception> {
    rows.iter().map(|row| row.kind).collect()
}

/// Paid there; nobody has told us.
async fn missed(stage: &Stage) -> Payment {
    let payment = stage.begun().await;
    let never = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, never));
    payment
}

async fn asking_the_provider_finds_and_settles_what_was_missed(mut stage: Stage) {
    let (paid, missed, open) = (stage.paid().await, missed(&stage).await, stage.begun().await);
    stage.work();
    let owner = stage.owner();
    let (services, merchant) = (&stage.services, &stage.merchant);
    let id = reconcile::begin_lookup(services, &owner, merchant, &stage.account, today(&stage)).await.unwrap();
    assert!(found(&stage, &id).await.is_empty());
    assert_eq!(stage.payment(&missed.id).await.status, PaymentStatus::Paid, "found and settled on the way");
    assert_eq!(stage.payment(&open.id).await.status, PaymentStatus::Pending);
    assert_eq!(reconcile::get(&services.db, merchant, &id).await.unwrap().matched, 2);
    assert!(stage.payment(&paid.id).await.status.was_paid());
    stage.audit().await;
}

async fn a_provider_that_does_not_answer_is_an_exception_of_its_own(mut stage: Stage) {
    let payment = stage.paid().await;
    stage.vpos.trouble([Trouble::Answer(503)]);
    let owner = stage.owner();
    let id = reconcile::begin_lookup(&stage.services, &owner, &stage.merchant, &stage.account, today(&stage)).await;
    stage.work();
    let rows = found(&stage, &id.unwrap()).await;
    assert_eq!((kinds(&rows), rows[0].payment_id.as_ref()), (vec![Exception::NotAnswered], Some(&payment.id)));
}

pub(crate) fn file(lines: &[(&str, &str, &str)]) -> Vec<u8> {
    let lines: Vec<_> = lines.iter().map(|(order, sum, status)| format!("{order};{sum};{status}")).collect();
    format!("Order;Amount;Status\n{}\n", lines.join("\n")).into_bytes()
}

fn mapping() -> Mapping {
    let [order_id, amount, status] = ["Order", "Amount", "Status"].map(str::to_owned);
    Mapping {
        order_id,
        amount,
        status,
        refund_words: "refund".to_owned(),
        decimal: ",".to_owned(),
        ..Mapping::default()
    }
}

async fn compare(stage: &Stage, actor: &Actor, bytes: Vec<u8>) -> domain::ReconciliationId {
    let (services, merchant) = (&stage.services, &stage.merchant);
    let id =
        reconcile::upload(services, actor, merchant, &stage.account, today(stage), "bank.csv", bytes).await.unwrap();
    reconcile::name_columns(services, actor, merchant, &id, mapping()).await.unwrap();
    id
}

async fn a_file_names_every_difference_and_its_word_is_accepted_by_a_person(mut stage: Stage) {
    let (fine, gone, less, late) = (stage.paid().await, stage.paid().await, stage.paid().await, stage.begun().await);
    stage.work();
    let id = |payment: &Payment| payment.merchant_order_id.clone();
    let bytes = file(&[
        (&id(&fine), "5 000,00", "paid"),
        (&id(&fine), "1 000,00", "refund"),
        (&id(&less), "4 999,00", "paid"),
        (&id(&late), "5 000,00", "paid"),
        ("K999-1-other", "7,00", "paid"),
        ("", "9,00", "paid"),
    ]);
    let owner = staff(&stage, Role::Owner);
    let books = compare(&stage, &owner, bytes).await;
    let rows = found(&stage, &books).await;
    let mut all = kinds(&rows);
    all.sort();
    use Exception as E;
    assert_eq!(
        all,
        [E::PaidThere, E::UnknownThere, E::UnknownHere, E::NoOrderId, E::AmountDiffers, E::RefundUnrecorded]
    );
    let of = |kind| rows.iter().find(|row| row.kind == kind).unwrap();
    assert_eq!(of(E::UnknownThere).payment_id.as_ref(), Some(&gone.id));
    let resolve = async |ids: Vec<i64>, how, comment: &str| {
        reconcile::resolve(&stage.services, &owner, &stage.merchant, &books, ids, how, comment).await
    };
    assert_eq!(code(&resolve(vec![of(E::PaidThere).id], How::Accept, " ").await.unwrap_err()), "reason_required");
    assert_eq!(code(&resolve(vec![-1], How::Close, "x").await.unwrap_err()), "nothing_chosen");
    let every: Vec<i64> = rows.iter().map(|row| row.id).collect();
    assert_eq!(resolve(every.clone(), How::Accept, "as the bank says").await.unwrap(), 2);
    assert_eq!(stage.payment(&late.id).await.status, PaymentStatus::Paid);
    assert_eq!(stage.payment(&fine.id).await.refunded_minor, 100_000);
    assert_eq!(stage.payment(&less.id).await.status, PaymentStatus::Paid, "another sum proves nothing");
    assert_eq!(resolve(every, How::Close, "seen to by phone").await.unwrap(), 4);
    let counts = reconcile::counts(&stage.services.db, &stage.merchant, &books).await.unwrap();
    let (total, open) = counts.iter().fold((0, 0), |(total, open), kind| (total + kind.total, open + kind.open));
    assert_eq!((total, open), (6, 0));
    stage.audit().await;
}

async fn columns_are_remembered_and_mistakes_are_said_before_anything_runs(stage: Stage) {
    let owner = stage.owner();
    let (services, merchant) = (&stage.services, &stage.merchant);
    let period = today(&stage);
    let upload =
        async |bytes: Vec<u8>| reconcile::upload(services, &owner, merchant, &stage.account, period, "", bytes).await;
    assert_eq!(code(&upload(b"\xff\xfe\x00".to_vec()).await.unwrap_err()), "sheet_unreadable");
    let id = upload(file(&[("K1", "abc", "paid")])).await.unwrap();
    let name = async |mapping| reconcile::name_columns(services, &owner, merchant, &id, mapping).await;
    assert_eq!(code(&name(mapping()).await.unwrap_err()), "amount_unreadable");
    let nameless = Mapping { amount: "Sum".to_owned(), ..mapping() };
    assert_eq!(code(&name(nameless).await.unwrap_err()), "column_missing");
    assert_eq!(reconcile::get(&services.db, merchant, &id).await.unwrap().state, "draft");
    compare(&stage, &owner, file(&[("K1", "5,00", "paid")])).await;
    let next = upload(file(&[("K2", "5,00", "paid")])).await.unwrap();
    let kept = reconcile::get(&services.db, merchant, &next).await.unwrap().mapping.unwrap();
    assert_eq!(serde_json::from_value::<Mapping>(kept).unwrap(), mapping());
    let wrong = Period { from: period.until, until: period.from };
    let refused = reconcile::begin_lookup(services, &owner, merchant, &stage.account, wrong).await.unwrap_err();
    assert_eq!(code(&refused), "days_backwards");
    let long = Period { from: period.from.plus(-100 * DAY), until: period.until };
    let refused = reconcile::begin_lookup(services, &owner, merchant, &stage.account, long).await.unwrap_err();
    assert_eq!(code(&refused), "period_wrong");
}

async fn only_who_may_and_only_their_own(stage: Stage) {
    let (support, accountant) = (staff(&stage, Role::Support), staff(&stage, Role::Accountant));
    let period = today(&stage);
    let begin = async |actor: &Actor| {
        reconcile::begin_lookup(&stage.services, actor, &stage.merchant, &stage.account, period).await
    };
    assert_eq!(code(&begin(&support).await.unwrap_err()), "forbidden");
    let id = begin(&accountant).await.unwrap();
    let elsewhere = stage.another_merchant().await;
    assert_eq!(code(&reconcile::get(&stage.services.db, &elsewhere, &id).await.unwrap_err()), "not_found");
    let theirs = reconcile::begin_lookup(&stage.services, &accountant, &elsewhere, &stage.account, period).await;
    assert_eq!(code(&theirs.unwrap_err()), "no_payment_method");
    let accept =
        reconcile::resolve(&stage.services, &accountant, &stage.merchant, &id, vec![1], How::Accept, "x").await;
    assert_eq!(code(&accept.unwrap_err()), "forbidden", "an accountant compares, and moves no money");
}

/// The job that compares, as a worker would have taken it.
async fn job(stage: &Stage) -> Job {
    let jobs = jobs::list(&stage.services.db, &stage.merchant, None, None, 100).await.unwrap();
    jobs.into_iter().find(|job| job.kind == reconcile::RECONCILE).unwrap()
}

async fn all_there_is(stage: &Stage, id: &domain::ReconciliationId) -> Vec<ExceptionRow> {
    reconcile::exceptions(&stage.services.db, &stage.merchant, id, &Filter::default(), 100).await.unwrap()
}

async fn two_turns_at_once_write_down_what_one_found(stage: Stage) {
    let (owner, services) = (stage.owner(), &stage.services);
    for _ in 0..3 {
        stage.begun().await;
    }
    stage.vpos.trouble(vec![Trouble::Answer(503); 6]);
    let begun = reconcile::begin_lookup(services, &owner, &stage.merchant, &stage.account, today(&stage)).await;
    let (id, job) = (begun.unwrap(), job(&stage).await);
    let turn = || reconcile::run(services.clone(), job.clone());
    let (one, other) = tokio::join!(turn(), turn());
    // The slower one may find all done already.
    assert!(matches!((&one, &other), (JobEnd::Again(_), _) | (_, JobEnd::Again(_))), "{one:?} {other:?}");
    assert!([&one, &other].into_iter().all(|end| matches!(end, JobEnd::Again(_) | JobEnd::Done)), "{one:?} {other:?}");
    assert_eq!(kinds(&all_there_is(&stage, &id).await), [Exception::NotAnswered; 3]);
    assert!(matches!(turn().await, JobEnd::Done));
    assert_eq!(kinds(&found(&stage, &id).await), [Exception::NotAnswered; 3]);
}

/// The sandbox, at which every request takes ten seconds.
async fn slow(stage: &Stage) -> String {
    let clock = stage.clock.clone();
    let takes = move |request: Request, next: Next| {
        clock.advance(10 * SECOND);
        next.run(request)
    };
    let app = Router::new().nest("/sandbox/vpos", stage.vpos.routes()).layer(axum::middleware::from_fn(takes));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/sandbox/vpos")
}

async fn a_turn_at_a_slow_provider_ends_before_its_lease(stage: Stage) {
    let slow = slow(&stage).await;
    stage.settings(|settings| settings["base_url"] = slow.into()).await;
    for _ in 0..12 {
        stage.begun().await;
    }
    let (owner, services) = (stage.owner(), &stage.services);
    let period = today(&stage);
    let begun = reconcile::begin_lookup(services, &owner, &stage.merchant, &stage.account, period).await;
    let (id, job) = (begun.unwrap(), job(&stage).await);
    stage.vpos.trouble(vec![Trouble::Answer(503); 12]);
    let mut turns = 0;
    loop {
        let before = stage.clock.now();
        let end = reconcile::run(services.clone(), job.clone()).await;
        assert!(stage.clock.now().since(before) <= 70 * SECOND, "{end:?} after {}", stage.clock.now().since(before));
        turns += 1;
        if matches!(end, JobEnd::Done) {
            break;
        }
    }
    assert_eq!(turns, 3, "six look-ups a turn, and a last one that finds no more");
    assert_eq!(kinds(&found(&stage, &id).await), [Exception::NotAnswered; 12]);
}

async fn a_word_nobody_knows_is_no_answer_and_is_told_to_staff(stage: Stage) {
    let words = serde_json::json!({ "paid": "unknown", "settled": "paid" });
    stage.settings(|settings| settings["words"] = words).await;
    let payment = missed(&stage).await;
    assert_eq!(stage.post_event(&stage.event("evt_1", &payment, "settled")).await, 200);
    assert!(stage.payment(&payment.id).await.status.was_paid());
    let (owner, services) = (stage.owner(), &stage.services);
    let begun = reconcile::begin_lookup(services, &owner, &stage.merchant, &stage.account, today(&stage)).await;
    let (id, job) = (begun.unwrap(), job(&stage).await);
    assert!(matches!(reconcile::run(services.clone(), job).await, JobEnd::Again(_)));
    assert_eq!(kinds(&all_there_is(&stage, &id).await), [Exception::NotAnswered]);
    let told = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_staff' AND payload LIKE '%unknown_word%'";
    assert_eq!(stage.count(told).await, 1);
}

async fn columns_named_twice_at_once_are_named_once(mut stage: Stage) {
    let (owner, services, merchant) = (stage.owner(), stage.services.clone(), stage.merchant.clone());
    let payment = stage.paid().await;
    let bytes = file(&[(&payment.merchant_order_id, "5000,00", "paid")]);
    let id = reconcile::upload(&services, &owner, &merchant, &stage.account, today(&stage), "bank.csv", bytes)
        .await
        .unwrap();
    let name = || reconcile::name_columns(&services, &owner, &merchant, &id, mapping());
    let (one, other) = tokio::join!(name(), name());
    assert_eq!((one.is_ok(), other.is_ok()), (true, true));
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'reconciled'").await, 1);
    stage.work();
    assert_eq!(kinds(&found(&stage, &id).await), []);
}

async fn member(stage: &Stage, merchant: &domain::MerchantId, email: &str) -> domain::StaffId {
    let (lang, role) = (domain::Lang::Hy, Role::Accountant);
    members::create(&stage.services, merchant, email, "Անի", role, lang, "a long enough word").await.unwrap()
}

async fn a_difference_belongs_to_a_person_of_this_shop_and_the_log_says_who_took_it(mut stage: Stage) {
    stage.work();
    let (owner, elsewhere) = (stage.owner(), stage.another_merchant().await);
    let (ani, stranger) =
        (member(&stage, &stage.merchant, "ani@x.am").await, member(&stage, &elsewhere, "no@x.am").await);
    let books = compare(&stage, &owner, file(&[("K999-1-other", "7,00", "paid")])).await;
    let row = found(&stage, &books).await.remove(0);
    let own = async |owner_id: &domain::StaffId| {
        let (services, merchant, taken) = (&stage.services, &stage.merchant, Some(owner_id.clone()));
        reconcile::own(services, &owner, merchant, &books, vec![row.id], taken).await
    };
    assert_eq!(code(&own(&stranger).await.unwrap_err()), "not_found");
    own(&ani).await.unwrap();
    assert_eq!(all_there_is(&stage, &books).await[0].owner_id.as_ref(), Some(&ani));
    let closed = reconcile::resolve(&stage.services, &owner, &stage.merchant, &books, vec![row.id], How::Close, "seen");
    assert_eq!(closed.await.unwrap(), 1);
    let log = audit::list(&stage.services.db, &stage.merchant, &audit::Filter::default(), 20).await.unwrap();
    let line = |action: &str| {
        let line = log.iter().find(|line| line.action == action).unwrap_or_else(|| panic!("no {action}"));
        let json = |text: &Option<String>| text.as_deref().map(|text| serde_json::from_str(text).unwrap());
        (json(&line.before).unwrap_or_default(), json(&line.after).unwrap_or_default())
    };
    let (before, after): (serde_json::Value, serde_json::Value) = line("exception_taken");
    assert_eq!((&before["owners"][0], &after["owner"]), (&serde_json::Value::Null, &serde_json::json!(ani)));
    let (before, after) = line("exception_resolved");
    assert_eq!((&before["owner"], &after["how"]), (&serde_json::json!(ani), &serde_json::json!("closed")));
    let (before, after) = line("file_columns_named");
    assert_eq!((&before, &after["decimal"]), (&serde_json::Value::Null, &serde_json::json!(",")));
    assert_eq!(line("list_uploaded").1["account"], serde_json::json!(stage.account));
}

async fn one_that_fails_in_the_middle_takes_no_other_with_it(stage: Stage) {
    let all = [missed(&stage).await, missed(&stage).await, missed(&stage).await];
    let (owner, services) = (stage.owner(), &stage.services);
    let lines: Vec<_> = all.iter().map(|payment| (payment.merchant_order_id.as_str(), "5000,00", "paid")).collect();
    let books = compare(&stage, &owner, file(&lines)).await;
    assert!(matches!(reconcile::run(services.clone(), job(&stage).await).await, JobEnd::Done));
    let rows = all_there_is(&stage, &books).await;
    assert_eq!(kinds(&rows), [Exception::PaidThere; 3]);
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let spoil = |status: &str| format!("UPDATE payments SET status = '{status}' WHERE id = '{}'", all[1].id);
    raw.execute_unprepared(&spoil("no word of ours")).await.unwrap();
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let accept = async || {
        reconcile::resolve(services, &owner, &stage.merchant, &books, ids.clone(), How::Accept, "as the bank says")
            .await
    };
    assert_eq!(accept().await.unwrap(), 2, "the others are done, and counted");
    assert!(accept().await.is_err(), "nothing was resolved");
    raw.execute_unprepared(&spoil("pending")).await.unwrap();
    assert_eq!(accept().await.unwrap(), 1);
    stage.audit().await;
}
