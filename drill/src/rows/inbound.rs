//! TLS from clients: row 35's other side. The relay of the other rows speaks plainly, so this one starts a second.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::machine::descriptors;
use crate::client::{Asked, Client, Http2, OPENAI, Outcome, ROOM, Seen, Target};
use crate::relay::plan::{Files, deadline};
use crate::relay::{Plan, Relay};
use crate::run::{Bench, Expect, Kind, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[Row {
    settings: &[deadline("tls", "2s"), deadline("request_header", "30s"), deadline("upstream_idle", "60s")],
    ..Row::new(35, "tls-from-clients", own!(handshakes))
}];

/// Handshakes that do not begin, or do not go on: the last is the beginning of a ClientHello that announces 512 bytes.
const BEGINNINGS: [&[u8]; 3] = [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"];
/// A record that is TLS by its head alone.
const JUNK: &[u8] = b"\x16\x03\x01\x00\x05hello";
/// How long a relay has to become ready, and to give everything back.
const SETTLE: Duration = Duration::from_secs(20);

/// Row 35, from clients: handshakes that stall, junk, clients that refuse the certificate, and plain HTTP.
async fn handshakes(bench: &Bench) -> anyhow::Result<Tally> {
    let (relay, secure) = behind_tls(bench).await?;
    let mut tally = Tally::default();
    let begun = Instant::now();
    let mut first = secure.ask(bench).await;
    while !first.complete && begun.elapsed() < SETTLE {
        sleep(Duration::from_millis(20)).await;
        first = secure.ask(bench).await;
    }
    tally.see("before", Expect::Good, &first, true);
    let before = descriptors(relay.pid())?;
    let mixed = Bench::repeat(bench.size.requests, bench.size.at_once, |i| {
        let secure = &secure;
        async move {
            match i % 5 {
                kind @ ..3 => secure.stalls(BEGINNINGS[kind]).await,
                3 => secure.plain(bench).await,
                _ => secure.refused().await,
            }
        }
    });
    tally.add(mixed.await);
    let junk = join_all((0..bench.size.at_once).map(|_| secure.stalls(JUNK)));
    junk.await.into_iter().for_each(|one| tally.add(one));
    tally.see("after", Expect::Good, &secure.ask(bench).await, true);
    let begun = Instant::now();
    loop {
        let after = descriptors(relay.pid())?;
        if after <= before {
            return Ok(tally);
        }
        if begun.elapsed() > SETTLE {
            tally.complain(Kind::Leak, format!("descriptors behind TLS: {before} before, {after} after"));
            return Ok(tally);
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Another relay, with a certificate, and how it is asked.
async fn behind_tls(bench: &Bench) -> anyhow::Result<(Relay, Secure)> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let files = Files::new()?;
    let cert = files.write("cert.pem", &made.cert.pem())?;
    let key = files.write("key.pem", &made.signing_key.serialize_pem())?;
    let mut plan: Plan = bench.plan()?.clone();
    plan.toml.push_str(&format!("[tls]\ncert = {cert:?}\nkey = {key:?}\n"));
    plan.encrypted = true;
    let relay = Relay::start(&plan, "127.0.0.1:0", bench.size.full).await?;
    let mut target = relay.target("");
    target.host = format!("localhost:{}", target.address.port());
    let trust = trust(Some(made.cert.der()))?;
    Ok((relay, Secure { target, trust, patience: bench.size.patience }))
}

/// Who is trusted: this certificate, or nobody.
fn trust(certificate: Option<&CertificateDer<'static>>) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    certificate.map(|certificate| roots.add(certificate.clone())).transpose()?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A relay behind its certificate.
struct Secure {
    target: Target,
    trust: TlsConnector,
    patience: Duration,
}

impl Secure {
    async fn shake(&self, trust: &TlsConnector) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let stream = TcpStream::connect(self.target.address).await?;
        timeout(self.patience, trust.connect(name, stream)).await?
    }

    /// A good stream, in HTTP/2 by ALPN.
    async fn ask(&self, bench: &Bench) -> Seen {
        let ask = async {
            let stream = self.shake(&self.trust).await?;
            let mut client = Http2::over(stream, &self.target, ROOM).await?;
            let mut exchange = client.post(OPENAI, bench.body("", true, 20)).await?;
            Ok::<_, io::Error>(exchange.judge(Asked { anthropic: false, stream: true }, self.patience).await)
        };
        match timeout(self.patience, ask).await {
            Ok(Ok(seen)) => seen,
            Ok(Err(_)) => Seen::of(Outcome::NoAnswer),
            Err(_) => Seen::of(Outcome::Hung),
        }
    }

    /// A handshake that goes no further is given up.
    async fn stalls(&self, beginning: &[u8]) -> Tally {
        let mut tally = Tally::default();
        let Ok(mut client) = Client::connect(&self.target).await else {
            tally.count(Outcome::NoAnswer);
            return tally;
        };
        // It may be refused before all of it was sent.
        let _ = client.send(beginning).await;
        let closed = client.closes(self.patience).await;
        tally.count(if closed { Outcome::Cut } else { Outcome::Hung });
        if !closed {
            tally.complain(Kind::Hang, format!("a handshake of {} bytes was waited for", beginning.len()));
        }
        tally
    }

    /// A client that speaks no TLS is told so.
    async fn plain(&self, bench: &Bench) -> Tally {
        let seen = bench.ask(&self.target, OPENAI, &bench.body("", true, 20), true).await;
        let mut tally = Tally::default();
        tally.see("plain HTTP where TLS is spoken", Expect::Status(&[400]), &seen, true);
        let told = seen.message.as_deref().is_some_and(|text| text.contains("https://"));
        tally.check(told, "plain HTTP where TLS is spoken: the answer does not say so");
        tally
    }

    /// A client that trusts nobody leaves in the middle of the handshake.
    async fn refused(&self) -> Tally {
        let mut tally = Tally::default();
        let shaken = match trust(None) {
            Ok(nobody) => self.shake(&nobody).await,
            Err(error) => Err(io::Error::other(error)),
        };
        tally.count(Outcome::Left);
        tally.check(shaken.is_err(), "a certificate that nobody vouches for was taken");
        tally
    }
}
