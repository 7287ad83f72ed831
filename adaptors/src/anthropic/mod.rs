//! The Anthropic dialect: messages.

mod answer;
mod dialogue;
mod endpoints;
mod error;
mod gather;
mod messages;
mod pass_through;
mod stream;

pub use dialogue::ANTHROPIC;
pub use pass_through::PassThrough;
pub use stream::Reader;
