//! The sessions of README.md, typed anew at a terminal: the commands do what they do there. `CXME_TEST_BLESS=1 cargo
//! test --test readme` writes what they print now into the README.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "pty/harness.rs"]
#[expect(dead_code, reason = "the tests of the prompt need more of it")]
mod harness;

use std::fs;
use std::path::Path;

use cxme_admin::cli::failure;

use harness::Shell;

const FENCE: &str = "```console\n";

/// What is typed at the questions that a session meets; never shown.
const ANSWERS: [(&str, &str); 4] = [
    ("Code from the mail: ", "not the code"),
    ("New password: ", "what alice chose at the harbour"),
    ("The same again: ", "what alice chose at the harbour"),
    ("Password of alice: ", "what alice chose at the harbour"),
];

/// What the README says instead of the folder that the sessions run in.
const FOLDER: &str = "/home/olga/try";

fn readme() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Types a command with the answers to its questions, and gives the screen from the command on, and the status.
fn typed(shell: &mut Shell, command: &str, shown: &[&str]) -> (String, String) {
    let mut screen = String::new();
    shell.type_line(command);
    for line in shown {
        let asked = ANSWERS.iter().find(|(question, _)| line.trim_end().starts_with(question.trim_end()));
        if let Some((question, answer)) = asked {
            screen += &shell.await_text(question);
            screen += question;
            shell.type_line(answer);
        }
    }
    screen += &shell.await_text("dash> ");
    (screen.replace("\r\n", "\n"), shell.value("$?"))
}

#[test]
fn the_sessions_of_the_readme_happen_as_they_are_shown() {
    let readme_text = fs::read_to_string(readme()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell::start();
    let programs = Path::new(env!("CARGO_BIN_EXE_cxme-admin")).parent().unwrap().display();
    let setting = format!("stty rows 40 cols 100; export HOME=$PWD NO_COLOR=1 LC_ALL=C.UTF-8 PATH={programs}:$PATH");
    typed(&mut shell, &format!("cd {}", folder.path().display()), &[]);
    typed(&mut shell, &setting, &[]);

    let mut parts = readme_text.split(FENCE);
    let mut happened = parts.next().unwrap().to_owned();
    for part in parts {
        let (session, after) = part.split_once("```\n").unwrap();
        let session = session_anew(&mut shell, session).replace(folder.path().to_str().unwrap(), FOLDER);
        happened += &format!("{FENCE}{session}```\n{after}");
    }
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
    if std::env::var_os("CXME_TEST_BLESS").is_some() {
        fs::write(readme(), happened).unwrap();
        return;
    }
    let (shown, happened) = (without_chance(&readme_text), without_chance(&happened));
    let differs = shown.iter().zip(&happened).filter(|(shown, happened)| !is_same(shown, happened));
    let wrong: Vec<String> = differs.take(5).map(|(shown, happened)| format!("  - {shown}\n  + {happened}")).collect();
    assert!(
        wrong.is_empty() && shown.len() == happened.len(),
        "the README shows something else than happens:\n{}\n\
         Write it anew with `CXME_TEST_BLESS=1 cargo test --test readme`, and look at what `git diff` shows.",
        wrong.join("\n"),
    );
}

/// The same commands as in a session, with what they print now. One that fails is followed by `echo $?`.
fn session_anew(shell: &mut Shell, session: &str) -> String {
    let session = format!("\n{session}");
    let commands: Vec<&str> = session.split("\n$ ").skip(1).collect();
    let mut anew = String::new();
    let mut status = String::from("0");
    for (index, shown) in commands.iter().enumerate() {
        let mut lines = shown.lines();
        let command = lines.next().unwrap();
        let lines: Vec<&str> = lines.collect();
        if command == "echo $?" {
            anew += &format!("$ {command}\n{status}\n");
            continue;
        }
        let (screen, ended) = typed(shell, command, &lines);
        status = ended;
        let is_told = commands.get(index + 1).is_some_and(|next| next.starts_with("echo $?"));
        assert!(status == "0" || is_told, "status {status}: {command}\n{}", shell.screen());
        anew += &format!("$ {screen}");
    }
    anew
}

/// The lines without what another time, another account and other randomness make of them.
fn without_chance(text: &str) -> Vec<String> {
    let uid = nix::unistd::geteuid();
    let account = nix::unistd::User::from_uid(uid).unwrap().map_or_else(|| uid.to_string(), |user| user.name);
    let constant = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(|word| constant(word, &account)).collect();
        words.join(" ").replace("0 seconds ago", "now").replace("0 second ago", "now")
    };
    text.lines().map(constant).collect()
}

/// A word with `0` for each number in it, or what stands for a word that is new each time.
fn constant(word: &str, account: &str) -> String {
    let only = |allowed: fn(&u8) -> bool| word.bytes().all(|byte| allowed(&byte));
    if word == account {
        return "root".to_owned();
    }
    if word.len() == 64 && only(u8::is_ascii_hexdigit) {
        return "(hash)".to_owned();
    }
    if word.matches('-').count() >= 4 && only(|byte| byte.is_ascii_lowercase() || *byte == b'-') {
        return "(words)".to_owned();
    }
    if word.len() == 20 && only(u8::is_ascii_alphanumeric) {
        return "(characters)".to_owned();
    }
    let mut constant = String::new();
    for character in word.chars() {
        match character.is_ascii_digit() {
            true if constant.ends_with('0') => {}
            true => constant.push('0'),
            false => constant.push(character),
        }
    }
    constant
}

/// Whether two lines are the same as far as a table shows them: what is cut off depends on the width of the rest.
fn is_same(shown: &str, happened: &str) -> bool {
    let (before, other) = (shown.trim_end_matches('…'), happened.trim_end_matches('…'));
    let cut = (before != shown && happened.starts_with(before)) || (other != happened && shown.starts_with(other));
    shown == happened || cut
}

#[test]
fn the_readme_knows_every_exit_code() {
    let text = fs::read_to_string(readme()).unwrap();
    let (_, table) = text.split_once("## Exit codes\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let told: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()).skip(1).collect();
    let codes = [
        failure::OK,
        failure::NOT_VERIFIED,
        failure::USAGE,
        failure::PARTLY,
        failure::DATA,
        failure::NO_USER,
        failure::RELAY,
        failure::BUG,
        failure::IO,
        failure::LATER,
        failure::NOT_PERMITTED,
        failure::CONFIGURATION,
    ];
    let codes = codes.iter().map(u8::to_string).chain(["128+n".to_owned()]);
    assert_eq!(told, codes.collect::<Vec<_>>());
}
