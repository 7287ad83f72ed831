//! Where a number stops being fine: the bands of tasks and memory, and the limits that judge a sample.

use serde::{Serialize, Serializer};

const GIB: u64 = 1 << 30;

/// The limits of a judgement. A value is in a band when it is *above* the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Thresholds {
    /// Tasks (beyond the explained ones, where those are known) above which to warn.
    #[serde(rename = "goroutines_warning")]
    pub warning: u64,
    /// Tasks above which there is danger.
    #[serde(rename = "goroutines_danger")]
    pub danger: u64,
    /// Tasks above which only a restart helps.
    #[serde(rename = "goroutines_severe")]
    pub severe: u64,
    /// Bytes of live heap above which to warn.
    #[serde(rename = "alloc_bytes_warning")]
    pub memory_warning: u64,
    /// Bytes of live heap above which there is danger.
    #[serde(rename = "alloc_bytes_danger")]
    pub memory_danger: u64,
    /// Per cent of the descriptor limit above which to warn.
    #[serde(rename = "open_fds_percent_warning")]
    pub fds_percent: u64,
    /// Per cent of the memory limit that resident memory may have before there is a warning.
    #[serde(skip)]
    pub resident_percent: u64,
    /// The memory that the target may use, in bytes, by the operator's word: it goes before the target's own.
    #[serde(rename = "memory_limit_bytes", skip_serializing_if = "Option::is_none")]
    pub memory_limit: Option<u64>,
    /// Millionths of the requests that ended: above this share of bad ends, to warn.
    #[serde(rename = "error_percent_warning", serialize_with = "percent")]
    pub error_ppm: u64,
    /// Milliseconds that an answer to a poll takes, above which to warn.
    #[serde(rename = "latency_ms_warning")]
    pub latency_ms: u64,
}

/// Whole per cent without a decimal point.
fn percent<S: Serializer>(ppm: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    #[expect(clippy::cast_precision_loss, reason = "up to a million")]
    match ppm % 10_000 {
        0 => serializer.serialize_u64(ppm / 10_000),
        _ => serializer.serialize_f64(*ppm as f64 / 10_000.0),
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            warning: 2000,
            danger: 5000,
            severe: 10_000,
            memory_warning: 3 * GIB,
            memory_danger: 4 * GIB,
            fds_percent: 80,
            resident_percent: 90,
            memory_limit: None,
            error_ppm: 50_000,
            latency_ms: 2000,
        }
    }
}

impl Thresholds {
    /// The defaults with other limits for tasks; severe is twice danger, as it is by default.
    ///
    /// # Errors
    /// A fragment, when `warning` is above `danger`.
    pub fn with_goroutines(warning: u64, danger: u64) -> Result<Self, String> {
        if warning > danger {
            return Err(format!(
                "the warning threshold {warning} is above the danger threshold {danger}: swap them"
            ));
        }
        Ok(Self { warning, danger, severe: danger.saturating_mul(2), ..Self::default() })
    }

    /// The band of a number of tasks.
    #[must_use]
    pub const fn tasks(&self, count: u64) -> TaskBand {
        match count {
            n if n > self.severe => TaskBand::Severe,
            n if n > self.danger => TaskBand::Danger,
            n if n > self.warning => TaskBand::Warning,
            _ => TaskBand::Normal,
        }
    }

    /// The band of a number of bytes of live heap.
    #[must_use]
    pub const fn memory(&self, bytes: u64) -> MemoryBand {
        match bytes {
            n if n > self.memory_danger => MemoryBand::Danger,
            n if n > self.memory_warning => MemoryBand::Warning,
            n if n >= 2 * GIB => MemoryBand::Attention,
            n if n >= GIB => MemoryBand::Good,
            _ => MemoryBand::Normal,
        }
    }
}

/// How many tasks there are, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskBand {
    /// At or below the warning threshold.
    Normal,
    /// Above the warning threshold.
    Warning,
    /// Above the danger threshold.
    Danger,
    /// So many that a restart is due.
    Severe,
}

/// How much live heap there is, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryBand {
    /// Below 1 GiB.
    Normal,
    /// Below 2 GiB.
    Good,
    /// From 2 GiB up to the warning threshold.
    Attention,
    /// Above the warning threshold.
    Warning,
    /// Above the danger threshold.
    Danger,
}

impl TaskBand {
    /// The word that is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Warning => "warning",
            Self::Danger => "danger",
            Self::Severe => "severe",
        }
    }
}

impl MemoryBand {
    /// The word that is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Good => "good",
            Self::Attention => "attention",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_bands_start_above_their_threshold() {
        let t = Thresholds::default();
        let bands = [0, 2000, 2001, 5000, 5001, 10_000, 10_001].map(|n| t.tasks(n).as_str());
        assert_eq!(bands, ["normal", "normal", "warning", "warning", "danger", "danger", "severe"]);
    }

    #[test]
    fn memory_bands() {
        let t = Thresholds::default();
        let bands = [0, GIB - 1, GIB, 2 * GIB, 3 * GIB, 3 * GIB + 1, 4 * GIB, 4 * GIB + 1]
            .map(|n| t.memory(n).as_str());
        assert_eq!(
            bands,
            ["normal", "normal", "good", "attention", "attention", "warning", "warning", "danger"]
        );
    }

    #[test]
    fn own_thresholds() {
        let t = Thresholds::with_goroutines(100, 300).unwrap();
        assert_eq!((t.warning, t.danger, t.severe), (100, 300, 600));
        assert_eq!(Thresholds::with_goroutines(2000, 5000).unwrap(), Thresholds::default());
        assert!(Thresholds::with_goroutines(301, 300).unwrap_err().contains("301"));
    }
}
