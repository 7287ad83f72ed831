//! From a verdict to an exit code: what a pipeline or a monitor wants to fail on. Every observing command uses it.

use crate::{Verdict, exit};

/// The mildest verdict that is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// A warning already is.
    Warning,
    /// Only danger is; a warning passes.
    Danger,
    /// None is: the command only reports.
    Never,
}

/// The rules that turn verdicts into exit codes. By default each verdict has its own code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// What fails; `None` keeps the codes of [`Verdict::exit_code`].
    pub fail_on: Option<FailOn>,
    /// Whether a target that gives no answer is danger instead of unknown.
    pub unreachable_is_danger: bool,
}

impl Gate {
    /// The exit code of a verdict.
    #[must_use]
    pub const fn exit_code(self, verdict: Verdict) -> u8 {
        match (self.fail_on, verdict) {
            (Some(FailOn::Never), _) | (Some(FailOn::Danger), Verdict::Warning) => exit::OK,
            (Some(FailOn::Warning), Verdict::Warning) => exit::DANGER,
            (_, verdict) => verdict.exit_code(),
        }
    }

    /// Whether a verdict ends with another code than 0.
    #[must_use]
    pub const fn fails(self, verdict: Verdict) -> bool {
        self.exit_code(verdict) != exit::OK
    }

    /// The verdict about a target that gave no answer.
    #[must_use]
    pub const fn unreachable(self) -> Verdict {
        if self.unreachable_is_danger { Verdict::Danger } else { Verdict::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Verdict; 4] = [Verdict::Ok, Verdict::Warning, Verdict::Danger, Verdict::Unknown];

    #[test]
    fn what_fails_with_which_code() {
        for (fail_on, codes) in [
            (None, [0, 1, 2, 3]),
            (Some(FailOn::Warning), [0, 2, 2, 3]),
            (Some(FailOn::Danger), [0, 0, 2, 3]),
            (Some(FailOn::Never), [0, 0, 0, 0]),
        ] {
            let gate = Gate { fail_on, ..Gate::default() };
            assert_eq!(ALL.map(|verdict| gate.exit_code(verdict)), codes, "{fail_on:?}");
            assert_eq!(ALL.map(|verdict| gate.fails(verdict)), codes.map(|code| code != 0), "{fail_on:?}");
        }
    }

    #[test]
    fn silence_is_unknown_unless_asked_otherwise() {
        assert_eq!(Gate::default().unreachable(), Verdict::Unknown);
        assert_eq!(Gate { unreachable_is_danger: true, ..Gate::default() }.unreachable(), Verdict::Danger);
    }
}
