//! The protobuf form of a profile: just the fields that say which stacks there are.
//!
//! Source: github.com/google/pprof, `proto/profile.proto`; the wire format is protobuf.dev's "Encoding".

use std::collections::HashMap;

use super::frames::{is_runtime, wait};
use super::{Frame, Profile, Stack, Unreadable};

/// Reads an uncompressed one that counts one of these `kinds`.
pub(super) fn read(bytes: &[u8], kinds: &'static [&'static str]) -> Result<Profile, Unreadable> {
    let raw = Raw::read(bytes).ok_or(Unreadable::Damaged)?;
    let mut stacks = Vec::new();
    for (locations, count) in &raw.samples {
        let mut frames = Vec::new();
        for location in locations {
            for (function, line) in raw.locations.get(location).ok_or(Unreadable::Damaged)? {
                let (name, file) = raw.functions.get(function).ok_or(Unreadable::Damaged)?;
                frames.push(Frame {
                    function: raw.text(*name).ok_or(Unreadable::Damaged)?.to_owned(),
                    file: raw.text(*file).ok_or(Unreadable::Damaged)?.to_owned(),
                    line: *line,
                });
            }
        }
        let wait = wait(frames.iter().map(|frame| frame.function.as_str()));
        let runtime = frames.iter().take_while(|frame| is_runtime(&frame.function)).count();
        frames.drain(..runtime);
        if frames.last().is_some_and(|frame| frame.function == "runtime.goexit") {
            frames.pop();
        }
        stacks.push(Stack { count: *count, wait, frames });
    }
    let kind = raw.text(raw.kind).unwrap_or_default();
    if !kinds.contains(&kind) {
        return Err(Unreadable::Kind { came: kind.to_owned(), wanted: kinds });
    }
    let total = stacks.iter().fold(0_u64, |total, stack| total.saturating_add(stack.count));
    Ok(Profile { total, stacks })
}

/// Fields of the message, by number.
#[derive(Default)]
struct Raw<'a> {
    samples: Vec<(Vec<u64>, u64)>,
    /// Its functions and lines, the innermost first.
    locations: HashMap<u64, Vec<(u64, u64)>>,
    /// Name and file.
    functions: HashMap<u64, (u64, u64)>,
    strings: Vec<&'a str>,
    /// The counted kind. A heap's profile counts four things; the last one is the bytes in use.
    kind: u64,
}

impl<'a> Raw<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut raw = Self::default();
        for field in fields(bytes) {
            match field? {
                (1, Value::Bytes(kind)) => raw.kind = first(kind, 1)?.unwrap_or(0),
                (2, Value::Bytes(sample)) => {
                    raw.samples.push((numbers(sample, 1)?, *numbers(sample, 2)?.last()?));
                }
                (4, Value::Bytes(location)) => {
                    let mut lines = Vec::new();
                    for part in fields(location) {
                        if let (4, Value::Bytes(line)) = part? {
                            lines.push((first(line, 1)?.unwrap_or(0), first(line, 2)?.unwrap_or(0)));
                        }
                    }
                    raw.locations.insert(first(location, 1)?.unwrap_or(0), lines);
                }
                (5, Value::Bytes(function)) => {
                    let of = |number| first(function, number).map(Option::unwrap_or_default);
                    raw.functions.insert(of(1)?, (of(2)?, of(4)?));
                }
                (6, Value::Bytes(text)) => raw.strings.push(std::str::from_utf8(text).ok()?),
                _ => {}
            }
        }
        // Every profile has an empty first string, and counts something.
        (!raw.strings.is_empty()).then_some(raw)
    }

    fn text(&self, at: u64) -> Option<&'a str> {
        self.strings.get(usize::try_from(at).ok()?).copied()
    }
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// The fields of a message; `None` at the first that is none, and nothing after it.
fn fields(mut rest: &[u8]) -> impl Iterator<Item = Option<(u64, Value<'_>)>> {
    let mut broken = false;
    std::iter::from_fn(move || {
        if rest.is_empty() || broken {
            return None;
        }
        let field = next(&mut rest);
        broken = field.is_none();
        Some(field)
    })
}

fn next<'a>(rest: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let key = varint(rest)?;
    let value = match key & 7 {
        0 => Value::Number(varint(rest)?),
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            Value::Bytes(take(rest, length)?)
        }
        1 => take(rest, 8).map(|_| Value::Fixed)?,
        5 => take(rest, 4).map(|_| Value::Fixed)?,
        _ => return None,
    };
    Some((key >> 3, value))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// Seven bits a byte, the lowest first; ten bytes at most.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for at in 0..10 {
        let byte = *take(rest, 1)?.first()?;
        value |= u64::from(byte & 0x7f).checked_shl(7 * at)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// A repeated number, packed or not.
fn numbers(message: &[u8], wanted: u64) -> Option<Vec<u64>> {
    let mut found = Vec::new();
    for field in fields(message) {
        match field? {
            (number, Value::Number(value)) if number == wanted => found.push(value),
            (number, Value::Bytes(mut packed)) if number == wanted => {
                while !packed.is_empty() {
                    found.push(varint(&mut packed)?);
                }
            }
            _ => {}
        }
    }
    Some(found)
}

/// A single number; the inner `None` is one that is left out, which means 0.
fn first(message: &[u8], wanted: u64) -> Option<Option<u64>> {
    numbers(message, wanted).map(|found| found.first().copied())
}
