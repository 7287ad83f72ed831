//! A language's sentences by the English ones. Where something goes wrong, or is found, deep within a relay or a drill, the
//! sentence is made in English, because programs read it: JSON, error bodies, files that a later run goes on from. Whoever
//! shows it to a person says it in their language, at the edge, by the table of that language: also what comes from such a
//! file. So there is one text for programs, and no second way for findings to travel.
//!
//! An entry is a pair of patterns. `{name}` stands for anything on one line, which is taken over; `{#name}` for a number or several;
//! `{~name}` for a sentence or a part of one, which is said in turn. `{{` and `}}` are braces. A test of the house holds each
//! table against the source.

use std::collections::HashMap;

/// English and the language's own, pair by pair.
pub type Pairs = &'static [(&'static str, &'static str)];

/// All tables of a language.
pub struct Catalogue(Vec<Entry>);

struct Entry {
    english: Vec<Piece>,
    own: Vec<Piece>,
    /// Bytes that must be there.
    literal: usize,
    /// It has no word of its own: what stands in a row, with commas between.
    glue: bool,
    /// It is of several lines, and so may be what is taken over.
    lines: bool,
}

#[derive(Clone, Copy)]
enum Piece {
    Text(&'static str),
    Hole { name: &'static str, kind: Kind },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Taken,
    Number,
    Said,
}

/// How much must be known of what is said in turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strict {
    /// All of it.
    Known,
    /// What is no name.
    Named,
    /// None of it.
    Loose,
}

type Found<'t> = Vec<(&'static str, &'t str)>;

impl Catalogue {
    /// From these tables.
    #[must_use]
    pub fn of(tables: &[Pairs]) -> Self {
        let entry = |(english, own): &(&'static str, &'static str)| {
            let english = pieces(english);
            let length = |piece: &Piece| if let Piece::Text(text) = piece { text.len() } else { 0 };
            let literal = english.iter().map(length).sum();
            let has_word =
                |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(char::is_alphanumeric));
            let says = |piece: &Piece| matches!(piece, Piece::Hole { kind: Kind::Said, .. });
            let glue = english.iter().any(says) && !english.iter().any(has_word);
            let has_end = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains('\n'));
            let lines = english.iter().any(has_end);
            Entry { english, own: pieces(own), literal, glue, lines }
        };
        let mut entries: Vec<Entry> = tables.iter().copied().flatten().map(entry).collect();
        // One that says nothing by itself would stand for everything.
        entries.retain(|entry| entry.literal > 0);
        // The most exact first.
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.literal));
        Self(entries)
    }

    /// The sentence in this language; one that no table has stays as it is.
    #[must_use]
    pub fn say(&self, english: &str) -> String {
        self.find(english).unwrap_or_else(|| english.to_owned())
    }

    /// The sentence in this language, if a table has it, or has some part of it.
    #[must_use]
    pub fn find(&self, english: &str) -> Option<String> {
        Saying { entries: &self.0, whole: HashMap::new() }.find(english)
    }
}

/// One sentence, and its parts.
struct Saying<'c, 't> {
    entries: &'c [Entry],
    /// Parts that were looked for: each is, once.
    whole: HashMap<&'t str, Option<String>>,
}

impl<'t> Saying<'_, 't> {
    fn find(&mut self, english: &'t str) -> Option<String> {
        // A part that is not known is better than a sentence that is not.
        self.whole(english)
            .or_else(|| self.lines(english, true))
            .or_else(|| self.entries.iter().find_map(|entry| self.by(entry, english, Strict::Loose)))
    }

    /// The sentence with all of its parts.
    fn whole(&mut self, english: &'t str) -> Option<String> {
        if let Some(known) = self.whole.get(english) {
            return known.clone();
        }
        let entries = self.entries;
        let by = |entry: &Entry| {
            let known = self.by(entry, english, Strict::Known);
            known.or_else(|| self.by(entry, english, Strict::Named))
        };
        let found = entries.iter().find_map(by);
        let found = found.or_else(|| self.lines(english, false));
        self.whole.insert(english, found.clone());
        found
    }

    /// Line by line, where there are several and all are known, or `some`.
    fn lines(&mut self, english: &'t str, some: bool) -> Option<String> {
        let lines: Vec<&str> = english.split('\n').collect();
        if lines.len() == 1 {
            return None;
        }
        let mut said = Vec::new();
        for line in &lines {
            let found = if some { self.find(line) } else { self.whole(line) };
            said.push(found.or_else(|| line.trim().is_empty().then(|| (*line).to_owned())));
        }
        let known = said.iter().flatten().count();
        let line = |(said, line): (Option<String>, &&str)| said.unwrap_or_else(|| (*line).to_owned());
        let enough = known == lines.len() || some && known > 0;
        enough.then(|| said.into_iter().zip(&lines).map(line).collect::<Vec<_>>().join("\n"))
    }

    fn by(&mut self, entry: &Entry, english: &'t str, strict: Strict) -> Option<String> {
        let mut found = Found::new();
        if !self.fits(&entry.english, english, (strict, entry.lines), &mut found) {
            return None;
        }
        let mut known = !entry.glue;
        let mut text = String::new();
        for piece in &entry.own {
            let (name, kind) = match *piece {
                Piece::Text(own) => {
                    text.push_str(own);
                    continue;
                }
                Piece::Hole { name, kind } => (name, kind),
            };
            let part = found.iter().find(|(other, _)| *other == name).map_or("", |(_, part)| part);
            let own = if kind == Kind::Said { self.find(part) } else { None };
            known |= own.is_some();
            text.push_str(own.as_deref().unwrap_or(part));
        }
        known.then_some(text)
    }

    fn fits(
        &mut self,
        pattern: &[Piece],
        text: &'t str,
        (strict, lines): (Strict, bool),
        found: &mut Found<'t>,
    ) -> bool {
        let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
        let (name, kind) = match *first {
            Piece::Text(literal) => {
                return text
                    .strip_prefix(literal)
                    .is_some_and(|text| self.fits(rest, text, (strict, lines), found));
            }
            Piece::Hole { name, kind } => (name, kind),
        };
        let beside = matches!(rest.first(), Some(Piece::Hole { .. }));
        let mut end_at = |end: usize| {
            let (part, after) = text.split_at(end);
            // What stands in quotes ends with them.
            let quoted = matches!(rest.first(), Some(Piece::Text(next)) if next.starts_with('`'));
            let may = match kind {
                Kind::Taken if quoted && part.contains('`') => false,
                Kind::Taken if strict == Strict::Loose => lines || !part.contains('\n'),
                // Another sentence begins behind it.
                Kind::Taken => lines || !part.contains('\n') && !part.contains("; "),
                Kind::Number => {
                    !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || ".,[] ".contains(c))
                }
                Kind::Said => match strict {
                    Strict::Loose => true,
                    Strict::Named if !beside && is_name(part) => true,
                    _ => part.is_empty() || self.whole(part).is_some(),
                },
            };
            if !may {
                return false;
            }
            found.push((name, part));
            let fits = self.fits(rest, after, (strict, lines), found);
            if !fits {
                found.pop();
            }
            fits
        };
        match rest.first() {
            None => end_at(text.len()),
            Some(Piece::Text(next)) => text.match_indices(next).any(|(end, _)| end_at(end)),
            Some(Piece::Hole { .. }) => {
                let mut ends: Vec<usize> =
                    text.char_indices().map(|(end, _)| end).chain([text.len()]).collect();
                // As much as is known, and as little as is not.
                if kind == Kind::Said {
                    ends.reverse();
                }
                ends.into_iter().any(end_at)
            }
        }
    }
}

/// A flag, a number, something quoted: nothing that is said in another language.
fn is_name(part: &str) -> bool {
    let is_word = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.len() > 1 && word.chars().all(char::is_alphabetic)
    };
    part.split_whitespace().filter(is_word).count() < 2
}

fn pieces(pattern: &'static str) -> Vec<Piece> {
    let (mut pieces, mut rest) = (Vec::new(), pattern);
    while let Some(at) = rest.find(['{', '}']) {
        let (text, brace) = rest.split_at(at);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        if brace.starts_with("{{") || brace.starts_with("}}") {
            pieces.push(Piece::Text(&brace[..1]));
            rest = &brace[2..];
            continue;
        }
        let (hole, after) = brace[1..].split_once('}').unwrap_or((&brace[1..], ""));
        let (name, kind) = match hole.split_at_checked(1) {
            Some(("~", name)) => (name, Kind::Said),
            Some(("#", name)) => (name, Kind::Number),
            _ => (hole, Kind::Taken),
        };
        pieces.push(Piece::Hole { name, kind });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::of(&[
            &[
                ("the port is taken", "端口被占用"),
                ("cannot listen on {address}: {~why}", "无法监听 {address}：{~why}"),
                ("{#n} of {#all} rows", "{all} 项中的 {n} 项"),
                ("lost: {what}; try {~cure}", "丢失 {what}；请试 {~cure}"),
                ("`{{{name}}}` is `{name}`", "`{{{name}}}` 就是 `{name}`"),
            ],
            &[("{~first}; {~second}", "{~first}；{~second}"), ("{name}{~cure}!", "{name}{~cure}！")],
        ])
    }

    #[test]
    fn a_sentence_is_said_with_what_it_was_about() {
        let all = catalogue();
        for (english, own) in [
            ("the port is taken", "端口被占用"),
            ("2 of 7 rows", "7 项中的 2 项"),
            ("cannot listen on 127.0.0.1:80: the port is taken", "无法监听 127.0.0.1:80：端口被占用"),
            (
                "cannot listen on [::1]:80: Address in use (os error 98)",
                "无法监听 [::1]:80：Address in use (os error 98)",
            ),
            ("`{a}` is `a`", "`{a}` 就是 `a`"),
            ("2 of 7 rows; the port is taken", "7 项中的 2 项；端口被占用"),
            ("x: the port is taken!", "x: 端口被占用！"),
            ("the port is taken\n2 of 7 rows", "端口被占用\n7 项中的 2 项"),
            ("the port is taken\nwho knows", "端口被占用\nwho knows"),
            ("who knows; the port is taken", "who knows；端口被占用"),
            ("who knows; nobody", "who knows; nobody"),
            ("many of 7 rows", "many of 7 rows"),
            ("lost: a key; try --force", "丢失 a key；请试 --force"),
            ("lost: a\nb; try --force", "lost: a\nb; try --force"),
            ("nobody knows this", "nobody knows this"),
            ("", ""),
        ] {
            assert_eq!(all.say(english), own, "{english}");
        }
    }

    #[test]
    fn what_was_given_is_not_said() {
        // A name that happens to be a sentence.
        let all = Catalogue::of(&[&[("pass", "通过"), ("row {name}", "第 {name} 项")]]);
        assert_eq!(all.say("row pass"), "第 pass 项");
    }
}
