//! `--only` and `--skip`: rows by number, by range or by name.

use super::ROWS;
use crate::run::{Row, Work};

/// Rows that a list names: `8`, `1-7`, `client-gone-mid-stream`, separated by commas or given as several values.
///
/// # Errors
/// A fragment that names what was not understood.
pub(crate) fn select(only: &[String], skip: &[String]) -> Result<Vec<&'static Row>, String> {
    let words = |list: &[String]| -> Result<Vec<Word>, String> {
        list.iter().flat_map(|item| item.split(',')).map(|word| read(word.trim())).collect()
    };
    let (only, skip) = (words(only)?, words(skip)?);
    let named = |row: &&Row, words: &[Word]| words.iter().any(|word| word.names(row));
    let rows: Vec<&Row> = ROWS
        .iter()
        .copied()
        .filter(|row| only.is_empty() || named(row, &only))
        .filter(|row| !named(row, &skip))
        .collect();
    if rows.is_empty() { Err("`--only` and `--skip` leave no row".to_owned()) } else { Ok(rows) }
}

/// Puts the row of good requests before rows that a target is put through, unless it is skipped by name or number.
pub(crate) fn with_good(mut rows: Vec<&'static Row>, skip: &[String]) -> Vec<&'static Row> {
    let skipped =
        skip.iter().flat_map(|item| item.split(',')).any(|word| ["0", "good"].contains(&word.trim()));
    let good = ROWS.iter().copied().find(|row| matches!(row.work, Work::Good));
    if let Some(good) = good.filter(|good| !skipped && rows.iter().all(|row| row.name != good.name)) {
        rows.insert(0, good);
    }
    rows
}

enum Word {
    Ids(u8, u8),
    Name(String),
}

impl Word {
    fn names(&self, row: &Row) -> bool {
        match self {
            Self::Ids(first, last) => (*first..=*last).contains(&row.id),
            Self::Name(name) => row.name == name,
        }
    }
}

fn read(word: &str) -> Result<Word, String> {
    let id = |text: &str| text.parse::<u8>().ok().filter(|id| ROWS.iter().any(|row| row.id == *id));
    if let Some(id) = id(word) {
        return Ok(Word::Ids(id, id));
    }
    if let Some((first, last)) = word.split_once('-').and_then(|(a, b)| Some((id(a)?, id(b)?))) {
        return if first <= last {
            Ok(Word::Ids(first, last))
        } else {
            Err(format!("`{word}` is an empty range"))
        };
    }
    if ROWS.iter().any(|row| row.name == word) {
        return Ok(Word::Name(word.to_owned()));
    }
    let near = ROWS
        .iter()
        .map(|row| row.name)
        .filter(|name| word.len() > 2 && name.contains(word))
        .collect::<Vec<_>>();
    let hint = if near.is_empty() {
        "`watertight drill --list` lists them".to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    Err(format!("no row is called `{word}`: {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(only: &[&str], skip: &[&str]) -> Result<Vec<u8>, String> {
        let own = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        select(&own(only), &own(skip)).map(|rows| rows.iter().map(|row| row.id).collect())
    }

    #[test]
    fn rows_are_named_by_number_range_and_name() {
        assert_eq!(ids(&["1-3,7"], &["2"]), Ok(vec![1, 3, 7]));
        assert_eq!(ids(&["client-gone-mid-stream"], &[]), Ok(vec![8]));
        assert_eq!(ids(&[], &[]).map(|ids| ids.len()), Ok(ROWS.len()));
        for (only, wanted) in
            [("200", "`200`"), ("7-3", "empty range"), ("gone-mid", "client-gone-mid-stream"), ("", "``")]
        {
            assert!(ids(&[only], &[]).is_err_and(|error| error.contains(wanted)), "{only}");
        }
        assert!(ids(&["3"], &["1-5"]).is_err());
    }

    #[test]
    fn good_requests_come_first_unless_they_are_skipped() {
        let with = |only: &str, skip: &[String]| -> Vec<u8> {
            let rows = select(&[only.to_owned()], skip).unwrap();
            with_good(rows, skip).iter().map(|row| row.id).collect()
        };
        assert_eq!((with("8", &[])[0], with("0,6", &[])), (0, vec![0, 6]));
        assert_eq!(with("6,7", &["7,good".to_owned()]), [6]);
    }
}
