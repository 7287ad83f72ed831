//! Lines in columns: words on the left, numbers digit below digit, and the columns that matter less left out where there
//! is little room. Padding is all that is needed of a table, so no crate for tables is.

use super::text::{columns, gap, padded};

/// Spaces between columns.
const GAP: usize = 2;

/// Lines in columns, of which the first holds words and the others numbers; `leave` says which are left out where there
/// is no room, in this order.
#[must_use]
pub fn fitted<const N: usize>(lines: &[[String; N]], leave: &[usize], width: usize) -> String {
    // A width that is too small for anything is not believed.
    let width = if width < 40 { 80 } else { width };
    let (widths, mut shown) = (widths(lines), (0..N).collect::<Vec<usize>>());
    for leave in leave {
        if shown.iter().map(|column| widths[*column] + GAP).sum::<usize>() - GAP > width {
            shown.retain(|column| column != leave);
        }
    }
    let line = |line: &[String; N]| {
        // A column of nothing still takes one, so that the marks of a later table stand where they stood.
        let cell = |column: &usize| match (*column, &line[*column], widths[*column].max(1)) {
            (0, words, width) => padded(words, width),
            (_, number, width) => format!("{}{number}", gap(number, width)),
        };
        let cells: Vec<String> = shown.iter().map(cell).collect();
        cells.join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The columns of a terminal that each column takes.
#[must_use]
pub fn widths<const N: usize>(lines: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| lines.iter().map(|line| columns(&line[column])).max().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<[String; 3]> {
        [["", "median", "n"], ["  goroutines", "7", "1200"], ["  内存", "312 MiB", ""]]
            .map(|line| line.map(str::to_owned))
            .into()
    }

    #[test]
    fn digits_stand_below_digits_and_nothing_trails() {
        let wanted = ["               median     n", "  goroutines        7  1200", "  内存        312 MiB"]
            .join("\n");
        assert_eq!(fitted(&lines(), &[2], 80), wanted);
    }

    #[test]
    fn a_column_of_nothing_takes_one() {
        let lines = [["day", "", "12"], ["", "", "7"]].map(|line| line.map(str::to_owned));
        assert_eq!(fitted(&lines, &[], 80), "day     12\n         7");
    }

    #[test]
    fn columns_are_left_out_one_by_one_until_the_rest_fits() {
        let mut lines = lines();
        lines[1][0] = "x".repeat(32);
        // 32 + 2 + 7 + 2 + 4 columns.
        assert_eq!(fitted(&lines, &[2, 1], 47).lines().nth(1).map(columns), Some(47));
        assert_eq!(fitted(&lines, &[2, 1], 46).lines().nth(1).map(columns), Some(41));
        assert_eq!(fitted(&lines, &[2, 1], 40).lines().nth(1).map(columns), Some(32));
        assert_eq!(fitted(&lines, &[2, 1], 0).lines().nth(1).map(columns), Some(47), "not believed");
    }
}
