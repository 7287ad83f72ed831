//! Which file each target is recorded into.

use std::collections::BTreeSet;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::args::{RecordArgs, RecordFormat};
use crate::finding::NoStream;
use crate::output::Failure;
use crate::words::usage;

/// Stands for the target's host in a name.
const HOST: &str = "{host}";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its rows go there; with rotation, names are made from it.
    pub(crate) file: PathBuf,
    rotates: bool,
    open_metrics: bool,
}

impl Place {
    /// ` into FILE`
    pub(crate) fn in_words(&self) -> String {
        usage::recorded_into(&self.file, self.rotates, self.open_metrics)
    }
}

/// The files of targets, given by what they are shown as.
///
/// # Errors
/// Two would share one, or a file is needed and there is only a stream.
pub(crate) fn places(args: &RecordArgs, targets: &[&str]) -> Result<Vec<Place>, Failure> {
    let rotates = args.rotate.is_some() || args.rotate_size.is_some();
    let open_metrics = args.format == RecordFormat::Openmetrics;
    if args.keep.is_some() && !rotates {
        return Err(Failure::usage(usage::keep_without_rotation()));
    }
    if args.csv.as_os_str() == "-" {
        let why = match args.format {
            _ if targets.len() > 1 => NoStream::Several,
            _ if rotates => NoStream::Rotated,
            RecordFormat::Openmetrics => NoStream::OpenMetrics,
            _ => return Ok(vec![Place { file: args.csv.clone(), rotates, open_metrics }]),
        };
        return Err(Failure::usage(usage::no_stream(why)));
    }
    if targets.is_empty() {
        return Err(Failure::usage(usage::no_target()));
    }
    let files = files("--csv", &args.csv, extension(args.format), targets)?;
    let mut taken = BTreeSet::new();
    let mut places = Vec::new();
    for file in files {
        let file = csv_of(file, args.format);
        if !taken.insert(file.clone()) {
            return Err(Failure::usage(usage::same_file(&file)));
        }
        places.push(Place { file, rotates, open_metrics });
    }
    Ok(places)
}

/// A file for each target, by what a flag says: a folder, or a name, with `{host}` in it where there are several.
///
/// # Errors
/// Two would share one.
pub(crate) fn files(
    flag: &str,
    wish: &Path,
    extension: &str,
    targets: &[&str],
) -> Result<Vec<PathBuf>, Failure> {
    let text = wish.to_string_lossy();
    let folder = wish.is_dir() || text.ends_with(['/', MAIN_SEPARATOR]);
    if targets.len() > 1 && !folder && !text.contains(HOST) {
        return Err(Failure::usage(usage::one_file(flag, &text, targets.len(), HOST)));
    }
    let mut files = Vec::new();
    for target in targets {
        let file = match folder {
            true => wish.join(format!("{}.{extension}", host(target))),
            false if text.contains(HOST) => PathBuf::from(text.replace(HOST, &host(target))),
            false => wish.to_owned(),
        };
        if files.contains(&file) {
            return Err(Failure::usage(usage::same_file(&file)));
        }
        files.push(file);
    }
    Ok(files)
}

const fn extension(format: RecordFormat) -> &'static str {
    match format {
        RecordFormat::Csv | RecordFormat::Openmetrics => "csv",
        RecordFormat::Ndjson => "ndjson",
    }
}

/// `day.om` names the file for Prometheus; what is recorded is `day.csv`.
fn csv_of(file: PathBuf, format: RecordFormat) -> PathBuf {
    match format {
        RecordFormat::Openmetrics if file.extension() != Some("csv".as_ref()) => named(&file, "csv"),
        _ => file,
    }
}

fn named(file: &Path, extension: &str) -> PathBuf {
    if file.extension() == Some("om".as_ref()) {
        return file.with_extension(extension);
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Host, port and path of a target as a part of a file's name.
fn host(target: &str) -> String {
    let bare = target.split_once("://").map_or(target, |(_, rest)| rest);
    let parts = bare.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')));
    let name = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    // No name may be hidden, or lead to another folder.
    let name = name.trim_start_matches('.');
    if name.is_empty() { "target".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{self, Command};

    fn find(line: &str, targets: &[&str]) -> Result<Vec<String>, String> {
        let line = format!("watertight record {line}");
        let Command::Record(args) = args::parse(line.split(' ').map(Into::into)).unwrap().command else {
            panic!("not parsed")
        };
        let found = places(&args, targets).map_err(|failure| failure.text().to_owned())?;
        Ok(found.iter().map(|place| place.file.display().to_string()).collect())
    }

    #[test]
    fn hosts_are_names_of_files() {
        for (target, name) in [
            ("http://localhost:3000", "localhost-3000"),
            ("https://relay.example.com/eu/1", "relay.example.com-eu-1"),
            ("http://[::1]:3000", "1-3000"),
            ("http://../../etc/passwd", "-..-etc-passwd"),
            ("pid 4711", "pid-4711"),
            ("", "target"),
        ] {
            assert_eq!(host(target), name, "{target}");
        }
    }

    #[test]
    fn where_rows_go() {
        let both = ["http://a:1", "http://b:2"];
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().display().to_string();
        let in_folder = [format!("{folder}/a-1.csv"), format!("{folder}/b-2.csv")];
        assert_eq!(find(&format!("--csv {folder}"), &both).unwrap(), in_folder);
        assert_eq!(find("--csv day-{host}.csv", &both).unwrap(), ["day-a-1.csv", "day-b-2.csv"]);
        assert_eq!(find("-o day.csv", &both[..1]).unwrap(), ["day.csv"]);
        assert_eq!(find("--csv new/ --format ndjson", &both[..1]).unwrap(), ["new/a-1.ndjson"]);
        for (name, csv) in
            [("day.om", "day.csv"), ("day.csv", "day.csv"), ("day", "day.csv"), ("d.1", "d.1.csv")]
        {
            assert_eq!(find(&format!("--csv {name} --format openmetrics"), &both[..1]).unwrap(), [csv]);
        }
    }

    #[test]
    fn what_cannot_be_is_said_before_anything_is_written() {
        let both = ["http://a:1", "http://b:2"];
        for (line, targets, why) in [
            ("--csv day.csv", &both[..], "put {host} into the name"),
            (
                "--csv {host}.csv",
                &["http://a:1", "https://a:1"],
                "two targets would be recorded into a-1.csv",
            ),
            ("--csv -", &both, "several targets need a file each"),
            ("--csv - --rotate 1d", &both[..1], "rotation needs files"),
            ("--csv - --format openmetrics", &both[..1], "when the recording ends"),
            ("--csv a --keep 3", &both[..1], "--keep bounds"),
        ] {
            let error = find(line, targets).unwrap_err();
            assert!(error.contains(why), "{line}: {error}");
        }
    }
}
