//! Which stacks hold a target's tasks. How a profile is read is the observers' knowledge, and the drill knows no
//! observer: the program hands it in.

use std::sync::Arc;

/// A place in the target's own code where there are more tasks than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The function, with its file and line.
    pub place: String,
    /// So many stood there then.
    pub before: u64,
    /// And now.
    pub now: u64,
    /// What is known of a stack like this one.
    pub why: Option<String>,
    /// What cures it.
    pub cure: Option<String>,
}

/// Takes profiles of a target. Each call blocks for some seconds at most.
pub trait Profiles: Send + Sync {
    /// Takes one, with which later ones are compared.
    ///
    /// # Errors
    /// Why there is none.
    fn begin(&self) -> Result<(), String>;

    /// How many tasks there are.
    ///
    /// # Errors
    /// Why nobody can tell.
    fn count(&self) -> Result<u64, String>;

    /// The places where there are more tasks than at the beginning, the likeliest cause first.
    ///
    /// # Errors
    /// Why nobody can tell.
    fn grown(&self) -> Result<Vec<Stack>, String>;
}

/// Whoever takes them, where somebody does.
#[derive(Clone, Default)]
pub struct Stacks(pub Option<Arc<dyn Profiles>>);

impl std::fmt::Debug for Stacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "profiles" } else { "none" })
    }
}
