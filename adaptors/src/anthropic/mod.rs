//! The Anthropic dialect: messages.

mod answer;
mod dialogue;
mod endpoints;
mod error;
mod gather;
mod mentions;
mod messages;
mod pass_through;
mod retell;
mod stream;

pub use dialogue::ANTHROPIC;
pub use pass_through::PassThrough;
pub use stream::Reader;
