//! The relay under test as a child process, with a configuration of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Answer, Child, Client, Health, Http2, Identity, PATIENCE, Signal, Upstream, Wire, fail, until};

/// The provider key in the generated configuration: no log, error or metric may show it.
const PROVIDER_KEY: &str = "sk-provider-sentinel-1f0c7d2a";

/// How to start a relay. Every method replaces or adds; `start` runs it.
pub struct Setup {
    program: PathBuf,
    sections: BTreeMap<&'static str, Vec<String>>,
    channels: String,
    top: String,
    args: Vec<OsString>,
    environment: Vec<(String, String)>,
    identity: Option<Arc<Identity>>,
}

impl Setup {
    /// `PROGRAM serve -c …` with drain and deadlines short enough for tests.
    #[must_use]
    pub fn new(program: impl AsRef<Path>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            sections: BTreeMap::new(),
            channels: String::new(),
            top: String::new(),
            args: Vec::new(),
            environment: Vec::new(),
            identity: None,
        }
    }

    fn set(mut self, section: &'static str, key: &str, value: &str) -> Self {
        self.sections.entry(section).or_default().push(format!("{key} = {value}"));
        self
    }

    /// Sets a deadline, for example `("first_byte", "1s")`.
    #[must_use]
    pub fn timeout(self, key: &str, duration: &str) -> Self {
        self.set("timeouts", key, &format!("{duration:?}"))
    }

    /// Sets a limit, as TOML: `("in_flight", "5")`, `("sse_event", "\"1MiB\"")`.
    #[must_use]
    pub fn limit(self, key: &str, toml: &str) -> Self {
        self.set("limits", key, toml)
    }

    /// Has it speak TLS, with this certificate; its own connections trust it.
    #[must_use]
    pub fn tls(mut self, identity: Identity) -> Self {
        for (key, file) in [("cert", "cert.pem"), ("key", "key.pem")] {
            self = self.set("tls", key, &format!("{:?}", identity.file(file)));
        }
        self.trusting(identity)
    }

    /// Its own connections speak TLS and trust this certificate; the configuration says so elsewhere.
    #[must_use]
    pub fn trusting(mut self, identity: Identity) -> Self {
        self.identity = Some(Arc::new(identity));
        self
    }

    /// Sets how many channels a request may try.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        self.set("failover", "attempts", &attempts.to_string())
    }

    /// Has channels and keys chosen anew for each request.
    #[must_use]
    pub fn without_affinity(self) -> Self {
        self.set("failover", "affinity", "\"off\"")
    }

    /// Sets the drain deadline.
    #[must_use]
    pub fn drain(self, duration: &str) -> Self {
        self.set("shutdown", "drain", &format!("{duration:?}"))
    }

    /// Sets a key of `[monitor]`, as TOML.
    #[must_use]
    pub fn monitor(self, key: &str, toml: &str) -> Self {
        self.set("monitor", key, toml)
    }

    /// Adds a channel to this upstream, in both dialects, for every model.
    #[must_use]
    pub fn upstream(self, upstream: &Upstream) -> Self {
        // A provider that speaks both.
        self.channel("xai", &format!("http://{}", upstream.address()), "")
    }

    /// Adds a channel of a provider; `extra` is further TOML lines.
    #[must_use]
    pub fn channel(mut self, provider: &str, base_url: &str, extra: &str) -> Self {
        // Writing to a string does not fail.
        let _ = writeln!(
            self.channels,
            "[[channels]]\nname = \"{provider}-{}\"\nprovider = \"{provider}\"\nbase_url = \"{base_url}\"\n\
             keys = [\"env:TEST_PROVIDER_KEY\"]\n{extra}",
            self.channels.len()
        );
        self
    }

    /// Adds tables to the end of the configuration, for example `[[keys]]`.
    #[must_use]
    pub fn toml(mut self, text: &str) -> Self {
        self.channels.push_str(text);
        self.channels.push('\n');
        self
    }

    /// Adds keys to the beginning of the configuration.
    #[must_use]
    pub fn top(mut self, text: &str) -> Self {
        self.top.push_str(text);
        self.top.push('\n');
        self
    }

    /// Adds an argument after `serve`.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds an environment variable; there are no others.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The configuration's text.
    #[must_use]
    pub fn configuration(&self) -> String {
        let mut text = self.top.clone();
        for (section, lines) in &self.sections {
            let _ = writeln!(text, "[{section}]\n{}", lines.join("\n"));
        }
        text + &self.channels
    }

    fn command(&self, dir: &Path) -> Command {
        let file = dir.join("watertight.toml");
        if let Err(error) = std::fs::write(&file, self.configuration()) {
            fail("cannot write the configuration", error);
        }
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("HOME", dir)
            .env("LC_ALL", "C")
            .env("RUST_BACKTRACE", "1")
            .env("TEST_PROVIDER_KEY", PROVIDER_KEY);
        command.envs(self.environment.iter().cloned()).current_dir(dir);
        command.arg("serve").arg("-c").arg(&file).args(&self.args);
        command
    }

    /// Starts the relay on a free port and waits until it listens.
    #[must_use]
    pub fn start(self) -> Relay {
        self.start_on("127.0.0.1:0", &[])
    }

    /// Starts the relay in place of one that runs, and waits until it listens.
    #[must_use]
    pub fn follow(self, old: &Relay) -> Relay {
        self.start_on(&old.address.to_string(), &["--take-over"])
    }

    fn start_on(self, address: &str, more: &[&str]) -> Relay {
        let dir = temp_dir();
        let mut command = self.command(dir.path());
        command.args(["--listen", address]).args(more);
        let mut child = Child::start(&mut command);
        let address = child.address();
        let relay = Relay { child, address, dir, identity: self.identity };
        // It listens before it is ready; a test's first request must not be refused for that.
        until(PATIENCE, || match relay.get("/readyz").status() {
            200 => Ok(()),
            status => Err(format!("not ready: {status}")),
        });
        relay
    }

    /// Runs it without a port of its own until it ends by itself: exit code and output.
    #[must_use]
    pub fn run(self) -> (Option<i32>, String) {
        let dir = temp_dir();
        let mut child = Child::start(&mut self.command(dir.path()));
        let code = child.exit_code();
        (code, child.last_output())
    }
}

fn temp_dir() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| fail("no temporary folder", error))
}

/// A running relay; killed when dropped.
pub struct Relay {
    /// The process.
    pub child: Child,
    address: SocketAddr,
    dir: TempDir,
    identity: Option<Arc<Identity>>,
}

impl Relay {
    /// The beginning of a description of a relay.
    #[must_use]
    pub fn of(program: impl AsRef<Path>) -> Setup {
        Setup::new(program)
    }

    /// The provider key that must never be seen.
    #[must_use]
    pub fn provider_key() -> &'static str {
        PROVIDER_KEY
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A new connection to it.
    #[must_use]
    pub fn connect(&self) -> Client {
        match &self.identity {
            None => Client::connect(self.address),
            Some(_) => Client::over(self.encrypted(&["http/1.1"])),
        }
    }

    /// A new connection to it that speaks HTTP/2.
    #[must_use]
    pub fn http2(&self) -> Http2 {
        match &self.identity {
            None => Http2::connect(self.address),
            Some(_) => Http2::over(self.encrypted(&["h2"])),
        }
    }

    /// A new TLS connection to it; the test fails when the handshake does.
    #[must_use]
    pub fn encrypted(&self, alpn: &[&str]) -> Wire {
        let Some(identity) = &self.identity else { fail("this relay speaks no TLS", self.address) };
        Wire::encrypted(self.address, identity, alpn).unwrap_or_else(|error| fail("no handshake", error))
    }

    /// The certificate that it was started with.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        self.identity.as_deref().unwrap_or_else(|| fail("this relay speaks no TLS", self.address))
    }

    /// Reads its health.
    #[must_use]
    pub fn health(&self) -> Health {
        Health::over(&mut self.connect().with_header("connection", "close"))
    }

    /// One GET on a connection of its own.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.connect().with_header("connection", "close").get(path)
    }

    /// One POST of JSON on a connection of its own.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let mut client = self.connect().with_header("connection", "close");
        client.post(path, body);
        client.answer()
    }

    /// A connection on which a stream of `model` was asked for, OpenAI's way.
    #[must_use]
    pub fn stream(&self, model: &str) -> Client {
        let mut client = self.connect();
        client.post("/v1/chat/completions", &chat(model, true));
        client
    }

    /// Its log so far. Lines are handed over in batches: it is read when nothing has come for several of them, or after
    /// two seconds in which there was always more.
    #[must_use]
    pub fn log(&self) -> String {
        let mut log = self.child.output();
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(200));
            let longer = self.child.output();
            if longer.len() == std::mem::replace(&mut log, longer).len() {
                break;
            }
        }
        log
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.child.signal(signal);
    }

    /// Stops it, as a busy machine does; `Signal::CONT` has it go on.
    pub fn suspend(&self) {
        self.child.suspend();
    }

    /// A good stream must work; the test fails when it does not.
    pub fn assert_serves(&self) {
        let answer = self.post("/v1/chat/completions", &chat("gpt-5-mini", true));
        if answer.status() != 200 || !answer.whole || !answer.text().ends_with("data: [DONE]\n\n") {
            fail("a good request failed", format!("{:?}\n{}", answer.head, answer.text()));
        }
    }

    /// Good requests in both dialects, streamed and not, on several connections, so that what is made once is made.
    pub fn warm_up(&self) {
        crate::repeat(16, 4, |i| {
            let path = ["/v1/chat/completions", "/v1/messages"][i % 2];
            let answer = self.post(path, &chat("warm-up", i % 4 < 2));
            if answer.status() != 200 {
                fail("warm-up", format!("{:?}\n{}", answer.head, answer.text()));
            }
        });
    }
}

/// A small chat request that is valid in both dialects.
#[must_use]
pub fn chat(model: &str, stream: bool) -> Value {
    json!({
        "model": model,
        "stream": stream,
        "max_tokens": 20,
        "messages": [{"role": "user", "content": "Say something about water."}],
    })
}
