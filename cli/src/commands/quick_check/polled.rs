//! What the polls of a quick check came to: who answered, how each of them is, and how often they started anew. Several
//! instances behind one address are asked in turns, so each has the polls that it answered: a median over all would be
//! that of nobody.

use std::time::Duration;

use vitals::{Process, Processes, Traffic};

use crate::finding::{Finding, Instance};
use crate::reading::Fault;
use crate::render::Polls;
use crate::source::{PollError, Reading};

/// One poll: when it began, in seconds since 1970, and what came.
pub(super) type Poll = (f64, Result<Reading, PollError>);

/// One that answered, with the polls that were its.
#[derive(Debug)]
pub(super) struct Answered {
    /// Which of several it is.
    pub(super) instance: Option<Instance>,
    /// In their order.
    pub(super) readings: Vec<Reading>,
    /// The requests between them.
    pub(super) between: Option<Traffic>,
    /// From the first of them to the last.
    pub(super) over: Duration,
}

/// All polls.
#[derive(Debug)]
pub(super) struct Polled {
    pub(super) polls: Polls,
    /// Of each instance; why the last poll failed where most of them did.
    pub(super) outcome: Result<Vec<Answered>, PollError>,
    pub(super) restarts: u64,
    /// What restarts come to, and that instances cannot be told apart.
    pub(super) findings: Vec<Finding>,
}

impl Polled {
    /// `None` without a poll.
    pub(super) fn of(all: Vec<Poll>, max_restarts: Option<u64>) -> Option<Self> {
        let (mut processes, mut readings, mut last_error) = (Processes::default(), Vec::new(), None);
        let asked = u32::try_from(all.len()).unwrap_or(u32::MAX);
        for (t, outcome) in all {
            match outcome {
                Ok(reading) => {
                    let (id, _) = processes.see(t, reading.instance.as_deref(), &reading.sample);
                    readings.push((id, t, reading));
                }
                Err(error) => last_error = Some(error),
            }
        }
        let failed = asked - u32::try_from(readings.len()).unwrap_or(asked);
        let restarts = processes.restarts();
        let found = Finding::of_restarts(restarts, processes.crash_loop(), None, max_restarts);
        let unclear = processes.is_unclear().then(Finding::of_mixture);
        let outcome = match last_error {
            Some(error) if failed > asked - failed && asked > 1 => {
                Err(error.within(|fault| Fault::LastOf { fault, failed, asked }))
            }
            Some(error) if failed > asked - failed => Err(error),
            _ if readings.is_empty() => return None,
            _ => Ok(each(&processes, readings)),
        };
        let findings = found.into_iter().chain(unclear).collect();
        Some(Self { polls: Polls { asked, failed }, outcome, restarts, findings })
    }
}

/// The polls of each instance; all of them where nothing tells of several.
fn each(processes: &Processes, readings: Vec<(u32, f64, Reading)>) -> Vec<Answered> {
    let instances = if processes.is_several() { processes.instances() } else { Vec::new() };
    let of = instances.len();
    if of < 2 {
        return vec![answered(None, readings)];
    }
    let one = |(i, lives): (usize, &Vec<&Process>)| {
        let own = readings.iter().filter(|(id, ..)| lives.iter().any(|life| life.id == *id));
        let own: Vec<_> = own.cloned().collect();
        (!own.is_empty()).then(|| answered(lives.last().map(|last| Instance::of(i + 1, of, last)), own))
    };
    instances.iter().enumerate().filter_map(one).collect()
}

fn answered(instance: Option<Instance>, polls: Vec<(u32, f64, Reading)>) -> Answered {
    let mut between = None::<Traffic>;
    for [(before, from, earlier), (now, to, later)] in polls.array_windows() {
        if before == now
            && let Some(more) = Traffic::between(&earlier.sample, &later.sample, to - from)
        {
            between.get_or_insert_default().add(&more);
        }
    }
    let ends = polls.first().zip(polls.last()).map(|((_, from, _), (_, to, _))| to - from);
    let over = Duration::try_from_secs_f64(ends.unwrap_or_default()).unwrap_or_default();
    Answered { instance, readings: polls.into_iter().map(|(.., reading)| reading).collect(), between, over }
}

#[cfg(test)]
mod tests {
    use vitals::Sample;

    use super::*;
    use crate::finding::Check;
    use crate::source::ErrorKind;

    fn came(start_time: Option<u64>, goroutines: u64) -> Result<Reading, PollError> {
        let sample = Sample { goroutines: Some(goroutines), start_time, ..Sample::default() };
        Ok(Reading::of(sample, Duration::ZERO))
    }

    fn failed() -> Result<Reading, PollError> {
        Err(PollError::new(ErrorKind::Refused, "nothing listens", "start it"))
    }

    /// A poll a second.
    fn polled(all: Vec<Result<Reading, PollError>>, max: Option<u64>) -> Polled {
        let all = (0..).zip(all).map(|(i, outcome)| (1_795_000_000.0 + f64::from(i), outcome));
        Polled::of(all.collect(), max).unwrap()
    }

    fn counts(polled: &Polled) -> Vec<Vec<u64>> {
        let of = |one: &Answered| one.readings.iter().filter_map(|r| r.sample.goroutines).collect();
        polled.outcome.as_ref().unwrap().iter().map(of).collect()
    }

    #[test]
    fn instances_have_their_own_polls() {
        let all = [(50, 20), (70, 6000), (50, 21), (70, 6001), (50, 22)];
        let both = polled(all.map(|(start, n)| came(Some(start), n)).into(), Some(0));
        assert_eq!(counts(&both), [vec![20, 21, 22], vec![6000, 6001]]);
        let named: Vec<_> = both.outcome.iter().flatten().flat_map(|one| &one.instance).collect();
        assert_eq!(named.iter().map(|one| (one.number, one.of)).collect::<Vec<_>>(), [(1, 2), (2, 2)]);
        assert_eq!((both.restarts, both.findings), (0, Vec::new()), "nobody restarted");
        let one = polled(vec![came(Some(50), 20), came(Some(50), 21)], Some(0));
        assert_eq!((counts(&one), one.findings), (vec![vec![20, 21]], Vec::new()));
    }

    #[test]
    fn restarts_are_those_of_a_watch() {
        let found = |starts: &[u64], max| {
            let all = starts.iter().map(|start| came(Some(1_795_000_000 + start), 20)).collect();
            let polled = polled(all, max);
            (polled.restarts, polled.findings.first().map(|finding| finding.check))
        };
        assert_eq!(found(&[0, 0, 2, 2], None), (1, None), "a deployment");
        assert_eq!(found(&[0, 0, 2, 2], Some(0)), (1, Some(Check::MaxRestarts)));
        assert_eq!(found(&[0, 1, 2], None), (2, Some(Check::Restarts)));
        assert_eq!(found(&[0, 1, 2, 3], Some(9)), (3, Some(Check::CrashLoop)));
    }

    #[test]
    fn a_crash_loop_is_told_where_most_polls_fail() {
        let mut all = Vec::new();
        for n in 0..5 {
            all.extend([came(Some(1_795_000_000 + 3 * n), 20), failed(), failed()]);
        }
        let polled = polled(all, None);
        assert!(polled.outcome.is_err());
        assert_eq!(polled.findings.first().map(|finding| finding.check), Some(Check::CrashLoop));
    }

    #[test]
    fn half_of_the_polls_must_succeed() {
        let half = polled(vec![came(None, 5), failed(), came(None, 9), failed()], None);
        assert_eq!((counts(&half), half.polls.asked, half.polls.failed), (vec![vec![5, 9]], 4, 2));
        let fewer = polled(vec![came(None, 5), failed(), failed()], None);
        assert_eq!(
            fewer.outcome.unwrap_err().to_string(),
            "2 of 3 polls failed, the last one: nothing listens: start it"
        );
        assert!(polled(vec![failed()], None).outcome.unwrap_err().to_string().starts_with("nothing"));
        assert!(Polled::of(Vec::new(), None).is_none());
    }
}
