//! Whether JSON that passes by has come to its end: the same however it is cut, and never before it has.

use adaptors::balance::Balance;
use serde_json::value::RawValue;

fn is_whole(input: &[u8], step: usize) -> bool {
    let mut balance = Balance::default();
    input.chunks(step).for_each(|piece| balance.feed(piece));
    balance.is_whole()
}

pub fn run(input: &[u8]) {
    let whole = is_whole(input, input.len().max(1));
    for step in [1, 3] {
        assert_eq!(is_whole(input, step), whole, "in pieces of {step}");
    }
    let text = input.trim_ascii();
    if matches!(text.first(), Some(b'{' | b'[')) && serde_json::from_slice::<&RawValue>(text).is_ok() {
        assert!(whole, "JSON that is whole is not taken for it");
        for cut in [1, text.len() / 2, text.len() - 1] {
            assert!(!is_whole(&text[..cut], 4096), "whole after {cut} of {}", text.len());
        }
    }
}
