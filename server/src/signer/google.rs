//! Google's tokens: a service account signs what it asks (a JWT, RS256), or the machine's metadata server knows it.
//!
//! Source: Google, "Using OAuth 2.0 for server to server applications"; RFC 7523.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::json;
use vitals::Secret;

use super::ask::Endpoint;
use super::kept::Fresh;
use super::lack::Lack;
use crate::config::signers::{Google, ServiceAccount};
use crate::config::{BaseUrl, Proxy};
use crate::upstream::pool::Pool;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const METADATA: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
/// How long a question is good for, in seconds.
const QUESTION: u64 = 3600;
/// The life of a token that does not say it.
const UNSAID: u64 = 300;
/// No token is believed to live longer.
const LONGEST: u64 = 24 * 3600;

/// Who gets tokens, and where.
pub(super) struct Source {
    of: Google,
    endpoint: Endpoint,
}

impl Source {
    pub(super) fn new(of: &Google, proxy: Option<&Proxy>, tls_timeout: Duration) -> Self {
        let (base, proxy): (&BaseUrl, _) = match of {
            Google::Account(account) => (&account.token_uri, proxy.cloned()),
            // It is the machine's own, and no proxy knows it.
            Google::Metadata(server) => (server, None),
        };
        Self { of: of.clone(), endpoint: Endpoint::new(base, proxy, tls_timeout) }
    }

    pub(super) async fn ask(&self, pool: &Arc<Pool>) -> Result<Fresh<Secret>, Lack> {
        let answer = match &self.of {
            Google::Account(account) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
                let assertion = assertion(account, now)?;
                let form = format!(
                    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
                );
                self.endpoint.post(pool, form, &assertion).await?
            }
            Google::Metadata(_) => self.endpoint.get(pool, METADATA, ("metadata-flavor", "Google")).await?,
        };
        Ok(token(&answer)?)
    }
}

/// What the account asks, signed. `now`: seconds since 1970.
fn assertion(account: &ServiceAccount, now: u64) -> Result<String, String> {
    let aud = account.token_uri.to_string();
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": account.key_id});
    let claims = json!({"iss": account.email, "scope": SCOPE, "aud": aud, "iat": now, "exp": now + QUESTION});
    let encoded = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encoded(&header), encoded(&claims));
    let unusable = || "the service account's key cannot be used".to_owned();
    let der = STANDARD.decode(account.key.reveal()).map_err(|_| unusable())?;
    let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| unusable())?;
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| unusable())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
}

fn token(answer: &[u8]) -> Result<Fresh<Secret>, String> {
    let granted: Granted = serde_json::from_slice(answer)
        .map_err(|_| "the token endpoint's answer is not a token".to_owned())?;
    let token = granted.access_token;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the token endpoint's answer is not a token that a header can carry".to_owned());
    }
    let life = Duration::from_secs(granted.expires_in.unwrap_or(UNSAID).min(LONGEST));
    if life.is_zero() {
        return Err("the token endpoint's token has no life left".to_owned());
    }
    Ok(Fresh { value: Secret::new(token), life })
}
