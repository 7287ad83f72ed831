//! Gemini in front, Gemini behind: the original bytes in both directions. The model is named in the path.

use bytes::Bytes;

use super::form::Form;
use super::{answer, endpoints, error, gather, stream};
use crate::adaptor::{Adaptor, Answer, Call, StreamReader, Unsupported, Upload, UpstreamError};
use crate::failure;
use crate::gathered::Gathered;

/// The adaptor.
#[derive(Clone, Copy, Debug)]
pub struct PassThrough;

impl Adaptor for PassThrough {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        Ok(endpoints::passed(call))
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::new(stream::Reader::new(Form::of(call.path)))
    }

    fn gather(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        let inner = stream::Reader::new(Form::Events);
        Box::new(Gathered { inner, pieces: gather::Gather::default() })
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        answer::read(call.operation, body, call.envelope.stream.then(|| Form::of(call.path)))
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        failure::answered(error::RULES, status, body, whole)
    }

    fn asks_to_wait(&self, body: &[u8]) -> Option<u64> {
        error::asks_to_wait(body)
    }
}
