//! The one conversation that all dialects are translated through: a dialect reads it from, and writes it to, its own
//! wire form, and knows no other dialect. A new dialect is one more [`Dialogue`], not one more pair.
#![expect(
    missing_docs,
    reason = "a field's name says what it is; its comment says a unit, a bound or a rule"
)]

mod alias;
mod call_ids;
mod calls;
mod described;
mod dialogue;
mod effort;
mod halves;
mod hints;
mod losses;
mod part;
mod place;
mod plain;
mod reader;
mod request;
mod signed;
pub(crate) mod spelled;
mod stream;
mod telling;
mod translation;
mod turns;

pub(crate) use alias::{WITHIN, withhold};
pub(crate) use call_ids::{Ids, SHORTEST, fit, made_up, short};
pub(crate) use described::described;
pub use dialogue::{Dialect, Dialogue, Offer, Serves};
pub use effort::{Effort, Thinking};
pub use hints::{Hint, Names, Wish, json_of};
pub(crate) use hints::{name_of, take as take_hints};
pub use losses::{Fit, Losses};
pub use part::{Content, Part, Source};
pub use place::{Place, Refused};
pub use request::{Choice, Conversation, Format, Role, Strict, Tool, Turn};
pub use signed::{Signed, by};
pub use stream::{Decode, Encode, Event, Sink, Stop, Tokens};
pub(crate) use stream::{raw_piece, raw_text, read_whole};
pub use translation::Translation;
