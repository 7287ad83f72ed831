//! `quick-check`: one poll, or the median of several, and one verdict.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::traffic::slow;
use vitals::{Measured as _, Processes, Reason, Sample, Thresholds, Traffic, exit, judge};

use super::abreast::abreast;
use crate::args::{CheckFormat, Color, QuickCheckArgs};
use crate::finding::Before;
use crate::output::{self, Failure};
use crate::reading::Fault;
use crate::recording::Schedule;
use crate::render::{self, Checked, Expected, Polls, Styles, report};
use crate::settings::{self, Aim};
use crate::source::{PollError, Reading, Source, median};
use crate::stop::Stop;
use crate::words;

/// Between two of several polls.
const APART: Duration = Duration::from_secs(1);
/// Fewer do not tell whether answers are slow.
const FEW_POLLS: u32 = 3;

/// The middle of the polls, how they went, and the requests between them.
type Asked = (Result<Reading, PollError>, Polls, Option<Traffic>);

pub(crate) fn run(args: &QuickCheckArgs, color: Color) -> Result<u8, Failure> {
    if args.thresholds.max_error_rate.is_some() && args.samples == 1 {
        return Err(Failure::usage(words::needs_samples().to_owned()));
    }
    let thresholds = settings::thresholds(args.thresholds)?;
    let aims = Aim::of(&args.target)?;
    let stop = match args.samples {
        1 => Stop::default(),
        _ => Stop::on_signal().map_err(Failure::output)?,
    };
    let (at, start) = (Timestamp::now(), Instant::now());
    let asked = abreast(aims, |aim| (ask(&mut aim.source, args, &stop), start.elapsed()));
    let mut all = Vec::new();
    for (aim, (told, took)) in &asked {
        let (outcome, polls, between) = told.as_ref().ok_or_else(|| Failure::interrupted(Before::Answer))?;
        let outcome = outcome.clone().map(|reading| {
            let beside = beside(&reading, args, polls.asked, between.as_ref(), &thresholds);
            let judgement = judge(&reading.sample, &thresholds).and(beside);
            (reading, judgement)
        });
        let requests = match (&outcome, args.samples) {
            (Ok((reading, _)), 1) => Traffic::whole(&reading.sample),
            _ => *between,
        };
        let expectations = match &outcome {
            Ok((reading, _)) => expected(args, reading),
            Err(_) => Vec::new(),
        };
        all.push(Checked {
            target: aim.source.target(),
            source: aim.source.name(),
            at,
            thresholds,
            outcome,
            expectations,
            gate: args.gate.gate(),
            polls: *polls,
            requests,
            took: *took,
        });
    }
    for (aim, _) in &asked {
        aim.source.unread().iter().for_each(|unread| output::hint(&words::left_out(unread)));
    }
    show(&all, args.format, color)?;
    let gate = args.gate.gate();
    Ok(exit::gravest(all.iter().map(|checked| gate.exit_code(checked.verdict()))))
}

/// What is above its limit beside the sample: requests that ended badly between the polls, and answers that take long.
fn beside(
    reading: &Reading,
    args: &QuickCheckArgs,
    polls: u32,
    between: Option<&Traffic>,
    thresholds: &Thresholds,
) -> Vec<Reason> {
    let is_told = args.thresholds.max_latency.is_some() || polls >= FEW_POLLS;
    let latency = reading.latency_us().filter(|_| is_told);
    let late = latency.and_then(|latency| slow(latency, thresholds));
    between.and_then(|between| between.errors(thresholds)).into_iter().chain(late).collect()
}

/// Each, and behind several what they come to.
fn show(all: &[Checked<'_>], format: CheckFormat, color: Color) -> Result<(), Failure> {
    let Some(report) = render::checks_report(all) else { return Ok(()) };
    output::result(&match format {
        CheckFormat::Text => render::checks(all, &Styles::new(render::use_color(color)), render::width()),
        CheckFormat::Json => render::check_object(all),
        CheckFormat::Nagios => report::nagios(&report),
        CheckFormat::Junit => {
            let at = all.first().map(|checked| render::timestamp(checked.at)).unwrap_or_default();
            let took = all.iter().map(|checked| checked.took).max().unwrap_or_default();
            report::junit(&report, &at, took.as_secs_f64())
        }
        CheckFormat::Github => report::annotations(&report),
        CheckFormat::Prometheus => render::prometheus(all),
    })?;
    match format {
        CheckFormat::Github => {
            let each: Vec<_> = all.iter().map(render::check_markdown).collect();
            report::append_summary(&each.join("\n"))
        }
        _ => Ok(()),
    }
}

fn expected<'a>(args: &'a QuickCheckArgs, reading: &Reading) -> Vec<Expected<'a>> {
    let latency_ms = reading.latency.as_secs_f64() * 1000.0;
    let found = |expectation: &'a vitals::Expectation| {
        let value = expectation.value(&reading.sample, latency_ms);
        Expected { expectation, value, verdict: expectation.judge(value) }
    };
    args.expectations.iter().map(found).collect()
}

/// Polls as often as asked, or until somebody interrupts: then what came by then counts. `None` if nothing did.
fn ask(source: &mut dyn Source, args: &QuickCheckArgs, stop: &Stop) -> Option<Asked> {
    if args.samples == 1 {
        let outcome = source.poll(args.target.timeout);
        let failed = u32::from(outcome.is_err());
        return Some((outcome, Polls { asked: 1, failed }, None));
    }
    let mut schedule = Schedule::new(Instant::now(), APART, None);
    let mut outcomes = Vec::new();
    let (mut last, mut between) = (None::<(Instant, Sample)>, None::<Traffic>);
    for _ in 0..args.samples {
        let Some(due) = schedule.next(Instant::now()) else { break };
        if stop.wait_until(due) {
            break;
        }
        let now = Instant::now();
        let outcome = source.poll(args.target.timeout);
        if let Ok(reading) = &outcome
            && let Some((then, before)) = last.replace((now, reading.sample))
            && !reading.sample.restarted_since(&before)
            && let Some(more) = Traffic::between(&before, &reading.sample, (now - then).as_secs_f64())
        {
            between.get_or_insert_default().add(&more);
        }
        outcomes.push(outcome);
    }
    together(outcomes).map(|(outcome, polls)| (outcome, polls, between))
}

/// The median of the polls that succeeded, if they are at least half of all; otherwise why the last one failed.
fn together(outcomes: Vec<Result<Reading, PollError>>) -> Option<(Result<Reading, PollError>, Polls)> {
    let asked = u32::try_from(outcomes.len()).unwrap_or(u32::MAX);
    let (mut readings, mut last_error) = (Vec::new(), None);
    let mut failed = 0;
    for outcome in outcomes {
        match outcome {
            Ok(reading) => readings.push(reading),
            Err(error) => {
                failed += 1;
                last_error = Some(error);
            }
        }
    }
    let polls = Polls { asked, failed };
    match (worst(&readings), last_error) {
        (Some(reading), _) if failed <= asked - failed => Some((Ok(reading), polls)),
        (_, Some(error)) if asked > 1 => {
            Some((Err(error.within(|fault| Fault::LastOf { fault, failed, asked })), polls))
        }
        (_, Some(error)) => Some((Err(error), polls)),
        _ => None,
    }
}

/// The median; where several instances answer behind one address, that of the one with the highest count.
fn worst(readings: &[Reading]) -> Option<Reading> {
    let each = each_instance(readings, Timestamp::now().as_second());
    if each.len() > 1 {
        output::hint(&words::instances(each.len()));
    }
    let medians = each.iter().filter_map(|readings| median(readings));
    medians.max_by_key(|reading| (reading.sample.unexplained(), reading.sample.rss_bytes))
}

/// The readings of each instance, one after the other; all of them where nothing tells of several. The last poll was at
/// `end`, in seconds since 1970.
fn each_instance(readings: &[Reading], end: i64) -> Vec<Vec<Reading>> {
    let (mut processes, mut ids) = (Processes::default(), Vec::new());
    for (reading, ago) in readings.iter().zip((0..readings.len()).rev()) {
        let seconds = i64::try_from(ago).unwrap_or_default() * i64::try_from(APART.as_secs()).unwrap_or(1);
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
        let (id, _) = processes.see((end - seconds) as f64, None, &reading.sample);
        ids.push(id);
    }
    if !processes.is_several() {
        return vec![readings.to_vec()];
    }
    let of = |ids_of: Vec<u32>| {
        let own = readings.iter().zip(&ids).filter(|(_, id)| ids_of.contains(*id));
        own.map(|(reading, _)| reading.clone()).collect()
    };
    let instances = processes.instances();
    instances.iter().map(|lives| of(lives.iter().map(|process| process.id).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ErrorKind;

    fn came(goroutines: u64) -> Result<Reading, PollError> {
        let sample = Sample { goroutines: Some(goroutines), ..Sample::default() };
        Ok(Reading { sample, status: None, program: None, latency: Duration::ZERO })
    }

    fn failed() -> Result<Reading, PollError> {
        Err(PollError::new(ErrorKind::Refused, "nothing listens", "start it"))
    }

    #[test]
    fn instances_behind_one_address_are_judged_one_by_one() {
        let of = |(start_time, goroutines)| {
            let sample =
                Sample { goroutines: Some(goroutines), start_time: Some(start_time), ..Sample::default() };
            Reading { sample, status: None, program: None, latency: Duration::ZERO }
        };
        let readings: Vec<_> = [(50, 20), (70, 6000), (50, 21), (70, 6001), (50, 22)].map(of).into();
        let each = each_instance(&readings, 1000);
        let counts: Vec<Vec<_>> =
            each.iter().map(|one| one.iter().filter_map(|r| r.sample.goroutines).collect()).collect();
        assert_eq!(counts, [vec![20, 21, 22], vec![6000, 6001]]);
        assert_eq!(worst(&readings).unwrap().sample.goroutines, Some(6000), "the median of all would be 22");
        assert_eq!(each_instance(&readings[..1], 1000).len(), 1);
    }

    #[test]
    fn half_of_the_polls_must_succeed() {
        let (outcome, polls) = together(vec![came(5), failed(), came(9), failed()]).unwrap();
        assert_eq!((outcome.unwrap().sample.goroutines, polls.asked, polls.failed), (Some(5), 4, 2));
        let (outcome, _) = together(vec![came(5), failed(), failed()]).unwrap();
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "2 of 3 polls failed, the last one: nothing listens: start it"
        );
        assert!(together(Vec::new()).is_none());
    }
}
