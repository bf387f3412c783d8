//! What is generated and committed, so that changes show in review: the completions of the shells, and the reference of
//! all commands. `CXME_TEST_BLESS=1 cargo test --test generated` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::Command;
use cxme_admin::cli;
use cxme_admin::clock::SystemClock;
use cxme_admin::process::Script;
use cxme_admin::random::SystemRandom;

/// Fails unless the committed file is `made`, or writes it where that is asked for.
fn assert_committed(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
    if std::env::var_os("CXME_TEST_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, made).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let same = committed.lines().zip(made.lines()).take_while(|(old, new)| old == new).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    assert!(
        committed == made,
        "{file} is not what the program prints now. From line {} on:\n  - {}\n  + {}\n\
         Write it anew with `CXME_TEST_BLESS=1 cargo test --test generated`, and look at what `git diff` shows.",
        same + 1,
        line(&committed),
        line(made),
    );
}

/// What the program prints.
fn printed(arguments: &[&str]) -> String {
    let mut script = Script::new(1000, "olga");
    script.arguments = arguments.iter().map(Into::into).collect();
    let status = cli::run(script.process(), Box::new(SystemClock), Box::new(SystemRandom));
    assert_eq!(status, 0, "{arguments:?}: {}", String::from_utf8_lossy(&script.stderr.bytes()));
    String::from_utf8(script.stdout.bytes()).unwrap()
}

#[test]
fn completions_for_bash_are_those_of_the_program() {
    assert_committed("completions/cxme-admin.bash", &printed(&["completions", "bash"]));
}

#[test]
fn completions_for_zsh_are_those_of_the_program() {
    assert_committed("completions/_cxme-admin", &printed(&["completions", "zsh"]));
}

#[test]
fn completions_for_fish_are_those_of_the_program() {
    assert_committed("completions/cxme-admin.fish", &printed(&["completions", "fish"]));
}

#[test]
fn the_reference_is_the_help_of_all_commands() {
    let mut tree = cli::command_tree().term_width(100);
    tree.build();
    let mut text = String::from("The long help of all commands. The global options are shown once.\n");
    write_help(&mut text, &mut tree, true);
    assert!(text.contains("\n## cxme-admin users set-password\n"), "the tree was not walked:\n{text}");
    assert_committed("tests/cli-reference.txt", &text);
}

/// The help of a command and of those below it, in the order in which they are listed. What `help` has below it is the same
/// again.
fn write_help(text: &mut String, command: &mut Command, is_top: bool) {
    let help = command.render_long_help().to_string();
    let own = match help.split_once("\nGlobal options:\n") {
        Some((own, _)) if !is_top => own,
        _ => &help,
    };
    let name = command.get_bin_name().unwrap_or("cxme-admin");
    write!(text, "\n## {name}\n\n").unwrap();
    for line in own.trim_end().lines() {
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    for below in command.get_subcommands_mut().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        write_help(text, below, false);
    }
}
