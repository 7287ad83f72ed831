//! How a comparison ends: nothing to complain about, or the next step.

use super::health::{SEE_ERRORS, SEE_SLOWNESS};
use super::sheet::column;
use super::sides::flaw;
use crate::finding::{Advice, Column, Flaw, Well};

/// A comparison without complaints.
pub(crate) fn well(well: Well) -> String {
    match well {
        Well::Two { carried: true, gates: false, .. } => {
            "正常：超过阈值的部分与负载成比例；没有要求任何门限".to_owned()
        }
        Well::Two { gates: true, short: true, .. } => {
            "正常：门限全部通过，当前太短，无法判断是否增长".to_owned()
        }
        Well::Two { carried: true, gates: true, .. } => {
            "正常：超过阈值的部分与负载成比例，门限全部通过".to_owned()
        }
        Well::Two { carried: false, gates: false, .. } => {
            "正常：当前全部低于阈值；没有要求任何门限".to_owned()
        }
        Well::Two { carried: false, gates: true, .. } => "正常：当前全部低于阈值，门限全部通过".to_owned(),
        Well::Many(of) => {
            format!("正常：没有一{}超过阈值、增长或高于之前", column(of))
        }
    }
}

/// All gates were asked for of all columns.
pub(crate) fn holds(of: Column) -> String {
    format!("每一{}的门限全部通过", column(of))
}

/// The next step.
pub(crate) fn next_step(advice: &Advice) -> String {
    match advice {
        Advice::Nothing => "无需处理",
        Advice::SeeWhyUnreachable => {
            "检查服务在运行、地址正确：原因由 watertight quick-check 给出"
        }
        Advice::LoadDiffers => "负载不同：先对比相同负载的记录，再说是泄漏",
        Advice::RecordOn => "继续记录：负载下降而协程数不下降，就是泄漏",
        Advice::SeeErrors => SEE_ERRORS,
        Advice::SeeSlowness => SEE_SLOWNESS,
        Advice::PutLoadOn => "加上与基准相同的负载再记录；--allow-idle 允许一侧空闲",
        Advice::SeeWhyIdle(of) => {
            return format!("查为什么请求这么少；--allow-idle 允许一{}空闲", column(*of));
        }
        Advice::Leak => {
            "用 watertight diagnose 找出泄漏的代码行和修法（Go 程序用 --pprof-url）；保留两份记录，安排重启：离危险还有多久由 \
             watertight watch 给出"
        }
        Advice::Usual { memory: false } => {
            "基准也这么高：把 --warning 和 --danger 设为平常值，或查它为什么高"
        }
        Advice::Usual { memory: true } => "基准也这么高：先查谁占着内存，再拿它对比",
        Advice::PlanRestart => "安排重启，保留这份记录：它显示增长有多快",
        Advice::SeeRestarts => "看它最后几分钟的日志和系统日志（内存不足？）：里面有结束的原因",
        Advice::PollEach => {
            "给每个实例一个 --api-url 分别记录，或用 --each-address，各自与自己的基准对比"
        }
        Advice::WatchPeak => "看峰值之后协程数是否下降：突发会下降，泄漏不会",
        Advice::NameOverdue => "保存日志和 /api/monitor/exchanges：里面有超过截止时间的请求",
        Advice::SeeWhatChanged => "查水平升高时变了什么：部署、设置或负载",
        Advice::Cures(cures) => {
            return cures.iter().map(|(flaw, names)| cure(flaw_cure(*flaw), names)).collect::<Vec<_>>().join("；");
        }
        Advice::LoadIsHere => "如果这个负载会持续，把 --warning 和 --danger 设为此负载下的平常值",
        Advice::SameLoad(true) => "对比相同负载的记录，或负载变化的记录：后者显示每个请求的开销",
        Advice::SameLoad(false) => "对比相同负载的记录，或报告进行中请求数的目标的记录",
        Advice::RecordBoth => "在要了解的负载下，两侧都记录更长时间",
        Advice::RecordEach(Column::Day) => "在要了解的负载下，每天都记录更长时间",
        Advice::RecordEach(Column::Recording) => "在要了解的负载下，每份都记录更长时间",
        Advice::BusyOrLeaking => {
            "繁忙或泄漏：继续记录，再对比；协程数随负载下降就没问题。如果有堆栈泄漏，由 watertight diagnose 说出\
             （Go 程序用 --pprof-url）"
        }
        Advice::Rising => {
            "继续记录：爬坡会停，泄漏不停。同时，增长的堆栈由 watertight diagnose 说出（Go 程序用 --pprof-url）"
        }
        Advice::SeeWhoHolds(metric) => super::held::who_holds(*metric),
        Advice::NameMissing => "把缺少的那几天的文件也给出来，或查那时为什么没有记录",
        Advice::BeforeGrowth(of) => {
            return format!(
                "查第一{}增长之前部署了什么，并用 watertight diagnose 找出堆栈",
                column(*of)
            );
        }
        Advice::SlowLeak => "可能是慢泄漏：对比刚重启时与几天后 watertight diagnose 说出的堆栈",
        Advice::WhenRose => "查水平升高时部署了什么，或来了什么负载",
        Advice::SeeReport => "发生的时间看 watertight report",
    }
    .to_owned()
}

const fn flaw_cure(flaw: Flaw) -> &'static str {
    let [_, cure] = self::flaw(flaw);
    cure
}

fn cure(cure: &str, names: &[String]) -> String {
    match names {
        [] => cure.to_owned(),
        [first, _, rest @ ..] if !rest.is_empty() => {
            format!("{first} 等 {} 份：{cure}", rest.len() + 2)
        }
        names => format!("{}：{cure}", names.join(" 和 ")),
    }
}
