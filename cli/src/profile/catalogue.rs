//! What is known to leak in relays: from the frames of a stack to words, and to what would cure it.

use super::frames::has_own;
use super::{Frame, Wait, own_frame};

/// What a stack means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// A short stable name, for programs.
    pub(crate) name: &'static str,
    /// What happens, in words.
    pub(crate) what: &'static str,
    /// What to do about it.
    pub(crate) cure: &'static str,
    /// Where to look: the innermost frame of the program's own.
    pub(crate) place: Option<Frame>,
}

/// A known stack: the first whose test holds explains it.
struct Known {
    name: &'static str,
    test: fn(&Seen<'_>) -> bool,
    what: &'static str,
    cure: &'static str,
}

/// What a test looks at.
struct Seen<'a> {
    wait: Option<Wait>,
    frames: &'a [Frame],
}

impl Seen<'_> {
    fn has(&self, wanted: &[&str]) -> bool {
        self.frames.iter().any(|frame| wanted.iter().any(|function| frame.function.ends_with(function)))
    }

    /// The innermost frame; the runtime's own are left out.
    fn stands_in(&self, function: &str) -> bool {
        self.frames.first().is_some_and(|frame| frame.function.ends_with(function))
    }

    fn waits(&self, wait: Wait) -> bool {
        self.wait == Some(wait)
    }

    /// Stands in the program's own code: it waits by itself, not inside Go's library.
    fn waits_itself(&self) -> bool {
        self.frames.first().is_some_and(|first| has_own(std::slice::from_ref(first)))
    }
}

/// Reading from an upstream's answer, over HTTP/1 and HTTP/2.
const BODY: &[&str] = &[
    "net/http.(*bodyEOFSignal).Read",
    "net/http.(*body).Read",
    "net/http.http2transportResponseBody.Read",
    "http2.transportResponseBody.Read",
    "http2.(*transportResponseBody).Read",
];
/// Reading all of it: what one does with an error's body.
const WHOLE: &[&str] =
    &["io.ReadAll", "io/ioutil.ReadAll", "encoding/json.(*Decoder).Decode", "io.Copy", "io.CopyN"];

const KNOWN: &[Known] = &[
    Known {
        name: "stalled_body",
        test: |seen| seen.has(BODY) && seen.has(WHOLE) && has_own(seen.frames),
        what: "it reads an upstream's whole body, most often an error's, and the upstream has stopped sending in the \
               middle of it; nothing ends the wait, also not that the client has left",
        cure: "bind the upstream's request to the client's context (http.NewRequestWithContext), give the reading of \
               an error's body a deadline of a few seconds, and cap it with io.LimitReader",
    },
    Known {
        name: "silent_upstream",
        test: |seen| seen.has(BODY) && has_own(seen.frames),
        what: "it waits for the next bytes of an upstream's stream, and the upstream is silent; the client may have \
               left long ago",
        cure: "bind the upstream's request to the client's context, and cancel it when no byte has come for some time",
    },
    Known {
        name: "slow_upstream",
        test: |seen| {
            seen.has(&[
                "net/http.(*persistConn).roundTrip",
                "(*http2ClientConn).roundTrip",
                "net/http.(*Transport).getConn",
                "http2.(*ClientConn).roundTrip",
            ])
        },
        what: "it waits for an upstream's connection or for the head of its answer",
        cure: "bind the request to the client's context, and set ResponseHeaderTimeout and a dial timeout",
    },
    Known {
        name: "body_not_closed",
        test: |seen| {
            (seen.stands_in("net/http.(*persistConn).readLoop")
                || seen.stands_in("net/http.(*persistConn).writeLoop"))
                && !seen.waits(Wait::Network)
        },
        what: "a connection to an upstream whose answer's body was neither read to its end nor closed: its two loops \
               wait for that for ever. The function that forgot it has returned, so it is in no profile",
        cure: "close every response's body: look for the returns between client.Do and `defer resp.Body.Close()`, \
               above all those for a status other than 200. If another stack grows with it, that one holds the bodies",
    },
    Known {
        name: "slow_client",
        test: |seen| {
            seen.has(&[
                "net/http.checkConnErrorWriter.Write",
                "net/http.(*response).Write",
                "net/http.(*response).write",
                "net/http.(*response).Flush",
                "(*http2responseWriter).Write",
            ]) && seen.waits(Wait::Network)
        },
        what: "it writes to a client that does not read",
        cure: "set a write deadline for each piece (http.NewResponseController(w).SetWriteDeadline), and end the \
               exchange when it passes",
    },
    Known {
        name: "idle_client",
        test: |seen| {
            seen.has(&["net/http.(*conn).readRequest", "net/http.(*connReader).backgroundRead"])
                && !has_own(seen.frames)
        },
        what: "client connections that are open: one such goroutine each, and no leak by themselves",
        cure: "set IdleTimeout and ReadHeaderTimeout on the server, if clients keep too many",
    },
    Known {
        name: "idle_upstream",
        test: |seen| {
            seen.has(&[
                "net/http.(*persistConn).readLoop",
                "(*http2clientConnReadLoop).run",
                "http2.(*clientConnReadLoop).run",
            ])
        },
        what: "connections to upstreams that are open and quiet",
        cure: "use one http.Client for all requests (a new Transport a request keeps connections of its own), and set \
               IdleConnTimeout",
    },
    Known {
        name: "reader_nobody_receives",
        test: |seen| seen.waits(Wait::ChanSend),
        what: "a reader sends on a channel, and nobody receives any more: most often the client has left, and the \
               handler that received has returned",
        cure: "send in a select together with the request's context: case lines <- line: case <-ctx.Done(): return",
    },
    Known {
        name: "receiver_nobody_sends",
        test: |seen| seen.waits(Wait::ChanReceive) && has_own(seen.frames),
        what: "it receives from a channel on which nobody sends, and which nobody closes",
        cure: "let the sender close the channel however it ends (defer close), or receive in a select with the context",
    },
    Known {
        name: "database",
        test: |seen| seen.has(&["database/sql.(*DB).conn", "database/sql.(*DB).BeginTx"]),
        what: "it waits for a connection of the database pool: all are taken, by rows or transactions that nobody \
               closed, or by slow queries",
        cure: "close rows and transactions (defer rows.Close()), and pass a context with a deadline",
    },
    Known {
        name: "lock",
        test: |seen| seen.waits(Wait::Lock) && has_own(seen.frames),
        what: "it waits for a lock, a wait group or a condition that never comes",
        cure: "find who holds it: in the same profile, a stack inside the locked section that waits for something else",
    },
    Known {
        name: "select",
        test: |seen| seen.waits(Wait::Select) && has_own(seen.frames),
        what: "it waits in a select none of whose cases comes",
        cure: "add a case for the context's end, and see that somebody ends that context",
    },
    Known {
        name: "sleep",
        test: |seen| seen.waits(Wait::Sleep),
        what: "it sleeps: a loop that was started once a request and never ends, or retries without an end",
        cure: "end the loop with the request's context",
    },
    // The text form of a profile does not show what is waited for.
    Known {
        name: "waits_itself",
        test: |seen| seen.waits_itself(),
        what: "it waits on a channel, a select or a lock in its own code: most often a reader that sends on a channel \
               from which nobody receives since the client has left",
        cure: "wait in a select together with the request's context: case lines <- line: case <-ctx.Done(): return",
    },
    Known {
        name: "network",
        test: |seen| seen.waits(Wait::Network) && has_own(seen.frames),
        what: "it waits for the network without a deadline",
        cure: "set a deadline on the connection, or pass a context that ends",
    },
];

/// What a stack means; `None` for what is not known.
pub(crate) fn explain(wait: Option<Wait>, frames: &[Frame]) -> Option<Cause> {
    let seen = Seen { wait, frames };
    let known = KNOWN.iter().find(|known| (known.test)(&seen))?;
    let place = has_own(frames).then(|| own_frame(frames).cloned()).flatten();
    Some(Cause { name: known.name, what: known.what, cure: known.cure, place })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn explained(wait: Option<Wait>, functions: &[&str]) -> Option<(&'static str, Option<String>)> {
        let frames: Vec<_> = functions
            .iter()
            .map(|f| Frame { function: (*f).to_owned(), file: String::new(), line: 0 })
            .collect();
        explain(wait, &frames).map(|cause| (cause.name, cause.place.map(|frame| frame.function)))
    }

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = KNOWN.iter().map(|known| known.name).collect();
        assert_eq!(names.len(), KNOWN.len());
    }

    #[test]
    fn stacks_that_no_recording_has() {
        let own = |name: &'static str, function: &str| Some((name, Some(function.to_owned())));
        let go = |name: &'static str| Some((name, None));
        for (wait, functions, expected) in [
            (
                Some(Wait::Lock),
                &[
                    "sync.runtime_notifyListWait",
                    "net/http.(*http2pipe).Read",
                    "net/http.http2transportResponseBody.Read",
                    "io.ReadAll",
                    "main.fail",
                ][..],
                own("stalled_body", "main.fail"),
            ),
            (
                Some(Wait::Select),
                &["net/http.(*persistConn).roundTrip", "net/http.(*Client).Do", "a.b/c.Ask"],
                own("slow_upstream", "a.b/c.Ask"),
            ),
            (
                Some(Wait::Network),
                &[
                    "internal/poll.runtime_pollWait",
                    "net/http.checkConnErrorWriter.Write",
                    "main.(*relay).ServeHTTP",
                ],
                own("slow_client", "main.(*relay).ServeHTTP"),
            ),
            (
                Some(Wait::Network),
                &["internal/poll.runtime_pollWait", "net/http.(*connReader).backgroundRead"],
                go("idle_client"),
            ),
            (
                Some(Wait::Network),
                &[
                    "internal/poll.runtime_pollWait",
                    "bufio.(*Reader).Peek",
                    "net/http.(*persistConn).readLoop",
                ],
                go("idle_upstream"),
            ),
            (Some(Wait::Select), &["net/http.(*persistConn).readLoop"], go("body_not_closed")),
            (None, &["net/http.(*persistConn).writeLoop"], go("body_not_closed")),
            (Some(Wait::ChanReceive), &["main.wait"], own("receiver_nobody_sends", "main.wait")),
            (
                Some(Wait::Lock),
                &["sync.runtime_SemacquireMutex", "sync.(*Mutex).Lock", "main.count"],
                own("lock", "main.count"),
            ),
            (Some(Wait::Lock), &["database/sql.(*DB).conn", "main.load"], own("database", "main.load")),
            (Some(Wait::Select), &["main.loop"], own("select", "main.loop")),
            (Some(Wait::Sleep), &["time.Sleep", "main.retry"], own("sleep", "main.retry")),
            (None, &["main.readStream"], own("waits_itself", "main.readStream")),
            (
                Some(Wait::Network),
                &["internal/poll.runtime_pollWait", "main.dial"],
                own("network", "main.dial"),
            ),
            (None, &["os/signal.loop"], None),
            (None, &[], None),
        ] {
            assert_eq!(explained(wait, functions), expected, "{functions:?}");
        }
    }
}
