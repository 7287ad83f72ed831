//! `compare`: two sides, one verdict about the newer one.

use std::thread;
use std::time::Instant;

use jiff::Timestamp;
use vitals::Language;

use crate::args::{Color, CompareArgs, CompareFormat};
use crate::comparison::{
    self, Own, Rules, Side, Use, by_day, day_findings, each, findings, findings_of, idle, looked_at,
    of_others, pairs, restarts, statistics, weigh,
};
use crate::finding::{Before, Finding, Misuse, Who};
use crate::output::{self, Failure};
use crate::recording::{Input, is_url};
use crate::render::compare::{Compared, Days, Sheet, json, markdown, report, text};
use crate::render::{self, Styles};
use crate::settings;
use crate::source::{ErrorKind, Source};
use crate::stop::Stop;
use crate::words;

const BASELINE: &str = "BASELINE";
const CURRENT: &str = "CURRENT";
/// The name of an argument where all of them are alike.
const FILE: &str = "recording";

pub(crate) fn run(args: &CompareArgs, color: Color) -> Result<u8, Failure> {
    let (at, start) = (Timestamp::now(), Instant::now());
    polls_something(args)?;
    let rules = rules(args)?;
    let current = match &args.current {
        Some(current) if args.more.is_empty() && !args.days && !args.each => current,
        _ => return series(args, rules, at, start, color),
    };
    if is_url(&args.baseline) {
        return Err(misused(&Misuse::Address));
    }
    if args.baseline == "-" && current == "-" {
        return Err(misused(&Misuse::BothFromStdin));
    }
    let worst = worst(args, rules, current, (at, start))?;
    show(args.format, color, || worst.sheet())
}

/// The findings about two recordings, as a part of something else.
///
/// # Errors
/// One of them is none.
pub(crate) fn within(args: &CompareArgs) -> Result<Vec<Finding>, Failure> {
    let current = args.current.as_deref().ok_or_else(|| misused(&Misuse::OnlyOne))?;
    let when = (Timestamp::now(), Instant::now());
    Ok(worst(args, rules(args)?, current, when)?.findings)
}

/// The instance with the gravest verdict, with what is to be said of the others.
fn worst(
    args: &CompareArgs,
    rules: Rules,
    current: &str,
    when: (Timestamp, Instant),
) -> Result<Compared, Failure> {
    let (baselines, currents) = sides(args, current)?;
    let mut compared: Vec<Compared> =
        pairs(baselines, currents).into_iter().map(|pair| compared(args, rules, pair, when)).collect();
    compared.sort_by_key(|one| comparison::verdict(&one.findings));
    let Some(mut worst) = compared.pop() else { return Err(Failure::interrupted(Before::Poll)) };
    for other in &compared {
        let instance = other.current.instance.as_ref();
        worst.findings.extend(instance.into_iter().flat_map(|of| of_others(of, &other.findings)));
    }
    Ok(worst)
}

fn rules(args: &CompareArgs) -> Result<Rules, Failure> {
    Ok(Rules {
        thresholds: settings::thresholds(args.thresholds)?,
        max_growth: args.max_growth,
        max_peak: args.max_peak,
        max_restarts: args.max_restarts,
        allow_idle: args.allow_idle,
        alpha: args.alpha,
        gate: args.gate.gate(),
    })
}

/// One instance of the current side, most often the only one, against the baseline's.
fn compared(
    args: &CompareArgs,
    rules: Rules,
    (baseline, current): (Side, Side),
    (at, start): (Timestamp, Instant),
) -> Compared {
    let statistics = statistics(&baseline, &current, &rules);
    let mut findings = findings(&baseline, &current, &rules);
    let own = Own { warning: args.thresholds.warning.is_some(), danger: args.thresholds.danger.is_some() };
    weigh(&mut findings, [&baseline, &current], &statistics, &rules, own);
    findings.extend(idle((Who::Baseline, &baseline), (Who::Current, &current), &rules));
    let restarts = restarts(&baseline, &current, &rules);
    let others = [findings.as_slice(), &restarts].concat();
    findings.extend(findings_of(&statistics, &baseline, &current, &rules, &others));
    findings.extend(restarts);
    Compared { baseline, current, rules, statistics, findings, at, took: start.elapsed() }
}

/// A time for polling means nothing where nothing is polled.
fn polls_something(args: &CompareArgs) -> Result<(), Failure> {
    let flag = match (args.polling.duration, args.polling.count) {
        (Some(_), _) => "--duration",
        (None, Some(_)) => "-n",
        (None, None) => return Ok(()),
    };
    if [&args.baseline].into_iter().chain(&args.current).chain(&args.more).any(|text| is_url(text)) {
        return Ok(());
    }
    Err(misused(&Misuse::NothingPolled(flag)))
}

/// Both sides; recordings at the same time, since there is most often a processor for each.
fn sides(args: &CompareArgs, current: &str) -> Result<(Vec<Side>, Vec<Side>), Failure> {
    let before = Input::find(&args.baseline, BASELINE)?;
    if is_url(current) {
        return Ok((comparison::sides(&before, BASELINE, Use::Baseline)?, polled(args, current)?));
    }
    let now = Input::find(current, CURRENT)?;
    let (before, now) = thread::scope(|scope| {
        let before = scope.spawn(|| comparison::sides(&before, BASELINE, Use::Baseline));
        let now = comparison::sides(&now, CURRENT, Use::Current);
        (before.join(), now)
    });
    let before = before.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    Ok((before, now?))
}

/// More than two: which of them changed.
fn series(
    args: &CompareArgs,
    rules: Rules,
    at: Timestamp,
    start: Instant,
    color: Color,
) -> Result<u8, Failure> {
    let texts: Vec<&String> = [&args.baseline].into_iter().chain(&args.current).chain(&args.more).collect();
    if let Some(url) = texts.iter().find(|text| is_url(text)) {
        return Err(misused(&Misuse::AddressAmongMany(url)));
    }
    if texts.iter().filter(|text| **text == "-").count() > 1 {
        return Err(misused(&Misuse::SeveralFromStdin));
    }
    let mut inputs = Vec::new();
    for text in texts {
        inputs.extend(Input::find(text, FILE)?);
    }
    let read = if args.days { by_day(&inputs, FILE)? } else { each(&inputs, FILE)? };
    if !args.days && read.0.len() < 2 {
        return Err(misused(&Misuse::OnlyOne));
    }
    let columns = looked_at(read, args.days, &rules);
    let findings = day_findings(&columns, &rules);
    let days = Days { columns, rules, findings, at, took: start.elapsed() };
    show(args.format, color, || days.sheet())
}

/// Polls the address until there is enough, or until somebody interrupts: then what came by then is compared.
fn polled(args: &CompareArgs, url: &str) -> Result<Vec<Side>, Failure> {
    let polling = settings::polling(&args.polling)?;
    let mut source = settings::observed(Some(url), CURRENT, &args.polling.source)?;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    output::hint(&words::polling(source.target(), polling.interval, polling.polls));
    let sides = comparison::sides(&[comparison::poll(&mut source, polling, &stop)], CURRENT, Use::Current)?;
    let Some(side) = sides.first() else { return Err(Failure::interrupted(Before::Poll)) };
    if side.polls() == 0 {
        return Err(Failure::interrupted(Before::Poll));
    }
    let refused = side.failed.get(ErrorKind::Refused.as_str()).copied();
    if refused == Some(side.polls()) && side.polls() < polling.polls && !stop.is_set() {
        output::hint(&words::given_up(side.polls()));
    }
    Ok(sides)
}

fn misused(misuse: &Misuse<'_>) -> Failure {
    Failure::usage(words::misuse(misuse))
}

/// A sheet is made of words: where machines read it, they are English.
fn show<'a>(format: CompareFormat, color: Color, sheet: impl Fn() -> Sheet<'a>) -> Result<u8, Failure> {
    let own = sheet();
    output::result(&match format {
        CompareFormat::Text => text(&own, &Styles::new(render::use_color(color)), render::width()),
        CompareFormat::Json => json(&own),
        CompareFormat::Markdown => markdown(&own),
        CompareFormat::Junit => Language::En.during(|| {
            let (at, took) = (render::timestamp(own.at), own.took.as_secs_f64());
            render::report::junit(&report(&sheet()), &at, took)
        }),
        CompareFormat::Github => Language::En.during(|| render::report::annotations(&report(&sheet()))),
        CompareFormat::Nagios => Language::En.during(|| render::report::nagios(&report(&sheet()))),
    })?;
    if format == CompareFormat::Github {
        render::report::append_summary(&markdown(&own))?;
    }
    Ok(own.exit_code())
}

#[cfg(test)]
mod tests;
