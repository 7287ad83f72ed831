//! A diagnosis: its steps, and the exchanges of the relay.

use std::fmt::Display;
use std::time::Duration;

use vitals::Sample;
use vitals::units::{format_duration, format_size};

use super::{counted, error_cure, error_seen, unreadable};
use crate::finding::{Container, Crowd, Diagnosis, Runtime, Step, Twice};

fn joined(parts: impl IntoIterator<Item = impl Display>) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join(", ")
}

/// What an answer holds; what it does not hold is left out.
fn reported(sample: &Sample) -> String {
    let size = |bytes: Option<u64>, what: &str| Some(format!("{} {what}", format_size(bytes?)));
    let number = |count: Option<u64>, one: &str, many: &str| Some(counted(count?, one, many));
    let all = match sample.goroutines {
        Some(count) => vec![Some(counted(count, "goroutine", "goroutines"))],
        None => vec![
            size(sample.rss_bytes, "resident"),
            size(sample.alloc_bytes, "of live memory"),
            number(sample.open_fds, "descriptor", "descriptors"),
            number(sample.threads, "thread", "threads"),
        ],
    };
    let all: Vec<String> = all.into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!(": {}", joined(all)) }
}

pub(crate) fn seen(step: &Step) -> String {
    match &step.said {
        Diagnosis::Proxy(variable) => {
            format!("{variable} is set: the way leads through a proxy, which looks the name up and connects")
        }
        Diagnosis::Name { host, addresses } => format!("{host} is {}", joined(addresses)),
        Diagnosis::NoAddress { host, error } => {
            let error = error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
            format!("the name `{host}` has no address{error}")
        }
        Diagnosis::Accepts { address, ms } => format!("{address} accepts, after {ms} ms"),
        Diagnosis::NothingListens(address) => format!("nothing listens at {address} (connection refused)"),
        Diagnosis::Silent(address) => format!("{address} does not answer at all"),
        Diagnosis::NoConnection { address, error } => format!("no connection to {address} ({error})"),
        Diagnosis::Handshake => "the handshake succeeds".to_owned(),
        Diagnosis::AnswerComes => "an answer comes".to_owned(),
        Diagnosis::Answered { source, program, ms, sample } => {
            let program = program.as_ref().map(|program| format!(" from {program}")).unwrap_or_default();
            format!("{source}{program} in {ms} ms{}", reported(sample))
        }
        Diagnosis::NotGo(Runtime::Python) => {
            "it is a Python program, and has no goroutines. A leak shows in its \
             resident memory, its descriptors and its threads"
                .to_owned()
        }
        Diagnosis::NotGo(Runtime::Node) => {
            "it is a Node program, and has no goroutines. A leak shows in its heap, \
             its resident memory and its descriptors"
                .to_owned()
        }
        Diagnosis::Error(error) | Diagnosis::SlowList(error) => error_seen(error),
        Diagnosis::Listeners { port, who } => {
            // Of a process that may not be looked at, only that it is there is known.
            let process = |name: &Option<String>| name.clone().unwrap_or_else(|| "a process".to_owned());
            let who = who.iter().map(|(name, address)| format!("{} on {address}", process(name)));
            format!("port {port} of this machine: {} listens", joined(who))
        }
        Diagnosis::NobodyListens { port, others, .. } if others.is_empty() => {
            format!("nobody listens on port {port} of this machine, nor on any other")
        }
        Diagnosis::NobodyListens { port, others, more } => {
            let others = others.iter().map(|(port, name)| match name {
                Some(name) => format!("{port} ({name})"),
                None => port.to_string(),
            });
            let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
            let others = joined(others);
            format!("nobody listens on port {port} of this machine; on these somebody does: {others}{more}")
        }
        Diagnosis::Container(container) => {
            let Container { name, port, status, log, .. } = &**container;
            let log = match log.as_slice() {
                [] => "its log is empty".to_owned(),
                log => format!("its log ends: {}", log.join(" | ")),
            };
            format!("container {name} publishes port {port}; it is {status}; {log}")
        }
        Diagnosis::InterruptedLook => "interrupted before the second look".to_owned(),
        Diagnosis::InterruptedProfile => "interrupted before the second profile".to_owned(),
        Diagnosis::BadLedger(error) => format!("the ledger cannot be read ({error})"),
        Diagnosis::HiddenLedger => "the relay does not show its exchanges".to_owned(),
        Diagnosis::NoLedger { status } => {
            format!("the relay has no list of its exchanges (status {status})")
        }
        Diagnosis::NoList { status } => format!("there is no list of goroutines (status {status})"),
        Diagnosis::NoProfile { status } => {
            format!("there is no goroutine profile (status {status}), so no stack can be named")
        }
        Diagnosis::NotProfile(why) | Diagnosis::Unreadable(why) => unreadable(why),
        Diagnosis::NoHeap { status } => {
            format!("there is no heap profile (status {status}), which could name who forgot them")
        }
        Diagnosis::NoMaker => {
            "no request of the unclosed answers is among the samples of the heap profile yet".to_owned()
        }
        Diagnosis::OldGo => "its Go is older than 1.27 and cannot prove leaks".to_owned(),
        Diagnosis::NoProof { status } => format!("no leak profile (status {status})"),
        Diagnosis::Unprofiled => "there is no profile, so there is no proof".to_owned(),
    }
}

/// The next step, where something is to be done.
pub(crate) fn next(step: &Step) -> Option<String> {
    let next = match &step.said {
        Diagnosis::Error(error) => return Some(error_cure(error)),
        Diagnosis::Proxy(_) => "if it should not, add the host to NO_PROXY",
        Diagnosis::NoAddress { error: Some(_), .. } => {
            "check its spelling, /etc/hosts and this machine's name server"
        }
        Diagnosis::NoAddress { error: None, .. } => "check its spelling",
        Diagnosis::NothingListens(_) => {
            "start the service; if it runs, it listens on another port, or on another address of its machine"
        }
        Diagnosis::Silent(_) => {
            "a firewall drops the packets, the machine is down, or the address is wrong: try from the machine itself"
        }
        Diagnosis::NoConnection { .. } => "check the network between here and there",
        Diagnosis::NobodyListens { .. } => {
            "is the service running, and on this port? look at its log and its PORT"
        }
        Diagnosis::Container(container) => match container.state.as_str() {
            "running" => return None,
            "restarting" => "it fails at its start again and again: its log says why",
            _ => "start it: docker start, or docker compose up -d",
        },
        Diagnosis::HiddenLedger => {
            "put admin.token into a file and give --token-file FILE, or ask on the relay's own machine"
        }
        Diagnosis::SlowList(_) => "a larger --timeout gives it more time",
        Diagnosis::NoList { .. } => "serve net/http/pprof, and give --pprof-url",
        Diagnosis::NoProfile { .. } => {
            "in a Go program, import net/http/pprof and serve it on a port of its own, then give --pprof-url"
        }
        Diagnosis::NotProfile(_) => "if Go's net/http/pprof is elsewhere, give --pprof-url",
        Diagnosis::Unreadable(_) => "check --pprof-url",
        Diagnosis::NoHeap { .. } => "serve all of net/http/pprof",
        Diagnosis::NoMaker => {
            "look again when some hundred more have leaked: it sees about one object in 512 KiB"
        }
        Diagnosis::OldGo => "build it with Go 1.27, or with 1.26 and GOEXPERIMENT=goroutineleakprofile",
        Diagnosis::NotGo(Runtime::Python) => {
            "watch them: watertight watch --pid PID. py-spy dump --pid PID shows where its threads stand, and \
             tracemalloc who holds its memory"
        }
        Diagnosis::NotGo(Runtime::Node) => {
            "watch them: watertight watch. A heap snapshot (node --inspect) shows who holds its memory"
        }
        Diagnosis::Name { .. }
        | Diagnosis::Accepts { .. }
        | Diagnosis::Handshake
        | Diagnosis::AnswerComes
        | Diagnosis::Answered { .. }
        | Diagnosis::Listeners { .. }
        | Diagnosis::InterruptedLook
        | Diagnosis::InterruptedProfile
        | Diagnosis::BadLedger(_)
        | Diagnosis::NoLedger { .. }
        | Diagnosis::NoProof { .. }
        | Diagnosis::Unprofiled => return None,
    };
    Some(next.to_owned())
}

/// A watch goes on although stacks cannot be named.
pub(crate) fn stacks_unnamed(step: &Step) -> String {
    format!("stacks cannot be named: {}; the watch goes on", seen(step))
}

/// Before the wait for the second look.
pub(crate) fn second_look(look: Twice, apart: Duration) -> String {
    let look = match look {
        Twice::Exchanges => "looking at the exchanges twice,",
        Twice::Profiles => "taking two profiles,",
        Twice::Crowd => {
            "a crowd stands in a place that leaks: taking two more profiles to see whether it leaves,"
        }
        Twice::Samples => "taking samples, the first and the last",
        Twice::Holdings => "looking at what the process holds twice,",
    };
    format!("{look} {} apart", format_duration(apart))
}

/// While every goroutine is listed.
pub(crate) const fn stands_still() -> &'static str {
    "--deep: the program stands still while Go lists every goroutine"
}

/// Live exchanges of the relay.
pub(crate) const fn no_exchanges() -> &'static str {
    "none is under way"
}

pub(crate) fn crowd(crowd: &Crowd) -> String {
    let channel = if crowd.channel.is_empty() { "no channel yet" } else { &crowd.channel };
    let overdue = match crowd.overdue {
        0 => String::new(),
        1 => "; 1 older than its deadline: a leak, save the log and report it".to_owned(),
        n => format!("; {n} older than their deadline: a leak, save the log and report it"),
    };
    let oldest = format_duration(Duration::from_secs(crowd.oldest_s));
    let Crowd { phase, now, before, .. } = crowd;
    format!("{channel}, {phase}: {now} now, {before} before, the oldest {oldest}{overdue}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(program: &str, sample: Sample) -> String {
        let (source, program) = ("process".to_owned(), Some(program.to_owned()));
        seen(&Step::ok("answer", Diagnosis::Answered { source, program, ms: 1, sample: Box::new(sample) }))
    }

    #[test]
    fn an_answer_tells_what_it_has() {
        let python = Sample { rss_bytes: Some(387 << 20), open_fds: Some(17), ..Sample::default() };
        let said = answered("litellm (python3.12)", python);
        assert_eq!(said, "process from litellm (python3.12) in 1 ms: 387.0 MiB resident, 17 descriptors");
        assert_eq!(answered("x", Sample::default()), "process from x in 1 ms");
        for (program, runtime) in [
            ("litellm (python3.12)", Some(Runtime::Python)),
            ("CPython 3.11.7", Some(Runtime::Python)),
            ("Node 20.1.0", Some(Runtime::Node)),
            ("Go 1.27", None),
            ("relay", None),
        ] {
            assert_eq!(Runtime::of(program), runtime, "{program}");
        }
    }
}
