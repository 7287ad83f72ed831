//! The OpenAI dialect: chat completions and embeddings.

mod answer;
mod chat;
mod dialogue;
mod endpoints;
mod error;
mod gather;
mod media;
mod pass_through;
mod stream;

pub use dialogue::OPENAI;
pub use pass_through::PassThrough;
pub use stream::Reader;
