//! What an answer and the tools' inputs are held to: which schemas, in Anthropic's terms, and how many of them.

use super::schema::{Shape, Why, shape};
use crate::json::Tree;
use crate::neutral::{Conversation, Format, Losses, Place, Refused, Strict, Tool, described};

/// The format of an answer.
pub(super) enum Held {
    /// It is held to this schema.
    To(String),
    /// It is told what to be: no answer can be held to a schema of this kind.
    Told(String),
}

/// The schemas of a request that answers are held to.
#[derive(Default)]
pub(super) struct Schemas {
    pub(super) format: Option<Held>,
    /// Of each tool, where its input is held to one.
    pub(super) tools: Vec<Option<String>>,
}

/// What Anthropic takes in one request.
struct Room {
    tools: usize,
    optional: usize,
    unions: usize,
}

const TOO_MANY: Why =
    "has more optional fields, or values of several types, than this model's upstream takes";
const ROOM: Room = Room { tools: 20, optional: 24, unions: 16 };

impl Room {
    fn take(&mut self, shape: Shape, tools: usize) -> Result<Shape, Why> {
        let left = (
            self.tools.checked_sub(tools),
            self.optional.checked_sub(shape.optional),
            self.unions.checked_sub(shape.unions),
        );
        let (Some(tools), Some(optional), Some(unions)) = left else { return Err(TOO_MANY) };
        *self = Self { tools, optional, unions };
        Ok(shape)
    }
}

/// Finds them, and names what becomes of them.
pub(super) fn schemas(
    conversation: &Conversation<'_>,
    schema_of: impl Fn(&Tool<'_>) -> String,
    losses: &mut Losses<'_>,
) -> Result<Schemas, Refused> {
    let mut room = ROOM;
    let format = match &conversation.format {
        Some(Format::Schema { schema, description, .. }) => {
            Some(format(&described(schema, description.as_deref()), &mut room, losses)?)
        }
        _ => None,
    };
    let mut tools = Vec::with_capacity(conversation.tools.len());
    for (at, tool) in conversation.tools.iter().enumerate() {
        let is_strict = matches!(tool.strict, Some(Strict::Yes | Strict::IfItFits));
        tools.push(if is_strict { input(at, &schema_of(tool), &mut room, losses)? } else { None });
    }
    Ok(Schemas { format, tools })
}

fn format(schema: &str, room: &mut Room, losses: &mut Losses<'_>) -> Result<Held, Refused> {
    // What no tree holds goes as it is.
    let Some(tree) = Tree::of(schema) else { return Ok(Held::To(schema.to_owned())) };
    match shape(tree).and_then(|shape| room.take(shape, 0)) {
        Ok(shape) => Ok(Held::To(told(Place::Schema, schema, &shape, losses)?)),
        Err(why) => {
            losses.becomes(Place::Schema, "prompt", &format!("{why}: {NOT_HELD}"))?;
            Ok(Held::Told(schema.to_owned()))
        }
    }
}

const NOT_HELD: &str = "this model's upstream holds no answer to such a schema";

/// A tool's schema is told in any case.
fn input(
    at: usize,
    schema: &str,
    room: &mut Room,
    losses: &mut Losses<'_>,
) -> Result<Option<String>, Refused> {
    let Some(tree) = Tree::of(schema) else { return Ok(Some(schema.to_owned())) };
    match shape(tree).and_then(|shape| room.take(shape, 1)) {
        Ok(shape) => told(Place::Tool(at), schema, &shape, losses).map(Some),
        Err(_) => {
            losses.note_field(Place::Tool(at), "strict");
            Ok(None)
        }
    }
}

/// The schema that is sent: the client's own where nothing in it is another one.
fn told(place: Place, schema: &str, shape: &Shape, losses: &mut Losses<'_>) -> Result<String, Refused> {
    for keyword in &shape.told {
        losses.keyword(place, keyword)?;
    }
    shape.changed.iter().for_each(|change| losses.note_kind(place, change));
    let is_same = shape.told.is_empty() && shape.changed.is_empty();
    let tree = shape.tree.to_string();
    Ok(if is_same && Tree::of(schema).is_some_and(|own| own.to_string() == tree) {
        schema.to_owned()
    } else {
        tree
    })
}
