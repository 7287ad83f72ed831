//! What the drill says to people. Its findings are made in English, where they arise: they stand so in JSON and JUnit, which
//! `--resume` and `drill compare` read again. Whoever shows one to a person says it in their language here.

mod en;
mod zh;

pub use zh::learn;

vitals::speak! {
    /// An English sentence, or a part of one, in the language that is spoken.
    said(english: &str) -> String;
    /// Two parts with a colon between them.
    headed(head: &str, said: &str) -> String;
    /// Between two parts that are told one after the other.
    listing() -> &'static str;
    /// Items with commas between them.
    listed(items: &[String]) -> String;
    /// A whole sentence.
    sentence(said: &str) -> String;
    /// Something that is said by the way.
    aside(said: &str) -> String;
    /// A failure, as the last line on standard error.
    failed(why: &str) -> String;
    /// `a`, `a and b`, `a, b and c`
    together(names: &[&str]) -> String;
    /// What one or several do whose verdict is this word.
    verb(word: &str, one: bool) -> String;
    /// `row 8 client-gone-mid-stream passes now (was leak)`
    better(id: u8, name: &str, word: &str, was: &str) -> String;
    /// The template of the bar above the rows that are under way.
    bar() -> &'static str;
}

#[cfg(test)]
mod tests {
    use vitals::Language;

    use super::*;

    #[test]
    fn findings_are_said_with_their_parts() {
        for (english, chinese) in [
            ("tasks: 7 before, 32 after", "任务：之前 7，之后 32"),
            (
                "stall-3:20, a stream: no end after 30 s (4 times); upstream requests: 0 before, 9 after",
                "stall-3:20，流：30 s 之后还没有结束（4 次）；上游请求：之前 0，之后 9",
            ),
            ("no time left after 12 requests, without an end", "时间不够，当时已发 12 个请求，没有结束"),
            (
                "interrupted after 3 requests; clients saw: ok 1, 5xx 2",
                "被中断，当时已发 3 个请求；客户端看到：成功 1，5xx 2",
            ),
            (
                "the process ended (signal: 9 (SIGKILL)), with 9.0 GiB of memory when it was last read",
                "进程结束了（信号 9 (SIGKILL)），最后一次读到的内存是 9.0 GiB",
            ),
            (
                "`--resume a.json`: the drill cannot go on from it: it has no `schema`",
                "`--resume a.json`：无法从它继续：它没有 `schema`",
            ),
            ("status 500 instead of the answer", "应是应答，却是状态 500"),
        ] {
            assert_eq!(Language::Zh.during(|| said(english)), chinese);
            assert_eq!(said(english), english);
        }
    }
}
