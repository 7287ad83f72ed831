//! The vocabulary that the relay and the observers share: samples, thresholds, verdicts, end reasons, exit
//! codes, units and secrets. Pure data and functions: no I/O, no clock, no async.

pub mod catalogue;
pub mod cgroup;
pub mod encoding;
pub mod end;
pub mod exit;
pub mod expect;
pub mod gate;
pub mod health;
pub mod key;
pub mod language;
pub mod measure;
pub mod process;
pub mod restarts;
pub mod sample;
pub mod secret;
pub mod spelling;
pub mod spread;
pub mod system;
pub mod thresholds;
pub mod traffic;
pub mod trend;
pub mod unit;
pub mod units;
pub mod verdict;

pub use catalogue::Catalogue;
pub use end::EndReason;
pub use expect::Expectation;
pub use gate::{FailOn, Gate};
pub use health::{Health, Status};
pub use language::Language;
pub use measure::{Measure, Measured};
pub use process::{Process, Processes, Sight};
pub use restarts::CrashLoop;
pub use sample::{FIELDS, Field, Sample};
pub use secret::Secret;
pub use spread::Spread;
pub use thresholds::{MemoryBand, TaskBand, Thresholds};
pub use traffic::Traffic;
pub use unit::Unit;
pub use verdict::{Judgement, Limit, Reason, Verdict, judge};
