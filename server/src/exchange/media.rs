//! Answers that are images, sound, or the text of it. They come in any form, large ones too, and pass as they come: of an
//! answer that is no JSON only the first bytes are waited for.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use vitals::EndReason;

use super::Exchange;
use super::call::{Attempt, Outcome};
use super::headers::from_upstream;
use super::whole::IN_HAND;
use crate::clock::deadline::Moment;
use crate::clock::lock;
use crate::reply::refusal::Refusal;
use crate::upstream::source::Source;

/// Of an answer that does not say what it is, and is no JSON.
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// What a media answer's label says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    None,
    /// JSON, or a page, which is no answer: both are read.
    Read,
    /// Events.
    Stream,
    /// Sound, an image, subtitles, text: nothing that is read here.
    Bytes,
}

impl Label {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Self::None };
        let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "" => Self::None,
            "text/event-stream" => Self::Stream,
            "text/html" => Self::Read,
            json if json.ends_with("/json") || json.ends_with("+json") => Self::Read,
            _ => Self::Bytes,
        }
    }
}

impl Attempt<'_> {
    /// Passes an answer on that is no stream of events.
    pub(super) async fn media(
        &self,
        exchange: &mut Exchange,
        mut source: Source,
        headers: &HeaderMap,
        first_byte: Moment,
    ) -> Result<Outcome, Refusal> {
        let label = Label::of(headers);
        let first = self.total.until(first_byte, EndReason::FirstByteTimeout, source.chunk()).await;
        let first = match first.map_err(Refusal::deadline)? {
            Some(Err(_)) => return Err(Refusal::truncated()),
            Some(Ok(first)) => first,
            // Of a recording in which nobody speaks there may be no text.
            None if label == Label::Bytes && self.call.operation.is_text() => Bytes::new(),
            None => return Err(Refusal::upstream("the upstream's answer is empty")),
        };
        let is_read = match label {
            Label::Bytes => false,
            Label::Read | Label::Stream => true,
            Label::None => matches!(first.trim_ascii_start().first(), Some(b'{' | b'[' | b'<') | None),
        };
        if is_read {
            source.unread(first);
            return self.whole(exchange, source, headers, first_byte, from_upstream(headers)).await;
        }
        exchange.record.first_byte_ms = Some(exchange.entry.age());
        let content_type = headers.get(CONTENT_TYPE).cloned().unwrap_or(BYTES);
        let length: Option<u64> =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let in_hand = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(IN_HAND).min(IN_HAND);
        self.room(exchange, in_hand + source.behind(in_hand))?;
        *lock(&exchange.entry.source) = Some(source);
        let headers = from_upstream(headers);
        Ok(Outcome::Raw { first, length, content_type, is_json: false, headers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_what_is_read_and_what_passes() {
        let of = |text: &'static str| {
            Label::of(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(text))]))
        };
        assert_eq!((of("application/json; charset=utf-8"), of("text/html")), (Label::Read, Label::Read));
        assert_eq!(of("application/problem+json"), Label::Read);
        assert_eq!(
            (of("audio/mpeg"), of("text/plain"), of("image/png")),
            (Label::Bytes, Label::Bytes, Label::Bytes)
        );
        assert_eq!(
            (of("Text/Event-Stream;x"), of(""), Label::of(&HeaderMap::new())),
            (Label::Stream, Label::None, Label::None)
        );
    }
}
