//! A mail composed by a layout has the same bytes as one composed from the templates.

use jiff::Timestamp;
use proptest::prelude::*;

use super::hostile::PAYLOADS;
use super::hostile::any_text;
use super::hostile::cases;
use super::*;

/// The bytes of a mail composed from the templates, and by a layout if there is one.
fn both(composer: &Composer, context: &MailContext<'_>) -> (String, Option<String>) {
    let form = composer.form_of(context);
    let boundary = token(BOUNDARY, context.nonce);
    let recipient = context.recipient.for_mail();
    let headers = PersonalHeaders {
        recipient: &recipient,
        date: context.date,
        message_id: context.message_id,
        boundary: &boundary,
    };
    let text = |content: ZeroizingBuf<Vec<u8>>| String::from_utf8(content.to_vec()).unwrap();
    let from_templates = text(composer.composed_from_templates(form, context, &headers).unwrap());
    let by_layout = || composer.composed_by_layout(form, context, &headers).unwrap();
    // Nothing is prepared for the first mail.
    let _ = by_layout();
    (from_templates, by_layout().map(text))
}

fn assert_same(composer: &Composer, context: &MailContext<'_>) -> String {
    let (from_templates, by_layout) = both(composer, context);
    let by_layout = by_layout.unwrap();
    assert_eq!(by_layout, from_templates);
    by_layout
}

/// The values of a mail with a link that [`Draft`] does not have.
#[derive(Debug, Clone)]
struct Rest {
    username: String,
    code: String,
    nonce: [u8; NONCE],
    seconds: i64,
    lifetime: u64,
}

fn rest() -> impl Strategy<Value = Rest> {
    (any_text(), "[0-9A-HJKMNP-TV-Z]{26}", any::<[u8; NONCE]>(), any::<i32>(), 1..2_000_000_u64).prop_map(
        |(username, code, nonce, seconds, lifetime)| Rest { username, code, nonce, seconds: seconds.into(), lifetime },
    )
}

#[test]
fn each_kind_in_each_language_with_a_note_and_without() {
    let (composer, code) = (composer(), code());
    for draft in [Draft::new(), Draft::in_german()] {
        for note in
            [None, Some("One line.\n\nAnd `another` <one> = a long one, which is broken because it is a long one.")]
        {
            let choice = PasswordChoice { note, ..choice(&code) };
            for content in
                [MailContent::Reset(choice), MailContent::ForcedReset(choice), MailContent::Invitation(choice)]
            {
                let mail = assert_same(&composer, &draft.context(content));
                assert!(mail.contains(code.in_link()) && mail.contains(code.in_groups().as_str()));
            }
        }
    }
}

#[test]
fn a_name_decides_whether_a_part_is_quoted_printable() {
    let (composer, code) = (composer(), code());
    let long = "x".repeat(80);
    for (name, encoding) in [("Alice", "7bit"), ("Zoë", "quoted-printable"), (&*long, "quoted-printable")] {
        let draft = Draft { name: name.to_owned(), ..Draft::new() };
        let mail = assert_same(&composer, &draft.context(MailContent::Reset(choice(&code))));
        let text = mail.split("Content-Type: text/html").next().unwrap();
        assert!(text.contains(&format!("Content-Transfer-Encoding: {encoding}\r\n")), "{name}");
    }
}

#[test]
fn hostile_names_and_notes() {
    let code = code();
    for payload in PAYLOADS {
        let organization =
            Organization { name: payload.to_owned(), help_contact: payload.to_owned(), ..organization() };
        let composer = composer_of(&organization);
        let draft = Draft { name: payload.to_owned(), ..Draft::new() };
        let content = MailContent::Reset(PasswordChoice { note: Some(payload), ..choice(&code) });
        assert_same(&composer, &MailContext { username: payload, ..draft.context(content) });
    }
}

#[test]
fn text_that_looks_like_a_mark_is_not_replaced() {
    let code = code();
    // Contains one of the marks for gaps.
    let organization = Organization { name: "Acme \u{f0004}".to_owned(), ..organization() };
    let draft = Draft { name: "\u{f0001}\u{100004}".to_owned(), ..Draft::new() };
    for (composer, note) in [(composer_of(&organization), None), (composer(), Some("\u{f0002} \u{100003}"))] {
        let content = MailContent::Reset(PasswordChoice { note, ..choice(&code) });
        let (from_templates, by_layout) =
            both(&composer, &MailContext { username: "\u{f0003}", ..draft.context(content) });
        assert!(by_layout.is_none_or(|by_layout| by_layout == from_templates));
    }
}

#[test]
fn different_notes_have_different_layouts_and_old_ones_are_dropped() {
    let (composer, code, draft) = (composer(), code(), Draft::new());
    for note in (0..100).map(|number| format!("Note {number}")) {
        let content = MailContent::Reset(PasswordChoice { note: Some(&note), ..choice(&code) });
        assert!(assert_same(&composer, &draft.context(content)).contains(&format!("> {note}\r\n")));
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_bytes_are_equal_for_all_values(
        name in any_text(), note in prop::option::of(any_text()), contact in any_text(),
        local in "[a-z!#'*+=?^_`{|}~-]{1,64}", rest in rest(), is_german: bool, is_invitation: bool,
    ) {
        let organization = Organization { help_contact: contact, ..organization() };
        let composer = composer_of(&organization);
        let code = ResetCode::parse(&rest.code).unwrap();
        let draft = Draft {
            recipient: address(&format!("{local}@example.com")),
            name,
            locale: if is_german { "de" } else { "en" },
            message_id: composer.message_id(MessageId(rest.seconds), &rest.nonce),
        };
        let choice = PasswordChoice { code: &code, lifetime: Duration::from_secs(rest.lifetime), note: note.as_deref() };
        let content = if is_invitation { MailContent::Invitation(choice) } else { MailContent::Reset(choice) };
        let date = Timestamp::from_second(rest.seconds).unwrap();
        let context = MailContext { username: &rest.username, date, nonce: &rest.nonce, ..draft.context(content) };
        let (from_templates, by_layout) = both(&composer, &context);
        let has_mark = |text: &str| text.contains(|character| ('\u{f0000}'..='\u{f0004}').contains(&character));
        prop_assert!(by_layout.is_some() || note.as_deref().is_some_and(has_mark) || has_mark(&organization.help_contact));
        if let Some(by_layout) = by_layout {
            prop_assert_eq!(by_layout, from_templates);
        }
    }
}
