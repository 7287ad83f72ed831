//! One line of the Prometheus text format or of OpenMetrics. Borrowed from the line; nothing is kept.
//!
//! Sources: prometheus.io "Exposition formats" 0.0.4; the OpenMetrics 1.0 specification; quoted names from
//! Prometheus 3.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Line<'a> {
    Series(Series<'a>),
    /// Comments and empty lines.
    Nothing,
    /// OpenMetrics' last line.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Series<'a> {
    pub(super) name: &'a str,
    /// Between the braces, with its escapes.
    labels: &'a str,
    pub(super) value: f64,
    /// As it is written.
    pub(super) written: &'a str,
}

/// Reads a line without its end; `None` when it is none of the format.
pub(super) fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim();
    if text == "# EOF" {
        return Some(Line::End);
    }
    if text.is_empty() || text.starts_with('#') {
        return Some(Line::Nothing);
    }
    let bare = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let (mut name, rest) = text.split_at(bare);
    let rest = rest.trim_start();
    let (labels, rest) = match rest.strip_prefix('{') {
        None => ("", rest),
        Some(rest) => {
            let end = end_of_labels(rest)?;
            (rest[..end].trim(), &rest[end + 1..])
        }
    };
    if name.is_empty() {
        // Prometheus 3: a name that is no plain one stands first among the labels.
        name = labels.strip_prefix('"')?.split('"').next()?;
    }
    let starts_well = name.starts_with(|c: char| !c.is_ascii_digit()) && !name.is_empty();
    let mut words = rest.split_whitespace();
    let written = words.next()?;
    let value = number(written)?;
    // A timestamp, and in OpenMetrics an exemplar behind `#`.
    let stamped = words.next().is_none_or(|word| word == "#" || number(word).is_some());
    (starts_well && stamped).then_some(Line::Series(Series { name, labels, value, written }))
}

/// The name and the value of a line that [`line`] does not read, if it looks like a series.
pub(super) fn unread(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let (name, rest) = text.split_at(text.find(|c: char| !is_name(c)).unwrap_or(text.len()));
    let rest = rest.trim_start();
    let value = match rest.strip_prefix('{') {
        Some(labels) => labels.get(end_of_labels(labels).map_or(0, |end| end + 1)..)?,
        None => rest,
    };
    (!name.is_empty()).then(|| (name, value.split_whitespace().next().unwrap_or_default()))
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// The place of the closing brace: not the one inside quotes, and not after an escaped quote.
fn end_of_labels(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|byte| {
        let end = !quoted && byte == b'}';
        if !escaped && byte == b'"' {
            quoted = !quoted;
        }
        escaped = quoted && !escaped && byte == b'\\';
        end
    })
}

/// A number as Go writes them: `1e+06`, `+Inf`, `NaN`.
fn number(word: &str) -> Option<f64> {
    // Rust also reads `infinity`, which the formats know too, and `nan` in any case.
    word.parse().ok()
}

impl Series<'_> {
    /// A label's value, its escapes undone.
    pub(super) fn label(&self, wanted: &str) -> Option<String> {
        let mut rest = self.labels;
        loop {
            let (name, after) = rest.split_once('=')?;
            let quoted = after.trim_start().strip_prefix('"')?;
            let (value, after) = unescaped(quoted)?;
            // After a quoted metric name there is a comma before the label's own name.
            if name.rsplit(',').next()?.trim().trim_matches('"') == wanted {
                return Some(value);
            }
            rest = after.trim_start().trim_start_matches(',');
        }
    }
}

/// A quoted text up to its closing quote, and what comes after it.
fn unescaped(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(text: &str) -> (String, f64) {
        match line(text) {
            Some(Line::Series(series)) => (series.name.to_owned(), series.value),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_form_of_a_series() {
        for (text, name, value) in [
            ("go_goroutines 11", "go_goroutines", 11.0),
            ("go_goroutines\t11\t1395066363000", "go_goroutines", 11.0),
            ("  a:b_1  2.905512e+06 ", "a:b_1", 2_905_512.0),
            ("a{} 1", "a", 1.0),
            (r#"a{x="1",y="2",} 3 -1"#, "a", 3.0),
            (r#"a { x = "}" } -4"#, "a", -4.0),
            (r#"a{x="\"}{",y="\\"} .5"#, "a", 0.5),
            (r##"a_total{x="# {"} 5 1.5 # {trace_id="1"} 0.67 1.1"##, "a_total", 5.0),
            (r#"a 5 # {trace_id="1"} 0.67"#, "a", 5.0),
            (r#"{"my.metric",x="1"} 6"#, "my.metric", 6.0),
            ("a +Inf", "a", f64::INFINITY),
            ("a -Inf", "a", f64::NEG_INFINITY),
        ] {
            assert_eq!(series(text), (name.to_owned(), value), "{text}");
        }
        assert!(series("a NaN").1.is_nan());
    }

    #[test]
    fn what_is_no_series() {
        for nothing in ["", "  ", "# HELP a b", "# TYPE a gauge", "#", "# anything { \""] {
            assert_eq!(line(nothing), Some(Line::Nothing), "{nothing}");
        }
        assert_eq!(line("# EOF"), Some(Line::End));
        for wrong in [
            "a",
            "a b",
            "1a 2",
            "{} 1",
            "a{x=\"1\" 2",
            "a{x=\"1 2",
            "<html> 1",
            "a 1 b",
            "ä 1",
            "{\"status\":\"ok\"}",
        ] {
            assert_eq!(line(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn labels_with_escapes() {
        let Some(Line::Series(series)) = line(r#"a{ path = "/metrics", b="x\n\"\\,c=\"d", c="e" } 1"#) else {
            panic!("not read")
        };
        assert_eq!(series.label("path").as_deref(), Some("/metrics"));
        assert_eq!(series.label("b").as_deref(), Some("x\n\"\\,c=\"d"));
        assert_eq!(series.label("c").as_deref(), Some("e"));
        assert_eq!(series.label("d"), None);
        let Some(Line::Series(series)) = line(r#"{"a.b", "x.y"="z"} 1"#) else { panic!("not read") };
        assert_eq!(series.label("x.y").as_deref(), Some("z"));
    }
}
