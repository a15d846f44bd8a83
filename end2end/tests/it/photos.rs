//! The pictures of a product: how many there are, which comes first, and what is let go of.

use domain::{FileId, ProductId, limits, ordering::Reorder, role::Permission};
use reqwest::Method;
use serde_json::Value;
use server::{
    catalog::{self, gallery},
    failure::{Failure, Outcome},
};

use crate::{
    api::{call, key},
    catalog_edit::POINT,
    on_both,
    stage::Stage,
};

on_both!(the_first_picture_is_the_cards_and_the_rest_follow, a_copy_shows_the_same_pictures_until_both_are_gone);

const FILES: &str = "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM files) + (SELECT COUNT(*) FROM smaller_files)";

fn code<T: std::fmt::Debug>(refused: Outcome<T>) -> &'static str {
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    refusal.code
}

async fn shown(stage: &Stage, product: &ProductId) -> Vec<FileId> {
    let product = catalog::get(&stage.services.db, &stage.merchant, product).await.unwrap();
    let all = gallery::list(&stage.services.db, &product).await.unwrap();
    assert_eq!(all.first(), product.photo_id.as_ref(), "the card's is the first");
    all
}

async fn add(stage: &Stage, product: &ProductId) -> Outcome<()> {
    let photo = catalog::read_photo(POINT.to_vec()).await.unwrap();
    gallery::add(&stage.services, &stage.owner(), &stage.merchant, product, photo).await
}

async fn the_first_picture_is_the_cards_and_the_rest_follow(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    let cup = stage.product(100_000, None).await;
    for _ in 0..limits::PHOTOS {
        add(&stage, &cup).await.unwrap();
    }
    assert_eq!(code(add(&stage, &cup).await), "too_many_photos");
    let all = shown(&stage, &cup).await;
    assert_eq!((all.len(), stage.count(FILES).await), (8, 16), "what was refused is not kept");
    gallery::order(services, owner, merchant, &cup, Reorder::Up(all[1].clone())).await.unwrap();
    let [first, second] = [&all[1], &all[0]];
    assert_eq!(&shown(&stage, &cup).await[..2], [first.clone(), second.clone()]);
    gallery::remove(services, owner, merchant, (&cup, first)).await.unwrap();
    assert_eq!(code(gallery::remove(services, owner, merchant, (&cup, first)).await), "not_found");
    assert_eq!(shown(&stage, &cup).await, [&[second.clone()][..], &all[2..]].concat(), "the next moved up");
    assert_eq!(stage.count(FILES).await, 14, "what nothing shows is let go of");
    let key = key(&stage, &[Permission::SeeCatalog]).await;
    let (_, told) = call(&stage, &key, Method::GET, &format!("/products/{cup}"), None).await;
    let urls = shown(&stage, &cup).await.iter().map(|photo| services.url(&format!("/files/{photo}")).into()).collect();
    assert_eq!(told["photo_urls"], Value::Array(urls), "the API tells them all, in their order");
    assert_eq!(told["photo_url"], told["photo_urls"][0]);
    let told = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action LIKE 'photo%'";
    assert_eq!(stage.count(told).await, 10);
}

async fn a_copy_shows_the_same_pictures_until_both_are_gone(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, &stage.owner(), &stage.merchant);
    let cup = stage.product(100_000, None).await;
    add(&stage, &cup).await.unwrap();
    add(&stage, &cup).await.unwrap();
    let copy = catalog::copy(services, owner, merchant, &cup).await.unwrap().id;
    let all = shown(&stage, &cup).await;
    assert_eq!(shown(&stage, &copy).await, all);
    for photo in &all {
        gallery::remove(services, owner, merchant, (&cup, photo)).await.unwrap();
    }
    assert_eq!((shown(&stage, &cup).await.len(), stage.count(FILES).await), (0, 4), "the copy still shows them");
    catalog::remove(services, owner, merchant, &copy).await.unwrap();
    assert_eq!(stage.count(FILES).await, 0);
}
