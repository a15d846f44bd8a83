//! The services of Khanut over its database: everything a face (pages, bots, hooks, API) may ask for.

pub mod alerts;
pub mod api;
pub mod api_keys;
pub mod bots;
pub mod broadcasts;
pub mod carts;
pub mod catalog;
pub mod clock;
pub mod codes;
pub mod config;
pub mod customers;
pub mod db;
pub mod demo;
pub mod failure;
pub mod fulfilment;
pub mod jobs;
pub mod journal;
pub mod links;
pub mod messages;
pub mod news;
pub mod orders;
mod pace;
pub mod payments;
pub mod reconcile;
pub mod refunds;
pub mod reports;
pub mod sabotage;
#[cfg(test)]
mod scale;
pub mod secrets;
pub mod seed;
pub mod services;
pub mod sheet;
pub mod shop;
pub mod staff;
pub mod views;
pub(crate) mod words;
