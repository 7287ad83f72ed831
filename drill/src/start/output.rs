//! The end of what a started relay has written, on either of its outputs: for an explanation.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines that are kept, and how much of each.
const LINES: usize = 40;
const LINE: usize = 500;
/// Lines of an explanation, and letters of each.
const SHOWN: usize = 6;
const LETTERS: usize = 160;

#[derive(Clone, Default)]
pub(super) struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let plain: String = text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if plain.trim().is_empty() {
            return;
        }
        let mut lines = self.lines();
        lines.push_back(plain);
        if lines.len() > LINES {
            lines.pop_front();
        }
    }

    /// The last lines, in one. A log's lines are long, and begin with what matters.
    pub(super) fn end(&self) -> String {
        let lines = self.lines();
        let first = lines.len().saturating_sub(SHOWN);
        let clip = |line: &String| match line.char_indices().nth(LETTERS) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line.clone(),
        };
        lines.iter().skip(first).map(clip).collect::<Vec<_>>().join(" | ")
    }

    /// Reads to the end, so that nobody waits for a full pipe.
    pub(super) fn collect(&self, pipe: impl Read + Send + 'static) -> io::Result<()> {
        let output = self.clone();
        scope::thread("relay output", move || {
            let mut reader = BufReader::with_capacity(8192, pipe);
            let mut line = Vec::new();
            // A line without an end comes in pieces.
            while matches!(reader.by_ref().take(LINE as u64).read_until(b'\n', &mut line), Ok(1..)) {
                output.keep(&line);
                line.clear();
            }
        })
        .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_short_and_plain() {
        let output = Output::default();
        for i in 0..100 {
            output.keep(format!("line {i}\u{1b}[31m\r\n").as_bytes());
        }
        output.keep(b" \n");
        assert!(output.end().starts_with("line 94"));
        output.keep(&[b'x'; 400]);
        assert!(output.end().ends_with(&format!(" | {}…", "x".repeat(LETTERS))));
        output.lines().pop_back();
        output.lines().push_front(String::new());
        assert_eq!(output.lines().len(), LINES);
        let end = output.end();
        assert!(end.starts_with("line 94 [31m | line 95") && end.ends_with("line 99 [31m"), "{end}");
    }
}
