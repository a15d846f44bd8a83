//! Clubs: who paid is let into the chat and nobody else, stays as long as was paid for, is reminded of the end and leaves
//! after it, once. Who is exempt or owns the chat stays.

use std::sync::Arc;

use domain::{
    BotId, ProductId,
    club::WinBack,
    link::LinkKind,
    moment::{DAY, HOUR, MINUTE, SECOND},
    role::Role,
};
use providers::telegram::Api;
use sandbox::{
    telegram::{Fault, Place, Rights},
    vpos::{Mischief, Status},
};
use server::{
    bots::{self, Arrived},
    clubs::{self, Membership, NewClub},
    jobs,
    links::{NewLink, What},
    orders::{Asked, Piece},
    payments::{self, Payment},
    refunds::{self, NewRefund},
};
use tokio::task::JoinSet;

use crate::{
    buyer::{self, TOKEN, heard},
    on_both,
    person::{PASSWORD, Person, member},
    stage::Stage,
};

on_both!(
    who_paid_is_let_in_and_a_stranger_is_not,
    the_end_is_told_twice_and_then_kept,
    who_pays_again_is_exempt_or_owns_the_chat_stays,
    sixty_four_purchases_at_once_are_all_counted,
    what_telegram_refuses_is_done_later_or_told,
    a_club_says_what_the_bot_lacks,
    a_club_that_sends_the_bot_away_is_seen_at_once,
    who_left_is_asked_back_so_often_and_measured,
    nobody_who_paid_or_wants_silence_is_asked_back,
    staff_end_a_membership_before_its_time,
    who_got_the_money_back_is_seen_in_the_club,
);

const ANI: i64 = 7;
const STRANGER: i64 = 8;
const OWNER: i64 = 999;
const CHAT: i64 = -1_001_000_000_001;

/// A product that lets into a chat for thirty days, with two days of grace.
async fn club(stage: &Stage) -> (BotId, ProductId) {
    let bot = buyer::bot(stage).await;
    stage.telegram.add_group(CHAT, "Potters", OWNER);
    stage.telegram.set_rights(CHAT, TOKEN, Some(Rights::ALL));
    let product = stage.product(450_000, None).await;
    let new =
        NewClub { chat: CHAT.to_string(), days: Some(30), grace_days: 2, back: WinBack { after_days: 7, at_most: 0 } };
    clubs::connect(&stage.services, &stage.owner(), &stage.merchant, &product, new).await.unwrap();
    (bot, product)
}

async fn ordered(stage: &Stage, bot: &BotId, person: i64, product: &ProductId) -> Payment {
    let cause = format!("{person}:{}", stage.clock.id::<domain::OrderId>());
    let asked = vec![Asked::Product(Piece::one(product.clone()))];
    let placed = buyer::orders(stage, bot, person, asked, cause).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    paid(stage, &stage.payment(&payment).await).await
}

async fn paid(stage: &Stage, payment: &Payment) -> Payment {
    let quietly = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, quietly));
    payments::check(&stage.services, &stage.owner(), &stage.merchant, &payment.id).await.unwrap()
}

async fn worked(stage: &Stage) {
    bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
}

async fn later(stage: &Stage, by: i64) {
    stage.clock.advance(by);
    worked(stage).await;
}

/// What waits at Telegram for the bot is brought and answered.
async fn answered(stage: &Stage) {
    let bot = bots::active(&stage.services).await.unwrap().remove(0);
    let updates = Api::new(&stage.services.telegram_api_url).updates(TOKEN, bot.next_update_id).await.unwrap();
    let arrived = updates.into_iter().map(|update| Arrived {
        update_id: update["update_id"].as_i64().unwrap(),
        chat_id: None,
        body: update.to_string(),
    });
    assert!(stage.services.updates.keep_polled(&bot, arrived.collect()).await);
    worked(stage).await;
}

/// The last invitation that a person was sent.
fn invitation(stage: &Stage, person: i64) -> String {
    let messages = stage.telegram.messages(TOKEN, person);
    let urls = messages.iter().rev().filter_map(|message| message.keyboard.as_ref());
    let mut urls = urls.filter_map(|keys| keys["inline_keyboard"][0][0]["url"].as_str());
    urls.find(|url| url.starts_with("https://t.me/+")).unwrap().to_owned()
}

async fn joined(stage: &Stage, person: i64) {
    stage.telegram.ask_to_join(&invitation(stage, person), person);
    answered(stage).await;
    assert_eq!(stage.telegram.place(CHAT, person), Some(Place::Member));
}

async fn only(stage: &Stage) -> Membership {
    let now = stage.clock.now();
    let all = clubs::members(&stage.services.db, &stage.merchant, &clubs::Filter::default(), now, 10).await.unwrap();
    assert_eq!(all.len(), 1);
    all.into_iter().next().unwrap()
}

async fn who_paid_is_let_in_and_a_stranger_is_not(stage: Stage) {
    let (bot, product) = club(&stage).await;
    let payment = ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    assert_eq!(heard(&stage, ANI, "ask to join"), 1);
    let link = invitation(&stage, ANI);
    let calls = stage.telegram.calls();
    let made = calls.iter().find(|(method, _)| method == "createChatInviteLink").unwrap();
    assert!(made.1["creates_join_request"] == true && made.1["name"] == "№ 1" || made.1["name"].is_string());
    assert_eq!(stage.telegram.place(CHAT, ANI), None, "an invitation opens nothing by itself");
    for person in [STRANGER, ANI] {
        stage.telegram.ask_to_join(&link, person);
        assert!(stage.telegram.is_asking(CHAT, person));
    }
    answered(&stage).await;
    assert!(!stage.telegram.is_asking(CHAT, STRANGER), "the stranger was answered");
    assert_eq!(stage.telegram.place(CHAT, STRANGER), None);
    assert_eq!(stage.telegram.place(CHAT, ANI), Some(Place::Member));
    let membership = only(&stage).await;
    assert!(membership.joined_at.is_some() && membership.until_at == Some(membership.from_at.plus(30 * DAY)));
    // Delivered a second time nothing is longer, and asked for again the way in comes again.
    let again = server::fulfilment::for_customer(&stage.services, &stage.merchant, &payment.order_id).await;
    assert!(again.unwrap());
    worked(&stage).await;
    assert_eq!((heard(&stage, ANI, "You are in the club"), only(&stage).await.until_at), (1, membership.until_at));
    let other = stage.another_merchant().await;
    let theirs = clubs::member(&stage.services.db, &other, &membership.id).await;
    assert!(theirs.is_err(), "another shop does not see it");
    // Who pays on a page is not known in Telegram: people are told.
    let link = stage.link(|new| *new = NewLink::of(LinkKind::Dynamic, What::Product(product.clone()))).await;
    let outside = stage.press_pay(&link, "1").await.unwrap();
    paid(&stage, &stage.payment(&outside).await).await;
    worked(&stage).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE once_key LIKE 'alert:%:club:ord_%'").await, 1);
    stage.audit().await;
}

async fn the_end_is_told_twice_and_then_kept(stage: Stage) {
    let (bot, product) = club(&stage).await;
    server::alerts::start_watching(&stage.services).await.unwrap();
    ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    joined(&stage, ANI).await;
    let told = |part: &str| heard(&stage, ANI, part);
    for (days, reminders, gone) in
        [(26, 0, false), (1, 1, false), (1, 1, false), (1, 2, false), (2, 2, false), (1, 2, true)]
    {
        later(&stage, days * DAY).await;
        later(&stage, 2 * MINUTE).await;
        later(&stage, 2 * MINUTE).await;
        assert_eq!(told("ends <b>") + told("ends "), reminders, "reminders");
        assert_eq!(stage.telegram.place(CHAT, ANI).is_none(), gone);
        assert_eq!(told("has ended"), usize::from(gone));
    }
    let membership = only(&stage).await;
    assert!(membership.ended_at.is_some());
    // The old invitation is of no use any more; a new purchase is.
    stage.telegram.ask_to_join(&invitation(&stage, ANI), ANI);
    answered(&stage).await;
    assert_eq!(stage.telegram.place(CHAT, ANI), None);
    ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    joined(&stage, ANI).await;
    let again = only(&stage).await;
    assert_eq!(again.until_at, Some(stage.clock.now().plus(30 * DAY)), "from now, not from the old end");
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE kind = 'leave_club'").await, 1, "removed once");
}

async fn who_pays_again_is_exempt_or_owns_the_chat_stays(stage: Stage) {
    let (bot, product) = club(&stage).await;
    server::alerts::start_watching(&stage.services).await.unwrap();
    for person in [ANI, STRANGER, OWNER] {
        ordered(&stage, &bot, person, &product).await;
    }
    worked(&stage).await;
    joined(&stage, ANI).await;
    joined(&stage, STRANGER).await;
    later(&stage, 20 * DAY).await;
    let first = stage.count("SELECT until_at FROM memberships WHERE telegram_user_id = 7").await;
    ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    let second = stage.count("SELECT until_at FROM memberships WHERE telegram_user_id = 7").await;
    assert_eq!(second, first + 30 * DAY, "from the old end, which is ahead");
    stage.open_dashboard();
    member(&stage, &stage.merchant, "support@shop.am", Role::Support).await;
    let support = Person::signed_in(&stage, "support@shop.am", PASSWORD).await;
    let id = stage.text("SELECT id FROM memberships WHERE telegram_user_id = 8").await;
    assert_eq!(support.post(&format!("/members/{id}/exempt"), &[("reason", " ")]).await.status, 422);
    assert!(support.post(&format!("/members/{id}/exempt"), &[("reason", "our potter")]).await.done());
    assert!(support.get("/members?shelf=exempt").await.body.contains("our potter"));
    later(&stage, 15 * DAY).await;
    later(&stage, 2 * MINUTE).await;
    for (person, place) in [(ANI, Place::Member), (STRANGER, Place::Member), (OWNER, Place::Owner)] {
        assert_eq!(stage.telegram.place(CHAT, person), Some(place), "{person}");
    }
    assert_eq!((heard(&stage, STRANGER, "has ended"), heard(&stage, STRANGER, " ends ")), (0, 0));
    // A session of two weeks ago is over.
    let support = Person::signed_in(&stage, "support@shop.am", PASSWORD).await;
    assert!(support.post(&format!("/members/{id}/unexempt"), &[]).await.done());
    later(&stage, 2 * MINUTE).await;
    later(&stage, 2 * MINUTE).await;
    assert_eq!(stage.telegram.place(CHAT, STRANGER), None, "its time was over long ago");
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'member_exempted'").await, 2);
}

async fn sixty_four_purchases_at_once_are_all_counted(stage: Stage) {
    let (bot, product) = club(&stage).await;
    let begun = stage.clock.now();
    for _ in 0..64 {
        ordered(&stage, &bot, ANI, &product).await;
    }
    let mut all = JoinSet::new();
    for _ in 0..6 {
        let workers = Arc::new(bot::jobs(stage.workers(), stage.services.clone()));
        all.spawn(async move { jobs::Workers::drain(&workers).await.unwrap() });
    }
    all.join_all().await;
    worked(&stage).await;
    assert_eq!(only(&stage).await.until_at, Some(begun.plus(64 * 30 * DAY)));
    assert_eq!(stage.count("SELECT COUNT(*) FROM membership_terms").await, 64);
    stage.audit().await;
}

fn fault(method: &str, error_code: u16, description: &str) -> Fault {
    let (method, description) = (method.to_owned(), description.to_owned());
    Fault { method, error_code, description, retry_after: (error_code == 429).then_some(7), times: 1 }
}

async fn what_telegram_refuses_is_done_later_or_told(stage: Stage) {
    let (bot, product) = club(&stage).await;
    server::alerts::start_watching(&stage.services).await.unwrap();
    stage.telegram.fail(fault("createChatInviteLink", 429, "Too Many Requests: retry after 7"));
    stage.telegram.fail(fault("createChatInviteLink", 502, "Bad Gateway"));
    ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    assert_eq!(heard(&stage, ANI, "ask to join"), 0);
    later(&stage, 8 * SECOND).await;
    later(&stage, HOUR).await;
    assert_eq!(heard(&stage, ANI, "ask to join"), 1, "later, and once");
    stage.telegram.fail(fault("approveChatJoinRequest", 500, "Internal Server Error"));
    stage.telegram.ask_to_join(&invitation(&stage, ANI), ANI);
    answered(&stage).await;
    assert_eq!(stage.telegram.place(CHAT, ANI), None);
    later(&stage, HOUR).await;
    assert_eq!(stage.telegram.place(CHAT, ANI), Some(Place::Member));
    // The bot is thrown out of the chat: within a day staff hear of it, once.
    stage.telegram.set_rights(CHAT, TOKEN, None);
    for _ in 0..3 {
        later(&stage, DAY).await;
        later(&stage, 2 * MINUTE).await;
    }
    let told = "SELECT COUNT(*) FROM jobs WHERE once_key LIKE 'alert:%:club_rights:%'";
    assert_eq!(stage.count(told).await, 1);
    ordered(&stage, &bot, STRANGER, &product).await;
    worked(&stage).await;
    let dead = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state = 'dead'";
    assert_eq!(stage.count(dead).await, 1, "what cannot be done is given up, and seen");
    // It is let in again: a press of a button does what was owed.
    stage.telegram.set_rights(CHAT, TOKEN, Some(Rights::ALL));
    server::jobs::retry(&stage.services, &stage.owner(), &stage.merchant, None).await.unwrap();
    worked(&stage).await;
    assert_eq!(heard(&stage, STRANGER, "ask to join"), 1);
}

/// The bot is sent away from the club: people know at once, not tomorrow.
async fn a_club_that_sends_the_bot_away_is_seen_at_once(stage: Stage) {
    let (_, product) = club(&stage).await;
    let mut stage = stage;
    stage.work_with_bot();
    stage.telegram.send_away(TOKEN, CHAT);
    let trouble = format!("SELECT COUNT(*) FROM clubs WHERE product_id = '{product}' AND trouble = 'not_there'");
    stage.until("it is noted", || async { stage.count(&trouble).await == 1 }).await;
    let told = "SELECT COUNT(*) FROM jobs WHERE once_key LIKE 'alert:%:club_rights:%'";
    assert_eq!(stage.count(told).await, 1);
    stage.open_dashboard();
    member(&stage, &stage.merchant, "manager@shop.am", Role::Manager).await;
    let person = Person::signed_in(&stage, "manager@shop.am", PASSWORD).await;
    assert!(person.get(&format!("/products/{product}/club")).await.body.contains("not in this chat"));
}

async fn a_club_says_what_the_bot_lacks(stage: Stage) {
    let (_, product) = club(&stage).await;
    stage.open_dashboard();
    member(&stage, &stage.merchant, "manager@shop.am", Role::Manager).await;
    let person = Person::signed_in(&stage, "manager@shop.am", PASSWORD).await;
    let page = format!("/products/{product}/club");
    assert!(person.get(&page).await.body.contains("The bot has every right it needs."));
    let without = |invite, restrict| Some(Rights { admin: true, invite, restrict });
    for (rights, words) in [
        (without(false, true), "may not invite"),
        (without(true, false), "may not remove"),
        (Some(Rights { admin: false, invite: false, restrict: false }), "not an administrator"),
        (None, "not in this chat"),
    ] {
        stage.telegram.set_rights(CHAT, TOKEN, rights);
        assert!(person.post(&format!("{page}/check"), &[]).await.done());
        let body = person.get(&page).await.body;
        assert!(body.contains(words), "{words}");
    }
    for (chat, days, grace) in [("-5", "30", "2"), (&*CHAT.to_string(), "0", "2"), (&*CHAT.to_string(), "30", "many")] {
        let form = [("chat", chat), ("days", days), ("grace_days", grace)];
        let refused = person.post(&page, &form).await;
        assert_eq!(refused.status, 422, "{chat} {days} {grace}");
        assert!(refused.body.contains(&format!("value=\"{grace}\"")), "what was typed stays");
    }
    assert!(person.post(&format!("{page}/remove"), &[]).await.done());
    assert_eq!(stage.count("SELECT COUNT(*) FROM clubs").await, 0);
}

/// The club as the shop sets it anew.
async fn asks_back(stage: &Stage, product: &ProductId, after_days: i64, at_most: i32) {
    let back = WinBack { after_days, at_most };
    let new = NewClub { chat: CHAT.to_string(), days: Some(30), grace_days: 2, back };
    clubs::connect(&stage.services, &stage.owner(), &stage.merchant, product, new).await.unwrap();
}

/// A day after another, with the watch once in each.
async fn days(stage: &Stage, days: i64) {
    for _ in 0..days {
        later(stage, DAY).await;
    }
}

async fn won_back(stage: &Stage) -> (i64, i64) {
    let since = stage.clock.now().plus(-90 * DAY);
    let won = clubs::won_back(&stage.services, &stage.merchant, since).await.unwrap();
    (won.asked, won.paid)
}

async fn who_left_is_asked_back_so_often_and_measured(stage: Stage) {
    let (bot, product) = club(&stage).await;
    server::alerts::start_watching(&stage.services).await.unwrap();
    ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    days(&stage, 45).await;
    assert!(only(&stage).await.ended_at.is_some());
    assert_eq!(heard(&stage, ANI, "misses you"), 0, "never, unless the shop says so");
    asks_back(&stage, &product, 7, 2).await;
    days(&stage, 1).await;
    assert_eq!((heard(&stage, ANI, "misses you"), won_back(&stage).await), (1, (1, 0)));
    days(&stage, 5).await;
    assert_eq!(heard(&stage, ANI, "misses you"), 1);
    days(&stage, 20).await;
    assert_eq!(heard(&stage, ANI, "misses you"), 2, "and no more of this end");
    ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    assert_eq!(won_back(&stage).await, (1, 1));
    let member = only(&stage).await;
    assert_eq!((member.ended_at, member.asked_back), (None, 0));
    // The next end is one of its own.
    days(&stage, 42).await;
    assert_eq!(heard(&stage, ANI, "misses you"), 3);
    stage.audit().await;
}

async fn nobody_who_paid_or_wants_silence_is_asked_back(stage: Stage) {
    let (bot, product) = club(&stage).await;
    server::alerts::start_watching(&stage.services).await.unwrap();
    asks_back(&stage, &product, 7, 3).await;
    for person in [ANI, STRANGER, OWNER] {
        ordered(&stage, &bot, person, &product).await;
    }
    worked(&stage).await;
    let (services, merchant) = (&stage.services, &stage.merchant);
    server::customers::set_reminders(services, merchant, ANI, false).await.unwrap();
    server::customers::set_blocked(services, merchant, STRANGER, true).await.unwrap();
    days(&stage, 36).await;
    ordered(&stage, &bot, OWNER, &product).await;
    days(&stage, 20).await;
    for person in [ANI, STRANGER, OWNER] {
        assert_eq!(heard(&stage, person, "misses you"), 0, "{person}");
    }
    let support = domain::role::Actor::Staff { id: stage.clock.id(), role: Role::Support };
    let back = WinBack { after_days: 0, at_most: 1 };
    let new = || NewClub { chat: CHAT.to_string(), days: Some(30), grace_days: 2, back };
    assert!(clubs::connect(services, &support, merchant, &product, new()).await.is_err());
    assert!(clubs::connect(services, &stage.owner(), merchant, &product, new()).await.is_err(), "a day at least");
}

async fn staff_end_a_membership_before_its_time(stage: Stage) {
    let (bot, product) = club(&stage).await;
    server::alerts::start_watching(&stage.services).await.unwrap();
    asks_back(&stage, &product, 1, 3).await;
    ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    joined(&stage, ANI).await;
    stage.open_dashboard();
    member(&stage, &stage.merchant, "support@shop.am", Role::Support).await;
    let support = Person::signed_in(&stage, "support@shop.am", PASSWORD).await;
    let page = format!("/members/{}", only(&stage).await.id);
    let of_customer = format!("/customers/{}", only(&stage).await.customer_id);
    assert!(support.get(&of_customer).await.body.contains(&format!("{page}/end")));
    assert!(support.post(&format!("{page}/exempt"), &[("reason", "our potter")]).await.done());
    let refused = support.post(&format!("{page}/end"), &[("reason", " ")]).await;
    assert_eq!((refused.status, only(&stage).await.ended_at), (422, None), "not without a reason");
    for _ in 0..2 {
        assert!(support.post(&format!("{page}/end"), &[("reason", "rude in the chat")]).await.done());
    }
    worked(&stage).await;
    assert_eq!(stage.telegram.place(CHAT, ANI), None, "exempt or not");
    assert_eq!(heard(&stage, ANI, "has ended"), 1, "told once");
    assert!(!support.get(&of_customer).await.body.contains(&format!("{page}/end")), "nothing is left to end");
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'membership_ended'").await, 1);
    stage.telegram.ask_to_join(&invitation(&stage, ANI), ANI);
    answered(&stage).await;
    assert_eq!(stage.telegram.place(CHAT, ANI), None, "the old invitation opens nothing");
    days(&stage, 10).await;
    assert_eq!(heard(&stage, ANI, "misses you"), 0, "the shop does not ask back whom it sent away");
    // Who pays again is a member again, from then on.
    ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    joined(&stage, ANI).await;
    assert_eq!(only(&stage).await.until_at, Some(stage.clock.now().plus(30 * DAY)));
    stage.audit().await;
}

async fn who_got_the_money_back_is_seen_in_the_club(stage: Stage) {
    let (bot, product) = club(&stage).await;
    let payment = ordered(&stage, &bot, ANI, &product).await;
    worked(&stage).await;
    joined(&stage, ANI).await;
    stage.open_dashboard();
    member(&stage, &stage.merchant, "manager@shop.am", Role::Manager).await;
    let manager = Person::signed_in(&stage, "manager@shop.am", PASSWORD).await;
    let (story, goes_on) = (format!("/payments/{}", payment.id), "but the membership of “Potters” goes on");
    assert!(!manager.get(&story).await.body.contains(goes_on), "paid for");
    let back =
        NewRefund { payment: payment.id, amount: None, lines: Vec::new(), reason: "Moved away".into(), made_by: None };
    refunds::ask(&stage.services, &stage.owner(), &stage.merchant, back).await.unwrap();
    worked(&stage).await;
    assert!(manager.get(&story).await.body.contains(goes_on), "and people decide");
    let end = format!("/members/{}/end", only(&stage).await.id);
    let ended = manager.post(&end, &[("reason", "money back"), ("back", &story)]).await;
    assert!(ended.done() && ended.to == story);
    worked(&stage).await;
    assert_eq!(stage.telegram.place(CHAT, ANI), None);
    assert!(!manager.get(&story).await.body.contains(goes_on));
    stage.audit().await;
}
