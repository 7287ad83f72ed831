//! The mistakes of a configuration: all of them, in the order of the file.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a file's name, an environment variable or a flag.
    pub place: String,
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// The mistake and its cure: a lowercase fragment. Never contains a secret.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.place, self.text),
            None => write!(f, "{}: {}", self.place, self.text),
        }
    }
}

/// Every mistake that was found; at least one. `Display` prints one a line. The exit code is
/// [`vitals::exit::USAGE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors(Vec<Problem>);

impl Errors {
    /// All mistakes of a run, sorted by line.
    #[must_use]
    pub fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.line.unwrap_or(0));
        Self(problems)
    }

    /// One mistake without a line.
    #[must_use]
    pub fn one(place: impl fmt::Display, text: impl Into<String>) -> Self {
        Self(vec![Problem { place: place.to_string(), line: None, text: text.into() }])
    }

    /// The mistakes.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}
