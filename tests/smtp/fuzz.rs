//! Random mails with many line breaks and ends of mails: those that the program composes, and arbitrary bytes. What
//! the relay reads is always strict.

use std::time::Duration;

use cxme_admin::domain::email_address::EmailAddress;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::organization::Organization;
use cxme_admin::domain::policy::RoleRequirements;
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

/// Texts that end lines or mails, or look as if they did, or mean something to a relay.
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

/// A deterministic random number generator: SplitMix64, with a seed that a failure shows.
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % limit
    }

    /// A text of up to `pieces` pieces, some of them long.
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

/// Number of mails of each kind.
fn cases() -> usize {
    if world::is_long() { 10_000 } else { 200 }
}

/// Number of mails over one connection.
const ON_ONE_CONNECTION: usize = 100;

/// Checks that all data that a relay read on one connection is strict, with as many ends of mails as mails.
fn assert_strict(bytes: &[u8], mails: &[Received], seed: usize) {
    let text = String::from_utf8_lossy(bytes);
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Some(line) = line.strip_suffix(b"\r") {
            // A stuffed dot does not count (RFC 5321, 4.5.3.1.6).
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

/// Checks that MAIL and RCPT have this envelope and nothing else.
fn assert_envelope(received: &Received, envelope: &Envelope, seed: usize) {
    let parameters = received.mail.strip_prefix(&format!("MAIL FROM:<{}>", envelope.sender.as_str()));
    let parameters = parameters.unwrap_or_else(|| panic!("{seed}: {received:?}"));
    assert!(["", " BODY=8BITMIME", " SMTPUTF8", " BODY=8BITMIME SMTPUTF8"].contains(&parameters), "{seed}");
    assert_eq!(received.recipients, [envelope.recipient.as_str()], "{seed}");
}

/// Delivers mails over one connection, and compares what the relay read with the accepted ones; the others were
/// refused by the program itself. With `pipelines`, each is announced behind the one before. Returns the number of
/// accepted mails.
fn compare(mails: &[Mail], pipelines: bool, seed: usize) -> usize {
    let server = ScriptedRelay::start(world::offer(&["PIPELINING", "8BITMIME", "SMTPUTF8"]), |_| Act::Usual);
    let said: Vec<String> = run(async {
        let mut connection: SmtpConnection = plain(&server).open().await.unwrap();
        let mut said = Vec::new();
        for (number, mail) in mails.iter().enumerate() {
            let next = mails.get(number + 1).filter(|_| pipelines).map(|next| &next.envelope);
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

/// A mail with a random user, organization and note.
fn written(rng: &mut Rng, composer: &Composer, number: usize) -> Mail {
    let code = ResetCode::parse("QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M").unwrap();
    let address = EmailAddress::stored(format!("user{number}@example.com"));
    let (name, username, note) = (rng.text(6), rng.text(3), rng.text(40));
    let nonce = [u8::try_from(number % 256).unwrap(); 16];
    let message_id = composer.message_id(MessageId(i64::try_from(number).unwrap()), &nonce);
    let choice = PasswordChoice { code: &code, lifetime: Duration::from_secs(86_400), note: Some(&note) };
    let content = [MailContent::Reset(choice), MailContent::Invitation(choice), MailContent::Test][rng.below(3)];
    let letter = MailContext {
        recipient: &address,
        name: &name,
        username: &username,
        role: None,
        locale: Some(["en", "de", "xx"][rng.below(3)]),
        date: "2026-03-04T09:05:59Z".parse().unwrap(),
        nonce: &nonce,
        message_id: &message_id,
        content,
    };
    composer.compose(&letter).unwrap()
}

#[test]
fn composed_mails_are_strict_for_all_names_and_notes() {
    for seed in 0..cases() / ON_ONE_CONNECTION {
        let mut rng = Rng(u64::try_from(seed).unwrap());
        let organization = Organization { name: rng.text(6), help_contact: rng.text(6), ..Organization::default() };
        let identity = MailIdentity {
            from: "accounts@example.com".parse().unwrap(),
            reply_to: None,
            bounce_to: None,
            headers: &[],
            organization: &organization,
            time_zone: jiff::tz::TimeZone::UTC,
            link: Some("https://reset.example.com/#{code}".parse().unwrap()),
            policy: &RoleRequirements::default(),
            texts: MailTexts::built_in().unwrap(),
        };
        let composer = Composer::new(identity).unwrap();
        let mails: Vec<Mail> = (0..ON_ONE_CONNECTION).map(|number| written(&mut rng, &composer, number)).collect();
        assert_eq!(compare(&mails, seed % 2 == 1, seed), mails.len(), "{seed}");
    }
}

/// Whether bytes are a valid mail, determined in another way than by the program.
fn is_strict(content: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(content) else { return false };
    let Some(whole) = text.strip_suffix("\r\n").or(Some("").filter(|_| text.is_empty())) else { return false };
    whole.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0']))
}

#[test]
fn arbitrary_bytes_are_sent_unchanged_or_not_at_all() {
    let (mut strict, mut others) = (0, 0);
    for seed in 0..cases() / ON_ONE_CONNECTION {
        let mut rng = Rng(u64::try_from(seed).unwrap() ^ 0x5eed);
        let mails: Vec<Mail> = (0..ON_ONE_CONNECTION)
            .map(|_| {
                let mut content = rng.text(24);
                // Otherwise hardly any content would be strict.
                if rng.below(2) == 0 {
                    content = content.replace('\r', "").replace('\n', "\r\n").replace("yyyyyyyy", "y") + "\r\n";
                    if rng.below(4) > 0 {
                        content = content.replace('\0', "");
                    }
                }
                let recipient = match rng.below(8) {
                    0 => format!("a{}@example.com", rng.text(2)),
                    _ => "alice@example.com".to_owned(),
                };
                Mail { content: ZeroizingBuf::new(content.into_bytes()), ..world::mail(&recipient) }
            })
            .collect();
        let good = |mail: &&Mail| is_strict(&mail.content);
        // Addresses are random too; most of them are invalid in a command.
        let named = mails.iter().filter(good).filter(|mail| mail.envelope.recipient.as_str() == "alice@example.com");
        let accepted = compare(&mails, false, seed);
        assert!((named.count()..=mails.iter().filter(good).count()).contains(&accepted), "{seed}");
        strict += accepted;
        others += mails.len() - accepted;
    }
    assert!(strict > cases() / 4 && others > cases() / 4, "{strict} strict, {others} others");
}
