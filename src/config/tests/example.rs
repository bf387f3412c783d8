//! config.example.toml.

use super::*;

#[test]
fn the_example_means_exactly_the_defaults() {
    assert_eq!(parse(EXAMPLE), Ok(Config::default()));
}

#[test]
fn every_key_is_explained_in_the_example() {
    let document = Document::parse("", Path::new(""), ConfigEnv::default());
    Config::read(&document);
    let mut known: Vec<_> = document.known_keys().iter().map(|(section, key)| format!("{section}.{key}")).collect();
    known.sort();

    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let mut shown = Vec::new();
    let mut section = "";
    for (index, line) in lines.iter().enumerate() {
        let explained = || lines[index - 1].starts_with("# ") && lines[index - 1].ends_with(['.', ';']);
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            assert!(explained(), "[{section}]");
            if section == "password.role.\"Admin\"" {
                // Any role may stand there.
                section = "password.role.NAME";
            }
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") {
            assert!(explained(), "[{section}] {key}");
            // The names of its keys are chosen by the file.
            if section == "mail.headers" {
                continue;
            }
            shown.push(format!("{section}.{key}"));
        }
    }
    shown.sort();
    assert_eq!(shown, known);

    // The keys without a default must be valid too once they are uncommented. Of the two sources of the relay's
    // password, and of the two ways to trust its certificate, only one may be used.
    for others in [["password_file", "ca_file"], ["password_command", "certificate_sha256"]] {
        let is_in = |line: &&str| !others.iter().any(|other| line.starts_with(other));
        let active = lines.iter().map(|line| uncommented(line)).filter(is_in);
        parse(&active.fold(String::new(), |text, line| text + line + "\n")).unwrap();
    }
}

/// The line with a commented key uncommented.
pub(super) fn uncommented(line: &str) -> &str {
    let key = line.strip_prefix("# ").filter(|rest| rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')));
    key.unwrap_or(line)
}
