//! A sending process is killed or stopped at any instant: no recipient is lost, and few get a second copy of the same
//! mail.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use cxme_admin::secrets::ResetCode;
use cxme_admin::store::StoreError;
use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::sys::wait::WaitPidFlag;
use nix::sys::wait::WaitStatus;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::can_trace;
use crate::world::code_in;
use crate::world::is_long;
use crate::world::smtp;
use crate::world::variable;

const CONNECTIONS: usize = 4;

/// Not a test: the sending process.
#[test]
#[ignore = "run by the tests below"]
fn sends() {
    let world = World::at(variable("STORE").unwrap().as_ref());
    let report = world.send(smtp(variable("PORT").unwrap().parse().unwrap()), CONNECTIONS);
    assert_eq!(report.transport_error, None);
}

/// Starts a process that sends due messages.
fn start(world: &World, port: u16) -> Child {
    start_under(&[], world, port)
}

/// The same, started by another program.
fn start_under(starter: &[&str], world: &World, port: u16) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut words = starter.iter().map(OsStr::new).chain([program.as_os_str()]);
    Command::new(words.next().unwrap())
        .args(words)
        .args(["--exact", "crash::sends", "--ignored"])
        .env("STORE", world.store.path())
        .env("PORT", port.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The places in the dialogue at which the process is killed, in turn.
const PLACES: [At; 5] = [At::Dot, At::Mail, At::Data, At::Content, At::Rcpt];

/// A relay that sends a signal to the sending process at each `every`-th message, each time at another place. The
/// returned number is the process id; 0: none yet.
fn striking(signal: Signal, every: usize) -> (ScriptedRelay, Arc<AtomicI32>) {
    let victim = Arc::new(AtomicI32::new(0));
    let (number, messages, blows) = (Arc::clone(&victim), AtomicUsize::new(0), AtomicUsize::new(0));
    let relay = ScriptedRelay::start(pipelining(), move |moment| {
        let seen = match moment.at {
            At::Dot => messages.fetch_add(1, Ordering::SeqCst) + 1,
            _ => messages.load(Ordering::SeqCst),
        };
        let sent = blows.load(Ordering::SeqCst);
        if seen >= (sent + 1) * every && moment.at == PLACES[sent % PLACES.len()] {
            let pid = number.swap(0, Ordering::SeqCst);
            if pid != 0 {
                blows.fetch_add(1, Ordering::SeqCst);
                kill(Pid::from_raw(pid), signal).unwrap();
            }
        }
        Act::Usual
    });
    (relay, victim)
}

/// Checks that each recipient has a mail with a working link, and that repeated mails are identical. Returns the
/// number of mails.
fn copies(world: &World, relay: ScriptedRelay, count: usize) -> usize {
    let mut copies: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for mail in relay.end().into_iter().flat_map(|dump| dump.mails).filter(|mail| mail.accepted) {
        copies.entry(mail.recipients.concat()).or_default().push(mail.content);
    }
    assert_eq!(copies.len(), count);
    for (recipient, mails) in &copies {
        assert!(mails.iter().all(|mail| *mail == mails[0]), "{recipient} has mails that differ");
        let code = ResetCode::parse(&code_in(&String::from_utf8_lossy(&mails[0]))).unwrap();
        assert!(world.store.read().unwrap().link_by_code(&code.hash()).unwrap().is_some(), "{recipient}: a dead link");
    }
    copies.values().map(Vec::len).sum()
}

#[test]
fn a_sender_that_is_killed_repeatedly_loses_nobody_and_repeats_few() {
    let (count, every) = if is_long() { (2_000, 10) } else { (200, 13) };
    let world = World::new();
    let ids = world.queued(count);
    let (relay, victim) = striking(Signal::SIGKILL, every);
    let mut kills = 0;
    loop {
        let mut child = start(&world, relay.port());
        victim.store(i32::try_from(child.id()).unwrap(), Ordering::SeqCst);
        let status = child.wait().unwrap();
        victim.store(0, Ordering::SeqCst);
        if let Some(code) = status.code() {
            assert_eq!(code, 0);
            break;
        }
        kills += 1;
        let in_flight = ids.iter().filter(|id| world.message(**id).state.word() == "sending").count();
        assert!(in_flight <= CONNECTIONS, "{in_flight} in flight");
    }
    assert!(kills >= count / every / 2, "only {kills} kills");
    assert!(ids.iter().all(|id| world.message(*id).state.word() == "accepted"));
    let copies = copies(&world, relay, count);
    assert!(copies <= count + kills * CONNECTIONS, "{copies} copies after {kills} kills");
}

#[test]
fn a_sender_killed_at_any_commit_or_send_loses_nobody() {
    if !can_trace() {
        return;
    }
    for calls in ["fdatasync,fsync", "sendto,write", "pwrite64"] {
        let world = World::new();
        let ids = world.queued(20);
        let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
        let step = if is_long() { 1 } else { 5 };
        let mut kills = 0;
        for n in (1..).step_by(step) {
            let inject = format!("inject={calls}:signal=SIGKILL:when={n}");
            let starter = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
            if let Some(code) = start_under(&starter, &world, relay.port()).wait().unwrap().code() {
                assert_eq!(code, 0, "{calls} {n}");
                break;
            }
            kills += 1;
        }
        assert!(kills > 0, "{calls}: never killed");
        assert!(ids.iter().all(|id| world.message(*id).state.word() == "accepted"), "{calls}");
        assert_eq!(world.store.read().unwrap().integrity_faults().unwrap(), [""; 0]);
        let copies = copies(&world, relay, 20);
        assert!(copies <= 20 + kills * CONNECTIONS, "{calls}: {copies} copies after {kills} kills");
    }
}

/// A relay that refuses everything, and kills the sender at the `nth` command of this kind.
fn refusing_and_killing(at: At, nth: usize, reply: &'static str) -> (ScriptedRelay, Arc<AtomicI32>) {
    let victim = Arc::new(AtomicI32::new(0));
    let (number, seen) = (Arc::clone(&victim), AtomicUsize::new(0));
    let relay = ScriptedRelay::start(pipelining(), move |moment| {
        if moment.at == at && seen.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            // The sender may be faster than the test that stores its process id.
            let pid = loop {
                match number.load(Ordering::SeqCst) {
                    0 => std::thread::yield_now(),
                    pid => break pid,
                }
            };
            kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        }
        match moment.at {
            At::Rcpt => Act::Say(format!("{reply}\r\n").into_bytes()),
            _ => Act::Usual,
        }
    });
    (relay, victim)
}

#[test]
fn a_sender_killed_while_refusals_are_suspected_fails_nobody_and_loses_nobody() {
    for reply in ["550 relay not permitted", "454 4.7.1 Relay access denied"] {
        let step = if is_long() { 1 } else { 3 };
        for nth in (1..=14).step_by(step) {
            let world = World::new();
            let ids = world.queued(30);
            let (relay, victim) = refusing_and_killing(At::Rcpt, nth, reply);
            let mut child = start(&world, relay.port());
            victim.store(i32::try_from(child.id()).unwrap(), Ordering::SeqCst);
            child.wait().unwrap();
            for id in &ids {
                let message = world.message(*id);
                let is_truthful = match message.state.word() {
                    "queued" => message.attempts == 0,
                    "sending" => true,
                    "deferred" => {
                        message.attempts == 1 && message.reply.as_deref() == Some(reply) && message.due_at > world.now()
                    }
                    _ => false,
                };
                assert!(is_truthful, "{reply} {nth}: {message:?}");
            }
            world.wait(5_000);
            let taking = ScriptedRelay::start(pipelining(), |_| Act::Usual);
            assert_eq!(world.send(smtp(taking.port()), 2).accepted, 30, "{reply} {nth}");
            assert!(ids.iter().all(|id| world.message(*id).state.word() == "accepted"));
        }
    }
}

#[test]
fn a_sender_that_was_stopped_for_a_while_continues() {
    let world = World::new();
    world.queued(100);
    let (relay, victim) = striking(Signal::SIGSTOP, 20);
    let mut child = start(&world, relay.port());
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    // The signal may stop the sender between two system calls of SQLite that hold a lock on the -shm file, and then
    // nobody can read. That proves nothing about senders: the sender is continued, and the next 20 messages bring the
    // next signal. After the fourth signal there are no such messages left, and `waitpid` sees the end of the sender.
    let senders = loop {
        victim.store(pid.as_raw(), Ordering::SeqCst);
        assert_eq!(
            waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap(),
            WaitStatus::Stopped(pid, Signal::SIGSTOP),
            "never stopped without a lock of SQLite's"
        );
        match world.store.read().and_then(|reading| reading.senders_in_flight()) {
            Err(StoreError::LockHeld) => kill(pid, Signal::SIGCONT).unwrap(),
            senders => break senders.unwrap(),
        }
    };
    // A stopped sender must not be considered dead.
    assert_eq!(senders.len(), 1);
    assert!(senders.into_iter().all(|sender| world.store.try_lock(sender).unwrap().is_none()));
    kill(pid, Signal::SIGCONT).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(copies(&world, relay, 100), 100);
}
