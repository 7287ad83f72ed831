//! The encryption side of polling: the platform's trust, and bundled roots where the platform has none.

use std::sync::Arc;

use reqwest::Url;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::reading::Unusable;

/// Whose certificates are accepted.
#[derive(Clone, Debug, Default)]
pub(crate) enum Trust {
    /// The platform's, or the bundled ones where it has none.
    #[default]
    System,
    /// Only those that these authorities signed.
    Only(Vec<CertificateDer<'static>>),
    /// Anybody's: the connection is encrypted, and with whom is unknown.
    Anybody,
}

/// The configuration for a URL. Reading the platform's roots takes a while, so only what is encrypted has them read.
///
/// # Errors
/// It cannot be set up.
pub(crate) fn towards(url: &Url, trust: &Trust) -> Result<ClientConfig, Unusable> {
    let config = if url.scheme() == "https" { trusting(trust) } else { unused() };
    config.map_err(|error| Unusable::Tls { error: error.to_string() })
}

/// A configuration for https targets.
fn trusting(trust: &Trust) -> Result<ClientConfig, rustls::Error> {
    match trust {
        Trust::System => trusted(),
        Trust::Only(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in authorities {
                roots.add(authority.clone())?;
            }
            Ok(builder()?.with_root_certificates(roots).with_no_client_auth())
        }
        Trust::Anybody => {
            let anybody = Arc::new(Anybody(ring::default_provider()));
            Ok(builder()?.dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth())
        }
    }
}

/// Accepts every certificate; that its owner holds its key is still checked.
#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn trusted() -> Result<ClientConfig, rustls::Error> {
    match builder()?.with_platform_verifier() {
        Ok(config) => Ok(config.with_no_client_auth()),
        // A container without a CA bundle.
        Err(_) => Ok(builder()?.with_root_certificates(bundled()).with_no_client_auth()),
    }
}

/// A configuration that trusts nobody, for targets that are never encrypted.
fn unused() -> Result<ClientConfig, rustls::Error> {
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
    fn every_configuration_can_be_built_and_the_bundle_is_not_empty() {
        for trust in [Trust::System, Trust::Only(Vec::new()), Trust::Anybody] {
            trusting(&trust).unwrap();
        }
        unused().unwrap();
        assert!(bundled().len() > 50);
    }
}
