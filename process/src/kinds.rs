//! Things counted by kind, and what there is more of later.

use std::collections::BTreeMap;

use crate::Kind;

/// How many there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    counts: BTreeMap<Kind, u64>,
    /// There were too many: files are told by their folder.
    by_folder: bool,
}

/// A kind at two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub kind: Kind,
    /// Then.
    pub before: u64,
    /// Now.
    pub now: u64,
}

impl Kinds {
    /// So many of one kind.
    #[must_use]
    pub fn of(kind: Kind, count: u64) -> Self {
        let counts = (count > 0).then_some((kind, count)).into_iter().collect();
        Self { counts, by_folder: false }
    }

    /// There are none, or nobody could look.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Kinds of which there are more than before: those that grew most first.
    #[must_use]
    pub fn grown(&self, before: &Self) -> Vec<Change> {
        let mut grown = self.changes(before);
        grown.retain(|change| change.now > change.before);
        grown.sort_by_key(|change| std::cmp::Reverse(change.now - change.before));
        grown
    }

    /// Its kinds say the same as those of another look, and not folders for files.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.by_folder == other.by_folder
    }

    /// Files are told by their folder.
    pub(crate) fn by_folder(self) -> Self {
        Self { by_folder: true, ..self }
    }

    /// Kinds by how many there are now, the most first.
    #[must_use]
    pub fn most(&self, before: &Self) -> Vec<Change> {
        let mut most = self.changes(before);
        most.sort_by_key(|change| std::cmp::Reverse(change.now));
        most
    }

    fn changes(&self, before: &Self) -> Vec<Change> {
        let then = |kind: &Kind| before.counts.get(kind).copied().unwrap_or(0);
        let of = |(kind, now): (&Kind, &u64)| Change { kind: kind.clone(), before: then(kind), now: *now };
        self.counts.iter().map(of).collect()
    }

    /// The number of kinds.
    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        let mut counts = BTreeMap::new();
        for kind in kinds {
            *counts.entry(kind).or_default() += 1;
        }
        Self { counts, by_folder: false }
    }
}

/// The first few in a line: `452 x logs/oneapi-….log (12 before), 3 x pipes (1 before) and 2 other kinds`.
#[must_use]
pub fn told(changes: &[Change], few: usize) -> String {
    let one = |change: &Change| format!("{} x {} ({} before)", change.now, change.kind, change.before);
    let list = changes.iter().take(few).map(one).collect::<Vec<_>>().join(", ");
    match changes.len().saturating_sub(few) {
        0 => list,
        1 => format!("{list} and 1 other kind"),
        more => format!("{list} and {more} other kinds"),
    }
}

/// A name that was counted up, or has a date, as one of many: `oneapi-20261128.log` becomes `oneapi-….log`. Runs of at
/// least so many digits are left out.
pub(crate) fn without_numbers(name: &str, least: usize) -> String {
    let mut out = String::with_capacity(name.len());
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        out.push_str(if digits.len() >= least { "…" } else { digits.as_str() });
        digits.clear();
    };
    for c in name.chars().filter(|c| !c.is_control()) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut out);
            out.push(c);
        }
    }
    flush(&mut digits, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(counts: &[(&str, usize)]) -> Kinds {
        counts.iter().flat_map(|(kind, n)| std::iter::repeat_n(Kind::Named((*kind).to_owned()), *n)).collect()
    }

    #[test]
    fn what_grew_most_comes_first() {
        let before = kinds(&[("log", 12), ("pipes", 1), ("sockets", 9)]);
        let now = kinds(&[("log", 452), ("pipes", 3), ("sockets", 9), ("new", 4)]);
        let grown = now.grown(&before);
        let names: Vec<_> = grown.iter().map(|change| change.kind.to_string()).collect();
        assert_eq!(names, ["log", "new", "pipes"]);
        assert_eq!(told(&grown, 2), "452 x log (12 before), 4 x new (0 before) and 1 other kind");
        assert_eq!((told(&grown[..1], 2).as_str(), told(&[], 2).as_str()), ("452 x log (12 before)", ""));
        assert_eq!((now.total(), now.most(&before)[1].kind.to_string()), (468, "sockets".to_owned()));
        assert!(before.grown(&now).is_empty());
        assert!(now.is_like(&before) && !now.by_folder().is_like(&before));
    }

    #[test]
    fn names_that_are_counted_up_are_one_kind() {
        assert_eq!(without_numbers("oneapi-20261128103000.log", 3), "oneapi-….log");
        assert_eq!(without_numbers("v12.so", 3), "v12.so");
        assert_eq!(without_numbers("ThreadPoolExecutor-0_13", 1), "ThreadPoolExecutor-…_…");
        assert_eq!(without_numbers("a\u{1b}[31m1", 1), "a[…m…");
    }
}
