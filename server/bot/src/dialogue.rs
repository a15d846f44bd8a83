//! The dialogue: from what a person did to what the bot shows, and the orders that follow.
//!
//! Handling the same update twice is harmless: an order is made by the nonce of its summary, and screens are shown again.

use domain::{
    Lang, LinkId, Localized, OrderId, ProductId, limits, moment::MINUTE, payment::PaymentStatus, product::ProductKind,
};
use providers::telegram::{Api, Sending, weigh};
use server::{
    bots::{self, Bot, Conversation, HandleUpdate},
    catalog::{self, Product},
    customers::{self, Customer},
    failure::{Failure, Outcome, Refusal},
    jobs::{Job, JobEnd},
    links,
    orders::{self, Asked, Place as PlaceOrder, Whole},
    payments,
    services::Services,
    shop,
};

use crate::{
    booking::{self, Wanted},
    event::{self, Act, Event},
    screens::{self, Screen},
    speak::{Place, Voice},
    state::{State, VERSION},
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
    customer: Customer,
    chat_id: i64,
    pub(crate) lang: Lang,
    pub(crate) state: State,
}

/// What to show, and where the chat stands then.
pub(crate) struct Reply {
    screen: Option<Screen>,
    /// A short answer to the pressed button.
    toast: Option<String>,
    state: State,
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
    let Some(event) = event::read(&stored.body) else { return Ok(JobEnd::Done) };
    if let Act::Blocked(blocked) = event.act {
        customers::set_blocked(services, &bot.merchant, event.person.telegram_user_id, blocked).await?;
        return Ok(JobEnd::Done);
    }
    let mut talk = meet(services, &bot, &event).await?;
    let reply = match answer(&mut talk, &event).await {
        Ok(reply) => reply,
        Err(Failure::Refused(refusal)) => Reply::show(screens::said(talk.lang, excuse(&refusal))),
        Err(failure) => return Err(failure),
    };
    let voice = Voice::new(services, api, &bot, event.chat_id);
    let (place, query) = match &event.act {
        Act::Tap { query, message_id: Some(message_id), on_photo, .. } => {
            (Place::Instead { message_id: *message_id, on_photo: *on_photo }, Some(query))
        }
        Act::Tap { query, .. } => (Place::New, Some(query)),
        _ => (Place::New, None),
    };
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

/// A refusal of the services in words the bot has.
const fn excuse(refusal: &Refusal) -> &'static str {
    match refusal.code.as_bytes() {
        b"sold_out" => "sold_out",
        b"slot_taken" | b"slot_required" => "slot_taken",
        b"product_gone" | b"not_found" => "product_gone",
        _ => "try_later",
    }
}

async fn failed(
    services: &Services,
    bot: &Bot,
    event: &Event,
    voice: &Voice,
    error: &teloxide::RequestError,
) -> JobEnd {
    if weigh(error) == Sending::Gone {
        return customers::set_blocked(services, &bot.merchant, event.person.telegram_user_id, true).await.into();
    }
    tell::not_sent(services, voice, error)
}

async fn meet<'a>(services: &'a Services, bot: &'a Bot, event: &Event) -> Outcome<Talk<'a>> {
    let conversation = bots::conversation(services, &bot.id, event.chat_id).await?;
    let (own, merchant, person) = (services.clone(), bot.merchant.clone(), event.person.clone());
    let customer =
        services.db.write(move |tx| async move { customers::meet(&tx, &own, &merchant, &person).await }).await?;
    let chosen = conversation.as_ref().and_then(|c| c.language);
    Ok(Talk {
        services,
        bot,
        lang: chosen.or(event.told_language).unwrap_or(customer.language),
        state: conversation.map(|c| State::load(c.version, &c.state)).unwrap_or_default(),
        customer,
        chat_id: event.chat_id,
    })
}

async fn save(talk: &Talk<'_>, state: State) -> Outcome<()> {
    let conversation = Conversation {
        bot_id: talk.bot.id.clone(),
        chat_id: talk.chat_id,
        merchant_id: talk.bot.merchant.clone(),
        language: Some(talk.lang),
        version: VERSION,
        state: state.store(),
        updated_at: talk.services.clock.now(),
    };
    talk.services.db.write(move |tx| async move { bots::save_conversation(&tx, conversation).await }).await
}

async fn answer(talk: &mut Talk<'_>, event: &Event) -> Outcome<Reply> {
    match &event.act {
        Act::Command { name, argument } => command(talk, name, argument).await,
        Act::Text(text) => typed(talk, text).await,
        Act::Tap { tap: Some(tap), .. } => tapped(talk, tap).await,
        Act::Tap { tap: None, .. } => Ok(Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())),
        Act::Other | Act::Blocked(_) => Ok(Reply::show(screens::said(talk.lang, "unknown")).then(talk.state.clone())),
    }
}

async fn command(talk: &Talk<'_>, name: &str, argument: &str) -> Outcome<Reply> {
    match name {
        "start" if !argument.is_empty() => deep_link(talk, argument).await,
        "start" => welcome(talk).await,
        "catalog" => catalog_screen(talk).await,
        "orders" => orders_screen(talk).await,
        "language" => Ok(Reply::show(screens::languages(talk.lang))),
        "help" => Ok(Reply::show(screens::help(talk.lang))),
        _ => Ok(Reply::show(screens::said(talk.lang, "unknown"))),
    }
}

async fn welcome(talk: &Talk<'_>) -> Outcome<Reply> {
    let shop = shop::get(&talk.services.db, &talk.bot.merchant).await?;
    Ok(Reply::show(screens::welcome(talk.lang, &shop.name)))
}

/// `/start prd_…` opens a product, `/start l_CODE` a payment link, `/start staff_WORD` makes the chat the staff's.
async fn deep_link(talk: &Talk<'_>, payload: &str) -> Outcome<Reply> {
    if let Ok(id) = payload.parse::<ProductId>() {
        return match sold(talk, &id).await? {
            Some(product) => Ok(Reply::show(screens::product(talk.lang, &product))),
            None => Ok(Reply::show(screens::said(talk.lang, "product_gone"))),
        };
    }
    if let Some(code) = payload.strip_prefix(event::STAFF) {
        let (services, bot) = (talk.services, talk.bot);
        let bound = shop::bind_staff_chat(services, &bot.merchant, &bot.id, talk.chat_id, code).await?;
        let said = if bound { "staff_chat_set" } else { "staff_chat_unknown" };
        return Ok(Reply::show(screens::said(talk.lang, said)));
    }
    let link = match payload.strip_prefix("l_") {
        Some(code) => links::by_code(&talk.services.db, &talk.bot.merchant, code).await?,
        None => None,
    };
    let Some(link) = link else { return Ok(Reply::show(screens::said(talk.lang, "link_not_available"))) };
    let title = title_of(talk, &link).await?;
    Ok(Reply::show(screens::pay_link(talk.lang, &title, link.amount(), link.url(talk.services))))
}

async fn title_of(talk: &Talk<'_>, link: &links::Link) -> Outcome<Localized> {
    if let Some(title) = &link.title {
        return Ok(Localized::same(title));
    }
    let product = match &link.product_id {
        Some(id) => Some(catalog::get(&talk.services.db, &talk.bot.merchant, id).await?),
        None => None,
    };
    Ok(product.map(|product| product.name).unwrap_or_default())
}

/// The product, if it is on sale.
pub(crate) async fn sold(talk: &Talk<'_>, id: &ProductId) -> Outcome<Option<Product>> {
    match catalog::get(&talk.services.db, &talk.bot.merchant, id).await {
        Ok(product) => Ok(Some(product).filter(|product| product.visible)),
        Err(Failure::Refused(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn catalog_screen(talk: &Talk<'_>) -> Outcome<Reply> {
    let categories = catalog::categories(&talk.services.db, &talk.bot.merchant).await?;
    Ok(Reply::show(screens::catalog(talk.lang, &categories)))
}

async fn orders_screen(talk: &Talk<'_>) -> Outcome<Reply> {
    let filter = orders::Filter { customer: Some(talk.customer.id.clone()), ..orders::Filter::default() };
    let mine = orders::list(&talk.services.db, &talk.bot.merchant, &filter, 10).await?;
    let shop = shop::get(&talk.services.db, &talk.bot.merchant).await?;
    Ok(Reply::show(screens::orders(talk.lang, &mine, shop.utc_offset_minutes)))
}

async fn typed(talk: &Talk<'_>, text: &str) -> Outcome<Reply> {
    let (id, slot) = match &talk.state {
        State::Quantity { product, slot } => (product, slot.as_ref()),
        State::Sum { product } => (product, None),
        _ => return Ok(Reply::show(screens::said(talk.lang, "unknown")).then(talk.state.clone())),
    };
    let Some(wanted) = booking::wanted(talk, id, slot).await? else {
        return Ok(Reply::show(screens::said(talk.lang, "product_gone")));
    };
    if wanted.product.kind == ProductKind::Donation {
        let currency = domain::Currency::Amd;
        let sum = domain::Money::parse_major(text, currency).ok().map(|money| money.amount_minor);
        let terms = wanted.product.donation.as_ref();
        return match sum.filter(|sum| terms.is_some_and(|terms| terms.allows(*sum))) {
            Some(sum) => Ok(summary(talk, wanted, 1, Some(sum))),
            None => Ok(Reply::show(screens::ask_sum(talk.lang, &wanted.product)).then(talk.state.clone())),
        };
    }
    let max = wanted.most();
    match text.parse().ok().filter(|n| (1..=max).contains(n)) {
        Some(quantity) => Ok(summary(talk, wanted, quantity, None)),
        None => Ok(Reply::show(screens::quantity_invalid(talk.lang, &wanted.product, max)).then(talk.state.clone())),
    }
}

fn summary(talk: &Talk<'_>, wanted: Wanted, quantity: i64, sum_minor: Option<i64>) -> Reply {
    let nonce = talk.services.clock.code(10);
    let unit = sum_minor.or(wanted.product.price_minor).unwrap_or_default();
    let time = wanted.slot.as_ref().map(|slot| screens::time_words(talk.lang, slot.starts_at, wanted.offset_minutes));
    let screen = screens::summary(talk.lang, &wanted.product, time, quantity, unit, &nonce);
    let slot = wanted.slot.map(|slot| slot.id);
    Reply::show(screen).then(State::Summary { product: wanted.product.id, quantity, sum_minor, slot, nonce })
}

async fn tapped(talk: &mut Talk<'_>, tap: &Tap) -> Outcome<Reply> {
    match tap {
        Tap::Menu => welcome(talk).await,
        Tap::Catalog => catalog_screen(talk).await,
        Tap::Category { index, page } => category(talk, *index, *page).await,
        Tap::Product(id) => match sold(talk, id).await? {
            Some(product) => Ok(Reply::show(screens::product(talk.lang, &product))),
            None => Ok(Reply::toast(texts(talk.lang).get("product_gone"), State::Start)),
        },
        Tap::Buy(id) => buy(talk, id).await,
        Tap::Day(day) => booking::day(talk, *day).await,
        Tap::Slot(id) => booking::time(talk, id).await,
        Tap::Quantity(_) | Tap::Sum(_) | Tap::OwnSum => chosen(talk, tap).await,
        Tap::Confirm(nonce) => confirm(talk, nonce).await,
        Tap::Cancel => Ok(Reply::show(screens::said(talk.lang, "cancelled"))),
        Tap::Check(order) => check(talk, order).await,
        Tap::Again(order) => again(talk, order).await,
        Tap::Orders => orders_screen(talk).await,
        Tap::Languages => Ok(Reply::show(screens::languages(talk.lang))),
        Tap::Language(lang) => set_language(talk, *lang).await,
        Tap::Help => Ok(Reply::show(screens::help(talk.lang))),
    }
}

async fn category(talk: &Talk<'_>, index: usize, page: usize) -> Outcome<Reply> {
    let categories = catalog::categories(&talk.services.db, &talk.bot.merchant).await?;
    let Some(name) = categories.get(index) else { return catalog_screen(talk).await };
    let products = catalog::visible_in_category(&talk.services.db, &talk.bot.merchant, name).await?;
    Ok(Reply::show(screens::category(talk.lang, index, page, name, &products)))
}

async fn buy(talk: &Talk<'_>, id: &ProductId) -> Outcome<Reply> {
    let Some(wanted) = booking::wanted(talk, id, None).await? else {
        return Ok(Reply::toast(texts(talk.lang).get("product_gone"), State::Start));
    };
    if let Some(reply) = booking::days(talk, &wanted.product).await? {
        return Ok(reply);
    }
    Ok(match wanted.product.kind {
        ProductKind::Donation => {
            let screen = screens::donation(talk.lang, &wanted.product);
            Reply::show(screen).then(State::Sum { product: wanted.product.id })
        }
        _ => how_many(talk, wanted),
    })
}

/// The question where more than one can be had, else the summary.
pub(crate) fn how_many(talk: &Talk<'_>, wanted: Wanted) -> Reply {
    match wanted.most() {
        0 => Reply::toast(texts(talk.lang).get("sold_out"), State::Start),
        1 => summary(talk, wanted, 1, None),
        max => {
            let slot = wanted.slot.map(|slot| slot.id);
            Reply::show(screens::quantity(talk.lang, &wanted.product, max))
                .then(State::Quantity { product: wanted.product.id, slot })
        }
    }
}

/// A quantity or a sum from the buttons of the step the chat stands at.
async fn chosen(talk: &Talk<'_>, tap: &Tap) -> Outcome<Reply> {
    let stale = || Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone());
    let (id, slot) = match &talk.state {
        State::Quantity { product, slot } => (product, slot.as_ref()),
        State::Sum { product } => (product, None),
        _ => return Ok(stale()),
    };
    let Some(wanted) = booking::wanted(talk, id, slot).await? else {
        return Ok(Reply::toast(texts(talk.lang).get("product_gone"), State::Start));
    };
    let is_donation = wanted.product.kind == ProductKind::Donation;
    Ok(match tap {
        Tap::Quantity(n) if !is_donation && (1..=limits::QUANTITY).contains(n) => summary(talk, wanted, *n, None),
        Tap::Sum(sum) if is_donation => summary(talk, wanted, 1, Some(*sum)),
        Tap::OwnSum if is_donation => {
            Reply::show(screens::ask_sum(talk.lang, &wanted.product)).then(talk.state.clone())
        }
        _ => stale(),
    })
}

async fn confirm(talk: &Talk<'_>, nonce: &str) -> Outcome<Reply> {
    match &talk.state {
        State::Summary { product, quantity, sum_minor, slot, nonce: expected } if expected == nonce => {
            let (id, slot) = (product.clone(), slot.clone());
            let asked = Asked::Product { id, quantity: *quantity, sum_minor: *sum_minor, slot };
            let placed = place(talk, vec![asked], nonce).await?;
            Ok(placed.then(State::Ordered { nonce: nonce.to_owned() }))
        }
        // A double tap: the order is on its way already.
        State::Ordered { nonce: known } if known == nonce => {
            Ok(Reply { screen: None, toast: None, state: talk.state.clone() })
        }
        _ => Ok(Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())),
    }
}

async fn place(talk: &Talk<'_>, asked: Vec<Asked>, nonce: &str) -> Outcome<Reply> {
    let order = PlaceOrder {
        asked,
        bot: talk.bot.id.clone(),
        customer: talk.customer.id.clone(),
        telegram_user_id: talk.customer.telegram_user_id,
        language: talk.lang,
        made_by: format!("bot:{}:{}:{nonce}", talk.bot.id, talk.chat_id),
    };
    let placed = orders::place(talk.services, &talk.bot.merchant, order).await?;
    let whole = Whole { order: placed.order, lines: Vec::new() };
    Ok(Reply::show(order_screen(talk, &whole, &placed.link)))
}

fn order_screen(talk: &Talk<'_>, whole: &Whole, link: &links::Link) -> Screen {
    let left = link.expires_at.map_or(0, |end| end.since(talk.services.clock.now()) / MINUTE);
    screens::order(talk.lang, whole, link, link.url(talk.services), left.max(1))
}

/// The customer's own order, or nobody's.
async fn own_order(talk: &Talk<'_>, id: &OrderId) -> Outcome<Whole> {
    let whole = orders::get(&talk.services.db, &talk.bot.merchant, id).await?;
    if whole.order.customer_id.as_ref() == Some(&talk.customer.id) {
        Ok(whole)
    } else {
        Err(Refusal::not_found().into())
    }
}

/// "Check payment": asks the provider; a person's word proves nothing.
async fn check(talk: &Talk<'_>, id: &OrderId) -> Outcome<Reply> {
    let whole = own_order(talk, id).await?;
    let open = payments::of_order(&talk.services.db, &talk.bot.merchant, id)
        .await?
        .into_iter()
        .rev()
        .find(|p| p.status.is_open());
    if let Some(payment) = open {
        // A provider that does not answer leaves what is known.
        let _ = payments::check_for_customer(talk.services, &talk.bot.merchant, &payment.id).await;
    }
    let payments = payments::of_order(&talk.services.db, &talk.bot.merchant, id).await?;
    let best = payments.iter().map(|payment| payment.status).max();
    let key = match best {
        _ if payments.iter().any(|payment| payment.needs_review) => "check_review",
        Some(status) if status.was_paid() => "check_paid",
        Some(PaymentStatus::Failed) => "check_failed",
        Some(PaymentStatus::Expired) => "check_expired",
        _ if whole.order.status == domain::order::OrderStatus::Expired => "check_expired",
        _ => "check_waiting",
    };
    Ok(Reply::toast(texts(talk.lang).get(key), talk.state.clone()))
}

/// Orders the same lines again; pressed twice on one message, it is one order.
async fn again(talk: &Talk<'_>, id: &OrderId) -> Outcome<Reply> {
    let whole = own_order(talk, id).await?;
    let donation = |line: &orders::Line| Some(line.unit_minor).filter(|_| line.quantity == 1);
    let mut asked = Vec::new();
    for line in &whole.lines {
        let Some(product) = &line.product_id else { continue };
        if line.slot_id.is_some() {
            // Another time has to be chosen.
            return buy(talk, product).await;
        }
        let is_donation = sold(talk, product).await?.is_some_and(|product| product.kind == ProductKind::Donation);
        let sum_minor = donation(line).filter(|_| is_donation);
        asked.push(Asked::Product { id: product.clone(), quantity: line.quantity, sum_minor, slot: None });
    }
    if asked.is_empty() {
        return Ok(Reply::show(screens::said(talk.lang, "product_gone")));
    }
    place(talk, asked, &format!("again:{id}")).await
}

async fn set_language(talk: &mut Talk<'_>, lang: Lang) -> Outcome<Reply> {
    let (merchant, user) = (talk.bot.merchant.clone(), talk.customer.telegram_user_id);
    let write =
        talk.services.db.write(move |tx| async move { customers::set_language(&tx, &merchant, user, lang).await });
    write.await?;
    talk.lang = lang;
    Ok(Reply::show(screens::said(lang, "language_set")))
}

/// A link that leads the customer of a failed payment back to checkout, if it is open.
pub(crate) async fn open_link(services: &Services, whole: &Whole) -> Outcome<Option<links::Link>> {
    let link: Option<LinkId> = whole.order.link_id.clone();
    let Some(id) = link else { return Ok(None) };
    let link = links::get(&services.db, &whole.order.merchant_id, &id).await?;
    Ok(Some(link).filter(|link| domain::link::open(&link.state(), services.clock.now()).is_ok()))
}
