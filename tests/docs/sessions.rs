//! The console sessions of the pages, typed anew at a terminal: the commands do what they do there.
//!
//! A page's sessions continue the README's, so the test types those first.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::harness::Shell;
use crate::pages;
use crate::pages::Page;
use crate::pages::top;

const FENCE: &str = "```console\n";

/// The pages with sessions, each with a test below.
const PAGES: [&str; 7] = [
    "README.md",
    "docs/audit.md",
    "docs/backup.md",
    "docs/blocklist.md",
    "docs/bulk-and-cron.md",
    "docs/import-export.md",
    "docs/mail.md",
];

/// What is typed at the prompts that a session meets; never shown.
const ANSWERS: [(&str, &str); 4] = [
    ("Code from the mail: ", "not the code"),
    ("New password: ", "what alice chose at the harbour"),
    ("Retype new password: ", "what alice chose at the harbour"),
    ("Password of alice: ", "what alice chose at the harbour"),
];

/// The directory that pages show in place of the one in which the sessions run.
const DIRECTORY: &str = "/home/olga/try";

/// A shell in an empty directory, with the program on its path.
struct Session {
    shell: Shell,
    directory: TempDir,
}

impl Session {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut session = Self { shell: Shell::start(), directory };
        let programs = Path::new(env!("CARGO_BIN_EXE_cxme-admin")).parent().unwrap().display();
        let setting = format!("stty rows 40 cols 100; export HOME=$PWD TERM=dumb LC_ALL=C.UTF-8 PATH={programs}:$PATH");
        session.typed(&format!("cd {}", session.directory.path().display()), &[]);
        session.typed(&setting, &[]);
        session
    }

    /// Types a command with the answers to its prompts, and gives the screen from the command on, and the status.
    fn typed(&mut self, command: &str, shown: &[&str]) -> (String, String) {
        let mut screen = String::new();
        self.shell.type_line(command);
        for line in shown {
            let asked = ANSWERS.iter().find(|(question, _)| line.trim_end().starts_with(question.trim_end()));
            if let Some((question, answer)) = asked {
                screen += &self.shell.await_text(question);
                screen += question;
                self.shell.type_line(answer);
            }
        }
        screen += &self.shell.await_text("dash> ");
        (screen.replace("\r\n", "\n"), self.shell.value("$?"))
    }

    /// The page with what its commands print now.
    fn anew(&mut self, page: &str) -> String {
        let mut parts = page.split(FENCE);
        let mut anew = parts.next().unwrap().to_owned();
        for part in parts {
            let (session, after) = part.split_once("```\n").unwrap();
            let session = self.block_anew(session).replace(self.directory.path().to_str().unwrap(), DIRECTORY);
            anew += &format!("{FENCE}{session}```\n{after}");
        }
        anew
    }

    /// The same commands as in a block, with what they print now. One that fails is followed by `echo $?`.
    fn block_anew(&mut self, block: &str) -> String {
        let block = format!("\n{block}");
        let commands: Vec<&str> = block.split("\n$ ").skip(1).collect();
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
            let (screen, ended) = self.typed(command, &lines);
            status = ended;
            let is_told = commands.get(index + 1).is_some_and(|next| next.starts_with("echo $?"));
            assert!(status == "0" || is_told, "status {status}: {command}\n{}", self.shell.screen());
            anew += &format!("$ {screen}");
        }
        anew
    }
}

/// Fails unless the sessions of a page happen as it shows them, or writes what happens where that is asked for.
fn assert_happens(name: &str) {
    let page = Page::read(name);
    let mut session = Session::start();
    if name != "README.md" {
        session.anew(&Page::read("README.md").text);
    }
    let happened = session.anew(&page.text);
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
    if std::env::var_os("CXME_TEST_BLESS").is_some() {
        // At once: the tests of the other pages read the README meanwhile.
        let unfinished = top().join(format!("{name}.unfinished"));
        fs::write(&unfinished, happened).unwrap();
        fs::rename(unfinished, top().join(name)).unwrap();
        return;
    }
    let (shown, happened) = (without_chance(&page.text), without_chance(&happened));
    let differs = shown.iter().zip(&happened).filter(|(shown, happened)| !is_same(shown, happened));
    let wrong: Vec<String> = differs.take(5).map(|(shown, happened)| format!("  - {shown}\n  + {happened}")).collect();
    assert!(
        wrong.is_empty() && shown.len() == happened.len(),
        "{name} shows something else than happens:\n{}\n\
         Write it anew with `CXME_TEST_BLESS=1 cargo test --test docs`, and look at what `git diff` shows.",
        wrong.join("\n"),
    );
}

#[test]
fn the_sessions_of_the_readme_happen_as_they_are_shown() {
    assert_happens("README.md");
}

#[test]
fn the_sessions_of_audit_happen_as_they_are_shown() {
    assert_happens("docs/audit.md");
}

#[test]
fn the_sessions_of_backup_happen_as_they_are_shown() {
    assert_happens("docs/backup.md");
}

#[test]
fn the_sessions_of_blocklist_happen_as_they_are_shown() {
    assert_happens("docs/blocklist.md");
}

#[test]
fn the_sessions_of_bulk_and_cron_happen_as_they_are_shown() {
    assert_happens("docs/bulk-and-cron.md");
}

#[test]
fn the_sessions_of_import_and_export_happen_as_they_are_shown() {
    assert_happens("docs/import-export.md");
}

#[test]
fn the_sessions_of_mail_happen_as_they_are_shown() {
    assert_happens("docs/mail.md");
}

#[test]
fn every_page_with_a_session_has_a_test() {
    let with_session = pages::all().into_iter().filter(|page| page.text.contains(FENCE));
    let mut names: Vec<String> = with_session.map(|page| page.name).collect();
    names.sort();
    assert_eq!(names, PAGES);
}

/// The lines without their times, accounts, numbers and random words, which differ each time.
fn without_chance(text: &str) -> Vec<String> {
    let uid = nix::unistd::geteuid();
    let account = nix::unistd::User::from_uid(uid).unwrap().map_or_else(|| uid.to_string(), |user| user.name);
    let constant = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(|word| constant(word, &account)).collect();
        // On a busy machine a session takes minutes.
        let times = ["0 seconds ago", "0 second ago", "0 minutes ago", "0 minute ago"];
        times.iter().fold(words.join(" "), |line, time| line.replace(time, "now"))
    };
    text.lines().map(constant).collect()
}

/// A word with `0` for each number in it, or the stand-in of a word that is new each time.
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
