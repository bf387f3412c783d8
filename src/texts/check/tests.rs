//! The problems that are reported for sentences of an organization.

use super::super::language::SOURCES;
use super::*;

fn file(tag: &str, text: &str) -> SentenceFile {
    SentenceFile { tag: tag.to_owned(), path: format!("{tag}.toml").into(), text: text.to_owned() }
}

fn problems(files: &[SentenceFile]) -> String {
    let problems = Texts::with(files).expect_err("refused");
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_built_in_languages_are_complete_and_valid() {
    for (tag, source) in SOURCES {
        let FlatSentences { sentences, wrong } = flat(source);
        assert_eq!(wrong, [], "{tag}");
        for key in KEYS {
            let found: Vec<&Sentence> = sentences.iter().filter(|sentence| sentence.key == key.name).collect();
            assert_eq!(found.len(), 1, "{tag}: {}", key.name);
            assert_eq!(fault(key, &found[0].text), None, "{tag}: {}", key.name);
        }
        assert_eq!(sentences.len(), KEYS.len(), "{tag}");
        assert_eq!(absent(&sentences), None);
    }
}

#[test]
fn no_sentence_of_a_mail_has_a_backtick_or_a_word_of_computing() {
    for (tag, source) in SOURCES {
        for sentence in flat(source).sentences {
            let is_for_operators = keys::find(sentence.key).unwrap().is_optional;
            let text = sentence.text.to_lowercase();
            for word in ["`", "byte", "utf-8", "unicode", "ascii"] {
                assert!(is_for_operators || !text.contains(word), "{tag}: {}: {word}", sentence.key);
            }
        }
    }
}

#[test]
fn an_overridden_sentence_is_used_and_the_others_are_kept() {
    let text = "[reset]\nsubject = \"\"\"\nNew password\n{% if organization %}({{ organization }}){% endif %}\"\"\"\n";
    let texts = Texts::with(&[file("en", text)]).unwrap();
    let say =
        |tag: &str, key: &str| texts.find(tag).unwrap().sentence(key, minijinja::context! { organization => "Acme" });
    assert_eq!(say("en", "reset.subject"), "New password (Acme)");
    assert_eq!(say("en-GB", "reset.subject"), "New password (Acme)");
    assert_eq!(say("en", "reset.button"), "Choose a new password");
    assert_eq!(say("de", "reset.subject"), "Neues Passwort für Acme wählen");
}

#[test]
fn a_sentence_that_fails_for_a_value_is_replaced_by_the_built_in_one() {
    let text =
        "[mail]\ngreeting = \"{% if name == 'Bo' %}{{ 1 / 0 }}{% endif %}Hi{% if name %} {{ name }}{% endif %}!\"\n";
    let texts = Texts::with(&[file("de", text)]).unwrap();
    let say = |name: &str| texts.find("de").unwrap().sentence("mail.greeting", minijinja::context! { name });
    assert_eq!([say("Al"), say("Bo")], ["Hi Al!", "Guten Tag Bo,"]);
}

#[test]
fn a_variant_of_a_language_needs_only_different_sentences() {
    let austrian = "month.january = \"Jänner\"\n";
    for files in [vec![file("de-AT", austrian)], vec![file("de-AT", austrian), file("de", "month.may = \"Mai!\"\n")]] {
        let texts = Texts::with(&files).unwrap();
        let say = |tag: &str, key: &str| texts.find(tag).unwrap().sentence(key, minijinja::context! {});
        assert_eq!(say("de_AT.UTF-8", "month.january"), "Jänner");
        assert_eq!(say("de", "month.january"), "Januar");
        assert_eq!(say("de-AT", "month.may"), if files.len() == 2 { "Mai!" } else { "Mai" });
    }
}

#[test]
fn a_new_language_needs_every_sentence_of_a_mail() {
    insta::assert_snapshot!(problems(&[file("fr", "[mail]\ngreeting = \"Bonjour,\"\n")]), @"fr.toml: lacks mail.username, mail.without_button, mail.type_code, mail.lasts, mail.note, mail.requirements, mail.not_me, mail.help and 62 more; docs/texts.md has all of them");
    // German as a language of its own: without the sentences that no mail shows it is complete.
    let german: String =
        SOURCES[1].1.lines().take_while(|line| *line != "[policy_note]").map(|line| format!("{line}\n")).collect();
    let texts = Texts::with(&[file("fr", &german)]).unwrap();
    let french = texts.find("fr-CA").unwrap();
    assert_eq!(french.sentence("mail.username", minijinja::context! {}), "Ihr Benutzername:");
    assert!(french.sentence("violation.common", minijinja::context! {}).starts_with("too common"));
    assert_eq!(texts.tags(), "`en`, `de` or `fr`");
}

#[test]
fn all_problems_are_reported_at_once_with_their_lines() {
    let text = r#"
[mail]
greetings = "Hello"
greeting = 5
help = "Questions?"
lasts = "It works for {{ duration"
type_code = "{{ pages }}"
note = ""
username = "{{ name }}"
requirements = "a\u0007"
without_button = "{{ '\\u001b' }}"
not_me = "{% if false %}x{% endif %}"
[notices]
subject = "x"
[reset]
purpose = "From {{ organization }}"
subject = "{{ organization | nonesuch }}"
open = "{{ 1 / 0 }}"
button = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"
[month]
january = ["January"]
may = { x = "May" }
"#;
    insta::assert_snapshot!(problems(&[file("en", text)]), @"
    en.toml:3: mail.greetings: unknown sentence, did you mean mail.greeting?
    en.toml:4: mail.greeting: expected text in quotes
    en.toml:13: notices: unknown sentence; docs/texts.md has all of them
    en.toml:21: month.january: expected text in quotes
    en.toml:22: month.may: expected text in quotes
    en.toml:5: mail.help: lacks {{ contact }}
    en.toml:6: mail.lasts: syntax: unexpected end of input, expected end of variable block
    en.toml:7: mail.type_code: unknown value pages; those of this sentence: page
    en.toml:8: mail.note: says nothing
    en.toml:9: mail.username: unknown value name; those of this sentence: none
    en.toml:10: mail.requirements: holds a control character: leave it out
    en.toml:11: mail.without_button: holds a control character: leave it out
    en.toml:12: mail.not_me: says nothing
    en.toml:16: reset.purpose: a value that can be absent is written: ask with `if` whether it is there
    en.toml:17: reset.subject: filter nonesuch is unknown
    en.toml:18: reset.open: unable to calculate 1 / 0
    en.toml:19: reset.button: it takes too much work: shorten its loops
    ");
    insta::assert_snapshot!(problems(&[file("en", "[mail]\nnote = \"x\nhelp = 'y'\n")]), @r#"en.toml:2: syntax: invalid basic string, expected `"`"#);
    insta::assert_snapshot!(problems(&[file("English", ""), file("de", ""), file("DE", "")]), @"
    English.toml: `English` is not a language tag such as `en` or `de-AT`
    de.toml: there is another file for this language: remove one of them
    ");
    let long = format!("mail.note = \"{}\"\n", "x".repeat(2_001));
    insta::assert_snapshot!(problems(&[file("en", &long)]), @"en.toml:1: mail.note: expected at most 2000 characters");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(300))]
    #[test]
    fn no_file_causes_a_panic_and_every_problem_is_one_line(
        text in "(\\[?(mail|reset|month)?\\]?\n?(help|subject|may|note)? ?=? ?\"?(\\{\\{|\\{%| if | organization |\\PC|[\u{0}-\u{1f}]){0,9}\"?\n){0,4}",
    ) {
        if let Err(problems) = Texts::with(&[file("en", &text)]) {
            proptest::prop_assert!(!problems.is_empty());
            for problem in problems {
                proptest::prop_assert_eq!(problem.to_string().lines().count(), 1, "{}", problem);
            }
        }
    }
}
