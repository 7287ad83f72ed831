//! A first file: channels from the provider keys in the environment, and around them the example of the repository's root
//! with its defaults as comments. A key itself is never in it: `env:NAME`.

use std::fmt::Write as _;

use adaptors::provider::{self, Provider};

use vitals::Language;

use super::forms::{list, quoted};
use super::inputs::Inputs;

/// The example, of which a test says that it shows every key and every default; with its comments in the language that is
/// spoken.
fn example() -> &'static str {
    let chinese = include_str!("../../../watertight.example.zh.toml");
    Language::current().pick(include_str!("../../../watertight.example.toml"), chinese)
}

/// The first channel of the example, which ends its settings.
const CHANNEL: &str = "[[channels]]";
/// What stands before a line of the example that is not in effect.
const OFF: &str = "#: ";

/// A file to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The file.
    pub text: String,
    /// The variables that hold the keys of its channels. Empty: the demo answers.
    pub variables: Vec<&'static str>,
}

/// A file for what is in the environment; `file` is how its own commands name it.
#[must_use]
pub fn beginning(inputs: &Inputs<'_>, file: &str) -> Beginning {
    let found = |provider: &'static Provider| {
        let variable = provider.env.filter(|name| inputs.var(name).is_some())?;
        // One with placeholders has no address by itself.
        provider.base_url.filter(|url| !url.contains('{')).map(|url| (provider, variable, url))
    };
    let found: Vec<_> = provider::all().filter_map(found).collect();
    let variables: Vec<&str> = found.iter().map(|(_, variable, _)| *variable).collect();
    let mut text = head(file, &variables);
    text.push_str(&settings());
    found.iter().for_each(|(provider, variable, url)| channel(&mut text, provider, variable, url));
    if found.is_empty() {
        text.extend([
            Language::current().pick(DEMO, DEMO_ZH),
            CHANNEL,
            "\nname = \"demo\"\nprovider = \"demo\"\n\n",
        ]);
    }
    text.push_str(&more());
    Beginning { text, variables }
}

const DEMO: &str = "# No provider's key was in the environment: the demo answers, offline. To relay to a provider, take the `#: ` away from\n\
                    # the lines of a channel below, and the lines of this one out.\n";
const DEMO_ZH: &str = "# 环境变量里没有供应商的密钥：由 demo 离线应答。要中继到真实的供应商，去掉下面某个渠道各行的 `#: `，\n\
                       # 并删除这个渠道的各行。\n";

fn head(file: &str, variables: &[&str]) -> String {
    if Language::current() == Language::Zh {
        return head_zh(file, variables);
    }
    let made = match variables {
        [] => "no provider's key was in the environment".to_owned(),
        some => format!("channels from {}", some.join(", ")),
    };
    format!(
        "# The configuration of watertight. Made by `watertight init`: {made}.\n\
         # What stands behind `# ` is the default, what stands behind `#: ` an example: to use a line, take that away. Then:\n\
         #   watertight serve -c {file} --check         every mistake, or what holds\n\
         #   watertight config show -c {file}           every value, and where it came from\n\
         #   watertight channels test -c {file}         one small real request to each channel\n\
         # Durations: 500ms, 10s, 15m, 1h30m. Sizes: 64KiB, 32MiB, 1GiB. All keys: docs/configuration.md.\n\
         # Secrets never stand in this file: \"env:NAME\" or \"file:/path\".\n"
    )
}

fn head_zh(file: &str, variables: &[&str]) -> String {
    let made = match variables {
        [] => "环境变量里没有供应商的密钥".to_owned(),
        some => format!("渠道来自 {}", some.join("、")),
    };
    format!(
        "# watertight 的配置，由 `watertight init` 生成：{made}。\n\
         # `# ` 后面是默认值，`#: ` 后面是例子：要用哪一行，去掉它前面的记号。然后：\n\
         #   watertight serve -c {file} --check         报告每一处错误，或打印生效的内容\n\
         #   watertight config show -c {file}           每个值，和它的来历\n\
         #   watertight channels test -c {file}         给每个渠道发一个小的真实请求\n\
         # 时长：500ms、10s、15m、1h30m。大小：64KiB、32MiB、1GiB。全部配置项：docs/zh/configuration.md。\n\
         # 密钥不写在这个文件里：写 \"env:NAME\" 或 \"file:/path\"。\n"
    )
}

/// The example's settings, none in effect: who wants a default says nothing, and gets a later version's.
fn settings() -> String {
    let example = example();
    let (settings, _) = example.split_once(&format!("\n{CHANNEL}\n")).unwrap_or((example, ""));
    // Its own head ends with the first empty line.
    let (_, settings) = settings.split_once("\n\n").unwrap_or(("", settings));
    let mut text = "\n".to_owned();
    for line in settings.lines() {
        let sign = if line.is_empty() || line.starts_with(['#', '[']) { "" } else { "# " };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{sign}{line}");
    }
    text.push('\n');
    text
}

fn channel(text: &mut String, provider: &Provider, variable: &str, url: &str) {
    let Provider { name, models, .. } = provider;
    let models = list(models.iter().map(quoted));
    let _ = write!(
        text,
        "[[channels]]\nname = {name}\nprovider = {name}   # {url}\nkeys = [\"env:{variable}\"]\n# models = {models}\n\n",
        name = quoted(name)
    );
}

/// What else channels may say: those of the example, none in effect.
fn more() -> String {
    let (_, channels) = example().split_once(&format!("\n{CHANNEL}\n")).unwrap_or_default();
    let head =
        Language::current().pick("# Channels, with what each may say:", "# 渠道，以及每个渠道可以写的内容：");
    let mut text = format!("{head}\n{OFF}{CHANNEL}\n");
    for line in channels.lines() {
        let sign = if line.is_empty() || line.starts_with('#') { "" } else { OFF };
        let _ = writeln!(text, "{sign}{line}");
    }
    text
}
