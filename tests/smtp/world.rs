//! Helpers of the SMTP tests.

use std::future::Future;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxme_admin::domain::email_address::EmailAddress;
use cxme_admin::domain::relay::Phase;
use cxme_admin::domain::relay::Security;
use cxme_admin::domain::reply::RelayReply;
use cxme_admin::mail::Envelope;
use cxme_admin::mail::Mail;
use cxme_admin::mail::outcome::DeliveryOutcome;
use cxme_admin::mail::outcome::TransportError;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::smtp::Timeouts;
use cxme_admin::secrets::zeroizing::ZeroizingBuf;

use crate::relay::Offer;
use crate::relay::ScriptedRelay;

/// How long a test waits for anything. A test that reaches this has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How long the client waits for a relay that does not reply.
pub(crate) const MOMENT: Duration = Duration::from_millis(60);

/// What a usual relay offers.
pub(crate) const PIPELINING: &[&str] = &["PIPELINING", "SIZE 10240000", "8BITMIME", "AUTH PLAIN LOGIN"];

/// Whether the tests run with their full counts (`tests/run --long`).
pub(crate) fn is_long() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
    std::env::var_os("CXME_TEST_LONG").is_some()
}

/// Whether strace can watch a process. Without it the test prints that and passes, but never in CI.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
#[expect(clippy::print_stdout, reason = "shown by whoever wants to see what was left out")]
pub(crate) fn can_trace() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let can = traced.is_ok_and(|traced| traced.status.success());
    if !can {
        let reason = "not tested: needs strace, and the right to trace";
        assert!(std::env::var_os("CI").is_none_or(|value| value.is_empty()), "{reason}");
        println!("{reason}");
    }
    can
}

/// Runs a future to its end, in the same kind of runtime as the commands.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(async { tokio::time::timeout(DEADLINE, work).await });
    runtime.shutdown_background();
    done.unwrap_or_else(|_| panic!("not done within {DEADLINE:?}"))
}

pub(crate) fn offer(extensions: &[&'static str]) -> Offer {
    Offer { extensions: extensions.to_vec(), tls: None }
}

/// A client of the scripted relay, without TLS and with long timeouts.
pub(crate) fn plain(to: &ScriptedRelay) -> Relay {
    let mut relay = Relay::new("127.0.0.1", to.port(), Security::None, None).unwrap();
    relay.timeouts = patient();
    relay
}

pub(crate) fn patient() -> Timeouts {
    Timeouts {
        connect: DEADLINE,
        tls: DEADLINE,
        greeting: DEADLINE,
        next_address: DEADLINE,
        hello: DEADLINE,
        mail: DEADLINE,
        rcpt: DEADLINE,
        data: DEADLINE,
        block: DEADLINE,
        dot: DEADLINE,
        whole: DEADLINE,
        quit: DEADLINE,
    }
}

pub(crate) fn envelope(recipient: &str) -> Envelope {
    let address = |text: &str| EmailAddress::stored(text.to_owned());
    Envelope { sender: address("bounces@example.com"), recipient: address(recipient) }
}

pub(crate) fn mail_with(recipient: &str, content: &[u8]) -> Mail {
    let content = ZeroizingBuf::new(content.to_vec());
    Mail { envelope: envelope(recipient), message_id: "1@example.com".to_owned(), content }
}

pub(crate) fn mail(recipient: &str) -> Mail {
    mail_with(recipient, format!("To: {recipient}\r\nSubject: x\r\n\r\n.hello\r\n").as_bytes())
}

/// A text in each encoding in which a relay may quote it, with the encoding's name.
pub(crate) fn disguises(text: &str) -> Vec<(&'static str, String)> {
    let of_bytes = |written: &dyn Fn(u8) -> String| text.bytes().map(written).collect::<String>();
    let hexadecimal = of_bytes(&|byte| format!("{byte:02x}"));
    let wide = |character: char| match character {
        '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap(),
        other => other,
    };
    vec![
        ("full-width", text.chars().map(wide).collect()),
        ("percent", of_bytes(&|byte| format!("%{byte:02X}"))),
        ("percent twice", of_bytes(&|byte| format!("%25{byte:02X}"))),
        ("decimal entities", text.chars().map(|character| format!("&#{};", u32::from(character))).collect()),
        ("hexadecimal entities", text.chars().map(|character| format!("&#x{:x};", u32::from(character))).collect()),
        ("entities twice", text.chars().map(|character| format!("&amp;#{};", u32::from(character))).collect()),
        ("backslash u", text.chars().map(|character| format!("\\u{:04x}", u32::from(character))).collect()),
        ("backslash x", of_bytes(&|byte| format!("\\x{byte:02x}"))),
        ("base32", base32(text.as_bytes())),
        ("base64 of hexadecimal", STANDARD.encode(&hexadecimal)),
        ("base64 twice", STANDARD.encode(STANDARD.encode(text))),
        ("bytes with 0x", of_bytes(&|byte| format!("0x{byte:02x} ")).trim_end().to_owned()),
        ("a letter at a time", divided(text, " ")),
        ("dots between letters", divided(text, ".")),
        ("base64 a digit at a time", divided(&STANDARD.encode(text), " ")),
    ]
}

fn divided(text: &str, by: &str) -> String {
    text.chars().map(String::from).collect::<Vec<_>>().join(by)
}

/// RFC 4648, 6, without padding.
fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let digit = |bits: &[u8]| {
        let value = (0..5).fold(0, |value, at| value << 1 | bits.get(at).copied().unwrap_or(0));
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(value)])
    };
    bits.chunks(5).map(digit).collect()
}

/// An outcome in a few words; the relay's reply follows a colon.
pub(crate) fn brief(outcome: &DeliveryOutcome) -> String {
    match outcome {
        DeliveryOutcome::Accepted { reply } => format!("accepted: {reply}"),
        DeliveryOutcome::Deferred { reply, relay } => format!("deferred{}: {reply}", at_mail(relay.as_ref())),
        DeliveryOutcome::Refused { reply, relay } => format!("refused{}: {reply}", at_mail(relay.as_ref())),
        DeliveryOutcome::InDoubt { reply } => format!("in doubt: {reply}"),
        DeliveryOutcome::TransportFailed(transport_error) => brief_error(transport_error),
    }
}

pub(crate) fn brief_error(transport_error: &TransportError) -> String {
    let kind = match transport_error.kind {
        TransportErrorKind::Temporary => "later",
        TransportErrorKind::Permanent => "permanent",
        TransportErrorKind::Configuration => "configuration",
    };
    format!("{kind} at {}: {}", transport_error.phase, transport_error.message)
}

/// The place of the refusal, if it came before the relay knew the recipient.
fn at_mail(reply: Option<&RelayReply>) -> &'static str {
    if reply.is_some_and(|reply| reply.phase == Phase::Mail) { " at MAIL" } else { "" }
}
