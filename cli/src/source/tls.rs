//! The encryption side of polling: the platform's trust, and bundled roots where the platform has none.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;

/// A configuration for https targets. Reading the platform's roots takes a while, so http targets use [`unused`].
pub(crate) fn trusted() -> Result<ClientConfig, rustls::Error> {
    match builder()?.with_platform_verifier() {
        Ok(config) => Ok(config.with_no_client_auth()),
        // A container without a CA bundle.
        Err(_) => Ok(builder()?.with_root_certificates(bundled()).with_no_client_auth()),
    }
}

/// A configuration that trusts nobody, for targets that are never encrypted.
pub(super) fn unused() -> Result<ClientConfig, rustls::Error> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
}

fn bundled() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_configurations_can_be_built_and_the_bundle_is_not_empty() {
        trusted().unwrap();
        unused().unwrap();
        assert!(bundled().len() > 50);
    }
}
