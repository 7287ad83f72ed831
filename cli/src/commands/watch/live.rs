//! `watch` at a terminal: a picture instead of lines. Polling goes on beside it, and ends when it ends.

use std::collections::BTreeSet;
use std::time::Instant;

use jiff::tz::TimeZone;
use vitals::Verdict;

use super::tellers::{Ears, Tellers};
use super::{Polls, Watch};
use crate::live::{self, Board, Setting};
use crate::output::Failure;
use crate::source::Source;
use crate::watching::{Ending, Stacks, Watching};
use crate::words;

impl Watch<'_> {
    /// Shows it until it is over, or somebody has seen enough.
    pub(super) fn live(
        &mut self,
        source: &mut (dyn Source + Send),
        start: Instant,
        tellers: Tellers<'_>,
        color: bool,
    ) -> Result<(), Failure> {
        let target = source.target().to_owned();
        let (zone, args) = (TimeZone::system(), self.args);
        let setting =
            Setting { target: &target, interval: args.interval, duration: args.duration, color, zone };
        let ears = tellers.ears(args, &target);
        let empty = Watching::new(self.watching.thresholds, None, Verdict::Unknown);
        let shared = Board::new(std::mem::replace(&mut self.watching, empty));
        let (board, stop, stacks) = (&shared, &self.stop, self.stacks.as_ref());
        let (recorder, instance) = (self.recorder, self.instance);
        let polls = Polls { source, args, start, stop, recorder, instance, stacks, told: BTreeSet::new() };
        let (polled, shown) = std::thread::scope(|scope| {
            let tell = |told: &_| board.note(words::acted(told));
            let _over = tellers.begin(scope, |text| board.note(text), tell);
            let _ending = Ending(stacks);
            let look = |stacks: &Stacks| {
                stacks.run(args.target.timeout, |text| board.note(text), |places| board.grows(places));
            };
            stacks.map(|stacks| scope.spawn(move || look(stacks)));
            let polling = scope.spawn(|| poll(polls, board, ears));
            let shown = live::show(board, &setting, stop);
            if shown.is_err() {
                // Without a screen nobody could end it.
                stop.set();
            }
            (polling.join(), shown)
        });
        self.watching = shared.into_watching();
        let (ended, skipped) = polled.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        self.watching.summary.skip(skipped, args.interval);
        ended?;
        shown.map_err(|error| Failure::output(words::no_terminal(&error)))
    }
}

/// Polls onto the board, and closes it whatever ends the polling.
fn poll(mut polls: Polls<'_>, board: &Board, mut ears: Ears<'_>) -> (Result<(), Failure>, u32) {
    let _over = Over(board);
    let stacks = polls.stacks;
    let add = |at, elapsed, outcome: &_| {
        board.weigh(stacks.and_then(Stacks::evidence));
        board.add(at, elapsed, outcome, |polled| {
            ears.hear(polled);
            stacks.into_iter().for_each(|stacks| stacks.hear(polled));
        });
        Ok(())
    };
    polls.run(add, |due| board.next_poll(due), |text| board.note(text))
}

struct Over<'a>(&'a Board);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
