//! A diagnosis: its steps, and the exchanges of the relay.

use std::fmt::Display;
use std::time::Duration;

use vitals::Sample;
use vitals::system::zh;
use vitals::units::{format_duration, format_size};

use super::{error_cure, error_seen, unreadable};
use crate::finding::{Container, Crowd, Diagnosis, Runtime, Step, Twice};

fn joined(parts: impl IntoIterator<Item = impl Display>) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join("，")
}

/// What an answer holds; what it does not hold is left out.
fn reported(sample: &Sample) -> String {
    let size = |bytes: Option<u64>, what: &str| Some(format!("{what} {}", format_size(bytes?)));
    let number = |count: Option<u64>, what: &str| Some(format!("{} 个{what}", count?));
    let all = match sample.goroutines {
        Some(count) => vec![number(Some(count), "协程")],
        None => vec![
            size(sample.rss_bytes, "常驻内存"),
            size(sample.alloc_bytes, "存活内存"),
            number(sample.open_fds, "文件描述符"),
            number(sample.threads, "线程"),
        ],
    };
    let all: Vec<String> = all.into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!("：{}", joined(all)) }
}

pub(crate) fn seen(step: &Step) -> String {
    match &step.said {
        Diagnosis::Proxy(variable) => {
            format!("设置了 {variable}：走代理，由代理解析主机名并连接")
        }
        Diagnosis::Name { host, addresses } => format!("{host} 是 {}", joined(addresses)),
        Diagnosis::NoAddress { host, error } => {
            let error = error.as_ref().map(|error| format!("：{}", zh(error))).unwrap_or_default();
            format!("主机名 `{host}` 没有地址{error}")
        }
        Diagnosis::Accepts { address, ms } => format!("{address} 接受连接，用了 {ms} ms"),
        Diagnosis::NothingListens(address) => format!("{address} 上没有监听（连接被拒绝）"),
        Diagnosis::Silent(address) => format!("{address} 完全没有应答"),
        Diagnosis::NoConnection { address, error } => format!("连不上 {address}：{}", zh(error)),
        Diagnosis::Handshake => "握手成功".to_owned(),
        Diagnosis::AnswerComes => "有应答".to_owned(),
        Diagnosis::Answered { source, program, ms, sample } => {
            let program = program.as_ref().map(|program| format!("，来自 {program}")).unwrap_or_default();
            format!("{source}{program}，用了 {ms} ms{}", reported(sample))
        }
        Diagnosis::NotGo(Runtime::Python) => {
            "这是 Python 程序，没有协程数。泄漏表现在常驻内存、文件描述符和线程上".to_owned()
        }
        Diagnosis::NotGo(Runtime::Node) => {
            "这是 Node 程序，没有协程数。泄漏表现在堆、常驻内存和文件描述符上".to_owned()
        }
        Diagnosis::Error(error) | Diagnosis::SlowList(error) => error_seen(error),
        Diagnosis::Listeners { port, who } => {
            // Of a process that may not be looked at, only that it is there is known.
            let process = |name: &Option<String>| name.clone().unwrap_or_else(|| "某个进程".to_owned());
            let who = who.iter().map(|(name, address)| format!("{} 在 {address}", process(name)));
            format!("本机端口 {port}：{} 监听", joined(who))
        }
        Diagnosis::NobodyListens { port, others, .. } if others.is_empty() => {
            format!("本机端口 {port} 没有监听，其他端口也没有")
        }
        Diagnosis::NobodyListens { port, others, more } => {
            let others = others.iter().map(|(port, name)| match name {
                Some(name) => format!("{port}（{name}）"),
                None => port.to_string(),
            });
            let more = if *more > 0 { format!("，另有 {more} 个") } else { String::new() };
            let others = joined(others);
            format!("本机端口 {port} 没有监听；有监听的端口：{others}{more}")
        }
        Diagnosis::Container(container) => {
            let Container { name, port, status, log, .. } = &**container;
            let log = match log.as_slice() {
                [] => "日志是空的".to_owned(),
                log => format!("日志末尾：{}", log.join(" | ")),
            };
            format!("容器 {name} 发布端口 {port}；状态 {status}；{log}")
        }
        Diagnosis::InterruptedLook => "第二次查看之前被中断".to_owned(),
        Diagnosis::InterruptedProfile => "第二个 profile 之前被中断".to_owned(),
        Diagnosis::BadLedger(error) => format!("读不懂交换列表（{error}）"),
        Diagnosis::HiddenLedger => "中继不给看它的交换列表".to_owned(),
        Diagnosis::NoLedger { status } => format!("中继没有交换列表（状态码 {status}）"),
        Diagnosis::NoList { status } => format!("没有协程列表（状态码 {status}）"),
        Diagnosis::NoProfile { status } => {
            format!("没有 goroutine profile（状态码 {status}），说不出是哪个堆栈")
        }
        Diagnosis::NotProfile(why) | Diagnosis::Unreadable(why) => unreadable(why),
        Diagnosis::NoHeap { status } => {
            format!("没有 heap profile（状态码 {status}），它能说出是谁忘了关闭")
        }
        Diagnosis::NoMaker => "heap profile 的样本里还没有这些未关闭应答的请求".to_owned(),
        Diagnosis::OldGo => "它的 Go 早于 1.27，无法证明泄漏".to_owned(),
        Diagnosis::NoProof { status } => format!("没有 leak profile（状态码 {status}）"),
        Diagnosis::Unprofiled => "没有 profile，也就没有证明".to_owned(),
    }
}

/// The next step, where something is to be done.
pub(crate) fn next(step: &Step) -> Option<String> {
    let next = match &step.said {
        Diagnosis::Error(error) => return Some(error_cure(error)),
        Diagnosis::Proxy(_) => "如果不该走代理，把主机加进 NO_PROXY",
        Diagnosis::NoAddress { error: Some(_), .. } => "检查拼写、/etc/hosts 和本机的域名服务器",
        Diagnosis::NoAddress { error: None, .. } => "检查拼写",
        Diagnosis::NothingListens(_) => "启动服务；如果已在运行，它监听的是别的端口，或那台机器的别的地址",
        Diagnosis::Silent(_) => "防火墙丢包、机器没开或地址写错：在那台机器上试一次",
        Diagnosis::NoConnection { .. } => "检查两端之间的网络",
        Diagnosis::NobodyListens { .. } => "服务在运行吗？是这个端口吗？看它的日志和 PORT",
        Diagnosis::Container(container) => match container.state.as_str() {
            "running" => return None,
            "restarting" => "它一启动就失败，反复重启：原因在日志里",
            _ => "启动它：docker start，或 docker compose up -d",
        },
        Diagnosis::HiddenLedger => {
            "把 admin.token 写进文件并用 --token-file FILE 给出，或在中继所在的机器上查询"
        }
        Diagnosis::SlowList(_) => "加大 --timeout，给它更多时间",
        Diagnosis::NoList { .. } => "提供 net/http/pprof，并用 --pprof-url 给出地址",
        Diagnosis::NoProfile { .. } => {
            "在 Go 程序里引入 net/http/pprof，单独开一个端口提供，再用 --pprof-url 给出地址"
        }
        Diagnosis::NotProfile(_) => "如果 Go 的 net/http/pprof 在别处，用 --pprof-url 给出地址",
        Diagnosis::Unreadable(_) => "检查 --pprof-url",
        Diagnosis::NoHeap { .. } => "提供完整的 net/http/pprof",
        Diagnosis::NoMaker => "再泄漏几百个之后再看：它大约每 512 KiB 采样一个对象",
        Diagnosis::OldGo => "用 Go 1.27 构建，或用 1.26 加 GOEXPERIMENT=goroutineleakprofile",
        Diagnosis::NotGo(Runtime::Python) => {
            "观察它们：watertight watch --pid PID。py-spy dump --pid PID 显示线程停在哪里，tracemalloc 显示谁占着内存"
        }
        Diagnosis::NotGo(Runtime::Node) => {
            "观察它们：watertight watch。堆快照（node --inspect）显示谁占着内存"
        }
        Diagnosis::Name { .. }
        | Diagnosis::Accepts { .. }
        | Diagnosis::Handshake
        | Diagnosis::AnswerComes
        | Diagnosis::Answered { .. }
        | Diagnosis::Listeners { .. }
        | Diagnosis::InterruptedLook
        | Diagnosis::InterruptedProfile
        | Diagnosis::BadLedger(_)
        | Diagnosis::NoLedger { .. }
        | Diagnosis::NoProof { .. }
        | Diagnosis::Unprofiled => return None,
    };
    Some(next.to_owned())
}

/// A watch goes on although stacks cannot be named.
pub(crate) fn stacks_unnamed(step: &Step) -> String {
    format!("说不出是哪个堆栈：{}；观察继续", seen(step))
}

/// Before the wait for the second look.
pub(crate) fn second_look(look: Twice, apart: Duration) -> String {
    let look = match look {
        Twice::Exchanges => "两次查看进行中的交换",
        Twice::Profiles => "取两个 profile",
        Twice::Crowd => "有一群协程停在会泄漏的地方：再取两个 profile，看它们是否离开",
        Twice::Samples => "采样，第一个与最后一个",
        Twice::Holdings => "两次查看进程占用的资源",
    };
    format!("{look}，间隔 {}", format_duration(apart))
}

/// While every goroutine is listed.
pub(crate) const fn stands_still() -> &'static str {
    "--deep：Go 列出每个协程时，程序会停住"
}

/// Live exchanges of the relay.
pub(crate) const fn no_exchanges() -> &'static str {
    "没有进行中的交换"
}

pub(crate) fn crowd(crowd: &Crowd) -> String {
    let channel = if crowd.channel.is_empty() { "尚无渠道" } else { &crowd.channel };
    let overdue = match crowd.overdue {
        0 => String::new(),
        n => format!("；{n} 个超过截止时间：泄漏，保存日志并报告"),
    };
    let oldest = format_duration(Duration::from_secs(crowd.oldest_s));
    let Crowd { phase, now, before, .. } = crowd;
    format!("{channel}，{phase}：现在 {now} 个，之前 {before} 个，最久 {oldest}{overdue}")
}
