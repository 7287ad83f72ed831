//! The text of `/debug/pprof/goroutine?debug=2`: every goroutine by itself, with how long it has waited and who started
//! it.

use super::frames::is_runtime;
use super::{Frame, Unreadable, Wait};

/// One goroutine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Goroutine {
    /// In the runtime's words: `chan send`.
    pub(crate) state: String,
    /// For so many whole minutes, less than one being none; `None` where the runtime does not say it.
    pub(crate) minutes: Option<u64>,
    /// The innermost first.
    pub(crate) frames: Vec<Frame>,
    /// Who started it; the first one of all has nobody.
    pub(crate) created_by: Option<Frame>,
}

impl Goroutine {
    /// False while it runs, or is about to.
    pub(crate) fn is_waiting(&self) -> bool {
        !matches!(self.state.split(" (").next(), Some("running" | "runnable" | "preempted" | "copystack"))
    }

    /// `None` where the catalogue does not know it.
    pub(crate) fn wait(&self) -> Option<Wait> {
        Some(match self.state.split(" (").next().unwrap_or_default() {
            "chan send" => Wait::ChanSend,
            "chan receive" => Wait::ChanReceive,
            "select" => Wait::Select,
            "IO wait" => Wait::Network,
            "sleep" => Wait::Sleep,
            state if state.starts_with("sync.") || state == "semacquire" => Wait::Lock,
            _ => return None,
        })
    }
}

/// Reads all of them. The runtime gives up after 64 MiB: what breaks off is left out, and the second value says so.
///
/// # Errors
/// The text is no such list.
pub(crate) fn read_whole(text: &str) -> Result<(Vec<Goroutine>, bool), Unreadable> {
    let mut goroutines: Vec<Goroutine> = Vec::new();
    for part in text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()) {
        match goroutine(part) {
            Some(goroutine) => goroutines.push(goroutine),
            None if goroutines.is_empty() => {
                return Err(Unreadable::NoList);
            }
            None => return Ok((goroutines, true)),
        }
    }
    if goroutines.is_empty() {
        return Err(Unreadable::EmptyList);
    }
    let whole = text.ends_with('\n');
    Ok((goroutines, !whole))
}

/// `goroutine 7 [chan send, 5 minutes]:`, then two lines a frame, and at last `created by main.f in goroutine 1`.
/// Labels of a profiler may follow the bracket: `goroutine 7 [chan send] {"model": "m"}:`.
fn goroutine(part: &str) -> Option<Goroutine> {
    let mut lines = part.lines();
    let (_, head) = lines.next()?.strip_prefix("goroutine ")?.strip_suffix(':')?.split_once('[')?;
    let mut words = head.split_once(']')?.0.split(", ");
    let state = words.next()?.to_owned();
    let minutes = words.find_map(|word| word.strip_suffix(" minutes")?.parse().ok());
    let (mut frames, mut created_by) = (Vec::new(), None);
    while let Some(line) = lines.next() {
        // Deep stacks have their middle left out.
        if line.starts_with("...") {
            continue;
        }
        let place = lines.next().unwrap_or_default();
        match line.strip_prefix("created by ") {
            Some(creator) => {
                created_by = Some(frame(creator.split(" in goroutine").next().unwrap_or(creator), place));
            }
            // The arguments: in braces, never in parentheses.
            None => frames.push(frame(line.rfind('(').map_or(line, |at| &line[..at]), place)),
        }
    }
    let runtime = frames.iter().take_while(|frame| is_runtime(&frame.function)).count();
    frames.drain(..runtime);
    let mut goroutine = Goroutine { state, minutes, frames, created_by };
    // The runtime tells the minutes of what waits, unless it has found that nothing can wake it.
    if goroutine.is_waiting() && !goroutine.state.contains("(leaked)") {
        goroutine.minutes.get_or_insert(0);
    }
    Some(goroutine)
}

/// A function, and `\t/src/main.go:124 +0x1f0`.
fn frame(function: &str, place: &str) -> Frame {
    let place = place.trim().split(" +0x").next().unwrap_or_default();
    let (file, line) = place.rsplit_once(':').unwrap_or((place, ""));
    Frame { function: function.to_owned(), file: file.to_owned(), line: line.parse().unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:9 +0x1f\n\n\
        goroutine 7 [chan send, 5 minutes]:\nmain.(*relay).readStream(0xc000, {0x7, 0xc1})\n\
        \t/app/main.go:124 +0x1f0\ncreated by main.(*relay).ServeHTTP in goroutine 6\n\t/app/main.go:83 +0x2a5\n\n\
        goroutine 8 [sync.Mutex.Lock, 2 minutes, locked to thread]:\nsync.runtime_SemacquireMutex(...)\n\
        \t/go/sema.go:1 +0x1\n...3 frames elided...\nmain.count[...](0x1)\n\t/app/main.go:7 +0x1\n";

    #[test]
    fn every_goroutine() {
        let (all, broken) = read_whole(TEXT).unwrap();
        assert!(!broken);
        let told: Vec<_> = all
            .iter()
            .map(|g| {
                let creator = g.created_by.as_ref().map(ToString::to_string);
                (g.state.as_str(), g.minutes, g.frames.last().unwrap().to_string(), creator)
            })
            .collect();
        let by = Some("main.(*relay).ServeHTTP (/app/main.go:83)".to_owned());
        assert_eq!(
            told,
            [
                ("running", None, "main.main (/app/main.go:9)".to_owned(), None),
                ("chan send", Some(5), "main.(*relay).readStream (/app/main.go:124)".to_owned(), by),
                ("sync.Mutex.Lock", Some(2), "main.count[...] (/app/main.go:7)".to_owned(), None),
            ]
        );
        let waits: Vec<_> = all.iter().map(Goroutine::wait).collect();
        assert_eq!(waits, [None, Some(Wait::ChanSend), Some(Wait::Lock)]);
    }

    /// Heads as Go 1.27 writes them.
    #[test]
    fn how_long_they_have_waited_where_that_is_said() {
        let told = |head: &str| {
            let text = format!("goroutine 7 {head}:\nmain.f()\n\t/a.go:1 +0x1\n");
            let goroutine = read_whole(&text).unwrap().0.remove(0);
            (goroutine.minutes, goroutine.is_waiting(), goroutine.wait())
        };
        let sends = Some(Wait::ChanSend);
        for (head, expected) in [
            ("[chan send]", (Some(0), true, sends)),
            ("[chan send, 3 minutes]", (Some(3), true, sends)),
            ("[chan send (leaked)]", (None, true, sends)),
            ("[chan send] {\"model\": \"m [1]\"}", (Some(0), true, sends)),
            ("gp=0xc0 m=nil [chan send, 3 minutes, locked to thread] {a: b}", (Some(3), true, sends)),
            ("[IO wait, locked to thread]", (Some(0), true, Some(Wait::Network))),
            ("[syscall, 9 minutes, locked to thread]", (Some(9), true, None)),
            ("[running]", (None, false, None)),
            ("[runnable (scan)]", (None, false, None)),
        ] {
            assert_eq!(told(head), expected, "{head}");
        }
    }

    #[test]
    fn what_is_no_list_and_what_breaks_off() {
        assert_eq!(read_whole("<html>").unwrap_err(), Unreadable::NoList);
        assert_eq!(read_whole("\n").unwrap_err(), Unreadable::EmptyList);
        let (all, broken) = read_whole("goroutine 1 [running]:\nmain.main()\n\t/app/ma").unwrap();
        assert!(broken && all.len() == 1);
        let (all, broken) = read_whole("goroutine 1 [running]:\nmain.main()\n\t/a.go:1\n\ngorou").unwrap();
        assert!(broken && all.len() == 1);
        for end in 0..TEXT.len() {
            let _ = read_whole(&TEXT[..end]);
        }
    }
}
