//! The settings: one row for each key, with its default, its form and bounds, and its life. What is fixed at the start
//! belongs to the relay, what a reload changes to a snapshot; a row says which, and gives its field to that type alone.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use adaptors::adaptor::{Inexpressible, Operation, Terms};
use adaptors::dialect::{Dialect, Offer};
use adaptors::provider::{self, Provider, Site, template};
use http::{HeaderName, HeaderValue};
use vitals::Secret;
use vitals::key::KeyHash;
use vitals::units::format_size;

use super::address::{BaseUrl, Proxy, listen_address};
use super::auth::Auth;
use super::disconnect::{OnDisconnect, on_disconnect};
use super::fallbacks::{Fallbacks, fallbacks};
use super::forms::{DEADLINE, count, number, optional, share, size, switch, text, time, token};
use super::origins::{Origins, origins};
use super::pattern::{ModelPattern, ModelRule};
use super::rate::Rate;
use super::reader::{Section, Value, Wanted};
use super::secrets::Place;
use super::signers::Signer;
use super::table::{Form, Key};
use super::terms::unsupported;
use super::tls::Tls;

/// The effective configuration: complete, checked, secrets resolved.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Holds until the process ends.
    pub fixed: Fixed,
    /// Holds until the next reload.
    pub live: Live,
    /// Where all this came from.
    pub source: Source,
}

impl Config {
    /// True if other machines can reach the address while no key is configured: then one has to be made with
    /// [`Config::make_first_key`] before the relay listens.
    #[must_use]
    pub fn needs_first_key(&self) -> bool {
        self.live.keys.is_empty() && !self.fixed.listen.ip().is_loopback()
    }

    /// True if nothing but the built-in demo provider answers.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.live.channels.iter().all(Channel::is_demo)
    }
}

/// A section of settings.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) keys: &'static [Key<Config>],
    /// Looks at the values together; the names are those that the file gives.
    pub(super) checks: &'static [fn(&Section<'_>, &Live, &[&str])],
}

/// The types and the tables of the settings. A row: `life key: type = default, form, doc;`. Its life is `fixed`, `live`,
/// or `own`: live, and a channel can have its own. `named` is its key where a field of that name is taken; `within` names
/// a key that bounds this one.
macro_rules! settings {
    (
        $(live $free:ident: $freetype:ty, $freeform:expr, $freehelp:literal;)+
        $(fixed $top:ident: $toptype:ty = $topdefault:expr, $topform:expr, $tophelp:literal;)+
        $($(#[$doc:meta])* $section:ident: $Name:ident $(, $check:ident)?; {
            $($(fixed $fixed:ident $(named $named:ident)?)? $(live $live:ident)? $(own $own:ident)? $(within $within:ident)?:
                $type:ty = $default:expr, $form:expr, $help:literal;)+
        })+
    ) => {
        /// Values that take a restart to change.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Fixed {
            $(#[doc = $tophelp] pub $top: $toptype,)+
            $($($(#[doc = $help] pub $fixed: $type,)?)+)+
        }

        impl Default for Fixed {
            fn default() -> Self {
                Self { $($top: $topdefault,)+ $($($($fixed: $default,)?)+)+ }
            }
        }

        impl Fixed {
            /// The keys in which `other` differs.
            #[must_use]
            pub fn differing(&self, other: &Self) -> Vec<&'static str> {
                let all = [
                    $((stringify!($top), self.$top != other.$top),)+
                    $($($((
                        concat!(stringify!($section), ".", name!($fixed $($named)?)), self.$fixed != other.$fixed
                    ),)?)+)+
                ];
                all.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect()
            }
        }

        /// Values that a reload changes.
        #[derive(Clone, Debug, Default)]
        pub struct Live {
            /// The certificate to show. `None`: clients speak without TLS.
            pub tls: Option<Tls>,
            $(#[doc = $freehelp] pub $free: $freetype,)+
            $($(#[$doc])* pub $section: $Name,)+
            /// Who may call. Empty: everybody who can reach the address.
            pub keys: Vec<CallerKey>,
            /// Where to send calls, in the order of the file. Never empty.
            pub channels: Vec<Channel>,
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $Name {
                $($(#[doc = $help] pub $live: $type,)? $(#[doc = $help] pub $own: $type,)?)+
            }

            impl Default for $Name {
                fn default() -> Self {
                    Self { $($($live: $default,)? $($own: $default,)?)+ }
                }
            }
        )+

        /// The keys in front of all sections.
        pub(super) const TOP: &[Key<Config>] = &[$(Key {
            name: stringify!($top),
            within: &[],
            read: |value, config| put(&$topform, value, &mut config.fixed.$top),
            show: |config| $topform.show(&config.fixed.$top),
        },)+ $(Key {
            name: stringify!($free),
            within: &[],
            read: |value, config| put(&$freeform, value, &mut config.live.$free),
            show: |config| $freeform.show(&config.live.$free),
        },)+];

        /// The sections and their keys, in the order in which they are shown.
        pub(super) const SECTIONS: &[Part] = &[$(Part {
            name: stringify!($section),
            checks: &[$($check)?],
            keys: &[$(Key {
                name: concat!($(name!($fixed $($named)?))? $(stringify!($live))? $(stringify!($own))?),
                within: &[$(stringify!($within))?],
                read: |value, config| put(
                    &$form, value, &mut config.$(fixed.$fixed)?$(live.$section.$live)?$(live.$section.$own)?,
                ),
                show: |config| $form.show(&config.$(fixed.$fixed)?$(live.$section.$live)?$(live.$section.$own)?),
            }),+],
        }),+];

        /// The deadlines that a channel can have of its own.
        pub(super) const OWN: &[(&str, fn(&mut Timeouts) -> &mut Duration)] =
            &[$($($((stringify!($own), |timeouts| &mut timeouts.$own),)?)+)+];
    };
}

/// The key of a field.
macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:ident) => {
        stringify!($key)
    };
}

fn put<T>(form: &impl Form<T>, value: &Value<'_>, place: &mut T) -> bool {
    form.read(value).map(|read| *place = read).is_some()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
const ADDRESS: Wanted = Wanted::new("an address and a port", "\"127.0.0.1:3000\"");

settings! {
    live unsupported: Inexpressible, unsupported(),
        "What becomes of hints and unknown fields that an upstream's dialect does not have.";
    fixed listen: SocketAddr = LOOPBACK, text(ADDRESS, listen_address, ToString::to_string),
        "Where to listen. Port 0 asks the system for a free one.";

    /// Upper bounds: everything that can grow has one.
    limits: Limits, bodies_fit; {
        live in_flight: usize = 10_000, count(), "Exchanges at once, over all callers and channels.";
        live connections: usize = 20_000, count(), "Client connections at once.";
        live request_body within buffered: usize = 32 << 20, size(KIB..=GIB), "Bytes of one request body.";
        live upload: Option<usize> = None, optional(size(KIB..=TIB)),
            "Bytes of one form that goes up as it comes. As many as of any body replace the default.";
        live buffered: usize = 1 << 30, share(MIB..=TIB),
            "Bytes of all buffered bodies together. A quarter of the memory replaces the default.";
        live sse_event within buffered: usize = 16 << 20, size(KIB..=GIB), "Bytes of one server-sent event.";
        live memory: usize = 3 << 30, share(16 * MIB..=TIB),
            "Bytes of live heap above which new requests are shed. Four fifths of the memory replace the default.";
        fixed on_disconnect: OnDisconnect = OnDisconnect::Cancel, on_disconnect(),
            "The fate of the upstream's answer when the client leaves.";
    }

    /// Deadlines, for channels that say nothing else. All but the heartbeat are longer than zero.
    timeouts: Timeouts; {
        own connect: Duration = seconds(10), time(DEADLINE),
            "Until the connection to the upstream stands, name resolution, proxy and TLS included.";
        own first_byte: Duration = seconds(15 * 60), time(DEADLINE),
            "From the request sent to the first content of the answer.";
        own idle: Duration = seconds(5 * 60), time(DEADLINE), "Between two bytes of the upstream's answer.";
        own finish: Duration = seconds(10), time(DEADLINE),
            "Of silence once an answer has said why it stops: after it, the answer is whole without its terminator.";
        own total: Duration = seconds(15 * 60), time(DEADLINE), "The whole exchange.";
        fixed client_write: Duration = seconds(30), time(DEADLINE),
            "How long bytes may wait for a client that does not read.";
        live heartbeat: Duration = seconds(10), time(Duration::ZERO..=seconds(24 * 3600)),
            "Silence of a stream after which its client gets a ping or a comment. Zero: never.";
        live error_body: Duration = seconds(5), time(DEADLINE), "For reading the body of an upstream's error.";
        fixed request_header: Duration = seconds(10), time(DEADLINE), "For the header block of a request.";
        live request_body: Duration = seconds(60), time(DEADLINE), "Without progress of a request's body.";
        fixed tls: Duration = seconds(10), time(DEADLINE), "For a TLS handshake.";
        fixed client_idle: Duration = seconds(75), time(DEADLINE),
            "How long a client's connection may stay without a request.";
        fixed upstream_idle: Duration = seconds(30), time(DEADLINE),
            "How long an upstream's connection is kept for reuse.";
    }

    /// Further tries when a channel fails before anything was sent to the client.
    failover: Failover; {
        live attempts: u32 = 4, number(1..=16, "4"),
            "Channels (or keys of one channel) that one request may try, at least 1: 1 means no failover.";
        live affinity: bool = true, switch(),
            "Requests of one session go to the same channel and key, while it is fit.";
        live fallbacks: Fallbacks = Fallbacks::default(), fallbacks(),
            "Models that stand in for one whose channels all fail, or for which a prompt is too long.";
    }

    /// How to stop.
    shutdown: Shutdown; {
        live drain: Duration = seconds(25), time(Duration::ZERO..=seconds(3600)),
            "How long requests in flight may go on after the first signal. Zero aborts them at once.";
    }

    /// Web pages.
    cors: Cors; {
        live origins: Origins = Origins::default(), origins(),
            "The origins of pages that may use the relay. Nothing said: every page with `[[keys]]`, else this machine's own.";
    }

    /// Who may administer.
    admin: Admin; {
        live token: Option<Secret> = None, token(),
            "The token of the admin endpoints. `None`: they answer on loopback only.";
    }

    /// The self-check and who may see its figures.
    monitor: Monitor, thresholds_fit; {
        fixed monitor_listen named listen: Option<SocketAddr> = None,
            optional(text(ADDRESS, listen_address, ToString::to_string)),
            "Where to answer monitors besides `listen`. `None`: nowhere else.";
        fixed every: Duration = seconds(30), time(Duration::from_millis(100)..=seconds(24 * 3600)),
            "Between two lines of the self-check.";
        live warning: u64 = 2000, number(1..=1_000_000_000, "2000"),
            "Tasks beyond the explained ones, from which on it is a warning.";
        live danger: u64 = 5000, number(1..=1_000_000_000, "5000"),
            "Tasks beyond the explained ones, from which on it is danger.";
        live token: Option<Secret> = None, token(), "The token for everything beyond the six old keys. `None`: public.";
    }
}

impl Limits {
    /// Bytes of one form that goes up as it comes.
    pub(crate) fn form(&self) -> usize {
        self.upload.unwrap_or(self.request_body)
    }
}

/// One body must fit into the budget for all; a default gives way, what was asked for is refused.
fn bodies_fit(section: &Section<'_>, live: &Live, given: &[&str]) {
    let Limits { request_body, sse_event, buffered, .. } = live.limits;
    for (key, value) in [("request_body", request_body), ("sse_event", sse_event)] {
        if value > buffered && given.contains(&key) {
            let budget = format_size(buffered as u64);
            section.note(format!(
                "`limits.{key}` is larger than `limits.buffered` ({budget}), which is for all bodies together"
            ));
        }
    }
}

fn thresholds_fit(section: &Section<'_>, live: &Live, _: &[&str]) {
    let Monitor { warning, danger, .. } = live.monitor;
    if warning > danger {
        section.note(format!(
            "`monitor.warning` ({warning}) is above `monitor.danger` ({danger}): lower it or raise the other"
        ));
    }
}

/// One caller.
#[derive(Clone, Debug)]
pub struct CallerKey {
    /// Unique; it appears in logs and metrics.
    pub name: String,
    /// Of the key, which itself is nowhere.
    pub hash: KeyHash,
    /// The models that the caller may use. Empty: all.
    pub models: Vec<ModelPattern>,
    /// Exchanges of this caller at once.
    pub in_flight: Option<usize>,
    /// Requests of this caller in a time.
    pub rate: Option<Rate>,
}

impl CallerKey {
    /// True if the caller may use a model.
    #[must_use]
    pub fn allows(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches(model))
    }
}

/// One upstream, the credentials for it and the models that it serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Unique; it appears in logs and metrics.
    pub name: String,
    /// The provider's row in the table, or [`super::DEMO`]: paths and headers.
    pub provider: &'static Provider,
    /// The dialects that the upstream speaks. Never empty.
    pub dialects: Vec<Dialect>,
    /// Where the upstream is; `None` for the demo provider only.
    pub base_url: Option<BaseUrl>,
    /// A path of its own behind the base URL's, with placeholders.
    pub path: Option<String>,
    /// What every URL's query holds, with placeholders: the provider's and the channel's own.
    pub query: Vec<(String, String)>,
    /// What the channel's placeholders stand for.
    pub values: Vec<(String, String)>,
    /// How the key is shown.
    pub auth: Auth,
    /// How it is shown in dialects in which the provider wants it otherwise.
    pub auths: Vec<(Dialect, Auth)>,
    /// Who signs its requests, where no key is sent.
    pub signer: Option<Signer>,
    /// The keys to use, in turn. Empty where the upstream wants none.
    pub keys: Vec<Secret>,
    /// The models served, first match first. Never empty.
    pub models: Vec<ModelRule>,
    /// Channels of the highest priority are asked first.
    pub priority: i64,
    /// The share among channels of the same priority, at least 1.
    pub weight: u32,
    /// The proxy on the way to the upstream.
    pub proxy: Option<Proxy>,
    /// The relay's deadlines with the channel's own laid over them.
    pub timeouts: Timeouts,
    /// The relay's deadline for a TLS handshake.
    pub tls: Duration,
    /// Headers added to every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Exchanges on this channel at once.
    pub in_flight: Option<usize>,
    /// `None`: HTTP/2 over TLS where the upstream chooses it, without TLS never. `true`: always, without TLS by
    /// prior knowledge. `false`: never.
    pub http2: Option<bool>,
    /// How requests are translated where the upstream speaks another dialect than the client.
    pub terms: Terms,
    /// Ids that nobody is known to have got go on to it, although there are `[[keys]]`.
    pub passes_ids: bool,
}

impl Channel {
    /// True if the relay answers by itself.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.base_url.is_none()
    }

    /// The upstream's name for a model, or `None` when the channel does not serve it.
    #[must_use]
    pub fn upstream_name<'a>(&'a self, model: &'a str) -> Option<&'a str> {
        let rule = self.models.iter().find(|rule| rule.pattern.matches(model))?;
        Some(rule.upstream.as_deref().unwrap_or(model))
    }

    /// The operations that its upstream serves, in its dialects.
    pub fn offers(&self) -> impl Iterator<Item = (Dialect, &'static Offer)> {
        self.dialects.iter().flat_map(|dialect| dialect.offers().iter().map(|offer| (*dialect, offer)))
    }

    /// Path and query at the upstream's host of an operation that is at `own` in its dialect; of the list of models where
    /// `operation` is `None`. What each request fills is left open.
    #[must_use]
    pub fn path(&self, dialect: Dialect, operation: Option<Operation>, own: &str) -> String {
        let base = self.base_url.as_ref().map(ToString::to_string).unwrap_or_default();
        let site = Site {
            base_url: &base,
            // Dialects with one prefix have one base, as it is written.
            several: self
                .dialects
                .iter()
                .any(|other| other.prefix() != dialect.prefix() || self.provider.are_apart(*other, dialect)),
            path: self.path.as_deref(),
            values: &self.values,
        };
        let mut path = self.provider.path(&site, dialect, operation, own);
        for (name, value) in &self.query {
            path.push(if path.contains('?') { '&' } else { '?' });
            let value = template::fill(value, |name| provider::value(&self.values, name));
            path.extend([name, "=", &value]);
        }
        path
    }

    /// How its keys are sent in a dialect.
    #[must_use]
    pub fn auth_of(&self, dialect: Dialect) -> &Auth {
        self.auths.iter().find(|(of, _)| *of == dialect).map_or(&self.auth, |(_, auth)| auth)
    }

    /// True if the upstream speaks a dialect.
    #[must_use]
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }
}

/// Where the configuration came from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file, if there was one.
    pub file: Option<PathBuf>,
    /// What named the file: a flag or a variable. `None`: it was found by its usual name.
    pub named: Option<&'static str>,
    /// The folder in which the relay keeps its state: beside the file, or the working directory.
    pub dir: PathBuf,
    /// The origin of values that are not from the file and not defaults (`listen` -> `--listen`), and of secrets
    /// (`channels.main.keys` -> `env:OPENAI_API_KEY`).
    pub origins: BTreeMap<String, String>,
    /// Where values stand that a file gives; something of `origins` may stand above them.
    pub places: BTreeMap<String, Place>,
    /// The file says nothing but where to listen, so that the demo provider answers.
    pub bare: bool,
}
