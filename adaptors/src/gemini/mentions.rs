//! What requests of this dialect name that only one upstream knows. Answers give no such names.

use crate::mentions::{Mentions, Name, Node};
use crate::names::Thing;

/// What Google keeps for the account; other addresses are everybody's.
fn is_kept(uri: &str) -> bool {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let is_googles = path.contains("googleapis.com/") && path.contains("/files/");
    path.starts_with("files/") || is_googles
}

const URI: Node = Node {
    name: Some(Name { thing: Thing::File, key: "fileUri", is: is_kept }),
    ..Node::name(Thing::File, "fileUri")
};
const FILE: Node = Node::of(&[("fileUri", URI), ("file_uri", URI)]);
const PARTS: Node = Node::of(&[
    ("fileData", FILE),
    ("file_data", FILE),
    ("functionResponse", RESULT),
    ("function_response", RESULT),
]);
const RESULT: Node = Node::of(&[("parts", Node::of(&[("fileData", FILE), ("file_data", FILE)]))]);
const CONTENT: Node = Node::of(&[("parts", PARTS)]);
const CACHE: Node = Node::name(Thing::Cache, "cachedContent");
const CONTINUATION: Node = Node::name(Thing::Continuation, "continuationToken");

const PROMPT: &[(&str, Node)] = &[
    ("contents", CONTENT),
    ("content", CONTENT),
    ("systemInstruction", CONTENT),
    ("system_instruction", CONTENT),
    ("cachedContent", CACHE),
    ("cached_content", CACHE),
    ("continuationToken", CONTINUATION),
    ("continuation_token", CONTINUATION),
];

pub(super) static ASKED: Mentions = Mentions {
    words: &["\"fileUri", "\"file_uri", "\"cachedContent", "\"cached_content", "\"continuation"],
    has_bare_items: false,
    top: Node::of(&[
        ("contents", CONTENT),
        ("systemInstruction", CONTENT),
        ("system_instruction", CONTENT),
        ("cachedContent", CACHE),
        ("cached_content", CACHE),
        ("continuationToken", CONTINUATION),
        ("continuation_token", CONTINUATION),
        // To be counted, or embedded.
        ("content", CONTENT),
        ("requests", Node::of(PROMPT)),
        ("generateContentRequest", Node::of(PROMPT)),
        ("generate_content_request", Node::of(PROMPT)),
    ]),
};
