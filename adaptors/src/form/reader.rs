//! Reads a form in the pieces in which it comes. Of a file nothing is kept but what could be the beginning of a boundary.

use std::ops::Range;

use memchr::memmem;

use super::head::name;
use super::{broken, refused};
use crate::envelope::{Envelope, EnvelopeError};

/// Bytes of one part's headers.
const HEAD: usize = 8 * 1024;
const PARTS: usize = 1000;
/// Bytes of a model's name.
const NAME: usize = 512;

/// A form as far as it has come.
#[derive(Debug)]
pub struct Reader {
    /// The boundary behind a line feed.
    line: Vec<u8>,
    finder: memmem::Finder<'static>,
    state: State,
    /// Bytes of what is being read that are not judged yet, or of a value in which a boundary could begin.
    kept: Vec<u8>,
    /// Bytes that came before those that are read now.
    at: usize,
    parts: usize,
    model: Option<(String, Range<usize>)>,
    stream: bool,
}

#[derive(Debug)]
enum State {
    /// Before the first boundary's end.
    Opening,
    /// Behind a boundary: the headers of a part, or the form's end.
    Head,
    Value(Value),
    Over,
}

/// A part's value.
#[derive(Debug)]
struct Value {
    of: Of,
    begins: usize,
    /// As much of it as may matter; with the beginning of the boundary behind it.
    text: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Model,
    Stream,
    Other,
}

impl Reader {
    /// Reads a form with this boundary.
    #[must_use]
    pub fn new(boundary: &str) -> Self {
        let line = format!("\n--{boundary}").into_bytes();
        Self {
            finder: memmem::Finder::new(&line).into_owned(),
            line,
            state: State::Opening,
            kept: Vec::new(),
            at: 0,
            parts: 0,
            model: None,
            stream: false,
        }
    }

    /// Reads the next bytes of the form.
    ///
    /// # Errors
    /// When it is no form, or its model is given twice or unclear. It is not to be read on then.
    pub fn read(&mut self, data: &[u8]) -> Result<(), EnvelopeError> {
        let mut rest = data;
        while !rest.is_empty() {
            let took = match std::mem::replace(&mut self.state, State::Over) {
                State::Over => rest.len(),
                State::Opening => self.opening(rest)?,
                State::Head => self.head(rest)?,
                State::Value(value) => self.value(value, rest)?,
            };
            self.at += took;
            rest = rest.get(took..).unwrap_or_default();
        }
        Ok(())
    }

    /// What routing needs, once the model's name has come whole: nothing that follows may name another.
    #[must_use]
    pub fn envelope(&self) -> Option<Envelope> {
        let (model, at) = self.model.clone()?;
        Some(Envelope { model, stream: self.stream, model_at: Some(at) })
    }

    /// The client asks for a stream, as far as the form has come.
    #[must_use]
    pub fn wants_stream(&self) -> bool {
        self.stream
    }

    /// The form is over. Where it named no model, that is `default`, if there is one.
    ///
    /// # Errors
    /// When it is not whole, or names no model.
    pub fn finish(&self, default: Option<&str>) -> Result<Envelope, EnvelopeError> {
        match (&self.state, self.envelope(), default) {
            (State::Over, Some(envelope), _) => Ok(envelope),
            (State::Over, None, Some(model)) => {
                Ok(Envelope { model: model.to_owned(), stream: self.stream, model_at: None })
            }
            (State::Over, None, None) => {
                Err(refused("`model` is missing: name a model in a part of the form"))
            }
            (State::Opening, ..) => Err(no_form()),
            (State::Head | State::Value(_), ..) => Err(broken("it breaks off inside a part")),
        }
    }

    /// Reads the first boundary. Tells how many bytes it took, as those below.
    fn opening(&mut self, data: &[u8]) -> Result<usize, EnvelopeError> {
        let boundary = &self.line[1..];
        let took = data.len().min(boundary.len() - self.kept.len());
        self.kept.extend_from_slice(&data[..took]);
        if !boundary.starts_with(&self.kept) {
            return Err(no_form());
        }
        let whole = self.kept.len() == boundary.len();
        if whole {
            self.kept.clear();
        }
        self.state = if whole { State::Head } else { State::Opening };
        Ok(took)
    }

    /// Reads what stands behind a boundary.
    fn head(&mut self, data: &[u8]) -> Result<usize, EnvelopeError> {
        let before = self.kept.len();
        self.kept.extend_from_slice(&data[..data.len().min(HEAD - before)]);
        let kept = &self.kept[..];
        if kept.starts_with(b"--") {
            // What follows is no part of it.
            self.kept.clear();
            return Ok(data.len());
        }
        let begins_well = kept.starts_with(b"\r\n") || kept == b"\r" || kept == b"-";
        if !begins_well || self.parts == PARTS {
            return Err(broken("a boundary is not at the end of its line, or there are too many"));
        }
        let Some(end) = memmem::find(kept, b"\r\n\r\n") else {
            if kept.len() == HEAD {
                return Err(broken("the headers of a part do not end"));
            }
            self.state = State::Head;
            return Ok(data.len());
        };
        let took = end + 4 - before;
        let of = self.judge(end)?;
        self.parts += 1;
        // The line feed before a value may be a boundary's: then it is no value.
        self.kept.clear();
        self.kept.push(b'\n');
        self.state = State::Value(Value { of, begins: self.at + took, text: Vec::new() });
        Ok(took)
    }

    /// Whose value follows these headers, which end there.
    fn judge(&self, end: usize) -> Result<Of, EnvelopeError> {
        let head = std::str::from_utf8(&self.kept[2.min(end)..end]).unwrap_or_default();
        let name = name(head)?;
        if !name.eq_ignore_ascii_case("model") {
            return Ok(if name == "stream" { Of::Stream } else { Of::Other });
        }
        if name != "model" || head.to_ascii_lowercase().contains("content-transfer-encoding") {
            return Err(refused("`model` must be written in lower case, and not encoded"));
        }
        match self.model {
            None => Ok(Of::Model),
            Some(_) => Err(refused("`model` is given twice: send it once")),
        }
    }

    /// Reads a value up to the boundary behind it.
    fn value(&mut self, mut value: Value, data: &[u8]) -> Result<usize, EnvelopeError> {
        value.keep(data, self.line.len());
        let Some((took, is_line)) = self.find(data) else {
            self.keep_end(data);
            if value.is_long(self.line.len()) {
                return Err(no_name());
            }
            self.state = State::Value(value);
            return Ok(data.len());
        };
        // A reader that is content with less would see another part here.
        if !is_line {
            return Err(broken("a boundary does not stand behind a whole line end"));
        }
        let end = self.at + took - self.line.len() - 1;
        let length = end - value.begins;
        match value.of {
            Of::Model => {
                let text = value.text.get(..length).ok_or_else(no_name)?;
                self.model = Some((model_of(text)?, value.begins..end));
            }
            Of::Stream => self.stream = value.text.get(..length) == Some(&b"true"[..]),
            Of::Other => {}
        }
        self.kept.clear();
        self.state = State::Head;
        Ok(took)
    }

    /// Where in these bytes the next boundary ends, and whether a whole line end stands before it.
    fn find(&self, data: &[u8]) -> Option<(usize, bool)> {
        let (kept, line) = (&self.kept, self.line.len());
        let across = [&kept[..], &data[..data.len().min(line - 1)]].concat();
        if let Some(at) = self.finder.find(&across).filter(|at| *at < kept.len()) {
            let before = at.checked_sub(1).map(|before| across[before]);
            return Some((at + line - kept.len(), before == Some(b'\r')));
        }
        let at = self.finder.find(data)?;
        let before = if at == 0 { kept.last() } else { data.get(at - 1) };
        Some((at + line, before == Some(&b'\r')))
    }

    /// Keeps the last bytes of a value: a boundary, with the carriage return before it, may begin in them.
    fn keep_end(&mut self, data: &[u8]) {
        let wanted = self.line.len();
        if data.len() >= wanted {
            self.kept.clear();
        }
        self.kept.extend_from_slice(&data[data.len().saturating_sub(wanted)..]);
        self.kept.drain(..self.kept.len().saturating_sub(wanted));
    }
}

impl Value {
    fn keep(&mut self, data: &[u8], line: usize) {
        if self.of != Of::Other {
            let room = NAME + line + 2 - self.text.len();
            self.text.extend_from_slice(&data[..data.len().min(room)]);
        }
    }

    /// Whatever follows, it is too long for a name.
    fn is_long(&self, line: usize) -> bool {
        self.of == Of::Model && self.text.len() == NAME + line + 2
    }
}

fn model_of(value: &[u8]) -> Result<String, EnvelopeError> {
    let name = std::str::from_utf8(value).ok().filter(|name| (1..=NAME).contains(&name.len()));
    let name = name.filter(|name| !name.chars().any(char::is_control));
    name.map(str::to_owned).ok_or_else(no_name)
}

fn no_name() -> EnvelopeError {
    refused("`model` is not a name: send one line of text")
}

fn no_form() -> EnvelopeError {
    broken("it does not begin with the boundary of its content type")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form with a file full of what is nearly a boundary.
    fn form(parts: &[(&str, &str)]) -> Vec<u8> {
        let part = |(name, value): &(&str, &str)| {
            format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        (parts.iter().map(part).collect::<String>() + "--limit--\r\nafter").into_bytes()
    }

    /// What comes of it in pieces of this length, and after how many bytes the model was known.
    fn pieces(body: &[u8], length: usize) -> Result<(Envelope, Option<usize>), EnvelopeError> {
        let (mut reader, mut known, mut read) = (Reader::new("limit"), None, 0);
        for piece in body.chunks(length) {
            reader.read(piece)?;
            read += piece.len();
            known = known.or(reader.envelope().map(|_| read));
            assert!(reader.kept.len() <= HEAD);
        }
        Ok((reader.finish(None)?, known))
    }

    const FILE: (&str, &str) = ("file", "\r\n--limi\r\n-\r\r\n--lim it--limit\n--limi\r");

    #[test]
    fn in_any_pieces_a_form_is_read_as_in_one() {
        let (model, stream) = (("model", "whisper-1"), ("stream", "true"));
        for parts in [&[model, FILE, stream][..], &[FILE, stream, model], &[stream, FILE, FILE, model, FILE]]
        {
            let body = form(parts);
            let (whole, _) = pieces(&body, body.len()).unwrap();
            assert_eq!(&body[whole.model_at.clone().unwrap()], b"whisper-1");
            let end = whole.model_at.clone().unwrap().end + b"\r\n--limit".len();
            for length in 1..body.len() {
                let (read, known) = pieces(&body, length).unwrap();
                assert_eq!((&read, known), (&whole, Some(end.next_multiple_of(length).min(body.len()))));
            }
        }
    }

    #[test]
    fn what_is_refused_in_one_is_refused_in_any_pieces() {
        let model = ("model", "small");
        for (parts, why) in [
            (&[model, FILE, ("model", "big")][..], "twice"),
            (&[FILE, ("x", "a\n--limit\r\n")], "line end"),
            (&[FILE, ("x", "--limit\r\n")], "line end"),
            (&[("x", "\n--limit\r\n")], "line end"),
            (&[("x", "\r\n--limited")], "end of its line"),
            (&[("model", "")], "not a name"),
            (&[("model", "\n--limit")], "line end"),
        ] {
            let body = form(parts);
            for length in 1..body.len() {
                let error = pieces(&body, length).unwrap_err();
                assert!(error.message.contains(why), "{parts:?} {length}: {error}");
            }
        }
        let long = "x".repeat(NAME);
        assert!(pieces(&form(&[("model", &long)]), 1).is_ok());
        let body = form(&[("model", &(long + "x"))]);
        assert!([1, 100, body.len()].iter().all(|length| pieces(&body, *length).is_err()));
        let mut endless = Reader::new("limit");
        endless.read(b"--limit\r\nx: ").unwrap();
        assert!((0..HEAD).any(|_| endless.read(b"x").is_err()));
    }
}
