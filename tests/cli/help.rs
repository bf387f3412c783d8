//! What every command's help has in common.

use crate::support::World;

/// Every command of the tree, with its words.
pub(crate) fn commands() -> Vec<(Vec<String>, clap::Command)> {
    fn gather(command: &clap::Command, before: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
        for command in command.get_subcommands() {
            let words = [before, &[command.get_name().to_owned()]].concat();
            found.push((words.clone(), command.clone()));
            gather(command, &words, found);
        }
    }
    let mut found = Vec::new();
    gather(&cxme_admin::cli::command_tree(), &[], &mut found);
    found
}

#[test]
fn every_command_has_a_help_of_at_most_a_hundred_columns() {
    let world = World::empty();
    for (words, _) in commands() {
        for option in ["-h", "--help"] {
            let run = world.run(&format!("{} {option}", words.join(" "))).expect_status(0);
            assert!(run.stderr.is_empty(), "{words:?}: {run}");
            for line in run.out().lines() {
                assert!(line.chars().count() <= 100, "{words:?}: {line}");
            }
        }
    }
}

#[test]
fn the_first_line_is_one_imperative_without_a_full_stop() {
    for (words, command) in commands() {
        let about = command.get_about().unwrap().to_string();
        assert!(!about.ends_with('.') && !about.contains('\n'), "{words:?}: {about}");
        let first = about.split([' ', ':', ',']).next().unwrap().to_owned();
        assert!(first.starts_with(char::is_uppercase), "{words:?}: {about}");
        if !command.has_subcommands() {
            assert!(first == "Bring" || !first.ends_with("ing") && !first.ends_with('s'), "{words:?}: {about}");
        }
    }
}

#[test]
fn every_argument_is_explained() {
    for (words, command) in commands() {
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty() && !help.ends_with('.'), "{words:?} {}: {help}", argument.get_id());
        }
    }
}

#[test]
fn no_option_takes_a_password_and_none_is_read_from_a_variable() {
    // What is called so, and what it takes instead.
    let known = [
        "set-password",
        "password-file",
        "password-older-than",
        "no-password",
        "with-password",
        "end-passwords",
        "generate",
        "must-change",
    ];
    for (words, command) in commands() {
        for argument in command.get_arguments() {
            let names = argument.get_long_and_visible_aliases().unwrap_or_default();
            let hidden = argument.get_all_aliases().unwrap_or_default();
            for name in names.into_iter().chain(hidden) {
                let is_like_one = ["password", "passphrase", "secret", "pass", "token", "code"];
                let is_like_one = is_like_one.iter().any(|word| name.contains(word));
                assert!(!is_like_one || known.contains(&name), "{words:?} --{name}");
            }
            assert_ne!(argument.get_short(), Some('p'), "{words:?}");
        }
        let help = command.clone().render_long_help().to_string();
        assert!(!help.contains("[env:"), "{words:?}: {help}");
    }
}
