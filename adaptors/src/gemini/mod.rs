//! The Gemini dialect: generateContent, streamed in two forms, embeddings and the counting of tokens. Model and operation
//! stand in the path.

mod answer;
mod contents;
mod dialogue;
mod endpoints;
mod error;
mod form;
mod gather;
mod mentions;
mod pass_through;
mod stream;
mod usage;

pub use dialogue::GEMINI;
pub use pass_through::PassThrough;
pub use stream::Reader;
