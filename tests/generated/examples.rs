//! The examples of the help do what they say: each is run in a world of its own.

use std::collections::BTreeSet;

use cxme_admin::cli::examples::EXAMPLES;
use cxme_admin::cli::help::TOPICS;

use super::support::GOOD;
use super::support::OTHER;
use super::support::World;
use super::support::words;

/// A world in which the example of a command has something to act on; job 1 is finished, or has unsent mail.
fn world(command: &str) -> World {
    if command == "init" {
        return World::empty();
    }
    let world = World::with_mail().with_users("alice,bob,carla,dora").with_password("alice", GOOD);
    let is_unsent = ["jobs run", "jobs pause", "jobs resume", "jobs cancel"].contains(&command);
    let queue_only = if is_unsent { "--queue-only" } else { "" };
    world.run(&format!("users send-reset --search dora --yes --key first {queue_only}")).expect_status(0);
    if ["jobs delete", "audit archive"].contains(&command) {
        world.wait(400 * 86_400);
    }
    world.wait(4 * 86_400);
    if command.starts_with("store ") {
        std::fs::create_dir(world.path("backups")).unwrap();
    }
    for line in match command {
        "jobs resume" => ["jobs pause 1"].as_slice(),
        "roles edit" | "roles clone" | "roles delete" => &["roles add Helpdesk --allow send-resets,lock-users"],
        "operators remove" | "operators disable" => &["operators add carol --role 'Minimal Permissions'"],
        "operators enable" => &["operators add carol --role 'Minimal Permissions'", "operators disable carol"],
        "operators edit" => {
            &["operators add carol --role 'Minimal Permissions'", "roles add Helpdesk --allow send-resets,lock-users"]
        }
        "users unlock" => &["users lock alice"],
        "resets revoke" | "resets redeem" => &["users send-reset alice"],
        "store restore" => &["store backup [DIR]/store.backup", "store backup --directory [DIR]/backups"],
        _ => &[],
    } {
        world.run(&line.replace("[DIR]", &world.directory().to_string_lossy())).expect_status(0);
    }
    if command.starts_with("policy blocklist") {
        world.file("pwned.txt", "letmein and other words\n");
        if command != "policy blocklist build" {
            let build = world.command("policy blocklist build").argument(world.path("pwned.txt")).argument("--out");
            build.argument(world.path("pwned.filter")).run().expect_status(0);
        }
    }
    world.file("reports.mbox", "From MAILER-DAEMON Tue Nov 24 08:00:30 2026\nSubject: hello\n\nNo report.\n");
    world.file("leavers.csv", "email\nbob@example.com\n");
    if command == "users import" {
        world.file("users.csv", "email,name\nerin@example.com,Erin Ellis\n");
    }
    world
}

/// The lines that are typed at the prompts of a command.
fn answers(world: &World, command: &str) -> Vec<String> {
    let lines: &[&str] = match command {
        "users set-password" => &[OTHER, OTHER],
        "users verify-password" => &[GOOD],
        "users change-password" => &[GOOD, OTHER, OTHER],
        "policy check" | "policy blocklist check" => &[OTHER],
        "init" => &["Example Travel", "extension 4711"],
        "users password" => &["2", OTHER, OTHER],
        "users add" | "users clone" => &["3"],
        "resets redeem" => return vec![world.newest_code(), OTHER.to_owned(), OTHER.to_owned()],
        _ => &["yes"],
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// The arguments of the program in an example, with files where the world has them, and whether another program writes its input.
fn arguments(world: &World, example: &str) -> (Vec<String>, bool) {
    let (before, call) = example.split_once("cxme-admin ").unwrap();
    let call = call.split(['|', '>']).next().unwrap();
    let is_file = |word: &String| {
        word == "backups"
            || [".csv", ".backup", ".txt", ".filter", ".mbox", ".ndjson"].iter().any(|end| word.ends_with(end))
    };
    let with_path = |word: String| if is_file(&word) { world.path(&word).to_str().unwrap().to_owned() } else { word };
    (words(call).into_iter().map(with_path).collect(), before.ends_with("| "))
}

/// Adds the words of all commands below this one that are no groups.
fn add_commands(command: &clap::Command, words: &str, found: &mut BTreeSet<String>) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        let words = format!("{words} {}", below.get_name());
        match below.has_subcommands() {
            true => add_commands(below, &words, found),
            false => _ = found.insert(words.trim_start().to_owned()),
        }
    }
}

#[test]
fn every_command_has_an_example_and_no_other() {
    let mut commands = BTreeSet::new();
    add_commands(&cxme_admin::cli::command_tree(), "", &mut commands);
    let with_examples: BTreeSet<String> = EXAMPLES.iter().map(|(command, _)| (*command).to_owned()).collect();
    assert_eq!(commands, with_examples);
    for (command, examples) in EXAMPLES {
        assert!([1, 2].contains(&examples.len()), "{command}");
        for example in *examples {
            assert!(example.contains(&format!("cxme-admin {command}")), "{command}: {example}");
            assert!(example.len() <= 98, "{command}: {example}");
        }
    }
}

#[test]
fn the_help_of_a_command_ends_with_its_examples() {
    let world = World::empty();
    for (command, examples) in EXAMPLES {
        let help = world.run(&format!("{command} --help")).expect_status(0).out();
        let end = format!("\nExamples:\n  {}\n", examples.join("\n  "));
        assert!(help.ends_with(&end), "{help}");
    }
}

#[test]
fn every_example_works() {
    for (command, examples) in EXAMPLES {
        for example in *examples {
            let world = world(command);
            let (arguments, has_input) = arguments(&world, example);
            let mut call = world.command("").account(61_009, Some("mailer"));
            for argument in arguments {
                call = call.argument(argument);
            }
            let run = match has_input {
                true => call.stdin(GOOD).run(),
                false => call.answering(answers(&world, command).into_iter().map(Ok)).run(),
            };
            assert!(run.status == 0, "{example}: {run}");
        }
    }
}

#[test]
fn a_topic_is_printed_as_it_is_and_named_by_the_help() {
    let world = World::empty();
    let help = world.run("--help").expect_status(0).out();
    for topic in TOPICS {
        assert!(help.contains(topic.name), "{help}");
        for line in topic.text.lines() {
            assert!(line.len() <= 79 || line.starts_with("        "), "{}: {line}", topic.name);
            assert!(line.is_ascii() && line == line.trim_end(), "{}: {line}", topic.name);
        }
        let run = world.run(&format!("help {}", topic.name)).expect_status(0);
        assert!(run.stderr.is_empty() && run.out().contains(topic.text.trim_end()), "{run}");
    }
    let mistyped = world.run("help exit-code").expect_status(2).err();
    assert!(mistyped.starts_with("error: no such command: exit-code\n"), "{mistyped}");
    world.run("exit-codes").expect_status(2);
    world.command("help cron").stdout_fails(std::io::ErrorKind::StorageFull).run().expect_status(74);
    world.command("help cron").stdout_fails(std::io::ErrorKind::BrokenPipe).run().expect_status(0);
}
