//! Kills: afterwards an action is done whole or not at all, and the next command needs no cleaning.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use cxme_admin::store::users::MOST_HISTORY;

use crate::world::PASSWORD;
use crate::world::Ran;
use crate::world::World;
use crate::world::can_be_root;
use crate::world::can_trace;
use crate::world::finish;
use crate::world::is_long;
use crate::world::names_in;

/// The calls by which the program changes what is on the disk.
pub(crate) const CALLS: [&str; 4] = ["fdatasync,fsync", "pwrite64,write", "ftruncate", "unlink,unlinkat,renameat2"];

/// What a password change touches: the hash, the epoch, the history, the events.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alice {
    hash: Option<String>,
    epoch: i64,
    history: i64,
    events: i64,
}

impl Alice {
    fn of(world: &World) -> Self {
        let sql = "SELECT password_hash, session_epoch, (SELECT count(*) FROM password_history), \
                   (SELECT count(*) FROM events) FROM users WHERE username = 'alice'";
        let of = |row: &rusqlite::Row<'_>| {
            Ok(Self { hash: row.get(0)?, epoch: row.get(1)?, history: row.get(2)?, events: row.get(3)? })
        };
        world.sqlite().query_row(sql, [], of).unwrap()
    }

    /// Whether the change from `before` to this is whole; false: nothing is changed.
    #[track_caller]
    fn is_changed_from(&self, before: &Self) -> bool {
        if self == before {
            return false;
        }
        assert_ne!(self.hash, before.hash, "{self:?} from {before:?}");
        assert_eq!(self.epoch, before.epoch + 1, "{self:?} from {before:?}");
        let history = (before.history + i64::from(before.hash.is_some())).min(MOST_HISTORY.into());
        assert_eq!(self.history, history, "{self:?} from {before:?}");
        assert_eq!(self.events, before.events + 1, "{self:?} from {before:?}");
        true
    }
}

/// Gives `run` a starter that kills at the n-th of the calls, for n = 1, 2, …, until the command makes no such call any
/// more and ends by itself.
pub(crate) fn kill_at_each(calls: &str, run: impl FnMut(&[&str], usize) -> Ran) {
    let step = if is_long() || !calls.starts_with("pwrite64") { 1 } else { 4 };
    end_at_each("SIGKILL", calls, step, run);
}

/// The same with any signal, at every `step`-th of the calls.
pub(crate) fn end_at_each(signal: &str, calls: &str, step: usize, mut run: impl FnMut(&[&str], usize) -> Ran) {
    for n in (1..).step_by(step) {
        let inject = format!("inject={calls}:signal={signal}:when={n}");
        let ran = run(&["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject], n);
        if ran.code.is_some() {
            break;
        }
    }
}

#[test]
fn a_password_change_killed_at_any_call_is_whole_or_nothing() {
    if !can_trace() {
        return;
    }
    let world = World::new();
    for calls in CALLS {
        let (mut done, mut undone) = (0, 0);
        let mut before = Alice::of(&world);
        kill_at_each(calls, |starter, _| {
            let ran = finish(world.under(starter, &["users", "set-password", "alice", "--stdin"]), PASSWORD);
            assert!(ran.code.is_none_or(|code| code == 0), "{}", ran.stderr);
            // The next command is the first to see what the kill left.
            world.assert_sound();
            let after = Alice::of(&world);
            let is_changed = after.is_changed_from(&before);
            assert!(is_changed || ran.code.is_none(), "said yes and did nothing");
            if is_changed {
                done += 1
            } else {
                undone += 1
            }
            before = after;
            ran
        });
        assert!(done > 0, "{calls}: never done");
        if calls.contains("sync") || calls.contains("write") {
            assert!(undone > 0, "{calls}: never killed before the end");
        }
    }
    world.set_password().done(&["set-password"]);
}

#[test]
fn a_command_killed_at_a_random_instant_is_whole_or_nothing() {
    let world = World::new();
    let mut before = Alice::of(&world);
    // Instants spread over the life of the command by the golden ratio, from none to longer than it lives.
    for n in 0..if is_long() { 200 } else { 12 } {
        let instant = Duration::from_millis(120).mul_f64((f64::from(n) * 0.618_034).fract());
        let mut command = world.command(&["users", "set-password", "alice", "--stdin"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(PASSWORD.as_bytes());
        std::thread::sleep(instant);
        child.kill().unwrap();
        child.wait().unwrap();
        world.assert_sound();
        let after = Alice::of(&world);
        after.is_changed_from(&before);
        before = after;
    }
    world.set_password().done(&["set-password"]);
}

#[test]
fn an_import_killed_at_any_call_adds_all_or_nobody() {
    if !can_trace() {
        return;
    }
    let world = World::new();
    let counts = || (world.count("SELECT count(*) FROM users"), world.count("SELECT count(*) FROM events"));
    for calls in CALLS {
        let mut before = counts();
        kill_at_each(calls, |starter, n| {
            // Fresh names each time: what was added stays.
            let name = format!("{}{n}", &calls[..4]);
            let rows: String = (0..50).map(|row| format!("{name}-{row}@example.com\n")).collect();
            let ran = finish(world.under(starter, &["users", "import", "-"]), &format!("email\n{rows}"));
            assert!(ran.code.is_none_or(|code| code == 0), "{}", ran.stderr);
            world.assert_sound();
            let after = counts();
            let is_whole = after == (before.0 + 50, before.1 + 1);
            assert!(is_whole || (after == before && ran.code.is_none()), "{before:?} {after:?}");
            before = after;
            ran
        });
    }
    assert!(names_in(&world.directory().join("temporary")).is_empty());
}

#[test]
fn an_init_killed_at_any_call_is_finished_by_the_next() {
    if !can_trace() {
        return;
    }
    for calls in CALLS {
        kill_at_each(calls, |starter, n| {
            let world = World::without_store();
            std::fs::remove_file(world.config()).unwrap();
            let (config, store) = (world.config(), world.store());
            let words = ["-c", config.to_str().unwrap(), "--store", store.to_str().unwrap(), "init", "--yes"];
            let ran = finish(world.under(starter, &words), "");
            assert!(ran.code.is_none_or(|code| code == 0), "{}", ran.stderr);
            let again = world.run(&words);
            let expected = if store.exists() && again.code == Some(78) { 78 } else { 0 };
            assert_eq!(again.code, Some(expected), "{calls} {n}: {}", again.stderr);
            world.done(&["users", "add", "alice@example.com", "--name", "Alice"]);
            world.assert_sound();
            assert_eq!(world.count("SELECT count(*) FROM operators"), 1);
            assert_eq!(world.count("SELECT count(*) FROM events"), 2);
            // A file that was never finished may lie about; under the names themselves everything is whole.
            let names = world.names();
            let finished: Vec<_> = names.iter().filter(|name| !name.ends_with(".unfinished")).collect();
            assert_eq!(finished, ["reset.key", "store.db"], "{calls} {n}");
            ran
        });
    }
}

#[test]
fn a_yes_is_said_only_when_the_disk_has_it() {
    // The program lets nobody but root see which files its descriptors are.
    if !can_be_root() || !can_trace() {
        return;
    }
    let world = World::new();
    let trace = world.directory().join("trace");
    let calls = "trace=pwrite64,fdatasync,fsync,openat,open,write,exit_group";
    let starter = ["strace", "-f", "-y", "-qq", "-o", trace.to_str().unwrap(), "-e", calls];
    let words = ["-v", "users", "set-password", "alice", "--stdin"];
    finish(world.under(&starter, &words), PASSWORD).done(&words);
    let trace = std::fs::read_to_string(&trace).unwrap();
    let lines: Vec<&str> = trace.lines().collect();
    let last = |is_it: &dyn Fn(&str) -> bool| lines.iter().rposition(|line| is_it(line));
    let written = last(&|line| line.contains(" pwrite64(") && line.contains("store.db-wal>")).unwrap();
    let synced = last(&|line| line.contains("sync(") && line.contains("store.db-wal>")).unwrap();
    let said = last(&|line| line.contains("write(2") && line.contains("Password set for alice")).unwrap();
    let first_sync_after_it = lines[written..].iter().position(|line| line.contains("sync(")).unwrap() + written;
    assert!(
        written < synced && first_sync_after_it < said,
        "written {written}, synced {synced}, said {said}:\n{trace}"
    );
    // Closing any other descriptor of the file would drop SQLite's locks; O_PATH makes none.
    let name = world.store();
    let is_ours = |line: &&&str| {
        let is_open = line.contains(" openat(") || line.contains(" open(");
        let is_store = line.contains(&format!("\"{}\"", name.display())) || line.contains("\"store.db\"");
        is_open && is_store && !line.contains("O_PATH")
    };
    let opened: Vec<_> = lines.iter().filter(is_ours).collect();
    assert_eq!(opened.len(), 1, "{opened:?}");
}
