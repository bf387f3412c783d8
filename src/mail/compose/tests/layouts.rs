//! A mail by what was prepared has the bytes of one that is written from the start.

use jiff::Timestamp;
use proptest::prelude::*;

use super::hostile::PAYLOADS;
use super::hostile::any_text;
use super::hostile::cases;
use super::*;

/// The bytes of a mail from the start, and those by a layout, if there is one.
fn both(composer: &Composer, letter: &Letter<'_>) -> (String, Option<String>) {
    let form = composer.form_of(letter);
    let boundary = token(BOUNDARY, letter.nonce);
    let recipient = letter.recipient.for_mail();
    let headers =
        OwnHeaders { recipient: &recipient, date: letter.date, message_id: letter.message_id, boundary: &boundary };
    let text = |content: Wiped<Vec<u8>>| String::from_utf8(content.to_vec()).unwrap();
    let anew = text(composer.written_anew(form, letter, &headers).unwrap());
    let by_layout = || composer.written_by_layout(form, letter, &headers).unwrap();
    // The first one prepares nothing.
    let _ = by_layout();
    (anew, by_layout().map(text))
}

fn assert_same(composer: &Composer, letter: &Letter<'_>) -> String {
    let (anew, by_layout) = both(composer, letter);
    let by_layout = by_layout.unwrap();
    assert_eq!(by_layout, anew);
    by_layout
}

/// What [`Draft`] does not have of a mail with a link.
#[derive(Debug, Clone)]
struct Rest {
    username: String,
    code: String,
    nonce: [u8; NONCE],
    seconds: i64,
    life: u64,
}

fn rest() -> impl Strategy<Value = Rest> {
    (any_text(), "[0-9A-HJKMNP-TV-Z]{26}", any::<[u8; NONCE]>(), any::<i32>(), 1..2_000_000_u64).prop_map(
        |(username, code, nonce, seconds, life)| Rest { username, code, nonce, seconds: seconds.into(), life },
    )
}

#[test]
fn each_kind_in_each_language_with_a_note_and_without() {
    let (composer, code) = (composer(), code());
    for draft in [Draft::new(), Draft::in_german()] {
        for note in
            [None, Some("One line.\n\nAnd `another` <one> = a long one, which is broken because it is a long one.")]
        {
            let choice = Choice { note, ..choice(&code) };
            for content in [Content::Reset(choice), Content::ForcedReset(choice), Content::Invitation(choice)] {
                let mail = assert_same(&composer, &draft.letter(content));
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
        let mail = assert_same(&composer, &draft.letter(Content::Reset(choice(&code))));
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
        let content = Content::Reset(Choice { note: Some(payload), ..choice(&code) });
        assert_same(&composer, &Letter { username: payload, ..draft.letter(content) });
    }
}

#[test]
fn what_looks_like_the_place_of_a_value_is_none() {
    let code = code();
    // One of the marks by which the places are found.
    let organization = Organization { name: "Acme \u{f0004}".to_owned(), ..organization() };
    let draft = Draft { name: "\u{f0001}\u{100004}".to_owned(), ..Draft::new() };
    for (composer, note) in [(composer_of(&organization), None), (composer(), Some("\u{f0002} \u{100003}"))] {
        let content = Content::Reset(Choice { note, ..choice(&code) });
        let (anew, by_layout) = both(&composer, &Letter { username: "\u{f0003}", ..draft.letter(content) });
        assert!(by_layout.is_none_or(|by_layout| by_layout == anew));
    }
}

#[test]
fn notes_that_differ_have_layouts_that_differ_and_old_ones_are_forgotten() {
    let (composer, code, draft) = (composer(), code(), Draft::new());
    for note in (0..100).map(|number| format!("Note {number}")) {
        let content = Content::Reset(Choice { note: Some(&note), ..choice(&code) });
        assert!(assert_same(&composer, &draft.letter(content)).contains(&format!("> {note}\r\n")));
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn whatever_the_values_are(
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
        let choice = Choice { code: &code, life: Duration::from_secs(rest.life), note: note.as_deref() };
        let content = if is_invitation { Content::Invitation(choice) } else { Content::Reset(choice) };
        let date = Timestamp::from_second(rest.seconds).unwrap();
        let letter = Letter { username: &rest.username, date, nonce: &rest.nonce, ..draft.letter(content) };
        let (anew, by_layout) = both(&composer, &letter);
        let has_mark = |text: &str| text.contains(|character| ('\u{f0000}'..='\u{f0004}').contains(&character));
        prop_assert!(by_layout.is_some() || note.as_deref().is_some_and(has_mark) || has_mark(&organization.help_contact));
        if let Some(by_layout) = by_layout {
            prop_assert_eq!(by_layout, anew);
        }
    }
}
