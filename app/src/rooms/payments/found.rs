//! The rows of the list of payments, in words.

use domain::{AccountId, limits, role::Permission};
use serde::Deserialize;
use server::{
    failure::Outcome,
    payments,
    reports::{self, OfLink, PaymentQuery, Shelf},
};

use crate::{
    badge::Badge,
    rooms::{
        PAGE,
        kept::Kept,
        paged, period,
        place::Place,
        span::Choices,
        views::{self, Tabs},
    },
    web::Desk,
};

/// In the place of a link's id: any that was made for one order.
pub(in crate::rooms) const SINGLE: &str = "single";

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::rooms) struct Asked {
    pub(in crate::rooms) q: String,
    pub(in crate::rooms) status: String,
    /// Days of the shop's zone, both included.
    pub(in crate::rooms) from: String,
    pub(in crate::rooms) until: String,
    pub(in crate::rooms) account: String,
    /// A link's id, or [`SINGLE`].
    pub(in crate::rooms) link: String,
    pub(super) before: String,
}

impl Asked {
    /// What the list and its export look for.
    pub(in crate::rooms) fn query(&self, offset_minutes: i32) -> PaymentQuery {
        PaymentQuery {
            search: self.q.chars().take(limits::SEARCH).collect(),
            shelf: Shelf::read(&self.status),
            account: self.account.parse().ok(),
            link: if self.link == SINGLE { Some(OfLink::Single) } else { self.link.parse().ok().map(OfLink::One) },
            within: period::moments(&self.from, &self.until, offset_minutes),
            ..PaymentQuery::default()
        }
    }

    pub(super) fn place(&self) -> Place {
        let state = [
            ("q", &*self.q),
            ("status", &self.status),
            ("from", &self.from),
            ("until", &self.until),
            ("account", &self.account),
            ("link", &self.link),
        ];
        Place::new(super::PATH, &state, &self.before)
    }

    /// What the list keeps to besides its chips, in words.
    async fn kept(&self, desk: &Desk) -> Outcome<Vec<Kept>> {
        let (db, merchant) = (&desk.services.db, desk.merchant());
        let mut kept = Vec::new();
        if self.status == Shelf::Received.word() {
            kept.push(Kept { names: &["status"], text: desk.say("payments.received") });
        }
        kept.extend(Kept::days(&self.from, &self.until));
        if let Ok(id) = self.account.parse::<AccountId>() {
            let names = payments::account_names(db, merchant).await?;
            let name = names.into_iter().find(|(own, _)| *own == id).map(|(_, name)| name);
            kept.push(Kept { names: &["account"], text: name.unwrap_or_else(|| self.account.clone()) });
        }
        if self.link == SINGLE {
            kept.push(Kept { names: &["link"], text: desk.say("links.dynamic") });
        }
        kept.extend(Kept::link(desk, &self.link).await?);
        Ok(kept)
    }
}

pub struct PaymentRow {
    pub id: String,
    pub what: String,
    pub who: String,
    pub sum: String,
    pub status: Badge,
    pub order: String,
    pub account: String,
    pub when: String,
}

pub struct Found {
    pub rows: Vec<PaymentRow>,
    pub next: Option<String>,
    pub tabs: Tabs,
    pub kept: Vec<Kept>,
    pub days: Choices,
    pub may_export: bool,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let query = PaymentQuery { before: asked.before.parse().ok(), ..asked.query(desk.offset()) };
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let read = async {
        let rows = reports::payment_rows(db, merchant, &query, PAGE as u64 + 1).await?;
        Ok(paged(rows, |row| row.id.to_string()))
    };
    let found = desk.recent(("payments", &query), read).await?;
    let (rows, next) = &*found;
    let by_paying = query.is_by_paying();
    let accounts = desk.recent("accounts", payments::account_names(db, merchant)).await?;
    Ok(Found {
        rows: rows.iter().map(|row| shown(desk, row, &accounts, by_paying)).collect(),
        next: next.clone(),
        kept: asked.kept(desk).await?,
        days: Choices::of(desk),
        tabs: views::find(desk, "payments", &asked.place()).await?,
        may_export: desk.may(Permission::ExportMoney),
    })
}

fn shown(desk: &Desk, row: &reports::PaymentRow, accounts: &[(AccountId, String)], by_paying: bool) -> PaymentRow {
    // The time by which the list is sorted.
    let at = row.paid_at.filter(|_| by_paying).unwrap_or(row.created_at);
    let sum = row.amount().to_string();
    let account = accounts.iter().find(|(id, _)| *id == row.account_id);
    let name = row.customer_name.clone().filter(|name| !name.is_empty());
    let username = row.customer_username.as_ref().map(|name| ["@", name].concat());
    let person = row.telegram_user_id.map(|id| id.to_string());
    PaymentRow {
        what: row.title.as_ref().map(|title| title.get(desk.lang).to_owned()).unwrap_or_default(),
        who: name.or(username).or(person).or_else(|| row.external_order_id.clone()).unwrap_or_default(),
        sum,
        status: Badge::payment(desk.lang, row.status, row.needs_review),
        order: ["№ ", &row.order_number.to_string()].concat(),
        when: desk.when(at),
        account: account.map(|(_, name)| name.clone()).unwrap_or_default(),
        id: row.id.to_string(),
    }
}
