//! Forms keep what was typed and the place they stood at, on any mistake; and what the shop says of itself reaches customers.

use domain::{Lang, role::Role};
use reqwest::{Method, multipart};
use server::{reconcile, shop};

use crate::{
    chat::{Chat, KATE},
    on_both,
    person::{Answer, PASSWORD, Person, member},
    reconcile::today,
    stage::Stage,
};

on_both!(
    ticks_and_words_of_a_reconciliation_stay,
    a_word_why_stays_where_it_is_asked_for,
    hours_and_languages_are_told_to_customers,
);

async fn manager(stage: &Stage) -> Person {
    stage.open_dashboard();
    member(stage, &stage.merchant, "manager@shop.am", Role::Manager).await;
    Person::signed_in(stage, "manager@shop.am", PASSWORD).await
}

async fn ticks_and_words_of_a_reconciliation_stay(mut stage: Stage) {
    let payment = stage.begun().await;
    stage.work();
    let owner = stage.owner();
    let (services, merchant) = (&stage.services, &stage.merchant);
    let csv = format!("order,amount\n{},123\nK9-nobody,12\n", payment.merchant_order_id).into_bytes();
    let period = today(&stage);
    let id = reconcile::upload(services, &owner, merchant, &stage.account, period, "bank.csv", csv).await.unwrap();
    let person = manager(&stage).await;
    let page = format!("/reconcile/{id}");
    person.post(&format!("{page}/columns"), &[("order_id", "order"), ("amount", "amount")]).await;
    let open = async || stage.count("SELECT COUNT(*) FROM reconciliation_exceptions WHERE resolved_at IS NULL").await;
    stage.until("it is compared", || async { open().await >= 1 }).await;
    let one = stage.count("SELECT CAST(MIN(id) AS BIGINT) FROM reconciliation_exceptions").await.to_string();
    let resolve = format!("{page}/resolve");
    let before = open().await;
    let sent = [("exception", &*one), ("comment", "  "), ("what", "close"), ("shelf", "all")];
    let answer = person.post(&resolve, &sent).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(&format!("value=\"{one}\" checked")), "the tick stays");
    assert!(answer.body.contains("name=\"shelf\" value=\"all\""), "and the shelf");
    let unknown = [("exception", &*one), ("comment", "seen"), ("what", "everything"), ("shelf", "all")];
    let answer = person.post(&resolve, &unknown).await;
    assert!(answer.not_found() && answer.body.contains("value=\"seen\""), "{}", answer.status);
    assert_eq!(open().await, before, "nothing is done by a word that is not known");
    let sent = [("exception", &*one), ("comment", "seen"), ("what", "close"), ("shelf", "all")];
    let answer = person.post(&resolve, &sent).await;
    assert!(answer.done() && answer.to == format!("{page}?shelf=all"), "{answer:?}");
    assert_eq!(open().await, before - 1);
}

async fn a_word_why_stays_where_it_is_asked_for(stage: Stage) {
    let payment = stage.begun().await;
    let mut odd = stage.event("evt_1", &payment, "paid");
    odd["data"]["amountMinor"] = 499_900.into();
    stage.post_event(&odd).await;
    let person = manager(&stage).await;
    let long = "word ".repeat(70);
    let answer = person.post(&format!("/payments/{}/close-review", payment.id), &[("comment", &long)]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(long.trim()), "what was typed stays");
    assert!(stage.payment(&payment.id).await.needs_review);
    let told = [("comment", "agreed"), ("back", "list")];
    let answer = person.post(&format!("/payments/{}/close-review", payment.id), &told).await;
    assert!(answer.done() && answer.to == "/review", "{answer:?}");
}

async fn save(person: &Person, change: &[(&str, &str)]) -> Answer {
    let all = [
        ("name_hy", "Խանութ"),
        ("about_en", "A tea house"),
        ("language", "hy"),
        ("utc_offset", "240"),
        ("checkout_minutes", "60"),
    ];
    let fields = all
        .iter()
        .chain(change)
        .fold(multipart::Form::new(), |form, (name, value)| form.text((*name).to_owned(), (*value).to_owned()));
    person.ask(Method::POST, "/settings", |request| request.multipart(fields)).await
}

async fn hours_and_languages_are_told_to_customers(stage: Stage) {
    let chat = Chat::open(stage).await;
    let stage = &chat.stage;
    let person = manager(stage).await;
    let wrong = save(&person, &[("from_mon", "10:00"), ("until_mon", "09:00"), ("about_ru", "Чайная")]).await;
    assert_eq!(wrong.status, 422);
    for kept in ["value=\"10:00\"", "value=\"09:00\"", "value=\"Чайная\""] {
        assert!(wrong.body.contains(kept), "{kept}");
    }
    let days = [
        ("from_mon", "10:00"),
        ("until_mon", "19:00"),
        ("from_tue", "10:00"),
        ("until_tue", "19:00"),
        ("from_sat", "11:00"),
        ("until_sat", "00:00"),
        ("offered_en", "on"),
    ];
    assert!(save(&person, &days).await.done());
    let shop = shop::get(&stage.services.db, &stage.merchant).await.unwrap();
    assert_eq!(shop.offered(), [Lang::Hy, Lang::En], "its own in any case");
    assert_eq!(shop.open_hours().days()[5], Some((660, 1_440)), "until midnight");
    let settings = person.get("/settings").await.body;
    assert!(settings.contains("value=\"19:00\"") && settings.contains("value=\"00:00\""), "as they were typed");
    let link = stage.link(|_| ()).await;
    let page = async |lang: &str| {
        let url = format!("{}/pay/{}?lang={lang}", stage.url, link.code);
        stage.http.get(url).send().await.unwrap().text().await.unwrap()
    };
    let english = page("en").await;
    for part in ["Opening hours", "Mon–Tue", "10:00–19:00", "closed", "11:00–24:00"] {
        assert!(english.contains(part), "{part}");
    }
    assert!(page("ru").await.contains("<html lang=\"hy\""), "what is not offered is not spoken");
    chat.says(KATE, "/help");
    let help = chat.hears(KATE, "Opening hours").await.text;
    assert!(help.contains("A tea house") && help.contains("Monday – Tuesday: 10:00–19:00"), "{help}");
    chat.says(KATE, "/language");
    let keys = format!("{:?}", chat.hears(KATE, "Choose a language").await);
    assert!(keys.contains("Հայերեն") && keys.contains("English") && !keys.contains("Русский"), "{keys}");
}
