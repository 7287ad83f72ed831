//! What requests and answers of this dialect name that only one upstream knows.

use crate::mentions::{Mentions, Node};
use crate::names::Thing;

const FILE_ID: Node = Node::name(Thing::File, "file_id");
const FILES: Node = Node::of(&[("file_id", FILE_ID)]);

/// In chats, and in requests for images.
pub(super) static ASKED: Mentions = Mentions {
    words: &["file_id", "\"audio\""],
    has_bare_items: false,
    top: Node::of(&[
        (
            "messages",
            Node::of(&[
                ("content", Node::of(&[("file", FILES)])),
                ("audio", Node::of(&[("id", Node::name(Thing::Sound, "audio"))])),
            ]),
        ),
        ("images", FILES),
        ("mask", FILES),
    ]),
};

const SAID: Node = Node::of(&[("audio", Node::of(&[("id", Node::name(Thing::Sound, "audio"))]))]);

/// In answers, and in their pieces.
pub(super) static TOLD: Mentions = Mentions {
    words: &["\"audio\""],
    has_bare_items: false,
    top: Node::of(&[("choices", Node::of(&[("message", SAID), ("delta", SAID)]))]),
};
