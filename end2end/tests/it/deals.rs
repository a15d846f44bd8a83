//! Deals in a shop's CRM: one for each paid order, whatever the CRM answers or does not answer, and never two. What holds for
//! every CRM is proven with each.

use domain::{
    MerchantId, Money, OrderId,
    deal::{CrmKind, DealState, Stage as Place, Stages},
    moment::MINUTE,
    role::{Actor, Role},
};
use sandbox::crm::{Crm, Mischief};
use sea_orm::{ConnectionTrait, Database};
use server::{
    alerts::TELL_STAFF,
    crm::{self, ConnectInput, Deal},
    failure::{Failure, Outcome},
    jobs::JobEnd,
    payments::{self, Payment, tell::TELL_CUSTOMER},
    refunds::{self, NewRefund},
};

use crate::{
    on_both,
    stage::{CRM_KEY, Stage},
};

on_both!(
    a_paid_order_is_one_deal_however_often_it_is_told,
    a_lost_answer_makes_no_second_deal,
    money_that_goes_back_moves_the_deal,
    a_deal_that_people_have_moved_stays,
    an_order_that_is_not_paid_has_a_deal_where_the_shop_wants_it,
    a_customer_is_one_contact,
    a_refusal_is_shown_and_tried_again_by_hand,
    a_deal_that_was_deleted_is_made_anew_by_hand,
    refused_keys_stop_the_lane_until_there_are_others,
    too_many_requests_are_waited_for,
    a_crm_that_is_away_is_told_of_once,
    another_crm_begins_anew_and_without_one_nothing_is_owed,
    keys_that_are_wrong_connect_nothing,
    who_may_what_and_only_of_their_own_shop,
);

const BOTH: [CrmKind; 2] = [CrmKind::Bitrix24, CrmKind::AmoCrm];

fn there(stage: &Stage, kind: CrmKind) -> &Crm {
    match kind {
        CrmKind::Bitrix24 => &stage.bitrix24,
        CrmKind::AmoCrm => &stage.amocrm,
    }
}

fn input(stage: &Stage, kind: CrmKind, key: &str) -> ConnectInput {
    let (address, token) = match kind {
        CrmKind::Bitrix24 => (format!("{}/sandbox/bitrix24/rest/1/{key}/", stage.url), String::new()),
        CrmKind::AmoCrm => (format!("{}/sandbox/amocrm", stage.url), key.to_owned()),
    };
    ConnectInput { kind, address, token }
}

/// Stages as these CRMs have them: one of work, one that is lost.
fn place(kind: CrmKind, lost: bool) -> Place {
    let (pipeline, stage) = match (kind, lost) {
        (CrmKind::Bitrix24, false) => ("0", "EXECUTING"),
        (CrmKind::Bitrix24, true) => ("0", "LOSE"),
        (CrmKind::AmoCrm, false) => ("7100", "7103"),
        (CrmKind::AmoCrm, true) => ("7100", "143"),
    };
    Place { pipeline: pipeline.to_owned(), stage: stage.to_owned() }
}

fn stages(kind: CrmKind) -> Stages {
    let lost = Some(place(kind, true));
    Stages { ordered: None, paid: place(kind, false), partly_refunded: None, refunded: lost.clone(), lost }
}

/// The merchant's deals go to this CRM.
pub async fn connect(stage: &Stage, merchant: &MerchantId, kind: CrmKind) {
    let owner = stage.owner();
    crm::connect(&stage.services, &owner, merchant, input(stage, kind, CRM_KEY)).await.unwrap();
    crm::choose(&stage.services, &owner, merchant, stages(kind)).await.unwrap();
}

async fn connected(stage: &Stage, kind: CrmKind) {
    connect(stage, &stage.merchant, kind).await;
}

async fn work(stage: &Stage) {
    let workers = stage.workers().with(TELL_CUSTOMER, |_| async { JobEnd::Done });
    workers.with(TELL_STAFF, |_| async { JobEnd::Done }).drain().await.unwrap();
}

/// As [`work`], with the waits between.
async fn work_on(stage: &Stage) {
    for _ in 0..8 {
        work(stage).await;
        stage.clock.advance(2 * MINUTE);
    }
    work(stage).await;
}

/// Looked up: its clock may have run ahead of the provider's signatures.
async fn paid(stage: &Stage) -> Payment {
    let begun = stage.begun_and_ended().await;
    payments::check(&stage.services, &stage.owner(), &stage.merchant, &begun.id).await.unwrap();
    stage.payment(&begun.id).await
}

async fn deal(stage: &Stage, order: &OrderId) -> Deal {
    crm::of_order(&stage.services.db, &stage.merchant, order).await.unwrap().unwrap()
}

fn code<T: std::fmt::Debug>(said: Outcome<T>) -> &'static str {
    match said {
        Err(Failure::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

async fn give_back(stage: &Stage, payment: &Payment, amount_minor: i64) {
    let new = NewRefund {
        payment: payment.id.clone(),
        amount: Some(Money::amd(amount_minor)),
        lines: Vec::new(),
        reason: "broken".to_owned(),
        made_by: None,
    };
    refunds::ask(&stage.services, &stage.owner(), &stage.merchant, new).await.unwrap();
    work_on(stage).await;
}

async fn write(stage: &Stage, sql: &str) {
    let raw = Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared(sql).await.unwrap();
    raw.close().await.unwrap();
}

/// What stands in the CRM: stage, sum, and the order.
fn seen(crm: &Crm) -> Vec<(String, String, String)> {
    crm.deals().into_iter().map(|deal| (deal.stage, deal.sum, deal.origin)).collect()
}

async fn alerts(stage: &Stage, word: &str) -> i64 {
    stage.count(&format!("SELECT COUNT(*) FROM jobs WHERE kind = 'tell_staff' AND payload LIKE '%{word}%'")).await
}

const fn sum(kind: CrmKind, drams: &'static str, exact: &'static str) -> &'static str {
    match kind {
        CrmKind::Bitrix24 => exact,
        CrmKind::AmoCrm => drams,
    }
}

async fn a_paid_order_is_one_deal_however_often_it_is_told(stage: Stage) {
    for kind in BOTH {
        connected(&stage, kind).await;
        let payment = paid(&stage).await;
        for nth in 0..3 {
            let event = stage.event(&format!("evt_{kind}_{nth}"), &payment, "paid");
            assert_eq!(stage.post_event(&event).await, 200);
        }
        work_on(&stage).await;
        let crm = there(&stage, kind);
        let wanted = (place(kind, false).stage, sum(kind, "5000", "5000.0").to_owned(), payment.order_id.to_string());
        assert_eq!(seen(crm), [wanted]);
        let own = deal(&stage, &payment.order_id).await;
        assert_eq!((own.state, own.external_id.as_deref()), (DealState::Made, Some("1")));
        let page = stage.http.get(own.url.unwrap()).send().await.unwrap();
        assert!(page.status().is_success(), "its link leads to it");
        let title = &crm.deals()[0].title;
        assert!(title.starts_with("№ ") && title.ends_with("Սուրճ"), "{title}");
    }
    stage.audit().await;
}

async fn a_lost_answer_makes_no_second_deal(stage: Stage) {
    use Mischief::{DropAfter, DropBefore, Fine};
    for kind in BOTH {
        connected(&stage, kind).await;
        // Looked for, added; the answer to the first, to the second, or to both of one kind and then the other is lost.
        for mischief in [
            [DropBefore, Fine, Fine, Fine],
            [Fine, DropAfter, DropBefore, DropAfter],
            [Fine, DropBefore, Fine, DropAfter],
        ] {
            let before = there(&stage, kind).deals().len();
            let payment = paid(&stage).await;
            there(&stage, kind).mischief(mischief);
            work_on(&stage).await;
            let made = there(&stage, kind).deals().split_off(before);
            let origins: Vec<_> = made.iter().map(|deal| deal.origin.as_str()).collect();
            assert_eq!(origins, [payment.order_id.as_str()], "{kind} {mischief:?}");
            assert_eq!(deal(&stage, &payment.order_id).await.state, DealState::Made);
        }
    }
    assert_eq!(alerts(&stage, "crm_trouble").await, 0, "nobody is troubled");
}

async fn money_that_goes_back_moves_the_deal(stage: Stage) {
    for kind in BOTH {
        connected(&stage, kind).await;
        let payment = paid(&stage).await;
        work_on(&stage).await;
        give_back(&stage, &payment, 200_000).await;
        let order = payment.order_id.to_string();
        let of = |place: Place, sum: &str| vec![(place.stage, sum.to_owned(), order.clone())];
        assert_eq!(seen(there(&stage, kind)), of(place(kind, false), sum(kind, "3000", "3000.0")), "a part: it stays");
        give_back(&stage, &payment, 300_000).await;
        assert_eq!(seen(there(&stage, kind)), of(place(kind, true), sum(kind, "5000", "5000.0")), "all: it is lost");
    }
}

async fn a_deal_that_people_have_moved_stays(stage: Stage) {
    connected(&stage, CrmKind::Bitrix24).await;
    let payment = paid(&stage).await;
    work_on(&stage).await;
    stage.bitrix24.put(1, "WON");
    give_back(&stage, &payment, 200_000).await;
    let now = &stage.bitrix24.deals()[0];
    assert_eq!((now.stage.as_str(), now.sum.as_str()), ("WON", "3000.0"), "only the sum is told");
}

async fn an_order_that_is_not_paid_has_a_deal_where_the_shop_wants_it(stage: Stage) {
    connected(&stage, CrmKind::Bitrix24).await;
    let silent = stage.begun().await;
    work_on(&stage).await;
    assert!(stage.bitrix24.deals().is_empty(), "not paid, no deal");
    let ordered = Place { pipeline: "1".to_owned(), stage: "C1:NEW".to_owned() };
    let own = Stages { ordered: Some(ordered), ..stages(CrmKind::Bitrix24) };
    crm::choose(&stage.services, &stage.owner(), &stage.merchant, own).await.unwrap();
    let link = stage.link(|_| ()).await;
    let id = stage.press_pay(&link, "1").await.unwrap();
    let order = stage.payment(&id).await.order_id;
    work(&stage).await;
    let at = |crm: &Crm| crm.deals().into_iter().map(|deal| (deal.pipeline, deal.stage)).collect::<Vec<_>>();
    assert_eq!(at(&stage.bitrix24), [("1".to_owned(), "C1:NEW".to_owned())]);
    assert_eq!(stage.bitrix24.deals()[0].origin, order.to_string());
    // Time passes, and it expires.
    stage.clock.advance(3 * 24 * 60 * MINUTE);
    work_on(&stage).await;
    assert_eq!(at(&stage.bitrix24), [("0".to_owned(), "LOSE".to_owned())], "and the one from before has none");
    assert!(crm::of_order(&stage.services.db, &stage.merchant, &silent.order_id).await.unwrap().is_none());
}

async fn a_customer_is_one_contact(stage: Stage) {
    for kind in BOTH {
        connected(&stage, kind).await;
        let person = stage.clock.id::<domain::CustomerId>();
        let telegram = if kind == CrmKind::Bitrix24 { 4_001 } else { 4_002 };
        let add = format!(
            "INSERT INTO customers (id, merchant_id, telegram_user_id, name, language, created_at) VALUES ('{person}', '{}', {telegram}, 'Անի', 'hy', 0)",
            stage.merchant
        );
        write(&stage, &add).await;
        for _ in 0..2 {
            let payment = paid(&stage).await;
            write(&stage, &format!("UPDATE orders SET customer_id = '{person}' WHERE id = '{}'", payment.order_id))
                .await;
            work_on(&stage).await;
        }
        let crm = there(&stage, kind);
        let contacts: Vec<_> = crm.contacts().into_iter().map(|contact| contact.name).collect();
        assert_eq!(contacts, ["Անի"], "{kind}");
        assert!(crm.deals().iter().all(|deal| deal.contact == Some(1)), "{kind}");
    }
}

async fn a_refusal_is_shown_and_tried_again_by_hand(stage: Stage) {
    for kind in BOTH {
        connected(&stage, kind).await;
        let payment = paid(&stage).await;
        there(&stage, kind).mischief([Mischief::Fine, Mischief::Refuse]);
        work_on(&stage).await;
        let refused = deal(&stage, &payment.order_id).await;
        assert_eq!(refused.state, DealState::Refused);
        assert!(refused.problem_words.is_some_and(|words| words.to_lowercase().contains("sta")));
        assert!(there(&stage, kind).deals().is_empty());
        let waits =
            crm::waiting(&stage.services, &stage.owner(), &stage.merchant, DealState::Refused, 9).await.unwrap();
        assert_eq!(waits.len(), 1);
        crm::again(&stage.services, &stage.owner(), &stage.merchant, &payment.order_id).await.unwrap();
        work_on(&stage).await;
        assert_eq!(deal(&stage, &payment.order_id).await.state, DealState::Made);
        assert_eq!(there(&stage, kind).deals().len(), 1);
        let again = crm::again(&stage.services, &stage.owner(), &stage.merchant, &payment.order_id).await;
        assert_eq!(code(again), "deal_moved_on");
    }
    assert_eq!(alerts(&stage, "deal_refused").await, 2, "once each");
}

async fn a_deal_that_was_deleted_is_made_anew_by_hand(stage: Stage) {
    for kind in BOTH {
        connected(&stage, kind).await;
        let (other, payment) = (paid(&stage).await, paid(&stage).await);
        work_on(&stage).await;
        there(&stage, kind).forget(1);
        give_back(&stage, &other, 200_000).await;
        let gone = deal(&stage, &other.order_id).await;
        assert_eq!((gone.state, gone.problem.as_deref()), (DealState::Refused, Some("gone")));
        crm::again(&stage.services, &stage.owner(), &stage.merchant, &other.order_id).await.unwrap();
        work_on(&stage).await;
        let origins: Vec<_> = there(&stage, kind).deals().into_iter().map(|deal| deal.origin).collect();
        assert_eq!(origins, [payment.order_id.to_string(), other.order_id.to_string()]);
    }
}

async fn refused_keys_stop_the_lane_until_there_are_others(stage: Stage) {
    for kind in BOTH {
        connected(&stage, kind).await;
        there(&stage, kind).change_key("another0key");
        let (first, second) = (paid(&stage).await, paid(&stage).await);
        work_on(&stage).await;
        let owner = stage.owner();
        let known = crm::connected(&stage.services, &owner, &stage.merchant).await.unwrap().unwrap();
        assert!(known.trouble.is_some());
        assert_eq!(crm::count(&stage.services.db, &stage.merchant, DealState::Owed).await.unwrap(), 2);
        let day = (stage.clock.now().plus(-60 * MINUTE), stage.clock.now());
        assert_eq!(crm::unmade(&stage.services.db, &stage.merchant, day).await.unwrap(), 2);
        assert_eq!(code(crm::check(&stage.services, &owner, &stage.merchant).await), "crm_keys");
        crm::connect(&stage.services, &owner, &stage.merchant, input(&stage, kind, "another0key")).await.unwrap();
        work_on(&stage).await;
        for payment in [first, second] {
            assert_eq!(deal(&stage, &payment.order_id).await.state, DealState::Made);
        }
        assert_eq!(there(&stage, kind).deals().len(), 2);
        assert_eq!(crm::unmade(&stage.services.db, &stage.merchant, day).await.unwrap(), 0);
        let known = crm::connected(&stage.services, &owner, &stage.merchant).await.unwrap().unwrap();
        assert_eq!((known.trouble, known.stages), (None, Some(stages(kind))), "and its stages stayed chosen");
    }
    assert_eq!(alerts(&stage, "crm_trouble").await, 2, "once each");
    let log = stage.count("SELECT COUNT(*) FROM audit_log WHERE \"after\" LIKE '%another0key%'").await;
    assert_eq!(log, 0, "no key stands in the audit log");
    let leaked = "SELECT COUNT(*) FROM crms WHERE address LIKE '%another0key%' OR secrets LIKE '%another0key%'";
    assert_eq!(stage.count(leaked).await, 0);
}

async fn too_many_requests_are_waited_for(stage: Stage) {
    for kind in BOTH {
        connected(&stage, kind).await;
        let payment = paid(&stage).await;
        there(&stage, kind).mischief([Mischief::TooMany, Mischief::Fine, Mischief::TooMany]);
        work_on(&stage).await;
        assert_eq!(deal(&stage, &payment.order_id).await.state, DealState::Made);
        assert_eq!(there(&stage, kind).deals().len(), 1);
    }
}

async fn a_crm_that_is_away_is_told_of_once(stage: Stage) {
    connected(&stage, CrmKind::Bitrix24).await;
    let payment = paid(&stage).await;
    stage.bitrix24.mischief([Mischief::DropBefore; 7]);
    for _ in 0..4 {
        work_on(&stage).await;
    }
    assert_eq!(deal(&stage, &payment.order_id).await.state, DealState::Made);
    assert_eq!(alerts(&stage, "crm_trouble").await, 1);
    let known = crm::connected(&stage.services, &stage.owner(), &stage.merchant).await.unwrap().unwrap();
    assert_eq!(known.trouble, None, "it is back");
}

async fn another_crm_begins_anew_and_without_one_nothing_is_owed(stage: Stage) {
    let before = paid(&stage).await;
    connected(&stage, CrmKind::Bitrix24).await;
    let payment = paid(&stage).await;
    work_on(&stage).await;
    connected(&stage, CrmKind::AmoCrm).await;
    give_back(&stage, &payment, 200_000).await;
    assert!(stage.amocrm.deals().is_empty(), "its deal is elsewhere");
    crm::disconnect(&stage.services, &stage.owner(), &stage.merchant).await.unwrap();
    paid(&stage).await;
    work_on(&stage).await;
    assert_eq!((stage.amocrm.deals().len(), stage.bitrix24.deals().len()), (0, 1));
    assert_eq!(crm::of_order(&stage.services.db, &stage.merchant, &before.order_id).await.unwrap(), None);
    assert_eq!(stage.count("SELECT COUNT(*) FROM deals").await, 1);
}

async fn keys_that_are_wrong_connect_nothing(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    for kind in BOTH {
        let wrong = crm::connect(services, &owner, merchant, input(&stage, kind, "wrong0key")).await;
        assert_eq!(code(wrong), "crm_keys");
        there(&stage, kind).count_in(&["RUB"]);
        let foreign = crm::connect(services, &owner, merchant, input(&stage, kind, CRM_KEY)).await;
        assert_eq!(code(foreign), "crm_currency");
        there(&stage, kind).count_in(&["AMD"]);
        let nowhere = ConnectInput { address: "x".to_owned(), ..input(&stage, kind, CRM_KEY) };
        assert_eq!(code(crm::connect(services, &owner, merchant, nowhere).await), "crm_address");
    }
    assert!(crm::connected(services, &owner, merchant).await.unwrap().is_none());
    crm::connect(services, &owner, merchant, input(&stage, CrmKind::Bitrix24, CRM_KEY)).await.unwrap();
    paid(&stage).await;
    work_on(&stage).await;
    assert!(stage.bitrix24.deals().is_empty(), "no stage is guessed");
    let odd =
        Stages { paid: Place { pipeline: "0".to_owned(), stage: "C1:WON".to_owned() }, ..stages(CrmKind::Bitrix24) };
    assert_eq!(code(crm::choose(services, &owner, merchant, odd).await), "crm_stage");
}

async fn who_may_what_and_only_of_their_own_shop(stage: Stage) {
    connected(&stage, CrmKind::Bitrix24).await;
    let payment = paid(&stage).await;
    stage.bitrix24.mischief([Mischief::Fine, Mischief::Refuse]);
    work_on(&stage).await;
    let (services, merchant, stranger) = (&stage.services, &stage.merchant, stage.another_merchant().await);
    assert!(crm::connected(services, &stage.owner(), &stranger).await.unwrap().is_none());
    assert_eq!(crm::of_order(&services.db, &stranger, &payment.order_id).await.unwrap(), None);
    assert_eq!(code(crm::again(services, &stage.owner(), &stranger, &payment.order_id).await), "not_found");
    assert_eq!(code(crm::disconnect(services, &stage.owner(), &stranger).await), "not_found");
    for role in [Role::Support, Role::Accountant] {
        let who = Actor::Staff { id: stage.clock.id(), role };
        assert!(crm::connected(services, &who, merchant).await.unwrap().is_some(), "sees it");
        let connect = crm::connect(services, &who, merchant, input(&stage, CrmKind::Bitrix24, CRM_KEY)).await;
        assert_eq!(code(connect), "forbidden");
        assert_eq!(code(crm::choose(services, &who, merchant, stages(CrmKind::Bitrix24)).await), "forbidden");
        assert_eq!(code(crm::check(services, &who, merchant).await), "forbidden");
        assert_eq!(code(crm::disconnect(services, &who, merchant).await), "forbidden");
        assert_eq!(code(crm::again(services, &who, merchant, &payment.order_id).await), "forbidden");
    }
}
