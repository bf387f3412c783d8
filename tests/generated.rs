//! Files that are generated and committed, so that changes show in review: the completions of the shells, and the reference
//! of all commands and of their data. `CXME_TEST_BLESS=1 cargo test --test generated` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "generated/data.rs"]
mod data;
#[path = "generated/data_fields.rs"]
mod data_fields;
#[path = "generated/examples.rs"]
mod examples;
#[path = "generated/manual.rs"]
mod manual;
#[path = "cli/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the commands need more of it")]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use clap::Command;
use cxme_admin::cli;
use cxme_admin::clock::SystemClock;
use cxme_admin::process::ScriptedProcess;
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
    let mut script = ScriptedProcess::new(1000, "olga");
    script.arguments = arguments.iter().map(Into::into).collect();
    let status = cli::run(script.process(), Arc::new(SystemClock), Arc::new(SystemRandom));
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

/// The tree of commands, as its help is printed on 100 columns.
fn tree() -> Command {
    let mut tree = cli::command_tree().term_width(100);
    tree.build();
    tree
}

#[test]
fn the_reference_is_the_help_of_all_commands() {
    let mut text = String::from("The long help of all commands. The global options are shown once.\n");
    write_help(&mut tree(), &mut |name, _, help| {
        write!(text, "\n## {name}\n\n{help}").unwrap();
    });
    assert!(text.contains("\n## cxme-admin users set-password\n"), "the tree was not walked:\n{text}");
    assert_committed("tests/cli-reference.txt", &text);
}

#[test]
fn the_page_of_all_commands_is_their_help() {
    let (mut contents, mut sections) = (String::new(), String::new());
    write_help(&mut tree(), &mut |name, about, help| {
        let anchor = name.replace(' ', "-");
        if anchor != "cxme-admin" {
            let indent = if name.matches(' ').count() > 1 { "  " } else { "" };
            writeln!(contents, "{indent}- [`{name}`](#{anchor}): {about}").unwrap();
        }
        write!(sections, "\n## {name}\n\n```text\n{help}```\n").unwrap();
    });
    let text = format!(
        "# Commands\n\nThe help of all commands, as `cxme-admin help COMMAND` prints it. The global options are shown once, at \
         [the top](#cxme-admin). [data.md](data.md) has the fields of `-o json`, and [output.md](output.md) the exit codes.\n\n\
         {contents}{sections}"
    );
    assert_committed("docs/reference/commands.md", &text);
}

/// Gives the name, the first line and the long help of a command and of those below it, in the order in which they are
/// listed. The commands below `help` are the same again.
fn write_help(command: &mut Command, each: &mut dyn FnMut(&str, &str, &str)) {
    let help = command.render_long_help().to_string();
    let name = command.get_bin_name().unwrap_or("cxme-admin").to_owned();
    let own = match help.split_once("\nGlobal options:\n") {
        // What follows them, such as the examples, is the command's own again.
        Some((own, rest)) if name.contains(' ') => match rest.split_once("\n\n") {
            Some((_, after)) => format!("{}\n\n{after}", own.trim_end()),
            None => own.to_owned(),
        },
        _ => help,
    };
    let lines: Vec<&str> = own.trim_end().lines().map(str::trim_end).collect();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    each(&name, &about, &(lines.join("\n") + "\n"));
    for below in command.get_subcommands_mut().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        write_help(below, each);
    }
}
