//! Disks that are full, failing or read-only: one clear line, nothing half-done, and work goes on when they are well.

use std::path::Path;

use crate::own_mounts;
use crate::own_mounts::empty;
use crate::own_mounts::fill;
use crate::own_mounts::mount;
use crate::world::PASSWORD;
use crate::world::World;
use crate::world::can_be_root;
use crate::world::can_trace;
use crate::world::finish;
use crate::world::is_long;
use crate::world::names_in;
use crate::world::set_mode;

/// Runs a test of this file in mounts of its own.
fn in_own_mounts(test: &str) {
    own_mounts::in_own_mounts(&format!("disk::{test}"));
}

/// A disk of 4 MiB in `directory`.
fn small_disk(directory: &Path) {
    mount(&["-t", "tmpfs", "-o", "size=4m,mode=755", "none"], directory);
}

/// The hash and the epoch of alice, and the number of events.
fn facts(world: &World) -> (Option<String>, i64, i64) {
    let sql = "SELECT password_hash, session_epoch, (SELECT count(*) FROM events) FROM users WHERE username = 'alice'";
    world.sqlite().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

#[test]
fn a_full_disk_changes_nothing() {
    in_own_mounts("on_a_full_disk");
}

#[test]
#[ignore = "started by a_full_disk_changes_nothing"]
fn on_a_full_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disk = directory.path();
    small_disk(disk);
    let world = World::in_folder(disk).with_users();
    world.set_password().done(&["set-password"]);
    let before = facts(&world);
    for free in [0, 4, 16, 32, 36, 40, 500, 1_000] {
        fill(disk, free);
        world
            .set_password()
            .refused(74, &format!("is nearly full ({free} KiB left; a change needs 1 MiB and 8 files); nothing"));
        // What needs no room works: logins above all.
        finish(world.command(&VERIFY), PASSWORD).done(&VERIFY);
        world.done(&["users", "list"]);
        assert_eq!(world.names(), ["reset.key", "store.db"], "nothing was created");
        empty(disk);
        assert_eq!(facts(&world), before, "{free} KiB free");
        world.assert_sound();
    }
    // That a failure of `jobs run` was reported cannot be recorded: it is reported again, with the same exit code.
    world
        .sqlite()
        .execute_batch(
            "INSERT INTO messages (kind, state, address, operator, operator_uid, created_at, due_at) \
             VALUES ('test', 'queued', 'alice@example.com', 'owner', 0, 0, 0)",
        )
        .unwrap();
    for free in [36, 36] {
        fill(disk, free);
        world.run(&["jobs", "run"]).refused(78, "no mail is configured");
    }
    empty(disk);
    world.run(&["jobs", "run"]).refused(78, "no mail is configured");
    let silent = world.run(&["jobs", "run"]);
    assert_eq!((silent.code, silent.stderr.as_str()), (Some(78), ""));
    fill(disk, 48);
    let copy = world.state().join("copy");
    world.run(&["store", "backup", copy.to_str().unwrap()]).refused(74, "full");
    let export = world.state().join("export");
    fill(disk, 0);
    let ran = world.run(&["users", "export", "--to", export.to_str().unwrap()]);
    assert_eq!(ran.code, Some(74), "{}", ran.stderr);
    empty(disk);
    world.assert_sound();
    assert_eq!(world.names(), ["reset.key", "store.db"], "nothing half-done is left");
    // A change that begins with room enough, and uses it up.
    let name = "name ".repeat(38);
    let rows: String = (0..20_000).map(|row| format!("u{row}@example.com,{name}\n")).collect();
    fill(disk, 1_500);
    let import = finish(world.command(&["users", "import", "-"]), &format!("email,name\n{rows}"));
    import.refused(74, "is full; nothing was changed");
    empty(disk);
    assert_eq!(facts(&world), before);
    world.assert_sound();
    world.set_password().done(&["set-password"]);
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    world.assert_sound();
}

#[test]
fn a_refusal_that_cannot_be_recorded_says_so() {
    in_own_mounts("refusals_on_a_full_disk");
}

#[test]
#[ignore = "started by a_refusal_that_cannot_be_recorded_says_so"]
fn refusals_on_a_full_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disk = directory.path();
    small_disk(disk);
    let world = World::in_folder(disk).with_users();
    world.configure("[saml]\nemail_domains = [\"idp.example.com\"]");
    world.done(&["users", "add", "sam@idp.example.com"]);
    let words = ["users", "set-password", "sam", "--generate"];
    let refusal = "sam signs in with SAML: the password is kept by the organization's identity provider";
    let events = || world.count("SELECT count(*) FROM events");
    let before = events();
    fill(disk, 500);
    world.run(&words).refused(74, &format!("{refusal}; this refusal could not be recorded in the audit log: "));
    assert_eq!(events(), before);
    empty(disk);
    world.run(&words).refused(65, refusal);
    assert_eq!(events(), before + 1);
    if is_long() {
        let holder = world.sqlite();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        let audit = "could not be recorded in the audit log: the store is busy";
        world.run(&words).refused(75, &format!("{refusal}; this refusal {audit}"));
    }
}

#[test]
fn an_export_that_is_not_all_there_leaves_no_event_and_no_file() {
    in_own_mounts("exports_to_a_full_disk");
}

#[test]
#[ignore = "started by an_export_that_is_not_all_there_leaves_no_event_and_no_file"]
fn exports_to_a_full_disk() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, other) = (directory.path(), tempfile::tempdir().unwrap());
    small_disk(disk);
    let world = World::in_folder(other.path()).with_users();
    let name = "name ".repeat(38);
    let rows: String = (0..2_000).map(|row| format!("u{row}@example.com,{name}\n")).collect();
    finish(world.command(&["users", "import", "-"]), &format!("email,name\n{rows}")).done(&["import"]);
    let to = disk.join("hashes.csv");
    let words = ["users", "export", "--with-hashes", "--to", to.to_str().unwrap()];
    let events = || world.count("SELECT count(*) FROM events WHERE action = 'users export with hashes'");
    fill(disk, 100);
    world.run(&words).refused(74, &format!("{}: cannot be written: ", to.display()));
    assert_eq!((events(), to.exists()), (0, false));
    empty(disk);
    // A process that may open too few files: each time either both are there, or none.
    let mut counts = [0, 0];
    for limit in 5..24 {
        let ran = under_limit(&world, &format!("-n {limit}"), &words);
        let is_done = ran.code == Some(0);
        assert_eq!((events() == 1, to.exists()), (is_done, is_done), "{limit}: {ran:?}");
        counts[usize::from(is_done)] += 1;
        if is_done {
            break;
        }
    }
    assert!(counts[0] > 2 && counts[1] == 1, "{counts:?}");
    assert_eq!(names_in(disk), ["hashes.csv"]);
}

#[test]
fn init_on_a_full_disk_makes_all_of_a_store_or_none() {
    in_own_mounts("init_on_a_full_disk");
}

#[test]
#[ignore = "started by init_on_a_full_disk_makes_all_of_a_store_or_none"]
fn init_on_a_full_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disk = directory.path();
    small_disk(disk);
    let world = World::in_folder(disk);
    // Too little for anything, then for the log, then for the file that the log is moved into.
    let mut failed = 0;
    for free in (0..1_500).step_by(if is_long() { 10 } else { 100 }) {
        fill(disk, free);
        let ran = world.run(&["init", "--yes"]);
        if ran.code == Some(0) {
            assert!(failed > 3, "too much was free to test anything");
            empty(disk);
            world.done(&["users", "add", "alice@example.com", "--name", "Alice"]);
            world.assert_sound();
            assert_eq!(world.names(), ["reset.key", "store.db"]);
            std::fs::remove_file(world.store()).unwrap();
            std::fs::remove_file(world.state().join("reset.key")).unwrap();
            continue;
        }
        failed += 1;
        ran.refused(74, if ran.stderr.contains("full") { "full" } else { "No space left on device" });
        assert_eq!(names_in(&world.state()), [""; 0]);
    }
    empty(disk);
    world.with_users().assert_sound();
}

#[test]
fn an_import_with_a_full_folder_for_temporary_files_adds_nobody() {
    in_own_mounts("import_with_a_full_temporary_folder");
}

#[test]
#[ignore = "started by an_import_with_a_full_folder_for_temporary_files_adds_nobody"]
fn import_with_a_full_temporary_folder() {
    let world = World::new();
    let temporary = world.directory().join("temporary");
    small_disk(&temporary);
    // More than the cache of the staged rows holds.
    let name = "name ".repeat(38);
    let rows: String = (0..60_000).map(|row| format!("u{row}@example.com,{name}\n")).collect();
    let input = world.directory().join("input.csv");
    std::fs::write(&input, format!("email,name\n{rows}")).unwrap();
    world.run(&["users", "import", input.to_str().unwrap()]).refused(74, "is full; nothing was changed");
    assert_eq!(world.count("SELECT count(*) FROM users"), 2);
    world.assert_sound();
    std::fs::write(&input, "email\ncarol@example.com\n").unwrap();
    world.done(&["users", "import", input.to_str().unwrap()]);
}

#[test]
fn a_read_only_disk_is_said_in_one_line() {
    in_own_mounts("on_a_read_only_disk");
}

#[test]
#[ignore = "started by a_read_only_disk_is_said_in_one_line"]
fn on_a_read_only_disk() {
    let world = World::new();
    world.set_password().done(&["set"]);
    let state = world.state();
    let new = state.join("other/new.db");
    std::fs::create_dir(new.parent().unwrap()).unwrap();
    mount(&["--bind", state.to_str().unwrap()], &state);
    mount(&["-o", "remount,bind,ro"], &state);
    world.run(&["users", "lock", "alice"]).refused(74, "read-only");
    // A disk with errors is mounted so, and people still have to log in.
    finish(world.command(&VERIFY), PASSWORD).done(&VERIFY);
    world.done(&["users", "list"]);
    world.done(&["store", "check"]);
    let ran = world.run(&["--store", new.to_str().unwrap(), "init", "--yes"]);
    ran.refused(74, "Read-only file system");
    mount(&["-o", "remount,bind,rw"], &state);
    world.done(&["users", "lock", "alice"]);
    world.assert_sound();
    assert_eq!(world.names(), ["other", "reset.key", "store.db"]);
}

#[test]
fn a_folder_in_which_one_may_not_write_is_said_in_one_line() {
    // root may write everywhere by a capability; without it the mode of its directory holds for root too.
    let is_root = nix::unistd::Uid::effective().is_root();
    let starter: &[&str] = if is_root { &["setpriv", "--bounding-set=-dac_override"] } else { &["env"] };
    let world = World::new();
    set_mode(&world.state(), 0o500);
    let lock = || finish(world.under(starter, &["users", "lock", "alice"]), "");
    lock().refused(74, "the store cannot be written");
    set_mode(&world.state(), 0o700);
    assert_eq!(lock().code, Some(0));
    world.assert_sound();
}

/// The first writes of a command extend -shm, one byte a page.
const SHM_PAGES: usize = 8;

/// Lets the n-th of the calls fail, for n = 1, 2, …, until the command makes no such call any more.
fn fail_each(calls: &str, error: &str) {
    let world = World::new();
    let mut failed = 0;
    for n in 1.. {
        let before = facts(&world);
        let inject = format!("inject={calls}:error={error}:when={n}");
        let log = world.directory().join("trace");
        let starter = ["strace", "-f", "-qq", "-o", log.to_str().unwrap(), "-e", &inject];
        let ran = finish(world.under(&starter, &["users", "set-password", "alice", "--stdin"]), PASSWORD);
        world.assert_sound();
        let after = facts(&world);
        if ran.code == Some(0) {
            // After the commit only the log is moved into the file, which the next one does as well.
            assert_ne!(after.0, before.0, "{calls} {n}: said yes and did nothing");
            assert_eq!((after.1, after.2), (before.1 + 1, before.2 + 1), "{calls} {n}");
        } else {
            failed += 1;
            // SQLite does not say why it cannot make -shm larger; it is hardly ever another reason than a full disk.
            let is_full = error == "ENOSPC" || (calls == "pwrite64" && n <= SHM_PAGES);
            ran.refused(74, if is_full { "is full; nothing was changed" } else { "reports an error" });
            assert_eq!(after, before, "{calls} {n}: said no and did something");
        }
        if !std::fs::read_to_string(&log).unwrap().contains("INJECTED") {
            break;
        }
    }
    assert!(failed > 0, "{calls}: never failed");
}

#[test]
fn a_disk_that_fails_at_any_call_changes_nothing() {
    if can_trace() {
        fail_each("pwrite64", "ENOSPC");
        fail_each("pwrite64", "EIO");
        fail_each("fdatasync,fsync", "EIO");
    }
}

#[test]
fn a_store_that_is_a_mount_point_is_refused() {
    in_own_mounts("on_mount_points");
}

#[test]
#[ignore = "started by a_store_that_is_a_mount_point_is_refused"]
fn on_mount_points() {
    let (directory, container) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = World::in_folder(directory.path()).with_users();
    let state = container.path().canonicalize().unwrap();
    set_mode(&state, 0o700);
    let store = state.join("store.db");
    let run = |words: &[&str]| world.run(&[&["--store", store.to_str().unwrap()], words].concat());
    std::fs::write(&store, "").unwrap();
    set_mode(&store, 0o600);
    mount(&["--bind", world.store().to_str().unwrap()], &store);
    run(&["users", "list"])
        .refused(78, "store.db: is a mount point of its own: mount the directory that holds it instead");
    let files = names_in(&state);
    assert_eq!(files, ["store.db"], "a second log of the same store");
    // A directory of its own is what a container should have.
    mount(&["--bind", world.store().parent().unwrap().to_str().unwrap()], &state);
    run(&["users", "list"]).done(&["list"]);
}

/// The program under limits of the shell (`ulimit`).
fn under_limit(world: &World, limit: &str, words: &[&str]) -> crate::world::Ran {
    let script = format!("ulimit {limit}; exec \"$0\" \"$@\"");
    finish(world.under(&["bash", "-c", &script], words), &format!("{PASSWORD}\n"))
}

const VERIFY: [&str; 4] = ["users", "verify-password", "alice", "--stdin"];

/// The same where the process may not raise its limits, as an account other than root.
fn under_lasting_limit(world: &World, limit: &str, words: &[&str], input: &str) -> crate::world::Ran {
    let script =
        format!("ulimit {limit}; exec setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource \"$0\" \"$@\"");
    finish(world.under(&["bash", "-c", &script], words), input)
}

/// Otherwise passwords could be tried without a count, by anyone who may start the program by sudo.
#[test]
fn a_limit_that_the_caller_set_keeps_no_wrong_password_from_being_counted() {
    if !can_be_root() {
        return;
    }
    let raising =
        std::process::Command::new("bash").args(["-c", "ulimit -t 100; ulimit -t unlimited"]).output().unwrap();
    let may_raise = raising.status.success();
    for (limit, words) in [
        ("-f 0", "the limit of the size of files is too low (1 GiB needed); nothing was done"),
        ("-f 8", "the limit of the size of files is too low"),
        ("-t 1", "the limit of CPU time is too low"),
        ("-s 512", "the limit of the stack is too low"),
    ] {
        let world = World::new();
        world.set_password().done(&["set"]);
        let counted = || world.count("SELECT coalesce(sum(count), 0) FROM sign_in_failures");
        for input in ["a wrong password\n", PASSWORD] {
            under_lasting_limit(&world, limit, &VERIFY, input).refused(75, words);
        }
        assert_eq!(counted(), 0);
        // Only the soft limit is low, which everybody may raise.
        let soft = format!("-S {limit}");
        let ran = under_lasting_limit(&world, &soft, &VERIFY, "a wrong password\n");
        assert_eq!((ran.code, counted()), (Some(1), 1), "{soft}: {ran:?}");
        under_lasting_limit(&world, &soft, &VERIFY, PASSWORD).done(&["verify"]);
        world.assert_sound();
        // The hard one is raised by root, except in a container that may not.
        if may_raise {
            under_limit(&world, limit, &VERIFY).done(&["verify"]);
        }
    }
}

#[test]
fn a_hash_that_gets_no_memory_is_later_and_no_abort() {
    let world = World::new();
    world.set_password().done(&["set"]);
    let dear = std::fs::read_to_string(world.config()).unwrap().replace("memory_kib = 19456", "memory_kib = 1048576");
    std::fs::write(world.config(), dear).unwrap();
    for words in [&VERIFY[..], &["users", "set-password", "alice", "--stdin"]] {
        under_limit(&world, "-v 900000", words).refused(75, "not enough memory for a password hash");
    }
    world.assert_sound();
}
