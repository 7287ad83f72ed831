//! Tells when a JSON text that passes by in pieces has come to its end.

/// Follows nesting and strings, byte by byte, in constant memory. It does not validate: it only tells a text that broke
/// off from one that did not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Balance {
    depth: u64,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl Balance {
    /// Takes the next piece.
    pub fn feed(&mut self, piece: &[u8]) {
        for byte in piece {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.begun = true;
                    self.depth += 1;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// True once an object or array has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// True once an object or array has begun and everything that was opened is closed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.begun && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::Balance;

    #[test]
    fn only_the_whole_text_is_whole_however_it_is_split() {
        let text = br#"{"a":["}\"{", {"b":"\\"}], "c":{}}"#;
        for cut in 0..=text.len() {
            let mut balance = Balance::default();
            balance.feed(&text[..cut]);
            assert_eq!(balance.is_whole(), cut == text.len(), "{cut}");
            balance.feed(&text[cut..]);
            assert!(balance.is_whole(), "{cut}");
        }
        assert!(!Balance::default().is_whole());
    }
}
