//! Stacks as JSON, for `diagnose` and `watch`; what their causes mean is English there.

use serde::Serialize;

use crate::diagnosis::{Deep, Proof};
use crate::finding::Finding;
use crate::profile::{Cause, Evidence, Maker, Place, Wait, Waiting};
use crate::words::en;

/// A place that grew.
#[derive(Serialize)]
pub(super) struct Object<'a> {
    function: &'a str,
    file: &'a str,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<Wait>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<&'static str>,
    before: u64,
    now: u64,
    per_minute: f64,
    share: f64,
    frames: &'a [String],
    #[serde(skip_serializing_if = "<[Maker]>::is_empty")]
    requested_by: &'a [Maker],
}

impl<'a> From<&'a Place> for Object<'a> {
    fn from(place: &'a Place) -> Self {
        let Place { file, line, wait, cause, before, now, per_minute, share, frames, requested_by, .. } =
            place;
        Self {
            function: en::function(place),
            file,
            line: *line,
            wait: *wait,
            cause: *cause,
            meaning: cause.map(en::meaning),
            cure: cause.map(en::cure),
            before: *before,
            now: *now,
            per_minute: *per_minute,
            share: *share,
            frames,
            requested_by,
        }
    }
}

pub(super) fn objects(places: &[Place]) -> Vec<Object<'_>> {
    places.iter().map(Into::into).collect()
}

/// A crowd that does not leave.
#[derive(Serialize)]
pub(super) struct Staying<'a> {
    count: u64,
    total: u64,
    per_minute: f64,
    text: String,
    place: Object<'a>,
}

pub(super) fn staying(evidence: &Evidence) -> Staying<'_> {
    let Evidence { count, total, per_minute, place, .. } = evidence;
    let text = en::finding(&Finding::of_stacks(evidence.clone()));
    Staying { count: *count, total: *total, per_minute: *per_minute, text, place: place.into() }
}

#[derive(Serialize)]
pub(super) struct Proven<'a> {
    leaked: u64,
    places: Vec<Object<'a>>,
}

pub(super) fn proven(proof: &Proof) -> Proven<'_> {
    Proven { leaked: proof.leaked, places: objects(&proof.places) }
}

#[derive(Serialize)]
pub(super) struct Listed<'a> {
    listed: u64,
    cut: bool,
    waiting: Vec<Crowd<'a>>,
}

#[derive(Serialize)]
struct Crowd<'a> {
    function: &'a str,
    file: &'a str,
    line: u64,
    state: &'a str,
    count: u64,
    over_a_minute: Option<u64>,
    longest_min: Option<u64>,
    median_min: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<&'static str>,
}

impl<'a> From<&'a Waiting> for Crowd<'a> {
    fn from(waiting: &'a Waiting) -> Self {
        let Waiting { function, file, line, state, count, .. } = waiting;
        Self {
            function,
            file,
            line: *line,
            state,
            count: *count,
            over_a_minute: waiting.over_a_minute,
            longest_min: waiting.longest_min,
            median_min: waiting.median_min,
            created_by: waiting.created_by.as_deref(),
            meaning: waiting.cause.map(en::meaning),
        }
    }
}

pub(super) fn listed(deep: &Deep) -> Listed<'_> {
    Listed { listed: deep.listed, cut: deep.cut, waiting: deep.waiting.iter().map(Into::into).collect() }
}
