//! The drill's upstream as a child process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::{Answer, Child, Client, PATIENCE, until};

/// The upstream's own counts.
#[derive(Clone, Debug)]
pub struct State(pub Value);

impl State {
    /// A number by its name in `GET /drill/state`.
    #[must_use]
    pub fn number(&self, name: &str) -> u64 {
        self.0[name]
            .as_u64()
            .unwrap_or_else(|| crate::fail(&format!("the state has no number `{name}`"), &self.0))
    }

    /// Requests from the beginning on.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.number("requests_total")
    }

    /// Requests that are neither answered nor disconnected.
    #[must_use]
    pub fn open_requests(&self) -> u64 {
        self.number("open_requests")
    }

    /// Connections from the relay.
    #[must_use]
    pub fn open_connections(&self) -> u64 {
        self.number("open_connections")
    }
}

/// A running upstream; it ends with the test.
pub struct Upstream {
    child: Child,
    address: SocketAddr,
}

impl Upstream {
    /// Starts `PROGRAM drill upstream`.
    #[must_use]
    pub fn start(program: impl AsRef<Path>) -> Self {
        Self::start_with(program, &[])
    }

    /// Starts it with further arguments.
    #[must_use]
    pub fn start_with(program: impl AsRef<Path>, args: &[&str]) -> Self {
        let mut command = Command::new(program.as_ref());
        command.env_clear();
        command.args(["drill", "upstream", "--listen", "127.0.0.1:0", "--until-stdin-closes"]).args(args);
        let mut child = Child::start(&mut command);
        let address = child.address();
        Self { child, address }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    #[must_use]
    pub fn child(&self) -> &Child {
        &self.child
    }

    fn ask(&self, method: &str, path: &str) -> Answer {
        let mut client = Client::connect(self.address).with_header("connection", "close");
        client.request(method, path, b"");
        client.answer()
    }

    /// Its counters.
    #[must_use]
    pub fn state(&self) -> State {
        State(self.ask("GET", "/drill/state").json())
    }

    /// The last requests, oldest first, as objects with `method`, `path`, `headers`, `body` and others.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        match self.ask("GET", "/drill/requests").json() {
            Value::Array(requests) => requests,
            other => crate::fail("not a list of requests", other),
        }
    }

    /// Starts its totals anew.
    pub fn reset(&self) {
        self.ask("POST", "/drill/reset");
    }

    /// Waits until its state is as wanted.
    pub fn wait(&self, what: &str, reached: impl Fn(&State) -> bool) -> State {
        self.wait_within(PATIENCE, what, reached)
    }

    /// Waits at most `within`.
    pub fn wait_within(&self, within: Duration, what: &str, reached: impl Fn(&State) -> bool) -> State {
        until(within, || {
            let state = self.state();
            if reached(&state) { Ok(state) } else { Err(format!("upstream: {what}: {}", state.0)) }
        })
    }
}
