//! The catalog and links as files: looked at before anything is written, written once, and never a formula; and pictures
//! that are not what they claim.

use domain::role::{Permission, Role};
use reqwest::{Method, multipart};
use serde_json::json;
use server::catalog;

use crate::{
    api::{call, key},
    on_both,
    person::{Answer, PASSWORD, Person, member, text},
    stage::Stage,
};

on_both!(
    a_file_is_looked_at_before_it_is_written,
    the_same_file_twice_changes_nothing,
    what_is_taken_out_comes_back_the_same,
    many_links_are_made_of_one_file_once,
    ticked_links_are_changed_together_and_printed,
    a_picture_that_is_none_makes_no_product,
);

async fn owner(stage: &Stage) -> Person {
    stage.open_dashboard();
    member(stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    Person::signed_in(stage, "owner@shop.am", PASSWORD).await
}

async fn sends(person: &Person, path: &str, file: &[u8]) -> Answer {
    let part = multipart::Part::bytes(file.to_vec()).file_name("list.csv");
    person.ask(Method::POST, path, |request| request.multipart(multipart::Form::new().part("file", part))).await
}

async fn get(person: &Person, path: &str) -> Answer {
    person.ask(Method::GET, path, |request| request).await
}

async fn products(stage: &Stage) -> i64 {
    stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM products").await
}

const FILE: &str = "code;name_hy;name_en;price;stock;category;colour\n\
    A-1;Թեյ;Tea;2 800;12;Թեյեր;green\n\
    A-2;Սուրճ;Coffee;abc;5;;\n\
    A-3;Բաժակ;=Cup;1000,50;;Թեյեր;\n\
    A-1;Թեյ;Tea again;1;1;;\n\
    ;Անկոդ;No code;1;1;;\n";

async fn a_file_is_looked_at_before_it_is_written(stage: Stage) {
    let owner = owner(&stage).await;
    let nothing = sends(&owner, "/products/import", b"what,is,this\n1,2,3\n").await;
    assert!(nothing.status == 422 && nothing.body.contains("name_hy, name_ru or name_en"), "{}", nothing.body);
    let binary = sends(&owner, "/products/import", b"\xff\xfe\x00\x01").await;
    assert_eq!(binary.status, 422);
    let sent = sends(&owner, "/products/import", FILE.as_bytes()).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = get(&owner, &sent.to).await.body;
    for said in ["price: “abc” is not a sum", "code: a row above has this code already", "Import rows: 2", "colour"]
    {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert_eq!(products(&stage).await, 0, "nothing is written before the word");
    let wrong = get(&owner, &format!("{}?show=wrong", sent.to)).await.body;
    assert!(!wrong.contains(">A-3<") && wrong.contains(">A-2<"), "{wrong}");
    let done = owner.post(&format!("{}/apply", sent.to), &[]).await;
    assert!(done.flash.contains("Rows imported: 2"), "{}", done.flash);
    let key = key(&stage, Permission::ALL).await;
    let (_, all) = call(&stage, &key, Method::GET, "/products", None).await;
    let (tea, cup) = (&all["items"][0], &all["items"][1]);
    assert_eq!(
        (&tea["sku"], &tea["price"]["amount_minor"], &tea["stock"]),
        (&json!("A-1"), &json!(280_000), &json!(12))
    );
    assert_eq!((&cup["name"]["en"], &cup["price"]["amount_minor"]), (&json!("=Cup"), &json!(100_050)));
    assert_eq!((&tea["category"]["hy"], &tea["category_id"]), (&json!("Թեյեր"), &cup["category_id"]));
    let told = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action IN ('catalog_imported', 'product_created')";
    assert_eq!(stage.count(told).await, 3);
}

async fn the_same_file_twice_changes_nothing(stage: Stage) {
    let owner = owner(&stage).await;
    let first = sends(&owner, "/products/import", FILE.as_bytes()).await;
    owner.post(&format!("{}/apply", first.to), &[]).await;
    owner.post(&format!("{}/apply", first.to), &[]).await;
    assert_eq!(products(&stage).await, 2);
    let again = sends(&owner, "/products/import", FILE.as_bytes()).await;
    assert!(get(&owner, &again.to).await.body.contains(&text("imports.nothing")));
    // What the file has no column for stays; what it has is set.
    let later = sends(&owner, "/products/import", b"code,name_en,stock\nA-1,Tea,7\n").await;
    assert!(get(&owner, &later.to).await.body.contains("Import rows: 1"));
    owner.post(&format!("{}/apply", later.to), &[]).await;
    let kept = "SELECT CAST(COUNT(*) AS BIGINT) FROM products WHERE sku = 'A-1' AND stock = 7 AND price_minor = 280000";
    assert_eq!(stage.count(kept).await, 1);
    let changes = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action = 'product_changed'";
    assert_eq!(stage.count(changes).await, 1);
}

async fn what_is_taken_out_comes_back_the_same(stage: Stage) {
    let owner = owner(&stage).await;
    let sent = sends(&owner, "/products/import", FILE.as_bytes()).await;
    owner.post(&format!("{}/apply", sent.to), &[]).await;
    let csv = get(&owner, "/products/export.csv").await.body;
    assert!(csv.contains("'=Cup") && csv.contains("2800.00"), "no cell is a formula: {csv}");
    let back = sends(&owner, "/products/import", csv.as_bytes()).await;
    let page = get(&owner, &back.to).await.body;
    assert!(page.contains(&text("imports.nothing")), "{page}");
    let book = owner.ask(Method::GET, "/products/export.xlsx", |request| request).await;
    assert_eq!(book.status, 200);
}

const LINKS: &str = "title,code,amount,label,external_id,expires,times\n\
    Lesson for Ani,,15000,December,A-1,2099-12-31,\n\
    ,TEA,,December,A-2,,3\n\
    ,TEA,500,December,A-3,,\n\
    ,NONE,,,,,\n\
    No sum,,,,,,\n\
    Late,,100,,,2020-01-01,\n\
    Odd,,100,,,next week,\n";

async fn many_links_are_made_of_one_file_once(stage: Stage) {
    let owner = owner(&stage).await;
    let tea = stage.product(280_000, None).await;
    let sku = catalog::ProductPatch { sku: Some(Some("TEA".to_owned())), ..catalog::ProductPatch::default() };
    catalog::patch(&stage.services, &stage.owner(), &stage.merchant, &tea, sku).await.unwrap();
    let sent = sends(&owner, "/links/import", LINKS.as_bytes()).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = get(&owner, &sent.to).await.body;
    let count = "SELECT CAST(COUNT(*) AS BIGINT) FROM links";
    assert!(page.contains("Create links: 2") && page.contains("there is no product of this code"), "{page}");
    assert_eq!(stage.count(count).await, 0);
    for _ in 0..2 {
        let made = owner.post(&format!("{}/apply", sent.to), &[]).await;
        assert!(made.flash.contains("Links made: 2"), "{}", made.flash);
        assert_eq!(stage.count(count).await, 2, "pressed twice, made once");
    }
    let result = get(&owner, &format!("{}/result.csv", sent.to)).await.body;
    assert!(result.contains("Lesson for Ani") && result.matches("/pay/").count() == 2, "{result}");
    let once = "SELECT CAST(COUNT(*) AS BIGINT) FROM links WHERE max_payments = 1 AND external_order_id = 'A-1'";
    assert_eq!(stage.count(once).await, 1);
    let batch = sent.to.rsplit('/').next().unwrap();
    let sheet = get(&owner, &format!("/links/print?batch={batch}")).await.body;
    assert!(sheet.matches("qr.svg").count() == 2 && sheet.contains("Lesson for Ani · December"), "{sheet}");
    let label = get(&owner, "/links/print?label=December&per=12").await.body;
    assert!(label.matches("qr.svg").count() == 2 && label.contains("data-per=\"12\""), "{label}");
}

async fn ticked_links_are_changed_together_and_printed(stage: Stage) {
    let owner = owner(&stage).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(stage.link(|new| new.kind = domain::link::LinkKind::Fixed).await.id.to_string());
    }
    let paid = stage.paid().await.link_id.unwrap().to_string();
    let ticked = |what: &'static str| {
        let all = ids.iter().map(|id| ("link", id.as_str())).chain([("link", paid.as_str()), ("what", what)]);
        all.collect::<Vec<_>>()
    };
    let off = owner.post("/links/many", &ticked("off")).await;
    assert!(off.flash.contains("Links changed: 4"), "{}", off.flash);
    let active = "SELECT CAST(COUNT(*) AS BIGINT) FROM links WHERE active";
    assert_eq!(stage.count(active).await, 0);
    owner.post("/links/many", &ticked("on")).await;
    assert_eq!(stage.count(active).await, 4);
    let print = owner.post("/links/many", &ticked("print")).await;
    assert_eq!(get(&owner, &print.to).await.body.matches("qr.svg").count(), 3, "the paid one leads nowhere more");
    let cancelled = owner.post("/links/many", &ticked("cancel")).await;
    assert!(cancelled.flash.contains("Links changed: 3"), "a paid link stays: {}", cancelled.flash);
    let none = owner.post("/links/many", &[("what", "off")]).await;
    assert!(none.flash.starts_with("bad."), "{}", none.flash);
}

async fn a_picture_that_is_none_makes_no_product(stage: Stage) {
    let owner = owner(&stage).await;
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bomb.extend([0, 0, 0x13, 0x24, 0, 0, 0x13, 0x24, 8, 2, 0, 0, 0, 0, 0, 0, 0]);
    let pictures: [(&[u8], &str); 3] = [
        (&bomb, "refusal.photo_unreadable"),
        (b"<svg onload=alert(1)>", "refusal.photo_kind_unknown"),
        (b"\xff\xd8\xff\xe0 not a picture", "refusal.photo_unreadable"),
    ];
    for (bytes, why) in pictures {
        let part = multipart::Part::bytes(bytes.to_vec()).file_name("a.png");
        let form = multipart::Form::new().text("kind", "goods").text("name_en", "Cup").text("price", "100");
        let sent =
            owner.ask(Method::POST, "/products/new", |request| request.multipart(form.part("photo", part))).await;
        assert!(sent.status == 422 && sent.body.contains(&text(why)), "{why}: {}", sent.body);
        assert!(sent.body.contains("value=\"Cup\""), "what was typed stays");
    }
    assert_eq!(products(&stage).await, 0);
    let product = stage.product(100_000, None).await;
    stage.picture(&product).await;
    let photo = catalog::get(&stage.services.db, &stage.merchant, &product).await.unwrap().photo_id.unwrap();
    for path in [format!("/files/{photo}"), format!("/files/{photo}/small")] {
        assert_eq!(get(&owner, &path).await.status, 200, "{path}");
    }
}
