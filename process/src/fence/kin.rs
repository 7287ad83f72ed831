//! Who belongs to a command: itself, its process group, and whoever descends from any of them, also after the parent that
//! showed it has gone.
//!
//! Three things find what has left the group and lost its parent: the command's mark, which stands in the environment of
//! whatever it starts; members are remembered from look to look; and where this process adopts orphans (Linux), it is the
//! parent of what a started program has left behind.

use std::collections::{HashMap, HashSet};

use super::mark::{self, Mark};
use super::processes::{Processes, Stat};

/// What is known of a command's processes.
#[derive(Debug)]
pub(super) struct Kin {
    root: u32,
    /// When the command began: a number that was given anew is another process.
    began: Option<u64>,
    /// The process that adopts orphans, and what it has started otherwise.
    adopter: Option<(u32, Vec<u32>)>,
    known: HashSet<(u32, u64)>,
    /// What the environment of each process has said: it does not change.
    marks: HashMap<(u32, u64), Mark>,
}

/// The processes of one look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) live: Vec<u32>,
    /// Adopted ones that have ended, of which the adopter has yet to take note.
    pub(super) ended: Vec<u32>,
}

impl Kin {
    pub(super) fn new(root: u32, began: Option<u64>, adopter: Option<(u32, Vec<u32>)>) -> Self {
        Self { root, began, adopter, known: HashSet::new(), marks: HashMap::new() }
    }

    /// All of them now.
    pub(super) fn look(&mut self, all: &Processes) -> Members {
        self.look_with(all, mark::read)
    }

    fn look_with(&mut self, all: &Processes, read: impl Fn(&str, u32) -> Option<Mark>) -> Members {
        self.read_marks(all, read);
        let is_group = self.has_group(all);
        let mut members = Members::default();
        for (id, process) in all.iter() {
            let belongs = is_group && process.group == self.root || self.descends(id, all);
            match (belongs, process.dead) {
                (true, false) => members.live.push(id),
                (true, true) if id != self.root && self.adopts(process.parent) => members.ended.push(id),
                _ => {}
            }
        }
        members.live.sort_unstable();
        self.known = members.live.iter().filter_map(|id| Some((*id, all.began(*id)?))).collect();
        members
    }

    /// The leader's number stays taken while its group has members.
    pub(super) fn has_group(&self, all: &Processes) -> bool {
        self.began.is_none() || all.began(self.root).is_none_or(|now| Some(now) == self.began)
    }

    fn read_marks(&mut self, all: &Processes, read: impl Fn(&str, u32) -> Option<Mark>) {
        self.marks.retain(|(id, began), _| all.began(*id) == Some(*began));
        let Some(mark) = self.began.map(|began| mark::of(self.root, began)) else { return };
        for (id, process) in all.iter() {
            let who = (id, process.began);
            // The command itself gets its mark a moment after it began.
            if process.dead || id == self.root || self.marks.contains_key(&who) {
                continue;
            }
            // One without memory is the kernel's own; another one without an environment is about to get it.
            let is_kernels = |process: &Stat| (process.pages == 0).then_some(Mark::None);
            if let Some(mark) = read(&mark, id).or_else(|| is_kernels(process)) {
                self.marks.insert(who, mark);
            }
        }
    }

    fn adopts(&self, parent: u32) -> bool {
        self.adopter.as_ref().is_some_and(|(id, _)| *id == parent)
    }

    /// Tells whether it, or whoever it descends from, belongs to the command.
    fn descends(&self, id: u32, all: &Processes) -> bool {
        for id in all.line(id) {
            let Some(began) = all.began(id) else { return false };
            match self.marks.get(&(id, began)) {
                Some(Mark::Ours(within)) => {
                    let runs = |(id, began): &(u32, u64)| all.began(*id) == Some(*began) && all.is_live(*id);
                    return within.iter().all(runs);
                }
                // It was started so that it goes on.
                Some(Mark::Others) => return false,
                Some(Mark::None) | None if self.knows(id, began, all) => return true,
                Some(Mark::None) | None => {}
            }
        }
        false
    }

    fn knows(&self, id: u32, began: u64, all: &Processes) -> bool {
        let is_adopted = |(adopter, others): &(u32, Vec<u32>)| {
            all.parent(id) == Some(*adopter) && id != *adopter && !others.contains(&id)
        };
        id == self.root && Some(began) == self.began
            || self.known.contains(&(id, began))
            || self.adopter.as_ref().is_some_and(is_adopted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(parent: u32, group: u32) -> Stat {
        Stat { parent, group, threads: 2, pages: 10, dead: false, began: 7 }
    }

    fn kin_of(all: &[(u32, Stat)], adopter: Option<(u32, Vec<u32>)>) -> Kin {
        Kin::new(10, Processes::of(all).began(10), adopter)
    }

    fn live(kin: &mut Kin, all: &[(u32, Stat)]) -> Vec<u32> {
        kin.look_with(&Processes::of(all), |_, _| Some(Mark::None)).live
    }

    #[test]
    fn a_tree_is_who_descends_and_who_is_in_the_group() {
        let all = [
            (10, process(1, 10)),
            (11, process(10, 10)),
            // Left the group, and is still a grandchild.
            (12, process(11, 12)),
            // Its parent is gone: the group is what is left of it.
            (13, process(1, 10)),
            (14, Stat { dead: true, ..process(10, 10) }),
            (20, process(1, 20)),
            // A ring.
            (30, process(31, 30)),
            (31, process(30, 30)),
        ];
        let mut kin = kin_of(&all, None);
        assert_eq!(live(&mut kin, &all), [10, 11, 12, 13]);
    }

    /// It left the group, and then its parent ended.
    #[test]
    fn who_was_a_member_once_is_one_until_it_ends() {
        let before = [(10, process(1, 10)), (11, process(10, 10)), (12, process(11, 12))];
        let mut kin = kin_of(&before, None);
        assert_eq!(live(&mut kin, &before), [10, 11, 12]);
        let orphaned = [(12, process(1, 12)), (15, process(12, 15))];
        assert_eq!(live(&mut kin, &orphaned), [12, 15], "with what it starts itself");
        let anew = [(12, Stat { began: 9, ..process(1, 12) }), (15, process(1, 15))];
        assert_eq!(live(&mut kin, &anew), [15], "a number that was given anew is another process");
        assert!(live(&mut kin, &[(12, process(1, 12))]).is_empty(), "and is forgotten");
    }

    /// Windows leaves a child the number of a parent that has ended, and gives that number to somebody else.
    #[test]
    fn nobody_is_the_child_of_who_began_after_it() {
        let at = |began, parent| Stat { began, ..process(parent, 0) };
        let all = [(10, at(50, 1)), (11, at(60, 10)), (12, at(61, 11)), (13, at(40, 10)), (14, at(70, 13))];
        let mut kin = kin_of(&all, None);
        assert_eq!(live(&mut kin, &all), [10, 11, 12], "13 is older than what has its parent's number");
    }

    /// It was never seen beside its parent.
    #[test]
    fn orphans_come_to_whoever_adopts_them() {
        let all = [
            (5, process(1, 5)),
            (10, process(5, 10)),
            (40, process(5, 40)),
            (41, process(40, 41)),
            (42, Stat { dead: true, ..process(5, 42) }),
            // The adopter has started this one for itself.
            (50, process(5, 50)),
        ];
        let mut kin = kin_of(&all, Some((5, vec![50])));
        assert_eq!(
            kin.look_with(&Processes::of(&all), |_, _| Some(Mark::None)),
            Members { live: vec![10, 40, 41], ended: vec![42] }
        );
        let mut kin = kin_of(&all, None);
        assert_eq!(live(&mut kin, &all), [10]);
    }

    /// It has called setsid, its parent has gone, nobody adopts, and nobody has looked before.
    #[test]
    fn who_carries_the_mark_is_one_wherever_it_is() {
        let all = [(10, process(1, 10)), (60, process(1, 60)), (61, process(60, 61)), (70, process(1, 70))];
        let mut kin = kin_of(&all, None);
        let asked = std::cell::RefCell::new(Vec::new());
        let read = |mark: &str, id: u32| {
            asked.borrow_mut().push(id);
            Some(if mark == mark::of(10, 7) && id == 60 { Mark::Ours(vec![]) } else { Mark::None })
        };
        assert_eq!(
            kin.look_with(&Processes::of(&all), read).live,
            [10, 60, 61],
            "with what it starts itself"
        );
        assert_eq!(kin.look_with(&Processes::of(&all), read).live, [10, 60, 61]);
        assert_eq!(asked.borrow().iter().filter(|id| **id == 70).count(), 1, "a stranger is asked once");
    }

    /// Within the command another one was started that is to go on when it has ended.
    #[test]
    fn what_was_left_on_purpose_is_not_ended() {
        let all = [(10, process(1, 10)), (11, process(10, 10)), (12, process(11, 12)), (13, process(12, 13))];
        let read = |_: &str, id: u32| Some(if id == 12 { Mark::Others } else { Mark::None });
        assert_eq!(kin_of(&all, None).look_with(&Processes::of(&all), read).live, [10, 11]);
    }

    /// A command within the command: what it has started ends with both while it runs, and goes on when it has ended.
    #[test]
    fn what_a_command_within_has_left_behind_goes_on() {
        let all = [(10, process(1, 10)), (11, process(10, 11)), (12, process(1, 12))];
        let read =
            |_: &str, id: u32| Some(if id == 12 { Mark::Ours(vec![(11, 7)]) } else { Mark::Ours(vec![]) });
        let mut kin = kin_of(&all, None);
        assert_eq!(kin.look_with(&Processes::of(&all), read).live, [10, 11, 12]);
        assert_eq!(kin.look_with(&Processes::of(&[all[0], all[2]]), read).live, [10]);
        let ended = [all[0], (11, Stat { dead: true, ..process(10, 11) }), all[2]];
        assert_eq!(kin.look_with(&Processes::of(&ended), read).live, [10]);
    }

    /// Between the old program and the new one it has none.
    #[test]
    fn an_environment_that_is_not_there_yet_is_read_again() {
        let all = [(10, process(1, 10)), (60, process(1, 60))];
        let mut kin = kin_of(&all, None);
        assert_eq!(kin.look_with(&Processes::of(&all), |_, _| None).live, [10]);
        assert_eq!(kin.look_with(&Processes::of(&all), |_, _| Some(Mark::Ours(vec![]))).live, [10, 60]);
    }

    #[test]
    fn the_number_of_a_command_that_is_gone_may_be_somebody_elses() {
        let mut kin = kin_of(&[(10, process(1, 10))], None);
        let other = [(10, Stat { began: 9, ..process(1, 10) }), (11, Stat { began: 9, ..process(10, 10) })];
        assert!(live(&mut kin, &other).is_empty());
    }
}
