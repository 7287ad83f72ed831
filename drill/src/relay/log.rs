//! What a relay writes: where it listens, and its last lines for an explanation.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::ChildStderr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Lines that are kept.
const LINES: usize = 400;

/// The address, and the pipe where it is not to be read any further.
type Heard = (SocketAddr, Option<BufReader<ChildStderr>>);

#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn text(&self) -> String {
        self.lines().iter().cloned().collect::<Vec<_>>().join("\n")
    }

    fn keep(&self, line: String) {
        let mut lines = self.lines();
        lines.push_back(line);
        if lines.len() > LINES {
            lines.pop_front();
        }
    }

    /// Reads until the relay listens, and, where `all` is asked for, to its end. Otherwise the pipe is handed out with
    /// the address: while it is held and not read, it fills up.
    pub(super) fn collect(&self, pipe: ChildStderr, all: bool) -> io::Result<oneshot::Receiver<Heard>> {
        let (log, (heard, address)) = (self.clone(), oneshot::channel());
        scope::thread("relay log", move || {
            let mut reader = BufReader::with_capacity(4096, pipe);
            let (mut line, mut heard) = (Vec::new(), Some(heard));
            while matches!(reader.read_until(b'\n', &mut line), Ok(n) if n > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                line.clear();
                let found = listening(&text);
                log.keep(text);
                if let Some((address, heard)) = found.and_then(|address| Some((address, heard.take()?))) {
                    // Whoever waits may have given up.
                    if !all {
                        let _ = heard.send((address, Some(reader)));
                        return;
                    }
                    let _ = heard.send((address, None));
                }
            }
        })?;
        Ok(address)
    }
}

fn listening(line: &str) -> Option<SocketAddr> {
    let after = line.split_once("listening on http")?.1;
    let after = after.strip_prefix('s').unwrap_or(after).strip_prefix("://")?;
    let end = after.find(|c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c))).unwrap_or(after.len());
    after[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_log() {
        let address = Some(([127, 0, 0, 1], 4321).into());
        assert_eq!(listening("{\"message\":\"listening on http://127.0.0.1:4321\"}"), address);
        assert_eq!(listening("listening on http://127.0.0.1:4321"), address);
        assert_eq!(listening("listening on https://127.0.0.1:4321"), address);
        assert_eq!(listening("ready"), None);
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let log = Log::default();
        (0..=LINES).for_each(|i| log.keep(i.to_string()));
        assert_eq!(log.lines().len(), LINES);
        assert!(log.text().starts_with("1\n"));
    }
}
