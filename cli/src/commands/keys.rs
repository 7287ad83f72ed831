//! `keys new` and `keys hash`. A key goes to stdout, and nowhere else.

use std::io::{IsTerminal, Read};

use vitals::{Secret, key};

use crate::args::KeysCommand;
use crate::output::{self, Failure};
use crate::words::usage;

/// Keys are 51 characters; anything much longer is a mistaken file.
const CAP: u64 = 4096;

pub(crate) fn run(command: KeysCommand) -> Result<u8, Failure> {
    match command {
        KeysCommand::New => {
            let key = fresh()?;
            let hash = key::KeyHash::of(key.reveal());
            output::result(&format!("{}\n", key.reveal()))?;
            output::hint(&usage::fresh_key(&hash));
        }
        KeysCommand::Hash => {
            if std::io::stdin().is_terminal() {
                output::hint(usage::paste_key());
            }
            let mut text = String::new();
            std::io::stdin()
                .take(CAP)
                .read_to_string(&mut text)
                .map_err(|error| Failure::usage(usage::unreadable_input(&error)))?;
            output::result(&format!("{}\n", key::KeyHash::of(only_key(&text)?)))?;
        }
    }
    Ok(vitals::exit::OK)
}

fn fresh() -> Result<Secret, Failure> {
    let mut random = [0_u8; 128];
    let filled = getrandom::fill(&mut random).ok().and_then(|()| key::from_random(&random));
    filled.ok_or_else(|| Failure::unknown(usage::no_random()))
}

fn only_key(text: &str) -> Result<&str, Failure> {
    match text.trim() {
        "" => Err(Failure::usage(usage::no_key())),
        key if key.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            Err(Failure::usage(usage::several_words()))
        }
        key => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_keys_differ_and_have_the_form() {
        let (a, b) = (fresh().unwrap(), fresh().unwrap());
        assert_ne!(a.reveal(), b.reveal());
        assert!(a.reveal().starts_with("sk-") && a.reveal().len() == 51);
    }

    #[test]
    fn only_one_key_is_hashed() {
        assert_eq!(only_key(" sk-a\r\n").unwrap(), "sk-a");
        for wrong in ["", "\n", "sk-a sk-b", "sk-a\nsk-b\n", "sk-\0a"] {
            assert_eq!(only_key(wrong).unwrap_err().code(), vitals::exit::USAGE, "{wrong:?}");
        }
    }
}
