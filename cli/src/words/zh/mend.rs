//! The next step about a stack: its line, and its cure.

use super::cause::cure;
use super::stack;
use crate::profile::Place;

/// The line of what may leak, and its cure where it is known.
pub(super) fn look(place: &Place) -> String {
    let at = where_it_is(place);
    match place.cause {
        Some(cause) => format!("看 {at}：如果泄漏，{}", cure(cause)),
        None => format!("看 {at} 在等什么"),
    }
}

/// The line, and its cure where it is known.
pub(super) fn mend(place: &Place) -> String {
    let at = where_it_is(place);
    match place.cause {
        Some(cause) => format!("修 {at}：{}", cure(cause)),
        None => format!("看 {at} 在等什么"),
    }
}

/// `main.readStream (/app/main.go:124)`
pub(super) fn where_it_is(place: &Place) -> String {
    // The function that forgot an answer is not the one that waits.
    let maker = place.requested_by.first().map(|maker| (&*maker.function, &maker.file, maker.line));
    let (function, file, line) = maker.unwrap_or((stack::function(place), &place.file, place.line));
    if file.is_empty() { function.to_owned() } else { format!("{function} ({file}:{line})") }
}
