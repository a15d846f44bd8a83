//! The catalog under many hands: what is sold while a file comes in stays sold, codes and limits hold for two at once, a
//! product and its picture are saved together, put in order, copied and taken away.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{
    Lang, Localized, ProductId, SlotId, limits,
    link::LinkKind,
    product::{DonationTerms, ProductKind},
    role::Role,
};
use reqwest::{Method, multipart};
use sea_orm::ConnectionTrait;
use server::{
    catalog::{
        self, Edited, Picture, ProductInput, categories, import,
        questions::{self, QuestionInput},
        slots::{self, NewSlots},
        variants::{self, VariantInput},
    },
    failure::{Failure, Outcome},
    links::What,
    payments::{self, Start},
};
use tokio::sync::oneshot;

use crate::{
    money::futures,
    on_both,
    person::{Answer, PASSWORD, Person, member, text},
    stage::Stage,
};

on_both!(
    what_is_sold_during_an_import_stays_sold,
    a_file_makes_no_more_categories_than_a_shop_may_have,
    two_at_once_share_no_code_and_pass_no_limit,
    a_product_and_its_picture_are_saved_together,
    a_service_counts_nothing,
    a_refused_kind_is_said_and_an_upload_that_is_too_large_loses_nothing,
    products_are_put_in_order_by_forms_alone,
    a_product_is_copied_and_what_was_never_sold_is_removed,
    a_time_is_changed_but_never_below_what_is_taken,
    a_catalog_without_codes_and_with_donations_comes_back_the_same,
    a_product_is_found_by_its_code,
);

fn code<T: std::fmt::Debug>(refused: Outcome<T>) -> &'static str {
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    refusal.code
}

pub async fn owner(stage: &Stage) -> Person {
    stage.open_dashboard();
    member(stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    Person::signed_in(stage, "owner@shop.am", PASSWORD).await
}

pub fn input(kind: ProductKind, name: &str) -> ProductInput {
    ProductInput {
        kind,
        name: Localized::same(name),
        text: Localized::default(),
        category: None,
        sku: None,
        delivery: Localized::default(),
        price_minor: Some(100_000),
        compare_at_minor: None,
        donation: None,
        stock: None,
        digital_goods: false,
        visible: true,
    }
}

pub async fn made(stage: &Stage, input: ProductInput) -> ProductId {
    catalog::create(&stage.services, &stage.owner(), &stage.merchant, input).await.unwrap().id
}

pub async fn sends(person: &Person, path: &str, file: &[u8]) -> Answer {
    let part = multipart::Part::bytes(file.to_vec()).file_name("list.csv");
    person.ask(Method::POST, path, |request| request.multipart(multipart::Form::new().part("file", part))).await
}

async fn what_is_sold_during_an_import_stays_sold(stage: Stage) {
    let tea =
        made(&stage, ProductInput { sku: Some("T".to_owned()), stock: Some(5), ..input(ProductKind::Goods, "Tea") })
            .await;
    let (services, actor, merchant) = (stage.services.clone(), stage.owner(), stage.merchant.clone());
    let file = import::upload(&services, &actor, &merchant, b"code,name_en\nT,Green tea\n".to_vec()).await.unwrap();
    // A sale is under way: it has taken two, and has not ended yet.
    let (taken, is_taken) = oneshot::channel();
    let (end, ends) = oneshot::channel::<()>();
    let sale = {
        let (db, id) = (services.db.clone(), tea.clone());
        let sql = format!("UPDATE products SET stock = stock - 2 WHERE id = '{id}'");
        tokio::spawn(async move {
            db.write(move |tx| async move {
                tx.execute_unprepared(&sql).await?;
                taken.send(()).unwrap();
                ends.await.unwrap();
                Ok(())
            })
            .await
        })
    };
    is_taken.await.unwrap();
    let (own, by, of) = (services.clone(), actor.clone(), merchant.clone());
    let import = tokio::spawn(async move { import::apply(&own, &by, &of, &file).await });
    if services.db.is_postgres() {
        let waits = "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        stage.until("the import waits for the sale", || async { stage.count(waits).await == 1 }).await;
    }
    end.send(()).unwrap();
    sale.await.unwrap().unwrap();
    assert_eq!(import.await.unwrap().unwrap(), 1);
    let tea = catalog::get(&services.db, &merchant, &tea).await.unwrap();
    assert_eq!((tea.name.en.as_str(), tea.stock), ("Green tea", Some(3)));
}

async fn a_file_makes_no_more_categories_than_a_shop_may_have(stage: Stage) {
    let owner = owner(&stage).await;
    let rows: String = (0..=limits::CATEGORIES).map(|n| format!("C-{n},Tea {n},100,Shelf {n}\n")).collect();
    let sent = sends(&owner, "/products/import", format!("code,name_en,price,category\n{rows}").as_bytes()).await;
    let wrong = owner.get(&format!("{}?show=wrong", sent.to)).await.body;
    assert!(wrong.contains("category: At most 60 categories.") && wrong.contains(">C-60<"), "{wrong}");
    let done = owner.post(&format!("{}/apply", sent.to), &[]).await;
    assert!(done.flash.contains("Rows imported: 60"), "the others are not kept out: {}", done.flash);
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM categories").await, 60);
}

async fn two_at_once_share_no_code_and_pass_no_limit(stage: Stage) {
    let (services, actor, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    let tea = || ProductInput { sku: Some("T".to_owned()), ..input(ProductKind::Goods, "Tea") };
    let results = futures(8, || catalog::create(services, actor, merchant, tea())).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for refused in results.into_iter().filter(Result::is_err) {
        assert_eq!(code(refused), "sku_taken");
    }
    let places = "SELECT CAST(COUNT(DISTINCT position) AS BIGINT) FROM products";
    futures(8, || catalog::create(services, actor, merchant, input(ProductKind::Goods, "Cup"))).await;
    assert_eq!(stage.count(places).await, 9, "each has a place of its own");
    let same = Localized::same("Tea");
    futures(8, || categories::called(services, actor, merchant, &same)).await;
    let count = "SELECT CAST(COUNT(*) AS BIGINT) FROM categories";
    assert_eq!(stage.count(count).await, 1);
    let next = AtomicUsize::new(0);
    let results = futures(limits::CATEGORIES + 4, || {
        let name = Localized::same(&format!("Shelf {}", next.fetch_add(1, Ordering::Relaxed)));
        async move { categories::add(services, actor, merchant, name).await }
    })
    .await;
    assert_eq!(stage.count(count).await, 60);
    assert!(results.into_iter().filter(Result::is_err).all(|refused| code(refused) == "too_many_categories"));
}

/// A picture of one point, and one that only claims to be a picture.
pub const POINT: &[u8] = b"\
    \x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90\x77\x53\xde\x00\
    \x00\x00\x0c\x49\x44\x41\x54\x78\x9c\x63\x78\x31\xc1\x00\x00\x04\x0c\x01\xa9\xd9\x38\x2f\xca\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

fn form(fields: &[(&str, &str)], photo: Option<&[u8]>) -> multipart::Form {
    let form = fields
        .iter()
        .fold(multipart::Form::new(), |form, (name, value)| form.text((*name).to_owned(), (*value).to_owned()));
    match photo {
        Some(bytes) => form.part("photo", multipart::Part::bytes(bytes.to_vec()).file_name("a.png")),
        None => form,
    }
}

async fn a_product_and_its_picture_are_saved_together(stage: Stage) {
    let owner = owner(&stage).await;
    let fields = [("kind", "goods"), ("name_en", "Cup"), ("price", "100"), ("visible", "on")];
    let with = async |path: &str, more: &[(&str, &str)], photo: Option<&[u8]>| {
        let all = [&fields[..], more].concat();
        owner.ask(Method::POST, path, |request| request.multipart(form(&all, photo))).await
    };
    let made = with("/products/new", &[], Some(POINT)).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let id: ProductId = made.to.rsplit('/').next().unwrap().parse().unwrap();
    let photo = async || catalog::get(&stage.services.db, &stage.merchant, &id).await.unwrap().photo_id;
    let pictures = "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM files) + (SELECT COUNT(*) FROM smaller_files)";
    let first = photo().await.unwrap();
    assert!(owner.get(&made.to).await.body.contains("name=\"photo_gone\""));
    // A code that is taken keeps the new picture out as well.
    let other = ProductInput { sku: Some("C".to_owned()), ..input(ProductKind::Goods, "Other") };
    self::made(&stage, other).await;
    let refused = with(&made.to, &[("sku", "C")], Some(POINT)).await;
    assert_eq!((refused.status, photo().await), (422, Some(first.clone())));
    with(&made.to, &[], Some(POINT)).await;
    assert_ne!(photo().await, Some(first.clone()));
    assert_eq!(stage.count(pictures).await, 2, "the picture before is gone");
    assert_eq!(owner.get(&format!("/files/{first}")).await.status, 404);
    with(&made.to, &[("photo_gone", "on")], None).await;
    assert_eq!((photo().await, stage.count(pictures).await), (None, 0));
}

async fn a_service_counts_nothing(stage: Stage) {
    let (services, actor, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    let cup = made(&stage, ProductInput { stock: Some(1), ..input(ProductKind::Goods, "Cup") }).await;
    let name = Localized::same("Large");
    let large = VariantInput { name, price_minor: 300_000, compare_at_minor: None, stock: Some(0), hidden: false };
    let large = variants::add(services, actor, merchant, &cup, large).await.unwrap().id;
    let link = stage.link(|new| (new.kind, new.what) = (LinkKind::Fixed, What::Product(cup.clone()))).await;
    let buys = async |attempt: &str| {
        let start = Start { variant: Some(large.clone()), ..Start::of(&link.code, Lang::Hy, attempt) };
        payments::start(services, start).await.map(|started| started.payment)
    };
    assert_eq!(code(buys("1").await), "sold_out");
    let service = Edited {
        input: input(ProductKind::Service, "Engraving of a cup"),
        stock_shown: Some(1),
        picture: Picture::AsItIs,
    };
    catalog::update(services, actor, merchant, &cup, service).await.unwrap();
    buys("2").await.unwrap();
    let told = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action = 'variant_changed'";
    assert_eq!(stage.count(told).await, 1);
}

async fn a_refused_kind_is_said_and_an_upload_that_is_too_large_loses_nothing(stage: Stage) {
    let owner = owner(&stage).await;
    let cup = made(&stage, input(ProductKind::Service, "Cup")).await;
    let name = Localized::same("Large");
    let large = VariantInput { name, price_minor: 300_000, compare_at_minor: None, stock: None, hidden: false };
    variants::add(&stage.services, &stage.owner(), &stage.merchant, &cup, large).await.unwrap();
    let path = format!("/products/{cup}");
    let donation = [("kind", "donation"), ("name_en", "Tip"), ("donation_min", "100"), ("donation_max", "5000")];
    let refused = owner.ask(Method::POST, &path, |request| request.multipart(form(&donation, None))).await;
    assert!(refused.status == 422 && refused.body.contains(&text("refusal.donation_has_no_variants")));
    let large = vec![0xff; limits::SHEET_BYTES + 600 * 1024];
    let fields = [("kind", "service"), ("name_en", "A cup of mine"), ("price", "700")];
    for path in ["/products/new", &path] {
        let refused = owner.ask(Method::POST, path, |request| request.multipart(form(&fields, Some(&large)))).await;
        assert!(refused.status == 422 && refused.body.contains("The file is too large: at most 10 MB."), "{path}");
        assert!(refused.body.contains("A cup of mine"), "what was typed stays: {path}");
    }
    let torn = owner
        .ask(Method::POST, "/products/new", |request| {
            let body = "--x\r\ncontent-disposition: form-data; name=\"name_en\"\r\n\r\nSaucer\r\n--x\r\ncontent";
            request.header("content-type", "multipart/form-data; boundary=x").body(body)
        })
        .await;
    assert!(torn.body.contains(&text("refusal.upload_torn")) && torn.body.contains("Saucer"), "{}", torn.body);
}

async fn names(stage: &Stage) -> String {
    let all = catalog::list(&stage.services.db, &stage.merchant, &catalog::Filter::default(), 100).await.unwrap();
    all.into_iter().map(|product| product.name.en).collect::<Vec<_>>().join(" ")
}

async fn products_are_put_in_order_by_forms_alone(stage: Stage) {
    let owner = owner(&stage).await;
    let (services, actor, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    let cups = categories::add(services, actor, merchant, Localized::same("Cups")).await.unwrap().id;
    let mut ids = Vec::new();
    for (name, category) in [("a", None), ("b", Some(&cups)), ("c", None), ("d", Some(&cups))] {
        let input = ProductInput { category: category.cloned(), ..input(ProductKind::Goods, name) };
        ids.push(made(&stage, input).await.to_string());
    }
    let moved = owner.post("/products/order", &[("order", ""), ("up", &ids[3])]).await;
    assert_eq!((names(&stage).await.as_str(), moved.flash.contains(&text("arrange.done"))), ("a b d c", true));
    assert!(owner.get(&moved.to).await.body.contains("autofocus"), "the pressed button is under the hand again");
    // Among those of a category: the others stay where they are.
    let shelf = format!("/products/order?category={cups}");
    let moved = owner.post(&shelf, &[("order", ""), ("up", &ids[3])]).await;
    assert_eq!(
        (moved.to.as_str(), names(&stage).await.as_str()),
        (&*format!("{shelf}&way=up&moved={}", ids[3]), "a d b c")
    );
    owner.post("/products/order?category=-", &[("order", &[&*ids[2], &ids[0]].join(","))]).await;
    assert_eq!(names(&stage).await, "c d b a");
    let whole = [&*ids[0], &ids[1], &ids[2], &ids[3]].join(",");
    owner.post("/products/order", &[("order", &whole)]).await;
    assert_eq!(names(&stage).await, "a b c d");
    let page = owner.get(&shelf).await.body;
    assert!(page.contains(&ids[1]) && !page.contains(&ids[0]), "{page}");
    let told = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action = 'products_ordered'";
    owner.post("/products/order", &[("order", &whole)]).await;
    assert_eq!(stage.count(told).await, 4, "what moved nothing is not told");
    let chosen = owner.get(&format!("/products?category={cups}")).await.body;
    assert!(chosen.contains("Cups ✕"), "what the list keeps to is said: {chosen}");
}

async fn a_product_is_copied_and_what_was_never_sold_is_removed(stage: Stage) {
    let owner = owner(&stage).await;
    let (services, actor, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    let cup = made(&stage, ProductInput { sku: Some("C".to_owned()), ..input(ProductKind::Goods, "Cup") }).await;
    stage.picture(&cup).await;
    let name = Localized::same("Large");
    let large = VariantInput { name, price_minor: 300_000, compare_at_minor: None, stock: Some(2), hidden: false };
    variants::add(services, actor, merchant, &cup, large).await.unwrap();
    let asked = QuestionInput {
        kind: domain::question::QuestionKind::Text,
        words: Localized::same("Whose name?"),
        choices: domain::question::Choices::default(),
        required: false,
    };
    questions::add(services, actor, merchant, &cup, asked).await.unwrap();
    let copied = owner.post(&format!("/products/{cup}/copy"), &[]).await;
    let copy: ProductId = copied.to.rsplit('/').next().unwrap().parse().unwrap();
    let twin = catalog::get(&services.db, merchant, &copy).await.unwrap();
    assert_eq!((twin.name.en.as_str(), twin.sku, twin.visible, twin.price_minor), ("Cup", None, false, Some(100_000)));
    assert_eq!(variants::list(&services.db, merchant, &copy).await.unwrap().len(), 1);
    assert_eq!(questions::list(&services.db, merchant, &copy).await.unwrap().len(), 1);
    // What is sold, or led to by a link, stays; its copy goes, and the picture of both stays with the other.
    stage.link(|new| (new.kind, new.what) = (LinkKind::Fixed, What::Product(cup.clone()))).await;
    let page = owner.get(&format!("/products/{cup}")).await.body;
    assert!(page.contains(&text("products.only_hide")));
    let refused = owner.post(&format!("/products/{cup}/remove"), &[]).await;
    assert!(refused.flash.contains(&text("refusal.product_is_sold")), "{}", refused.flash);
    assert!(owner.get(&copied.to).await.body.contains(&text("products.remove_text")), "it asks first");
    let removed = owner.post(&format!("/products/{copy}/remove"), &[]).await;
    assert_eq!(removed.to, "/products");
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM products").await, 1);
    let photo = catalog::get(&services.db, merchant, &cup).await.unwrap().photo_id.unwrap();
    assert_eq!(owner.get(&format!("/files/{photo}")).await.status, 200);
}

async fn a_time_is_changed_but_never_below_what_is_taken(stage: Stage) {
    let owner = owner(&stage).await;
    let (services, actor, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    let lesson = made(&stage, input(ProductKind::Booking, "Lesson")).await;
    let start = stage.clock.now().plus(domain::moment::DAY);
    let new = NewSlots { starts_at: vec![start], minutes: 60, places: 5 };
    slots::add(services, actor, merchant, &lesson, new).await.unwrap();
    let slot = slots::list(&services.db, merchant, &lesson, start, 1).await.unwrap().remove(0).id;
    let link = stage.link(|new| (new.kind, new.what) = (LinkKind::Fixed, What::Product(lesson.clone()))).await;
    for attempt in ["1", "2"] {
        let start = Start { slot: Some(slot.clone()), ..Start::of(&link.code, Lang::Hy, attempt) };
        payments::start(services, start).await.unwrap();
    }
    let (list, page) = (format!("/products/{lesson}/times"), format!("/products/{lesson}/times/{slot}"));
    assert!(owner.get(&list).await.body.contains(&page) && owner.get(&format!("{list}?week=")).await.status == 200);
    let backwards =
        [("from", "2027-03-05"), ("until", "2027-03-01"), ("first", "10:00"), ("minutes", "60"), ("places", "4")];
    let refused = owner.post(&list, &[&backwards[..], &[("mon", "on")]].concat()).await;
    assert!(refused.refused("days_backwards") && refused.body.contains("2027-03-05"), "{}", refused.body);
    let now = async |id: &SlotId| {
        let slot = slots::get(&services.db, merchant, &lesson, id).await.unwrap();
        (slot.minutes, slot.places)
    };
    let refused = owner.post(&page, &[("minutes", "90"), ("places", "1")]).await;
    assert!(refused.status == 422 && refused.body.contains("2 places are taken already"), "{}", refused.body);
    assert_eq!(now(&slot).await, (60, 5));
    let changed = owner.post(&page, &[("minutes", "90"), ("places", "2")]).await;
    assert_eq!((changed.status, now(&slot).await), (303, (90, 2)));
    let booked = owner.get(&page).await.body;
    assert!(booked.contains(&text("times.booked")) && !booked.contains(&text("times.remove_text")));
    let third = Start { slot: Some(slot), ..Start::of(&link.code, Lang::Hy, "3") };
    assert_eq!(code(payments::start(services, third).await.map(|started| started.payment)), "slot_taken");
}

async fn a_catalog_without_codes_and_with_donations_comes_back_the_same(stage: Stage) {
    let owner = owner(&stage).await;
    made(&stage, input(ProductKind::Goods, "Cup")).await;
    made(&stage, ProductInput { digital_goods: true, ..input(ProductKind::Service, "Film") }).await;
    let terms = DonationTerms { suggested_minor: vec![50_000, 150_050], min_minor: 10_000, max_minor: 500_000 };
    let tip = ProductInput { price_minor: None, donation: Some(terms), ..input(ProductKind::Donation, "Tip") };
    made(&stage, tip).await;
    let csv = owner.get("/products/export.csv").await.body;
    let same = sends(&owner, "/products/import", csv.as_bytes()).await;
    assert!(owner.get(&same.to).await.body.contains(&text("imports.nothing")), "{csv}");
    let changed = csv.replace("Cup", "Saucer").replace("1000.00", "1200.00").replace("500; 1500,50", "500");
    let sent = sends(&owner, "/products/import", changed.as_bytes()).await;
    let page = owner.get(&sent.to).await.body;
    for said in
        ["name (English): Cup → Saucer", "price: 1\u{202f}000\u{a0}֏ → 1\u{202f}200\u{a0}֏", "1\u{202f}500,50\u{a0}֏ →"]
    {
        assert!(page.contains(said), "{said} in {page}");
    }
    let done = owner.post(&format!("{}/apply", sent.to), &[]).await;
    assert!(done.flash.contains("Rows imported: 3"), "{}", done.flash);
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM products").await, 3);
    let new = b"code,kind,name_en,donation_min,donation_max,donation_sums\nD,donation,Help,100,9000,500; 1000\n";
    let sent = sends(&owner, "/products/import", new).await;
    owner.post(&format!("{}/apply", sent.to), &[]).await;
    let kept = "SELECT CAST(COUNT(*) AS BIGINT) FROM products WHERE sku = 'D' AND kind = 'donation'";
    assert_eq!(stage.count(kept).await, 1);
    let strange = sends(&owner, "/products/import", b"id,name_en\nprd_00000000000000000000000000,Theirs\n").await;
    assert!(owner.get(&strange.to).await.body.contains(&text("refusal.import_id_unknown")));
}

async fn a_product_is_found_by_its_code(stage: Stage) {
    let owner = owner(&stage).await;
    made(&stage, ProductInput { sku: Some("CUP-17".to_owned()), ..input(ProductKind::Goods, "Saucer") }).await;
    made(&stage, input(ProductKind::Goods, "Kettle")).await;
    let found = owner.get("/products?q=cup-1").await.body;
    assert!(found.contains("Saucer") && !found.contains("Kettle"), "{found}");
}
