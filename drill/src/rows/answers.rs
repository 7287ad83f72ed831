//! Requests that are answered badly, and nothing else: what must become of each kind of them.

use vitals::EndReason::*;

use crate::relay::plan::{deadline, setting};
use crate::run::Expect::{Any, Capped, Error, Event, Good, Status};
use crate::run::{Row, Work, both, streamed, whole};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "an error status with a complete body",
        why: "rate limits, overload, wrong requests: daily business",
        good: "maps status and message, uses the connection again",
        ends: &[UpstreamError],
        ..Row::new(
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
        )
    },
    Row {
        fault: "an error whose body is cut",
        why: "a load balancer restarts while its server answers",
        good: "keeps the status, drops the connection; a cut 2xx is a 502",
        ends: &[UpstreamError],
        ..Row::new(
            2,
            "error-body-cut",
            Work::Cases(&[
                both("error-short-429", Status(&[429])),
                both("error-unended-503", Status(&[503])),
                both("error-reset-500", Status(&[500])),
            ]),
        )
    },
    Row {
        fault: "error headers, then the body never comes",
        why: "a gateway that waits for a server that died",
        good: "answers after a short deadline for error bodies",
        ends: &[UpstreamError],
        ..Row::new(
            3,
            "error-body-stalls",
            Work::Cases(&[
                both("error-stall-429", Status(&[429])),
                both("error-stall-half-500", Status(&[500])),
            ]),
        )
    },
    Row {
        fault: "JSON or HTML where a stream was asked for",
        why: "quota errors with status 200, captive portals, providers that ignore `stream`",
        good: "judges by content: an error is an error, a whole answer is delivered",
        ends: &[Done, UpstreamError],
        ..Row::new(
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
        )
    },
    Row {
        fault: "a stream whose first event is an error",
        why: "overload noticed after the headers were sent",
        good: "looks before it commits: an error status, or another channel",
        ends: &[UpstreamError],
        ..Row::new(6, "error-as-first-event", Work::Cases(&[streamed("first-error", Error)]))
    },
    Row {
        fault: "an error event after tokens",
        why: "a GPU worker dies in the middle of an answer",
        good: "an error in the client's dialect, no terminator, no retry",
        ends: &[UpstreamError],
        ..Row::new(7, "error-after-tokens", Work::Cases(&[streamed("error-after-5", Event)]))
    },
    Row {
        fault: "the upstream stalls in a stream",
        why: "a worker hangs, a NAT forgets the connection",
        good: "an idle deadline, an error event",
        settings: &[deadline("idle", "2s")],
        ends: &[IdleTimeout],
        ..Row::new(
            14,
            "stream-stalls",
            Work::Cases(&[streamed("stall-3", Event), whole("stall", Status(&[504]))]),
        )
    },
    Row {
        fault: "the upstream takes the request and never answers",
        why: "queues without a limit on the other side",
        good: "a first-byte deadline, or another channel",
        settings: &[deadline("first_byte", "2s")],
        ends: &[FirstByteTimeout, TotalTimeout],
        ..Row::new(
            15,
            "headers-never-come",
            Work::Cases(&[both("silent", Status(&[504])), streamed("silent-after-headers", Status(&[504]))]),
        )
    },
    Row {
        fault: "comments or single bytes, and no content",
        why: "heartbeats of a gateway before a server that died",
        good: "counts them for nothing: the deadline of the first content holds",
        settings: &[deadline("first_byte", "2s")],
        ends: &[FirstByteTimeout, TotalTimeout],
        ..Row::new(
            16,
            "drips-without-content",
            Work::Cases(&[
                streamed("drip-comments-20", Status(&[504])),
                streamed("drip-bytes-20", Status(&[504])),
            ]),
        )
    },
    Row {
        fault: "status 200 and no content at all",
        why: "content filters, workers that crash at once",
        good: "an error, or a retry while nothing was sent",
        ends: &[UpstreamError],
        ..Row::new(
            17,
            "no-content",
            Work::Cases(&[
                streamed("no-event", Status(&[502])),
                streamed("zero-tokens", Status(&[502])),
                both("empty", Status(&[502])),
            ]),
        )
    },
    Row {
        fault: "an event of megabytes, and one without an end",
        why: "images in base64, a lost line break",
        good: "a cap that can be set, an error event, bounded memory",
        settings: &[setting("limits", "sse_event", "\"4MiB\"")],
        ends: &[Done, TooLarge],
        ..Row::new(
            19,
            "huge-events",
            Work::Cases(&[
                streamed("big-event-1", Good),
                streamed("big-event-8", Capped),
                streamed("endless-event", Status(&[502])),
            ]),
        )
    },
    Row {
        fault: "unusual but valid framing, split at every byte",
        why: "proxies cut streams wherever their buffers end",
        good: "the same result",
        ends: &[Done],
        ..Row::new(20, "odd-framing", Work::Cases(&[both("split", Good), streamed("odd", Good)]))
    },
    Row {
        fault: "a panic in the relay's own code",
        why: "bugs",
        good: "one request ends with an error, the process lives",
        ..Row::new(
            21,
            "panic",
            Work::Skip("cannot be caused from outside: the tests build a relay that panics, tests/relays"),
        )
    },
    Row {
        fault: "fields that are absent, null or of the wrong type",
        why: "providers that are almost compatible",
        good: "tolerates them, or says clearly that the upstream is wrong",
        ends: &[Done, UpstreamError],
        ..Row::new(
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
        )
    },
    Row {
        fault: "a stream that ends without finish reason or terminator",
        why: "a server that is restarted closes politely",
        good: "an error event: it is not whole",
        ends: &[Done, UpstreamTruncated],
        ..Row::new(
            23,
            "stream-without-an-end",
            Work::Cases(&[streamed("truncate-5", Event), streamed("cut-5", Event), streamed("no-done", Any)]),
        )
    },
    Row {
        fault: "an answer that is shorter than its length, or reset",
        why: "crashes, middleboxes with a limit",
        good: "the same",
        ends: &[UpstreamTruncated],
        ..Row::new(
            24,
            "answer-cut",
            Work::Cases(&[
                streamed("length-short", Event),
                streamed("reset-in-chunk-5", Event),
                whole("length-short", Status(&[502])),
                whole("reset-in-chunk", Status(&[502])),
            ]),
        )
    },
    Row {
        fault: "the upstream closes idle connections",
        why: "load balancers do after 60 s",
        good: "no client notices",
        ends: &[Done],
        ..Row::new(32, "idle-connections-closed", Work::Cases(&[both("close-idle", Good), both("", Good)]))
    },
    Row {
        fault: "an upstream that resets, refuses, is a black hole or has no address, and comes back",
        why: "deployments, firewalls, DNS",
        good: "a connect deadline; recovers without a restart",
        ends: &[UpstreamError],
        ..Row::new(
            33,
            "closed-instead-of-answered",
            Work::Cases(&[
                both("close-before-headers", Status(&[502])),
                both("reset-before-headers", Status(&[502])),
            ]),
        )
    },
    Row {
        fault: "storage: full, locked, read-only, gone, slow",
        why: "disks fill up, databases fail over",
        good: "a policy, a bounded spool, nothing hangs",
        ..Row::new(39, "storage", Work::Skip("there is no storage yet"))
    },
    Row {
        fault: "compressed answers although nobody asked",
        why: "CDNs before providers",
        good: "delivers token by token; a cut one is an error",
        ends: &[Done, UpstreamError, UpstreamTruncated],
        ..Row::new(
            43,
            "packed-answers",
            Work::Cases(&[
                both("gzip", Good),
                both("deflate", Good),
                streamed("gzip-truncate-5", Event),
                whole("gzip-truncate", Status(&[502])),
                both("gzip-error-429", Status(&[429])),
            ]),
        )
    },
    Row {
        fault: "redirects",
        why: "moved base URLs, login pages",
        good: "does not follow: an error",
        ends: &[UpstreamError],
        ..Row::new(44, "redirect", Work::Cases(&[both("redirect", Status(&[502]))]))
    },
    Row {
        fault: "a websocket of which one side dies silently",
        why: "phones leave the network without a word",
        good: "pings, an idle deadline, closes both",
        ..Row::new(47, "websocket-dies", Work::Skip("there is no realtime yet"))
    },
    Row {
        fault: "169,000 streams whose clients vanish at once",
        why: "a regional network fails",
        good: "back to the baseline within 5 s",
        ..Row::new(
            50,
            "very-many-streams",
            Work::Skip("a benchmark, with figures of its own: bench/ and docs/"),
        )
    },
];
