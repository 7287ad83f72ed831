//! What a rollout says: of its steps, of a plan with mistakes, and of what it cannot do.

use std::io;
use std::path::Path;
use std::time::Duration;

use vitals::Verdict;
use vitals::encoding::NoText;
use vitals::system::zh;
use vitals::units::format_duration;

use super::source::address;
use super::{error_seen, state};
use crate::finding::rollout::{Accepted, Ended, Flaw, Missing, Refused, Rollout, State, Step, Told, Wanted};
use crate::summary::rounded;

/// A sentence about a step.
pub(crate) fn told(told: &Told<'_>) -> String {
    match told {
        Told::Exit(Some(status)) => format!("命令以状态 {status} 结束"),
        Told::Exit(None) => "命令被信号结束".to_owned(),
        Told::Late { limit, start } => {
            let cure =
                if *start { "：如果它就是中继本身，设 start.background = true" } else { "" };
            format!("命令 {} 内没有结束，已被终止{cure}", format_duration(*limit))
        }
        Told::NoCommand(error) => format!("命令无法运行：{}", zh(error)),
        Told::Unplanned => "计划里没有这一步的命令".to_owned(),
        Told::NoneLeft => "没有上次发布启动的中继在运行".to_owned(),
        Told::Died(Ended::With(status)) => format!("启动的进程已经结束，状态 {status}"),
        Told::Died(Ended::BySignal) => "启动的进程已被信号结束".to_owned(),
        Told::Died(Ended::Somehow) => "启动的进程已经结束".to_owned(),
        Told::NotReady { limit, missing } => {
            let missing: Vec<_> = missing.iter().map(in_vain).collect();
            format!("{} 内没有就绪：{}", format_duration(*limit), missing.join("；"))
        }
        Told::NothingRuns(why) => format!("没有中继可记录：{}", error_seen(why)),
        Told::HasBaseline(at) => format!("记录于 {}", at.strftime("%Y-%m-%d %H:%M UTC")),
        Told::NoBaseline => "没有基准：--accept 把这次的记录作为基准".to_owned(),
        Told::Decided => "提前结束：结论不会再变".to_owned(),
        Told::Resumed(after) => format!("包括之前记录的 {}", format_duration(rounded(*after))),
        Told::Watched { polls, median: Some(median), peak: Some(peak) } => {
            format!("{polls} 次轮询，协程中位数 {median}，峰值 {peak}")
        }
        Told::Watched { polls, .. } => format!("{polls} 次轮询"),
    }
}

fn in_vain(missing: &Missing) -> String {
    match missing {
        Missing::Line(line) => format!("没有含 `{line}` 的行"),
        Missing::Status(url, status) => format!("{url}：它应答 {status}"),
        Missing::Url(url, why) => format!("{url}：{}", error_seen(why)),
        Missing::Health(why) => error_seen(why),
    }
}

/// A state in one word.
pub(crate) const fn step_state(of: State) -> &'static str {
    match of {
        State::Done => "完成",
        State::Judged(verdict) => state(verdict),
        State::Failed => "失败",
        State::Skipped => "跳过",
        State::Interrupted => "中断",
    }
}

/// The heads of a table's columns, in Markdown.
pub(crate) const fn rollout_columns() -> [&'static str; 3] {
    ["步骤", "结果", "时间"]
}

/// The title.
pub(crate) fn rollout_title(rollout: &Rollout) -> String {
    format!("{} 的发布，用时 {}", rollout.target, format_duration(rounded(rollout.took())))
}

/// The next step after a rollout.
pub(crate) fn after_rollout(rollout: &Rollout, has_rollback: bool) -> String {
    match (rollout.failed(), rollout.verdict(), rollout.record(Step::Rollback).map(|record| record.state)) {
        (_, _, Some(State::Failed)) => "回滚失败：马上检查中继",
        (_, _, Some(_)) => "已回滚：下次发布之前找出原因；watertight diagnose 指出堆栈",
        (Some(record), ..) if record.step < Step::Stop => "旧的中继还在运行：修好这一步，重新开始",
        (Some(_), ..) => "修好这一步，重新开始：中继可能没有运行",
        (None, Verdict::Danger, None) if has_rollback => "手动回滚：回滚没有运行",
        (None, Verdict::Danger, None) => "手动回滚：计划里没有回滚",
        (None, Verdict::Unknown, None) => "看上面哪些无法判断，再观察一次",
        (None, Verdict::Warning, None) => "继续观察；watertight rollout routine 打印以后几天的检查",
        (None, Verdict::Ok, None) => "无需处理；watertight rollout routine 打印以后几天的检查",
    }
    .to_owned()
}

/// A step begins: on standard error.
pub(crate) fn step_begins(step: Step, what: Option<&str>, length: Option<Duration>) -> String {
    let what = what.map(|what| format!("：{what}")).unwrap_or_default();
    let length = length.map(|length| format!("，{}", format_duration(length))).unwrap_or_default();
    format!("{}{what}{length}", step.as_str())
}

/// The end of a step, for the same place.
pub(crate) fn step_ended(step: Step, state: State, took: &str, line: Option<&str>) -> String {
    let line = line.map(|line| format!("：{line}")).unwrap_or_default();
    format!("{}：{}，用时 {took}{line}", step.as_str(), step_state(state))
}

/// The last lines of the result: what to do, and where everything is.
pub(crate) fn rollout_end(next: &str, kept: &Path) -> [String; 2] {
    [format!("下一步：{next}"), format!("保存在：{}", kept.display())]
}

/// What a step would do, without a command.
pub(crate) fn would(step: Step, target: &str) -> String {
    match step {
        Step::Baseline => format!("还没有基准时，记录 {target}"),
        Step::Ready => "等待中继".to_owned(),
        Step::Check => format!("检查 {target}"),
        Step::Watch => format!("观察 {target}，并记录"),
        Step::Compare => "与基准对比".to_owned(),
        Step::Stop => "结束上次发布启动的进程".to_owned(),
        _ => told(&Told::Unplanned),
    }
}

/// The conditions of the step `ready`.
pub(crate) fn would_wait(lines: &[String], url: Option<&str>) -> String {
    let lines = lines.iter().map(|line| format!("含 `{line}` 的行"));
    let all: Vec<_> = lines.chain(url.map(|url| format!("{url} 应答 2xx"))).collect();
    match all.is_empty() {
        true => "等待中继应答".to_owned(),
        false => format!("等待{}", all.join("、")),
    }
}

/// When the roll-back runs.
pub(crate) const fn on_danger() -> &'static str {
    "（危险时，或从 stop 起有一步失败时）"
}

/// The end of an interrupted rollout.
pub(crate) fn rollout_interrupted(step: Step) -> String {
    format!("在 {} 这一步中断：--resume 从这里继续", step.as_str())
}

pub(crate) const fn rollout_dropped() -> &'static str {
    "上次发布被中断过；这次重新开始（--resume 会接着做）"
}

pub(crate) fn accepted(accepted: &Accepted) -> String {
    let Accepted { baseline, before, changed, verdict } = accepted;
    let now = if *changed { "现在是" } else { "本来就是" };
    let kept = before.as_ref().map(|before| format!("；之前的基准保存为 {}", before.display()));
    format!(
        "{} {now}上次发布的记录，结论为{}{}",
        baseline.display(),
        state(*verdict),
        kept.unwrap_or_default()
    )
}

pub(crate) fn rollout_refused(why: &Refused) -> String {
    match why {
        Refused::Unreadable(path) => {
            return format!("{} 无法读取，不知道什么还在运行：手动停掉中继，再删除这个文件", path.display());
        }
        Refused::NoForm(flag) => return format!("{flag}：结果只有 text 和 json 两种形式：选一种，或不写"),
        Refused::NothingToResume => "--resume：没有可继续的发布；去掉这个选项，重新开始",
        Refused::AlreadyEnded => "--resume：上次发布已经结束；去掉这个选项，重新开始",
        Refused::PlanChanged => "--resume：计划已经改过；去掉这个选项，重新开始",
        Refused::InUse => "另一个发布正在使用状态目录：等它结束",
        Refused::NothingToAccept => "--accept：上次发布没有完整的观察记录",
        Refused::NotRecorded => "--accept：上次发布被中断：先用 --resume 做完",
        Refused::PlanFromStdin => "--plan -：计划必须是文件，因为命令在它所在的目录里运行：先存成文件",
        Refused::Secret(key) => {
            return format!(
                "`{key}` 里有密码，例行检查会把它写进文件：从地址里去掉它，改用 `source.basic_file`"
            );
        }
        Refused::NeverRolledOut => "例行检查在发布之后：先发布一次，或用 --resume 做完",
    }
    .to_owned()
}

/// A plan that cannot be read.
pub(crate) fn no_plan(file: &Path, error: &io::Error) -> String {
    let cure = match error.kind() {
        io::ErrorKind::NotFound => "；用 `watertight rollout example > rollout.toml` 写一份",
        _ => "",
    };
    format!("--plan {}：无法读取：{}{cure}", file.display(), zh(error))
}

/// A mistake in a plan.
pub(crate) fn plan_flaw(flaw: &Flaw<'_>) -> String {
    match flaw {
        Flaw::Syntax(what) => format!("不是有效的 TOML：{}", zh(what)),
        Flaw::UnknownKey { name, near: Some(near), .. } => {
            format!("未知的配置项 `{name}`，是不是 `{near}`？")
        }
        Flaw::UnknownKey { name, near: None, known } => {
            format!("未知的配置项 `{name}`，这里已知的有 {}", known.join("、"))
        }
        Flaw::Kind { name, found, wanted } => {
            let wanted = match wanted {
                Wanted::Text => "文本",
                Wanted::Time => "时间，例如 \"5m\"",
                Wanted::Switch => " true 或 false",
                Wanted::Texts => "文本的列表",
                Wanted::TextOrNumber => "文本或数字",
                Wanted::Address => "地址，例如 \"http://localhost:3000\"",
            };
            format!("`{name}` 是{}，应为{wanted}", kind(found))
        }
        Flaw::Value { name, why } => format!("`{name}`：{why}"),
        Flaw::NoText(NoText::Unmarked) => {
            "这是没有 BOM 的 UTF-16：请另存为 UTF-8（PowerShell：Set-Content -Encoding utf8）".to_owned()
        }
        Flaw::NoText(NoText::Neither) => "不是 UTF-8 文本：请另存为 UTF-8".to_owned(),
        Flaw::Empty(name) => format!("`{name}` 是空的：填上值，或去掉这一项"),
        Flaw::Address { name, wrong } => format!("`{name}`：{}", address(wrong)),
        Flaw::NoUrl(name) => format!("`{name}` 不是完整的 URL：写成 http://localhost:3000/readyz 这样"),
        Flaw::Shorter { names: [name, other], times: [time, least] } => format!(
            "`{name}`（{}）比 `{other}`（{}）短，只轮询一次看不出什么：加长前者，或缩短后者",
            format_duration(*time),
            format_duration(*least)
        ),
        Flaw::AtOnce(name) => format!("`{name}` 是 0，命令会马上被终止：给它一个时间"),
        Flaw::TooShort { name, time, least } => format!(
            "`{name}` 是 {}，对比至少需要 {} 才能判断：加长它，或写上 `compare.max_peak`、`compare.max_growth`，它们不需要这么久",
            format_duration(*time),
            format_duration(*least)
        ),
        Flaw::ShortBaseline { file, blocks, of } => format!(
            "{} 只有 {blocks} 块，对比需要 {of} 块：用 --accept 接受更长的记录，或移走这个文件，下次发布会重新记录",
            file.display()
        ),
        Flaw::NeverCompared => {
            "`compare.required` 是 true，而对比不可能得出结论：见其他几行，或去掉它".to_owned()
        }
        Flaw::Missing(name) => format!("没有 `{name}`：给出它，或 `compose`、`systemd` 之一"),
        Flaw::Both([one, other]) => format!("`{one}` 和 `{other}` 代表同样的命令：去掉一个"),
    }
}

/// Something that is for nothing, but does no harm.
/// A type of TOML's.
fn kind(found: &str) -> &str {
    match found {
        "string" => "文本",
        "integer" => "整数",
        "float" => "小数",
        "boolean" => "布尔值",
        "datetime" => "日期时间",
        "array" => "列表",
        "table" => "表",
        other => other,
    }
}

pub(crate) fn noted(what: &str) -> String {
    format!("提示：{what}")
}

/// The webhook of a rollout did not take its message.
pub(crate) fn rollout_untold(host: &str, why: &str) -> String {
    format!("{host} 的 webhook：{why}")
}

/// A file, or a command, of the routine that cannot be put in place.
pub(crate) fn not_installed(command: &str, what: &str) -> String {
    format!("例行检查没有改动：`{command}`：{what}")
}

/// A scheduler whose program is not there.
pub(crate) fn no_scheduler(program: &str) -> String {
    format!("例行检查没有改动：这里没有 `{program}`：请安装它，或用 --with 换一种定时程序")
}

pub(crate) fn installed(checks: usize, by: &str) -> String {
    format!("{checks} 项检查已装入 {by}")
}

pub(crate) fn removed(checks: usize, by: &str) -> String {
    match checks {
        0 => format!("{by} 里没有这份计划的检查"),
        n => format!("已从 {by} 卸载 {n} 项检查"),
    }
}

/// In front of the log of a step.
pub(crate) fn bytes_left_out(bytes: u64) -> String {
    format!("[这里略去 {bytes} 字节]")
}
