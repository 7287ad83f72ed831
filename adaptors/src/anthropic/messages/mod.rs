//! Messages in translations. docs/translation.md says what maps to what.

mod compaction;
mod decode_block;
pub(super) mod decode_request;
pub(super) mod decode_stream;
mod encode_block;
pub(super) mod encode_request;
mod encode_schema;
pub(super) mod encode_stream;
pub(super) mod ids;
mod schema;
mod stream_block;
mod thinking;
