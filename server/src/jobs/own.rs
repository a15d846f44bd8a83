//! The jobs that the services keep themselves; the bot adds its own.

use super::{
    Workers, alerts, broadcasts, calls, clubs, crm, endpoints, fiscal, fulfilment, journal, orders, payments,
    reconcile, refunds,
};
use crate::services::Services;

/// Workers who know every kind of work but the bot's.
#[must_use]
pub fn workers(services: &Services) -> Workers {
    let own = || services.clone();
    let (check, fulfil, expire, refund, watch, books) = (own(), own(), own(), own(), own(), own());
    let (news, out, leave, club, receipts, deals, backend) = (own(), own(), own(), own(), own(), own(), own());
    let workers = Workers::new(services.db.clone(), services.clock.clone(), services.beat.clone());
    journal::watch(workers, services)
        .with(payments::CHECK_PAYMENT, move |job| payments::run_check(check.clone(), job))
        .with_many(fulfilment::FULFIL_ORDER, move |jobs| fulfilment::run(fulfil.clone(), jobs))
        .with(orders::EXPIRE_ORDER, move |job| orders::run_expire(expire.clone(), job))
        .with(refunds::REFUND, move |job| refunds::run(refund.clone(), job))
        .with(reconcile::RECONCILE, move |job| reconcile::run(books.clone(), job))
        .with(endpoints::SEND_EVENT, move |job| endpoints::run(out.clone(), job))
        .with(calls::CALL_BACKEND, move |job| calls::run(backend.clone(), job))
        .with(fiscal::REGISTER_RECEIPT, move |job| fiscal::run(receipts.clone(), job))
        .with(crm::SYNC_DEAL, move |job| crm::run(deals.clone(), job))
        .with(clubs::LEAVE_CLUB, move |job| clubs::run_leave(leave.clone(), job))
        .with(clubs::CHECK_CLUB, move |job| clubs::run_check(club.clone(), job))
        .with(broadcasts::START_BROADCAST, move |job| broadcasts::run_start(news.clone(), job))
        .with(alerts::WATCH, move |job| alerts::run_watch(watch.clone(), job))
}
