//! Khanut's own receiver as a process: the real routes, the real writer and, where asked for, the real workers.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Router, serve::ListenerExt};
use server::{
    fulfilment,
    jobs::{JobEnd, Workers},
    payments::{self, tell::TELL_CUSTOMER},
};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::shop;

/// Serves until its input ends. With `notes`, jobs are done too, and the moment at which each "you have paid" message is
/// handed to the bot is written there, a line each: the payment's id and microseconds of the wall clock.
pub(crate) async fn receive(database: &str, count: usize, notes: Option<PathBuf>) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let shop = shop::open(database, &base, count).await?;
    let app = Router::new().merge(payments::hook_routes(shop.services.clone()));
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    let noted = Noted::default();
    if notes.is_some() {
        tokio::spawn(workers(&shop, noted.clone()).run(tokio_util::sync::CancellationToken::new()));
    }
    println!("ready {}", shop.hook);
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    if let Some(file) = notes {
        let noted = noted.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<String> = noted.iter().map(|(payment, at)| format!("{payment} {at}")).collect();
        std::fs::write(file, lines.join("\n"))?;
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<(String, u128)>>>);

/// The outbox's workers with the real fulfilment; in the place of the call to Telegram a note is made.
fn workers(shop: &shop::Shop, noted: Noted) -> Workers {
    let services = shop.services.clone();
    Workers::new(services.db.clone(), services.clock.clone(), services.beat.clone())
        .with_many(fulfilment::FULFIL_ORDER, move |jobs| fulfilment::run(services.clone(), jobs))
        .with(TELL_CUSTOMER, move |job| {
            let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
            // Only "paid" belongs to a payment; "delivered" follows later and belongs to the order.
            if let Some(payment) = &job.payment_id {
                noted.0.lock().unwrap_or_else(PoisonError::into_inner).push((payment.to_string(), at));
            }
            std::future::ready(JobEnd::Done)
        })
}
