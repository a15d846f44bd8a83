//! Fiscal receipts: one for each sale and each return, whatever the register answers or does not answer, and never two.

use domain::{
    MerchantId, Money, PaymentId,
    journal::EntryKind,
    moment::MINUTE,
    receipt::{PartialReturn, ReceiptKind, ReceiptState},
    role::{Actor, Role},
};
use sandbox::{
    ehdm::{Mischief, Standing},
    vpos::Status,
};
use serde_json::Value;
use server::{
    alerts::TELL_STAFF,
    failure::{Failure, Outcome},
    fiscal::{self, Adopt, Counters, EhdmSettings, Receipt, RegisterInput},
    jobs::JobEnd,
    payments::{self, Payment, tell::TELL_CUSTOMER},
    refunds::{self, NewRefund},
};

use crate::{on_both, stage::Stage};

on_both!(
    a_sale_is_registered_once_however_often_it_is_told,
    money_that_goes_back_is_registered_against_its_sale,
    a_part_that_no_quantity_gives_is_refused_or_rounded,
    a_lost_answer_is_found_and_taken_over,
    what_did_not_arrive_is_sent_again,
    answers_lost_in_a_row_make_one_receipt,
    another_receipt_in_its_place_waits_for_a_person,
    a_number_read_elsewhere_is_taken_by_hand,
    a_counter_that_another_program_moved_is_set_by_hand,
    a_refusal_is_shown_and_sent_again_by_hand,
    a_register_that_takes_nothing_is_waited_for,
    a_register_without_numbers_is_asked_without,
    without_a_register_nothing_is_owed,
    sixty_four_sales_at_once_have_their_numbers_without_a_gap,
    who_may_what_and_only_of_their_own_shop,
    the_api_tells_the_receipt,
);

pub const CRN: &str = "53227232";

fn settings(stage: &Stage) -> EhdmSettings {
    EhdmSettings {
        base_url: format!("{}/sandbox/ehdm", stage.url),
        crn: CRN.to_owned(),
        tin: "01234567".to_owned(),
        cashier: 1,
        department: 1,
        tax_regime: 1,
        adg_code: "9205".to_owned(),
        unit: "հատ".to_owned(),
        numbered: true,
        partial: PartialReturn::Exact,
    }
}

/// The merchant has a register that is switched on.
pub async fn connect(stage: &Stage, merchant: &MerchantId) {
    with(stage, merchant, settings(stage)).await;
}

async fn with(stage: &Stage, merchant: &MerchantId, settings: EhdmSettings) {
    stage.ehdm.add(CRN, "01234567", settings.numbered.then_some(0));
    let owner = stage.owner();
    fiscal::change(&stage.services, &owner, merchant, RegisterInput::of(settings)).await.unwrap();
    fiscal::switch(&stage.services, &owner, merchant, true).await.unwrap();
}

async fn connected(stage: &Stage) {
    connect(stage, &stage.merchant).await;
}

/// Everything that is due is done.
async fn work(stage: &Stage) {
    let workers = stage.workers().with(TELL_CUSTOMER, |_| async { JobEnd::Done });
    workers.with(TELL_STAFF, |_| async { JobEnd::Done }).drain().await.unwrap();
}

/// As [`work`], with the waits between.
async fn work_on(stage: &Stage) {
    for _ in 0..6 {
        work(stage).await;
        stage.clock.advance(5 * MINUTE);
    }
    work(stage).await;
}

async fn receipts(stage: &Stage, payment: &PaymentId) -> Vec<Receipt> {
    fiscal::of_payments(&stage.services.db, &stage.merchant, vec![payment.clone()]).await.unwrap()
}

async fn sale(stage: &Stage, payment: &Payment) -> Receipt {
    receipts(stage, &payment.id).await.remove(0)
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
    work(stage).await;
}

/// What stands at the register: number, sum, and of a return its sale.
fn printed(stage: &Stage) -> Vec<(i64, i64, Option<i64>)> {
    stage.ehdm.receipts(CRN).iter().map(|receipt| (receipt.number, receipt.total, receipt.of)).collect()
}

async fn alerts(stage: &Stage, word: &str) -> i64 {
    stage.count(&format!("SELECT COUNT(*) FROM jobs WHERE kind = 'tell_staff' AND payload LIKE '%{word}%'")).await
}

async fn a_sale_is_registered_once_however_often_it_is_told(stage: Stage) {
    connected(&stage).await;
    let payment = stage.paid().await;
    for nth in 0..3 {
        assert_eq!(stage.post_event(&stage.event(&format!("evt_{nth}"), &payment, "paid")).await, 200);
    }
    work(&stage).await;
    assert_eq!(printed(&stage), [(1, 500_000, None)]);
    let receipt = sale(&stage, &payment).await;
    assert_eq!((receipt.state, receipt.kind, receipt.number), (ReceiptState::Registered, ReceiptKind::Sale, Some(1)));
    assert_eq!((receipt.fiscal.as_deref(), receipt.crn.as_deref()), (Some("52000001"), Some(CRN)));
    assert!(receipt.qr.is_some_and(|qr| qr.contains("FISCAL: 52000001")));
    let line = &stage.ehdm.receipts(CRN)[0].lines[0];
    assert_eq!((line.name.as_str(), line.quantity, line.price), ("Սուրճ", 1_000, 500_000));
    let registered = EntryKind::ReceiptRegistered.to_string();
    assert_eq!(stage.kinds(&payment.id).await.iter().filter(|kind| **kind == registered).count(), 1);
    stage.audit().await;
}

async fn money_that_goes_back_is_registered_against_its_sale(stage: Stage) {
    connected(&stage).await;
    let payment = stage.paid().await;
    work(&stage).await;
    give_back(&stage, &payment, 200_000).await;
    give_back(&stage, &payment, 300_000).await;
    assert_eq!(printed(&stage), [(1, 500_000, None), (2, 200_000, Some(1)), (3, 300_000, Some(1))]);
    let all = receipts(&stage, &payment.id).await;
    assert!(all.iter().all(|receipt| receipt.state == ReceiptState::Registered), "{all:#?}");
    assert_eq!(all.iter().filter(|receipt| receipt.kind == ReceiptKind::Return).count(), 2);
    let sold = &stage.ehdm.receipts(CRN)[0].lines[0];
    assert_eq!(sold.returned, sold.quantity, "all of it is back");
    stage.audit().await;
}

async fn a_part_that_no_quantity_gives_is_refused_or_rounded(stage: Stage) {
    connected(&stage).await;
    let payment = stage.paid().await;
    work(&stage).await;
    give_back(&stage, &payment, 33_333).await;
    let back = receipts(&stage, &payment.id).await.remove(1);
    assert_eq!((back.state, back.problem.as_deref()), (ReceiptState::Refused, Some("inexact")));
    let nearest = EhdmSettings { partial: PartialReturn::Nearest, ..settings(&stage) };
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    fiscal::change(services, &owner, merchant, RegisterInput::of(nearest)).await.unwrap();
    fiscal::again(services, &owner, merchant, &back.id, "").await.unwrap();
    work(&stage).await;
    assert_eq!(printed(&stage), [(1, 500_000, None), (2, 33_333, Some(1))]);
    assert_eq!(stage.ehdm.receipts(CRN)[0].lines[0].returned, 67, "the nearest quantity");
}

async fn a_lost_answer_is_found_and_taken_over(stage: Stage) {
    connected(&stage).await;
    let (first, second) = (stage.paid().await, stage.paid().await);
    stage.ehdm.mischief([Mischief::DropAfter]);
    work(&stage).await;
    assert_eq!(printed(&stage), [(1, 500_000, None), (2, 500_000, None)], "one each");
    assert_eq!(sale(&stage, &first).await.number, Some(1));
    assert_eq!(sale(&stage, &second).await.number, Some(2), "the counter is right again");
    let how = stage.text("SELECT data FROM journal WHERE kind = 'receipt_registered' ORDER BY number LIMIT 1").await;
    assert_eq!(serde_json::from_str::<Value>(&how).unwrap()["how"], "found");
    assert_eq!(alerts(&stage, "receipt_uncertain").await, 0, "nobody is troubled");
    give_back(&stage, &first, 500_000).await;
    assert_eq!(printed(&stage).last(), Some(&(3, 500_000, Some(1))), "its pieces are known");
}

async fn what_did_not_arrive_is_sent_again(stage: Stage) {
    connected(&stage).await;
    let payment = stage.paid().await;
    stage.ehdm.mischief([Mischief::DropBefore]);
    work(&stage).await;
    assert_eq!(printed(&stage), [(1, 500_000, None)]);
    let receipt = sale(&stage, &payment).await;
    assert_eq!((receipt.state, receipt.number), (ReceiptState::Registered, Some(1)));
}

/// The print and the first questions about it are lost, each on one side or the other.
async fn answers_lost_in_a_row_make_one_receipt(stage: Stage) {
    connected(&stage).await;
    let (first, second) = (stage.paid().await, stage.paid().await);
    use Mischief::{Code, DropAfter, DropBefore};
    stage.ehdm.mischief([DropAfter, DropBefore, DropAfter, Code(101), Code(500), DropBefore]);
    work_on(&stage).await;
    assert_eq!(printed(&stage), [(1, 500_000, None), (2, 500_000, None)]);
    assert_eq!([sale(&stage, &first).await.number, sale(&stage, &second).await.number], [Some(1), Some(2)]);
    assert_eq!(alerts(&stage, "receipt_uncertain").await, 1, "told after some vain tries, once");
}

async fn another_receipt_in_its_place_waits_for_a_person(stage: Stage) {
    connected(&stage).await;
    stage.ehdm.print_elsewhere(CRN, 12_300);
    let (first, second) = (stage.paid().await, stage.paid().await);
    stage.ehdm.mischief([Mischief::DropBefore]);
    work_on(&stage).await;
    let receipt = sale(&stage, &first).await;
    assert_eq!((receipt.state, receipt.problem.as_deref()), (ReceiptState::Uncertain, Some("other_receipt")));
    assert_eq!(sale(&stage, &second).await.state, ReceiptState::Owed, "nothing else is sent");
    assert_eq!((printed(&stage).len(), alerts(&stage, "receipt_uncertain").await), (1, 1));
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    assert_eq!(code(fiscal::again(services, &owner, merchant, &receipt.id, " ").await), "required");
    fiscal::again(services, &owner, merchant, &receipt.id, "not in the cabinet").await.unwrap();
    work(&stage).await;
    assert_eq!(printed(&stage), [(1, 12_300, None), (2, 500_000, None), (3, 500_000, None)]);
    assert_eq!([sale(&stage, &first).await.number, sale(&stage, &second).await.number], [Some(2), Some(3)]);
    assert_eq!(code(fiscal::again(services, &owner, merchant, &receipt.id, "once more").await), "receipt_moved_on");
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'receipt_sent_again'").await, 1);
}

async fn a_number_read_elsewhere_is_taken_by_hand(stage: Stage) {
    connected(&stage).await;
    stage.ehdm.print_elsewhere(CRN, 12_300);
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    // Of what another program did, only the counter is known here.
    let counters = Counters { seq: Some(1), last_number: None };
    let input = RegisterInput { counters, ..RegisterInput::of(settings(&stage)) };
    fiscal::change(services, &owner, merchant, input).await.unwrap();
    let (first, second, third) = (stage.paid().await, stage.paid().await, stage.paid().await);
    stage.ehdm.mischief([Mischief::DropAfter]);
    work_on(&stage).await;
    let receipt = sale(&stage, &first).await;
    assert_eq!((receipt.state, receipt.problem.as_deref()), (ReceiptState::Uncertain, Some("other_receipt")));
    let take = |number| Adopt { number, fiscal: "52000002".to_owned(), reason: "read in the cabinet".to_owned() };
    assert_eq!(code(fiscal::adopt(services, &owner, merchant, &receipt.id, take(0)).await), "receipt_number_wrong");
    let taken = fiscal::adopt(services, &owner, merchant, &receipt.id, take(2)).await.unwrap();
    assert_eq!((taken.state, taken.number), (ReceiptState::Registered, Some(2)));
    stage.ehdm.mischief([Mischief::Fine, Mischief::Code(183)]);
    work(&stage).await;
    assert_eq!(printed(&stage), [(1, 12_300, None), (2, 500_000, None), (3, 500_000, None)], "not a second time");
    assert_eq!(sale(&stage, &second).await.number, Some(3));
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'receipt_adopted'").await, 1);
    let refused = sale(&stage, &third).await;
    assert_eq!(code(fiscal::adopt(services, &owner, merchant, &refused.id, take(2)).await), "receipt_number_taken");
}

async fn a_counter_that_another_program_moved_is_set_by_hand(stage: Stage) {
    connected(&stage).await;
    for _ in 0..2 {
        stage.ehdm.print_elsewhere(CRN, 12_300);
    }
    let payment = stage.paid().await;
    work_on(&stage).await;
    assert_eq!(sale(&stage, &payment).await.state, ReceiptState::Owed, "certainly not registered");
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    let shown = fiscal::register(services, &owner, merchant).await.unwrap().unwrap();
    assert_eq!(shown.trouble.map(|(code, ..)| code).as_deref(), Some("104"));
    assert_eq!(alerts(&stage, "register_trouble").await, 1, "told once, however often it is tried");
    let counters = Counters { seq: Some(2), last_number: Some(2) };
    let input = RegisterInput { counters, ..RegisterInput::of(settings(&stage)) };
    fiscal::change(services, &owner, merchant, input).await.unwrap();
    work(&stage).await;
    assert_eq!(sale(&stage, &payment).await.number, Some(3));
    assert!(fiscal::register(services, &owner, merchant).await.unwrap().unwrap().trouble.is_none());
}

async fn a_refusal_is_shown_and_sent_again_by_hand(stage: Stage) {
    connected(&stage).await;
    let (first, second) = (stage.paid().await, stage.paid().await);
    stage.ehdm.mischief([Mischief::Code(183)]);
    work(&stage).await;
    let refused = sale(&stage, &first).await;
    assert_eq!((refused.state, refused.problem.as_deref()), (ReceiptState::Refused, Some("183")));
    assert_eq!(sale(&stage, &second).await.number, Some(1), "the others go on");
    assert_eq!(alerts(&stage, "receipt_refused").await, 1);
    assert!(stage.kinds(&first.id).await.contains(&EntryKind::ReceiptRefused.to_string()));
    give_back(&stage, &first, 500_000).await;
    let back = receipts(&stage, &first.id).await.remove(1);
    assert_eq!(back.problem.as_deref(), Some("sale_not_registered"));
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    for receipt in [&refused, &back] {
        fiscal::again(services, &owner, merchant, &receipt.id, "").await.unwrap();
        work(&stage).await;
    }
    assert_eq!(printed(&stage), [(1, 500_000, None), (2, 500_000, None), (3, 500_000, Some(2))]);
    stage.audit().await;
}

async fn a_register_that_takes_nothing_is_waited_for(stage: Stage) {
    connected(&stage).await;
    let payment = stage.paid().await;
    for (standing, code) in [(Standing::Blocked, "199"), (Standing::Inactive, "196")] {
        stage.ehdm.stand(CRN, standing);
        work_on(&stage).await;
        let shown = fiscal::register(&stage.services, &stage.owner(), &stage.merchant).await.unwrap().unwrap();
        assert_eq!(shown.trouble.map(|(code, ..)| code).as_deref(), Some(code));
        assert_eq!(sale(&stage, &payment).await.state, ReceiptState::Owed);
    }
    assert_eq!(alerts(&stage, "register_trouble").await, 2);
    stage.ehdm.stand(CRN, Standing::Active);
    work_on(&stage).await;
    assert_eq!(printed(&stage), [(1, 500_000, None)]);
}

async fn a_register_without_numbers_is_asked_without(stage: Stage) {
    let merchant = stage.merchant.clone();
    with(&stage, &merchant, EhdmSettings { numbered: false, ..settings(&stage) }).await;
    let (first, second) = (stage.paid().await, stage.paid().await);
    stage.ehdm.mischief([Mischief::DropAfter, Mischief::Fine, Mischief::DropBefore]);
    work(&stage).await;
    assert_eq!(printed(&stage), [(1, 500_000, None), (2, 500_000, None)]);
    assert_eq!([sale(&stage, &first).await.number, sale(&stage, &second).await.number], [Some(1), Some(2)]);
}

async fn without_a_register_nothing_is_owed(stage: Stage) {
    let before = stage.paid().await;
    work(&stage).await;
    connected(&stage).await;
    give_back(&stage, &before, 500_000).await;
    assert_eq!(receipts(&stage, &before.id).await, [], "its sale has none either");
    fiscal::switch(&stage.services, &stage.owner(), &stage.merchant, false).await.unwrap();
    let after = stage.paid().await;
    work(&stage).await;
    assert_eq!((receipts(&stage, &after.id).await, printed(&stage)), (Vec::new(), Vec::new()));
    // The department is told while it is off, and takes the next number.
    fiscal::configure(&stage.services, &stage.owner(), &stage.merchant).await.unwrap();
    let shown = fiscal::register(&stage.services, &stage.owner(), &stage.merchant).await.unwrap().unwrap();
    assert_eq!(shown.seq, 1);
    fiscal::switch(&stage.services, &stage.owner(), &stage.merchant, true).await.unwrap();
    let configured = fiscal::configure(&stage.services, &stage.owner(), &stage.merchant).await;
    assert_eq!(code(configured), "register_on");
    let sold = stage.paid().await;
    work(&stage).await;
    assert_eq!(sale(&stage, &sold).await.number, Some(1));
}

async fn sixty_four_sales_at_once_have_their_numbers_without_a_gap(mut stage: Stage) {
    connected(&stage).await;
    let mut begun = Vec::new();
    for _ in 0..64 {
        begun.push(stage.begun_and_ended().await);
    }
    stage.work();
    stage.also(stage.workers().with(TELL_CUSTOMER, |_| async { JobEnd::Done }));
    let mut told = tokio::task::JoinSet::new();
    for payment in begun {
        let (services, merchant) = (stage.services.clone(), stage.merchant.clone());
        told.spawn(async move { payments::check(&services, &Actor::System, &merchant, &payment.id).await.unwrap() });
    }
    assert!(told.join_all().await.iter().all(|payment| payment.status.was_paid()));
    let done = "SELECT COUNT(*) FROM receipts WHERE state = 'registered'";
    stage.until("all are registered", || async { stage.count(done).await == 64 }).await;
    let numbers: Vec<i64> = printed(&stage).into_iter().map(|(number, ..)| number).collect();
    assert_eq!(numbers, (1..=64).collect::<Vec<_>>());
    assert_eq!(stage.count("SELECT COUNT(DISTINCT number) FROM receipts").await, 64);
    assert_eq!(stage.count("SELECT COUNT(DISTINCT payment_id) FROM receipts").await, 64);
    stage.audit().await;
}

async fn who_may_what_and_only_of_their_own_shop(stage: Stage) {
    connected(&stage).await;
    stage.ehdm.mischief([Mischief::Code(183)]);
    let payment = stage.paid().await;
    work(&stage).await;
    let (services, refused) = (&stage.services, sale(&stage, &payment).await);
    let stranger = stage.another_merchant().await;
    assert_eq!(code(fiscal::get(&services.db, &stranger, &refused.id).await), "not_found");
    assert_eq!(code(fiscal::again(services, &stage.owner(), &stranger, &refused.id, "").await), "not_found");
    let of = vec![payment.id.clone()];
    assert_eq!(fiscal::of_payments(&services.db, &stranger, of).await.unwrap(), []);
    for role in [Role::Support, Role::Accountant] {
        let who = Actor::Staff { id: stage.clock.id(), role };
        let filter = fiscal::Filter::default();
        assert_eq!(fiscal::list(services, &who, &stage.merchant, &filter, 9).await.unwrap().len(), 1, "sees it");
        assert_eq!(code(fiscal::again(services, &who, &stage.merchant, &refused.id, "").await), "forbidden");
        let adopt = Adopt { number: 7, fiscal: String::new(), reason: String::new() };
        assert_eq!(code(fiscal::adopt(services, &who, &stage.merchant, &refused.id, adopt).await), "forbidden");
        assert_eq!(code(fiscal::switch(services, &who, &stage.merchant, false).await), "forbidden");
    }
}

async fn the_api_tells_the_receipt(stage: Stage) {
    connected(&stage).await;
    let payment = stage.paid().await;
    let key = stage.api_key().await;
    let ask = async |path: String| -> Value {
        let url = format!("{}/api/v1{path}", stage.url);
        stage.http.get(url).bearer_auth(&key).send().await.unwrap().json().await.unwrap()
    };
    let path = format!("/payments/{}", payment.id);
    assert_eq!(ask(path.clone()).await["receipt"]["state"], "owed");
    work(&stage).await;
    let told = ask(path).await["receipt"].clone();
    assert_eq!(
        (&told["state"], &told["number"], &told["fiscal"]),
        (&"registered".into(), &1.into(), &"52000001".into())
    );
    assert_eq!(ask("/payments".to_owned()).await["items"][0]["receipt"], told);
    assert!(stage.vpos.sessions().iter().all(|session| session.status == Status::Paid));
}
