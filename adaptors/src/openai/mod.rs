//! The OpenAI dialects: chat completions with embeddings, and responses.

mod answer;
mod arguments;
mod chat;
mod chunk;
mod data_url;
mod dialogue;
mod effort;
mod endpoints;
mod error;
mod gather;
mod hints;
mod like;
mod media;
mod mentions;
mod models;
mod node;
mod pass_through;
mod responses;
mod retell;
mod stream;
mod strict;
mod tokens;

pub use dialogue::OPENAI;
pub use pass_through::PassThrough;
pub use responses::RESPONSES;
pub use stream::Reader;
