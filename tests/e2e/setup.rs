//! `init` and `config show`: a first configuration, and where each value came from.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::PROGRAM;

fn run(folder: &Path, line: &str, env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(PROGRAM);
    let output =
        command.current_dir(folder).env_clear().envs(env.iter().copied()).args(line.split(' ')).output();
    let output = output.unwrap();
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains("sentinel"), "a secret is shown: {text}");
    }
    output
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const KEY: (&str, &str) = ("OPENAI_API_KEY", "sk-sentinel");

#[test]
fn a_first_configuration_holds_no_key_passes_the_check_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let made = run(at, "init", &[KEY]);
    assert_eq!(made.status.code(), Some(0), "{}", told(&made));
    assert!(told(&made).starts_with("watertight.toml is written. 1 channel, "), "{}", told(&made));
    let text = std::fs::read_to_string(at.join("watertight.toml")).unwrap();
    assert!(text.contains("keys = [\"env:OPENAI_API_KEY\"]") && !text.contains("sentinel"), "{text}");
    assert_eq!(run(at, "serve --check", &[KEY]).status.code(), Some(0));
    assert_eq!(String::from_utf8(run(at, "init -o -", &[KEY]).stdout).unwrap(), text);

    let again = run(at, "init", &[]);
    assert_eq!(again.status.code(), Some(64));
    assert!(told(&again).contains("exists, and is not overwritten: name another with -o FILE"));
    assert_eq!(std::fs::read_to_string(at.join("watertight.toml")).unwrap(), text);

    let wrong = run(at, "init -o new.toml", &[("OPENAI_API_KEY", "sk sentinel")]);
    assert_eq!(wrong.status.code(), Some(64));
    assert!(told(&wrong).contains("OPENAI_API_KEY") && told(&wrong).contains("nothing was written"));
    assert!(!at.join("new.toml").exists());
    let demo = run(at, "init -o demo.toml", &[]);
    assert!(told(&demo).contains("the demo answers, offline"), "{}", told(&demo));
    assert_eq!(run(at, "serve --check -c demo.toml", &[]).status.code(), Some(0));
}

/// As `>` of Windows' PowerShell writes files, and as some editors do, without the mark that tells the order of bytes.
#[test]
fn a_configuration_in_utf_16_is_read_or_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let write = |text: &str| {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(at.join("wide.toml"), wide).unwrap();
    };
    let plain = "[[channels]]\r\nprovider = \"openai\"\r\nkeys = [\"env:OPENAI_API_KEY\"]\r\n";
    write(&format!("\u{feff}{plain}"));
    let lines = ["serve --check -c wide.toml", "config show -c wide.toml"];
    for line in lines {
        let read = run(at, line, &[KEY]);
        assert_eq!(read.status.code(), Some(0), "{line}: {}", told(&read));
    }
    write(plain);
    for line in lines {
        let refused = run(at, line, &[KEY]);
        assert_eq!(refused.status.code(), Some(64), "{line}");
        assert!(
            told(&refused).contains("it is UTF-16 without a byte order mark: save it as UTF-8"),
            "{}",
            told(&refused)
        );
    }
}

#[test]
fn each_value_is_shown_with_its_origin_and_mistakes_as_the_check_tells_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let channel = "[[channels]]\nprovider = \"openai\"\nkeys = [\"env:OPENAI_API_KEY\"]\n";
    std::fs::write(at.join("a.toml"), format!("limits.in_flight = 7\n{channel}")).unwrap();
    let env =
        [KEY, ("WATERTIGHT_CONFIG", "a.toml"), ("WATERTIGHT_LISTEN", "127.0.0.1:7"), ("RELAY_TIMEOUT", "60")];
    let shown = run(at, "config show --format json", &env);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let value = |key: &str| {
        let all = shown["values"].as_array().unwrap();
        all.iter().find(|value| value["key"] == key).unwrap_or_else(|| panic!("{key} is not shown")).clone()
    };
    assert_eq!(
        shown["file"],
        json!({"path": "a.toml", "origin": "environment", "name": "WATERTIGHT_CONFIG"})
    );
    let listen = json!({"key": "listen", "value": "127.0.0.1:7", "origin": "environment", "name": "WATERTIGHT_LISTEN"});
    assert_eq!(value("listen"), listen);
    assert_eq!(value("timeouts.total")["name"], "RELAY_TIMEOUT");
    let limit = json!({"key": "limits.in_flight", "value": 7, "origin": "file", "file": "a.toml", "line": 1});
    assert_eq!(value("limits.in_flight"), limit);
    assert_eq!(value("channels.openai.keys")["value"], json!(["***"]));
    assert_eq!(value("channels.openai.keys")["refers"], "env:OPENAI_API_KEY");

    let text = run(at, "config show -c a.toml --listen 127.0.0.1:8", &env);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.starts_with("# from a.toml, named by -c\n"), "{text}");
    let line = |key: &str| text.lines().find(|line| line.contains(&format!(" {key} = "))).unwrap().to_owned();
    assert!(
        line("listen").starts_with("--listen ") && line("limits.in_flight").starts_with("a.toml:1 "),
        "{text}"
    );

    std::fs::write(at.join("a.toml"), format!("limits.inflight = 7\n{channel}")).unwrap();
    let [show, check] = ["config show", "serve --check"].map(|line| run(at, line, &env));
    assert_eq!((show.status.code(), told(&show)), (Some(64), told(&check)));
    assert!(told(&show).contains("a.toml:1: unknown key `limits.inflight`"), "{}", told(&show));
}
