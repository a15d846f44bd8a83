//! Files that are bought, and booked times for a calendar: sent by the bot under their names, each once, and again when the
//! customer asks. Nobody else reads them.

use axum::http::Method;
use domain::{
    BotId, FileId, ProductId,
    moment::{DAY, HOUR, MINUTE, SECOND},
    order::OrderStatus,
    role::Role,
};
use reqwest::multipart::{Form, Part};
use sandbox::{
    telegram::Fault,
    vpos::{Mischief, Status},
};
use server::{
    catalog::{
        self,
        attachment::{self, NewFile},
        slots::{self, NewSlots},
    },
    failure::{Failure, Outcome},
    fulfilment,
    orders::{Asked, Piece},
    payments::{self, Payment},
};

use crate::{
    buyer::{self, TOKEN, heard},
    on_both,
    person::{PASSWORD, Person, member},
    stage::Stage,
};

on_both!(
    a_file_is_sent_and_stays_what_was_bought,
    what_telegram_does_not_take_is_sent_later_and_nothing_twice,
    who_has_blocked_the_bot_gets_nothing_more,
    a_file_is_set_and_read_in_the_dashboard_only,
    a_booked_time_comes_for_the_calendar,
);

const ANI: i64 = 7;

async fn set(stage: &Stage, product: &ProductId, name: &str, body: &[u8]) {
    let (media_type, body) = ("application/pdf".to_owned(), body.to_vec());
    let file = NewFile { name: name.to_owned(), media_type, body };
    attachment::set(&stage.services, &stage.owner(), &stage.merchant, product, file).await.unwrap();
}

async fn bought(stage: &Stage, bot: &BotId, person: i64, piece: Piece) -> Payment {
    let cause = format!("{person}:{}", stage.clock.id::<domain::OrderId>());
    let placed = buyer::orders(stage, bot, person, vec![Asked::Product(piece)], cause).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    let payment = stage.payment(&payment).await;
    let quietly = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, quietly));
    payments::check(&stage.services, &stage.owner(), &stage.merchant, &payment.id).await.unwrap()
}

async fn worked(stage: &Stage) {
    bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
}

/// The files that a person was sent, by name and content.
fn sent(stage: &Stage, person: i64) -> Vec<(String, Vec<u8>)> {
    let documents = stage.telegram.messages(TOKEN, person).into_iter().filter_map(|message| message.document);
    documents.map(|document| (document.name, stage.telegram.file(&document.id).unwrap())).collect()
}

fn fault(error_code: u16, description: &str) -> Fault {
    let (method, description) = ("sendDocument".to_owned(), description.to_owned());
    Fault { method, error_code, description, retry_after: (error_code == 429).then_some(7), times: 1 }
}

async fn again(stage: &Stage, payment: &Payment) -> Outcome<bool> {
    fulfilment::for_customer(&stage.services, &stage.merchant, &payment.order_id).await
}

async fn a_file_is_sent_and_stays_what_was_bought(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let product = stage.product(450_000, None).await;
    set(&stage, &product, "Գիրք.pdf", b"first edition").await;
    let payment = bought(&stage, &bot, ANI, Piece::one(product.clone())).await;
    assert!(again(&stage, &payment).await.is_err(), "what was not given yet cannot be had again");
    worked(&stage).await;
    let first = ("Գիրք.pdf".to_owned(), b"first edition".to_vec());
    assert_eq!(sent(&stage, ANI), std::slice::from_ref(&first));
    assert_eq!(heard(&stage, ANI, "Եկեք վերցնելու"), 1);
    // A new edition is for those who come later; who has the first one keeps it.
    set(&stage, &product, "Գիրք.pdf", b"second edition").await;
    assert!(again(&stage, &payment).await.unwrap());
    assert!(!again(&stage, &payment).await.unwrap(), "asked twice within a minute, it comes once");
    worked(&stage).await;
    assert_eq!(sent(&stage, ANI), [first.clone(), first.clone()]);
    bought(&stage, &bot, 8, Piece::one(product.clone())).await;
    attachment::remove(&stage.services, &stage.owner(), &stage.merchant, &product).await.unwrap();
    worked(&stage).await;
    assert_eq!(sent(&stage, 8), [], "it was taken away before it was given");
    stage.clock.advance(2 * MINUTE);
    assert!(again(&stage, &payment).await.unwrap());
    worked(&stage).await;
    assert_eq!(sent(&stage, ANI).len(), 3);
    assert_eq!(stage.count("SELECT COUNT(*) FROM files WHERE private").await, 1, "what nobody has is gone");
    let other = stage.another_merchant().await;
    let theirs = fulfilment::for_customer(&stage.services, &other, &payment.order_id).await;
    assert!(matches!(theirs, Err(Failure::Refused(refusal)) if refusal.code == "not_found"));
    stage.audit().await;
}

async fn what_telegram_does_not_take_is_sent_later_and_nothing_twice(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let product = stage.product(450_000, None).await;
    set(&stage, &product, "book.pdf", b"pages").await;
    stage.telegram.fail(fault(429, "Too Many Requests: retry after 7"));
    bought(&stage, &bot, ANI, Piece::one(product.clone())).await;
    worked(&stage).await;
    assert_eq!((sent(&stage, ANI).len(), heard(&stage, ANI, "Եկեք վերցնելու")), (0, 1));
    stage.clock.advance(5 * SECOND);
    worked(&stage).await;
    assert_eq!(sent(&stage, ANI).len(), 0, "not before the time that was told");
    stage.telegram.fail(fault(502, "Bad Gateway"));
    stage.clock.advance(10 * SECOND);
    worked(&stage).await;
    assert_eq!(sent(&stage, ANI).len(), 0);
    stage.clock.advance(HOUR);
    worked(&stage).await;
    assert_eq!((sent(&stage, ANI).len(), heard(&stage, ANI, "Եկեք վերցնելու")), (1, 1), "each once");
    let owed = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state <> 'done'";
    assert_eq!(stage.count(owed).await, 0);
}

async fn who_has_blocked_the_bot_gets_nothing_more(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let product = stage.product(450_000, None).await;
    set(&stage, &product, "book.pdf", b"pages").await;
    stage.telegram.fail(fault(403, "Forbidden: bot was blocked by the user"));
    let payment = bought(&stage, &bot, ANI, Piece::one(product.clone())).await;
    worked(&stage).await;
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::Fulfilled);
    let gone = "SELECT COUNT(*) FROM customers WHERE blocked_at IS NOT NULL";
    assert_eq!((sent(&stage, ANI).len(), stage.count(gone).await), (0, 1));
    let dead = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state = 'dead'";
    assert_eq!(stage.count(dead).await, 0, "nobody is to be blamed");
}

async fn a_file_is_set_and_read_in_the_dashboard_only(stage: Stage) {
    let product = stage.product(450_000, None).await;
    stage.open_dashboard();
    member(&stage, &stage.merchant, "manager@shop.am", Role::Manager).await;
    let person = Person::signed_in(&stage, "manager@shop.am", PASSWORD).await;
    let page = format!("/products/{product}/file");
    let send = async |body: Vec<u8>| {
        let part = Part::bytes(body).file_name("../book.pdf").mime_str("application/pdf").unwrap();
        person.ask(Method::POST, &page, |request| request.multipart(Form::new().part("attachment", part))).await
    };
    let large = send(vec![7; 21 * 1024 * 1024]).await;
    assert_eq!(large.status, 422);
    assert!(large.body.contains("20 MB"), "the limit is said");
    assert_eq!(send(Vec::new()).await.status, 422);
    let whole = vec![7; 19 * 1024 * 1024];
    assert!(send(whole.clone()).await.done(), "as large as allowed");
    let answer = person.raw(Method::GET, &format!("{page}/download")).await;
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment;"));
    assert_eq!(answer.bytes().await.unwrap(), whole);
    let file = attachment::get(&stage.services.db, &stage.merchant, &product).await.unwrap().unwrap();
    assert_eq!((file.name.as_str(), file.bytes), ("book.pdf", 19 * 1024 * 1024));
    let open = stage.http.get(format!("{}/files/{}", stage.url, file.file_id)).send().await.unwrap();
    assert_eq!(open.status(), 404, "who knows its id has not bought it");
    assert!(catalog::file(&stage.services.db, &file.file_id).await.unwrap().is_none());
    let other = stage.another_merchant().await;
    let id: FileId = file.file_id;
    assert!(attachment::body(&stage.services.db, &other, &id).await.unwrap().is_none());
    assert!(person.post(&format!("{page}/remove"), &[]).await.done());
    assert_eq!(stage.count("SELECT COUNT(*) FROM files").await, 0);
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action LIKE 'product_file_%'").await, 2);
}

async fn a_booked_time_comes_for_the_calendar(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let product = stage.product(450_000, None).await;
    let kind = "UPDATE products SET kind = 'booking'";
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&raw, kind).await.unwrap();
    let start = stage.clock.now().plus(DAY);
    let new = NewSlots { starts_at: vec![start], minutes: 90, places: 3 };
    slots::add(&stage.services, &stage.owner(), &stage.merchant, &product, new).await.unwrap();
    let slot =
        slots::list(&stage.services.db, &stage.merchant, &product, start.plus(-HOUR), 1).await.unwrap().remove(0);
    let payment = bought(&stage, &bot, ANI, Piece { slot: Some(slot.id), ..Piece::one(product) }).await;
    worked(&stage).await;
    let files = sent(&stage, ANI);
    assert_eq!((files.len(), files[0].0.as_str()), (1, "booking.ics"));
    let text = String::from_utf8(files[0].1.clone()).unwrap().replace("\r\n ", "");
    let compact = |at: domain::Moment| at.rfc3339().replace(['-', ':'], "").get(..15).unwrap().to_owned();
    assert!(text.contains(&format!("DTSTART:{}Z\r\n", compact(slot.starts_at))), "{text}");
    assert!(text.contains(&format!("DTEND:{}Z\r\n", compact(slot.starts_at.plus(90 * MINUTE)))), "{text}");
    assert!(text.contains(&format!("UID:{}-", payment.order_id)) && text.contains("Սուրճ"), "{text}");
    stage.clock.advance(MINUTE);
    assert!(again(&stage, &payment).await.unwrap());
    worked(&stage).await;
    let files = sent(&stage, ANI);
    assert_eq!(files.len(), 2);
    assert_eq!(files[0], files[1], "the same time under the same name: a calendar shows it once");
}
