//! The shelf: variants that are never sold twice, questions that are answered soundly, categories in their order.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{
    CategoryId, Lang, Localized, PaymentId, ProductId, VariantId,
    link::LinkKind,
    ordering::Reorder,
    payment::{PaymentStatus, ReviewReason},
    product::ProductKind,
    question::{Choices, QuestionKind},
    role::{Permission, Role},
};
use reqwest::Method;
use sandbox::vpos::Status;
use serde_json::json;
use server::{
    catalog::{
        self, ProductInput, categories,
        questions::{self, Question, QuestionInput},
        variants::{self, Variant, VariantInput},
    },
    failure::{Failure, Outcome},
    links::{Link, What},
    payments::{self, Start},
};

use crate::{
    api::{call, key},
    chat::{ANI, Chat, KATE},
    money::futures,
    on_both,
    person::{PASSWORD, Person, member, text},
    stage::Stage,
};

on_both!(
    the_last_of_a_variant_is_sold_once,
    a_variant_nobody_pays_for_is_free_again,
    a_product_with_variants_is_sold_as_one_of_them_only,
    a_form_never_undoes_a_sale_of_a_variant,
    a_variant_that_was_ordered_can_only_be_hidden,
    variants_by_the_api,
    questions_are_answered_on_the_page_of_a_link,
    a_variant_and_answers_in_the_bot,
    categories_lead_the_catalog_of_the_bot,
    categories_are_put_in_order_by_forms_alone,
);

fn code<T: std::fmt::Debug>(refused: Outcome<T>) -> &'static str {
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    refusal.code
}

async fn variant(stage: &Stage, product: &ProductId, name: &str, price_minor: i64, stock: Option<i64>) -> VariantId {
    let input = VariantInput { name: Localized::same(name), price_minor, compare_at_minor: None, stock, hidden: false };
    variants::add(&stage.services, &stage.owner(), &stage.merchant, product, input).await.unwrap().id
}

async fn variants_of(stage: &Stage, product: &ProductId) -> Vec<Variant> {
    variants::list(&stage.services.db, &stage.merchant, product).await.unwrap()
}

/// A cup in two sizes: one small, and so many large ones.
async fn cup(stage: &Stage, large: i64) -> (ProductId, VariantId, VariantId) {
    let product = stage.product(100_000, Some(50)).await;
    let small = variant(stage, &product, "Փոքր", 300_000, Some(1)).await;
    let large = variant(stage, &product, "Մեծ", 700_000, Some(large)).await;
    (product, small, large)
}

async fn shop_link(stage: &Stage, product: &ProductId) -> Link {
    stage.link(|new| (new.kind, new.what) = (LinkKind::Fixed, What::Product(product.clone()))).await
}

async fn buys(stage: &Stage, link: &Link, variant: Option<&VariantId>, attempt: &str) -> Outcome<PaymentId> {
    let start = Start { variant: variant.cloned(), ..Start::of(&link.code, Lang::Hy, attempt) };
    Ok(payments::start(&stage.services, start).await?.payment)
}

async fn left(stage: &Stage, variant: &VariantId) -> i64 {
    stage.count(&format!("SELECT stock FROM variants WHERE id = '{variant}'")).await
}

async fn the_last_of_a_variant_is_sold_once(stage: Stage) {
    let (product, small, large) = cup(&stage, 3).await;
    let link = shop_link(&stage, &product).await;
    let (stage, link) = (&stage, &link);
    let next = AtomicUsize::new(0);
    let results = futures(64, || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let wanted = if number.is_multiple_of(2) { &small } else { &large };
        async move { (number, buys(stage, link, Some(wanted), &number.to_string()).await) }
    })
    .await;
    let sold = |even: bool| {
        results.iter().filter(|(number, result)| number.is_multiple_of(2) == even && result.is_ok()).count()
    };
    assert_eq!((sold(true), sold(false)), (1, 3));
    assert_eq!((left(stage, &small).await, left(stage, &large).await), (0, 0));
    for (_, refused) in results.into_iter().filter(|(_, result)| result.is_err()) {
        assert_eq!(code(refused), "sold_out");
    }
    let own = stage.count(&format!("SELECT stock FROM products WHERE id = '{product}'")).await;
    assert_eq!(own, 50, "the product's own stock counts for nothing");
    stage.audit().await;
}

async fn a_variant_nobody_pays_for_is_free_again(stage: Stage) {
    let (product, small, _) = cup(&stage, 3).await;
    let link = shop_link(&stage, &product).await;
    let first = stage.payment(&buys(&stage, &link, Some(&small), "1").await.unwrap()).await;
    assert_eq!((first.amount_minor, left(&stage, &small).await), (300_000, 0));
    stage.post_event(&stage.event("evt_1", &first, "expired")).await;
    assert_eq!(left(&stage, &small).await, 1);
    let second = stage.payment(&buys(&stage, &link, Some(&small), "2").await.unwrap()).await;
    stage.post_event(&stage.event("evt_2", &first, "paid")).await;
    let late = stage.order(&first.order_id).await;
    assert_eq!(late.review_reason, Some(ReviewReason::LateUndeliverable), "the second customer holds it");
    stage.post_event(&stage.event("evt_3", &second, "paid")).await;
    let lines = server::orders::get(&stage.services.db, &stage.merchant, &second.order_id).await.unwrap().lines;
    assert_eq!((lines[0].variant_id.as_ref(), &*lines[0].title.hy), (Some(&small), "Սուրճ, Փոքր"));
    assert_eq!((lines[0].unit_minor, left(&stage, &small).await), (300_000, 0));
    stage.audit().await;
}

async fn a_product_with_variants_is_sold_as_one_of_them_only(stage: Stage) {
    let (product, small, large) = cup(&stage, 3).await;
    let link = shop_link(&stage, &product).await;
    assert_eq!(code(buys(&stage, &link, None, "1").await), "variant_required");
    let other = stage.product(100_000, None).await;
    let foreign = variant(&stage, &other, "Ուրիշ", 1_000, None).await;
    assert_eq!(code(buys(&stage, &link, Some(&foreign), "2").await), "variant_gone");
    let free = stage.link(|_| ()).await;
    buys(&stage, &free, Some(&small), "3").await.expect("a sum of its own has nothing to choose");
    let hide = |variant: &Variant| VariantInput { hidden: true, ..VariantInput::from(variant) };
    let all = variants_of(&stage, &product).await;
    for one in &all {
        let (services, ids) = (&stage.services, (&product, &one.id));
        variants::update(services, &stage.owner(), &stage.merchant, ids, hide(one), one.stock).await.unwrap();
    }
    assert_eq!(code(buys(&stage, &link, Some(&large), "4").await), "variant_gone");
    stage.open_dashboard();
    let page = Person::stranger(&stage).ask(Method::GET, &format!("/pay/{}", link.code), |request| request).await;
    assert!(page.body.contains(&text("pay.not_available")), "never sold at the product's own price: {}", page.body);
    let unseen = stage.another_merchant().await;
    let refused = variants::remove(&stage.services, &stage.owner(), &unseen, (&product, &small)).await;
    assert_eq!(code(refused), "not_found");
}

async fn a_form_never_undoes_a_sale_of_a_variant(stage: Stage) {
    let (product, _, large) = cup(&stage, 10).await;
    let link = shop_link(&stage, &product).await;
    let shown = variants_of(&stage, &product).await.remove(1);
    for attempt in ["1", "2", "3"] {
        buys(&stage, &link, Some(&large), attempt).await.unwrap();
    }
    // The form was opened at ten, and a delivery of five is added to it.
    let input = VariantInput { stock: Some(15), price_minor: 800_000, ..VariantInput::from(&shown) };
    let ids = (&product, &large);
    variants::update(&stage.services, &stage.owner(), &stage.merchant, ids, input, Some(10)).await.unwrap();
    assert_eq!(left(&stage, &large).await, 12);
    let later = stage.payment(&buys(&stage, &link, Some(&large), "4").await.unwrap()).await;
    assert_eq!(later.amount_minor, 800_000);
}

async fn a_variant_that_was_ordered_can_only_be_hidden(stage: Stage) {
    let (product, small, large) = cup(&stage, 1).await;
    let link = shop_link(&stage, &product).await;
    buys(&stage, &link, Some(&small), "1").await.unwrap();
    let (services, owner) = (&stage.services, stage.owner());
    let refused = variants::remove(services, &owner, &stage.merchant, (&product, &small)).await;
    assert_eq!(code(refused), "variant_is_ordered");
    variants::remove(services, &owner, &stage.merchant, (&product, &large)).await.unwrap();
    assert_eq!(variants_of(&stage, &product).await.len(), 1);
}

async fn variants_by_the_api(stage: Stage) {
    let key = key(&stage, Permission::ALL).await;
    let product = stage.product(100_000, None).await;
    let amount = |minor: i64| json!({ "amount_minor": minor, "currency": "AMD" });
    let path = format!("/products/{product}/variants");
    let new =
        json!({ "name": { "en": "Large" }, "price": amount(450_000), "compare_at_price": amount(500_000), "stock": 2 });
    let (status, made) = call(&stage, &key, Method::POST, &path, Some(new)).await;
    assert_eq!((status, &made["price"]), (201, &amount(450_000)), "{made}");
    let (_, shown) = call(&stage, &key, Method::GET, &format!("/products/{product}"), None).await;
    assert_eq!((&shown["variants"][0]["id"], &shown["category"]["hy"]), (&made["id"], &json!("Խոհանոց")));
    let ask =
        |variant: serde_json::Value, kind: &str| json!({ "kind": kind, "product_id": product, "variant_id": variant });
    let post = async |body| call(&stage, &key, Method::POST, "/payment-links", Some(body)).await;
    let (status, link) = post(ask(made["id"].clone(), "dynamic")).await;
    assert_eq!((status, &link["amount"]), (201, &amount(450_000)), "{link}");
    let order = format!("/orders/{}", link["order_id"].as_str().unwrap());
    let (_, order) = call(&stage, &key, Method::GET, &order, None).await;
    assert_eq!((&order["lines"][0]["variant_id"], &order["answers"]), (&made["id"], &json!([])));
    for (variant, kind, wanted) in [
        (serde_json::Value::Null, "dynamic", "variant_required"),
        (json!("var_unknown"), "dynamic", "variant_gone"),
        (made["id"].clone(), "fixed", "variant_only_for_one_order"),
    ] {
        let (status, refused) = post(ask(variant, kind)).await;
        assert_eq!((status, &refused["code"]), (422, &json!(wanted)), "{refused}");
    }
    let bad = json!({ "name": { "en": "Free" }, "price": amount(0) });
    let (status, refused) = call(&stage, &key, Method::POST, &path, Some(bad)).await;
    assert_eq!((status, &refused["field"]), (422, &json!("price")));
}

async fn question(stage: &Stage, product: &ProductId, kind: QuestionKind, words: &str, required: bool) -> Question {
    let both = |hy: &str, en: &str| Localized { hy: hy.into(), en: en.into(), ..Localized::default() };
    let input = QuestionInput {
        kind,
        words: Localized::same(words),
        choices: Choices(vec![both("Կաթով", "With milk"), both("Առանց կաթի", "Without milk")]),
        required,
    };
    questions::add(&stage.services, &stage.owner(), &stage.merchant, product, input).await.unwrap()
}

async fn questions_are_answered_on_the_page_of_a_link(stage: Stage) {
    stage.open_dashboard();
    let product = stage.product(500_000, None).await;
    let milk = question(&stage, &product, QuestionKind::Choice, "Ինչպե՞ս", true).await.id;
    let phone = question(&stage, &product, QuestionKind::Phone, "Հեռախոս", true).await.id;
    let note = question(&stage, &product, QuestionKind::Text, "Նշում", false).await.id;
    let link = shop_link(&stage, &product).await;
    let person = Person::stranger(&stage);
    let path = format!("/pay/{}", link.code);
    let press = async |milk_said: &str, phone_said: &str| {
        let form = [
            ("lang", "en"),
            ("attempt", "one"),
            (milk.as_str(), milk_said),
            (phone.as_str(), phone_said),
            (note.as_str(), ""),
        ];
        person.post(&path, &form).await
    };
    let missing = press("", "091123456").await;
    assert_eq!(missing.status, 422);
    assert!(missing.body.contains(&text("refusal.answer_missing")), "in the customer's language: {}", missing.body);
    assert!(missing.body.contains("091123456"), "what was typed stays");
    let wrong = press("With milk", "call me").await;
    assert!(wrong.status == 422 && wrong.body.contains(&text("refusal.answer_not_a_phone")), "{}", wrong.body);
    let unknown = press("With honey", "091123456").await;
    assert!(unknown.status == 422 && unknown.body.contains(&text("refusal.answer_not_offered")));
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM orders").await, 0, "nothing was ordered so far");
    let paid = press("With milk", "+374 91 123-456").await;
    assert_eq!(paid.status, 303, "{}", paid.body);
    let key = key(&stage, Permission::ALL).await;
    let (_, orders) = call(&stage, &key, Method::GET, "/orders", None).await;
    let answers = &orders["items"][0]["answers"];
    assert_eq!((&answers[0]["answer"]["hy"], &answers[1]["answer"]["en"]), (&json!("Կաթով"), &json!("+37491123456")));
    assert_eq!(answers.as_array().unwrap().len(), 2, "what was left out is not kept");
    member(&stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    let owner = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let order = format!("/orders/{}", orders["items"][0]["id"].as_str().unwrap());
    let room = owner.ask(Method::GET, &order, |request| request).await;
    assert!(room.body.contains("With milk") && room.body.contains("+37491123456"), "{}", room.body);
    // Staff may agree on it by other ways.
    stage.link(|new| new.what = What::Product(product.clone())).await;
}

async fn a_variant_and_answers_in_the_bot(stage: Stage) {
    let (product, small, large) = cup(&stage, 2).await;
    question(&stage, &product, QuestionKind::Choice, "Ինչպե՞ս", true).await;
    question(&stage, &product, QuestionKind::Email, "Նամակի հասցե", false).await;
    let chat = Chat::open(stage).await;
    chat.says(ANI, &format!("/start {product}"));
    let card = chat.with_data(ANI, "v:").await;
    chat.press_data(ANI, &card, &format!("v:{large}"));
    let quantity = chat.with_data(ANI, "q:2").await;
    chat.press_data(ANI, &quantity, "q:2");
    let first = chat.with_data(ANI, "n:").await;
    assert!(first.text.contains("Մեծ") && first.text.contains("Ինչպե՞ս"), "{}", first.text);
    chat.says(ANI, "մեղրով");
    chat.hears(ANI, "Ընտրեք կոճակներից").await;
    let again = chat.newest(ANI, "n:").unwrap();
    chat.press_data(ANI, &again, "n:");
    chat.hears(ANI, "Նամակի հասցե").await;
    chat.says(ANI, "no address");
    chat.hears(ANI, "նման չէ էլ. հասցեի").await;
    chat.says(ANI, "ani@mail.am");
    let summary = chat.with_data(ANI, "ok:").await;
    assert!(summary.text.contains("Կաթով") && summary.text.contains("ani@mail.am"), "{}", summary.text);
    assert!(summary.text.contains("14 000") || summary.text.contains("14\u{202f}000"), "{}", summary.text);
    // An old button of a question that is answered is answered politely, and changes nothing.
    chat.press_data(ANI, &again, "n:");
    chat.press_data(ANI, &summary, "ok:");
    let order = chat.with_data(ANI, "k:").await;
    let payment = chat.pays(&order, Status::Paid).await;
    let stage = &chat.stage;
    stage.until("it is paid", || async { stage.payment(&payment).await.status == PaymentStatus::Paid }).await;
    let paid = stage.payment(&payment).await;
    assert_eq!((paid.amount_minor, left(stage, &large).await, left(stage, &small).await), (1_400_000, 0, 1));
    let answers = server::orders::answers(&stage.services.db, &stage.merchant, vec![paid.order_id]).await.unwrap();
    assert_eq!((answers.len(), &*answers[1].answer.ru), (2, "ani@mail.am"));
    // The large ones are gone: only the small one has a button now.
    chat.says(ANI, &format!("/start {product}"));
    chat.hears(ANI, "Փոքր").await;
    chat.says(KATE, &format!("/start {product}"));
    let card = chat.with_data(KATE, "v:").await;
    chat.press_data(KATE, &card, &format!("v:{small}"));
    chat.hears(KATE, "Ինչպե՞ս").await;
}

async fn plain(stage: &Stage, name: &str, category: Option<CategoryId>) -> ProductId {
    let input = ProductInput {
        kind: ProductKind::Service,
        name: Localized::same(name),
        text: Localized::default(),
        category,
        sku: None,
        delivery: Localized::default(),
        price_minor: Some(100_000),
        compare_at_minor: None,
        donation: None,
        stock: None,
        digital_goods: false,
        visible: true,
    };
    catalog::create(&stage.services, &stage.owner(), &stage.merchant, input).await.unwrap().id
}

async fn category(stage: &Stage, name: &str) -> CategoryId {
    categories::add(&stage.services, &stage.owner(), &stage.merchant, Localized::same(name)).await.unwrap().id
}

fn labels(message: &sandbox::telegram::Message) -> Vec<String> {
    let rows = message.keyboard.as_ref().map(|keys| keys["inline_keyboard"].clone()).unwrap_or_default();
    let keys =
        rows.as_array().cloned().unwrap_or_default().into_iter().flat_map(|row| row.as_array().cloned().unwrap());
    keys.map(|key| key["text"].as_str().unwrap().to_owned()).collect()
}

async fn categories_lead_the_catalog_of_the_bot(stage: Stage) {
    let (tea, cups, empty) =
        (category(&stage, "Թեյ").await, category(&stage, "Բաժակ").await, category(&stage, "Դատարկ").await);
    for number in 1..=10 {
        plain(&stage, &format!("Թեյ {number}"), Some(tea.clone())).await;
    }
    plain(&stage, "Գավաթ", Some(cups.clone())).await;
    plain(&stage, "Անբաժին", None).await;
    let (services, owner) = (&stage.services, stage.owner());
    categories::order(services, &owner, &stage.merchant, Reorder::Up(cups)).await.unwrap();
    let chat = Chat::open(stage).await;
    chat.says(ANI, "/catalog");
    let catalog = chat.with_data(ANI, "g:").await;
    assert_eq!(labels(&catalog)[..3], ["Բաժակ", "Թեյ", "Այլ"].map(str::to_owned), "in order, without empty ones");
    chat.press_data(ANI, &catalog, &format!("g:{tea}:0"));
    let first = chat.with_data(ANI, &format!("g:{tea}:1")).await;
    assert_eq!(labels(&first).len(), 8 + 2);
    chat.press_data(ANI, &first, &format!("g:{tea}:1"));
    let second = chat.with_data(ANI, &format!("g:{tea}:0")).await;
    assert_eq!(labels(&second).len(), 2 + 1, "two products, and back");
    // Buttons of a category that is gone, and of the time when categories were counted, lead to the catalog.
    categories::remove(&chat.stage.services, &chat.stage.owner(), &chat.stage.merchant, &tea).await.unwrap();
    chat.press_data(ANI, &second, &format!("g:{tea}:0"));
    let catalog = chat.with_data(ANI, "g:-:0").await;
    assert_eq!(labels(&catalog)[..2], ["Բաժակ", "Այլ"].map(str::to_owned));
    drop(empty);
}

async fn categories_are_put_in_order_by_forms_alone(stage: Stage) {
    stage.open_dashboard();
    member(&stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    let owner = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let names = async || {
        let all = categories::list(&stage.services.db, &stage.merchant).await.unwrap();
        all.into_iter().map(|one| one.name.get(Lang::En).to_owned()).collect::<Vec<_>>().join(" ")
    };
    for name in ["one", "two", "three"] {
        let added = owner.post("/categories", &[("name_hy", ""), ("name_ru", ""), ("name_en", name)]).await;
        assert_eq!(added.status, 303, "{}", added.body);
    }
    let ids: Vec<_> = categories::list(&stage.services.db, &stage.merchant).await.unwrap();
    let ids: Vec<_> = ids.iter().map(|one| one.id.as_str()).collect();
    let moved = owner.post("/categories/order", &[("order", ""), ("up", ids[2])]).await;
    assert_eq!(
        (moved.to.as_str(), names().await.as_str()),
        (format!("/categories?way=up&moved={}", ids[2]).as_str(), "one three two")
    );
    let room = owner.ask(Method::GET, &moved.to, |request| request).await;
    assert!(room.body.contains("autofocus"), "the pressed button is under the hand again");
    owner.post("/categories/order", &[("order", ""), ("down", ids[0])]).await;
    assert_eq!(names().await, "three one two");
    owner.post("/categories/order", &[("order", &[ids[1], ids[2], ids[0]].join(","))]).await;
    assert_eq!(names().await, "two three one");
    let empty = owner.post("/categories", &[("name_hy", " ")]).await;
    assert_eq!(empty.status, 422);
    let actions = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action = 'categories_ordered'";
    assert_eq!(stage.count(actions).await, 3);
}
