//! OpenAI's responses: the dialect that Codex and the newer SDKs speak. docs/translation.md says what maps to what.

mod answer;
mod decode_call;
mod decode_item;
mod decode_part;
mod decode_request;
mod decode_stream;
mod decode_tool;
mod dialogue;
mod encode_item;
mod encode_request;
mod encode_stream;
mod endpoints;
mod event;
mod gather;
mod item;
mod known;
mod mentions;
mod named;
mod outline;
mod pass_through;
mod retell;
mod signature;
mod stream;
mod title;
mod wanted;

pub use dialogue::RESPONSES;
