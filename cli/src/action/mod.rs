//! `watch --on`: runs the user's commands for what a watch sees. Beside the polling, which never waits for it: one command
//! runs at a time, with a deadline, and of each command and target one waits at most, the newest.

mod rules;
mod trigger;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use process::command::{self, End, Order};

use crate::args::{On, OnArgs, OnEvent};
use crate::finding::{Acted, Fate};
use crate::stop::Stop;
pub(crate) use trigger::Trigger;

/// Bytes of its output that are kept of a command: enough for the lines that say why.
const OUTPUT: usize = 8 << 10;
/// What is to be told waits while a command runs: so much of it, the newest.
const TOLD: usize = 64;
/// The last lines that are told.
const LINES: usize = 3;

/// One command that is to be run.
#[derive(Debug)]
struct Job {
    /// The place of its command in the command line.
    rule: usize,
    event: OnEvent,
    target: String,
    env: Vec<(String, String)>,
    /// Its standard input.
    input: Vec<u8>,
}

/// The commands of a watch.
#[derive(Debug)]
pub(crate) struct Actions {
    orders: Vec<On>,
    limit: Duration,
    stop: Stop,
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    /// In the order in which they came about.
    waiting: Vec<Job>,
    /// What was decided and is to be told.
    told: Vec<Acted>,
    over: bool,
}

impl Slot {
    fn tell(&mut self, acted: Acted) {
        if self.told.len() == TOLD {
            self.told.remove(0);
        }
        self.told.push(acted);
    }
}

/// Closes it when dropped, however the watch ends.
pub(crate) struct Closing<'a>(pub(crate) Option<&'a Actions>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.into_iter().for_each(Actions::close);
    }
}

/// What there is to do next.
enum Next {
    Run(Job),
    Tell(Acted),
}

impl Actions {
    /// `None`: no command is given. `stop`: once it is asked for, no other command begins.
    pub(crate) fn of(args: &OnArgs, stop: &Stop) -> Option<Self> {
        (!args.on.is_empty()).then(|| Self {
            orders: args.on.clone(),
            limit: args.on_timeout,
            stop: stop.clone(),
            slot: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never waits.
    fn add(&self, job: Job) {
        let mut slot = self.slot();
        let is_older = |older: &Job| older.rule == job.rule && older.target == job.target;
        if let Some(at) = slot.waiting.iter().position(is_older) {
            let older = slot.waiting.remove(at);
            slot.tell(older.is(Fate::Replaced));
        }
        slot.waiting.push(job);
        self.changed.notify_all();
    }

    /// Never waits.
    fn say(&self, acted: Acted) {
        self.slot().tell(acted);
        self.changed.notify_all();
    }

    /// What waits is still run, unless somebody asked to stop.
    fn close(&self) {
        self.slot().over = true;
        self.changed.notify_all();
    }

    /// Runs what comes, one after the other, until it is closed and nothing waits. `tell` hears what became of each.
    pub(crate) fn run(&self, tell: impl Fn(&Acted)) {
        while let Some(next) = self.next() {
            let acted = match next {
                Next::Tell(acted) => acted,
                Next::Run(job) if self.stop.is_set() => job.is(Fate::Dropped),
                Next::Run(job) => self.perform(job),
            };
            tell(&acted);
        }
    }

    fn next(&self) -> Option<Next> {
        let mut slot = self.slot();
        loop {
            if !slot.told.is_empty() {
                return Some(Next::Tell(slot.told.remove(0)));
            }
            if !slot.waiting.is_empty() {
                return Some(Next::Run(slot.waiting.remove(0)));
            }
            if slot.over {
                return None;
            }
            slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A command that runs when the watch is stopped has its time: it may be half way through a restart.
    fn perform(&self, job: Job) -> Acted {
        let command = self.orders.get(job.rule).map_or("", |order| &order.command);
        let order = Order { command, env: &job.env, input: &job.input, folder: None, most: OUTPUT };
        let fate = match command::run(&order, self.limit, &|| false, |_| {}) {
            Err(error) => Fate::NotStarted(error.to_string()),
            Ok(ran) => {
                let last = ran.output.last_lines(LINES);
                match ran.end {
                    End::Exit(status) => Fate::Ended { code: status.code(), took: ran.took, last },
                    End::Deadline | End::Stopped => Fate::Late { limit: self.limit, last },
                }
            }
        };
        job.is(fate)
    }
}

impl Job {
    fn is(self, fate: Fate) -> Acted {
        Acted { event: self.event, target: self.target, fate }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
