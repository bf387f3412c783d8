//! Certificates for the scripted relay, valid and invalid, and the relays that a client with a `ca_file` connects to.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use cxme_admin::domain::relay::LoginMethod;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::Login;
use cxme_admin::mail::smtp::Relay;
use rcgen::BasicConstraints;
use rcgen::Certificate;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::KeyPair;
use tempfile::TempDir;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;

use crate::relay::Offer;
use crate::relay::Tls;
use crate::world;

/// What the relay offers, besides STARTTLS.
const EXTENSIONS: &[&str] = &["PIPELINING", "SIZE 10240000", "8BITMIME", "AUTH PLAIN LOGIN"];

/// The password that must not be sent to an unverified relay.
pub(crate) const PASSWORD: &str = "correct horse";
/// The response of AUTH PLAIN with this password.
pub(crate) const PASSWORD_ON_THE_WIRE: &str = "AHUAY29ycmVjdCBob3JzZQ==";

/// Both kinds of TLS, as configured in the client and in the relay.
pub(crate) const TLS_KINDS: [(Security, Tls); 2] =
    [(Security::Implicit, Tls::Implicit), (Security::StartTls, Tls::StartTls)];

/// An authority that signs certificates, with a directory for the `ca_file`.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let authority = Self { issuer, directory: tempfile::tempdir().unwrap() };
        std::fs::write(authority.file(), authority.issuer.pem()).unwrap();
        authority
    }

    /// The `ca_file` with its certificate.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A certificate of this authority and its key, in PEM.
    pub(crate) fn issues(&self, params: &CertificateParams) -> [String; 2] {
        let key = KeyPair::generate().unwrap();
        [params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem()]
    }

    /// Like [`Authority::signs`], for a relay that only accepts clients with a certificate of this authority, in
    /// these versions of TLS.
    pub(crate) fn signs_for_known_clients(
        &self,
        params: &CertificateParams,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        self.signs_and_asks(params, versions, true)
    }

    /// Like [`Authority::signs`], for a relay that asks for a client certificate but may not require it.
    pub(crate) fn signs_and_asks(
        &self,
        params: &CertificateParams,
        versions: &[&'static SupportedProtocolVersion],
        is_required: bool,
    ) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let clients = if is_required { clients } else { clients.allow_unauthenticated() }.build().unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let builder = builder.with_client_cert_verifier(clients);
        Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }

    /// The server configuration with a certificate of this authority.
    pub(crate) fn signs(&self, params: &CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        config(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

/// Otherwise valid parameters of a certificate for these names.
pub(crate) fn names(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "relay of a test");
    params
}

/// The server configuration with a self-signed certificate, and the certificate in PEM.
pub(crate) fn self_signed(params: &CertificateParams) -> (Arc<ServerConfig>, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (config(&certificate, &key), certificate.pem())
}

fn config(certificate: &Certificate, key: &KeyPair) -> Arc<ServerConfig> {
    server(certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

/// A server with this certificate that does not ask for a client certificate.
pub(crate) fn server(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(vec![certificate], key).unwrap())
}

pub(crate) fn offer(tls: Tls, config: Arc<ServerConfig>) -> Offer {
    Offer { extensions: EXTENSIONS.to_vec(), tls: Some((tls, config)) }
}

/// A relay on this port of `localhost`, with long timeouts and an account.
pub(crate) fn client(port: u16, security: Security, ca_file: Option<&Path>) -> Relay {
    let mut relay = Relay::new("localhost", port, security, ca_file).unwrap();
    relay.timeouts = world::patient();
    relay.login = Some(Login { username: "u".to_owned(), password: PASSWORD.into(), method: LoginMethod::Plain });
    relay
}
