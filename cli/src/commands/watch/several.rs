//! A watch of several targets: each has a thread, a line a poll under its own name, and a verdict; the gravest counts.
//! There is no live view of several.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::{Thresholds, Verdict, exit};

use super::tellers::{Tellers, acted};
use super::{Screen, Watch, recorders, width};
use crate::action::Actions;
use crate::args::{Color, WatchArgs, WatchFormat};
use crate::commands::abreast::abreast;
use crate::finding::Before;
use crate::output::{self, Failure};
use crate::recording::Joint;
use crate::render::{self, Styles, Whole};
use crate::settings::{self, Aim};
use crate::source::{Observed, Source as _};
use crate::stop::Stop;

/// One of them, on its way.
struct One<'a> {
    source: Observed,
    watch: Watch<'a>,
    took: Duration,
}

pub(super) fn run(
    args: &WatchArgs,
    color: Color,
    thresholds: Thresholds,
    aims: Vec<Aim>,
) -> Result<u8, Failure> {
    let webhook = settings::webhook(args)?;
    let recorders = recorders(args, &aims)?;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    let names: Vec<&str> = aims.iter().map(|aim| aim.source.target()).collect();
    let several = names.join(", ");
    output::hint(&render::opening(&several, args.interval, args.duration, args.count, width()));
    let styles = Styles::new(render::use_color(color));
    let names = match args.format {
        WatchFormat::Text => render::labels(&names),
        WatchFormat::Ndjson => aims.iter().map(Aim::told).collect(),
    };
    let mut of = recorders.iter();
    let groups = aims.chunk_by(Aim::is_beside);
    let files: Vec<Option<&Joint>> =
        groups.flat_map(|group| std::iter::repeat_n(of.next(), group.len())).collect();
    let instances: Vec<Option<String>> = aims.iter().map(|aim| aim.instance.clone()).collect();
    let mut ones = Vec::new();
    for (n, (Aim { plan, source, .. }, name)) in aims.into_iter().zip(names).enumerate() {
        let screen = Screen::new(args.format, styles, thresholds, Some(name));
        let into = (files[n], instances[n].as_deref());
        let watch = Watch::new(args, thresholds, &plan, into, (&stop, screen));
        ones.push(One { source, watch, took: Duration::ZERO });
    }
    let (start, started) = (Instant::now(), Timestamp::now());
    let actions = Actions::of(&args.on, &stop);
    let tellers = Tellers { webhook: webhook.as_ref(), actions: actions.as_ref() };
    let ended = side_by_side(ones, &stop, start, args.format, tellers);
    let mut verdicts = Vec::new();
    for (One { source, watch, took }, ended) in ended {
        if matches!(ended, Err(Failure::ReaderLeft)) {
            return Ok(exit::OK);
        }
        verdicts.push(watch.end(&source, started, took)?);
        ended.map_err(|failure| failure.of(source.target()))?;
    }
    conclude(args, &verdicts, styles)
}

/// Polls each at its own pace. What ends one by an error ends all.
fn side_by_side<'a>(
    ones: Vec<One<'a>>,
    stop: &Stop,
    start: Instant,
    format: WatchFormat,
    tellers: Tellers<'_>,
) -> Vec<(One<'a>, Result<(), Failure>)> {
    std::thread::scope(|scope| {
        let _over = tellers.begin(scope, |text| output::hint(&text), acted(format, true));
        abreast(ones, |one| {
            let ended = one.watch.lines(&mut one.source, start, tellers);
            one.took = start.elapsed();
            if ended.is_err() {
                stop.set();
            }
            ended
        })
    })
}

/// The verdict about all.
fn conclude(args: &WatchArgs, verdicts: &[Option<Verdict>], styles: Styles) -> Result<u8, Failure> {
    let known: Option<Vec<_>> = verdicts.iter().copied().collect();
    let verdicts = known.ok_or_else(|| Failure::interrupted(Before::Sample))?;
    let whole = Whole::of(&verdicts, args.gate.gate());
    output::result(&match args.format {
        WatchFormat::Text => format!("\n{}", whole.text(&styles, width())),
        WatchFormat::Ndjson => whole.line(),
    })?;
    Ok(whole.exit_code)
}
