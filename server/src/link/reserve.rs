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

#[cfg(test)]
mod tests {
    use scope::Scope;

    use super::*;
    use crate::link::Door;
    use crate::link::links::Links;
    use crate::link::terms::Terms;
    use crate::scene;

    #[test]
    fn who_comes_when_all_are_taken_gets_the_place_that_was_taken_first() {
        let runtime = scene::runtime();
        let (socket, _client, peer) = runtime.block_on(scene::connection());
        let links = Links::new(Terms::new(&scene::config("").fixed));
        let (scope, reserve) = (Scope::new(), Reserve::default());
        let comes = || {
            let link = links.connected(peer, socket.watch(), Door::Overflow);
            link.owned_by(runtime.block_on(async { scope.spawn("connection", std::future::pending()) }));
            reserve.enter(&link);
            runtime.block_on(tokio::task::yield_now());
            link
        };
        let all: Vec<_> = (0..PLACES).map(|_| comes()).collect();
        assert_eq!(scope.live(), PLACES, "there is room for all of them");
        reserve.leave(&all[0]);
        comes();
        assert_eq!(scope.live(), PLACES + 1, "one had left");
        comes();
        assert_eq!((scope.live(), lock(&reserve.0).len()), (PLACES + 1, PLACES));
        assert!(lock(&reserve.0).iter().all(|link| !Arc::ptr_eq(link, &all[1])), "the first is cut off");
        reserve.leave(&all[1]);
        assert_eq!(lock(&reserve.0).len(), PLACES, "who was cut off has no place to give back");
    }
}
