//! The table: every row of the fault matrix, in its order.

use super::{
    Case, Expect, Prepare, Row, Work, channels, clients, crowd, http, inbound, life, machine, mixed, names,
    streams, transport, uploads,
};
use crate::relay::config::{Setting, deadline, setting};

use Expect::{Any, Capped, Error, Event, Good, Status, Strictly};

/// Work at any target, or only at a relay of the drill's making.
macro_rules! any {
    ($work:path $(, $argument:expr)*) => { Work::Any(|bench| Box::pin($work(bench $(, $argument)*))) };
}
macro_rules! own {
    ($work:path) => {
        Work::Own(|bench| Box::pin($work(bench)))
    };
}

const fn row(id: u8, name: &'static str, work: Work) -> Row {
    Row { id, name, settings: &[], alone: false, prepare: None, work }
}

impl Row {
    /// The same with settings of its own.
    const fn with(mut self, settings: &'static [Setting]) -> Self {
        self.settings = settings;
        self
    }

    /// The same with more laid out before its relay starts.
    const fn after(mut self, prepare: Prepare) -> Self {
        self.prepare = Some(prepare);
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
    row(8, "client-gone-mid-stream", any!(clients::gone, &["pace-20"])),
    row(8, "client-gone-mid-stream-h2", any!(streams::gone, &["pace-20"])),
    row(9, "client-gone-while-silent", any!(clients::gone, &["stall-2", "silent-after-headers"])),
    row(9, "client-gone-while-silent-h2", any!(streams::gone, &["stall-2", "silent-after-headers"])),
    row(10, "client-gone-before-headers", any!(clients::gone, &["silent"])),
    row(10, "client-gone-before-headers-h2", any!(streams::gone, &["silent"])),
    row(11, "client-gone-between-attempts", own!(channels::left_between))
        .after(channels::one_silent)
        .with(&[deadline("first_byte", "5s")]),
    row(12, "half-close-junk-pipelining", any!(clients::odd)),
    row(13, "drain-when-client-gone", own!(channels::drained)).with(&[setting(
        "limits",
        "on_disconnect",
        "{ drain = \"3s\", bytes = \"64KiB\" }",
    )]),
    row(14, "stream-stalls", Work::Cases(&[streamed("stall-3", Event), whole("stall", Status(&[504]))]))
        .with(&[deadline("idle", "2s")]),
    row(
        15,
        "headers-never-come",
        Work::Cases(&[both("silent", Status(&[504])), streamed("silent-after-headers", Status(&[504]))]),
    )
    .with(&[deadline("first_byte", "2s")]),
    row(
        16,
        "drips-without-content",
        Work::Cases(&[
            streamed("drip-comments-20", Status(&[504])),
            streamed("drip-bytes-20", Status(&[504])),
        ]),
    )
    .with(&[deadline("first_byte", "2s")]),
    row(
        17,
        "no-content",
        Work::Cases(&[
            streamed("no-event", Status(&[502])),
            streamed("zero-tokens", Status(&[502])),
            both("empty", Status(&[502])),
        ]),
    ),
    row(18, "client-does-not-read-a-flood", any!(clients::deaf, "flood"))
        .with(&[deadline("client_write", "2s")])
        // Every buffer on the way must fill up first.
        .alone(),
    row(18, "client-does-not-read-a-drip", any!(clients::deaf, "pace-50")).with(&[deadline("total", "3s")]),
    row(18, "client-does-not-read-silence", any!(clients::deaf, "stall-3")).with(&[deadline("idle", "2s")]),
    row(18, "client-reads-slowly", any!(clients::slow)),
    row(18, "client-does-not-read-h2", any!(streams::deaf)).with(&[
        deadline("client_write", "3s"),
        deadline("idle", "4s"),
        deadline("total", "8s"),
    ]),
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
    row(25, "uploads-that-go-wrong", any!(uploads::bodies)).with(&[deadline("request_body", "1s")]),
    row(26, "answered-before-uploaded", any!(uploads::answered_early)),
    row(27, "large-prompts", any!(uploads::large_prompts)).alone(),
    row(28, "long-answers", any!(uploads::long_answers)).alone(),
    row(29, "made-up-names", own!(names::nothing_stays)).after(names::one_caller),
    row(30, "reload-under-load", own!(names::under_reload)).after(names::before_reload),
    row(31, "all-channels-fail", own!(channels::all_failing)).after(channels::all_bad).with(&[
        deadline("first_byte", "1500ms"),
        deadline("total", "2s"),
        setting("failover", "attempts", "3"),
    ]),
    row(32, "idle-connections-closed", Work::Cases(&[both("close-idle", Good), both("", Good)])),
    row(
        33,
        "closed-instead-of-answered",
        Work::Cases(&[
            both("close-before-headers", Status(&[502])),
            both("reset-before-headers", Status(&[502])),
        ]),
    ),
    row(33, "upstream-out-of-reach", own!(channels::unreachable))
        .after(channels::out_of_reach)
        .with(&[deadline("connect", "1s")]),
    row(34, "http2-streams-that-fail", own!(transport::failing)).after(transport::http2),
    row(34, "http2-connections", own!(transport::connections))
        .after(transport::misbehaving)
        .with(&[deadline("connect", "3s")]),
    row(35, "tls-to-the-upstream", own!(transport::certificates))
        .after(transport::encrypted)
        .with(&[deadline("tls", "3s")]),
    row(35, "tls-from-clients", own!(inbound::handshakes)).with(&[
        deadline("tls", "2s"),
        deadline("request_header", "30s"),
        deadline("upstream_idle", "60s"),
    ]),
    row(36, "thousands-of-connections", any!(crowd::vanishes))
        .with(&[deadline("request_header", "60s"), deadline("client_idle", "60s")])
        .alone(),
    row(36, "slow-heads", any!(crowd::slow_heads)).with(&[deadline("request_header", "2s")]),
    row(36, "idle-clients", own!(crowd::idle)).with(&[deadline("client_idle", "1s")]),
    row(37, "no-descriptors", own!(machine::no_descriptors)).with(&[deadline("upstream_idle", "500ms")]),
    row(38, "stopped-and-killed", own!(life::stopped)).with(&[setting("shutdown", "drain", "\"40s\"")]),
    row(39, "storage", Work::Skip("there is no storage yet")),
    row(40, "monitor-under-overload", own!(machine::monitored))
        .with(&[
            setting("limits", "in_flight", "32"),
            setting("limits", "connections", "64"),
            deadline("first_byte", "60s"),
        ])
        .alone(),
    row(41, "clock-jumps", own!(machine::clock_jumps))
        .after(machine::own_clock)
        .with(&[deadline("first_byte", "2s")]),
    row(42, "log-that-nobody-reads", own!(machine::unread_log)).after(machine::deaf_log),
    row(
        43,
        "packed-answers",
        Work::Cases(&[
            both("gzip", Good),
            both("deflate", Good),
            streamed("gzip-truncate-5", Event),
            whole("gzip-truncate", Status(&[502])),
            both("gzip-error-429", Status(&[429])),
        ]),
    ),
    row(43, "packed-token-by-token", any!(channels::packed)),
    row(44, "redirect", Work::Cases(&[both("redirect", Status(&[502]))])),
    row(45, "odd-http", any!(http::both_sides)).with(&[deadline("first_byte", "5s")]),
    row(46, "hostile-requests", any!(http::hostile)),
    row(47, "websocket-dies", Work::Skip("there is no realtime yet")),
    row(48, "headers-of-the-upstream", any!(http::headers)),
    row(49, "mixed-traffic", any!(mixed::traffic)).with(&[
        // Short ones: a timer of what has ended stays in its wheel until it is due.
        deadline("first_byte", "2s"),
        deadline("idle", "2s"),
        deadline("total", "3s"),
        deadline("client_write", "2s"),
        deadline("request_header", "2s"),
        deadline("client_idle", "2s"),
        deadline("upstream_idle", "500ms"),
    ]),
    row(50, "very-many-streams", Work::Skip("a benchmark, with figures of its own: bench/ and docs/")),
    row(51, "one-slow-client-of-a-hundred", own!(transport::one_slow))
        .after(transport::http2)
        .with(&[deadline("client_write", "60s"), deadline("upstream_idle", "500ms")]),
    row(52, "answer-longer-than-itself", any!(http::surplus)),
    row(53, "second-relay-on-the-port", own!(life::second)),
];

/// Row 52.
pub(super) const SURPLUS: &[Case] = &[
    both("too-long", Good),
    both("two-answers", Good),
    streamed("after-terminal", Good),
    streamed("terminal-open", Good),
];

/// Row 45: what is valid is delivered. What contradicts itself has no right reading, or is beyond what this relay takes.
pub(super) const ODD_HTTP: &[Case] = &[
    both("odd-http-1", Good),
    both("odd-http-2", Good),
    both("odd-http-3", Good),
    both("odd-http-4", Good),
    both("odd-http-5", Good),
    both("odd-http-6", Good),
    both("lying-http-1", Status(&[502])),
    both("lying-http-2", Status(&[502])),
    both("lying-http-3", Status(&[502])),
    both("lying-http-4", Status(&[502])),
    both("lying-http-5", Status(&[502])),
    both("lying-http-6", Status(&[502])),
    both("lying-http-7", Status(&[502])),
    both("lying-http-8", Status(&[504])),
    both("lying-http-9", Strictly(&[502])),
    both("lying-http-10", Strictly(&[502])),
    both("lying-http-11", Strictly(&[502])),
    both("lying-http-12", Strictly(&[502])),
    both("lying-http-13", Strictly(&[502])),
    both("lying-http-14", Strictly(&[502])),
    both("lying-http-15", Strictly(&[502])),
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
            for case in cases.iter().chain(ODD_HTTP).chain(SURPLUS).filter(|case| !case.fault.is_empty()) {
                assert!(crate::upstream::knows(case.fault), "{}: {}", row.name, case.fault);
            }
        }
    }
}
