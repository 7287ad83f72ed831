//! Who holds an address that is taken. A relay that drains keeps its port to the end; it says so when it is asked, and
//! whoever starts the next one wants to know.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of its answer: a health JSON has some hundred.
const ANSWER: usize = 64 << 10;
const QUESTION: &[u8] = b"GET /api/monitor/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A relay that drains.
#[derive(Debug, PartialEq, Eq)]
struct Draining {
    /// Where it tells strangers.
    in_flight: Option<u64>,
}

/// Says that the address is taken, and by what, where that can be known. `cure`: what sets another one.
pub(super) fn in_use(address: SocketAddr, cure: &str) -> String {
    let Some(Draining { in_flight }) = ask(address).ok().and_then(|answer| draining(&answer)) else {
        return format!(
            "cannot listen on {address}: the address is in use; stop what listens there, or choose another with {cure}"
        );
    };
    let open = match in_flight {
        None => String::new(),
        Some(1) => " (1 request in flight)".to_owned(),
        Some(n) => format!(" ({n} requests in flight)"),
    };
    format!(
        "cannot listen on {address}: the old relay there is draining{open}; it ends by itself: start again then, or choose another address with {cure}"
    )
}

/// What is answered there within the time, as it came.
fn ask(address: SocketAddr) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    let mut stream = TcpStream::connect_timeout(&reachable(address), PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(QUESTION)?;
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    while answer.len() <= ANSWER {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece)? {
            0 => break,
            n => answer.extend_from_slice(&piece[..n]),
        }
    }
    Ok(answer)
}

/// The address as this machine reaches it.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// A relay's health, or the refusal of one that speaks TLS.
fn draining(answer: &[u8]) -> Option<Draining> {
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| &answer[at + 4..])?;
    let said: Value = serde_json::from_slice(body).ok()?;
    let drains = said["status"] == "draining" || said["error"]["code"] == "draining";
    drains.then(|| Draining { in_flight: said["relay"]["in_flight"].as_u64() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draining_relay_is_known_by_its_health_and_by_its_refusal() {
        let of = |body: &str| draining(format!("HTTP/1.1 200 OK\r\na: b\r\n\r\n{body}").as_bytes());
        let health = r#"{"status":"draining","goroutines":3,"relay":{"in_flight":2}}"#;
        assert_eq!(of(health), Some(Draining { in_flight: Some(2) }));
        assert_eq!(of(r#"{"status":"draining"}"#), Some(Draining { in_flight: None }));
        assert_eq!(of(r#"{"error":{"code":"draining"}}"#), Some(Draining { in_flight: None }));
        for other in [r#"{"status":"ok"}"#, "draining", "", "[]"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(draining(b"SSH-2.0-OpenSSH"), None);
    }

    #[test]
    fn what_is_told_names_the_setting_of_the_address() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let answers = scope::thread("taken", move || {
            let (mut asked, _) = taken.accept().unwrap();
            asked.read_exact(&mut [0; QUESTION.len()]).unwrap();
            asked.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"draining\"}").unwrap();
        })
        .unwrap();
        let told = in_use(address, "`monitor.listen`");
        answers.join().unwrap();
        assert!(told.contains("is draining") && told.ends_with("with `monitor.listen`"), "{told}");
        let told = in_use(address, "`monitor.listen`");
        assert!(told.contains("is in use") && told.ends_with("with `monitor.listen`"), "{told}");
    }

    #[test]
    fn an_address_for_all_is_asked_on_this_machine() {
        let at = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(
            [at("0.0.0.0:3000"), at("[::]:3000"), at("10.1.2.3:80")],
            ["127.0.0.1:3000", "[::1]:3000", "10.1.2.3:80"]
        );
    }
}
