//! Names that are too long for their place.

/// The start of a long text.
pub(super) fn shortened(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let start: String = text.chars().take(length.saturating_sub(1)).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!((shortened("größe", 5), shortened("größer", 5)), ("größe".to_owned(), "größ…".to_owned()));
    }
}
