//! The rows of the list of payments, in words.

use domain::{Day, limits, role::Permission};
use serde::Deserialize;
use server::{
    failure::Outcome,
    reports::{self, PaymentQuery, Shelf},
};

use crate::{
    badge::Badge,
    rooms::{PAGE, paged, place::Place},
    web::Desk,
};

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::rooms) struct Asked {
    pub(in crate::rooms) q: String,
    pub(in crate::rooms) status: String,
    /// `2026-11-23` in the shop's zone.
    pub(in crate::rooms) day: String,
    pub(super) before: String,
}

impl Asked {
    /// What the list and its export look for.
    pub(in crate::rooms) fn query(&self, offset_minutes: i32) -> PaymentQuery {
        PaymentQuery {
            search: self.q.chars().take(limits::SEARCH).collect(),
            shelf: Shelf::read(&self.status),
            within: self.day.parse::<Day>().ok().map(|day| day.span(offset_minutes)),
            ..PaymentQuery::default()
        }
    }

    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[("q", &self.q), ("status", &self.status), ("day", &self.day)], &self.before)
    }
}

pub struct PaymentRow {
    pub id: String,
    pub what: String,
    pub who: String,
    pub sum: String,
    pub status: Badge,
    pub order: String,
    pub provider: String,
    pub when: String,
}

pub struct Found {
    pub rows: Vec<PaymentRow>,
    pub next: Option<String>,
    pub may_export: bool,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let query = PaymentQuery { before: asked.before.parse().ok(), ..asked.query(desk.offset()) };
    let rows = reports::payment_rows(&desk.services.db, desk.merchant(), &query, PAGE as u64 + 1).await?;
    let (rows, next) = paged(rows, |row| row.id.to_string());
    Ok(Found {
        rows: rows.into_iter().map(|row| shown(desk, row)).collect(),
        next,
        may_export: desk.may(Permission::ExportMoney),
    })
}

fn shown(desk: &Desk, row: reports::PaymentRow) -> PaymentRow {
    let sum = row.amount().to_string();
    let name = row.customer_name.filter(|name| !name.is_empty());
    let username = row.customer_username.map(|name| ["@", &name].concat());
    let person = row.telegram_user_id.map(|id| id.to_string());
    PaymentRow {
        what: row.title.as_ref().map(|title| title.get(desk.lang).to_owned()).unwrap_or_default(),
        who: name.or(username).or(person).or(row.external_order_id).unwrap_or_default(),
        sum,
        status: Badge::payment(desk.lang, row.status, row.needs_review),
        order: ["№ ", &row.order_number.to_string()].concat(),
        when: desk.when(row.paid_at.unwrap_or(row.created_at)),
        provider: row.provider,
        id: row.id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_shops_own() {
        let within = |day: &str| Asked { day: day.to_owned(), ..Asked::default() }.query(240).within;
        let (from, until) = within("2026-11-24").unwrap();
        assert_eq!(from.rfc3339(), "2026-11-23T20:00:00Z");
        assert_eq!(until.rfc3339(), "2026-11-24T20:00:00Z");
        assert_eq!(within(""), None);
        assert_eq!(within("24.11.2026"), None);
    }
}
