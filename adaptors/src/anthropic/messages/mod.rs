//! Messages in translations. docs/translation.md says what maps to what.

mod decode_block;
mod decode_request;
mod decode_stream;
mod encode_block;
mod encode_request;
mod encode_stream;
mod ids;
mod stream_block;
mod thinking;

use bytes::Bytes;

use crate::adaptor::{Adaptor, Call, Dialect};
use crate::json::Read;
use crate::neutral::{Conversation, Decode, Dialogue, Encode};

/// The dialect's part in a translation.
pub(crate) struct Messages;

impl Dialogue for Messages {
    fn dialect(&self) -> Dialect {
        Dialect::Anthropic
    }

    fn same(&self) -> &'static dyn Adaptor {
        &super::PassThrough
    }

    fn read_request<'a>(&self, call: &Call<'a>) -> Read<Conversation<'a>> {
        decode_request::read(call.body)
    }

    fn write_request(&self, call: &Call<'_>, conversation: &Conversation<'_>) -> Read<Bytes> {
        encode_request::write(call.upstream_model, conversation)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::<decode_stream::Decoder>::default()
    }

    fn encoder(&self, call: &Call<'_>, _whole: bool) -> Box<dyn Encode> {
        Box::new(encode_stream::Encoder::new(call))
    }
}
