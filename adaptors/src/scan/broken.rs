//! Texts that something is wrong with, for tests: the same ones in every run.

/// Numbers that look as if by chance.
pub(crate) struct Chance(u64);

impl Default for Chance {
    fn default() -> Self {
        Self(7)
    }
}

impl Chance {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    /// A text with one or two bytes replaced by one of these, put in, or taken out.
    pub(crate) fn breaks(&mut self, whole: &[u8], parts: &[u8]) -> Vec<u8> {
        let mut text = whole.to_vec();
        for _ in 0..=self.below(2) {
            let at = self.below(text.len());
            match self.below(3) {
                0 => text[at] = parts[self.below(parts.len())],
                1 => text.insert(at, parts[self.below(parts.len())]),
                _ => drop(text.remove(at)),
            }
        }
        text
    }
}
