//! Outgoing webhooks: every event of money reaches the shop's own address, signed, in order, once for its id; what does not
//! come is tried again, shown, and sent again by hand. And what the API makes under a key is made once.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use domain::moment::{HOUR, SECOND};
use providers::{
    RawHttp,
    signature::{self, Headers, Secret},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{on_both, stage::Stage};

on_both!(
    every_entry_is_told_signed_and_in_order,
    what_is_not_taken_is_tried_again_under_the_same_id,
    tries_are_used_up_and_a_person_sends_it_again,
    only_what_is_wanted_is_told_and_only_to_its_own_shop,
    a_new_secret_and_the_one_before_both_sign_for_a_day,
    who_is_gone_is_told_no_more,
    a_test_is_sent_and_what_was_removed_is_not,
    one_key_makes_one_endpoint_and_its_secret_is_kept_sealed,
    a_request_whose_answer_was_lost_makes_nothing_twice,
);

/// One webhook as it came.
#[derive(Clone, Debug)]
pub struct Came {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: String,
}

impl Came {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn told(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// As its receiver checks it.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let headers = [
            ("webhook-id", self.id.as_str()),
            ("webhook-timestamp", self.timestamp.as_str()),
            ("webhook-signature", self.signature.as_str()),
        ];
        let raw = RawHttp { headers: &headers, body: self.body.as_bytes() };
        let at = domain::Moment(self.timestamp.parse::<i64>().unwrap() * SECOND);
        let secret = Secret::parse(secret).unwrap();
        signature::verify(&[secret], &Headers::with_prefix("webhook-"), &raw, at, 300).is_ok()
    }
}

#[derive(Default)]
struct Kept {
    came: Vec<Came>,
    /// Answers to come, one each; then 200.
    answers: Vec<(u16, Option<&'static str>)>,
}

/// The merchant's own program.
#[derive(Clone, Default)]
pub struct Receiver(Arc<Mutex<Kept>>);

impl Receiver {
    /// Listens; answers its address.
    pub async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/hook", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        format!("http://{address}/hook")
    }

    fn answer(&self, answers: &[(u16, Option<&'static str>)]) {
        self.0.lock().unwrap().answers = answers.to_vec();
    }

    pub fn came(&self) -> Vec<Came> {
        self.0.lock().unwrap().came.clone()
    }

    fn told(&self) -> Vec<String> {
        self.came().iter().map(Came::told).collect()
    }

    async fn has(&self, stage: &Stage, count: usize) {
        stage.until(&format!("{count} webhooks have come"), || async { self.came().len() >= count }).await;
    }
}

async fn take(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, &'static str) {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let came = Came {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let mut kept = receiver.0.lock().unwrap();
    kept.came.push(came);
    let (status, wait) = if kept.answers.is_empty() { (200, None) } else { kept.answers.remove(0) };
    let mut headers = HeaderMap::new();
    if let Some(wait) = wait {
        headers.insert("retry-after", wait.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers, "noted")
}

struct Api {
    key: String,
}

impl Api {
    async fn of(stage: &Stage) -> Self {
        Self { key: stage.api_key().await }
    }

    async fn call(&self, stage: &Stage, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.keyed(stage, method, path, body, None).await
    }

    async fn keyed(&self, stage: &Stage, method: Method, path: &str, body: Value, once: Option<&str>) -> (u16, Value) {
        let mut request = stage.http.request(method, format!("{}/api/v1{path}", stage.url)).bearer_auth(&self.key);
        if !body.is_null() {
            request = request.json(&body);
        }
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    async fn get(&self, stage: &Stage, path: &str) -> Value {
        let (status, body) = self.call(stage, Method::GET, path, Value::Null).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn endpoint(&self, stage: &Stage, url: &str, events: &[&str]) -> Value {
        let (status, made) =
            self.call(stage, Method::POST, "/endpoints", json!({ "url": url, "events": events })).await;
        assert_eq!(status, 201, "{made}");
        made
    }

    /// Of one shop's deliveries how many stand so.
    async fn in_state(&self, stage: &Stage, state: &str) -> usize {
        self.get(stage, &format!("/deliveries?state={state}")).await["items"].as_array().unwrap().len()
    }

    async fn until(&self, stage: &Stage, state: &str, count: usize) {
        let what = format!("{count} deliveries are {state}");
        stage.until(&what, || async { self.in_state(stage, state).await == count }).await;
    }
}

async fn every_entry_is_told_signed_and_in_order(mut stage: Stage) {
    let (api, receiver) = (Api::of(&stage).await, Receiver::default());
    let endpoint = api.endpoint(&stage, &receiver.listen().await, &[]).await;
    stage.work();
    let link = stage.link(|new| new.external_order_id = Some("A-17".to_owned())).await;
    let id = stage.press_pay(&link, "1").await.unwrap();
    let payment = stage.payment(&id).await;
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), sandbox::vpos::Status::Paid, Default::default()));
    receiver.has(&stage, 5).await;
    let wanted = ["order.opened", "payment.started", "payment.pending", "payment.paid", "order.fulfilled"];
    assert_eq!(receiver.told(), wanted);
    let entries = api.get(&stage, &format!("/journal?payment={id}")).await;
    let mut numbers = Vec::new();
    for came in receiver.came() {
        assert!(came.is_signed_by(endpoint["secret"].as_str().unwrap()));
        assert!(!came.is_signed_by("whsec_b3RoZXI="));
        let body = came.json();
        assert_eq!(body["data"]["entry_id"], came.id.as_str());
        assert_eq!(body["data"]["order"]["external_order_id"], "A-17");
        assert_eq!(body["data"]["order"]["amount"], json!({ "amount_minor": 500_000, "currency": "AMD" }));
        numbers.push(body["data"]["number"].as_i64().unwrap());
    }
    assert!(numbers.is_sorted(), "{numbers:?}");
    let paid = receiver.came().into_iter().find(|came| came.told() == "payment.paid").unwrap();
    let entry = entries["items"].as_array().unwrap().iter().find(|entry| entry["id"] == paid.id.as_str());
    assert_eq!(entry.unwrap()["kind"], "payment_paid");
    api.until(&stage, "delivered", 5).await;
    let order = api.get(&stage, &format!("/deliveries?order={}&limit=2", payment.order_id)).await;
    assert_eq!((order["items"].as_array().unwrap().len(), order["next_cursor"].is_string()), (2, true));
}

async fn what_is_not_taken_is_tried_again_under_the_same_id(mut stage: Stage) {
    let (api, receiver) = (Api::of(&stage).await, Receiver::default());
    api.endpoint(&stage, &receiver.listen().await, &["order.opened"]).await;
    receiver.answer(&[(500, None), (302, None), (429, Some("1"))]);
    stage.work();
    stage.begun().await;
    for count in 2..=4 {
        stage
            .until("it is tried again", || async {
                stage.clock.advance(HOUR);
                receiver.came().len() >= count
            })
            .await;
    }
    api.until(&stage, "delivered", 1).await;
    let came = receiver.came();
    assert_eq!(came.len(), 4);
    assert!(came.iter().all(|one| (&one.id, &one.body) == (&came[0].id, &came[0].body)));
    let whole = &api.get(&stage, "/deliveries").await["items"][0];
    assert_eq!(
        (&whole["tries"], &whole["last_status"], &whole["last_said"]),
        (&json!(4), &json!(200), &json!("noted"))
    );
}

async fn tries_are_used_up_and_a_person_sends_it_again(mut stage: Stage) {
    let (api, receiver) = (Api::of(&stage).await, Receiver::default());
    let closed = "http://127.0.0.1:1/hook";
    let endpoint = api.endpoint(&stage, closed, &["order.opened"]).await;
    stage.work();
    stage.begun().await;
    let failed = || async {
        stage.clock.advance(12 * HOUR);
        api.in_state(&stage, "failed").await == 1
    };
    stage.until("the tries are used up", failed).await;
    let one = api.get(&stage, "/deliveries").await["items"][0].clone();
    assert_eq!((&one["tries"], &one["last_status"]), (&json!(domain::job::TRIES), &Value::Null));
    assert!(one["last_said"].as_str().unwrap().contains("rror"), "{one}");
    let told = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_staff' AND payload LIKE '%endpoint_failed%'";
    assert_eq!(stage.count(told).await, 1);
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE kind = 'send_event' AND state = 'dead'").await, 0);
    let (id, path) = (one["id"].as_str().unwrap(), format!("/endpoints/{}", endpoint["id"].as_str().unwrap()));
    let to = json!({ "url": receiver.listen().await });
    assert_eq!(api.call(&stage, Method::PATCH, &path, to).await.0, 200);
    // Pressed twice, it is sent once.
    for _ in 0..2 {
        let again = api.call(&stage, Method::POST, &format!("/deliveries/{id}/resend"), Value::Null).await;
        assert_eq!(again.0, 200, "{again:?}");
    }
    api.until(&stage, "delivered", 1).await;
    assert_eq!(receiver.told(), ["order.opened"]);
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'event_sent_again'").await, 1);
}

async fn only_what_is_wanted_is_told_and_only_to_its_own_shop(mut stage: Stage) {
    let (api, receiver, other) = (Api::of(&stage).await, Receiver::default(), Receiver::default());
    let wanted = ["payment.paid", "payment.paid", "order.fulfilled"];
    let made = api.endpoint(&stage, &receiver.listen().await, &wanted).await;
    assert_eq!(made["events"], json!(["order.fulfilled", "payment.paid"]));
    let neighbour = stage.another_merchant().await;
    let new = server::endpoints::NewEndpoint { url: other.listen().await, ..Default::default() };
    let theirs = server::endpoints::create(&stage.services, &stage.owner(), &neighbour, new).await.unwrap();
    for (method, path) in [
        (Method::GET, format!("/endpoints/{}", theirs.id)),
        (Method::PATCH, format!("/endpoints/{}", theirs.id)),
        (Method::POST, format!("/endpoints/{}/remove", theirs.id)),
        (Method::POST, format!("/endpoints/{}/renew-secret", theirs.id)),
    ] {
        let body = if method == Method::PATCH { json!({ "active": false }) } else { Value::Null };
        assert_eq!(api.call(&stage, method, &path, body).await.0, 404, "{path}");
    }
    stage.work();
    stage.paid().await;
    receiver.has(&stage, 2).await;
    api.until(&stage, "delivered", 2).await;
    assert_eq!(receiver.told(), ["payment.paid", "order.fulfilled"]);
    assert!(other.came().is_empty());
    for (body, code) in [
        (json!({ "url": "shop.am" }), "endpoint_unreadable"),
        (json!({ "url": "https://shop.am", "events": ["payment_paid"] }), "event_unknown"),
    ] {
        let (status, problem) = api.call(&stage, Method::POST, "/endpoints", body).await;
        assert_eq!((status, problem["code"].as_str()), (422, Some(code)));
    }
}

async fn a_new_secret_and_the_one_before_both_sign_for_a_day(mut stage: Stage) {
    let (api, receiver) = (Api::of(&stage).await, Receiver::default());
    let made = api.endpoint(&stage, &receiver.listen().await, &["order.opened"]).await;
    let path = format!("/endpoints/{}", made["id"].as_str().unwrap());
    let (_, renewed) = api.call(&stage, Method::POST, &format!("{path}/renew-secret"), Value::Null).await;
    let (old, new) = (made["secret"].as_str().unwrap(), renewed["secret"].as_str().unwrap());
    assert_ne!(old, new);
    assert_eq!(api.get(&stage, &path).await["secret"], new);
    assert!(api.get(&stage, "/endpoints").await["items"][0]["secret"].is_null(), "lists leave secrets out");
    stage.work();
    stage.begun().await;
    receiver.has(&stage, 1).await;
    let first = receiver.came().remove(0);
    assert!(first.is_signed_by(old) && first.is_signed_by(new));
    stage.clock.advance(25 * HOUR);
    stage.begun().await;
    receiver.has(&stage, 2).await;
    let second = receiver.came().remove(1);
    assert!(!second.is_signed_by(old) && second.is_signed_by(new));
}

async fn who_is_gone_is_told_no_more(mut stage: Stage) {
    let (api, receiver) = (Api::of(&stage).await, Receiver::default());
    let made = api.endpoint(&stage, &receiver.listen().await, &[]).await;
    receiver.answer(&[(410, None)]);
    stage.work();
    stage.begun().await;
    let off = "SELECT COUNT(*) FROM endpoints WHERE NOT active";
    stage.until("it is switched off", || async { stage.count(off).await == 1 }).await;
    api.until(&stage, "waiting", 0).await;
    stage.begun().await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM journal_heads WHERE listeners > 0").await, 0);
    assert_eq!(receiver.came().len(), 1);
    let path = format!("/endpoints/{}", made["id"].as_str().unwrap());
    assert_eq!(api.get(&stage, &path).await["active"], false);
}

async fn a_test_is_sent_and_what_was_removed_is_not(mut stage: Stage) {
    let (api, receiver) = (Api::of(&stage).await, Receiver::default());
    let made = api.endpoint(&stage, &receiver.listen().await, &[]).await;
    let path = format!("/endpoints/{}", made["id"].as_str().unwrap());
    stage.work();
    let (status, test) = api.call(&stage, Method::POST, &format!("{path}/test"), Value::Null).await;
    assert_eq!((status, test["type"].as_str()), (201, Some("endpoint.test")));
    receiver.has(&stage, 1).await;
    assert_eq!(receiver.came()[0].id, test["id"].as_str().unwrap());
    let whole = api.get(&stage, &format!("/deliveries/{}", test["id"].as_str().unwrap())).await;
    assert_eq!(whole["body"], receiver.came()[0].json());
    assert_eq!(api.call(&stage, Method::POST, &format!("{path}/remove"), Value::Null).await.0, 200);
    assert_eq!(api.call(&stage, Method::GET, &path, Value::Null).await.0, 404);
    assert_eq!(api.call(&stage, Method::POST, &format!("{path}/test"), Value::Null).await.0, 404);
    stage.begun().await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM deliveries").await, 1);
}

async fn one_key_makes_one_endpoint_and_its_secret_is_kept_sealed(stage: Stage) {
    let api = Api::of(&stage).await;
    let body = json!({ "url": "https://shop.am/hook" });
    let first = api.keyed(&stage, Method::POST, "/endpoints", body.clone(), Some("one")).await;
    assert_eq!(first.0, 201);
    assert_eq!(api.keyed(&stage, Method::POST, "/endpoints", body.clone(), Some("one")).await, first);
    let secret = first.1["secret"].as_str().unwrap();
    let word = &secret[6..30];
    let bytes = if stage.services.db.is_postgres() { "encode(body, 'escape')" } else { "CAST(body AS TEXT)" };
    let kept = stage.text(&format!("SELECT {bytes} FROM idempotency_keys")).await;
    assert!(kept.starts_with("v1.") && !kept.contains(word), "{kept}");
    assert_eq!(stage.count("SELECT COUNT(*) FROM endpoints").await, 1);
}

/// As when the process dies after the commit and before the answer is kept.
async fn a_request_whose_answer_was_lost_makes_nothing_twice(stage: Stage) {
    let api = Api::of(&stage).await;
    let money = json!({ "amount_minor": 100_000, "currency": "AMD" });
    let product = json!({ "kind": "service", "name": { "hy": "Tea" }, "price": money });
    let (_, tea) = api.call(&stage, Method::POST, "/products", product.clone()).await;
    let of_tea = format!("/products/{}/variants", tea["id"].as_str().unwrap());
    let all = [
        ("/products", product),
        (of_tea.as_str(), json!({ "name": { "hy": "Մեծ" }, "price": money })),
        ("/payment-links", json!({ "kind": "fixed", "title": "Tea", "amount": money })),
        ("/payment-links", json!({ "kind": "dynamic", "title": "Tea", "amount": money })),
        ("/endpoints", json!({ "url": "https://shop.am/hook" })),
    ];
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    for (nth, (path, body)) in all.into_iter().enumerate() {
        let key = format!("key {nth}");
        let first = api.keyed(&stage, Method::POST, path, body.clone(), Some(&key)).await;
        assert_eq!(first.0, 201, "{path}: {}", first.1);
        let lost = "UPDATE idempotency_keys SET status = NULL, content_type = NULL, body = NULL, created_at = 0";
        sea_orm::ConnectionTrait::execute_unprepared(&raw, lost).await.unwrap();
        let second = api.keyed(&stage, Method::POST, path, body, Some(&key)).await;
        assert_eq!(second.1["id"], first.1["id"], "{path}");
    }
    for (table, count) in [("products", 2), ("variants", 1), ("links", 2), ("endpoints", 1)] {
        assert_eq!(stage.count(&format!("SELECT COUNT(*) FROM {table}")).await, count, "{table}");
    }
}
