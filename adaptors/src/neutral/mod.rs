//! The one conversation that all dialects are translated through: a dialect reads it from, and writes it to, its own
//! wire form, and knows no other dialect. A new dialect is one more [`Dialogue`], not one more pair.
#![expect(
    missing_docs,
    reason = "a field's name says what it is; its comment says a unit, a bound or a rule"
)]

mod calls;
mod dialogue;
mod losses;
mod reader;
mod request;
pub(crate) mod spelled;
mod stream;
mod translation;

pub use dialogue::{Dialect, Dialogue, Offer};
pub use losses::Losses;
pub use request::{
    Choice, Content, Conversation, Effort, Format, Part, Place, Refused, Role, Signed, Source, Thinking,
    Tool, Turn,
};
pub(crate) use stream::raw_text;
pub use stream::{Decode, Encode, Event, Sink, Stop, Tokens};
pub use translation::Translation;
