//! One row of a recording, to and from RFC 4180.

use std::time::Duration;

use jiff::Timestamp;
use vitals::FIELDS;

use crate::moment::timestamp;
use crate::reading::Outcome;

/// The columns before the measurements; `status` is the target's own word for its state.
const OWN: [&str; 7] = ["ts", "elapsed_s", "seq", "ok", "error", "latency_ms", "status"];

/// One poll, with its place in the recording.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// When the poll started, by the wall clock.
    pub(crate) at: Timestamp,
    /// Since the recording's first row, by the monotonic clock.
    pub(crate) elapsed: Duration,
    /// Counts rows from 0.
    pub(crate) seq: u64,
    /// What came.
    pub(crate) outcome: &'a Outcome,
}

/// Where a recording stands: what its last row says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// When its poll started.
    pub(crate) at: Timestamp,
    /// Its `elapsed_s`.
    pub(crate) elapsed: Duration,
    /// Its `seq`.
    pub(crate) seq: u64,
}

/// The header line, with its line feed.
pub(crate) fn header() -> Vec<u8> {
    line(OWN.into_iter().chain(FIELDS.iter().filter_map(|field| field.csv)))
}

impl Row<'_> {
    /// The row with its line feed, ready for one write.
    pub(crate) fn to_line(&self) -> Vec<u8> {
        let (ok, error, reading) = match self.outcome {
            Ok(reading) => ("1", "", Some(reading)),
            Err(error) => ("0", error.kind.as_str(), None),
        };
        let latency = reading.map(|r| format!("{:.1}", r.latency.as_secs_f64() * 1000.0)).unwrap_or_default();
        let status = reading.and_then(|r| r.status.clone()).unwrap_or_default();
        let elapsed = format!("{:.3}", self.elapsed.as_secs_f64());
        let own = [
            timestamp(self.at),
            elapsed,
            self.seq.to_string(),
            ok.to_owned(),
            error.to_owned(),
            latency,
            status,
        ];
        let measured = FIELDS.iter().filter(|field| field.csv.is_some()).map(|field| {
            let value = reading.and_then(|r| (field.get)(&r.sample));
            value.map(|n| n.to_string()).unwrap_or_default()
        });
        line(own.into_iter().chain(measured))
    }
}

/// Reads the place from a whole row; `None` when it is not a row of ours.
pub(crate) fn place(line: &[u8]) -> Option<Place> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line);
    let record = reader.records().next()?.ok()?;
    let columns = OWN.len() + FIELDS.iter().filter(|field| field.csv.is_some()).count();
    if record.len() != columns {
        return None;
    }
    let elapsed: f64 = record[1].parse().ok()?;
    Some(Place {
        at: record[0].parse().ok()?,
        elapsed: Duration::try_from_secs_f64(elapsed).ok()?,
        seq: record[2].parse().ok()?,
    })
}

fn line<T: AsRef<[u8]>>(fields: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(fields);
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use vitals::Sample;

    use super::*;
    use crate::reading::{ErrorKind, PollError, Reading};

    fn text(outcome: &Outcome) -> String {
        let at = Timestamp::from_millisecond(1_795_000_000_250).unwrap();
        let row = Row { at, elapsed: Duration::from_millis(5003), seq: 1, outcome };
        String::from_utf8(row.to_line()).unwrap()
    }

    fn reading(status: &str) -> Outcome {
        let sample = Sample {
            goroutines: Some(312),
            alloc_bytes: Some(18 << 20),
            streams: Some(7),
            ..Sample::default()
        };
        Ok(Reading {
            sample,
            status: Some(status.to_owned()),
            program: None,
            latency: Duration::from_micros(1234),
        })
    }

    #[test]
    fn the_header_is_the_contract() {
        assert_eq!(
            String::from_utf8(header()).unwrap(),
            "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes,total_alloc_bytes,sys_bytes,rss_bytes,\
             num_gc,threads,open_fds,in_flight,upstream_open,requests_total,overdue,start_time,explained,streams\n"
        );
    }

    #[test]
    fn rows_have_every_column() {
        assert_eq!(
            text(&reading("ok")),
            "2026-11-18T11:06:40.250Z,5.003,1,1,,1.2,ok,312,18874368,,,,,,,,,,,,,7\n"
        );
        let failed = Err(PollError::new(ErrorKind::Refused, "x", "y"));
        assert_eq!(text(&failed), "2026-11-18T11:06:40.250Z,5.003,1,0,refused,,,,,,,,,,,,,,,,,\n");
    }

    #[test]
    fn a_row_says_where_the_recording_stands() {
        let at = Timestamp::from_millisecond(1_795_000_000_250).unwrap();
        let expected = Place { at, elapsed: Duration::from_millis(5003), seq: 1 };
        assert_eq!(place(text(&reading("ok")).as_bytes()), Some(expected));
        assert_eq!(place(text(&reading("a,\"b")).as_bytes()), Some(expected), "quoted");
        for wrong in [
            "",
            "\n",
            "a,b\n",
            "ts,elapsed_s,seq\n",
            &text(&reading("ok")).replace("5.003", "-1"),
            &"\0".repeat(90),
        ] {
            assert_eq!(place(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
