//! Asking over HTTP: one keep-alive connection a server, one total deadline a poll, a capped body.

use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Url, redirect};
use vitals::Secret;

use super::failure::{Asked, Miss};
use super::metrics::Trouble;
use super::target::shown;
use super::tls::{self, Trust};
use super::{Endpoint, NoNumber, PollError, Reading, Target, content, failure, go, metrics};
use crate::reading::{Fault, Unusable};

const REDIRECTS: u32 = 3;

/// Clients live as long as the process: dropping one waits for its resolver, which may hang in the system.
static CLIENTS: Mutex<Vec<Client>> = Mutex::new(Vec::new());

/// Proves who asks; read from files.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    Token(Secret),
    Basic(String, Secret),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// For the target, and for other ports of its host.
    pub(crate) login: Option<Login>,
    pub(crate) trust: Trust,
    /// The number of the user whose token it is, which new-api wants beside it.
    pub(crate) new_api_user: u32,
}

/// A way to one server: its client, and what it is told. Endpoints of the same server share it.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    target: Target,
    login: Option<Login>,
    new_api_user: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Remote {
    pub(super) wire: Arc<Wire>,
    pub(super) target: Target,
    pub(super) endpoint: Endpoint,
    /// What the last answer had and could not be read.
    pub(super) unread: Vec<NoNumber>,
}

impl Wire {
    /// Prepares to poll; nothing is sent yet. `main` is the target that the credentials are for: they go to its host
    /// and to nobody else's.
    ///
    /// # Errors
    /// The environment names a proxy that cannot be used.
    pub(super) fn new(target: &Target, main: &Target, access: &Access) -> Result<Self, Unusable> {
        let tls = tls::towards(target.base(), &access.trust)?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("watertight/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .pool_max_idle_per_host(1);
        if target.is_loopback() || target.pinned().is_some() {
            builder = builder.no_proxy();
        }
        if let Some(address) = target.pinned() {
            builder = builder.resolve(target.base().host_str().unwrap_or_default(), address);
        }
        #[cfg(unix)]
        if let Some(socket) = target.socket() {
            builder = builder.unix_socket(socket);
        }
        let client = builder.build().map_err(|error| Unusable::Client { error: failure::deepest(&error) })?;
        if let Ok(mut clients) = CLIENTS.lock() {
            clients.push(client.clone());
        }
        let own = target.login().map(|(user, password)| Login::Basic(user.clone(), password.clone()));
        let login = access.login.clone().filter(|_| target.is_on_host_of(main)).or(own);
        Ok(Self { client, target: target.clone(), login, new_api_user: access.new_api_user })
    }

    /// A request with the credentials that are for this server.
    fn request(&self, url: Url, accept: &str, timeout: Duration) -> RequestBuilder {
        let request = self.client.get(url).header(ACCEPT, accept).timeout(timeout);
        match &self.login {
            Some(Login::Token(token)) => request.bearer_auth(token.reveal()),
            Some(Login::Basic(user, password)) => request.basic_auth(user, Some(password.reveal())),
            None => request,
        }
    }

    pub(super) fn leads_to(&self, target: &Target) -> bool {
        self.target.is_beside(target) && self.target.login() == target.login()
    }
}

impl Remote {
    /// Asks once, until `deadline`.
    pub(super) fn ask(&mut self, deadline: Instant, timeout: Duration) -> Result<Reading, Miss> {
        let start = Instant::now();
        let asked = Asked {
            target: &self.target,
            endpoint: self.endpoint,
            timeout,
            has_login: self.wire.login.is_some(),
        };
        let response = self.fetch(&asked, deadline)?;
        let mut unread = Vec::new();
        let mut reading = self.read(response, &asked, &mut unread)?;
        reading.latency = start.elapsed();
        self.unread = unread;
        Ok(reading)
    }

    fn fetch(&self, asked: &Asked<'_>, deadline: Instant) -> Result<Response, Miss> {
        let mut url = self.target.at(self.endpoint);
        for _ in 0..=REDIRECTS {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut request = self.wire.request(url.clone(), self.endpoint.accept(), left);
            if self.endpoint == Endpoint::NewApi {
                request = request.header("New-Api-User", self.wire.new_api_user.to_string());
            }
            let response = request.send().map_err(|error| Miss::stop(failure::transport(&error, asked)))?;
            if !response.status().is_redirection() {
                let miss = failure::status(response.status(), response.headers(), asked);
                return miss.map_or(Ok(response), Err);
            }
            url = next(&url, &response, asked)?;
        }
        Err(Miss::other(asked.round()))
    }

    fn read(
        &self,
        response: Response,
        asked: &Asked<'_>,
        unread: &mut Vec<NoNumber>,
    ) -> Result<Reading, Miss> {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let open = kind.is_some_and(|kind| kind.contains("openmetrics"));
        let mut body = Capped { inner: response, got: 0, cap: self.endpoint.cap() };
        let plain = |sample| Reading::of(sample, Duration::ZERO);
        let outcome = match self.endpoint {
            Endpoint::Metrics => {
                let answer = metrics::read(&mut BufReader::new(&mut body), open);
                answer.map(|(sample, program, left_out)| {
                    *unread = left_out;
                    Reading { program, ..plain(sample) }
                })
            }
            // The rest of a profile is of no use, but reading a little of it keeps the connection.
            Endpoint::Pprof => beginning(&mut body)
                .map_err(Trouble::Io)
                .and_then(|bytes| go::profile(&bytes).map(plain).map_err(Trouble::Content)),
            Endpoint::Health | Endpoint::NewApi | Endpoint::Expvar => {
                let mut bytes = Vec::new();
                let read = body.read_to_end(&mut bytes).map_err(Trouble::Io);
                read.and_then(|_| {
                    match self.endpoint {
                        Endpoint::NewApi => go::new_api(&bytes).map(plain),
                        Endpoint::Expvar => go::expvar(&bytes).map(plain),
                        _ => content::read(&bytes, Duration::ZERO),
                    }
                    .map_err(Trouble::Content)
                })
            }
        };
        if body.is_over() && self.endpoint != Endpoint::Pprof {
            return Err(Miss::other(failure::too_large(asked, self.endpoint.cap())));
        }
        outcome.map_err(|trouble| match trouble {
            Trouble::Io(error) => Miss::stop(failure::body(&error, body.got, asked)),
            Trouble::Content(error) => Miss::content(self.located(error)),
        })
    }

    /// Adds the place to an error, unless that is the target itself.
    fn located(&self, error: PollError) -> PollError {
        match self.endpoint {
            Endpoint::Health => error,
            endpoint => error.within(|fault| Fault::At(self.target.shown_at(endpoint), fault)),
        }
    }
}

/// An answer as it came, whatever its status; redirects are not followed.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    /// The header by which Go's net/http/pprof says that it is there, also when it has no such profile.
    pub(crate) is_go_pprof: bool,
    pub(crate) body: Vec<u8>,
}

/// A server that is asked for something else than a sample.
#[derive(Debug)]
pub(crate) struct Probe {
    wire: Wire,
    target: Target,
}

impl Probe {
    /// Prepares to ask. `main` is the target that the credentials are for.
    ///
    /// # Errors
    /// See [`Wire::new`].
    pub(crate) fn new(target: &Target, main: &Target, access: &Access) -> Result<Self, Unusable> {
        Ok(Self { wire: Wire::new(target, main, access)?, target: target.clone() })
    }

    /// Asks for a path below the target's base.
    ///
    /// # Errors
    /// The connection failed, or more than `cap` bytes came.
    pub(crate) fn get(
        &self,
        path: &str,
        query: Option<&str>,
        cap: u64,
        timeout: Duration,
    ) -> Result<Raw, PollError> {
        let endpoint = Endpoint::Pprof;
        let asked = Asked { target: &self.target, endpoint, timeout, has_login: self.wire.login.is_some() };
        let request = self.wire.request(self.target.below(path, query), "*/*", timeout);
        let response = request.send().map_err(|error| failure::transport(&error, &asked))?;
        let (status, headers) = (response.status().as_u16(), response.headers());
        let is_go_pprof = headers.contains_key("x-go-pprof");
        let mut capped = Capped { inner: response, got: 0, cap };
        let mut body = Vec::new();
        capped.read_to_end(&mut body).map_err(|error| failure::body(&error, capped.got, &asked))?;
        if capped.is_over() {
            return Err(failure::too_large(&asked, cap));
        }
        Ok(Raw { status, is_go_pprof, body })
    }
}

/// The end of a redirect, if it stays on the same server: credentials go nowhere else.
fn next(from: &Url, response: &Response, asked: &Asked<'_>) -> Result<Url, Miss> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let to = location.and_then(|text| from.join(text).ok());
    match to {
        Some(to) if to.origin() == from.origin() && !failure::is_login(&to) => Ok(to),
        to => Err(failure::redirect(response.status(), asked, to.as_ref().map(|to| (to, shown(to))))),
    }
}

/// Reads as much as the cap allows, and not more.
fn beginning(body: &mut Capped) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A body that ends one byte beyond its cap.
struct Capped {
    inner: Response,
    got: u64,
    cap: u64,
}

impl Capped {
    fn is_over(&self) -> bool {
        self.got > self.cap
    }
}

impl Read for Capped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = (self.cap + 1).saturating_sub(self.got);
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let n = self.inner.read(&mut buffer[..room])?;
        self.got += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
