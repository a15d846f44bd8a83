//! What the API promises beyond the sale itself: changes beside sales, search, pages, repeated requests, the pace.

use axum::http::header;
use domain::{
    Localized, Moment,
    moment::{DAY, MINUTE, SECOND},
};
use serde_json::{Value, json};

use super::testing::{Shop, shops};
use crate::{
    api_keys::idempotency::{self, Claim, Kept},
    catalog::{self, Counted},
};

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|product| product["name"]["hy"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changing_a_product_never_undoes_a_sale() {
    for shop in shops().await {
        let product = shop.goods(Localized::same("Cup"), 100).await;
        let sales = async {
            for _ in 0..40 {
                let lines = vec![Counted { product: product.id.clone(), slot: None, variant: None, quantity: 1 }];
                let merchant = shop.merchant.clone();
                let sold = shop.services.db.write(move |tx| async move {
                    let taken = catalog::take_stock(&tx, &merchant, &lines, Moment(0)).await;
                    drop(tx);
                    taken
                });
                assert!(sold.await.unwrap());
            }
        };
        let changes = async {
            for number in 0..40 {
                let body = json!({ "text": { "en": number.to_string() } });
                assert_eq!(shop.call("PATCH", &format!("/products/{}", product.id), None, body).await.status, 200);
            }
        };
        tokio::join!(sales, changes);
        assert_eq!(shop.stock(&product).await, Some(60));
    }
}

#[tokio::test]
async fn a_change_names_what_it_changes_and_null_takes_away() {
    for shop in shops().await {
        let product = shop.goods(Localized::same("Cup"), 5).await;
        let path = format!("/products/{}", product.id);
        let change = |body: Value| shop.call("PATCH", &path, None, body);
        let amount = |minor: i64| json!({ "amount_minor": minor, "currency": "AMD" });
        let changed = change(json!({ "compare_at_price": amount(600_000), "digital_goods": true })).await.json;
        assert_eq!((&changed["compare_at_price"], &changed["stock"]), (&amount(600_000), &json!(5)));
        let changed = change(json!({ "compare_at_price": null, "stock": null })).await.json;
        assert_eq!((&changed["compare_at_price"], &changed["stock"]), (&Value::Null, &Value::Null));
        assert_eq!(changed["digital_goods"], true);
        let refused = change(json!({ "price": null })).await;
        assert_eq!((refused.status, &refused.json["field"]), (422, &json!("price")));
        let refused = change(json!({ "donation": { "min_minor": 1, "max_minor": 2 } })).await;
        assert_eq!((refused.status, &refused.json["field"]), (422, &json!("donation")));
        let refused = change(json!({ "price": { "amount_minor": 5, "currency": "USD" } })).await;
        assert_eq!((refused.status, &refused.json["code"]), (422, &json!("currency_not_accepted")));
    }
}

#[tokio::test]
async fn names_are_found_in_every_alphabet_and_case() {
    for shop in shops().await {
        let coffee = Localized {
            hy: "Սուրճ Արաբիկա".into(), ru: "Кофе Арабика".into(), en: "Coffee Arabica".into()
        };
        shop.goods(coffee, 1).await;
        shop.goods(Localized { hy: "100% բամբակ".into(), ..Localized::default() }, 1).await;
        for words in ["Սուրճ", "սուրճ", "Արաբ", "кофе", "Кофе", "Coffee", "COFFEE", "arab"] {
            let page = shop.get(&format!("/products?q={}", encoded(words))).await.json;
            assert_eq!(names(&page), ["Սուրճ Արաբիկա"], "{words}");
        }
        assert_eq!(names(&shop.get("/products?q=0%25").await.json), ["100% բամբակ"]);
        for nothing in ["hy", "%22", "_"] {
            assert_eq!(shop.get(&format!("/products?q={nothing}")).await.json["items"], json!([]), "{nothing}");
        }
    }
}

fn encoded(words: &str) -> String {
    words.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_broken_cursor_is_refused_instead_of_starting_again() {
    for shop in shops().await {
        for number in 0..3 {
            shop.goods(Localized::same(&number.to_string()), 1).await;
        }
        let first = shop.get("/products?limit=2").await.json;
        assert_eq!(names(&first), ["0", "1"]);
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = shop.get(&format!("/products?limit=2&cursor={cursor}")).await.json;
        assert_eq!((names(&rest), &rest["next_cursor"]), (vec!["2"], &Value::Null));
        for path in ["products", "orders", "payments", "payment-links", "journal", "webhook-events"] {
            let refused = shop.get(&format!("/{path}?cursor=2.broken")).await;
            assert_eq!((refused.status, &refused.json["field"]), (422, &json!("cursor")), "{path}");
        }
    }
}

fn link() -> Value {
    json!({ "kind": "dynamic", "title": "Tea", "amount": { "amount_minor": 100_000, "currency": "AMD" } })
}

#[tokio::test]
async fn a_forgotten_key_may_come_with_another_request() {
    for shop in shops().await {
        let first = shop.call("POST", "/payment-links", Some("k"), link()).await;
        assert_eq!(first.status, 201);
        let other =
            json!({ "kind": "dynamic", "title": "Cake", "amount": { "amount_minor": 900_000, "currency": "AMD" } });
        shop.services.clock.advance(6 * DAY);
        idempotency::forget_old(&shop.services).await.unwrap();
        assert_eq!(shop.call("POST", "/payment-links", Some("k"), other.clone()).await.status, 422);
        shop.services.clock.advance(2 * DAY);
        idempotency::forget_old(&shop.services).await.unwrap();
        let second = shop.call("POST", "/payment-links", Some("k"), other).await;
        assert_eq!((second.status, &second.json["amount"]["amount_minor"]), (201, &json!(900_000)));
        assert_ne!(first.json["id"], second.json["id"]);
    }
}

#[tokio::test]
async fn who_finishes_later_gives_the_answer_that_was_kept() {
    for shop in shops().await {
        let (services, merchant) = (&shop.services, &shop.merchant);
        let claim = || idempotency::claim(services, merchant, "k", "print".to_owned());
        let answer = |body: &str| Kept {
            status: 201,
            content_type: "application/json".into(),
            body: body.as_bytes().into(),
            secret: false,
        };
        assert!(matches!(claim().await.unwrap(), Claim::Work));
        assert!(claim().await.is_err(), "in flight");
        services.clock.advance(MINUTE + SECOND);
        assert!(matches!(claim().await.unwrap(), Claim::Work), "taken over");
        let kept = |body| idempotency::keep(services, merchant, "k", answer(body));
        assert_eq!(kept("second").await.unwrap(), answer("second"));
        assert_eq!(kept("first, late").await.unwrap(), answer("second"));
        idempotency::release(services, merchant, "k").await.unwrap();
        assert!(matches!(claim().await.unwrap(), Claim::Again(kept) if kept == answer("second")));
    }
}

#[tokio::test]
async fn a_sum_for_a_product_is_in_the_shops_currency_and_only_where_it_counts() {
    for shop in shops().await {
        let donation = json!({
            "kind": "donation",
            "name": { "en": "Tip" },
            "donation": { "min_minor": 10_000, "max_minor": 1_000_000 },
        });
        let product = shop.call("POST", "/products", None, donation).await.json["id"].clone();
        let ask = |kind: &str, currency: &str| {
            let amount = json!({ "amount_minor": 50_000, "currency": currency });
            shop.call("POST", "/payment-links", None, json!({ "kind": kind, "product_id": product, "amount": amount }))
        };
        let (dynamic, dollars, fixed) =
            (ask("dynamic", "AMD").await, ask("dynamic", "USD").await, ask("fixed", "AMD").await);
        assert_eq!((dynamic.status, &dynamic.json["amount"]["amount_minor"]), (201, &json!(50_000)));
        assert_eq!((dollars.status, &dollars.json["code"]), (422, &json!("currency_not_accepted")));
        assert_eq!((fixed.status, &fixed.json["code"]), (422, &json!("amount_is_fixed")));
    }
}

async fn flood(shop: &Shop) -> Vec<super::testing::Answer> {
    let mut slow = Vec::new();
    for _ in 0..205 {
        let answer = shop.get("/orders?limit=1").await;
        if answer.status == 429 {
            slow.push(answer);
        }
    }
    slow
}

#[tokio::test]
async fn a_key_that_is_too_quick_is_told_when_to_come_back() {
    for shop in shops().await {
        let slow = flood(&shop).await;
        assert_eq!(slow.len(), 5);
        assert_eq!(
            (&slow[0].headers[header::RETRY_AFTER], &slow[0].json["code"]),
            (&"1".parse().unwrap(), &json!("too_many_requests"))
        );
        shop.services.clock.advance(SECOND);
        assert_eq!(shop.get("/orders").await.status, 200);
    }
}

#[tokio::test]
async fn a_stranger_is_told_how_to_come_in() {
    for mut shop in shops().await {
        shop.key = "kh_not_ours".to_owned();
        let answer = shop.get("/orders").await;
        assert_eq!((answer.status, &answer.json["code"]), (401, &json!("unauthorized")));
        assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE));
    }
}
