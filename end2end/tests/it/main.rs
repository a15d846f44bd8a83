//! The integration tests: one binary, a database of its own for every test, strangers faked over HTTP.

mod api;
mod bank;
mod chat;
mod child;
mod controls;
mod crash;
mod dice;
mod disk;
mod hooks;
mod job_model;
mod kill;
mod ledger;
mod model;
mod money;
mod provider_faults;
mod reconcile;
mod reconcile_files;
mod refunds;
mod silence;
mod simulation;
mod stage;
mod storage;
mod storm;
mod tidy;
mod vanish;
