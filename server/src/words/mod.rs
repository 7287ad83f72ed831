//! What the relay says to people, in one place. A console is spoken to by language, and so is who reads the log as text; what
//! callers and programs get is English. What is said at one place and nowhere else is a function of each language, what
//! arises deep within is English there and is looked up here ([`said`]).

mod en;
mod log;
mod zh;

use std::io;
use std::path::Path;

use adaptors::dialect::Dialect;
use vitals::Language;

pub(crate) use log::{WITHOUT_TOKEN, channels, reason};

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

vitals::speak! {
    /// Hints after a start on the demo provider, in the words of the system's shell.
    demo_hints(program: &str, url: &str, open: bool) -> String;
    /// The key that was made at the first start on a public address; never shown again.
    first_key(key: &str, file: &Path) -> String;
    /// A result that standard output does not take.
    unwritten(error: &io::Error) -> String;
    /// Which file a configuration is from, and what named it.
    file(file: Option<&str>, named: Option<&str>) -> String;
    /// A file that `init` would have to overwrite.
    exists(file: &str) -> String;
    /// A file that `init` cannot write.
    unwritable(file: &str, error: &io::Error) -> String;
    /// What is in the environment makes no valid configuration.
    not_begun(mistakes: &str) -> String;
    /// What `init` wrote, and what comes next.
    begun(program: &str, file: &str, variables: &[&str]) -> String;
}

/// An English sentence in the language that is spoken. Mistakes, refusals and lines of the log are made in English, which
/// callers and programs read; who shows one to a person says it.
pub(crate) fn said(english: &str) -> String {
    match Language::current() {
        Language::En => english.to_owned(),
        Language::Zh => zh::CATALOGUE.say(english),
    }
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

/// A path as an argument, in the words of the system's shell.
pub(crate) fn argument(path: &str) -> String {
    let quoted = command(path, cfg!(windows));
    quoted.strip_prefix("& ").map(str::to_owned).unwrap_or(quoted)
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

    fn mistakes(text: &'static str) -> String {
        use std::path::PathBuf;
        let read = |path: &Path| match path.ends_with("w.toml") {
            true => Ok(text.to_owned()),
            false => Err(io::Error::from(io::ErrorKind::NotFound)),
        };
        let inputs = crate::config::Inputs {
            file: Some(PathBuf::from("w.toml")),
            listen: None,
            demo: false,
            dialects: &adaptors::dialect::DIALECTS,
            cwd: PathBuf::from("/x"),
            env: &|_| None,
            read: &read,
        };
        crate::config::load(&inputs).map(drop).unwrap_err().to_string()
    }

    /// They are English wherever they are made, also where Chinese is spoken: a caller may have asked for a reload.
    #[test]
    fn mistakes_of_a_configuration_are_said_at_the_edge() {
        let text = "listen = 3000.5\nlisen = \":1\"\n[limits]\nin_flight = \"many\"\nbuffered = \"99%\"\n[timeouts]\nidle = \"soon\"\n\
                    [[channels]]\nname = \"a\"\nprovider = \"opnai\"\n[[channels]]\nname = \"b\"\nprovider = \"openai\"\nkeys = \"sk-1\"\n";
        let english = Language::Zh.during(|| mistakes(text));
        assert_eq!(english, mistakes(text));
        let chinese = Language::Zh.during(|| said(&english));
        let lines: Vec<&str> = chinese.lines().collect();
        assert_eq!(
            lines,
            [
                "w.toml:1: `listen` 是小数（3000.5），应是地址和端口，例如 \"127.0.0.1:3000\"",
                "w.toml:2: 未知的配置项 `lisen`，是不是 `listen`？",
                "w.toml:4: `limits.in_flight` 是字符串（\"many\"），应是整数，例如 100",
                "w.toml:5: `limits.buffered`：`99%` 不是占内存的比例，应在 1% 到 90% 之间",
                "w.toml:7: `timeouts.idle`：`soon` 不是时长：请写带单位的数字，例如 500ms、5s、15m 或 1h30m",
                "w.toml:10: `channels.provider`：`opnai` 不是供应商，是不是 `openai`？",
                "w.toml:14: `channels.keys`：密钥不能直接写在配置里：请写成 \"env:NAME\" 或 \"file:/path/to/secret\"",
            ],
            "{english}"
        );
    }

    #[test]
    fn why_a_relay_does_not_start_is_said_whole() {
        for (english, chinese) in [
            (
                "cannot listen on 127.0.0.1:80: permission denied; choose a port of 1024 or above with --listen",
                "无法监听 127.0.0.1:80：没有权限；请换 1024 或以上的端口：--listen",
            ),
            (
                "cannot listen on [::1]:3000: the old relay there is draining (2 requests in flight); it ends by itself: start again \
                 then, or choose another address with `monitor.listen`",
                "无法监听 [::1]:3000：那里的旧中继正在排空（2 个进行中的请求）；它会自己结束：等它结束再启动，或换一个地址：`monitor.listen`",
            ),
            (
                "x.toml: cannot read the configuration: no such file; write one with `watertight init`, or leave out -c",
                "x.toml: 无法读取配置：没有这个文件；用 `watertight init` 写一份，或者不写 -c",
            ),
            (
                "self-check: danger: 10001 goroutines beyond the explained ones, above 5000: restart, then look for the leak; \
                 1 exchange is older than its own deadline: a leak",
                "自检：危险：协程 10001 个（未解释的），超过 5000：请重启，再查泄漏；有 1 个交换超过了自己的期限：泄漏",
            ),
            (
                "configuration not reloaded, the old one goes on: w.toml:3: unknown key `x`, known here are a, b",
                "配置没有重新加载，继续使用原来的：w.toml:3: 未知的配置项 `x`，这里可以写 a, b",
            ),
            ("3 channels: 1 passed, 2 unreachable", "共 3 个渠道：1 个通过，2 个连不上"),
            // A provider's own words stay as they are.
            ("HTTP 401: Incorrect API key provided: sk-***", "HTTP 401：Incorrect API key provided: sk-***"),
        ] {
            assert_eq!(Language::Zh.during(|| said(english)), chinese);
        }
    }
}
