//! `store`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cxme_admin::store::schema::VERSION;
use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::Run;
use crate::support::World;

#[test]
fn a_sound_store_is_said_to_be_sound() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.run("store check"), @"
    status 0
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       sound
    integrity    sound
    references   sound
    rows         sound
    audit        sound
    addresses    sound
    clock        sound
    times        sound
    reset key    sound
    ");
}

#[test]
fn a_reference_that_leads_nowhere_is_found() {
    let world = World::new().with_users("alice");
    world.sql("PRAGMA foreign_keys = OFF; UPDATE users SET role_id = 99");
    assert_snapshot!(world.run("store check"), @"
    status 65
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       sound
    integrity    sound
    references   users: row 1
    rows         sound
    audit        sound
    addresses    sound
    clock        sound
    times        sound
    reset key    sound
    -- stderr
    error: the store has 1 fault
      - references: users: row 1
    hint: keep a copy of [DIR]/data/store.db and the files beside it as they are; restore the newest sound backup: cxme-admin store restore FILE; or recover what can be read: (umask 077; rm -f [DIR]/data/store.db.recovered; sqlite3 :memory: .recover >/dev/null 2>&1 && how=.recover || how=.dump; (sqlite3 -readonly [DIR]/data/store.db $how | sed '/^CREATE TABLE sqlite_sequence/d; s/^ROLLBACK;.*/COMMIT;/'; echo 'DROP TABLE IF EXISTS lost_and_found; PRAGMA application_id=1129860417; PRAGMA user_version=15;') | sqlite3 [DIR]/data/store.db.recovered), then: cxme-admin store restore [DIR]/data/store.db.recovered
    ");
}

#[test]
fn a_backup_is_a_whole_store_for_its_owner_alone() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let back_up = || world.command("store backup -v").argument(world.path("copy.db")).run();
    assert_snapshot!(back_up(), @"
    status 0
    -- stderr
    Backed up the store to [DIR]/copy.db.
    ");
    assert_eq!(fs::metadata(world.path("copy.db")).unwrap().permissions().mode() & 0o7777, 0o600);
    let from = |command: &str| world.command(command).argument("--store").argument(world.path("copy.db"));
    fs::copy(world.path("data/reset.key"), world.path("reset.key")).unwrap();
    from("store check").run().expect_status(0);
    from("audit verify").run().expect_status(0);
    from("users verify-password alice --stdin").stdin(GOOD).run().expect_status(0);
    let events = |listed: String| listed.matches("backed up the store").count();
    let (of_copy, of_store) = (from("audit list").run().out(), world.run("audit list").out());
    assert_eq!((events(of_copy), events(of_store)), (0, 1), "the event is recorded when the copy is in its place");
    assert_snapshot!(back_up(), @"
    status 74
    -- stderr
    error: [DIR]/copy.db: already exists: give another path
    ");
}

#[test]
fn a_backup_that_would_only_be_made_is_not() {
    let world = World::new();
    let run = world.command("store backup --dry-run -v").argument(world.path("copy.db")).run();
    assert_snapshot!(run, @"
    status 0
    -- stdout
    Would back up the store to [DIR]/copy.db.
    -- stderr
    Dry run; nothing was changed.
    ");
    assert!(!world.path("copy.db").exists());
}

/// What was said, whatever the schema version of this program is.
fn without_version(run: &Run) -> String {
    // Not the beginning of another number.
    let ends = [" ", ";", ".", "\n"].into_iter();
    ends.fold(run.to_string(), |text, end| text.replace(&format!(" {VERSION}{end}"), &format!(" [CURRENT]{end}")))
}

#[test]
fn a_store_of_the_present_version_needs_no_migration() {
    let world = World::new();
    let before = world.events();
    assert_snapshot!(without_version(&world.run("store migrate -v")), @"
    status 0
    -- stderr
    The store has the schema version [CURRENT] already; nothing was changed.
    ");
    assert_eq!(world.events(), before);
}

#[test]
fn a_store_of_a_pre_release_is_named_and_left_as_it_is() {
    let world = World::new();
    world.sql("PRAGMA user_version = 14");
    assert_snapshot!(world.run("users list"), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: was created by a pre-release of cxme-admin (schema version 14), which cannot be upgraded
    hint: it was left as it is; to keep its users: export them with that program (`users export --with-hashes --to users.csv`), move the store away, then `cxme-admin init` and `cxme-admin users import users.csv`
    ");
    for command in ["store migrate", "store check", "store backup /absent/copy.db", "init --yes"] {
        world.run(command).expect_status(78);
    }
    assert_eq!(world.ask("PRAGMA user_version"), "14");
    // Neither is a copy of one restored.
    world.sql("PRAGMA user_version = 15");
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    let copy = rusqlite::Connection::open(world.path("copy.db")).unwrap();
    copy.execute_batch("PRAGMA user_version = 14").unwrap();
    drop(copy);
    let run = world.command("store restore --yes").argument(world.path("copy.db")).run().expect_status(78);
    assert!(run.err().contains("/copy.db: was created by a pre-release"), "{run}");
}

#[test]
fn the_store_is_for_those_who_manage_it() {
    let world = World::new().with_operator(CAROL, "Minimal Permissions");
    for command in ["store check", "store migrate", "store backup /absent/copy.db"] {
        let run = world.command(command).uid(CAROL).run();
        assert_eq!(run.status, 77, "{command}: {run}");
        assert!(run.err().contains("manage-store") || run.err().contains("back-up-store"), "{command}: {run}");
    }
}

/// A store with an open link of alice's, a mail to bob that waits, and a job that runs; copied, and then gone on with.
fn copied() -> (World, String) {
    let world = World::with_mail().with_users("alice,bob,carla").with_password("alice", GOOD);
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    let down = ScriptedRelay::start(Offer::default(), |_| Act::Hang(Vec::new()));
    world.configure_relay(down.port());
    world.run("users send-reset bob").expect_status(75);
    world.run("users send-reset --search carla --queue-only --yes").expect_status(0);
    world.configure_mail("");
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    world.run("jobs run").expect_status(0);
    world.run("users add dora@example.com").expect_status(0);
    (world, code)
}

#[test]
fn a_restored_store_sends_nothing_again_that_nobody_has_looked_at() {
    let (world, code) = copied();
    let head = world.run("audit head").out();
    assert_eq!(world.mails().len(), 3);
    let restore = || world.command("store restore").argument(world.path("copy.db"));
    assert_snapshot!(restore().argument("-n").argument("-v").run(), @"
    status 0
    -- stdout
    Would replace [DIR]/data/store.db with the store of 2026-11-24T08:00:00Z with 3 users.
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_eq!(world.count_users(), 4);
    assert_snapshot!(restore().run(), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Replace [DIR]/data/store.db with the store of 2026-11-24T08:00:00Z with 3 users
    hint: give `--yes` to do it without being asked
    ");
    let run = restore().argument("--reason").argument("disk died").typing(["y"]).run();
    assert_snapshot!(run, @"
    status 0
    -- asked
    Replace [DIR]/data/store.db with the store of 2026-11-24T08:00:00Z with 3 users? [y/N] y
    -- stderr
    [DIR]/data/store.db is the store of 2026-11-24T08:00:00Z with 3 users.
    The replaced store is kept as [DIR]/data/store.db.replaced-20261124-080000.
    1 open link revoked, 2 waiting mails in doubt, 1 running job paused.
    Non-interactive equivalent: cxme-admin store restore [DIR]/copy.db --reason 'disk died' --yes
    ");
    assert_eq!(world.count_users(), 3);
    assert_snapshot!(world.newest_event(), @r#"
    store restore | done | owner, Admin | disk died
    {"from":"[DIR]/copy.db","jobs":1,"links":1,"messages":2,"replaced_store":"[DIR]/data/store.db.replaced-20261124-080000"}
    "#);
    assert_snapshot!(world.run("jobs list -o csv"), @"
    status 0
    -- stdout
    job,key,state,why,operator,created_at,ended_at,selection,mails,accepted,failed,bounced,cancelled,waiting,skipped
    1,,paused,restored from a copy: it may have been sent since the copy was made,owner,2026-11-24T08:00:00Z,,'--search carla,1,0,0,0,0,1,0
    ");
    assert_snapshot!(world.run("mail queue -o csv"), @"
    status 0
    -- stdout
    message,kind,username,address,state,attempts,due_at,reply,created_at,last_try_at,operator
    2,invitation,bob,bob@example.com,in doubt,0,2026-11-24T08:00:00Z,restored from a copy: it may have been sent since the copy was made,2026-11-24T08:00:00Z,,owner
    3,invitation,carla,carla@example.com,in doubt,0,2026-11-24T08:00:00Z,job 1 is paused; restored from a copy: it may have been sent since the copy was made,2026-11-24T08:00:00Z,,owner
    ");
    let stdin = format!("{code}\nseven violet umbrellas whistle\n");
    world.command("resets redeem --stdin").stdin(stdin).run().expect_status(65);
    world.run("audit verify").expect_status(0);
    assert_snapshot!(world.command("audit verify --head").argument(head.trim()).run(), @"
    status 65
    -- stderr
    error: the audit log does not verify: no event has the hash given with `--head`: events were cut off or rewritten since it was noted
    hint: another program has written to the file: compare with a backup and with the head kept elsewhere
    ");
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 4, "bob's mail leaves again, and the job waits");
    world.run("jobs run 1").expect_status(0);
    assert_eq!(world.mails().len(), 5);
    assert_eq!(
        fs::read_dir(world.path("data")).unwrap().count(),
        4,
        "store, lock, key, and the store that was replaced"
    );
}

#[test]
fn a_store_that_is_gone_is_restored_in_its_place() {
    let (world, _) = copied();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.path(&format!("data/store.db{suffix}")));
    }
    world.command("store restore").argument(world.path("copy.db")).run().expect_status(0);
    world.run("store check").expect_status(0);
    assert_eq!(world.count_users(), 3);
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn what_is_no_sound_copy_replaces_nothing() {
    let (world, _) = copied();
    let restore = |name: &str| world.command("store restore --yes").argument(world.path(name)).run();
    assert_snapshot!(restore("absent.db"), @"
    status 74
    -- stderr
    error: [DIR]/absent.db: no such file: create it, or correct the path
    ");
    world.file("text.db", "not a store");
    assert_snapshot!(restore("text.db"), @"
    status 78
    -- stderr
    error: [DIR]/text.db: not a cxme-admin store
    hint: it was left as it is; give a file that `store backup` created
    ");
    let copy = fs::read(world.path("copy.db")).unwrap();
    world.file_with_mode("loose.db", &copy, 0o644);
    assert_snapshot!(restore("loose.db"), @"
    status 78
    -- stderr
    error: [DIR]/loose.db: is world-readable (0644): run `chmod 600 [DIR]/loose.db`
    ");
    let mut broken = copy.clone();
    let middle = broken.len() / 2;
    broken[middle..middle + 4_000].fill(0x5a);
    world.file("broken.db", broken);
    let run = restore("broken.db").expect_status(65);
    assert!(run.err().contains("/broken.db: damaged: "), "{run}");
    world.file("edited.db", copy);
    let edited = rusqlite::Connection::open(world.path("edited.db")).unwrap();
    let trigger = "SELECT sql FROM sqlite_schema WHERE name = 'refuse_update_of_events'";
    let trigger: String = edited.query_row(trigger, [], |row| row.get(0)).unwrap();
    edited
        .execute_batch(&format!(
            "DROP TRIGGER refuse_update_of_events; UPDATE events SET reason = 'x' WHERE number = 2; {trigger}"
        ))
        .unwrap();
    edited.close().unwrap();
    assert_snapshot!(restore("edited.db"), @"
    status 65
    -- stderr
    error: [DIR]/edited.db: damaged: audit: event 2 was changed after it was written, or the one before it was
    hint: it was left as it is, and the store as well; restore another copy; the users of this one: cxme-admin --store [DIR]/edited.db users export --with-hashes --to users.csv, which `users import --update` takes (docs/backup.md)
    ");
    assert_eq!(world.count_users(), 4);
    world.run("store check").expect_status(0);
}

#[test]
fn no_store_is_put_where_the_log_of_another_one_lies() {
    let (world, _) = copied();
    // A process that was killed leaves its log behind.
    let log = fs::read(world.path("copy.db")).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.path(&format!("data/store.db{suffix}")));
    }
    world.file("data/store.db-wal", log);
    let run = world.command("store restore").argument(world.path("copy.db")).run();
    assert_snapshot!(run, @"
    status 78
    -- stderr
    error: [DIR]/data/store.db-wal: is left from another store
    hint: move it away, to the store that it belongs to: SQLite would play it back over the new one
    ");
    world.run("init --yes").expect_status(78);
    fs::remove_file(world.path("data/store.db-wal")).unwrap();
    world.command("store restore").argument(world.path("copy.db")).run().expect_status(0);
}

#[test]
fn each_thing_that_is_wrong_with_a_store_is_found_with_what_to_do() {
    let world = World::new().with_users("alice");
    let check = || world.run("store check");
    let key = world.path("data/reset.key");
    let own = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert_snapshot!(check(), @"
    status 65
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       sound
    integrity    sound
    references   sound
    rows         sound
    audit        sound
    addresses    sound
    clock        sound
    times        sound
    reset key    [DIR]/data/reset.key: no such file: restore the key from its backup, or set [reset] key_file
    -- stderr
    error: the store has 1 fault
      - reset key: [DIR]/data/reset.key: no such file: restore the key from its backup, or set [reset] key_file
    hint: for modes, addresses and the key, do as the line says
    ");
    world.file("data/reset.key", format!("{}\n", "0a".repeat(32)));
    assert_snapshot!(check(), @"
    status 65
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       sound
    integrity    sound
    references   sound
    rows         sound
    audit        sound
    addresses    sound
    clock        sound
    times        sound
    reset key    the key file is not the reset key of this store, and may be another's: name the right one with [reset] key_file
    -- stderr
    error: the store has 1 fault
      - reset key: the key file is not the reset key of this store, and may be another's: name the right one with [reset] key_file
    hint: for modes, addresses and the key, do as the line says
    ");
    world.file("data/reset.key", &own);
    world.sql("CREATE TRIGGER more AFTER INSERT ON events BEGIN UPDATE operators SET role_id = 1; END");
    assert_snapshot!(check(), @"
    status 65
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       trigger `more` was not created by this program
    integrity    sound
    references   sound
    rows         sound
    audit        sound
    addresses    sound
    clock        sound
    times        sound
    reset key    sound
    -- stderr
    error: the store has 1 fault
      - schema: trigger `more` was not created by this program
    hint: keep a copy of [DIR]/data/store.db and the files beside it as they are; restore the newest sound backup: cxme-admin store restore FILE; or recover what can be read: (umask 077; rm -f [DIR]/data/store.db.recovered; sqlite3 :memory: .recover >/dev/null 2>&1 && how=.recover || how=.dump; (sqlite3 -readonly [DIR]/data/store.db $how | sed '/^CREATE TABLE sqlite_sequence/d; s/^ROLLBACK;.*/COMMIT;/'; echo 'DROP TABLE IF EXISTS lost_and_found; PRAGMA application_id=1129860417; PRAGMA user_version=15;') | sqlite3 [DIR]/data/store.db.recovered), then: cxme-admin store restore [DIR]/data/store.db.recovered
    ");
    world.sql("DROP TRIGGER more");
    world.sql("PRAGMA ignore_check_constraints = ON; UPDATE users SET locale = x'00'");
    let broken = check().expect_status(65).out();
    assert!(broken.contains("\nintegrity    CHECK constraint failed in users\n"), "{broken}");
    world.sql("UPDATE users SET locale = NULL");
    world.wait(-3_600);
    assert_snapshot!(check(), @"
    status 0
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       sound
    integrity    sound
    references   sound
    rows         sound
    audit        sound
    addresses    sound
    clock        see the warning
    times        see the warning
    reset key    sound
    -- stderr
    warning: the clock (2026-11-24T07:00:00Z) is behind the newest event (2026-11-24T08:00:00Z): check the clock
    warning: recorded in the future: creations of users, changes of users, operators added
    ");
    world.wait(3_600);
    check().expect_status(0);
}

#[test]
fn a_reader_group_that_is_configured_and_not_in_effect_is_found() {
    let world = World::new();
    let gid = nix::unistd::getegid();
    let group = nix::unistd::Group::from_gid(gid).unwrap().unwrap().name;
    let configured = |name: &str| {
        world.configure("");
        let text = fs::read_to_string(world.config()).unwrap();
        world.write_config(&text.replace("[store]\n", &format!("[store]\nreader_group = \"{name}\"\n")));
    };
    configured("no-such-group");
    let missing = world.run("store check").expect_status(65);
    assert!(missing.out().contains("this machine has no group `no-such-group`"), "{missing}");
    configured(&group);
    let shown = |text: String| text.replace(&format!("gid {gid}"), "gid [GID]").replace(&group, "[GROUP]");
    assert_snapshot!(shown(world.run("store check -o csv").to_string()), @"
    status 65
    -- stdout
    examined,fault
    modes,
    file system,
    schema,
    integrity,
    references,
    rows,
    audit,
    addresses,
    clock,
    times,
    reset key,
    reader group,[DIR]/data: has mode 0700 and gid [GID]: group [GROUP] can read it only with mode 2750 and group [GROUP]
    reader group,[DIR]/data/store.db: has mode 0600 and gid [GID]: group [GROUP] can read it only with mode 0640 and group [GROUP]
    -- stderr
    error: the store has 2 faults
      - reader group: [DIR]/data: has mode 0700 and gid [GID]: group [GROUP] can read it only with mode 2750 and group [GROUP]
      - reader group: [DIR]/data/store.db: has mode 0600 and gid [GID]: group [GROUP] can read it only with mode 0640 and group [GROUP]
    hint: for modes, addresses and the key, do as the line says
    ");
    fs::set_permissions(world.path("data"), fs::Permissions::from_mode(0o2750)).unwrap();
    let last = world.run("store check -o ndjson").out().lines().last().unwrap().to_owned();
    assert_snapshot!(shown(world.without_paths(&last)), @r#"{"examined":"reader group","fault":"[DIR]/data/store.db: has mode 0600 and gid [GID]: group [GROUP] can read it only with mode 0640 and group [GROUP]"}"#);
    fs::set_permissions(world.store(), fs::Permissions::from_mode(0o640)).unwrap();
    // The command itself makes the files beside it that readers need.
    assert!(world.run("store check").expect_status(0).out().contains("reader group  sound"));
}

#[test]
fn a_fault_is_printed_uncut_at_a_terminal() {
    let world = World::new();
    fs::remove_file(world.path("data/reset.key")).unwrap();
    let run = world.command("store check").columns(40).run().expect_status(65);
    assert!(
        run.err().contains("reset.key: no such file: restore the key from its backup, or set [reset] key_file\n"),
        "{run}"
    );
}

#[test]
fn a_file_to_restore_that_is_no_copy_is_told_as_that() {
    let world = World::new();
    assert_snapshot!(world.run("store restore /etc/passwd --yes"), @"
    status 78
    -- stderr
    error: /etc/passwd: not a cxme-admin store
    hint: it was left as it is; give a file that `store backup` created
    ");
}

#[test]
fn an_audit_without_any_event_does_not_verify() {
    let world = World::new();
    let trigger = world.ask("SELECT sql FROM sqlite_schema WHERE name = 'refuse_delete_of_events'");
    world.sql(&format!("DROP TRIGGER refuse_delete_of_events; DELETE FROM events; {trigger}"));
    assert_snapshot!(world.run("audit verify"), @"
    status 65
    -- stderr
    error: the audit log does not verify: the audit log is empty: all events were deleted, including the one that `init` recorded
    hint: another program has written to the file: compare with a backup and with the head kept elsewhere
    ");
    assert_eq!(world.run("store check").status, 65);
}

#[test]
fn a_link_that_was_used_after_the_copy_was_made_is_dead_in_it_and_what_is_in_doubt_gets_another_one() {
    let world = World::with_mail().with_users("alice");
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    let first = world.mails().pop().unwrap();
    // As after a connection that was lost: the mail arrived, and nobody noted it.
    world.sql("UPDATE messages SET state = 'in doubt', ended_at = NULL, times_in_doubt = 1");
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    let redeem = |code: &str| {
        let stdin = format!("{code}\nseven violet umbrellas whistle\n");
        world.command("resets redeem --stdin").stdin(stdin).run()
    };
    redeem(&code).expect_status(0);
    world.command("store restore --yes").argument(world.path("copy.db")).run().expect_status(0);
    redeem(&code).expect_status(65);
    world.run("jobs run").expect_status(0);
    let second = world.mails().into_iter().find(|mail| *mail != first).unwrap();
    let id = |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
    assert_ne!(id(&first), id(&second), "the reader's program must not take it for the one it has");
    let other = crate::support::code_in(&second);
    assert_ne!(other, code);
    redeem(&code).expect_status(65);
    redeem(&other).expect_status(0);
}
