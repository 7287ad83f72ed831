//! What stands between an observer and a sample, and the cure.

use vitals::units::format_duration;

use crate::reading::{
    Content, Endpoint, Fault, Http, Json, Metrics, NoNumber, PollError, Process, Profile, Recording,
    Unusable, Way, Wrong,
};

/// A lowercase fragment, and the next step.
type Told = (String, String);

/// A value that is no number of things: a lowercase fragment.
pub(crate) fn unread(unread: &NoNumber) -> String {
    let NoNumber { series, value } = unread;
    let why = match value.parse::<f64>() {
        Ok(number) if number < 0.0 => "below 0",
        Ok(number) if number > 0.0 => "too large",
        _ => "not a number",
    };
    format!("`{series}` is `{value}`, {why}")
}

/// Beside a sample that came without it.
pub(crate) fn left_out(unread: &NoNumber) -> String {
    format!("note: {}: it is left out", self::unread(unread))
}

/// It came instead of a sample: a lowercase fragment.
pub(crate) fn error_seen(error: &PollError) -> String {
    told(&error.fault).0
}

/// The next step after a poll that failed.
pub(crate) fn error_cure(error: &PollError) -> String {
    told(&error.fault).1
}

/// Both.
pub(crate) fn poll_error(error: &PollError) -> String {
    error.to_string()
}

/// In English, as JSON has it.
impl std::fmt::Display for PollError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, cure) = told(&self.fault);
        write!(f, "{what}: {cure}")
    }
}

fn told(fault: &Fault) -> Told {
    match fault {
        Fault::Way { at, flag, way } => self::way(at, flag, way),
        Fault::Http { from, flag, endpoint, http } => self::http(from, flag, *endpoint, http),
        Fault::Content(content) => self::content(content),
        Fault::Process { pid, trouble } => (process(*pid, trouble), GONE.to_owned()),
        Fault::Recording { path, trouble } => {
            let (what, cure) = recording(trouble);
            let colon = if matches!(trouble, Recording::Unreadable { .. }) { "" } else { ":" };
            (format!("{}{colon} {what}", path.display()), cure.to_owned())
        }
        Fault::NothingToAsk => ("there is nothing to ask".to_owned(), "give --api-url or --pid".to_owned()),
        Fault::At(place, fault) => {
            let (what, cure) = told(fault);
            (format!("{place}: {what}"), cure)
        }
        Fault::Nor(fault, others) => {
            let (what, cure) = told(fault);
            (format!("{what} (nor is there {})", either(others)), cure)
        }
        Fault::LastOf { fault, failed, asked } => {
            let (what, cure) = told(fault);
            (format!("{failed} of {asked} polls failed, the last one: {what}"), cure)
        }
        Fault::Recorded(kind) => {
            (kind.as_str().to_owned(), "look at the service's log and at what lies in between".to_owned())
        }
        #[cfg(test)]
        Fault::Test { what, cure, .. } => (what.clone(), cure.clone()),
    }
}

fn way(at: &str, flag: &str, way: &Way) -> Told {
    let socket = "start the service, check the path, or run this as a user who may open it";
    let (what, cure) = match way {
        Way::TimedOut { within } => (
            format!("no whole answer from {at} within {}", format_duration(*within)),
            "is it overloaded, or does a firewall drop packets? try a longer --timeout",
        ),
        Way::NoSocket(path) => (format!("there is no socket {}", path.display()), socket),
        Way::ClosedSocket(path) => {
            (format!("the socket {} may not be opened (permission denied)", path.display()), socket)
        }
        Way::Refused => {
            let what = format!("nothing listens at {at} (connection refused)");
            return (what, format!("start the service, or check the port and {flag}"));
        }
        Way::NoAddress { host } => {
            (format!("the name `{host}` has no address"), "check its spelling and this machine's name server")
        }
        Way::NoConnection { error } => (
            format!("no connection to {at} ({error})"),
            "check the address, the network, the firewall and the proxy variables",
        ),
        Way::NoHttp { error, encrypted } => (
            format!("{at} did not answer in HTTP ({error})"),
            match encrypted {
                false => {
                    "another service may listen there, or it wants https://: check the port and the scheme"
                }
                true => "another service may listen there: check the port",
            },
        ),
        Way::NoTls => {
            let what = format!("{at} does not speak TLS");
            return (what, format!("it may be plain http: try http:// in {flag}"));
        }
        Way::Authority => (
            format!("the certificate of {at} is an authority's own, and no server's"),
            "make one for the server: with openssl req -x509, add -addext basicConstraints=critical,CA:FALSE",
        ),
        Way::Untrusted { reason } => (
            format!("the certificate of {at} is not trusted ({reason})"),
            "use the name it was made for, or name its authority with --ca-file FILE",
        ),
        Way::Unencrypted { error } => {
            (format!("no encrypted connection to {at} ({error})"), "check the port and the certificate")
        }
    };
    (what, cure.to_owned())
}

fn http(from: &str, flag: &str, endpoint: Endpoint, http: &Http) -> Told {
    let (what, cure) = match http {
        Http::Status { status, has_login, of_proxy } => {
            return (
                format!("{from} answered {status}"),
                denied(status.as_u16(), *has_login, *of_proxy, endpoint, flag),
            );
        }
        Http::Nowhere(status) => {
            (format!("{from} answered {status} without saying where to go"), format!("check {flag}"))
        }
        Http::LoginPage { to } => (
            format!("{from} redirects to {to}"),
            format!(
                "that is a login page, so the {} is behind one: let it through, or give --token-file FILE",
                noun(endpoint)
            ),
        ),
        Http::Elsewhere { to } => (
            format!("{from} redirects to {to}"),
            format!("it is not followed to another server; if that is the right one, use {flag} {to}"),
        ),
        Http::Round => (
            format!("{from} sends from one address to the next without end"),
            "check the proxy in front of the service".to_owned(),
        ),
        Http::BrokenOff { bytes, error } => {
            (format!("the answer of {from} broke off after {bytes} bytes ({error})"), AGAIN.to_owned())
        }
        Http::TooLarge { cap } => {
            let cure = match endpoint {
                Endpoint::Metrics => {
                    "no process has that many metrics: look for a label that takes ever new values"
                }
                Endpoint::Health => "that is no health answer: check the address",
                _ => "that is something else: check the address",
            };
            (format!("more than {} MiB came from {from}", cap >> 20), cure.to_owned())
        }
    };
    (what, cure)
}

/// The cure for a status other than 200.
fn denied(status: u16, has_login: bool, of_proxy: bool, endpoint: Endpoint, flag: &str) -> String {
    let cure = match status {
        401 | 403 if has_login => "the credentials are not accepted: check the token or the password",
        401 | 403 if endpoint == Endpoint::NewApi => {
            "it wants the access token of the root user: put it into a file and give --token-file FILE"
        }
        401 | 403 => {
            "it wants credentials: put the token into a file and give --token-file FILE, or --basic-file FILE"
        }
        404 | 405 | 410 => {
            let noun = noun(endpoint);
            return format!(
                "the service answers, but has no {noun} at that path: check the base path in {flag}"
            );
        }
        407 => "the proxy wants credentials: put them into HTTP_PROXY or HTTPS_PROXY",
        429 => "it limits how often it may be asked: poll less often",
        _ if of_proxy => "a proxy answers, but not the service behind it: is the service running?",
        503 => {
            "the service answers that it is not available: it starts, stops or is full; try again, and look at its log"
        }
        500.. => "the service fails: look at its log",
        _ => return format!("only 200 is an answer: check {flag}"),
    };
    cure.to_owned()
}

/// Behind an article, or `no`.
const fn noun(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Health => "health endpoint",
        Endpoint::NewApi => "statistics of new-api",
        Endpoint::Metrics => "metrics",
        Endpoint::Expvar => "expvar",
        Endpoint::Pprof => "goroutine profile",
    }
}

const AGAIN: &str = "try again; if it stays so, look at the proxy in front of the service";
const CHECK_ADDRESS: &str = "check the port and the path in --api-url";
const NO_RELAY: &str = "this is no health endpoint of a relay: check --api-url";

fn content(content: &Content) -> Told {
    let (what, cure): (_, &str) = match content {
        Content::Empty => (
            "an empty body came".to_owned(),
            "the service or a proxy answers without content: look at its log",
        ),
        Content::Page { wanted, title } => {
            let wanted = match wanted {
                Endpoint::Metrics => "metrics",
                Endpoint::Pprof => "a goroutine profile",
                Endpoint::Health | Endpoint::NewApi | Endpoint::Expvar => "JSON",
            };
            let title = if title.is_empty() { String::new() } else { format!(", titled `{title}`") };
            (format!("an HTML page came instead of {wanted}{title}"), CHECK_ADDRESS)
        }
        Content::Json(json) => return self::json(json),
        Content::Metrics(metrics) => return self::metrics(metrics),
        Content::Profile(profile) => return self::profile(profile),
    };
    (what, cure.to_owned())
}

fn json(json: &Json) -> Told {
    let (what, cure) = match json {
        Json::NoObject(other) => (format!("a JSON {other} came instead of an object"), NO_RELAY),
        Json::BrokenOff { bytes } => (format!("the JSON breaks off after {bytes} bytes"), AGAIN),
        Json::Other { start } => (format!("not JSON: it starts with `{start}`"), CHECK_ADDRESS),
        Json::Error { message } => (
            format!("an error came instead of a health answer: `{message}`"),
            "the service says what is wrong; --token-file FILE if it wants credentials",
        ),
        Json::NullCount => {
            ("`goroutines` is null".to_owned(), "the service does not know its own count: look at its log")
        }
        Json::Missing { of, key, keys } => {
            let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
            let cure = match of {
                Endpoint::NewApi => "this is no new-api, or an old one without it",
                Endpoint::Expvar => "this is no expvar of a Go program: check the address",
                _ => NO_RELAY,
            };
            (format!("the JSON has no `{key}` (its keys: {keys})"), cure)
        }
        Json::Wrong { key, is, value, object } => {
            let wanted = if *object { "an object" } else { "a whole number" };
            (format!("`{key}` is {is} `{value}`, not {wanted}"), NO_RELAY)
        }
    };
    (what, cure.to_owned())
}

fn metrics(metrics: &Metrics) -> Told {
    let (what, cure) = match metrics {
        Metrics::Other { start } => {
            (format!("not metrics: it starts with `{start}`"), "check the address of the metrics")
        }
        Metrics::NoSeries => {
            ("metrics without any series came".to_owned(), "the service measures nothing: check its set-up")
        }
        Metrics::BrokenOff { series } => (format!("the metrics break off after {series} series"), AGAIN),
        Metrics::NoNumber(unread) => (
            self::unread(unread),
            "let the service write plain digits, such as 1234, or ask another source (--source pprof)",
        ),
        Metrics::Useless { series } => (
            format!("{series} series came, and none tells how the process is"),
            "wanted is, for example, go_goroutines, nodejs_active_resources_total, tokio_live_tasks_count or \
             process_resident_memory_bytes: add the library's default metrics",
        ),
    };
    (what, cure.to_owned())
}

fn profile(profile: &Profile) -> Told {
    let (what, cure) = match profile {
        Profile::Compressed => (
            "a compressed profile came instead of text".to_owned(),
            "something removes `debug=1` from the address",
        ),
        Profile::BrokenOff => {
            ("the profile breaks off in its first line".to_owned(), "try again; look at the proxy in between")
        }
        Profile::Other { start } => (
            format!("not a goroutine profile: it starts with `{start}`"),
            "check --pprof-url: it wants Go's net/http/pprof",
        ),
    };
    (what, cure.to_owned())
}

const GONE: &str = "did it restart? look up its new number (pgrep)";

fn process(pid: u32, trouble: &Process) -> String {
    match trouble {
        Process::Missing => format!("there is no process {pid}"),
        Process::Hidden { error } => format!("process {pid} cannot be looked at ({error})"),
        Process::Replaced => format!("process {pid} has ended, and another one has its number"),
        Process::Zombie => format!("process {pid} has ended (its parent has not noticed)"),
    }
}

fn recording(trouble: &Recording) -> (String, &'static str) {
    match trouble {
        Recording::Unreadable { error } => {
            (format!("cannot be read ({error})"), "check the path, and that a recorder writes there")
        }
        Recording::NoHeader => {
            ("its header is none of a recording".to_owned(), "name a file that `watertight record` writes")
        }
        Recording::NoRow => ("there is no row yet".to_owned(), "wait for the recorder's first row"),
        Recording::Old { age } => (
            format!("its newest row is {} old", format_duration(*age)),
            "is the recorder still running? old recordings are for `watertight compare`",
        ),
        Recording::Failed { kind } => {
            (format!("the recorder's last poll failed ({kind})"), "look at the target that it records")
        }
    }
}

fn either(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The command line names nothing that can be polled: a lowercase fragment with the cure.
pub(crate) fn unusable(unusable: &Unusable) -> String {
    match unusable {
        Unusable::Address { place, wrong } => format!("{place}: {}", address(wrong)),
        Unusable::NoRecording => "--source csv: give the recording's path as --api-url".to_owned(),
        Unusable::NoPid => "--source pid: say which process with --pid NUMBER".to_owned(),
        Unusable::Completed { place } => {
            format!("{place}: a recording is a source of its own: nothing completes it")
        }
        Unusable::ForeignSystem => {
            "--pid works on Linux and Windows only: use an address, which every system has".to_owned()
        }
        Unusable::Client { error } => {
            format!("no HTTP client: {error}: check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY")
        }
        Unusable::Tls { error } => format!("TLS cannot be set up: {error}"),
    }
}

pub(super) fn address(wrong: &Wrong) -> String {
    match wrong {
        Wrong::Empty => "the address is empty: write it like http://localhost:3000".to_owned(),
        Wrong::NoAddress { error } => {
            format!("not an address ({error}): write it like http://localhost:3000")
        }
        Wrong::Scheme(scheme) => {
            format!("`{scheme}` cannot be polled: use an http:// or https:// address")
        }
        Wrong::NoSockets => "this system has no Unix sockets that can be polled: use an address".to_owned(),
        Wrong::Relative => {
            "a Unix socket is given by its whole path: write it like unix:///run/relay.sock".to_owned()
        }
    }
}
