//! What became of a command that a watch runs for an event.

use vitals::system::zh;
use vitals::units::format_duration;

use crate::finding::{Acted, Fate};

pub(crate) fn acted(acted: &Acted) -> String {
    format!("on {}：{}", acted.event.as_str(), fate(&acted.fate))
}

fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Ended { code: Some(0), took, .. } => format!("命令完成（退出码 0），用时 {}", seconds(*took)),
        Fate::Ended { code: Some(code), took, last } => {
            format!("命令失败，退出码 {code}，用时 {}{}", seconds(*took), wrote(last))
        }
        Fate::Ended { code: None, took, last } => {
            format!("命令被信号终止，用时 {}{}", seconds(*took), wrote(last))
        }
        Fate::Late { limit, last } => format!(
            "命令超过 {}（--on-timeout）：已和它启动的所有进程一起终止{}",
            format_duration(*limit),
            wrote(last)
        ),
        Fate::NotStarted(why) => format!("命令无法启动：{}", zh(why)),
        Fate::Waits { cooldown, left } => format!(
            "未执行，距上次执行不到 {}（--on-cooldown）：{} 后若仍成立则执行",
            format_duration(*cooldown),
            format_duration(std::time::Duration::from_secs(left.as_secs().max(1)))
        ),
        Fate::Limited { most, within } => {
            format!("未执行，{} 内已执行 {most} 次（--on-limit）：请人工检查", format_duration(*within))
        }
        Fate::Replaced => "未执行，另一个命令运行期间被更新的事件取代".to_owned(),
        Fate::Dropped => "未执行，观察已停止".to_owned(),
    }
}

fn seconds(took: std::time::Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// The last line says why, mostly.
fn wrote(last: &[String]) -> String {
    last.last().map(|line| format!("：{line}")).unwrap_or_default()
}
