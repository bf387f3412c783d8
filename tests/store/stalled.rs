//! A process that is stopped while it sends: cron is told of it, and a restore names it.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Child;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::sys::wait::WaitPidFlag;
use nix::sys::wait::WaitStatus;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::world::Ran;
use crate::world::World;
use crate::world::set_mode;

/// A mail to alice waits; the first process that sends is stopped by SIGSTOP at it.
fn with_mail_that_stops() -> World {
    let world = World::new();
    let program = world.directory().join("sendmail");
    let stopped = world.directory().join("stopped");
    let script = format!(
        "#!/bin/sh\nif ! [ -e '{0}' ]; then : >'{0}'; kill -STOP $PPID; fi\ncat >/dev/null\n",
        stopped.display()
    );
    fs::write(&program, script).unwrap();
    set_mode(&program, 0o755);
    world.configure(&format!(
        "[mail]\nfrom = \"accounts@example.com\"\ntransport = \"sendmail\"\n[mail.sendmail]\nprogram = \"{}\"\n\
         [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n",
        program.display()
    ));
    world.done(&["users", "send-reset", "--all", "--queue-only", "--yes"]);
    world
}

/// Starts a command, which is stopped while it sends.
fn stopped(world: &World, words: &[&str]) -> (Child, Pid) {
    // In the group of those who test, a stop may be ignored.
    let child = world.command(words).process_group(0).spawn().unwrap();
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    assert_eq!(waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap(), WaitStatus::Stopped(pid, Signal::SIGSTOP));
    (child, pid)
}

/// Lets the process have done nothing for two hours.
fn two_hours_pass(world: &World, pid: Pid) {
    let path = world.state().join("store.db.lock");
    let notes = fs::read_to_string(&path).unwrap();
    let fields: Vec<&str> = notes.lines().next().unwrap().split('\t').collect();
    assert_eq!(fields[0], pid.to_string());
    let times: Vec<i64> = fields[2..4].iter().map(|time| time.parse().unwrap()).collect();
    let note = format!("{pid}\t{}\t{}\t{}\t{}\n", fields[1], times[0] - 8_000, times[1] - 7_200, fields[4]);
    fs::write(&path, note).unwrap();
}

/// The first line of what it said, without the times.
fn said(ran: &Ran) -> String {
    let line = ran.stderr.lines().next().unwrap_or_default();
    let is_time = |word: &str| word.starts_with("20") && word.contains('T');
    line.split(' ').map(|word| if is_time(word) { "TIME" } else { word }).collect::<Vec<_>>().join(" ")
}

#[test]
fn cron_is_told_of_a_process_that_is_stopped_while_it_sends() {
    let world = with_mail_that_stops();
    let (mut child, pid) = stopped(&world, &["jobs", "run"]);
    // It may be at work.
    let ran = world.run(&["jobs", "run", "-v"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), "Another process is sending the mail that is due.\n"));

    // One that is stopped is at no work: the time of the configuration holds, however short.
    let configuration = world.config();
    let text = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, format!("{text}[jobs]\ncomplain_after = \"0s\"\n")).unwrap();
    assert!(said(&world.run(&["jobs", "run", "-v"])).contains("is stopped (SIGSTOP)"));
    fs::write(&configuration, text).unwrap();

    two_hours_pass(&world, pid);
    let told = world.run(&["jobs", "run"]);
    assert_eq!(told.code, Some(75), "{told:?}");
    let words = format!(
        "error: process {pid}, which began to send at TIME is stopped (SIGSTOP) and has done nothing since TIME and mail waits \
         for it"
    );
    assert_eq!(said(&told), words);
    assert!(told.stderr.contains(&format!("kill -CONT {pid}")), "{told:?}");
    // Each minute would be too often.
    let again = world.run(&["jobs", "run"]);
    assert_eq!((again.code, again.stderr.as_str()), (Some(75), ""));
    assert_eq!(said(&world.run(&["jobs", "run", "-v"])), words);
    assert_eq!(said(&world.run(&["jobs", "run", "1"])), words);

    kill(pid, Signal::SIGCONT).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(world.count("SELECT count(*) FROM messages WHERE state = 'accepted'"), 2);
    let ran = world.run(&["jobs", "run"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_mail_that_a_stopped_process_keeps_is_told_of_though_the_others_are_sent() {
    let world = with_mail_that_stops();
    // Its own message, which nobody else may send.
    let (mut child, pid) = stopped(&world, &["users", "send-reset", "alice", "--unless-sent-within", "0s"]);
    two_hours_pass(&world, pid);
    let told = world.run(&["jobs", "run"]);
    assert_eq!(told.code, Some(75), "{told:?}");
    assert!(said(&told).ends_with("mail waits for it; 1 accepted"), "{told:?}");
    assert_eq!(world.run(&["jobs", "run"]).stderr, "");
    kill(pid, Signal::SIGCONT).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(world.run(&["jobs", "run"]).code, Some(0));
}

#[test]
fn a_restore_names_the_process_that_sends() {
    let world = with_mail_that_stops();
    let copy = world.directory().join("copy.db");
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    let (mut child, pid) = stopped(&world, &["jobs", "run"]);
    let ran = world.run(&["store", "restore", copy.to_str().unwrap(), "--yes"]);
    ran.refused(75, &format!("process {pid} (since 20"));
    assert!(ran.stderr.contains("is sending mail of the store that is to be replaced; nothing was changed"), "{ran:?}");
    kill(pid, Signal::SIGCONT).unwrap();
    assert!(child.wait().unwrap().success());
}
