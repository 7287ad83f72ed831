//! Labels, headings and titles: single terms, each in every language on one line.

use vitals::Language;

macro_rules! terms {
    ($($name:ident $en:literal $zh:literal;)*) => {
        /// A label, a heading or a title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Term { $($name,)* }

        /// The term in the language that is spoken.
        pub(crate) fn term(term: Term) -> &'static str {
            match (Language::current(), term) {
                $((Language::En, Term::$name) => $en, (Language::Zh, Term::$name) => $zh,)*
            }
        }

        #[cfg(test)]
        pub(crate) const ALL: &[[&str; 2]] = &[$([$en, $zh],)*];
    };
}

terms! {
    Advice "advice" "建议";
    After "after" "已过";
    At "at" "时间";
    AsExpected "as expected" "符合期望";
    Band "band" "区段";
    Bands "bands" "区段";
    Baseline "baseline" "基准";
    Change "change" "变化";
    Current "current" "当前";
    Danger "danger" "危险";
    Deep "deep" "全部协程";
    Earlier "earlier" "此前";
    Error "error" "错误";
    Exchanges "exchanges" "交换";
    ExitCode "exit code" "退出码";
    Failed "FAILED" "失败";
    Footnotes "footnotes" "脚注";
    Growing "growing" "增长";
    Grows "grows" "增长";
    Higher "higher" "升高";
    HighestAt "highest at" "最高时间";
    Holds "holds" "通过";
    Instances "instances" "实例";
    Last "last" "最后";
    Level "level" "水平";
    Load "load" "负载";
    LogScale "log scale" "对数刻度";
    Lower "lower" "降低";
    Max "max" "最高";
    Maximum "maximum" "最高";
    Median "median" "中位数";
    Memory "memory" "内存";
    Metric "metric" "指标";
    Min "min" "最低";
    Minimum "minimum" "最低";
    Net "net" "累计";
    NoRows "no rows" "无数据";
    Normal "normal" "正常";
    Notes "notes" "说明";
    Numbers "Numbers" "数字";
    Ok "ok" "正常";
    On "on" "主机";
    Peak "peak" "峰值";
    Proof "proof" "证明";
    Recording "recording" "记录";
    RecordedBy "recorded by" "记录程序";
    Recordings "Recordings" "记录";
    Requests "requests" "请求";
    Restart "restart" "重启";
    Rising "rising" "上升";
    Rows "rows" "数据行";
    Samples "samples" "采样";
    Slope "slope" "斜率";
    Source "source" "来源";
    Spread "spread" "波动";
    Stack "stack" "堆栈";
    Stacks "stacks" "堆栈";
    Start "start" "开始";
    Staying "staying" "滞留";
    Swinging "swinging" "波动";
    Target "target" "目标";
    Time "time" "时间";
    Times "times" "时间";
    Trend "trend" "趋势";
    Value "value" "数值";
    Verdict "verdict" "结论";
    Warning "warning" "警告";
    WhatHappened "What happened" "经过";
}
