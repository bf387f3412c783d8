//! A relay whose certificate no authority has signed: trusted only if that very certificate is configured.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use cxme_admin::domain::fingerprint::Fingerprint;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::smtp::TlsOptions;
use cxme_admin::mail::smtp::Trust;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::date_time_ymd;
use sha2::Digest as _;
use sha2::Sha256;
use tempfile::TempDir;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use crate::certificates;
use crate::certificates::TLS_KINDS;
use crate::certificates::names;
use crate::relay::Act;
use crate::relay::ScriptedRelay;
use crate::relay::Tls;
use crate::world;
use crate::world::brief_error;
use crate::world::run;

/// A certificate as created by `openssl req -x509`: self-signed, and that of an authority.
fn own_authority(hosts: &[&str]) -> CertificateParams {
    let mut params = names(hosts);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A relay with such a certificate.
struct SelfSigned {
    server: ScriptedRelay,
    directory: TempDir,
    fingerprint: Fingerprint,
}

impl SelfSigned {
    fn start(params: &CertificateParams, tls: Tls) -> Self {
        let (config, pem) = certificates::self_signed(params);
        Self::with(config, &pem, tls)
    }

    fn with(config: Arc<ServerConfig>, pem: &str, tls: Tls) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("relay.pem"), pem).unwrap();
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let fingerprint = Fingerprint(Sha256::digest(&certificate).into());
        Self { server: ScriptedRelay::start(certificates::offer(tls, config), |_| Act::Usual), directory, fingerprint }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("relay.pem")
    }

    /// Both ways to configure the certificate.
    fn named(&self) -> [Trust; 2] {
        [Trust::CaFile(self.file()), Trust::Fingerprints(vec![self.fingerprint])]
    }

    /// The result of opening a connection, without host and port.
    fn open(&self, security: Security, trust: &Trust, name: Option<&str>) -> Result<(), String> {
        let options = TlsOptions { trust: trust.clone(), name: name.map(str::to_owned), ..TlsOptions::default() };
        let mut relay = Relay::with_tls("localhost", self.server.port(), security, &options).unwrap();
        relay.timeouts = world::patient();
        let opened = run(async {
            let connection = relay.open().await?;
            connection.close().await;
            Ok(())
        });
        let prefix = format!("localhost:{}: ", self.server.port());
        opened.map_err(|transport_error| brief_error(&transport_error).replace(&prefix, ""))
    }
}

/// The beginning of each refusal of a certificate.
const REFUSED: &str = "configuration at TLS: the certificate of the relay ";

#[test]
fn a_self_signed_certificate_is_trusted_by_its_bytes_or_its_fingerprint() {
    for (security, tls) in TLS_KINDS {
        let relay = SelfSigned::start(&own_authority(&["localhost"]), tls);
        for trust in relay.named() {
            assert_eq!(relay.open(security, &trust, None), Ok(()), "{security:?} {trust:?}");
        }
        assert!(relay.server.end().iter().all(|dump| dump.encrypted));
    }
}

#[test]
fn a_certificate_is_refused_if_only_another_one_is_configured() {
    let relay = SelfSigned::start(&own_authority(&["localhost"]), Tls::Implicit);
    let other = SelfSigned::start(&own_authority(&["localhost"]), Tls::Implicit);
    let refusals = other.named().map(|trust| relay.open(Security::Implicit, &trust, None).unwrap_err());
    assert_eq!(
        refusals,
        [
            format!(
                "{REFUSED}is that of an authority (`CA:TRUE`), which is a relay's own only if `ca_file` or `certificate_sha256` \
                 names that very certificate"
            ),
            format!("{REFUSED}is not in `certificate_sha256`; its SHA-256 is {}", relay.fingerprint),
        ]
    );
    assert!(relay.server.end().iter().all(|dump| dump.text().is_empty()));
}

#[test]
fn several_fingerprints_allow_a_change_of_the_certificate() {
    let [now, next] = [(), ()].map(|()| SelfSigned::start(&own_authority(&["localhost"]), Tls::Implicit));
    let trust = Trust::Fingerprints(vec![now.fingerprint, next.fingerprint]);
    assert_eq!([&now, &next].map(|relay| relay.open(Security::Implicit, &trust, None)), [Ok(()), Ok(())]);
}

#[test]
fn a_certificate_in_the_file_without_authority_is_only_trusted_itself() {
    // Besides the relay's own certificate the file may contain others.
    let relay = SelfSigned::start(&own_authority(&["localhost"]), Tls::Implicit);
    let other = SelfSigned::start(&names(&["localhost"]), Tls::Implicit);
    let both = fs::read_to_string(other.file()).unwrap() + &fs::read_to_string(relay.file()).unwrap();
    fs::write(relay.file(), both).unwrap();
    let trust = Trust::CaFile(relay.file());
    assert_eq!(relay.open(Security::Implicit, &trust, None), Ok(()));
    assert_eq!(other.open(Security::Implicit, &trust, None), Ok(()));
}

#[test]
fn the_dates_of_a_configured_certificate_are_checked() {
    let mut expired = own_authority(&["localhost"]);
    expired.not_after = date_time_ymd(2020, 2, 1);
    let mut not_yet = own_authority(&["localhost"]);
    not_yet.not_before = date_time_ymd(3000, 2, 1);
    for (params, words) in
        [(expired, "expired on 2020-02-01"), (not_yet, "is valid only from 3000-02-01 on: is the clock right?")]
    {
        let relay = SelfSigned::start(&params, Tls::Implicit);
        for trust in relay.named() {
            assert_eq!(relay.open(Security::Implicit, &trust, None), Err(format!("{REFUSED}{words}")), "{trust:?}");
        }
    }
}

#[test]
fn the_name_of_a_configured_certificate_is_checked() {
    let relay = SelfSigned::start(&own_authority(&["mail.example.com", "192.0.2.7"]), Tls::Implicit);
    let refused = |name: &str| {
        format!(
            "{REFUSED}is not for `{name}`, but for `mail.example.com`, `192.0.2.7`; if that is the relay's name, set `tls_name` \
             to it"
        )
    };
    for trust in relay.named() {
        let open = |name| relay.open(Security::Implicit, &trust, name);
        assert_eq!(open(None), Err(refused("localhost")));
        assert_eq!(open(Some("smtp.example.com")), Err(refused("smtp.example.com")));
        assert_eq!(open(Some("mail.example.com")), Ok(()));
        assert_eq!(open(Some("192.0.2.7")), Ok(()));
    }
}

#[test]
fn the_configured_name_is_checked_with_authorities_too() {
    let authority = certificates::Authority::new("ours");
    let config = authority.signs(&names(&["mail.example.com"]));
    let server = ScriptedRelay::start(certificates::offer(Tls::StartTls, config), |_| Act::Usual);
    for (name, is_good) in [("mail.example.com", true), ("localhost", false)] {
        let trust = Trust::CaFile(authority.file());
        let options = TlsOptions { trust, name: Some(name.to_owned()), ..TlsOptions::default() };
        let mut relay = Relay::with_tls("localhost", server.port(), Security::StartTls, &options).unwrap();
        relay.timeouts = world::patient();
        assert_eq!(run(async { relay.open().await.is_ok() }), is_good, "{name}");
    }
}

#[test]
fn the_common_name_only_counts_for_a_configured_certificate_without_other_names() {
    let with_common_name = |hosts: &[&str], common: &str| {
        let mut params = own_authority(hosts);
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, common);
        params
    };
    let relay = SelfSigned::start(&with_common_name(&[], "LocalHost"), Tls::Implicit);
    for trust in relay.named() {
        assert_eq!(relay.open(Security::Implicit, &trust, None), Ok(()));
        let words = relay.open(Security::Implicit, &trust, Some("mail.example.com")).unwrap_err();
        assert!(words.starts_with(&format!("{REFUSED}is not for `mail.example.com`, but for `LocalHost`")), "{words}");
    }
    let relay = SelfSigned::start(&with_common_name(&["mail.example.com"], "localhost"), Tls::Implicit);
    for trust in relay.named() {
        let words = relay.open(Security::Implicit, &trust, None).unwrap_err();
        assert!(words.starts_with(&format!("{REFUSED}is not for `localhost`, but for `mail.example.com`")), "{words}");
    }
    // If an authority has signed the certificate, the common name does not count.
    let authority = certificates::Authority::new("ours");
    let mut params = with_common_name(&[], "localhost");
    params.is_ca = IsCa::NoCa;
    let server = ScriptedRelay::start(certificates::offer(Tls::Implicit, authority.signs(&params)), |_| Act::Usual);
    let relay = certificates::client(server.port(), Security::Implicit, Some(&authority.file()));
    let transport_error = run(async { relay.open().await }).map(drop).unwrap_err();
    assert!(
        transport_error.message.ends_with("is not for `localhost`; it names no host at all"),
        "{}",
        transport_error.message
    );
}

#[test]
fn a_certificate_created_by_openssl_is_trusted_if_it_is_configured() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [
        &["-subj", "/CN=localhost"][..],
        &["-subj", "/CN=a relay", "-addext", "subjectAltName=DNS:localhost"],
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=localhost"],
    ] {
        let Some((config, pem)) = openssl(directory.path(), arguments) else { return };
        let relay = SelfSigned::with(config, &pem, Tls::StartTls);
        for trust in relay.named() {
            assert_eq!(relay.open(Security::StartTls, &trust, None), Ok(()), "{arguments:?} {trust:?}");
        }
        let printed = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(relay.file())
            .output()
            .unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        assert!(printed.trim_end().ends_with(&format!("={}", relay.fingerprint)), "{printed}");
    }
}

/// A server with a certificate of `openssl req -x509`, and the certificate; `None`: there is no openssl.
fn openssl(directory: &Path, arguments: &[&str]) -> Option<(Arc<ServerConfig>, String)> {
    let (certificate, key) = (directory.join("certificate.pem"), directory.join("key.pem"));
    let mut request = Command::new("openssl");
    request.args(["req", "-x509", "-nodes", "-days", "30", "-out"]).arg(&certificate).arg("-keyout").arg(&key);
    if !arguments.contains(&"-newkey") {
        request.args(["-newkey", "rsa:2048"]);
    }
    match request.args(arguments).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
            let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
            assert!(!is_ci, "openssl cannot be started: {error}");
            return None;
        }
    }
    let pem = fs::read_to_string(certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    Some((certificates::server(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap(), key), pem))
}
