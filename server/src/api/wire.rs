//! Shapes that all objects of the API share.

use domain::{Currency, Localized, Moment, Money, limits};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::problem::Problem;
use crate::failure::Refusal;

/// An integer of minor units with its ISO 4217 currency: 15 000 ֏ is `{"amount_minor": 1500000, "currency": "AMD"}`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Amount {
    #[schema(example = 1_500_000)]
    pub(super) amount_minor: i64,
    #[schema(value_type = String, example = "AMD")]
    pub(super) currency: Currency,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { amount_minor: money.amount_minor, currency: money.currency }
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self::new(amount.amount_minor, amount.currency)
    }
}

/// A text in Armenian, Russian and English; what is missing falls back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Texts {
    pub(super) hy: String,
    pub(super) ru: String,
    pub(super) en: String,
}

impl From<Localized> for Texts {
    fn from(text: Localized) -> Self {
        Self { hy: text.hy, ru: text.ru, en: text.en }
    }
}

impl From<Texts> for Localized {
    fn from(text: Texts) -> Self {
        Self { hy: text.hy, ru: text.ru, en: text.en }
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Give it as `cursor` for the next page; null on the last.
    pub(super) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Of rows read one more than `limit`, so that it is known whether more follow.
    pub(super) fn of<R>(
        mut rows: Vec<R>,
        limit: u64,
        cursor: impl Fn(&R) -> String,
        render: impl FnMut(R) -> T,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(cursor);
        Self { items: rows.into_iter().map(render).collect(), next_cursor }
    }
}

/// How many rows a page may have.
pub(super) fn limit(asked: Option<u64>) -> Result<u64, Problem> {
    match asked.unwrap_or(limits::PAGE_DEFAULT) {
        limit @ 1..=limits::PAGE => Ok(limit),
        _ => Err(Refusal::field("limit", "out_of_range").with("min", 1).with("max", limits::PAGE).into()),
    }
}

/// A value of a query that must be one of ours.
pub(super) fn parsed<T: std::str::FromStr>(field: &'static str, text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|_| unknown_value(field))).transpose()
}

/// Words typed to search by.
pub(super) fn words(text: Option<String>) -> Result<Option<String>, Problem> {
    let text = text.map(|text| crate::failure::text("q", &text, limits::SEARCH)).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// In a change, what is left out stays (`None`), and `null` takes the value away (`Some(None)`).
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Times as the API writes them.
pub(super) fn time(at: Option<Moment>) -> Option<String> {
    at.map(Moment::rfc3339)
}

fn unknown_value(field: &'static str) -> Problem {
    let detail = format!("The value of {field} is not known; see /api/docs.");
    Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "invalid_query", detail).about(field)
}
