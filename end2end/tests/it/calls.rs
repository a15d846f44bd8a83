//! Products that the shop's own program gives: it is asked once it is paid for, signed, under one id at every try; the order
//! waits for its answer, and a clear no is for staff.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use domain::{
    BotId, ProductId,
    moment::HOUR,
    order::OrderStatus,
    role::{Actor, Role},
};
use sandbox::vpos::{Mischief, Status};
use server::{
    calls,
    failure::{Failure, Outcome},
    fulfilment,
    orders::{Asked, Piece},
    payments::{self, Payment, tell::Again},
};
use tokio::net::TcpListener;

use crate::{
    buyer::{self, heard},
    endpoints::Came,
    on_both,
    stage::Stage,
};

on_both!(
    what_the_program_gives_is_told_and_asked_for_once,
    what_was_given_without_an_answer_is_asked_for_under_the_same_id,
    a_clear_no_is_for_staff_who_ask_again_with_a_reason,
    tries_end_and_the_order_is_given_without_the_program,
    the_address_is_checked_and_its_secret_made_anew,
);

const ANI: i64 = 7;

/// What the program does next.
#[derive(Clone)]
enum Does {
    Answers(u16, String),
    /// It gives, and the line breaks before it has said so.
    Breaks,
}

#[derive(Default)]
struct Kept {
    came: Vec<Came>,
    /// One each; then nothing but 500.
    next: Vec<Does>,
}

#[derive(Clone, Default)]
struct Program(Arc<Mutex<Kept>>);

impl Program {
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/give", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        format!("http://{address}/give")
    }

    fn does(&self, next: &[Does]) {
        self.0.lock().unwrap().next = next.to_vec();
    }

    fn came(&self) -> Vec<Came> {
        self.0.lock().unwrap().came.clone()
    }
}

async fn take(State(program): State<Program>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let came = Came {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let next = {
        let mut kept = program.0.lock().unwrap();
        kept.came.push(came);
        if kept.next.is_empty() { Does::Answers(500, String::new()) } else { kept.next.remove(0) }
    };
    match next {
        Does::Answers(status, text) => (StatusCode::from_u16(status).unwrap(), text),
        Does::Breaks => panic!("the line breaks on purpose"),
    }
}

fn given(text: &str) -> Does {
    Does::Answers(200, serde_json::json!({ "text": text }).to_string())
}

struct Shop {
    stage: Stage,
    bot: BotId,
    product: ProductId,
    program: Program,
}

impl Shop {
    async fn open(stage: Stage) -> Self {
        let (bot, product, program) =
            (buyer::bot(&stage).await, stage.product(450_000, None).await, Program::default());
        let url = program.listen().await;
        calls::set(&stage.services, &stage.owner(), &stage.merchant, &product, &url).await.unwrap();
        Self { stage, bot, product, program }
    }

    async fn sold(&self) -> Payment {
        let stage = &self.stage;
        let cause = stage.clock.id::<domain::OrderId>().to_string();
        let asked = vec![Asked::Product(Piece::one(self.product.clone()))];
        let placed = buyer::orders(stage, &self.bot, ANI, asked, cause).await.unwrap();
        let payment = stage.payment(&stage.press_pay(&placed.link, "1").await.unwrap()).await;
        let quietly = Mischief { never_send: true, ..Mischief::default() };
        assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, quietly));
        payments::check(&stage.services, &stage.owner(), &stage.merchant, &payment.id).await.unwrap()
    }

    async fn work(&self) {
        bot::jobs(self.stage.workers(), self.stage.services.clone()).drain().await.unwrap();
    }

    /// Everything that is due within so many hours.
    async fn hours(&self, hours: i64) {
        for _ in 0..hours {
            self.stage.clock.advance(HOUR);
            self.work().await;
        }
    }

    async fn status(&self, payment: &Payment) -> OrderStatus {
        self.stage.order(&payment.order_id).await.status
    }

    async fn again(&self, payment: &Payment, reason: &str) -> Outcome<()> {
        let asked = Again { reason: reason.to_owned(), once: None };
        let (services, merchant) = (&self.stage.services, &self.stage.merchant);
        fulfilment::again(services, &self.stage.owner(), merchant, &payment.order_id, asked).await
    }
}

fn code<T: std::fmt::Debug>(refused: Outcome<T>) -> &'static str {
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    refusal.code
}

async fn what_the_program_gives_is_told_and_asked_for_once(stage: Stage) {
    let shop = Shop::open(stage).await;
    shop.program.does(&[given("Key <A-1>\nValid for a year")]);
    let payment = shop.sold().await;
    shop.work().await;
    assert_eq!(shop.status(&payment).await, OrderStatus::Fulfilled);
    assert_eq!(heard(&shop.stage, ANI, "Valid for a year"), 1);
    let came = shop.program.came();
    let target =
        calls::of_product(&shop.stage.services.db, &shop.stage.merchant, &shop.product).await.unwrap().unwrap();
    let secret = calls::secret(&shop.stage.services, &shop.stage.owner(), &target).unwrap();
    assert!(came.len() == 1 && came[0].is_signed_by(&secret) && !came[0].is_signed_by("whsec_b3RoZXI="));
    let body = came[0].json();
    assert_eq!((&body["type"], &body["data"]["delivery_id"]), (&"order.deliver".into(), &came[0].id.clone().into()));
    assert_eq!(body["data"]["order"]["id"], payment.order_id.as_str());
    let line = &body["data"]["line"];
    assert_eq!((&line["quantity"], &line["position"]), (&1.into(), &0.into()));
    let minor = |what: &str| line[what]["amount_minor"].as_i64().unwrap();
    assert_eq!((minor("amount"), minor("discount")), (minor("unit_amount"), 0), "what was paid for it: {line}");
    // Neither the clock nor a person asks a second time; what was given is told again.
    shop.hours(30).await;
    shop.again(&payment, "lost").await.unwrap();
    shop.work().await;
    assert_eq!((shop.program.came().len(), heard(&shop.stage, ANI, "Valid for a year")), (1, 2));
    shop.stage.audit().await;
}

async fn what_was_given_without_an_answer_is_asked_for_under_the_same_id(stage: Stage) {
    let shop = Shop::open(stage).await;
    shop.program.does(&[Does::Breaks, Does::Answers(503, String::new()), given("Key A-1")]);
    let payment = shop.sold().await;
    shop.work().await;
    assert_eq!(shop.status(&payment).await, OrderStatus::Paid, "it waits whole");
    shop.hours(3).await;
    assert_eq!(shop.status(&payment).await, OrderStatus::Fulfilled);
    let came = shop.program.came();
    assert_eq!(came.len(), 3);
    assert!(came.iter().all(|one| (&one.id, &one.body) == (&came[0].id, &came[0].body)), "{came:?}");
    assert_eq!(heard(&shop.stage, ANI, "Key A-1"), 1);
    shop.stage.audit().await;
}

async fn a_clear_no_is_for_staff_who_ask_again_with_a_reason(stage: Stage) {
    let shop = Shop::open(stage).await;
    shop.program.does(&[Does::Answers(422, "no such plan".to_owned()), Does::Answers(204, String::new())]);
    let payment = shop.sold().await;
    shop.work().await;
    shop.hours(30).await;
    assert_eq!((shop.status(&payment).await, shop.program.came().len()), (OrderStatus::Paid, 1));
    let alert =
        "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE once_key LIKE 'alert:%call:%' AND payload LIKE '%422%'";
    assert_eq!(shop.stage.count(alert).await, 1);
    let call =
        calls::of_order(&shop.stage.services.db, &shop.stage.merchant, &payment.order_id).await.unwrap().remove(0);
    assert_eq!((call.tries, call.last_status, call.last_said.as_str()), (1, Some(422), "no such plan"));
    assert_eq!(code(shop.again(&payment, " ").await), "reason_required");
    shop.again(&payment, "the plan is there now").await.unwrap();
    shop.work().await;
    let came = shop.program.came();
    assert_eq!((shop.status(&payment).await, came.len()), (OrderStatus::Fulfilled, 2));
    assert_eq!(came[0].id, came[1].id, "the same id, whoever asks");
    shop.stage.audit().await;
}

async fn tries_end_and_the_order_is_given_without_the_program(stage: Stage) {
    let shop = Shop::open(stage).await;
    let (refused, payment) = (shop.sold().await, shop.sold().await);
    shop.hours(60).await;
    let came = shop.program.came().len();
    assert_eq!(came, 2 * usize::try_from(domain::job::TRIES).unwrap());
    assert_eq!(shop.status(&payment).await, OrderStatus::Paid);
    // Its money went back: it is not asked for any more.
    let new = server::refunds::NewRefund {
        payment: refused.id.clone(),
        amount: None,
        lines: Vec::new(),
        reason: "not given".to_owned(),
        made_by: None,
    };
    server::refunds::ask(&shop.stage.services, &shop.stage.owner(), &shop.stage.merchant, new).await.unwrap();
    shop.work().await;
    calls::remove(&shop.stage.services, &shop.stage.owner(), &shop.stage.merchant, &shop.product).await.unwrap();
    shop.work().await;
    assert_eq!(shop.status(&payment).await, OrderStatus::Fulfilled);
    assert_ne!(shop.status(&refused).await, OrderStatus::Fulfilled);
    assert_eq!(shop.program.came().len(), came);
}

async fn the_address_is_checked_and_its_secret_made_anew(stage: Stage) {
    let shop = Shop::open(stage).await;
    let (stage, product) = (&shop.stage, &shop.product);
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    let (services, merchant, owner) = (&stage.services, &stage.merchant, stage.owner());
    assert_eq!(code(calls::set(services, &support, merchant, product, "https://shop.am/").await), "forbidden");
    assert_eq!(code(calls::set(services, &owner, merchant, product, "shop.am").await), "endpoint_unreadable");
    let other = stage.another_merchant().await;
    assert_eq!(code(calls::set(services, &owner, &other, product, "https://shop.am/").await), "not_found");
    let target = async || calls::of_product(&services.db, merchant, product).await.unwrap().unwrap();
    let first = calls::secret(services, &owner, &target().await).unwrap();
    assert_eq!(code(calls::secret(services, &support, &target().await)), "forbidden");
    calls::renew_secret(services, &owner, merchant, product).await.unwrap();
    let second = calls::secret(services, &owner, &target().await).unwrap();
    assert_ne!(first, second);
    shop.program.does(&[given("1"), given("2")]);
    shop.sold().await;
    shop.work().await;
    shop.hours(25).await;
    shop.sold().await;
    shop.work().await;
    let came = shop.program.came();
    assert!(came[0].is_signed_by(&first) && came[0].is_signed_by(&second), "for a day both sign");
    assert!(!came[1].is_signed_by(&first) && came[1].is_signed_by(&second));
    let noted = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action IN ('call_set', 'call_secret_renewed')";
    assert_eq!(stage.count(noted).await, 2);
}
