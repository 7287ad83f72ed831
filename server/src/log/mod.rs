//! The log on standard error: text for people, JSON for programs. Writing never blocks the relay: lines go through a
//! bounded queue to a thread of their own, and what does not fit is dropped and counted. One line a request is formed
//! here, because it is on every request's way; `tracing` forms the others.

mod line;
mod queue;
mod stamp;

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::Level;
use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer as Writing, debug_fn};
use vitals::Language;

use line::Form;
pub(crate) use line::Line;
use queue::{Lane, Queue, Writer};
use stamp::Stamp;

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

/// The log of this process, once it has one.
static LOG: OnceLock<(Arc<Queue>, Form)> = OnceLock::new();

/// Keeps the log alive; dropping it writes out what waits.
pub(crate) struct Log {
    pub(crate) writer: Writer,
    pub(crate) dropped: Dropped,
}

/// Lines that the log has lost because nobody took them.
pub(crate) struct Dropped(Arc<Queue>);

impl Dropped {
    pub(crate) fn lines(&self) -> u64 {
        self.0.dropped()
    }
}

/// Starts the log. A second call in one process changes nothing. `say` puts what a line says into the language of who
/// reads it as text; names, and the one line of each request, are the same in all of them.
///
/// # Errors
/// The system's, where it gives no thread.
pub(crate) fn start(format: LogFormat, level: Level, say: fn(&str) -> String) -> io::Result<Log> {
    let terminal = io::stderr().is_terminal();
    let text = format == LogFormat::Text || (format == LogFormat::Auto && terminal);
    let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let queue = Arc::<Queue>::default();
    let writer = queue.start(io::stderr())?;
    let _ = LOG.set((Arc::clone(&queue), if text { Form::Text { color } } else { Form::Json }));
    let builder = tracing_subscriber::fmt()
        .with_writer(|| Traced)
        .with_max_level(LevelFilter::from_level(level))
        .with_target(false);
    // A logger that is already there (a test's) stays.
    let _ = if text && Language::current() != Language::En {
        let subscriber = builder.with_ansi(color).compact().fmt_fields(saying(say)).finish();
        tracing::subscriber::set_global_default(subscriber)
    } else if text {
        tracing::subscriber::set_global_default(builder.with_ansi(color).compact().finish())
    } else {
        tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish())
    };
    Ok(Log { writer, dropped: Dropped(queue) })
}

/// Fields as `tracing` writes them, the message and errors in another language.
fn saying(say: fn(&str) -> String) -> impl for<'w> FormatFields<'w> {
    let form = move |writer: &mut Writing<'_>, field: &Field, value: &dyn Debug| {
        let text = format!("{value:?}");
        match (field.name(), writer.has_ansi_escapes()) {
            ("message", _) => writer.write_str(&say(&text)),
            (name, color) => {
                // A text is quoted.
                let said = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                    Some(inner) if name == "error" => format!("\"{}\"", say(inner)),
                    None if name == "error" => say(&text),
                    _ => text,
                };
                match color {
                    true => write!(writer, "\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m{said}"),
                    false => write!(writer, "{name}={said}"),
                }
            }
        }
    };
    debug_fn(form).delimited(" ")
}

/// What a thread needs to log.
struct Own {
    lane: Arc<Lane>,
    line: Vec<u8>,
    stamp: Stamp,
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

/// Has `form` make a line in this thread's own room, and puts it into its lane.
fn put(queue: &Queue, form: impl FnOnce(&mut Vec<u8>, &mut Stamp)) {
    // A thread that ends, or that panics while it forms a line, says nothing more.
    let _ = OWN.try_with(|own| {
        let Ok(mut own) = own.try_borrow_mut() else { return };
        let own =
            own.get_or_insert_with(|| Own { lane: queue.lane(), line: Vec::new(), stamp: Stamp::new() });
        own.line.clear();
        form(&mut own.line, &mut own.stamp);
        queue.put(&own.lane, &own.line);
    });
}

/// Logs a line whose fields `fields` gives, where its level is logged.
pub(crate) fn line(level: Level, message: &'static str, fields: impl FnOnce(&mut Line<'_>)) {
    if level > LevelFilter::current() {
        return;
    }
    let Some((queue, form)) = LOG.get() else { return };
    put(queue, |out, stamp| {
        let time = stamp.of(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        let mut line = Line::begin(out, *form, level, time, message);
        fields(&mut line);
        line.end();
    });
}

/// Where `tracing` writes its lines, each in one piece.
struct Traced;

impl io::Write for Traced {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some((queue, _)) = LOG.get() {
            put(queue, |out, _| out.extend_from_slice(line));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
