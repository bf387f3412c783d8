//! A bounce: a mail server reported that an address takes no mail (RFC 3464, RFC 3463).

use jiff::Timestamp;

use crate::domain::reply::EnhancedStatus;
use crate::domain::text;

/// The longest words of a remote server that are kept, in characters.
pub const MAX_REPLY: usize = 300;

/// That an address takes no mail, as a server reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// When it was reported.
    pub at: Timestamp,
    /// The remote server's words: they begin with its codes, if it gave any.
    pub reply: String,
}

impl Bounce {
    /// The codes at the beginning of the words, such as `550 5.1.1`; empty: there are none.
    pub fn codes(&self) -> &str {
        let reply = self.reply.as_str();
        let mut end = 0;
        for (place, word) in reply.split(' ').take(2).enumerate() {
            let is_code = place == 0 && word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
            if !is_code && EnhancedStatus::at_start(word).is_none() {
                break;
            }
            end += word.len() + usize::from(place > 0);
        }
        &reply[..end]
    }

    /// Why a user is not mailed, such as `address bounces (550 5.1.1, 3 days ago)`. In whole days, so that few users have
    /// words of their own in the summary of a job.
    pub fn words(&self, now: Timestamp) -> String {
        let days = (now.as_second().saturating_sub(self.at.as_second()) / 86_400).max(0).unsigned_abs();
        let when = if days == 0 { "today".to_owned() } else { format!("{} ago", text::counted(days, "day")) };
        match self.codes() {
            "" => format!("address bounces ({when})"),
            codes => format!("address bounces ({codes}, {when})"),
        }
    }
}

/// What a delivery report says of one recipient (RFC 3464, 2.3.3 and 2.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportedResult {
    /// The mail was not delivered and is not tried again, and the reason lies with the address.
    AddressFails,
    /// The mail was not delivered and is not tried again, for a reason that may pass or lies elsewhere, such as a filter: another
    /// mail may arrive.
    MailFails,
    /// A delay, or an error that may pass: no bounce.
    Temporary,
    /// The mail was delivered, or passed on.
    Delivered,
}

impl ReportedResult {
    /// What a report means by its action, its status, and the SMTP code (0: none) and status in its words.
    ///
    /// RFC 3463, 2: the class 4 may pass. RFC 3463, 3: the subjects 0, 1, 2 and 4 are about the address, its mailbox and the way to its
    /// domain; 3, 5, 6 and 7 are about the receiving system, the protocol, the content, and rules such as those against spam.
    pub fn of(action: &str, status: Option<EnhancedStatus>, code: u16, remote: Option<EnhancedStatus>) -> Self {
        if !action.eq_ignore_ascii_case("failed") {
            return if action.eq_ignore_ascii_case("delayed") { Self::Temporary } else { Self::Delivered };
        }
        let is_temporary = |status: &EnhancedStatus| status.0 == 4;
        if status.as_ref().is_some_and(is_temporary) || remote.as_ref().is_some_and(is_temporary) || code / 100 == 4 {
            return Self::Temporary;
        }
        // A server that tells nothing itself (5.0.0) repeats what the remote one said.
        let told = remote.or(status);
        match told {
            Some(EnhancedStatus(_, 3 | 5 | 6 | 7, _)) => Self::MailFails,
            _ => Self::AddressFails,
        }
    }

    /// Whether the mail did not arrive and is not tried again.
    pub fn is_permanent(self) -> bool {
        matches!(self, Self::AddressFails | Self::MailFails)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounce(reply: &str) -> Bounce {
        Bounce { at: Timestamp::from_second(1_000_000_000).unwrap(), reply: reply.to_owned() }
    }

    #[test]
    fn the_codes_are_those_at_the_beginning() {
        for (reply, codes) in [
            ("550 5.1.1 <alice@example.com>: unknown", "550 5.1.1"),
            ("550 unknown user", "550"),
            ("5.1.1 unknown user", "5.1.1"),
            ("550", "550"),
            ("", ""),
            ("unknown user 550", ""),
            ("5500 5.1.1", ""),
            ("550  5.1.1", "550"),
            ("5.1.1 550 5.1.1", "5.1.1"),
        ] {
            assert_eq!(bounce(reply).codes(), codes, "{reply}");
        }
    }

    #[test]
    fn the_words_tell_the_codes_and_the_days() {
        let at = |seconds: i64| Timestamp::from_second(1_000_000_000 + seconds).unwrap();
        let told = bounce("550 5.1.1 unknown");
        assert_eq!(told.words(at(3 * 86_400 + 5)), "address bounces (550 5.1.1, 3 days ago)");
        assert_eq!(told.words(at(86_400)), "address bounces (550 5.1.1, 1 day ago)");
        assert_eq!(told.words(at(86_399)), "address bounces (550 5.1.1, today)");
        assert_eq!(told.words(at(-5 * 86_400)), "address bounces (550 5.1.1, today)");
        assert_eq!(bounce("unknown").words(at(0)), "address bounces (today)");
    }

    #[test]
    fn only_what_is_permanent_and_about_the_address_says_that_the_address_fails() {
        use ReportedResult::*;
        let status = |text: &str| EnhancedStatus::at_start(text);
        for (action, own, code, remote, result) in [
            ("failed", "5.1.1", 550, "5.1.1", AddressFails),
            ("Failed", "5.0.0", 550, "", AddressFails),
            ("failed", "", 0, "", AddressFails),
            ("failed", "5.4.4", 0, "", AddressFails),
            ("failed", "5.0.0", 550, "5.7.1", MailFails),
            ("failed", "5.7.1", 0, "", MailFails),
            ("failed", "5.2.2", 552, "5.2.2", AddressFails),
            ("failed", "4.4.7", 550, "4.4.7", Temporary),
            ("failed", "4.4.1", 0, "", Temporary),
            ("failed", "5.0.0", 451, "", Temporary),
            ("delayed", "4.2.0", 0, "", Temporary),
            ("delayed", "5.1.1", 550, "", Temporary),
            ("delivered", "2.0.0", 0, "", Delivered),
            ("relayed", "5.1.1", 0, "", Delivered),
            ("", "5.1.1", 0, "", Delivered),
        ] {
            assert_eq!(
                ReportedResult::of(action, status(own), code, status(remote)),
                result,
                "{action} {own} {code} {remote}"
            );
        }
    }
}
