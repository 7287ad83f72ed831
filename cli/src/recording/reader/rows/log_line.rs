//! The log of the old scripts: `[2025-10-27 10:30:00] Goroutines: 856, Memory: 256MB`, and what became of it elsewhere:
//! labels in Chinese, in UTF-8 or GBK, with the marks of either language.

use std::borrow::Cow;

/// One line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogLine<'a> {
    /// As it was written, in the local time of the machine that wrote it.
    pub(super) time: &'a str,
    /// `None` when the scripts wrote a line although their poll had failed.
    pub(super) goroutines: Option<u64>,
    /// In the scripts' megabytes, which are MiB.
    pub(super) memory_mib: Option<u64>,
}

const COUNT: [&str; 3] = ["Goroutine", "goroutine", "协程"];
const MEMORY: [&str; 3] = ["Memory", "memory", "内存"];

/// The text of a line: UTF-8, or else GBK, as Windows writes it in China. Of GBK only the characters are known that
/// labels and times are made of; any other becomes U+FFFD, which nothing here looks for.
pub(super) fn decoded(line: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(line) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, after @ ..] = rest {
        rest = match after {
            [second, behind @ ..] if *first >= 0x81 && *second >= 0x40 => {
                text.push(gbk([*first, *second]));
                behind
            }
            _ => {
                text.push(if first.is_ascii() { char::from(*first) } else { char::REPLACEMENT_CHARACTER });
                after
            }
        };
    }
    Cow::Owned(text)
}

/// GB 2312, which GBK and GB 18030 begin with.
const fn gbk(pair: [u8; 2]) -> char {
    match u16::from_be_bytes(pair) {
        0xd0ad => '协',
        0xb3cc => '程',
        0xc4da => '内',
        0xb4e6 => '存',
        0xcab1 => '时',
        0xbce4 => '间',
        0xcafd => '数',
        0xc1bf => '量',
        0xa3ba => '：',
        0xa3ac => '，',
        0xa1be => '【',
        0xa1bf => '】',
        0xc4ea => '年',
        0xd4c2 => '月',
        0xc8d5 => '日',
        0xc9cf => '上',
        0xcfc2 => '下',
        0xcee7 => '午',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// Reads a line; `None` when it is not one of the scripts'.
pub(super) fn read(line: &str) -> Option<LogLine<'_>> {
    let line = line.trim();
    let at = COUNT.iter().filter_map(|label| line.find(label)).min()?;
    let (head, after) = line.split_at(at);
    let after = labelled(after)?;
    let memory = MEMORY.iter().filter_map(|label| after.find(label)).min();
    let memory = memory.and_then(|at| labelled(&after[at..])).and_then(mebibytes);
    Some(LogLine { time: time(head)?, goroutines: number(after), memory_mib: memory })
}

/// What stands before the label: a time in brackets, or one that the line begins with.
fn time(head: &str) -> Option<&str> {
    let head = head.trim_start();
    for (opens, closes) in [('[', ']'), ('【', '】')] {
        if let Some(inside) = head.strip_prefix(opens) {
            return inside.split_once(closes).map(|(time, _)| time.trim());
        }
    }
    let time = head.trim_end_matches(|c: char| c.is_whitespace() || "-|,，:：".contains(c));
    time.starts_with(|c: char| c.is_ascii_digit()).then_some(time)
}

/// What follows a label and its colon: `Goroutines: 856`, `协程数：856`.
fn labelled(text: &str) -> Option<&str> {
    let at = text.find([':', '：', '='])?;
    let (label, value) = text.split_at(at);
    let is_label = !label.contains(|c: char| c.is_ascii_digit());
    is_label.then(|| value.trim_start_matches([':', '：', '=']).trim_start())
}

fn number(text: &str) -> Option<u64> {
    text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())].parse().ok()
}

/// `256MB`, `1.5 GB`
fn mebibytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    if !unit.trim_start().starts_with(['G', 'g']) {
        return number(digits);
    }
    let gibibytes: f64 = digits.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "digits alone, and checked")]
    (gibibytes < 1e9).then_some((gibibytes * 1024.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_old_scripts() {
        let line =
            |goroutines, memory_mib| Some(LogLine { time: "2025-10-27 10:30:00", goroutines, memory_mib });
        for (text, expected) in [
            ("[2025-10-27 10:30:00] Goroutines: 856, Memory: 256MB", line(Some(856), Some(256))),
            ("  [2025-10-27 10:30:00]  Goroutines:856, Memory: 256 MB\r", line(Some(856), Some(256))),
            ("[2025-10-27 10:30:00] Goroutines: 856", line(Some(856), None)),
            ("[2025-10-27 10:30:00] Goroutines: , Memory: MB", line(None, None)),
            ("[2025-10-27 10:30:00] 协程: 856, 内存: 256MB", line(Some(856), Some(256))),
            ("【2025-10-27 10:30:00】协程数：856，内存使用：1.5 GB", line(Some(856), Some(1536))),
            ("[2025-10-27 10:30:00] 当前 Goroutine 数量: 856 | 内存: 256.7MB", line(Some(856), Some(256))),
            ("2025-10-27 10:30:00 - 协程: 856, 内存: 256MB", line(Some(856), Some(256))),
            ("2025-10-27 10:30:00 goroutines=856 memory=256MB", line(Some(856), Some(256))),
            ("[2025-10-27 10:30:00] started", None),
            ("[2025-10-27 10:30:00] 协程监控开始", None),
            ("[2025-10-27 10:30:00] 5 goroutines 6 at: 7", None),
            ("Goroutines: 856, Memory: 256MB", None),
            ("ts,ok,goroutines,alloc_bytes", None),
            ("", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn gbk_as_windows_writes_it() {
        // `[…] 协程: 856，内存: 256MB`, and behind it two characters that are not looked for.
        let line =
            b"[2025-10-27 10:30:00] \xd0\xad\xb3\xcc: 856\xa3\xac\xc4\xda\xb4\xe6: 256MB \xd5\xfd\xb3\xa3";
        let text = decoded(line);
        assert_eq!(text, "[2025-10-27 10:30:00] 协程: 856，内存: 256MB \u{fffd}\u{fffd}");
        let read = read(&text).unwrap();
        assert_eq!((read.goroutines, read.memory_mib), (Some(856), Some(256)));
        assert_eq!(decoded("协程".as_bytes()), "协程");
        assert_eq!(decoded(b"\xff"), "\u{fffd}");
    }
}
