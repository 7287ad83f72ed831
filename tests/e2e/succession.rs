//! One relay follows another on the same address: by handing over, by the service manager's socket; and what the manager
//! is told.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use harness::{Client, PATIENCE, Relay, Setup, Signal, Upstream, chat, until};
use rustix::process::{Pid, kill_process};
use tempfile::TempDir;

use crate::stop::slow_stream;
use crate::{OPENAI, PROGRAM, start};

fn setup(upstream: &Upstream) -> Setup {
    Relay::of(PROGRAM).upstream(upstream).drain("20s")
}

/// One kind of client, which asks until it is told to stop. Gives how many answers it had.
fn load(over: &AtomicBool, address: SocketAddr, (keeps, stream): (bool, bool)) -> usize {
    let (mut client, mut answers) = (Client::connect(address), 0);
    while !over.load(Relaxed) {
        client.post(OPENAI, &chat("gpt-5-mini", stream));
        let answer = client.answer();
        assert!(answer.status() == 200 && answer.whole, "{:?} {}", answer.head, answer.text());
        assert!(!stream || answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
        answers += 1;
        if !keeps || answer.head.header("connection") == Some("close") {
            client = Client::connect(address);
        }
    }
    answers
}

/// One relay after the other on the same address, each while a slow stream is under way. Gives the last.
fn restarts(upstream: &Upstream, mut relay: Relay) -> Relay {
    for round in 0..10 {
        let mut stream = slow_stream(&relay, 20);
        let next = setup(upstream).follow(&relay);
        assert!(next.log().contains("taken over from the old relay"), "{}", next.log());
        let (body, whole) = stream.rest();
        let text = String::from_utf8_lossy(&body);
        assert!(whole && text.ends_with("data: [DONE]\n\n"), "round {round}: a stream was cut: {text}");
        assert_eq!(relay.child.exit_code(), Some(0), "round {round}: {}", relay.child.output());
        relay = next;
    }
    relay
}

#[test]
fn ten_restarts_under_load_lose_no_request() {
    let upstream = Upstream::start(PROGRAM);
    let relay = setup(&upstream).start();
    let (over, address) = (AtomicBool::new(false), relay.address());
    // Kept and new connections, whole answers and streams.
    let kinds = [(true, false), (true, true), (false, false), (false, true)];
    thread::scope(|scope| {
        let loads = kinds.map(|kind| {
            (
                kind,
                scope.spawn({
                    let over = &over;
                    move || load(over, address, kind)
                }),
            )
        });
        // A panic here must not leave the clients asking for ever.
        let restarted = catch_unwind(AssertUnwindSafe(|| restarts(&upstream, relay)));
        over.store(true, Relaxed);
        for (kind, load) in loads {
            let answers = load.join().unwrap();
            assert!(answers >= 10, "{kind:?}: {answers} answers");
        }
        restarted.unwrap().assert_serves();
    });
}

/// Who is connected over HTTP/2 is told to go, and loses nothing.
#[test]
fn a_client_of_http2_finishes_and_goes_elsewhere() {
    let upstream = Upstream::start(PROGRAM);
    let mut relay = setup(&upstream).start();
    let mut client = relay.http2();
    let stream = client.post(OPENAI, &chat("fault-pace-20", true));
    let next = setup(&upstream).follow(&relay);
    let answer = client.answer(stream);
    assert!(answer.whole && answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    assert_eq!(relay.child.exit_code(), Some(0));
    next.assert_serves();
}

#[test]
fn where_nobody_hands_over_it_starts_as_usual_or_says_so() {
    let upstream = Upstream::start(PROGRAM);
    let relay = setup(&upstream).arg("--take-over").start();
    relay.assert_serves();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, output) = setup(&upstream).arg("--take-over").arg("--listen").arg(address).run();
    assert_eq!(code, Some(69), "{output}");
    assert!(output.contains("no relay of this user hands it over"), "{output}");
}

/// A relay with a socket as descriptor 3, as a service manager passes one; killed when dropped.
struct Activated {
    child: std::process::Child,
    _dir: TempDir,
}

impl Activated {
    fn start(upstream: &Upstream, listener: &TcpListener) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("watertight.toml");
        std::fs::write(&file, setup(upstream).configuration()).unwrap();
        let script = "exec 3<&0; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" serve -c \"$1\"";
        let child = Command::new("sh")
            .args(["-c", script, PROGRAM])
            .arg(&file)
            .env("TEST_PROVIDER_KEY", Relay::provider_key())
            .stdin(Stdio::from(OwnedFd::from(listener.try_clone().unwrap())))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, _dir: dir }
    }

    /// Asks it to stop, and waits for its end.
    fn stop(mut self) {
        let process = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(process, Signal::TERM).unwrap();
        let code = until(PATIENCE, || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status.code()),
            other => Err(format!("it does not end: {other:?}")),
        });
        assert_eq!(code, Some(0));
    }
}

impl Drop for Activated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whoever comes while nobody serves waits in the manager's socket.
#[test]
fn a_socket_of_the_service_manager_outlives_the_process() {
    let upstream = Upstream::start(PROGRAM);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let ask = || {
        let mut client = Client::connect(address);
        client.post(OPENAI, &chat("gpt-5-mini", false));
        client
    };
    let early = ask();
    let first = Activated::start(&upstream, &listener);
    let answered = |mut client: Client| {
        let answer = client.answer();
        assert!(answer.status() == 200 && answer.whole, "{}", answer.text());
        client
    };
    let kept = answered(early);
    first.stop();
    drop(kept);
    let between = ask();
    let second = Activated::start(&upstream, &listener);
    answered(between);
    second.stop();
}

#[test]
fn the_service_manager_is_told_what_happens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let told = || {
        let mut text = [0; 4096];
        let length = manager.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    let (_upstream, mut relay) = start(|setup| setup.env("NOTIFY_SOCKET", path.to_str().unwrap()));
    assert!(told().starts_with("READY=1\n"));
    relay.signal(Signal::HUP);
    let reloads = told();
    assert!(reloads.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloads}");
    assert!(told().starts_with("READY=1\n"));
    relay.signal(Signal::TERM);
    assert!(told().starts_with("STOPPING=1\n"));
    assert_eq!(relay.child.exit_code(), Some(0));
}
