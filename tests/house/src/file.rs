//! One source file: its modules, what it binds by `use`, the paths it names, its functions, and how much of it is tests.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// Segments of a path, as written.
pub type Path = Vec<String>;

/// What a file's text holds, tests aside.
#[derive(Default)]
pub struct Source {
    /// `mod name;`, and whether it is for tests only.
    pub modules: Vec<(String, bool)>,
    /// Names that `use` binds here, and what they stand for.
    pub bound: BTreeMap<String, Path>,
    /// `use path::*`.
    pub globs: Vec<Path>,
    /// Names of the items that are defined here.
    pub items: BTreeSet<String>,
    /// Every path of at least two segments, and those of `use`.
    pub paths: Vec<Path>,
    /// Those of `pub use`.
    pub passed_on: Vec<Path>,
    /// Lines of each function, from its signature to its closing brace.
    pub functions: Vec<usize>,
    /// Lines of all.
    pub lines: usize,
    /// Lines of items that only tests see.
    pub test_lines: usize,
    /// Lines of doc comments and of plain ones.
    pub comments: (usize, usize),
}

impl Source {
    /// Reads a file's text.
    ///
    /// # Errors
    /// What the parser says.
    pub fn read(text: &str) -> syn::Result<Self> {
        let file = syn::parse_file(text)?;
        let mut source = Self { lines: text.lines().count(), ..Self::default() };
        let starts = |marks: &[&str]| {
            let of = |line: &&str| marks.iter().any(|mark| line.trim_start().starts_with(mark));
            text.lines().filter(of).count()
        };
        let docs = starts(&["///", "//!"]);
        source.comments = (docs, starts(&["//"]) - docs);
        source.visit_file(&file);
        Ok(source)
    }

    fn bind(&mut self, tree: &UseTree, before: &[String]) {
        let with = |last: &syn::Ident| {
            let mut path = before.to_vec();
            path.push(last.to_string());
            path
        };
        match tree {
            UseTree::Path(path) => self.bind(&path.tree, &with(&path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.bind(tree, before)),
            UseTree::Glob(_) => {
                self.globs.push(before.to_vec());
                self.paths.push(before.to_vec());
            }
            UseTree::Name(name) if name.ident == "self" => self.name(before.last(), before.to_vec()),
            UseTree::Name(name) => self.name(Some(&name.ident.to_string()), with(&name.ident)),
            UseTree::Rename(name) if name.ident == "self" => {
                self.name(Some(&name.rename.to_string()), before.to_vec());
            }
            UseTree::Rename(name) => self.name(Some(&name.rename.to_string()), with(&name.ident)),
        }
    }

    fn name(&mut self, name: Option<&String>, path: Path) {
        self.paths.push(path.clone());
        if let Some(name) = name {
            self.bound.insert(name.clone(), path);
        }
    }

    /// Takes in what stands in `mod name { .. }`, whose `super` is this file.
    fn take(&mut self, mut block: Self) {
        let paths = block.paths.iter_mut().chain(&mut block.passed_on).chain(block.bound.values_mut());
        paths.filter(|path| path[0] == "super").for_each(|path| {
            if path.get(1).is_some_and(|next| next == "super") {
                path.remove(0);
            } else {
                path[0] = "self".to_owned();
            }
        });
        self.paths.append(&mut block.paths);
        self.passed_on.append(&mut block.passed_on);
        self.functions.append(&mut block.functions);
        self.items.append(&mut block.items);
        self.test_lines += block.test_lines;
        for (name, path) in block.bound {
            self.bound.entry(name).or_insert(path);
        }
    }

    /// Paths in what a macro is given, which is not parsed.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Path::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 || path.is_empty() => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                other => {
                    self.end(&mut path);
                    match other {
                        TokenTree::Ident(ident) => path.push(ident.to_string()),
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        _ => {}
                    }
                }
            }
            colons = 0;
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Path) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.paths.push(path);
        }
    }

    fn function(&mut self, signature: &syn::Signature, end: proc_macro2::Span) {
        self.functions.push(end.end().line - signature.span().start().line + 1);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined(item: &Item) -> Option<&syn::Ident> {
    Some(match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    })
}

/// `#[cfg(test)]`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_test =
        |attribute: &Attribute| attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test");
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg") && is_test(attribute))
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = attributes(item);
        let for_tests = is_for_tests(attributes);
        if let Item::Mod(module) = item
            && module.content.is_none()
        {
            self.modules.push((module.ident.to_string(), for_tests));
        }
        if for_tests {
            let start = attributes[0].span().start().line;
            self.test_lines += item.span().end().line - start + 1;
            return;
        }
        self.items.extend(defined(item).map(ToString::to_string));
        match item {
            Item::Mod(block) if block.content.is_some() => {
                let mut inner = Self::default();
                visit::visit_item_mod(&mut inner, block);
                self.take(inner);
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let before = self.paths.len();
        self.bind(&item.tree, &[]);
        if !matches!(item.vis, syn::Visibility::Inherited) {
            self.passed_on.extend(self.paths.split_off(before));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, item.block.span());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, item.block.span());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block.span());
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let mut paths: Vec<String> =
            Source::read(text).unwrap().paths.iter().map(|path| path.join("::")).collect();
        paths.sort();
        paths
    }

    #[test]
    fn every_form_of_a_use_is_read() {
        let source = Source::read("use a::{self, b::C, d as e};\nuse f::*;").unwrap();
        let bound: Vec<String> =
            source.bound.iter().map(|(name, path)| format!("{name}={}", path.join("::"))).collect();
        assert_eq!(bound, ["C=a::b::C", "a=a", "e=a::d"]);
        assert_eq!(source.globs, [["f"]]);
    }

    #[test]
    fn a_block_of_a_file_stands_in_it() {
        let text = "use super::a::B;\nmod unix {\n use super::C;\n use super::super::d::E;\n fn f() {}\n}";
        let source = Source::read(text).unwrap();
        assert_eq!(paths(text), ["self::C", "super::a::B", "super::d::E"]);
        assert!(source.items.contains("f") && source.functions == [1]);
    }

    #[test]
    fn paths_are_found_in_types_calls_patterns_and_macros() {
        let text =
            "fn f(x: a::B) -> Vec<c::D> { match e::f(x) { g::H => k!(\"{}\", l::m, [n::o(1)], p: q), } }";
        assert_eq!(paths(text), ["a::B", "c::D", "e::f", "g::H", "l::m", "n::o"]);
    }

    #[test]
    fn tests_are_counted_and_know_whom_they_like() {
        let source =
            Source::read("use a::b;\n\n/// Why.\n#[cfg(test)]\nmod tests {\n    use c::d;\n}\n").unwrap();
        assert_eq!(source.paths, [["a", "b"]]);
        assert_eq!((source.lines, source.test_lines, source.comments), (7, 5, (1, 0)));
        let apart = Source::read("#[cfg(test)]\nmod tests;\nmod other;").unwrap();
        assert_eq!(apart.modules, [("tests".to_owned(), true), ("other".to_owned(), false)]);
    }

    #[test]
    fn a_function_is_as_long_as_from_its_signature_to_its_brace() {
        let text = "/// Says.\n#[inline]\nfn one() {}\nimpl X {\n    fn two() {\n    }\n}\n";
        assert_eq!(Source::read(text).unwrap().functions, [1, 2]);
    }
}
