//! One row of a recording, by RFC 4180.

use vitals::FIELDS;

use crate::moment::timestamp;
use crate::recording::form::{OWN, Row};

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

fn line<T: AsRef<[u8]>>(fields: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(fields);
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use vitals::Sample;

    use super::*;
    use crate::reading::{ErrorKind, Outcome, PollError, Reading};
    use crate::recording::form::{Form, Last, Place};
    use crate::recording::reader;

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
        let place = |line: &str| reader::last(Form::Csv, line.as_bytes());
        assert_eq!(place(&text(&reading("ok"))), Last::Row(expected));
        assert_eq!(place(&text(&reading("a,\"b"))), Last::Row(expected), "quoted");
        for wrong in [
            "",
            "\n",
            "a,b\n",
            "ts,elapsed_s,seq\n",
            &text(&reading("ok")).replace("5.003", "-1"),
            &"\0".repeat(90),
        ] {
            assert_eq!(place(wrong), Last::Foreign, "{wrong}");
        }
    }
}
