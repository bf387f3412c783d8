//! An organization's additions to its mails: headers, a time zone, a note, a contact, a link with parameters.

use super::*;

#[test]
fn headers_of_the_organization_are_in_every_mail_and_folded_at_their_blanks() {
    let (organization, policy) = (organization(), RoleRequirements::default());
    let long = format!("{{\"category\": [{}\"x\"]}}", "\"settings\", ".repeat(20));
    let header = |name: &str, value: &str| MailHeader::new(name, value).unwrap();
    let headers =
        [header("X-SES-CONFIGURATION-SET", "resets"), header("X-SMTPAPI", &long), header("X-Long", &"x".repeat(990))];
    let composer = Composer::new(MailIdentity { headers: &headers, ..identity(&organization, &policy) }).unwrap();
    for content in [MailContent::Test, notice(NoticeCause::ChangedByUser)] {
        let mail = Draft::new().mail(&composer, content);
        assert_eq!(headers_of(&mail, "X-SES-CONFIGURATION-SET"), ["resets"]);
        assert_eq!(headers_of(&mail, "X-SMTPAPI"), [long.as_str()]);
        assert_eq!(headers_of(&mail, "X-Long"), ["x".repeat(990)]);
    }
}

/// The values of a header, unfolded (RFC 5322, 2.2.3).
fn headers_of(mail: &str, name: &str) -> Vec<String> {
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", "\t");
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let named = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim_start().to_owned()).collect()
}

#[test]
fn a_time_is_in_the_organizations_time_zone() {
    let (organization, policy) = (organization(), RoleRequirements::default());
    let time_zone = TimeZone::get("Europe/Berlin").unwrap();
    let composer = Composer::new(MailIdentity { time_zone, ..identity(&organization, &policy) }).unwrap();
    let text = |draft: &Draft| {
        composer
            .preview(&draft.context(notice(NoticeCause::SetByOperator)))
            .unwrap()
            .text
            .replace("\r\n", " ")
            .replace('\n', " ")
    };
    assert!(text(&Draft::new()).contains("on 4 March 2026 at 10:05 CET."), "{}", text(&Draft::new()));
    assert!(text(&Draft::in_german()).contains("am 4. März 2026 um 10:05 Uhr (MEZ) "));
}

#[test]
fn a_note_of_several_lines_keeps_them() {
    let code = code();
    let note = "We moved.\r\n\r\n  The new page: https://example.com/\n\n\nBo\n";
    let preview = composer()
        .preview(&Draft::new().context(MailContent::Reset(PasswordChoice { note: Some(note), ..choice(&code) })));
    let preview = preview.unwrap();
    assert!(
        preview.text.contains("\n\n> We moved.\n>\n> The new page: https://example.com/\n>\n> Bo\n\n"),
        "{}",
        *preview.text
    );
    assert_eq!(preview.html.matches("<p style=\"margin: 4px 0;\">").count(), 3);
}

#[test]
fn the_contact_is_a_link_where_it_is_an_address() {
    let code = code();
    for (contact, link) in [
        ("help@example.com", "<a href=\"mailto:help@example.com\""),
        ("https://help.example.com/pw?a=b", "<a href=\"https://help.example.com/pw?a=b\""),
        ("+49 30 1234567", ""),
    ] {
        let organization = Organization { help_contact: contact.to_owned(), ..organization() };
        for content in [MailContent::Reset(choice(&code)), notice(NoticeCause::ChosenByLink)] {
            let preview = composer_of(&organization).preview(&Draft::in_german().context(content)).unwrap();
            assert!(preview.html.contains(link), "{}", *preview.html);
            // Unbroken at the end of its line, so that mail programs show it as a link too.
            assert!(preview.text.contains(&format!("{contact}\n")), "{}", *preview.text);
        }
    }
}

#[test]
fn a_link_with_parameters_is_unbroken_in_every_part() {
    let code = code();
    let (organization, policy) = (organization(), RoleRequirements::default());
    let link: LinkTemplate = "https://example.com/?tenant=a&lang=de#c={code}".parse().unwrap();
    let composer =
        Composer::new(MailIdentity { link: Some(link.clone()), ..identity(&organization, &policy) }).unwrap();
    let shown = link.with(code.in_link());
    for draft in [Draft::new(), Draft::in_german()] {
        let content = MailContent::Reset(choice(&code));
        let preview = composer.preview(&draft.context(content)).unwrap();
        assert!(preview.text.contains(&format!("\n\n{shown}\n\n")));
        assert_eq!(preview.html.matches(&format!("href=\"{}\"", shown.replace('&', "&amp;"))).count(), 2);
        // ASCII in short lines is sent unchanged; quoted-printable text has `=3D` for each `=`.
        let mail = draft.mail(&composer, content);
        let text = mail.split("Content-Type: text/html").next().unwrap();
        let in_bytes = if draft.locale == "en" { shown.clone() } else { shown.replace('=', "=3D") };
        assert!(text.contains(&format!("\r\n\r\n{in_bytes}\r\n\r\n")), "{text}");
    }
}
