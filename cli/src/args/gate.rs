//! What makes a pipeline fail: the same flags for every command with a verdict.

use clap::{Args, ValueEnum};
use vitals::{FailOn, Gate};

/// From a verdict to an exit code.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct GateArgs {
    /// What fails: `warning` exits 2 on a warning too, `danger` lets warnings pass with 0, `never` always exits 0;
    /// without it the exit code is the verdict
    #[arg(long, value_enum, value_name = "VERDICT", help_heading = "Gates")]
    pub fail_on: Option<FailOnArg>,
    /// What a target without a health answer counts as: exit 3 or exit 2
    #[arg(long, value_enum, value_name = "VERDICT", default_value_t, help_heading = "Gates")]
    pub unreachable: UnreachableArg,
}

/// The mildest verdict that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOnArg {
    /// A warning already fails, with 2.
    Warning,
    /// Only danger fails.
    Danger,
    /// Nothing fails.
    Never,
}

/// A target without an answer counts as this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum UnreachableArg {
    /// Cannot tell.
    #[default]
    Unknown,
    /// An outage.
    Danger,
}

impl GateArgs {
    /// The rules that these flags stand for.
    #[must_use]
    pub fn gate(&self) -> Gate {
        let fail_on = self.fail_on.map(|fail_on| match fail_on {
            FailOnArg::Warning => FailOn::Warning,
            FailOnArg::Danger => FailOn::Danger,
            FailOnArg::Never => FailOn::Never,
        });
        Gate { fail_on, unreachable_is_danger: self.unreachable == UnreachableArg::Danger }
    }
}
