//! What Markdown tables and lists need.

/// Text that stays text: nothing in it becomes a table, a link, an emphasis or HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text as code. A bar would end a table's cell even there.
#[must_use]
pub fn code(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c == '`' || c.is_control() { '\'' } else { c }).collect();
    format!("`{}`", clean.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(escape("a|b <i> *c*\n"), "a\\|b \\<i\\> \\*c\\* ");
        assert_eq!(code("a|b`c"), "`a\\|b'c`");
    }
}
