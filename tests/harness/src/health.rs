//! The relay's own numbers.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Map, Value};
use vitals::health::{Ended, read};
use vitals::{EndReason, FIELDS};

use crate::{Client, fail};

/// One reading of `GET /api/monitor/health`.
#[derive(Clone, Debug)]
pub struct Health(pub Value);

impl Health {
    /// Asks a relay; the test fails when it does not answer with 200 and JSON.
    #[must_use]
    pub fn of(address: SocketAddr) -> Self {
        Self::over(&mut Client::connect(address).with_header("connection", "close"))
    }

    /// Asks over a connection that the caller keeps.
    #[must_use]
    pub fn over(client: &mut Client) -> Self {
        let answer = client.get("/api/monitor/health");
        if answer.status() != 200 || !answer.whole {
            fail("health", format!("{} {}", answer.status(), answer.text()));
        }
        Self(answer.json())
    }

    fn object(&self) -> &Map<String, Value> {
        self.0.as_object().unwrap_or_else(|| fail("health is no object", &self.0))
    }

    fn number(&self, path: &str) -> u64 {
        let field = FIELDS.iter().find(|field| field.json == path);
        let number = field.and_then(|field| (field.get)(&read::told(self.object())));
        number.unwrap_or_else(|| fail(&format!("health has no number `{path}`"), &self.0))
    }

    /// Live tasks of all workers.
    #[must_use]
    pub fn tasks(&self) -> u64 {
        self.number("goroutines")
    }

    /// A number of the `relay` object.
    #[must_use]
    pub fn relay(&self, name: &str) -> u64 {
        self.number(&format!("relay.{name}"))
    }

    /// Tasks of idle upstream connections.
    #[must_use]
    pub fn idle_tasks(&self) -> u64 {
        let tasks = self.0.pointer("/relay/idle_tasks").and_then(Value::as_u64);
        tasks.unwrap_or_else(|| fail("health has no number `relay.idle_tasks`", &self.0))
    }

    /// In seconds since the Unix epoch.
    #[must_use]
    pub fn start_time(&self) -> u64 {
        self.number("start_time")
    }

    /// Finished requests by end reason.
    #[must_use]
    pub fn ended(&self) -> BTreeMap<String, u64> {
        let Some(Ended(counts)) = read::ended(self.object()) else {
            fail("health has no `relay.ended`", &self.0)
        };
        EndReason::ALL.iter().map(ToString::to_string).zip(counts).collect()
    }
}
