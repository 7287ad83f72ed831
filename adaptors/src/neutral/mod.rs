//! The one conversation that all dialects are translated through: a dialect reads it from, and writes it to, its own
//! wire form, and knows no other dialect. A new dialect is one more [`Dialogue`], not one more pair.

mod adaptor;
mod calls;
mod reader;
mod request;
mod stream;

use bytes::Bytes;

use crate::adaptor::{Adaptor, Call, Dialect};
use crate::json::Read;

pub(crate) use adaptor::Translation;
pub(crate) use request::{
    At, Choice, Content, Conversation, Effort, Format, Part, Role, Signed, Source, Thinking, Tool, Turn,
};
pub(crate) use stream::{Decode, Encode, Event, Sink, Stop, Tokens, raw_text};

/// A dialect's part in a translation: in front, towards clients, or behind, towards upstreams.
pub(crate) trait Dialogue: Send + Sync {
    /// Which it is.
    fn dialect(&self) -> Dialect;
    /// The adaptor between two sides that both speak it: it reads frames, answers and errors by the dialect's rules.
    fn same(&self) -> &'static dyn Adaptor;
    /// A client's request.
    fn read_request<'a>(&self, call: &Call<'a>) -> Read<Conversation<'a>>;
    /// A request for an upstream.
    fn write_request(&self, call: &Call<'_>, conversation: &Conversation<'_>) -> Read<Bytes>;
    /// Reads an upstream's stream.
    fn decoder(&self) -> Box<dyn Decode>;
    /// Writes a client's stream; `whole` when it becomes one answer in the end, with all that belongs to one.
    fn encoder(&self, call: &Call<'_>, whole: bool) -> Box<dyn Encode>;
}
