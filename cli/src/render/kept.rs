//! What a process holds by kind, as JSON: for `diagnose` and `watch`.

use std::time::Duration;

use process::Change;
use serde::Serialize;

use crate::finding::Kept;
use crate::words::en;

/// Descriptors, or threads.
#[derive(Serialize)]
pub(super) struct Object<'a> {
    what: &'static str,
    before: u64,
    now: u64,
    apart_s: f64,
    kinds: Vec<Kind<'a>>,
    /// The kinds whose growth is no chance.
    growing: Vec<Kind<'a>>,
    /// What that means, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct Kind<'a> {
    #[serde(serialize_with = "english")]
    kind: &'a process::Kind,
    before: u64,
    now: u64,
    per_minute: f64,
}

/// Kinds beyond these say little.
const KINDS: usize = 20;

pub(super) fn objects<'a>(kept: &'a [Kept]) -> Vec<Object<'a>> {
    kept.iter()
        .map(|kept| {
            let kinds = |of: &'a [Change]| of.iter().take(KINDS).map(|kind| Kind::of(kept, kind)).collect();
            Object {
                what: en::thing(kept.thing),
                before: kept.before,
                now: kept.now,
                apart_s: seconds(kept.apart),
                kinds: kinds(&kept.kinds),
                growing: kinds(&kept.growing),
                text: en::kinds_growing(kept),
                next: en::who_keeps(kept),
            }
        })
        .collect()
}

/// Programs read it in English.
fn english<S: serde::Serializer>(kind: &process::Kind, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(kind)
}

/// Without digits that mean nothing.
pub(super) fn seconds(apart: Duration) -> f64 {
    (apart.as_secs_f64() * 1000.0).round() / 1000.0
}

impl<'a> Kind<'a> {
    fn of(kept: &Kept, change: &'a Change) -> Self {
        let Change { kind, before, now } = change;
        Self { kind, before: *before, now: *now, per_minute: (kept.per_minute(change) * 10.0).round() / 10.0 }
    }
}
