//! What is known to leak in relays: from the frames of a stack to its cause. `words` says what that means, and the cure.

use serde::Serialize;

use super::frames::has_own;
use super::{Frame, Wait, own_frame};

/// Known ways to leak; the names in JSON are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    StalledBody,
    SilentUpstream,
    SlowUpstream,
    BodyNotClosed,
    SlowClient,
    IdleClient,
    IdleUpstream,
    ReaderNobodyReceives,
    ReceiverNobodySends,
    Database,
    Lock,
    Select,
    Sleep,
    WaitsItself,
    Network,
}

impl Cause {
    /// All of them.
    pub(crate) const ALL: [Self; 15] = [
        Self::StalledBody,
        Self::SilentUpstream,
        Self::SlowUpstream,
        Self::BodyNotClosed,
        Self::SlowClient,
        Self::IdleClient,
        Self::IdleUpstream,
        Self::ReaderNobodyReceives,
        Self::ReceiverNobodySends,
        Self::Database,
        Self::Lock,
        Self::Select,
        Self::Sleep,
        Self::WaitsItself,
        Self::Network,
    ];

    /// How far it is from the leak itself: 0 is a wait that leaks, 1 what such a wait may hold, 2 no leak by itself.
    pub(crate) const fn distance(self) -> u8 {
        match self {
            Self::BodyNotClosed => 1,
            Self::IdleClient | Self::IdleUpstream => 2,
            _ => 0,
        }
    }
}

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

type Test = fn(&Seen<'_>) -> bool;

const KNOWN: &[(Cause, Test)] = &[
    (Cause::StalledBody, |seen| seen.has(BODY) && seen.has(WHOLE) && has_own(seen.frames)),
    (Cause::SilentUpstream, |seen| seen.has(BODY) && has_own(seen.frames)),
    (Cause::SlowUpstream, |seen| {
        seen.has(&[
            "net/http.(*persistConn).roundTrip",
            "(*http2ClientConn).roundTrip",
            "net/http.(*Transport).getConn",
            "http2.(*ClientConn).roundTrip",
        ])
    }),
    (Cause::BodyNotClosed, |seen| {
        (seen.stands_in("net/http.(*persistConn).readLoop")
            || seen.stands_in("net/http.(*persistConn).writeLoop"))
            && !seen.waits(Wait::Network)
    }),
    (Cause::SlowClient, |seen| {
        seen.has(&[
            "net/http.checkConnErrorWriter.Write",
            "net/http.(*response).Write",
            "net/http.(*response).write",
            "net/http.(*response).Flush",
            "(*http2responseWriter).Write",
        ]) && seen.waits(Wait::Network)
    }),
    (Cause::IdleClient, |seen| {
        seen.has(&["net/http.(*conn).readRequest", "net/http.(*connReader).backgroundRead"])
            && !has_own(seen.frames)
    }),
    (Cause::IdleUpstream, |seen| {
        seen.has(&[
            "net/http.(*persistConn).readLoop",
            "(*http2clientConnReadLoop).run",
            "http2.(*clientConnReadLoop).run",
        ])
    }),
    (Cause::ReaderNobodyReceives, |seen| seen.waits(Wait::ChanSend)),
    (Cause::ReceiverNobodySends, |seen| seen.waits(Wait::ChanReceive) && has_own(seen.frames)),
    (Cause::Database, |seen| seen.has(&["database/sql.(*DB).conn", "database/sql.(*DB).BeginTx"])),
    (Cause::Lock, |seen| seen.waits(Wait::Lock) && has_own(seen.frames)),
    (Cause::Select, |seen| seen.waits(Wait::Select) && has_own(seen.frames)),
    (Cause::Sleep, |seen| seen.waits(Wait::Sleep)),
    // The text form of a profile does not show what is waited for.
    (Cause::WaitsItself, |seen| seen.waits_itself()),
    (Cause::Network, |seen| seen.waits(Wait::Network) && has_own(seen.frames)),
];

/// The cause of a stack by the first test that holds, and the innermost frame of the program's own; `None` for what is
/// not known.
pub(crate) fn explain(wait: Option<Wait>, frames: &[Frame]) -> Option<(Cause, Option<&Frame>)> {
    let seen = Seen { wait, frames };
    let (cause, _) = KNOWN.iter().find(|(_, test)| test(&seen))?;
    Some((*cause, has_own(frames).then(|| own_frame(frames)).flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(wait: Option<Wait>, functions: &[&str]) -> Option<(Cause, Option<String>)> {
        let frames: Vec<_> = functions
            .iter()
            .map(|f| Frame { function: (*f).to_owned(), file: String::new(), line: 0 })
            .collect();
        explain(wait, &frames).map(|(cause, place)| (cause, place.map(|frame| frame.function.clone())))
    }

    #[test]
    fn stacks_that_no_recording_has() {
        let own = |cause, function: &str| Some((cause, Some(function.to_owned())));
        let go = |cause| Some((cause, None));
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
                own(Cause::StalledBody, "main.fail"),
            ),
            (
                Some(Wait::Select),
                &["net/http.(*persistConn).roundTrip", "net/http.(*Client).Do", "a.b/c.Ask"],
                own(Cause::SlowUpstream, "a.b/c.Ask"),
            ),
            (
                Some(Wait::Network),
                &[
                    "internal/poll.runtime_pollWait",
                    "net/http.checkConnErrorWriter.Write",
                    "main.(*relay).ServeHTTP",
                ],
                own(Cause::SlowClient, "main.(*relay).ServeHTTP"),
            ),
            (
                Some(Wait::Network),
                &["internal/poll.runtime_pollWait", "net/http.(*connReader).backgroundRead"],
                go(Cause::IdleClient),
            ),
            (
                Some(Wait::Network),
                &[
                    "internal/poll.runtime_pollWait",
                    "bufio.(*Reader).Peek",
                    "net/http.(*persistConn).readLoop",
                ],
                go(Cause::IdleUpstream),
            ),
            (Some(Wait::Select), &["net/http.(*persistConn).readLoop"], go(Cause::BodyNotClosed)),
            (None, &["net/http.(*persistConn).writeLoop"], go(Cause::BodyNotClosed)),
            (Some(Wait::ChanReceive), &["main.wait"], own(Cause::ReceiverNobodySends, "main.wait")),
            (
                Some(Wait::Lock),
                &["sync.runtime_SemacquireMutex", "sync.(*Mutex).Lock", "main.count"],
                own(Cause::Lock, "main.count"),
            ),
            (Some(Wait::Lock), &["database/sql.(*DB).conn", "main.load"], own(Cause::Database, "main.load")),
            (Some(Wait::Select), &["main.loop"], own(Cause::Select, "main.loop")),
            (Some(Wait::Sleep), &["time.Sleep", "main.retry"], own(Cause::Sleep, "main.retry")),
            (None, &["main.readStream"], own(Cause::WaitsItself, "main.readStream")),
            (
                Some(Wait::Network),
                &["internal/poll.runtime_pollWait", "main.dial"],
                own(Cause::Network, "main.dial"),
            ),
            (None, &["os/signal.loop"], None),
            (None, &[], None),
        ] {
            assert_eq!(explained(wait, functions), expected, "{functions:?}");
        }
    }
}
