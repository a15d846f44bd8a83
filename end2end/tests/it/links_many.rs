//! Links in numbers: what they say they cost, what one word does to many, their labels, and the same link in Telegram.

use domain::{
    Localized, ProductId,
    link::LinkKind,
    product::{DonationTerms, ProductKind},
    role::Role,
};
use reqwest::{Method, multipart};
use server::{
    catalog::{
        self, ProductPatch,
        variants::{self, VariantInput},
    },
    links::{self, Link, Patch, What},
};

use crate::{
    chat::{ANI, Chat},
    on_both,
    person::{PASSWORD, Person, member, text},
    stage::Stage,
};

on_both!(
    a_link_says_the_price_of_what_is_sold,
    a_fixed_link_holds_in_telegram_as_on_its_page,
    a_strange_word_about_many_does_nothing,
    only_what_changes_is_counted_and_told,
    labels_say_how_many_and_how_much,
    what_sells_no_more_is_not_printed,
    a_sum_beside_a_donation_is_refused,
    a_label_that_is_too_long_is_not_lost,
);

async fn owner(stage: &Stage) -> Person {
    stage.open_dashboard();
    member(stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    Person::signed_in(stage, "owner@shop.am", PASSWORD).await
}

async fn fixed(stage: &Stage, product: &ProductId, label: &str) -> Link {
    stage
        .link(|new| {
            (new.kind, new.what) = (LinkKind::Fixed, What::Product(product.clone()));
            label.clone_into(&mut new.label);
        })
        .await
}

async fn coded(stage: &Stage, product: &ProductId, sku: &str) {
    let patch = ProductPatch { sku: Some(Some(sku.to_owned())), ..ProductPatch::default() };
    catalog::patch(&stage.services, &stage.owner(), &stage.merchant, product, patch).await.unwrap();
}

async fn sends(person: &Person, file: &[u8]) -> String {
    let part = multipart::Part::bytes(file.to_vec()).file_name("list.csv");
    let form = multipart::Form::new().part("file", part);
    person.ask(Method::POST, "/links/import", |request| request.multipart(form)).await.to
}

async fn a_link_says_the_price_of_what_is_sold(stage: Stage) {
    let owner = owner(&stage).await;
    let cup = stage.product(100_000, None).await;
    for (name, price_minor, hidden) in [("S", 300_000, false), ("L", 700_000, false), ("XS", 200_000, true)] {
        let name = Localized::same(name);
        let input = VariantInput { name, price_minor, compare_at_minor: None, stock: None, hidden };
        variants::add(&stage.services, &stage.owner(), &stage.merchant, &cup, input).await.unwrap();
    }
    coded(&stage, &cup, "CUP").await;
    let link = fixed(&stage, &cup, "").await;
    let file = sends(&owner, b"code\nCUP\n").await;
    let pages = ["/links".to_owned(), format!("/links/{}", link.id), format!("/links/print?ids={}", link.id), file];
    for page in pages {
        let body = owner.get(&page).await.body;
        assert!(body.contains("from 3\u{202f}000\u{a0}֏") && !body.contains(">1\u{202f}000\u{a0}֏"), "{page}: {body}");
    }
}

async fn a_fixed_link_holds_in_telegram_as_on_its_page(stage: Stage) {
    let product = stage.product(500_000, None).await;
    let link = fixed(&stage, &product, "").await;
    let chat = Chat::open(stage).await;
    let stage = &chat.stage;
    let owner = owner(stage).await;
    let page = owner.get(&format!("/links/{}", link.id)).await.body;
    assert!(page.contains(&format!("l_{}", link.code)) && !page.contains("start=prd_"), "{page}");
    chat.says(ANI, &format!("/start l_{}", link.code));
    let shown = chat.first(ANI, |message| message.keyboard.is_some()).await;
    let keys = shown.keyboard.as_ref().unwrap().to_string();
    assert!(keys.contains(&link.code) && keys.contains("5\u{202f}000"), "its page, and its sum: {keys}");
    links::cancel(&stage.services, &stage.owner(), &stage.merchant, &link.id).await.unwrap();
    chat.says(ANI, &format!("/start l_{}", link.code));
    chat.hears(ANI, "հղումն այլևս չի գործում").await;
}

async fn a_strange_word_about_many_does_nothing(stage: Stage) {
    let owner = owner(&stage).await;
    let product = stage.product(500_000, None).await;
    let link = fixed(&stage, &product, "").await;
    for what in ["", "cancle", "ON"] {
        let answer = owner.post("/links/many", &[("link", link.id.as_str()), ("what", what)]).await;
        assert!(answer.flash.starts_with("bad."), "{what}: {}", answer.flash);
    }
    assert_eq!(stage.link_now(&link.id).await.cancelled_at, None);
    assert!(owner.get("/links").await.body.contains(&text("links.cancel_many_text")), "it asks first");
}

async fn only_what_changes_is_counted_and_told(stage: Stage) {
    let owner = owner(&stage).await;
    let product = stage.product(500_000, None).await;
    let (on, off, gone) =
        (fixed(&stage, &product, "").await, fixed(&stage, &product, "").await, fixed(&stage, &product, "").await);
    let (services, actor, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    links::patch(services, actor, merchant, &off.id, Patch { label: None, active: Some(false) }).await.unwrap();
    links::cancel(services, actor, merchant, &gone.id).await.unwrap();
    let told = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action IN ('link_changed', 'link_cancelled')";
    let before = stage.count(told).await;
    let many = async |what: &str| {
        let all = [on.id.as_str(), off.id.as_str(), gone.id.as_str()].map(|id| ("link", id));
        let form = [&all[..], &[("what", what), ("place", "shelf=all&q=tea")]].concat();
        owner.post("/links/many", &form).await
    };
    let answer = many("on").await;
    assert!(answer.flash.contains("Links changed: 1"), "{}", answer.flash);
    assert_eq!(answer.to, "/links?shelf=all&q=tea", "back to the same place");
    assert!(many("cancel").await.flash.contains("Links changed: 2"));
    assert!(many("cancel").await.flash.contains("Links changed: 0"));
    assert_eq!(stage.count(told).await, before + 3);
}

async fn labels_say_how_many_and_how_much(stage: Stage) {
    let owner = owner(&stage).await;
    let product = stage.product(500_000, None).await;
    let first = fixed(&stage, &product, "Instagram & co").await;
    fixed(&stage, &product, "Instagram & co").await;
    fixed(&stage, &product, "").await;
    for attempt in ["1", "2"] {
        let payment = stage.payment(&stage.press_pay(&first, attempt).await.unwrap()).await;
        for event in ["a", "b"] {
            stage.post_event(&stage.event(&format!("evt_{attempt}{event}"), &payment, "paid")).await;
        }
    }
    let now = stage.link_now(&first.id).await;
    assert_eq!((now.paid_count, now.received_minor), (2, 1_000_000), "what comes twice counts once");
    let all = links::labels(&stage.services.db, &stage.merchant, 10).await.unwrap();
    let said: Vec<_> = all.iter().map(|one| (one.label.as_str(), one.links, one.paid, one.received_minor)).collect();
    assert_eq!(said, [("Instagram & co", 2, 2, 1_000_000)]);
    let room = owner.get("/links/labels").await.body;
    assert!(room.contains("10\u{202f}000\u{a0}֏") && room.contains("label=Instagram+%26+co"), "{room}");
    let listed = owner.get("/links?shelf=all&label=Instagram+%26+co").await.body;
    assert_eq!(listed.matches("name=\"link\"").count(), 2, "{listed}");
    assert!(listed.contains("✕"), "what the list keeps to is said");
    assert!(owner.get(&format!("/links/{}", first.id)).await.body.contains("10\u{202f}000\u{a0}֏"));
}

async fn what_sells_no_more_is_not_printed(stage: Stage) {
    let owner = owner(&stage).await;
    let product = stage.product(500_000, None).await;
    let (good, off, gone) = (
        fixed(&stage, &product, "Wall").await,
        fixed(&stage, &product, "Wall").await,
        fixed(&stage, &product, "Wall").await,
    );
    let (services, actor, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    links::patch(services, actor, merchant, &off.id, Patch { label: None, active: Some(false) }).await.unwrap();
    links::cancel(services, actor, merchant, &gone.id).await.unwrap();
    // For one order, and under the same label.
    stage.link(|new| "Wall".clone_into(&mut new.label)).await;
    let sheet = owner.get("/links/print?label=Wall").await.body;
    assert!(sheet.matches("qr.svg").count() == 1 && sheet.contains(good.id.as_str()), "{sheet}");
    let ids = [good.id.as_str(), off.id.as_str(), gone.id.as_str()].join(",");
    let sheet = owner.get(&format!("/links/print?ids={ids}")).await.body;
    assert!(sheet.matches("qr.svg").count() == 1 && sheet.contains("can be paid no more: 2"), "{sheet}");
}

async fn a_sum_beside_a_donation_is_refused(stage: Stage) {
    let owner = owner(&stage).await;
    let tip = stage.product(500_000, None).await;
    coded(&stage, &tip, "TIP").await;
    let product = catalog::get(&stage.services.db, &stage.merchant, &tip).await.unwrap();
    let terms = DonationTerms { suggested_minor: vec![], min_minor: 10_000, max_minor: 500_000 };
    let input = catalog::ProductInput {
        kind: ProductKind::Donation,
        price_minor: None,
        donation: Some(terms),
        ..catalog::ProductInput::from(&product)
    };
    let edited = catalog::Edited { input, stock_shown: None, picture: catalog::Picture::AsItIs };
    catalog::update(&stage.services, &stage.owner(), &stage.merchant, &tip, edited).await.unwrap();
    let preview = sends(&owner, b"code,amount\nTIP,700\nTIP,\n").await;
    let page = owner.get(&preview).await.body;
    assert!(page.contains(&text("refusal.amount_is_the_customers")) && page.contains("Create links: 1"), "{page}");
}

async fn a_label_that_is_too_long_is_not_lost(stage: Stage) {
    let owner = owner(&stage).await;
    let link = stage.link(|_| ()).await;
    let long = "a".repeat(81);
    let refused = owner.post(&format!("/links/{}/label", link.id), &[("label", &long)]).await;
    assert!(refused.status == 422 && refused.body.contains(&long), "{}", refused.body);
}
