//! The relay with one dialect more, which is the adaptors' tests' own: nothing else knows it.

#[path = "../../../../adaptors/tests/toy/mod.rs"]
mod toy;

use std::process::ExitCode;

use adaptors::dialect::DIALECTS;
use server::AdaptorTable;

fn main() -> ExitCode {
    let [first, second, _] = DIALECTS;
    relays::run(&AdaptorTable::of(&[first, second, toy::TOY]))
}
