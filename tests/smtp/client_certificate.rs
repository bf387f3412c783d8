//! A relay that authenticates the program by a client certificate.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::ClientCertificate;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::smtp::RelayError;
use cxme_admin::mail::smtp::TlsOptions;
use cxme_admin::mail::smtp::Trust;
use cxme_admin::private_file::Rule;
use tempfile::TempDir;
use tokio_rustls::rustls::version::TLS12;
use tokio_rustls::rustls::version::TLS13;

use crate::certificates;
use crate::certificates::Authority;
use crate::certificates::TLS_KINDS;
use crate::certificates::names;
use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::world;
use crate::world::brief_error;
use crate::world::run;

/// A certificate and its key in files, as an administrator installs them.
struct Files(TempDir);

impl Files {
    fn new([certificate, key]: [String; 2]) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write("client.pem", &certificate, 0o644);
        files.write("client.key", &key, 0o600);
        files
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn certificate(&self) -> ClientCertificate {
        let path = |name: &str| self.0.path().join(name);
        ClientCertificate {
            certificate_file: path("client.pem"),
            key_file: path("client.key"),
            key_rule: Rule::secret(),
        }
    }

    /// Why the files cannot be used, without the directory.
    fn fault(&self) -> String {
        let error = relay(587, Security::StartTls, &Authority::new("any").file(), Some(self)).unwrap_err();
        error.to_string().replace(self.0.path().to_str().unwrap(), "[DIR]")
    }
}

fn relay(port: u16, security: Security, ca_file: &Path, client: Option<&Files>) -> Result<Relay, RelayError> {
    let options = TlsOptions {
        trust: Trust::CaFile(ca_file.to_owned()),
        client_certificate: client.map(Files::certificate),
        ..TlsOptions::default()
    };
    let mut relay = Relay::with_tls("localhost", port, security, &options)?;
    relay.timeouts = world::patient();
    Ok(relay)
}

#[test]
fn a_relay_that_requires_a_certificate_accepts_only_the_right_one_and_the_error_says_why() {
    let authority = Authority::new("ours");
    let ours = Files::new(authority.issues(&names(&["client.example.com"])));
    let strangers = Files::new(Authority::new("a stranger").issues(&names(&["client.example.com"])));
    for version in [&TLS12, &TLS13] {
        for (security, tls) in TLS_KINDS {
            let config = authority.signs_for_known_clients(&names(&["localhost"]), &[version]);
            let server = ScriptedRelay::start(certificates::offer(tls, config), |_| Act::Usual);
            let open = |client| {
                let relay = relay(server.port(), security, &authority.file(), client).unwrap();
                let opened = run(async { relay.open().await }).map(drop);
                let prefix = format!("localhost:{}: ", server.port());
                opened.map_err(|transport_error| brief_error(&transport_error).replace(&prefix, ""))
            };
            let case = format!("{version:?} {security:?}");
            assert_eq!(open(Some(&ours)), Ok(()), "{case}");
            assert_eq!(
                open(None),
                Err("configuration at TLS: the relay requires a client certificate (TLS alert certificate_required): set \
                     `client_certificate_file` and `client_key_file`"
                    .to_owned()),
                "{case}"
            );
            assert_eq!(
                open(Some(&strangers)),
                Err("configuration at TLS: the relay refuses the client certificate of `client_certificate_file` (TLS alert \
                     unknown_ca)"
                    .to_owned()),
                "{case}"
            );
        }
    }
}

/// The library's text for this refers to its documentation for programmers.
#[test]
fn a_relay_that_ends_tls_without_close_notify_is_described_with_a_hint() {
    let authority = Authority::new("ours");
    let ours = Files::new(authority.issues(&names(&["client.example.com"])));
    for version in [&TLS12, &TLS13] {
        for (security, tls) in TLS_KINDS {
            let config = authority.signs_and_asks(&names(&["localhost"]), &[version], false);
            let first = if security == Security::Implicit { 0 } else { 1 };
            let heard = std::sync::atomic::AtomicUsize::new(0);
            let server = ScriptedRelay::start(certificates::offer(tls, config), move |moment| match moment.at {
                // With STARTTLS the second EHLO is the encrypted one.
                At::Ehlo if heard.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % (first + 1) == first => {
                    Act::Hang(Vec::new())
                }
                _ => Act::Usual,
            });
            let open = |client| {
                let relay = relay(server.port(), security, &authority.file(), client).unwrap();
                brief_error(&run(async { relay.open().await }).map(drop).unwrap_err())
            };
            let lost = format!(
                "later at EHLO: localhost:{}: the relay closed the connection without ending TLS",
                server.port()
            );
            assert_eq!(open(Some(&ours)), lost, "{version:?} {security:?}");
            let hint =
                "(the relay asked for a client certificate: set `client_certificate_file` and `client_key_file`)";
            assert_eq!(open(None), format!("{lost} {hint}"), "{version:?} {security:?}");
        }
    }
}

#[test]
fn a_relay_that_does_not_ask_for_a_certificate_gets_none() {
    let authority = Authority::new("ours");
    let ours = Files::new(authority.issues(&names(&["client.example.com"])));
    for (security, tls) in TLS_KINDS {
        let config = authority.signs(&names(&["localhost"]));
        let server = ScriptedRelay::start(certificates::offer(tls, config), |_| Act::Usual);
        let relay = relay(server.port(), security, &authority.file(), Some(&ours)).unwrap();
        run(async { relay.open().await.unwrap().close().await });
    }
}

#[test]
fn an_unusable_file_is_named_with_the_remedy() {
    let authority = Authority::new("ours");
    let fresh = || Files::new(authority.issues(&names(&["client.example.com"])));
    let files = fresh();
    files.write("client.key", "nothing", 0o600);
    assert_eq!(files.fault(), "[DIR]/client.key: holds no private key in PEM form (RSA, ECDSA or Ed25519)");
    files.write("client.pem", "nothing", 0o644);
    assert_eq!(files.fault(), "[DIR]/client.pem: holds no certificate in PEM form");

    let files = fresh();
    files.write("client.key", &authority.issues(&names(&["x"]))[1], 0o600);
    assert_eq!(
        files.fault(),
        "[DIR]/client.key: the private key is not that of the first certificate in [DIR]/client.pem"
    );

    let files = fresh();
    let key = fs::read_to_string(files.0.path().join("client.key")).unwrap();
    files.write("client.key", &key, 0o640);
    assert_eq!(files.fault(), "[DIR]/client.key: is group-readable (0640): use a file that only its owner may access");
    files.write("client.key", &key, 0o600);
    files.write("client.pem", &fs::read_to_string(files.0.path().join("client.pem")).unwrap(), 0o666);
    assert!(files.fault().starts_with("[DIR]/client.pem: is world-writable (0666)"), "{}", files.fault());
    fs::remove_file(files.0.path().join("client.pem")).unwrap();
    assert!(files.fault().starts_with("[DIR]/client.pem: no such file"), "{}", files.fault());
}

#[test]
fn a_key_with_a_passphrase_is_distinguished_from_a_missing_one() {
    let files = Files::new(Authority::new("ours").issues(&names(&["client.example.com"])));
    let key = files.certificate().key_file;
    for arguments in
        [&["pkcs8", "-topk8", "-passout", "pass:sentinel"][..], &["ec", "-aes256", "-passout", "pass:sentinel"]]
    {
        let Ok(encrypted) = Command::new("openssl").args(arguments).arg("-in").arg(&key).output() else { return };
        assert!(encrypted.status.success(), "{}", String::from_utf8_lossy(&encrypted.stderr));
        let plain = fs::read_to_string(&key).unwrap();
        files.write("client.key", &String::from_utf8(encrypted.stdout).unwrap(), 0o600);
        assert_eq!(
            files.fault(),
            "[DIR]/client.key: the private key has a passphrase: store it without one, in a file of mode 0600 (`openssl pkey`)"
        );
        files.write("client.key", &plain, 0o600);
    }
}
