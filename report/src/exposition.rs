//! Prometheus' text format, and OpenMetrics where it differs
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
//!
//! Written by hand: prometheus-client owns the metrics that it writes and knows OpenMetrics only, while numbers come here
//! from elsewhere, in both formats, and their bytes are a contract.

use std::fmt::{Display, Write};

/// A page of series.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
    open: bool,
}

impl Page {
    /// An empty page; OpenMetrics where `open`.
    #[must_use]
    pub fn new(open: bool) -> Self {
        Self { text: String::with_capacity(8 * 1024), open }
    }

    /// Describes the series that follow; `kind` is the word of the `# TYPE` line.
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        // OpenMetrics names a counter's family without the suffix of its samples.
        let name =
            if self.open && kind == "counter" { name.strip_suffix("_total").unwrap_or(name) } else { name };
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample; `labels` as [`labels`] gives them.
    pub fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }

    /// A family of one series without labels.
    pub fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, "", value);
    }

    /// The whole page.
    #[must_use]
    pub fn end(mut self) -> String {
        if self.open {
            self.text.push_str("# EOF\n");
        }
        self.text
    }
}

/// Labels in braces, as they stand behind a name.
#[must_use]
pub fn labels<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> =
        pairs.into_iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_keep_their_quotes() {
        assert_eq!(labels([("a", "a\"b\\c\nd"), ("b", "")]), "{a=\"a\\\"b\\\\c\\nd\",b=\"\"}");
        assert_eq!(labels([]), "{}");
    }

    #[test]
    fn a_counter_of_openmetrics_has_no_suffix_in_its_family_and_the_page_an_end() {
        let page = |open| {
            let mut page = Page::new(open);
            page.single("a_total", "counter", "As.", 3);
            page.single("b_total", "gauge", "Bs.", 4);
            page.end()
        };
        let gauge = "# HELP b_total Bs.\n# TYPE b_total gauge\nb_total 4\n";
        assert_eq!(page(false), format!("# HELP a_total As.\n# TYPE a_total counter\na_total 3\n{gauge}"));
        assert_eq!(page(true), format!("# HELP a As.\n# TYPE a counter\na_total 3\n{gauge}# EOF\n"));
    }
}
