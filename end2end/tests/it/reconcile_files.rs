//! Lists of banks as files: their sums are read exactly or refused, days are the days of paying, and a refund stands alone.

use std::io::{Cursor, Write};

use domain::{
    Moment, ReconciliationId,
    moment::{DAY, MINUTE},
    payment::PaymentStatus,
    reconcile::Exception,
    role::{Actor, Role},
};
use rust_xlsxwriter::Workbook;
use sandbox::vpos::{Mischief, Status};
use sea_orm::{ConnectionTrait, Database};
use server::{
    failure::Outcome,
    payments::Payment,
    reconcile::{self, How, Mapping, Period},
};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    on_both,
    reconcile::{code, file, found, kinds, staff, today},
    stage::Stage,
};

on_both!(
    the_sign_before_hundredths_is_read_from_the_file_and_never_doubted,
    numbers_of_a_spreadsheet_are_read_whatever_sign_is_remembered,
    a_small_file_that_unpacks_to_a_huge_one_is_refused,
    what_was_paid_after_midnight_belongs_to_its_day,
    a_refund_that_stands_alone_is_accepted_and_flags_nothing,
    one_that_stands_still_says_why_and_is_begun_again,
);

async fn upload(stage: &Stage, actor: &Actor, period: Period, bytes: Vec<u8>) -> Outcome<ReconciliationId> {
    reconcile::upload(&stage.services, actor, &stage.merchant, &stage.account, period, "bank.csv", bytes).await
}

async fn suggested(stage: &Stage, id: &ReconciliationId) -> Mapping {
    let row = reconcile::get(&stage.services.db, &stage.merchant, id).await.unwrap();
    serde_json::from_value(row.mapping.unwrap()).unwrap()
}

/// As somebody who agrees with what the form suggests.
async fn compare(stage: &Stage, period: Period, bytes: Vec<u8>) -> ReconciliationId {
    let owner = stage.owner();
    let id = upload(stage, &owner, period, bytes).await.unwrap();
    let mapping = suggested(stage, &id).await;
    reconcile::name_columns(&stage.services, &owner, &stage.merchant, &id, mapping).await.unwrap();
    id
}

async fn the_sign_before_hundredths_is_read_from_the_file_and_never_doubted(mut stage: Stage) {
    let (one, other) = (stage.paid().await, stage.paid().await);
    stage.work();
    let lines =
        |sum: &'static str| file(&[(&one.merchant_order_id, sum, "paid"), (&other.merchant_order_id, sum, "paid")]);
    for sum in ["5000,00", "5 000.00", "5.000,00", "5,000", "5000"] {
        let id = compare(&stage, today(&stage), lines(sum)).await;
        assert_eq!(kinds(&found(&stage, &id).await), [], "{sum}");
    }
    let owner = stage.owner();
    for (sum, decimal) in [("5000,00", "."), ("5000.00", ","), ("5,000", ","), ("5.000", "."), ("50,00.00", ".")] {
        let id = upload(&stage, &owner, today(&stage), lines(sum)).await.unwrap();
        let mapping = Mapping { decimal: decimal.to_owned(), ..suggested(&stage, &id).await };
        let refused = reconcile::name_columns(&stage.services, &owner, &stage.merchant, &id, mapping).await;
        assert_eq!(code(&refused.unwrap_err()), "amount_unreadable", "{sum} by {decimal}");
    }
}

fn book(write: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    write(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

async fn numbers_of_a_spreadsheet_are_read_whatever_sign_is_remembered(mut stage: Stage) {
    let [whole, half, text, back] = [stage.paid().await, stage.paid().await, stage.paid().await, stage.paid().await];
    stage.work();
    let period = today(&stage);
    // From now on a comma is remembered.
    compare(&stage, period, file(&[(&whole.merchant_order_id, "5000,00", "paid")])).await;
    let bytes = book(|sheet| {
        for (column, head) in ["Order", "Amount", "Status"].into_iter().enumerate() {
            sheet.write(0, u16::try_from(column).unwrap(), head).unwrap();
        }
        for (row, payment) in [(1, &whole), (2, &half), (3, &text), (4, &back), (5, &back)] {
            sheet.write(row, 0, &*payment.merchant_order_id).unwrap();
        }
        sheet.write(1, 1, 5_000).unwrap();
        sheet.write(2, 1, 4_999.5).unwrap();
        sheet.write(3, 1, "5 000,00").unwrap();
        sheet.write(4, 1, 5_000).unwrap();
        sheet.write(5, 1, -1_000.1).unwrap();
    });
    let rows = found(&stage, &compare(&stage, period, bytes).await).await;
    let of = |payment: &Payment| {
        let row = rows.iter().find(|row| row.payment_id.as_ref() == Some(&payment.id));
        row.map(|row| (row.kind, row.lines().iter().map(|line| line.amount_minor).collect::<Vec<_>>()))
    };
    assert_eq!((of(&whole), of(&text)), (None, None));
    assert_eq!(of(&half), Some((Exception::AmountDiffers, vec![499_950])));
    assert_eq!(of(&back), Some((Exception::RefundUnrecorded, vec![500_000, 100_010])));
}

async fn a_small_file_that_unpacks_to_a_huge_one_is_refused(stage: Stage) {
    let bytes = book(|sheet| {
        sheet.write(0, 0, "Order").unwrap();
        sheet.write(0, 1, "Amount").unwrap();
    });
    let owner = stage.owner();
    upload(&stage, &owner, today(&stage), bytes.clone()).await.unwrap();
    let mut bomb = ZipWriter::new_append(Cursor::new(bytes)).unwrap();
    bomb.start_file("xl/worksheets/sheet2.xml", SimpleFileOptions::default()).unwrap();
    for _ in 0..160 {
        bomb.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1024 * 1024, "small: {}", bomb.len());
    assert_eq!(code(&upload(&stage, &owner, today(&stage), bomb).await.unwrap_err()), "sheet_unpacked_too_large");
}

/// Three days around a payment that was begun before the second midnight, and paid after it.
struct Days {
    payment: Payment,
    nights: [Moment; 4],
}

impl Days {
    async fn of(stage: &Stage) -> Self {
        let payment = stage.begun().await;
        stage.clock.advance(MINUTE);
        let second = stage.clock.now();
        stage.clock.advance(MINUTE);
        assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, Mischief::default()));
        stage.until("it is paid", || async { stage.payment(&payment.id).await.status.was_paid() }).await;
        stage.clock.advance(MINUTE);
        let third = stage.clock.now();
        stage.clock.advance(MINUTE);
        Self { payment, nights: [second.plus(-DAY), second, third, third.plus(DAY)] }
    }

    /// What differs on a day, by a list of these lines: sum and status.
    async fn differs(&self, stage: &Stage, day: usize, lines: &[(&str, &str)]) -> ReconciliationId {
        let lines: Vec<_> =
            lines.iter().map(|(sum, status)| (&*self.payment.merchant_order_id, *sum, *status)).collect();
        // A list has at least one line: here of another shop's terminal, which nobody knows.
        let lines = if lines.is_empty() { vec![("K0-0-other", "1,00", "failed")] } else { lines };
        let period = Period { from: self.nights[day], until: self.nights[day + 1] };
        compare(stage, period, file(&lines)).await
    }
}

async fn what_was_paid_after_midnight_belongs_to_its_day(mut stage: Stage) {
    let days = Days::of(&stage).await;
    stage.work();
    let first = days.differs(&stage, 0, &[]).await;
    assert_eq!(kinds(&found(&stage, &first).await), [], "begun that day, and not paid");
    let second = days.differs(&stage, 1, &[("5000,00", "paid")]).await;
    assert_eq!(kinds(&found(&stage, &second).await), [], "paid that day");
    assert_eq!(reconcile::get(&stage.services.db, &stage.merchant, &second).await.unwrap().matched, 1);
    let missing = days.differs(&stage, 1, &[]).await;
    assert_eq!(kinds(&found(&stage, &missing).await), [Exception::UnknownThere]);
    let third = days.differs(&stage, 2, &[("1000,00", "refund")]).await;
    let rows = found(&stage, &third).await;
    assert_eq!(kinds(&rows), [Exception::RefundUnrecorded], "a refund of an older payment");
    let (owner, ids) = (staff(&stage, Role::Owner), rows.iter().map(|row| row.id).collect());
    let accepted =
        reconcile::resolve(&stage.services, &owner, &stage.merchant, &third, ids, How::Accept, "as they say");
    assert_eq!(accepted.await.unwrap(), 1);
    let again = days.differs(&stage, 2, &[("1000,00", "refund")]).await;
    assert_eq!(kinds(&found(&stage, &again).await), []);
    let before = days.differs(&stage, 1, &[("5000,00", "paid")]).await;
    assert_eq!(kinds(&found(&stage, &before).await), [], "the refund was made a day later");
    let untold = days.differs(&stage, 2, &[]).await;
    assert_eq!(kinds(&found(&stage, &untold).await), [Exception::RefundUnknownThere]);
    stage.audit().await;
}

async fn a_refund_that_stands_alone_is_accepted_and_flags_nothing(mut stage: Stage) {
    let (paid, open) = (stage.paid().await, stage.begun().await);
    stage.work();
    let lines = [(&*paid.merchant_order_id, "1000,00", "refund"), (&*open.merchant_order_id, "5000,00", "refund")];
    let later = Period { from: stage.clock.now().plus(DAY), until: stage.clock.now().plus(2 * DAY) };
    let books = compare(&stage, later, file(&lines)).await;
    let rows = found(&stage, &books).await;
    assert_eq!(kinds(&rows), [Exception::RefundUnrecorded, Exception::RefundUnrecorded]);
    let (owner, ids) = (staff(&stage, Role::Owner), rows.iter().map(|row| row.id).collect());
    let before = stage.kinds(&open.id).await;
    let accepted =
        reconcile::resolve(&stage.services, &owner, &stage.merchant, &books, ids, How::Accept, "as they say");
    assert_eq!(accepted.await.unwrap(), 1, "money cannot go back before it came");
    let now = stage.payment(&paid.id).await;
    assert_eq!((now.status, now.refunded_minor), (PaymentStatus::PartiallyRefunded, 100_000));
    assert_eq!((now.needs_review, now.review_reason), (false, None));
    let now = stage.payment(&open.id).await;
    assert_eq!((now.status, now.needs_review), (PaymentStatus::Pending, false));
    assert_eq!(stage.kinds(&open.id).await, before);
    stage.audit().await;
}

async fn one_that_stands_still_says_why_and_is_begun_again(mut stage: Stage) {
    let payment = stage.paid().await;
    let (owner, services) = (stage.owner(), stage.services.clone());
    let id = compare(&stage, today(&stage), file(&[(&payment.merchant_order_id, "5000,00", "paid")])).await;
    // What was well when the columns were named is no longer so when the job comes to it.
    let cast = if services.db.is_postgres() { "::jsonb" } else { "" };
    let raw = Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared(&format!("UPDATE reconciliations SET mapping = '{{\"decimal\":\".\"}}'{cast}"))
        .await
        .unwrap();
    stage.work();
    let row = async || reconcile::get(&services.db, &stage.merchant, &id).await.unwrap();
    stage.until("it stands still", || async { row().await.trouble().is_some() }).await;
    let stuck = row().await;
    assert_eq!(stuck.trouble().unwrap().code.as_deref(), Some("column_missing"));
    assert_eq!((stuck.state.as_str(), stuck.file_name.as_deref()), ("running", Some("bank.csv")));
    let forbidden = reconcile::again(&services, &staff(&stage, Role::Support), &stage.merchant, &id).await;
    assert_eq!(code(&forbidden.unwrap_err()), "forbidden");
    reconcile::again(&services, &owner, &stage.merchant, &id).await.unwrap();
    assert_eq!((row().await.state.as_str(), row().await.trouble), ("draft", None), "its columns are named once more");
    let mapping = Mapping {
        order_id: "Order".to_owned(),
        amount: "Amount".to_owned(),
        decimal: ",".to_owned(),
        ..Mapping::default()
    };
    reconcile::name_columns(&services, &owner, &stage.merchant, &id, mapping).await.unwrap();
    assert_eq!(kinds(&found(&stage, &id).await), []);
    reconcile::again(&services, &owner, &stage.merchant, &id).await.unwrap();
    assert_eq!(row().await.state, "done", "what is done is not begun again");
}
