//! Access codes: every paid piece gets one of its own, whoever gives it; an order that finds too few waits until more are
//! added. Nobody reads them in the tables.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::Method;
use domain::{ProductId, link::LinkKind, order::OrderStatus, role::Role};
use sandbox::vpos::{Mischief, Status};
use server::{
    codes,
    jobs::{self, JobEnd},
    links::{NewLink, What},
    orders::{Asked, Piece},
    payments::{self, Payment},
};

use tokio::task::JoinSet;

use crate::{
    buyer::{self, heard},
    on_both,
    person::{PASSWORD, Person, member},
    stage::Stage,
};

on_both!(
    a_customer_gets_as_many_codes_as_were_bought,
    sixty_four_at_once_get_a_code_each_and_none_twice,
    what_finds_no_code_waits_and_is_delivered_when_there_are_some,
    what_is_added_is_looked_at_first,
    staff_are_told_once_that_few_are_left,
);

const ANI: i64 = 7;

fn named(prefix: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{prefix}-{number:03}")).collect()
}

async fn add(stage: &Stage, product: &ProductId, codes: Vec<String>) -> usize {
    codes::add(&stage.services, &stage.owner(), &stage.merchant, product, codes).await.unwrap()
}

async fn left(stage: &Stage, product: &ProductId) -> i64 {
    codes::pool(&stage.services.db, &stage.merchant, product).await.unwrap().unwrap().remaining
}

/// Paid, and what follows is only promised.
async fn bought(stage: &Stage, product: &ProductId) -> Payment {
    let link = stage.link(|new| *new = NewLink::of(LinkKind::Dynamic, What::Product(product.clone()))).await;
    let payment = stage.press_pay(&link, "1").await.unwrap();
    paid(stage, &stage.payment(&payment).await).await
}

async fn paid(stage: &Stage, payment: &Payment) -> Payment {
    let quietly = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, quietly));
    payments::check(&stage.services, &stage.owner(), &stage.merchant, &payment.id).await.unwrap()
}

async fn worked(stage: &Stage) {
    bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
}

/// All at once, as several instances do.
async fn drained(instances: &[Arc<jobs::Workers>]) {
    let mut all = JoinSet::new();
    for workers in instances {
        let workers = Arc::clone(workers);
        all.spawn(async move { workers.drain().await.unwrap() });
    }
    all.join_all().await;
}

async fn a_customer_gets_as_many_codes_as_were_bought(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let product = stage.product(450_000, None).await;
    assert_eq!(add(&stage, &product, named("KEY", 4)).await, 4);
    let asked = vec![Asked::Product(Piece { quantity: 3, ..Piece::one(product.clone()) })];
    let placed = buyer::orders(&stage, &bot, ANI, asked, "1".to_owned()).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    let payment = paid(&stage, &stage.payment(&payment).await).await;
    worked(&stage).await;
    let given = codes::of_order(&stage.services, &stage.merchant, &payment.order_id).await.unwrap();
    assert_eq!((given.len(), left(&stage, &product).await), (3, 1));
    for code in named("KEY", 4) {
        let own = given.iter().filter(|(_, given)| *given == code).count();
        assert_eq!(heard(&stage, ANI, &format!("Your code: {code}")), own, "{code}");
    }
    let first = given[0].1.as_str();
    let readable = "SELECT COUNT(*) FROM codes WHERE sealed LIKE '%KEY%' OR mark LIKE '%KEY%'";
    assert_eq!(stage.count(readable).await, 0, "codes are sealed");
    let leaks = "SELECT COUNT(*) FROM jobs WHERE payload LIKE '%KEY-%' OR last_error LIKE '%KEY-%'";
    assert_eq!(stage.count(leaks).await, 0);
    let logged = "SELECT COUNT(*) FROM audit_log WHERE CAST(\"after\" AS TEXT) LIKE '%KEY-%'";
    assert_eq!(stage.count(logged).await, 0);
    // Sent again, it is the same codes, and none is taken.
    let again = payments::tell::Again { reason: "the chat was deleted".to_owned(), once: Some("a".to_owned()) };
    let owner = stage.owner();
    server::fulfilment::again(&stage.services, &owner, &stage.merchant, &payment.order_id, again).await.unwrap();
    worked(&stage).await;
    assert_eq!((heard(&stage, ANI, first), left(&stage, &product).await), (2, 1));
    // Staff who may deliver again may see them; the accountant may not, and neither may another shop.
    stage.open_dashboard();
    for (role, sees) in [(Role::Support, true), (Role::Accountant, false)] {
        let email = format!("{role}@shop.am");
        member(&stage, &stage.merchant, &email, role).await;
        let person = Person::signed_in(&stage, &email, PASSWORD).await;
        for page in [format!("/payments/{}", payment.id), format!("/orders/{}", payment.order_id)] {
            assert_eq!(person.get(&page).await.body.contains(first), sees, "{role} {page}");
        }
        let page = person.get(&format!("/products/{product}/codes")).await;
        assert!(page.status == 200 && !page.body.contains("KEY-"), "what is left is never shown");
    }
    let other = stage.another_merchant().await;
    assert_eq!(codes::of_order(&stage.services, &other, &payment.order_id).await.unwrap(), []);
    stage.audit().await;
}

async fn sixty_four_at_once_get_a_code_each_and_none_twice(stage: Stage) {
    let product = stage.product(450_000, None).await;
    add(&stage, &product, named("C", 60)).await;
    let mut payments = Vec::new();
    for _ in 0..64 {
        payments.push(bought(&stage, &product).await);
    }
    let instances: Vec<_> = (0..6)
        .map(|_| stage.workers().with(payments::tell::TELL_CUSTOMER, |_| async { JobEnd::Done }))
        .map(|workers| workers.with(server::alerts::TELL_STAFF, |_| async { JobEnd::Done }))
        .map(Arc::new)
        .collect();
    drained(&instances).await;
    let taken = async || {
        let mut all = Vec::new();
        for payment in &payments {
            let codes = codes::of_order(&stage.services, &stage.merchant, &payment.order_id).await.unwrap();
            assert!(codes.len() < 2);
            let done = stage.order(&payment.order_id).await.status == OrderStatus::Fulfilled;
            assert_eq!(done, codes.len() == 1, "delivered with a code, or not at all");
            all.extend(codes.into_iter().map(|(_, code)| code));
        }
        (all.len(), all.into_iter().collect::<BTreeSet<_>>().len())
    };
    assert_eq!((taken().await, left(&stage, &product).await), ((60, 60), 0));
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE once_key LIKE 'alert:%:codes:%'").await, 4);
    add(&stage, &product, named("D", 10)).await;
    drained(&instances).await;
    assert_eq!((taken().await, left(&stage, &product).await), ((64, 64), 6));
    assert_eq!(stage.count("SELECT COUNT(*) FROM codes WHERE order_id IS NULL").await, 6);
    stage.audit().await;
}

async fn what_finds_no_code_waits_and_is_delivered_when_there_are_some(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let product = stage.product(450_000, None).await;
    add(&stage, &product, named("A", 1)).await;
    codes::withdraw(&stage.services, &stage.owner(), &stage.merchant, &product).await.unwrap();
    add(&stage, &product, named("B", 1)).await;
    let asked = vec![Asked::Product(Piece { quantity: 2, ..Piece::one(product.clone()) })];
    let placed = buyer::orders(&stage, &bot, ANI, asked, "1".to_owned()).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    let payment = paid(&stage, &stage.payment(&payment).await).await;
    worked(&stage).await;
    let order = stage.order(&payment.order_id).await;
    assert_eq!((order.status, left(&stage, &product).await), (OrderStatus::Paid, 1), "one of two is not enough");
    // Waiting is no failure: tries are not used up, however long it takes.
    for _ in 0..30 {
        stage.clock.advance(2 * 60_000);
        worked(&stage).await;
    }
    let waits = "SELECT COUNT(*) FROM jobs WHERE kind = 'fulfil_order' AND state = 'queued' AND attempts = 0";
    assert_eq!(stage.count(waits).await, 1);
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE once_key LIKE 'alert:%:codes:%'").await, 1, "told once");
    let stuck = server::alerts::stuck(&stage.services.db, &stage.merchant, stage.clock.now()).await.unwrap();
    assert_eq!(stuck.len(), 1, "it stands among what is to do");
    assert_eq!(add(&stage, &product, vec!["B-001".to_owned(), "B-002".to_owned()]).await, 1);
    worked(&stage).await;
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::Fulfilled);
    assert_eq!((heard(&stage, ANI, "B-001"), heard(&stage, ANI, "B-002")), (1, 1));
    stage.audit().await;
}

async fn what_is_added_is_looked_at_first(stage: Stage) {
    let product = stage.product(450_000, None).await;
    add(&stage, &product, named("A", 2)).await;
    stage.open_dashboard();
    member(&stage, &stage.merchant, "manager@shop.am", Role::Manager).await;
    let person = Person::signed_in(&stage, "manager@shop.am", PASSWORD).await;
    let page = format!("/products/{product}/codes");
    let send = async |codes: &str, step: &str| {
        let parts = reqwest::multipart::Form::new().text("codes", codes.to_owned()).text("step", step.to_owned());
        person.ask(Method::POST, &page, |request| request.multipart(parts)).await
    };
    let seen = send("A-001\nN-1\nN-1\n\n N-2 ", "look").await;
    assert_eq!(seen.status, 200);
    assert!(seen.body.contains(">N-1\nN-2</textarea>"), "what is new stands in the form");
    for said in ["New: 2", "already here: 1", "repeated: 1"] {
        assert!(seen.body.contains(said), "{said}");
    }
    assert_eq!(left(&stage, &product).await, 2, "nothing is written yet");
    let done = send("N-1\nN-2", "add").await;
    assert!(done.done() && done.to == page, "{done:?}");
    assert_eq!(left(&stage, &product).await, 4);
    let empty = send(" ", "add").await;
    assert_eq!(empty.status, 422);
    let long = "x".repeat(201);
    let refused = send(&long, "add").await;
    assert!(refused.status == 422 && refused.body.contains(&long), "what was typed stays");
    let file = reqwest::multipart::Part::bytes(b"order;code\n1;F-1\n2;A-002\n".to_vec()).file_name("codes.csv");
    let parts = reqwest::multipart::Form::new().text("codes", "").part("file", file).text("step", "add");
    let seen = person.ask(Method::POST, &page, |request| request.multipart(parts)).await;
    assert!(seen.body.contains(">F-1</textarea>"), "a file is looked at before it is added");
    let low = person.post(&format!("{page}/low"), &[("low_at", "many")]).await;
    assert!(low.status == 422 && low.body.contains("value=\"many\""));
    assert!(person.post(&format!("{page}/low"), &[("low_at", "9")]).await.done());
    let product_page = person.get(&format!("/products/{product}")).await.body;
    assert!(product_page.contains("Codes left: 4"), "few are left, says the page of the product");
    assert!(person.post(&format!("{page}/withdraw"), &[]).await.done());
    assert_eq!(stage.count("SELECT COUNT(*) FROM codes").await, 0);
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action LIKE 'codes_%'").await, 4);
}

async fn staff_are_told_once_that_few_are_left(stage: Stage) {
    let product = stage.product(450_000, None).await;
    add(&stage, &product, named("A", 7)).await;
    let told = "SELECT COUNT(*) FROM jobs WHERE once_key LIKE 'alert:%:codes_low:%'";
    for expected in [0, 1, 1] {
        bought(&stage, &product).await;
        worked(&stage).await;
        assert_eq!(stage.count(told).await, expected);
    }
    add(&stage, &product, named("B", 2)).await;
    assert_eq!(left(&stage, &product).await, 6);
    bought(&stage, &product).await;
    worked(&stage).await;
    assert_eq!(stage.count(told).await, 2, "and once more after more were added");
}
