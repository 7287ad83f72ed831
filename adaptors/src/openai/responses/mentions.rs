//! What requests and answers of this dialect name that only one upstream knows.

use crate::mentions::{Mentions, Node};
use crate::names::Thing;

const FILE_ID: Node = Node::name(Thing::File, "file_id");
const FILES: Node = Node::of(&[("file_id", FILE_ID)]);
const CONTAINER_ID: Node = Node::name(Thing::Container, "container_id");

/// Of a call or an output, what was said or found.
const INPUT: Node = Node {
    refers: true,
    ..Node::of(&[
        ("content", FILES),
        ("output", FILES),
        ("container_id", CONTAINER_ID),
        ("environment", Node::of(&[("container_id", CONTAINER_ID)])),
    ])
};

const TOOLS: Node = Node::of(&[
    ("vector_store_ids", Node::name(Thing::VectorStore, "vector_store_ids")),
    (
        "container",
        Node {
            fields: &[("file_ids", Node::name(Thing::File, "file_ids"))],
            ..Node::name(Thing::Container, "container")
        },
    ),
    (
        "environment",
        Node::of(&[("container_id", CONTAINER_ID), ("file_ids", Node::name(Thing::File, "file_ids"))]),
    ),
    ("input_image_mask", FILES),
]);

pub(super) static ASKED: Mentions = Mentions {
    words: &["file_id", "vector_store_ids", "\"container", "item_reference", "\"prompt\""],
    has_bare_items: true,
    top: Node::of(&[
        ("input", INPUT),
        ("tools", TOOLS),
        ("prompt", Node::of(&[("id", Node::name(Thing::Prompt, "prompt"))])),
    ]),
};

const OUTPUT: Node = Node::of(&[
    ("id", Node::name(Thing::Item, "id")),
    ("container_id", CONTAINER_ID),
    ("environment", Node::of(&[("container_id", CONTAINER_ID)])),
    ("content", Node::of(&[("annotations", FILES)])),
]);

/// In answers, and in the events of one. The deltas name nothing.
pub(super) static TOLD: Mentions = Mentions {
    words: &["\"output\"", "\"item\""],
    has_bare_items: false,
    top: Node::of(&[("output", OUTPUT), ("item", OUTPUT), ("response", Node::of(&[("output", OUTPUT)]))]),
};
