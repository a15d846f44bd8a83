//! Telegram turns everybody away, is broken, or a proxy answers for it, while many are to be told: nobody is forgotten, and
//! nobody hears anything twice.

use std::time::Duration;

use domain::{moment::SECOND, order::OrderStatus};
use sandbox::telegram::Fault;
use server::orders::{Asked, Piece};
use tokio_util::sync::CancellationToken;

use crate::{buyer, on_both, stage::Stage};

/// As many as are written to at once, so that the ten seconds for which the library waits after an error of the server pass
/// for all together.
const MANY: i64 = 30;
const FIRST: i64 = 3_001;

on_both!(nobody_is_forgotten_and_nobody_hears_it_twice, who_is_gone_is_marked_and_the_sale_goes_on);

async fn nobody_is_forgotten_and_nobody_hears_it_twice(stage: Stage) {
    let (bot, product) = (buyer::bot(&stage).await, stage.product(500_000, None).await);
    let mut payments = Vec::new();
    for person in FIRST..FIRST + MANY {
        let coffee = Asked::Product(Piece::one(product.clone()));
        let placed = buyer::orders(&stage, &bot, person, vec![coffee], format!("update {person}")).await.unwrap();
        let payment = stage.press_pay(&placed.link, "1").await.unwrap();
        payments.push(stage.payment(&payment).await);
    }
    stage.telegram.fail(fault(429, "Too Many Requests: retry after 7", MANY));
    for (code, words) in [
        (502, "Bad Gateway"),
        (500, "Internal Server Error"),
        (502, "<html><head><title>502 Bad Gateway</title></head></html>"),
    ] {
        stage.telegram.fail(fault(code, words, MANY / 3));
    }
    let stop = CancellationToken::new();
    let workers = bot::jobs(stage.workers(), stage.services.clone());
    let working = tokio::spawn(workers.run(stop.clone()));
    for payment in &payments {
        assert_eq!(stage.post_event(&stage.event(&format!("evt_{}", payment.id), payment, "paid")).await, 200);
    }
    is_left_alone(&stage).await;
    stage.clock.advance(10 * SECOND);
    for person in FIRST..FIRST + MANY {
        for words in ["Payment received", "Եկեք վերցնելու"] {
            stage
                .until("everybody is told", || async {
                    stage.clock.advance(SECOND / 10);
                    buyer::heard(&stage, person, words) > 0
                })
                .await;
        }
    }
    stop.cancel();
    working.await.unwrap();
    for person in FIRST..FIRST + MANY {
        for words in ["Payment received", "Եկեք վերցնելու"] {
            assert_eq!(buyer::heard(&stage, person, words), 1, "{person}: {words}");
        }
    }
    let owed = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state <> 'done'";
    assert_eq!(stage.count(owed).await, 0, "every promise is kept");
    stage.audit().await;
}

fn fault(error_code: u16, description: &str, times: i64) -> Fault {
    Fault {
        method: "sendMessage".to_owned(),
        error_code,
        description: description.to_owned(),
        retry_after: (error_code == 429).then_some(7),
        times: u32::try_from(times).unwrap(),
    }
}

/// Once it has said "later" to everybody, and before that time, nobody writes.
async fn is_left_alone(stage: &Stage) {
    let asked = || stage.telegram.calls().iter().filter(|(method, _)| method == "SendMessage").count();
    let all = usize::try_from(MANY).unwrap();
    stage.until("everybody was turned away", || async { asked() >= all }).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(asked(), all, "who is turned away comes again when told to");
}

/// Blocked, deleted, never there: the customer is marked, the order is done all the same, and no work is left or dead.
async fn who_is_gone_is_marked_and_the_sale_goes_on(stage: Stage) {
    let (bot, product) = (buyer::bot(&stage).await, stage.product(500_000, None).await);
    let gone = [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (400, "Bad Request: chat not found"),
    ];
    for (person, (code, words)) in (FIRST..).zip(gone) {
        let coffee = Asked::Product(Piece::one(product.clone()));
        let placed = buyer::orders(&stage, &bot, person, vec![coffee], format!("update {person}")).await.unwrap();
        let payment = stage.press_pay(&placed.link, "1").await.unwrap();
        let payment = stage.payment(&payment).await;
        stage.telegram.fail(fault(code, words, 1));
        assert_eq!(stage.post_event(&stage.event(&format!("evt_{person}"), &payment, "paid")).await, 200);
        bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
        let marked =
            format!("SELECT COUNT(*) FROM customers WHERE telegram_user_id = {person} AND blocked_at IS NOT NULL");
        assert_eq!(stage.count(&marked).await, 1, "{words}");
        assert_eq!(stage.order(&placed.order.id).await.status, OrderStatus::Fulfilled, "{words}");
        assert_eq!(buyer::heard(&stage, person, "Եկեք"), 0, "nobody writes to who is gone");
    }
    let owed = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state <> 'done'";
    assert_eq!(stage.count(owed).await, 0);
}
