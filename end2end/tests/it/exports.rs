//! Orders and customers as files: every row once, as the list shows them, no cell a formula, and it is known who took them.

use domain::{Lang, MerchantId, moment::SECOND, role::Role};
use reqwest::Method;
use server::{
    customers::{self, Person as Who},
    reports::EXPORT_PAGE,
    staff::audit,
};

use crate::{
    on_both,
    person::{PASSWORD, Person, member},
    stage::Stage,
};

on_both!(orders_leave_as_the_list_shows_them, every_customer_leaves_once, only_those_who_keep_the_books_take_them);

async fn of_role(stage: &Stage, role: Role) -> Person {
    stage.open_dashboard();
    let email = format!("{role}@shop.am");
    member(stage, &stage.merchant, &email, role).await;
    Person::signed_in(stage, &email, PASSWORD).await
}

/// The rows of a file without its head.
async fn rows(person: &Person, path: &str) -> Vec<String> {
    let answer = person.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body.lines().skip(1).map(str::to_owned).collect()
}

async fn met(stage: &Stage, merchant: &MerchantId, people: Vec<Who>) {
    let (services, merchant) = (stage.services.clone(), merchant.clone());
    let db = services.db.clone();
    let work = async move |tx| {
        for person in &people {
            customers::meet(&tx, &services, &merchant, person).await?;
        }
        Ok(())
    };
    db.write(work).await.unwrap();
}

fn who(telegram_user_id: i64, name: &str) -> Who {
    Who {
        telegram_user_id,
        name: name.to_owned(),
        username: Some(format!("person{telegram_user_id}")),
        language: Lang::Hy,
    }
}

async fn orders_leave_as_the_list_shows_them(stage: Stage) {
    let owner = of_role(&stage, Role::Owner).await;
    let paid = stage.paid().await;
    stage.clock.advance(SECOND);
    let waiting = stage.begun().await;
    let all = rows(&owner, "/orders/export.csv").await;
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].contains(waiting.order_id.as_str()) && all[1].contains(paid.order_id.as_str()), "newest first");
    assert!(all[1].contains("5000.00") && all[1].contains("Սուրճ × 1"), "{}", all[1]);
    let status = stage.order(&paid.order_id).await.status;
    let own = rows(&owner, &format!("/orders/export.csv?status={status}")).await;
    assert_eq!(own, all[1..], "the list's own filter");
    assert_eq!(rows(&owner, "/orders/export.csv?q=nobody").await, Vec::<String>::new());
    let page = owner.get(&format!("/orders?status={status}")).await.body;
    assert!(page.contains(&format!("/orders/export.csv?status={status}")), "the list leads to its own file");
    let lines = audit::list(&stage.services.db, &stage.merchant, &audit::Filter::default(), 10).await.unwrap();
    let noted: Vec<_> = lines.iter().filter(|line| line.action == "orders_exported").collect();
    assert_eq!(noted.len(), 3);
    let asked = |line: &&&audit::AuditLine| line.after.as_ref().is_some_and(|after| after.contains("nobody"));
    assert_eq!(noted.iter().filter(asked).count(), 1, "what was asked for is noted");
    let book = owner.ask(Method::GET, "/orders/export.xlsx", |request| request).await;
    assert_eq!(book.status, 200);
}

async fn every_customer_leaves_once(stage: Stage) {
    let owner = of_role(&stage, Role::Owner).await;
    let many = i64::try_from(EXPORT_PAGE).unwrap() + 5;
    let people = (1..=many).map(|id| who(id, "Ani")).chain([who(many + 1, "=HYPERLINK(\"http://evil.am\")")]);
    met(&stage, &stage.merchant, people.collect()).await;
    let other = stage.another_merchant().await;
    met(&stage, &other, vec![who(77, "Somebody else's")]).await;
    customers::set_blocked(&stage.services, &stage.merchant, 3, true).await.unwrap();

    let all = rows(&owner, "/customers/export.csv").await;
    assert_eq!(all.len() as i64, many + 1);
    let mut ids: Vec<_> = all.iter().map(|row| row.split(',').next().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "none twice");
    assert!(!all.iter().any(|row| row.contains("Somebody")), "another shop's customers stay there");
    let formula = all.iter().find(|row| row.contains("HYPERLINK")).unwrap();
    assert!(formula.contains("'=HYPERLINK"), "no cell is a formula: {formula}");
    let blocked = rows(&owner, "/customers/export.csv?shelf=blocked").await;
    assert!(blocked.len() == 1 && blocked[0].contains("person3,"), "{blocked:?}");
    assert_eq!(rows(&owner, "/customers/export.csv?q=hyper").await.len(), 1, "the list's own search");
}

async fn only_those_who_keep_the_books_take_them(stage: Stage) {
    for role in [Role::Support, Role::Accountant] {
        let person = of_role(&stage, role).await;
        for room in ["orders", "customers"] {
            let file = person.get(&format!("/{room}/export.csv")).await;
            assert_eq!(file.forbidden(), role == Role::Support, "{role} {room}");
            let offered = person.get(&format!("/{room}")).await.body.contains("/export.csv");
            assert_eq!(offered, role == Role::Accountant, "{role} {room}");
        }
    }
}
