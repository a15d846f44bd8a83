//! What a deal says of its order: where it stands, the sum that the shop has of it, and what was ordered, in the shop's language.

use domain::{
    Lang, Money,
    contact::ContactKind,
    deal::{DealStep, Stages},
    order::OrderStatus,
};
use providers::crm::{Change, NewDeal, Person};

use crate::{
    customers::{self, Customer, contacts::Contact},
    failure::Outcome,
    orders::{self, Order, Whole},
    payments,
    services::Services,
    shop,
};

/// An order as its deal is to show it.
#[derive(Clone, Debug)]
pub(super) struct Face {
    pub(super) order: Order,
    pub(super) step: DealStep,
    pub(super) amount: Money,
    pub(super) title: String,
    words: String,
    person: Option<Person>,
}

/// `None`: an order like this stands in no CRM.
pub(super) async fn of(services: &Services, order: &Order) -> Outcome<Option<Face>> {
    let Some(step) = DealStep::of(order.status) else { return Ok(None) };
    let (db, merchant) = (&services.db, &order.merchant_id);
    let whole = orders::get(db, merchant, &order.id).await?;
    let lang = shop::get(db, merchant).await?.language;
    let back: i64 =
        payments::of_order(db, merchant, &order.id).await?.iter().map(|payment| payment.refunded_minor).sum();
    let person = match &order.customer_id {
        Some(id) => {
            let contacts = customers::contacts::of_customer(db, merchant, id).await?;
            Some(person(&customers::get(db, merchant, id).await?, &contacts))
        }
        None => None,
    };
    let title = format!("№ {} · {}", order.number, whole.title().get(lang));
    Ok(Some(Face {
        step,
        amount: amount(order, back),
        title,
        words: words(&whole, lang),
        person,
        order: order.clone(),
    }))
}

/// What the shop has of it. All given back, it says what it would have been: the stage says the rest.
fn amount(order: &Order, back: i64) -> Money {
    let kept = match order.status {
        OrderStatus::PartiallyRefunded => (order.amount_minor - back).max(0),
        _ => order.amount_minor,
    };
    Money::new(kept, order.currency)
}

fn words(whole: &Whole, lang: Lang) -> String {
    let line =
        |line: &orders::Line| format!("{} × {} · {}", line.title.get(lang), line.quantity, line.sum(&whole.order));
    let lines: Vec<String> = whole.lines.iter().map(line).collect();
    lines.join("\n")
}

fn person(customer: &Customer, contacts: &[Contact]) -> Person {
    let first = |kind| contacts.iter().find(|contact| contact.kind == kind).map(|contact| contact.value.clone());
    Person {
        key: customer.id.to_string(),
        known: None,
        name: customer.name.clone(),
        phone: first(ContactKind::Phone),
        email: first(ContactKind::Email),
        telegram: customer.username.as_ref().map(|name| ["@", name].concat()),
    }
}

impl Face {
    /// What the CRM was told last, where this is all it has to be told.
    pub(super) fn mark(&self, stages: &Stages) -> String {
        let stage = stages.own(self.step).map(ToString::to_string).unwrap_or_default();
        format!("{} {stage} {}", self.step, self.amount.amount_minor)
    }

    pub(super) fn new_deal(&self, stages: &Stages, known: Option<String>) -> NewDeal {
        NewDeal {
            order: self.order.id.to_string(),
            title: self.title.clone(),
            stage: stages.first(self.step).clone(),
            amount: self.amount,
            words: self.words.clone(),
            person: self.person.clone().map(|person| Person { known, ..person }),
        }
    }

    /// `put`: what was told before. A stage is told once, so that a deal that people have moved stays where it is.
    pub(super) fn change(&self, stages: &Stages, put: Option<&str>) -> Change {
        let told = put.and_then(|put| put.split(' ').next()) == Some(self.step.as_str());
        let stage = stages.own(self.step).filter(|_| !told).cloned();
        Change { stage, amount: self.amount }
    }
}
