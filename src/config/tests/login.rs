//! What a login reads from a configuration, and which problems stop it.

use super::*;

pub(super) fn parse_for_login(text: &str) -> Result<Config, Diagnostics> {
    Config::parse_for_login(text, Path::new("/etc/cxme-admin/config.toml"), ConfigEnv::default())
}

/// The sections that a login needs.
pub(super) fn login_sections(config: &Config) -> (&StoreSection, &Argon2Section, &SignInSection) {
    (&config.store, &config.password.argon2, &config.sign_in)
}

#[test]
fn a_login_finds_its_sections_in_every_notation_and_despite_damage_elsewhere() {
    let spellings = [
        "store.path = \"/srv/x.db\"\nsign_in.max_failures = 7\npassword.argon2.iterations = 4\n",
        "store = { path = \"/srv/x.db\" }\nsign_in = { max_failures = 7 }\npassword = { argon2 = { iterations = 4 } }\n",
        "[ \"store\" ] # here\npath = '/srv/x.db'\n[sign_in]\nmax_failures = 7\n[password]\nargon2.iterations = 4\n",
        "\u{feff}[store]\r\npath = \"/srv/x.db\"\r\n[sign_in]\r\nmax_failures = 7\r\n[password . argon2]\r\niterations = 4\r\n",
    ];
    for sound in spellings {
        let expected = parse(sound).unwrap();
        for broken in
            ["", "[mail]\nfrom =\n", "[mail]\nfrom = \"\"\"\n", "[mail\n", "[mail.smtp]\nx = [\n", "[mail]\nform = 1\n"]
        {
            let of_login = parse_for_login(&format!("{sound}{broken}")).unwrap();
            assert_eq!(login_sections(&of_login), login_sections(&expected), "{sound}{broken}");
        }
    }
}

/// The example with every commented key uncommented.
fn uncommented_example() -> String {
    EXAMPLE.lines().map(|line| uncommented(line).to_owned() + "\n").collect()
}

#[test]
fn a_login_can_read_the_example_and_every_key_of_it() {
    parse_for_login(EXAMPLE).unwrap();
    let full = uncommented_example();
    assert!(parse_for_login(&full).unwrap().store.path.is_some());
    let without_path: String =
        full.lines().filter(|line| !line.starts_with("path = ")).fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(parse_for_login(&without_path).unwrap().store.path, None);
}

#[test]
fn no_valid_key_is_taken_for_the_store() {
    let full = uncommented_example();
    let mut section = "";
    let mut count = 0;
    for line in full.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, value)) = line.split_once(" = ").filter(|(key, _)| !key.starts_with('#')) {
            count += 1;
            let top = format!("{section}.{key} = {value}\n");
            for text in [format!("[{section}]\n{line}\n"), top] {
                // Also in a file that is damaged elsewhere, in which each line is examined on its own.
                for damage in ["", "[jobs]\nqueue_lifetime =\n"] {
                    let of_login = parse_for_login(&format!("{text}{damage}"));
                    assert!(of_login.is_ok(), "{text}{damage}: {of_login:?}");
                }
            }
        }
    }
    assert!(count > 40, "{count}");
    for text in [
        "[mail.headers]\nX-Store = \"a\"\n",
        "[password]\nblocklist_file = \"/srv/list.db\"\n",
        "[organization]\nemail_domains = [\n  \"store.example.com\",\n  \"a.db\",\n]\n",
    ] {
        parse_for_login(text).unwrap();
    }
}

#[test]
fn an_unknown_key_with_a_similar_name_is_taken_for_the_store() {
    for text in [
        "[reset]\nmin_score = 3\n",
        "[password]\nmin_store = 3\n",
        "[mail]\nstore = \"/srv/x\"\n",
        "[mail]\npath = \"/srv/x\"\n",
        "[[data]]\nfile = \"/srv/x.db\"\n",
        "reset = \"/srv/x.db\"\n",
        "min_score = \"/srv/x.sqlite\"\n",
        "\"Store\".path = \"/srv/x\"\n",
    ] {
        for damage in ["", "[jobs]\nqueue_lifetime =\n"] {
            let found = parse_for_login(&format!("{text}{damage}")).expect_err(text).to_string();
            assert!(found.contains("may be meant for [store]"), "{text}{damage}: {found}");
        }
    }
    parse_for_login("[data]\nfiles = { main = \"/srv/x.db\" }\n").expect_err("in a value");
}
