//! The dialogue: from what a person did to what the bot shows.
//!
//! Handling the same update twice is harmless: where it has brought the chat further that is known, an order is made by the
//! nonce of its summary, and otherwise a screen is shown again.

use domain::{Lang, Localized, Money, ProductId, link, sending::Class};
use providers::telegram::{Api, Sending};
use server::{
    bots::{self, Bot, Conversation, HandleUpdate},
    catalog::{self, Price},
    customers::{self, Customer},
    failure::{Failure, Outcome, Refusal},
    jobs::{Job, JobEnd},
    links, miniapp,
    services::Services,
    shop::{self, Merchant},
};

use crate::{
    asking, booking, cart,
    checkout::{confirm, keep, method, of_cart},
    choose::{buy, card, catalog_screen, category, chosen, put, typed, variant},
    club, code, crew,
    event::{self, Act, Event, Thing},
    handing,
    ordered::{again, check, give_up, orders_screen, receive},
    screens::{self, Screen},
    speak::{Place, Unsent, Voice, weigh},
    state::{State, VERSION},
    support,
    tap::Tap,
    tell,
    texts::texts,
};

/// The job: one stored update.
pub(crate) async fn run(services: Services, api: Api, job: Job) -> JobEnd {
    let payload: HandleUpdate = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    match handle(&services, &api, &payload).await {
        Ok(end) => end,
        Err(Failure::Refused(refusal)) => JobEnd::GiveUp(refusal.into()),
        Err(Failure::Internal(error)) => JobEnd::Retry(error),
    }
}

/// One chat, its customer and where it stands.
pub(crate) struct Talk<'a> {
    pub(crate) services: &'a Services,
    pub(crate) bot: &'a Bot,
    pub(crate) customer: Customer,
    pub(crate) chat_id: i64,
    pub(crate) lang: Lang,
    pub(crate) shop: Merchant,
    /// The languages that the shop speaks.
    pub(crate) offered: Vec<Lang>,
    pub(crate) state: State,
    /// As it is kept; `None` before the first word.
    kept: Option<Conversation>,
    /// What is handled now: a cause is named by it.
    pub(crate) update_id: i64,
}

/// What to show, and where the chat stands then.
pub(crate) struct Reply {
    pub(crate) screen: Option<Screen>,
    /// A short answer to the pressed button.
    pub(crate) toast: Option<String>,
    pub(crate) state: State,
}

impl Reply {
    pub(crate) fn show(screen: Screen) -> Self {
        Self { screen: Some(screen), toast: None, state: State::Start }
    }

    pub(crate) fn then(self, state: State) -> Self {
        Self { state, ..self }
    }

    pub(crate) fn toast(text: String, state: State) -> Self {
        Self { screen: None, toast: Some(text), state }
    }
}

async fn handle(services: &Services, api: &Api, payload: &HandleUpdate) -> Outcome<JobEnd> {
    let bot = bots::get(services, &payload.bot).await?;
    let stored = bots::update(services, &payload.bot, payload.update_id).await?;
    if let Some(request) = club::request(&stored.body) {
        return club::answer(services, &bot, &request).await;
    }
    let Some(event) = event::read(&stored.body) else { return Ok(JobEnd::Done) };
    if let Act::Blocked(blocked) = event.act {
        customers::set_blocked(services, &bot.merchant, event.person.telegram_user_id, blocked).await?;
        return Ok(JobEnd::Done);
    }
    if let Some(end) = crew::hear(services, api, &bot, &event).await? {
        return Ok(end);
    }
    let mut talk = meet(services, &bot, &event, payload.update_id).await?;
    if talk.kept.as_ref().is_some_and(|kept| kept.handled_update == Some(payload.update_id)) {
        return Ok(JobEnd::Done);
    }
    let mut reply = match answer(&mut talk, &event).await {
        Ok(reply) => reply,
        Err(Failure::Refused(refusal)) => Reply::show(screens::said(talk.lang, excuse(&refusal))),
        Err(failure) => return Err(failure),
    };
    if let Some(screen) = &mut reply.screen {
        cart::count_in(&talk, screen).await?;
    }
    let voice = Voice::new(services, api, &bot, event.chat_id, Class::Answer);
    let (place, query) = place_of(&event.act);
    if let Some(query) = query {
        voice.answer(query, reply.toast.as_deref()).await;
    }
    if let Some(screen) = reply.screen
        && let Err(error) = voice.show(screen, place).await
    {
        return Ok(failed(services, &bot, &event, &voice, &error).await);
    }
    save(&talk, reply.state).await?;
    Ok(JobEnd::Done)
}

/// Where the reply goes, and the button's press that is to be answered.
fn place_of(act: &Act) -> (Place, Option<&str>) {
    match act {
        // What is asked about stays to be read.
        Act::Tap { query, tap: Some(Tap::Ask(_) | Tap::News(_)), .. } => (Place::New, Some(query)),
        Act::Tap { query, message_id: Some(message_id), on_photo, .. } => {
            (Place::Instead { message_id: *message_id, on_photo: *on_photo }, Some(query))
        }
        Act::Tap { query, .. } => (Place::New, Some(query)),
        _ => (Place::New, None),
    }
}

/// A refusal of the services in words the bot has.
pub(crate) fn excuse(refusal: &Refusal) -> &'static str {
    match refusal.code {
        "cart_changed" => "cart_changed",
        "cart_full" => "cart_full",
        "amount_too_large" => "too_much",
        "sold_out" => "sold_out",
        "slot_taken" | "slot_required" => "slot_taken",
        "product_gone" | "variant_gone" | "variant_required" | "not_found" => "product_gone",
        // The shop asks something else by now.
        code if code.starts_with("answer_") => "stale_button",
        "handover_required" | "address_wrong" => "hand_changed",
        _ => "try_later",
    }
}

async fn failed(services: &Services, bot: &Bot, event: &Event, voice: &Voice, error: &Unsent) -> JobEnd {
    if weigh(error) == Sending::Gone {
        return customers::set_blocked(services, &bot.merchant, event.person.telegram_user_id, true).await.into();
    }
    tell::not_sent(services, voice, error)
}

async fn meet<'a>(services: &'a Services, bot: &'a Bot, event: &Event, update_id: i64) -> Outcome<Talk<'a>> {
    let conversation = bots::conversation(services, &bot.id, event.chat_id).await?;
    let customer = customers::greet(services, &bot.merchant, &event.person).await?;
    let chosen = conversation.as_ref().and_then(|c| c.language);
    let shop = shop::get(&services.db, &bot.merchant).await?;
    let offered = shop.offered();
    let mut wanted = [chosen, event.told_language, Some(customer.language)].into_iter().flatten();
    let lang = wanted.find(|lang| offered.contains(lang)).unwrap_or(shop.language);
    Ok(Talk {
        services,
        bot,
        lang,
        offered,
        state: conversation.as_ref().map(|c| State::load(c.version, &c.state)).unwrap_or_default(),
        kept: conversation,
        shop,
        customer,
        chat_id: event.chat_id,
        update_id,
    })
}

/// Who only looks around stays where they are, and nothing is written.
async fn save(talk: &Talk<'_>, state: State) -> Outcome<()> {
    let conversation = Conversation {
        bot_id: talk.bot.id.clone(),
        chat_id: talk.chat_id,
        merchant_id: talk.bot.merchant.clone(),
        language: Some(talk.lang),
        version: VERSION,
        state: state.store(),
        updated_at: talk.services.clock.now(),
        handled_update: Some(talk.update_id),
    };
    let same = |kept: &Conversation| {
        (kept.language, kept.version, &kept.state) == (conversation.language, conversation.version, &conversation.state)
    };
    if talk.kept.as_ref().is_some_and(same) {
        return Ok(());
    }
    talk.services.db.write(move |tx| async move { bots::save_conversation(&tx, conversation).await }).await
}

async fn answer(talk: &mut Talk<'_>, event: &Event) -> Outcome<Reply> {
    match &event.act {
        Act::Command { name, argument } => command(talk, name, argument).await,
        Act::Text(text) => match talk.state {
            State::Quantity { .. } | State::Sum { .. } | State::Question { .. } => typed(talk, text).await,
            State::Address { .. } => handing::typed(talk, text).await,
            State::Code { .. } => code::typed(talk, text).await,
            _ => to_people(talk, Thing::text(text)).await,
        },
        Act::Thing(thing) => match (&talk.state, &thing.phone) {
            // Telegram's contact is an answer too.
            (State::Question { .. }, Some(phone)) => typed(talk, phone).await,
            _ => to_people(talk, thing.clone()).await,
        },
        Act::Tap { tap: Some(tap), .. } => tapped(talk, tap).await,
        Act::Tap { tap: None, .. } => Ok(Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())),
        Act::Blocked(_) | Act::Removed(_) => Ok(not_understood(talk)),
    }
}

async fn to_people(talk: &Talk<'_>, thing: Thing) -> Outcome<Reply> {
    if support::listens(talk).await? { support::hand_over(talk, thing).await } else { Ok(not_understood(talk)) }
}

pub(crate) fn not_understood(talk: &Talk<'_>) -> Reply {
    Reply::show(screens::said(talk.lang, "unknown")).then(talk.state.clone())
}

async fn command(talk: &Talk<'_>, name: &str, argument: &str) -> Outcome<Reply> {
    match name {
        "start" if !argument.is_empty() => deep_link(talk, argument).await,
        "start" => Ok(welcome(talk)),
        "catalog" => catalog_screen(talk).await,
        "cart" => cart::show(talk).await,
        "orders" => orders_screen(talk).await,
        "ask" => support::ask(talk, None).await,
        "stop" => want_news(talk, false).await,
        "language" => Ok(Reply::show(screens::languages(talk.lang, &talk.offered))),
        "help" => Ok(help(talk)),
        _ => Ok(Reply::show(screens::said(talk.lang, "unknown"))),
    }
}

fn help(talk: &Talk<'_>) -> Reply {
    Reply::show(screens::help(talk.lang, &talk.shop.about, &talk.shop.open_hours()))
}

fn welcome(talk: &Talk<'_>) -> Reply {
    let app = miniapp::address(talk.services, &talk.bot.id, talk.lang);
    Reply::show(screens::welcome(talk.lang, &talk.shop.name, app))
}

/// `/start prd_…` opens a product, `/start l_CODE` a payment link, `/start staff_WORD` makes the chat the staff's.
async fn deep_link(talk: &Talk<'_>, payload: &str) -> Outcome<Reply> {
    if let Ok(id) = payload.parse::<ProductId>() {
        return match card(talk, &id).await? {
            Some(card) => Ok(Reply::show(card)),
            None => Ok(Reply::show(screens::said(talk.lang, "product_gone"))),
        };
    }
    if let Some(code) = payload.strip_prefix(event::STAFF) {
        let (services, bot) = (talk.services, talk.bot);
        let bound = shop::bind_staff_chat(services, &bot.merchant, &bot.id, talk.chat_id, code).await?;
        let said = if bound { "staff_chat_set" } else { "staff_chat_unknown" };
        let said = texts(talk.lang).get(said);
        // A group is no customer, and has no menu.
        return Ok(Reply::show(if talk.chat_id < 0 {
            Screen::text(said, Vec::new())
        } else {
            screens::said_words(talk.lang, said)
        }));
    }
    let link = match payload.strip_prefix("l_") {
        Some(code) => links::by_code(&talk.services.db, &talk.bot.merchant, code).await?,
        None => None,
    };
    let open = link.filter(|link| link::open(&link.state(), talk.services.clock.now()).is_ok());
    let Some(link) = open else { return Ok(Reply::show(screens::said(talk.lang, "link_not_available"))) };
    let (title, amount) = asked_by(talk, &link).await?;
    Ok(Reply::show(screens::pay_link(talk.lang, &title, amount, link.url(talk.services))))
}

/// What a link is for, and its sum where that is the same for everybody.
async fn asked_by(talk: &Talk<'_>, link: &links::Link) -> Outcome<(Localized, Option<Money>)> {
    if let Some(title) = &link.title {
        return Ok((Localized::same(title), link.amount()));
    }
    let own = link.product_id.iter().cloned().collect();
    let product = catalog::prices(&talk.services.db, &talk.bot.merchant, own).await?.into_values().next();
    let Some((product, price)) = product else { return Ok((Localized::default(), link.amount())) };
    let fixed = match price {
        Price::Fixed(minor) => Some(Money::new(minor, link.currency)),
        _ => None,
    };
    Ok((product.name, link.amount().or(fixed)))
}

async fn tapped(talk: &mut Talk<'_>, tap: &Tap) -> Outcome<Reply> {
    match tap {
        Tap::Menu => Ok(welcome(talk)),
        Tap::Catalog => catalog_screen(talk).await,
        Tap::Category { shelf, page } => category(talk, shelf, *page).await,
        Tap::Product(id) => match card(talk, id).await? {
            Some(card) => Ok(Reply::show(card)),
            None => Ok(Reply::toast(texts(talk.lang).get("product_gone"), State::Start)),
        },
        Tap::Buy(id) => buy(talk, id).await,
        Tap::Variant(id) => variant(talk, id).await,
        Tap::Answer { question, choice } => asking::pressed(talk, question, *choice).await,
        Tap::Day(day) => booking::day(talk, *day).await,
        Tap::Slot(id) => booking::time(talk, id).await,
        Tap::Quantity(_) | Tap::Sum(_) | Tap::OwnSum => chosen(talk, tap).await,
        Tap::Confirm(nonce) => confirm(talk, nonce).await,
        Tap::Put(id) => put(talk, id).await,
        Tap::Keep(nonce) => keep(talk, nonce).await,
        Tap::Cart => cart::show(talk).await,
        Tap::CartSet { line, quantity } => cart::set(talk, *line, *quantity).await,
        Tap::CartClear(version) => cart::clear(talk, *version).await,
        Tap::CheckOut => of_cart(talk).await,
        Tap::Hand(way) => handing::way(talk, *way).await,
        Tap::SameAddress => handing::same_address(talk).await,
        Tap::HandAgain => handing::again(talk).await,
        Tap::Method(account) => method(talk, account).await,
        Tap::Code(wanted) => code::wanted(talk, *wanted).await,
        Tap::GiveUp(order) => give_up(talk, order).await,
        Tap::Cancel => Ok(Reply::show(screens::said(talk.lang, "cancelled"))),
        Tap::Check(order) => check(talk, order).await,
        Tap::Again(order) => again(talk, order).await,
        Tap::Receive(order) => receive(talk, order).await,
        Tap::Orders => orders_screen(talk).await,
        Tap::Languages => Ok(Reply::show(screens::languages(talk.lang, &talk.offered))),
        Tap::Language(lang) => set_language(talk, *lang).await,
        Tap::Ask(order) => support::ask(talk, order.as_ref()).await,
        Tap::News(wanted) => want_news(talk, *wanted).await,
        Tap::Help => Ok(help(talk)),
        Tap::Approve(_) => Ok(Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())),
        Tap::Reminders(wanted) => {
            let user = talk.customer.telegram_user_id;
            customers::set_reminders(talk.services, &talk.bot.merchant, user, *wanted).await?;
            Ok(Reply::show(screens::reminders(talk.lang, *wanted)))
        }
    }
}

/// Broadcasts end for this customer, or begin again; what concerns orders is told all the same.
async fn want_news(talk: &Talk<'_>, wanted: bool) -> Outcome<Reply> {
    customers::set_ads_stopped(talk.services, &talk.bot.merchant, talk.customer.telegram_user_id, !wanted).await?;
    let screen = if wanted { screens::said(talk.lang, "news_again") } else { screens::news_stopped(talk.lang) };
    Ok(Reply::show(screen).then(talk.state.clone()))
}

async fn set_language(talk: &mut Talk<'_>, lang: Lang) -> Outcome<Reply> {
    let (merchant, user) = (talk.bot.merchant.clone(), talk.customer.telegram_user_id);
    let write =
        talk.services.db.write(move |tx| async move { customers::set_language(&tx, &merchant, user, lang).await });
    write.await?;
    talk.lang = lang;
    Ok(Reply::show(screens::said(lang, "language_set")))
}
