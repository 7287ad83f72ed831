//! The OpenAI dialects: chat completions with embeddings, and responses.

mod answer;
mod chat;
mod data_url;
mod dialogue;
mod endpoints;
mod error;
mod gather;
mod media;
mod models;
mod pass_through;
mod responses;
mod stream;

pub use dialogue::OPENAI;
pub use pass_through::PassThrough;
pub use responses::RESPONSES;
pub use stream::Reader;
