//! A command line, or a file that it names, that cannot be meant so: with the flag and the cure.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

use vitals::system::zh;
use vitals::units::format_duration;

use crate::finding::{Contents, NoAddresses, NoStream};

pub(crate) const fn auto_alone() -> &'static str {
    "--source：`auto` 只能单独使用：去掉它，或写明来源"
}

pub(crate) const fn insecure() -> &'static str {
    "提示：不检查证书（--insecure）：中间的任何人都能应答"
}

pub(crate) const fn keep_without_rotation() -> &'static str {
    "--keep 限制 --rotate 或 --rotate-size 的文件数：给出其中一个"
}

pub(crate) const fn no_target() -> &'static str {
    "--api-url：没有目标"
}

pub(crate) const fn only_observes() -> &'static str {
    "这个版本只能观察"
}

/// A flag's file with a flaw.
pub(crate) fn file(flag: &str, path: &Path, flaw: &str) -> String {
    format!("{flag} {}：{flaw}", path.display())
}

pub(crate) fn unreadable(error: &io::Error) -> String {
    format!("无法读取：{}", zh(error))
}

pub(crate) const fn no_text() -> &'static str {
    "它不是文本"
}

pub(crate) const fn no_certificate() -> &'static str {
    "里面没有证书：应是带 BEGIN CERTIFICATE 的 PEM"
}

pub(crate) const fn no_login() -> &'static str {
    "写成 user:password，只占一行"
}

/// The contents of secret files.
const fn secret(contents: Contents) -> &'static str {
    match contents {
        Contents::Token => "令牌",
        Contents::Login => "用户名和密码",
        Contents::Signing => "机器人的密钥",
    }
}

/// A variable in place of a file with a secret.
pub(crate) fn variable(name: &str, flaw: &str) -> String {
    format!("{name}：{flaw}")
}

pub(crate) fn empty_secret(of: Contents) -> String {
    format!("它是空的：写入{}，只占一行", secret(of))
}

pub(crate) fn more_than_a_secret(of: Contents) -> String {
    format!("它的内容多于{0}：只写{0}，只占一行", secret(of))
}

pub(crate) fn no_pem(error: &dyn Display) -> String {
    format!("它不是 PEM：{error}")
}

pub(crate) fn warning_alone(warning: u64, danger: u64) -> String {
    format!("--warning {warning} 高于 --danger（未给出时是 {danger}）：同时给出 --danger，不低于 {warning}")
}

pub(crate) fn thresholds(warning: u64, danger: u64, why: &str) -> String {
    format!("--warning {warning} 和 --danger {danger}：{why}")
}

pub(crate) fn short_block(block: Duration, polls: u32, interval: Duration, least: Duration) -> String {
    let [block, interval, least] = [block, interval, least].map(format_duration);
    format!("--block {block} 不足 {polls} 次 -i {interval} 的轮询：给出 --block {least}，或更短的间隔")
}

pub(crate) fn too_many_polls(polls: u64, most: u64) -> String {
    format!(
        "--duration 和 --interval 合计 {polls} 次轮询，最多保留 {most} 次：用 `watertight record`，再对比它的文件"
    )
}

/// A flag that leads to one target, where several are given.
pub(crate) fn of_one_target(flag: &str, targets: usize) -> String {
    format!("{flag} 只属于一个目标，这里给了 {targets} 个：用单独的命令观察那一个")
}

pub(crate) fn no_addresses(why: NoAddresses) -> String {
    let why = match why {
        NoAddresses::Process => "进程没有：去掉 --pid",
        NoAddresses::File => "文件没有：--api-url 给主机名",
        NoAddresses::Socket => "套接字没有：--api-url 给主机名",
        NoAddresses::OtherHost => "--metrics-url 或 --pprof-url 在另一台主机：使用 --api-url 的主机名",
    };
    format!("--each-address 轮询主机名的每个地址：{why}")
}

pub(crate) fn no_stream(why: NoStream) -> String {
    let why = match why {
        NoStream::Several => "几个目标各需要一个文件",
        NoStream::Rotated => "轮换需要文件",
        NoStream::OpenMetrics => "openmetrics 在记录结束时才写",
    };
    format!("--csv -：{why}：给出文件或目录")
}

pub(crate) fn one_file(flag: &str, file: &str, targets: usize, host: &str) -> String {
    format!("{flag} {file}：{targets} 个目标各需要一个文件：给出已有的目录，或在文件名里写 {host}")
}

pub(crate) fn same_file(file: &Path) -> String {
    format!("两个目标会记录到同一个文件 {}：其中一个用单独的命令记录", file.display())
}

/// Behind the number of rows; nothing where they are in sight.
pub(crate) fn recorded_into(file: &Path, rotates: bool, open_metrics: bool) -> String {
    match file.as_os_str() == "-" {
        true => String::new(),
        false if rotates => format!("，存入 {} 的各个文件", file.display()),
        false if open_metrics => {
            format!("，存入 {}，给 Prometheus 的存入 {}", file.display(), file.with_extension("om").display())
        }
        false => format!("，存入 {}", file.display()),
    }
}

pub(crate) const fn paste_key() -> &'static str {
    "粘贴密钥，然后按 Enter 和 Ctrl-D"
}

pub(crate) const fn no_random() -> &'static str {
    "系统没有随机数"
}

pub(crate) const fn no_key() -> &'static str {
    "标准输入里没有密钥：用管道给出，例如 `watertight keys hash < key.txt`"
}

pub(crate) const fn several_words() -> &'static str {
    "标准输入里不止一个词：只给密钥"
}

pub(crate) fn unreadable_input(error: &io::Error) -> String {
    format!("无法读取标准输入：{}", zh(error))
}

pub(crate) fn fresh_key(hash: &dyn Display) -> String {
    format!(
        "把密钥交给调用方：它不保存在任何地方。写进 watertight.toml：\n\n[[keys]]\nname = \"a-name\"\nhash = \"{hash}\""
    )
}

pub(crate) fn pages_written(n: usize, folder: &Path) -> String {
    let path = folder.display();
    format!("{n} 页写入 {path}：watertight.1 和每个命令一页；man -l {path}/watertight.1 显示一页")
}

pub(crate) fn neither_command_nor_folder(word: &Path) -> String {
    format!(
        "man {0}：没有叫 `{0}` 的命令，也没有这个目录：`watertight --help` 列出命令；要把所有页写入新目录，写 ./{0}",
        word.display()
    )
}

pub(crate) fn no_command(words: &str) -> String {
    format!("man {words}：没有这个命令：`watertight --help` 列出命令")
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("无法写入 {}：{}", path.display(), zh(error))
}

pub(crate) fn unwritable_output(error: &io::Error) -> String {
    format!("无法写到标准输出：{}", zh(error))
}

pub(crate) fn no_signals(error: &dyn Display) -> String {
    format!("没有信号处理：{}", zh(error))
}
