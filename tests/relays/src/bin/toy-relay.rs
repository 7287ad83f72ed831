//! The relay with one dialect more, which is the adaptors' tests' own: nothing else knows it.

#[path = "../../../../adaptors/tests/toy/mod.rs"]
mod toy;

use std::process::ExitCode;

use adaptors::dialect::{ANTHROPIC, OPENAI};
use server::AdaptorTable;

fn main() -> ExitCode {
    relays::run(&AdaptorTable::of(&[OPENAI, ANTHROPIC, toy::TOY]))
}
