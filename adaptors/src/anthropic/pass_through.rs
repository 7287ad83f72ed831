//! Anthropic in front, Anthropic behind: the original bytes in both directions, only the model's name is rewritten, and
//! events that lack their `event:` line get it.

use bytes::Bytes;

use super::endpoints::passed;
use super::{answer, error, gather, stream};
use crate::adaptor::{Adaptor, Answer, Call, Operation, StreamReader, Unsupported, Upload, UpstreamError};
use crate::failure;
use crate::gathered::Gathered;

/// The adaptor.
#[derive(Clone, Copy, Debug)]
pub struct PassThrough;

impl Adaptor for PassThrough {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        Ok(passed(call))
    }

    fn stream(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::<stream::Reader>::default()
    }

    fn gather(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::<Gathered<stream::Reader, gather::Gather>>::default()
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        match call.operation {
            Operation::CountTokens => answer::count(body),
            _ => answer::read(body, call.envelope.stream),
        }
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        failure::answered(error::RULES, status, body, whole)
    }
}
