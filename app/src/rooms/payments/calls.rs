//! The list of payments, asked from the server.

use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::badge::Badge;
use crate::{error::AppError, wire::Wire};

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub q: String,
    pub status: String,
    /// `2026-11-23` in the shop's zone.
    pub day: String,
    pub before: String,
}

#[cfg(feature = "ssr")]
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

#[cfg(feature = "ssr")]
pub struct Found {
    pub rows: Vec<PaymentRow>,
    pub next: Option<String>,
}

#[server(prefix = "/fn", endpoint = "payments", input = Json)]
pub async fn find_payments(asked: Asked) -> Result<Wire, AppError> {
    Ok(Wire::html(super::shown::list(server_side::find(&asked).await?, &asked)))
}

#[cfg(feature = "ssr")]
mod server_side {
    use domain::{Moment, limits, moment::DAY, moment::MINUTE};
    use server::reports::{self, PaymentQuery, Shelf};

    use super::{Asked, Found, PaymentRow};
    use crate::{
        badge::Badge,
        error::AppError,
        rooms::{PAGE, paged},
        web::{Desk, desk},
    };

    pub(super) async fn find(asked: &Asked) -> Result<Found, AppError> {
        let desk = desk().await?;
        let query = PaymentQuery {
            search: asked.q.chars().take(limits::SEARCH).collect(),
            shelf: Shelf::read(&asked.status),
            within: day(&asked.day, desk.offset()),
            before: asked.before.parse().ok(),
        };
        let rows = reports::payment_rows(&desk.services.db, desk.merchant(), &query, PAGE as u64 + 1).await?;
        let (rows, next) = paged(rows, |row| row.id.to_string());
        Ok(Found { rows: rows.into_iter().map(|row| shown(&desk, row)).collect(), next })
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
}
