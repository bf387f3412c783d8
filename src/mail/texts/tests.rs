//! The problems that are reported for templates of an organization.

use super::*;

fn file(name: &str, text: &str) -> TextFile {
    TextFile { name: name.to_owned(), path: format!("texts/{name}").into(), text: text.to_owned() }
}

fn problems(files: &[TextFile]) -> String {
    let problems = MailTexts::with(files).expect_err("refused");
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A valid text template of a reset.
const RESET: &str =
    "{{ greeting }}\n\n{{ say.purpose }}\n\n{{ link }}\n\n{% if note %}{{ note | join(' ') }}{% endif %}\n";

#[test]
fn sentences_and_templates_are_recognized_by_their_names() {
    let files = [
        file("de.toml", "reset.button = \"Los\"\n"),
        file("reset.txt", RESET),
        file("de/reset.html", "{% extends \"choice.html\" %}"),
    ];
    let texts = MailTexts::with(&files).unwrap();
    assert!(texts.texts().tags() == "`en` or `de`");
    assert!(MailTexts::with(&[]).is_ok());
}

#[test]
fn files_that_are_neither_are_refused() {
    insta::assert_snapshot!(problems(&[
        file("reset.htm", "x"),
        file("de/en.toml", ""),
        file("english.toml", ""),
        file("\u{1b}[2J", ""),
    ]), @r#"
    texts/\u{1b}[2J: `\u{1b}[2J` is neither LANGUAGE.toml nor a template (frame.html, choice.html, reset.txt, reset.html, invitation.txt, invitation.html, notice.txt, notice.html, test.txt, test.html): rename or remove it
    texts/de/en.toml: `en.toml` is neither LANGUAGE.toml nor a template (frame.html, choice.html, reset.txt, reset.html, invitation.txt, invitation.html, notice.txt, notice.html, test.txt, test.html): rename or remove it
    texts/english.toml: `english` is not a language tag such as `en` or `de-AT`
    texts/reset.htm: `reset.htm` is neither LANGUAGE.toml nor a template (frame.html, choice.html, reset.txt, reset.html, invitation.txt, invitation.html, notice.txt, notice.html, test.txt, test.html): rename or remove it
    "#);
    insta::assert_snapshot!(problems(&[file("fr/reset.txt", RESET)]), @"texts/fr/reset.txt: no sentences for the language `fr`: add fr.toml");
}

#[test]
fn every_problem_of_a_template_is_reported_with_its_line() {
    insta::assert_snapshot!(problems(&[
        file("reset.txt", "{{ greeting }}\n{% if note %}\n{{ link }}\n"),
        file("test.html", "<p>\n{{ greeting"),
    ]), @"
    texts/reset.txt:3: syntax: unexpected end of input, expected end of block
    texts/test.html:2: syntax: unexpected end of input, expected end of variable block
    ");
    insta::assert_snapshot!(problems(&[
        file("reset.txt", "{{ link }}\n{% if note and false %}\n{{ say.porpose }} {{ nmae }}\n{% endif %}"),
    ]), @"
    texts/reset.txt:3: unknown value nmae; docs/texts.md has all of them
    texts/reset.txt:3: unknown value say.porpose; docs/texts.md has all of them
    ");
    insta::assert_snapshot!(problems(&[
        file("reset.txt", "{{ greeting }} {{ not_me }}\n"),
        file("invitation.html", "<a href=\"{{ code }}\">{{ name | safe }}</a>"),
        file("notice.txt", "{{ changed }}\n{{ link }}\n"),
        file("test.txt", "{{ contact }}\n"),
        file("test.html", "\n \n"),
    ]), @"
    texts/invitation.html: the mail invitation lacks {{ link }}
    texts/invitation.html: what a user or operator typed is written as HTML: leave out `safe` and `autoescape`
    texts/invitation.html: the mail invitation lacks the note: {% for line in note %}{{ line }}{% endfor %}
    texts/notice.txt:2: in the mail notice: it uses a value that is not there
    texts/notice.txt:2: in the mail address-notice: it uses a value that is not there
    texts/reset.txt: the mail reset lacks {{ link }}
    texts/reset.txt: the mail reset lacks the note: {% for line in note %}{{ line }}{% endfor %}
    texts/test.html: the mail test is empty
    texts/test.txt:1: in the mail test: a value that can be absent is written: ask with `if` whether it is there
    ");
    insta::assert_snapshot!(problems(&[
        file("reset.html", "{% for a in range(9999) %}{% for b in range(9999) %}{{ link }}{% endfor %}{% endfor %}"),
        file("test.html", "{{ greeting }}{{ '\\u0000' }}"),
        file("invitation.txt", "{% include \"/etc/passwd\" %}"),
        file("notice.html", "{% for a in range(9000) %}0123456789ab{% endfor %}"),
    ]), @"
    texts/invitation.txt:1: in the mail invitation: tried to include non-existing template '/etc/passwd'
    texts/notice.html: the mail notice is larger than 102400 bytes
    texts/notice.html: the mail address-notice is larger than 102400 bytes
    texts/reset.html:1: in the mail reset: it takes too much work: shorten its loops
    texts/test.html: the mail test holds a control character: leave it out
    ");
}

#[test]
fn a_template_that_writes_html_unescaped_is_refused_in_every_way() {
    for hole in [
        "{{ greeting | safe }}",
        "{% autoescape false %}{{ greeting }}{% endautoescape %}",
        "{% autoescape 'none' %}{{ name }}{% endautoescape %}",
    ] {
        let found = problems(&[file("test.html", hole)]);
        assert!(found.contains("leave out `safe` and `autoescape`"), "{hole}: {found}");
    }
    let noted = "{{ link | link }}{% if note %}{% for line in note %}{{ line | safe }}{% endfor %}{% endif %}";
    assert!(
        problems(&[file("de/reset.html", noted)]).starts_with("texts/de/reset.html: what a user or operator typed")
    );
}
