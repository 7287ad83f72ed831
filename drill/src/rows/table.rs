//! The table: every row of the fault matrix, in its order.

use super::{Case, Expect, Row, Work, clients};
use crate::relay::config::{Setting, deadline, setting};

use Expect::{Any, Capped, Error, Event, Good, Status};

const fn row(id: u8, name: &'static str, work: Work) -> Row {
    Row { id, name, settings: &[], alone: false, work }
}

impl Row {
    /// The same with settings of its own.
    const fn with(mut self, settings: &'static [Setting]) -> Self {
        self.settings = settings;
        self
    }

    /// The same with the machine for itself.
    const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }
}

const fn both(fault: &'static str, expect: Expect) -> Case {
    Case { fault, stream: None, expect }
}

const fn streamed(fault: &'static str, expect: Expect) -> Case {
    Case { fault, stream: Some(true), expect }
}

const fn whole(fault: &'static str, expect: Expect) -> Case {
    Case { fault, stream: Some(false), expect }
}

/// Every row.
pub(crate) const ROWS: &[Row] = &[
    row(
        1,
        "error-status",
        Work::Cases(&[
            both("status-400", Status(&[400])),
            both("status-401", Status(&[502])),
            both("status-403", Status(&[502])),
            both("status-404", Status(&[404])),
            both("status-413", Status(&[413])),
            both("status-422", Status(&[422])),
            both("status-429", Status(&[429])),
            both("status-500", Status(&[500])),
            both("status-503", Status(&[503])),
            both("status-529", Status(&[529])),
        ]),
    ),
    row(
        2,
        "error-body-cut",
        Work::Cases(&[
            both("error-short-429", Status(&[429])),
            both("error-unended-503", Status(&[503])),
            both("error-reset-500", Status(&[500])),
        ]),
    ),
    row(
        3,
        "error-body-stalls",
        Work::Cases(&[both("error-stall-429", Status(&[429])), both("error-stall-half-500", Status(&[500]))]),
    ),
    row(
        4,
        "error-body-endless",
        Work::Cases(&[both("error-endless-502", Status(&[502])), both("error-huge-64", Status(&[500]))]),
    ),
    row(
        5,
        "json-for-a-stream",
        Work::Cases(&[
            streamed("json-error", Error),
            streamed("json-error-charset", Error),
            streamed("json-answer", Good),
            streamed("json-answer-charset", Good),
            whole("sse-answer", Any),
            both("html", Status(&[502])),
            both("html-502", Status(&[502])),
        ]),
    ),
    row(6, "error-as-first-event", Work::Cases(&[streamed("first-error", Error)])),
    row(7, "error-after-tokens", Work::Cases(&[streamed("error-after-5", Event)])),
    row(8, "client-gone-mid-stream", Work::Any(|bench| Box::pin(clients::gone(bench, &["pace-20"])))),
    row(
        9,
        "client-gone-while-silent",
        Work::Any(|bench| Box::pin(clients::gone(bench, &["stall-2", "silent-after-headers"]))),
    )
    .with(&[deadline("idle", "20s"), deadline("first_byte", "20s"), deadline("total", "60s")]),
    row(10, "client-gone-before-headers", Work::Any(|bench| Box::pin(clients::gone(bench, &["silent"]))))
        .with(&[deadline("first_byte", "20s"), deadline("total", "60s")]),
    row(12, "half-close-junk-pipelining", Work::Any(|bench| Box::pin(clients::odd(bench))))
        .with(&[deadline("first_byte", "20s"), deadline("total", "60s")]),
    row(14, "stream-stalls", Work::Cases(&[streamed("stall-3", Event), whole("stall", Status(&[504]))])),
    row(
        15,
        "headers-never-come",
        Work::Cases(&[both("silent", Status(&[504])), streamed("silent-after-headers", Status(&[504]))]),
    ),
    row(
        16,
        "drips-without-content",
        Work::Cases(&[
            streamed("drip-comments-20", Status(&[504])),
            streamed("drip-bytes-20", Status(&[504])),
        ]),
    ),
    row(
        17,
        "no-content",
        Work::Cases(&[
            streamed("no-event", Status(&[502])),
            streamed("zero-tokens", Status(&[502])),
            both("empty", Status(&[502])),
        ]),
    ),
    row(18, "client-does-not-read-a-flood", Work::Any(|bench| Box::pin(clients::deaf(bench, "flood")))),
    row(18, "client-does-not-read-a-drip", Work::Any(|bench| Box::pin(clients::deaf(bench, "pace-50"))))
        .with(&[deadline("total", "3s")]),
    row(18, "client-does-not-read-silence", Work::Any(|bench| Box::pin(clients::deaf(bench, "stall-3")))),
    row(18, "client-reads-slowly", Work::Any(|bench| Box::pin(clients::slow(bench)))),
    row(
        19,
        "huge-events",
        Work::Cases(&[
            streamed("big-event-1", Good),
            streamed("big-event-8", Capped),
            streamed("endless-event", Status(&[502])),
        ]),
    )
    .with(&[setting("limits", "sse_event", "\"4MiB\"")]),
    row(20, "odd-framing", Work::Cases(&[both("split", Good), streamed("odd", Good)])),
    row(
        21,
        "panic",
        Work::Skip("cannot be caused from outside: the tests build a relay that panics, tests/relays"),
    ),
    row(
        22,
        "malformed-fields",
        Work::Cases(&[
            both("fields-1", Any),
            both("fields-2", Any),
            both("fields-3", Any),
            both("fields-4", Any),
            both("fields-5", Any),
            both("fields-6", Any),
            both("fields-7", Any),
            both("fields-8", Any),
            both("fields-9", Any),
            both("invalid-utf8", Any),
        ]),
    ),
    row(
        23,
        "stream-without-an-end",
        Work::Cases(&[streamed("truncate-5", Event), streamed("cut-5", Event), streamed("no-done", Any)]),
    ),
    row(
        24,
        "answer-cut",
        Work::Cases(&[
            streamed("length-short", Event),
            streamed("reset-in-chunk-5", Event),
            whole("length-short", Status(&[502])),
            whole("reset-in-chunk", Status(&[502])),
        ]),
    ),
    row(32, "idle-connections-closed", Work::Cases(&[both("close-idle", Good), both("", Good)])),
    row(
        33,
        "closed-instead-of-answered",
        Work::Cases(&[
            both("close-before-headers", Status(&[502])),
            both("reset-before-headers", Status(&[502])),
        ]),
    ),
    row(44, "redirect", Work::Cases(&[both("redirect", Status(&[502]))])),
    row(
        52,
        "answer-longer-than-itself",
        Work::Cases(&[
            both("too-long", Good),
            both("two-answers", Good),
            streamed("after-terminal", Good),
            streamed("terminal-open", Good),
        ]),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_rows_in_order() {
        let mut names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        assert!(ROWS.is_sorted_by_key(|row| row.id));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROWS.len());
    }

    #[test]
    fn every_fault_exists() {
        for row in ROWS {
            let Work::Cases(cases) = row.work else { continue };
            for case in cases.iter().filter(|case| !case.fault.is_empty()) {
                assert!(crate::upstream::knows(case.fault), "{}: {}", row.name, case.fault);
            }
        }
    }
}
