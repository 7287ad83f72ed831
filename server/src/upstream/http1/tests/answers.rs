//! Every way in which an answer can say where it ends, and every one in which it can lie about it.

use proptest::prelude::*;

use super::{Told, read, read_to};
use crate::upstream::http1::Answer;

const OK: &str = "HTTP/1.1 200 OK\r\n";

fn whole(content: &str, free: bool) -> Told {
    Told::Whole(200, content.as_bytes().to_vec(), free)
}

fn cut(content: &str) -> Told {
    Told::Cut(200, content.as_bytes().to_vec())
}

/// An answer with these lines in its head, and this behind it.
fn ok(lines: &str, body: &str) -> Vec<u8> {
    format!("{OK}{lines}\r\n{body}").into_bytes()
}

fn chunked(body: &str) -> Vec<u8> {
    ok("Transfer-Encoding: chunked\r\n", body)
}

/// Reads it in one piece and in many; how it is cut makes no difference.
fn comes_to(name: &str, bytes: &[u8], wanted: &Told) {
    for step in [bytes.len().max(1), 1, 2, 3, 7, 1021] {
        assert_eq!(read(bytes.chunks(step)), *wanted, "{name} in pieces of {step}");
    }
}

#[test]
fn an_answer_ends_where_it_says() {
    let cases = [
        ("a length", ok("Content-Length: 5\r\n", "water"), whole("water", true)),
        ("no length", ok("content-length: 0\r\n", ""), whole("", true)),
        (
            "the same length twice",
            ok("content-length: 5\r\ncontent-length: 5, 5\r\n", "water"),
            whole("water", true),
        ),
        ("until the end", ok("", "water"), whole("water", false)),
        ("closing", ok("content-length: 5\r\nconnection: close\r\n", "water"), whole("water", false)),
        (
            "closing, in a list",
            ok("content-length: 5\r\nconnection: x, Close\r\n", "water"),
            whole("water", false),
        ),
        (
            "closing, and not taken back",
            ok("content-length: 5\r\nconnection: close\r\nconnection: keep-alive\r\n", "water"),
            whole("water", false),
        ),
        (
            "identity is no coding that was applied",
            ok("content-length: 5\r\ncontent-encoding: identity\r\n", "water"),
            whole("water", true),
        ),
        ("HTTP/1.0", b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nwater".to_vec(), whole("water", false)),
        (
            "HTTP/1.0 that goes on",
            b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\nconnection: Keep-Alive\r\n\r\nwater".to_vec(),
            whole("water", true),
        ),
        ("lone LF", b"HTTP/1.1 200 OK\ncontent-length: 5\n\nwater".to_vec(), whole("water", true)),
        ("no reason", b"HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nwater".to_vec(), whole("water", true)),
        (
            "an empty line before it",
            b"\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwater".to_vec(),
            whole("water", true),
        ),
        ("an empty value", ok("x-empty:\r\ncontent-length: 5\r\n", "water"), whole("water", true)),
        ("chunks", chunked("3\r\nwat\r\n2\r\ner\r\n0\r\n\r\n"), whole("water", true)),
        (
            "chunks with zeros and capitals",
            chunked("00A\r\n0123456789\r\n000\r\n\r\n"),
            whole("0123456789", true),
        ),
        ("extensions", chunked("5 ;a=b;c=\"d\"\r\nwater\r\n0 \t;end\r\n\r\n"), whole("water", true)),
        ("trailers", chunked("5\r\nwater\r\n0\r\nx-a: 1\r\ncontent-length: 9\r\n\r\n"), whole("water", true)),
        (
            "an odd way to write chunked",
            ok("transfer-encoding:  \tCHUNKED\t\r\n", "0\r\n\r\n"),
            whole("", true),
        ),
    ];
    for (name, bytes, wanted) in cases {
        comes_to(name, &bytes, &wanted);
    }
}

#[test]
fn what_has_no_body_has_none() {
    for status in [204, 304] {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 5\r\n\r\n");
        comes_to("none", head.as_bytes(), &Told::Whole(status, Vec::new(), true));
        comes_to("and yet", format!("{head}water").as_bytes(), &Told::Whole(status, Vec::new(), false));
    }
    let head = ok("content-length: 5\r\n", "");
    assert_eq!(read_to(true, [&*head]), whole("", true));
    assert_eq!(read_to(true, [&*chunked("")]), whole("", true));
    // Behind it the connection speaks something else: nothing of that is taken.
    let switching = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n\x01\x02";
    comes_to("switching", switching, &Told::Whole(101, Vec::new(), false));
}

#[test]
fn interim_answers_are_passed_over() {
    let hints =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\ncontent-length: 7\r\n\r\n";
    let bytes = [hints.repeat(3).as_bytes(), &ok("content-length: 5\r\n", "water")].concat();
    comes_to("interim", &bytes, &whole("water", true));
    comes_to("interim alone", hints.as_bytes(), &Told::Nothing);
    let many = hints.repeat(1 + 64 * 1024 / hints.len());
    comes_to("without an end", many.as_bytes(), &Told::NotHttp);
}

#[test]
fn whoever_lies_about_the_end_is_not_believed() {
    let framed = |lines: &str| ok(lines, "5\r\nwater\r\n0\r\n\r\n");
    let cases = [
        ("two lengths", framed("content-length: 5\r\ncontent-length: 6\r\n")),
        ("two lengths in a list", framed("content-length: 5, 4\r\n")),
        ("a list with nothing in it", framed("content-length: 5,\r\n")),
        ("an empty length", framed("content-length:\r\n")),
        ("a negative length", framed("content-length: -1\r\n")),
        ("a sign", framed("content-length: +5\r\n")),
        ("a blank in it", framed("content-length: 1 5\r\n")),
        ("hexadecimal", framed("content-length: 0x5\r\n")),
        ("garbage", framed("content-length: five\r\n")),
        ("other digits", framed("content-length: \u{0665}\r\n")),
        ("one too large", framed("content-length: 18446744073709551616\r\n")),
        ("both", framed("content-length: 5\r\ntransfer-encoding: chunked\r\n")),
        ("both, the other way", framed("transfer-encoding: chunked\r\ncontent-length: 0\r\n")),
        ("an unknown coding", framed("transfer-encoding: xchunked\r\n")),
        ("identity", framed("transfer-encoding: identity\r\n")),
        ("another one below", framed("transfer-encoding: gzip, chunked\r\n")),
        ("another one above", framed("transfer-encoding: chunked, gzip\r\n")),
        ("twice", framed("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n")),
        ("an empty coding", framed("transfer-encoding:\r\n")),
        ("a quoted coding", framed("transfer-encoding: \"chunked\"\r\n")),
        ("a coding with a vertical tab", framed("transfer-encoding: \x0bchunked\r\n")),
        ("a folded line", framed("x-folded: one\r\n two\r\ncontent-length: 5\r\n")),
        ("a folded coding", framed("transfer-encoding:\r\n chunked\r\n")),
        ("a blank before the colon", framed("content-length : 5\r\n")),
        ("no name", framed(": 5\r\n")),
        ("no colon", framed("content-length 5\r\n")),
        ("a lone CR", framed("x-a: b\rcontent-length: 5\r\n")),
        ("a nul", framed("x-nul: a\0b\r\n")),
        ("too many lines", framed(&"x-many: 1\r\n".repeat(101))),
        ("too large", framed(&format!("x-large: {}\r\n", "x".repeat(64 * 1024)))),
        ("a coding in HTTP/1.0", b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec()),
        ("HTTP/2", b"HTTP/2.0 200 OK\r\n\r\n".to_vec()),
        ("a status of two digits", b"HTTP/1.1 20 OK\r\n\r\n".to_vec()),
        ("a status that is none", b"HTTP/1.1 099 X\r\n\r\n".to_vec()),
        ("no HTTP", b"\x16\x03\x01 nothing like HTTP\r\n\r\n".to_vec()),
        ("a request", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
    ];
    for (name, bytes) in cases {
        comes_to(name, &bytes, &Told::NotHttp);
    }
    // What cannot become an answer is told at once, and not at the end that never comes.
    for junk in ["SSH-2.0-OpenSSH_9.2\r\n", "220 mail.example ESMTP\r\n", "\x15\x03\x01\x00\x02\x02\x50"] {
        let mut answer = Answer::new(false);
        answer.takes(junk.as_bytes());
        assert!(answer.no_answer().is_some(), "{junk:?}");
    }
}

#[test]
fn a_body_that_breaks_off_or_the_rules_is_cut() {
    let cases = [
        ("a short one", ok("content-length: 6\r\n", "water"), "water"),
        ("without the last chunk", chunked("5\r\nwater\r\n"), "water"),
        ("inside a chunk", chunked("6\r\nwater"), "water"),
        ("before the last line", chunked("5\r\nwater\r\n0\r\n"), "water"),
        ("inside the last line", chunked("5\r\nwater\r\n0\r\n\r"), "water"),
        ("a size that is none", chunked("5\r\nwater\r\nzz\r\nx\r\n0\r\n\r\n"), "water"),
        ("no size", chunked("5\r\nwater\r\n\r\n0\r\n\r\n"), "water"),
        ("a size with a sign", chunked("5\r\nwater\r\n+1\r\nx\r\n0\r\n\r\n"), "water"),
        ("a size with a prefix", chunked("5\r\nwater\r\n0x1\r\nx\r\n0\r\n\r\n"), "water"),
        ("a size behind a blank", chunked("5\r\nwater\r\n 1\r\nx\r\n0\r\n\r\n"), "water"),
        ("a size in two", chunked("5\r\nwater\r\n1 0\r\nx\r\n0\r\n\r\n"), "water"),
        ("a size too large", chunked("5\r\nwater\r\nffffffffffffffff1\r\nx"), "water"),
        ("a lone LF behind a size", chunked("5\r\nwater\r\n1\nx\r\n0\r\n\r\n"), "water"),
        ("a lone LF in an extension", chunked("5\r\nwater\r\n1;a\nx\r\n0\r\n\r\n"), "water"),
        ("a lone CR in an extension", chunked("5\r\nwater\r\n1;a\rb\r\nx\r\n0\r\n\r\n"), "water"),
        ("a longer chunk than its size", chunked("5\r\nwaters\r\n0\r\n\r\n"), "water"),
        ("a shorter one", chunked("5\r\nwate\r\n0\r\n\r\n"), "wate\r"),
        ("a lone LF behind a chunk", chunked("5\r\nwater\n0\r\n\r\n"), "water"),
        ("a folded trailer", chunked("5\r\nwater\r\n0\r\nx: 1\r\n 2\r\n\r\n"), "water"),
        ("a trailer that is none", chunked("5\r\nwater\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n"), "water"),
        (
            "trailers without an end",
            chunked(&format!("5\r\nwater\r\n0\r\nx: {}\r\n\r\n", "x".repeat(16 * 1024))),
            "water",
        ),
        (
            "too many trailers",
            chunked(&format!("5\r\nwater\r\n0\r\n{}\r\n", "x: 1\r\n".repeat(101))),
            "water",
        ),
        (
            "extensions without an end",
            chunked(&format!("5\r\nwater\r\n1;{}\r\nx\r\n0\r\n\r\n", "x".repeat(16 * 1024))),
            "water",
        ),
    ];
    for (name, bytes, content) in cases {
        comes_to(name, &bytes, &cut(content));
    }
    let small = format!("1;{}\r\nx\r\n", "x".repeat(1024));
    let told = read([&*chunked(&(small.repeat(16) + "0\r\n\r\n"))]);
    assert_eq!(told, cut(&"x".repeat(15)), "extensions are bounded for the whole body");
}

/// The end of the connection behind each byte of it: before its head is over nothing has come, then it is cut.
#[test]
fn an_answer_that_ends_early_is_none_wherever_it_ends() {
    let heads = ["content-length: 5\r\n", "transfer-encoding: chunked\r\n"];
    let bodies = ["water", "3;a=b\r\nwat\r\n2\r\ner\r\n0\r\nx: y\r\n\r\n"];
    for (head, body) in heads.into_iter().zip(bodies) {
        for interim in ["", "HTTP/1.1 100 Continue\r\n\r\n"] {
            let bytes = [interim.as_bytes(), &ok(head, body)].concat();
            for cut in 0..bytes.len() {
                for step in [bytes.len(), 1] {
                    let told = read(bytes[..cut].chunks(step));
                    match &told {
                        Told::Nothing => assert!(cut < bytes.len() - body.len(), "{told:?} at {cut}"),
                        Told::Cut(200, content) => {
                            assert!(b"water".starts_with(content) && cut >= bytes.len() - body.len());
                        }
                        other => panic!("{other:?} behind {:?}", String::from_utf8_lossy(&bytes[..cut])),
                    }
                }
            }
            assert_eq!(read([&*bytes]), whole("water", true));
        }
    }
}

#[test]
fn what_comes_behind_an_answer_is_no_other() {
    let another = String::from_utf8(ok("content-length: 5\r\n", "other")).unwrap();
    for behind in ["x", "\r\n", another.as_str()] {
        for body in [ok("content-length: 5\r\n", "water"), chunked("5\r\nwater\r\n0\r\n\r\n")] {
            comes_to("surplus", &[&*body, behind.as_bytes()].concat(), &whole("water", false));
        }
    }
}

#[test]
fn an_answer_is_not_read_again_for_each_byte_of_it() {
    let bytes = ok(&format!("x-large: {}\r\ncontent-length: 5\r\n", "x".repeat(60 * 1024)), "water");
    let begun = std::time::Instant::now();
    assert_eq!(read(bytes.chunks(1)), whole("water", true));
    // Again and again it would be two thousand million bytes.
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn the_head_is_told_as_it_came() {
    let mut answer = Answer::new(false);
    let bytes = ok("X-A: 1\r\nx-a:  two words \r\nx-empty: \r\ncontent-length: 3\r\n", "abc");
    let took = answer.takes(&bytes);
    let head = took.head.unwrap();
    let values: Vec<_> = head.headers().get_all("x-a").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(
        (values, head.headers()["x-empty"].len(), &bytes[took.content]),
        (vec!["1", "two words"], 0, &b"abc"[..])
    );
}

/// An event comes by itself although others came with it: what was promised with it is not taken back for theirs.
#[test]
fn chunks_that_come_together_are_handed_on_one_by_one() {
    let bytes = chunked("5\r\nwater\r\n5;x\r\ntight\r\n0\r\n\r\n");
    let (mut answer, mut rest, mut pieces) = (Answer::new(false), &*bytes, Vec::new());
    while !rest.is_empty() {
        let took = answer.takes(rest);
        pieces.push(&rest[took.content]);
        rest = &rest[took.taken..];
    }
    assert_eq!(pieces, [b"water", b"tight"]);
    assert!(answer.leaves_it_free());
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.0 200 OK\r\n",
        "HTTP/1.1 204 No\r\n",
        "content-length: 5\r\n",
        "content-length: 12\r\n",
        "transfer-encoding: chunked\r\n",
        "connection: close\r\n",
        "x: y\r\n",
        "\r\n",
        "\n",
        "5\r\nwater\r\n",
        "c;x=y\r\ntwelve bytes\r\n",
        "0\r\n",
        "0\r\n\r\n",
        "water",
    ]);
    prop_oneof![
        20 => line.prop_map(|line| line.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..9),
    ]
}

proptest! {
    #[test]
    fn how_it_is_cut_makes_no_difference(
        parts in prop::collection::vec(part(), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
        good in any::<bool>(),
    ) {
        let begin = if good { chunked("") } else { Vec::new() };
        let bytes = [begin, parts.concat()].concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        prop_assert_eq!(read(pieces), read([&*bytes]));
        prop_assert_eq!(read(bytes.chunks(1)), read([&*bytes]));
    }
}
