//! Chat completions in translations. docs/translation.md says what maps to what.

mod calls;
mod decode_message;
pub(super) mod decode_request;
pub(super) mod decode_stream;
mod decode_thinking;
mod encode_message;
pub(super) mod encode_request;
pub(super) mod encode_stream;
pub(super) mod encode_whole;
mod places;
mod signature;
