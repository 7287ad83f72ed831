//! `quick-check`: one poll, one verdict.

use jiff::Timestamp;
use vitals::{Thresholds, judge};

use crate::args::{CheckFormat, Color, QuickCheckArgs};
use crate::output::{self, Failure};
use crate::render::{self, Checked, Styles};
use crate::source::Source;

/// Runs it.
pub(crate) fn run(args: &QuickCheckArgs, color: Color) -> Result<u8, Failure> {
    let thresholds = thresholds(args)?;
    let mut source = super::source(&args.target)?;
    let at = Timestamp::now();
    let outcome = source.poll(args.target.timeout).map(|reading| {
        let judgement = judge(&reading.sample, &thresholds);
        (reading, judgement)
    });
    let checked = Checked { target: source.target(), source: source.name(), at, thresholds, outcome };
    let text = match args.format {
        CheckFormat::Text => {
            render::quick_check(&checked, &Styles::new(render::use_color(color)), render::width())
        }
        CheckFormat::Json => render::quick_check_json(&checked),
    };
    output::result(&text)?;
    Ok(checked.verdict().exit_code())
}

/// One flag alone moves the other one's default out of its way.
fn thresholds(args: &QuickCheckArgs) -> Result<Thresholds, Failure> {
    let default = Thresholds::default();
    let danger = args.danger.unwrap_or_else(|| default.danger.max(args.warning.unwrap_or(0)));
    let warning = args.warning.unwrap_or_else(|| default.warning.min(danger));
    Thresholds::with_goroutines(warning, danger)
        .map_err(|why| Failure::usage(format!("--warning and --danger: {why}")))
}
