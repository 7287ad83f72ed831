//! `simulation [SEED] [RUNS] [NAME]` prints, as Markdown, how often the trend statistics raise a false alarm and how often
//! they find a leak: the table of docs/statistics.md. The same seed gives the same table. With a name, only
//! what has it in its own is simulated; `series` is in the names of all series of days, `warm-up` in those of all
//! warm-ups, and `held` in those of what a process holds beside tasks and heap.

mod held;
mod random;
mod scenario;
mod table;
mod tally;
#[cfg(test)]
mod tests;

mod unsignalled;
mod warm_ups;
mod week;
mod weeks;

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).take(2).map(|text| text.parse::<u64>());
    let wanted = std::env::args().nth(3).unwrap_or_default();
    let (seed, runs) = match (numbers.next().unwrap_or(Ok(1)), numbers.next().unwrap_or(Ok(2000))) {
        (Ok(seed), Ok(runs)) => (seed, u32::try_from(runs).unwrap_or(u32::MAX)),
        _ => {
            let _ = writeln!(
                io::stderr(),
                "usage: simulation [SEED] [RUNS] [NAME]; the first two are whole numbers"
            );
            return ExitCode::from(64);
        }
    };
    match table::print(&mut io::stdout().lock(), seed, runs, &wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(74),
    }
}
