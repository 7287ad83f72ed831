//! Within a crate: each room, a module at its root, stands on a floor and knows only rooms on floors below; and in no
//! room, nor in a folder of one, do modules go in a circle.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use house::graph::{ROOT, children, parents, rings, ties};
use house::krate::Crate;

/// The floors of each crate, the ground last. A room may know every room on a lower floor. Putting it on another is a
/// decision: it is made here and in docs/architecture.md.
const FLOORS: [(&str, &[&str]); 8] = [
    (
        "server",
        &[
            "life probe setup",
            "edge",
            "request",
            "exchange monitor",
            "state",
            "link",
            "ledger",
            "channel",
            "signer",
            "access upstream",
            "reply socket words",
            "clock config counters log route table unpack",
            "spelling",
        ],
    ),
    (
        "cli",
        &[
            "commands",
            "rollout settings",
            "action",
            "live monitor webhook",
            "named outside render",
            "reporting",
            "comparison watching",
            "diagnosis",
            "source",
            "recording",
            "output stop",
            "words",
            "finding summary",
            "args moment profile reading terminal",
        ],
    ),
    ("heap", &["large small"]),
    ("process", &["command", "fence", "counts descriptors threads", "kinds sockets", "kind"]),
    (
        "drill",
        &[
            "command compare",
            "report resume",
            "rows written",
            "run",
            "gauge relay",
            "client start",
            "stacks upstream",
            "count system words",
        ],
    ),
    (
        "adaptors",
        &[
            "demo provider",
            "dialect",
            "anthropic gemini openai",
            "gathered neutral",
            "failure",
            "json",
            "adaptor form",
            "balance dropped envelope framing mentions models numbers operation overflow session usage",
            "growth names said scan",
        ],
    ),
    ("report", &["docker github layout markdown nagios", "junit table", "case exposition html style text"]),
    (
        "vitals",
        &[
            "expect gate health traffic trend",
            "measure process verdict",
            "sample",
            "key system unit",
            "catalogue cgroup encoding end exit restarts secret spelling spread thresholds units",
            "language",
        ],
    ),
];

/// Arrows that go up, or stay on a floor, and are still to be cut. One that is cut leaves this list.
const UP: &[&str] = &[];
/// Circles within a room that are still to be cut.
const RINGS: &[&str] = &[];

/// Every crate of several modules, read once.
static CRATES: LazyLock<Vec<(String, Crate)>> = LazyLock::new(|| {
    let read = |(name, folder): (String, std::path::PathBuf)| {
        let read = Crate::read(&folder.join("src")).unwrap();
        (read.modules.len() > 1).then_some((name, read))
    };
    let members = super::members().into_iter().filter(|(name, _)| !super::FOR_TESTS.contains(&name.as_str()));
    members.filter(|(name, _)| name != "watertight").filter_map(read).collect()
});

/// What is there and is not listed, and what is listed and is not there.
fn differences(found: &BTreeSet<String>, listed: &[&str]) -> String {
    let listed: BTreeSet<String> = listed.iter().map(|line| (*line).to_owned()).collect();
    let new = found.difference(&listed).map(|line| format!("\n    not as drawn: \"{line}\","));
    let gone =
        listed.difference(found).map(|line| format!("\n    no longer there, strike it out: \"{line}\","));
    new.chain(gone).collect()
}

#[test]
fn every_room_has_its_floor() {
    let mut differences = String::new();
    for (name, read) in CRATES.iter() {
        let floors =
            FLOORS.iter().find(|(of, _)| of == name).unwrap_or_else(|| panic!("{name} has no floors"));
        let drawn: BTreeSet<&str> = floors.1.iter().flat_map(|floor| floor.split(' ')).collect();
        let rooms = children(read, &[]);
        let there: BTreeSet<&str> = rooms.keys().map(String::as_str).filter(|room| *room != ROOT).collect();
        let new = there.difference(&drawn).map(|room| format!("\n    {name}: give a floor to {room}"));
        let gone = drawn.difference(&there).map(|room| format!("\n    {name}: no longer there: {room}"));
        differences.extend(new.chain(gone));
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn arrows_between_rooms_go_down() {
    let mut up = BTreeSet::new();
    let mut names = String::new();
    for (name, read) in CRATES.iter() {
        let (_, floors) = FLOORS.iter().find(|(of, _)| of == name).unwrap();
        // The root stands above all.
        let depth = |room: &str| floors.iter().position(|floor| floor.split(' ').any(|other| other == room));
        let depth = |room: &str| depth(room).map_or(0, |depth| depth + 1);
        for tie in ties(read, &[]) {
            let (from, to) = &tie.between;
            if from != ROOT && depth(from) >= depth(to) {
                let arrow = format!("{name}: {from} -> {to}");
                if !UP.contains(&arrow.as_str()) {
                    names.push_str(&format!("\n    {name}: {tie}"));
                }
                up.insert(arrow);
            }
        }
    }
    let differences = differences(&up, UP);
    assert!(differences.is_empty(), "{differences}\nby these names:{names}");
}

#[test]
fn within_a_room_nothing_goes_in_a_circle() {
    let mut found = BTreeSet::new();
    for (name, read) in CRATES.iter() {
        for parent in parents(read).into_iter().filter(|parent| !parent.is_empty()) {
            for ring in rings(&children(read, &parent)) {
                let ring: Vec<String> = ring.into_iter().collect();
                found.insert(format!("{name}::{}: {}", parent.join("::"), ring.join(" ")));
            }
        }
    }
    let differences = differences(&found, RINGS);
    assert!(differences.is_empty(), "{differences}\n`cargo run -p house -- --ties` names what ties them");
}
