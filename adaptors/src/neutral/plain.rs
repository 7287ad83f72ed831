//! Names of tools that every dialect takes.

/// Characters of one.
pub(super) const LONGEST: usize = 64;

/// True for a name that every dialect takes.
pub(super) fn is_plain(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !name.is_empty() && name.len() <= LONGEST && name.bytes().all(fits)
}
