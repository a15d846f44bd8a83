//! The merchant API as an integrator uses it.

use axum::http::StatusCode;
use domain::role::{Actor, Permission};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use server::api_keys;

use crate::{on_both, stage::Stage};

on_both!(
    a_sale_by_the_api,
    errors_are_problems_with_codes,
    a_repeated_post_gives_the_first_answer_again,
    parallel_posts_with_one_key_make_one_link,
    another_merchants_objects_are_not_found,
    scopes_are_kept,
    lists_are_keyset_pages,
    the_document_describes_what_is_served,
);

pub async fn key(stage: &Stage, permissions: &[Permission]) -> String {
    let system = Actor::System;
    api_keys::create(&stage.services, &system, &stage.merchant, "test", permissions.to_vec()).await.unwrap().1
}

pub async fn call(stage: &Stage, key: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = stage.http.request(method, format!("{}/api/v1{path}", stage.url)).bearer_auth(key);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    read(request.send().await.unwrap()).await
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or(Value::Null))
}

fn dynamic() -> Value {
    json!({
        "kind": "dynamic",
        "title": "Coffee",
        "amount": { "amount_minor": 500_000, "currency": "AMD" },
        "external_order_id": "A-17",
        "telegram_user_id": 1001,
    })
}

async fn a_sale_by_the_api(mut stage: Stage) {
    stage.work();
    let key = key(&stage, Permission::ALL).await;
    let (status, link) = call(&stage, &key, Method::POST, "/payment-links", Some(dynamic())).await;
    assert_eq!(status, 201, "{link}");
    assert!(link["url"].as_str().unwrap().ends_with(link["code"].as_str().unwrap()));
    assert_eq!((&link["paid_count"], &link["external_order_id"]), (&json!(0), &json!("A-17")));
    let order = link["order_id"].as_str().unwrap();
    let id: domain::LinkId = link["id"].as_str().unwrap().parse().unwrap();
    let payment = stage.press_pay(&stage.link_now(&id).await, "1").await.unwrap();
    let payment = stage.payment(&payment).await;
    stage.vpos.end(payment.reference.as_ref().unwrap(), sandbox::vpos::Status::Paid, Default::default());
    let (status, checked) = call(&stage, &key, Method::POST, &format!("/payments/{}/check", payment.id), None).await;
    assert_eq!((status, &checked["status"]), (200, &json!("paid")), "{checked}");
    assert_eq!(checked["external_order_id"], "A-17");
    assert_eq!(checked["amount"], json!({ "amount_minor": 500_000, "currency": "AMD" }));
    stage
        .until("the order is fulfilled", || async {
            call(&stage, &key, Method::GET, &format!("/orders/{order}"), None).await.1["status"] == "fulfilled"
        })
        .await;
    let (_, journal) = call(&stage, &key, Method::GET, &format!("/journal?payment={}", payment.id), None).await;
    let kinds: Vec<_> =
        journal["items"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["payment_paid", "payment_pending", "payment_started"]);
    let (_, verdict) = call(&stage, &key, Method::GET, "/journal/verify", None).await;
    assert_eq!((&verdict["ok"], verdict["head"].as_str().unwrap().len()), (&json!(true), 64));
}

async fn errors_are_problems_with_codes(stage: Stage) {
    let key = key(&stage, Permission::ALL).await;
    let float = json!({ "kind": "fixed", "title": "x", "amount": { "amount_minor": 1.5, "currency": "AMD" } });
    let unknown = json!({ "kind": "fixed", "title": "x", "typo": 1 });
    let none = json!({ "kind": "fixed", "title": "x", "amount": { "amount_minor": 0, "currency": "AMD" } });
    let dollars = json!({ "kind": "fixed", "title": "x", "amount": { "amount_minor": 5, "currency": "USD" } });
    let long = json!({ "kind": "fixed", "title": "x".repeat(61), "amount": { "amount_minor": 5, "currency": "AMD" } });
    let table = [
        (Method::POST, "/payment-links", Some(float), 422, "invalid_body"),
        (Method::POST, "/payment-links", Some(unknown), 422, "invalid_body"),
        (Method::POST, "/payment-links", Some(none), 422, "amount_out_of_range"),
        (Method::POST, "/payment-links", Some(dollars), 422, "currency_not_accepted"),
        (Method::POST, "/payment-links", Some(long), 422, "too_long"),
        (Method::GET, "/payments?limit=101", None, 422, "out_of_range"),
        (Method::GET, "/payments?status=maybe", None, 422, "invalid_query"),
        (Method::GET, "/payments/pay_1", None, 404, "not_found"),
        (Method::GET, "/nothing", None, 404, "not_found"),
        (Method::DELETE, "/payments", None, 405, "method_not_allowed"),
    ];
    for (method, path, body, status, code) in table {
        let (got, problem) = call(&stage, &key, method, path, body).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{path} {problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().is_some_and(|text| text.ends_with('.') && !text.contains('{')), "{problem}");
    }
    let raw = |body: &'static str| {
        stage
            .http
            .post(format!("{}/api/v1/payment-links", stage.url))
            .bearer_auth(&key)
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    let broken = raw("{").await.unwrap();
    assert_eq!(broken.headers()["content-type"], "application/problem+json");
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST.as_u16());
    for bad in ["", "kh_wrong", "demo"] {
        assert_eq!(call(&stage, bad, Method::GET, "/orders", None).await.0, 401);
    }
}

async fn post_with_key(stage: &Stage, key: &str, idempotency: &str, body: &Value) -> (u16, Vec<u8>) {
    let request = stage.http.post(format!("{}/api/v1/payment-links", stage.url)).bearer_auth(key);
    let response = request.header("Idempotency-Key", idempotency).json(body).send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

async fn a_repeated_post_gives_the_first_answer_again(stage: Stage) {
    let key = key(&stage, Permission::ALL).await;
    let first = post_with_key(&stage, &key, "k1", &dynamic()).await;
    assert_eq!(first.0, 201);
    stage.clock.advance(72 * 3_600 * 1_000);
    assert_eq!(post_with_key(&stage, &key, "k1", &dynamic()).await, first, "byte for byte, three days later");
    let mut other = dynamic();
    other["title"] = "Tea".into();
    let (status, problem) = post_with_key(&stage, &key, "k1", &other).await;
    assert_eq!(status, 422);
    assert!(String::from_utf8(problem).unwrap().contains("idempotency_key_reused"));
    let colleague = self::key(&stage, Permission::ALL).await;
    assert_eq!(post_with_key(&stage, &colleague, "k1", &dynamic()).await.0, 422, "nobody reads another key's answer");
    let refused = post_with_key(&stage, &key, "k2", &json!({ "kind": "fixed" })).await;
    assert_eq!(refused.0, 422);
    assert_eq!(post_with_key(&stage, &key, "k2", &json!({ "kind": "fixed" })).await, refused);
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM links").await, 1);
}

async fn parallel_posts_with_one_key_make_one_link(stage: Stage) {
    let key = key(&stage, Permission::ALL).await;
    let (stage, key, body) = (&stage, &key, dynamic());
    let (mut made, mut waiting) = (0, 0);
    let mut tasks = Vec::new();
    for _ in 0..30 {
        let request = stage.http.post(format!("{}/api/v1/payment-links", stage.url)).bearer_auth(key);
        tasks.push(tokio::spawn(request.header("Idempotency-Key", "same").json(&body).send()));
    }
    for task in tasks {
        match task.await.unwrap().unwrap().status().as_u16() {
            201 => made += 1,
            409 => waiting += 1,
            other => panic!("{other}"),
        }
    }
    assert!(made >= 1 && made + waiting == 30);
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM orders").await, 1);
}

async fn another_merchants_objects_are_not_found(stage: Stage) {
    let owner = key(&stage, Permission::ALL).await;
    let payment = stage.begun().await;
    let stranger = stage.another_merchant().await;
    let foreign =
        api_keys::create(&stage.services, &Actor::System, &stranger, "x", Permission::ALL.to_vec()).await.unwrap().1;
    let link = payment.link_id.clone().unwrap();
    let paths = [
        (Method::GET, format!("/payments/{}", payment.id)),
        (Method::POST, format!("/payments/{}/check", payment.id)),
        (Method::GET, format!("/orders/{}", payment.order_id)),
        (Method::GET, format!("/payment-links/{link}")),
        (Method::POST, format!("/payment-links/{link}/cancel")),
    ];
    for (method, path) in paths {
        assert_eq!(call(&stage, &foreign, method.clone(), &path, None).await.0, 404, "{path}");
    }
    let seen = call(&stage, &foreign, Method::GET, &format!("/payments?q={}", payment.merchant_order_id), None).await.1;
    assert_eq!(seen["items"], json!([]));
    assert_eq!(call(&stage, &owner, Method::GET, &format!("/payments/{}", payment.id), None).await.0, 200);
}

async fn scopes_are_kept(stage: Stage) {
    let reader = key(&stage, &[Permission::SeeMoney]).await;
    assert_eq!(call(&stage, &reader, Method::GET, "/orders", None).await.0, 200);
    let (status, problem) = call(&stage, &reader, Method::POST, "/payment-links", Some(dynamic())).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some("forbidden")));
    assert_eq!(call(&stage, &reader, Method::GET, "/products", None).await.0, 403);
    assert_eq!(call(&stage, &reader, Method::GET, "/webhook-events", None).await.0, 403);
}

async fn lists_are_keyset_pages(stage: Stage) {
    let key = key(&stage, Permission::ALL).await;
    for _ in 0..5 {
        stage.link(|_| ()).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/payment-links?limit=2".to_owned());
    loop {
        let (status, page) = call(&stage, &key, Method::GET, &path, None).await;
        assert_eq!(status, 200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|link| link["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/payment-links?limit=2&cursor={cursor}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    sorted.reverse();
    assert_eq!((seen.len(), &seen), (5, &sorted), "each once, newest first");
}

async fn the_document_describes_what_is_served(stage: Stage) {
    let document: Value =
        stage.http.get(format!("{}/api/v1/openapi.json", stage.url)).send().await.unwrap().json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    for path in [
        "/products",
        "/payment-links",
        "/payment-links/{id}/cancel",
        "/orders/{id}",
        "/payments/{id}/check",
        "/journal/verify",
        "/webhook-events/{id}/replay",
    ] {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
    let docs = stage.http.get(format!("{}/api/docs", stage.url)).send().await.unwrap().text().await.unwrap();
    assert!(docs.contains("/payment-links/{id}/cancel"));
}
