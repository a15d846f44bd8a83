//! The room of API keys: a key is shown once, opens what was ticked, says when it was used, and opens nothing once revoked.

use domain::{
    moment::{MINUTE, SECOND},
    role::Role,
};
use server::staff::audit;

use crate::{
    on_both,
    person::{PASSWORD, Person, member},
    stage::Stage,
};

on_both!(a_key_is_shown_once_and_revoked, a_form_without_a_name_or_a_scope_keeps_what_was_ticked);

async fn owner(stage: &Stage) -> Person {
    stage.open_dashboard();
    member(stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    Person::signed_in(stage, "owner@shop.am", PASSWORD).await
}

async fn call(stage: &Stage, secret: &str, path: &str) -> u16 {
    let request = stage.http.get(format!("{}/api/v1{path}", stage.url)).bearer_auth(secret);
    request.send().await.unwrap().status().as_u16()
}

fn secret(page: &str) -> String {
    let rest = page.split_once("kh_").expect("the key is shown").1;
    ["kh_", rest.split(['"', '<', '&']).next().unwrap()].concat()
}

async fn a_key_is_shown_once_and_revoked(stage: Stage) {
    let owner = owner(&stage).await;
    let form = [("name", "Our site"), ("see_catalog", "on"), ("edit_team", "on")];
    let page = owner.post("/integrations/new", &form).await;
    let key = secret(&page.body);
    assert!(!owner.get("/integrations").await.body.contains(&key), "nowhere else");
    assert_eq!(call(&stage, &key, "/products").await, 200);
    assert_eq!(call(&stage, &key, "/orders").await, 403, "only what was ticked");
    let kept = "SELECT COUNT(*) FROM api_keys WHERE CAST(permissions AS TEXT) LIKE '%edit_team%'";
    assert_eq!(stage.count(kept).await, 0, "a form gives only what the API can do");
    let used = "SELECT COALESCE(MAX(used_at), 0) FROM api_keys WHERE name = 'Our site'";
    let first = stage.count(used).await;
    assert_eq!(first, stage.clock.now().0);
    stage.clock.advance(MINUTE);
    assert_eq!(call(&stage, &key, "/products").await, 200);
    assert_eq!(stage.count(used).await, first, "not at every call");
    stage.clock.advance(10 * MINUTE);
    assert_eq!(call(&stage, &key, "/products").await, 200);
    assert_eq!(stage.count(used).await, stage.clock.now().0);

    let page = owner.get("/integrations").await.body;
    let rest = page.split_once("/integrations/keys/").unwrap().1;
    let revoke = format!("/integrations/keys/{}/revoke", rest.split('/').next().unwrap());
    assert!(owner.post(&revoke, &[]).await.done());
    assert!(owner.post(&revoke, &[]).await.not_found(), "once");
    stage.clock.advance(10 * SECOND);
    assert_eq!(call(&stage, &key, "/products").await, 401);
    let lines = audit::list(&stage.services.db, &stage.merchant, None, 10).await.unwrap();
    let said = format!("{lines:?}");
    assert!(said.contains("api_key_created") && said.contains("api_key_revoked") && !said.contains(&key));
}

async fn a_form_without_a_name_or_a_scope_keeps_what_was_ticked(stage: Stage) {
    let owner = owner(&stage).await;
    let page = owner.post("/integrations/new", &[("name", ""), ("see_webhooks", "on")]).await;
    assert!(page.refused("required"));
    let tick = page.body.split("name=\"see_webhooks\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(tick.contains("checked"), "{tick}");
    let page = owner.post("/integrations/new", &[("name", "Our site")]).await;
    assert!(page.refused("scopes_none") && page.body.contains("value=\"Our site\""));
    assert_eq!(stage.count("SELECT COUNT(*) FROM api_keys").await, 0);
}
