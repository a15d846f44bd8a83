//! Variants and questions in the catalog's file: each a row of its own, and what is taken out comes back the same.

use domain::{
    Localized,
    product::ProductKind,
    question::{Choices, QuestionKind},
};
use server::catalog::{
    ProductInput,
    questions::{self, QuestionInput},
    variants::{self, VariantInput},
};

use crate::{
    catalog_edit::{input, made, owner, sends},
    on_both,
    person::{Person, text},
    stage::Stage,
};

on_both!(
    variants_and_questions_come_back_the_same,
    a_file_makes_a_product_with_its_parts_once,
    what_is_wrong_with_a_part_is_said_beside_its_row,
);

async fn looked_at(owner: &Person, file: &[u8]) -> (String, String) {
    let sent = sends(owner, "/products/import", file).await;
    let page = owner.get(&sent.to).await.body;
    (sent.to, page)
}

async fn variants_and_questions_come_back_the_same(stage: Stage) {
    let (services, actor, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    let owner = owner(&stage).await;
    let cup = made(&stage, ProductInput { sku: Some("C".to_owned()), ..input(ProductKind::Goods, "Cup") }).await;
    for (name, stock, hidden) in [("Large", Some(3), false), ("Small", None, true)] {
        let name = Localized { ru: [name, " по-русски"].concat(), ..Localized::same(name) };
        let variant = VariantInput { name, price_minor: 150_050, compare_at_minor: Some(200_000), stock, hidden };
        variants::add(services, actor, merchant, &cup, variant).await.unwrap();
    }
    let choice = |hy: &str, en: &str| Localized { hy: hy.to_owned(), en: en.to_owned(), ru: String::new() };
    let choices = Choices(vec![choice("", "Red; warm"), choice("Կապույտ", "Blue")]);
    let question =
        QuestionInput { kind: QuestionKind::Choice, words: Localized::same("Colour"), choices, required: true };
    questions::add(services, actor, merchant, &cup, question).await.unwrap();
    let csv = owner.get("/products/export.csv").await.body;
    let (_, page) = looked_at(&owner, csv.as_bytes()).await;
    assert!(page.contains(&text("imports.nothing")), "{csv}\n{page}");
    let changed = csv.replace("Large,Large", "Huge,Huge").replace("Blue", "Green").replace(",Colour,", ",Tone,");
    let (to, page) = looked_at(&owner, changed.as_bytes()).await;
    for said in ["question (English): Colour → Tone", "choices (English): Red; warm; Blue → Red; warm; Green"] {
        assert!(page.contains(said), "{said} in {page}");
    }
    let done = owner.post(&format!("{to}/apply"), &[]).await;
    assert!(done.flash.contains("Rows imported"), "{}", done.flash);
    let kept = questions::list(&services.db, merchant, &cup).await.unwrap().remove(0);
    assert_eq!(kept.choices.0, [choice("", "Red; warm"), choice("Կապույտ", "Green")]);
    let all = variants::list(&services.db, merchant, &cup).await.unwrap();
    let stocks: Vec<_> = all.iter().map(|own| (own.stock, own.hidden, own.price_minor)).collect();
    assert_eq!(stocks, [(Some(3), false, 150_050), (None, true, 150_050)]);
}

const NEW: &[u8] = b"code,kind,name_en,price,stock,variant_en,question_en,question_kind,choices_en\n\
    T,goods,Tea,100,,,,,\n\
    T,,,200,7,Big,,,\n\
    T,,,150,,Small,,,\n\
    T,,,,,,Milk,choice,Yes; No\n";

async fn a_file_makes_a_product_with_its_parts_once(stage: Stage) {
    let owner = owner(&stage).await;
    let (to, page) = looked_at(&owner, NEW).await;
    assert!(page.contains("Import rows: 4") && page.contains("Tea · Big"), "{page}");
    for _ in 0..2 {
        owner.post(&format!("{to}/apply"), &[]).await;
    }
    let count = "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM products) * 100 + (SELECT COUNT(*) FROM variants) * 10
        + (SELECT COUNT(*) FROM questions)";
    assert_eq!(stage.count(count).await, 121);
    let sold = "SELECT CAST(COUNT(*) AS BIGINT) FROM variants WHERE price_minor = 20000 AND stock = 7 AND position = 1";
    assert_eq!(stage.count(sold).await, 1);
    let (_, page) = looked_at(&owner, NEW).await;
    assert!(page.contains(&text("imports.nothing")), "{page}");
    // Its product alone takes nothing away.
    looked_at(&owner, b"code,name_en,price\nT,Tea,100\n").await;
    assert_eq!(stage.count(count).await, 121);
}

async fn what_is_wrong_with_a_part_is_said_beside_its_row(stage: Stage) {
    let owner = owner(&stage).await;
    made(&stage, ProductInput { sku: Some("C".to_owned()), ..input(ProductKind::Goods, "Cup") }).await;
    let file = b"code,name_en,price,variant_id,variant_en,question_en,question_kind,choices_en\n\
        N,,5,,Big,,,\n\
        C,,5,,Big,Colour,,\n\
        C,,5,var_00000000000000000000000000,Big,,,\n\
        C,,5,,Big,,,\n\
        C,,5,,Big,,,\n\
        C,,,,Bare,,,\n\
        C,,,,,Colour,thing,\n\
        C,,,,,Colour,choice,Red\n";
    let (_, page) = looked_at(&owner, file).await;
    for key in ["no_product", "two_parts", "part_unknown", "part_twice", "question_kind"] {
        let words = text(&["refusal.import_", key].concat()).replace("{text}", "thing");
        assert!(page.contains(&words), "{key}: {words} in {page}");
    }
    assert!(page.contains("Import rows: 1"), "{page}");
}
