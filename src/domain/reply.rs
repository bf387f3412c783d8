//! What a relay's refusal of a mail means, as far as its code and words tell (RFC 5321, 4.2; RFC 3463), and when two refusals
//! are the same one. What it means in the end is learned from the replies to others: see `outbox/suspicion.rs`.

use super::email_address::EmailAddress;
use super::relay::Phase;

/// The most words of a reply that are compared.
const MOST_WORDS: usize = 200;

/// An enhanced status code: class, subject and detail (RFC 3463, 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnhancedStatus(pub u16, pub u16, pub u16);

impl EnhancedStatus {
    /// The code that a text begins with.
    pub fn at_start(text: &str) -> Option<Self> {
        let mut parts = text.split_ascii_whitespace().next()?.split('.').map(|part| {
            let is_number = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse::<u16>().ok() } else { None }
        });
        let status = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(status)
    }
}

/// A word of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// In lower case.
    Fixed(String),
    /// An address, a host, a number or an id, which each reply has its own of; several in a row are one.
    Varying,
    /// A part of the recipient's address, which may happen to be a word of the reply too.
    Own,
}

/// What a refusal says of whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalSubject {
    /// The recipient, whatever others get.
    Recipient,
    /// Never the recipient: this program and the mail that it sends, which another mail tells apart.
    Sender,
    /// Either: the replies to the others tell.
    Unclear,
}

/// What a relay that has taken mail asks for with a reply of 4yz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// Fewer connections.
    Connections,
    /// A slower pace.
    Pace,
    /// Nothing by its words; several such replies in a row ask for a slower pace too.
    Unclear,
    /// Nothing: greylisting, or a refusal of this client. A slower pace would not help.
    No,
}

/// A reply of 4yz or 5yz to a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayReply {
    /// To which command.
    pub phase: Phase,
    code: u16,
    status: Option<EnhancedStatus>,
    words: Vec<Word>,
    /// In lower case.
    text: String,
}

impl RelayReply {
    /// The reply to a command for the mail to `recipient`. `text` is what stands behind the code.
    pub fn new(phase: Phase, code: u16, status: Option<EnhancedStatus>, text: &str, recipient: &EmailAddress) -> Self {
        let text = text.to_lowercase();
        Self { phase, code, status, words: words(&text, recipient), text }
    }

    /// The same of words that were kept: the code and the text. What was cut off at their end is the same as nothing else.
    pub fn of_words(phase: Phase, words: &str) -> Option<Self> {
        let (code, text) = words.split_once(' ').unwrap_or((words, ""));
        let nobody = EmailAddress::stored(String::new());
        Some(Self::new(phase, code.parse().ok()?, EnhancedStatus::at_start(text), text, &nobody))
    }

    /// Whether the refusal is permanent (5yz).
    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// Whether two replies are the same but for addresses, numbers and ids.
    pub fn is_same(&self, other: &Self) -> bool {
        let is_same_word = |(one, other): (&Word, &Word)| match (one, other) {
            (Word::Fixed(one), Word::Fixed(other)) => one == other,
            // An id may happen to have no digit.
            _ => true,
        };
        (self.code, self.status, self.words.len()) == (other.code, other.status, other.words.len())
            && self.words.iter().zip(&other.words).all(is_same_word)
    }

    /// Whom it is about.
    pub fn about(&self) -> RefusalSubject {
        match (self.phase, self.code, self.status) {
            // Syntax, command and order (RFC 5321, 4.2.2), and login (RFC 4954, 6).
            (_, 500 | 502 | 503 | 504 | 530 | 534 | 535 | 538, _) | (Phase::Mail, 500.., _) => RefusalSubject::Sender,
            // The addressing statuses of a recipient (RFC 3463, 3.2; RFC 7505, 4.2: x.1.10).
            (Phase::Rcpt | Phase::Program, _, Some(EnhancedStatus(4 | 5, 1, 1 | 2 | 3 | 6 | 10))) => {
                RefusalSubject::Recipient
            }
            _ => RefusalSubject::Unclear,
        }
    }

    /// Whether a refusal at MAIL is by its code about the mail that is announced and not about its sender: a parameter (555),
    /// its size (RFC 1870), its media (x.6.y).
    pub fn is_about_the_mail(&self) -> bool {
        matches!(
            (self.code, self.status),
            (552 | 555, _) | (_, Some(EnhancedStatus(5, 6, _) | EnhancedStatus(5, 3, 4)))
        )
    }

    /// Whether the relay has had enough of the connection: it hangs up (421, RFC 5321, 3.8), or the session has had as many
    /// mails as it may (452 4.5.3).
    pub fn ends_the_connection(&self) -> bool {
        let is_too_many =
            self.status == Some(EnhancedStatus(4, 5, 3)) || self.status.is_none() && self.text.contains("too many");
        // A program in place of a relay has a connection of its own for each mail.
        self.phase != Phase::Program && (self.code == 421 || self.code == 452 && is_too_many)
    }

    /// Whether the relay does not want several commands at once (RFC 2920), whatever it offered.
    pub fn refuses_pipelining(&self) -> bool {
        matches!(self.code, 500 | 503) && self.text.contains("pipelin")
    }

    /// What it asks for, if the relay has taken mail before.
    pub fn throttle(&self) -> Throttle {
        let says = |words: &[&str]| words.iter().any(|word| self.text.contains(word));
        if self.code == 432 || says(&["concurrent", "too many connections", "connection limit"]) {
            return Throttle::Connections;
        }
        let names_pace = says(&["throttl", "too fast", "too many", "too much", "slow down", "slower", "rate limit"])
            || says(&[" rate ", "rate-limit", "ratelimit", "sending rate", "server busy"]);
        if !matches!(self.phase, Phase::Rcpt | Phase::Program) {
            return if names_pace || self.code == 421 { Throttle::Pace } else { Throttle::Unclear };
        }
        match self.status {
            _ if names_pace || self.code == 421 => Throttle::Unclear,
            Some(EnhancedStatus(4, 1 | 7, _)) => Throttle::No,
            _ if says(&["greylist", "graylist", "grey-list", "gray-list", "grey list"]) => Throttle::No,
            _ => Throttle::Unclear,
        }
    }

    /// Where to look when it is about this program.
    pub fn where_to_look(&self) -> &'static str {
        let says = |words: &[&str]| words.iter().any(|word| self.text.contains(word));
        if self.phase == Phase::Program {
            "the program of `[mail.sendmail]`, its configuration and its log"
        } else if says(&["(size)"]) {
            "the relay's limit of a mail's size"
        } else if says(&["quota", "limit", "exceed", "too many"]) {
            "the quota of this account with the relay"
        } else if says(&["helo", "ehlo", "qualified hostname"]) {
            "`[mail.smtp] helo`"
        } else if says(&["reverse hostname", "client host", "ptr"]) {
            "the reverse name of this host, and whether the relay knows it"
        } else if matches!(self.code, 530 | 534 | 535 | 538) || says(&["authenticat", "log in", "login"]) {
            "the login (`[mail.smtp] username`)"
        } else if self.phase == Phase::Mail || says(&["sender", "from address", "from:", "verified", "mail from"]) {
            "`[mail] from`"
        } else if says(&["relay", "rcpthosts"]) {
            "the permission to relay: the login, or this host's address in the relay's settings"
        } else {
            "`[mail.smtp] helo`, `[mail] from`, the login, the permission to relay, and the quota"
        }
    }
}

/// The words of a text in lower case.
fn words(text: &str, recipient: &EmailAddress) -> Vec<Word> {
    let address = recipient.as_str().to_lowercase();
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    let is_between = |character: char| character.is_whitespace() || "<>()[]{}\"'`,;:=|".contains(character);
    let mut words = Vec::new();
    for word in text.split(is_between) {
        let word = word.trim_matches(|character: char| !character.is_alphanumeric());
        if word.is_empty() {
            continue;
        }
        let varies = word.contains(|character: char| character.is_numeric() || "@.".contains(character));
        match varies {
            _ if word == local || word == domain => words.push(Word::Own),
            true if words.last() == Some(&Word::Varying) => {}
            true => words.push(Word::Varying),
            false => words.push(Word::Fixed(word.to_owned())),
        }
        if words.len() == MOST_WORDS {
            break;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(phase: Phase, line: &str, recipient: &str) -> RelayReply {
        let (code, text) = line.split_once(' ').unwrap_or((line, ""));
        let recipient = EmailAddress::stored(recipient.to_owned());
        RelayReply::new(phase, code.parse().unwrap(), EnhancedStatus::at_start(text), text, &recipient)
    }

    fn rcpt(line: &str) -> RelayReply {
        reply(Phase::Rcpt, line, "user@example.com")
    }

    /// What relays say, with `{a}` for the recipient's address, `{l}` and `{d}` for its parts, and `{n}` and `{i}` for a number
    /// and an id of their own.
    const LINES: [&str; 27] = [
        "571 5.7.1 <{a}>: Delivery not authorized",
        "554 5.0.0 <{a}> unknown",
        "555 5.5.4 Unsupported option: SMTPUTF8",
        "504 5.5.2 <host>: Helo command rejected: need fully-qualified hostname",
        "503 5.5.0 Improper use of SMTP command pipelining",
        "550 relay not permitted",
        "550 authentication required",
        "550 Sender verify failed",
        "550 Invalid recipient",
        "550 Invalid recipient: <{a}>",
        "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        "553 Relaying disallowed ({i})",
        "513 Relaying denied for {l} at {d}.",
        "554 Message rejected: Email address is not verified. {i}",
        "550 The from address does not match a verified Sender Identity",
        "550 5.4.5 Daily user sending limit exceeded. {i} - gsmtp",
        "554 5.2.0 SubmissionQuotaExceededException {n}; [Hostname=AM{n}.eurprd.prod.outlook.com]",
        "550 Domain example.com has exceeded the max emails per hour ({n}/{n} (100%)) allowed",
        "554 5.7.0 Your message could not be sent. The limit was exceeded. Try again later.",
        "454 4.7.1 <{a}>: Relay access denied",
        "450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.{n}]",
        "450 4.1.8 <from@example.com>: Sender address rejected: Domain not found",
        "454 Throttling failure: Maximum sending rate exceeded",
        "432 4.3.2 Concurrent connections limit exceeded",
        "452 4.5.3 Too many recipients: Too many messages sent",
        "451 4.7.1 Greylisting in action, please come back in {n} seconds, {l}",
        "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; {a}",
    ];

    fn filled(line: &str, address: &str, number: &str, id: &str) -> RelayReply {
        let (local, domain) = address.rsplit_once('@').unwrap();
        let text = line.replace("{a}", address).replace("{l}", local).replace("{d}", domain);
        reply(Phase::Rcpt, &text.replace("{n}", number).replace("{i}", id), address)
    }

    #[test]
    fn each_line_is_the_same_for_other_recipients_and_no_other_line() {
        let others = [
            ("user@example.com", "1", "4XyZ12abc"),
            ("Bob.Smith+x@sub.example.net", "999", "AbCdEfGhIjKl"),
            // Parts of an address that are words of the replies.
            ("relay@recipient", "17", "1tG5Qx-00000000AbC-0wXy"),
            ("denied@xn--bcher-kva.example", "4", "a1-b2-c3"),
            ("ü@bücher.example", "23", "F00"),
        ];
        for (at, line) in LINES.iter().enumerate() {
            for (address, number, id) in others {
                let one = filled(line, address, number, id);
                for (address, number, id) in others {
                    assert!(one.is_same(&filled(line, address, number, id)), "{line}: {address}");
                }
            }
            let plain = |line: &str| filled(line, "zoe@example.org", "5", "9f");
            for other in LINES.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, other)| other) {
                let may_be_same = [line, other].iter().all(|line| line.starts_with("550 Invalid recipient"));
                assert!(may_be_same || !plain(line).is_same(&plain(other)), "{line} and {other}");
            }
        }
    }

    #[test]
    fn words_that_were_kept_are_the_same_reply() {
        let kept = RelayReply::of_words(Phase::Rcpt, "554 5.7.1 <bob@example.net>: Relay access denied").unwrap();
        assert!(kept.is_same(&rcpt("554 5.7.1 <user@example.com>: Relay access denied")));
        assert!(!kept.is_same(&rcpt("554 5.7.1 <user@example.com>: spam")));
        assert_eq!(RelayReply::of_words(Phase::Rcpt, "gave up: 554 x"), None);
    }

    #[test]
    fn code_and_status_tell_replies_apart() {
        assert!(!rcpt("550 no").is_same(&rcpt("554 no")));
        assert!(!rcpt("550 5.1.1 no").is_same(&rcpt("550 5.7.1 no")));
        assert!(!rcpt("550 no").is_same(&rcpt("550 no such user")));
        assert!(rcpt("550").is_same(&rcpt("550")));
    }

    #[test]
    fn the_statuses_of_a_recipient_are_the_recipients_at_rcpt_alone() {
        for detail in 0..=20 {
            let is_own = [1, 2, 3, 6, 10].contains(&detail);
            for class in [4, 5] {
                let line = format!("{class}50 {class}.1.{detail} x");
                let expected = if is_own { RefusalSubject::Recipient } else { RefusalSubject::Unclear };
                assert_eq!(rcpt(&line).about(), expected, "{line}");
                assert_eq!(reply(Phase::Dot, &line, "a@b").about(), RefusalSubject::Unclear, "{line}");
            }
        }
    }

    #[test]
    fn syntax_order_and_login_are_never_the_recipients() {
        for code in 400..600 {
            let line = format!("{code} 5.1.1 x");
            let expected = if [500, 502, 503, 504, 530, 534, 535, 538].contains(&code) {
                RefusalSubject::Sender
            } else {
                RefusalSubject::Recipient
            };
            assert_eq!(rcpt(&line).about(), expected, "{line}");
            let expected = if code >= 500 { RefusalSubject::Sender } else { RefusalSubject::Unclear };
            assert_eq!(reply(Phase::Mail, &line, "a@b").about(), expected, "{line}");
        }
        assert!(reply(Phase::Mail, "555 5.5.4 Unsupported option: SMTPUTF8", "a@b").is_about_the_mail());
        assert!(!reply(Phase::Mail, "550 5.7.1 sender refused", "a@b").is_about_the_mail());
    }

    #[test]
    fn throttling_is_told_from_greylisting_and_from_a_client_that_is_refused() {
        let dot = |line| reply(Phase::Dot, line, "a@b").throttle();
        assert_eq!(dot("454 Throttling failure: Maximum sending rate exceeded"), Throttle::Pace);
        assert_eq!(dot("451 4.7.1 too fast"), Throttle::Pace);
        assert_eq!(dot("450 4.2.1 later"), Throttle::Unclear);
        assert_eq!(dot("432 4.3.2 Concurrent connections limit exceeded"), Throttle::Connections);
        for line in ["451 4.7.1 Greylisting in action", "451 greylisted", "454 4.7.1 <a@b>: Relay access denied"] {
            assert_eq!(rcpt(line).throttle(), Throttle::No, "{line}");
        }
        for line in ["450 4.7.25 cannot find your reverse hostname", "450 4.1.8 Domain not found"] {
            assert_eq!(rcpt(line).throttle(), Throttle::No, "{line}");
        }
        for line in ["450 4.2.1 receiving mail at a rate that", "451 4.7.650 rate limited", "452 4.2.2 full", "451 x"] {
            assert_eq!(rcpt(line).throttle(), Throttle::Unclear, "{line}");
        }
    }

    #[test]
    fn the_end_of_a_connection_is_told_from_a_full_mailbox() {
        for line in ["421 4.4.2 timeout", "452 4.5.3 Too many recipients", "452 too many messages"] {
            assert!(rcpt(line).ends_the_connection(), "{line}");
        }
        for line in ["452 4.2.2 mailbox full", "452 full", "450 4.5.3 too many"] {
            assert!(!rcpt(line).ends_the_connection(), "{line}");
        }
    }

    #[test]
    fn each_reply_says_where_to_look() {
        let look = |line: &str| rcpt(line).where_to_look();
        assert_eq!(
            look("504 5.5.2 <host>: Helo command rejected: need fully-qualified hostname"),
            "`[mail.smtp] helo`"
        );
        assert_eq!(look("550 Sender verify failed"), "`[mail] from`");
        assert!(look("454 4.7.1 <a@b>: Relay access denied").starts_with("the permission to relay"));
        assert!(look("550 authentication required").starts_with("the login"));
        assert!(look("550 5.4.5 Daily user sending limit exceeded").starts_with("the quota"));
        assert!(
            look("450 4.7.25 Client host rejected: cannot find your reverse hostname").starts_with("the reverse name")
        );
        assert!(look("550 no").contains("helo"));
    }
}
