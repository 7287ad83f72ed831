//! What Go programs say of themselves in JSON and text: new-api's statistics, expvar, and a profile's first line.

use serde_json::{Map, Value};
use vitals::{Measure, Sample};

use super::content::{content, foreign, missing, object, start, unwrap_data, whole_at, without_mark};
use super::{Endpoint, PollError};
use crate::reading::{Content, Profile};

/// The place of a number, and which one it is.
type Named = (&'static str, Measure);

const NEW_API: [Named; 5] = [
    ("memory_stats.num_goroutine", Measure::Goroutines),
    ("memory_stats.alloc", Measure::AllocBytes),
    ("memory_stats.total_alloc", Measure::TotalAllocBytes),
    ("memory_stats.sys", Measure::SysBytes),
    ("memory_stats.num_gc", Measure::NumGc),
];

/// The published `runtime.MemStats`. The count is no part of it; some programs publish one beside it.
const EXPVAR: [Named; 5] = [
    ("goroutines", Measure::Goroutines),
    ("memstats.Alloc", Measure::AllocBytes),
    ("memstats.TotalAlloc", Measure::TotalAllocBytes),
    ("memstats.Sys", Measure::SysBytes),
    ("memstats.NumGC", Measure::NumGc),
];

/// Reads the answer of new-api's `/api/performance/stats`: bytes, wrapped in `{"success":true,"data":…}`.
pub(super) fn new_api(body: &[u8]) -> Result<Sample, PollError> {
    let mut object = object(body)?;
    unwrap_data(&mut object)?;
    let sample = take(&object, &NEW_API)?;
    if sample.goroutines.is_none() {
        return Err(missing(&object, "memory_stats.num_goroutine", Endpoint::NewApi));
    }
    Ok(sample)
}

/// Reads expvar's `/debug/vars`.
pub(super) fn expvar(body: &[u8]) -> Result<Sample, PollError> {
    let object = object(body)?;
    if !object.get("memstats").is_some_and(Value::is_object) {
        return Err(missing(&object, "memstats", Endpoint::Expvar));
    }
    take(&object, &EXPVAR)
}

fn take(object: &Map<String, Value>, names: &[Named]) -> Result<Sample, PollError> {
    let mut sample = Sample::default();
    for (path, measure) in names {
        let value = whole_at(object, path, 1, measure.unit())?;
        measure.set(&mut sample, value);
    }
    Ok(sample)
}

/// Reads the beginning of a goroutine profile in its text form: `goroutine profile: total 12`.
pub(super) fn profile(beginning: &[u8]) -> Result<Sample, PollError> {
    if beginning.starts_with(b"\x1f\x8b") {
        return Err(content(Content::Profile(Profile::Compressed)));
    }
    if let Some(error) = foreign(beginning, Endpoint::Pprof) {
        return Err(error);
    }
    let text = without_mark(beginning);
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole_line = text.len() > line.len();
    let count = std::str::from_utf8(line)
        .ok()
        .and_then(|line| line.trim_end().strip_prefix("goroutine profile: total "))
        .and_then(|count| count.parse().ok());
    match count {
        Some(count) if whole_line => Ok(Sample { goroutines: Some(count), ..Sample::default() }),
        Some(_) => Err(content(Content::Profile(Profile::BrokenOff))),
        None => Err(content(Content::Profile(Profile::Other { start: start(text) }))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::en;

    const STATS: &str = r#"{"success":true,"data":{"cache_stats":{},"memory_stats":{"alloc":18874368,"total_alloc":99999999999,
        "sys":44000000,"num_gc":7,"num_goroutine":312},"config":{"monitor_enabled":true}}}"#;

    #[test]
    fn new_api_counts_bytes() {
        let expected = Sample {
            goroutines: Some(312),
            alloc_bytes: Some(18 << 20),
            total_alloc_bytes: Some(99_999_999_999),
            sys_bytes: Some(44_000_000),
            num_gc: Some(7),
            ..Sample::default()
        };
        assert_eq!(new_api(STATS.as_bytes()), Ok(expected));
        assert_eq!(new_api(format!("\u{feff}{}", STATS.replace("312", "\"312\"")).as_bytes()), Ok(expected));
        let error =
            |body: &str| new_api(body.as_bytes()).map_err(|error| en::error_seen(&error)).unwrap_err();
        assert!(
            error(r#"{"success":false,"message":"access token is invalid"}"#)
                .contains("access token is invalid")
        );
        assert!(
            error(r#"{"data":{"memory_stats":{"alloc":1}}}"#).contains("no `memory_stats.num_goroutine`")
        );
        assert!(error(r#"{"data":{"memory_stats":{"num_goroutine":null}}}"#).contains("num_goroutine"));
        assert!(error(r#"{"data":{"memory_stats":7}}"#).contains("`memory_stats` is number `7`"));
        assert!(error(&STATS.replace("312", "3.5")).contains("number `3.5`"));
        assert!(error(&STATS[..80]).contains("breaks off"));
        assert!(
            error("<html><title>new-api</title>")
                .contains("HTML page came instead of JSON, titled `new-api`")
        );
    }

    #[test]
    fn expvar_of_a_real_program_has_memory_and_no_count() {
        let sample = expvar(include_bytes!("recorded/expvar.json")).unwrap();
        assert_eq!(sample.goroutines, None);
        assert!(sample.alloc_bytes.unwrap() > 100_000 && sample.sys_bytes > sample.alloc_bytes, "{sample:?}");
        assert!(sample.total_alloc_bytes > sample.alloc_bytes && sample.num_gc.is_some());
        let published = expvar(br#"{"goroutines":7,"memstats":{"Alloc":5}}"#).unwrap();
        assert_eq!((published.goroutines, published.alloc_bytes), (Some(7), Some(5)));
        assert!(
            en::error_seen(&expvar(br#"{"cmdline":[]}"#).unwrap_err())
                .contains("no `memstats` (its keys: cmdline)")
        );
        assert!(expvar(br#"{"memstats":[]}"#).is_err() && expvar(b"").is_err());
    }

    #[test]
    fn the_first_line_of_a_profile() {
        let recorded = profile(include_bytes!("../profile/recorded/client.2.txt")).unwrap();
        assert_eq!(recorded, Sample { goroutines: Some(288), ..Sample::default() });
        assert!(profile(b"goroutine profile: total 7\r\n").is_ok());
        for (came, said) in [
            (&b"goroutine profile: total 28"[..], "breaks off"),
            (b"goroutine profile: total x\n", "not a goroutine profile"),
            (b"heap profile: 1: 2\n", "starts with `heap profile"),
            (b"\x1f\x8b\x08", "compressed"),
            (b"", "empty body"),
            (b"<html>", "HTML page"),
        ] {
            let error = profile(came).unwrap_err();
            assert!(en::error_seen(&error).contains(said), "{error}");
        }
    }
}
