//! A target that died: how, with what it held at last, and its last words. As data first, and in words at the edge.

use std::fmt;

use vitals::units::format_size;

use super::amiss::Amiss;

/// How a target died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Its process ended: the exit status or the signal, where it is known.
    Ended(Option<String>),
    /// Another process answers.
    Restarted,
    /// It went beyond its limit of memory, in bytes, and was ended.
    AtLimit(u64),
    /// The drill ended it, so that the machine has memory left.
    Guarded,
    /// Good requests find nobody.
    Nobody(String),
    /// Its process may live, and yet every good request fails.
    Fails(Amiss),
}

impl How {
    /// Its command ended as one that has done its work.
    pub(super) fn is_success(&self) -> bool {
        matches!(self, Self::Ended(Some(status)) if status == "exit status: 0" || status == "exit code: 0")
    }
}

/// A death and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) how: How,
    /// Resident memory as it was read last, in bytes.
    pub(crate) memory: Option<u64>,
    /// The end of its output, where the drill has it.
    pub(crate) output: Option<String>,
}

impl Death {
    /// Tells whether something answers again.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.how, How::Restarted)
    }

    pub(crate) const fn of(how: How) -> Self {
        Self { how, memory: None, output: None }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(Some(status)) => write!(f, "the process ended ({status})"),
            Self::Ended(None) => f.write_str("the process ended"),
            Self::Restarted => f.write_str("the process ended: another one answers"),
            Self::AtLimit(limit) => {
                write!(f, "it went beyond its {} of memory and was ended", format_size(*limit))
            }
            Self::Guarded => {
                f.write_str("the drill ended it, because less than a tenth of the machine's memory was free")
            }
            Self::Nobody(error) => write!(f, "good requests find nobody ({error})"),
            Self::Fails(amiss) => write!(f, "every good request fails ({amiss})"),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.how)?;
        if let Some(memory) = self.memory {
            write!(f, ", with {} of memory when it was last read", format_size(memory))?;
        }
        match &self.output {
            Some(output) if !output.is_empty() => write!(f, "; its last words: {output}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_says_how_and_with_what() {
        let mut death = Death::of(How::Ended(Some("signal: 9 (SIGKILL)".to_owned())));
        assert_eq!(death.to_string(), "the process ended (signal: 9 (SIGKILL))");
        death.memory = Some(9 << 30);
        death.output = Some("fatal error: out of memory".to_owned());
        let text = death.to_string();
        assert!(
            text.contains("9.0 GiB") && text.ends_with("its last words: fatal error: out of memory"),
            "{text}"
        );
    }
}
