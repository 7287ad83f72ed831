//! Counts in a sentence.

use std::fmt::Display;

/// `1 row`, `2 rows`
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(n: N, one: &str) -> String {
    let s = if n == N::from(1) { "" } else { "s" };
    format!("{n} {one}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        assert_eq!([0_usize, 1, 2].map(|n| counted(n, "row")), ["0 rows", "1 row", "2 rows"]);
    }
}
