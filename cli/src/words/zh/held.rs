//! What a process holds: the nouns, what is told of resources that nobody complains of, and the next steps.

use std::time::Duration;

use vitals::Measure;
use vitals::trend::Metric;
use vitals::units::format_duration;

use super::stack::a_minute;
use crate::finding::{Kept, Moved, Thing};

/// A metric in a sentence.
pub(super) const fn noun(metric: Metric) -> &'static str {
    match metric {
        Metric::Tasks => "协程",
        Metric::Heap => "存活内存",
        Metric::Resident => "常驻内存",
        Metric::Descriptors => "打开的文件描述符",
        Metric::Threads => "线程",
        Metric::Connections => "上游连接",
    }
}

/// The thing that growth runs into.
pub(super) const fn end(metric: Metric) -> &'static str {
    if metric.is_resource() { "上限" } else { "危险" }
}

/// `还升高了：文件描述符 17 到 46，线程 8 到 14`
pub(super) fn moved(moved: &[Moved]) -> String {
    let one = |Moved { measure, from, to }: &Moved| {
        let [from, to] = [from, to].map(|value| measure.unit().show(*value));
        format!("{} {from} 到 {to}", super::label(*measure))
    };
    format!("还升高了：{}", moved.iter().map(one).collect::<Vec<_>>().join("，"))
}

/// What a descriptor, or a thread, is.
fn kind(kind: &process::Kind) -> String {
    use process::Kind;
    let left = |left: bool| if left { "，对端已关闭" } else { "" };
    let folder =
        |folder: &Option<String>| folder.as_ref().map_or("工作目录".to_owned(), |at| format!("{at} "));
    match kind {
        Kind::Named(name) => name.clone(),
        Kind::Deleted(name) => format!("{name}（已删除）"),
        Kind::FilesIn(at) => format!("{}里的文件", folder(at)),
        Kind::DeletedIn(at) => format!("{}里的文件（已删除）", folder(at)),
        Kind::Pipes => "管道".to_owned(),
        Kind::Listeners(port) => format!("端口 {port} 的监听套接字"),
        Kind::Clients { port, left: gone } => format!("端口 {port} 的客户端连接{}", left(*gone)),
        Kind::Peer { address, left: gone } => format!("到 {address} 的连接{}", left(*gone)),
        Kind::UnixSockets => "unix 套接字".to_owned(),
        Kind::UdpSockets => "udp 套接字".to_owned(),
        Kind::Unconnected => "没有连接的套接字".to_owned(),
        Kind::Handles => "句柄".to_owned(),
        Kind::Threads => "线程".to_owned(),
        Kind::Thread(name) => format!("线程 {name}"),
    }
}

/// So many kinds are told.
const KINDS: usize = 5;

/// `452，之前 12：多了 440。452 x logs/oneapi-….log（之前 12）`
pub(crate) fn holding(kept: &Kept) -> String {
    let Kept { before, now, kinds, grew, .. } = kept;
    let more = if *grew { format!("多了 {}", now - before) } else { "没有变多".to_owned() };
    let one = |change: &process::Change| {
        format!("{} x {}（之前 {}）", change.now, kind(&change.kind), change.before)
    };
    let mut told: Vec<String> = kinds.iter().take(KINDS).map(one).collect();
    told.extend(
        kinds.len().checked_sub(KINDS).filter(|more| *more > 0).map(|more| format!("另有 {more} 种")),
    );
    format!("{now}，之前 {before}：{more}。{}", told.join("，"))
}

/// `10s 内 1 种文件描述符增长：452 x logs/oneapi-….log，之前 12（每分钟 +2640）`; none where nothing grew.
pub(crate) fn kinds_growing(kept: &Kept) -> Option<String> {
    let all = &kept.growing;
    let one = |change: &process::Change| {
        let rate = a_minute(kept.per_minute(change));
        format!("{} x {}，之前 {}（{rate}）", change.now, kind(&change.kind), change.before)
    };
    let mut list: Vec<String> = all.iter().take(KINDS).map(one).collect();
    list.extend(all.len().checked_sub(KINDS).filter(|more| *more > 0).map(|more| format!("另有 {more} 种")));
    let apart = format_duration(Duration::from_secs_f64(kept.apart.as_secs_f64().round().max(1.0)));
    let of = format!("{apart} 内 {} 种{}增长", all.len(), thing(kept.thing));
    (!all.is_empty()).then(|| format!("{of}：{}", list.join("；")))
}

/// The next step about the kind that grew most.
pub(crate) fn who_keeps(kept: &Kept) -> Option<String> {
    let kind = kind(&kept.growing.first()?.kind);
    Some(match kept.thing {
        Thing::Descriptors => {
            format!("找出谁打开 {kind} 而不关闭。负载上升时也会多开：负载平稳时再看一次")
        }
        Thing::Threads => {
            format!("找出谁启动 {kind} 而不结束。线程池可能还在填满：负载平稳时再看一次")
        }
    })
}

/// The label of one.
pub(crate) const fn thing(thing: Thing) -> &'static str {
    match thing {
        Thing::Descriptors => "文件描述符",
        Thing::Threads => "线程",
    }
}

/// The medians of a target that reports no count.
pub(crate) fn held_medians(measure: Measure, ends: Option<[u64; 3]>) -> String {
    let Some([before, now, peak]) = ends.map(|ends| ends.map(|value| measure.unit().show(value))) else {
        return "没有数量".to_owned();
    };
    format!("{}中位数 {now}，基准 {before}；峰值 {peak}", name(measure))
}

const fn name(measure: Measure) -> &'static str {
    match measure {
        Measure::RssBytes => "常驻内存",
        Measure::OpenFds => "打开的文件描述符",
        _ => "线程",
    }
}

/// How to find out what holds it.
pub(super) const fn who_holds(metric: Metric) -> &'static str {
    match metric {
        Metric::Tasks => "找出增长的堆栈：watertight diagnose（Go 程序用 --pprof-url）",
        Metric::Heap => "看谁占着内存：Go 程序对比两个 heap profile（go tool pprof -diff_base）",
        Metric::Resident => {
            "看谁占着内存：隔几分钟取两份堆快照（Python 用 tracemalloc 或 memray，Node 用 --heapsnapshot-signal，\
             Go 用 go tool pprof -diff_base）"
        }
        Metric::Descriptors => {
            "看哪些文件描述符没有关闭：watertight diagnose --pid PID 说出增长的种类（Linux）"
        }
        Metric::Threads => {
            "看哪些线程没有结束：watertight diagnose --pid PID 说出名字（Linux），隔一分钟取两份堆栈看它们停在哪里\
             （Python 用 py-spy dump --pid PID，Java 用 jstack）"
        }
        Metric::Connections => "看连接去了哪里：watertight diagnose --pid PID 说出对端（Linux）",
    }
}

/// The same where it was seen by kind.
pub(super) fn who_grew(metric: Metric, kept: &[Kept]) -> String {
    let thing = match metric {
        Metric::Descriptors => Some(Thing::Descriptors),
        Metric::Threads => Some(Thing::Threads),
        _ => None,
    };
    let named = kept
        .iter()
        .find(|kept| Some(kept.thing) == thing)
        .and_then(|kept| Some((kept.thing, kept.growing.first()?)));
    match named {
        Some((Thing::Descriptors, change)) => format!("找出谁打开 {} 而不关闭", kind(&change.kind)),
        Some((Thing::Threads, change)) => format!("找出谁启动 {} 而不结束", kind(&change.kind)),
        None => who_holds(metric).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use process::{Kind, Look};

    use super::*;

    #[test]
    fn what_is_held_is_told_by_kind_in_chinese() {
        let all = [
            (Kind::Named("logs/oneapi-….log".to_owned()), "logs/oneapi-….log"),
            (Kind::Deleted("/tmp/body…".to_owned()), "/tmp/body…（已删除）"),
            (Kind::FilesIn(Some("/app/logs".to_owned())), "/app/logs 里的文件"),
            (Kind::DeletedIn(None), "工作目录里的文件（已删除）"),
            (Kind::Pipes, "管道"),
            (Kind::Listeners(3000), "端口 3000 的监听套接字"),
            (Kind::Clients { port: 3000, left: true }, "端口 3000 的客户端连接，对端已关闭"),
            (Kind::Peer { address: "127.0.0.1:9900".to_owned(), left: false }, "到 127.0.0.1:9900 的连接"),
            (Kind::Thread("pooled-…".to_owned()), "线程 pooled-…"),
        ];
        for (one, own) in &all {
            assert_eq!(kind(one), *own);
            // Nothing of the English words is left.
            assert!(!own.contains("files") && !own.contains("connections"), "{own}");
        }
        let look = |pipes: usize| Look {
            descriptors: std::iter::repeat_n(Kind::Pipes, pipes).collect(),
            ..Look::default()
        };
        let kept = Kept::between(&look(12), &look(452), Duration::from_secs(10));
        assert_eq!(holding(&kept[0]), "452，之前 12：多了 440。452 x 管道（之前 12）");
        assert_eq!(
            kinds_growing(&kept[0]).unwrap(),
            "10s 内 1 种文件描述符增长：452 x 管道，之前 12（每分钟 +2640）"
        );
        assert!(who_keeps(&kept[0]).unwrap().starts_with("找出谁打开 管道 而不关闭"));
        assert_eq!(who_grew(Metric::Descriptors, &kept), "找出谁打开 管道 而不关闭");
    }
}
