//! The relay is verified before anything is sent to it: an invalid certificate, an old TLS version, or no TLS ends
//! the dialogue before AUTH and MAIL.

use std::io::Read as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::Relay;
use rcgen::BasicConstraints;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::date_time_ymd;

use crate::certificates;
use crate::certificates::Authority;
use crate::certificates::PASSWORD_ON_THE_WIRE;
use crate::certificates::TLS_KINDS;
use crate::certificates::client;
use crate::certificates::names;
use crate::relay::Act;
use crate::relay::At;
use crate::relay::Dump;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::relay::Tls;
use crate::world;
use crate::world::brief;
use crate::world::brief_error;
use crate::world::mail;
use crate::world::run;

/// Why no connection was opened, without the host and the port.
fn refusal(relay: &Relay) -> String {
    let transport_error = run(async { relay.open().await }).map(drop).unwrap_err();
    let words = brief_error(&transport_error);
    assert!(!words.contains(['\r', '\n', '\u{1b}']), "{words:?}");
    words.replace(&format!("localhost:{}: ", relay.port()), "")
}

/// Checks that the relay got neither AUTH nor MAIL, neither encrypted nor in plain text.
fn assert_nothing_was_sent(text: &str, what: &str) {
    for word in ["AUTH", "MAIL", "RCPT", PASSWORD_ON_THE_WIRE] {
        assert!(!text.contains(word), "{what}: {text:?}");
    }
}

/// The commands before the handshake: EHLO and STARTTLS, or nothing.
fn before(security: Security) -> &'static str {
    if security == Security::StartTls { "EHLO localhost\r\nSTARTTLS\r\n" } else { "" }
}

/// Checks the only connection of a relay without a TLS handshake.
fn assert_no_handshake(dumps: &[Dump], security: Security, what: &str) {
    assert_eq!(dumps.len(), 1, "{what}");
    assert!(!dumps[0].encrypted, "{what}");
    assert_eq!(dumps[0].text(), before(security), "{what}");
    assert_nothing_was_sent(&dumps[0].text(), what);
}

#[test]
fn with_the_authority_in_the_ca_file_mails_are_sent_encrypted() {
    let authority = Authority::new("ours");
    for (security, tls) in TLS_KINDS {
        let config = authority.signs(&names(&["localhost"]));
        let server = ScriptedRelay::start(certificates::offer(tls, config), |_| Act::Usual);
        let relay = client(server.port(), security, Some(&authority.file()));
        run(async {
            let mut connection = relay.open().await.unwrap();
            let said = connection.deliver(&mail("alice@example.com"), None).await;
            assert_eq!(brief(&said), "accepted: 250 2.0.0 Ok: queued");
            connection.close().await;
        });
        let dumps = server.end();
        assert!(dumps[0].encrypted);
        assert_eq!(dumps[0].mails.len(), 1);
        let expected = format!("EHLO localhost\r\nAUTH PLAIN {PASSWORD_ON_THE_WIRE}\r\nMAIL FROM:");
        let text = dumps[0].text();
        assert!(text.strip_prefix(before(security)).unwrap().starts_with(&expected), "{text}");
    }
}

#[test]
fn an_address_is_verified_as_an_address() {
    let authority = Authority::new("ours");
    for (name, is_good) in [("127.0.0.1", true), ("127.0.0.2", false), ("localhost", false)] {
        let config = authority.signs(&names(&[name]));
        let server = ScriptedRelay::start(certificates::offer(Tls::Implicit, config), |_| Act::Usual);
        let file = authority.file();
        let mut relay = Relay::new("127.0.0.1", server.port(), Security::Implicit, Some(&file)).unwrap();
        relay.timeouts = world::patient();
        assert_eq!(run(async { relay.open().await.is_ok() }), is_good, "{name}");
    }
}

#[test]
fn an_invalid_certificate_ends_the_dialogue_and_the_error_says_why() {
    let authority = Authority::new("ours");
    let stranger = Authority::new("a stranger");
    let good = || names(&["localhost"]);
    let mut expired = good();
    expired.not_after = date_time_ymd(2020, 2, 1);
    let mut not_yet = good();
    not_yet.not_before = date_time_ymd(3000, 2, 1);
    let mut for_clients = good();
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let mut of_an_authority = good();
    of_an_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let file = authority.file();
    let unknown = format!(
        "is not in `{}` (`ca_file`), and signed by itself or by an authority that is not there either",
        file.display()
    );

    let cases = [
        (
            "another name",
            authority.signs(&names(&["mail.example.com", "*.example.org", "127.0.0.1"])),
            "is not for `localhost`, but for `mail.example.com`, `*.example.org`, `127.0.0.1`; if that is the relay's name, \
             set `tls_name` to it",
        ),
        ("no name", authority.signs(&names(&[])), "is not for `localhost`; it names no host at all"),
        ("expired", authority.signs(&expired), "expired on 2020-02-01"),
        ("not yet valid", authority.signs(&not_yet), "is valid only from 3000-02-01 on: is the clock right?"),
        ("of another authority", stranger.signs(&good()), &unknown),
        ("signed by itself", certificates::self_signed(&good()).0, &unknown),
        ("for clients", authority.signs(&for_clients), "is not for servers (extended key usage)"),
        (
            "of an authority",
            authority.signs(&of_an_authority),
            "is that of an authority (`CA:TRUE`), which is a relay's own only if `ca_file` or `certificate_sha256` names that \
             very certificate",
        ),
    ];
    for (what, config, expected) in cases {
        for (security, tls) in TLS_KINDS {
            let server = ScriptedRelay::start(certificates::offer(tls, config.clone()), |_| Act::Usual);
            let words = refusal(&client(server.port(), security, Some(&file)));
            assert_eq!(words, format!("configuration at TLS: the certificate of the relay {expected}"), "{what}");
            assert_no_handshake(&server.end(), security, what);
        }
    }
}

#[test]
fn without_a_ca_file_only_the_authorities_of_the_system_count() {
    let authority = Authority::new("ours");
    let server =
        ScriptedRelay::start(certificates::offer(Tls::Implicit, authority.signs(&names(&["localhost"]))), |_| {
            Act::Usual
        });
    match Relay::new("localhost", server.port(), Security::Implicit, None) {
        Ok(mut relay) => {
            relay.timeouts = world::patient();
            assert_eq!(
                refusal(&relay),
                "configuration at TLS: the certificate of the relay is signed by itself or by an authority that this \
                 system does not trust: `ca_file` can name that authority or the certificate itself"
            );
            assert_no_handshake(&server.end(), Security::Implicit, "no ca_file");
        }
        // A machine without ca-certificates.
        Err(error) => assert!(error.to_string().contains("no trusted certificates"), "{error}"),
    }
}

#[test]
fn a_self_signed_certificate_is_trusted_if_it_is_the_ca_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("relay.pem");
    let (config, pem) = certificates::self_signed(&names(&["localhost"]));
    std::fs::write(&file, pem).unwrap();
    for (security, tls) in TLS_KINDS {
        let server = ScriptedRelay::start(certificates::offer(tls, config.clone()), |_| Act::Usual);
        let relay = client(server.port(), security, Some(&file));
        run(async { relay.open().await.unwrap().close().await });
        assert!(server.end()[0].encrypted);
    }
}

/// A relay that replies with these bytes to the first message of TLS; the thread returns all that it read.
fn reply_to_tls_with(security: Security, answer: &'static [u8]) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut all = Vec::new();
        if security == Security::StartTls {
            socket.write_all(b"220 old.example\r\n").unwrap();
            read_line(&mut socket, &mut all);
            socket.write_all(b"250-old.example\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n").unwrap();
            read_line(&mut socket, &mut all);
            socket.write_all(b"220 go\r\n").unwrap();
        }
        let mut hello = vec![0; 16 * 1024];
        let count = socket.read(&mut hello).unwrap();
        all.extend_from_slice(&hello[..count]);
        socket.write_all(answer).unwrap();
        // Closing a socket with unread bytes would reset the connection.
        let _ = socket.read_to_end(&mut all);
        all
    };
    (port, std::thread::spawn(serve))
}

/// Reads up to the end of a line, and not beyond it.
fn read_line(socket: &mut TcpStream, all: &mut Vec<u8>) {
    let mut byte = [0];
    while byte != *b"\n" {
        socket.read_exact(&mut byte).unwrap();
        all.push(byte[0]);
    }
}

/// A ServerHello (RFC 4346, 7.4.1.3) of TLS 1.1: version, random, no session, AES-128 with RSA, no compression.
const SERVER_HELLO_1_1: &[u8] = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02\
    01234567890123456789012345678901\x00\x00\x2f\x00";
/// The alert `protocol_version` (RFC 5246, 7.2.2), with which servers reject newer TLS versions.
const ALERT_VERSION: &[u8] = b"\x15\x03\x02\x00\x02\x02\x46";
/// The alert `handshake_failure`, with which they reject all offered parameters.
const ALERT_FAILURE: &[u8] = b"\x15\x03\x03\x00\x02\x02\x28";
/// The alert `unrecognized_name` (RFC 6066, 3), and `internal_error`.
const ALERT_NAME: &[u8] = b"\x15\x03\x03\x00\x02\x02\x70";
const ALERT_INTERNAL: &[u8] = b"\x15\x03\x03\x00\x02\x02\x50";

#[test]
fn a_relay_with_tls_1_1_or_none_gets_nothing() {
    let file = Authority::new("ours");
    let old = "permanent at TLS: the relay has no TLS newer than 1.1, and this program requires 1.2 or 1.3";
    let nothing_in_common = "permanent at TLS: the relay and this program have no cipher suite, key exchange or signature of TLS \
                             1.2 or 1.3 in common (TLS alert handshake_failure)";
    let other_name = "configuration at TLS: the relay has no certificate for `localhost` (TLS alert unrecognized_name): set \
                      `tls_name` to the name that it has one for";
    let other = "configuration at TLS: the relay answers to TLS with something else";
    for (answer, what, expected) in [
        (SERVER_HELLO_1_1, "TLS 1.1", old),
        (ALERT_VERSION, "alert", old),
        (ALERT_FAILURE, "no common cipher", nothing_in_common),
        (ALERT_NAME, "another name", other_name),
        (ALERT_INTERNAL, "trouble of its own", "later at TLS: the relay ended TLS (alert internal_error)"),
        (b"220 mail.example.com ESMTP\r\n", "no TLS", other),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP", other),
        (b"", "nothing", "later at TLS: no TLS handshake: time is up"),
    ] {
        for (security, _) in TLS_KINDS {
            let (port, serving) = reply_to_tls_with(security, answer);
            let mut relay = client(port, security, Some(&file.file()));
            if answer.is_empty() {
                relay.timeouts.tls = world::MOMENT;
            }
            let words = refusal(&relay);
            assert!(words.starts_with(expected), "{what}: {words}");
            let hints = words.contains("does this port want `tls = \"starttls\"`?");
            assert_eq!(hints, expected == other && security == Security::Implicit, "{what}: {words}");
            let read = serving.join().unwrap();
            let text = String::from_utf8_lossy(&read);
            assert!(text.starts_with(&format!("{}\u{16}\u{3}", before(security))), "{what}: {text:?}");
            assert_nothing_was_sent(&text, what);
        }
    }
}

#[test]
fn if_starttls_is_not_offered_or_refused_nothing_is_sent_unencrypted() {
    let authority = Authority::new("ours");
    let unoffered = "permanent at STARTTLS: the relay does not offer STARTTLS; nothing is sent in the clear";
    for (reply, expected) in [
        ("", unoffered),
        ("500 what?\r\n", "permanent at STARTTLS: 500 what?"),
        ("454 4.7.0 later\r\n", "later at STARTTLS: 454 4.7.0 later"),
        ("250 ok\r\n", "permanent at STARTTLS: 250 ok"),
    ] {
        let extensions = if reply.is_empty() { vec!["AUTH PLAIN"] } else { vec!["AUTH PLAIN", "STARTTLS"] };
        let server = ScriptedRelay::start(Offer { extensions, tls: None }, move |moment| match moment.at {
            At::StartTls => Act::Say(reply.into()),
            _ => Act::Usual,
        });
        assert_eq!(refusal(&client(server.port(), Security::StartTls, Some(&authority.file()))), expected);
        let dumps = server.end();
        let text = dumps[0].text();
        assert_eq!(text, if reply.is_empty() { "EHLO localhost\r\n" } else { before(Security::StartTls) });
    }
}

#[test]
fn a_relay_without_ehlo_gets_nothing_unencrypted_either() {
    let authority = Authority::new("ours");
    let server = ScriptedRelay::start(world::offer(&["STARTTLS"]), |moment| match moment.at {
        At::Ehlo => Act::Say(b"502 what?\r\n".to_vec()),
        _ => Act::Usual,
    });
    let words = refusal(&client(server.port(), Security::StartTls, Some(&authority.file())));
    assert!(words.contains("does not offer STARTTLS"), "{words}");
    assert_eq!(server.end()[0].text(), "EHLO localhost\r\nHELO localhost\r\n");
}

#[test]
fn data_after_the_220_of_starttls_ends_the_dialogue() {
    let authority = Authority::new("ours");
    let config = authority.signs(&names(&["localhost"]));
    for injected in ["250 AUTH PLAIN\r\n", "250-half", "\n", " "] {
        let reply = format!("220 2.0.0 go\r\n{injected}");
        let offer = certificates::offer(Tls::StartTls, config.clone());
        let server = ScriptedRelay::start(offer, move |moment| match moment.at {
            At::StartTls => Act::Say(reply.clone().into_bytes()),
            _ => Act::Usual,
        });
        let expected = "permanent at STARTTLS: unexpected data after the reply to STARTTLS: possible man-in-the-middle";
        let words = refusal(&client(server.port(), Security::StartTls, Some(&authority.file())));
        assert_eq!(words, expected, "{injected:?}");
        assert_no_handshake(&server.end(), Security::StartTls, injected);
    }
}

#[test]
fn capabilities_from_before_tls_are_ignored() {
    let authority = Authority::new("ours");
    let offer = certificates::offer(Tls::StartTls, authority.signs(&names(&["localhost"])));
    let greeted = AtomicBool::new(false);
    let server = ScriptedRelay::start(offer, move |moment| match moment.at {
        At::Ehlo if greeted.swap(true, Ordering::SeqCst) => Act::Say(b"250 scripted.example\r\n".to_vec()),
        _ => Act::Usual,
    });
    let words = refusal(&client(server.port(), Security::StartTls, Some(&authority.file())));
    assert!(words.starts_with("configuration at AUTH: the relay offers no login at all"), "{words}");
    let text = server.end()[0].text();
    assert_eq!(text, format!("{}EHLO localhost\r\n", before(Security::StartTls)));
}
