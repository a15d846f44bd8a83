//! The rows of the list of payments, in words.

use domain::{Moment, limits, moment::DAY, moment::MINUTE};
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
pub(super) struct Asked {
    pub(super) q: String,
    pub(super) status: String,
    /// `2026-11-23` in the shop's zone.
    pub(super) day: String,
    pub(super) before: String,
}

impl Asked {
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
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let query = PaymentQuery {
        search: asked.q.chars().take(limits::SEARCH).collect(),
        shelf: Shelf::read(&asked.status),
        within: day(&asked.day, desk.offset()),
        before: asked.before.parse().ok(),
    };
    let rows = reports::payment_rows(&desk.services.db, desk.merchant(), &query, PAGE as u64 + 1).await?;
    let (rows, next) = paged(rows, |row| row.id.to_string());
    Ok(Found { rows: rows.into_iter().map(|row| shown(desk, row)).collect(), next })
}

/// A day of the shop's zone, as two moments.
fn day(text: &str, offset_minutes: i32) -> Option<(Moment, Moment)> {
    let midnight = Moment::parse(&[text, "T00:00:00Z"].concat()).ok()?;
    let start = midnight.plus(-i64::from(offset_minutes) * MINUTE);
    Some((start, start.plus(DAY)))
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
        let (from, until) = day("2026-11-24", 240).unwrap();
        assert_eq!(from.rfc3339(), "2026-11-23T20:00:00Z");
        assert_eq!(until.since(from), DAY);
        assert_eq!(day("", 240), None);
        assert_eq!(day("24.11.2026", 240), None);
    }
}
