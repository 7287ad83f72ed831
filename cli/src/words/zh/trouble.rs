//! Why recordings cannot be read, written or used as they were asked for, each with its cure; and hints beside them.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

use vitals::system::zh;
use vitals::units::format_duration;

use super::sheet::odd;
use crate::finding::{LeftOut, Misuse, NoRecording, NotOurs, SHOWN, STANDARD_INPUT, Unopened, Unread};
use crate::reading::PollError;

/// `role` is what the argument is called.
pub(crate) fn unread(role: &str, name: &str, why: &Unread<'_>) -> String {
    let zcat = if name == STANDARD_INPUT { "zcat".to_owned() } else { format!("zcat {name}") };
    match why {
        Unread::Empty => format!("{role} {name}：是空的：用 `watertight record` 记录到这个文件"),
        Unread::Missing => {
            let pattern = name.contains(['*', '?', '[']);
            let cure = if pattern { "没有匹配的文件" } else { "没有这个文件" };
            let hint = if name.contains(':') { "；地址以 http:// 或 https:// 开头" } else { "" };
            format!("{role} {name}：{cure}{hint}")
        }
        Unread::Folder => format!("{role} {name}：是目录；写出其中的文件，例如 '{name}/*.csv'"),
        Unread::TooLong => format!("{role} {name}：超过 256 MiB；先存为 UTF-8 文件"),
        Unread::Pattern(error) => format!("{role} {name}：{error}"),
        Unread::System(error) => format!("{role} {name}：无法读取：{}", zh(error)),
        Unread::Appended => format!(
            "{role} {name}：gzip 数据完整，后面却有不是 gzip 的字节，像被追加过：用 `{zcat} > FILE` 去掉它们，或换完整的副本"
        ),
        Unread::CutOff => format!(
            "{role} {name}：gzip 数据不完整，像复制时中断：换完整的副本，或用 `{zcat} > FILE` 保存已有的部分"
        ),
        Unread::Damaged(error) => {
            format!(
                "{role} {name}：gzip 数据已损坏（{}）：换一份副本；用 `gzip -t {name}` 检查",
                damage(error)
            )
        }
        Unread::No(why) => format!("{role} {name} {}", no_recording(why)),
        Unread::NoRows(LeftOut { name, line, why }) => format!(
            "{role} {name} 不是记录文件：第 {line} 行不是数据行：{}：使用 `watertight record` 写的文件，或旧脚本的日志",
            odd(why)
        ),
        Unread::NoRowsYet => {
            format!("{role} {name}：还没有数据行：用 `watertight record` 记录到这个文件")
        }
        Unread::NoTimes(time) => {
            let time: String = time.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            format!("{role} {name}：读不懂时间 `{time}`：写成 2025-10-27 10:30:00")
        }
    }
}

/// Follows the file's name.
pub(crate) fn no_recording(why: &NoRecording) -> String {
    match why {
        NoRecording::NoHeader(shown) => format!(
            "不是记录文件：第 1 行是 `{shown}`，不是 `ts,…,goroutines,…` 这样的表头：使用 `watertight record` 写的文件，\
             或旧脚本的日志"
        ),
        NoRecording::NoColumn(wanted, shown) => format!(
            "没有 `{wanted}` 列；第 1 行是 `{shown}`：列名用 `ts`、`goroutines`、`alloc_bytes`，或使用 \
             `watertight record` 写的文件"
        ),
    }
}

pub(crate) fn unopened(why: &Unopened) -> String {
    match why {
        Unopened::Exists(path) => {
            format!("{} 已存在：--append 接着写，--force 覆盖", path.display())
        }
        Unopened::Foreign(path, why) => {
            let why = match why {
                NotOurs::OtherColumns => "表头的列不同",
                NotOurs::NoInstances => "它来自旧版本，没有 `instance` 列",
                NotOurs::FirstLine => "第一行不是数据行",
                NotOurs::LastLine => "最后一行不是数据行",
            };
            format!("{} 不是可以接着写的记录文件（{why}）：记录到别的文件，或用 --force 覆盖", path.display())
        }
        Unopened::Locked(path) if cfg!(windows) => format!(
            "{} 被另一个程序打开，可能是另一个记录程序或 Excel：在那里关闭它，或记录到别的文件",
            path.display()
        ),
        Unopened::Locked(path) => {
            format!("{} 正由另一个记录程序写入：等它结束，或记录到别的文件", path.display())
        }
        Unopened::Io { path, error } => cannot_write(path, error),
    }
}

/// What is wrong with packed bytes.
fn damage(error: &io::Error) -> String {
    let text = error.to_string();
    let what = match () {
        () if text.contains("checksum") => "校验和不符",
        () if text.contains("header") => "文件头无效",
        () => "数据流无法解开",
    };
    format!("{what}：{text}")
}

pub(crate) fn cannot_write(path: &Path, error: &dyn Display) -> String {
    format!("无法写入 {}：{}", path.display(), zh(error))
}

pub(crate) fn cannot_read(path: &Path, error: &dyn Display) -> String {
    format!("无法读取 {}：{}", path.display(), zh(error))
}

/// A next file, or one for Prometheus, that failed beside a recording.
pub(crate) fn rows_are_safe(error: &str, csv: Option<&Path>) -> String {
    match csv {
        Some(csv) => format!("{error}；每一行都已存入 {}", csv.display()),
        None => format!("{error}；每一行都已存入之前的文件"),
    }
}

/// A recording that broke off after so many rows of this run.
pub(crate) fn unwritable(path: &Path, error: &io::Error, rows: u64) -> String {
    let cause = match error.kind() {
        io::ErrorKind::NotFound => {
            return format!(
                "无法写入 {}：记录期间文件或它的目录被移走或删除；本次的行随它而去：记录到新文件",
                path.display()
            );
        }
        io::ErrorKind::ReadOnlyFilesystem => "文件系统变为只读".to_owned(),
        io::ErrorKind::StorageFull => "磁盘已满".to_owned(),
        io::ErrorKind::QuotaExceeded => "配额已用完".to_owned(),
        io::ErrorKind::FileTooLarge => "文件不允许更大（ulimit -f）".to_owned(),
        _ => zh(error),
    };
    format!("无法写入 {}：{cause}；本次的 {rows} 行已存入：腾出空间，再用 --append 接着写", path.display())
}

pub(crate) fn cannot_remove(path: &Path, error: &io::Error) -> String {
    format!("提示：无法删除 {}：{}", path.display(), zh(error))
}

pub(crate) fn other_target(earlier: &str, now: &str) -> String {
    format!("提示：之前的行属于 {earlier}，不是 {now}")
}

/// How many files of a recording stay.
pub(crate) fn kept(keep: Option<u32>) -> String {
    match keep {
        None => "保留所有文件：用 --keep COUNT 限制数量".to_owned(),
        Some(1) => "只保留最新的文件".to_owned(),
        Some(keep) => format!("保留最新的 {keep} 个文件"),
    }
}

/// The wall clock parted from the monotonic one before this time.
pub(crate) fn clock_jumped(back: bool, by: Duration, at: &str) -> String {
    let which = if back { "倒退" } else { "前跳" };
    let by = format_duration(by);
    format!("提示：{at} 之前系统时钟{which} {by}：时钟被调整，或机器休眠过")
}

/// The template of a progress bar, with an end or without.
pub(crate) const fn progress_line(bounded: bool) -> &'static str {
    match bounded {
        true => "{prefix}[{bar:24}] {pos}/{len} 行，还剩 {eta}  {msg}",
        false => "{prefix}{spinner} {elapsed} 内 {pos} 行，Ctrl-C 结束  {msg}",
    }
}

pub(crate) fn none_succeeded(error: &PollError) -> String {
    format!("没有一次轮询成功：{}", super::poll_error(error))
}

pub(crate) fn polling(target: &str, every: Duration, polls: u64) -> String {
    format!("每 {} 轮询 {target}，共 {polls} 次；Ctrl-C 用已有的数据对比", format_duration(every))
}

pub(crate) fn given_up(polls: u64) -> String {
    format!("从一开始就连续 {polls} 次被拒绝：放弃")
}

pub(crate) const fn no_page() -> &'static str {
    "已有一个不是页面的文件：换一个文件名"
}

pub(crate) fn misuse(misuse: &Misuse<'_>) -> String {
    match misuse {
        Misuse::Address => {
            "BASELINE 必须是记录文件，不能是地址：先用 `watertight record --csv baseline.csv --api-url URL` 记录".to_owned()
        }
        Misuse::AddressAmongMany(url) => format!(
            "记录文件 {url}：地址只能是两个中的第二个：先用 `watertight record --csv FILE --api-url URL` 记录"
        ),
        Misuse::AddressOnPage(url) => format!(
            "FILE {url}：是地址，不是记录文件：先用 `watertight record --csv FILE --api-url URL` 记录"
        ),
        Misuse::BothFromStdin => "只有一侧能来自标准输入：另一侧存为文件".to_owned(),
        Misuse::SeveralFromStdin => "只有一份记录能来自标准输入：其余存为文件".to_owned(),
        Misuse::NothingPolled(flag) => format!(
            "{flag} 说明轮询地址多久，而这里只有记录文件：去掉它，或把中继的地址作为 CURRENT"
        ),
        Misuse::OnlyOne => "--each 只有一份记录：再给几份，或用 --days 按天拆开".to_owned(),
        Misuse::TooManySides { count, most } => {
            format!("并列 {count} 份记录：最多 {most} 份，或用 --days 按天拆开")
        }
        Misuse::TooManyDays { role, most } => {
            format!("{role}：超过 {most} 天：少给几天的文件，例如 'day.202611*.csv'")
        }
        Misuse::TooManyOnPage { count, most } => {
            format!("一页 {count} 份记录：最多 {most} 份；属于同一份记录的文件写成一个带引号的通配符")
        }
        Misuse::PageOnTerminal => "页面不能写到终端：给出文件，例如 -o report.html".to_owned(),
        Misuse::NotReported(metric) => format!("--svg {metric}：没有记录报告它"),
        Misuse::Folder(path) => format!("无法写入 {}：是目录", path.display()),
    }
}
