//! A crate: its files as a tree of modules, and what a path means from within one of them.

use std::collections::BTreeMap;
use std::path::Path as Folder;
use std::{fs, io};

use crate::file::{Path, Source};

/// A crate's modules, tests aside, by their path within it; the root is the empty path.
#[derive(Default)]
pub struct Crate {
    /// The modules.
    pub modules: BTreeMap<Path, Source>,
    /// The files that only tests see.
    pub tests: Vec<Source>,
}

impl Crate {
    /// Reads the crate whose `lib.rs` or `main.rs` stands in a folder.
    ///
    /// # Errors
    /// A file that cannot be read or parsed.
    pub fn read(src: &Folder) -> io::Result<Self> {
        let mut all = Self::default();
        let root = ["lib.rs", "main.rs"].map(|name| src.join(name)).into_iter().find(|path| path.exists());
        let root = root.ok_or_else(|| io::Error::other(format!("{}: no crate", src.display())))?;
        all.module(&root, src, Path::new(), false)?;
        Ok(all)
    }

    /// Reads a file and what it declares below itself, for which a folder is looked in.
    fn module(&mut self, file: &Folder, folder: &Folder, path: Path, for_tests: bool) -> io::Result<()> {
        let source = Source::read(&fs::read_to_string(file)?)
            .map_err(|error| io::Error::other(format!("{}: {error}", file.display())))?;
        for (name, is_test) in &source.modules {
            let below = folder.join(name);
            let flat = folder.join(format!("{name}.rs"));
            let file = if flat.exists() { flat } else { below.join("mod.rs") };
            let mut path = path.clone();
            path.push(name.clone());
            self.module(&file, &below, path, for_tests || *is_test)?;
        }
        if for_tests {
            self.tests.push(source);
        } else {
            self.modules.insert(path, source);
        }
        Ok(())
    }

    /// The module that defines what a path names, seen from a module; `None` for what is not of this crate.
    #[must_use]
    pub fn resolve(&self, from: &[String], path: &[String]) -> Option<Path> {
        self.find(from, path, 0)
    }

    /// Re-exports that go in circles end at a depth.
    fn find(&self, from: &[String], path: &[String], depth: usize) -> Option<Path> {
        if depth > 16 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(Path::new(), rest, depth),
            "self" => self.walk(from.to_vec(), rest, depth),
            "super" => self.find(from.split_last()?.1, &[&["self".to_owned()], rest].concat(), depth),
            "Self" => None,
            _ if self.child(from, first).is_some() => self.walk(from.to_vec(), path, depth),
            // A name that a `use` made means what stands there; one that stands for itself is another crate's.
            _ => {
                let bound = self.modules.get(from)?.bound.get(first)?;
                let whole = [bound.as_slice(), rest].concat();
                if bound.first() == Some(first) { None } else { self.find(from, &whole, depth + 1) }
            }
        }
    }

    fn child(&self, module: &[String], name: &str) -> Option<Path> {
        let path: Path = module.iter().cloned().chain([name.to_owned()]).collect();
        self.modules.contains_key(&path).then_some(path)
    }

    fn walk(&self, mut at: Path, path: &[String], depth: usize) -> Option<Path> {
        for (n, name) in path.iter().enumerate() {
            // `super::super`.
            if name == "super" {
                at.pop()?;
                continue;
            }
            if let Some(child) = self.child(&at, name) {
                at = child;
                continue;
            }
            let source = self.modules.get(&at)?;
            if source.items.contains(name) {
                return Some(at);
            }
            let onward = |through: &[String]| self.find(&at, through, depth + 1);
            if let Some(bound) = source.bound.get(name) {
                return onward(&[bound.as_slice(), &path[n + 1..]].concat());
            }
            let through = |glob: &Path| onward(&[glob.as_slice(), &path[n..]].concat());
            return source.globs.iter().find_map(through).or(Some(at));
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> Crate {
        let modules = files.iter().map(|(path, text)| {
            let path = path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            (path, Source::read(text).unwrap())
        });
        Crate { modules: modules.collect(), tests: Vec::new() }
    }

    fn found(house: &Crate, from: &str, path: &str) -> Option<String> {
        let split = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<String>>();
        house.resolve(&split(from), &split(path)).map(|path| path.join("::"))
    }

    #[test]
    fn a_name_leads_to_where_it_is_defined() {
        let house = house(&[
            ("", "pub use room::Thing; use other::*;"),
            ("room", "pub use file::{Thing, Other as Renamed}; use http::Request;"),
            ("room::file", "pub struct Thing; pub struct Other;"),
            ("other", "pub use super::room::Renamed; use crate::room; fn f() {}"),
        ]);
        for (from, path, at) in [
            ("other", "crate::Thing", "room::file"),
            ("other", "room::Thing", "room::file"),
            ("other", "super::room::Renamed", "room::file"),
            ("room", "crate::other::Renamed::new", "room::file"),
            ("room::file", "super::super::other::f", "other"),
            ("room::file", "super::file::Thing", "room::file"),
            ("room", "file::unknown_to_the_parser", "room::file"),
        ] {
            assert_eq!(found(&house, from, path).as_deref(), Some(at), "{from}: {path}");
        }
        for path in ["Request::new", "http::Request", "std::fs::read", "Self::new"] {
            assert_eq!(found(&house, "room", path), None, "{path}");
        }
    }
}
