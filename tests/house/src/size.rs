//! How much there is: files, lines, functions.

use crate::file::Source;

/// Sums over files.
#[derive(Default)]
pub struct Size {
    /// Lines of each file that is not all tests, whole.
    pub files: Vec<usize>,
    /// Lines of each file that is.
    pub test_files: Vec<usize>,
    /// Lines that tests do not take.
    pub source: usize,
    /// Lines of tests.
    pub tests: usize,
    /// Lines of doc comments and of plain ones, outside files of tests.
    pub comments: (usize, usize),
    /// Lines of each function, tests aside.
    pub functions: Vec<usize>,
}

impl Size {
    /// Adds a file that is not all tests.
    pub fn add(&mut self, file: &Source) {
        self.files.push(file.lines);
        self.tests += file.test_lines;
        self.source += file.lines - file.test_lines;
        self.comments.0 += file.comments.0;
        self.comments.1 += file.comments.1;
        self.functions.extend(&file.functions);
    }

    /// Adds a file of tests.
    pub fn add_tests(&mut self, lines: usize) {
        self.test_files.push(lines);
        self.tests += lines;
    }

    /// Adds what another holds.
    pub fn join(&mut self, other: &Self) {
        self.files.extend(&other.files);
        self.test_files.extend(&other.test_files);
        self.source += other.source;
        self.tests += other.tests;
        self.comments.0 += other.comments.0;
        self.comments.1 += other.comments.1;
        self.functions.extend(&other.functions);
    }

    /// Tests in percent of all lines.
    #[must_use]
    pub fn share(&self) -> f64 {
        100.0 * self.tests as f64 / (self.source + self.tests).max(1) as f64
    }
}

/// The middle of some lengths, the upper one of two; 0 of none.
#[must_use]
pub fn median(lengths: &[usize]) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// How many are longer than that.
#[must_use]
pub fn over(lengths: &[usize], than: usize) -> usize {
    lengths.iter().filter(|length| **length > than).count()
}
