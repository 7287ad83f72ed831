//! The fault matrix in words: what `docs/drill.md` says of each fault. A test keeps that page the same as this.

/// One fault of the matrix.
#[cfg_attr(not(test), expect(dead_code, reason = "reasons and cures are for the page, which a test keeps"))]
struct About {
    /// Its number, from 1.
    id: u8,
    fault: &'static str,
    /// Where it comes from in the field.
    why: &'static str,
    /// What a good relay does.
    good: &'static str,
}

const fn about(id: u8, fault: &'static str, why: &'static str, good: &'static str) -> About {
    About { id, fault, why, good }
}

/// All faults, by their numbers.
const ABOUT: &[About] = &[
    about(
        1,
        "an error status with a complete body",
        "rate limits, overload, wrong requests: daily business",
        "maps status and message, uses the connection again",
    ),
    about(
        2,
        "an error whose body is cut",
        "a load balancer restarts while its server answers",
        "keeps the status, drops the connection; a cut 2xx is a 502",
    ),
    about(
        3,
        "error headers, then the body never comes",
        "a gateway that waits for a server that died",
        "answers after a short deadline for error bodies",
    ),
    about(
        4,
        "an error body without an end",
        "a misdirected download, a proxy's log page",
        "reads at most 64 KiB of it and answers at once",
    ),
    about(
        5,
        "JSON or HTML where a stream was asked for",
        "quota errors with status 200, captive portals, providers that ignore `stream`",
        "judges by content: an error is an error, a whole answer is delivered",
    ),
    about(
        6,
        "a stream whose first event is an error",
        "overload noticed after the headers were sent",
        "looks before it commits: an error status, or another channel",
    ),
    about(
        7,
        "an error event after tokens",
        "a GPU worker dies in the middle of an answer",
        "an error in the client's dialect, no terminator, no retry",
    ),
    about(
        8,
        "the client leaves in the middle of a stream",
        "a closed tab, a stop button",
        "closes the upstream within 1 s",
    ),
    about(
        9,
        "the client leaves while the upstream is silent",
        "impatience with a model that thinks",
        "the same, without a write that could fail",
    ),
    about(
        10,
        "the client leaves before the upstream has answered; also with a pipelined request behind",
        "timeouts of callers that are shorter than the model",
        "the same, and no retry",
    ),
    about(
        11,
        "the client leaves between two attempts",
        "failover takes longer than its caller waits",
        "makes no further attempt",
    ),
    about(
        12,
        "clients half-close, send junk, pipeline",
        "scanners, old HTTP libraries, broken proxies",
        "a defined answer and no connection that stays",
    ),
    about(
        13,
        "the client leaves, and the relay was told to read on",
        "usage that is billed must be known",
        "drains within its bounds in time and bytes, usage complete",
    ),
    about(
        14,
        "the upstream stalls in a stream",
        "a worker hangs, a NAT forgets the connection",
        "an idle deadline, an error event",
    ),
    about(
        15,
        "the upstream takes the request and never answers",
        "queues without a limit on the other side",
        "a first-byte deadline, or another channel",
    ),
    about(
        16,
        "comments or single bytes, and no content",
        "heartbeats of a gateway before a server that died",
        "counts them for nothing: the deadline of the first content holds",
    ),
    about(
        17,
        "status 200 and no content at all",
        "content filters, workers that crash at once",
        "an error, or a retry while nothing was sent",
    ),
    about(
        18,
        "a client that does not read, while the upstream floods, drips or is silent",
        "suspended laptops, phones in tunnels",
        "bounded buffers, a deadline that does not depend on being polled; who reads slowly gets everything",
    ),
    about(
        19,
        "an event of megabytes, and one without an end",
        "images in base64, a lost line break",
        "a cap that can be set, an error event, bounded memory",
    ),
    about(
        20,
        "unusual but valid framing, split at every byte",
        "proxies cut streams wherever their buffers end",
        "the same result",
    ),
    about(21, "a panic in the relay's own code", "bugs", "one request ends with an error, the process lives"),
    about(
        22,
        "fields that are absent, null or of the wrong type",
        "providers that are almost compatible",
        "tolerates them, or says clearly that the upstream is wrong",
    ),
    about(
        23,
        "a stream that ends without finish reason or terminator",
        "a server that is restarted closes politely",
        "an error event: it is not whole",
    ),
    about(
        24,
        "an answer that is shorter than its length, or reset",
        "crashes, middleboxes with a limit",
        "the same",
    ),
    about(
        25,
        "uploads that are too large, compressed, slow, or cut",
        "attached files, mobile networks, attacks",
        "413, 415, 408 in bounded memory",
    ),
    about(
        26,
        "an answer while the request is still being sent",
        "upstreams refuse large prompts by their headers",
        "delivers it and stops the upload",
    ),
    about(
        27,
        "prompts of 1 MiB, 200 at once",
        "agents with their whole history",
        "few copies: memory at most 2.5 times what is under way",
    ),
    about(
        28,
        "very long answers",
        "reasoning, generated files",
        "memory a stream does not depend on its length",
    ),
    about(
        29,
        "names that nobody has seen before: keys, models, paths, addresses",
        "scanners; labels made of what clients write",
        "tables and metrics stay as large as they were",
    ),
    about(
        30,
        "new configurations under load, right and wrong ones",
        "deployments in business hours",
        "no request is dropped, none sees half of each",
    ),
    about(
        31,
        "every channel fails",
        "an outage of a provider, an expired card",
        "capped attempts, no channel twice, one total deadline",
    ),
    about(32, "the upstream closes idle connections", "load balancers do after 60 s", "no client notices"),
    about(
        33,
        "an upstream that resets, refuses, is a black hole or has no address, and comes back",
        "deployments, firewalls, DNS",
        "a connect deadline; recovers without a restart",
    ),
    about(
        34,
        "HTTP/2: GOAWAY, RST_STREAM, one stream at a time, very many streams",
        "rolling restarts of what stands before a provider",
        "no stall; nothing is lost that may be sent again",
    ),
    about(
        35,
        "TLS: a stalled handshake, a wrong or expired certificate",
        "certificates expire on Sundays",
        "a deadline and a clear error",
    ),
    about(
        36,
        "thousands of connections that vanish, heads that drip, connections that ask for nothing",
        "a network that fails, slow-loris attacks, pools of clients",
        "deadlines for heads and for idleness; every descriptor comes back",
    ),
    about(
        37,
        "no descriptor is left",
        "a limit of 1024 that nobody raised",
        "does not spin, answers who is connected, recovers",
    ),
    about(
        38,
        "SIGTERM with open streams, a second one, kill -9",
        "deployments, impatient operators, the OOM killer",
        "drains; then aborts and says so; starts again on the same port",
    ),
    about(
        39,
        "storage: full, locked, read-only, gone, slow",
        "disks fill up, databases fail over",
        "a policy, a bounded spool, nothing hangs",
    ),
    about(
        40,
        "the monitor is polled 100 times a second under overload",
        "every dashboard and probe asks when something is wrong",
        "answers",
    ),
    about(41, "the wall clock jumps", "NTP after a suspended machine", "no deadline feels it"),
    about(
        42,
        "nobody reads the log",
        "a full pipe to a collector that hangs",
        "drops lines, counts them, and goes on",
    ),
    about(
        43,
        "compressed answers although nobody asked",
        "CDNs before providers",
        "delivers token by token; a cut one is an error",
    ),
    about(44, "redirects", "moved base URLs, login pages", "does not follow: an error"),
    about(
        45,
        "interim answers, trailers, upgrades, lengths that contradict each other",
        "everything that stands between a relay and its provider",
        "handles what is valid, refuses the rest; what follows is never taken for an answer",
    ),
    about(
        46,
        "header injection, oversized heads, bad UTF-8, NULs, JSON 10,000 deep, duplicate keys",
        "attacks, fuzzers, broken clients",
        "400, and no crash",
    ),
    about(
        47,
        "a websocket of which one side dies silently",
        "phones leave the network without a word",
        "pings, an idle deadline, closes both",
    ),
    about(
        48,
        "cookies, hop-by-hop and other headers of the upstream",
        "every CDN adds some",
        "an allow-list; lengths and codings are its own",
    ),
    about(
        49,
        "good and faulty traffic for a long time",
        "a week without a restart",
        "tasks, descriptors and memory stay level, every request is counted once",
    ),
    about(
        50,
        "169,000 streams whose clients vanish at once",
        "a regional network fails",
        "back to the baseline within 5 s",
    ),
    about(
        51,
        "one slow client among 100 on one HTTP/2 connection to the upstream",
        "one phone on a train",
        "the other 99 do not notice",
    ),
    about(
        52,
        "an answer longer than its length, two answers, events after the last one",
        "off-by-one errors, confused proxies",
        "one whole answer; the connection is never asked again",
    ),
    about(53, "a second relay on the same port", "a deployment that forgot the old one", "refused, exit 69"),
];

/// The fault of a number, in a few words.
pub(crate) fn fault(id: u8) -> &'static str {
    ABOUT.iter().find(|about| about.id == id).map_or("", |about| about.fault)
}

/// All faults as a table of Markdown, with the names of their rows.
#[cfg(test)]
fn markdown() -> String {
    use std::fmt::Write;
    let mut text =
        String::from("| | row | fault | why it happens | what a good relay does |\n|---|---|---|---|---|\n");
    for About { id, fault, why, good } in ABOUT {
        let rows = super::ROWS.iter().filter(|row| row.id == *id);
        let names: Vec<_> = rows.map(|row| format!("`{}`", row.name)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {id} | {} | {fault} | {why} | {good} |", names.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::rows::ROWS;

    /// Where the table begins and ends in the page.
    const MARKS: [&str; 2] = ["<!-- faults: begin -->\n", "<!-- faults: end -->"];

    #[test]
    fn every_fault_is_said_and_every_row_has_its_fault() {
        let ids: Vec<u8> = ABOUT.iter().map(|about| about.id).collect();
        assert_eq!(ids, (1..=53).collect::<Vec<u8>>());
        for row in ROWS {
            assert!(ids.contains(&row.id), "{}", row.name);
        }
    }

    /// `WATERTIGHT_UPDATE=1 cargo test -p drill` writes the table anew.
    #[test]
    fn the_page_has_not_drifted() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/drill.md");
        let page = fs::read_to_string(&file).unwrap();
        let begin = page.find(MARKS[0]).unwrap() + MARKS[0].len();
        let end = page.find(MARKS[1]).unwrap();
        let fresh = format!("{}{}{}", &page[..begin], markdown(), &page[end..]);
        if std::env::var_os("WATERTIGHT_UPDATE").is_some() {
            fs::write(&file, &fresh).unwrap();
        }
        let page = fs::read_to_string(&file).unwrap();
        assert!(page == fresh, "docs/drill.md has drifted: WATERTIGHT_UPDATE=1 cargo test -p drill");
    }
}
