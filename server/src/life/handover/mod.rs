//! One relay follows another on the same address, and nobody notices: the new one asks the old one for its listeners,
//! and says when it serves; from then on the old one accepts nobody, and ends when its last client has gone.
//!
//! They meet at a Unix socket that bears the user's and the address's name, and each looks whether the other is the
//! same user. On Linux it is an abstract one: it leaves no file, and lives in the same network namespace as the address.
//! On Windows there is no such thing.

#[cfg(not(unix))]
mod nowhere;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use self::nowhere::{Handover, Predecessor, ask};
#[cfg(unix)]
pub(super) use self::unix::{Handover, Predecessor, ask};
