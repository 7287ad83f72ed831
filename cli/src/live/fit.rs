//! Words in a given room: what does not fit is left out whole, or ends in `…`, and never in the middle of a number.

use report::text::{columns, rejoin, wrap};

/// The parts that fit beside one another; the first one always, cut where it must be.
pub(super) fn beside(parts: &[String], between: &str, width: usize) -> String {
    let mut text = parts.first().map(|first| cut(first, width)).unwrap_or_default();
    for part in parts.iter().skip(1) {
        if columns(&text) + columns(between) + columns(part) > width {
            break;
        }
        text.push_str(between);
        text.push_str(part);
    }
    text
}

/// The first of the forms that fits; the last one, cut, where none does.
pub(super) fn either(forms: &[String], width: usize) -> String {
    let fits = forms.iter().find(|form| columns(form) <= width).cloned();
    fits.or_else(|| forms.last().map(|last| cut(last, width))).unwrap_or_default()
}

/// At most so many lines of at most this width.
pub(super) fn folded(text: &str, width: usize, most: usize) -> Vec<String> {
    // Narrower than this, whole words are too long for lines.
    if width < 20 || most < 2 {
        return vec![cut(text, width)];
    }
    let lines = wrap(text, width);
    let rest = rejoin(lines.get(most.saturating_sub(1)..).unwrap_or_default());
    let mut shown: Vec<String> =
        lines.iter().take(most.saturating_sub(1)).map(|line| cut(line, width)).collect();
    if !rest.is_empty() {
        shown.push(cut(&rest, width));
    }
    shown
}

/// As much of one line as fits.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = |c: &char| {
        let rest = left.checked_sub(columns(c.encode_utf8(&mut [0; 4])));
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    let kept: String = text.chars().take_while(fits).collect();
    if width == 0 { kept } else { format!("{}…", kept.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    #[test]
    fn parts_that_do_not_fit_are_left_out_whole() {
        let parts = owned(&["memory 18 MiB", "in flight 60", "overdue 0"]);
        let shown = [60, 36, 35, 26, 13, 8, 0].map(|width| beside(&parts, "  ", width));
        let two = "memory 18 MiB  in flight 60";
        let all = format!("{two}  overdue 0");
        assert_eq!(shown, [&*all, two, two, "memory 18 MiB", "memory 18 MiB", "memory…", ""]);
        assert_eq!(beside(&[], "  ", 9), "");
    }

    #[test]
    fn wide_characters_are_cut_by_their_columns() {
        assert_eq!(
            [9, 6, 5, 4, 3, 2, 1, 0].map(|width| cut("内存ok", width)),
            ["内存ok", "内存ok", "内存…", "内…", "内…", "…", "…", ""]
        );
    }

    #[test]
    fn the_longest_form_that_fits() {
        let forms = owned(&[
            "goroutines 2460, 2400 beyond the explained ones",
            "goroutines 2460, 2400 beyond",
            "2460",
        ]);
        assert_eq!([80, 30, 9, 3].map(|width| either(&forms, width)), [&*forms[0], &forms[1], "2460", "24…"]);
    }

    #[test]
    fn lines_and_an_end_that_says_that_there_was_more() {
        let text = "growing by 1440 per hour over 28m; danger in 1h52m";
        assert_eq!(folded(text, 30, 3), ["growing by 1440 per hour over", "28m; danger in 1h52m"]);
        assert_eq!(folded(text, 20, 2), ["growing by 1440 per", "hour over 28m; dang…"]);
        assert_eq!(folded(text, 80, 2), [text]);
        assert_eq!(folded(text, 9, 4), ["growing…"]);
        assert!(folded("", 30, 2).is_empty());
    }
}
