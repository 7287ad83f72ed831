//! Goroutine profiles: which stacks there are, which of them grow, and what they wait for.
//!
//! A profile says how many goroutines stand at each stack. Two of them, some time apart, say which stack grows; the
//! first frame that is the program's own says where to look.

mod catalogue;
mod evidence;
mod frames;
mod growth;
mod place;
mod proto;
mod text;
mod unreadable;
mod whole;

use std::fmt;

pub(crate) use catalogue::{Cause, explain};
pub(crate) use evidence::{CROWD, Evidence, FEW, Proof, Weighing, may_stay};
pub(crate) use frames::{Wait, is_own, is_own_function, own_frame};
pub(crate) use growth::{Growth, crowds, growth};
pub(crate) use place::{Maker, Place, Waiting, waiting};
pub(crate) use unreadable::Unreadable;
pub(crate) use whole::{Goroutine, read_whole};

/// A place in the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Frame {
    /// With its package: `example.com/relay.(*relay).readStream`.
    pub(crate) function: String,
    /// As the compiler saw it; empty when unknown.
    pub(crate) file: String,
    /// 0 when unknown.
    pub(crate) line: u64,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.function)?;
        if !self.file.is_empty() {
            write!(f, " ({}:{})", self.file, self.line)?;
        }
        Ok(())
    }
}

/// Goroutines that stand at the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stack {
    pub(crate) count: u64,
    /// If the profile shows it.
    pub(crate) wait: Option<Wait>,
    /// The innermost first, without the runtime's own at the top.
    pub(crate) frames: Vec<Frame>,
}

/// A whole profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    /// All goroutines.
    pub(crate) total: u64,
    /// By stack, in the profile's order.
    pub(crate) stacks: Vec<Stack>,
}

/// Compressed or not, a profile does not have more: 169,000 goroutines stand at a few hundred places.
const CAP: u64 = 64 << 20;

const GOROUTINES: &[&str] = &["goroutine", "goroutineleak"];
const HEAP: &[&str] = &["inuse_space"];

/// Reads a heap profile, as a profile that counts the bytes still in use by where they were allocated. It is sampled:
/// small objects are seen once in 512 KiB of them, and count for the others.
///
/// # Errors
/// The bytes are no such profile.
pub(crate) fn read_heap(bytes: &[u8]) -> Result<Profile, Unreadable> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Err(Unreadable::Uncompressed);
    }
    proto::read(&unzip(bytes)?, HEAP)
}

/// Reads a profile: the text of `debug=1`, or the protobuf, compressed as it comes or not.
///
/// # Errors
/// The bytes are no such profile.
pub(crate) fn read(bytes: &[u8]) -> Result<Profile, Unreadable> {
    if bytes.starts_with(b"\x1f\x8b") {
        return proto::read(&unzip(bytes)?, GOROUTINES);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text::is_one(text) => text::read(text),
        _ => proto::read(bytes, GOROUTINES).map_err(|_| {
            let start: String = String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .take(40)
                .collect();
            Unreadable::Other(start.trim().to_owned())
        }),
    }
}

fn unzip(bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
    use std::io::Read;
    let mut whole = Vec::new();
    flate2::read::GzDecoder::new(bytes)
        .take(CAP + 1)
        .read_to_end(&mut whole)
        .map_err(|error| Unreadable::Unpacking(error.to_string()))?;
    if whole.len() as u64 > CAP {
        return Err(Unreadable::TooLarge);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests;
