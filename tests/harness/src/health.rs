//! The relay's own numbers.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;

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

    fn number(&self, value: &Value, name: &str) -> u64 {
        value.as_u64().unwrap_or_else(|| fail(&format!("health has no number `{name}`"), &self.0))
    }

    /// Live tasks of all workers.
    #[must_use]
    pub fn tasks(&self) -> u64 {
        self.number(&self.0["goroutines"], "goroutines")
    }

    /// A number of the `relay` object.
    #[must_use]
    pub fn relay(&self, name: &str) -> u64 {
        self.number(&self.0["relay"][name], name)
    }

    /// The start time, in seconds since the Unix epoch.
    #[must_use]
    pub fn start_time(&self) -> u64 {
        self.number(&self.0["start_time"], "start_time")
    }

    /// Finished requests by end reason.
    #[must_use]
    pub fn ended(&self) -> BTreeMap<String, u64> {
        let Some(map) = self.0["relay"]["ended"].as_object() else {
            fail("health has no `relay.ended`", &self.0)
        };
        map.iter().map(|(reason, count)| (reason.clone(), self.number(count, reason))).collect()
    }
}
