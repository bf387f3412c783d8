//! The meaning of the exit status of a sendmail program (sysexits(3)), and of a server's reply that it quotes.
//!
//! The program of a mail system only queues the mail, and its status is about that. Programs that deliver the mail at
//! once, such as msmtp, pass on the reply of a server: as a status, and as text on standard error that quotes the
//! reply. The same result for every mail concerns the program and not a recipient, so each status that could be
//! either is converted to a reply like a relay's, which the outbox compares.

use crate::domain::email_address::EmailAddress;
use crate::domain::relay::Phase;
use crate::domain::reply::EnhancedStatus;
use crate::domain::reply::RelayReply;

/// The meaning of an exit status for the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExitMeaning {
    Accepted,
    /// Refused temporarily.
    Deferred(RelayReply),
    /// Refused permanently, unless all mails get this.
    Refused(RelayReply),
    /// The program is not set up correctly, whatever the mail.
    Configuration,
}

pub(super) const EX_USAGE: i32 = 64;
pub(super) const EX_DATAERR: i32 = 65;
pub(super) const EX_NOINPUT: i32 = 66;
pub(super) const EX_NOUSER: i32 = 67;
pub(super) const EX_NOHOST: i32 = 68;
pub(super) const EX_UNAVAILABLE: i32 = 69;
pub(super) const EX_SOFTWARE: i32 = 70;
pub(super) const EX_OSERR: i32 = 71;
pub(super) const EX_OSFILE: i32 = 72;
pub(super) const EX_CANTCREAT: i32 = 73;
pub(super) const EX_IOERR: i32 = 74;
pub(super) const EX_TEMPFAIL: i32 = 75;
pub(super) const EX_PROTOCOL: i32 = 76;
pub(super) const EX_NOPERM: i32 = 77;
pub(super) const EX_CONFIG: i32 = 78;
/// The status with which a shell reports a program that cannot be executed, and one that is missing.
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

/// The codes for replies that were not quoted: generic temporary and permanent errors (RFC 5321, 4.2.3).
const TEMPORARY: u16 = 451;
const PERMANENT: u16 = 554;
/// These status codes always concern a recipient, whatever the other replies are (RFC 3463, 3.2).
const NO_SUCH_USER: EnhancedStatus = EnhancedStatus(5, 1, 1);
const NO_SUCH_HOST: EnhancedStatus = EnhancedStatus(5, 1, 2);

/// The meaning of a status for the mail to `recipient`. `said`: the program's output on standard error.
pub(super) fn meaning(status: i32, error_output: &str, recipient: &EmailAddress) -> ExitMeaning {
    let quoted = quoted_reply(error_output);
    let reply = |default: u16| {
        let (code, text) = quoted.unwrap_or((default, error_output));
        RelayReply::new(Phase::Program, code, EnhancedStatus::at_start(text), text, recipient)
    };
    let about_recipient = |status| RelayReply::new(Phase::Program, PERMANENT, Some(status), error_output, recipient);
    let is_temporary = quoted.map(|(code, _)| code < 500);
    match status {
        0 => ExitMeaning::Accepted,
        // Whatever the program means, the server that it quotes replied 4yz.
        EX_DATAERR | EX_NOUSER | EX_NOHOST | EX_NOPERM if is_temporary == Some(true) => {
            ExitMeaning::Deferred(reply(TEMPORARY))
        }
        EX_DATAERR => ExitMeaning::Refused(reply(PERMANENT)),
        EX_NOUSER => ExitMeaning::Refused(about_recipient(NO_SUCH_USER)),
        // msmtp also uses this status for the name of its own server, which may be found later.
        EX_NOHOST if error_output.is_empty() || names_domain(error_output, recipient) => {
            ExitMeaning::Refused(about_recipient(NO_SUCH_HOST))
        }
        // msmtp uses this status for what a server refuses, temporarily or permanently; without a reply the service
        // is unavailable.
        EX_UNAVAILABLE if is_temporary == Some(false) => ExitMeaning::Refused(reply(PERMANENT)),
        EX_USAGE | EX_NOINPUT | EX_SOFTWARE | EX_OSFILE | EX_NOPERM | EX_CONFIG | NOT_EXECUTABLE | NOT_FOUND => {
            ExitMeaning::Configuration
        }
        // EX_TEMPFAIL, EX_OSERR, EX_CANTCREAT, EX_IOERR and EX_PROTOCOL are temporary. Other programs exit with 1 for
        // any error, such as an unavailable server. Even if their output contains a 5yz reply, only the exit status
        // counts.
        _ => ExitMeaning::Deferred(RelayReply::new(Phase::Program, TEMPORARY, None, error_output, recipient)),
    }
}

/// The server's reply in the output of a program, as code and text: msmtp writes `server message: 550 5.1.1 …`, and
/// others write similar text.
fn quoted_reply(error_output: &str) -> Option<(u16, &str)> {
    let mark = "message: ";
    let start = error_output.to_ascii_lowercase().find(mark)? + mark.len();
    let (code, text) = error_output.get(start..)?.split_at_checked(3)?;
    let is_code = code.starts_with(['4', '5']) && code.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix([' ', '-'])?;
    // The program's next lines are not part of the reply.
    let text = text.split("; ").next().unwrap_or(text);
    if is_code { Some((code.parse().ok()?, text)) } else { None }
}

fn names_domain(error_output: &str, recipient: &EmailAddress) -> bool {
    error_output.to_ascii_lowercase().contains(&recipient.domain().to_ascii_lowercase())
}

/// The meaning of a status in sysexits(3), as text.
pub(super) fn description(status: i32) -> &'static str {
    match status {
        EX_USAGE => " (usage)",
        EX_DATAERR => " (the mail is refused)",
        EX_NOINPUT => " (cannot read the mail)",
        EX_NOUSER => " (no such user)",
        EX_NOHOST => " (no such host)",
        EX_UNAVAILABLE => " (service unavailable)",
        EX_SOFTWARE => " (internal error)",
        EX_OSERR => " (system error)",
        EX_OSFILE => " (a system file is missing)",
        EX_CANTCREAT => " (cannot write)",
        EX_IOERR => " (input/output error)",
        EX_TEMPFAIL => " (temporary failure)",
        EX_PROTOCOL => " (protocol error)",
        EX_NOPERM => " (not permitted)",
        EX_CONFIG => " (configuration)",
        NOT_EXECUTABLE => " (cannot be executed)",
        NOT_FOUND => " (a program is missing)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning_of(status: i32, error_output: &str) -> &'static str {
        match meaning(status, error_output, &"alice@example.com".parse().unwrap()) {
            ExitMeaning::Accepted => "accepted",
            ExitMeaning::Deferred(reply) if reply.is_permanent() => "deferred by 5yz",
            ExitMeaning::Deferred(_) => "deferred",
            ExitMeaning::Refused(reply) if !reply.is_permanent() => "refused by 4yz",
            ExitMeaning::Refused(_) => "refused",
            ExitMeaning::Configuration => "configuration",
        }
    }

    #[test]
    fn every_status_means_something_and_what_is_unknown_passes() {
        for status in 0..=255 {
            let expected = match status {
                0 => "accepted",
                65 | 67 | 68 => "refused",
                64 | 66 | 70 | 72 | 77 | 78 | 126 | 127 => "configuration",
                _ => "deferred",
            };
            assert_eq!(meaning_of(status, ""), expected, "{status}");
        }
    }

    #[test]
    fn the_reply_that_the_program_quotes_tells_what_its_status_leaves_open() {
        let error_output = |reply: &str| {
            format!(
                "msmtp: recipient address a@b not accepted by the server; msmtp: server message: {reply}; msmtp: could not send mail"
            )
        };
        for (status, reply, expected) in [
            (69, "550 5.1.1 no such user", "refused"),
            (69, "550-5.1.1 no such user", "refused"),
            (69, "451 4.7.1 greylisted", "deferred"),
            (69, "no reply at all", "deferred"),
            (69, "55", "deferred"),
            (65, "550 relay not permitted", "refused"),
            (65, "450 4.2.1 later", "deferred"),
            (77, "535 5.7.8 bad credentials", "configuration"),
            (77, "454 4.7.0 temporary authentication failure", "deferred"),
            (75, "550 no", "deferred"),
            (1, "550 no", "deferred"),
            (78, "451 x", "configuration"),
        ] {
            assert_eq!(meaning_of(status, &error_output(reply)), expected, "{status} {reply}");
        }
    }

    #[test]
    fn a_host_that_is_not_the_recipients_is_looked_up_again() {
        assert_eq!(meaning_of(68, "sendmail: host example.com not found"), "refused");
        assert_eq!(meaning_of(68, "msmtp: cannot locate host smtp.example.net: Name or service not known"), "deferred");
    }
}
