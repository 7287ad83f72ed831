//! What the relay says to people, in one place. A console is spoken to by language; what callers and logs get is English.

mod zh;

use adaptors::dialect::Dialect;
use vitals::units::format_sizes;
use vitals::{Language, Limit, Reason};

use crate::config::Live;

/// A reload by request whose files do not answer.
pub(crate) const RELOAD_HANGS: &str = "the configuration's files do not answer yet: the configuration in effect goes on, and the reload follows when they do";

/// A form whose content type does not say how to read it.
pub(crate) const NO_BOUNDARY: &str = "the content type is not that of a form which can be read: send `multipart/form-data; boundary=…` with one boundary of 1 to 70 characters; HTTP libraries add it where the header is left to them";
/// A form where none is taken.
pub(crate) const NO_FORM: &str =
    "the request body is a form: send a JSON object here, with the content type `application/json`";

/// What the relay answers by itself.
const OWN: [(&str, &str); 4] = [
    ("/v1/models", "what there is"),
    ("/api/monitor/health", "the relay's health (JSON)"),
    ("/metrics", "the same for Prometheus"),
    ("/healthz, /readyz", "for orchestrators"),
];

/// `GET /`.
pub(crate) fn greeting(dialects: &[Dialect]) -> String {
    let head =
        format!("watertight {}: a relay for LLM APIs that does not leak.\n\n", env!("CARGO_PKG_VERSION"));
    let line = |method, path, what| format!("{method:<7}{path:<46}{what}\n");
    let offers = dialects.iter().flat_map(|dialect| {
        let all = dialect.offers().iter().chain(dialect.by_name());
        all.map(move |offer| line(offer.operation.method(), offer.inbound, dialect.name()))
    });
    let own = OWN.iter().map(|(path, what)| line("GET", path, what));
    std::iter::once(head).chain(offers).chain(own).collect()
}

/// Hints after a start on the demo provider, in the words of the system's shell.
pub(crate) fn demo_hints(program: &str, url: &str, open: bool) -> String {
    if Language::current() == Language::Zh {
        return zh::demo_hints(program, url, open);
    }
    let program = command(program, cfg!(windows));
    format!(
        "\nNo provider is configured, so the built-in demo provider answers, offline. Try, in another terminal:\n\n\
         {}\
         \x20 {program} quick-check --api-url {url}\n\
         \x20 {program} record --csv baseline.csv -i 1 --duration 30s --api-url {url}\n\n\
         To relay to a real provider, set OPENAI_API_KEY, ANTHROPIC_API_KEY or XAI_API_KEY and start again,\n\
         or write a watertight.toml with `{program} init` (`{program} config show` shows what is in effect). Ctrl-C stops.\n\n",
        ask(url, open, cfg!(windows))
    )
}

/// A first request: for sh, or for PowerShell.
fn ask(url: &str, open: bool, powershell: bool) -> String {
    let key = match (open, powershell) {
        (true, _) => "",
        (false, true) => " -Headers @{authorization='Bearer YOUR-KEY'}",
        (false, false) => " -H 'authorization: Bearer YOUR-KEY'",
    };
    let body = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    if powershell {
        return format!(
            "  Invoke-RestMethod {url}/v1/chat/completions -Method Post -ContentType application/json{key} `\n    -Body '{body}'\n"
        );
    }
    let body = body.replacen(",\"messages", ",\"stream\":true,\"messages", 1);
    format!(
        "  curl -N {url}/v1/chat/completions -H 'content-type: application/json'{key} \\\n    -d '{body}'\n"
    )
}

/// A program's path as a command, also with blanks in it.
fn command(path: &str, powershell: bool) -> String {
    let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "/\\:._-+".contains(c);
    match (path.chars().all(plain), powershell) {
        (true, _) => path.to_owned(),
        (false, true) => format!("& '{}'", path.replace('\'', "''")),
        (false, false) => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

/// The key that was made at the first start on a public address; never shown again.
pub(crate) fn first_key(key: &str, file: &std::path::Path) -> String {
    if Language::current() == Language::Zh {
        return zh::first_key(key, file);
    }
    format!(
        "\nThe address is public and no keys are configured, so a key was made. It is shown this once:\n\n  {key}\n\n\
         Its hash is kept in {}. Send it as `Authorization: Bearer …`.\n\n",
        file.display()
    )
}

/// A result that standard output does not take.
pub(crate) fn unwritten(error: &std::io::Error) -> String {
    if Language::current() == Language::Zh {
        return zh::unwritten(error);
    }
    format!("the result cannot be written to standard output: {error}")
}

/// Which file a configuration is from, and what named it.
pub(crate) fn file(file: Option<&str>, named: Option<&str>) -> String {
    if Language::current() == Language::Zh {
        return zh::file(file, named);
    }
    match (file, named) {
        (None, _) => "no configuration file".to_owned(),
        (Some(file), None) => format!("from {file}, found in this folder"),
        (Some(file), Some(named)) => format!("from {file}, named by {named}"),
    }
}

/// A file that `init` would have to overwrite.
pub(crate) fn exists(file: &str) -> String {
    if Language::current() == Language::Zh {
        return zh::exists(file);
    }
    format!(
        "{file} exists, and is not overwritten: name another with -o FILE, print with -o -, or move it away"
    )
}

/// A file that `init` cannot write.
pub(crate) fn unwritable(file: &str, error: &std::io::Error) -> String {
    if Language::current() == Language::Zh {
        return zh::unwritable(file, error);
    }
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("{file} cannot be written: make its folder first"),
        _ => format!(
            "{file} cannot be written: {}; name another with -o FILE, or print with -o -",
            crate::config::inputs::why(error)
        ),
    }
}

/// What is in the environment makes no valid configuration.
pub(crate) fn not_begun(mistakes: &str) -> String {
    if Language::current() == Language::Zh {
        return zh::not_begun(mistakes);
    }
    format!("{mistakes}\nnothing was written: correct this in the environment, then run init again")
}

/// What `init` wrote, and what comes next.
pub(crate) fn begun(program: &str, file: &str, variables: &[&str]) -> String {
    if Language::current() == Language::Zh {
        return zh::begun(program, file, variables);
    }
    let program = command(program, cfg!(windows));
    let what = match variables {
        [] => "No provider's key is in the environment: with this configuration the demo answers, offline.\n\
               To relay to a provider, edit [[channels]] in it; or set a key such as OPENAI_API_KEY, remove the file, and \
               run init again."
            .to_owned(),
        [one] => format!("1 channel, whose key is read from {one} at each start."),
        some => format!("{} channels, whose keys are read at each start from {}.", some.len(), some.join(", ")),
    };
    let file = argument(file);
    format!(
        "{file} is written. {what} Next:\n\n  {program} serve -c {file} --check\n  {program} serve -c {file}\n"
    )
}

/// A path as an argument, in the words of the system's shell.
pub(crate) fn argument(path: &str) -> String {
    let quoted = command(path, cfg!(windows));
    quoted.strip_prefix("& ").map(str::to_owned).unwrap_or(quoted)
}

/// Who may administer while there is no token.
pub(crate) const WITHOUT_TOKEN: &str = "admin.token is not set: /admin/* and /api/monitor/exchanges answer on this machine only, and \
     through no proxy";

/// One line about what was started.
pub(crate) fn channels(live: &Live) -> String {
    let names: Vec<String> =
        live.channels.iter().map(|c| format!("{} ({})", c.name, c.provider.name)).collect();
    names.join(", ")
}

/// Why the self-check found something, for the log.
pub(crate) fn reason(reason: &Reason) -> String {
    let Reason { limit, value, threshold, .. } = *reason;
    match limit {
        Limit::Tasks { beyond, severe } => {
            let beyond = if beyond { " beyond the explained ones" } else { "" };
            let restart = if severe { ": restart, then look for the leak" } else { "" };
            format!("{value} goroutines{beyond}, above {threshold}{restart}")
        }
        Limit::Memory => {
            let [found, limit] = format_sizes(value, threshold);
            format!("{found} of live memory, above {limit}")
        }
        Limit::Descriptors { percent, of } => {
            format!("{value} open descriptors, above {percent} % of the limit of {of}")
        }
        Limit::Resident { percent, of } => {
            let [found, of] = format_sizes(value, of);
            format!("{found} of resident memory, above {percent} % of the limit of {of}")
        }
        Limit::Overdue if value == 1 => "1 exchange is older than its own deadline: a leak".to_owned(),
        Limit::Overdue => format!("{value} exchanges are older than their own deadline: a leak"),
        Limit::Errors { of, .. } => format!("{value} of {of} requests ended badly, above {threshold}"),
        Limit::Latency => format!("an answer takes {value} ms, above {threshold} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_can_be_pasted_into_the_shell() {
        let path = r"C:\Program Files\it's\watertight.exe";
        assert_eq!(command(path, true), r"& 'C:\Program Files\it''s\watertight.exe'");
        assert_eq!(command("/opt/my tools/watertight", false), "'/opt/my tools/watertight'");
        for plain in
            ["watertight", "./target/debug/watertight", r".\watertight.exe", r"C:\工具\watertight.exe"]
        {
            assert_eq!(command(plain, true), plain);
        }
        let url = "http://127.0.0.1:3000";
        let [here, there] = [false, true].map(|powershell| ask(url, false, powershell));
        assert!(
            here.contains("curl -N") && here.contains("Bearer YOUR-KEY") && here.contains(r#""stream":true"#)
        );
        assert!(
            there.starts_with("  Invoke-RestMethod http://127.0.0.1:3000/v1/")
                && there.contains("Bearer YOUR-KEY")
        );
    }

    #[test]
    fn a_console_is_spoken_to_in_its_language() {
        let path = std::path::Path::new("state/keys.toml");
        let said = || {
            [
                demo_hints("watertight", "http://127.0.0.1:3000", true),
                first_key("sk-x", path),
                file(Some("watertight.toml"), None),
                exists("watertight.toml"),
                begun("watertight", "watertight.toml", &["OPENAI_API_KEY"]),
            ]
        };
        for (en, zh) in said().iter().zip(Language::Zh.during(said)) {
            assert!(en.is_ascii() || en.contains('…'), "{en}");
            assert!(zh.contains("，") || zh.contains("。"), "{zh}");
        }
        let hints = Language::Zh.during(|| demo_hints("watertight", "http://127.0.0.1:3000", true));
        assert!(hints.contains("  watertight quick-check --api-url http://127.0.0.1:3000\n"), "{hints}");
    }
}
