//! `quick-check`: one poll, one verdict.

use jiff::Timestamp;
use vitals::judge;

use crate::args::{CheckFormat, Color, QuickCheckArgs};
use crate::output::{self, Failure};
use crate::render::{self, Checked, Styles};
use crate::source::Source;

/// Runs it.
pub(crate) fn run(args: &QuickCheckArgs, color: Color) -> Result<u8, Failure> {
    let thresholds = super::thresholds(args.warning, args.danger)?;
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
