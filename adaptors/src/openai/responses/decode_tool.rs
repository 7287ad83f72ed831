//! A client's tools, and which of them it wants called, read. What can be told as a function is one.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::known::{Known, is_clients};
use super::title::{Form, Title, form_of, join};
use super::wanted::{Titles, Wanted};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, text, within};
use crate::neutral::{Choice, Strict, Tool, withhold};

/// What clients always offer and no other dialect has: it is left out where the channel allows it.
const OPTIONAL: [&str; 8] = [
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    // In a container of the upstream's.
    "shell",
    "image_generation",
    "code_interpreter",
    "tool_search",
];
/// The input of a tool that takes any text.
const FREE: &str = r#"{"type":"object","properties":{"input":{"type":"string","description":"The whole text that the tool takes, as it is"}},"required":["input"],"additionalProperties":false}"#;

/// The tools of a request, wherever they stand in it.
#[derive(Debug, Default)]
pub(super) struct Offered<'a> {
    pub(super) tools: Vec<Tool<'a>>,
    /// The names of those that the choice leaves out.
    pub(super) withheld: Vec<Cow<'a, str>>,
    /// Those that are known by their kind.
    known: Vec<Known>,
    /// Kinds of those that are left out.
    left: Vec<Cow<'a, str>>,
    /// Some came behind the first list.
    is_more: bool,
}

impl<'a> Offered<'a> {
    /// The tools in a list of this name.
    pub(super) fn read(&mut self, list: Vec<&'a RawValue>, dropped: &mut Dropped) -> Read<()> {
        self.read_in(list, &mut Space::default(), dropped)
    }

    fn read_in(&mut self, list: Vec<&'a RawValue>, space: &mut Space<'a>, dropped: &mut Dropped) -> Read<()> {
        for (at, raw) in list.into_iter().enumerate() {
            let outer = format_args!("tools[{at}]");
            within(outer, dropped, |dropped| self.tool(Fields::of(raw)?, space, dropped))?;
        }
        Ok(())
    }

    fn tool(&mut self, mut tool: Fields<'a>, space: &mut Space<'a>, dropped: &mut Dropped) -> Read<()> {
        let kind = tool.need("type")?;
        let known = Known::of(&kind);
        let mut environment = if known.is_some() { tool.object("environment")? } else { None };
        let known = known.filter(|_| is_clients(environment.as_mut()));
        let read = match (kind.as_ref(), known) {
            (_, Some(known)) => known_tool(known),
            ("function", _) => function(&mut tool, space)?,
            ("custom", _) => free(&mut tool, space, dropped)?,
            ("namespace", _) if space.name.is_none() => return self.space(tool, dropped),
            ("tool_search", _) if tool.text("execution")?.as_deref() == Some("client") => {
                let name = join(Form::Search, None, "tool_search".into());
                Tool { name, ..function_of(&mut tool, "".into())? }
            }
            (kind, _) if OPTIONAL.contains(&kind) && !dropped.refuses() => {
                dropped.note(format_args!(":{kind}"));
                self.left.push(kind.to_owned().into());
                return Ok(());
            }
            (kind, _) => {
                let what =
                    format!("is \"{kind}\", and only functions can be offered to this model: leave it out");
                return Err(Bad::new("type", what));
            }
        };
        if let Some(environment) = environment {
            within("environment", dropped, |dropped| environment.end(dropped))?;
        }
        // All tools are offered at once.
        tool.leave(&["defer_loading", "output_schema", "allowed_callers"], dropped);
        tool.end(dropped)?;
        // What has no name of its own is one tool, however often it is offered: a few bytes ask for much to be told.
        if let Some(known) = known {
            if self.known.contains(&known) {
                return Ok(());
            }
            self.known.push(known);
        }
        self.tools.push(Tool { description: space.told(read.description), ..read });
        Ok(())
    }

    /// Tools that a client came to offer on the way. It may have found one twice.
    pub(super) fn read_more(&mut self, list: Vec<&'a RawValue>, dropped: &mut Dropped) -> Read<()> {
        self.is_more = true;
        self.read(list, dropped)
    }

    fn space(&mut self, mut fields: Fields<'a>, dropped: &mut Dropped) -> Read<()> {
        let mut space = Space { name: Some(fields.need("name")?), about: fields.text("description")? };
        let list = fields.list("tools")?.unwrap_or_default();
        fields.end(dropped)?;
        self.read_in(list, &mut space, dropped)
    }

    /// Which of them is to be called.
    pub(super) fn choice(
        &mut self,
        fields: &mut Fields<'a>,
        dropped: &mut Dropped,
    ) -> Read<Option<Choice<'a>>> {
        if self.is_more {
            let mut seen = HashSet::with_capacity(self.tools.len());
            self.tools.retain(|tool| seen.insert(tool.name.clone()));
        }
        let Some(raw) = fields.take("tool_choice") else { return Ok(None) };
        let chosen = match text(raw).as_deref() {
            // Where all that was offered is left out there is nothing to choose from.
            Some("auto") => Choice::Auto,
            Some("none") => Choice::None,
            Some("required") => Choice::Any,
            Some(_) => {
                return Err(Bad::new("tool_choice", "must be auto, none, required, or name a function"));
            }
            None => within("tool_choice", dropped, |dropped| {
                let choice = Fields::of(raw).map_err(|_| Bad::new("", "must be a string or an object"))?;
                self.chosen(choice, dropped)
            })?,
        };
        if matches!(chosen, Choice::Any | Choice::Tool(_)) && self.tools.is_empty() && !self.left.is_empty() {
            let what = format!(
                "asks for a tool, and what was sent ({}) cannot be offered to this model, whose upstream speaks another \
                 API: send a function, or set `tool_choice` to \"auto\"",
                self.left.join(", ")
            );
            return Err(Bad::new("tool_choice", what));
        }
        Ok(Some(chosen))
    }

    fn chosen(&mut self, mut choice: Fields<'a>, dropped: &mut Dropped) -> Read<Choice<'a>> {
        let kind = choice.need("type")?;
        let chosen = match kind.as_ref() {
            "function" | "custom" => {
                let (name, space) = (choice.need("name")?, choice.text("namespace")?);
                let wanted = Wanted { form: form_of(&kind), space, name };
                let meant = Titles::of(&self.tools).meant(&wanted);
                let known = meant.first().map(|at| self.tools[*at].name.clone());
                Choice::Tool(known.unwrap_or(wanted.name))
            }
            kind if Known::of(kind).is_some() && !self.left.iter().any(|left| left == kind) => {
                let wanted = Wanted { form: form_of(kind), space: None, name: kind.to_owned().into() };
                match Titles::of(&self.tools).meant(&wanted).first() {
                    Some(at) => Choice::Tool(self.tools[*at].name.clone()),
                    None => {
                        return Err(Bad::new("type", format!("is \"{kind}\", which is not among the tools")));
                    }
                }
            }
            "allowed_tools" => {
                let is_must = choice.text("mode")?.as_deref() == Some("required");
                self.allow(&mut choice)?;
                if is_must { Choice::Any } else { Choice::Auto }
            }
            kind => {
                let what = format!(
                    "is \"{kind}\", and only functions can be asked for with this model: name a function, or set \
                     `tool_choice` to \"auto\""
                );
                return Err(Bad::new("type", what));
            }
        };
        choice.rest(dropped);
        Ok(chosen)
    }

    /// The others are simply not offered.
    fn allow(&mut self, choice: &mut Fields<'a>) -> Read<()> {
        let (mut wanted, mut spaces) = (HashSet::new(), HashSet::new());
        for (at, raw) in choice.list("tools")?.unwrap_or_default().into_iter().enumerate() {
            let read = Fields::of(raw).and_then(|tool| allowed(tool, &mut wanted, &mut spaces));
            read.map_err(|bad| bad.within(format!("tools[{at}]")))?;
        }
        let titles = Titles::of(&self.tools);
        let meant: HashSet<usize> = wanted.iter().flat_map(|wanted| titles.meant(wanted)).collect();
        let is_meant = |at: usize, tool: &Tool<'_>| {
            meant.contains(&at) || Title::of(&tool.name).space.is_some_and(|space| spaces.contains(space))
        };
        let mut meant_names: HashSet<Cow<'a, str>> = HashSet::new();
        let each = self.tools.iter().enumerate().filter(|(at, tool)| is_meant(*at, tool));
        meant_names.extend(each.map(|(_, tool)| tool.name.clone()));
        self.withheld = withhold(&mut self.tools, |tool| meant_names.contains(&tool.name));
        Ok(())
    }
}

/// What one entry of a list of allowed tools names: a tool, or a namespace with all its tools.
fn allowed<'a>(
    mut tool: Fields<'a>,
    wanted: &mut HashSet<Wanted<'a>>,
    spaces: &mut HashSet<Cow<'a, str>>,
) -> Read<()> {
    let (kind, name) = (tool.text("type")?, tool.text("name")?);
    if kind.as_deref() == Some("namespace") {
        spaces.extend(name);
        return Ok(());
    }
    let (form, space) = (kind.as_deref().and_then(form_of), tool.text("namespace")?);
    // What has no name is of a kind that is known by it.
    wanted.extend(name.or(kind).map(|name| Wanted { form, space, name }));
    Ok(())
}

/// A namespace, while its tools are read.
#[derive(Default)]
struct Space<'a> {
    name: Option<Cow<'a, str>>,
    about: Option<Cow<'a, str>>,
}

impl<'a> Space<'a> {
    /// What the namespace says of all its tools is said once, before what its first one says of itself.
    fn told(&mut self, own: Option<Cow<'a, str>>) -> Option<Cow<'a, str>> {
        match (self.about.take().filter(|about| !about.trim().is_empty()), own) {
            (Some(about), Some(own)) => Some(format!("{about}\n\n{own}").into()),
            (about, own) => about.or(own),
        }
    }
}

fn function<'a>(tool: &mut Fields<'a>, space: &Space<'_>) -> Read<Tool<'a>> {
    let name = tool.need("name")?;
    function_of(tool, join(Form::Function, space.name.as_deref(), name))
}

fn function_of<'a>(tool: &mut Fields<'a>, name: Cow<'a, str>) -> Read<Tool<'a>> {
    Ok(Tool {
        name,
        description: tool.text("description")?,
        schema: tool.opaque("parameters")?.map(Cow::Borrowed),
        strict: tool.flag("strict")?.map(Strict::of),
        cache: None,
    })
}

fn known_tool<'a>(known: Known) -> Tool<'a> {
    Tool {
        name: join(Form::Known(known), None, known.kind().into()),
        description: Some(known.description().into()),
        schema: serde_json::from_str::<&'static RawValue>(known.schema()).ok().map(Cow::Borrowed),
        strict: None,
        cache: None,
    }
}

/// No other dialect holds a model to a grammar: it is told.
fn free<'a>(tool: &mut Fields<'a>, space: &Space<'_>, dropped: &mut Dropped) -> Read<Tool<'a>> {
    let name = join(Form::Free, space.name.as_deref(), tool.need("name")?);
    let mut description = tool.text("description")?;
    if let Some(mut format) = tool.object("format")? {
        let (syntax, grammar) = (format.text("syntax")?, format.text("definition")?);
        format.ignore(&["type"]);
        within("format", dropped, |dropped| format.end(dropped))?;
        if let Some(grammar) = grammar {
            let syntax = syntax.unwrap_or_default();
            let own = description.unwrap_or_default();
            description =
                Some(format!("{own}\n\nThe input must follow this {syntax} grammar:\n{grammar}").into());
        }
    }
    let schema = serde_json::from_str::<&'static RawValue>(FREE).ok().map(Cow::Borrowed);
    Ok(Tool { name, description, schema, strict: None, cache: None })
}
