//! What an answer is: a stream, or one JSON text. Its first bytes say it; the content type is a hint, because streams come
//! as `text/plain`, `application/json` or without any, and JSON comes as a stream.

use adaptors::framing::Nature;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use vitals::EndReason;

use super::call::Attempt;
use super::media::Label;
use crate::clock::deadline::Moment;
use crate::reply::refusal::Refusal;
use crate::upstream::source::Source;

/// Bytes by which an answer is to say what it is.
const LOOKED_AT: usize = 4 * 1024;

impl Attempt<'_> {
    /// Tells whether the answer is a stream.
    pub(super) async fn is_stream(
        &self,
        source: &mut Source,
        headers: &HeaderMap,
        first_byte: Moment,
    ) -> Result<bool, Refusal> {
        let nature = self.nature(source, first_byte).await?;
        if self.call.operation.is_media() && Label::of(headers) == Label::Bytes {
            // What is said in a recording may begin like an event.
            return Ok(false);
        }
        Ok(match nature {
            Nature::Stream => true,
            Nature::Whole => false,
            // Without a content type it is taken for what was asked for.
            Nature::Either | Nature::Open => {
                let untold = self.call.envelope.stream && !headers.contains_key(CONTENT_TYPE);
                untold || self.is_labelled_stream(headers)
            }
        })
    }

    /// Looks at the answer's first bytes and leaves them there, with the blank lines by which some servers show that they
    /// work.
    async fn nature(&self, source: &mut Source, first_byte: Moment) -> Result<Nature, Refusal> {
        let mut begun = Bytes::new();
        let nature = loop {
            let chunk = self.total.until(first_byte, EndReason::FirstByteTimeout, source.chunk()).await;
            begun = match chunk.map_err(Refusal::deadline)? {
                None => break Nature::Open,
                Some(Err(_)) => return Err(Refusal::truncated()),
                Some(Ok(chunk)) if begun.is_empty() => chunk,
                Some(Ok(chunk)) => [begun, chunk].concat().into(),
            };
            let nature = self.upstream.framing().nature(&begun);
            if nature != Nature::Open || begun.len() > LOOKED_AT {
                break nature;
            }
        };
        if !begun.is_empty() {
            source.unread(begun);
        }
        Ok(nature)
    }

    fn is_labelled_stream(&self, headers: &HeaderMap) -> bool {
        let essence = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let essence = essence.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case(self.upstream.framing().content_type())
    }
}
