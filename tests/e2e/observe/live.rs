//! The live view of `watch` at a real terminal: it comes, and the terminal is as it was however the view ends.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::{PATIENCE, Signal, until};
use rustix::process::{Pid, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::endpoint::{health, with};
use super::watertight;

const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[?1049l";
const SHOW_CURSOR: &str = "\x1b[?25h";

/// A watch at a pseudo-terminal.
struct Session {
    child: Child,
    master: File,
    slave: OwnedFd,
    seen: Arc<Mutex<Vec<u8>>>,
    before: LocalModes,
}

impl Session {
    fn start(args: &[&str]) -> Self {
        let (master, slave) = terminal();
        resize(&slave, 80, 24);
        let before = tcgetattr(&slave).unwrap().local_modes;
        let stdio = || Stdio::from(slave.try_clone().unwrap());
        let mut command: Command = watertight(args);
        let child = command
            .env("TERM", "xterm-256color")
            .stdin(stdio())
            .stdout(stdio())
            .stderr(stdio())
            .spawn()
            .unwrap();
        let master = File::from(master);
        let seen = Arc::default();
        let (mut reader, into) = (master.try_clone().unwrap(), Arc::clone(&seen));
        #[expect(clippy::disallowed_methods, reason = "it ends with the terminal")]
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut piece) {
                let into: &Mutex<Vec<u8>> = &into;
                into.lock().unwrap().extend_from_slice(&piece[..n]);
            }
        });
        Self { child, master, slave, seen, before }
    }

    fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, what: &str, times: usize) {
        until(PATIENCE, || match self.seen().matches(what).count() {
            n if n >= times => Ok(()),
            n => Err(format!("{what:?} came {n} times: {:?}", self.seen())),
        });
    }

    fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn is_raw(&self) -> bool {
        !tcgetattr(&self.slave).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    fn assert_restored(&self) {
        assert_eq!(tcgetattr(&self.slave).unwrap().local_modes, self.before, "the terminal is not as it was");
        let seen = self.seen();
        assert_eq!(seen.matches(ENTER).count(), seen.matches(LEAVE).count(), "{seen:?}");
        assert!(seen.rfind(SHOW_CURSOR) > seen.rfind("\x1b[?25l"), "the cursor is hidden: {seen:?}");
    }

    /// Waits for its end; returns its exit code and what was printed after the view.
    fn end(mut self) -> (Option<i32>, String) {
        let code = until(PATIENCE, || match self.child.try_wait().unwrap() {
            Some(status) => Ok(status.code()),
            None => Err("it goes on".to_owned()),
        });
        self.wait_for(LEAVE, 1);
        if code == Some(0) {
            // It has been written, and is still on its way.
            until(PATIENCE, || match self.after().contains("verdict") {
                true => Ok(()),
                false => Err(format!("no summary: {:?}", self.seen())),
            });
        }
        self.assert_restored();
        (code, self.after())
    }

    /// What was printed after the view.
    fn after(&self) -> String {
        self.seen().rsplit(LEAVE).next().unwrap().to_owned()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both ends of a new pseudo-terminal.
fn terminal() -> (OwnedFd, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (master, slave.into())
}

fn resize(slave: &OwnedFd, columns: u16, rows: u16) {
    tcsetwinsize(slave, Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

/// A view of a relay with 300 goroutines.
fn viewed(test: impl FnOnce(&str, Session)) {
    with(&health(300), |url| {
        let session = Session::start(&["watch", "--api-url", url, "-i", "100ms"]);
        session.wait_for(ENTER, 1);
        session.wait_for("300", 1);
        assert!(session.is_raw());
        test(url, session);
    });
}

#[test]
fn q_ends_it_with_the_summary_on_the_normal_screen() {
    viewed(|url, mut session| {
        session.press("?");
        // A word, not more: cells that do not change are not drawn again.
        session.wait_for("logarithmic", 1);
        // Any key leaves the help, also this one.
        session.press("q");
        session.wait_for("pause", 2);
        session.press("?");
        session.wait_for("logarithmic", 2);
        session.press("\x1b");
        session.wait_for("pause", 3);
        session.press("2l1p");
        session.press("q");
        let (code, after) = session.end();
        assert_eq!(code, Some(0), "{after}");
        assert!(after.contains("verdict") && after.contains(url) && after.contains("median"), "{after}");
    });
}

#[test]
fn ctrl_c_and_signals_end_it_alike() {
    viewed(|_, mut session| {
        session.press("\x03");
        assert_eq!(session.end().0, Some(0));
    });
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        viewed(|_, session| {
            session.signal(signal);
            let (code, after) = session.end();
            assert_eq!(code, Some(0), "{signal:?}: {after}");
            assert!(after.contains("verdict"), "{signal:?}: {after}");
        });
    }
}

/// A poll that hangs holds nobody: twice is enough, and the terminal is as it was.
#[test]
fn twice_leaves_at_once() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let session = Session::start(&["watch", "--api-url", &url, "--timeout", "1h"]);
    session.wait_for("polling", 1);
    session.signal(Signal::TERM);
    session.wait_for(LEAVE, 1);
    session.signal(Signal::TERM);
    assert_eq!(session.end().0, Some(130));
}

#[test]
fn a_tiny_window_and_a_large_one() {
    viewed(|_, mut session| {
        for (columns, rows) in [(20, 5), (1, 1), (200, 60), (80, 24)] {
            let before = session.seen().len();
            resize(&session.slave, columns, rows);
            session.signal(Signal::WINCH);
            until(PATIENCE, || match session.seen().len() > before {
                true => Ok(()),
                false => Err("nothing was drawn".to_owned()),
            });
            std::thread::sleep(Duration::from_millis(50));
            assert!(session.child.try_wait().unwrap().is_none(), "{columns} x {rows}: {}", session.seen());
        }
        session.press("q");
        assert_eq!(session.end().0, Some(0));
    });
}

#[test]
fn suspended_it_gives_the_terminal_back_and_takes_it_again() {
    viewed(|_, mut session| {
        for (round, by_key) in [(1, false), (2, true)] {
            if by_key {
                session.press("\x1a");
            } else {
                session.signal(Signal::TSTP);
            }
            let stat = format!("/proc/{}/stat", session.child.id());
            until(PATIENCE, || {
                let stat = std::fs::read_to_string(&stat).unwrap();
                let state = stat.rsplit_once(") ").map(|(_, rest)| rest[..1].to_owned());
                if state.as_deref() == Some("T") { Ok(()) } else { Err(format!("its state is {state:?}")) }
            });
            session.wait_for(LEAVE, round);
            session.assert_restored();
            session.signal(Signal::CONT);
            session.wait_for(ENTER, round + 1);
            until(PATIENCE, || if session.is_raw() { Ok(()) } else { Err("not raw yet".to_owned()) });
        }
        session.press("q");
        assert_eq!(session.end().0, Some(0));
    });
}

/// A terminal that is gone, as after a broken connection: nobody could end a watch that went on.
#[test]
fn a_terminal_that_vanishes_ends_it() {
    with(&health(300), |url| {
        let (master, slave) = terminal();
        let before = tcgetattr(&slave).unwrap().local_modes;
        let stdio = || Stdio::from(slave.try_clone().unwrap());
        let mut command: Command = watertight(&["watch", "--api-url", url, "-i", "100ms"]);
        command.env("TERM", "xterm-256color").stdin(stdio()).stdout(stdio()).stderr(stdio());
        let mut child = command.spawn().unwrap();
        until(PATIENCE, || match tcgetattr(&slave).unwrap().local_modes == before {
            true => Err("the view has not come".to_owned()),
            false => Ok(()),
        });
        drop((slave, master));
        until(PATIENCE, || match child.try_wait().unwrap() {
            Some(_) => Ok(()),
            None => Err("it goes on without a terminal".to_owned()),
        });
    });
}
