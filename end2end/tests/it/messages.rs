//! Questions of customers and answers of the shop: handed over once, answered once, in order, and behind the walls.

use domain::{
    BotId, CustomerId, MerchantId,
    message::{Content, Delivery, NotSent, ThreadState},
    role::{Actor, Role},
};
use sandbox::telegram::Fault;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use server::{
    bots, customers,
    db::Db,
    failure::{Failure, Outcome},
    messages::{self, Answer, Filter, Message, Place, Shelf},
    news,
};

use crate::{
    buyer::{self, TOKEN, heard},
    chat::{ANI, Chat, KATE},
    on_both,
    stage::Stage,
};

on_both!(
    a_question_reaches_the_shop_and_the_answer_its_chat,
    a_question_of_an_order_names_it_and_only_to_its_own_customer,
    the_same_update_ten_times_is_one_message,
    a_restart_between_the_question_and_its_words_loses_nothing,
    whoever_blocked_the_bot_is_seen_and_not_written_to,
    what_telegram_refuses_is_said,
    one_writing_is_one_message,
    nobody_reaches_over_the_wall,
    those_that_wait_come_first_and_pages_miss_nobody,
    what_was_written_before_words_were_kept_is_found,
    pages_at_another_instance_are_told,
);

fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refusal) => refusal.code,
        Failure::Internal(error) => panic!("{error:#}"),
    }
}

fn staff(stage: &Stage, role: Role) -> Actor {
    Actor::Staff { id: stage.clock.id(), role }
}

async fn customer(stage: &Stage, person: i64) -> customers::Customer {
    customers::by_telegram(&stage.services.db, &stage.merchant, person).await.unwrap().expect("a customer")
}

/// Newest first.
async fn written(stage: &Stage, person: i64) -> Vec<Message> {
    let customer = customer(stage, person).await.id;
    messages::of_customer(&stage.services.db, &stage.merchant, &customer, None, 50).await.unwrap()
}

async fn state(stage: &Stage, person: i64) -> ThreadState {
    let customer = customer(stage, person).await.id;
    messages::thread(&stage.services.db, &stage.merchant, &customer).await.unwrap().expect("a conversation").state
}

async fn answers(stage: &Stage, person: i64, answer: Answer) -> Outcome<()> {
    let customer = customer(stage, person).await.id;
    messages::answer(&stage.services, &stage.owner(), &stage.merchant, &customer, answer).await
}

fn words(words: &str) -> Answer {
    Answer { words: words.to_owned(), ..Answer::default() }
}

/// An update as Telegram posts it.
async fn arrives(stage: &Stage, bot: &BotId, update: Value) {
    let secret = bots::get(&stage.services, bot).await.unwrap().webhook_secret;
    let url = format!("{}/hooks/telegram/{bot}", stage.url);
    let posted = stage.http.post(url).header("X-Telegram-Bot-Api-Secret-Token", secret).json(&update);
    assert_eq!(posted.send().await.unwrap().status().as_u16(), 200);
}

fn message(update_id: i64, person: i64, what: Value) -> Value {
    let mut message = json!({ "message_id": update_id, "date": 1_700_000_000,
        "chat": { "id": person, "type": "private", "first_name": "Kate" },
        "from": { "id": person, "is_bot": false, "first_name": "Kate", "language_code": "en" } });
    message.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    json!({ "update_id": update_id, "message": message })
}

/// All that is due is done.
async fn worked(stage: &Stage) {
    bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
}

/// A bot that nobody polls, and a person whom it may write to.
async fn quiet_bot(stage: &Stage, person: i64) -> BotId {
    let bot = buyer::bot(stage).await;
    stage.telegram.send_text(TOKEN, person, "/start");
    bot
}

/// The person writes, having asked to.
async fn asks(stage: &Stage, bot: &BotId, person: i64, update_id: i64, text: &str) {
    arrives(stage, bot, message(update_id, person, json!({ "text": "/ask" }))).await;
    arrives(stage, bot, message(update_id + 1, person, json!({ "text": text }))).await;
    worked(stage).await;
}

async fn a_question_reaches_the_shop_and_the_answer_its_chat(stage: Stage) {
    let chat = Chat::open(stage).await;
    let stage = &chat.stage;
    let word = server::shop::invite_to_staff_chat(&stage.services, &stage.owner(), &stage.merchant).await.unwrap();
    chat.says(KATE, &format!("/start staff_{word}"));
    chat.hears(KATE, "alerts come to this chat").await;
    chat.says(ANI, "/start");
    let menu = chat.hears(ANI, "Խանութ").await;
    chat.press_data(ANI, &menu, "w");
    chat.hears(ANI, "Գրեք ձեր հարցն").await;
    chat.says(ANI, "Ունե՞ք կապույտ <b>գավաթ</b>");
    chat.hears(ANI, "հասավ խանութ").await;
    let note = chat.hears(KATE, "Ունե՞ք կապույտ <b>գավաթ</b>").await;
    let ani = customer(stage, ANI).await;
    assert!(note.text.contains(&format!("/messages/{}", ani.id)), "{}", note.text);
    chat.says(ANI, "Մեծը");
    stage.until("the second message is there", || async { written(stage, ANI).await.len() == 2 }).await;
    assert_eq!(state(stage, ANI).await, ThreadState::Waiting);
    assert_eq!(messages::waiting(&stage.services.db, &stage.merchant).await.unwrap(), 1);
    assert_eq!(chat.count(KATE, "💬"), 1, "one note is enough until somebody answers");
    answers(stage, ANI, words("Այո, <i>ունենք</i>")).await.unwrap();
    let answer = chat.hears(ANI, "Այո, <i>ունենք</i>").await;
    assert!(answer.text.starts_with("💬 Խանութ"), "{}", answer.text);
    stage
        .until("the answer is known to have arrived", || async {
            written(stage, ANI).await[0].delivery == Some(Delivery::Sent)
        })
        .await;
    assert_eq!(state(stage, ANI).await, ThreadState::Answered);
    // The conversation is open: what is written needs no button, and waits again.
    chat.says(ANI, "/start");
    chat.says(ANI, "Շնորհակալ եմ");
    stage.until("it waits again", || async { state(stage, ANI).await == ThreadState::Waiting }).await;
    let customer = ani.id;
    messages::close(&stage.services, &stage.owner(), &stage.merchant, &customer).await.unwrap();
    chat.says(ANI, "/start");
    chat.says(ANI, "բլա բլա");
    chat.hears(ANI, "Չհասկացա").await;
    assert_eq!(state(stage, ANI).await, ThreadState::Closed);
    messages::reopen(&stage.services, &stage.owner(), &stage.merchant, &customer).await.unwrap();
    assert_eq!(state(stage, ANI).await, ThreadState::Waiting, "the customer wrote last");
    assert_eq!(chat.count(ANI, "Այո, <i>ունենք</i>"), 1);
}

async fn a_question_of_an_order_names_it_and_only_to_its_own_customer(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let summary = chat.chooses_coffee(ANI).await;
    chat.press_data(ANI, &summary, "ok:");
    let order = chat.with_data(ANI, "w:").await;
    chat.press_data(ANI, &order, "w:");
    let asked = chat.hears(ANI, "Գրեք ձեր հարցն").await;
    assert!(asked.text.contains("№ 1001"), "{}", asked.text);
    assert_ne!(asked.id, order.id, "the pay button stays where it is");
    chat.says(ANI, "Կարո՞ղ եմ վաղը վերցնել");
    chat.hears(ANI, "հասավ խանութ").await;
    let about = written(&chat.stage, ANI).await[0].order_id.clone().expect("an order");
    assert_eq!(chat.stage.order(&about).await.number, 1001);
    // Kate sends what stands behind Ani's button.
    chat.says(KATE, "/start");
    let menu = chat.hears(KATE, "Խանութ").await;
    chat.stage.telegram.press(TOKEN, KATE, menu.id, &format!("w:{about}"));
    chat.hears(KATE, "no longer on sale").await;
    let for_order = Answer { order: Some(about.clone()), ..words("Այո") };
    answers(&chat.stage, ANI, for_order.clone()).await.unwrap();
    assert!(chat.hears(ANI, "Այո").await.text.contains("№ 1001"));
    assert_eq!(code(&answers(&chat.stage, KATE, for_order).await.unwrap_err()), "not_found");
}

async fn the_same_update_ten_times_is_one_message(stage: Stage) {
    let bot = quiet_bot(&stage, KATE).await;
    arrives(&stage, &bot, message(900, KATE, json!({ "text": "/ask" }))).await;
    worked(&stage).await;
    let photo = json!({ "caption": "This one", "photo": [
        { "file_id": "small", "file_unique_id": "s", "width": 90, "height": 60, "file_size": 100 },
        { "file_id": "large", "file_unique_id": "l", "width": 960, "height": 720, "file_size": 1000 } ] });
    for _ in 0..10 {
        arrives(&stage, &bot, message(901, KATE, photo.clone())).await;
        worked(&stage).await;
    }
    // A job that is done again: its worker died before it could say so.
    let again = "UPDATE jobs SET state = 'queued', done_at = NULL WHERE kind = 'handle_update'";
    sea_orm::ConnectionTrait::execute_unprepared(
        &sea_orm::Database::connect(&stage.database_url).await.unwrap(),
        again,
    )
    .await
    .unwrap();
    worked(&stage).await;
    let found = written(&stage, KATE).await;
    assert_eq!(found.len(), 1);
    let first = &found[0];
    assert_eq!((first.content, first.words.as_str()), (Content::Photo, "This one"));
    assert_eq!(first.file_id.as_deref(), Some("large"));
    let picture = b"\xff\xd8\xff\xe0 a picture".to_vec();
    stage.telegram.keep_photo("large", "image/jpeg", &picture);
    let seen = messages::photo(&stage.services, &stage.owner(), &stage.merchant, first.id).await.unwrap();
    assert_eq!(seen, ("image/jpeg", picture));
    let stranger = stage.another_merchant().await;
    let theirs = messages::photo(&stage.services, &stage.owner(), &stranger, first.id).await;
    assert_eq!(code(&theirs.unwrap_err()), "not_found");
    stage.telegram.keep_photo("large", "image/jpeg", b"<svg onload=alert(1)>");
    let wrong = messages::photo(&stage.services, &stage.owner(), &stage.merchant, first.id).await;
    assert_eq!(code(&wrong.unwrap_err()), "not_found", "what is no picture is not shown");
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE kind = 'note_staff'").await, 1);
    let kinds = [
        (json!({ "voice": { "file_id": "v", "file_unique_id": "v", "duration": 3 } }), Content::Voice),
        (json!({ "location": { "latitude": 40.1, "longitude": 44.5 } }), Content::Location),
        (json!({ "contact": { "phone_number": "+37491000000", "first_name": "Kate" } }), Content::Contact),
    ];
    for (n, (what, content)) in kinds.into_iter().enumerate() {
        arrives(&stage, &bot, message(910 + i64::try_from(n).unwrap(), KATE, what)).await;
        worked(&stage).await;
        assert_eq!(written(&stage, KATE).await[0].content, content);
    }
    assert!(written(&stage, KATE).await[0].words.contains("+37491000000"));
}

async fn a_restart_between_the_question_and_its_words_loses_nothing(mut stage: Stage) {
    let bot = quiet_bot(&stage, KATE).await;
    arrives(&stage, &bot, message(1, KATE, json!({ "text": "/ask" }))).await;
    worked(&stage).await;
    stage.restart().await;
    arrives(&stage, &bot, message(2, KATE, json!({ "text": "Are you open?" }))).await;
    stage.restart().await;
    worked(&stage).await;
    assert_eq!(written(&stage, KATE).await.len(), 1);
    answers(&stage, KATE, words("Until eight")).await.unwrap();
    stage.restart().await;
    worked(&stage).await;
    worked(&stage).await;
    assert_eq!(heard(&stage, KATE, "Until eight"), 1);
    assert_eq!(written(&stage, KATE).await[0].delivery, Some(Delivery::Sent));
}

async fn whoever_blocked_the_bot_is_seen_and_not_written_to(stage: Stage) {
    let bot = quiet_bot(&stage, KATE).await;
    asks(&stage, &bot, KATE, 1, "Hello").await;
    stage.telegram.set_blocked(TOKEN, KATE, true);
    answers(&stage, KATE, words("Good day")).await.unwrap();
    worked(&stage).await;
    let answer = written(&stage, KATE).await.remove(0);
    assert_eq!((answer.delivery, answer.not_sent), (Some(Delivery::Failed), Some(NotSent::Blocked)));
    assert!(customer(&stage, KATE).await.blocked_at.is_some());
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE state = 'dead'").await, 0, "nobody's fault");
    assert_eq!(code(&answers(&stage, KATE, words("Hello?")).await.unwrap_err()), "customer_blocked");
    stage.telegram.set_blocked(TOKEN, KATE, false);
    arrives(&stage, &bot, message(5, KATE, json!({ "text": "I am back" }))).await;
    worked(&stage).await;
    answers(&stage, KATE, words("Welcome")).await.unwrap();
    worked(&stage).await;
    assert_eq!((heard(&stage, KATE, "Good day"), heard(&stage, KATE, "Welcome")), (0, 1));
}

async fn what_telegram_refuses_is_said(stage: Stage) {
    let bot = quiet_bot(&stage, KATE).await;
    asks(&stage, &bot, KATE, 1, "Hello").await;
    let description = "Bad Request: something is wrong with it".to_owned();
    let method = "sendMessage".to_owned();
    stage.telegram.fail(Fault { method, error_code: 400, description, retry_after: None, times: 1 });
    answers(&stage, KATE, words("One")).await.unwrap();
    worked(&stage).await;
    assert_eq!(written(&stage, KATE).await[0].not_sent, Some(NotSent::Refused));
    answers(&stage, KATE, words("Two")).await.unwrap();
    worked(&stage).await;
    assert_eq!((heard(&stage, KATE, "One"), heard(&stage, KATE, "Two")), (0, 1));
}

async fn one_writing_is_one_message(stage: Stage) {
    let bot = quiet_bot(&stage, KATE).await;
    asks(&stage, &bot, KATE, 1, "Hello").await;
    let once = || Answer { once: Some("abc".to_owned()), ..words("Good day") };
    for _ in 0..5 {
        answers(&stage, KATE, once()).await.unwrap();
    }
    worked(&stage).await;
    assert_eq!(heard(&stage, KATE, "Good day"), 1);
    for (wrong, why) in [("  ", "required"), (&*"ա".repeat(3_801), "too_long")] {
        assert_eq!(code(&answers(&stage, KATE, words(wrong)).await.unwrap_err()), why);
    }
    answers(&stage, KATE, words(&"<&ա".repeat(1_266))).await.unwrap();
    worked(&stage).await;
    assert_eq!(written(&stage, KATE).await[0].delivery, Some(Delivery::Sent), "the longest that may be written fits");
}

async fn nobody_reaches_over_the_wall(stage: Stage) {
    let bot = quiet_bot(&stage, KATE).await;
    asks(&stage, &bot, KATE, 1, "Hello").await;
    let kate = customer(&stage, KATE).await.id;
    let stranger = stage.another_merchant().await;
    let owner = stage.owner();
    let every = |actor: Actor, merchant: MerchantId, customer: CustomerId| {
        let services = stage.services.clone();
        async move {
            let results = [
                messages::answer(&services, &actor, &merchant, &customer, words("Hi")).await,
                messages::close(&services, &actor, &merchant, &customer).await,
                messages::reopen(&services, &actor, &merchant, &customer).await,
                messages::let_go(&services, &actor, &merchant, &customer).await,
            ];
            results.map(|result| code(&result.unwrap_err()))
        }
    };
    assert_eq!(every(owner, stranger.clone(), kate.clone()).await, ["not_found"; 4]);
    let accountant = staff(&stage, Role::Accountant);
    assert_eq!(every(accountant, stage.merchant.clone(), kate.clone()).await, ["forbidden"; 4]);
    let taken = messages::take(&stage.services, &staff(&stage, Role::Owner), &stranger, &kate).await;
    assert_eq!(code(&taken.unwrap_err()), "not_found");
    let db = &stage.services.db;
    let all = Filter { shelf: Shelf::All, ..Filter::default() };
    assert!(messages::list(db, &stranger, &all, 10).await.unwrap().is_empty());
    assert!(messages::of_customer(db, &stranger, &kate, None, 10).await.unwrap().is_empty());
    assert_eq!(messages::waiting(db, &stranger).await.unwrap(), 0);
    let id = written(&stage, KATE).await[0].id;
    assert_eq!(code(&messages::get(db, &stranger, id).await.unwrap_err()), "not_found");
    assert_eq!(state(&stage, KATE).await, ThreadState::Waiting, "nothing was done");
}

async fn those_that_wait_come_first_and_pages_miss_nobody(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    for person in 2_001..2_010_i64 {
        stage.telegram.send_text(TOKEN, person, "/start");
        asks(&stage, &bot, person, person * 10, &format!("Question of {person}, тест")).await;
    }
    for person in [2_003, 2_006, 2_008] {
        answers(&stage, person, words("Yes")).await.unwrap();
    }
    let closed = customer(&stage, 2_004).await.id;
    messages::close(&stage.services, &stage.owner(), &stage.merchant, &closed).await.unwrap();
    let page = |shelf: Shelf, search: Option<&str>, after: Option<Place>| {
        let filter = Filter { shelf, search: search.map(str::to_owned), after };
        let services = stage.services.clone();
        let merchant = stage.merchant.clone();
        async move { messages::list(&services.db, &merchant, &filter, 2).await.unwrap() }
    };
    let mut people = std::collections::HashMap::new();
    for person in 2_001..2_010_i64 {
        people.insert(customer(&stage, person).await.id, person);
    }
    let expected = [
        (Shelf::Open, vec![2_009, 2_007, 2_005, 2_002, 2_001, 2_008, 2_006, 2_003]),
        (Shelf::Waiting, vec![2_009, 2_007, 2_005, 2_002, 2_001]),
        (Shelf::Closed, vec![2_004]),
        (Shelf::All, vec![2_009, 2_007, 2_005, 2_002, 2_001, 2_008, 2_006, 2_003, 2_004]),
    ];
    for (shelf, all) in expected {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let rows = page(shelf, None, after).await;
            let Some(last) = rows.last() else { break };
            let waiting = last.state == ThreadState::Waiting;
            after = Some(Place { waiting, last_message_id: last.last_message_id });
            seen.extend(rows.iter().map(|row| people[&row.customer_id]));
        }
        assert_eq!(seen, all, "{shelf:?}");
    }
    // Whoever is called otherwise from now on has still said what was said before.
    let mut renamed = message(99_999, 2_005, json!({ "text": "/start" }));
    renamed["message"]["from"]["first_name"] = "Nvard".into();
    arrives(&stage, &bot, renamed).await;
    worked(&stage).await;
    for (words, people) in [
        ("of 2005", 1),
        ("ТЕСТ", 2),
        ("2005", 1),
        ("quest", 2),
        ("uestion", 0),
        ("nvard", 1),
        ("yes 2006", 1),
        ("%", 0),
    ] {
        assert_eq!(page(Shelf::All, Some(words), None).await.len(), people, "{words}");
    }
}

async fn what_was_written_before_words_were_kept_is_found(stage: Stage) {
    let bot = quiet_bot(&stage, 2_001).await;
    asks(&stage, &bot, 2_001, 1, "Բարև, թեյ ունե՞ք").await;
    answers(&stage, 2_001, words("Այո, թեյ կա")).await.unwrap();
    let found = async || {
        let filter = Filter { shelf: Shelf::All, search: Some("ԹԵՅ".to_owned()), after: None };
        messages::list(&stage.services.db, &stage.merchant, &filter, 2).await.unwrap().len()
    };
    assert_eq!(found().await, 1);
    let raw = Database::connect(&stage.database_url).await.unwrap();
    for sql in ["DELETE FROM search_words", "DELETE FROM seaql_migrations WHERE version = 'm0031_said'"] {
        raw.execute_unprepared(sql).await.unwrap();
    }
    assert_eq!(found().await, 0);
    stage.services.db.migrate().await.unwrap();
    assert_eq!(found().await, 1, "an upgrade writes down what there is");
}

async fn pages_at_another_instance_are_told(stage: Stage) {
    let bot = quiet_bot(&stage, KATE).await;
    let elsewhere = Db::open(&stage.database_url).await.unwrap();
    let number = || async { news::number(&elsewhere, &stage.merchant).await.unwrap() };
    let mut here = stage.services.live();
    let before = number().await;
    asks(&stage, &bot, KATE, 1, "Hello").await;
    let asked = number().await;
    assert!(asked > before, "a question wakes pages");
    answers(&stage, KATE, words("Good day")).await.unwrap();
    let answered = number().await;
    assert!(answered > asked, "so does an answer");
    worked(&stage).await;
    assert!(number().await > answered, "and its arrival");
    assert_eq!(here.try_recv().unwrap(), stage.merchant, "pages of this instance hear at once");
    let stranger = stage.another_merchant().await;
    let theirs = news::number(&elsewhere, &stranger).await.unwrap();
    answers(&stage, KATE, words("Again")).await.unwrap();
    assert_eq!(news::number(&elsewhere, &stranger).await.unwrap(), theirs, "nobody else is woken");
}
