//! A process of this machine: resident memory, threads and descriptors, as the system counts them. Linux and Windows tell;
//! elsewhere these numbers cost a library of their own, and are refused in words.

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(super) use linux::Process;
#[cfg(windows)]
pub(super) use windows::Process;
