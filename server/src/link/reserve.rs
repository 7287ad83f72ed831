//! Places for those who come beyond the connection limit, or by the monitor's own listener. They are few, so nobody may
//! keep one by saying nothing: who comes when all are taken gets the one that was taken first. A look at the monitor is
//! answered as soon as it is read, and needs its place no longer than that.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use vitals::EndReason;

use super::Link;
use crate::clock::lock;

/// The places.
pub(crate) const PLACES: usize = 64;

#[derive(Default)]
pub(crate) struct Reserve(Mutex<VecDeque<Arc<Link>>>);

impl Reserve {
    /// Gives it a place; whoever has to make room is cut off.
    pub(crate) fn enter(&self, link: &Arc<Link>) {
        let first = {
            let mut places = lock(&self.0);
            places.push_back(Arc::clone(link));
            if places.len() > PLACES { places.pop_front() } else { None }
        };
        if let Some(first) = first {
            first.cut(EndReason::Shed);
        }
    }

    /// It is over.
    pub(crate) fn leave(&self, link: &Arc<Link>) {
        lock(&self.0).retain(|one| !Arc::ptr_eq(one, link));
    }
}
