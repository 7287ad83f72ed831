//! The log on standard error: text for people, JSON for programs. Writing never blocks the relay: lines go through a
//! bounded queue to a thread of their own, and what does not fit is dropped and counted.

use std::cell::Cell;
use std::io::IsTerminal as _;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;

/// Lines that may wait.
const QUEUE: usize = 8_192;
/// Characters of a value from outside that a line carries.
const VALUE: usize = 200;

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// For programs: one object a line.
    Json,
}

/// Keeps the log alive; dropping it writes out what waits.
pub(crate) struct Log {
    pub(crate) guard: WorkerGuard,
    pub(crate) dropped: ErrorCounter,
}

/// Starts the log. A second call in one process changes nothing.
pub(crate) fn start(format: LogFormat, level: tracing::Level) -> Log {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(QUEUE).finish(std::io::stderr());
    let dropped = writer.error_counter();
    let terminal = std::io::stderr().is_terminal();
    let text = format == LogFormat::Text || (format == LogFormat::Auto && terminal);
    let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_max_level(LevelFilter::from_level(level))
        .with_target(false);
    // A logger that is already there (a test's) stays.
    let _ = if text {
        tracing::subscriber::set_global_default(builder.with_ansi(color).compact().finish())
    } else {
        tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish())
    };
    Log { guard, dropped }
}

thread_local! {
    static PANICKED: Cell<Option<String>> = const { Cell::new(None) };
}

/// This thread panics at this place.
pub(crate) fn panics(place: Option<String>) {
    PANICKED.set(place);
}

/// Where this thread panicked last, for the record of the request in which it did.
pub(crate) fn panicked() -> Option<String> {
    PANICKED.take().map(|place| format!("a panic at {place}"))
}

/// The beginning of a text from outside: enough to recognise it.
pub(crate) fn shorten(text: &str) -> &str {
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(super::shorten("é".repeat(300).as_str()).chars().count(), 200);
        assert_eq!(super::shorten("short"), "short");
    }
}
