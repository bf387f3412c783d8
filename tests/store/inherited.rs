//! Started by a program that ignores SIGCHLD, has no umask and leaves descriptors open.

use std::fs;
use std::process::Command;

use crate::world::Ran;
use crate::world::World;
use crate::world::ended;
use crate::world::set_mode;

/// Mails of this world go to a program that does `body`; `$D` is the directory.
fn with_sendmail(body: &str) -> World {
    let world = World::new();
    let program = world.directory().join("sendmail");
    fs::write(&program, format!("#!/bin/sh\nD='{}'\n{body}\n", world.directory().display())).unwrap();
    set_mode(&program, 0o755);
    world.configure(&format!(
        "[mail]\nfrom = \"accounts@example.com\"\ntransport = \"sendmail\"\n[mail.sendmail]\nprogram = \"{}\"\n\
         [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n",
        program.display()
    ));
    world
}

/// Runs the program as such a parent starts it.
fn run(world: &World, words: &[&str]) -> Ran {
    let starter = ["env", "--ignore-signal=CHLD", "sh", "-c", "umask 0; exec \"$0\" \"$@\" 7</dev/null 9>/dev/null"];
    let mut command: Command = world.under(&starter, words);
    ended(command.output().unwrap())
}

#[test]
fn a_mail_that_sendmail_took_is_accepted_though_the_parent_ignores_sigchld() {
    let world = with_sendmail("cat >>\"$D/mails\"; echo x >>\"$D/count\"");
    let run_once = || run(&world, &["users", "send-reset", "alice", "-o", "json"]);
    let ran = run_once();
    assert!(ran.code == Some(0) && ran.stdout.contains("\"accepted\""), "{ran:?}");
    assert_eq!(world.count("SELECT count(*) FROM messages WHERE state = 'accepted'"), 1);
    let ran = run(&world, &["jobs", "run"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(world.directory().join("count")).unwrap(), "x\n");
}

#[test]
fn a_program_that_is_started_inherits_a_umask_and_no_descriptors() {
    let world = with_sendmail("umask >\"$D/umask\"; ls /proc/self/fd >\"$D/descriptors\"; cat >/dev/null");
    let ran = run(&world, &["users", "send-reset", "alice"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let seen = |name: &str| fs::read_to_string(world.directory().join(name)).unwrap();
    assert_eq!(seen("umask"), "0022\n");
    // The last is the list that ls(1) reads.
    assert_eq!(seen("descriptors"), "0\n1\n2\n3\n");
    // A stricter umask stays.
    let mut strict = world.under(&["sh", "-c", "umask 077; exec \"$0\" \"$@\""], &["users", "send-reset", "bob"]);
    let ran = ended(strict.output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(seen("umask"), "0077\n");
}

#[test]
fn a_password_command_inherits_no_descriptors_either() {
    let world = World::new();
    let program = world.directory().join("password");
    let seen = world.directory().join("descriptors");
    fs::write(&program, format!("#!/bin/sh\nls /proc/self/fd >'{}'\necho secret\n", seen.display())).unwrap();
    set_mode(&program, 0o755);
    world.configure(&format!(
        "[mail]\nfrom = \"accounts@example.com\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\n\
         retry_for = \"0s\"\nusername = \"x\"\npassword_command = [\"{}\"]\n",
        program.display()
    ));
    // Nobody listens there; the password is asked for before that is known.
    let ran = run(&world, &["mail", "test", "admin@example.net"]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read_to_string(&seen).unwrap_or_else(|error| panic!("{error}: {ran:?}")), "0\n1\n2\n3\n");
}
