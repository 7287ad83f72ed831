//! Model patterns: names in which `*` stands for any characters, also for none.

/// A pattern such as `gpt-*`, `*-mini`, `claude-*-5` or `*`, prepared for matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPattern {
    text: Box<str>,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Any,
    Exact,
    Prefix,
    Suffix,
    General,
}

impl ModelPattern {
    /// Reads a pattern: 1 to 256 printable characters, `*` the only wildcard.
    ///
    /// # Errors
    /// A fragment that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > 256 {
            return Err("a model pattern has 1 to 256 characters, such as \"gpt-*\"".to_owned());
        }
        if let Some(c) =
            text.chars().find(|c| c.is_whitespace() || c.is_control() || "?[]{}^$\\|()".contains(*c))
        {
            return Err(format!(
                "`{}` in the model pattern `{text}` is not allowed: the only wildcard is `*`",
                c.escape_default()
            ));
        }
        let stars = text.matches('*').count();
        let form = match stars {
            0 => Form::Exact,
            1 if text == "*" => Form::Any,
            1 if text.ends_with('*') => Form::Prefix,
            1 if text.starts_with('*') => Form::Suffix,
            _ => Form::General,
        };
        Ok(Self { text: text.into(), form })
    }

    /// True if the pattern covers a model's name; upper and lower case differ.
    #[must_use]
    pub fn matches(&self, model: &str) -> bool {
        match self.form {
            Form::Any => true,
            Form::Exact => *self.text == *model,
            Form::Prefix => model.starts_with(&self.text[..self.text.len() - 1]),
            Form::Suffix => model.ends_with(&self.text[1..]),
            Form::General => general(&self.text, model),
        }
    }

    /// The name itself when there is no wildcard in it: what a list of models can show.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        (self.form == Form::Exact).then_some(&*self.text)
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// First and last part are anchored, the parts between are found from left to right.
fn general(pattern: &str, model: &str) -> bool {
    let mut parts = pattern.split('*');
    let (first, last) = (parts.next().unwrap_or(""), parts.next_back().unwrap_or(""));
    let Some(rest) = model.strip_prefix(first) else { return false };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

/// Models that a channel serves: a pattern, and the model's name at the upstream where it is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRule {
    /// The names that callers use.
    pub pattern: ModelPattern,
    /// The name at the upstream; `None`: the caller's.
    pub upstream: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_by_form() {
        for (pattern, yes, no) in [
            ("*", &["", "gpt-4"][..], &[][..]),
            ("gpt-4", &["gpt-4"], &["gpt-4o", "GPT-4", ""]),
            ("gpt-*", &["gpt-", "gpt-4o"], &["xgpt-4", "gpt"]),
            ("*-mini", &["gpt-5-mini", "-mini"], &["mini", "gpt-mini-x"]),
            ("claude-*-5", &["claude-sonnet-5", "claude--5"], &["claude-5", "claude-sonnet-5x"]),
            ("*a*b*", &["ab", "xaxbx"], &["ba", "a", "b"]),
            ("ab*ba", &["abba", "abxba"], &["aba"]),
            ("a*bc*bc", &["abcbc", "a-bc-bc"], &["abc"]),
            ("**", &["", "x"], &[]),
        ] {
            let parsed = ModelPattern::parse(pattern).unwrap();
            yes.iter().for_each(|model| assert!(parsed.matches(model), "{pattern} {model}"));
            no.iter().for_each(|model| assert!(!parsed.matches(model), "{pattern} {model}"));
        }
    }

    #[test]
    fn names_are_exact_only_without_wildcards() {
        assert_eq!(ModelPattern::parse("gpt-4").unwrap().exact(), Some("gpt-4"));
        assert_eq!(ModelPattern::parse("gpt-*").unwrap().exact(), None);
    }

    #[test]
    fn refuses_other_wildcards() {
        for wrong in ["", "gpt-?", "gpt-[45]", "a b", "a\n", "^gpt", "a|b", &"x".repeat(257)] {
            assert!(ModelPattern::parse(wrong).is_err(), "{wrong}");
        }
        assert!(ModelPattern::parse("meta-llama/Llama-3.1:free@v1").is_ok());
    }
}
