//! The colours and what each means. Every style also has a word.

use owo_colors::Style;
use vitals::{MemoryBand, TaskBand, Verdict};

/// The style sheet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Styles {
    /// Nothing to complain about.
    pub ok: Style,
    /// Between that and a warning.
    pub rising: Style,
    /// Needs attention.
    pub warning: Style,
    /// Fails.
    pub danger: Style,
    /// Numbers that matter.
    pub strong: Style,
    /// Explanations.
    pub faint: Style,
}

impl Styles {
    /// Coloured, or all plain.
    #[must_use]
    pub fn new(color: bool) -> Self {
        if !color {
            return Self::default();
        }
        Self {
            ok: Style::new().green().bold(),
            rising: Style::new().bright_yellow().bold(),
            warning: Style::new().yellow().bold(),
            danger: Style::new().red().bold(),
            strong: Style::new().bold(),
            faint: Style::new().dimmed(),
        }
    }

    /// The style of a verdict.
    #[must_use]
    pub fn verdict(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Ok => self.ok,
            Verdict::Warning | Verdict::Unknown => self.warning,
            Verdict::Danger => self.danger,
        }
    }

    /// The style of a number of tasks.
    #[must_use]
    pub fn tasks(&self, band: TaskBand) -> Style {
        match band {
            TaskBand::Normal => self.ok,
            TaskBand::Warning => self.warning,
            TaskBand::Danger | TaskBand::Severe => self.danger,
        }
    }

    /// The style of an amount of memory.
    #[must_use]
    pub fn memory(&self, band: MemoryBand) -> Style {
        match band {
            MemoryBand::Normal | MemoryBand::Good => self.ok,
            MemoryBand::Attention | MemoryBand::Warning => self.warning,
            MemoryBand::Danger => self.danger,
        }
    }
}
