//! Slips of the keyboard.

pub(crate) use vitals::spelling::nearest;
