//! `quick-check`: one poll, or the median of several, and one verdict.

mod judged;
mod polled;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::{Thresholds, exit};

use self::judged::Judged;
use self::polled::{Poll, Polled};
use super::abreast::abreast;
use crate::args::{CheckFormat, Color, QuickCheckArgs};
use crate::finding::{Before, Finding};
use crate::output::{self, Failure};
use crate::reading::Fault;
use crate::recording::Schedule;
use crate::render::{self, Checked, Styles, report};
use crate::settings::{self, Aim};
use crate::source::Source;
use crate::stop::Stop;
use crate::words;

/// Between two of several polls.
const APART: Duration = Duration::from_secs(1);

pub(crate) fn run(args: &QuickCheckArgs, color: Color) -> Result<u8, Failure> {
    if let Some(flag) = needs_samples(args) {
        return Err(Failure::usage(words::needs_samples(flag)));
    }
    let thresholds = settings::thresholds(args.thresholds)?;
    let aims = Aim::of(&args.target)?;
    let stop = match args.samples {
        1 => Stop::default(),
        _ => Stop::on_signal().map_err(Failure::output)?,
    };
    look(args, thresholds, aims, &stop, |all| show(all, args.format, color))?
}

/// The same as a part of something else: `told` hears of the one target.
///
/// # Errors
/// The flags contradict each other, or somebody interrupted.
pub(crate) fn within<T>(
    args: &QuickCheckArgs,
    stop: &Stop,
    told: impl FnOnce(&Checked<'_>) -> T,
) -> Result<Option<T>, Failure> {
    let (thresholds, aims) = (settings::thresholds(args.thresholds)?, Aim::of(&args.target)?);
    look(args, thresholds, aims, stop, |all| all.first().map(told))
}

fn look<T>(
    args: &QuickCheckArgs,
    thresholds: Thresholds,
    aims: Vec<Aim>,
    stop: &Stop,
    told: impl FnOnce(&[Checked<'_>]) -> T,
) -> Result<T, Failure> {
    let (at, start) = (Timestamp::now(), Instant::now());
    let asked = abreast(aims, |aim| (ask(&mut aim.source, args, stop), start.elapsed()));
    let mut all = Vec::new();
    for (aim, (polls, took)) in &asked {
        let polled = Polled::of(polls.clone(), args.max_restarts);
        let polled = polled.ok_or_else(|| Failure::interrupted(Before::Answer))?;
        let about = (aim.source.target(), aim.source.name());
        all.push(checked(about, polled, args, thresholds, (at, *took)));
    }
    for (aim, _) in &asked {
        aim.source.unread().iter().for_each(|unread| output::hint(&words::left_out(unread)));
    }
    Ok(told(&all))
}

/// The flag that looks at what lies between two polls, where there is one poll.
fn needs_samples(args: &QuickCheckArgs) -> Option<&'static str> {
    let flags = [
        args.thresholds.max_error_rate.is_some().then_some("--max-error-rate"),
        args.max_restarts.is_some().then_some("--max-restarts"),
    ];
    flags.into_iter().flatten().next().filter(|_| args.samples == 1)
}

/// One target, of which the gravest instance is shown; what others have to complain of stands beside it.
fn checked<'a>(
    (target, source): (&'a str, &'a str),
    polled: Polled,
    args: &'a QuickCheckArgs,
    thresholds: Thresholds,
    (at, took): (Timestamp, Duration),
) -> Checked<'a> {
    let Polled { polls, outcome, restarts, findings } = polled;
    let mut checked = Checked {
        target,
        source,
        at,
        thresholds,
        outcome: Err(Fault::NothingToAsk.into()),
        expectations: Vec::new(),
        gate: args.gate.gate(),
        polls,
        restarts: (polls.asked > 1).then_some(restarts),
        instance: None,
        instances: Vec::new(),
        findings,
        requests: None,
        rises: Vec::new(),
        took,
    };
    let each = match outcome {
        Ok(each) => each,
        Err(error) => return Checked { outcome: Err(error), ..checked },
    };
    let each = each.into_iter().filter_map(|one| Judged::of(one, args, polls.asked, &thresholds));
    let mut judged: Vec<Judged<'_>> = each.collect();
    checked.instances = judged.iter().filter_map(Judged::told).collect();
    judged.sort_by_key(Judged::gravity);
    let Some(worst) = judged.pop() else { return checked };
    let Judged { instance, reading, judgement, expectations, requests, rises } = worst;
    if reading.drains() {
        let finding = Finding::of_draining();
        checked.findings.push(match &instance {
            Some(instance) => finding.of_instance(instance.clone()),
            None => finding,
        });
    }
    let checked =
        Checked { outcome: Ok((reading, judgement)), instance, expectations, requests, rises, ..checked };
    judged.into_iter().rev().fold(checked, beside)
}

/// With what one of the others has to complain of. What is expected is expected of each.
fn beside<'a>(mut checked: Checked<'a>, other: Judged<'a>) -> Checked<'a> {
    checked.findings.extend(other.complaints());
    for (shown, its) in checked.expectations.iter_mut().zip(other.expectations) {
        if its.verdict > shown.verdict {
            *shown = its;
        }
    }
    checked
}

/// Each, and behind several what they come to; and the exit code.
fn show(all: &[Checked<'_>], format: CheckFormat, color: Color) -> Result<u8, Failure> {
    let mut code = exit::gravest(all.iter().map(|checked| checked.gate.exit_code(checked.verdict())));
    let Some(report) = render::checks_report(all) else { return Ok(code) };
    output::result(&match format {
        CheckFormat::Text => render::checks(all, &Styles::new(render::use_color(color)), render::width()),
        CheckFormat::Json => render::check_object(all),
        CheckFormat::Nagios => report::nagios(&report),
        CheckFormat::Docker => {
            let (line, known) = report::docker(&report);
            code = known;
            line
        }
        CheckFormat::Junit => {
            let at = all.first().map(|checked| render::timestamp(checked.at)).unwrap_or_default();
            let took = all.iter().map(|checked| checked.took).max().unwrap_or_default();
            report::junit(&report, &at, took.as_secs_f64())
        }
        CheckFormat::Github => report::annotations(&report),
        CheckFormat::Prometheus => render::prometheus(all),
    })?;
    if format == CheckFormat::Github {
        let each: Vec<_> = all.iter().map(render::check_markdown).collect();
        report::append_summary(&each.join("\n"))?;
    }
    Ok(code)
}

/// Polls as often as asked, or until somebody interrupts: then what came by then counts.
fn ask(source: &mut dyn Source, args: &QuickCheckArgs, stop: &Stop) -> Vec<Poll> {
    let (start, at) = (Instant::now(), Timestamp::now().as_duration().as_secs_f64());
    if args.samples == 1 {
        return vec![(at, source.poll(args.target.timeout))];
    }
    let mut schedule = Schedule::new(start, APART, None);
    let mut polls = Vec::new();
    for _ in 0..args.samples {
        let Some(due) = schedule.next(Instant::now()) else { break };
        if stop.wait_until(due) {
            break;
        }
        let t = at + start.elapsed().as_secs_f64();
        polls.push((t, source.poll(args.target.timeout)));
    }
    polls
}

#[cfg(test)]
mod tests {
    use vitals::{Sample, Verdict};

    use super::*;
    use crate::args::{self, Command};
    use crate::source::{PollError, Reading};

    fn args(flags: &str) -> QuickCheckArgs {
        let line = format!("watertight quick-check {flags}");
        match args::parse(line.split_whitespace().map(Into::into)).unwrap().command {
            Command::QuickCheck(args) => args,
            other => panic!("{other:?}"),
        }
    }

    fn reading(start_time: u64, goroutines: u64, overdue: u64) -> Result<Reading, PollError> {
        let start_time = Some(start_time);
        let (goroutines, overdue) = (Some(goroutines), Some(overdue));
        let sample = Sample { goroutines, start_time, overdue, ..Sample::default() };
        Ok(Reading::of(sample, Duration::ZERO))
    }

    fn asked(args: &QuickCheckArgs) -> Checked<'_> {
        let polls = [reading(50, 100, 1), reading(70, 2100, 0), reading(50, 101, 1), reading(70, 2101, 0)];
        let polled = Polled::of((0..).map(f64::from).zip(polls).collect(), None).unwrap();
        let at = (Timestamp::UNIX_EPOCH, Duration::ZERO);
        checked(("a", "health"), polled, args, Thresholds::default(), at)
    }

    #[test]
    fn the_gravest_instance_decides_and_not_the_highest() {
        let shown = |checked: &Checked<'_>| checked.outcome.as_ref().unwrap().0.sample.goroutines;
        let verdicts =
            |checked: &Checked<'_>| -> Vec<_> { checked.instances.iter().map(|one| one.verdict).collect() };
        let told = |checked: &Checked<'_>| -> Vec<_> {
            checked.findings.iter().map(|finding| (finding.core().metric.as_str(), finding.verdict)).collect()
        };
        let args_of_both = args("--samples 4");
        let both = asked(&args_of_both);
        assert_eq!((shown(&both), both.verdict()), (Some(100), Verdict::Danger));
        assert_eq!(verdicts(&both), [Verdict::Danger, Verdict::Warning]);
        assert_eq!(told(&both), [("goroutines", Verdict::Warning)], "the other one's complaint is told");
        let args_of_each = args("--samples 4 --expect overdue<1 --expect goroutines<1000");
        let each = asked(&args_of_each);
        assert_eq!((shown(&each), verdicts(&each)), (Some(2100), vec![Verdict::Danger; 2]));
        let values: Vec<_> = each.expectations.iter().map(|expected| expected.value).collect();
        assert_eq!(values, [Some(1.0), Some(2100.0)], "each is held to what is expected");
    }

    #[test]
    fn a_gate_between_polls_needs_two() {
        assert_eq!(needs_samples(&args("--max-restarts 0")), Some("--max-restarts"));
        assert_eq!(needs_samples(&args("--max-restarts 0 --samples 2")), None);
    }
}
