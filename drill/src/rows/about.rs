//! The fault matrix in words, for `docs/drill.md`.
