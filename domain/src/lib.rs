//! The words and rules of Khanut: ids, money, states and their transitions, limits, roles.
//!
//! Knows no clock, no randomness, no database and no network; compiles for the browser too.
//! The feature `orm` only adds derives that let ids and states stand in database rows.

#[macro_use]
mod words;

pub mod broadcast;
pub mod call;
pub mod club;
pub mod contact;
pub mod day;
pub mod deal;
pub mod endpoint;
pub mod handover;
pub mod hours;
pub mod html;
pub mod ids;
pub mod job;
pub mod journal;
pub mod lang;
pub mod limits;
pub mod link;
pub mod message;
pub mod moment;
pub mod money;
pub mod order;
pub mod ordering;
pub mod payment;
pub mod product;
pub mod promo;
pub mod question;
pub mod receipt;
pub mod reconcile;
pub mod refund;
pub mod role;
pub mod schedule;
pub mod search;
pub mod sending;
pub mod texts;
pub mod timetable;

pub use day::Day;
pub use ids::*;
pub use lang::{Lang, Localized};
pub use moment::Moment;
pub use money::{Currency, Money};
