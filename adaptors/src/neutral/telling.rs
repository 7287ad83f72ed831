//! The way from what an upstream says to what its client gets, event by event.

use std::borrow::Cow;
use std::collections::HashMap;

use super::calls::Calls;
use super::halves::Halves;
use super::signed::Marks;
use super::stream::{Decode, Encode, Event};

pub(super) struct Telling {
    pub(super) halves: Halves,
    pub(super) calls: Calls,
    pub(super) marks: Marks,
    /// The client's names of tools that have another one upstream, by that.
    pub(super) names: HashMap<String, String>,
    pub(super) encoder: Box<dyn Encode>,
    pub(super) opening: Opening,
}

/// The start of an answer. It waits for the first content, so that it tells all counts that are known by then.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// Id and model, as they are to be said.
    held: Option<(Option<String>, Option<String>)>,
    /// Something has been said.
    pub(super) is_over: bool,
}

impl Telling {
    pub(super) fn tell(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let Self { halves, calls, marks, names, encoder, opening } = self;
        halves.pass(event, &mut |event| say(event, (calls, marks, names, encoder.as_mut(), opening), out))
    }

    /// Content has come, whatever became of it.
    pub(super) fn open(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        self.opening.end(&mut *self.encoder, out)
    }

    /// The answer is over, as far as its upstream's reader can tell.
    ///
    /// # Errors
    /// When it is not whole.
    pub(super) fn end(&mut self, decoder: &dyn Decode, out: &mut Vec<u8>) -> Result<(), String> {
        let Self { halves, calls, marks, names, encoder, opening } = self;
        halves.end(&mut |event| say(event, (calls, marks, names, encoder.as_mut(), opening), out))?;
        self.open(out)?;
        decoder.end().and_then(|()| self.calls.end()).and_then(|()| self.encoder.end(out))
    }
}

type Stations<'t> =
    (&'t mut Calls, &'t mut Marks, &'t HashMap<String, String>, &'t mut dyn Encode, &'t mut Opening);

/// Tells an event whose text is whole.
fn say(
    mut event: Event<'_>,
    (calls, marks, names, encoder, opening): Stations<'_>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    calls.see(&event)?;
    if let Event::Tool { name, .. } = &mut event
        && let Some(own) = names.get(name.as_ref())
    {
        *name = Cow::Owned(own.clone());
    }
    match event {
        Event::Start { id, model } if !opening.is_over => {
            opening.held = Some((id.map(Cow::into_owned), model.map(Cow::into_owned)));
            return Ok(());
        }
        Event::Tokens(_) => {}
        _ => opening.end(encoder, out)?,
    }
    encoder.event(marks.mark(event), out)
}

impl Opening {
    fn end(&mut self, encoder: &mut dyn Encode, out: &mut Vec<u8>) -> Result<(), String> {
        self.is_over = true;
        match self.held.take() {
            Some((id, model)) => {
                encoder.event(Event::Start { id: id.map(Cow::from), model: model.map(Cow::from) }, out)
            }
            None => Ok(()),
        }
    }
}
