//! OpenAI in front, OpenAI behind: the original bytes in both directions, only the model's name is rewritten.

use bytes::Bytes;

use super::endpoints::upload;
use super::{answer, error, gather, media, stream};
use crate::adaptor::{Adaptor, Answer, Call, StreamReader, Unsupported, Upload, UpstreamError};
use crate::failure;
use crate::gathered::Gathered;

/// The adaptor.
#[derive(Clone, Copy, Debug)]
pub struct PassThrough;

impl Adaptor for PassThrough {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        Ok(upload(call.operation, call.envelope.with_model(call.body, call.upstream_model)))
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        if call.operation.is_media() {
            return Box::<media::Reader>::default();
        }
        Box::<stream::Reader>::default()
    }

    fn gather(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::<Gathered<stream::Reader, gather::Gather>>::default()
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        answer::read(call.operation, body, call.envelope.stream)
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        failure::answered(error::RULES, status, body, whole)
    }
}
