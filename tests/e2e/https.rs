//! Upstreams over TLS, and proxies of every kind in front of them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use harness::{Relay, Upstream, chat};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::servers::{listen, pump, read_request};
use crate::{OPENAI, PROGRAM};

/// A TLS front of `upstream` for `localhost`, one request a connection; and the file of the authority that vouches.
fn tls_front(upstream: SocketAddr, folder: &std::path::Path) -> (SocketAddr, PathBuf) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    let ca = params.self_signed(&ca_key).unwrap();
    let file = folder.join("ca.pem");
    std::fs::write(&file, ca.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::from_params(&params, &ca_key)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let config = Arc::new(config);
    let address = listen(move |stream| {
        stream.set_nodelay(true).unwrap();
        let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
        let Some(text) = read_request(&mut tls) else { return };
        let mut behind = TcpStream::connect(upstream).unwrap();
        behind.write_all(text.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes()).unwrap();
        let mut piece = [0; 4096];
        while let Ok(n @ 1..) = behind.read(&mut piece) {
            if tls.write_all(&piece[..n]).is_err() {
                return;
            }
        }
    });
    (address, file)
}

type Seen = Arc<Mutex<Vec<String>>>;

/// A proxy that takes CONNECT and notes what it was asked.
fn connect_proxy(seen: &Seen) -> SocketAddr {
    let seen = Arc::clone(seen);
    listen(move |mut stream| {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        seen.lock().unwrap().push(head);
        let Ok(onwards) = TcpStream::connect(target) else { return };
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        pump(stream, onwards);
    })
}

/// A SOCKS5 proxy without authentication (RFC 1928).
fn socks_proxy(seen: &Seen) -> SocketAddr {
    let seen = Arc::clone(seen);
    listen(move |mut stream| {
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).unwrap();
        stream.read_exact(&mut vec![0; greeting[1].into()]).unwrap();
        stream.write_all(&[5, 0]).unwrap();
        let mut ask = [0; 5];
        stream.read_exact(&mut ask).unwrap();
        assert_eq!(ask[3], 3, "a name is resolved by the proxy");
        let mut name = vec![0; usize::from(ask[4]) + 2];
        stream.read_exact(&mut name).unwrap();
        let (name, port) = name.split_at(ask[4].into());
        let target = format!("{}:{}", String::from_utf8_lossy(name), u16::from_be_bytes([port[0], port[1]]));
        seen.lock().unwrap().push(target.clone());
        let Ok(onwards) = TcpStream::connect(target) else { return };
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        pump(stream, onwards);
    })
}

#[test]
fn https_upstreams_are_reached_directly_and_through_proxies() {
    let upstream = Upstream::start(PROGRAM);
    let folder = tempfile::tempdir().unwrap();
    let (front, ca) = tls_front(upstream.address(), folder.path());
    let seen = Seen::default();
    let (connect, socks) = (connect_proxy(&seen), socks_proxy(&seen));
    let base = format!("https://localhost:{}", front.port());
    let relay = Relay::of(PROGRAM)
        .env("SSL_CERT_FILE", &ca.display().to_string())
        .channel("custom", &base, "models = [\"direct\"]")
        .channel("custom", &base, &format!("models = [\"http\"]\nproxy = \"http://me:p%20w@{connect}\""))
        .channel("custom", &base, &format!("models = [\"socks\"]\nproxy = \"socks5://{socks}\""))
        .start();
    for model in ["direct", "http", "socks"] {
        for stream in [true, false] {
            let answer = relay.post(OPENAI, &chat(model, stream));
            assert_eq!(answer.status(), 200, "{model}: {}\n{}", answer.text(), relay.log());
        }
    }
    let seen = seen.lock().unwrap();
    assert!(seen.iter().any(|head| head.contains("Basic bWU6cCB3")), "{seen:?}");
    assert!(seen.iter().any(|target| *target == format!("localhost:{}", front.port())), "{seen:?}");
    assert!(!relay.log().contains("p%20w") && !relay.log().contains("bWU6cCB3"), "{}", relay.log());
}

#[test]
fn an_upstream_that_nobody_vouches_for_is_refused() {
    let upstream = Upstream::start(PROGRAM);
    let folder = tempfile::tempdir().unwrap();
    let (front, _) = tls_front(upstream.address(), folder.path());
    let base = format!("https://localhost:{}", front.port());
    let relay = Relay::of(PROGRAM).channel("custom", &base, "models = [\"*\"]").start();
    let answer = relay.post(OPENAI, &chat("any", false));
    assert_eq!(answer.status(), 502, "{}", answer.text());
    assert!(!answer.text().contains("localhost"), "an internal address is told: {}", answer.text());
    harness::until(harness::PATIENCE, || match relay.log() {
        log if log.contains("invalid peer certificate") => Ok(()),
        log => Err(log),
    });
    assert_eq!(upstream.state().number("requests_total"), 0);
}
