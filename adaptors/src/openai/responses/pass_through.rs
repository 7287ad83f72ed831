//! Responses in front, responses behind: the original bytes in both directions, only the model's name is rewritten.

use bytes::Bytes;

use super::super::error;
use super::endpoints::{about, upload};
use super::{answer, gather, stream};
use crate::adaptor::{Adaptor, Answer, Call, StreamReader, Unsupported, Upload, UpstreamError};
use crate::failure;

/// The adaptor.
#[derive(Clone, Copy, Debug)]
pub(super) struct PassThrough;

impl Adaptor for PassThrough {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        if call.operation.is_by_name() {
            return about(call);
        }
        Ok(upload(call.operation, call.envelope.with_model(call.body, call.upstream_model)))
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::new(stream::Reader::new(call.operation))
    }

    fn gather(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::<gather::Gather>::default()
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        answer::read(call.operation, body, call.envelope.stream)
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        failure::answered(error::RULES, status, body, whole)
    }
}
