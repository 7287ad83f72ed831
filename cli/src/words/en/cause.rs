//! What the stack of a Go program means, and the cure.

use crate::profile::{Cause, Unreadable, Wait};

/// `waits for …`
pub(crate) const fn wait(wait: Wait) -> &'static str {
    match wait {
        Wait::ChanSend => "somebody who receives from its channel",
        Wait::ChanReceive => "somebody who sends on its channel",
        Wait::Select => "one of several channels",
        Wait::Lock => "a lock, a wait group or a condition",
        Wait::Network => "the network",
        Wait::Sleep => "its time",
    }
}

pub(crate) const fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::StalledBody => {
            "it reads an upstream's whole body, most often an error's. The upstream has stopped in the \
             middle of it, and nothing ends the wait, even when the client leaves"
        }
        Cause::SilentUpstream => {
            "it waits for the next bytes of an upstream's stream. The upstream is silent, and the client \
             may have left long ago"
        }
        Cause::SlowUpstream => "it waits for a connection to an upstream, or for the head of its answer",
        Cause::BodyNotClosed => {
            "a connection to an upstream. The answer's body was neither read to its end nor closed, and the \
             connection's two loops wait for that for ever. The function that forgot it has returned: it is \
             in no profile"
        }
        Cause::SlowClient => "it writes to a client that does not read",
        Cause::IdleClient => "open client connections, one such goroutine each: no leak by themselves",
        Cause::IdleUpstream => "open and quiet connections to upstreams",
        Cause::ReaderNobodyReceives => {
            "a reader sends on a channel, and nobody receives any more: most often the client has left, and \
             the handler that received has returned"
        }
        Cause::ReceiverNobodySends => {
            "it waits on one channel. A loop over a timer stands here; so does a wait for a sender that has \
             gone and did not close the channel"
        }
        Cause::Database => {
            "it waits for a connection of the database pool. All are taken: by rows or transactions that \
             nobody closed, or by slow queries"
        }
        Cause::Lock => "it waits for a lock, a wait group or a condition that never comes",
        Cause::Select => {
            "it waits on several channels at once. A loop over a timer and a context stands here: it goes on \
             until somebody ends that context"
        }
        Cause::Sleep => {
            "it sleeps: a loop that was started once a request and never ends, or retries without an end"
        }
        Cause::WaitsItself => {
            "it waits on a channel, a select or a lock in its own code: most often a reader that sends on a \
             channel from which nobody receives since the client has left"
        }
        Cause::Network => "it waits for the network without a deadline",
    }
}

pub(crate) const fn cure(cause: Cause) -> &'static str {
    match cause {
        Cause::StalledBody => {
            "bind the upstream's request to the client's context (http.NewRequestWithContext), give the \
             reading of an error's body a deadline of a few seconds, and cap it with io.LimitReader"
        }
        Cause::SilentUpstream => {
            "bind the upstream's request to the client's context, and cancel it when no byte has come for \
             some time"
        }
        Cause::SlowUpstream => {
            "bind the request to the client's context, and set ResponseHeaderTimeout and a dial timeout"
        }
        Cause::BodyNotClosed => {
            "close every response's body: look for the returns between client.Do and `defer \
             resp.Body.Close()`, above all those for a status other than 200. If another stack grows with \
             it, that one holds the bodies"
        }
        Cause::SlowClient => {
            "set a write deadline for each piece (http.NewResponseController(w).SetWriteDeadline), and end \
             the exchange when it passes"
        }
        Cause::IdleClient => "set IdleTimeout and ReadHeaderTimeout on the server, if clients keep too many",
        Cause::IdleUpstream => {
            "use one http.Client for all requests (a new Transport a request keeps connections of its own), \
             and set IdleConnTimeout"
        }
        Cause::ReaderNobodyReceives => {
            "send in a select together with the request's context: case lines <- line: case <-ctx.Done(): \
             return"
        }
        Cause::ReceiverNobodySends => {
            "end a loop over a timer with the request's context: case <-ctx.Done(): return. Let a sender close \
             its channel however it ends (defer close)"
        }
        Cause::Database => {
            "close rows and transactions (defer rows.Close()), and pass a context with a deadline"
        }
        Cause::Lock => {
            "find who holds it: in the same profile, a stack inside the locked section that waits for \
             something else"
        }
        Cause::Select => {
            "see that the context ends with its request (defer cancel()). If no case waits for a context, add \
             one: case <-ctx.Done(): return"
        }
        Cause::Sleep => "end the loop with the request's context",
        Cause::WaitsItself => {
            "wait in a select together with the request's context: case lines <- line: case <-ctx.Done(): \
             return"
        }
        Cause::Network => "set a deadline on the connection, or pass a context that ends",
    }
}

pub(crate) fn unreadable(why: &Unreadable) -> String {
    match why {
        Unreadable::NoProfile => "not a goroutine profile".to_owned(),
        Unreadable::Other(start) => format!("not a goroutine profile: it starts with `{start}`"),
        Unreadable::Uncompressed => "not a heap profile: it is not compressed as Go's are".to_owned(),
        Unreadable::Unpacking(error) => {
            format!("the compressed profile is damaged or breaks off ({error})")
        }
        Unreadable::TooLarge => "the profile unpacks to more than 64 MiB".to_owned(),
        Unreadable::Damaged => "the profile is damaged or breaks off".to_owned(),
        Unreadable::Kind { came, wanted } => {
            format!("a profile of `{came}` came instead of `{}`", wanted.join("` or `"))
        }
        Unreadable::NoCount(line) => format!("`{line}` has no count"),
        Unreadable::BreaksOff { counted, total } => {
            format!("the profile breaks off: {counted} of {total} goroutines came")
        }
        Unreadable::NoList => "not a list of goroutines: an older or another program answered".to_owned(),
        Unreadable::EmptyList => "the list of goroutines is empty".to_owned(),
    }
}
