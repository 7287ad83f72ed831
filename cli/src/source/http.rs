//! Polling over HTTP: one keep-alive connection, one total deadline per poll, a capped body.

use std::io::Read;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Url, redirect};
use vitals::Secret;

use super::target::shown;
use super::{ErrorKind, PollError, Reading, Source, Target, content, failure, tls};

/// A health answer has some hundred bytes; this much shows that it is something else.
const BODY_CAP: u64 = 1 << 20;
const REDIRECTS: u32 = 3;

/// Clients live as long as the process: dropping one waits for its resolver, which may hang in the system.
static CLIENTS: Mutex<Vec<Client>> = Mutex::new(Vec::new());

/// A bearer token, read from a file.
pub(crate) type Token = Secret;

/// The health JSON of a relay, ours or any with the old endpoint.
#[derive(Debug)]
pub(crate) struct HealthSource {
    client: Client,
    target: Target,
    token: Option<Token>,
}

impl HealthSource {
    /// Prepares to poll; nothing is sent yet.
    ///
    /// # Errors
    /// A fragment, when the environment names a proxy that cannot be used.
    pub(crate) fn new(target: Target, token: Option<Token>) -> Result<Self, String> {
        let encrypted = target.url().scheme() == "https";
        let tls = if encrypted { tls::trusted() } else { tls::unused() }
            .map_err(|error| format!("TLS cannot be set up: {error}"))?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("watertight/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .pool_max_idle_per_host(1);
        if target.is_loopback() {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            format!(
                "no HTTP client: {}: check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY",
                failure::deepest(&error)
            )
        })?;
        if let Ok(mut clients) = CLIENTS.lock() {
            clients.push(client.clone());
        }
        Ok(Self { client, target, token })
    }

    fn fetch(&self, deadline: Instant, timeout: Duration) -> Result<Response, PollError> {
        let mut url = self.target.url().clone();
        for _ in 0..=REDIRECTS {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut request = self.client.get(url.clone()).header(ACCEPT, "application/json").timeout(left);
            if let Some(token) = &self.token {
                request = request.bearer_auth(token.reveal());
            } else if let Some((user, password)) = self.target.login() {
                request = request.basic_auth(user, Some(password.reveal()));
            }
            let response =
                request.send().map_err(|error| failure::transport(&error, &self.target, timeout))?;
            if !response.status().is_redirection() {
                return failure::status(response.status(), &self.target, self.token.is_some())
                    .map_or(Ok(response), Err);
            }
            url = self.next(&url, &response)?;
        }
        let what = format!("{} sends from one address to the next without end", self.target.shown());
        Err(PollError::new(ErrorKind::Http, what, "check the proxy in front of the service"))
    }

    /// Where a redirect leads, if it stays on the same server: credentials go nowhere else.
    fn next(&self, from: &Url, response: &Response) -> Result<Url, PollError> {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let to = location.and_then(|text| from.join(text).ok());
        match to {
            Some(to) if to.origin() == from.origin() && !failure::is_login(&to) => Ok(to),
            to => {
                Err(failure::redirect(response.status(), &self.target, to.as_ref().map(|to| (to, shown(to)))))
            }
        }
    }
}

impl Source for HealthSource {
    fn name(&self) -> &'static str {
        "health"
    }

    fn target(&self) -> &str {
        self.target.shown()
    }

    fn poll(&mut self, timeout: Duration) -> Result<Reading, PollError> {
        let start = Instant::now();
        let response = self.fetch(start + timeout, timeout)?;
        let mut body = Vec::new();
        response
            .take(BODY_CAP + 1)
            .read_to_end(&mut body)
            .map_err(|error| failure::body(&error, body.len(), &self.target, timeout))?;
        let latency = start.elapsed();
        if body.len() as u64 > BODY_CAP {
            let what = format!("more than 1 MiB came from {}", self.target.shown());
            return Err(PollError::new(
                ErrorKind::Content,
                what,
                "that is no health answer: check the address",
            ));
        }
        content::read(&body, latency)
    }
}

#[cfg(test)]
mod tests;
