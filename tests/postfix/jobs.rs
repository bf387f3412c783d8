//! A job for many, with a real Postfix behind it, killed in the middle.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use std::time::Instant;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::program::Program;
use crate::server::Options;
use crate::server::Postfix;
use crate::support::can_postfix;
use crate::world::code_in;

/// The connections of the configuration's default.
const CONNECTIONS: usize = 4;

fn many() -> usize {
    #[expect(clippy::disallowed_methods, reason = "how much a test does is said by whoever starts it")]
    if std::env::var_os("CXME_TEST_LONG").is_some() { 2_000 } else { 200 }
}

/// A store with the users whom this Postfix has mailboxes for.
fn program(postfix: &Postfix, users: usize) -> Program {
    let program = Program::new(&postfix.config());
    let mut rows = "email\n".to_owned();
    for number in 0..users {
        writeln!(rows, "user{number}@example.com").unwrap();
    }
    program.does(&["users", "import", "-"], &rows);
    program
}

/// The header of this name.
fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    mail.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {mail}"))
}

/// Waits until the relay has taken so many mails of the job.
fn await_accepted(program: &Program, count: i64) {
    let began = Instant::now();
    while program.count("SELECT count(*) FROM messages WHERE state = 'accepted'") < count {
        assert!(began.elapsed() < Duration::from_secs(120), "the job does not get on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_job_that_is_killed_loses_nobody_and_mails_no_more_twice_than_there_are_connections() {
    if !can_postfix() {
        return;
    }
    let users = many();
    let postfix = Postfix::start(Options { users, ..Options::default() });
    let program = program(&postfix, users);
    let mut job = program.starts(&["users", "send-reset", "--all", "--key", "all", "--yes"]);
    await_accepted(&program, i64::try_from(users / 3).unwrap());
    kill(Pid::from_raw(job.id().cast_signed()), Signal::SIGKILL).unwrap();
    job.wait().unwrap();
    assert!(program.count("SELECT count(*) FROM messages WHERE state IN ('queued', 'sending')") > 0, "killed too late");

    program.does(&["users", "send-reset", "--all", "--key", "all", "--yes"], "");
    assert_eq!(program.count("SELECT count(*) FROM jobs WHERE state = 'finished'"), 1);
    assert_eq!(program.count("SELECT count(*) FROM messages WHERE state <> 'accepted'"), 0);
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (mailbox, mail) in postfix.delivered() {
        copies.entry(mailbox).or_default().push(String::from_utf8_lossy(&mail).into_owned());
    }
    assert_eq!(copies.len(), users, "everybody has a mail");
    let total: usize = copies.values().map(Vec::len).sum();
    assert!(total <= users + CONNECTIONS, "{total} mails for {users} users");
    for (mailbox, mails) in copies.iter().filter(|(_, mails)| mails.len() > 1) {
        for mail in mails {
            for name in ["Message-ID: ", "Date: "] {
                assert_eq!(header(mail, name), header(&mails[0], name), "{mailbox}");
            }
            assert_eq!(code_in(mail), code_in(&mails[0]), "{mailbox}");
        }
    }
    // Each link works, of those mailed before the kill and after it.
    for mailbox in ["user0".to_owned(), format!("user{}", users - 1)] {
        let code = code_in(&copies[&mailbox][0]);
        program.does(&["resets", "redeem", "--stdin", "--no-notify"], &format!("{code}\nferry tobacco lantern\n"));
    }
}

#[test]
fn a_job_that_is_told_to_stop_leaves_nobody_in_doubt() {
    if !can_postfix() {
        return;
    }
    let users = 200;
    let postfix = Postfix::start(Options { users, ..Options::default() });
    let program = program(&postfix, users);
    for (signal, at) in [(Signal::SIGTERM, 20), (Signal::SIGINT, 60)] {
        let words: &[&str] = if at == 20 { &["users", "send-reset", "--all", "--yes"] } else { &["jobs", "run", "1"] };
        let job = program.starts(words);
        await_accepted(&program, at);
        kill(Pid::from_raw(job.id().cast_signed()), signal).unwrap();
        let began = Instant::now();
        let output = job.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(128 + signal as i32), "{said}");
        assert!(said.starts_with(&format!("Stopped by {signal}: Job 1, running: 200 mails: ")), "{said}");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert_eq!(program.count("SELECT count(*) FROM messages WHERE state IN ('sending', 'in doubt')"), 0);
    }
    program.does(&["jobs", "run"], "");
    let counts = postfix.counts();
    assert!(counts.len() == users && counts.values().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn of_many_runners_at_once_each_message_is_sent_by_one() {
    if !can_postfix() {
        return;
    }
    let users = 100;
    let postfix = Postfix::start(Options { users, ..Options::default() });
    let program = program(&postfix, users);
    program.does(&["users", "send-reset", "--all", "--yes", "--queue-only"], "");
    let runners: Vec<_> = (0..20).map(|_| program.starts(&["jobs", "run", "1"])).collect();
    let codes: Vec<_> = runners.into_iter().map(|runner| runner.wait_with_output().unwrap().status.code()).collect();
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert!(codes.iter().all(|code| [Some(0), Some(75)].contains(code)), "{codes:?}");
    let counts = postfix.counts();
    assert!(counts.len() == users && counts.values().all(|count| *count == 1), "{counts:?}");
}
