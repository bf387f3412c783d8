//! The way that mails leave: its settings, and for a relay the dialogue up to the sender. Nothing is sent.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::finding::CheckError;
use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use super::side_by_side::Reporter;
use super::within::within;
use crate::app::ActionError;
use crate::app::Setup;
use crate::domain::relay::Security;
use crate::mail::Envelope;
use crate::mail::Mail;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::mail::smtp::EncryptionDetails;
use crate::mail::smtp::OpeningObserver;
use crate::mail::smtp::OpeningStep;
use crate::mail::smtp::Relay;
use crate::mail::smtp::Timeouts;
use crate::mail::transport::Transport;
use crate::outbox;
use crate::secrets::zeroizing::ZeroizingBuf;

/// The name of the first line: the settings and the files that they name.
pub const MAIL: &str = "mail";
const NAME: &str = "relay name";
const CONNECTION: &str = "relay connection";
const TLS: &str = "relay TLS";
const FEATURES: &str = "relay features";
const LOGIN: &str = "relay login";
const SENDER: &str = "relay sender";
/// The lines of a dialogue, in its order.
const DIALOGUE: [&str; 5] = [CONNECTION, TLS, FEATURES, LOGIN, SENDER];

/// How long the look-up of the relay's name may take, and the dialogue.
const LOOK_UP: Duration = Duration::from_secs(4);
const TALK: Duration = Duration::from_secs(9);
/// What remains of the validity of the relay's certificate when somebody should look after it.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Gives the addresses of a host.
pub type LookUp = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// Checks the way that mails leave, a line for each step.
pub fn check_relay(setup: &Setup, look_up: &LookUp, reporter: &Reporter) {
    let (transport, mail) = match (setup.transport(), sample(setup)) {
        (Ok(Some(transport)), Some(mail)) => (transport, mail),
        (Ok(_), _) => {
            let why = "no mail is configured ([mail] from)";
            return reporter.line(MAIL, Ok(Finding::not_checked(why)));
        }
        (Err(error), _) => return reporter.line(MAIL, Err(ActionError::from(error).into())),
    };
    match transport {
        Transport::Smtp(relay) => {
            let (host, port, security) = (relay.host(), relay.port(), relay.security().word());
            reporter.line(MAIL, Ok(Finding::ok(format!("by SMTP to {host}, port {port} (tls = \"{security}\")"))));
            converse(*relay, &mail, setup.clock().now(), look_up, reporter);
        }
        Transport::Directory(_) | Transport::Memory(_) => {
            let next = "set [mail] transport to \"smtp\" or \"sendmail\"";
            let words = "mails are written to files; nobody receives them";
            reporter.line(MAIL, Ok(Finding::warning(FaultClass::Configuration, words, next)));
        }
        Transport::Sendmail(_) => {
            let probed = outbox::probe_sender(&transport, &mail, TALK);
            let found = probed.map(|()| Finding::ok("by sendmail; the program can be executed"));
            reporter.line(MAIL, found.map_err(CheckError::Relay));
        }
    }
}

/// A mail from the configured sender, which is never sent; `None`: there is no sender.
fn sample(setup: &Setup) -> Option<Mail> {
    let mail = &setup.config().mail;
    let sender = mail.bounce_to.as_ref().or(mail.from.as_ref().map(|from| &from.address))?.for_mail().into_owned();
    let envelope = Envelope { recipient: sender.clone(), sender };
    let content = ZeroizingBuf::new(b"Subject: not sent\r\n\r\n".to_vec());
    Some(Mail { envelope, message_id: "doctor@example.com".to_owned(), content })
}

/// The lines that were reported so far, and the reporter.
#[derive(Clone)]
struct Lines {
    reporter: Reporter,
    reported: Arc<Mutex<Vec<&'static str>>>,
}

impl Lines {
    /// Reports a line, once: with another address or another password, a step may be done again.
    fn line(&self, name: &'static str, result: CheckResult) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if !reported.contains(&name) {
            reported.push(name);
            self.reporter.line(name, result);
        }
    }

    fn has(&self, name: &str) -> bool {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).contains(&name)
    }

    /// What was not reached, after `failed`.
    fn rest(&self, failed: &str) {
        for name in DIALOGUE {
            self.line(name, Ok(Finding::not_checked(format!("see: {failed}"))));
        }
    }
}

/// The dialogue up to the sender.
fn converse(mut relay: Relay, mail: &Mail, now: Timestamp, look_up: &LookUp, reporter: &Reporter) {
    let lines = Lines { reporter: reporter.clone(), reported: Arc::default() };
    let host = relay.host().to_owned();
    match addresses_of(&host, look_up) {
        Ok(addresses) => {
            let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            lines.line(NAME, Ok(Finding::ok(format!("{host}: {}", shown.join(", ")))));
            relay.addresses = addresses;
        }
        Err(words) => {
            let next = "check [mail.smtp] host, and the name servers of this machine (/etc/resolv.conf)";
            lines.line(NAME, Ok(Finding::failed(FaultClass::Later, words, next)));
            return lines.rest(NAME);
        }
    }
    reporter.begins(CONNECTION, format!("{host}, port {}", relay.port()));
    relay.timeouts = timeouts();
    let (observed, is_plain) = (lines.clone(), relay.security() == Security::None);
    relay.observer = Some(OpeningObserver::new(move |step| match step {
        OpeningStep::Connected(address) => {
            observed.line(CONNECTION, Ok(Finding::ok(format!("{}, port {}, answers", address.ip(), address.port()))));
            if is_plain {
                observed.line(TLS, Ok(Finding::ok("none, on this machine")));
            }
        }
        OpeningStep::Encrypted(details) => observed.line(TLS, Ok(finding_of_tls(&details, now))),
        OpeningStep::Greeted(extensions) => {
            let words = if extensions.is_empty() { "none".to_owned() } else { extensions.join(", ") };
            observed.line(FEATURES, Ok(Finding::ok(words)));
        }
    }));
    let login = match &relay.login {
        Some(login) => format!("accepted as {}", login.username),
        None => "none is configured".to_owned(),
    };
    match outbox::probe_sender(&Transport::Smtp(Box::new(relay)), mail, TALK) {
        Ok(()) => {
            lines.line(LOGIN, Ok(Finding::ok(login)));
            lines.line(SENDER, Ok(Finding::ok(format!("accepted: {}", mail.envelope.sender))));
        }
        Err(error) => {
            if error.phase >= Phase::Mail && error.phase != Phase::Local {
                lines.line(LOGIN, Ok(Finding::ok(login)));
            }
            let name = name_of(&error, &lines);
            lines.line(name, Err(CheckError::Relay(error)));
            lines.rest(name);
        }
    }
}

/// The line of an error: that of its phase, or of a later one where that one was reported already.
fn name_of(error: &TransportError, lines: &Lines) -> &'static str {
    let name = match error.phase {
        Phase::Connect | Phase::Greeting => CONNECTION,
        Phase::StartTls | Phase::Tls => TLS,
        Phase::Ehlo => FEATURES,
        Phase::Auth => LOGIN,
        _ => SENDER,
    };
    let later = DIALOGUE.into_iter().skip_while(|line| *line != name).find(|line| !lines.has(line));
    later.unwrap_or("relay")
}

fn addresses_of(host: &str, look_up: &LookUp) -> Result<Vec<IpAddr>, String> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let (name, look_up) = (host.to_owned(), Arc::clone(look_up));
    match within(LOOK_UP, move || look_up(&name)) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(format!("the name {host} has no address")),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(format!("the name {host} cannot be looked up: {error}")),
        Err(error) => Err(format!("the name {host} cannot be looked up: {error}")),
    }
}

/// Those of a relay that is asked while somebody waits: shorter than a mail would be given.
fn timeouts() -> Timeouts {
    let seconds = Duration::from_secs;
    Timeouts {
        connect: seconds(4),
        tls: seconds(5),
        greeting: seconds(8),
        next_address: seconds(3),
        hello: seconds(5),
        mail: seconds(4),
        whole: seconds(8),
        quit: Duration::from_millis(500),
        ..Timeouts::default()
    }
}

fn finding_of_tls(EncryptionDetails { protocol, valid_until }: &EncryptionDetails, now: Timestamp) -> Finding {
    let Some(until) = valid_until else { return Finding::ok(protocol.clone()) };
    let left = until.duration_since(now);
    let (day, days) = (until.strftime("%Y-%m-%d"), left.as_hours() / 24);
    let words = format!("{protocol}; the certificate is valid until {day} ({days} days)");
    if left < EXPIRES_SOON {
        let next = "ask the administrator of the relay to renew its certificate";
        return Finding::warning(FaultClass::Configuration, words, next);
    }
    Finding::ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_expires_within_two_weeks_is_a_warning() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let found = |until: &str| {
            let valid_until = Some(until.parse().unwrap());
            finding_of_tls(&EncryptionDetails { protocol: "TLS 1.3".to_owned(), valid_until }, now)
        };
        let good = "TLS 1.3; the certificate is valid until 2026-12-08 (14 days)";
        assert_eq!(found("2026-12-08T08:00:00Z"), Finding::ok(good));
        let soon = found("2026-12-08T07:59:59Z");
        assert!(matches!(soon, Finding::Warning(fault) if fault.words.ends_with("2026-12-08 (13 days)")));
    }
}
