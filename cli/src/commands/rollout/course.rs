//! From step to step: each is told when it begins and when it ends, and noted in the journal; what is over is not done
//! again.

use std::time::Instant;

use jiff::Timestamp;

use super::outcome::Outcome;
use super::steps;
use crate::finding::rollout::{Record, State, Step};
use crate::output::{self, Failure};
use crate::render::rollout as form;
use crate::rollout::{Journal, Plan};
use crate::stop::Stop;
use crate::words;

/// A rollout while it runs.
pub(super) struct Course<'a> {
    pub(super) plan: &'a Plan,
    pub(super) journal: Journal,
    pub(super) stop: &'a Stop,
}

impl Course<'_> {
    /// Runs what is left of it. Returns the step in which somebody interrupted.
    ///
    /// # Errors
    /// The journal or a recording cannot be written.
    pub(super) fn run(&mut self) -> Result<Option<Step>, Failure> {
        for step in Step::FORWARD {
            if self.is_decided() {
                break;
            }
            if let Some(step) = self.step(step)? {
                return Ok(Some(step));
            }
        }
        let wanted = self.journal.rollout.wants_rollback() && self.plan.rollback.is_some();
        if wanted && let Some(step) = self.step(Step::Rollback)? {
            return Ok(Some(step));
        }
        self.journal.is_over = true;
        self.journal.save()?;
        Ok(None)
    }

    /// A step has failed, or nothing could change the verdict for the better.
    fn is_decided(&self) -> bool {
        let rollout = &self.journal.rollout;
        let danger = State::Judged(vitals::Verdict::Danger);
        rollout.failed().is_some() || rollout.records.iter().any(|record| record.state == danger)
    }

    fn step(&mut self, step: Step) -> Result<Option<Step>, Failure> {
        let before = self.journal.rollout.record(step).map(|record| record.state);
        if before.is_some_and(|state| state != State::Interrupted) {
            return Ok(None);
        }
        let (at, begun) = (Timestamp::now(), Instant::now());
        let (what, length) = steps::outline(self.plan, step);
        output::hint(&form::progress(at, &words::step_begins(step, Some(&what), length)));
        let again = before.is_some();
        let Outcome { state, lines, output, seen } =
            steps::run(self.plan, &mut self.journal, step, again, self.stop)?;
        let record = Record { step, state, at, took: begun.elapsed(), lines, output, seen };
        output::hint(&form::progress(Timestamp::now(), &form::ended(&record)));
        self.journal.note(record)?;
        Ok((state == State::Interrupted).then_some(step))
    }
}
