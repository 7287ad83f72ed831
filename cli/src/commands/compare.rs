//! `compare`: two sides, one verdict about the newer one.

use std::time::Instant;

use jiff::Timestamp;
use vitals::exit;
use vitals::units::format_duration;

use crate::args::{Color, CompareArgs, CompareFormat};
use crate::comparison::{self, Input, Rules, Side, findings, findings_of, is_url, side, statistics};
use crate::output::{self, Failure};
use crate::render::{self, Compared, Styles, report};
use crate::source::Source;
use crate::stop::Stop;
use crate::words::counted;

const BASELINE: &str = "BASELINE";
const CURRENT: &str = "CURRENT";

/// Runs it.
pub(crate) fn run(args: &CompareArgs, color: Color) -> Result<u8, Failure> {
    let (at, start) = (Timestamp::now(), Instant::now());
    let rules = Rules {
        thresholds: super::thresholds(args.thresholds.warning, args.thresholds.danger)?,
        max_growth: args.max_growth,
        max_peak: args.max_peak,
        alpha: args.alpha,
        gate: args.gate.gate(),
    };
    if is_url(&args.baseline) {
        return Err(Failure::usage(
            "BASELINE must be a recording, not an address: record it first with \
             `watertight record --csv baseline.csv --api-url URL`",
        ));
    }
    if args.baseline == "-" && args.current == "-" {
        return Err(Failure::usage(
            "only one side can come from standard input: save the other one as a file",
        ));
    }
    let baseline = side(Input::find(&args.baseline, BASELINE)?, BASELINE)?;
    let current = if is_url(&args.current) {
        polled(args)?
    } else {
        side(Input::find(&args.current, CURRENT)?, CURRENT)?
    };
    let statistics = statistics(&baseline, &current, &rules);
    let mut findings = findings(&baseline, &current, &rules);
    findings.extend(findings_of(&statistics, &baseline, &current, &rules, &findings));
    let compared = Compared { baseline, current, rules, statistics, findings, at, took: start.elapsed() };
    show(&compared, args.format, color)?;
    Ok(rules.gate.exit_code(compared.verdict()))
}

/// Polls the address until there is enough, or until somebody interrupts: then what came by then is compared.
fn polled(args: &CompareArgs) -> Result<Side, Failure> {
    let polls = comparison::polls(&args.polling)?;
    let mut source = super::observed(Some(&args.current), CURRENT, &args.polling.source)?;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    output::hint(&format!(
        "polling {} every {}, {}; Ctrl-C compares what there is by then",
        source.target(),
        format_duration(args.polling.interval),
        counted(polls, "time", "times"),
    ));
    let side = side(vec![comparison::poll(&mut source, &args.polling, polls, &stop)], CURRENT)?;
    if side.polls() == 0 {
        return Err(Failure {
            code: exit::INTERRUPTED,
            text: "interrupted before the first poll".to_owned(),
        });
    }
    Ok(side)
}

fn show(compared: &Compared, format: CompareFormat, color: Color) -> Result<(), Failure> {
    let summed_up = || render::compare_report(compared);
    output::result(&match format {
        CompareFormat::Text => {
            render::compare(compared, &Styles::new(render::use_color(color)), render::width())
        }
        CompareFormat::Json => render::compare_json(compared),
        CompareFormat::Markdown => render::compare_markdown(compared),
        CompareFormat::Junit => {
            report::junit(&summed_up(), &render::timestamp(compared.at), compared.took.as_secs_f64())
        }
        CompareFormat::Github => report::annotations(&summed_up()),
        CompareFormat::Nagios => report::nagios(&summed_up()),
    })?;
    match format {
        CompareFormat::Github => report::append_summary(&render::compare_markdown(compared)),
        _ => Ok(()),
    }
}
