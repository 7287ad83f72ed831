//! The colours of the live view.

use ratatui::style::{Color, Modifier, Style};
use vitals::{TaskBand, Verdict};

/// Colour, or words alone.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    pub(super) color: bool,
}

impl Ink {
    fn of(self, color: Color) -> Style {
        if self.color { Style::new().fg(color).add_modifier(Modifier::BOLD) } else { Style::new() }
    }

    pub(super) fn verdict(self, verdict: Verdict) -> Style {
        self.of(match verdict {
            Verdict::Ok => Color::Green,
            Verdict::Warning | Verdict::Unknown => Color::Yellow,
            Verdict::Danger => Color::Red,
        })
    }

    /// Between ok and a warning.
    pub(super) fn rising(self) -> Style {
        self.of(Color::LightYellow)
    }

    pub(super) fn band(self, band: TaskBand) -> Style {
        self.of(match band {
            TaskBand::Normal => Color::Green,
            TaskBand::Warning => Color::Yellow,
            TaskBand::Danger | TaskBand::Severe => Color::Red,
        })
    }

    pub(super) fn faint(self) -> Style {
        if self.color { Style::new().add_modifier(Modifier::DIM) } else { Style::new() }
    }

    /// The colour of a limit or the course; the terminal's own where there is none.
    pub(super) fn line(self, color: Color) -> Color {
        if self.color { color } else { Color::Reset }
    }
}
