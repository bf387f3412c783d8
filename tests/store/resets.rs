//! Links: redeemed once by however many at once, whole or not at all, and on the disk before their mail leaves.

use std::io::Write as _;
use std::process::Stdio;

use crate::crash::CALLS;
use crate::crash::kill_at_each;
use crate::world::PASSWORD;
use crate::world::Ran;
use crate::world::World;
use crate::world::can_be_root;
use crate::world::can_trace;
use crate::world::ended;
use crate::world::finish;
use crate::world::is_long;

/// A store whose mails become files.
fn world() -> World {
    let world = World::without_store();
    let mails = world.directory().join("mails");
    world.configure(&format!(
        "[mail]\nfrom = \"passwords@example.com\"\ntransport = \"file\"\n[mail.file]\ndirectory = {:?}\n\
         [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n",
        mails.display()
    ));
    world.with_users()
}

/// Mails alice a link; its code.
fn code(world: &World) -> String {
    world.done(&["users", "send-reset", "alice", "--unless-sent-within", "0s"]);
    let number = world.count("SELECT max(id) FROM messages WHERE lifetime IS NOT NULL");
    for entry in std::fs::read_dir(world.directory().join("mails")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{number}.")) {
            let mail = std::fs::read_to_string(path).unwrap();
            let (_, rest) = mail.split_once("https://reset.example.com/#").unwrap();
            return rest.chars().take(26).collect();
        }
    }
    panic!("no mail of message {number}");
}

const REDEEM: [&str; 4] = ["resets", "redeem", "--stdin", "--no-notify"];

#[test]
fn of_many_who_redeem_one_code_at_once_one_succeeds() {
    let world = world();
    for round in 0..if is_long() { 50 } else { 2 } {
        let code = code(&world);
        let began = || {
            let mut child = world.command(&REDEEM).stdin(Stdio::piped()).spawn().unwrap();
            (child.stdin.take().unwrap(), child)
        };
        let mut children: Vec<_> = (0..50).map(|_| began()).collect();
        // All wait for their input, and get it one right after the other.
        for (number, (stdin, _)) in children.iter_mut().enumerate() {
            stdin.write_all(format!("{code}\n{PASSWORD} {round} {number}\n").as_bytes()).unwrap();
        }
        let mut winners = Vec::new();
        for (number, (stdin, child)) in children.into_iter().enumerate() {
            drop(stdin);
            let ran = ended(child.wait_with_output().unwrap());
            match ran.code {
                Some(0) => winners.push(number),
                Some(65) => assert!(ran.stderr.contains("this code is not accepted"), "{}", ran.stderr),
                _ => panic!("{ran:?}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        let chosen = format!("{PASSWORD} {round} {}", winners[0]);
        finish(world.command(&["users", "verify-password", "alice", "--stdin"]), &chosen).done(&["verify"]);
    }
    world.assert_sound();
}

#[test]
fn a_redeem_killed_at_any_call_is_whole_or_nothing() {
    if !can_trace() {
        return;
    }
    let world = world();
    let facts = || {
        (
            world.count("SELECT count(*) FROM messages WHERE used_at IS NOT NULL"),
            world.count("SELECT session_epoch FROM users WHERE username = 'alice'"),
            world.count("SELECT count(*) FROM events WHERE action = 'resets redeem'"),
            world.count("SELECT count(*) FROM messages WHERE kind = 'notice'"),
        )
    };
    for calls in [CALLS[0], CALLS[1]] {
        let (mut done, mut undone) = (0, 0);
        kill_at_each(calls, |starter, n| {
            let code = code(&world);
            let before = facts();
            let input = format!("{code}\n{PASSWORD} {n}\n");
            let ran: Ran = finish(world.under(starter, &["resets", "redeem", "--stdin"]), &input);
            assert!(ran.code.is_none_or(|code| code == 0), "{}", ran.stderr);
            world.assert_sound();
            let after = facts();
            if after == before {
                assert!(ran.code.is_none(), "said yes and did nothing");
                undone += 1;
            } else {
                assert_eq!(after, (before.0 + 1, before.1 + 1, before.2 + 1, before.3 + 1));
                done += 1;
            }
            ran
        });
        assert!(done > 0 && undone > 0, "{calls}: {done} done, {undone} undone");
    }
}

#[test]
fn the_hash_of_a_code_is_on_the_disk_before_its_mail_leaves() {
    // The program lets nobody but root see which files its descriptors are.
    if !can_be_root() || !can_trace() {
        return;
    }
    let world = world();
    let trace = world.directory().join("trace");
    let calls = "trace=pwrite64,fdatasync,fsync,openat,write,renameat2,linkat";
    let starter = ["strace", "-f", "-y", "-qq", "-o", trace.to_str().unwrap(), "-e", calls];
    let words = ["users", "send-reset", "alice"];
    finish(world.under(&starter, &words), "").done(&words);
    let trace = std::fs::read_to_string(&trace).unwrap();
    let lines: Vec<&str> = trace.lines().collect();
    let left = lines.iter().position(|line| line.contains("write(") && line.contains("/mails/")).unwrap();
    let written = lines[..left].iter().rposition(|line| line.contains("store.db-wal>") && line.contains("pwrite64("));
    let synced = lines[..left].iter().rposition(|line| line.contains("store.db-wal>") && line.contains("sync("));
    assert!(
        written.unwrap() < synced.unwrap(),
        "the mail leaves before what was written last is on the disk:\n{trace}"
    );
    assert_eq!(world.count("SELECT count(*) FROM messages WHERE code_hash IS NOT NULL"), 1);
}

#[test]
fn with_few_descriptors_nothing_panics_and_nothing_is_called_sent_that_waits() {
    let world = world();
    let waiting =
        || world.count("SELECT count(*) FROM messages WHERE state NOT IN ('accepted', 'failed', 'cancelled')");
    let waits = || -> String {
        let sql = "SELECT group_concat(kind || ', ' || state || ', in ' || (due_at - unixepoch()) || ' s: ' || ifnull(reply, ''), '; ') \
                   FROM messages WHERE state NOT IN ('accepted', 'failed', 'cancelled')";
        world.sqlite().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let (mut refused, mut sent) = (0, 0);
    for limit in 6..40 {
        let limited = |words: &[&str], input: &str| {
            let script = format!("ulimit -n {limit}; exec \"$@\"");
            let ran = finish(world.under(&["sh", "-c", &script, "sh"], words), input);
            assert!(ran.code.is_some_and(|code| code != 70) && !ran.stderr.contains("panicked"), "{limit}: {ran:?}");
            ran
        };
        limited(&["users", "set-password", "alice", "--stdin", "--permanent"], PASSWORD);
        let ran = limited(&["users", "send-reset", "alice", "--unless-sent-within", "0s"], "");
        let is_refused = ran.stderr.contains("the process may not open enough files");
        assert!(!is_refused || ran.code == Some(75), "{limit}: {ran:?}");
        refused += u32::from(is_refused);
        let ran = limited(&["jobs", "run"], "");
        assert!(ran.code != Some(0) || waiting() == 0, "{limit}: {ran:?}, {}", waits());
        sent += u32::from(ran.code == Some(0));
    }
    assert!(refused > 0 && sent > 0, "{refused} refused, {sent} sent");
}

#[test]
fn of_many_cron_lines_with_one_key_at_once_one_makes_the_job() {
    let world = world();
    for round in 0..if is_long() { 30 } else { 3 } {
        let key = format!("round-{round}");
        let words = ["users", "send-reset", "--all", "--key", &key, "--unless-sent-within", "0s", "--yes"];
        let started: Vec<_> = (0..6).map(|_| world.command(&words).spawn().unwrap()).collect();
        for child in started {
            let ran = ended(child.wait_with_output().unwrap());
            // Who comes while another one sends is told so.
            assert!([Some(0), Some(75)].contains(&ran.code), "{ran:?}");
        }
        assert_eq!(world.count(&format!("SELECT count(*) FROM jobs WHERE key = '{key}' AND state = 'finished'")), 1);
    }
    assert_eq!(world.count("SELECT count(*) FROM messages GROUP BY job_id ORDER BY 1 DESC LIMIT 1"), 2);
    world.assert_sound();
}
