//! AWS's credentials for a token of the machine's own (AssumeRoleWithWebIdentity).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use adaptors::provider::template::encoded;
use tokio::sync::oneshot;
use vitals::Secret;

use super::ask::Endpoint;
use super::kept::Fresh;
use super::lack::Lack;
use super::said::element;
use crate::config::Proxy;
use crate::config::signers::{Credentials, WebIdentity};
use crate::upstream::pool::Pool;

/// No credentials are believed to live longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// The largest token that is read.
const TOKEN: u64 = 64 * 1024;
/// How long its file may take.
pub(super) const FILE: Duration = Duration::from_secs(5);

pub(super) struct Source {
    of: WebIdentity,
    endpoint: Endpoint,
    /// A thread reads the file: one that hangs is enough.
    reads: Arc<AtomicBool>,
}

impl Source {
    pub(super) fn new(of: &WebIdentity, proxy: Option<&Proxy>, tls_timeout: Duration) -> Self {
        let endpoint = Endpoint::new(&of.endpoint, proxy.cloned(), tls_timeout);
        Self { of: of.clone(), endpoint, reads: Arc::default() }
    }

    pub(super) async fn ask(&self, pool: &Arc<Pool>) -> Result<Fresh<Credentials>, Lack> {
        let token = self.token().await?;
        let form = format!(
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
            encoded(&self.of.role),
            encoded(&self.of.session),
            encoded(token.trim())
        );
        let answer = self.endpoint.post(pool, form, token.trim()).await?;
        Ok(read(&answer, jiff::Timestamp::now())?)
    }

    /// The token in its file, which may lie on a file system that hangs.
    async fn token(&self) -> Result<String, String> {
        let shown = self.of.token_file.display();
        if self.reads.swap(true, Relaxed) {
            return Err(format!("`{shown}` is still being read"));
        }
        let (tell, told) = oneshot::channel();
        let (file, reads) = (self.of.token_file.clone(), Arc::clone(&self.reads));
        let thread = scope::thread("token-file", move || {
            let read = first_bytes(&file);
            // First: whoever is told may ask anew at once.
            reads.store(false, Relaxed);
            let _ = tell.send(read);
        });
        if let Err(error) = thread {
            self.reads.store(false, Relaxed);
            return Err(error.to_string());
        }
        let read = tokio::time::timeout(FILE, told).await;
        let read = read.map_err(|_| format!("`{shown}` cannot be read within {} s", FILE.as_secs()))?;
        read.map_err(|_| format!("`{shown}` cannot be read"))?
            .map_err(|error| format!("cannot read `{shown}`: {error}"))
    }
}

fn first_bytes(file: &std::path::Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(file)?.take(TOKEN).read_to_string(&mut text)?;
    Ok(text)
}

fn read(answer: &[u8], now: jiff::Timestamp) -> Result<Fresh<Credentials>, String> {
    let wrong = || "the answer of AWS's token service holds no credentials".to_owned();
    let text = std::str::from_utf8(answer).map_err(|_| wrong())?;
    let fits = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let part = |name| element(text, name).filter(fits).ok_or_else(wrong);
    let credentials = Credentials {
        id: part("AccessKeyId")?.to_owned(),
        secret: Secret::new(part("SecretAccessKey")?),
        token: Some(Secret::new(part("SessionToken")?)),
    };
    let ends: jiff::Timestamp = part("Expiration")?.parse().map_err(|_| wrong())?;
    let life = Duration::try_from(ends.duration_since(now)).unwrap_or_default().min(LONGEST);
    if life.is_zero() {
        return Err(
            "the credentials of AWS's token service have no life left: is this machine's clock right?"
                .to_owned(),
        );
    }
    Ok(Fresh { value: credentials, life })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
        <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/1</SecretAccessKey><SessionToken>t==</SessionToken>\
        <Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\
        </AssumeRoleWithWebIdentityResponse>";

    #[test]
    fn credentials_come_with_their_life_and_rubbish_is_named() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let fresh = read(ANSWER.as_bytes(), now).ok().unwrap();
        assert_eq!((fresh.value.id.as_str(), fresh.value.secret.reveal()), ("ASIA1", "s/1"));
        assert_eq!(fresh.life, Duration::from_secs(3600));
        let why = |text: &str| read(text.as_bytes(), now).err().unwrap();
        assert!(why("<html>").contains("no credentials"));
        assert!(why(&ANSWER.replace("s/1", "")).contains("no credentials"));
        assert!(why(&ANSWER.replace("2026", "2025")).contains("no life left"));
    }
}
