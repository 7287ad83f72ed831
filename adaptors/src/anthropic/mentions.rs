//! What requests and answers of this dialect name that only one upstream knows.

use crate::mentions::{Mentions, Node};
use crate::names::Thing;

const FILE_ID: Node = Node::name(Thing::File, "file_id");
const FILES: Node = Node::of(&[("file_id", FILE_ID)]);
const CONTAINER: Node = Node {
    fields: &[("id", Node::name(Thing::Container, "container"))],
    ..Node::name(Thing::Container, "container")
};

pub(super) static ASKED: Mentions = Mentions {
    words: &["file_id", "\"container\"", "previous_message_id"],
    has_bare_items: false,
    top: Node::of(&[
        ("container", CONTAINER),
        (
            "thread",
            Node::of(&[("previous_message_id", Node::name(Thing::Message, "thread.previous_message_id"))]),
        ),
        (
            "messages",
            Node::of(&[(
                "content",
                Node::of(&[
                    ("file_id", FILE_ID),
                    ("source", FILES),
                    // Of a tool's result.
                    ("content", Node::of(&[("file_id", FILE_ID), ("source", FILES)])),
                ]),
            )]),
        ),
    ]),
};

/// What a tool of the upstream's own made.
const MADE: Node = Node::of(&[("content", Node::of(&[("file_id", FILE_ID), ("content", FILES)]))]);

/// In answers, and in the events of one.
pub(super) static TOLD: Mentions = Mentions {
    words: &["\"container\"", "file_id"],
    has_bare_items: false,
    top: Node::of(&[
        ("container", CONTAINER),
        ("message", Node::of(&[("container", CONTAINER)])),
        ("delta", Node::of(&[("container", CONTAINER)])),
        ("content", MADE),
        ("content_block", MADE),
    ]),
};
