//! Customers in words.

use domain::{CustomerId, contact::ContactKind, limits, role::Permission};
use serde::Deserialize;
use server::{
    customers::{
        self, Customer, Filter,
        contacts::{self, Contact},
    },
    failure::{Outcome, Refusal},
    orders,
};

use crate::{
    badge::Badge,
    rooms::{
        PAGE,
        members::{self, MemberRow},
        messages,
        orders::{OrderRow, rows},
        paged,
        place::Place,
        story::Known,
        views::{self, Tabs},
    },
    ui::Tone,
    web::Desk,
};

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::rooms) struct Asked {
    q: String,
    /// `blocked`: those who blocked the bot.
    shelf: String,
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[("q", &self.q), ("shelf", &self.shelf)], &self.before)
    }

    /// All that the list shows, from its beginning.
    pub(in crate::rooms) fn whole(&self) -> Filter {
        Filter { before: None, ..self.filter() }
    }

    /// As it is noted in the audit log.
    pub(in crate::rooms) fn words(&self) -> serde_json::Value {
        serde_json::json!({ "q": self.q, "shelf": self.shelf })
    }

    fn filter(&self) -> Filter {
        let words: String = self.q.trim().chars().take(limits::SEARCH).collect();
        Filter {
            search: Some(words).filter(|words| !words.is_empty()),
            blocked: self.shelf == "blocked",
            before: self.before.parse().ok(),
        }
    }

    pub(super) fn page_of(&self, id: &str) -> Place {
        Place::new([super::PATH, "/", id].concat(), &[], &self.before)
    }
}

pub(super) struct CustomerRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) username: String,
    pub(super) language: String,
    pub(super) blocked: Option<Badge>,
    pub(super) since: String,
}

pub(super) struct Found {
    pub(super) rows: Vec<CustomerRow>,
    pub(super) next: Option<String>,
    pub(super) tabs: Tabs,
    pub(super) may_export: bool,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    may_see(desk)?;
    let found = customers::list(&desk.services.db, desk.merchant(), &asked.filter(), PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |customer| customer.id.to_string());
    let tabs = views::find(desk, "customers", &asked.place()).await?;
    let may_export = desk.may(Permission::ExportMoney);
    Ok(Found { may_export, tabs, rows: found.into_iter().map(|customer| row(desk, customer)).collect(), next })
}

fn may_see(desk: &Desk) -> Result<(), Refusal> {
    if desk.may(Permission::SeeMoney) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn blocked(desk: &Desk, customer: &Customer) -> Option<Badge> {
    customer.blocked_at.map(|_| Badge { tone: Tone::Ended, text: desk.say("customers.blocked") })
}

fn no_ads(desk: &Desk, customer: &Customer) -> Option<Badge> {
    customer.ads_stopped_at.map(|_| Badge { tone: Tone::Ended, text: desk.say("customers.no_ads") })
}

fn row(desk: &Desk, customer: Customer) -> CustomerRow {
    CustomerRow {
        blocked: blocked(desk, &customer).or_else(|| no_ads(desk, &customer)),
        username: customer.username.map(|name| ["@", &name].concat()).unwrap_or_default(),
        language: customer.language.own_name().to_owned(),
        since: desk.when(customer.created_at),
        name: customer.name,
        id: customer.id.to_string(),
    }
}

pub(super) struct CustomerView {
    /// Where the customer is written to.
    pub(super) write: Option<String>,
    pub(super) name: String,
    pub(super) blocked: Option<Badge>,
    pub(super) orders: Vec<OrderRow>,
    pub(super) next: Option<String>,
    pub(super) known: Vec<Known>,
    pub(super) member_of: Vec<MemberRow>,
}

pub(super) async fn one(desk: &Desk, id: &str, asked: &Asked) -> Outcome<CustomerView> {
    may_see(desk)?;
    let customer = customers::get(&desk.services.db, desk.merchant(), &CustomerId::parse(id)?).await?;
    let filter = orders::Filter {
        customer: Some(customer.id.clone()),
        before: asked.before.parse().ok(),
        ..orders::Filter::default()
    };
    let found = orders::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |whole| whole.order.id.to_string());
    let contacts = contacts::of_customer(&desk.services.db, desk.merchant(), &customer.id).await?;
    Ok(CustomerView {
        write: (desk.may(Permission::AnswerCustomers) && customer.blocked_at.is_none())
            .then(|| messages::address(id, None)),
        blocked: blocked(desk, &customer),
        orders: rows(desk, &found).await?,
        next,
        known: known(desk, &customer, contacts),
        member_of: members::of_person(desk, customer.telegram_user_id).await?,
        name: customer.name,
    })
}

fn known(desk: &Desk, customer: &Customer, contacts: Vec<Contact>) -> Vec<Known> {
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let contact = |contact: Contact| match contact.kind {
        ContactKind::Phone => Known { copy: true, ..plain("customers.phone", contact.value) },
        ContactKind::Email => Known { copy: true, ..plain("customers.email", contact.value) },
    };
    let mut known: Vec<Known> = contacts.into_iter().map(contact).collect();
    if let Some(name) = &customer.username {
        let href = Some(["https://t.me/", name].concat());
        known.push(Known { href, ..plain("customers.username", ["@", name].concat()) });
    }
    known.push(Known { copy: true, ..plain("fact.telegram", customer.telegram_user_id.to_string()) });
    known.push(plain("frame.language", customer.language.own_name().to_owned()));
    known.push(plain("customers.since", desk.at(customer.created_at)));
    known.extend(customer.blocked_at.map(|at| plain("customers.blocked", desk.at(at))));
    known.extend(customer.ads_stopped_at.map(|at| plain("customers.no_ads", desk.at(at))));
    known
}
