//! The integration tests: one binary, a database of its own for every test, strangers faked over HTTP.

mod api;
mod chat;
mod child;
mod controls;
mod crash;
mod disk;
mod hooks;
mod kill;
mod ledger;
mod money;
mod reconcile;
mod refunds;
mod silence;
mod simulation;
mod stage;
mod storage;
mod storm;
mod tidy;
