//! Commands that do not exist, and help by name.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::help::commands;
use crate::support::World;

/// The error and its first hint; that which lists the commands of the group is shown by one test.
fn told(world: &World, line: &str) -> String {
    let run = world.run(line).expect_status(2);
    assert!(run.stdout.is_empty(), "{line}: {run}");
    let err = run.err();
    let lines = err.lines().filter(|line| !line.starts_with("hint: commands of "));
    format!("$ {line}\n{}\n", lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_mistyped_command_names_the_nearest_and_the_commands_of_its_group() {
    let world = World::empty();
    assert_snapshot!(world.run("users set-pasword alice"), @"
    status 2
    -- stderr
    error: no such command: users set-pasword
    hint: did you mean: cxme-admin users set-password [USER]
    hint: commands of cxme-admin users: list, show, add, clone, edit, delete, lock, unlock, import, export, password, set-password, send-reset, verify-password, change-password, help
    ");
    assert_snapshot!(world.run("usres list"), @"
    status 2
    -- stderr
    error: no such command: usres
    hint: did you mean: cxme-admin users list
    hint: commands of cxme-admin: demo, init, users, resets, jobs, roles, operators, policy, audit, mail, store, doctor, metrics, whoami, completions, config, help
    ");
    assert_snapshot!(world.run("frobnicate"), @"
    status 2
    -- stderr
    error: no such command: frobnicate
    hint: commands of cxme-admin: demo, init, users, resets, jobs, roles, operators, policy, audit, mail, store, doctor, metrics, whoami, completions, config, help
    ");
    assert_snapshot!(world.run("help users lsit"), @"
    status 2
    -- stderr
    error: no such command: users lsit
    hint: did you mean: cxme-admin users list
    hint: commands of cxme-admin users: list, show, add, clone, edit, delete, lock, unlock, import, export, password, set-password, send-reset, verify-password, change-password, help
    ");
}

#[test]
fn what_other_tools_call_it_is_answered_with_the_command_and_not_run() {
    let world = World::new().with_users("alice");
    let before = world.events();
    let mut all = String::new();
    for line in [
        "ls",
        "rm alice",
        "create new@example.com",
        "new",
        "get alice",
        "passwd alice",
        "info",
        "status",
        "del alice",
        "useradd new@example.com",
        "adduser",
        "userdel alice",
        "usermod alice",
        "update alice",
        "set-password alice",
        "list",
        "list users",
        "list jobs",
        "delete user alice",
        "show job 3",
        "stop job 3",
        "user list",
        "user show alice",
        "log",
        "fsck",
        "backup",
        "setup",
        "reset alice",
        "LIST",
        "Users list",
        "version",
        "users ls",
        "users rm alice",
        "users new",
        "users get alice",
        "users passwd alice",
        "users remove alice",
        "users del alice",
        "users info alice",
        "users status alice",
        "users update alice",
        "users disable alice",
        "users enable alice",
        "users login alice",
        "users verify alice",
        "users change alice",
        "users pass alice",
        "users redeem",
        "users LIST",
        "jobs ls",
        "jobs get 1",
        "jobs stop 1",
        "jobs rm 1",
        "jobs start 1",
        "jobs abort 1",
        "operators delete carol",
        "operators rm carol",
        "operators create carol",
        "operators get carol",
        "roles get",
        "roles remove Mine",
        "resets rm alice",
        "resets delete alice",
        "mail send",
        "mail ls",
        "audit log",
        "store dump",
        "-o json users ls",
        "--store users users ls",
        "-qo json users ls",
        "-ojson users ls",
    ] {
        all += &told(&world, line);
    }
    assert_snapshot!(all, @"
    $ ls
    error: no such command: ls
    hint: did you mean: cxme-admin users list
    $ rm alice
    error: no such command: rm
    hint: did you mean: cxme-admin users delete [USER]
    $ create new@example.com
    error: no such command: create
    hint: did you mean: cxme-admin users add EMAIL
    $ new
    error: no such command: new
    hint: did you mean: cxme-admin users add EMAIL
    $ get alice
    error: no such command: get
    hint: did you mean: cxme-admin users show [USER]
    $ passwd alice
    error: no such command: passwd
    hint: did you mean: cxme-admin users set-password [USER]
    $ info
    error: no such command: info
    hint: did you mean: cxme-admin users show [USER]
    $ status
    error: no such command: status
    hint: did you mean: cxme-admin users show [USER]
    $ del alice
    error: no such command: del
    hint: did you mean: cxme-admin users delete [USER]
    $ useradd new@example.com
    error: no such command: useradd
    hint: did you mean: cxme-admin users add EMAIL
    $ adduser
    error: no such command: adduser
    hint: did you mean: cxme-admin users add EMAIL
    $ userdel alice
    error: no such command: userdel
    hint: did you mean: cxme-admin users delete [USER]
    $ usermod alice
    error: no such command: usermod
    hint: did you mean: cxme-admin users edit [USER]
    $ update alice
    error: no such command: update
    hint: did you mean: cxme-admin users edit [USER]
    $ set-password alice
    error: no such command: set-password
    hint: did you mean: cxme-admin users set-password [USER]
    $ list
    error: no such command: list
    hint: did you mean: cxme-admin users list or cxme-admin resets list or cxme-admin jobs list
    $ list users
    error: no such command: list
    hint: did you mean: cxme-admin users list
    $ list jobs
    error: no such command: list
    hint: did you mean: cxme-admin jobs list
    $ delete user alice
    error: no such command: delete
    hint: did you mean: cxme-admin users delete [USER]
    $ show job 3
    error: no such command: show
    hint: did you mean: cxme-admin jobs show JOB
    $ stop job 3
    error: no such command: stop
    hint: did you mean: cxme-admin jobs pause JOB
    $ user list
    error: no such command: user
    hint: did you mean: cxme-admin users list
    $ user show alice
    error: no such command: user
    hint: did you mean: cxme-admin users show [USER]
    $ log
    error: no such command: log
    hint: did you mean: cxme-admin audit list
    $ fsck
    error: no such command: fsck
    hint: did you mean: cxme-admin doctor
    $ backup
    error: no such command: backup
    hint: did you mean: cxme-admin store backup [FILE]
    $ setup
    error: no such command: setup
    hint: did you mean: cxme-admin init
    $ reset alice
    error: no such command: reset
    hint: did you mean: cxme-admin users send-reset [USER]
    $ LIST
    error: no such command: LIST
    hint: did you mean: cxme-admin users list or cxme-admin resets list or cxme-admin jobs list
    $ Users list
    error: no such command: Users
    hint: did you mean: cxme-admin users list
    $ version
    error: no such command: version
    hint: did you mean: cxme-admin --version
    $ users ls
    error: no such command: users ls
    hint: did you mean: cxme-admin users list
    $ users rm alice
    error: no such command: users rm
    hint: did you mean: cxme-admin users delete [USER]
    $ users new
    error: no such command: users new
    hint: did you mean: cxme-admin users add EMAIL
    $ users get alice
    error: no such command: users get
    hint: did you mean: cxme-admin users show [USER]
    $ users passwd alice
    error: no such command: users passwd
    hint: did you mean: cxme-admin users set-password [USER]
    $ users remove alice
    error: no such command: users remove
    hint: did you mean: cxme-admin users delete [USER]
    $ users del alice
    error: no such command: users del
    hint: did you mean: cxme-admin users delete [USER]
    $ users info alice
    error: no such command: users info
    hint: did you mean: cxme-admin users show [USER]
    $ users status alice
    error: no such command: users status
    hint: did you mean: cxme-admin users show [USER]
    $ users update alice
    error: no such command: users update
    hint: did you mean: cxme-admin users edit [USER]
    $ users disable alice
    error: no such command: users disable
    hint: did you mean: cxme-admin users lock [USER]
    $ users enable alice
    error: no such command: users enable
    hint: did you mean: cxme-admin users unlock [USER]
    $ users login alice
    error: no such command: users login
    hint: did you mean: cxme-admin users verify-password [USER]
    $ users verify alice
    error: no such command: users verify
    hint: did you mean: cxme-admin users verify-password [USER]
    $ users change alice
    error: no such command: users change
    hint: did you mean: cxme-admin users edit [USER]
    $ users pass alice
    error: no such command: users pass
    hint: did you mean: cxme-admin users password USER
    $ users redeem
    error: invalid arguments (not shown: they may contain a code)
    hint: codes are not accepted as arguments: omit the code to be prompted, or use `--stdin`; see cxme-admin resets redeem --help
    $ users LIST
    error: no such command: users LIST
    hint: did you mean: cxme-admin users list
    $ jobs ls
    error: no such command: jobs ls
    hint: did you mean: cxme-admin jobs list
    $ jobs get 1
    error: no such command: jobs get
    hint: did you mean: cxme-admin jobs show JOB
    $ jobs stop 1
    error: no such command: jobs stop
    hint: did you mean: cxme-admin jobs pause JOB
    $ jobs rm 1
    error: no such command: jobs rm
    hint: did you mean: cxme-admin jobs delete [JOB]
    $ jobs start 1
    error: no such command: jobs start
    hint: did you mean: cxme-admin jobs run [JOB]
    $ jobs abort 1
    error: no such command: jobs abort
    hint: did you mean: cxme-admin jobs cancel JOB
    $ operators delete carol
    error: no such command: operators delete
    hint: did you mean: cxme-admin operators remove ACCOUNT
    $ operators rm carol
    error: no such command: operators rm
    hint: did you mean: cxme-admin operators remove ACCOUNT
    $ operators create carol
    error: no such command: operators create
    hint: did you mean: cxme-admin operators add ACCOUNT
    $ operators get carol
    error: no such command: operators get
    hint: did you mean: cxme-admin operators list
    $ roles get
    error: no such command: roles get
    hint: did you mean: cxme-admin roles show ROLE
    $ roles remove Mine
    error: no such command: roles remove
    hint: did you mean: cxme-admin roles delete ROLE
    $ resets rm alice
    error: no such command: resets rm
    hint: did you mean: cxme-admin resets revoke [USER]
    $ resets delete alice
    error: no such command: resets delete
    hint: did you mean: cxme-admin resets revoke [USER]
    $ mail send
    error: no such command: mail send
    hint: did you mean: cxme-admin mail test ADDRESS
    $ mail ls
    error: no such command: mail ls
    hint: did you mean: cxme-admin mail queue
    $ audit log
    error: no such command: audit log
    hint: did you mean: cxme-admin audit list
    $ store dump
    error: no such command: store dump
    hint: did you mean: cxme-admin store backup [FILE]
    $ -o json users ls
    error: no such command: users ls
    hint: did you mean: cxme-admin users list
    $ --store users users ls
    error: no such command: users ls
    hint: did you mean: cxme-admin users list
    $ -qo json users ls
    error: no such command: users ls
    hint: did you mean: cxme-admin users list
    $ -ojson users ls
    error: no such command: users ls
    hint: did you mean: cxme-admin users list
    ");
    assert_eq!(world.events(), before);
    assert_eq!(world.count_users(), 1);
}

#[test]
fn nothing_behind_an_unknown_command_is_repeated_and_no_escape_reaches_the_terminal() {
    let world = World::empty();
    let run = world.run("users passwd alice hunter2").expect_status(2);
    assert!(!run.err().contains("hunter2"), "{run}");
    let run = world.command("users").argument("l\u{1b}[2Jst\u{202e}").at_terminal().run().expect_status(2);
    assert!(!run.err().contains(['\u{1b}', '\u{202e}']), "{run}");
    let run = world.command("users").argument("x".repeat(100_000)).run().expect_status(2);
    assert!(run.err().len() < 1_000, "{run}");
    let run = world.command("users").argument("ünïcode").run().expect_status(2);
    assert!(run.err().contains("no such command: users ünïcode"), "{run}");
}

#[test]
fn help_and_the_words_of_a_command_print_its_help() {
    let world = World::empty();
    for (words, _) in commands() {
        let long = world.run(&format!("{} --help", words.join(" "))).expect_status(0).out();
        for at in 0..words.len() {
            let (before, after) = words.split_at(at);
            let line = [before, &["help".to_owned()], after].concat().join(" ");
            assert_eq!(world.run(&line).expect_status(0).out(), long, "{line}");
        }
    }
    assert_eq!(world.run("help").expect_status(0).out(), world.run("--help").expect_status(0).out());
    assert_eq!(world.run("users help").expect_status(0).out(), world.run("users --help").expect_status(0).out());
}

#[test]
fn help_is_listed_where_commands_are() {
    let world = World::empty();
    let mut listed = String::new();
    for group in ["", "users", "jobs"] {
        let help = world.run(&format!("{group} --help")).out();
        let line = help.lines().find(|line| line.trim_start().starts_with("help "));
        writeln!(listed, "{group}: {}", line.unwrap()).unwrap();
    }
    assert_snapshot!(listed, @"
    :   help         Print this message or the help of the given subcommand(s)
    users:   help             Print this message or the help of the given subcommand(s)
    jobs:   help        Print this message or the help of the given subcommand(s)
    ");
}
