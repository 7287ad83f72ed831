//! What a process of this machine held when its watch began: where its descriptors or threads grow, the watch says of
//! which kind, once at the poll that sees it first, and at the end.

use std::time::Instant;

use process::Look;
use vitals::trend::Metric;

use crate::finding::{Kept, Thing};

/// One process, as it was.
#[derive(Debug)]
pub(crate) struct Holdings {
    pid: u32,
    first: Look,
    at: Instant,
    /// At two polls that are powers of two: the older one is a quarter to a half of the watch old.
    middle: [Option<Look>; 2],
    polls: u64,
}

impl Holdings {
    /// Looks at it.
    pub(crate) fn of(pid: u32) -> Self {
        Self { pid, first: process::look(pid), at: Instant::now(), middle: [None, None], polls: 0 }
    }

    /// A poll has succeeded.
    pub(super) fn polled(&mut self) {
        self.polls += 1;
        if self.polls.is_power_of_two() {
            self.middle = [self.middle[1].take(), Some(process::look(self.pid))];
        }
    }

    /// What there is more of, by kind, of that which has just been seen to grow.
    pub(super) fn turned(&self, growing: &[Metric]) -> Vec<Kept> {
        if !growing.iter().any(|metric| [Metric::Descriptors, Metric::Threads].contains(metric)) {
            return Vec::new();
        }
        let mut kept = self.now();
        kept.retain(|kept| kept.grew && growing.contains(&metric(kept.thing)));
        kept
    }

    /// What there is more of at the end, by kind: where it is judged to grow, and where one kind grew by more than chance,
    /// and in the later part of the watch, too.
    pub(super) fn grown(&self, judged: &[Metric]) -> Vec<Kept> {
        let now = process::look(self.pid);
        let kept = Kept::between(&self.first, &now, self.at.elapsed());
        let middle = self.middle[0].as_ref().unwrap_or(&self.first);
        let mut kept: Vec<Kept> = kept.into_iter().map(|kept| kept.still_grows(middle, &now)).collect();
        kept.retain(|kept| !kept.growing.is_empty() || kept.grew && judged.contains(&metric(kept.thing)));
        kept
    }

    fn now(&self) -> Vec<Kept> {
        Kept::between(&self.first, &process::look(self.pid), self.at.elapsed())
    }
}

pub(super) const fn metric(thing: Thing) -> Metric {
    match thing {
        Thing::Descriptors => Metric::Descriptors,
        Thing::Threads => Metric::Threads,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_named_when_it_is_told_and_at_the_end() {
        let holdings = Holdings::of(std::process::id());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stays-open");
        std::fs::create_dir(&path).unwrap();
        let file = path.join("stays-open.log");
        let opened: Vec<_> = (0..200).map(|_| std::fs::File::create(&file).unwrap()).collect();
        for kept in
            [holdings.turned(&[Metric::Heap, Metric::Descriptors]), holdings.grown(&[Metric::Descriptors])]
        {
            let kept = kept.iter().find(|kept| kept.thing == Thing::Descriptors).unwrap();
            assert!(
                kept.kinds[0].kind.to_string().contains("stays-open") && kept.kinds[0].now >= 200,
                "{kept:?}"
            );
        }
        assert!(holdings.turned(&[Metric::Heap]).is_empty(), "nobody asked");
        assert!(holdings.turned(&[Metric::Threads]).iter().all(|kept| kept.thing == Thing::Threads));
        drop(opened);
    }

    /// What was opened early and is kept is no growth: a diagnosis of later would see none.
    #[test]
    fn what_grew_at_first_only_does_not_grow() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            let file = path.join(format!("{name}.log"));
            (0..50).map(|_| std::fs::File::create(&file).unwrap()).collect::<Vec<_>>()
        };
        let mut holdings = Holdings::of(std::process::id());
        let early = open("opened-early");
        (0..4).for_each(|_| holdings.polled());
        let late = open("opened-late");
        let grown = holdings.grown(&[]);
        let kinds: Vec<String> =
            grown.iter().flat_map(|kept| &kept.growing).map(|change| change.kind.to_string()).collect();
        assert!(kinds.iter().any(|kind| kind.contains("opened-late")), "{kinds:?}");
        assert!(!kinds.iter().any(|kind| kind.contains("opened-early")), "{kinds:?}");
        drop((early, late));
    }
}
