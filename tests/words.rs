//! The words of the house: plain English in comments, help, documents and mails, and one meaning for each type name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Words that are not used, and what is said instead.
const REFUSED: [(&str, &str); 25] = [
    ("he", "they"),
    ("him", "them"),
    ("himself", "themselves"),
    ("his", "their"),
    ("she", "they"),
    ("her", "their"),
    ("hers", "theirs"),
    ("herself", "themselves"),
    ("whoever", "anyone who, or the noun"),
    ("deed", "action"),
    ("deeds", "actions"),
    ("mend", "fix"),
    ("mends", "fixes"),
    ("mended", "fixed"),
    ("folder", "directory"),
    ("folders", "directories"),
    ("guest", "restricted operator"),
    ("desk", "app"),
    ("parcel", "outgoing mail"),
    ("letterhead", "identity"),
    ("crew", "workers"),
    ("handover", "delivery"),
    ("patience", "timeout, or `retry_for`"),
    ("scout", "probe"),
    ("scene", "transaction"),
];

/// What is read: the sources and their tests, the documents, the texts.
const PLACES: [&str; 11] = [
    "src",
    "tests",
    "docs",
    "packaging/build",
    "packaging/debian",
    "packaging/examples",
    "packaging/systemd",
    "README.md",
    "CONTRIBUTING.md",
    "config.example.toml",
    "completions/cxme-admin.fish",
];

/// Files that hold words of other people: lists of passwords and words, the licence of one, and this list.
const OTHERS: [&str; 6] = [
    "src/domain/policy/common-passwords.txt",
    "src/domain/policy/common-passwords.LICENSE",
    "src/secrets/words.txt",
    "src/texts/de.toml",
    "tests/cli/phrase_words/homophones.txt",
    "tests/words.rs",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files_below(&entry.unwrap().path(), found);
        }
    } else if path.exists() {
        found.push(path.to_owned());
    }
}

/// Each text file with its name from the top of the house.
fn texts() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for place in PLACES {
        files_below(&root().join(place), &mut files);
    }
    files.sort();
    let named = |file: PathBuf| {
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&file).ok()?;
        (!OTHERS.contains(&name.as_str()) && !name.ends_with(".svg")).then_some((name, text))
    };
    files.into_iter().filter_map(named).collect()
}

/// The part of a line that people read: of Rust its comment, of other files all of it.
fn read_by_people<'a>(name: &str, line: &'a str) -> &'a str {
    if !name.ends_with(".rs") {
        return line;
    }
    let start = line.trim_start();
    match start.starts_with("//") {
        true => start,
        false => line.find(" // ").map_or("", |at| &line[at..]),
    }
}

/// The words of a line, without what is quoted as code.
fn words(line: &str) -> Vec<String> {
    let plain: String =
        line.split('`').step_by(2).flat_map(|text| text.split('"').step_by(2)).collect::<Vec<_>>().join(" ");
    let words = plain.split(|character: char| !character.is_alphanumeric() && character != '_' && character != '\'');
    words.map(str::to_lowercase).collect()
}

#[test]
fn what_people_read_is_in_plain_words() {
    let mut wrong = Vec::new();
    for (name, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            for word in words(read_by_people(&name, line)) {
                if let Some((_, instead)) = REFUSED.iter().find(|(refused, _)| *refused == word) {
                    wrong.push(format!("{name}:{}: `{word}`: say {instead}", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} words to replace:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_public_type_name_has_one_meaning() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in texts().into_iter().filter(|(name, _)| name.starts_with("src/") && name.ends_with(".rs")) {
        for line in text.lines() {
            let line = line.trim_start();
            let Some(item) = line.strip_prefix("pub ").or_else(|| Some(line.strip_prefix("pub(")?.split_once(") ")?.1))
            else {
                continue;
            };
            let Some((kind, rest)) = item.split_once(' ') else { continue };
            if ["struct", "enum", "trait", "type", "union"].contains(&kind) {
                let is_name = |character: char| character.is_alphanumeric() || character == '_';
                let type_name = rest.split(|character: char| !is_name(character)).next().unwrap().to_owned();
                places.entry(type_name).or_default().push(name.clone());
            }
        }
    }
    // Arguments of commands are named after them, and `Result` is short for the one of a layer, as in std.
    let is_exempt = |name: &str| name.ends_with("Args") || name == "Result";
    let doubled: Vec<_> = places.iter().filter(|(name, places)| places.len() > 1 && !is_exempt(name)).collect();
    assert!(doubled.is_empty(), "type names used twice: {doubled:#?}");
    assert!(places.len() > 300, "only {} public types were found", places.len());
}
