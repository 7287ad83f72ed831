//! Who belongs to a command: itself, its process group, and whoever descends from any of them, also after the parent that
//! showed it has gone.
//!
//! Two things find what has left the group and lost its parent: members are remembered from look to look, and where the
//! drill adopts orphans (Linux), it is the parent of what a started program has left behind.

use std::collections::HashSet;

use super::tree::Processes;

/// What is known of a command's processes.
#[derive(Debug)]
pub(super) struct Kin {
    root: u32,
    /// When the command began: a number that was given anew is another process.
    began: Option<u64>,
    /// The process that adopts orphans, and what it has started otherwise.
    adopter: Option<(u32, Vec<u32>)>,
    known: HashSet<(u32, u64)>,
}

/// The processes of one look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) live: Vec<u32>,
    /// Adopted ones that have ended, of which the adopter has yet to take note.
    pub(super) ended: Vec<u32>,
}

impl Kin {
    pub(super) fn new(root: u32, all: &Processes, adopter: Option<(u32, Vec<u32>)>) -> Self {
        Self { root, began: all.began(root), adopter, known: HashSet::new() }
    }

    /// All of them now.
    pub(super) fn look(&mut self, all: &Processes) -> Members {
        // The leader's number stays taken while its group has members.
        let is_group = self.began.is_none() || all.began(self.root).is_none_or(|now| Some(now) == self.began);
        let mut members = Members::default();
        for (id, process) in all.iter() {
            let belongs =
                is_group && process.group == self.root || all.line(id).any(|id| self.knows(id, all));
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

    fn adopts(&self, parent: u32) -> bool {
        self.adopter.as_ref().is_some_and(|(id, _)| *id == parent)
    }

    fn knows(&self, id: u32, all: &Processes) -> bool {
        let Some(began) = all.began(id) else { return false };
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
    use super::super::tree::Stat;
    use super::*;

    fn process(parent: u32, group: u32) -> Stat {
        Stat { parent, group, threads: 2, pages: 10, dead: false, began: 7 }
    }

    fn live(kin: &mut Kin, all: &[(u32, Stat)]) -> Vec<u32> {
        kin.look(&Processes::of(all)).live
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
        let mut kin = Kin::new(10, &Processes::of(&all), None);
        assert_eq!(live(&mut kin, &all), [10, 11, 12, 13]);
    }

    /// It left the group, and then its parent ended.
    #[test]
    fn who_was_a_member_once_is_one_until_it_ends() {
        let before = [(10, process(1, 10)), (11, process(10, 10)), (12, process(11, 12))];
        let mut kin = Kin::new(10, &Processes::of(&before), None);
        assert_eq!(live(&mut kin, &before), [10, 11, 12]);
        let orphaned = [(12, process(1, 12)), (15, process(12, 15))];
        assert_eq!(live(&mut kin, &orphaned), [12, 15], "with what it starts itself");
        let anew = [(12, Stat { began: 9, ..process(1, 12) }), (15, process(1, 15))];
        assert_eq!(live(&mut kin, &anew), [15], "a number that was given anew is another process");
        assert!(live(&mut kin, &[(12, process(1, 12))]).is_empty(), "and is forgotten");
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
        let mut kin = Kin::new(10, &Processes::of(&all), Some((5, vec![50])));
        assert_eq!(kin.look(&Processes::of(&all)), Members { live: vec![10, 40, 41], ended: vec![42] });
        let mut kin = Kin::new(10, &Processes::of(&all), None);
        assert_eq!(live(&mut kin, &all), [10]);
    }

    #[test]
    fn the_number_of_a_command_that_is_gone_may_be_somebody_elses() {
        let mut kin = Kin::new(10, &Processes::of(&[(10, process(1, 10))]), None);
        let other = [(10, Stat { began: 9, ..process(1, 10) }), (11, Stat { began: 9, ..process(10, 10) })];
        assert!(live(&mut kin, &other).is_empty());
    }
}
