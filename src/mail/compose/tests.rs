//! The content of mails, and that they are well-formed whatever the store contains.

mod hostile;
mod layouts;
mod own;
mod said;

use std::time::Duration;
use strum::VariantArray as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use jiff::tz::TimeZone;

use super::*;
use crate::domain::mail_header::MailHeader;
use crate::domain::message::NoticeCause;
use crate::domain::organization::Organization;
use crate::domain::policy::RoleRequirements;
use crate::mail::context::PasswordChoice;
use crate::mail::texts::MailTexts;
use crate::secrets::reset_code::ResetCode;

const NONCE_OF_TESTS: [u8; NONCE] = [7; NONCE];

fn organization() -> Organization {
    Organization {
        name: "Example Travel".to_owned(),
        help_contact: "IT desk, +49 30 1234567, help@example.com".to_owned(),
        ..Organization::default()
    }
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

fn mailbox_of(text: &str) -> Mailbox {
    text.parse().unwrap()
}

fn identity<'a>(organization: &'a Organization, policy: &'a RoleRequirements) -> MailIdentity<'a> {
    MailIdentity {
        from: mailbox_of("accounts@example.com"),
        reply_to: None,
        bounce_to: None,
        headers: &[],
        organization,
        time_zone: TimeZone::UTC,
        link: Some("https://reset.example.com/#{code}".parse().unwrap()),
        policy,
        texts: MailTexts::built_in().unwrap(),
    }
}

fn composer_of(organization: &Organization) -> Composer {
    Composer::new(identity(organization, &RoleRequirements::default())).unwrap()
}

fn composer() -> Composer {
    composer_of(&organization())
}

fn code() -> ResetCode {
    ResetCode::parse("QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M").unwrap()
}

fn choice(code: &ResetCode) -> PasswordChoice<'_> {
    PasswordChoice { code, lifetime: Duration::from_secs(86_400), note: None }
}

fn notice(cause: NoticeCause) -> MailContent<'static> {
    let time = "2026-03-04T09:05:59Z".parse().unwrap();
    MailContent::Notice { cause, must_change: cause == NoticeCause::SetByOperator, time }
}

/// A mail to Alice, with everything that a test may want to change.
struct Draft {
    recipient: EmailAddress,
    name: String,
    locale: &'static str,
    message_id: String,
}

impl Draft {
    fn new() -> Self {
        Self {
            recipient: address("alice@example.com"),
            name: "Alice Weber".to_owned(),
            locale: "en",
            message_id: composer().message_id(MessageId(42), &NONCE_OF_TESTS),
        }
    }

    fn context<'a>(&'a self, content: MailContent<'a>) -> MailContext<'a> {
        MailContext {
            recipient: &self.recipient,
            name: &self.name,
            username: "alice",
            role: None,
            locale: Some(self.locale),
            date: "2026-03-04T10:00:00Z".parse().unwrap(),
            nonce: &NONCE_OF_TESTS,
            message_id: &self.message_id,
            content,
        }
    }

    fn in_german() -> Self {
        Self { locale: "de-CH", name: "Zoë Müller".to_owned(), ..Self::new() }
    }

    /// The subject and the text part.
    fn text(&self, content: MailContent<'_>) -> String {
        let preview = composer().preview(&self.context(content)).unwrap();
        format!("{}\n\n{}", preview.subject, preview.text.as_str())
    }

    fn mail(&self, composer: &Composer, content: MailContent<'_>) -> String {
        let mail = composer.compose(&self.context(content)).unwrap();
        String::from_utf8(mail.content.to_vec()).unwrap()
    }
}

/// The values of a header, unfolded.
fn headers<'a>(mail: &'a str, name: &str) -> Vec<&'a str> {
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

#[test]
fn a_mail_in_bytes() {
    let composer = Composer::new(MailIdentity {
        reply_to: Some(mailbox_of("help@example.com")),
        bounce_to: Some(address("bounces@example.com")),
        ..identity(&organization(), &RoleRequirements::default())
    });
    let draft = Draft::in_german();
    let mail = draft.mail(&composer.unwrap(), MailContent::Test);
    let (before_html, _) = mail.split_once("<style>").unwrap();
    insta::assert_snapshot!(before_html.replace("\r\n", "\n"), @r#"
    From: "Example Travel" <accounts@example.com>
    Subject: Testmail von Example Travel
    Content-Language: de
    Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply
    Reply-To: help@example.com
    To: alice@example.com
    Date: Wed, 04 Mar 2026 10:00:00 +0000
    Message-ID: <42.2f4713e65f43b43ad7bb7eff10831770@example.com>
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="addb6aabf630841897d41066c190b290"

    --addb6aabf630841897d41066c190b290
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Guten Tag Zo=C3=AB M=C3=BCller,

    dies ist eine Testmail der Administration von Example Travel. Da Sie sie
    erhalten haben, funktioniert der Versand. Sie brauchen nichts weiter zu
    tun.

    --addb6aabf630841897d41066c190b290
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    <!DOCTYPE html>
    <html lang=3D"de">
    <head>
    <meta charset=3D"utf-8">
    <meta name=3D"viewport" content=3D"width=3Ddevice-width, initial-scale=3D1">
    <meta name=3D"color-scheme" content=3D"light dark">
    <meta name=3D"supported-color-schemes" content=3D"light dark">
    <meta name=3D"format-detection" content=3D"telephone=3Dno, date=3Dno, addre=
    ss=3Dno">
    <title>Testmail von Example Travel</title>
    "#);
}

#[test]
fn a_mail_that_is_composed_again_is_the_same() {
    let code = code();
    for content in [MailContent::Reset(choice(&code)), notice(NoticeCause::ChangedByUser), MailContent::Test] {
        let draft = Draft::in_german();
        assert_eq!(draft.mail(&composer(), content), draft.mail(&composer(), content));
    }
}

#[test]
fn an_undeliverable_mail_returns_to_bounce_to_or_else_to_from() {
    let (organization, policy) = (organization(), RoleRequirements::default());
    let draft = Draft::new();
    let sender = |bounce_to| {
        let composer = Composer::new(MailIdentity { bounce_to, ..identity(&organization, &policy) }).unwrap();
        composer.compose(&draft.context(MailContent::Test)).unwrap().envelope.sender
    };
    assert_eq!(sender(None), address("accounts@example.com"));
    assert_eq!(sender(Some(address("bounces@example.com"))), address("bounces@example.com"));
}

#[test]
fn a_language_without_texts_becomes_english() {
    let draft = Draft::new();
    for (locale, subject) in [
        (None, "Test mail from Example Travel"),
        (Some("fr"), "Test mail from Example Travel"),
        (Some("de-CH"), "Testmail von Example Travel"),
    ] {
        let context = MailContext { locale, ..draft.context(MailContent::Test) };
        assert_eq!(composer().preview(&context).unwrap().subject, subject);
    }
}

#[test]
fn the_link_is_unbroken_on_a_line_of_its_own_in_the_text_part() {
    let code = code();
    let (organization, policy) = (organization(), RoleRequirements::default());
    // The longest link that a configuration may contain.
    let link: LinkTemplate = format!("https://{}.example/#{{code}}", "a".repeat(30)).parse().unwrap();
    let longest = link.not_me(code.in_link());
    assert_eq!(longest.len(), 75);
    let composer =
        Composer::new(MailIdentity { link: Some(link.clone()), ..identity(&organization, &policy) }).unwrap();
    for draft in [Draft::new(), Draft::in_german()] {
        for content in [MailContent::Reset(choice(&code)), MailContent::Invitation(choice(&code))] {
            let mail = draft.mail(&composer, content);
            let text = mail.split("Content-Type: text/html").next().unwrap();
            let encoding = if draft.locale == "en" { "7bit" } else { "quoted-printable" };
            assert!(text.contains(&format!("Content-Transfer-Encoding: {encoding}\r\n")));
            for link in [link.with(code.in_link()), longest.clone()] {
                assert_eq!(text.matches(&format!("\r\n\r\n{link}\r\n\r\n")).count(), 1, "{link}");
            }
        }
    }
}

#[test]
fn a_notice_and_a_test_contain_no_link_but_that_of_the_contact() {
    for draft in [Draft::new(), Draft::in_german()] {
        let notices = NoticeCause::VARIANTS.iter().copied().map(notice);
        for content in notices.into_iter().chain([MailContent::Test]) {
            let preview = composer().preview(&draft.context(content)).unwrap();
            for part in [&preview.text, &preview.html] {
                assert!(!part.contains("://") && !part.contains("reset.example.com"));
                let of_contact = part.matches("href=\"mailto:help@example.com\"").count();
                assert_eq!(part.matches("href").count(), of_contact);
            }
        }
    }
}

#[test]
fn the_html_part_loads_nothing_and_names_its_language() {
    let code = code();
    for draft in [Draft::new(), Draft::in_german()] {
        let preview = composer().preview(&draft.context(MailContent::Reset(choice(&code)))).unwrap();
        let html = preview.html.as_str();
        assert!(html.contains(&format!("<html lang=\"{}\">", &draft.locale[..2])));
        for outside in ["<img", "<link", "<script", "@import", "url(", "src="] {
            assert!(!html.contains(outside), "{outside}");
        }
        let links = html.matches("href=\"https://reset.example.com/#").count();
        assert_eq!((html.matches("href=").count(), links, html.matches("href=\"mailto:").count()), (5, 3, 1));
    }
}

#[test]
fn the_code_is_only_in_the_content() {
    let code = code();
    let mail = composer().compose(&Draft::new().context(MailContent::Reset(choice(&code)))).unwrap();
    let content = String::from_utf8_lossy(&mail.content);
    assert!(content.contains(code.in_link()) && content.contains(code.in_groups().as_str()));
    let (head, _) = content.split_once("\r\n\r\n").unwrap();
    assert!(!format!("{head} {mail:?} {}", mail.message_id).contains(code.in_link()));
}

#[test]
fn a_mail_with_a_link_needs_one_in_the_configuration() {
    let (organization, policy, code) = (organization(), RoleRequirements::default(), code());
    let composer = Composer::new(MailIdentity { link: None, ..identity(&organization, &policy) }).unwrap();
    let draft = Draft::new();
    let refused = composer.compose(&draft.context(MailContent::Reset(choice(&code))));
    assert_eq!(refused.unwrap_err(), ComposeError::NoLink);
    assert!(composer.compose(&draft.context(notice(NoticeCause::ChosenByLink))).is_ok());
}

#[test]
fn a_domain_outside_ascii_is_written_as_dns_has_it() {
    let (organization, policy) = (organization(), RoleRequirements::default());
    let foreign = || mailbox_of("O'Brien@bücher.example");
    let identity = MailIdentity { from: foreign(), reply_to: Some(foreign()), ..identity(&organization, &policy) };
    let draft = Draft { recipient: foreign().address, ..Draft::new() };
    let mail = Composer::new(identity).unwrap().compose(&draft.context(MailContent::Test)).unwrap();
    assert!(!mail.envelope.needs_smtputf8() && mail.content.is_ascii());
    let written = "O'Brien@xn--bcher-kva.example";
    assert_eq!([mail.envelope.sender.as_str(), mail.envelope.recipient.as_str()], [written; 2]);
    let content = String::from_utf8(mail.content.to_vec()).unwrap();
    assert_eq!([headers(&content, "To"), headers(&content, "Reply-To")], [[written]; 2]);
}

#[test]
fn an_address_outside_ascii_before_the_at_is_unchanged_in_the_header() {
    let draft = Draft { recipient: address("jürgen@bücher.example"), ..Draft::new() };
    let mail = composer().compose(&draft.context(MailContent::Test)).unwrap();
    assert!(mail.envelope.needs_smtputf8());
    let content = String::from_utf8(mail.content.to_vec()).unwrap();
    assert_eq!(headers(&content, "To"), ["jürgen@bücher.example"]);
}

#[test]
fn every_valid_address_can_be_written() {
    let (organization, policy) = (organization(), RoleRequirements::default());
    let longest = format!("{}@{}.example.{}", "l".repeat(64), "d".repeat(63), "e".repeat(63));
    let odd =
        ["!#$%&'*+-/=?^_`{|}~@example.com", "a.b.c@x.y", "1@2.3", "a@xn--bcher-kva.example", "a@b--c.d", &longest];
    for odd in odd.into_iter().chain(["jürgen@bücher.example", "用户@例子.广告", "δοκιμή@παράδειγμα.δοκιμή"])
    {
        let (from, reply_to) = (mailbox_of(odd), Some(mailbox_of(odd)));
        let composer = Composer::new(MailIdentity { from, reply_to, ..identity(&organization, &policy) }).unwrap();
        let draft = Draft { recipient: address(odd), ..Draft::new() };
        let mail = draft.mail(&composer, MailContent::Test);
        assert_eq!([headers(&mail, "To"), headers(&mail, "Reply-To")], [[odd], [odd]]);
        let in_from = mail.contains(&format!("\"Example Travel\" <{odd}>\r\n"));
        assert!(in_from || mail.contains(&format!("\"Example Travel\"\r\n <{odd}>\r\n")), "{mail}");
    }
}

#[test]
fn the_display_name_of_from_precedes_its_address_and_is_encoded_if_necessary() {
    let (organization, policy) = (organization(), RoleRequirements::default());
    // In two forms that every mail program decodes: a quoted string and an encoded word (RFC 2047).
    let quoted = |name: &str| format!("\"{name}\" <accounts@example.com>");
    let encoded = |name: &str| format!("=?utf-8?b?{}?= <accounts@example.com>", BASE64_STANDARD.encode(name));
    for (text, header) in [
        ("accounts@example.com", quoted("Example Travel")),
        ("Help Desk <accounts@example.com>", quoted("Help Desk")),
        ("Example Travel, Inc. <accounts@example.com>", encoded("Example Travel, Inc.")),
        ("\"Example, Inc.\" <accounts@example.com>", encoded("Example, Inc.")),
        (r#"The "best" \ desk <accounts@example.com>"#, quoted(r#"The \"best\" \\ desk"#)),
        ("Büro, Köln <accounts@example.com>", encoded("Büro, Köln")),
        // Nothing readable is left of it.
        ("... <accounts@example.com>", quoted("Example Travel")),
    ] {
        let (from, reply_to) = (mailbox_of(text), Some(mailbox_of(text)));
        let composer = Composer::new(MailIdentity { from, reply_to, ..identity(&organization, &policy) }).unwrap();
        let mail = Draft::new().mail(&composer, MailContent::Test);
        assert_eq!(headers(&mail, "From"), [header.as_str()], "{text}");
        let reply_to = if header == quoted("Example Travel") { "accounts@example.com" } else { &header };
        assert_eq!(headers(&mail, "Reply-To"), [reply_to], "{text}");
    }
}

#[test]
fn a_message_id_is_the_same_for_a_message_and_differs_for_others() {
    let composer = composer();
    let id = composer.message_id(MessageId(42), &NONCE_OF_TESTS);
    assert_eq!(id, composer.message_id(MessageId(42), &NONCE_OF_TESTS));
    assert_ne!(id, composer.message_id(MessageId(43), &NONCE_OF_TESTS));
    assert_ne!(id, composer.message_id(MessageId(42), &[8; NONCE]));
    assert!(id.starts_with("42.") && id.ends_with("@example.com") && is_message_id(&id), "{id}");
    // The boundary is another hash of the nonce.
    let mail = Draft::new().mail(&composer, MailContent::Test);
    assert!(!headers(&mail, "Content-Type").concat().contains(&id[3..35]));
}

#[test]
fn a_from_outside_ascii_leaves_the_message_id_ascii() {
    let (organization, policy) = (organization(), RoleRequirements::default());
    for (from, needs_smtputf8) in [("konto@bücher.example", false), ("jörg@bücher.example", true)] {
        let from = mailbox_of(from);
        let composer = Composer::new(MailIdentity { from, ..identity(&organization, &policy) }).unwrap();
        let id = composer.message_id(MessageId(1), &NONCE_OF_TESTS);
        assert!(id.ends_with("@xn--bcher-kva.example"), "{id}");
        let mail =
            composer.compose(&MailContext { message_id: &id, ..Draft::new().context(MailContent::Test) }).unwrap();
        assert_eq!(mail.envelope.needs_smtputf8(), needs_smtputf8);
    }
}

#[test]
fn a_header_outside_ascii_is_refused_if_the_envelope_is_ascii() {
    let (organization, policy) = (organization(), RoleRequirements::default());
    let foreign = || Some(mailbox_of("jörg@bücher.example"));
    let bounce_to = Some(address("bounces@example.com"));
    let replies = MailIdentity { reply_to: foreign(), ..identity(&organization, &policy) };
    let from = MailIdentity { from: foreign().unwrap(), bounce_to, ..identity(&organization, &policy) };
    for identity in [replies, from] {
        let refused = Composer::new(identity).unwrap_err();
        assert_eq!(refused, MailIdentityError::NotAscii("jörg@bücher.example".to_owned()));
    }
}
