//! Slips of the keyboard.

/// The known word that is a slip of the keyboard away.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase().replace('-', "_");
    known
        .map(|known| (strsim::osa_distance(&word, &known.replace('-', "_")), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_others_are_not() {
        let near = |word| nearest(word, ["channels", "keys", "listen", "tls"].into_iter());
        assert_eq!(near("chanels"), Some("channels"));
        assert_eq!(near("Channel"), Some("channels"));
        assert_eq!(near("key"), Some("keys"));
        assert_eq!(near("lisetn"), Some("listen"));
        assert_eq!(near("storage"), None);
    }
}
