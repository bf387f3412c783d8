//! Mails made by chance, of what breaks lines and ends mails: those that the program writes itself, and bytes that no
//! writer should make. What the relay reads is strict, whatever went in.

use std::time::Duration;

use cxme_admin::domain::email_address::EmailAddress;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::organization::Organization;
use cxme_admin::domain::policy::Policy;
use cxme_admin::mail::Envelope;
use cxme_admin::mail::Mail;
use cxme_admin::mail::compose::Composer;
use cxme_admin::mail::context::MailContent;
use cxme_admin::mail::context::MailContext;
use cxme_admin::mail::context::MailIdentity;
use cxme_admin::mail::context::PasswordChoice;
use cxme_admin::mail::smtp::SmtpConnection;
use cxme_admin::mail::texts::MailTexts;
use cxme_admin::secrets::reset_code::ResetCode;
use cxme_admin::secrets::zeroizing::ZeroizingBuf;

use crate::relay::Act;
use crate::relay::Received;
use crate::relay::ScriptedRelay;
use crate::world;
use crate::world::brief;
use crate::world::plain;
use crate::world::run;

/// What ends lines or mails, or looks as if, or means something to a relay.
const PIECES: [&str; 32] = [
    "\r\n",
    "\r\n",
    "\n",
    "\r",
    "\n.\n",
    "\r.\r",
    "\r\n.\r\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r\r\n",
    "\n\r",
    ".",
    "..",
    "\0",
    "\r\n.",
    "\n..",
    "\u{1b}[2J",
    "\u{85}",
    "\u{2028}",
    "\u{b}",
    "=0D=0A",
    "=\r\n",
    "MAIL FROM:<a@b.example>",
    "DATA",
    "QUIT",
    "RSET",
    "To: eve@example.com",
    "ü",
    "명",
    " ",
    "\t",
    "usual words",
];

/// The same chance whenever a test runs: SplitMix64, of a seed that is named where a test fails.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % limit
    }

    /// Up to so many pieces, some of them long.
    fn text(&mut self, pieces: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.below(pieces + 1) {
            match self.below(12) {
                0 => text += &"y".repeat(self.below(2_500)),
                1 => text.extend(char::from_u32(u32::try_from(self.below(0x3000)).unwrap())),
                _ => text += PIECES[self.below(PIECES.len())],
            }
        }
        text
    }
}

/// How many mails of each kind.
fn cases() -> usize {
    if world::is_long() { 10_000 } else { 200 }
}

/// How many mails go over one connection.
const ON_ONE_CONNECTION: usize = 100;

/// All that a relay read on one connection is strict, and has as many ends of mails as mails.
fn assert_strict(bytes: &[u8], mails: &[Received], seed: usize) {
    let text = String::from_utf8_lossy(bytes);
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Some(line) = line.strip_suffix(b"\r") {
            // The dot that is stuffed in does not count (RFC 5321, 4.5.3.1.6).
            assert!(line.strip_prefix(b".").unwrap_or(line).len() <= 998, "{seed}: a long line");
            assert!(!line.contains(&b'\r'), "{seed}: a bare CR: {text:?}");
        } else {
            assert!(line.is_empty(), "{seed}: a bare LF: {text:?}");
        }
    }
    assert!(!bytes.contains(&0), "{seed}: a NUL: {text:?}");
    let ends = bytes.windows(5).filter(|window| window == b"\r\n.\r\n").count();
    assert_eq!(ends, mails.len(), "{seed}: {text:?}");
    let announced = |command: &str| text.split("\r\n").filter(|line| line.starts_with(command)).count();
    assert!(announced("DATA") >= mails.len(), "{seed}");
}

/// One envelope for MAIL and RCPT, and nothing else in the command.
fn assert_envelope(received: &Received, envelope: &Envelope, seed: usize) {
    let parameters = received.mail.strip_prefix(&format!("MAIL FROM:<{}>", envelope.sender.as_str()));
    let parameters = parameters.unwrap_or_else(|| panic!("{seed}: {received:?}"));
    assert!(["", " BODY=8BITMIME", " SMTPUTF8", " BODY=8BITMIME SMTPUTF8"].contains(&parameters), "{seed}");
    assert_eq!(received.recipients, [envelope.recipient.as_str()], "{seed}");
}

/// Hands mails over on one connection, and compares what the relay read with those of them that were accepted; the rest
/// was refused as the program's own mistake. Each may be announced behind the one before. How many were accepted.
fn compare(mails: &[Mail], rides: bool, seed: usize) -> usize {
    let server = ScriptedRelay::start(world::offer(&["PIPELINING", "8BITMIME", "SMTPUTF8"]), |_| Act::Usual);
    let said: Vec<String> = run(async {
        let mut connection: SmtpConnection = plain(&server).open().await.unwrap();
        let mut said = Vec::new();
        for (number, mail) in mails.iter().enumerate() {
            let next = mails.get(number + 1).filter(|_| rides).map(|next| &next.envelope);
            said.push(brief(&connection.deliver(mail, next).await));
        }
        connection.close().await;
        said
    });
    let dumps = server.end();
    let accepted = mails.iter().zip(&said).filter(|(_, said)| said.starts_with("accepted"));
    let accepted: Vec<&Mail> = accepted.map(|(mail, _)| mail).collect();
    assert_strict(&dumps[0].bytes(), &dumps[0].mails, seed);
    assert_eq!(dumps[0].mails.len(), accepted.len(), "{seed}");
    for (received, mail) in dumps[0].mails.iter().zip(&accepted) {
        assert!(received.content == *mail.content, "{seed}: {:?}", String::from_utf8_lossy(&mail.content));
        assert_envelope(received, &mail.envelope, seed);
    }
    for (mail, said) in mails.iter().zip(&said).filter(|(_, said)| !said.starts_with("accepted")) {
        let is_ours = said.starts_with("refused: this is a bug") || said.contains("cannot stand in a command");
        assert!(is_ours, "{seed}: {said}: {:?}", String::from_utf8_lossy(&mail.content));
    }
    accepted.len()
}

/// A mail to a user, an organization and with a note that were made by chance.
fn written(chance: &mut Chance, composer: &Composer, number: usize) -> Mail {
    let code = ResetCode::parse("QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M").unwrap();
    let address = EmailAddress::stored(format!("user{number}@example.com"));
    let (name, username, note) = (chance.text(6), chance.text(3), chance.text(40));
    let nonce = [u8::try_from(number % 256).unwrap(); 16];
    let message_id = composer.message_id(MessageId(i64::try_from(number).unwrap()), &nonce);
    let choice = PasswordChoice { code: &code, lifetime: Duration::from_secs(86_400), note: Some(&note) };
    let content = [MailContent::Reset(choice), MailContent::Invitation(choice), MailContent::Test][chance.below(3)];
    let letter = MailContext {
        recipient: &address,
        name: &name,
        username: &username,
        locale: Some(["en", "de", "xx"][chance.below(3)]),
        date: "2026-03-04T09:05:59Z".parse().unwrap(),
        nonce: &nonce,
        message_id: &message_id,
        content,
    };
    composer.compose(&letter).unwrap()
}

#[test]
fn what_the_program_writes_is_strict_on_the_wire_whatever_the_names_and_notes_are() {
    for seed in 0..cases() / ON_ONE_CONNECTION {
        let mut chance = Chance(u64::try_from(seed).unwrap());
        let organization =
            Organization { name: chance.text(6), help_contact: chance.text(6), ..Organization::default() };
        let identity = MailIdentity {
            from: "accounts@example.com".parse().unwrap(),
            reply_to: None,
            bounce_to: None,
            headers: &[],
            organization: &organization,
            time_zone: jiff::tz::TimeZone::UTC,
            link: Some("https://reset.example.com/#{code}".parse().unwrap()),
            policy: &Policy::default(),
            texts: MailTexts::built_in().unwrap(),
        };
        let composer = Composer::new(identity).unwrap();
        let mails: Vec<Mail> = (0..ON_ONE_CONNECTION).map(|number| written(&mut chance, &composer, number)).collect();
        assert_eq!(compare(&mails, seed % 2 == 1, seed), mails.len(), "{seed}");
    }
}

/// Whether bytes are a mail: found by another way than the program's own.
fn is_strict(content: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(content) else { return false };
    let Some(whole) = text.strip_suffix("\r\n").or(Some("").filter(|_| text.is_empty())) else { return false };
    whole.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0']))
}

#[test]
fn bytes_that_no_writer_makes_are_sent_as_they_are_or_not_at_all() {
    let (mut strict, mut others) = (0, 0);
    for seed in 0..cases() / ON_ONE_CONNECTION {
        let mut chance = Chance(u64::try_from(seed).unwrap() ^ 0x5eed);
        let mails: Vec<Mail> = (0..ON_ONE_CONNECTION)
            .map(|_| {
                let mut content = chance.text(24);
                // By chance alone hardly any would be strict.
                if chance.below(2) == 0 {
                    content = content.replace('\r', "").replace('\n', "\r\n").replace("yyyyyyyy", "y") + "\r\n";
                    if chance.below(4) > 0 {
                        content = content.replace('\0', "");
                    }
                }
                let recipient = match chance.below(8) {
                    0 => format!("a{}@example.com", chance.text(2)),
                    _ => "alice@example.com".to_owned(),
                };
                Mail { content: ZeroizingBuf::new(content.into_bytes()), ..world::mail(&recipient) }
            })
            .collect();
        let good = |mail: &&Mail| is_strict(&mail.content);
        // Addresses are made by chance too; most of them cannot stand in a command.
        let named = mails.iter().filter(good).filter(|mail| mail.envelope.recipient.as_str() == "alice@example.com");
        let accepted = compare(&mails, false, seed);
        assert!((named.count()..=mails.iter().filter(good).count()).contains(&accepted), "{seed}");
        strict += accepted;
        others += mails.len() - accepted;
    }
    assert!(strict > cases() / 4 && others > cases() / 4, "{strict} strict, {others} others");
}
