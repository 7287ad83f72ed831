//! One row of a recording, by RFC 4180.

use crate::moment::timestamp;
use crate::recording::form::{Column, OWN, Row, columns, names};

/// The header line, with its line feed.
pub(crate) fn header() -> Vec<u8> {
    line(names())
}

/// How many columns a file has by its whole first line; `None` if that is not the header of this version or of an
/// earlier one, which had fewer.
pub(super) fn columns_of(first: &[u8]) -> Option<usize> {
    let (least, all) = (OWN.len() + 1, names().count());
    (least..=all).find(|count| line(names().take(*count)) == first)
}

impl Row<'_> {
    /// The row with its line feed, ready for one write: all columns.
    pub(crate) fn to_line(&self) -> Vec<u8> {
        self.to_columns(usize::MAX)
    }

    /// So many columns of it, for a file of an earlier version.
    pub(super) fn to_columns(&self, count: usize) -> Vec<u8> {
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
        let others = columns().map(|column| match column {
            Column::Instance => self.instance.unwrap_or_default().to_owned(),
            Column::Measured(field) => {
                let value = reading.and_then(|r| (field.get)(&r.sample));
                value.map(|n| n.to_string()).unwrap_or_default()
            }
        });
        line(own.into_iter().chain(others).take(count))
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
        let row =
            Row { at, elapsed: Duration::from_millis(5003), seq: 1, outcome, instance: Some("10.0.0.1:80") };
        String::from_utf8(row.to_line()).unwrap()
    }

    fn reading(status: &str) -> Outcome {
        let sample = Sample {
            goroutines: Some(312),
            alloc_bytes: Some(18 << 20),
            streams: Some(7),
            errors_total: Some(4),
            ..Sample::default()
        };
        Ok(Reading {
            sample,
            status: Some(status.to_owned()),
            program: None,
            instance: None,
            latency: Duration::from_micros(1234),
        })
    }

    #[test]
    fn the_header_is_the_contract() {
        assert_eq!(
            String::from_utf8(header()).unwrap(),
            "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes,total_alloc_bytes,sys_bytes,rss_bytes,\
             num_gc,threads,open_fds,in_flight,upstream_open,requests_total,overdue,start_time,explained,streams,\
             instance,errors_total,restarts,max_fds,memory_limit_bytes\n"
        );
    }

    #[test]
    fn rows_have_every_column() {
        assert_eq!(
            text(&reading("ok")),
            "2026-11-18T11:06:40.250Z,5.003,1,1,,1.2,ok,312,18874368,,,,,,,,,,,,,7,10.0.0.1:80,4,,,\n"
        );
        let failed = Err(PollError::new(ErrorKind::Refused, "x", "y"));
        assert_eq!(
            text(&failed),
            "2026-11-18T11:06:40.250Z,5.003,1,0,refused,,,,,,,,,,,,,,,,,,10.0.0.1:80,,,,\n"
        );
    }

    #[test]
    fn a_row_says_where_the_recording_stands() {
        let at = Timestamp::from_millisecond(1_795_000_000_250).unwrap();
        let expected = Place { at, elapsed: Duration::from_millis(5003), seq: 1 };
        let place = |line: &str| reader::last(Form::Csv, line.as_bytes(), 27);
        assert_eq!(place(&text(&reading("ok"))), Last::Row(expected));
        assert_eq!(place(&text(&reading("a,\"b"))), Last::Row(expected), "quoted");
        for wrong in [
            "",
            "\n",
            "a,b\n",
            &text(&reading("ok")).replace(",4,", ","),
            "ts,elapsed_s,seq\n",
            &text(&reading("ok")).replace("5.003", "-1"),
            &"\0".repeat(90),
        ] {
            assert_eq!(place(wrong), Last::Foreign, "{wrong}");
        }
    }

    #[test]
    fn earlier_headers_are_known_by_their_columns() {
        let all = String::from_utf8(header()).unwrap();
        let cut = |before: &str| format!("{}\n", all.split(before).next().unwrap());
        assert_eq!(columns_of(all.as_bytes()), Some(27));
        assert_eq!(columns_of(cut(",max_fds").as_bytes()), Some(25));
        assert_eq!(columns_of(cut(",instance").as_bytes()), Some(22));
        assert_eq!(columns_of(cut(",streams").as_bytes()), Some(21));
        for other in [
            "",
            "\n",
            "ts\n",
            "ts,elapsed_s,seq,ok,error,latency_ms,status\n",
            &cut("ance,"),
            &cut("\n")[1..],
        ] {
            assert_eq!(columns_of(other.as_bytes()), None, "{other}");
        }
        let Ok(reading) = reading("ok") else { unreachable!() };
        let row = Row {
            at: Timestamp::UNIX_EPOCH,
            elapsed: Duration::ZERO,
            seq: 0,
            outcome: &Ok(reading),
            instance: None,
        };
        assert_eq!(row.to_columns(22).iter().filter(|byte| **byte == b',').count(), 21);
    }
}
