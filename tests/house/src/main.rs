//! `cargo run -p house -- [--ties] [REVISION]`: counts the house as it is, or as it was at a commit, as Markdown; with
//! the floors that tests/e2e/house/rooms.rs holds; `--ties` adds the names that make circles.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use house::file::Source;
use house::graph::{ROOT, Tie, children, floors, parents, rings, ties};
use house::krate::Crate;
use house::size::{Size, median, over};

fn main() -> ExitCode {
    let (options, rest): (Vec<String>, _) = env::args().skip(1).partition(|word| word == "--ties");
    match count(rest.first().map(String::as_str), !options.is_empty())
        .and_then(|text| io::stdout().write_all(text.as_bytes()))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn count(revision: Option<&str>, wants_ties: bool) -> io::Result<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Some(revision) = revision else { return table(&here, wants_ties) };
    let scratch = env::temp_dir().join(format!("house-{}", std::process::id()));
    fs::create_dir_all(&scratch)?;
    let text = take(&here, revision, &scratch).and_then(|()| table(&scratch, wants_ties));
    fs::remove_dir_all(&scratch)?;
    text
}

/// Puts the files of a commit into a folder.
fn take(repository: &Path, revision: &str, folder: &Path) -> io::Result<()> {
    let mut git = Command::new("git");
    git.arg("-C").arg(repository).args(["archive", "--format=tar", revision]).stdout(Stdio::piped());
    let mut git = git.spawn()?;
    let mut tar = Command::new("tar");
    tar.arg("-xC").arg(folder).stdin(git.stdout.take().map_or_else(Stdio::null, Stdio::from));
    let is_taken = tar.status()?.success();
    if git.wait()?.success() && is_taken {
        Ok(())
    } else {
        Err(io::Error::other(format!("no commit {revision}")))
    }
}

fn table(root: &Path, wants_ties: bool) -> io::Result<String> {
    let mut text = String::from(
        "| crate | files | source lines | median | largest | > 300 | > 400 | tests % | functions > 50 | > 80 | rooms | floors | arrows | back up |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let (mut circles, mut plan) = (String::new(), String::new());
    let mut whole = Size::default();
    for folder in entries(root)? {
        let src = folder.join("src");
        if !src.join("lib.rs").exists() {
            continue;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let read = Crate::read(&src)?;
        let mut size = Size::default();
        read.modules.values().for_each(|file| size.add(file));
        read.tests.iter().for_each(|file| size.add_tests(file.lines));
        let rooms = children(&read, &[]);
        let (floors, back) = floors(&rooms);
        let height = floors.values().max().copied().unwrap_or(0);
        for floor in (1..=height).rev() {
            let on = floors.iter().filter(|(room, at)| **at == floor && **room != ROOT);
            let on: Vec<&str> = on.map(|(room, _)| room.as_str()).collect();
            if !on.is_empty() {
                let _ = writeln!(plan, "{name} {floor}: {}", on.join(" "));
            }
        }
        let arrows: usize = rooms.values().map(std::collections::BTreeSet::len).sum();
        let _ = writeln!(text, "| {name} {}| {} | {height} | {arrows} | {back} |", row(&size), rooms.len());
        for parent in parents(&read) {
            for ring in rings(&children(&read, &parent)) {
                let names: Vec<&str> = ring.iter().map(String::as_str).collect();
                let room = [std::slice::from_ref(&name), parent.as_slice()].concat().join("::");
                let _ = writeln!(circles, "- {room}: {} go in a circle: {}", names.len(), names.join(" "));
                let of_ring = |tie: &&Tie| ring.contains(&tie.between.0) && ring.contains(&tie.between.1);
                for tie in ties(&read, &parent).iter().filter(of_ring).filter(|_| wants_ties) {
                    let _ = writeln!(circles, "  - {tie}");
                }
            }
        }
        whole.join(&size);
        tests(&folder.join("tests"), &mut whole)?;
    }
    for file in entries(&root.join("src"))? {
        whole.add(&Source::read(&fs::read_to_string(file)?).map_err(io::Error::other)?);
    }
    tests(&root.join("tests"), &mut whole)?;
    let _ = writeln!(text, "| all {}| | | | |", row(&whole));
    let percent = |part: usize| 100.0 * part as f64 / whole.source as f64;
    let _ = writeln!(
        text,
        "\n{} lines of source; {} of tests, the longest file of which has {}; {} functions, median {} lines; doc comments {:.1} % of \
         the source, plain ones {:.1} %\n",
        whole.source,
        whole.tests,
        whole.test_files.iter().max().unwrap_or(&0),
        whole.functions.len(),
        median(&whole.functions),
        percent(whole.comments.0),
        percent(whole.comments.1),
    );
    let _ = writeln!(text, "{plan}");
    text.push_str(if circles.is_empty() { "Nothing goes in a circle.\n" } else { &circles });
    Ok(text)
}

fn row(size: &Size) -> String {
    format!(
        "| {} | {} | {} | {} | {} | {} | {:.1} | {} | {} ",
        size.files.len(),
        size.source,
        median(&size.files),
        size.files.iter().max().unwrap_or(&0),
        over(&size.files, 300),
        over(&size.files, 400),
        size.share(),
        over(&size.functions, 50),
        over(&size.functions, 80),
    )
}

/// What stands in a folder, in order; nothing where there is none.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let Ok(read) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths = read.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Adds every file below a folder as tests.
fn tests(folder: &Path, size: &mut Size) -> io::Result<()> {
    for path in entries(folder)? {
        if path.is_dir() {
            tests(&path, size)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            size.add_tests(fs::read_to_string(&path)?.lines().count());
        }
    }
    Ok(())
}
