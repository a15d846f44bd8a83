//! The program: its commands, and how the parts are put together.

mod assemble;
mod command;
mod demo;
mod doctor;
mod http;
mod seed;
mod telemetry;

pub use assemble::{Running, Settings, start};
pub use command::{Command, run};
pub use demo::{Demo, RunningDemo, start_demo};
