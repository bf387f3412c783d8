//! Mails of every kind and language as another program reads them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "mail/reading.rs"]
mod reading;

use std::time::Duration;
use strum::VariantArray as _;

use cxme_admin::domain::email_address::EmailAddress;
use cxme_admin::domain::link::LinkTemplate;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::NoticeCause;
use cxme_admin::domain::organization::Organization;
use cxme_admin::domain::policy::RoleRequirements;
use cxme_admin::domain::user::UserId;
use cxme_admin::mail::compose::Composer;
use cxme_admin::mail::context::MailContent;
use cxme_admin::mail::context::MailContext;
use cxme_admin::mail::context::MailIdentity;
use cxme_admin::mail::context::PasswordChoice;
use cxme_admin::mail::texts::MailTexts;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::secrets::key::ResetKey;
use cxme_admin::secrets::reset_code::NONCE;
use cxme_admin::secrets::reset_code::ResetCode;

use crate::reading::Expected;

/// What each mail here says.
const EXPECTED: Expected<'_> = Expected {
    from: "accounts@example.com",
    to: "alice@example.com",
    date: Some("2026-03-04T10:00:00+00:00"),
    link: "",
};

/// Names and notes from the plain to the hostile.
const WORDS: [&str; 6] = [
    "Alice Weber",
    "Zoë Müller",
    "山田 太郎",
    "Eve\r\nBcc: all@example.com\r\n\r\n<script>",
    "\"Smith, J.\" <j@example.com>; =?utf-8?q?x?=",
    "\u{1b}]52;c;aGk=\u{7}\u{202e}",
];

#[test]
fn python_reads_every_mail_without_a_defect() {
    let directory = tempfile::tempdir().unwrap();
    let link: LinkTemplate = "https://reset.example.com/#{code}".parse().unwrap();
    let mut count = 0;
    for (number, words) in WORDS.into_iter().enumerate() {
        let organization =
            Organization { name: words.to_owned(), help_contact: words.to_owned(), ..Organization::default() };
        let composer = Composer::new(MailIdentity {
            from: "accounts@example.com".parse().unwrap(),
            reply_to: Some("help@example.com".parse().unwrap()).filter(|_| number % 2 == 0),
            bounce_to: None,
            headers: &[],
            organization: &organization,
            time_zone: jiff::tz::TimeZone::UTC,
            link: Some(link.clone()),
            policy: &RoleRequirements::default(),
            texts: MailTexts::built_in().unwrap(),
        });
        let composer = composer.unwrap();
        let nonce = [u8::try_from(number).unwrap(); NONCE];
        let code = ResetCode::make(&ResetKey::generate(&ScriptedRandom::new(1)), &nonce, UserId(1));
        let choice = PasswordChoice { code: &code, lifetime: Duration::from_secs(86_400), note: Some(words) };
        let changed =
            |cause| MailContent::Notice { cause, must_change: true, time: "2026-03-04T09:05:59Z".parse().unwrap() };
        let contents = [MailContent::Reset(choice), MailContent::Invitation(choice), MailContent::Test]
            .into_iter()
            .chain(NoticeCause::VARIANTS.iter().copied().map(changed));
        for (content, locale) in contents.flat_map(|content| ["en", "de"].map(|locale| (content, locale))) {
            let message_id = composer.message_id(MessageId(count.try_into().unwrap()), &nonce);
            let letter = MailContext {
                recipient: &address("alice@example.com"),
                name: words,
                username: "alice",
                role: None,
                locale: Some(locale),
                date: "2026-03-04T10:00:00Z".parse().unwrap(),
                nonce: &nonce,
                message_id: &message_id,
                content,
            };
            let mail = composer.compose(&letter).unwrap();
            let expected = if content.kind().has_link() { link.with(code.in_link()) } else { String::new() };
            reading::put(directory.path(), count, &mail.content, &Expected { link: &expected, ..EXPECTED });
            count += 1;
        }
    }

    assert_eq!(reading::read(directory.path()), [format!("{count} mails\n"), String::new()]);
}

#[test]
fn python_names_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let mail = "From: accounts@example.com\r\nTo: alice@example.com\r\nTo: bob@example.com\r\n\
                Date: Wed, 04 Mar 2026 10:00:00 +0000\r\nContent-Type: multipart/alternative; boundary=\"x\"\r\n\r\n\
                --x\r\n\r\n";
    reading::put(directory.path(), 0, mail.as_bytes(), &EXPECTED);
    let [_, problems] = reading::read(directory.path());
    for problem in
        ["defect: CloseBoundaryNotFoundDefect()", "To is there 2 times", "Subject is there 0 times", "parts: "]
    {
        assert!(problems.contains(problem), "{problem}\n{problems}");
    }
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}
