//! A configuration is taken, and what it prints is taken again and prints the same; or every mistake is named. Secrets
//! are shown in neither.

use std::io;
use std::path::Path;

use server::config::{Config, Errors, Inputs, load};

fn read(text: &str) -> Result<Config, Errors> {
    let files = |path: &Path| match path.to_str() {
        Some("/x/watertight.toml") => Ok(text.to_owned()),
        Some("/x/key") => Ok("sk-file-sentinel".to_owned()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    let env = |name: &str| (name == "KEY").then(|| "sk-env-sentinel".to_owned());
    let cwd = "/x".into();
    let dialects = &adaptors::dialect::DIALECTS;
    load(&Inputs { file: None, listen: None, demo: false, dialects, cwd, env: &env, read: &files })
}

/// The page as a file: a reference for every secret that it does not show.
fn filled(page: &str) -> String {
    let hash = format!("sha256:{:064}", 0);
    page.replace("sha256:***", &hash).replace("\"***\"", "\"env:KEY\"").replace("***@", "u:p@")
}

/// What stands behind `# from` says where a value came from, which is now the file.
fn values(page: &str) -> Vec<&str> {
    page.lines().map(|line| line.split("  # from ").next().unwrap_or_default()).collect()
}

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match read(text) {
        Ok(config) => {
            let page = config.render(str::to_owned);
            assert!(!page.contains("-sentinel"), "a secret is shown: {page}");
            let again = read(&filled(&page)).unwrap_or_else(|why| panic!("not taken again: {why}\n{page}"));
            assert_eq!(values(&again.render(str::to_owned)), values(&page));
        }
        Err(errors) => {
            assert!(!errors.problems().is_empty());
            let said = errors.to_string();
            assert!(!said.contains("-sentinel"), "a secret is shown: {said}");
            let lines = text.split('\n').count();
            assert!(errors.problems().iter().all(|one| one.line.is_none_or(|line| line <= lines)), "{said}");
        }
    }
}
