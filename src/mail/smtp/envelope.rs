//! The commands that announce a mail.

use crate::domain::text;
use crate::mail::Envelope;

/// The commands before the content: MAIL, RCPT and DATA, without their ends.
pub(super) struct EnvelopeCommands {
    pub(super) mail: String,
    pub(super) rcpt: String,
}

/// The longest address in bytes: a path has 256, of which two are its brackets (RFC 5321, 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// The third command.
pub(super) const DATA: &str = "DATA";

impl EnvelopeCommands {
    /// The commands for an envelope. `parameters`: those of MAIL, each with a leading space.
    pub(super) fn new(envelope: &Envelope, parameters: &str) -> Self {
        Self {
            mail: format!("MAIL FROM:<{}>{parameters}", envelope.sender.as_str()),
            rcpt: format!("RCPT TO:<{}>", envelope.recipient.as_str()),
        }
    }

    /// All three as one group (RFC 2920).
    pub(super) fn group(&self) -> String {
        format!("{}\r\n{}\r\n{DATA}\r\n", self.mail, self.rcpt)
    }
}

/// What is wrong with the addresses, if anything. Each was validated at input; but a line break in a command would
/// start another command, so they are checked again where the command is built.
pub(super) fn fault(envelope: &Envelope) -> Option<String> {
    [&envelope.sender, &envelope.recipient].into_iter().find_map(|address| {
        let address = address.as_str();
        let is_foreign = |c: char| c.is_whitespace() || text::is_unprintable(c) || matches!(c, '<' | '>');
        (address.is_empty() || address.len() > MAX_ADDRESS || address.contains(is_foreign))
            .then(|| format!("the address `{}` cannot stand in a command", text::quoted(address, 80)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email_address::EmailAddress;

    fn envelope(sender: &str, recipient: &str) -> Envelope {
        let address = |text: &str| EmailAddress::stored(text.to_owned());
        Envelope { sender: address(sender), recipient: address(recipient) }
    }

    #[test]
    fn the_group_is_three_lines() {
        let group = EnvelopeCommands::new(&envelope("a@example.com", "b@example.com"), " SMTPUTF8").group();
        assert_eq!(group, "MAIL FROM:<a@example.com> SMTPUTF8\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
    }

    #[test]
    fn an_address_that_would_be_another_command_is_found() {
        assert_eq!(fault(&envelope("a@example.com", "ü+x@example.com")), None);
        let (long, longer) = ("x".repeat(MAX_ADDRESS), "x".repeat(MAX_ADDRESS + 1));
        assert_eq!(fault(&envelope("a@example.com", &long)), None);
        for bad in [&longer, "", "a\r\nDATA", "a\nb", "a\0b", "a b", "<a@b", "a@b>", "a\u{a0}b", "a\u{85}b"] {
            assert!(fault(&envelope("a@example.com", bad)).is_some(), "{bad:?}");
            assert!(fault(&envelope(bad, "a@example.com")).is_some(), "{bad:?}");
        }
    }
}
