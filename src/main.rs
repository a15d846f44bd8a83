//! `khanut`: one executable with subcommands. Exit status 0 on success, 2 on wrong use, 1 otherwise.

use std::process::ExitCode;

use clap::Parser;
use khanut::program::{self, Command};

/// Drawing a page and binding a group of rows are thousands of small allocations: pages come 1.4 times as often with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Turns a Telegram bot into a shop whose money is never in doubt.
#[derive(Parser)]
#[command(name = "khanut", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    // clap itself ends with status 2 on wrong use, and says what would be right.
    let command = Arguments::parse().command;
    match program::run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(
                clippy::print_stderr,
                reason = "the one place where the program speaks to the shell about failure"
            )]
            {
                eprintln!("khanut: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
