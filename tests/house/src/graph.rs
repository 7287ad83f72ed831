//! Who knows whom among modules that stand side by side, and where they go in circles.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::file::Path;
use crate::krate::Crate;

/// Names of modules, and the names of those that each of them knows.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// What the crate's root is called where it stands beside its rooms.
pub const ROOT: &str = "lib";

/// One name that a module takes from another that stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    /// The one of the two that takes it, and the one that it leads to.
    pub between: (String, String),
    /// The module below the first in which it stands.
    pub within: Path,
    /// As written there.
    pub name: Path,
}

impl fmt::Display for Tie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = &self.between;
        write!(f, "{from} -> {to}: {} in {}", self.name.join("::"), self.within.join("::"))
    }
}

/// The child of a module below which a path leads. Beside the rooms of a crate its root stands as one of them.
fn child(parent: &[String], path: &[String]) -> Option<String> {
    match path.strip_prefix(parent)? {
        [] if parent.is_empty() => Some(ROOT.to_owned()),
        rest => rest.first().cloned(),
    }
}

/// All ties between the children of a module, each taken with all that is below it, each name once: what a `use` brings
/// in counts there. What a crate's root only passes on is none of it.
#[must_use]
pub fn ties(of: &Crate, parent: &[String]) -> BTreeSet<Tie> {
    let mut ties = BTreeSet::new();
    for (path, source) in &of.modules {
        let Some(from) = child(parent, path) else { continue };
        let tie = |name: &Path| {
            let to = child(parent, &of.resolve(path, name)?).filter(|to| *to != from)?;
            Some(Tie { between: (from.clone(), to), within: path.clone(), name: name.clone() })
        };
        let brought_in = |name: &Path| {
            let whole = source.bound.get(&name[0]).filter(|whole| *whole != name)?;
            tie(whole).filter(|whole| Some(&whole.between.1) == tie(name).map(|tie| tie.between.1).as_ref())
        };
        let passed_on = source.passed_on.iter().filter(|_| !path.is_empty());
        let names = source.paths.iter().chain(passed_on).filter(|name| brought_in(name).is_none());
        ties.extend(names.filter_map(tie));
    }
    ties
}

/// The children of a module, and which of them knows which.
#[must_use]
pub fn children(of: &Crate, parent: &[String]) -> Graph {
    let names = of.modules.keys().filter_map(|path| child(parent, path));
    let mut graph: Graph = names.map(|name| (name, BTreeSet::new())).collect();
    for Tie { between: (from, to), .. } in ties(of, parent) {
        graph.entry(from).or_default().insert(to);
    }
    graph
}

/// Every module that has children, the crate's root first.
#[must_use]
pub fn parents(of: &Crate) -> BTreeSet<Path> {
    of.modules.keys().filter_map(|path| Some(path.split_last()?.1.to_vec())).collect()
}

/// Sets of modules that all lead to each other; the largest first.
#[must_use]
pub fn rings(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        graph.keys().map(|from| (from, reachable(graph, from))).collect();
    let mut rings = BTreeSet::new();
    for (from, all) in &reached {
        if all.contains(from) {
            let back = |to: &&&String| reached[**to].contains(from);
            rings.insert(all.iter().filter(back).map(|name| (*name).clone()).collect::<BTreeSet<String>>());
        }
    }
    let mut rings: Vec<_> = rings.into_iter().collect();
    rings.sort_by_key(|ring| std::cmp::Reverse(ring.len()));
    rings
}

fn reachable<'g>(graph: &'g Graph, from: &'g String) -> BTreeSet<&'g String> {
    let mut all = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        next.extend(graph[name].iter().filter(|to| all.insert(*to)));
    }
    all
}

/// The floor of each, from 1 on the ground, holding what knows only what is below; and how many arrows go back up: rings
/// stand in an order in which few of their arrows, found greedily, do.
#[must_use]
pub fn floors(graph: &Graph) -> (BTreeMap<&String, usize>, usize) {
    let mut left: BTreeSet<&String> = graph.keys().collect();
    let mut height = BTreeMap::new();
    let mut back = 0;
    while !left.is_empty() {
        let missing = |name: &&&String| graph[**name].iter().filter(|to| left.contains(to)).count();
        let Some(next) = left.iter().min_by_key(missing).copied() else { break };
        back += missing(&&next);
        let below = graph[next].iter().filter_map(|to| height.get(to)).max();
        height.insert(next, below.map_or(1, |floor: &usize| floor + 1));
        left.remove(next);
    }
    (height, back)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(ties: &[(&str, &[&str])]) -> Graph {
        let own = |(from, to): &(&str, &[&str])| {
            ((*from).to_owned(), to.iter().map(|name| (*name).to_owned()).collect())
        };
        ties.iter().map(own).collect()
    }

    fn height(graph: &Graph) -> (usize, usize) {
        let (floors, back) = floors(graph);
        (*floors.values().max().unwrap(), back)
    }

    #[test]
    fn a_ring_is_all_that_lead_to_each_other() {
        let ties = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a", "e"]), ("e", &[])]);
        let found: Vec<Vec<String>> =
            rings(&ties).into_iter().map(|ring| ring.into_iter().collect()).collect();
        assert_eq!(found, [["a", "b", "c"]]);
        assert_eq!(height(&ties), (3, 1));
    }

    #[test]
    fn a_tower_has_no_ring() {
        let ties = graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]);
        assert!(rings(&ties).is_empty());
        assert_eq!(height(&ties), (3, 0));
    }
}
