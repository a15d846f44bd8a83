//! What the bot shows: texts with their buttons, made of data, knowing no network.

use domain::{
    Currency, Day, FileId, Lang, Localized, Moment, Money, OrderId,
    hours::{Hours, Span, clock},
};
use server::{
    catalog::{Product, slots::Slot},
    links::{Link, Method},
    orders::Whole,
};

use crate::{
    checkout::{Row, Summary},
    tap::Tap,
    texts::{escape, texts},
};

pub(crate) enum Key {
    Tap(String, Tap),
    Url(String, String),
    /// Opens the Mini App.
    App(String, String),
}

pub(crate) struct Screen {
    pub(crate) html: String,
    pub(crate) photo: Option<FileId>,
    pub(crate) keys: Vec<Vec<Key>>,
}

impl Screen {
    pub(crate) const fn text(html: String, keys: Vec<Vec<Key>>) -> Self {
        Self { html, photo: None, keys }
    }
}

pub(crate) fn key(lang: Lang, label: &str, tap: Tap) -> Key {
    Key::Tap(texts(lang).get(label), tap)
}

fn menu_keys(lang: Lang) -> Vec<Vec<Key>> {
    vec![
        vec![key(lang, "menu_catalog", Tap::Catalog)],
        vec![key(lang, "menu_cart", Tap::Cart), key(lang, "menu_orders", Tap::Orders)],
        vec![key(lang, "menu_ask", Tap::Ask(None))],
        vec![key(lang, "menu_language", Tap::Languages), key(lang, "menu_help", Tap::Help)],
    ]
}

/// `app`: the address of the Mini App, where there is one.
pub(crate) fn welcome(lang: Lang, shop: &Localized, app: Option<String>) -> Screen {
    let open = app.map(|address| vec![Key::App(texts(lang).get("open_shop"), address)]);
    let keys = open.into_iter().chain(menu_keys(lang)).collect();
    Screen::text(texts(lang).with("welcome", &[("shop", &escape(shop.get(lang)))]), keys)
}

pub(crate) fn said(lang: Lang, text: &str) -> Screen {
    said_words(lang, texts(lang).get(text))
}

pub(crate) fn said_words(lang: Lang, words: String) -> Screen {
    Screen::text(words, menu_keys(lang))
}

/// What the bot can do, what the shop is, and when somebody is there.
pub(crate) fn help(lang: Lang, about: &Localized, hours: &Hours) -> Screen {
    let about = Some(escape(about.get(lang)).to_string()).filter(|about| !about.is_empty());
    let parts = [about, open(lang, hours), Some(texts(lang).get("help"))];
    Screen::text(parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n"), menu_keys(lang))
}

/// The hours of the shop, days with the same ones on one line.
fn open(lang: Lang, hours: &Hours) -> Option<String> {
    let day = |day: usize| texts(lang).get(&["weekday_", &day.to_string()].concat());
    let line = |(first, last, span): (usize, usize, Option<Span>)| {
        let days = if first == last { day(first) } else { [day(first), day(last)].join(" – ") };
        let when = match span {
            Some((from, until)) => [clock(from), clock(until)].join("–"),
            None => texts(lang).get("hours_closed"),
        };
        [&days, ": ", &when].concat()
    };
    let lines = std::iter::once(texts(lang).get("hours")).chain(hours.runs().into_iter().map(line));
    (!hours.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
}

/// The invitation to write.
pub(crate) fn ask(lang: Lang, order: Option<i64>) -> Screen {
    let html = match order {
        Some(number) => texts(lang).with("ask_of_order", &[("number", &number.to_string())]),
        None => texts(lang).get("ask"),
    };
    Screen::text(html, vec![vec![key(lang, "back", Tap::Menu)]])
}

/// What was written has reached the shop.
pub(crate) fn arrived(lang: Lang) -> Screen {
    Screen::text(texts(lang).get("message_arrived"), vec![vec![key(lang, "back", Tap::Menu)]])
}

/// What the shop writes to a customer.
pub(crate) fn answer(lang: Lang, shop: &str, number: Option<i64>, words: &str, order: Option<OrderId>) -> Screen {
    let mut lines = vec![texts(lang).with("answer_from", &[("shop", &escape(shop))])];
    lines.extend(number.map(|number| texts(lang).with("about_order", &[("number", &number.to_string())])));
    lines.push(escape(words));
    Screen::text(lines.join("\n"), vec![vec![key(lang, "write_back", Tap::Ask(order))]])
}

/// A broadcast: the words of the shop, and the way out of more of them.
pub(crate) fn news(lang: Lang, words: &str) -> Screen {
    Screen::text(escape(words), vec![vec![key(lang, "news_stop", Tap::News(false))]])
}

pub(crate) fn news_stopped(lang: Lang) -> Screen {
    Screen::text(texts(lang).get("news_stopped"), vec![vec![key(lang, "news_start", Tap::News(true))]])
}

/// The way to a question about an order, under what is told of it.
pub(crate) fn ask_key(lang: Lang, order: &OrderId) -> Vec<Key> {
    vec![key(lang, "ask_about", Tap::Ask(Some(order.clone())))]
}

pub(crate) fn languages(lang: Lang, offered: &[Lang]) -> Screen {
    let keys = offered.iter().map(|l| vec![Key::Tap(l.own_name().to_owned(), Tap::Language(*l))]).collect();
    Screen::text(texts(lang).get("choose_language"), keys)
}

/// Days on one screen: more than a customer looks ahead.
const DAYS: usize = 21;
/// Orders whose goods can be asked for again, on one screen.
const RECEIVED: usize = 5;
/// Buttons side by side.
const ROW: usize = 3;

fn weekday(lang: Lang, day: Day) -> String {
    texts(lang).get(&["weekday_", &day.weekday().to_string()].concat())
}

/// `Saturday, 28.11.2026 15:00`.
pub(crate) fn time_words(lang: Lang, at: Moment, offset_minutes: i32) -> String {
    [&weekday(lang, Day::of(at, offset_minutes)), ", ", &at.local(offset_minutes)].concat()
}

pub(crate) fn days(lang: Lang, product: &Product, days: &[Day]) -> Screen {
    let day = |day: &Day| {
        let label = [&weekday(lang, *day), " ", day.local().get(..5).unwrap_or_default()].concat();
        vec![Key::Tap(label, Tap::Day(*day))]
    };
    let mut keys: Vec<_> = days.iter().take(DAYS).map(day).collect();
    keys.push(vec![key(lang, "cancel", Tap::Cancel)]);
    Screen::text(texts(lang).with("day_title", &[("product", &escape(product.name.get(lang)))]), keys)
}

pub(crate) fn times(lang: Lang, product: &Product, day: Day, free: &[Slot], offset_minutes: i32) -> Screen {
    let time = |slot: &Slot| {
        let at = slot.starts_at.local_time(offset_minutes);
        let at = at.get(..5).unwrap_or_default();
        let label = match slot.places {
            1 => at.to_owned(),
            _ => texts(lang).with("places_left", &[("time", at), ("count", &slot.left().to_string())]),
        };
        Key::Tap(label, Tap::Slot(slot.id.clone()))
    };
    let mut keys: Vec<Vec<Key>> = free.chunks(ROW).map(|row| row.iter().map(time).collect()).collect();
    keys.push(vec![key(lang, "back", Tap::Buy(product.id.clone())), key(lang, "cancel", Tap::Cancel)]);
    let day = [&weekday(lang, day), " ", &day.local()].concat();
    let values = [("product", &*escape(product.name.get(lang))), ("day", &day)];
    Screen::text(texts(lang).with("time_title", &values), keys)
}

pub(crate) fn quantity(lang: Lang, title: &Localized, max: i64) -> Screen {
    let offered = [1, 2, 3, 5, 10].into_iter().filter(|n| *n <= max);
    let keys = offered.map(|n| Key::Tap(n.to_string(), Tap::Quantity(n))).collect();
    let name = escape(title.get(lang));
    let html = texts(lang).with("quantity_title", &[("product", &name)]);
    Screen::text(html, vec![keys, vec![key(lang, "cancel", Tap::Cancel)]])
}

pub(crate) fn quantity_invalid(lang: Lang, title: &Localized, max: i64) -> Screen {
    let html = texts(lang).with("quantity_invalid", &[("max", &max.to_string())]);
    Screen { html, ..quantity(lang, title, max) }
}

pub(crate) fn donation(lang: Lang, currency: Currency, product: &Product) -> Screen {
    let sums = product.donation.as_ref().map(|terms| terms.suggested_minor.as_slice()).unwrap_or_default();
    let mut keys: Vec<_> =
        sums.iter().map(|sum| vec![Key::Tap(Money::new(*sum, currency).to_string(), Tap::Sum(*sum))]).collect();
    keys.push(vec![key(lang, "donation_own_sum", Tap::OwnSum)]);
    keys.push(vec![key(lang, "cancel", Tap::Cancel)]);
    let name = escape(product.name.get(lang));
    Screen::text(texts(lang).with("donation_title", &[("product", &name)]), keys)
}

pub(crate) fn ask_sum(lang: Lang, currency: Currency, product: &Product) -> Screen {
    let (min, max) = product.donation.as_ref().map_or((0, 0), |terms| (terms.min_minor, terms.max_minor));
    let (min, max) = (Money::new(min, currency).to_string(), Money::new(max, currency).to_string());
    let html = texts(lang).with("donation_ask", &[("min", &min), ("max", &max)]);
    Screen::text(html, vec![vec![key(lang, "cancel", Tap::Cancel)]])
}

/// What is about to be ordered.
pub(crate) fn summary(lang: Lang, summary: &Summary) -> Screen {
    let mut html = vec![format!("<b>{}</b>", texts(lang).get("summary_title"))];
    html.extend(summary.rows.iter().flat_map(|row| summary_row(lang, row, summary)));
    html.extend(summary.handing.iter().map(|(words, _)| words.clone()));
    html.extend(summary.code.words(lang, summary.currency));
    html.push(texts(lang).with("summary_total", &[("sum", &summary.total().to_string())]));
    if !summary.methods.is_empty() {
        html.push(texts(lang).get("summary_method"));
    }
    let nonce = || summary.nonce.clone();
    let method = |(method, chosen): &(Method, bool)| {
        let label = [if *chosen { "● " } else { "○ " }, &method.name].concat();
        vec![Key::Tap(label, Tap::Method(method.account.clone()))]
    };
    let mut keys: Vec<_> = summary.methods.iter().map(method).collect();
    keys.push(vec![key(lang, "confirm", Tap::Confirm(nonce()))]);
    let may_change = summary.handing.as_ref().is_some_and(|(_, may_change)| *may_change);
    keys.extend(may_change.then(|| vec![key(lang, "hand_change", Tap::HandAgain)]));
    keys.extend(summary.code.key(lang).map(|key| vec![key]));
    keys.extend(summary.may_be_kept.then(|| vec![key(lang, "to_cart", Tap::Keep(nonce()))]));
    keys.push(vec![key(lang, "cancel", Tap::Cancel)]);
    Screen::text(html.join("\n\n"), keys)
}

fn summary_row(lang: Lang, row: &Row, summary: &Summary) -> Vec<String> {
    let sum = Money::new(row.unit_minor.saturating_mul(row.quantity), summary.currency).to_string();
    let name = escape(row.title.get(lang));
    let line = [("name", name.as_str()), ("quantity", &row.quantity.to_string()), ("sum", &sum)];
    let mut html = vec![texts(lang).with("summary_line", &line)];
    let time = row.slot_at.map(|at| time_words(lang, at, summary.offset_minutes));
    html.extend(time.map(|time| texts(lang).with("summary_time", &[("time", &time)])));
    let answer = |(question, answer): &(String, String)| format!("{}\n<i>{}</i>", escape(question), escape(answer));
    html.extend(row.answers.iter().map(answer));
    html
}

/// The order with its pay button.
pub(crate) fn order(lang: Lang, whole: &Whole, link: &Link, url: String, minutes: i64) -> Screen {
    let sum = whole.order.amount().to_string();
    let values = [("number", &*whole.order.number.to_string()), ("sum", &sum), ("minutes", &minutes.to_string())];
    let html = texts(lang).with("order_created", &values);
    let pay = Key::Url(texts(lang).with("pay_button", &[("sum", &sum)]), url);
    let order = link.order_id.clone().unwrap_or_else(|| whole.order.id.clone());
    let ask = ask_key(lang, &order);
    Screen::text(html, vec![vec![pay], vec![key(lang, "check_payment", Tap::Check(order))], ask])
}

/// The pay button of any link.
pub(crate) fn pay_link(lang: Lang, title: &Localized, amount: Option<Money>, url: String) -> Screen {
    let sum = amount.map(|amount| amount.to_string()).unwrap_or_default();
    let label = texts(lang).with("pay_button", &[("sum", &sum)]);
    Screen::text(format!("<b>{}</b>", escape(title.get(lang))), vec![vec![Key::Url(label.trim().to_owned(), url)]])
}

pub(crate) fn orders(lang: Lang, orders: &[Whole], utc_offset_minutes: i32) -> Screen {
    if orders.is_empty() {
        return said(lang, "orders_empty");
    }
    let line = |whole: &Whole| {
        let order = &whole.order;
        let goods = order.step.filter(|_| order.status == domain::order::OrderStatus::Fulfilled);
        let status = match goods {
            _ if order.needs_review => "needs_review".to_owned(),
            Some(step) => ["step_", step.as_str()].concat(),
            None => order.status.to_string(),
        };
        let values = [
            ("number", &*order.number.to_string()),
            ("date", &*order.created_at.local(utc_offset_minutes)),
            ("sum", &*order.amount().to_string()),
            ("status", &*texts(lang).get(&["status_", &status].concat())),
        ];
        format!("<b>{}</b>\n{}", escape(whole.title().get(lang)), texts(lang).with("order_line", &values))
    };
    let lines: Vec<_> = orders.iter().map(line).collect();
    let html = format!("<b>{}</b>\n\n{}", texts(lang).get("orders_title"), lines.join("\n\n"));
    let given = orders.iter().filter(|whole| whole.order.may_be_received()).take(RECEIVED);
    let given = given.map(|whole| {
        let label = texts(lang).with("receive", &[("number", &whole.order.number.to_string())]);
        vec![Key::Tap(label, Tap::Receive(whole.order.id.clone()))]
    });
    let unpaid = orders.iter().map(|whole| &whole.order).filter(|order| server::orders::waits(order));
    let give_up = |order: &server::orders::Order| {
        let label = texts(lang).with("give_up", &[("number", &order.number.to_string())]);
        vec![Key::Tap(label, Tap::GiveUp(order.id.clone()))]
    };
    let mut keys: Vec<_> = given.chain(unpaid.map(give_up)).collect();
    keys.push(vec![key(lang, "to_catalog", Tap::Catalog)]);
    Screen::text(html, keys)
}

/// An order that waits for its money, and the way to be left alone.
pub(crate) fn reminder(lang: Lang, html: String, whole: &Whole, url: String) -> Screen {
    let pay = texts(lang).with("pay_button", &[("sum", &whole.order.amount().to_string())]);
    Screen::text(html, vec![vec![Key::Url(pay, url)], vec![key(lang, "reminders_stop", Tap::Reminders(false))]])
}

/// What was decided about reminders, and how to undo it.
pub(crate) fn reminders(lang: Lang, wanted: bool) -> Screen {
    if wanted {
        return said(lang, "reminders_on");
    }
    let mut screen = said(lang, "reminders_off");
    screen.keys.push(vec![key(lang, "reminders_again", Tap::Reminders(true))]);
    screen
}

/// After a payment that did not succeed: the same order again where its link is open, else a new one.
pub(crate) fn again(lang: Lang, html: String, whole: &Whole, retry: Option<String>) -> Screen {
    let first = match retry {
        Some(url) => Key::Url(texts(lang).get("retry_pay"), url),
        None => key(lang, "order_again", Tap::Again(whole.order.id.clone())),
    };
    Screen::text(html, vec![vec![first], vec![key(lang, "to_catalog", Tap::Catalog)]])
}
