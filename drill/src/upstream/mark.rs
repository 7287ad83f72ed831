//! A fault that is asked for in the text of a message, which every relay passes on: `[drill:NAME-ARG:TOKENS]`. Names of
//! models are looked up in tables, and limits of tokens are changed, by relays that are otherwise good.
//!
//! It is looked for in the bytes of the whole body, so that it has a place in every dialect, in what is to be embedded
//! and in a field of a form; its letters are written in the same way in all of them. The last one counts: a conversation
//! may hold those of earlier requests.

use memchr::memmem;

const BEGIN: &str = "[drill:";
/// No name of a fault is longer, with its argument and a number of tokens.
const LONGEST: usize = 80;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// As in a model's name, without `fault-`; empty for a good answer.
    pub(crate) fault: String,
    /// How long the answer is to be, whatever else the request says.
    pub(crate) tokens: Option<u64>,
}

impl Mark {
    /// As it stands in a text, with a blank behind it.
    pub(crate) fn text(fault: &str, tokens: u64) -> String {
        format!("{BEGIN}{fault}:{tokens}] ")
    }

    /// The last one of a body, or of the beginning of one.
    pub(crate) fn find(body: &[u8]) -> Option<Self> {
        let begin = memmem::rfind(body, BEGIN.as_bytes())? + BEGIN.len();
        let rest = &body[begin..];
        let end = memchr::memchr(b']', &rest[..rest.len().min(LONGEST)])?;
        let (fault, tokens) = std::str::from_utf8(&rest[..end]).ok()?.split_once(':')?;
        Some(Self { fault: fault.to_owned(), tokens: tokens.parse().ok() })
    }

    /// The fault, unless a good answer was asked for.
    pub(crate) fn fault(&self) -> Option<&str> {
        Some(self.fault.as_str()).filter(|fault| !fault.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Option<(String, Option<u64>)> {
        Mark::find(body.as_bytes()).map(|mark| (mark.fault, mark.tokens))
    }

    #[test]
    fn it_is_found_in_every_place_and_the_last_one_counts() {
        let mark = Mark::text("stall-3", 20);
        for body in [
            format!("{{\"messages\":[{{\"role\":\"user\",\"content\":\"{mark}Say something.\"}}]}}"),
            format!("{{\"messages\":[{{\"content\":[{{\"type\":\"text\",\"text\":\"{mark}\"}}]}}]}}"),
            format!("{{\"contents\":[{{\"parts\":[{{\"text\":\"{mark}\"}}]}}]}}"),
            format!("{{\"model\":\"e\",\"input\":[\"{mark}\",\"two\"]}}"),
            format!("--x\r\ncontent-disposition: form-data; name=\"prompt\"\r\n\r\n{mark}\r\n--x--\r\n"),
            format!("{}{mark}", Mark::text("silent", 1)),
        ] {
            assert_eq!(found(&body), Some(("stall-3".to_owned(), Some(20))), "{body}");
        }
        assert_eq!(found(&Mark::text("", 5)), Some((String::new(), Some(5))));
        for none in ["", "[drill", "[drill:", "[drill:stall-3", "[drill:stall]", "a drill: it is one"] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
