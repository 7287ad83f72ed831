//! What a console is told in Chinese, and the tables of what is made in English elsewhere.

mod config;
mod life;
mod probe;

use std::io;
use std::path::Path;
use std::sync::LazyLock;

use vitals::Catalogue;

use super::{argument, ask, command};

/// By table: `tests/e2e/house/languages.rs` holds them against the source.
pub(super) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::of(&[
        config::READING,
        config::KINDS,
        config::VALUES,
        config::RECORDS,
        config::AROUND,
        life::START,
        life::LOG,
        life::REASONS,
        probe::LOOKS,
        probe::UPSTREAM,
        vitals::system::NUMBERED,
        vitals::system::NAMED,
        vitals::system::TOML,
    ])
});

/// Hints after a start on the demo provider, in the words of the system's shell.
pub(super) fn demo_hints(program: &str, url: &str, open: bool) -> String {
    let program = command(program, cfg!(windows));
    format!(
        "\n没有配置供应商，由内置的 demo 供应商离线应答。在另一个终端试试：\n\n\
         {}\
         \x20 {program} quick-check --api-url {url}\n\
         \x20 {program} record --csv baseline.csv -i 1 --duration 30s --api-url {url}\n\n\
         要中继到真实的供应商，设置 OPENAI_API_KEY、ANTHROPIC_API_KEY 或 XAI_API_KEY 后重新启动，\n\
         或用 `{program} init` 写一份 watertight.toml（`{program} config show` 显示生效的配置）。Ctrl-C 停止。\n\n",
        ask(url, open, cfg!(windows))
    )
}

/// The key that was made at the first start on a public address; never shown again.
pub(super) fn first_key(key: &str, file: &Path) -> String {
    format!(
        "\n地址是公开的，又没有配置密钥，所以生成了一个。只显示这一次：\n\n  {key}\n\n\
         它的哈希存在 {}。发送时用 `Authorization: Bearer …`。\n\n",
        file.display()
    )
}

/// A result that standard output does not take.
pub(super) fn unwritten(error: &io::Error) -> String {
    format!("结果无法写到标准输出：{}", vitals::system::zh(error))
}

/// Which file a configuration is from, and what named it.
pub(super) fn file(file: Option<&str>, named: Option<&str>) -> String {
    match (file, named) {
        (None, _) => "没有配置文件".to_owned(),
        (Some(file), None) => format!("来自 {file}，在本目录找到"),
        (Some(file), Some(named)) => format!("来自 {file}，由 {named} 指定"),
    }
}

/// A file that `init` would have to overwrite.
pub(super) fn exists(file: &str) -> String {
    format!("{file} 已存在，不会覆盖：用 -o FILE 换一个文件，用 -o - 打印，或先移走它")
}

/// A file that `init` cannot write.
pub(super) fn unwritable(file: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("无法写入 {file}：先建立它的目录"),
        _ => format!(
            "无法写入 {file}：{}；用 -o FILE 换一个文件，或用 -o - 打印",
            CATALOGUE.say(&crate::config::inputs::why(error))
        ),
    }
}

/// What is in the environment makes no valid configuration.
pub(super) fn not_begun(mistakes: &str) -> String {
    format!("{mistakes}\n没有写入任何文件：在环境变量里改正，再运行 init")
}

/// What `init` wrote, and what comes next.
pub(super) fn begun(program: &str, file: &str, variables: &[&str]) -> String {
    let program = command(program, cfg!(windows));
    let what = match variables {
        [] => "环境变量里没有供应商的密钥：用这份配置时由 demo 离线应答。\n\
               要中继到供应商，编辑其中的 [[channels]]；或设置 OPENAI_API_KEY 之类的密钥，删除这个文件，再运行 init。"
            .to_owned(),
        some => {
            format!("{} 个渠道，每次启动时从 {} 读取密钥。", some.len(), some.join("、"))
        }
    };
    let file = argument(file);
    format!(
        "已写入 {file}。{what}下一步：\n\n  {program} serve -c {file} --check\n  {program} serve -c {file}\n"
    )
}
