//! What the relay offers in its reply to EHLO (RFC 5321, 4.1.1.1).

use super::reply::Reply;

/// The extensions that the program uses. A relay that only knows HELO offers none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// Several commands in one write (RFC 2920).
    pub(super) pipelining: bool,
    /// Bytes above 127 in the content (RFC 6152).
    pub(super) eight_bit: bool,
    /// Addresses and headers outside ASCII (RFC 6531).
    pub(super) smtputf8: bool,
    /// TLS on this connection (RFC 3207).
    pub(super) starttls: bool,
    /// The largest mail in bytes, if there is a limit (RFC 1870).
    pub(super) size: Option<usize>,
    /// The login mechanisms, in capitals (RFC 4954).
    pub(super) logins: Vec<String>,
}

impl Capabilities {
    /// Parses the reply to EHLO; its first line is a greeting.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut all = Self::default();
        for line in reply.lines.iter().skip(1) {
            // `AUTH=LOGIN` is the form from before the RFC, which some relays send in addition.
            let mut words = line.split(|character: char| character.is_whitespace() || character == '=');
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "PIPELINING" => all.pipelining = true,
                "8BITMIME" => all.eight_bit = true,
                "SMTPUTF8" => all.smtputf8 = true,
                "STARTTLS" => all.starttls = true,
                "SIZE" => all.size = words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0),
                "AUTH" => {
                    for word in words.filter(|word| !word.is_empty()) {
                        let word = word.to_ascii_uppercase();
                        if !all.logins.contains(&word) {
                            all.logins.push(word);
                        }
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// The extensions, as a relay writes them.
    pub(super) fn words(&self) -> Vec<String> {
        let flags = [
            ("PIPELINING", self.pipelining),
            ("8BITMIME", self.eight_bit),
            ("SMTPUTF8", self.smtputf8),
            ("STARTTLS", self.starttls),
        ];
        let flags = flags.into_iter().filter(|(_, is_offered)| *is_offered).map(|(word, _)| word.to_owned());
        let size = self.size.map(|size| format!("SIZE {size}"));
        let logins = (!self.logins.is_empty()).then(|| format!("AUTH {}", self.logins.join(" ")));
        flags.chain(size).chain(logins).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Capabilities {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Capabilities::read(&Reply { code: 250, lines, others: Vec::new() })
    }

    #[test]
    fn extensions_are_read_in_any_case() {
        let lines = ["mail.example.com PIPELINING", "pipelining", "SIZE 10240000", "AUTH plain LOGIN", "AUTH=LOGIN"];
        let all = read(&lines);
        assert!(all.pipelining && !all.eight_bit && !all.smtputf8 && !all.starttls);
        assert_eq!(all.size, Some(10_240_000));
        assert_eq!(all.logins, ["PLAIN", "LOGIN"]);
        assert_eq!(all.words(), ["PIPELINING", "SIZE 10240000", "AUTH PLAIN LOGIN"]);
    }

    #[test]
    fn blank_lines_and_odd_values_offer_nothing() {
        assert_eq!(read(&["", "", "  ", "SIZE", "SIZE 0", "SIZE x", "AUTH", "="]), Capabilities::default());
        assert_eq!(read(&["PIPELINING"]), Capabilities::default());
    }
}
