//! What an upstream can make HTTP/1 say, and what a connection makes of it.

mod answers;
mod connections;
mod same_as_hyper;

use super::answer::Answer;

/// What an answer comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    /// Its status and content; whether its connection may carry another, where it was not at its end.
    Whole(u16, Vec<u8>, bool),
    /// Its content up to where it broke off.
    Cut(u16, Vec<u8>),
    NotHttp,
    /// No head has come.
    Nothing,
}

/// Reads an answer to GET that comes in such pieces, and then, if it is not over, the connection's end.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Told {
    read_to(false, pieces)
}

fn read_to<'a>(to_head: bool, pieces: impl IntoIterator<Item = &'a [u8]>) -> Told {
    let (mut answer, mut status, mut content) = (Answer::new(to_head), None, Vec::new());
    for mut piece in pieces {
        while !piece.is_empty() {
            let took = answer.takes(piece);
            assert!(took.taken > 0, "it would be asked for ever");
            status = status.or(took.head.map(|head| head.status().as_u16()));
            content.extend_from_slice(&piece[took.content]);
            piece = &piece[took.taken..];
        }
    }
    let free = answer.leaves_it_free();
    answer.ends();
    assert!(!answer.leaves_it_free());
    match status {
        _ if answer.no_answer().is_some() => Told::NotHttp,
        None => Told::Nothing,
        Some(status) if answer.is_over() => Told::Whole(status, content, free),
        Some(status) => Told::Cut(status, content),
    }
}
