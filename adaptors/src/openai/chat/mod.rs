//! Chat completions in translations. docs/translation.md says what maps to what.

mod decode_message;
mod decode_request;
mod decode_stream;
mod encode_message;
mod encode_request;
mod encode_stream;

use bytes::Bytes;

use crate::adaptor::{Adaptor, Call, Dialect};
use crate::json::Read;
use crate::neutral::{Conversation, Decode, Dialogue, Encode};

/// The dialect's part in a translation.
pub(crate) struct Chat;

impl Dialogue for Chat {
    fn dialect(&self) -> Dialect {
        Dialect::OpenAi
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

    fn encoder(&self, call: &Call<'_>, whole: bool) -> Box<dyn Encode> {
        Box::new(encode_stream::Encoder::new(call, whole))
    }
}
