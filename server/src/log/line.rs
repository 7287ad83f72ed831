//! The form of a request's line: as the other lines of the log, which `tracing` forms, but at a small part of their price.
//! A test holds the two together.

use std::fmt::Display;
use std::io::Write as _;
use std::net::IpAddr;

use tracing::Level;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text { color: bool },
    Json,
}

/// A line under way: its fields follow each other as they are given; one that is `None` is left out.
pub(crate) struct Line<'a> {
    out: &'a mut Vec<u8>,
    form: Form,
}

impl<'a> Line<'a> {
    pub(super) fn begin(
        out: &'a mut Vec<u8>,
        form: Form,
        level: Level,
        time: &[u8],
        message: &'static str,
    ) -> Self {
        let mut line = Self { out, form };
        match form {
            Form::Json => {
                for part in [b"{\"timestamp\":\"", time, b"\",\"level\":\"", level.as_str().as_bytes(), b"\""]
                {
                    line.out.extend_from_slice(part);
                }
                line.text("message", message);
            }
            Form::Text { color } => {
                let shade = match level {
                    Level::ERROR => "31",
                    Level::WARN => "33",
                    Level::INFO => "32",
                    Level::DEBUG => "34",
                    Level::TRACE => "35",
                };
                let level = format_args!("{:>5}", level.as_str());
                let time = String::from_utf8_lossy(time);
                if color {
                    line.write(format_args!("\x1b[2m{time}\x1b[0m \x1b[{shade}m{level}\x1b[0m {message}"));
                } else {
                    line.write(format_args!("{time} {level} {message}"));
                }
            }
        }
        line
    }

    /// A text, which text quotes.
    pub(crate) fn text<'v>(&mut self, name: &'static str, value: impl Into<Option<&'v str>>) {
        let Some(value) = value.into() else { return };
        self.name(name);
        match self.form {
            Form::Json => quoted(self.out, value),
            Form::Text { .. } => self.write(format_args!("{value:?}")),
        }
    }

    /// A text that holds no blank, which text does not quote.
    pub(crate) fn word(&mut self, name: &'static str, value: &str) {
        self.name(name);
        match self.form {
            Form::Json => quoted(self.out, value),
            Form::Text { .. } => self.out.extend_from_slice(value.as_bytes()),
        }
    }

    pub(crate) fn address(&mut self, name: &'static str, value: Option<IpAddr>) {
        let Some(value) = value else { return };
        self.name(name);
        let json = self.form == Form::Json;
        self.out.extend_from_slice(if json { b"\"" } else { b"" });
        match value {
            IpAddr::V4(address) => {
                for (n, octet) in address.octets().into_iter().enumerate() {
                    self.out.extend_from_slice(if n > 0 { b"." } else { b"" });
                    number(self.out, octet.into());
                }
            }
            IpAddr::V6(address) => self.write(address),
        }
        self.out.extend_from_slice(if json { b"\"" } else { b"" });
    }

    pub(crate) fn number(&mut self, name: &'static str, value: impl Into<Option<u64>>) {
        let Some(value) = value.into() else { return };
        self.name(name);
        number(self.out, value);
    }

    pub(crate) fn flag(&mut self, name: &'static str, value: bool) {
        self.name(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(super) fn end(self) {
        self.out.extend_from_slice(if self.form == Form::Json { b"}\n" } else { b"\n" });
    }

    fn name(&mut self, name: &'static str) {
        let (before, after): (&[u8], &[u8]) = match self.form {
            Form::Json => (b",\"", b"\":"),
            Form::Text { color: false } => (b" ", b"="),
            Form::Text { color: true } => (b" \x1b[3m", b"\x1b[0m\x1b[2m=\x1b[0m"),
        };
        for part in [before, name.as_bytes(), after] {
            self.out.extend_from_slice(part);
        }
    }

    fn write(&mut self, value: impl Display) {
        // A vector takes everything.
        let _ = write!(self.out, "{value}");
    }
}

/// Some instructions a digit: the formatter costs a hundred or two.
fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut begin = digits.len();
    loop {
        begin -= 1;
        digits[begin] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[begin..]);
}

fn quoted(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    // Looked through as a whole, many bytes at once; next to none holds anything.
    if value.bytes().fold(false, |any, byte| any | is_escaped(byte)) {
        escaped(out, value);
    } else {
        out.extend_from_slice(value.as_bytes());
    }
    out.push(b'"');
}

/// RFC 8259, section 7.
fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn escaped(out: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            control @ ..b' ' => {
                let _ = write!(out, "\\u{control:04x}");
                continue;
            }
            plain => {
                out.push(plain);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::format::Writer;
    use tracing_subscriber::fmt::time::FormatTime;

    use super::*;

    const TIME: &str = "2026-11-29T09:30:00.123456Z";
    const WILD: &str = "a\"b\\c\n\r\t\u{8}\u{c}\0\u{1b}[31m\u{7f} é €\u{2028}";

    struct Stands;

    impl FormatTime for Stands {
        fn format_time(&self, to: &mut Writer<'_>) -> std::fmt::Result {
            to.write_str(TIME)
        }
    }

    /// What `tracing` makes of an event in this form.
    fn traced(form: Form, event: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Kept(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Kept {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let kept = Kept::default();
        let to = kept.clone();
        let builder = tracing_subscriber::fmt()
            .with_writer(move || to.clone())
            .with_max_level(Level::TRACE)
            .with_target(false)
            .with_timer(Stands);
        match form {
            Form::Json => {
                tracing::subscriber::with_default(builder.json().flatten_event(true).finish(), event);
            }
            Form::Text { color } => {
                tracing::subscriber::with_default(builder.with_ansi(color).compact().finish(), event);
            }
        }
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_has_the_form_that_the_other_lines_have() {
        for form in [Form::Json, Form::Text { color: false }, Form::Text { color: true }] {
            macro_rules! both {
                ($level:ident, $event:ident, $value:expr, $ip:expr, $number:expr, $optional:expr) => {{
                    let ip: IpAddr = $ip.parse().unwrap();
                    let mut out = Vec::new();
                    let mut line = Line::begin(&mut out, form, Level::$level, TIME.as_bytes(), "request");
                    line.word("id", "1f");
                    line.text("end", $value);
                    line.flag("stream", $number == 0);
                    line.text("model", $optional);
                    line.address("client", Some(ip));
                    line.address("none", None);
                    line.number("ms", $number);
                    line.number("first_byte_ms", $optional.map(|_| 7));
                    line.end();
                    let traced = traced(form, || {
                        tracing::$event!(
                            id = %"1f",
                            end = $value,
                            stream = $number == 0,
                            model = $optional,
                            client = %ip,
                            ms = $number,
                            first_byte_ms = $optional.map(|_| 7_u64),
                            "request"
                        );
                    });
                    assert_eq!(String::from_utf8(out).unwrap(), traced, "{form:?}");
                }};
            }
            both!(INFO, info, "done", "127.0.0.1", 0_u64, None::<&str>);
            both!(WARN, warn, WILD, "255.10.0.249", 10_u64, Some(WILD));
            both!(ERROR, error, "", "2001:db8::1", u64::MAX, Some("gpt-5-mini"));
            both!(DEBUG, debug, "a b", "::ffff:1.2.3.4", 1_234_567_890_u64, Some(""));
        }
    }
}
