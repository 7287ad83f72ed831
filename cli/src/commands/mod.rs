//! One module per command: it gathers, judges, prints, and returns the exit code.

pub(crate) mod compare;
pub(crate) mod keys;
pub(crate) mod pages;
pub(crate) mod quick_check;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod watch;

use std::io::Read;
use std::path::Path;

use vitals::Thresholds;

use crate::args::TargetArgs;
use crate::output::Failure;
use crate::source::{HealthSource, Target, Token};

/// A token longer than this is a mistaken file.
const TOKEN_CAP: u64 = 64 << 10;

/// The source that the flags name.
fn source(args: &TargetArgs) -> Result<HealthSource, Failure> {
    let target = Target::parse(&args.api_url).map_err(|why| Failure::usage(format!("--api-url: {why}")))?;
    let token = args.token_file.as_deref().map(token).transpose()?;
    HealthSource::new(target, token).map_err(Failure::usage)
}

/// The thresholds that the flags name. One flag alone moves the other one's default out of its way.
fn thresholds(warning: Option<u64>, danger: Option<u64>) -> Result<Thresholds, Failure> {
    let default = Thresholds::default();
    let danger = danger.unwrap_or_else(|| default.danger.max(warning.unwrap_or(0)));
    let warning = warning.unwrap_or_else(|| default.warning.min(danger));
    Thresholds::with_goroutines(warning, danger)
        .map_err(|why| Failure::usage(format!("--warning and --danger: {why}")))
}

fn token(path: &Path) -> Result<Token, Failure> {
    let fail = |why: String| Failure::usage(format!("--token-file {}: {why}", path.display()));
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(TOKEN_CAP).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(TOKEN_CAP).read_to_string(&mut text))
    };
    read.map_err(|error| fail(format!("cannot read it: {error}")))?;
    match text.trim() {
        "" => Err(fail("it is empty: put the token into it, on one line".to_owned())),
        line if line.contains(|c: char| c.is_control() || c.is_whitespace()) => {
            Err(fail("it holds more than a token: put only the token into it, on one line".to_owned()))
        }
        line => Ok(Token::new(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        assert!(token(&path).unwrap_err().text.contains("cannot read it"));
        for (content, expected) in
            [("abc\n", Ok("abc")), (" \n", Err("empty")), ("sentinel\nb", Err("more than a token"))]
        {
            std::fs::write(&path, content).unwrap();
            match (token(&path), expected) {
                (Ok(token), Ok(expected)) => assert_eq!(token.reveal(), expected),
                (Err(failure), Err(why)) => {
                    assert!(
                        failure.text.contains(why) && !failure.text.contains("sentinel"),
                        "{}",
                        failure.text
                    );
                }
                (other, _) => panic!("{other:?}"),
            }
        }
    }
}
