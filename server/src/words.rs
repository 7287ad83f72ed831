//! What the relay says to people, in one place.

use adaptors::dialect::Dialect;
use vitals::units::format_sizes;
use vitals::{Limit, Reason};

use crate::config::Live;

/// A reload by request whose files do not answer.
pub(crate) const RELOAD_HANGS: &str = "the configuration's files do not answer yet: the configuration in effect goes on, and the reload follows when they do";

/// What the relay answers by itself.
const OWN: [(&str, &str); 4] = [
    ("/v1/models", "what there is"),
    ("/api/monitor/health", "the relay's health (JSON)"),
    ("/metrics", "the same for Prometheus"),
    ("/healthz, /readyz", "for orchestrators"),
];

/// `GET /`.
pub(crate) fn greeting(dialects: &[Dialect]) -> String {
    let head =
        format!("watertight {}: a relay for LLM APIs that does not leak.\n\n", env!("CARGO_PKG_VERSION"));
    let line = |method, path, what| format!("{method:<5}{path:<46}{what}\n");
    let offers = dialects.iter().flat_map(|dialect| {
        dialect.offers().iter().map(move |offer| line("POST", offer.inbound, dialect.name()))
    });
    let own = OWN.iter().map(|(path, what)| line("GET", path, what));
    std::iter::once(head).chain(offers).chain(own).collect()
}

/// Hints after a start on the demo provider.
pub(crate) fn demo_hints(program: &str, url: &str, open: bool) -> String {
    let key = if open { "" } else { " -H 'authorization: Bearer YOUR-KEY'" };
    format!(
        "\nNo provider is configured, so the built-in demo provider answers, offline. Try, in another terminal:\n\n\
         \x20 curl -N {url}/v1/chat/completions -H 'content-type: application/json'{key} \\\n\
         \x20   -d '{{\"model\":\"demo\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"hello\"}}]}}'\n\
         \x20 {program} quick-check --api-url {url}\n\
         \x20 {program} record --csv baseline.csv -i 1 --duration 30s --api-url {url}\n\n\
         To relay to a real provider, set OPENAI_API_KEY, ANTHROPIC_API_KEY or XAI_API_KEY and start again,\n\
         or write a watertight.toml (`{program} serve --check` shows what is in effect). Ctrl-C stops.\n\n"
    )
}

/// The key that was made at the first start on a public address; never shown again.
pub(crate) fn first_key(key: &str, file: &std::path::Path) -> String {
    format!(
        "\nThe address is public and no keys are configured, so a key was made. It is shown this once:\n\n  {key}\n\n\
         Its hash is kept in {}. Send it as `Authorization: Bearer …`.\n\n",
        file.display()
    )
}

/// Who may administer while there is no token.
pub(crate) const WITHOUT_TOKEN: &str = "admin.token is not set: /admin/* and /api/monitor/exchanges answer on this machine only, and \
     through no proxy";

/// One line about what was started.
pub(crate) fn channels(live: &Live) -> String {
    let names: Vec<String> =
        live.channels.iter().map(|c| format!("{} ({})", c.name, c.provider.name)).collect();
    names.join(", ")
}

/// Why the self-check found something, for the log.
pub(crate) fn reason(reason: &Reason) -> String {
    let Reason { limit, value, threshold, .. } = *reason;
    match limit {
        Limit::Tasks { beyond, severe } => {
            let beyond = if beyond { " beyond the explained ones" } else { "" };
            let restart = if severe { ": restart, then look for the leak" } else { "" };
            format!("{value} goroutines{beyond}, above {threshold}{restart}")
        }
        Limit::Memory => {
            let [found, limit] = format_sizes(value, threshold);
            format!("{found} of live memory, above {limit}")
        }
        Limit::Descriptors { percent, of } => {
            format!("{value} open descriptors, above {percent} % of the limit of {of}")
        }
        Limit::Resident { percent, of } => {
            let [found, of] = format_sizes(value, of);
            format!("{found} of resident memory, above {percent} % of the limit of {of}")
        }
        Limit::Overdue if value == 1 => "1 exchange is older than its own deadline: a leak".to_owned(),
        Limit::Overdue => format!("{value} exchanges are older than their own deadline: a leak"),
        Limit::Errors { of, .. } => format!("{value} of {of} requests ended badly, above {threshold}"),
        Limit::Latency => format!("an answer takes {value} ms, above {threshold} ms"),
    }
}
