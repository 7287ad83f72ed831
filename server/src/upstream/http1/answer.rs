//! An answer as its bytes come, in whatever pieces: its head, the content of its body, its end. Knows no connection.

use std::ops::Range;

use http::Response;

use super::framing::Framing;
use super::head::{self, Bad, HEAD, Head, Parsed};

/// Reads one answer.
#[derive(Debug)]
pub struct Answer {
    stage: Stage,
    /// It answers HEAD.
    to_head: bool,
    /// A head that has not come whole.
    begun: Vec<u8>,
    /// Bytes of it when it was last read in vain.
    tried: usize,
    /// Bytes of interim answers.
    interim: usize,
    /// Bytes have come.
    came: bool,
    /// The connection may carry another answer, as far as this one has come.
    keeps: bool,
}

/// What was taken of some bytes.
#[derive(Debug)]
pub struct Taken {
    /// The head, once.
    pub head: Option<Response<()>>,
    /// Which of the bytes are content of the body.
    pub content: Range<usize>,
    /// How many were taken. More content may stand behind them.
    pub taken: usize,
}

impl Taken {
    fn all(came: &[u8]) -> Self {
        Self { head: None, content: 0..0, taken: came.len() }
    }
}

#[derive(Debug)]
enum Stage {
    Head,
    Body(Framing),
    NotHttp(&'static str),
}

impl Answer {
    /// The answer to a request; `to_head`: to HEAD, whose answers have no body.
    #[must_use]
    pub fn new(to_head: bool) -> Self {
        let stage = Stage::Head;
        Self { stage, to_head, begun: Vec::new(), tried: 0, interim: 0, came: false, keeps: true }
    }

    /// Takes of what has come, up to the end of the first content in it; asked again with the rest, it takes more.
    pub fn takes(&mut self, came: &[u8]) -> Taken {
        self.came |= !came.is_empty();
        match &mut self.stage {
            Stage::Body(_) => self.content(came, 0, None),
            // Mostly a head comes in one piece.
            Stage::Head if self.begun.is_empty() => self.head(came, 0),
            Stage::Head => {
                let mut all = std::mem::take(&mut self.begun);
                let before = all.len();
                all.extend_from_slice(came);
                // A head is not read again for each byte that comes of it.
                if all.len() < 2 * self.tried
                    && all.len() <= HEAD
                    && !ends_head(&all[before.saturating_sub(3)..])
                {
                    self.begun = all;
                    return Taken::all(came);
                }
                self.head(&all, before)
            }
            Stage::NotHttp(_) => Taken::all(came),
        }
    }

    /// Reads a head, of which so many bytes had come before.
    fn head(&mut self, all: &[u8], before: usize) -> Taken {
        let came = &all[before..];
        let mut read = 0;
        loop {
            let rest = &all[read..];
            match head::parse(rest, self.to_head) {
                Ok((length, Parsed::Final(Head { response, framing, keeps }))) if length <= HEAD => {
                    (self.stage, self.keeps) = (Stage::Body(framing), keeps);
                    // It was not whole before.
                    return self.content(came, (read + length).saturating_sub(before), Some(response));
                }
                Ok((length, Parsed::Interim)) => {
                    self.interim += length;
                    read += length;
                }
                Ok((_, Parsed::Partial)) if rest.len() <= HEAD => {
                    self.tried = rest.len();
                    self.begun.extend_from_slice(rest);
                    return Taken::all(came);
                }
                Ok(_) => return self.fails(TOO_LARGE, came),
                Err(bad) => return self.fails(bad, came),
            }
            if self.interim > HEAD {
                return self.fails(TOO_LARGE, came);
            }
        }
    }

    fn fails(&mut self, Bad(why): Bad, came: &[u8]) -> Taken {
        (self.stage, self.keeps) = (Stage::NotHttp(why), false);
        Taken::all(came)
    }

    /// Reads the body, which begins there.
    fn content(&mut self, came: &[u8], start: usize, head: Option<Response<()>>) -> Taken {
        let Stage::Body(framing) = &mut self.stage else { return Taken::all(came) };
        let (content, taken) = framing.read(&came[start..]);
        let (content, mut taken) = (content.start + start..content.end + start, taken + start);
        match framing {
            // What comes behind an answer that is over is no other answer: nobody has asked for one.
            Framing::Over if taken < came.len() => (self.keeps, taken) = (false, came.len()),
            Framing::Broken => (self.keeps, taken) = (false, came.len()),
            Framing::UntilClose => self.keeps = false,
            _ => {}
        }
        Taken { head, content, taken }
    }

    /// The connection has ended, or broke.
    pub fn ends(&mut self) {
        self.keeps = false;
        match &mut self.stage {
            Stage::Body(framing) => framing.ends(),
            // What has not been read since more of it came may be no head at all.
            Stage::Head if self.begun.len() > self.tried => {
                if let Err(Bad(why)) = head::parse(&self.begun, self.to_head) {
                    self.stage = Stage::NotHttp(why);
                }
            }
            Stage::Head | Stage::NotHttp(_) => {}
        }
    }

    /// It has come to a clean end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Body(Framing::Over))
    }

    /// Its body broke off, or breaks the rules.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        matches!(self.stage, Stage::Body(Framing::Broken))
    }

    /// Why what came is no answer.
    #[must_use]
    pub fn no_answer(&self) -> Option<&'static str> {
        if let Stage::NotHttp(why) = self.stage { Some(why) } else { None }
    }

    /// Some of it has come.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.came
    }

    /// It is over, and its connection may carry another.
    #[must_use]
    pub fn leaves_it_free(&self) -> bool {
        self.is_over() && self.keeps
    }
}

const TOO_LARGE: Bad = Bad("the answer's head is too large");

/// Tells whether a head may end in here.
fn ends_head(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"\n\n").is_some() || memchr::memmem::find(bytes, b"\n\r\n").is_some()
}
