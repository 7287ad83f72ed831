//! The head of an answer, and what it says of the body behind it (RFC 9112, section 6.3).

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version};

use super::framing::{Framing, HEADERS};

/// Bytes of a head, and of all the interim ones before it.
pub(super) const HEAD: usize = 64 * 1024;

/// What stands at the beginning of some bytes.
pub(super) enum Parsed {
    /// Not all of a head.
    Partial,
    /// An interim answer: the one that was asked for comes behind it.
    Interim,
    Final(Head),
}

pub(super) struct Head {
    pub(super) response: Response<()>,
    pub(super) framing: Framing,
    /// The connection may carry another answer behind this one.
    pub(super) keeps: bool,
}

/// Not an answer in HTTP/1, or one whose end is a matter of opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bad(pub(super) &'static str);

/// What the lines that frame the body say.
#[derive(Default)]
struct Frame {
    length: Option<u64>,
    lengths_differ: bool,
    /// Codings that were applied, in order.
    codings: usize,
    chunked: bool,
    unknown: bool,
    closes: bool,
    keeps: bool,
}

/// Reads a head, and says how long it is. `to_head`: it answers HEAD.
pub(super) fn parse(bytes: &[u8], to_head: bool) -> Result<(usize, Parsed), Bad> {
    let mut room = [const { MaybeUninit::uninit() }; HEADERS];
    let mut read = httparse::Response::new(&mut []);
    let parser = httparse::ParserConfig::default();
    let length = match parser.parse_response_with_uninit_headers(&mut read, bytes, &mut room) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok((0, Parsed::Partial)),
        Err(httparse::Error::TooManyHeaders) => return Err(Bad("the answer's head has too many lines")),
        Err(httparse::Error::Version) => return Err(Bad("the answer's first line is not that of HTTP/1")),
        Err(httparse::Error::Status) => return Err(Bad("the answer has no valid status")),
        Err(_) => return Err(Bad("the answer's head breaks the rules of HTTP/1")),
    };
    let status = read
        .code
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or(Bad("the answer has no valid status"))?;
    if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok((length, Parsed::Interim));
    }
    let version = if read.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    // Its values share one copy.
    let copy = Bytes::copy_from_slice(&bytes[..length]);
    let mut frame = Frame::default();
    let mut headers = HeaderMap::with_capacity(read.headers.len());
    for line in read.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes())
            .map_err(|_| Bad("the answer has a header without a valid name"))?;
        let value = match line.value {
            [] => HeaderValue::from_static(""),
            value => {
                let start = value.as_ptr().addr() - bytes.as_ptr().addr();
                let value = HeaderValue::from_maybe_shared(copy.slice(start..start + value.len()));
                value.map_err(|_| Bad("the answer has a header without a valid value"))?
            }
        };
        frame.reads(&name, &value)?;
        headers.append(name, value);
    }
    let framing = frame.framing(status, version, to_head)?;
    let keeps = match version {
        // Behind it the connection speaks something else.
        _ if status == StatusCode::SWITCHING_PROTOCOLS || frame.closes => false,
        Version::HTTP_10 => frame.keeps,
        _ => true,
    };
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.version_mut() = version;
    *response.headers_mut() = headers;
    Ok((length, Parsed::Final(Head { response, framing, keeps })))
}

impl Frame {
    fn reads(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), Bad> {
        if *name == CONTENT_LENGTH {
            for length in tokens(value) {
                let length = digits(length).ok_or(Bad("the answer has no valid length"))?;
                self.lengths_differ |= self.length.is_some_and(|before| before != length);
                self.length = Some(length);
            }
        } else if *name == TRANSFER_ENCODING {
            for coding in tokens(value) {
                self.codings += 1;
                self.chunked |= coding.eq_ignore_ascii_case(b"chunked");
                self.unknown |= !coding.eq_ignore_ascii_case(b"chunked");
            }
        } else if *name == CONNECTION {
            for option in tokens(value) {
                self.closes |= option.eq_ignore_ascii_case(b"close");
                self.keeps |= option.eq_ignore_ascii_case(b"keep-alive");
            }
        }
        Ok(())
    }

    fn framing(&self, status: StatusCode, version: Version, to_head: bool) -> Result<Framing, Bad> {
        let is_bare = to_head
            || matches!(
                status,
                StatusCode::SWITCHING_PROTOCOLS | StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
            );
        if is_bare {
            return Ok(Framing::Over);
        }
        match (self.length, self.codings) {
            (_, 1..) if version == Version::HTTP_10 => {
                Err(Bad("the answer has a transfer coding in HTTP/1.0"))
            }
            (Some(_), 1..) => Err(BOTH),
            (None, 1) if self.chunked => Ok(Framing::chunked()),
            (None, 1..) => Err(Bad("the answer's transfer coding is not known")),
            (Some(_), 0) if self.lengths_differ => Err(Bad("the answer has two different lengths")),
            (Some(length), 0) => Ok(Framing::length(length)),
            (None, 0) => Ok(Framing::UntilClose),
        }
    }
}

/// Where such an answer ends is a matter of opinion.
const BOTH: Bad = Bad("the answer has both a length and a transfer coding");

fn tokens(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// A number of decimal digits alone: no sign, nothing before or behind it, nothing that wraps around.
fn digits(text: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| char::from(*byte).to_digit(10).map(u64::from);
    let number =
        text.iter().try_fold(0_u64, |number, byte| number.checked_mul(10)?.checked_add(digit(byte)?));
    number.filter(|_| !text.is_empty())
}
