use std::path::PathBuf;

use clap::ValueEnum;

use super::*;

/// The files of a folder, without its folders.
fn listed(dir: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
}

/// The committed files are what the command tree says; `WATERTIGHT_UPDATE=1 cargo test -p cli` writes them anew.
#[test]
fn committed_pages_have_not_drifted() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let name = |shell: Shell| match shell {
        Shell::Zsh => "_watertight".to_owned(),
        Shell::PowerShell => "watertight.ps1".to_owned(),
        Shell::Elvish => "watertight.elv".to_owned(),
        other => format!("watertight.{other}"),
    };
    let scripts: Vec<_> =
        Shell::value_variants().iter().map(|shell| (name(*shell), script(*shell))).collect();
    let [english, chinese] = [Language::En, Language::Zh].map(pages);
    for (dir, files) in [("man", english), ("man/zh", chinese), ("completions", scripts)] {
        let dir = root.join(dir);
        if std::env::var_os("WATERTIGHT_UPDATE").is_some() {
            listed(&dir).for_each(|old| fs::remove_file(old).unwrap());
            write(&dir, &files).unwrap();
        }
        for (file, text) in &files {
            let committed = fs::read(dir.join(file)).unwrap_or_default();
            assert!(committed == *text, "{file} has drifted: WATERTIGHT_UPDATE=1 cargo test -p cli");
        }
        assert_eq!(listed(&dir).count(), files.len(), "{} has files of no command", dir.display());
    }
}

#[test]
fn every_command_has_a_page_with_examples_and_exit_codes() {
    for (language, sections) in [
        (Language::En, [".SH \"EXAMPLES\"", ".SH \"EXIT STATUS\"", ".SH SYNOPSIS"]),
        (Language::Zh, [".SH \"示例\"", ".SH \"退出码\"", ".SH 用法"]),
    ] {
        for (name, text) in pages(language) {
            let text = String::from_utf8(text).unwrap();
            for section in sections {
                assert!(text.contains(section), "{name} has no {section}");
            }
            let is_whole = language == Language::En || text.lines().any(|line| line == ".nh");
            assert!(is_whole, "{name} breaks names and flags with hyphens");
        }
    }
}

#[test]
fn a_page_by_the_name_of_its_command() {
    let pages = pages(Language::En);
    let title = |words: &[&str]| {
        let words: Vec<PathBuf> = words.iter().map(PathBuf::from).collect();
        let text = called(&words, &pages).map(|text| String::from_utf8(text.to_vec()).unwrap());
        text.and_then(|text| {
            Some(text.lines().find_map(|line| line.strip_prefix(".TH "))?.split(' ').next()?.to_owned())
        })
    };
    for (words, expected) in [
        (&[][..], Some("watertight")),
        (&["watertight"], Some("watertight")),
        (&["quick-check"], Some("watertight-quick-check")),
        (&["watertight-quick-check"], Some("watertight-quick-check")),
        (&["keys", "new"], Some("watertight-keys-new")),
        (&["keys-new"], Some("watertight-keys-new")),
        (&["quickcheck"], None),
        (&["./quick-check"], None),
        (&["keys", "old"], None),
    ] {
        assert_eq!(title(words).as_deref(), expected, "{words:?}");
    }
}

/// A word with a mistake in it makes no folder.
#[test]
fn a_new_folder_is_a_path() {
    let words = |words: &[&str]| words.iter().map(PathBuf::from).collect::<Vec<_>>();
    for path in ["./pages", "pages/", "/tmp/pages", "..", "."] {
        assert!(folder(&words(&[path])).is_ok(), "{path}");
    }
    let error = folder(&words(&["quickcheck"])).unwrap_err();
    assert_eq!(error.code(), vitals::exit::USAGE);
    assert!(error.text().contains("neither a command nor a folder `quickcheck`"), "{}", error.text());
    assert!(error.text().contains("give ./quickcheck"), "{}", error.text());
    assert!(
        folder(&words(&["keys", "old"]))
            .unwrap_err()
            .text()
            .contains("man keys old: there is no such command")
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_an_output_failure() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(write(&file, &pages(Language::En)).unwrap_err().code(), vitals::exit::OUTPUT);
}
