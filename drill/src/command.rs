//! `watertight drill`: reads what was asked for, runs it, prints the table, and ends with the verdict.

use std::fs;
use std::io::{self, Write};
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::Value;
use vitals::exit;
use vitals::units::format_size;

use crate::report::{self, Format, Report};
use crate::run::{self, Board, Found, Grade, Order, Other, Place, Row, Size, Starter};
use crate::stacks::Stacks;
use crate::start::{self, Watch};
use crate::{client, relay, resume, rows, system, upstream, words};

mod asked;

/// The arguments of `watertight drill`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Rows to run, by number, range or name; all where none is given.
    pub only: Vec<String>,
    /// Rows to leave out.
    pub skip: Vec<String>,
    /// Requests of a row; a default where none is given.
    pub requests: Option<usize>,
    /// How many at once.
    pub concurrency: Option<usize>,
    /// Requests that start every second, whether or not the ones before are over.
    pub rate: Option<f64>,
    /// How long a client waits for an end.
    pub patience: Option<Duration>,
    /// More of everything, and the relay's default deadlines, scaled.
    pub full: bool,
    /// Print the rows and leave.
    pub list: bool,
    /// The form of the result.
    pub format: Format,
    /// Grades are coloured in a text.
    pub color: bool,
    /// In columns, for a text.
    pub width: usize,
    /// A result in JSON, which this drill goes on from.
    pub resume: Option<PathBuf>,
    /// Another relay than this program's own.
    pub target: Option<Target>,
}

/// A relay that somebody else started and pointed at the drill's upstream.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its URL, without `/v1`.
    pub url: String,
    /// The name of the one model that is asked for; a fault is asked for in the text of the message.
    pub model: Option<String>,
    /// Stands before the names of models, which ask for the faults.
    pub model_prefix: Option<String>,
    /// Holds the key that it wants to see.
    pub key_file: Option<PathBuf>,
    /// Where the drill's upstream listens.
    pub upstream_listen: String,
    /// Its process, where it runs on this machine.
    pub pid: Option<u32>,
    /// Whoever can name its stacks.
    pub stacks: Stacks,
    /// How the drill starts it, where it does.
    pub start: Option<Start>,
}

/// A target that the drill starts by a command.
#[derive(Clone, Debug)]
pub struct Start {
    /// For `sh -c`, on Windows for `cmd /C`.
    pub command: String,
    /// Anew for each row.
    pub each: bool,
    /// Memory of all of its processes together, in bytes; half of what is free where none is given.
    pub memory: Option<u64>,
    /// How long it may be silent until it answers.
    pub wait: Duration,
}

/// The model's name where none is given.
const MODEL: &str = "drill";

/// Why there is no result: an exit code and a cause.
struct Failure(u8, anyhow::Error);

/// Runs the drill. The exit code is the verdict.
#[must_use]
pub fn main(options: &Options) -> ExitCode {
    let code = run(options).unwrap_or_else(|Failure(code, error)| {
        // Nothing is left to be done when even this cannot be written.
        let _ = writeln!(io::stderr().lock(), "{}", words::failed(&format!("{error:#}")));
        code
    });
    ExitCode::from(code)
}

/// Ends a command line that cannot be followed.
#[must_use]
pub fn refuse(why: &str) -> ExitCode {
    // Nothing is left to be done when even this cannot be written.
    let _ = writeln!(io::stderr().lock(), "{}", words::failed(why));
    ExitCode::from(exit::USAGE)
}

fn run(options: &Options) -> Result<u8, Failure> {
    let usage = |error: anyhow::Error| Failure(exit::USAGE, error);
    let output = |error: io::Error| {
        Failure(exit::OUTPUT, anyhow::Error::new(error).context("cannot write to standard output"))
    };
    let rows = rows::select(&options.only, &options.skip).map_err(|text| usage(anyhow!(text)))?;
    if options.list {
        upstream::out(&report::list(&rows, rows::fault)).map_err(output)?;
        return Ok(exit::OK);
    }
    let rows = if options.target.is_some() { rows::with_good(rows, &options.skip) } else { rows };
    let size = size(options);
    let target = options.target.as_ref().map(read_target).transpose().map_err(usage)?;
    let asked = asked::asked(options, size);
    let kept = options.resume.as_deref().map(|path| resume::read(path, &asked, &rows));
    let kept = kept.transpose().map_err(usage)?.unwrap_or_default();
    for row in &kept.missing {
        // Nobody depends on hints.
        let text = format!("row {} {} is done: it is not in the file", row.id, row.name);
        let _ = writeln!(io::stderr().lock(), "{}", words::said(&text));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(|error| Failure(exit::UNKNOWN, error.into()))?;
    system::raise_own_limit();
    relay::sweep();
    let place = match options.target {
        None => Place::Own,
        Some(_) => Place::Other { hurried: size.hurried },
    };
    let board = Board::new(&rows, place, kept.findings, kept.least_free);
    let rows = board.left();
    let done = runtime.block_on(async {
        tokio::select! {
            done = drill(options, &rows, size, target, &board) => done,
            _ = upstream::interrupted() => Ok(()),
        }
    });
    let (complete, findings) = (board.complete(), board.close());
    // Streams that nobody reads any more must not hold up the end; relays end with the rows that they belong to.
    runtime.shutdown_timeout(Duration::from_secs(2));
    if let Err(failure) = done {
        // What an earlier drill found is still in its file.
        if findings.iter().all(|finding| finding.grade == Grade::Skipped || finding.kept.is_some()) {
            return Err(failure);
        }
        // Rows that were run before are not lost.
        let _ = writeln!(io::stderr().lock(), "{}", words::failed(&format!("{:#}", failure.1)));
        print(options, size, &asked, &findings, complete, board.least_free()).map_err(output)?;
        return Ok(if failed(&findings) { exit::DANGER } else { failure.0 });
    }
    print(options, size, &asked, &findings, complete, board.least_free()).map_err(output)?;
    Ok(verdict(&findings, complete))
}

fn print(
    options: &Options,
    size: Size,
    asked: &Value,
    findings: &[Found],
    complete: bool,
    least_free: Option<f64>,
) -> io::Result<()> {
    let subject = options.target.as_ref().map_or("watertight serve", |target| &target.url);
    let Options { color, width, .. } = *options;
    let report = Report { subject, size, asked, findings, complete, least_free, color, width };
    upstream::out(&report.render(options.format))
}

/// Threads for clients and upstreams, also where there are fewer cores: some of their work is to wait for a process.
const WORKERS: usize = 4;

fn failed(findings: &[Found]) -> bool {
    findings.iter().any(|finding| matches!(finding.grade, Grade::Failed(_)))
}

/// A failure is a verdict, however much was not reached; otherwise only all rows together are one.
fn verdict(findings: &[Found], complete: bool) -> u8 {
    let late = findings.iter().any(Found::is_for_lack_of_time);
    match (failed(findings), complete) {
        (true, _) => exit::DANGER,
        (false, true) if late => exit::UNKNOWN,
        (false, true) => exit::OK,
        (false, false) => exit::INTERRUPTED,
    }
}

async fn drill(
    options: &Options,
    rows: &[&'static Row],
    size: Size,
    target: Option<client::Target>,
    board: &Board,
) -> Result<(), Failure> {
    let unknown = |error| Failure(exit::UNKNOWN, error);
    let (Some(given), Some(target)) = (&options.target, target) else {
        return run::own(rows, size, board).await.map_err(unknown);
    };
    let listen = &given.upstream_listen;
    let listener = upstream::bind(listen).map_err(|error| cannot_listen(listen, error))?;
    let upstream = Arc::new(upstream::start(listener).map_err(|error| unknown(error.into()))?);
    let watch = Arc::new(Watch::begin().map_err(|error| unknown(error.into()))?);
    let starter = match &given.start {
        Some(start) => Some(starter(start, &given.url, &target, &watch).await?),
        None => None,
    };
    let other = Other { target, upstream, pid: given.pid, stacks: given.stacks.clone(), starter, watch };
    run::other(rows, size, other, board).await.map_err(unknown)
}

/// What starts the target; somebody who answers there already is not what the command starts.
async fn starter(
    start: &Start,
    url: &str,
    target: &client::Target,
    watch: &Arc<Watch>,
) -> Result<Starter, Failure> {
    if client::Client::connect(target).await.is_ok() {
        let text = format!(
            "`--start`: somebody answers at {url} already: end it, or leave `--start` out to drill what runs there"
        );
        return Err(Failure(exit::USAGE, anyhow!(text)));
    }
    if let Some((wanted, most)) = start.memory.zip(start::most()).filter(|(wanted, most)| wanted > most) {
        let text = format!(
            "`--start-memory {}`: there are only {} here, so it would limit nothing: give less",
            format_size(wanted),
            format_size(most)
        );
        return Err(Failure(exit::USAGE, anyhow!(text)));
    }
    process::fence::adopt_orphans();
    let Start { command, each, memory, wait } = start.clone();
    Ok(Starter::new(Order { command, each, memory, wait }, target.clone(), Arc::clone(watch)))
}

/// A port that is taken is often the upstream of a drill that still runs.
fn cannot_listen(listen: &str, error: io::Error) -> Failure {
    let cure = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there, perhaps another drill: end it, or choose another `--upstream-listen` and point the target there"
        }
        _ => "`--upstream-listen` needs an address of this machine and a port, for example 127.0.0.1:9900",
    };
    let code = if error.kind() == io::ErrorKind::AddrInUse { exit::UNAVAILABLE } else { exit::USAGE };
    Failure(code, anyhow::Error::new(error).context(format!("{cure}: cannot listen on {listen}")))
}

fn size(options: &Options) -> Size {
    let (requests, at_once, patience, repetitions) =
        if options.full { (300, 50, 45, 3) } else { (100, 25, 30, 1) };
    Size {
        requests: options.requests.unwrap_or(requests),
        at_once: options.concurrency.unwrap_or(at_once),
        rate: options.rate,
        patience: options.patience.unwrap_or(Duration::from_secs(patience)),
        repetitions,
        full: options.full,
        hurried: options.patience.is_none() && !options.full,
    }
}

fn read_target(given: &Target) -> anyhow::Result<client::Target> {
    let url = given.url.trim_end_matches('/');
    let url = url.strip_suffix("/v1").unwrap_or(url);
    let rest = url.strip_prefix("http://").with_context(|| {
        format!(
            "`--target {}`: only http:// is spoken to a target; a relay behind TLS is drilled without it",
            given.url
        )
    })?;
    let (host, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let full = if host.rsplit(']').next().is_some_and(|tail| tail.contains(':')) {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    if let Some(pid) = given.pid {
        let known = !Path::new("/proc/self").exists() || Path::new(&format!("/proc/{pid}")).exists();
        anyhow::ensure!(known, "`--pid {pid}`: no such process on this machine");
    }
    let address = full.to_socket_addrs().ok().and_then(|mut all| all.next());
    let address = address.with_context(|| format!("`--target {}`: no such host or port", given.url))?;
    let key = given.key_file.as_deref().map(key).transpose()?;
    // Each kind of relay looks at one of the two.
    let headers =
        key.map_or_else(String::new, |key| format!("authorization: Bearer {key}\r\nx-api-key: {key}\r\n"));
    Ok(client::Target {
        address,
        host: host.to_owned(),
        base: base.to_owned(),
        naming: match (&given.model_prefix, &given.model) {
            (Some(prefix), _) => client::Naming::Model(prefix.clone()),
            (None, name) => client::Naming::Text(name.clone().unwrap_or_else(|| MODEL.to_owned())),
        },
        headers,
        ledger: Arc::default(),
    })
}

fn key(file: &Path) -> anyhow::Result<String> {
    let text = if file == Path::new("-") {
        io::read_to_string(io::stdin().lock()).context("no key on standard input")?
    } else {
        let bytes = fs::read(file).with_context(|| format!("cannot read `--key-file {}`", file.display()))?;
        vitals::encoding::text(bytes).with_context(|| format!("`--key-file {}`", file.display()))?
    };
    let key = text.trim();
    anyhow::ensure!(
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic()),
        "`--key-file {}` must hold one key and nothing else",
        file.display()
    );
    Ok(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> anyhow::Result<client::Target> {
        read_target(&Target {
            url: url.to_owned(),
            model: None,
            model_prefix: Some("openai/".to_owned()),
            key_file: None,
            upstream_listen: "127.0.0.1:0".to_owned(),
            pid: None,
            stacks: Stacks::default(),
            start: None,
        })
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_is_not_there_is_named() {
        let given = |pid| Target {
            url: "http://127.0.0.1:9".to_owned(),
            model: None,
            model_prefix: None,
            key_file: None,
            upstream_listen: "127.0.0.1:0".to_owned(),
            pid: Some(pid),
            stacks: Stacks::default(),
            start: None,
        };
        assert!(read_target(&given(std::process::id())).is_ok());
        let wrong = read_target(&given(u32::MAX)).map(drop);
        assert!(wrong.is_err_and(|error| error.to_string().contains("--pid 4294967295")));
    }

    #[test]
    fn urls_are_read_with_and_without_a_port_and_a_path() {
        let read = |url: &str| target(url).map(|t| (t.address.to_string(), t.host, t.base)).unwrap();
        let wanted = |address: &str, host: &str, base: &str| (address.into(), host.into(), base.into());
        assert_eq!(read("http://127.0.0.1:4000"), wanted("127.0.0.1:4000", "127.0.0.1:4000", ""));
        assert_eq!(read("http://127.0.0.1:4000/v1/"), wanted("127.0.0.1:4000", "127.0.0.1:4000", ""));
        assert_eq!(read("http://127.0.0.1/proxy/"), wanted("127.0.0.1:80", "127.0.0.1", "/proxy"));
        assert_eq!(read("http://[::1]:9"), wanted("[::1]:9", "[::1]:9", ""));
        for wrong in ["https://127.0.0.1", "127.0.0.1:3000", "http://127.0.0.1:x"] {
            assert!(target(wrong).is_err_and(|error| error.to_string().contains(wrong)), "{wrong}");
        }
    }
}
