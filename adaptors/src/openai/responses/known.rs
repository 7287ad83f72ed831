//! Tools that OpenAI's models know by training: a client names them by their kind alone, runs them itself, and gets their
//! calls as items of kinds of their own. Other models know none of them: each is offered as a function that says how it is
//! called, and its call comes back as the item that the client knows.

use serde_json::value::RawValue;

use crate::json::{Fields, Level, Writer, is_text, items, mended, on_one_line};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Known {
    LocalShell,
    Shell,
    Patch,
}

const ALL: [Known; 3] = [Known::LocalShell, Known::Shell, Known::Patch];

/// How a call's output names it, behind its own kind.
const OUTPUT: &str = "_output";

const SHELL_SCHEMA: &str = r#"{"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"},"description":"Each is one line for the shell; they may run at once"},"timeout_ms":{"type":"integer","description":"How long each may take"},"max_output_length":{"type":"integer","description":"How many characters of each output are wanted"}},"required":["commands"],"additionalProperties":false}"#;
const LOCAL_SCHEMA: &str = r#"{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"},"description":"The program and each of its arguments; no shell reads them"},"working_directory":{"type":"string"},"timeout_ms":{"type":"integer","description":"How long it may take"},"env":{"type":"object","additionalProperties":{"type":"string"},"description":"Variables of its environment, beside those that are there"},"user":{"type":"string","description":"Who runs it"}},"required":["command"],"additionalProperties":false}"#;
const PATCH_SCHEMA: &str = r#"{"type":"object","properties":{"type":{"type":"string","enum":["create_file","update_file","delete_file"]},"path":{"type":"string"},"diff":{"type":"string","description":"What is to change, in the form that the tool's description gives; not for delete_file"}},"required":["type","path"],"additionalProperties":false}"#;

impl Known {
    /// By the kind of the tool.
    pub(super) fn of(kind: &str) -> Option<Self> {
        ALL.into_iter().find(|known| known.kind() == kind)
    }

    /// By the kind of its call.
    pub(super) fn of_call(item: &str) -> Option<Self> {
        ALL.into_iter().find(|known| known.call() == item)
    }

    /// By the kind of its call's output.
    pub(super) fn of_output(item: &str) -> Option<Self> {
        Self::of_call(item.strip_suffix(OUTPUT)?)
    }

    /// The tool's kind, which is its name too.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::LocalShell => "local_shell",
            Self::Shell => "shell",
            Self::Patch => "apply_patch",
        }
    }

    pub(super) fn call(self) -> &'static str {
        match self {
            Self::LocalShell => "local_shell_call",
            Self::Shell => "shell_call",
            Self::Patch => "apply_patch_call",
        }
    }

    /// How the ids of its calls begin.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::LocalShell => "lsh",
            Self::Shell => "sh",
            Self::Patch => "apc",
        }
    }

    /// The field of the call in which stands what is to be done.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::LocalShell | Self::Shell => "action",
            Self::Patch => "operation",
        }
    }

    /// The status of a call that broke off: a patch has no word for it.
    pub(super) fn status(self, status: &str) -> &str {
        match (self, status) {
            (Self::Patch, "incomplete") => "in_progress",
            _ => status,
        }
    }

    /// What a model that never heard of it has to be told.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::LocalShell => "Runs a program on the user's machine and gives its output.",
            Self::Shell => {
                "Runs commands in a shell on the user's machine and gives what each of them wrote and its exit code."
            }
            Self::Patch => {
                "Creates, changes or deletes one file. With create_file each line of `diff` is a line of the file with `+` \
                 in front. With update_file `diff` has one or more hunks. A hunk begins with a line `@@`, behind which a \
                 line of the file may stand that comes before the hunk, such as the head of a function. Then come lines of \
                 the file, in order: with a space in front those that stay, with `-` those that go, with `+` those that \
                 come. Three lines that stay before and behind each change say where it is; there are no line numbers."
            }
        }
    }

    /// The JSON schema of what is to be done.
    pub(super) fn schema(self) -> &'static str {
        match self {
            Self::LocalShell => LOCAL_SCHEMA,
            Self::Shell => SHELL_SCHEMA,
            Self::Patch => PATCH_SCHEMA,
        }
    }

    /// What was done, as a function's arguments: the item says in its kind what its `type` does.
    pub(super) fn arguments(self, done: &RawValue) -> String {
        let Ok(mut level) = Level::of(done.get()) else { return "{}".to_owned() };
        if self == Self::LocalShell {
            level.take("type");
        }
        level.json()
    }

    /// Writes what is to be done, of a function's arguments. What broke off asks for nothing.
    pub(super) fn write(self, w: &mut Writer, arguments: &str) {
        let arguments = mended(arguments.trim());
        let arguments = on_one_line(&arguments);
        let level = Level::of(&arguments).unwrap_or_default();
        w.object(|w| match self {
            Self::LocalShell => {
                w.field("type", "exec");
                commands(w.key("command"), level.get("command"));
                w.key("env").json(level.get("env").filter(|env| env.starts_with('{')).unwrap_or("{}"));
                rest(w, &level, &["type", "command", "env"]);
            }
            Self::Shell => {
                commands(w.key("commands"), level.get("commands"));
                rest(w, &level, &["commands"]);
            }
            Self::Patch => level.write_into(w),
        });
    }
}

/// A list; one that a model gave without it is a list of one.
fn commands(w: &mut Writer, given: Option<&str>) {
    match given {
        Some(list) if items(list).is_some() => w.json(list),
        Some(text) if is_text(text) => w.list(|w| w.json(text)),
        _ => w.list(|_| {}),
    }
}

fn rest(w: &mut Writer, level: &Level<'_>, without: &[&str]) {
    for (key, value) in level.iter().filter(|(key, _)| !without.contains(key)) {
        w.key(key).json(value);
    }
}

/// Whether the client runs it, and not the upstream in a container of its own.
pub(super) fn is_clients(environment: Option<&mut Fields<'_>>) -> bool {
    let kind = environment.map(|environment| environment.text("type").ok().flatten());
    kind.is_none_or(|kind| kind.as_deref() == Some("local"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(known: Known, arguments: &str) -> String {
        let mut w = Writer::default();
        known.write(&mut w, arguments);
        String::from_utf8(w.into_bytes()).unwrap()
    }

    #[test]
    fn what_is_to_be_done_comes_back_as_it_was_said() {
        for (known, done, arguments) in [
            (
                Known::LocalShell,
                r#"{"type":"exec","command":["ls","-l"],"env":{"A":"1"},"timeout_ms":10}"#,
                r#"{"command":["ls","-l"],"env":{"A":"1"},"timeout_ms":10}"#,
            ),
            (
                Known::Shell,
                r#"{"commands":["ls"],"timeout_ms":null}"#,
                r#"{"commands":["ls"],"timeout_ms":null}"#,
            ),
            (
                Known::Patch,
                r#"{"type":"update_file","path":"p","diff":"@@\n-a\n+b"}"#,
                r#"{"type":"update_file","path":"p","diff":"@@\n-a\n+b"}"#,
            ),
        ] {
            let raw: &RawValue = serde_json::from_str(done).unwrap();
            assert_eq!(known.arguments(raw), arguments);
            assert_eq!(written(known, arguments), done);
            assert!(serde_json::from_str::<serde_json::Value>(known.schema()).is_ok());
            assert_eq!((Known::of(known.kind()), Known::of_call(known.call())), (Some(known), Some(known)));
            assert_eq!(Known::of_output(&format!("{}_output", known.call())), Some(known));
        }
    }

    #[test]
    fn what_a_model_says_otherwise_is_still_an_item_that_clients_can_read() {
        assert_eq!(written(Known::Shell, r#"{"commands":"ls -l"}"#), r#"{"commands":["ls -l"]}"#);
        assert_eq!(
            written(Known::LocalShell, "{\"command\":\n\"ls\",\"env\":null}"),
            r#"{"type":"exec","command":["ls"],"env":{}}"#
        );
        for broken in ["", "{\"comm", "[]", "{\"command\":7}"] {
            assert_eq!(
                written(Known::LocalShell, broken),
                r#"{"type":"exec","command":[],"env":{}}"#,
                "{broken}"
            );
        }
        assert_eq!(written(Known::Patch, "{\"type\":\"delete_file\",\"pa"), "{}");
    }
}
