//! Tells whole calls of an answer from broken ones.

use super::stream::{Event, Stop};
use crate::balance::Balance;

/// Follows the arguments of every call as they pass. Decoders bound how many there are.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// By the call's number.
    balances: Vec<Balance>,
    is_cut: bool,
}

impl Calls {
    /// Takes note of the next event.
    ///
    /// # Errors
    /// When a call's arguments are no object, or go on after it.
    pub(super) fn see(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Stop(stop) => self.is_cut = *stop == Stop::Length,
            Event::Arguments { tool, json } => {
                if *tool >= self.balances.len() {
                    self.balances.resize(*tool + 1, Balance::default());
                }
                let balance = &mut self.balances[*tool];
                let piece = json.trim_start();
                if !balance.has_begun() && !piece.is_empty() && !piece.starts_with('{') {
                    return Err(
                        "the upstream's answer calls a tool with arguments that are no object".to_owned()
                    );
                }
                if balance.is_whole() && !piece.is_empty() {
                    return Err("the upstream's answer goes on with a tool call that was whole".to_owned());
                }
                balance.feed(json.as_bytes());
            }
            _ => {}
        }
        Ok(())
    }

    /// The answer is over.
    ///
    /// # Errors
    /// When a call broke off although the answer did not reach its limit: nobody must run it.
    pub(super) fn end(&self) -> Result<(), String> {
        let is_broken = |balance: &Balance| balance.has_begun() && !balance.is_whole();
        match self.balances.iter().position(is_broken).filter(|_| !self.is_cut) {
            None => Ok(()),
            Some(_) => Err("the upstream's answer ends inside the arguments of a tool call".to_owned()),
        }
    }
}
