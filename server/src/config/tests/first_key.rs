//! The first key, on a real file system.

use std::fs;

use vitals::exit;
use vitals::key::KeyHash;

use super::{CHANNEL, with};
use crate::config::{Config, Inputs, STATE_FILE, first_key, load};

fn at(dir: &std::path::Path) -> Config {
    let inputs = Inputs {
        cwd: dir.into(),
        env: &|_| None,
        ..Inputs::of_process(None, Some("0.0.0.0:0".to_owned()), true)
    };
    load(&inputs).unwrap()
}

#[test]
fn only_a_public_address_without_keys_needs_one() {
    assert!(!with(CHANNEL).good().needs_first_key());
    assert!(!with(CHANNEL).flag_listen("[::1]:1").good().needs_first_key());
    assert!(with(CHANNEL).flag_listen("0.0.0.0:1").good().needs_first_key());
    let keys = format!("[[keys]]\nname = \"a\"\nhash = \"{}\"\n{CHANNEL}", KeyHash::of("x"));
    assert!(!with(&keys).flag_listen("0.0.0.0:1").good().needs_first_key());
}

#[test]
fn made_once_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = at(dir.path());
    assert!(config.needs_first_key());
    let made = config.make_first_key(&[7; 128]).unwrap();
    assert!(!config.needs_first_key());
    assert!(config.live.keys[0].hash.matches(&KeyHash::of(made.key.reveal())));

    let text = fs::read_to_string(&made.file).unwrap();
    assert!(!text.contains(made.key.reveal()), "the key itself is on the disk");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&made.file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let again = at(dir.path());
    assert!(!again.needs_first_key());
    assert!(again.live.keys[0].hash.matches(&config.live.keys[0].hash));
    assert!(first_key(dir.path(), &[8; 128]).is_err(), "an existing key must never be replaced");
}

#[test]
fn a_hash_may_be_a_secret_of_the_environment_or_of_a_file() {
    let hash = KeyHash::of("x").to_string();
    for reference in ["env:KEY_HASH", "file:/run/hash"] {
        let text = format!("[[keys]]\nname = \"a\"\nhash = \"{reference}\"\n{CHANNEL}");
        let given = || with(&text).flag_listen("0.0.0.0:1");
        let config = given().var("KEY_HASH", &hash).file("/run/hash", &format!("{hash}\n")).good();
        assert!(!config.needs_first_key() && config.live.keys[0].hash.matches(&KeyHash::of("x")));
        let wrong = given().var("KEY_HASH", "sk-sentinel").file("/run/hash", "sk-sentinel").wrong();
        assert!(wrong.contains("holds no hash") && wrong.contains("watertight keys hash"), "{wrong}");
        assert!(!wrong.contains("sentinel"), "{wrong}");
        let missing = given().wrong();
        assert!(missing.contains(":3: `keys.hash`"), "{missing}");
    }
}

#[test]
fn what_is_wrong_with_the_state_file() {
    let state = format!("/cfg/{STATE_FILE}");
    let wrong = |text: &str| with(CHANNEL).flag_listen("0.0.0.0:1").file(&state, text).wrong();
    assert!(wrong("").contains("there is no key in it: delete it"), "{}", wrong(""));
    assert!(wrong("UNREADABLE").contains("cannot read the first key: permission denied"));
    assert!(wrong("[[keys]]\nname = \"a\"\nhash = \"x\"\n").contains("watertight.keys:3: `keys.hash`"));
    assert!(with(CHANNEL).file(&state, "broken").load().is_ok(), "loopback does not look at it");
}

#[test]
fn a_folder_that_cannot_be_written() {
    let wrong = first_key(std::path::Path::new("/no/such/folder"), &[7; 128]).unwrap_err().to_string();
    assert!(wrong.contains("cannot keep the first key") && wrong.contains("watertight keys new"), "{wrong}");
    assert_eq!(exit::USAGE, 64);
    assert!(first_key(std::path::Path::new("/tmp"), &[255; 128]).is_err());
}
