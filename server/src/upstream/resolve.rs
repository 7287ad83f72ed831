//! Name resolution: cached, capped, one look-up a name at a time. The system's resolver blocks a thread and cannot
//! be cancelled, so callers wait for a shared look-up and may leave it.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scope::Scope;
use tokio::sync::watch;

use crate::clock::deadline::{Moment, until};
use crate::clock::lock;

/// How long an answer is used. The system's resolver does not tell the record's own time.
const FRESH: Duration = Duration::from_secs(30);
/// How long a failure is remembered: long enough to spare the resolver a storm, short enough to recover quickly.
const FAILED: Duration = Duration::from_secs(1);
/// A look-up that takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Names remembered at once; upstreams come from the configuration, so this is never reached in practice.
const NAMES: usize = 1024;

type Answer = Result<Arc<[IpAddr]>, String>;

enum Slot {
    Known(Answer, Instant),
    Asking(watch::Receiver<Option<Answer>>),
}

#[derive(Clone)]
pub(crate) struct Resolver {
    names: Arc<Mutex<HashMap<String, Slot>>>,
    scope: Scope,
}

impl Resolver {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { names: Arc::default(), scope }
    }

    /// The addresses of a host, in the system's order.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let answer = match self.look(host) {
            Slot::Known(answer, _) => answer,
            Slot::Asking(mut asking) => {
                let answer = asking.wait_for(Option::is_some).await.map(|answer| answer.clone());
                answer.ok().flatten().unwrap_or_else(|| Err("the look-up was given up".to_owned()))
            }
        };
        match answer {
            Ok(addresses) => Ok(addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect()),
            Err(text) => Err(io::Error::other(format!("the name {host} cannot be resolved: {text}"))),
        }
    }

    fn look(&self, host: &str) -> Slot {
        let mut names = lock(&self.names);
        match names.get(host) {
            Some(Slot::Known(answer, until)) if Instant::now() < *until => {
                return Slot::Known(answer.clone(), *until);
            }
            Some(Slot::Asking(asking)) => return Slot::Asking(asking.clone()),
            _ => {}
        }
        if names.len() >= NAMES {
            names.retain(|_, slot| matches!(slot, Slot::Known(_, until) if Instant::now() < *until));
        }
        let (tell, asking) = watch::channel(None);
        names.insert(host.to_owned(), Slot::Asking(asking.clone()));
        let (host, table) = (host.to_owned(), Arc::clone(&self.names));
        self.scope.spawn("resolve", async move {
            let answer = ask(&host).await;
            let fresh = if answer.is_ok() { FRESH } else { FAILED };
            lock(&table).insert(host, Slot::Known(answer.clone(), Instant::now() + fresh));
            let _ = tell.send(Some(answer));
        });
        Slot::Asking(asking)
    }
}

async fn ask(host: &str) -> Answer {
    match until(Moment::now() + PATIENCE, tokio::net::lookup_host((host, 0))).await {
        None => Err("no answer within 10 s".to_owned()),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(found)) => {
            let addresses: Arc<[IpAddr]> = found.map(|address| address.ip()).collect();
            if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_no_look_up_and_names_share_one() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let resolver = Resolver::new(Scope::new());
            assert_eq!(resolver.resolve("::1", 80).await.unwrap()[0].to_string(), "[::1]:80");
            assert_eq!(resolver.scope.live(), 0);
            let (one, two) = tokio::join!(resolver.resolve("localhost", 1), resolver.resolve("localhost", 2));
            assert!(!one.unwrap().is_empty() && !two.unwrap().is_empty());
            resolver.scope.idle().await;
            assert_eq!(resolver.scope.live_by_name(), [("resolve", 0)]);
            let error = resolver.resolve("no-such-name.invalid", 1).await.unwrap_err();
            assert!(error.to_string().contains("no-such-name.invalid"), "{error}");
        });
    }
}
