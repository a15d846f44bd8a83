//! The benchmark of durable webhooks: Khanut's receiver, the raw group-commit rate of the same database, and the peers,
//! in one run. `bench FOLDER POSTGRES_URL PEERS_FOLDER`; `scripts/bench` gives all three. `bench pages FOLDER POSTGRES_URL
//! KHANUT` measures the dashboard of a large shop, `bench bots FOLDER POSTGRES_URL` a thousand bots in one program, `bench
//! queue FOLDER POSTGRES_URL` only the way from a webhook to the message that follows it.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time, in threads of its own")]

mod bots;
mod drive;
mod khanut;
mod pages;
mod raw;
mod receiver;
mod run;
mod shop;
mod table;
mod verify;

use std::path::PathBuf;

use tokio::runtime::Builder;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["receive", database, count] => {
            Builder::new_multi_thread().enable_all().build()?.block_on(khanut::receive(database, count.parse()?, None))
        }
        ["receive", database, count, notes] => {
            let notes = Some(PathBuf::from(notes));
            Builder::new_multi_thread().enable_all().build()?.block_on(khanut::receive(database, count.parse()?, notes))
        }
        ["bots-receive", database, telegram, list, work] => {
            let serve = bots::receive(database, telegram, list.as_ref(), work == "works");
            Builder::new_multi_thread().enable_all().build()?.block_on(serve)
        }
        ["bots", folder, postgres] => {
            Builder::new_current_thread().enable_all().build()?.block_on(bots::all(folder.as_ref(), postgres))
        }
        ["queue", folder, postgres] => {
            Builder::new_current_thread().enable_all().build()?.block_on(run::queue(folder.as_ref(), postgres))
        }
        ["plain", address, file] => {
            Builder::new_multi_thread().enable_all().build()?.block_on(pages::plain(address, file.as_ref()))
        }
        ["pages", folder, postgres, khanut] => Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(pages::all(folder.as_ref(), postgres, khanut.as_ref())),
        // One thread: the generator leaves the rest to the receiver.
        [folder, postgres, peers] => Builder::new_current_thread().enable_all().build()?.block_on(run::all(
            folder.as_ref(),
            postgres,
            peers.as_ref(),
        )),
        _ => anyhow::bail!(
            "bench FOLDER POSTGRES_URL PEERS_FOLDER, bench pages FOLDER POSTGRES_URL KHANUT, bench bots FOLDER POSTGRES_URL, or bench queue FOLDER POSTGRES_URL"
        ),
    }
}
