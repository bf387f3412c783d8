//! Names, notes and organizations that are meant to break a mail.

use proptest::prelude::*;

use super::*;

/// Typical attacks on web pages, templates, terminals and mails.
pub(super) const PAYLOADS: [&str; 50] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "'><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</p></div></body></html><html>",
    "<!-- ",
    "--><b>",
    "<![CDATA[x]]>",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE html>",
    "<a href=\"https://evil.example/\">click</a>",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe src=//evil.example>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><input name=password>",
    "<math><mi//xlink:href=\"data:x,<script>alert(4)</script>\">",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<style>*{display:none}</style>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)' autofocus='",
    "\" style=\"position:fixed",
    "x\"onclick=alert(1)//",
    "`onclick=alert(1)`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "&#x3c;img src=x&#x3e;",
    "\\u003cscript\\u003e",
    "%3Cscript%3E",
    "+ADw-script+AD4-",
    "\u{ff1c}script\u{ff1e}",
    "javascript:alert(1)",
    "{{ 191 * 7 }}",
    "{{ code }}",
    "{{ link }}",
    "{% include 'reset/text' %}",
    "{% for x in say %}{{ x }}{% endfor %}",
    "{# comment #}",
    "${191*7} #{191*7} <%= 191*7 %>",
    "{{ say.policy | safe }}",
    "{% autoescape false %}<b>{% endautoescape %}",
    "Eve\r\nBcc: victim@example.com",
    "Eve\r\n\r\n<script>alert(1)</script>",
    "Eve\n.\nMAIL FROM:<a@b.c>",
    "\u{1b}]52;c;aGk=\u{7}<b>\u{202e}",
    "=?utf-8?q?=0D=0ABcc:_victim@example.com?=",
];

/// Text around each payload: 50 payloads times 4 make 200 texts.
const AROUND: [(&str, &str); 4] = [("", ""), ("Eve ", ""), ("", " Smith"), ("\" '", "<")];

/// The tags of a document in order, each with the names of its attributes, as an HTML tokenizer sees them; then
/// comments, declarations and anything else that begins with `<`.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let (mut quote, mut end) = (None, after.len());
        let mut skeleton = String::new();
        for (index, character) in after.char_indices() {
            match (quote, character) {
                (None, '>') => {
                    end = index;
                    break;
                }
                (None, '"' | '\'') => quote = Some(character),
                (None, other) => skeleton.push(other),
                (Some(open), close) if open == close => quote = None,
                (Some(_), _) => {}
            }
        }
        tags.push(skeleton);
        rest = &after[end..];
    }
    tags
}

/// Compares the mail for a harmless user, note and organization with the mail for these.
fn assert_same_elements(composer: &Composer, harmless: &Composer, name: &str, note: &str) {
    let code = code();
    let html = |composer: &Composer, name: &str, note: &str| {
        let draft = Draft { name: name.to_owned(), ..Draft::new() };
        let content = MailContent::Reset(PasswordChoice { note: Some(note), ..choice(&code) });
        composer.preview(&draft.context(content)).unwrap().html
    };
    // Each line of a note is a paragraph, and an empty line a gap.
    let harmless_line = |line: &Cow<'_, str>| if line.is_empty() { "" } else { "harmless" };
    let harmless_note = line_breaking::note(note).iter().map(harmless_line).collect::<Vec<_>>().join("\n");
    let expected = html(harmless, "Alice", &harmless_note);
    let found = html(composer, name, note);
    assert_eq!(tags(&found), tags(&expected), "{name:?} {note:?}");
    // The result of 191 times 7; and the code only occurs where it belongs.
    assert!(!found.contains("1337"), "a template was run: {name:?}");
    for shown in [code.in_link(), code.in_groups().as_str()] {
        assert_eq!(found.matches(shown).count(), expected.matches(shown).count(), "{name:?}");
    }
}

#[test]
fn no_name_note_or_organization_adds_an_element_or_an_attribute() {
    let contact = |help_contact: &str| Organization { help_contact: help_contact.to_owned(), ..organization() };
    let harmless = composer_of(&contact("room 4.12"));
    for payload in PAYLOADS {
        for (before, after) in AROUND {
            let hostile = format!("{before}{payload}{after}");
            // An address in the contact would become a link.
            let organization = Organization { name: hostile.clone(), ..contact(&hostile.replace('@', "at")) };
            assert_same_elements(&composer_of(&organization), &harmless, &hostile, &hostile);
        }
    }
}

#[test]
fn the_comparison_detects_an_added_element() {
    for other in ["<p>x</p><b>", "<p class=\"a\">x</p>", "<p onclick=x>x</p>", "<p>x</p><!-- -->"] {
        assert_ne!(tags("<p>x</p>"), tags(other), "{other}");
    }
    assert_eq!(tags("<p a=\"1 > 0\">x</p>"), tags("<p a=\"2\">y &lt;b></p>"));
}

#[test]
fn a_template_in_a_note_is_not_executed() {
    let code = code();
    let content = MailContent::Reset(PasswordChoice { note: Some("{{ 191 * 7 }} {% if x %} <b>"), ..choice(&code) });
    let preview = composer().preview(&Draft::new().context(content)).unwrap();
    assert!(preview.text.contains("\n> {{ 191 * 7 }} {% if x %} <b>\n"));
    assert!(preview.html.contains("{{ 191 * 7 }} {% if x %} &lt;b&gt;"));
}

#[test]
fn an_unreadable_name_is_left_out_of_the_greeting() {
    for name in ["", "\r\n", "\u{202e}\u{200f}", "\u{1b}\u{0}"] {
        let draft = Draft { name: name.to_owned(), ..Draft::new() };
        assert!(draft.text(MailContent::Test).contains("\nHello,\n"), "{name:?}");
    }
    let draft = Draft { name: "Eve\r\nBcc: all@example.com".to_owned(), ..Draft::new() };
    assert!(draft.text(MailContent::Test).contains("\nHello Eve Bcc: all@example.com,\n"));
}

#[test]
fn an_invalid_address_or_message_id_is_refused() {
    for hostile in ["alice@example.com\r\nBcc: all@example.com", "alice", "a@b@c.example", "a b@example.com"] {
        let draft = Draft { recipient: EmailAddress::stored(hostile.to_owned()), ..Draft::new() };
        let refused = composer().compose(&draft.context(MailContent::Test)).unwrap_err();
        assert!(matches!(refused, ComposeError::Recipient(_)), "{hostile:?}");
    }
    for hostile in ["", "@", "a@", "1@x\r\nBcc: y", "a b@c", "<a@b>", "a@b@c", "ü@b", &"x".repeat(1_000)] {
        let draft = Draft { message_id: hostile.to_owned(), ..Draft::new() };
        let refused = composer().compose(&draft.context(MailContent::Test)).unwrap_err();
        assert!(matches!(refused, ComposeError::MessageId(_)), "{hostile:?}");
    }
}

#[test]
fn a_date_before_all_dates_is_1970() {
    let draft = Draft::new();
    let context = MailContext { date: jiff::Timestamp::MIN, ..draft.context(MailContent::Test) };
    let mail = composer().compose(&context).unwrap();
    assert!(String::from_utf8_lossy(&mail.content).contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
    let context = MailContext { date: jiff::Timestamp::MAX, ..draft.context(MailContent::Test) };
    assert!(composer().compose(&context).is_ok());
}

/// All headers of a mail, each of which occurs once.
const HEADERS: [&str; 11] = [
    "Auto-Submitted",
    "Content-Language",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Reply-To",
    "Subject",
    "To",
    "X-Auto-Response-Suppress",
];

/// Text that ends lines, or looks as if it did.
const BREAKS: [&str; 12] = ["\r", "\n", "\r\n", "\0", "\u{1b}", ".", "\n.\n", "\r.\r", "=", "  ", "\t", "\u{2028}"];

/// Any text, with many line ends, control characters, and characters with a meaning in headers and HTML.
pub(super) fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        2 => "[ -~]{1,12}",
        1 => prop::sample::select(PAYLOADS.to_vec()).prop_map(str::to_owned),
        1 => prop::sample::select(BREAKS.to_vec()).prop_map(str::to_owned),
        1 => "[a-zäöü]{60,400}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

#[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
pub(super) fn cases() -> ProptestConfig {
    let is_long = std::env::var_os("CXME_TEST_LONG").is_some();
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(if is_long { 10_000 } else { 300 }) }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_bytes_are_strict_for_all_names(
        name in any_text(), note in any_text(), organization_name in any_text(), help_contact in any_text(),
        from_name in any_text(),
        is_german: bool,
    ) {
        let organization = Organization { name: organization_name, help_contact, ..organization() };
        let reply_to = Some(mailbox_of("help@example.com"));
        let from = Mailbox { name: Some(from_name), address: address("accounts@example.com") };
        let policy = RoleRequirements::default();
        let composer = Composer::new(MailIdentity { from, reply_to, ..identity(&organization, &policy) }).unwrap();
        let code = code();
        let draft = Draft { name, locale: if is_german { "de" } else { "en" }, ..Draft::new() };
        let contents = [
            MailContent::Reset(PasswordChoice { note: Some(&note), ..choice(&code) }),
            notice(NoticeCause::SetByOperator),
            MailContent::Test,
        ];
        for content in contents {
            // Composing ends with `wire::check`; this checks again in another way.
            let mail = draft.mail(&composer, content);
            prop_assert!(mail.is_ascii() && !mail.contains('\0') && mail.ends_with("\r\n"));
            let bare = mail.replace("\r\n", "");
            prop_assert!(!bare.contains('\r') && !bare.contains('\n'));
            prop_assert!(mail.lines().all(|line| line.len() <= 998));

            let (head, _) = mail.split_once("\r\n\r\n").unwrap();
            let own = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            let mut names: Vec<&str> = own.map(|line| line.split_once(": ").unwrap().0).collect();
            names.sort_unstable();
            prop_assert_eq!(names, HEADERS);
            prop_assert_eq!(&mail, &draft.mail(&composer, content));
        }
    }
}
