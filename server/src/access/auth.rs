//! Who is calling. Keys are known by their hash only.

use std::collections::HashMap;
use std::sync::Arc;

use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, HeaderValue};
use vitals::key::KeyHash;
use vitals::{EndReason, Secret};

use crate::access::gates::Gate;
use crate::access::rate::Limiter;
use crate::config::{CallerKey, Origins};
use crate::reply::refusal::Refusal;

pub(crate) struct Caller {
    pub(crate) key: CallerKey,
    pub(crate) name: Arc<str>,
    /// Its exchanges, with or without a limit.
    pub(crate) gate: Arc<Gate>,
    pub(crate) limiter: Option<Arc<Limiter>>,
}

/// Who may call: by the hash of a key, and from which web pages.
pub(crate) struct Callers {
    keys: HashMap<KeyHash, Arc<Caller>>,
    pages: Origins,
}

impl Callers {
    /// `before`: whose counts go on where the key is still the same.
    pub(crate) fn new(keys: &[CallerKey], pages: Origins, before: Option<&Self>) -> Self {
        let caller = |key: &CallerKey| {
            let known = before.and_then(|before| before.keys.get(&key.hash));
            let limit = key.in_flight.unwrap_or(usize::MAX);
            let gate = known.map_or_else(|| Gate::new(limit), |known| Arc::clone(&known.gate));
            gate.set_limit(limit);
            let same_rate = known.filter(|known| known.key.rate == key.rate);
            let limiter = same_rate.and_then(|known| known.limiter.clone());
            Arc::new(Caller {
                key: key.clone(),
                name: Arc::from(key.name.as_str()),
                gate,
                limiter: limiter.or_else(|| key.rate.map(|rate| Arc::new(Limiter::new(rate)))),
            })
        };
        Self { keys: keys.iter().map(|key| (key.hash, caller(key))).collect(), pages }
    }

    /// Without keys the relay is open; the configuration allows that on loopback only.
    pub(crate) fn is_open(&self) -> bool {
        self.keys.is_empty()
    }

    /// What a web page is let see an answer by; `None`: it is not.
    pub(crate) fn admit_page(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        self.pages.grant(origin, self.is_open())
    }

    /// The caller of a request; `None` where the relay is open.
    ///
    /// # Errors
    /// 401 for a missing or unknown key, 403 for a web page that uses a relay without keys behind its user's back.
    pub(crate) fn identify(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Option<Arc<Caller>>, Refusal> {
        if self.is_open() {
            let foreign = headers.get(ORIGIN).is_some_and(|origin| self.admit_page(origin).is_none());
            return if foreign {
                let text = "web pages may not use a relay without keys: add [[keys]] and send one, or list this page \
                            in cors.origins";
                Err(Refusal::client(403, text).kind("permission_error"))
            } else {
                Ok(None)
            };
        }
        let refuse = |text: &'static str| Err(Refusal::client(401, text).code("invalid_api_key"));
        let Some(key) = presented(headers, query) else {
            return refuse(
                "no key was sent: use `Authorization: Bearer sk-…`, `x-api-key` or `x-goog-api-key`",
            );
        };
        // The hash of what was sent tells a guesser nothing, so looking it up in a table gives nothing away.
        let hash = KeyHash::of(key.reveal());
        match self.keys.get(&hash) {
            Some(caller) if caller.key.hash.matches(&hash) => Ok(Some(Arc::clone(caller))),
            _ => refuse("the key is not known here"),
        }
    }
}

impl Caller {
    /// Lets this caller use a model, or not.
    ///
    /// # Errors
    /// 403 with the model's name.
    pub(crate) fn may_use(&self, model: &str) -> Result<(), Refusal> {
        if self.key.allows(model) {
            return Ok(());
        }
        Err(Refusal::new(EndReason::ClientError, 403, format!("this key may not use the model `{model}`")))
    }
}

fn presented(headers: &HeaderMap, query: Option<&str>) -> Option<Secret> {
    let text =
        |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim).filter(|v| !v.is_empty());
    let bearer = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).map(|value| {
        let value = value.trim();
        match value.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
            _ => value,
        }
    });
    let found =
        bearer.filter(|v| !v.is_empty()).or_else(|| text("x-api-key")).or_else(|| text("x-goog-api-key"));
    if let Some(key) = found {
        return Some(Secret::new(key));
    }
    let pair = query?.split('&').find_map(|pair| pair.strip_prefix("key="))?;
    Some(Secret::new(percent_encoding::percent_decode_str(pair).decode_utf8_lossy().into_owned()))
}

/// Compares a bearer token with a secret, in constant time through their hashes.
pub(crate) fn has_token(headers: &HeaderMap, token: &Secret) -> bool {
    presented(headers, None)
        .is_some_and(|sent| KeyHash::of(sent.reveal()).matches(&KeyHash::of(token.reveal())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), http::HeaderValue::from_static(value))])
    }

    #[test]
    fn a_key_is_found_wherever_clients_put_it() {
        for (name, value) in [
            ("authorization", "Bearer sk-1"),
            ("authorization", "bearer  sk-1"),
            ("authorization", "sk-1"),
            ("x-api-key", "sk-1"),
            ("x-goog-api-key", "sk-1"),
        ] {
            assert_eq!(presented(&headers(name, value), None), Some(Secret::new("sk-1")), "{name}: {value}");
        }
        assert_eq!(presented(&HeaderMap::new(), Some("a=b&key=sk%2D1")), Some(Secret::new("sk-1")));
        assert_eq!(
            presented(&headers("authorization", "Bearer "), Some("a=b"))
                .filter(|k| !k.reveal().is_empty())
                .map(|_| ()),
            Some(())
        );
    }

    #[test]
    fn only_known_keys_get_in() {
        let key = CallerKey {
            name: "alice".into(),
            hash: KeyHash::of("sk-1"),
            models: Vec::new(),
            in_flight: None,
            rate: None,
        };
        let callers = Callers::new(&[key], Origins::default(), None);
        assert!(callers.identify(&headers("x-api-key", "sk-1"), None).is_ok_and(|c| c.is_some()));
        for wrong in [headers("x-api-key", "sk-2"), HeaderMap::new()] {
            assert_eq!(callers.identify(&wrong, None).err().map(|r| r.status), Some(401));
        }
    }

    #[test]
    fn a_web_page_cannot_use_an_open_relay() {
        let open = Callers::new(&[], Origins::default(), None);
        assert!(open.identify(&headers("origin", "http://localhost:5173"), None).is_ok());
        assert!(open.identify(&headers("origin", "http://[::1]:5173"), None).is_ok());
        for page in ["https://example.com", "null", "http://localhost.example.com"] {
            assert_eq!(
                open.identify(&headers("origin", page), None).err().map(|r| r.status),
                Some(403),
                "{page}"
            );
        }
    }
}
