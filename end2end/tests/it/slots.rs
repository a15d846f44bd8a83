//! Bookings: a time is taken in the checkout, given back when nobody pays, and never given to more people than fit.

use domain::{
    Lang, Localized, Moment, PaymentId, ProductId, SlotId,
    link::LinkKind,
    moment::{DAY, HOUR, MINUTE},
    order::OrderStatus,
    payment::{PaymentStatus, ReviewReason},
    product::ProductKind,
    role::Permission,
};
use reqwest::Method;
use sandbox::vpos::Status;
use serde_json::json;
use server::{
    catalog::{
        self, ProductInput,
        slots::{self, NewSlots},
    },
    failure::{Failure, Outcome},
    links::{Link, What},
    payments::{self, Start},
};

use crate::{
    api::{call, key},
    chat::{ANI, Chat},
    money::futures,
    on_both,
    stage::Stage,
};

on_both!(
    the_last_place_is_booked_once,
    a_place_that_nobody_pays_for_is_free_again,
    money_that_comes_when_the_time_has_begun_waits_for_a_person,
    a_customer_chooses_a_time_where_there_are_times,
    times_by_the_api,
    a_booking_in_the_bot,
);

/// A lesson tomorrow at this hour for so many people.
pub async fn lesson(stage: &Stage, places: i64) -> (ProductId, SlotId, Moment) {
    let input = ProductInput {
        kind: ProductKind::Booking,
        name: Localized::same("Դաս"),
        text: Localized::default(),
        category: None,
        sku: None,
        delivery: Localized::same("Սպասում ենք"),
        price_minor: Some(500_000),
        compare_at_minor: None,
        donation: None,
        stock: None,
        digital_goods: false,
        visible: true,
    };
    let product = catalog::create(&stage.services, &stage.owner(), &stage.merchant, input).await.unwrap().id;
    let start = Moment(stage.clock.now().plus(DAY).0 / HOUR * HOUR);
    let new = NewSlots { starts_at: vec![start, start.plus(3 * HOUR)], minutes: 60, places };
    slots::add(&stage.services, &stage.owner(), &stage.merchant, &product, new).await.unwrap();
    let slot = slots::list(&stage.services.db, &stage.merchant, &product, start, 1).await.unwrap().remove(0).id;
    (product, slot, start)
}

async fn shop_link(stage: &Stage, product: &ProductId) -> Link {
    stage.link(|new| (new.kind, new.what) = (LinkKind::Fixed, What::Product(product.clone()))).await
}

async fn book(stage: &Stage, link: &Link, slot: Option<&SlotId>, attempt: &str) -> Outcome<PaymentId> {
    let start = Start { slot: slot.cloned(), ..Start::of(&link.code, Lang::Hy, attempt) };
    Ok(payments::start(&stage.services, start).await?.payment)
}

fn code<T: std::fmt::Debug>(refused: Outcome<T>) -> &'static str {
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    refusal.code
}

async fn taken(stage: &Stage, slot: &SlotId) -> i64 {
    stage.count(&format!("SELECT taken FROM slots WHERE id = '{slot}'")).await
}

async fn the_last_place_is_booked_once(stage: Stage) {
    let (product, slot, _) = lesson(&stage, 1).await;
    let link = shop_link(&stage, &product).await;
    let (stage, link, slot) = (&stage, &link, &slot);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let results = futures(64, || {
        let attempt = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
        async move { book(stage, link, Some(slot), &attempt).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for refused in results.into_iter().filter(Result::is_err) {
        assert_eq!(code(refused), "slot_taken");
    }
    assert_eq!(taken(stage, slot).await, 1);
}

async fn a_place_that_nobody_pays_for_is_free_again(stage: Stage) {
    let (product, slot, start) = lesson(&stage, 1).await;
    let link = shop_link(&stage, &product).await;
    let first = book(&stage, &link, Some(&slot), "1").await.unwrap();
    let first = stage.payment(&first).await;
    stage.post_event(&stage.event("evt_1", &first, "expired")).await;
    assert_eq!(taken(&stage, &slot).await, 0);
    book(&stage, &link, Some(&slot), "2").await.expect("the freed place is held by the second customer");
    stage.post_event(&stage.event("evt_2", &first, "paid")).await;
    let late = stage.order(&first.order_id).await;
    assert_eq!((late.status, late.review_reason), (OrderStatus::Paid, Some(ReviewReason::LateUndeliverable)));
    assert_eq!(taken(&stage, &slot).await, 1);
    let lines = server::orders::get(&stage.services.db, &stage.merchant, &first.order_id).await.unwrap().lines;
    assert_eq!((lines[0].slot_id.as_ref(), lines[0].slot_at), (Some(&slot), Some(start)));
    stage.audit().await;
}

async fn money_that_comes_when_the_time_has_begun_waits_for_a_person(stage: Stage) {
    let (product, slot, _) = lesson(&stage, 4).await;
    let link = shop_link(&stage, &product).await;
    let mut late = Vec::new();
    for attempt in ["1", "2"] {
        late.push(stage.payment(&book(&stage, &link, Some(&slot), attempt).await.unwrap()).await);
        stage.post_event(&stage.event(&format!("evt_{attempt}"), late.last().unwrap(), "expired")).await;
    }
    stage.post_event(&stage.event("evt_3", &late[0], "paid")).await;
    assert!(!stage.order(&late[0].order_id).await.needs_review, "the place was free again");
    stage.clock.advance(DAY + MINUTE);
    stage.post_event(&stage.event("evt_4", &late[1], "paid")).await;
    assert_eq!(stage.order(&late[1].order_id).await.review_reason, Some(ReviewReason::LateUndeliverable));
    assert_eq!(taken(&stage, &slot).await, 1);
    assert_eq!(code(book(&stage, &link, Some(&slot), "3").await), "slot_taken");
}

async fn a_customer_chooses_a_time_where_there_are_times(stage: Stage) {
    let (product, slot, _) = lesson(&stage, 1).await;
    let link = shop_link(&stage, &product).await;
    assert_eq!(code(book(&stage, &link, None, "1").await), "slot_required");
    let other = stage.another_merchant().await;
    let foreign = slots::remove(&stage.services, &stage.owner(), &other, &slot).await;
    assert_eq!(code(foreign), "not_found");
    // Staff may leave the time to be agreed.
    let open = stage.link(|new| new.what = What::Product(product.clone())).await;
    stage.press_pay(&open, "1").await.unwrap();
    assert_eq!(taken(&stage, &slot).await, 0);
}

async fn times_by_the_api(stage: Stage) {
    let key = key(&stage, Permission::ALL).await;
    let (product, slot, start) = lesson(&stage, 2).await;
    let path = format!("/products/{product}/slots");
    let times = json!({ "starts_at": [start.rfc3339(), start.plus(HOUR).rfc3339()], "minutes": 45, "places": 3 });
    let (status, made) = call(&stage, &key, Method::POST, &path, Some(times)).await;
    assert_eq!((status, made["items"].as_array().unwrap().len()), (201, 3), "{made}");
    assert_eq!((&made["items"][0]["places"], &made["items"][1]["places"]), (&json!(2), &json!(3)), "offered already");
    let link = json!({ "kind": "dynamic", "product_id": product, "slot_id": slot });
    let (status, link) = call(&stage, &key, Method::POST, "/payment-links", Some(link)).await;
    assert_eq!(status, 201, "{link}");
    let id: domain::LinkId = link["id"].as_str().unwrap().parse().unwrap();
    stage.press_pay(&stage.link_now(&id).await, "1").await.unwrap();
    let order = format!("/orders/{}", link["order_id"].as_str().unwrap());
    let (_, order) = call(&stage, &key, Method::GET, &order, None).await;
    assert_eq!(order["lines"][0]["slot_starts_at"], json!(start.rfc3339()));
    let (status, refused) = call(&stage, &key, Method::POST, &format!("/slots/{slot}/remove"), None).await;
    assert_eq!((status, &refused["code"]), (409, &json!("slot_is_booked")));
    let free = made["items"][1]["id"].as_str().unwrap();
    assert_eq!(call(&stage, &key, Method::POST, &format!("/slots/{free}/remove"), None).await.0, 200);
    let (_, left) = call(&stage, &key, Method::GET, &path, None).await;
    assert_eq!(left["items"].as_array().unwrap().len(), 2);
    let goods = stage.product(500_000, None).await;
    let times = json!({ "starts_at": [start.rfc3339()], "minutes": 45, "places": 3 });
    let (status, refused) = call(&stage, &key, Method::POST, &format!("/products/{goods}/slots"), Some(times)).await;
    assert_eq!((status, &refused["code"]), (422, &json!("slots_only_for_bookings")));
}

async fn a_booking_in_the_bot(stage: Stage) {
    let (product, slot, start) = lesson(&stage, 2).await;
    let chat = Chat::open(stage).await;
    chat.says(ANI, &format!("/start {product}"));
    let card = chat.with_data(ANI, "b:").await;
    chat.press_data(ANI, &card, "b:");
    let days = chat.with_data(ANI, "d:").await;
    chat.press_data(ANI, &days, "d:");
    let times = chat.with_data(ANI, "t:").await;
    chat.press_data(ANI, &times, &format!("t:{slot}"));
    let quantity = chat.with_data(ANI, "q:2").await;
    chat.press_data(ANI, &quantity, "q:2");
    let summary = chat.with_data(ANI, "ok:").await;
    assert!(summary.text.contains(&start.local(240)), "{}", summary.text);
    chat.press_data(ANI, &summary, "ok:");
    let order = chat.with_data(ANI, "k:").await;
    let payment = chat.pays(&order, Status::Paid).await;
    let told = chat.hears(ANI, "Դուք գրանցված եք").await;
    assert!(told.text.contains(&start.local(240)) && told.text.contains("Սպասում ենք"), "{}", told.text);
    assert_eq!(chat.stage.payment(&payment).await.status, PaymentStatus::Paid);
    assert_eq!(taken(&chat.stage, &slot).await, 2);
    // Full now: the other time is still there, this one is not offered.
    chat.says(ANI, &format!("/start {product}"));
    chat.hears(ANI, "Դաս").await;
    assert_eq!(
        code(slots::remove(&chat.stage.services, &chat.stage.owner(), &chat.stage.merchant, &slot).await),
        "slot_is_booked"
    );
}
