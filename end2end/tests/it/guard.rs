//! What stands before every page: the policy that each answer carries, the refusal of what other sites send, the marks of
//! cookies, streams for each role, and other merchants' ids where forms and queries name them.

use std::collections::BTreeSet;

use domain::role::Role;
use reqwest::{Method, Response, redirect::Policy};

use crate::{
    access_objects::Objects,
    on_both,
    person::{PASSWORD, Person, member},
    stage::Stage,
};

on_both!(
    every_page_has_its_own_nonce_and_the_one_policy,
    what_other_sites_send_is_not_done,
    cookies_are_marked_where_the_shop_is_served_by_https,
    a_stream_is_for_who_has_signed_in,
    ids_of_another_shop_in_queries_and_forms_find_nothing,
);

fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn every_page_has_its_own_nonce_and_the_one_policy(stage: Stage) {
    stage.open_dashboard();
    let link = stage.link(|_| ()).await;
    member(&stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    let owner = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let mut nonces = BTreeSet::new();
    let mut seen = 0;
    for path in ["/", "/", "/payments", "/settings", "/sign-in"] {
        let response = if path == "/sign-in" {
            client().get(format!("{}{path}", stage.url)).send().await.unwrap()
        } else {
            owner.raw(Method::GET, path).await
        };
        let policy = header(&response, "content-security-policy").to_owned();
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "referrer-policy"), "same-origin");
        assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin");
        let body = response.text().await.unwrap();
        let nonce = policy.split("'nonce-").nth(1).map(|rest| rest.split('\'').next().unwrap().to_owned());
        let nonce = nonce.unwrap_or_else(|| panic!("{path}: {policy}"));
        let wanted = format!(
            "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; \
             form-action 'self'"
        );
        assert_eq!(policy, wanted, "{path}");
        assert!(nonce.len() >= 16, "{nonce}");
        for script in body.split("<script").skip(1) {
            let opened = script.split('>').next().unwrap();
            assert!(opened.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{opened}>");
        }
        assert!(!body.contains(" style=\"") && !body.contains(" onclick=") && !body.contains("<style"), "{path}");
        nonces.insert(nonce);
        seen += 1;
    }
    assert_eq!(nonces.len(), seen, "each answer has a nonce of its own");
    let pay = client().get(format!("{}/pay/{}", stage.url, link.code)).send().await.unwrap();
    let policy = header(&pay, "content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"), "{policy}");
    let file = client().get(format!("{}/files/nothing", stage.url)).send().await.unwrap();
    assert_eq!(
        header(&file, "content-security-policy"),
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        "what is no page runs nothing"
    );
}

async fn what_other_sites_send_is_not_done(stage: Stage) {
    stage.open_dashboard();
    member(&stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    let owner = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let link = stage.link(|_| ()).await;
    let off = format!("/links/{}/off", link.id);
    let pay = format!("/pay/{}", link.code);
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.am"),
        ("origin", "null"),
    ];
    for (name, value) in foreign {
        for path in [&*off, "/look", "/sign-out", "/settings", &*pay] {
            let answer =
                owner.ask(Method::POST, path, |request| request.header(name, value).form(&[("words", "a")])).await;
            assert_eq!(answer.status, 403, "{name}: {value} {path}");
        }
    }
    assert!(stage.link_now(&link.id).await.active, "nothing was done");
    assert_eq!(owner.get("/orders").await.status, 200, "and nobody was signed out");
    let host = stage.url.trim_start_matches("http://").to_owned();
    let own = owner.ask(Method::POST, &off, |request| request.header("origin", format!("http://{host}"))).await;
    assert!(own.done(), "{own:?}");
    let own = owner.ask(Method::POST, &off, |request| request.header("sec-fetch-site", "same-origin")).await;
    assert!(own.status != 403, "{own:?}");
    let read = owner.ask(Method::GET, "/orders", |request| request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(read.status, 200, "a link from a chat opens the dashboard");
}

fn cookies(response: &Response) -> Vec<String> {
    response.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
}

async fn cookies_are_marked_where_the_shop_is_served_by_https(stage: Stage) {
    stage.open_secure_dashboard();
    member(&stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    let enter = [("email", "owner@shop.am"), ("password", PASSWORD)];
    let entered = client().post(format!("{}/sign-in", stage.url)).form(&enter).send().await.unwrap();
    assert_eq!(header(&entered, "strict-transport-security"), "max-age=31536000");
    let session = cookies(&entered).into_iter().find(|cookie| cookie.starts_with("__Host-khanut=")).unwrap();
    let own = session.split(';').next().unwrap().to_owned();
    let look = [("theme", "dark"), ("lang", "en"), ("to", "/")];
    let looked = client().post(format!("{}/look", stage.url)).form(&look).send().await.unwrap();
    let made = client().post(format!("{}/views", stage.url)).header("cookie", &own);
    let made = made.form(&[("room", "payments"), ("name", "Mine"), ("query", "status=paid")]).send().await.unwrap();
    let all: Vec<String> = [vec![session], cookies(&looked), cookies(&made)].concat();
    for name in ["khanut", "lang", "theme", "flash"] {
        let cookie = all.iter().find(|cookie| cookie.starts_with(&format!("__Host-{name}=")));
        let cookie = cookie.unwrap_or_else(|| panic!("no {name} in {all:?}"));
        for mark in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.split("; ").any(|part| part == mark), "{mark}: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let kept = format!("{own}; __Host-lang=ru; lang=hy");
    let page = client().get(format!("{}/orders", stage.url)).header("cookie", kept).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("<html lang=\"ru\""), "the marked one counts");
}

async fn a_stream_is_for_who_has_signed_in(stage: Stage) {
    stage.open_dashboard();
    let stranger = client().get(format!("{}/live", stage.url)).send().await.unwrap();
    assert_eq!(stranger.status().as_u16(), 401);
    let other = stage.another_merchant().await;
    for (role, merchant) in Role::ALL.iter().map(|role| (*role, &stage.merchant)).chain([(Role::Owner, &other)]) {
        let email = format!("{role}-of-{merchant}@shop.am");
        member(&stage, merchant, &email, role).await;
        let person = Person::signed_in(&stage, &email, PASSWORD).await;
        let mut stream = person.raw(Method::GET, "/live").await;
        assert_eq!((stream.status().as_u16(), header(&stream, "content-type")), (200, "text/event-stream"), "{role}");
        assert_eq!(header(&stream, "cache-control"), "no-store");
        let told = String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
        let number = server::news::number(&stage.services.db, merchant).await.unwrap();
        assert!(told.contains(&format!("data: {number}\n")), "{role} is told of the own shop: {told}");
    }
}

/// What of the other shop must never be seen.
async fn ids_of_another_shop_in_queries_and_forms_find_nothing(stage: Stage) {
    stage.open_dashboard();
    let other = stage.another_merchant().await;
    let account = stage.another_account(&other).await;
    let theirs = Objects::of(&stage, &other, &account).await;
    member(&stage, &stage.merchant, "owner@shop.am", Role::Owner).await;
    let owner = Person::signed_in(&stage, "owner@shop.am", PASSWORD).await;
    let id = |kind: &str| theirs.fill(&format!("/{kind}/{{id}}")).rsplit('/').next().unwrap().to_owned();
    let (link, payment, order, product) = (id("links"), id("payments"), id("orders"), id("products"));
    for query in [
        format!("/orders?product={product}"),
        format!("/orders?link={link}"),
        format!("/orders?q={order}"),
        format!("/payments?link={link}"),
        format!("/payments?account={account}"),
        format!("/payments?q={payment}"),
        format!("/payments?before={payment}"),
        format!("/links/print?ids={link}"),
        format!("/audit?object={link}"),
        format!("/audit?who={}", id("team")),
    ] {
        let answer = owner.get(&query).await;
        let list = answer.body.split("id=\"list\"").nth(1).unwrap_or(&answer.body);
        assert!(answer.status < 500, "{query}");
        assert!(!list.contains(&format!("/payments/{payment}\"")), "{query}");
        assert!(!list.contains(&format!("/orders/{order}\"")), "{query}");
        assert!(!list.contains(&format!("/links/{link}\"")), "{query}");
    }
    let before = stage.count(&format!("SELECT COUNT(*) FROM audit_log WHERE merchant_id = '{other}'")).await;
    let code = stage.text(&format!("SELECT code FROM links WHERE id = '{link}'")).await;
    for (path, form) in [
        ("/links/many".to_owned(), vec![("what", "off"), ("link", &*link)]),
        ("/links/new".to_owned(), vec![("kind", "fixed"), ("product", &*product)]),
        ("/jobs/retry".to_owned(), vec![("job", "1")]),
    ] {
        let answer = owner.post(&path, &form).await;
        assert!(answer.status < 500 && !answer.body.contains(&code), "{path} {answer:?}");
    }
    let begun = [("account", account.as_str()), ("from", "2026-01-01"), ("until", "2026-01-02"), ("source", "lookup")];
    let begun = owner
        .ask(Method::POST, "/reconcile/new", |request| {
            let form = begun.iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| {
                form.text((*name).to_owned(), (*value).to_owned())
            });
            request.multipart(form)
        })
        .await;
    assert!(!begun.done(), "another shop's account is not reconciled: {begun:?}");
    let after = stage.count(&format!("SELECT COUNT(*) FROM audit_log WHERE merchant_id = '{other}'")).await;
    assert_eq!(before, after, "nothing was done to the other shop");
    assert_eq!(stage.count(&format!("SELECT COUNT(*) FROM links WHERE id = '{link}' AND active")).await, 1);
}
