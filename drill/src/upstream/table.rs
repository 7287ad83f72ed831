//! The faults, in one table: what `--list` prints and what a model name or `x-fault` selects.

use std::ops::RangeInclusive;

use Fault::*;

use super::mark::Mark;

/// One way to misbehave. What each does is said in [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Status,
    ErrorShort,
    ErrorUnended,
    ErrorReset,
    ErrorStall,
    ErrorStallHalf,
    ErrorEndless,
    ErrorHuge,
    JsonError,
    JsonErrorCharset,
    JsonAnswer,
    JsonAnswerCharset,
    SseAnswer,
    FirstError,
    ErrorAfter,
    SilentAfterHeaders,
    Silent,
    Stall,
    DripComments,
    DripBytes,
    NoEvent,
    ZeroTokens,
    Incomplete,
    Failed,
    FinishReason,
    Blocked,
    FilterOnly,
    Flood,
    BigEvent,
    BigAnswer,
    EndlessEvent,
    Truncate,
    Cut,
    NoDone,
    NoBlankLine,
    FinishSilent,
    NoBlankLineSilent,
    LengthShort,
    ResetInChunk,
    EarlyError,
    Unread,
    TooLong,
    TwoAnswers,
    LateSurplus,
    AfterTerminal,
    TerminalOpen,
    Html,
    Empty,
    Redirect,
    CloseIdle,
    CloseBeforeHeaders,
    ResetBeforeHeaders,
    Fields,
    OddHttp,
    LyingHttp,
    Headers,
    Gzip,
    Deflate,
    GzipTruncate,
    GzipError,
    GzipBomb,
    Pace,
    Tokens,
    InvalidUtf8,
    Split,
    Odd,
    Goaway,
    GoawayUnprocessed,
    ResetStream,
    ResetStreamAfter,
    RefusedStream,
    WindowShut,
}

/// A row of the table.
pub(crate) struct Row {
    pub(crate) fault: Fault,
    /// The row of the fault matrix that it serves; 0 for variations of good answers.
    pub(crate) id: u8,
    pub(crate) name: &'static str,
    /// The value of the argument when none is given; `None` for faults without one.
    pub(crate) default: Option<u64>,
    pub(crate) what: &'static str,
}

const fn row(fault: Fault, id: u8, name: &'static str, default: Option<u64>, what: &'static str) -> Row {
    Row { fault, id, name, default, what }
}

/// All faults, by the rows of the fault matrix.
pub(crate) const TABLE: &[Row] = &[
    row(
        Status,
        1,
        "status",
        Some(500),
        "answers with status ARG and a complete error body; 429 with retry-after",
    ),
    row(
        ErrorShort,
        2,
        "error-short",
        Some(500),
        "status ARG, error body shorter than its content-length, then closes",
    ),
    row(
        ErrorUnended,
        2,
        "error-unended",
        Some(500),
        "status ARG, chunked error body without its end, then closes",
    ),
    row(ErrorReset, 2, "error-reset", Some(500), "status ARG, resets the connection inside the error body"),
    row(ErrorStall, 3, "error-stall", Some(500), "status ARG, complete headers, then not a byte of the body"),
    row(ErrorStallHalf, 3, "error-stall-half", Some(500), "status ARG, half of the error body, then nothing"),
    row(
        ErrorEndless,
        4,
        "error-endless",
        Some(500),
        "status ARG, an error body that never ends, as fast as it is read",
    ),
    row(ErrorHuge, 4, "error-huge", Some(1024), "status 500, an error body of ARG MiB"),
    row(JsonError, 5, "json-error", None, "200 application/json that contains an error"),
    row(JsonErrorCharset, 5, "json-error-charset", None, "the same with `; charset=utf-8`"),
    row(
        JsonAnswer,
        5,
        "json-answer",
        None,
        "200 application/json with a complete answer, also to a stream request",
    ),
    row(JsonAnswerCharset, 5, "json-answer-charset", None, "the same with `; charset=utf-8`"),
    row(SseAnswer, 5, "sse-answer", None, "200 event stream, also to a request without `stream`"),
    row(FirstError, 6, "first-error", None, "200 event stream whose first event is an error"),
    row(ErrorAfter, 7, "error-after", Some(5), "an error event after ARG tokens"),
    row(SilentAfterHeaders, 9, "silent-after-headers", None, "200 headers, then nothing"),
    row(Silent, 15, "silent", None, "reads the request and never answers"),
    row(
        Stall,
        14,
        "stall",
        Some(5),
        "ARG tokens, then nothing; half of the body where no stream was asked for",
    ),
    row(DripComments, 16, "drip-comments", Some(50), "a comment every ARG ms and nothing else"),
    row(DripBytes, 16, "drip-bytes", Some(50), "a byte every ARG ms of one event that never ends"),
    row(NoEvent, 17, "no-event", None, "200 event stream that ends without an event"),
    row(ZeroTokens, 17, "zero-tokens", None, "opening events, no content, clean end"),
    row(Flood, 18, "flood", None, "an endless stream, as fast as it is read"),
    row(BigEvent, 19, "big-event", Some(1), "a good stream with one event of ARG MiB in it"),
    row(
        BigAnswer,
        54,
        "big-answer",
        Some(1),
        "200 application/json with one text of ARG MiB in it, also to a stream request",
    ),
    row(EndlessEvent, 19, "endless-event", None, "one event that never ends, as fast as it is read"),
    row(Fields, 22, "fields", Some(1), "absent, null or wrongly typed fields, variant ARG of 1 to 9"),
    row(
        Truncate,
        23,
        "truncate",
        Some(5),
        "ARG tokens, then a clean end without finish_reason or terminator",
    ),
    row(Cut, 23, "cut", Some(5), "ARG tokens, then closes without the last chunk"),
    row(NoDone, 23, "no-done", None, "finish_reason, then a clean end without the terminator"),
    row(
        LengthShort,
        24,
        "length-short",
        None,
        "content-length larger than what comes, stream or not, then closes",
    ),
    row(ResetInChunk, 24, "reset-in-chunk", Some(5), "ARG tokens, then resets the connection inside a chunk"),
    row(
        EarlyError,
        26,
        "early-error",
        Some(413),
        "status ARG after 4 KiB of the request's body, then reads slowly until the peer closes",
    ),
    row(
        Unread,
        88,
        "unread",
        Some(2000),
        "reads no more of a request's body than 4 KiB for ARG ms, then slowly until the peer closes; never answers",
    ),
    row(CloseIdle, 32, "close-idle", None, "a good answer that promises keep-alive, then closes"),
    row(CloseBeforeHeaders, 33, "close-before-headers", None, "closes instead of answering"),
    row(ResetBeforeHeaders, 33, "reset-before-headers", None, "resets the connection instead of answering"),
    row(
        Goaway,
        34,
        "goaway",
        None,
        "HTTP/2: GOAWAY after half of a good answer, whose streams are all finished; HTTP/1.1: closes after it",
    ),
    row(
        GoawayUnprocessed,
        34,
        "goaway-unprocessed",
        Some(1),
        "HTTP/2: GOAWAY that leaves this request out, the first ARG times that its body comes; then a good answer",
    ),
    row(
        RefusedStream,
        34,
        "refused-stream",
        Some(1),
        "HTTP/2: REFUSED_STREAM the first ARG times that this body comes; then a good answer",
    ),
    row(
        ResetStream,
        34,
        "reset-stream",
        Some(2),
        "HTTP/2: RST_STREAM with code ARG instead of an answer; HTTP/1.1: resets the connection",
    ),
    row(ResetStreamAfter, 34, "reset-stream-after", Some(2), "the same after five tokens"),
    row(
        WindowShut,
        34,
        "window-shut",
        None,
        "HTTP/2: takes the first 64 KiB of an upload, never opens its window again, and never answers",
    ),
    row(
        Gzip,
        43,
        "gzip",
        Some(0),
        "a good answer, gzipped although identity was asked for, each token flushed, one every ARG ms",
    ),
    row(Deflate, 43, "deflate", Some(0), "the same, deflated"),
    row(
        GzipTruncate,
        43,
        "gzip-truncate",
        Some(5),
        "gzipped, ARG tokens, then a clean end inside the compressed data",
    ),
    row(GzipError, 43, "gzip-error", Some(500), "answers with status ARG and a gzipped error body"),
    row(GzipBomb, 43, "gzip-bomb", Some(64), "gzipped, a good answer with one text of ARG MiB in it"),
    row(Redirect, 44, "redirect", None, "302 to another place"),
    row(OddHttp, 45, "odd-http", Some(1), "a good answer in unusual but valid HTTP, variant ARG of 1 to 6"),
    row(
        LyingHttp,
        45,
        "lying-http",
        Some(1),
        "an answer in HTTP that contradicts itself, variant ARG of 1 to 15",
    ),
    row(
        Headers,
        48,
        "headers",
        None,
        "a good answer with cookies, hop-by-hop and other headers that are not for clients",
    ),
    row(Html, 5, "html", Some(200), "an HTML page with status ARG"),
    row(Empty, 17, "empty", None, "200 with an empty body"),
    row(TooLong, 52, "too-long", None, "a whole answer and bytes beyond its content-length"),
    row(TwoAnswers, 52, "two-answers", None, "two whole answers to one request"),
    row(
        NoBlankLine,
        61,
        "no-blank-line",
        None,
        "finish_reason (or counts after it) without the blank line behind it, then a clean end",
    ),
    row(FinishSilent, 61, "finish-silent", None, "finish_reason, then nothing: the body stays open"),
    row(
        NoBlankLineSilent,
        61,
        "no-blank-line-silent",
        None,
        "finish_reason (or counts after it) without the blank line behind it, then nothing",
    ),
    row(
        LateSurplus,
        59,
        "late-surplus",
        Some(50),
        "a good answer, and ARG ms after it another one that nobody asked for",
    ),
    row(AfterTerminal, 52, "after-terminal", None, "more events after the terminal event"),
    row(TerminalOpen, 52, "terminal-open", None, "terminal event, then the body stays open"),
    row(Pace, 0, "pace", Some(20), "a good stream, one token every ARG ms; a whole answer after ARG ms"),
    row(Tokens, 0, "tokens", Some(20), "a good answer of ARG tokens"),
    row(InvalidUtf8, 22, "invalid-utf8", None, "a stream, or a body, that is not UTF-8 in one place"),
    row(Split, 20, "split", None, "a good answer in writes of one byte"),
    row(Odd, 20, "odd", None, "a good stream with comments, CRLF, unknown fields and no space after `data:`"),
    row(
        Incomplete,
        70,
        "incomplete",
        Some(0),
        "a good answer that says that it was stopped: ARG 0 at its limit of tokens, 1 by a filter",
    ),
    row(
        Failed,
        71,
        "failed",
        Some(5),
        "Responses: ARG tokens, then `response.failed`, or a response that failed; elsewhere an error",
    ),
    row(
        FinishReason,
        77,
        "finish-reason",
        Some(1),
        "Gemini: a good answer with finishReason ARG of STOP, SAFETY, RECITATION, PROHIBITED_CONTENT, OTHER, \
         MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL, SOMETHING_NEW",
    ),
    row(Blocked, 78, "blocked", None, "Gemini: no candidates but a blockReason; elsewhere nothing to say"),
    row(
        FilterOnly,
        80,
        "filter-only",
        None,
        "a good answer with a filter's findings alone before every token and after the reason to stop",
    ),
];

/// Milliseconds between two pieces, and tokens, of an answer that ends one day.
const PACE: RangeInclusive<u64> = 0..=60_000;
const TOKENS: RangeInclusive<u64> = 0..=10_000_000;

impl Row {
    /// The values of its argument; `None` for faults without one.
    pub(crate) fn range(&self) -> Option<RangeInclusive<u64>> {
        self.default?;
        Some(match self.fault {
            Status | ErrorShort | ErrorUnended | ErrorReset | ErrorStall | ErrorStallHalf | ErrorEndless
            | EarlyError | GzipError => 400..=599,
            Html => 200..=599,
            ErrorHuge => 1..=4096,
            BigEvent | BigAnswer | GzipBomb => 1..=256,
            Fields | OddHttp => 1..=if self.fault == Fields { 9 } else { 6 },
            LyingHttp => 1..=15,
            FinishReason => 0..=7,
            Incomplete => 0..=1,
            DripComments | DripBytes | Unread => 1..=60_000,
            Pace | Gzip | Deflate => PACE,
            // Codes of HTTP/2 have 32 bits.
            ResetStream | ResetStreamAfter => 0..=u64::from(u32::MAX),
            GoawayUnprocessed | RefusedStream => 0..=1_000_000,
            _ => TOKENS,
        })
    }
}

/// A fault and its argument, as selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) fault: Fault,
    pub(crate) name: &'static str,
    pub(crate) arg: u64,
}

/// Reads `NAME` or `NAME-ARG`; `Err` names what was not understood, and says what would be.
pub(crate) fn choose(text: &str) -> Result<Chosen, String> {
    let named = |name: &str| TABLE.iter().find(|row| row.name == name);
    if let Some(Row { fault, name, default, .. }) = named(text) {
        return Ok(Chosen { fault: *fault, name, arg: default.unwrap_or(0) });
    }
    let unknown = || format!("no fault is called `{text}`: see `watertight drill upstream --list`");
    let (name, arg) = text.rsplit_once('-').ok_or_else(unknown)?;
    let row = named(name).filter(|_| arg.bytes().all(|byte| byte.is_ascii_digit())).ok_or_else(unknown)?;
    let Some(range) = row.range() else {
        return Err(format!("the fault `{name}` takes no argument: `{arg}` is one too many"));
    };
    // A number that is too large to be read is also outside.
    let arg = arg.parse().ok().filter(|arg| range.contains(arg)).ok_or_else(|| {
        format!("the argument of the fault `{name}` is {} to {}: not {arg}", range.start(), range.end())
    })?;
    Ok(Chosen { fault: row.fault, name: row.name, arg })
}

/// The fault that a model name asks for: `fault-NAME`, with or without a prefix that ends in `/`.
pub(crate) fn from_model(model: &str) -> Option<&str> {
    model.rsplit('/').next()?.strip_prefix("fault-")
}

/// The fault that a model's name asks for, or else the text of a message.
pub(crate) fn asked_for<'a>(model: &'a str, mark: Option<&'a Mark>) -> Option<&'a str> {
    from_model(model).or_else(|| mark?.fault())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_selects_its_own_row_and_arguments_are_read() {
        for row in TABLE {
            assert_eq!(choose(row.name).map(|c| c.fault), Ok(row.fault));
            let Some(range) = row.range() else {
                assert!(choose(&format!("{}-7", row.name)).is_err_and(|e| e.contains("no argument")));
                continue;
            };
            assert!(range.contains(&row.default.unwrap()), "{}", row.name);
            for arg in [*range.start(), *range.end()] {
                let chosen = choose(&format!("{}-{arg}", row.name));
                assert_eq!(chosen.map(|c| (c.fault, c.arg)), Ok((row.fault, arg)));
            }
            let beyond = choose(&format!("{}-{}", row.name, range.end() + 1));
            assert!(beyond.is_err_and(|e| e.contains(row.name) && e.contains(&range.end().to_string())));
        }
        for (wrong, says) in [
            ("fields-77", "1 to 9"),
            ("fields-0", "1 to 9"),
            ("odd-http-99", "1 to 6"),
            ("status-99999", "400 to 599"),
            ("status-99999999999999999999999", "400 to 599"),
        ] {
            assert!(choose(wrong).is_err_and(|e| e.contains(says)), "{wrong}");
        }
        assert_eq!(choose("status-429").map(|c| c.arg), Ok(429));
        assert_eq!(choose("error-stall-half").map(|c| c.fault), Ok(ErrorStallHalf));
        assert!(choose("flod").is_err_and(|e| e.contains("flod") && e.contains("--list")));
    }

    #[test]
    fn the_model_may_carry_a_prefix() {
        assert_eq!(from_model("openai/fault-stall-3"), Some("stall-3"));
        assert_eq!(from_model("fault-flood"), Some("flood"));
        assert_eq!(from_model("gpt-5-mini"), None);
    }
}
