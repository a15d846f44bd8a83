//! One conversation in words, and the form that answers.

use std::collections::HashMap;

use domain::{
    CustomerId, OrderId, StaffId,
    message::{Delivery, NotSent, ThreadState},
    role::{Actor, Permission},
};
use serde::Deserialize;
use server::{
    customers::{self, Customer},
    failure::Outcome,
    messages::{self, Answer, CUSTOMER, Message, Thread},
    orders::{self, Whole},
};

use super::found::{blocked, kind_of};
use crate::{
    badge::Badge,
    rooms::{
        orders::{OrderRow, rows},
        paged,
        people::People,
        story::Known,
    },
    web::Desk,
};

/// Orders beside a conversation.
const ORDERS: u64 = 8;

/// Where in the conversation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct At {
    /// The order that is written about.
    order: String,
    before: String,
}

/// As typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AnswerForm {
    pub(super) words: String,
    pub(super) order: String,
    /// Names this writing: sent twice, it is one message.
    pub(super) once: String,
}

impl AnswerForm {
    pub(super) fn about(desk: &Desk, at: &At) -> Self {
        Self { words: String::new(), order: at.order.clone(), once: desk.services.clock.code(20) }
    }

    pub(super) fn once(&self) -> String {
        self.once.chars().filter(char::is_ascii_alphanumeric).take(40).collect()
    }

    pub(super) fn read(&self) -> Answer {
        let once = self.once();
        Answer {
            words: self.words.clone(),
            order: self.order.parse().ok(),
            once: Some(once).filter(|once| !once.is_empty()),
        }
    }
}

/// One message as it is shown.
pub(super) struct Line {
    pub(super) id: i64,
    pub(super) ours: bool,
    /// A picture, a voice …
    pub(super) kind: String,
    pub(super) words: String,
    /// Of a picture.
    pub(super) photo: Option<String>,
    /// Address and words of the order, where another one begins.
    pub(super) order: Option<(String, String)>,
    /// Who and when.
    pub(super) note: String,
    pub(super) delivery: Option<Badge>,
}

pub(super) struct TalkView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: Option<Badge>,
    pub(super) blocked: Option<Badge>,
    pub(super) closed: bool,
    /// A conversation that has begun can be taken and closed.
    pub(super) begun: bool,
    pub(super) mine: bool,
    pub(super) lines: Vec<Line>,
    pub(super) earlier: Option<String>,
    pub(super) known: Vec<Known>,
    pub(super) orders: Vec<OrderRow>,
    /// What is written about.
    pub(super) about: Option<String>,
}

pub(super) async fn find(desk: &Desk, id: &str, at: &At, form: &AnswerForm) -> Outcome<TalkView> {
    desk.must(Permission::AnswerCustomers)?;
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let customer = customers::get(db, merchant, &CustomerId::parse(id)?).await?;
    let thread = messages::thread(db, merchant, &customer.id).await?;
    let written = messages::of_customer(db, merchant, &customer.id, at.before.parse().ok(), 51).await?;
    let (written, earlier) = paged(written, |message| message.id.to_string());
    let about = about(desk, &customer, form).await?;
    let of_customer = orders::Filter { customer: Some(customer.id.clone()), ..orders::Filter::default() };
    let orders = orders::list(db, merchant, &of_customer, ORDERS).await?;
    let people = People::of(desk).await?;
    let lines = lines(desk, &people, &customer, written).await?;
    let state = thread.as_ref().map(|thread| thread.state);
    let owner = thread.as_ref().and_then(|thread| thread.owner_id.clone());
    Ok(TalkView {
        status: state.map(|state| Badge::thread(desk.lang, state)),
        blocked: blocked(desk, &customer),
        closed: state == Some(ThreadState::Closed),
        begun: state.is_some(),
        mine: is_mine(desk, owner.as_ref()),
        lines,
        earlier: earlier.map(|before| [super::PATH, "/", id, "?before=", &before].concat()),
        known: known(desk, &people, &customer, thread.as_ref()),
        orders: rows(desk, &orders).await?,
        about,
        name: customer.name,
        id: id.to_owned(),
    })
}

fn is_mine(desk: &Desk, owner: Option<&StaffId>) -> bool {
    matches!(&desk.actor, Actor::Staff { id, .. } if Some(id) == owner)
}

/// The order that is written about, if it is the customer's own.
async fn about(desk: &Desk, customer: &Customer, form: &AnswerForm) -> Outcome<Option<String>> {
    let Ok(id) = form.order.parse::<OrderId>() else { return Ok(None) };
    let whole = orders::by_ids(&desk.services.db, desk.merchant(), vec![id]).await?.pop();
    let own = whole.filter(|whole| whole.order.customer_id.as_ref() == Some(&customer.id));
    Ok(own.map(|whole| title(desk, &whole)))
}

fn title(desk: &Desk, whole: &Whole) -> String {
    ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat()
}

/// Oldest first.
async fn lines(desk: &Desk, people: &People, customer: &Customer, written: Vec<Message>) -> Outcome<Vec<Line>> {
    let ids: Vec<OrderId> = written.iter().filter_map(|message| message.order_id.clone()).collect();
    let wholes = orders::by_ids(&desk.services.db, desk.merchant(), ids).await?;
    let titles: HashMap<OrderId, String> =
        wholes.into_iter().map(|whole| (whole.order.id.clone(), title(desk, &whole))).collect();
    let mut last = None;
    let line = |message: Message| {
        let order = message.order_id.clone().filter(|id| last.as_ref() != Some(id));
        last = message.order_id.clone();
        let ours = message.author != CUSTOMER;
        let who = if ours { people.name(desk, &message.author) } else { customer.name.clone() };
        Line {
            id: message.id,
            ours,
            photo: message
                .file_id
                .as_ref()
                .map(|_| [super::PATH, "/", customer.id.as_str(), "/photo/", &message.id.to_string()].concat()),
            kind: kind_of(desk, message.content),
            order: order.and_then(|id| Some((["/orders/", id.as_str()].concat(), titles.get(&id)?.clone()))),
            note: [&who, " · ", &desk.when(message.at)].concat(),
            delivery: message.delivery.map(|delivery| badge(desk, delivery, message.not_sent)),
            words: message.words,
        }
    };
    Ok(written.into_iter().rev().map(line).collect())
}

fn badge(desk: &Desk, delivery: Delivery, not_sent: Option<NotSent>) -> Badge {
    Badge::delivery(desk.lang, delivery, not_sent)
}

fn known(desk: &Desk, people: &People, customer: &Customer, thread: Option<&Thread>) -> Vec<Known> {
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let href = Some(["/customers/", customer.id.as_str()].concat());
    let mut known = vec![Known { href, ..plain("fact.customer", customer.name.clone()) }];
    if let Some(name) = &customer.username {
        let href = Some(["https://t.me/", name].concat());
        known.push(Known { href, ..plain("customers.username", ["@", name].concat()) });
    }
    known.push(plain("frame.language", customer.language.own_name().to_owned()));
    let owner = thread.and_then(|thread| thread.owner_id.as_ref());
    known.extend(owner.map(|id| plain("messages.owner", people.name(desk, id.as_str()))));
    known
}
