//! Complete files: their meaning, and the problems reported for invalid ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::domain::required_reason::RequiredReasons;

use example::uncommented;
use login::login_sections;
use login::parse_for_login;

mod example;
mod login;
mod mail;

const EXAMPLE: &str = include_str!("../../config.example.toml");

fn parse(text: &str) -> Result<Config, Diagnostics> {
    Config::parse(text, Path::new("/etc/cxme-admin/config.toml"), ConfigEnv::default())
}

/// The problems of a file named `config.toml`, one line each.
fn problems(text: &str) -> String {
    Config::parse(text, Path::new("config.toml"), ConfigEnv::default()).expect_err("refused").to_string()
}

fn load(bytes: &[u8]) -> Result<Config, LoadError> {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let path = directory.path().join("config.toml");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    Config::load(&path, ConfigEnv::default())
}

#[test]
fn an_empty_file_means_the_defaults() {
    for text in ["", "\n", "# nothing\n", "[password]\n", "\u{feff}", "[password.argon2]\n[saml]\n"] {
        assert_eq!(parse(text), Ok(Config::default()), "{text:?}");
    }
}

#[test]
fn every_key_is_read() {
    let text = r#"
        [organization]
        name = "Example Ltd"
        help_contact = "help@example.com"
        time_zone = "Europe/Berlin"
        email_domains = ["example.com", "example.org"]
        second_factor = true
        [store]
        path = "/srv/store.db"
        reader_group = "dovecot"
        [reset]
        key_file = "/srv/reset.key"
        [password]
        min_length = 10
        classes = ["lower", "digit"]
        history = 8
        min_score = 4
        max_length = 200
        words = ["Sea Breeze"]
        blocklist_file = "lists/common.txt"
        must_change_after_set = true
        temporary_lifetime = "7d"
        min_age = "1h"
        max_age = "90d"
        prompt_timeout = "30s"
        role."Help desk".min_length = 30
        role."Help desk".max_age = "30d"
        argon2.memory_kib = 0x10_000
        argon2.iterations = 2
        argon2.parallelism = 4
        [sign_in]
        max_failures = 7
        [saml]
        email_domains = ["sso.example.com"]
        contact = "the systems desk"
        [audit]
        require_reason = ["users lock"]
        [texts]
        directory = "texts"
    "#;
    let expected = Config {
        organization: OrganizationSection {
            name: "Example Ltd".into(),
            help_contact: "help@example.com".into(),
            time_zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
            email_domains: vec!["example.com".into(), "example.org".into()],
            second_factor: true,
        },
        store: StoreSection { path: Some("/srv/store.db".into()), reader_group: Some("dovecot".into()) },
        reset: ResetSection { key_file: Some("/srv/reset.key".into()), ..ResetSection::default() },
        password: PasswordSection {
            min_length: 10,
            classes: vec!["lower".into(), "digit".into()],
            history: 8,
            min_score: 4,
            max_length: Some(200),
            words: vec!["Sea Breeze".to_owned()],
            blocklist_files: vec!["/etc/cxme-admin/lists/common.txt".into()],
            must_change_after_set: true,
            temporary_lifetime: Some(Duration::from_secs(7 * 86_400)),
            min_age: Some(Duration::from_secs(3_600)),
            max_age: Some(Duration::from_secs(90 * 86_400)),
            roles: vec![RoleSection {
                role: "Help desk".to_owned(),
                file: "/etc/cxme-admin/config.toml".into(),
                line: 26,
                min_length: Some(30),
                max_age: Some(Duration::from_secs(30 * 86_400)),
                ..RoleSection::default()
            }],
            prompt_timeout: Duration::from_secs(30),
            argon2: Argon2Section { memory_kib: 65_536, iterations: 2, parallelism: 4 },
            is_argon2_known: true,
        },
        sign_in: SignInSection { max_failures: 7 },
        saml: SamlSection { email_domains: vec!["sso.example.com".into()], contact: "the systems desk".into() },
        // Their keys are read in tests/mail.rs.
        mail: MailSection::default(),
        jobs: JobsSection::default(),
        audit: AuditSection { require_reason: RequiredReasons::new(vec!["users lock".to_owned()]) },
        texts: TextsSection { directory: Some("/etc/cxme-admin/texts".into()) },
    };
    let of_login = parse_for_login(text).unwrap();
    assert_eq!((&of_login.store, &of_login.sign_in), (&expected.store, &expected.sign_in));
    let roles = of_login.password.roles.iter().cloned();
    let roles = roles.map(|role| RoleSection { file: "/etc/cxme-admin/config.toml".into(), ..role }).collect();
    assert_eq!(PasswordSection { roles, ..of_login.password }, expected.password);
    assert_eq!(parse(text), Ok(expected));
}

#[test]
fn five_mistakes_are_reported_at_once_with_their_lines() {
    let text = r#"[organization]
name = 5
second_factor = "yes"

[password]
min_lenght = 20
history = 99
prompt_timeout = "5 minutes"
"#;
    insta::assert_snapshot!(problems(text), @r#"
    config.toml:2: [organization] name: expected text in quotes, found 5
    config.toml:3: [organization] second_factor: expected true or false, found "yes"
    config.toml:6: [password] min_lenght: unknown key, did you mean `min_length`?
    config.toml:7: [password] history: expected a whole number from 0 to 8 (each is compared by a whole Argon2 hash, and a change may take about a second), found 99
    config.toml:8: [password] prompt_timeout: expected whole numbers with the units w, d, h, m, s, as in `24h`, `90d` or `2h30m`, found "5 minutes"
    "#);
    let found = parse(text).unwrap_err();
    assert_eq!((found.len(), found.iter().count()), (5, 5));
}

#[test]
fn a_wrong_value_says_what_was_expected_and_what_was_found() {
    let text = r#"
organization.email_domains = "example.com"
store.path = ""
store.reader_group = " "
password.min_length = "abc"
password.classes = ["lower", "Upper", 3, "lower"]
password.history = -1
password.min_score = 2.5
password.must_change_after_set = 2026-01-01
password.prompt_timeout = 300
password.argon2 = 5
saml = "off"
reset.key_file = { path = "x" }
"#;
    insta::assert_snapshot!(problems(text), @r#"
    config.toml:2: [organization] email_domains: expected a list in brackets, as in `["a", "b"]`, found "example.com"
    config.toml:3: [store] path: expected a path, found ""
    config.toml:4: [store] reader_group: expected some text, found " "
    config.toml:5: [password] min_length: expected a whole number from 15 to 128 (NIST SP 800-63B-4 section 3.1.1 asks for 15, or 8 with `[organization] second_factor`), found "abc"
    config.toml:6: [password] classes: expected one of lower, upper, digit, symbol, found "Upper"
    config.toml:6: [password] classes: expected text in quotes, found 3
    config.toml:6: [password] classes: "lower" appears twice in the list
    config.toml:7: [password] history: expected a whole number from 0 to 8 (each is compared by a whole Argon2 hash, and a change may take about a second), found -1
    config.toml:8: [password] min_score: expected a whole number from 0 to 4, found 2.5
    config.toml:9: [password] must_change_after_set: expected true or false, found 2026-01-01
    config.toml:10: [password] prompt_timeout: expected text in quotes, found 300
    config.toml:11: [password.argon2]: expected a section, found 5
    config.toml:12: [saml]: expected a section, found "off"
    config.toml:13: [reset] key_file: expected text in quotes, found a section
    "#);
}

#[test]
fn text_must_be_one_line_that_fits() {
    let long = format!("[organization]\nname = \"{}\"\nhelp_contact = \"a\\nBcc: x\"\n", "é".repeat(201));
    insta::assert_snapshot!(problems(&long), @r#"
    config.toml:2: [organization] name: expected at most 200 characters, found "éééééééééééééééééééééééééééééééééééééééé…"
    config.toml:3: [organization] help_contact: expected one line without control characters, found "a\nBcc: x"
    "#);
    let fits = format!("[organization]\nname = \"{}\"\n", "é".repeat(200));
    assert!(parse(&fits).is_ok());
}

#[test]
fn a_time_zone_is_one_of_the_iana_database() {
    for bad in ["", "Berlin", "CEST", "Europe/Berlin ", "../../etc/passwd", "/etc/localtime", "+02:00"] {
        let found = problems(&format!("[organization]\ntime_zone = \"{bad}\"\n"));
        assert!(
            found.starts_with("config.toml:2: [organization] time_zone: expected a time zone of the IANA"),
            "{found}"
        );
    }
    for name in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"] {
        assert!(parse(&format!("[organization]\ntime_zone = \"{name}\"\n")).is_ok(), "{name}");
    }
}

#[test]
fn each_item_of_a_list_is_reported_on_its_own_line() {
    let text = "[saml]\nemail_domains = [\n  \"example.com\",\n  \"Example.org\",\n  \"@x.org\",\n  \"a b\",\n]\n";
    insta::assert_snapshot!(problems(text), @r#"
    config.toml:4: [saml] email_domains: expected lower case: "example.org", found "Example.org"
    config.toml:5: [saml] email_domains: expected the domain without `@`: "x.org", found "@x.org"
    config.toml:6: [saml] email_domains: expected an email domain such as "example.com", found "a b"
    "#);
}

#[test]
fn unknown_names_are_refused_with_the_name_that_was_probably_meant() {
    let text = r#"
name = "stands before every section"
colour = "blue"

[pasword]
min_length = 15

[password]
min-length = 15
Classes = []
help_contact = "wrong section"
zzz = 1

[password.argon]
memory_kib = 65536

[entirely_else]
x = 1

[[saml]]
contact = "x"
"#;
    insta::assert_snapshot!(problems(text), @"
    config.toml:2: name: unknown key, it belongs in [organization]
    config.toml:3: colour: unknown key, every key belongs in a section
    config.toml:5: [pasword]: unknown section, did you mean [password]?
    config.toml:9: [password] min-length: unknown key, did you mean `min_length`?
    config.toml:10: [password] Classes: unknown key, did you mean `classes`?
    config.toml:11: [password] help_contact: unknown key, it belongs in [organization]
    config.toml:12: [password] zzz: unknown key, the keys here are min_length, max_length, min_age, max_age, classes, history, min_score, words, blocklist_file, must_change_after_set, temporary_lifetime, prompt_timeout
    config.toml:14: [password.argon]: unknown section, did you mean [password.argon2]?
    config.toml:17: [entirely_else]: unknown section, the sections are [organization], [password], [password.argon2], [mail], [mail.headers], [mail.smtp], [mail.sendmail], [mail.file], [store], [reset], [password.role], [password.role.NAME], [sign_in], [saml], [jobs], [audit], [texts]
    config.toml:20: [saml]: expected a section, found a list
    ");
}

#[test]
fn syntax_errors_are_reported_with_their_lines_and_so_are_other_problems() {
    let text = "[password]\nprompt_timeout = 5m\nhistory = 99\nhistory = 3\nmin_lenth = 9\nmin_score = \"4\n";
    insta::assert_snapshot!(problems(text), @r#"
    config.toml:2: syntax: string values must be quoted, expected literal string: 5m
    config.toml:3: [password] history: expected a whole number from 0 to 8 (each is compared by a whole Argon2 hash, and a change may take about a second), found 99
    config.toml:4: syntax: duplicate key: history
    config.toml:5: [password] min_lenth: unknown key, did you mean `min_length`?
    config.toml:6: syntax: invalid basic string, expected `"`
    "#);
}

#[test]
fn keys_below_a_broken_header_are_not_called_unknown() {
    insta::assert_snapshot!(problems("[password\nmin_length = 20\n[saml]\ncontact = 3\n"), @r#"
    config.toml:1: syntax: unclosed table, expected `]`
    config.toml:4: [saml] contact: expected text in quotes, found 3
    "#);
}

#[test]
fn a_duplicate_key_or_section_is_refused() {
    insta::assert_snapshot!(problems("[saml]\ncontact = \"a\"\ncontact = \"b\"\n[store]\n[saml]\n"), @r#"
    config.toml:3: syntax: duplicate key: contact
    config.toml:5: syntax: duplicate key: saml
    "#);
}

#[test]
fn a_minimum_below_nist_is_refused_and_a_second_factor_lowers_it() {
    insta::assert_snapshot!(problems("[password]\nmin_length = 14\n"), @"config.toml:2: [password] min_length: expected a whole number from 15 to 128 (NIST SP 800-63B-4 section 3.1.1 asks for 15, or 8 with `[organization] second_factor`), found 14");
    insta::assert_snapshot!(problems("[password]\nmin_length = 7\n[organization]\nsecond_factor = true\n"), @"config.toml:2: [password] min_length: expected a whole number from 8 to 128 (NIST SP 800-63B-4 section 3.1.1 asks for 8 with a second factor), found 7");
    assert!(parse("[password]\nmin_length = 129\n").is_err());
    let length = |text| parse(text).unwrap().password.min_length;
    assert_eq!(length("[password]\nmin_length = 15\n"), 15);
    assert_eq!(length("[password]\nmin_length = 128\n"), 128);
    assert_eq!(length("[organization]\nsecond_factor = true\n"), 8);
    assert_eq!(length("[organization]\nsecond_factor = true\n[password]\nmin_length = 8\n"), 8);
}

#[test]
fn a_cost_below_owasp_is_refused() {
    insta::assert_snapshot!(problems("[password.argon2]\nmemory_kib = 19455\nparallelism = 17\n"), @r#"
    config.toml:2: [password.argon2] memory_kib: expected a whole number from 19456 to 1048576 (OWASP asks for 19456 with 2 iterations), found 19455
    config.toml:3: [password.argon2] parallelism: expected a whole number from 1 to 16, found 17
    "#);
    insta::assert_snapshot!(problems("[password.argon2]\nmemory_kib = 47103\niterations = 1\n"), @"config.toml:3: [password.argon2] iterations: OWASP asks for a memory_kib of at least 47104 with 1 iteration, found 47103");
    assert!(parse("[password.argon2]\nmemory_kib = 47104\niterations = 1\n").is_ok());
    assert!(parse("[password.argon2]\nmemory_kib = 19456\niterations = 2\n").is_ok());
    assert!(parse("[password.argon2]\nmemory_kib = 1048577\n").is_err());
}

#[test]
fn the_longest_password_is_no_shorter_than_the_shortest_and_a_word_is_one() {
    let problems = problems("[password]\nmax_length = 63\nwords = [\"ab\", \"a b-c\", \"x\\ty z\"]\n");
    insta::assert_snapshot!(problems, @r#"
    config.toml:2: [password] max_length: expected a whole number from 64 to 1024 (NIST SP 800-63B-4 section 3.1.1.2 asks for at least 64 to be allowed), found 63
    config.toml:3: [password] words: expected a word of 3 to 64 characters, found "ab"
    config.toml:3: [password] words: expected a word of 3 to 64 characters, found "x\ty z"
    "#);
    let other = self::problems("[password]\nmin_length = 100\nmax_length = 99\n");
    insta::assert_snapshot!(other, @"config.toml:3: [password] max_length: expected at least min_length, which is 100");
    let config = parse("[password]\nmax_length = 64\nwords = [\"Sea Breeze\"]\n").unwrap();
    assert_eq!((config.password.max_length, config.password.words), (Some(64), vec!["Sea Breeze".to_owned()]));
}

#[test]
fn a_relative_path_is_below_the_directory_and_a_bare_name_below_the_credentials() {
    let text = "[store]\npath = \"store.db\"\n[reset]\nkey_file = \"key\"\n[password]\nblocklist_file = \"./list\"\n";
    let path = |path: &str| Some(PathBuf::from(path));
    let config = parse(text).unwrap();
    assert_eq!(config.store.path, path("/etc/cxme-admin/store.db"));
    assert_eq!(config.reset.key_file, path("/etc/cxme-admin/key"));
    assert_eq!(config.password.blocklist_files, [PathBuf::from("/etc/cxme-admin/./list")]);

    let env = ConfigEnv { credentials: Some(Path::new("/run/credentials/x")) };
    let config = Config::parse(text, Path::new("/etc/cxme-admin/config.toml"), env).unwrap();
    assert_eq!(config.store.path, path("/etc/cxme-admin/store.db"));
    assert_eq!(config.reset.key_file, path("/run/credentials/x/key"));
    assert_eq!(config.password.blocklist_files, [PathBuf::from("/etc/cxme-admin/./list")]);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let text = "[organization]\nname = \"x\"\n[saml]\ncontact = \"y\"\n";
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(parse(&windows), parse(text));
    assert!(load(windows.as_bytes()).is_ok());
    insta::assert_snapshot!(problems("\u{feff}[saml]\r\n\r\ncontact = 1\r\n"), @"config.toml:3: [saml] contact: expected text in quotes, found 1");
}

#[test]
fn a_nul_and_other_control_characters_are_refused() {
    insta::assert_snapshot!(problems("[saml]\ncontact = \"a\0b\"\n\0\n"), @r#"
    config.toml:2: syntax: invalid basic string, expected non-double-quote visible characters, `\`: \0
    config.toml:3: syntax: key with no value, expected `=`
    "#);
    insta::assert_snapshot!(problems("[reset]\nkey_file = \"a\\u0000b\"\n[saml]\ncontact = \"a\\u001Bb\"\n"), @r#"
    config.toml:2: [reset] key_file: expected a path, found "a\0b"
    config.toml:4: [saml] contact: expected one line without control characters, found "a\u{1b}b"
    "#);
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_with_the_line() {
    let text = load(b"[organization]\nname = \"caf\xe9\"\n").unwrap_err().to_string();
    assert!(text.ends_with("config.toml:2: is not UTF-8: save the file as UTF-8"), "{text}");
}

#[test]
fn a_file_of_two_mebibytes_is_refused() {
    let text = load("#".repeat(2 << 20).as_bytes()).unwrap_err().to_string();
    assert!(text.ends_with("config.toml: is larger than 1048576 bytes: give the path of the right file"), "{text}");
    assert!(load("#".repeat(1 << 20).as_bytes()).is_ok());
}

#[test]
fn a_missing_file_and_one_that_others_may_write_are_refused() {
    let absent = Config::load(Path::new("/absent/config.toml"), ConfigEnv::default()).unwrap_err();
    assert!(matches!(absent, LoadError::File(private_file::FileError::Missing { .. })));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o666)).unwrap();
    let loose = Config::load(file.path(), ConfigEnv::default()).unwrap_err();
    assert!(matches!(loose, LoadError::File(private_file::FileError::Mode { mode: 0o666, .. })));
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    assert!(parse(&format!("x = {}", "[".repeat(100_000))).is_err());
    assert!(parse(&format!("{}b = 1", "a.".repeat(100_000))).is_err());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(300))]
    #[test]
    fn no_text_causes_a_panic_and_every_problem_is_one_line(
        first in "(\\[{0,2}(password|saml|x)?\\]?|[a-z_]{0,9} ?=? ?[\"\\[{']?.{0,9}|\\PC{0,9}|[\u{0}-\u{1f}])",
        rest in "(\n(min_length|contact|history)=.{0,5}){0,3}",
    ) {
        let text = first + &rest;
        let parsed = parse(&text);
        if let Err(found) = &parsed {
            proptest::prop_assert_eq!(found.to_string().lines().count(), found.len());
        }
        let of_login = parse_for_login(&text);
        if let Ok(config) = parsed {
            let of_login = of_login.unwrap();
            proptest::prop_assert_eq!(login_sections(&of_login), login_sections(&config));
        }
    }
}
