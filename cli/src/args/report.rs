//! `report`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use vitals::Measure;

use super::ThresholdArgs;

/// `report`
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Recordings: CSV or NDJSON files of `record`, logs of the old scripts, quoted globs of several files that are one recording
    /// (joined in order of time), or `-` for standard input. Up to four are drawn into the same charts
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Where to write the page; an older one is overwritten, a recording never. `-` is standard output
    #[arg(long, short = 'o', value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// The heading
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Write this chart alone, as an SVG picture
    #[arg(long, value_name = "METRIC", value_parser = PossibleValuesParser::new(Measure::COMPARED.map(Measure::column)))]
    pub svg: Option<String>,
    /// The thresholds of goroutines.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
}
