//! Whether a row can be done, and can go on: the target must live, and the machine must have memory left.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use vitals::units::{format_duration, format_size};

use super::bench::Bench;
use super::case::Expect;
use super::grade::{Grade, Kind};
use super::known::Known;
use super::limit::Share;
use super::row::Row;
use super::size::Size;
use super::tally::{Found, Tally};
use crate::client::{Counts, OPENAI};
use crate::count::counted;
use crate::system::NotHere;

/// How long a machine may take until it has memory again.
const RELIEF: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
/// What a row is given after its target has ended: requests that are under way find that out by themselves.
const ALONE: Duration = Duration::from_secs(1);
/// What else is under way is waited for so long after something has hung: the row has its verdict.
const AFTER_HANG: Duration = Duration::from_secs(10);
const SHORT: &str = "less than a tenth of the machine's memory is free";

/// Why the work of a row was broken off.
pub(super) enum Fallen {
    /// The target ended.
    Ended,
    /// The machine has hardly any memory left.
    Short,
    /// The row has taken all of its time, and nothing moves.
    Late(Duration),
    /// Something was waited for in vain, and the rest goes on.
    Hung(Duration),
    /// The row has taken all of its time, and goes on.
    Slow,
}

impl Fallen {
    /// `counts` is what was sent and had an end until then.
    pub(super) fn tell(&self, bench: &Bench, counts: &Counts, tally: &mut Tally) {
        let until =
            format!("{} of {} requests had an end by then", counts.ends() - counts.hung(), counts.posted);
        match self {
            Self::Ended => tally.note(format!("broken off when the target ended: {until}")),
            Self::Late(after) => {
                tally.complain(Kind::Hang, format!("not over after {} s", after.as_secs()));
                tally.note(format!("broken off when its time was over: {until}"));
            }
            Self::Hung(patience) => {
                let what = bench.known().hung().map_or_else(String::new, |kind| format!("{kind}: "));
                tally.complain(Kind::Hang, format!("{what}no end after {} s", patience.as_secs()));
                tally.note(format!("broken off, because something had hung: {until}"));
            }
            Self::Slow => {}
            Self::Short if bench.starter.is_some() => {
                tally.note(format!("broken off to guard the machine: {until}"));
            }
            Self::Short => {
                let target = bench.gauge.last_resident().map_or_else(String::new, |bytes| {
                    format!("; the target had {} when it was last read", format_size(bytes))
                });
                let text =
                    "the drill stopped sending, because less than a tenth of the machine's memory was free";
                tally.complain(Kind::Wrong, format!("{text}{target}"));
                tally.note(format!("broken off then: {until}"));
            }
        }
    }
}

impl Bench {
    /// A row begins. It has so much time, where there is a limit.
    pub(super) fn begin(&mut self, share: Option<Share>) {
        *self.in_vain.get_mut() = false;
        *self.known() = Known::default();
        if let Some(Share { patience, work, requests }) = share {
            self.size = Size { patience, requests, ..self.size };
            self.work = Some(work);
        }
    }

    /// Notes where clients have waited for less than was asked, because all rows together have ten minutes.
    pub(super) fn say_who_waited_less(&self, asked: Size, hung: usize, row: &Row, found: &mut Found) {
        if self.size.patience < asked.patience && found.grade == Grade::Failed(Kind::Hang) {
            let waited = format_duration(self.size.patience);
            found.tally.note(format!(
                "clients waited {waited}, because {} had hung before: `--only {}` waits longer",
                counted(hung, "row"),
                row.name
            ));
        }
    }

    /// Tells whether a row has waited for something in vain.
    pub(super) fn has_hung(&self, tally: &Tally) -> bool {
        self.in_vain.load(Relaxed) || tally.has_hung()
    }

    /// What the machine had free when it had least, in thousandths.
    pub(super) fn least_free(&self) -> u64 {
        self.watch.as_ref().map_or(1000, |watch| watch.least_free())
    }

    /// Tells whether the machine has hardly any memory left.
    pub(super) fn is_short(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.is_short())
    }

    /// Completes when there is no use in asking on. Never for the drill's own relay.
    pub(super) async fn fallen(&self) -> Fallen {
        let (begun, ledger) = (Instant::now(), &self.target.ledger);
        let (first, mut hung) = (ledger.counts(), None);
        let (mut moved, mut last) = (begun, first);
        loop {
            sleep(PAUSE).await;
            let now = ledger.counts();
            if now != last {
                (moved, last) = (Instant::now(), now);
            }
            if now.hung() > first.hung() && !self.strict() {
                let since = *hung.get_or_insert(Instant::now());
                if since.elapsed() > AFTER_HANG {
                    return Fallen::Hung(self.size.patience);
                }
            }
            if let Some(work) = self.work.filter(|work| begun.elapsed() > *work) {
                let hangs = moved.elapsed() * 2 >= work;
                return if hangs { Fallen::Late(work) } else { Fallen::Slow };
            }
            if self.strict() {
                continue;
            }
            if self.is_short() {
                return Fallen::Short;
            }
            if self.ended_process().is_some() {
                sleep(ALONE).await;
                return Fallen::Ended;
            }
        }
    }

    /// Before a row: the machine has memory, and the target lives. It is started anew where the drill starts it, after a
    /// death or for each row; `dead` is the row in which it died.
    ///
    /// # Errors
    /// A reason to skip the row.
    pub(super) async fn ready(&mut self, dead: &mut Option<u8>) -> anyhow::Result<()> {
        for _ in 0..RELIEF.as_millis() / PAUSE.as_millis() {
            if !self.is_short() {
                break;
            }
            sleep(PAUSE).await;
        }
        if self.is_short() {
            return Err(NotHere(SHORT.to_owned()).into());
        }
        let since = dead.map(|row| format!("dead since row {row}"));
        match (self.starter.is_some(), since) {
            (false, Some(since)) => Err(NotHere(since).into()),
            (true, since) => self.start_anew(since, dead).await,
            (false, None) => Ok(()),
        }
    }

    async fn start_anew(&mut self, since: Option<String>, dead: &mut Option<u8>) -> anyhow::Result<()> {
        let Some(starter) = &mut self.starter else { return Ok(()) };
        if since.is_none() && !starter.is_used() {
            return Ok(());
        }
        *self.warm.get_mut() = false;
        let wait = starter.order.wait;
        let started = starter.start().await.map_err(|error| format!("{error:#}"));
        let back = match started {
            Ok(()) => tokio::time::timeout(wait, self.serves())
                .await
                .map_err(|_| "no good request works".to_owned()),
            Err(why) => Err(why),
        };
        match back {
            Ok(()) => {
                *dead = None;
                self.starter.iter_mut().for_each(|starter| _ = starter.is_used());
                Ok(())
            }
            Err(why) => {
                let since = since.unwrap_or_else(|| "it cannot be started for this row".to_owned());
                Err(NotHere(format!("{since}: {why}")).into())
            }
        }
    }

    /// Asks until a good request works.
    async fn serves(&self) {
        loop {
            let seen = self.ask(&self.target, OPENAI, &self.body("", true, 20), true).await;
            if Expect::Good.judge(&seen, false).is_none() {
                return;
            }
            sleep(PAUSE).await;
        }
    }
}
