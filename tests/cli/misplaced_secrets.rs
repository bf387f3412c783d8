//! A code, the reset key or a generated password in a wrong place, as any argument or in any file of any command, is repeated
//! neither on the screen nor in the audit log.

use clap::Arg;
use clap::Command as ClapCommand;

use crate::permissions::COMMANDS;
use crate::support::World;
use crate::support::words;

/// What is read as a whole and not as a list of users, or asks and waits.
const SKIPPED: [&str; 3] = ["demo", "help", "completions"];
/// Options that take a text for the audit log, which shows it, or for the user whom it names.
const FREE_TEXTS: [&str; 2] = ["reason", "name"];

/// The secrets of a world, each in the forms in which it is pasted.
fn secrets(world: &World) -> Vec<String> {
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    let generate = |option: &str| {
        let run = world.run(&format!("users set-password alice --no-notify {option}")).expect_status(0);
        run.out().trim_end().to_owned()
    };
    let key = std::fs::read_to_string(world.path("data/reset.key")).unwrap().trim_end().to_owned();
    vec![
        format!("https://reset.example.com/#{code}"),
        format!("{}-{}-{}-{}-{}", &code[..5], &code[5..10], &code[10..15], &code[15..20], &code[20..]),
        code.to_lowercase(),
        key,
        generate("--generate"),
        generate("--generate=words"),
    ]
}

/// Parts of a secret that nothing else has.
fn parts(secret: &str) -> [String; 2] {
    let bare = secret.rsplit('#').next().unwrap().to_uppercase();
    [bare[..10].to_owned(), bare[bare.len() - 10..].to_owned()]
}

/// Each command that can be run, with the words before its arguments.
fn leaves(command: &ClapCommand, path: &str) -> Vec<(String, ClapCommand)> {
    let below: Vec<_> = command.get_subcommands().filter(|below| !SKIPPED.contains(&below.get_name())).collect();
    if below.is_empty() {
        return vec![(path.trim_start().to_owned(), command.clone())];
    }
    below.into_iter().flat_map(|below| leaves(below, &format!("{path} {}", below.get_name()))).collect()
}

fn all_leaves() -> Vec<(String, ClapCommand)> {
    let mut tree = cxme_admin::cli::command_tree();
    tree.build();
    leaves(&tree, "")
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_num_args().is_none_or(|count| count.takes_values())
}

fn names_file(arg: &Arg) -> bool {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().any(|name| ["FILE", "PATH"].contains(&name.as_str()))
}

/// The command as the matrix of permissions runs it, without the words of its own: its arguments, then its options.
fn usual(path: &str) -> (Vec<String>, Vec<String>) {
    let Some((_, usual)) = COMMANDS.iter().find(|(_, usual)| usual.starts_with(path)) else {
        return Default::default();
    };
    let all = words(&usual[path.len()..]);
    let options = all.iter().position(|word| word.starts_with('-') && word.len() > 1).unwrap_or(all.len());
    (all[..options].to_vec(), all[options..].to_vec())
}

/// The words with which a command is given `value` for one of its arguments, and what it usually gets for the others.
fn with_value(path: &str, arg: &Arg, value: &str) -> Vec<String> {
    let (named, options) = usual(path);
    let mut all = words(path);
    match arg.get_long() {
        None => all.push(value.to_owned()),
        Some(long) => {
            all.extend(named);
            all.push(format!("--{long}={value}"));
        }
    }
    // What is there twice would be refused before anything is looked at.
    let again = arg.get_long().map(|long| format!("--{long}"));
    let mut rest = options.into_iter();
    while let Some(word) = rest.next() {
        if Some(&word) == again.as_ref() {
            rest.next();
        } else {
            all.push(word);
        }
    }
    all
}

/// Runs a command; notes it where it repeats the secret.
fn check(world: &World, words: &[String], stdin: &str, secret: &str, wrong: &mut Vec<String>) {
    let command = words.iter().fold(world.command(""), |command, word| command.argument(word.as_str()));
    let run = command.argument("-v").argument("--no-input").stdin(stdin).run();
    let said = String::from_utf8_lossy(&run.all()).to_uppercase();
    if parts(secret).iter().any(|part| said.contains(part)) {
        wrong.push(format!("{words:?} with {stdin:?}: {run}"));
    }
}

#[track_caller]
fn assert_no_event_holds(world: &World, secrets: &[String]) {
    let events = world.ask("SELECT group_concat(ifnull(details, '') || action) FROM events").to_uppercase();
    for part in secrets.iter().flat_map(|secret| parts(secret)) {
        assert!(!events.contains(&part), "{part}");
    }
}

#[test]
fn no_command_repeats_a_secret_that_was_given_as_any_of_its_arguments() {
    let world = World::with_mail().with_users("alice,bob");
    let secrets = secrets(&world);
    let (mut count, mut wrong) = (0, Vec::new());
    for (path, command) in all_leaves() {
        let args =
            command.get_arguments().filter(|arg| takes_value(arg) && !FREE_TEXTS.contains(&arg.get_id().as_str()));
        for arg in args {
            count += 1;
            for secret in &secrets {
                // Nothing can be created there.
                let value = if names_file(arg) { format!("/proc/absent/{secret}") } else { secret.clone() };
                // Directories have names that no form tells from a generated password.
                if !(names_file(arg) && secret.len() == 20) {
                    check(&world, &with_value(&path, arg, &value), "", secret, &mut wrong);
                }
            }
        }
    }
    assert!(count > 200, "{count} arguments: the test looks past them");
    assert!(wrong.is_empty(), "{} runs, such as {}", wrong.len(), wrong.join("\n"));
    assert_no_event_holds(&world, &secrets);
}

fn in_config(secret: &str) -> Vec<String> {
    vec![secret.to_owned(), format!("[mail]\nfrom = \"{secret}\"\n{secret} = 1\n")]
}

/// What a file or standard input may hold, with the secret at each place where a command could quote it.
fn contents(secret: &str, is_import: bool) -> Vec<String> {
    let mut contents = vec![
        secret.to_owned(),
        format!("alice\n{secret}\n"),
        format!("username\nalice\n{secret}\n"),
        format!("email\n{secret}\n"),
        format!("username,{secret}\nalice,x\n"),
        format!("username,email\nalice,{secret}\n"),
        format!("{{\"username\":\"{secret}\"}}\n"),
        format!("{{\"username\":\"alice\",\"{secret}\":1}}\n"),
        format!("[{{\"email\":\"{secret}@example.com\"}}]\n"),
        format!("[{secret}]\n"),
    ];
    if !is_import {
        return contents;
    }
    for column in
        ["role", "sign_in", "locale", "status", "locked_until", "must_change_password", "password_hash", "email"]
    {
        contents.push(format!("username,email,{column}x,{column}\nzoe,zoe@example.com,,{secret}\n"));
        contents.push(format!("username,email,{column}\nzoe,zoe@example.com,{secret}\n"));
        contents.push(format!("{{\"username\":\"zoe\",\"email\":\"zoe@example.com\",\"{column}\":\"{secret}\"}}\n"));
    }
    contents
}

#[test]
fn no_command_repeats_a_secret_that_a_file_or_standard_input_holds() {
    let world = World::with_mail().with_users("alice,bob");
    let secrets = secrets(&world);
    let (mut count, mut wrong) = (0, Vec::new());
    for (path, command) in all_leaves() {
        let is_read = |arg: &&Arg| names_file(arg) && takes_value(arg) && arg.get_long() != Some("store");
        for arg in command.get_arguments().filter(is_read) {
            count += 1;
            for secret in &secrets {
                // Whatever the command is, the configuration is read in the same way.
                let is_config = arg.get_long() == Some("config");
                for content in if is_config { in_config(secret) } else { contents(secret, path == "users import") } {
                    let file = world.file_with_mode("list", &content, 0o600);
                    let mut words = with_value(&path, arg, file.to_str().unwrap());
                    // A selection takes the place of the users who are named.
                    if arg.get_long() == Some("from") {
                        words.retain(|word| word != "alice");
                        let mut piped = words.clone();
                        piped.iter_mut().for_each(|word| {
                            if word.starts_with("--from=") {
                                *word = "--from=-".to_owned();
                            }
                        });
                        check(&world, &piped, &content, secret, &mut wrong);
                    }
                    check(&world, &words, &content, secret, &mut wrong);
                }
            }
        }
        let is_global = |arg: &Arg| arg.get_long() == Some("config");
        assert!(command.get_arguments().any(is_global), "{path}: every command has the global options");
    }
    assert!(count > 60, "{count} files: the test looks past them");
    assert!(wrong.is_empty(), "{} runs, such as {}", wrong.len(), wrong.join("\n"));
    assert_no_event_holds(&world, &secrets);
}
