//! A recording for Prometheus: OpenMetrics wants all samples of a series together, and a recording grows row by row.
//! So the CSV is the recording, and this file is written from it, whole or not at all, when it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use report::exposition::labels;
use vitals::sample::Kind;
use vitals::{FIELDS, Field, Unit};

use crate::recording::form::INSTANCE;
use crate::words::en::series;

/// Where the file for Prometheus lies: `day.csv` has `day.om`.
pub(super) fn beside(csv: &Path) -> PathBuf {
    csv.with_extension("om")
}

/// One series: its family, and how a column becomes its values.
struct Family {
    name: &'static str,
    /// Stands behind the family's name in its samples.
    suffix: &'static str,
    kind: &'static str,
    unit: &'static str,
    help: &'static str,
    column: &'static str,
    /// The column counts milliseconds, and the series seconds.
    millis: bool,
}

fn families() -> Vec<Family> {
    let own = |name, unit, help, column, millis| Family {
        name,
        suffix: "",
        kind: "gauge",
        unit,
        help,
        column,
        millis,
    };
    let polls = [
        own("watertight_poll_up", "", series::UP, "ok", false),
        own("watertight_poll_latency_seconds", "seconds", series::LATENCY, "latency_ms", true),
    ];
    polls.into_iter().chain(FIELDS.iter().filter_map(family)).collect()
}

fn family(field: &'static Field) -> Option<Family> {
    let base = field.series.strip_suffix("_total").unwrap_or(field.series);
    // A counter's family lacks the suffix. Where that is a gauge's name already, it has to do without a type.
    let taken = FIELDS.iter().any(|other| other.kind == Kind::Gauge && other.series == base);
    let counter = field.kind == Kind::Counter;
    let (name, suffix, kind) = match counter {
        true if taken => (field.series, "", "unknown"),
        true => (base, "_total", "counter"),
        false => (field.series, "", "gauge"),
    };
    let unit = match field.unit {
        Unit::Count => "",
        Unit::Bytes => "bytes",
        Unit::Seconds | Unit::Micros => "seconds",
    };
    let unit = if name.ends_with(unit) { unit } else { "" };
    Some(Family { name, suffix, kind, unit, help: field.help, column: field.csv?, millis: false })
}

/// Writes the file of a recording. `labels` are those of every series.
///
/// # Errors
/// The recording cannot be read, or the file cannot be written; an older one is then still there.
pub(super) fn write(csv: &Path, labels: &BTreeMap<String, String>) -> io::Result<PathBuf> {
    let path = beside(csv);
    let temporary = path.with_extension("om.tmp");
    let written = File::create(&temporary).and_then(|file| {
        let mut out = BufWriter::with_capacity(1 << 16, file);
        convert(csv, labels, &mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
        fs::rename(&temporary, &path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map(|()| path)
}

/// Reads the recording once a series: memory stays small, however long it is.
fn convert(csv: &Path, labels: &BTreeMap<String, String>, out: &mut impl Write) -> io::Result<()> {
    let mut series = Vec::new();
    for instance in instances(csv)? {
        let own = (!instance.is_empty()).then(|| (INSTANCE.to_owned(), instance.clone()));
        series.push((in_braces(&labels.clone().into_iter().chain(own).collect()), instance));
    }
    for family in families() {
        let mut begun = false;
        for (labels, instance) in &series {
            let mut rows = Rows::open(csv)?;
            let (Some(ts), Some(column)) = (rows.column("ts"), rows.column(family.column)) else { continue };
            let of = rows.column(INSTANCE);
            let mut last = i64::MIN;
            while rows.next()? {
                let Ok(at) = rows.cell(Some(ts)).parse::<jiff::Timestamp>() else { continue };
                let at = at.as_millisecond();
                let Some(value) = value(rows.cell(Some(column)), family.millis) else { continue };
                // Prometheus takes samples in order of time only; after a clock went back, it has had these.
                if rows.cell(of) != instance || at <= last {
                    continue;
                }
                last = at;
                if !std::mem::replace(&mut begun, true) {
                    family.describe(out)?;
                }
                let (name, suffix) = (family.name, family.suffix);
                let (seconds, millis) = (at.div_euclid(1000), at.rem_euclid(1000));
                writeln!(out, "{name}{suffix}{labels} {value} {seconds}.{millis:03}")?;
            }
        }
    }
    out.write_all(b"# EOF\n")
}

/// The instances that a recording has rows of; one without a name where it names none.
fn instances(csv: &Path) -> io::Result<BTreeSet<String>> {
    let mut rows = Rows::open(csv)?;
    let Some(column) = rows.column(INSTANCE) else { return Ok([String::new()].into()) };
    let mut found = BTreeSet::new();
    while rows.next()? {
        let cell = rows.cell(Some(column));
        if !found.contains(cell) {
            found.insert(cell.to_owned());
        }
    }
    Ok(found)
}

/// The rows of a recording, one at a time.
struct Rows {
    reader: csv::Reader<BufReader<File>>,
    header: ByteRecord,
    row: ByteRecord,
}

impl Rows {
    fn open(csv: &Path) -> io::Result<Self> {
        let file = BufReader::with_capacity(1 << 16, File::open(csv)?);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader.byte_headers()?.clone();
        Ok(Self { reader, header, row: ByteRecord::new() })
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name.as_bytes())
    }

    fn next(&mut self) -> io::Result<bool> {
        Ok(self.reader.read_byte_record(&mut self.row)?)
    }

    /// Its text in the row that was read last; empty where it has none.
    fn cell(&self, column: Option<usize>) -> &str {
        let cell = column.and_then(|column| self.row.get(column));
        cell.and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or_default()
    }
}

impl Family {
    fn describe(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { name, kind, unit, help, .. } = self;
        writeln!(out, "# TYPE {name} {kind}")?;
        if !unit.is_empty() {
            writeln!(out, "# UNIT {name} {unit}")?;
        }
        writeln!(out, "# HELP {name} {help}")
    }
}

/// A cell as a number; `None` for what is missing or is none.
fn value(cell: &str, millis: bool) -> Option<String> {
    let number: f64 = cell.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(if millis { format!("{:.6}", number / 1000.0) } else { cell.to_owned() })
}

/// The labels as they stand behind a name. What cannot be a name is changed until it can.
fn in_braces(given: &BTreeMap<String, String>) -> String {
    let mut named = BTreeMap::new();
    for (name, value) in given {
        named.entry(label(name)).or_insert(value.as_str());
    }
    labels(named.iter().map(|(name, value)| (name.as_str(), *value)))
}

fn label(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    // Two underscores in front are the server's own.
    let name = name.trim_start_matches('_');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.to_owned()
    } else {
        format!("label_{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(rows: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let csv = dir.path().join("a.csv");
        fs::write(&csv, rows).unwrap();
        let labels = [("target", "http://h"), ("0 b", "x\"y\\z\n"), ("__name__", "evil")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let path = write(&csv, &labels).unwrap();
        assert_eq!(path, dir.path().join("a.om"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no temporary file stays");
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn series_are_together_and_the_end_is_marked() {
        let text = converted(
            "ts,ok,latency_ms,goroutines,requests_total\n\
             2026-11-18T11:06:40.250Z,1,1.5,7,3\n\
             2026-11-18T11:06:45.000Z,0,,,\n\
             2026-11-18T11:06:44.000Z,1,1,8,4\n\
             2026-11-18T11:06:50.000Z,1,2,9,5\n",
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn each_instance_has_a_series_of_its_own() {
        let text = converted(
            "ts,ok,goroutines,instance\n\
             2026-11-18T11:06:40.250Z,1,7,10.0.0.2:80\n\
             2026-11-18T11:06:40.250Z,1,8,10.0.0.1:80\n\
             2026-11-18T11:06:45.000Z,1,9,10.0.0.2:80\n",
        );
        let tasks: Vec<_> = text.lines().filter(|line| line.contains("watertight_tasks")).collect();
        let ends: Vec<_> = tasks.iter().map(|line| line.split("instance=").last().unwrap()).collect();
        assert_eq!(tasks.len(), 5, "{text}");
        assert!(ends[2].starts_with("\"10.0.0.1:80\"") && ends[2].ends_with("} 8 1795000000.250"), "{text}");
        assert!(ends[3].starts_with("\"10.0.0.2:80\"") && ends[4].ends_with("} 9 1795000005.000"), "{text}");
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(write(&dir.path().join("missing.csv"), &BTreeMap::new()).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn every_column_has_a_series_and_no_two_have_one_name() {
        let families = families();
        let mut names: Vec<_> = families.iter().map(|family| family.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), families.len());
        assert_eq!(families.len(), FIELDS.iter().filter(|field| field.csv.is_some()).count() + 2);
    }
}
