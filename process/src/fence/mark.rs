//! The mark of a command: a word in its environment, which whatever it starts inherits, also what leaves its group and
//! loses its parent. It names one process of this machine, by its number and its beginning, so that a number that is given
//! anew is not taken for it. Linux shows environments; elsewhere there are no marks.

/// The variable: a word for each command around it, the innermost first.
pub(super) const NAME: &str = "WATERTIGHT_TREE";

/// What a shell does before it becomes the command: it knows its own number, and `/proc` its beginning (proc(5), the 22nd
/// field). Without `/proc` there is no mark.
#[cfg(unix)]
pub(super) const SCRIPT: &str = r#"if read -r WATERTIGHT_STAT; then
set -- $WATERTIGHT_STAT
export WATERTIGHT_TREE="$$-${22}${WATERTIGHT_TREE:+ $WATERTIGHT_TREE}"
fi 2>/dev/null </proc/$$/stat
unset WATERTIGHT_STAT
"#;

/// Whose a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Ours, and that of these commands within ours, by their numbers and beginnings: what one that has ended by itself has
    /// left behind was to stay.
    Ours(Vec<(u32, u64)>),
    /// It carries marks, and not ours.
    Others,
    None,
}

/// The mark of the command with this number, which began then.
pub(super) fn of(root: u32, began: u64) -> String {
    format!("{root}-{began}")
}

/// What a process carries; `None` while it has no environment. Those of other users are not shown, and are not ours.
pub(super) fn read(mark: &str, id: u32) -> Option<Mark> {
    if cfg!(windows) {
        return Some(Mark::None);
    }
    match std::fs::read(format!("/proc/{id}/environ")) {
        Ok(all) if all.is_empty() => None,
        Ok(all) => Some(on(&all, mark)),
        Err(_) => Some(Mark::None),
    }
}

fn on(environment: &[u8], mark: &str) -> Mark {
    let mut lines = environment.split(|byte| *byte == 0);
    let value = lines.find_map(|line| line.strip_prefix(NAME.as_bytes())?.strip_prefix(b"="));
    let Some(value) = value.and_then(|value| std::str::from_utf8(value).ok()) else { return Mark::None };
    let Some(at) = value.split(' ').position(|word| word == mark) else { return Mark::Others };
    let command = |word: &str| {
        let (root, began) = word.split_once('-')?;
        Some((root.parse().ok()?, began.parse().ok()?))
    };
    Mark::Ours(value.split(' ').take(at).filter_map(command).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_a_whole_word_of_its_variable() {
        let all = b"PATH=/bin\0WATERTIGHT_TREE=12-345 7-8\0X=9-9\0";
        let read = |mark| on(all, mark);
        assert_eq!(["12-345", "7-8"].map(read), [Mark::Ours(vec![]), Mark::Ours(vec![(12, 345)])]);
        assert_eq!(["2-345", "12-34", "9-9"].map(read), [const { Mark::Others }; 3]);
        assert_eq!((on(b"", "7-8"), on(b"X=7-8\0", "7-8")), (Mark::None, Mark::None));
        #[cfg(unix)]
        assert!(SCRIPT.contains(NAME));
    }
}
