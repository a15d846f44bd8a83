//! What happened to a payment is seen, whole: the body as it came, what was decided, look-ups that changed nothing, the
//! link that was opened, work that was given up; and what staff did is found by person, action, object and day.

use domain::{
    Localized,
    question::{Choices, QuestionKind},
    role::Role,
};
use sea_orm::ConnectionTrait;
use server::{
    catalog::questions::{self, QuestionInput},
    orders::{Asked, Piece},
    payments,
};

use crate::{
    buyer, on_both,
    person::{PASSWORD, Person, member},
    stage::Stage,
};

on_both!(
    a_body_is_shown_to_the_last_byte_with_what_was_decided,
    look_ups_and_openings_are_seen_and_folded,
    given_up_work_is_tried_again_from_the_story,
    the_bank_gets_everything_in_one_piece,
    the_audit_log_is_found_by_who_what_where_and_when,
    a_phone_and_an_address_lead_to_their_orders,
);

async fn of_role(stage: &Stage, role: Role) -> Person {
    stage.open_dashboard();
    let email = format!("{role}@shop.am");
    member(stage, &stage.merchant, &email, role).await;
    Person::signed_in(stage, &email, PASSWORD).await
}

async fn raw(stage: &Stage, sql: &str) {
    sea_orm::Database::connect(&stage.database_url).await.unwrap().execute_unprepared(sql).await.unwrap();
}

async fn a_body_is_shown_to_the_last_byte_with_what_was_decided(stage: Stage) {
    let payment = stage.begun().await;
    let body = stage.event("evt_1", &payment, "paid").to_string().replace(':', " :  ");
    assert_eq!(stage.post(&stage.account, body.clone().into_bytes(), |_| ()).await, 200);
    assert_eq!(stage.post(&stage.account, vec![0xff, 0x00, 0x7b], |_| ()).await, 400);
    let person = of_role(&stage, Role::Support).await;
    let shown = body.replace('"', "&quot;");
    let story = person.get(&format!("/payments/{}", payment.id)).await.body;
    assert!(story.contains(&shown) || story.contains(&body), "the body as it came");
    assert!(story.contains("Waiting → Paid"), "why it was decided so, in words of the shop");
    let all = payments::events(&stage.services.db, &stage.merchant, &Default::default(), 10).await.unwrap();
    for event in &all {
        assert!(person.get("/webhooks").await.body.contains(&format!("/webhooks/{}", event.id)));
    }
    let paid = all.iter().find(|event| event.payment_id.is_some()).unwrap();
    let page = person.get(&format!("/webhooks/{}", paid.id)).await.body;
    assert!(page.contains(&shown) || page.contains(&body));
    assert!(page.contains("As received") && page.contains("Laid out"), "both views");
    let torn = all.iter().find(|event| event.payment_id.is_none()).unwrap();
    let page = person.get(&format!("/webhooks/{}", torn.id)).await.body;
    assert!(page.contains("ff 00 7b"), "bytes that are no text");
    let back = format!("/webhooks/{}", paid.id);
    let replayed = person.post(&format!("{back}/replay"), &[("back", &back)]).await;
    assert_eq!(replayed.to, back, "{replayed:?}");
}

async fn look_ups_and_openings_are_seen_and_folded(stage: Stage) {
    let link = stage.link(|_| ()).await;
    let payment = stage.press_pay(&link, "1").await.unwrap();
    let owner = stage.owner();
    for _ in 0..3 {
        stage.clock.advance(1_000);
        payments::check(&stage.services, &owner, &stage.merchant, &payment).await.unwrap();
        server::links::open(&stage.services, &link.code).await.unwrap();
    }
    let seen = payments::look_ups(&stage.services.db, &stage.merchant, &payment).await.unwrap();
    assert_eq!((seen.len(), seen[0].count), (1, 3), "{seen:?}");
    let other = stage.another_merchant().await;
    assert_eq!(payments::look_ups(&stage.services.db, &other, &payment).await.unwrap(), []);
    let person = of_role(&stage, Role::Support).await;
    let story = person.get(&format!("/payments/{payment}")).await.body;
    for part in ["Asked the provider: nothing new.", "The customer opened the payment page.", "Times: 3, first"] {
        assert!(story.contains(part), "{part}");
    }
    assert_eq!(story.matches("<p>The customer opened the payment page.").count(), 1, "folded");
}

async fn given_up_work_is_tried_again_from_the_story(mut stage: Stage) {
    let payment = stage.paid().await;
    raw(&stage, "UPDATE jobs SET state = 'dead', last_error = 'no such chat' WHERE kind = 'fulfil_order'").await;
    let person = of_role(&stage, Role::Support).await;
    let story = format!("/payments/{}", payment.id);
    let body = person.get(&story).await.body;
    assert!(body.contains("no such chat") && body.contains("action=\"/jobs/retry\""), "the way out stands beside it");
    let job = stage.count("SELECT id FROM jobs WHERE kind = 'fulfil_order'").await.to_string();
    let answer = person.post("/jobs/retry", &[("job", &job), ("back", &story)]).await;
    assert!(answer.done() && answer.to == story, "{answer:?}");
    stage.work();
    stage.until("it is given", || async { stage.order(&payment.order_id).await.fulfilled_at.is_some() }).await;
}

async fn the_bank_gets_everything_in_one_piece(stage: Stage) {
    let payment = stage.paid().await;
    let person = of_role(&stage, Role::Support).await;
    let story = person.get(&format!("/payments/{}", payment.id)).await.body;
    let block = story.split("data-copy=\"").find(|part| part.starts_with("Sum:")).expect("a block to copy");
    let block = block.split('"').next().unwrap();
    let paid = payment.paid_at.unwrap().local(240);
    for part in [
        &payment.amount().to_string(),
        "(AMD)",
        paid.split(' ').next().unwrap(),
        "UTC+04:00",
        &payment.merchant_order_id,
        payment.reference.as_ref().unwrap(),
        stage.account.as_str(),
    ] {
        assert!(block.contains(part), "{part}: {block}");
    }
}

async fn the_audit_log_is_found_by_who_what_where_and_when(stage: Stage) {
    let person = of_role(&stage, Role::Manager).await;
    let product = stage.product(450_000, None).await;
    let made = person.post("/links/new", &[("kind", "dynamic"), ("title", "Tea"), ("amount", "100")]).await;
    assert!(made.done(), "{made:?}");
    let me = stage.text("SELECT id FROM staff").await;
    let rows = async |query: &str| {
        let body = person.get(&format!("/audit?{query}")).await.body;
        let list = body.split("id=\"list\"").nth(1).unwrap().to_owned();
        (list.matches("Link made").count(), list.matches("Product made").count())
    };
    assert_eq!(rows("").await, (1, 1));
    assert_eq!(rows(&format!("who={me}")).await, (1, 0), "by person");
    assert_eq!(rows("action=product_created").await, (0, 1), "by action");
    assert_eq!(rows(&format!("object={product}")).await, (0, 1), "by object");
    let today = domain::Day::of(stage.clock.now(), 240).to_string();
    assert_eq!(rows(&format!("from={today}&until={today}")).await, (1, 1), "by day");
    assert_eq!(rows("from=2020-01-01&until=2020-01-02").await, (0, 0), "by another day");
    let body = person.get("/audit").await.body;
    assert!(body.contains(&format!("href=\"/products/{product}\"")), "what was changed can be seen");
}

async fn a_phone_and_an_address_lead_to_their_orders(stage: Stage) {
    let product = stage.product(450_000, None).await;
    let mut answers = Vec::new();
    for (kind, answer) in [(QuestionKind::Phone, "+374 (91) 12-34-56"), (QuestionKind::Email, "Ani@Mail.am")] {
        let words = Localized::same(kind.as_str());
        let question = QuestionInput { kind, words, choices: Choices::default(), required: true };
        let made = questions::add(&stage.services, &stage.owner(), &stage.merchant, &product, question).await;
        answers.push((made.unwrap().id, answer.to_owned()));
    }
    let bot = buyer::bot(&stage).await;
    let asked = Asked::Product(Piece { answers, ..Piece::one(product) });
    let placed = buyer::orders(&stage, &bot, 7, vec![asked], "1".to_owned()).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    stage.begun().await;
    let person = of_role(&stage, Role::Support).await;
    let customer = placed.order.customer_id.unwrap();
    for typed in ["091123456", "%2B374+91+12+34+56", "91123", "ani@mail.am", "ANI@"] {
        for (room, wanted) in [("payments", payment.as_str()), ("orders", placed.order.id.as_str())] {
            let body = person.get(&format!("/{room}?q={typed}")).await.body;
            let list = body.split("id=\"list\"").nth(1).unwrap();
            assert_eq!(list.matches(&format!("href=\"/{room}/")).count(), 1, "{room} {typed}");
            assert!(list.contains(&format!("/{room}/{wanted}")), "{room} {typed}");
        }
        let people = person.get(&format!("/customers?q={typed}")).await.body;
        assert!(people.contains(&format!("/customers/{customer}")), "{typed}");
    }
    let page = person.get(&format!("/customers/{customer}")).await.body;
    assert!(page.contains("+37491123456") && page.contains("Ani@Mail.am"));
    let nobody = person.get("/payments?q=091999999").await.body;
    assert!(!nobody.contains(&format!("/payments/{payment}")), "another phone");
}
