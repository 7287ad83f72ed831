//! generateContent in translations. docs/translation.md says what maps to what.

mod decode_config;
mod decode_part;
pub(super) mod decode_request;
pub(super) mod decode_stream;
mod encode_part;
pub(super) mod encode_request;
pub(super) mod encode_stream;
pub(super) mod hints;
mod ids;
mod parts;
mod schema;
pub(super) mod signature;
mod thinking;
