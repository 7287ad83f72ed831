//! Who signs a channel's requests: a token of Google's, or AWS's signature of each request. What is lent for a time is asked
//! for by one task, within a deadline of its own (`kept.rs`, `ask.rs`); nobody else waits longer than for a connection.

mod ask;
mod google;
mod kept;
mod lack;
mod said;
mod sigv4;
mod sts;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{AUTHORIZATION, DATE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use ring::digest::{Context, SHA256};
use vitals::Secret;

use self::kept::{Kept, Lent, Look};
pub(crate) use self::lack::Lack;
use self::sigv4::Signing;
use crate::config::Proxy;
use crate::config::signers::{self, Aws, AwsSource, Credentials};
use crate::upstream::pool::Pool;

/// Bytes of a body that are digested at a stretch.
const STRETCH: usize = 1 << 20;
/// AWS refuses what is signed with a clock that is further off than five minutes; less is no reason for a refusal.
const SKEW: i64 = 4 * 60;
/// The longest that a question for something lent takes: a file is read, then an endpoint asked.
pub(crate) const FLIGHT: Duration = ask::DEADLINE.saturating_add(sts::FILE);
/// How often one request looks for what another's flight brings.
const LOOKS: usize = 4;

const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const AMZ_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const AMZ_DIGEST: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const AMZ_ERROR: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// One source of what is lent, and what is lent now.
struct Purse<S, T> {
    source: Arc<S>,
    kept: Kept<T>,
}

enum Kind {
    Google(Vec<Purse<google::Source, Secret>>),
    Known(Aws, Vec<Credentials>),
    Lent(Aws, Purse<sts::Source, Credentials>),
}

/// A channel's signer.
pub(crate) struct Signer {
    config: signers::Signer,
    kind: Kind,
    /// How far AWS's clock is ahead of this machine's, in seconds, where they were found to differ.
    skew: AtomicI64,
}

/// What a request was signed with.
pub(crate) struct Signed {
    key: usize,
    number: u64,
    /// Seconds since 1970.
    at: i64,
    /// The upstream must not repeat these to the client.
    pub(crate) secrets: Vec<Secret>,
}

impl Signer {
    pub(crate) fn new(config: &signers::Signer, proxy: Option<&Proxy>, tls_timeout: Duration) -> Arc<Self> {
        let kind = match config {
            signers::Signer::Google(all) => Kind::Google(
                all.iter().map(|of| Purse::new(google::Source::new(of, proxy, tls_timeout))).collect(),
            ),
            signers::Signer::Aws(aws) => match &aws.source {
                AwsSource::Known(all) => Kind::Known(aws.clone(), all.clone()),
                AwsSource::WebIdentity(of) => {
                    Kind::Lent(aws.clone(), Purse::new(sts::Source::new(of, proxy, tls_timeout)))
                }
            },
        };
        Arc::new(Self { config: config.clone(), kind, skew: AtomicI64::new(0) })
    }

    /// True where a reload changes nothing for it.
    pub(crate) fn is_of(&self, config: &signers::Signer) -> bool {
        self.config == *config
    }

    /// A signature is of the whole body.
    pub(crate) fn reads_bodies(&self) -> bool {
        !matches!(self.kind, Kind::Google(_))
    }

    /// Signs a request with the channel's key of that number. Bounded by the caller's deadline.
    ///
    /// # Errors
    /// Why there is nothing to sign with.
    pub(crate) async fn sign(
        &self,
        pool: &Arc<Pool>,
        key: Option<usize>,
        (method, uri, body): (&Method, &Uri, &Bytes),
        headers: &mut HeaderMap,
    ) -> Result<Signed, Lack> {
        let key = key.unwrap_or(0);
        match &self.kind {
            Kind::Google(all) => {
                let purse = all.get(key).ok_or("the channel has no such account")?;
                let lent = purse.take(pool, |source, pool| async move { source.ask(&pool).await }).await?;
                insert(headers, AUTHORIZATION, &format!("Bearer {}", lent.value.reveal()));
                Ok(Signed { key, number: lent.number, at: seconds(), secrets: vec![(*lent.value).clone()] })
            }
            Kind::Known(aws, all) => {
                let credentials = all.get(key).ok_or("the channel has no such credentials")?;
                let at = self.put(aws, credentials, (method, uri, body), headers).await;
                Ok(Signed { key, number: 0, at, secrets: secrets(credentials) })
            }
            Kind::Lent(aws, purse) => {
                let lent = purse.take(pool, |source, pool| async move { source.ask(&pool).await }).await?;
                let at = self.put(aws, &lent.value, (method, uri, body), headers).await;
                Ok(Signed { key, number: lent.number, at, secrets: secrets(&lent.value) })
            }
        }
    }

    /// Puts AWS's signature into the headers. Returns when it was made.
    async fn put(
        &self,
        aws: &Aws,
        credentials: &Credentials,
        (method, uri, body): (&Method, &Uri, &Bytes),
        headers: &mut HeaderMap,
    ) -> i64 {
        let payload = digest(body).await;
        let at = seconds() + self.skew.load(Relaxed);
        let time = amz_time(at);
        insert(headers, AMZ_DATE, &time);
        insert(headers, AMZ_DIGEST, &payload);
        if let Some(token) = &credentials.token {
            insert(headers, AMZ_TOKEN, token.reveal());
        }
        let signed = [HOST, AMZ_DATE, AMZ_DIGEST, AMZ_TOKEN];
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let signed: Vec<(&str, &str)> =
            signed.iter().filter_map(|name| Some((name.as_str(), text(name)?))).collect();
        let signing = Signing {
            method: method.as_str(),
            path: uri.path(),
            query: uri.query().unwrap_or(""),
            headers: &signed,
            payload: &payload,
            time: &time,
            region: &aws.region,
            service: &aws.service,
        };
        let authorization = signing.authorization(credentials);
        insert(headers, AUTHORIZATION, &authorization);
        at
    }

    /// An upstream answered a signed request with an error. Returns whether it is worth signing it once more: with a new
    /// token, or with the upstream's own time.
    pub(crate) fn answered(&self, signed: &Signed, status: u16, headers: &HeaderMap) -> bool {
        let kind = headers.get(AMZ_ERROR).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        match &self.kind {
            Kind::Google(all) => {
                status == 401 && all.get(signed.key).is_some_and(|purse| purse.kept.doubt(signed.number))
            }
            Kind::Known(..) => self.is_skewed(signed, status, headers),
            Kind::Lent(_, purse) => {
                self.is_skewed(signed, status, headers)
                    || (matches!(status, 401 | 403)
                        && kind.starts_with("Expired")
                        && purse.kept.doubt(signed.number))
            }
        }
    }

    /// Where a refusal may be the clock's: takes the upstream's time for this machine's from now on.
    fn is_skewed(&self, signed: &Signed, status: u16, headers: &HeaderMap) -> bool {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let Some(date) = date.filter(|_| matches!(status, 400 | 401 | 403)) else { return false };
        let theirs = date.timestamp().as_second();
        if (theirs - signed.at).abs() < SKEW {
            return false;
        }
        self.skew.store(theirs - seconds(), Relaxed);
        tracing::warn!(
            seconds = theirs - seconds(),
            "this machine's clock differs from AWS's: requests are signed with AWS's time"
        );
        true
    }
}

impl<S, T> Purse<S, T>
where
    S: Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn new(source: S) -> Self {
        Self { source: Arc::new(source), kept: Kept::new() }
    }

    /// What is lent now, or what the flight brings that is under way.
    async fn take<F>(&self, pool: &Arc<Pool>, ask: fn(Arc<S>, Arc<Pool>) -> F) -> Result<Lent<T>, Lack>
    where
        F: Future<Output = Result<kept::Fresh<T>, Lack>> + Send + 'static,
    {
        for _ in 0..LOOKS {
            let landing = match self.kept.look() {
                Look::Have(lent, None) => return Ok(lent),
                Look::Failed(why) => return Err(why),
                Look::Wait(mut flight) => {
                    let _ = flight.changed().await;
                    continue;
                }
                Look::Have(lent, Some(landing)) => {
                    self.fly(pool, landing, ask);
                    return Ok(lent);
                }
                Look::Fly(landing) => landing,
            };
            self.fly(pool, landing, ask);
        }
        Err("no token came".into())
    }

    fn fly<F>(&self, pool: &Arc<Pool>, landing: kept::Landing<T>, ask: fn(Arc<S>, Arc<Pool>) -> F)
    where
        F: Future<Output = Result<kept::Fresh<T>, Lack>> + Send + 'static,
    {
        let asked = ask(Arc::clone(&self.source), Arc::clone(pool));
        pool.errand("token", async move {
            let brought = asked.await;
            if let Err(why) = &brought {
                tracing::warn!(error = crate::log::shorten(&why.text), "a channel's signer got no token");
            }
            landing.tell(brought);
        });
    }
}

fn secrets(credentials: &Credentials) -> Vec<Secret> {
    credentials.token.iter().chain([&credentials.secret]).cloned().collect()
}

/// SHA-256 of a body, without keeping others from the thread for long.
async fn digest(body: &Bytes) -> String {
    let mut context = Context::new(&SHA256);
    for stretch in body.chunks(STRETCH) {
        context.update(stretch);
        if body.len() > STRETCH {
            tokio::task::yield_now().await;
        }
    }
    sigv4::hex(context.finish().as_ref())
}

fn insert(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(mut value) = HeaderValue::from_str(text) {
        value.set_sensitive(name == AUTHORIZATION || name == AMZ_TOKEN);
        headers.insert(name, value);
    }
}

fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

/// `20150830T123600Z`.
fn amz_time(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
