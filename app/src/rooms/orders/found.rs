//! Orders in words.

use std::collections::HashMap;

use domain::{CustomerId, Money, OrderId, ProductId, limits, role::Permission};
use serde::Deserialize;
use server::{
    calls, catalog, codes, crm, customers,
    failure::Outcome,
    fulfilment, links,
    orders::{self, Filter, Stage, Whole},
    payments, reports,
};

use crate::{
    badge::Badge,
    rooms::{
        PAGE, again, deals,
        handover::{self, OfOrder},
        kept::Kept,
        messages, paged,
        people::People,
        period,
        place::Place,
        span::Choices,
        story::{Happened, Known, of_act},
        views::{self, Tabs},
        why::Why,
    },
    web::Desk,
};

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::rooms) struct Asked {
    q: String,
    status: String,
    /// How far they came: `checkout`, `paid`; or `sold`: those that were paid in the days, whenever they were made.
    stage: String,
    product: String,
    link: String,
    /// Days of the shop's zone, both included.
    from: String,
    until: String,
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        let state = [
            ("q", &*self.q),
            ("status", &self.status),
            ("stage", &self.stage),
            ("product", &self.product),
            ("link", &self.link),
            ("from", &self.from),
            ("until", &self.until),
        ];
        Place::new(super::PATH, &state, &self.before)
    }

    /// All that the list shows, from its beginning.
    pub(in crate::rooms) fn whole(&self, offset_minutes: i32) -> Filter {
        Filter { before: None, ..self.filter(offset_minutes) }
    }

    /// As it is noted in the audit log.
    pub(in crate::rooms) fn words(&self) -> serde_json::Value {
        serde_json::json!({
            "q": self.q,
            "status": self.status,
            "stage": self.stage,
            "product": self.product,
            "link": self.link,
            "from": self.from,
            "until": self.until,
        })
    }

    fn filter(&self, offset_minutes: i32) -> Filter {
        let words: String = self.q.trim().chars().take(limits::SEARCH).collect();
        let days = period::moments(&self.from, &self.until, offset_minutes);
        let sold = self.stage == "sold";
        Filter {
            status: self.status.parse().ok(),
            needs_review: (self.status == "review").then_some(true),
            search: Some(words).filter(|words| !words.is_empty()),
            stage: match self.stage.as_str() {
                "checkout" => Some(Stage::Checkout),
                "paid" | "sold" => Some(Stage::Paid),
                _ => None,
            },
            product: self.product.parse().ok(),
            link: self.link.parse().ok(),
            within: days.filter(|_| !sold),
            paid_within: days.filter(|_| sold),
            before: self.before.parse().ok(),
            ..Filter::default()
        }
    }

    /// What the list keeps to besides its chips, in words.
    async fn kept(&self, desk: &Desk) -> Outcome<Vec<Kept>> {
        let mut kept = Vec::new();
        let stages = [("checkout", "order_stage.checkout"), ("paid", "order_stage.paid"), ("sold", "order_stage.sold")];
        let stage = stages.into_iter().find(|(word, _)| *word == self.stage);
        kept.extend(stage.map(|(_, key)| Kept { names: &["stage"], text: desk.say(key) }));
        kept.extend(Kept::days(&self.from, &self.until));
        if let Ok(id) = self.product.parse::<ProductId>() {
            let known = catalog::by_ids(&desk.services.db, desk.merchant(), [id].into()).await?.pop();
            let name = known.map(|product| product.name.get(desk.lang).to_owned());
            kept.push(Kept { names: &["product"], text: name.unwrap_or_else(|| self.product.clone()) });
        }
        kept.extend(Kept::link(desk, &self.link).await?);
        Ok(kept)
    }
}

/// An order as a row of a list.
pub(in crate::rooms) struct OrderRow {
    pub(in crate::rooms) id: String,
    pub(in crate::rooms) what: String,
    pub(in crate::rooms) who: String,
    pub(in crate::rooms) sum: String,
    pub(in crate::rooms) status: Badge,
    pub(in crate::rooms) when: String,
}

pub(super) struct Found {
    pub(super) rows: Vec<OrderRow>,
    pub(super) next: Option<String>,
    pub(super) tabs: Tabs,
    pub(super) kept: Vec<Kept>,
    pub(super) days: Choices,
    pub(super) may_export: bool,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let filter = asked.filter(desk.offset());
    let read = async {
        let found = orders::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
        Ok(paged(found, |whole| whole.order.id.to_string()))
    };
    let found = desk.recent(("orders", &filter), read).await?;
    let tabs = views::find(desk, "orders", &asked.place()).await?;
    let may_export = desk.may(Permission::ExportMoney);
    let (rows, kept) = (rows(desk, &found.0).await?, asked.kept(desk).await?);
    Ok(Found { rows, next: found.1.clone(), tabs, kept, days: Choices::of(desk), may_export })
}

/// Orders with the names of their customers.
pub(in crate::rooms) async fn rows(desk: &Desk, wholes: &[Whole]) -> Outcome<Vec<OrderRow>> {
    let ids: Vec<CustomerId> = wholes.iter().filter_map(|whole| whole.order.customer_id.clone()).collect();
    let people = customers::by_ids(&desk.services.db, desk.merchant(), ids).await?;
    let names: HashMap<CustomerId, String> = people.into_iter().map(|person| (person.id, person.name)).collect();
    let row = |whole: &Whole| {
        let order = &whole.order;
        let name = order.customer_id.as_ref().and_then(|id| names.get(id)).cloned();
        OrderRow {
            what: ["№ ", &order.number.to_string(), " · ", whole.title().get(desk.lang)].concat(),
            who: name.or_else(|| order.external_order_id.clone()).unwrap_or_default(),
            sum: order.amount().to_string(),
            status: Badge::order(desk.lang, order.status, order.needs_review),
            when: desk.when(order.created_at),
            id: order.id.to_string(),
        }
    };
    Ok(wholes.iter().map(row).collect())
}

pub(super) struct LineRow {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) sum: String,
}

pub(super) struct OrderView {
    pub(super) id: String,
    /// Where its customer is written to.
    pub(super) write: Option<String>,
    pub(super) title: String,
    pub(super) sum: String,
    pub(super) status: Badge,
    pub(super) lines: Vec<LineRow>,
    /// Address, words, status.
    pub(super) payments: Vec<(String, String, Badge)>,
    pub(super) given: Vec<String>,
    pub(super) goods: Option<OfOrder>,
    pub(super) known: Vec<Known>,
    /// The message about its payment, and what was bought, once more.
    pub(super) say_again: Option<Why>,
    pub(super) deliver_again: Option<Why>,
    /// What staff did, oldest first.
    pub(super) acts: Vec<Happened>,
}

pub(super) async fn one(desk: &Desk, id: &str) -> Outcome<OrderView> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let whole = orders::get(db, merchant, &OrderId::parse(id)?).await?;
    let paid = payments::of_order(db, merchant, &whole.order.id).await?;
    let told = paid.iter().find(|payment| payment.status.was_paid()).or(paid.last()).map(|payment| payment.id.clone());
    let story = match &told {
        Some(payment) => Some(reports::story(db, merchant, payment).await?),
        None => None,
    };
    let again = story
        .as_ref()
        .filter(|story| story.may_be_told())
        .and_then(|story| again::say(desk, story.payment.id.as_str(), desk.place()));
    let people = People::of(desk).await?;
    let acts = story.iter().flat_map(|story| &story.acts).filter_map(|line| of_act(desk, &people, line)).collect();
    let given = fulfilment::of_order(db, merchant, &whole.order.id).await?;
    let given =
        given.into_iter().flat_map(|line| [Some(line.given).filter(|text| !text.is_empty()), line.file_name]).flatten();
    let answers = calls::of_order(db, merchant, &whole.order.id).await?.into_iter().map(|call| call.answer);
    let given = given.chain(answers.filter(|text| !text.is_empty()));
    let given = given.chain(codes::shown(&desk.services, &desk.actor, merchant, &whole.order.id).await?);
    let payments = paid.into_iter().map(|payment| {
        let words = [&payment.merchant_order_id, " · ", &payment.amount().to_string()].concat();
        let status = Badge::payment(desk.lang, payment.status, payment.needs_review);
        (["/payments/", payment.id.as_str()].concat(), words, status)
    });
    let customer = whole.order.customer_id.as_ref().filter(|_| desk.may(Permission::AnswerCustomers));
    Ok(OrderView {
        id: id.to_owned(),
        write: customer.map(|customer| messages::address(customer.as_str(), Some(id))),
        title: ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat(),
        sum: whole.order.amount().to_string(),
        status: Badge::order(desk.lang, whole.order.status, whole.order.needs_review),
        lines: lines(desk, &whole),
        payments: payments.collect(),
        given: given.collect(),
        goods: handover::of_order(desk, &whole.order),
        known: known(desk, &whole).await?,
        say_again: again,
        deliver_again: again::deliver(desk, id, desk.place())
            .filter(|_| story.is_some_and(|story| story.may_be_given())),
        acts,
    })
}

fn lines(desk: &Desk, whole: &Whole) -> Vec<LineRow> {
    let row = |line: &orders::Line| LineRow {
        title: [line.title.get(desk.lang), " × ", &line.quantity.to_string()].concat(),
        note: note(desk, whole, line),
        sum: line.sum(&whole.order).to_string(),
    };
    whole.lines.iter().map(row).collect()
}

/// When it is, and what a promo code took off.
fn note(desk: &Desk, whole: &Whole, line: &orders::Line) -> String {
    let off = Money::new(line.off_minor, whole.order.currency).to_string();
    let off = (line.off_minor > 0).then(|| desk.say_with("orders.promo_off", &[("sum", &off)]));
    [line.slot_at.map(|at| desk.at(at)), off].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What the customer answered to a question of the shop.
pub(in crate::rooms) fn answered(desk: &Desk, answer: &orders::Answer) -> Known {
    let label = answer.question.get(desk.lang).to_owned();
    Known { label, value: answer.answer.get(desk.lang).to_owned(), copy: true, href: None }
}

async fn known(desk: &Desk, whole: &Whole) -> Outcome<Vec<Known>> {
    let order = &whole.order;
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let mut known = vec![plain("orders.made", desk.at(order.created_at))];
    known.extend(order.paid_at.map(|at| plain("fact.paid", desk.at(at))));
    known.extend(order.fulfilled_at.map(|at| plain("orders.delivered", desk.at(at))));
    if let Some(id) = &order.customer_id {
        let person = customers::get(&desk.services.db, desk.merchant(), id).await?;
        let href = Some(["/customers/", id.as_str()].concat());
        known.push(Known { href, ..plain("fact.customer", person.name) });
    }
    known.extend(order.handover.map(|way| plain("orders.handover", desk.say(&["handover.", way.as_str()].concat()))));
    known.extend(order.address.clone().map(|address| Known { copy: true, ..plain("orders.address", address) }));
    if let Some(link) = &order.link_id {
        let link = links::get(&desk.services.db, desk.merchant(), link).await?;
        let href = Some(["/links/", link.id.as_str()].concat());
        let value = if link.label.is_empty() { link.code } else { link.label };
        known.push(Known { href, ..plain("fact.link", value) });
    }
    if let Some(deal) = crm::of_order(&desk.services.db, desk.merchant(), &order.id).await? {
        known.push(deals::known(desk, &deal));
    }
    for answer in orders::answers(&desk.services.db, desk.merchant(), vec![order.id.clone()]).await? {
        known.push(answered(desk, &answer));
    }
    known.extend(order.external_order_id.clone().map(|id| Known { copy: true, ..plain("fact.external_order_id", id) }));
    known.push(Known { copy: true, ..plain("orders.id", order.id.to_string()) });
    Ok(known)
}
