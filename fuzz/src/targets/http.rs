//! An upstream's answer over HTTP/1.1: where it ends, and what of it is content, is the same however it is cut; nothing
//! grows; and only one that is over leaves its connection to another.

use server::Answer;

#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: Option<u16>,
    content: Vec<u8>,
    is_http: bool,
    is_broken: bool,
    /// Over before the connection's end, and behind it; and whether the connection may carry another.
    ends: [bool; 3],
}

fn read(input: &[u8], to_head: bool, step: usize) -> Told {
    let (mut answer, mut status, mut content) = (Answer::new(to_head), None, Vec::new());
    for mut piece in input.chunks(step) {
        while !piece.is_empty() {
            let took = answer.takes(piece);
            assert!(took.taken > 0 && took.content.end <= took.taken, "{took:?} of {} bytes", piece.len());
            assert!(took.head.is_none() || status.is_none(), "two heads of one answer");
            status = status.or(took.head.map(|head| head.status().as_u16()));
            assert!(status.is_some() || took.content.is_empty(), "content before the head");
            content.extend_from_slice(&piece[took.content]);
            piece = &piece[took.taken..];
        }
    }
    let (over, free) = (answer.is_over(), answer.leaves_it_free());
    assert!(!free || over);
    answer.ends();
    assert!(!answer.leaves_it_free(), "nothing comes on a connection that has ended");
    let is_broken = answer.is_broken();
    assert!(status.is_none() || answer.is_over() != is_broken, "neither whole nor broken");
    Told {
        status,
        content,
        is_http: answer.no_answer().is_none(),
        is_broken,
        ends: [over, free, answer.is_over()],
    }
}

pub fn run(input: &[u8]) {
    for to_head in [false, true] {
        let whole = read(input, to_head, input.len().max(1));
        assert!(whole.content.len() <= input.len());
        assert!(!to_head || whole.content.is_empty(), "content in an answer to HEAD");
        for step in [1, 2, 5, 64] {
            assert_eq!(read(input, to_head, step), whole, "in pieces of {step}");
        }
    }
}
