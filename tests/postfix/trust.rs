//! Postfix with a self-signed certificate, and with a required client certificate.

use std::fs;
use std::path::Path;
use std::process::Command;

use cxme_admin::domain::relay::Security;

use crate::certificate::self_signed;
use crate::program::Program;
use crate::server::KNOWN_CLIENTS;
use crate::server::Options;
use crate::server::Postfix;
use crate::server::SELF_SIGNED;
use crate::support::can_postfix;

const TEST: [&str; 4] = ["mail", "test", "alice@example.com", "-v"];

/// The configuration for a server, with other lines instead of its `ca_file`.
fn config(postfix: &Postfix, lines: &str) -> String {
    let config = postfix.config();
    let ca_file = format!("ca_file = \"{}\"", postfix.ca_file().display());
    assert!(config.contains(&ca_file));
    config.replace(&ca_file, lines)
}

fn ca_file(file: &Path) -> String {
    format!("ca_file = \"{}\"\n", file.display())
}

#[test]
fn a_self_signed_certificate_is_trusted_if_configured_and_the_transcript_has_its_fingerprint() {
    if !can_postfix() {
        return;
    }
    for tls in [Security::StartTls, Security::Implicit] {
        let postfix = Postfix::start(Options { tls, settings: SELF_SIGNED, ..Options::default() });
        let file = postfix.self_signed_file();
        let said = Program::new(&config(&postfix, &ca_file(&file))).does(&TEST, "");
        let (_, shown) = said.split_once("SHA-256 ").unwrap();
        let fingerprint = shown.lines().next().unwrap();
        let openssl = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(&file)
            .output()
            .unwrap();
        let printed = String::from_utf8(openssl.stdout).unwrap();
        assert!(printed.trim_end().ends_with(&format!("={fingerprint}")), "{printed}{said}");

        let pinned = format!("certificate_sha256 = \"{fingerprint}\"\n");
        Program::new(&config(&postfix, &pinned)).does(&TEST, "");
        let hex = format!("certificate_sha256 = \"{}\"\n", fingerprint.replace(':', "").to_lowercase());
        Program::new(&config(&postfix, &hex)).does(&TEST, "");
        let by_address = config(&postfix, &pinned).replace("\"localhost\"", "\"127.0.0.1\"");
        let said = Program::new(&by_address).fails(78, &TEST, "");
        assert!(said.contains("is not for `127.0.0.1`, but for `localhost`"), "{said}");
        let named = by_address.replace(&pinned, &format!("{pinned}tls_name = \"localhost\"\n"));
        Program::new(&named).does(&TEST, "");

        let other = pinned.replace(&fingerprint[..5], if fingerprint.starts_with("00:00") { "11:11" } else { "00:00" });
        let said = Program::new(&config(&postfix, &other)).fails(78, &TEST, "");
        assert!(said.contains(&format!("its SHA-256 is {fingerprint}")), "{said}");
        let said = Program::new(&postfix.config()).fails(78, &TEST, "");
        assert!(said.contains("is that of an authority (`CA:TRUE`)"), "{said}");
        assert_eq!(postfix.counts().into_iter().collect::<Vec<_>>(), [("alice".to_owned(), 4)]);
    }
}

#[test]
fn a_relay_that_requires_a_client_certificate_gets_it_and_without_one_the_error_says_so() {
    if !can_postfix() {
        return;
    }
    for (settings, tls) in [
        (KNOWN_CLIENTS, Security::StartTls),
        (KNOWN_CLIENTS, Security::Implicit),
        (KNOWN_CLIENTS_BEFORE_1_3, Security::StartTls),
    ] {
        let postfix = Postfix::start(Options { tls, settings, ..Options::default() });
        let with = |file: &Path| {
            let ca_file = ca_file(&postfix.ca_file());
            config(&postfix, &format!("{ca_file}client_certificate_file = {file:?}\nclient_key_file = {file:?}\n"))
        };
        Program::new(&with(&postfix.client_file())).does(&TEST, "");
        let said = Program::new(&postfix.config()).fails(78, &TEST, "");
        assert!(
            said.contains(
                "the relay requires a client certificate (421 4.7.1 mail.example.com Error: No client certificate presented): \
                 set `client_certificate_file` and `client_key_file`"
            ),
            "{said}\n{}",
            postfix.log()
        );
        let stranger = tempfile::NamedTempFile::new().unwrap();
        fs::write(stranger.path(), self_signed("client.example.com").concat()).unwrap();
        let said = Program::new(&with(stranger.path())).fails(78, &TEST, "");
        assert!(
            said.contains("the relay refuses the client certificate of `client_certificate_file` (421 4.7.1"),
            "{said}"
        );
        assert_eq!(postfix.counts().into_iter().collect::<Vec<_>>(), [("alice".to_owned(), 1)]);
    }
}

/// [`KNOWN_CLIENTS`], with TLS 1.2 at most.
const KNOWN_CLIENTS_BEFORE_1_3: &str = "smtpd_tls_ask_ccert = yes\nsmtpd_tls_req_ccert = yes\n\
                                        smtpd_tls_CAfile = $config_directory/../ca.pem\n\
                                        smtpd_tls_mandatory_protocols = <=TLSv1.2";

#[test]
fn a_refused_name_at_the_greeting_is_reported_with_its_key() {
    if !can_postfix() {
        return;
    }
    let settings = "smtpd_delay_reject = no\nsmtpd_helo_restrictions = reject_non_fqdn_helo_hostname";
    let postfix = Postfix::start(Options { tls: Security::None, login: false, settings, ..Options::default() });
    let named = |helo: &str| Program::new(&(postfix.config() + &format!("helo = \"{helo}\"\n")));
    let said = named("nowhere").fails(69, &TEST, "");
    assert!(said.contains("504 5.5.2 <nowhere>: Helo command rejected"), "{said}");
    assert!(said.contains("(the program calls itself `nowhere`; `[mail.smtp] helo` sets the name)"), "{said}");
    named("admin.example.com").does(&TEST, "");
}
