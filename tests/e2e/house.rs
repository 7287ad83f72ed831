//! The house stands as drawn: dependencies point down, between crates and within them, and the ground floor does no I/O.

mod languages;
mod rooms;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who may depend on whom, tests aside. A new edge is a decision: it is made here and in docs/architecture.md.
const FLOORS: [(&str, &[&str]); 10] = [
    ("watertight", &["cli", "drill", "heap", "server", "vitals"]),
    ("cli", &["process", "report", "vitals"]),
    ("server", &["adaptors", "heap", "process", "report", "scope", "vitals"]),
    ("drill", &["adaptors", "process", "report", "scope", "vitals"]),
    ("scope", &[]),
    ("heap", &[]),
    ("process", &[]),
    ("adaptors", &["vitals"]),
    ("report", &["vitals"]),
    ("vitals", &[]),
];
/// Members of the workspace that only tests and benchmarks use.
const FOR_TESTS: [&str; 5] = ["harness", "house", "load", "relays", "simulation"];
/// What opens, waits, spawns or asks the system.
const IO: [&str; 26] = [
    "async-io",
    "async-std",
    "chrono",
    "curl",
    "getrandom",
    "h2",
    "hyper",
    "hyper-util",
    "jiff",
    "memmap2",
    "mio",
    "nix",
    "polling",
    "rand",
    "reqwest",
    "ring",
    "rustix",
    "rustls",
    "signal-hook",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "tokio-util",
    "ureq",
];

/// Normal dependencies on all targets, by package name.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn metadata() -> Value {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    serde_json::from_slice(&cargo.stdout).unwrap()
}

/// The workspace's packages, and the folder of each.
fn members() -> BTreeMap<String, PathBuf> {
    let metadata = metadata();
    let ids: BTreeSet<&str> = array(&metadata["workspace_members"]).map(text).collect();
    let members = array(&metadata["packages"]).filter(|package| ids.contains(text(&package["id"])));
    let folder = |package: &Value| Path::new(text(&package["manifest_path"])).parent().unwrap().to_owned();
    members.map(|package| (text(&package["name"]).to_owned(), folder(package))).collect()
}

fn graph() -> Graph {
    let metadata = metadata();
    let names: BTreeMap<&str, &str> =
        array(&metadata["packages"]).map(|p| (text(&p["id"]), text(&p["name"]))).collect();
    let mut graph = Graph::new();
    for node in array(&metadata["resolve"]["nodes"]) {
        let normal =
            array(&node["deps"]).filter(|dep| array(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null()));
        let names_of = normal.map(|dep| names[text(&dep["pkg"])].to_owned());
        // Several versions of a package are one entry: what one of them does, the package does.
        graph.entry(names[text(&node["id"])].to_owned()).or_default().extend(names_of);
    }
    graph
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Everything that a package stands on.
fn below<'g>(graph: &'g Graph, package: &str) -> BTreeSet<&'g str> {
    let mut all = BTreeSet::new();
    let mut next = vec![package];
    while let Some(package) = next.pop() {
        let new: Vec<&str> =
            graph[package].iter().map(String::as_str).filter(|dep| all.insert(*dep)).collect();
        next.extend(new);
    }
    all
}

#[test]
fn dependencies_point_down() {
    let graph = graph();
    let members: BTreeSet<&str> = FLOORS.iter().map(|(name, _)| *name).chain(FOR_TESTS).collect();
    for (package, allowed) in FLOORS {
        let inside: Vec<&String> =
            graph[package].iter().filter(|dep| members.contains(dep.as_str())).collect();
        let strangers: Vec<&&String> = inside.iter().filter(|dep| !allowed.contains(&dep.as_str())).collect();
        assert!(strangers.is_empty(), "{package} must not depend on {strangers:?}");
    }
    let below_cli = below(&graph, "cli");
    assert!(!below_cli.contains("server") && !below_cli.contains("scope"), "{below_cli:?}");
}

#[test]
fn every_member_has_its_floor() {
    let drawn: BTreeSet<&str> = FLOORS.iter().map(|(name, _)| *name).chain(FOR_TESTS).collect();
    assert_eq!(members().keys().map(String::as_str).collect::<BTreeSet<_>>(), drawn);
}

#[test]
fn the_ground_floor_depends_on_nothing_that_does_io() {
    let graph = graph();
    let io = |package| below(&graph, package).into_iter().filter(|dep| IO.contains(dep)).collect::<Vec<_>>();
    assert_eq!(io("vitals"), [""; 0]);
    assert_eq!(io("adaptors"), [""; 0]);
    assert_eq!(io("report"), [""; 0]);
    // The same search finds what is there.
    assert!(
        io("scope").contains(&"tokio") && io("server").contains(&"mio") && io("cli").contains(&"reqwest")
    );
}

#[test]
fn the_ground_floor_uses_no_io_of_the_standard_library() {
    let banned = [
        "std::fs",
        "std::net",
        "std::thread",
        "std::process",
        "std::env",
        "Instant::now",
        "SystemTime",
        "UnixStream",
    ];
    let mut files = Vec::new();
    for package in ["vitals", "adaptors", "report"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(package).join("src"), &mut files);
    }
    assert!(files.len() > 10, "the search looks in the wrong place: {files:?}");
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let found: Vec<&&str> = banned.iter().filter(|word| source.contains(**word)).collect();
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

/// What docs/architecture.md sends a newcomer to is there: each path that it names from the repository's root.
#[test]
fn the_files_that_the_architecture_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let is_folder = |name: &str| !name.is_empty() && root.join(name).is_dir();
    let quoted = text.split('`').skip(1).step_by(2);
    let paths: BTreeSet<&str> =
        quoted.filter(|word| word.split_once('/').is_some_and(|(first, _)| is_folder(first))).collect();
    let paths = paths.iter().filter_map(|path| path.split(' ').next());
    let gone: Vec<&str> = paths.clone().filter(|path| !root.join(path).exists()).collect();
    assert!(paths.count() > 30, "the text names fewer paths than it did");
    assert!(gone.is_empty(), "{gone:?}");
}

pub(crate) fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}
