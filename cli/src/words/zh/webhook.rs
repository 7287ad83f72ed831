//! What a webhook tells, and that it does not take its messages.

use vitals::Verdict;
use vitals::system::zh;
use vitals::units::format_duration;

use super::state;
use crate::finding::{News, Undelivered};
use crate::moment::timestamp;

/// What happened, one line each; the reasons of the verdict follow.
pub(crate) fn news(news: &News, verdict: Verdict, before: Option<Verdict>, target: &str) -> Vec<String> {
    let word = match news {
        News::Verdict => {
            let before = before.map(|before| format!("（之前{}）", state(before)));
            format!("{}{}", state(verdict), before.unwrap_or_default())
        }
        News::Rollout => format!("发布{}", state(verdict)),
        News::Restart { .. } => "已重启".to_owned(),
        News::Outage { .. } => "没有应答".to_owned(),
        News::Back { .. } => "恢复应答".to_owned(),
    };
    let mut lines = vec![format!("watertight：{word} {target}")];
    match *news {
        News::Verdict | News::Rollout => return lines,
        News::Restart { restarts, new: 1 } => lines.push(format!("观察以来重启 {restarts} 次")),
        News::Restart { restarts, new } => {
            lines.push(format!("上条消息以来重启 {new} 次，共 {restarts} 次"));
        }
        News::Outage { since, polls } => {
            lines.push(format!("连续 {polls} 次轮询失败，从 {} 起", timestamp(since)));
            return lines;
        }
        News::Back { after, polls, restarted, .. } => {
            let after = format_duration(std::time::Duration::from_secs(after.as_secs()));
            lines.push(format!("{after} 没有应答，{polls} 次轮询失败"));
            lines.extend(restarted.then(|| "期间重启过".to_owned()));
        }
    }
    lines.push(format!("现在{}", state(verdict)));
    lines
}

pub(crate) fn undelivered(why: &Undelivered) -> String {
    match why {
        Undelivered::NoUrl(error) => format!("不是 URL（{}）", zh(error)),
        Undelivered::Scheme => "使用聊天工具给出的 http:// 或 https:// 地址".to_owned(),
        Undelivered::Tls(unusable) => super::unusable(unusable),
        Undelivered::NoClient => "没有 HTTP 客户端：检查 HTTP_PROXY、HTTPS_PROXY 和 ALL_PROXY".to_owned(),
        Undelivered::Unsigned(from) => {
            format!("{from}：只有钉钉和飞书的机器人要签名；去掉它，或给出 --webhook-format")
        }
        Undelivered::Late(seconds) => format!("{seconds} s 内没有应答"),
        Undelivered::Unreachable => "无法到达".to_owned(),
        Undelivered::Status(status) => format!("它应答 {status}"),
        Undelivered::BrokeOff => "它的应答中断".to_owned(),
        Undelivered::NotJson => "它的应答不是 JSON：检查 URL".to_owned(),
        Undelivered::NoField(field) => format!("它的应答里没有 `{field}`：检查 URL"),
        Undelivered::Refused { field, code, words } => format!("{field} {code}：{words}"),
    }
}

/// The operator's webhook cannot be used at all.
pub(crate) fn no_webhook(why: &Undelivered) -> String {
    match why {
        Undelivered::Unsigned(_) => undelivered(why),
        _ => format!("--webhook：{}", undelivered(why)),
    }
}

/// A message of a watch did not get through.
pub(crate) fn webhook_fails(host: &str, why: &Undelivered) -> String {
    let next = if why.may_pass() { "；稍后再试" } else { "" };
    format!("{host} 的 webhook：{}{next}；观察继续", undelivered(why))
}
