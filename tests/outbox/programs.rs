//! A program instead of a relay: what its exit status means for a message and for a run.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use cxme_admin::domain::message::MessageState;
use cxme_admin::mail::outcome::Phase;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::mail::sendmail::Sendmail;
use cxme_admin::mail::transport::Transport;
use tempfile::TempDir;

use crate::world::World;

/// A shell script that records each recipient, and then runs `body`, in which `$to` is the recipient.
struct Program(TempDir);

impl Program {
    fn new(body: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let script = format!(
            "#!/bin/sh\nfor to; do :; done\necho \"$to\" >>'{}'\ncat >/dev/null\n{body}\n",
            path.join("seen").display()
        );
        fs::write(path.join("script"), script).unwrap();
        // Another process writes it: a program that another test starts could inherit a file that is open for
        // writing.
        let copied = Command::new("install").args(["-m", "700", "script", "program"]).current_dir(path).status();
        assert!(copied.unwrap().success());
        Self(directory)
    }

    fn transport(&self) -> Transport {
        Transport::Sendmail(Sendmail::new(self.path()))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("program")
    }

    /// The recipients of the mails that it was given since the last call, in that order.
    fn seen(&self) -> Vec<String> {
        let file = self.0.path().join("seen");
        let seen = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        seen.lines().map(str::to_owned).collect()
    }

    /// The recipients, without duplicates.
    fn seen_once(&self) -> Vec<String> {
        let seen = self.seen();
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), seen.len(), "given twice: {seen:?}");
        seen
    }
}

#[test]
fn a_mail_that_the_program_does_not_take_waits_and_is_not_passed_twice() {
    for status in [1, 69, 71, 73, 74, 75, 76] {
        let world = World::new();
        let ids = world.queued(6);
        let program = Program::new(&format!("case $to in user2@*) echo 'not now' >&2; exit {status} ;; esac"));
        let report = world.send(program.transport(), 2);
        assert_eq!((report.accepted, report.deferred, report.transport_error), (5, 1, None), "{status}");
        assert_eq!(program.seen_once().len(), 6, "{status}");
        let message = world.message(ids[2]);
        assert_eq!((message.state, message.attempts), (MessageState::Deferred, 1), "{status}");
        let reply = message.reply.unwrap();
        assert!(reply.contains(&format!("exit status {status}")) && reply.ends_with(": not now"), "{reply}");
        let waits = message.due_at.as_second() - world.now().as_second();
        assert!((240..=360).contains(&waits), "{status}: {waits} s");
        assert_eq!(world.send(program.transport(), 2).total(), 0, "{status}: it is not due yet");
    }
}

#[test]
fn a_single_message_is_treated_the_same() {
    for (status, state, transport_error) in [
        (1, MessageState::Deferred, None),
        (69, MessageState::Deferred, None),
        (75, MessageState::Deferred, None),
        (65, MessageState::Failed, None),
        (67, MessageState::Failed, None),
        (64, MessageState::Deferred, Some(TransportErrorKind::Configuration)),
        (77, MessageState::Deferred, Some(TransportErrorKind::Configuration)),
        (78, MessageState::Deferred, Some(TransportErrorKind::Configuration)),
    ] {
        let world = World::new();
        let id = world.queued(1)[0];
        let program = Program::new(&format!("exit {status}"));
        let report = world.send(program.transport(), 4);
        assert_eq!(report.transport_error.map(|transport_error| transport_error.kind), transport_error, "{status}");
        assert_eq!(program.seen_once().len(), 1, "{status}");
        let message = world.message(id);
        assert_eq!((message.state, message.attempts), (state, 1), "{status}");
        assert!(message.reply.unwrap().contains(&format!("exit status {status}")), "{status}");
    }
}

#[test]
fn the_same_exit_status_for_everybody_concerns_the_program_and_fails_nobody() {
    for (status, kind) in
        [(75, TransportErrorKind::Temporary), (1, TransportErrorKind::Temporary), (65, TransportErrorKind::Permanent)]
    {
        let world = World::new();
        let ids = world.queued(40);
        let program = Program::new(&format!("echo \"cannot send to $to\" >&2; exit {status}"));
        let report = world.send(program.transport(), 1);
        let transport_error = report.transport_error.clone().unwrap();
        assert_eq!(
            (transport_error.kind, report.failed, report.deferred),
            (kind, 0, 0),
            "{status}: {}",
            transport_error.message
        );
        assert!(
            transport_error.message.contains("check the program of `[mail.sendmail]`"),
            "{}",
            transport_error.message
        );
        assert_eq!(program.seen_once().len(), 10, "{status}");
        for id in &ids {
            let message = world.message(*id);
            assert_eq!((message.state, message.attempts), (MessageState::Queued, 0), "{status}");
        }
        assert!(world.store.read().unwrap().relay_hold().unwrap().unwrap().is_in_force(world.now()), "{status}");
        // Once it works, all are sent.
        assert_eq!(world.send(Program::new("").transport(), 1).accepted, 40, "{status}");
    }
}

#[test]
fn users_unknown_to_the_program_fail_even_if_they_are_many() {
    let world = World::new();
    world.queued(20);
    let report = world.send(Program::new("exit 67").transport(), 2);
    assert_eq!((report.failed, report.total(), report.transport_error), (20, 20, None));
}

#[test]
fn a_program_that_is_not_set_up_stops_the_run_and_the_next_run_begins_with_another_mail() {
    let world = World::new();
    world.queued(5);
    let program = Program::new("echo 'no account' >&2; exit 78");
    let mut seen = Vec::new();
    for run in 0..3 {
        let report = world.send(program.transport(), 1);
        let transport_error = report.transport_error.clone().unwrap();
        assert_eq!(
            (transport_error.kind, transport_error.phase),
            (TransportErrorKind::Configuration, Phase::Program),
            "{run}"
        );
        assert!(
            transport_error.message.ends_with(": exit status 78 (configuration): no account"),
            "{}",
            transport_error.message
        );
        assert_eq!((report.deferred, report.total()), (1, 1), "{run}");
        seen.extend(program.seen());
    }
    seen.dedup();
    assert_eq!(seen.len(), 3, "{seen:?}");
    // The deferred ones wait a little, and the others are sent at once.
    assert_eq!(world.send(Program::new("").transport(), 1).accepted, 2);
    world.wait(400);
    assert_eq!(world.send(Program::new("").transport(), 1).accepted, 3);
}

#[test]
fn one_mail_at_which_the_program_fails_keeps_no_other_from_being_sent() {
    let world = World::new();
    let ids = world.queued(20);
    let program = Program::new("case $to in user7@*) exit 64 ;; esac");
    let report = world.send(program.transport(), 1);
    assert_eq!((report.accepted, report.deferred, report.transport_error), (19, 1, None));
    assert_eq!(program.seen_once().len(), 20);
    let message = world.message(ids[7]);
    assert_eq!((message.state, message.attempts), (MessageState::Deferred, 1));
    // Three in a row do not concern their mails.
    let world = World::new();
    world.queued(20);
    let program = Program::new("case $to in user[0-4]@*) exit 0 ;; esac; exit 64");
    let report = world.send(program.transport(), 1);
    assert_eq!((report.accepted, report.deferred, report.total()), (5, 3, 8));
    assert_eq!(report.transport_error.unwrap().kind, TransportErrorKind::Configuration);
}
