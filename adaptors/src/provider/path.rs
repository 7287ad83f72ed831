//! Joins the path of a base URL, as people write it, with the root of an endpoint, without doubling anything.

/// The path of a URL without query and fragment, without a slash at the end; empty when there is none.
pub(super) fn of_url(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.find('/').map_or("", |slash| rest[slash..].trim_end_matches('/'))
}

/// The base's path and `root`; `others` are the provider's roots of other dialects, which a base may end in too.
pub(super) fn join<'a>(base: &str, root: &str, others: impl Iterator<Item = &'a str>) -> String {
    let overlap = overlap(base, root);
    let other = others.filter(|other| base.ends_with(other)).map(str::len).max().filter(|len| *len > overlap);
    if let Some(other) = other {
        return format!("{}{root}", &base[..base.len() - other]);
    }
    if overlap == 0 && ends_in_version(base) {
        base.to_owned()
    } else {
        format!("{base}{}", &root[overlap..])
    }
}

/// Bytes of the longest beginning of `root`, in whole segments, that `base` ends in.
fn overlap(base: &str, root: &str) -> usize {
    let ends = root.match_indices('/').map(|(at, _)| at).skip(1).chain([root.len()]);
    ends.filter(|end| base.ends_with(&root[..*end])).max().unwrap_or(0)
}

fn ends_in_version(base: &str) -> bool {
    let last = base.rsplit('/').next().unwrap_or_default();
    let digits = last.strip_prefix('v').unwrap_or_default();
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_alphanumeric())
}
