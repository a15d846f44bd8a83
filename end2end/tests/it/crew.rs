//! The shop's own people in the chat: known by a code of their account page, they look orders up and approve refunds there by
//! the rules of the dashboard; nobody else learns or does anything. And a staff chat that is gone is seen.

use domain::{
    Money, StaffId,
    moment::MINUTE,
    refund::RefundStatus,
    role::{Actor, Role},
};
use sea_orm::{ConnectionTrait, Database};
use server::{
    payments::Payment,
    refunds::{self, NewRefund, Refund},
    shop::{self, Rules},
    staff::telegram,
};

use crate::{
    buyer::TOKEN,
    chat::{ANI, Chat, KATE, buttons},
    on_both,
    person::{Person, member},
    stage::Stage,
};

on_both!(
    an_account_is_bound_once_by_a_code_of_the_account_page,
    orders_are_looked_up_by_the_shops_people_and_nobody_else,
    a_refund_is_approved_in_the_chat_by_the_rules_of_the_dashboard,
    a_staff_chat_that_is_gone_is_seen_and_bound_anew,
    a_group_that_telegram_moves_is_followed,
);

const GROUP: i64 = -500;
const BORIS: i64 = 7_001;
const CLARA: i64 = 7_002;

async fn sql(stage: &Stage, sql: &str) {
    Database::connect(&stage.database_url).await.unwrap().execute_unprepared(sql).await.unwrap();
}

/// A member whose Telegram account is this person's.
async fn known(chat: &Chat, person: i64, role: Role) -> StaffId {
    let stage = &chat.stage;
    let id = member(stage, &stage.merchant, &format!("p{person}@shop.am"), role).await;
    let actor = Actor::Staff { id: id.clone(), role };
    let code = telegram::invite(&stage.services, &actor, &stage.merchant).await.unwrap();
    chat.says(person, &format!("/start me_{code}"));
    let who = async || telegram::who(&stage.services.db, &stage.merchant, person).await.unwrap();
    stage.until("the account is known", || async { who().await.is_some_and(|member| member.id == id) }).await;
    id
}

/// The group is the staff's chat.
async fn group(chat: &Chat) {
    let stage = &chat.stage;
    stage.telegram.open_chat(TOKEN, GROUP);
    let before = chat.count(GROUP, "alerts come to this chat");
    let word = shop::invite_to_staff_chat(&stage.services, &stage.owner(), &stage.merchant).await.unwrap();
    stage.telegram.send_text_in(TOKEN, GROUP, KATE, &format!("/start staff_{word}"));
    let said = || async { chat.count(GROUP, "alerts come to this chat") > before };
    stage.until("the group is the staff's chat", said).await;
}

fn last_toast(stage: &Stage) -> String {
    let calls = stage.telegram.calls();
    let toast = calls.iter().rev().find(|(method, _)| method == "AnswerCallbackQuery");
    toast.and_then(|(_, body)| Some(body.get("text")?.as_str()?.to_owned())).unwrap_or_default()
}

async fn an_account_is_bound_once_by_a_code_of_the_account_page(stage: Stage) {
    stage.open_dashboard();
    let chat = Chat::open(stage).await;
    let stage = &chat.stage;
    let id = member(stage, &stage.merchant, "boris@shop.am", Role::Manager).await;
    let boris = Person::signed_in(stage, "boris@shop.am", crate::person::PASSWORD).await;
    let made = boris.post("/account/telegram", &[]).await;
    let code = made.body.split("me_").nth(1).unwrap().chars().take_while(char::is_ascii_alphanumeric);
    let code: String = code.collect();
    assert_eq!(code.len(), 20, "{}", made.body);
    // Said too late, or by the bot's word for another thing, it opens nothing.
    chat.says(KATE, "/start me_0123456789abcdefghjk");
    chat.hears(KATE, "not valid any more").await;
    chat.says(BORIS, &format!("/start me_{code}"));
    chat.hears(BORIS, "manager, this Telegram account is now yours").await;
    chat.says(ANI, &format!("/start me_{code}"));
    chat.hears(ANI, "այլևս չի գործում").await;
    let who = async |person: i64| {
        let found = telegram::who(&stage.services.db, &stage.merchant, person).await.unwrap();
        found.map(|member| member.id)
    };
    assert_eq!((who(BORIS).await, who(ANI).await, who(KATE).await), (Some(id.clone()), None, None));
    assert!(boris.get("/account").await.body.contains("Connected: "));
    let stranger = stage.another_merchant().await;
    assert!(telegram::who(&stage.services.db, &stranger, BORIS).await.unwrap().is_none());
    // A code grows old.
    let actor = Actor::Staff { id: id.clone(), role: Role::Manager };
    let old = telegram::invite(&stage.services, &actor, &stage.merchant).await.unwrap();
    stage.clock.advance(15 * MINUTE);
    let bound = telegram::bind(&stage.services, &stage.merchant, CLARA, "@clara", &old).await.unwrap();
    assert!(bound.is_none());
    // Another member with the same account takes it over; the account is one member's.
    let other = known(&chat, BORIS, Role::Support).await;
    assert_eq!(who(BORIS).await, Some(other.clone()));
    let logged = "SELECT COUNT(*) FROM audit_log WHERE action = 'telegram_bound'";
    assert_eq!(stage.count(logged).await, 2);
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'telegram_released'").await, 1);
    // Who owes a second step does nothing by their account either.
    shop::require_two_factor(&stage.services, &stage.owner(), &stage.merchant, true).await.unwrap();
    assert_eq!(who(BORIS).await, None);
    shop::require_two_factor(&stage.services, &stage.owner(), &stage.merchant, false).await.unwrap();
    assert_eq!(who(BORIS).await, Some(other.clone()));
    // Released, and shut out.
    let support = Actor::Staff { id: other.clone(), role: Role::Support };
    telegram::unbind(&stage.services, &support, &stage.merchant).await.unwrap();
    assert_eq!(who(BORIS).await, None);
    known(&chat, CLARA, Role::Owner).await;
    sql(stage, "UPDATE staff SET disabled_at = 1").await;
    assert_eq!(who(CLARA).await, None);
    let customer = telegram::invite(&stage.services, &stage.owner(), &stage.merchant).await;
    assert!(customer.is_err(), "a key of the API has no Telegram");
}

async fn orders_are_looked_up_by_the_shops_people_and_nobody_else(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    chat.orders_coffee(ANI).await;
    known(&chat, BORIS, Role::Support).await;
    group(&chat).await;
    let ask = |person: i64, text: &str| chat.stage.telegram.send_text_in(TOKEN, GROUP, person, text);
    ask(BORIS, "/order@test_bot 1001");
    let told = chat.hears(GROUP, "No. 1001").await;
    for part in ["5 000", "Awaiting payment", "Անի", "Սուրճ × 1", "/orders/ord_"] {
        assert!(told.text.replace(['\u{a0}', '\u{202f}'], " ").contains(part), "{part}: {}", told.text);
    }
    ask(BORIS, "/order 9");
    chat.hears(GROUP, "Nothing was found").await;
    ask(BORIS, "/order");
    chat.hears(GROUP, "Write the number").await;
    // In one's own chat too, by whatever the search knows.
    chat.says(BORIS, "/find Անի");
    chat.hears(BORIS, "No. 1001").await;
    chat.says(BORIS, "/find");
    chat.hears(BORIS, "Write whom to look for").await;
    // A stranger in the group is told so; in his own chat he is a customer.
    let before = chat.count(GROUP, "1001");
    ask(KATE, "/find Անի");
    chat.hears(GROUP, "Only people of the shop").await;
    chat.says(KATE, "/order 1001");
    chat.first(KATE, |message| message.from_bot && !message.text.is_empty()).await;
    assert_eq!((chat.count(GROUP, "1001"), chat.count(KATE, "1001")), (before, 0));
    // Nothing but these is heard in a group, and in no other group even these.
    let heard = chat.stage.telegram.messages(TOKEN, GROUP).iter().filter(|m| m.from_bot).count();
    ask(BORIS, "/catalog");
    ask(BORIS, "good morning");
    chat.stage.telegram.open_chat(TOKEN, GROUP - 1);
    chat.stage.telegram.send_text_in(TOKEN, GROUP - 1, BORIS, "/find Անի");
    ask(BORIS, "/order 10");
    chat.stage.until("the last is answered", || async { chat.count(GROUP, "Nothing was found") == 2 }).await;
    let said = chat.stage.telegram.messages(TOKEN, GROUP).iter().filter(|m| m.from_bot).count();
    assert_eq!((said, chat.count(GROUP - 1, "")), (heard + 1, 0));
}

async fn asked(stage: &Stage, actor: &Actor, payment: &Payment) -> Refund {
    let new = NewRefund {
        payment: payment.id.clone(),
        amount: Some(Money::amd(300_000)),
        lines: Vec::new(),
        reason: "cold".to_owned(),
        made_by: None,
    };
    refunds::ask(&stage.services, actor, &stage.merchant, new).await.unwrap()
}

async fn a_refund_is_approved_in_the_chat_by_the_rules_of_the_dashboard(stage: Stage) {
    let payment = stage.paid().await;
    let chat = Chat::open(stage).await;
    let stage = &chat.stage;
    let pair = Rules { refund_alone_minor: 0, refund_pair_minor: Some(0), stuck_minutes: 10 };
    shop::set_rules(&stage.services, &stage.owner(), &stage.merchant, pair).await.unwrap();
    group(&chat).await;
    let manager = known(&chat, BORIS, Role::Manager).await;
    known(&chat, CLARA, Role::Support).await;
    let refund = asked(stage, &Actor::Staff { id: manager, role: Role::Manager }, &payment).await;
    let message = chat.with_data(GROUP, "f:").await;
    assert!(message.text.contains("/refunds"), "{}", message.text);
    let data = buttons(&message)[0]["callback_data"].as_str().unwrap().to_owned();
    let status = async || refunds::get(&stage.services.db, &stage.merchant, &refund.id).await.unwrap().status;
    // A stranger, one without the right, and who asked: each is told why, and nothing happens.
    for (person, why) in [(KATE, "Only people"), (CLARA, "Your role"), (BORIS, "somebody else")] {
        stage.telegram.press_in(TOKEN, GROUP, person, message.id, &data);
        stage.until(why, || async { last_toast(stage).contains(why) }).await;
        assert_eq!(status().await, RefundStatus::Requested, "{why}");
    }
    let owner = known(&chat, ANI, Role::Owner).await;
    stage.telegram.press_in(TOKEN, GROUP, ANI, message.id, &data);
    let closed = chat.first(GROUP, |own| own.id == message.id && own.text.contains("owner")).await;
    assert!(buttons(&closed).is_empty());
    stage.until("it goes on its way", || async { status().await == RefundStatus::Succeeded }).await;
    // Pressed once more it says so, and is done once.
    stage.telegram.press_in(TOKEN, GROUP, CLARA, message.id, &data);
    stage.until("who may not is still told", || async { last_toast(stage).contains("Your role") }).await;
    stage.telegram.press_in(TOKEN, GROUP, ANI, message.id, &data);
    stage.until("it is approved already", || async { last_toast(stage) == "Approved." }).await;
    let by = format!("SELECT COUNT(*) FROM audit_log WHERE action = 'refund_approved' AND actor LIKE '%{owner}%'");
    assert_eq!(stage.count(&by).await, 1);
    assert_eq!(stage.payment(&payment.id).await.refunded_minor, 300_000);
    stage.audit().await;
}

/// Something that staff are told of.
async fn alarm(stage: &Stage) {
    let payment = stage.begun().await;
    let mut event = stage.event(&format!("evt_{}", payment.id), &payment, "paid");
    event["data"]["amountMinor"] = 5_000.into();
    assert_eq!(stage.post_event(&event).await, 200);
}

async fn a_staff_chat_that_is_gone_is_seen_and_bound_anew(stage: Stage) {
    stage.open_dashboard();
    let chat = Chat::open(stage).await;
    let stage = &chat.stage;
    member(stage, &stage.merchant, "o@shop.am", Role::Owner).await;
    let owner = Person::signed_in(stage, "o@shop.am", crate::person::PASSWORD).await;
    let lost = "SELECT COUNT(*) FROM merchants WHERE staff_chat_id IS NULL AND staff_chat_lost_at IS NOT NULL";
    let seen = "nothing reaches the staff chat";
    group(&chat).await;
    assert!(!owner.get("/review").await.body.contains(seen));
    // The bot is sent away: known at once.
    stage.telegram.send_away(TOKEN, GROUP);
    stage.until("the chat is known as lost", || async { stage.count(lost).await == 1 }).await;
    for page in ["/review", "/settings/notifications"] {
        assert!(owner.get(page).await.body.contains(seen), "{page}");
    }
    // What happens meanwhile is seen in the dashboard, and is no dead job.
    alarm(stage).await;
    stage
        .until("nothing is owed", || async {
            stage.count("SELECT COUNT(*) FROM jobs WHERE kind = 'tell_staff' AND state <> 'done'").await == 0
        })
        .await;
    // Let in again, and lost by what Telegram answers.
    stage.telegram.set_blocked(TOKEN, GROUP, false);
    group(&chat).await;
    assert_eq!(stage.count(lost).await, 0);
    let kicked = sandbox::telegram::Fault {
        method: "sendMessage".to_owned(),
        error_code: 403,
        description: "Forbidden: bot was kicked from the supergroup chat".to_owned(),
        retry_after: None,
        times: 1,
    };
    stage.telegram.fail(kicked);
    alarm(stage).await;
    stage.until("it is lost again", || async { stage.count(lost).await == 1 }).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'staff_chat_lost'").await, 2);
}

async fn a_group_that_telegram_moves_is_followed(stage: Stage) {
    let chat = Chat::open(stage).await;
    let stage = &chat.stage;
    group(&chat).await;
    stage.telegram.move_group(TOKEN, GROUP, -1_000_500);
    alarm(stage).await;
    chat.hears(-1_000_500, "⚠️").await;
    let there = "SELECT COUNT(*) FROM merchants WHERE staff_chat_id = -1000500";
    assert_eq!(stage.count(there).await, 1);
}
