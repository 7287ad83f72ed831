//! The stacks of a Go program, named for another crate: what grew between two profiles, as `diagnose` tells it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::diagnosis;
use crate::profile::Profile;
use crate::source::{Access, Probe, Target};
use crate::words::{self, en};

/// How long a profile may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A place where more goroutines stand than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedStack {
    /// The function, its file and line.
    pub place: String,
    /// So many stood there.
    pub before: u64,
    /// And now.
    pub now: u64,
    /// What the pattern means, where it is known.
    pub meaning: Option<&'static str>,
    /// What cures it.
    pub cure: Option<&'static str>,
}

/// Takes profiles of one program.
#[derive(Debug)]
pub struct Named {
    probe: Probe,
    first: Mutex<Option<(Instant, Profile)>>,
}

impl Named {
    /// Of the program that serves Go's profiles at this address; nothing is asked yet.
    ///
    /// # Errors
    /// Why that is no address.
    pub fn new(url: &str) -> Result<Self, String> {
        let wrong =
            |why| en::unusable(&crate::reading::Unusable::Address { place: "--pprof-url", wrong: why });
        let target = Target::parse_from(url, "--pprof-url").map_err(wrong)?;
        let probe = Probe::new(&target, &target, &Access::default()).map_err(|why| en::unusable(&why))?;
        Ok(Self { probe, first: Mutex::default() })
    }

    /// Takes the profile that later ones are compared with.
    ///
    /// # Errors
    /// Why there is none.
    pub fn begin(&self) -> Result<(), String> {
        let profile = self.profile()?;
        *self.first.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), profile));
        Ok(())
    }

    /// How many goroutines there are.
    ///
    /// # Errors
    /// Why there is no profile.
    pub fn count(&self) -> Result<u64, String> {
        Ok(self.profile()?.total)
    }

    /// The places where there are more than at the beginning, the likeliest cause first.
    ///
    /// # Errors
    /// Why there is no profile.
    pub fn grown(&self) -> Result<Vec<NamedStack>, String> {
        let now = self.profile()?;
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((at, before)) = first.as_ref() else { return Ok(Vec::new()) };
        let mut places = diagnosis::places(before, &now, at.elapsed(), 1);
        // Whoever serves the profile is in it, and has no name of its own.
        if places.iter().any(|place| place.function.is_some()) {
            places.retain(|place| place.function.is_some());
        }
        let named = places.into_iter().map(|place| NamedStack {
            place: en::place(&place),
            before: place.before,
            now: place.now,
            meaning: place.cause.map(en::meaning),
            cure: place.cause.map(en::cure),
        });
        Ok(named.collect())
    }

    /// What is said of stacks, in English, as [`Named::grown`] has it, and in Chinese.
    #[must_use]
    pub fn said() -> Vec<(&'static str, &'static str)> {
        words::said_of_stacks()
    }

    fn profile(&self) -> Result<Profile, String> {
        diagnosis::profile(&self.probe, PATIENCE).map_err(|step| en::seen(&step))
    }
}
