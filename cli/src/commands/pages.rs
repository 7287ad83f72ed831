//! `completions` and `man`: written from the command tree.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use vitals::Language;

use crate::args::{self, CompletionsArgs, ManArgs, Page};
use crate::output::{self, Failure};
use crate::words::usage;

/// `completions SHELL`
pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, Failure> {
    output::bytes(&script(args.shell))?;
    Ok(vitals::exit::OK)
}

/// `man [COMMAND|DIR]`
pub(crate) fn man(args: &ManArgs) -> Result<u8, Failure> {
    let pages = pages(Language::current());
    if let Some(page) = called(&args.what, &pages) {
        output::bytes(page)?;
        return Ok(vitals::exit::OK);
    }
    let dir = folder(&args.what)?;
    write(dir, &pages)?;
    output::hint(&usage::pages_written(pages.len(), dir));
    Ok(vitals::exit::OK)
}

/// The page of a command by its words, joined or not, with the program's name or without; no words: the program's own.
fn called<'a>(words: &[PathBuf], pages: &'a [(String, Vec<u8>)]) -> Option<&'a [u8]> {
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let joined = words?.join("-");
    let below = joined.strip_prefix("watertight").unwrap_or(&joined).trim_start_matches('-');
    let name = if below.is_empty() { "watertight.1".to_owned() } else { format!("watertight-{below}.1") };
    pages.iter().find(|(file, _)| *file == name).map(|(_, text)| text.as_slice())
}

/// The folder that all pages go into. A bare word that is no folder yet is rather a command's name with a mistake in it.
fn folder(words: &[PathBuf]) -> Result<&Path, Failure> {
    match words {
        [dir] if dir.is_dir() || dir.components().count() > 1 || dir.has_root() || ends_with_slash(dir) => {
            Ok(dir)
        }
        [word] => Err(Failure::usage(usage::neither_command_nor_folder(word))),
        words => {
            let words: Vec<_> = words.iter().map(|word| word.display().to_string()).collect();
            Err(Failure::usage(usage::no_command(&words.join(" "))))
        }
    }
}

fn ends_with_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last().is_some_and(|byte| std::path::is_separator(char::from(*byte)))
}

fn write(dir: &Path, pages: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let fail = |path: &Path, error: &std::io::Error| Failure::output(usage::unwritable(path, error));
    fs::create_dir_all(dir).map_err(|error| fail(dir, &error))?;
    for (name, text) in pages {
        let path = dir.join(name);
        fs::write(&path, text).map_err(|error| fail(&path, &error))?;
    }
    Ok(())
}

fn script(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "watertight", &mut text);
    text
}

/// All pages by file name, the program's own first.
fn pages(language: Language) -> Vec<(String, Vec<u8>)> {
    let (mut root, additions) = args::manual(language);
    root.build();
    let mut pages = Vec::new();
    collect(&root, "", additions, &mut pages);
    pages.into_iter().map(|(name, text)| (name, args::manual_page(language, text))).collect()
}

type Additions = fn(&str) -> Option<&'static Page>;

fn collect(command: &Command, path: &str, additions: Additions, pages: &mut Vec<(String, Vec<u8>)>) {
    let name = if path.is_empty() {
        "watertight".to_owned()
    } else {
        format!("watertight-{}", path.replace(' ', "-"))
    };
    pages.push((format!("{name}.1"), page(command, additions(path), name)));
    for sub in command.get_subcommands() {
        let below =
            if path.is_empty() { sub.get_name().to_owned() } else { format!("{path} {}", sub.get_name()) };
        collect(sub, &below, additions, pages);
    }
}

/// One page. Examples and exit codes get sections of their own instead of the help's loose text.
fn page(command: &Command, added: Option<&Page>, name: String) -> Vec<u8> {
    let plain = command.clone().before_help(None::<&str>).after_help(None::<&str>).display_name(name);
    let has_commands = plain.has_subcommands();
    let man = Man::new(plain).manual("watertight manual");
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = man.render_title(&mut text);
    let _ = man.render_name_section(&mut text);
    let _ = man.render_synopsis_section(&mut text);
    let _ = man.render_description_section(&mut text);
    if let Some(page) = added {
        text.extend(section("EXAMPLES", page.examples.iter().map(|(line, what)| (*line, *what))));
    }
    let _ = man.render_options_section(&mut text);
    if has_commands {
        let _ = man.render_subcommands_section(&mut text);
    }
    if let Some(page) = added {
        let exits: Vec<_> = page.exits.iter().map(|(code, what)| (code.to_string(), *what)).collect();
        text.extend(section("EXIT STATUS", exits.iter().map(|(code, what)| (code.as_str(), *what))));
    }
    text
}

fn section<'a>(title: &str, items: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let escape = |text: &str| text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    let mut text = format!(".SH \"{title}\"\n");
    for (term, meaning) in items {
        text.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", escape(term), escape(meaning)));
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests;
