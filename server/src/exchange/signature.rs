//! What a call is signed with, and whether its refusal is worth another signature.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use http::HeaderMap;

use crate::signer::{Signed, Signer};

/// What an attempt is signed with, and whether its refusal is worth another signature.
pub(crate) struct Signature<'a> {
    signer: &'a Signer,
    pub(crate) signed: Signed,
    again: AtomicBool,
}

impl<'a> Signature<'a> {
    pub(crate) fn new(signer: &'a Signer, signed: Signed) -> Self {
        Self { signer, signed, again: AtomicBool::new(false) }
    }

    /// The upstream answered with an error.
    pub(crate) fn answered(&self, status: u16, headers: &HeaderMap) {
        self.again.store(self.signer.answered(&self.signed, status, headers), Relaxed);
    }

    /// The refusal is worth another signature.
    pub(crate) fn is_wanted_again(&self) -> bool {
        self.again.load(Relaxed)
    }
}
