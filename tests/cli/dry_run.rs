//! `--dry-run`: every command that has it prints its plan on standard output, without a terminal too, and changes nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use cxme_admin::store::schema::VERSION;
use insta::assert_snapshot;
use rusqlite::types::Value;

use crate::help::commands;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::Run;
use crate::support::World;

/// A call of each command that has a dry run, and standard input; `[CODE]` is the code of a link.
const CALLS: &[(&str, &str)] = &[
    ("users add new@example.com --name 'New Example' --generate", ""),
    ("users add other@example.com --send-reset", ""),
    ("users clone alice --email clone@example.com", ""),
    ("users edit alice --name 'Alice Adams' --sign-in saml", ""),
    ("users edit --with-role 'Minimal Permissions' --must-change --locale de", ""),
    ("users delete alice", ""),
    ("users delete alice bob", ""),
    ("users delete --search nobody", ""),
    ("users lock alice --until 2026-12-01T08:00:00Z --reason 'lost laptop'", ""),
    ("users lock bob", ""),
    ("users lock --all", ""),
    ("users lock --not-in -", "alice\n"),
    ("users unlock bob", ""),
    ("users unlock --status locked", ""),
    ("users import -", "email\nnew@example.com\n"),
    ("users password alice", ""),
    ("users set-password alice", ""),
    ("users set-password alice --stdin --must-change", OTHER),
    ("users set-password --batch -", "alice:seven violet umbrellas whistle\n"),
    ("users set-password --all --generate --out [DIR]/new.csv", ""),
    ("users change-password alice", ""),
    ("users send-reset alice carla", ""),
    ("users send-reset alice bob", ""),
    ("users send-reset --all", ""),
    ("users send-reset --search nobody", ""),
    ("users send-reset --search alice --key again", ""),
    ("resets redeem --stdin", "[CODE]\nseven violet umbrellas whistle\n"),
    ("resets revoke alice", ""),
    ("resets revoke --all", ""),
    ("resets revoke --stdin", "#![CODE]"),
    ("jobs pause 2", ""),
    ("jobs resume 3", ""),
    ("jobs retry 1", ""),
    ("jobs retry 2 --deferred", ""),
    ("jobs cancel 2", ""),
    ("jobs cancel 1 --revoke-links", ""),
    ("jobs remind 1 --after 1s", ""),
    ("jobs delete 1", ""),
    ("jobs delete --older-than 365d", ""),
    ("mail test new@example.com", ""),
    ("mail queue --cancel 3", ""),
    ("mail bounces -", "Subject: hello\n\nNo report.\n"),
    ("roles add New --allow run-bulk-jobs --description 'For the timer'", ""),
    ("roles edit Clerk --allow send-resets --deny view-audit --rename Clerks", ""),
    ("roles edit Clerk --allow view-audit", ""),
    ("roles clone Clerk New", ""),
    ("roles delete Clerk --move-to Service", ""),
    ("operators add carol --role Admin", ""),
    ("operators add carol --role Clerk --only-role Clerk --only-domain example.com", ""),
    ("operators edit dave --role Clerk --only-domain example.com", ""),
    ("operators disable dave", ""),
    ("operators disable mallory", ""),
    ("operators enable mallory", ""),
    ("operators enable dave", ""),
    ("operators remove dave", ""),
    ("audit archive --before 60d --out [DIR]/old.ndjson", ""),
    ("store check --repair-times", ""),
    ("store backup [DIR]/copy.db", ""),
    ("store backup --directory [DIR]/backups --keep 1", ""),
    ("store restore [DIR]/saved.db", ""),
    ("store restore --latest [DIR]/backups", ""),
    ("store migrate", ""),
];

/// A world in which each call has something to do: job 1 is finished, job 2 runs, job 3 is paused.
fn world() -> (World, String) {
    let world = World::with_mail().with_users("alice,bob,carla,dora").with_operator(crate::support::DAVE, "Admin");
    world.set_password("alice", GOOD);
    world.run("users send-reset --search alice --key again --yes").expect_status(0);
    let code = world.newest_code();
    world.wait(60);
    for user in ["carla", "dora"] {
        world.run(&format!("users send-reset --search {user} --queue-only --yes")).expect_status(0);
    }
    world.run("jobs pause 3").expect_status(0);
    world.run("users lock bob").expect_status(0);
    world.run("roles add Clerk --allow view-users,view-audit").expect_status(0);
    world.run("operators add mallory --role Clerk").expect_status(0);
    world.run("operators disable mallory").expect_status(0);
    world.command("store backup").argument(world.path("saved.db")).run().expect_status(0);
    std::fs::create_dir(world.path("backups")).unwrap();
    world.command("store backup --directory").argument(world.path("backups")).run().expect_status(0);
    (world, code)
}

fn run(world: &World, code: &str, call: &str, stdin: &str, options: &str) -> Run {
    let line = format!("{call} {options}").replace("[DIR]", &world.directory().to_string_lossy());
    world.command(&line).stdin(stdin.replace("[CODE]", code)).run()
}

/// Everything in the store, and all other files.
fn state(world: &World) -> String {
    let connection = rusqlite::Connection::open(world.store()).unwrap();
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut state = String::new();
    for name in names {
        let mut query = connection
            .prepare(&format!("SELECT * FROM \"{name}\" ORDER BY 1, 2"))
            .unwrap_or_else(|_| connection.prepare(&format!("SELECT * FROM \"{name}\" ORDER BY 1")).unwrap());
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|column| row.get(column).unwrap()).collect();
            writeln!(state, "{name}: {values:?}").unwrap();
        }
    }
    files(world.directory(), &mut state);
    state
}

/// What was printed, whatever the schema version of this program is.
fn shown(world: &World, run: &Run) -> String {
    let out = world.without_paths(&run.out());
    out.replace(&format!(" version {VERSION} "), " version [CURRENT] ")
        .replace(&format!("schema_version\":{VERSION}"), "schema_version\":[CURRENT]")
}

/// Fails with the lines that are others than before.
#[track_caller]
fn assert_unchanged(world: &World, before: &str, call: &str) {
    let now = state(world);
    let changed: Vec<&str> = now.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    assert!(now == before, "{call}: {changed:#?}");
}

/// The files, but for those that SQLite has beside an open store.
fn files(directory: &Path, state: &mut String) {
    let mut entries: Vec<_> = directory.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, state);
        } else if !path.to_string_lossy().ends_with("-wal") && !path.to_string_lossy().ends_with("-shm") {
            writeln!(state, "{}: {} bytes", path.display(), path.metadata().unwrap().len()).unwrap();
        }
    }
}

#[test]
fn every_command_with_a_dry_run_has_a_call_here() {
    let mut with_dry_run = 0;
    for (words, command) in commands() {
        if command.get_arguments().any(|argument| argument.get_long() == Some("dry-run")) {
            with_dry_run += 1;
            let words = words.join(" ");
            let is_called = |(call, _): &(&str, &str)| *call == words || call.starts_with(&format!("{words} "));
            assert!(CALLS.iter().any(is_called), "give `{words}` a line in CALLS");
        }
    }
    assert!(with_dry_run > 20, "the tree was not walked");
}

#[test]
fn every_dry_run_prints_its_plan_on_standard_output_and_changes_nothing() {
    let (world, code) = world();
    let before = state(&world);
    let mut plans = String::new();
    for (call, stdin) in CALLS {
        let plain = run(&world, &code, call, stdin, "-n");
        // Who may have no link is an error beside the plan.
        let status = if *call == "users send-reset alice bob" { 3 } else { 0 };
        let plain = plain.expect_status(status);
        assert!(!plain.stdout.is_empty(), "{call}: {plain}");
        assert!(status != 0 || plain.stderr.is_empty(), "{call}: {plain}");
        write!(plans, "$ {call}\n{}", shown(&world, &plain)).unwrap();
        let quiet = run(&world, &code, call, stdin, "--dry-run --quiet");
        assert_eq!(quiet.out(), plain.out(), "{call}: a plan is data");
        assert_unchanged(&world, &before, call);
    }
    assert_snapshot!(plans, @"
    $ users add new@example.com --name 'New Example' --generate
    Would add new (new@example.com).
    Would generate, set and print a password for new.
    $ users add other@example.com --send-reset
    Would add other (other@example.com).
    Would mail other an invitation to other@example.com.
    $ users clone alice --email clone@example.com
    Would add clone (clone@example.com) with the settings of alice: role Minimal Permissions.
    $ users edit alice --name 'Alice Adams' --sign-in saml
    Would change alice: name, sign_in. Would remove the password: the user signs in with SAML.
    $ users edit --with-role 'Minimal Permissions' --must-change --locale de
    Would change locale, must_change_password of 4 users (alice, bob, carla, dora). 3 users have no password to change.
    $ users delete alice
    Would delete alice (alice@example.com).
    $ users delete alice bob
    Would delete 2 users (alice, bob).
    $ users delete --search nobody
    No users match; nothing was changed.
    $ users lock alice --until 2026-12-01T08:00:00Z --reason 'lost laptop'
    Would lock alice until 2026-12-01T08:00:00Z.
    $ users lock bob
    bob is already locked like this; nothing was changed.
    $ users lock --all
    Would lock 3 of 4 users until `users unlock`.
    $ users lock --not-in -
    Would lock 2 of 3 users until `users unlock`.
    $ users unlock bob
    Would unlock bob.
    $ users unlock --status locked
    Would unlock 1 user (bob).
    $ users import -
    1 would be added, 0 would be changed, 0 unchanged.
    $ users password alice
    Would ask how alice (alice@example.com) gets a password: send-reset or set-password.
    $ users set-password alice
    Would set the password of alice.
    $ users set-password alice --stdin --must-change
    Would set the password of alice. The user must choose another password at the next sign-in.
    $ users set-password --batch -
    Would set the password of alice; 1 has a password, which would stop working. 1 notice would be queued.
    $ users set-password --all --generate --out [DIR]/new.csv
    Would set the passwords of 4 users (alice, bob, carla, dora); 1 has a password, which would stop working; 1 is locked and stays so. 4 notices would be queued.
    $ users change-password alice
    Would change the password if the old one is right. Nothing was asked.
    $ users send-reset alice carla
    alice: skipped: a link was mailed 1 minute ago (message 1); `--unless-sent-within 0s` mails another.
    carla: would be mailed an invitation to carla@example.com, valid for 7 days.
    $ users send-reset alice bob
    alice: skipped: a link was mailed 1 minute ago (message 1); `--unless-sent-within 0s` mails another.
    $ users send-reset --all
    Would skip 1 user: locked
    Would skip 1 user: sent a short while ago
    Would skip 1 user: waiting in job 2
    Would skip 1 user: waiting in job 3
    $ users send-reset --search nobody
    No users match.
    $ users send-reset --search alice --key again
    Job 1 with this key has finished: cxme-admin jobs show 1
    $ resets redeem --stdin
    Would set the password of alice and use up the link.
    $ resets revoke alice
    Would revoke 1 open link and 0 waiting mails.
    $ resets revoke --all
    Would revoke 1 open link and 2 waiting mails.
    $ resets revoke --stdin
    Would revoke the link.
    $ jobs pause 2
    Would pause job 2 (1 unsent mail).
    $ jobs resume 3
    Would resume job 3 (1 unsent mail).
    $ jobs retry 1
    Job 1: no mail failed.
    $ jobs retry 2 --deferred
    Job 2: no mail is deferred.
    Would send 1 queued mail of job 2.
    $ jobs cancel 2
    Would cancel job 2: 1 mail cancelled.
    $ jobs cancel 1 --revoke-links
    Would revoke 1 link of job 1, which is finished already.
    $ jobs remind 1 --after 1s
    Would skip 1 user: sent a short while ago
    $ jobs delete 1
    Would delete 1 job, 1 mail, and with them 1 open link.
    $ jobs delete --older-than 365d
    Would delete 0 jobs, 0 mails.
    $ mail test new@example.com
    Would send a test mail to new@example.com.
    $ mail queue --cancel 3
    Would cancel message 3, the invitation for dora@example.com.
    $ mail bounces -
    Nothing would be changed; read 1 message: 1 reporting no failure.
    $ roles add New --allow run-bulk-jobs --description 'For the timer'
    Would add role New with view-users,send-resets,run-bulk-jobs. Included, because required: view-users,send-resets.
    $ roles edit Clerk --allow send-resets --deny view-audit --rename Clerks
    Would change Clerk: allowed send-resets; denied view-audit; renamed to Clerks. 0 users and 1 operator have this role.
    $ roles edit Clerk --allow view-audit
    Clerk already has these permissions and this name; nothing was changed.
    $ roles clone Clerk New
    Would add role New with view-users,view-audit.
    $ roles delete Clerk --move-to Service
    Would delete the role Clerk. 0 users and 1 operator (mallory) would get the role Service.
    $ operators add carol --role Admin
    Would add carol as operator with the role Admin.
    $ operators add carol --role Clerk --only-role Clerk --only-domain example.com
    Would add carol as operator with the role Clerk, who may act only on users with the role Clerk in example.com.
    $ operators edit dave --role Clerk --only-domain example.com
    Would change operator dave: role Clerk; may act only on users in example.com.
    $ operators disable dave
    Would disable operator dave.
    $ operators disable mallory
    Operator mallory is already disabled; nothing was changed.
    $ operators enable mallory
    Would enable operator mallory with the role Clerk.
    $ operators enable dave
    Operator dave is not disabled; nothing was changed.
    $ operators remove dave
    Would remove operator dave.
    $ audit archive --before 60d --out [DIR]/old.ndjson
    Would move no events to [DIR]/old.ndjson.
    $ store check --repair-times
    No time was written while the clock was ahead; nothing was changed.
    $ store backup [DIR]/copy.db
    Would back up the store to [DIR]/copy.db.
    $ store backup --directory [DIR]/backups --keep 1
    Would back up the store to [DIR]/backups/store-jvprsrkp-20261124-080100Z_2.db.
    Would delete [DIR]/backups/store-jvprsrkp-20261124-080100Z.db.
    $ store restore [DIR]/saved.db
    Would replace [DIR]/data/store.db with the store of 2026-11-24T08:01:00Z with 4 users.
    $ store restore --latest [DIR]/backups
    Would replace [DIR]/data/store.db with the store of 2026-11-24T08:01:00Z with 4 users, from [DIR]/backups/store-jvprsrkp-20261124-080100Z.db.
    $ store migrate
    The store has the schema version [CURRENT] already: nothing would be changed.
    ");
}

/// The fields that docs/dry-run.md names for a command, in the second column of its table.
fn documented(command: &str) -> BTreeSet<String> {
    let row =
        include_str!("../../docs/dry-run.md").lines().find_map(|line| line.strip_prefix(&format!("| `{command}` |")));
    let row = row.unwrap_or_else(|| panic!("docs/dry-run.md has no row for `{command}`"));
    let is_field =
        |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c));
    row.split('`').skip(1).step_by(2).filter(is_field).map(str::to_owned).collect()
}

#[test]
fn the_fields_of_every_plan_are_documented() {
    let (world, code) = world();
    let mut printed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (call, stdin) in CALLS {
        let command: Vec<&str> = call.split(' ').take(2).collect();
        let fields = printed.entry(command.join(" ")).or_default();
        for line in run(&world, &code, call, stdin, "-n -o ndjson").out().lines() {
            let step: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            fields.extend(step.into_iter().map(|(name, _)| name));
        }
    }
    for (command, mut fields) in printed {
        fields.retain(|name| !["action", "would_change"].contains(&name.as_str()));
        assert_eq!(documented(&command), fields, "docs/dry-run.md: {command}");
    }
}

#[test]
fn at_a_terminal_the_plan_is_the_same_and_nobody_is_asked() {
    let (world, code) = world();
    for (call, stdin) in CALLS.iter().filter(|(_, stdin)| stdin.is_empty()) {
        let plain = run(&world, &code, call, stdin, "-n");
        let line = format!("{call} -n").replace("[DIR]", &world.directory().to_string_lossy());
        let at_terminal = world.command(&line).at_terminal().run();
        assert_eq!(at_terminal.out(), plain.out(), "{call}");
        assert!(at_terminal.asked.is_empty(), "{call}: {at_terminal}");
        assert!(at_terminal.err().ends_with("Dry run; nothing was changed.\n") || at_terminal.status != 0, "{call}");
    }
}

#[test]
fn every_plan_is_data_too() {
    let (world, code) = world();
    let before = state(&world);
    let mut plans = String::new();
    for (call, stdin) in CALLS {
        let json = run(&world, &code, call, stdin, "-n -o json").out();
        let value: serde_json::Value =
            serde_json::from_str(&json).unwrap_or_else(|error| panic!("{call}: {error}: {json}"));
        // An import prints the same object as without `-n`.
        let steps = match value {
            serde_json::Value::Array(steps) => steps,
            object => vec![object],
        };
        assert!(!steps.is_empty(), "{call}");
        let ndjson = run(&world, &code, call, stdin, "-n -o ndjson");
        let lines: Vec<serde_json::Value> =
            ndjson.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, steps, "{call}");
        let csv = run(&world, &code, call, stdin, "-n -o csv").out();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let keys: BTreeSet<&str> = steps[0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(reader.headers().unwrap().iter().collect::<BTreeSet<&str>>(), keys, "{call}");
        assert_eq!(reader.records().count(), steps.len(), "{call}");
        if !call.starts_with("users import") {
            for step in &steps {
                assert!(step["action"].is_string() && step["would_change"].is_boolean(), "{call}: {step}");
            }
        }
        assert_unchanged(&world, &before, call);
        write!(plans, "$ {call}\n{}", shown(&world, &ndjson)).unwrap();
    }
    assert_snapshot!(plans, @r#"
    $ users add new@example.com --name 'New Example' --generate
    {"action":"users add","would_change":true,"username":"new","email":"new@example.com","name":"New Example","role":"Minimal Permissions","sign_in":"password","locale":null}
    {"action":"users set-password","would_change":true,"username":"new","email":"new@example.com","name":null,"role":null,"sign_in":null,"locale":null}
    $ users add other@example.com --send-reset
    {"action":"users add","would_change":true,"username":"other","email":"other@example.com","name":"","role":"Minimal Permissions","sign_in":"password","locale":null}
    {"action":"users send-reset","would_change":true,"username":"other","email":"other@example.com","name":null,"role":null,"sign_in":null,"locale":null}
    $ users clone alice --email clone@example.com
    {"action":"users clone","would_change":true,"original":"alice","username":"clone","email":"clone@example.com","name":"","role":"Minimal Permissions","sign_in":"password","locale":null}
    $ users edit alice --name 'Alice Adams' --sign-in saml
    {"action":"users edit","would_change":true,"username":"alice","email":"alice@example.com","name":"Alice Adams","role":"Minimal Permissions","sign_in":"saml","locale":null,"must_change_password":false,"changed":["name","sign_in"],"password_removed":true,"notices":0}
    $ users edit --with-role 'Minimal Permissions' --must-change --locale de
    {"action":"users edit","would_change":true,"users":4,"users_changed":4,"usernames":["alice","bob","carla","dora"],"changed":["locale","must_change_password"],"passwords_removed":0,"password_removed_usernames":[],"without_password":3}
    $ users delete alice
    {"action":"users delete","would_change":true,"username":"alice","email":"alice@example.com"}
    $ users delete alice bob
    {"action":"users delete","would_change":true,"users":2,"usernames":["alice","bob"]}
    $ users delete --search nobody
    {"action":"users delete","would_change":false,"users":0,"usernames":[]}
    $ users lock alice --until 2026-12-01T08:00:00Z --reason 'lost laptop'
    {"action":"users lock","would_change":true,"username":"alice","locked_until":"2026-12-01T08:00:00Z","lock_reason":"lost laptop"}
    $ users lock bob
    {"action":"users lock","would_change":false,"username":"bob","locked_until":null,"lock_reason":null}
    $ users lock --all
    {"action":"users lock","would_change":true,"users":4,"users_changed":3,"locked_longer":0,"left_out":[],"usernames":["alice","bob","carla","dora"],"locked_until":null,"lock_reason":null}
    $ users lock --not-in -
    {"action":"users lock","would_change":true,"users":3,"users_changed":2,"locked_longer":0,"left_out":[],"usernames":["bob","carla","dora"],"locked_until":null,"lock_reason":null}
    $ users unlock bob
    {"action":"users unlock","would_change":true,"username":"bob","failed_logins":0}
    $ users unlock --status locked
    {"action":"users unlock","would_change":true,"users":1,"users_changed":1,"usernames":["bob"],"failed_logins":0}
    $ users import -
    {"added":1,"changed":0,"unchanged":0,"notices":0,"dry_run":true,"sha256":"e7311dcf50781864ea05f26882d74e28938f481d332dd5971e22778f6d80dfc8","passwords_removed":0,"locks_shortened":0,"roles_changed":0,"password_removed_users":[],"lock_shortened_users":[]}
    $ users password alice
    {"action":"users set-password","would_change":true,"username":"alice","email":"alice@example.com","choices":["send-reset","set-password"]}
    $ users set-password alice
    {"action":"users set-password","would_change":true,"username":"alice","email":"alice@example.com","must_change_password":false,"password_expires_at":null}
    $ users set-password alice --stdin --must-change
    {"action":"users set-password","would_change":true,"username":"alice","email":"alice@example.com","must_change_password":true,"password_expires_at":null}
    $ users set-password --batch -
    {"action":"users set-password","would_change":true,"users":1,"usernames":["alice"],"with_password":1,"locked":0,"must_change":0,"temporary":0,"notices":1,"skipped_saml":0}
    $ users set-password --all --generate --out [DIR]/new.csv
    {"action":"users set-password","would_change":true,"users":4,"usernames":["alice","bob","carla","dora"],"with_password":1,"locked":1,"must_change":0,"temporary":0,"notices":4,"skipped_saml":0}
    $ users change-password alice
    {"action":"users change-password","would_change":true,"user":"alice"}
    $ users send-reset alice carla
    {"action":"users send-reset","would_change":false,"user":"alice","address":"alice@example.com","result":"skipped","why":"sent before","message":1,"expires_at":"2026-11-25T08:00:00Z","next_try_at":null}
    {"action":"users send-reset","would_change":true,"user":"carla","address":"carla@example.com","result":"would be mailed","why":null,"message":null,"expires_at":null,"next_try_at":null}
    $ users send-reset alice bob
    {"action":"users send-reset","would_change":false,"user":"alice","address":"alice@example.com","result":"skipped","why":"sent before","message":1,"expires_at":"2026-11-25T08:00:00Z","next_try_at":null}
    {"action":"users send-reset","would_change":false,"user":"bob","address":null,"result":"refused","why":"bob is locked, and cannot use a link","message":null,"expires_at":null,"next_try_at":null}
    $ users send-reset --all
    {"action":"users send-reset to many","would_change":false,"users":1,"result":"skipped","why":"locked"}
    {"action":"users send-reset to many","would_change":false,"users":1,"result":"skipped","why":"sent a short while ago"}
    {"action":"users send-reset to many","would_change":false,"users":1,"result":"skipped","why":"waiting in job 2"}
    {"action":"users send-reset to many","would_change":false,"users":1,"result":"skipped","why":"waiting in job 3"}
    $ users send-reset --search nobody
    {"action":"users send-reset to many","would_change":false,"users":0}
    $ users send-reset --search alice --key again
    {"action":"users send-reset to many","would_change":false,"job":1,"state":"finished"}
    $ resets redeem --stdin
    {"action":"resets redeem","would_change":true,"username":"alice","email":"alice@example.com"}
    $ resets revoke alice
    {"action":"resets revoke","would_change":true,"user":"alice","links":1,"waiting":0,"without_password":0,"skipped_links":0,"skipped_waiting":0}
    $ resets revoke --all
    {"action":"resets revoke","would_change":true,"user":null,"links":1,"waiting":2,"without_password":0,"skipped_links":0,"skipped_waiting":0}
    $ resets revoke --stdin
    {"action":"resets revoke by code","would_change":true}
    $ jobs pause 2
    {"action":"jobs pause","would_change":true,"job":2,"waiting":1}
    $ jobs resume 3
    {"action":"jobs resume","would_change":true,"job":3,"waiting":1}
    $ jobs retry 1
    {"action":"jobs retry","would_change":false,"job":1,"mails":0,"result":null,"why":null}
    $ jobs retry 2 --deferred
    {"action":"jobs retry","would_change":false,"job":2,"mails":0,"result":null,"why":null}
    {"action":"jobs retry","would_change":true,"job":2,"mails":1,"result":"would be sent","why":null}
    $ jobs cancel 2
    {"action":"jobs cancel","would_change":true,"job":2,"cancelled":1,"in_doubt":0,"links":0,"without_password":0}
    $ jobs cancel 1 --revoke-links
    {"action":"jobs cancel","would_change":true,"job":1,"cancelled":0,"in_doubt":0,"links":1,"without_password":0}
    $ jobs remind 1 --after 1s
    {"action":"jobs remind","would_change":false,"users":1,"result":"skipped","why":"sent a short while ago"}
    $ jobs delete 1
    {"action":"jobs delete","would_change":true,"jobs":1,"mails":1,"links":1,"without_password":0,"skipped_jobs":0,"skipped_mails":0}
    $ jobs delete --older-than 365d
    {"action":"jobs delete","would_change":false,"jobs":0,"mails":0,"links":0,"without_password":0,"skipped_jobs":0,"skipped_mails":0}
    $ mail test new@example.com
    {"action":"mail test","would_change":true,"address":"new@example.com"}
    $ mail queue --cancel 3
    {"action":"mail queue with cancel","would_change":true,"message":3,"kind":"invitation","username":"dora","address":"dora@example.com"}
    $ mail bounces -
    {"action":"mail bounces","would_change":false,"read":1,"bounced":0,"users_changed":0,"known":0,"temporary":0,"unmatched":0,"not_permitted":0,"others":1}
    $ roles add New --allow run-bulk-jobs --description 'For the timer'
    {"action":"roles add","would_change":true,"role":"New","description":"For the timer","permissions":["view-users","send-resets","run-bulk-jobs"],"also_allowed":["view-users","send-resets"]}
    $ roles edit Clerk --allow send-resets --deny view-audit --rename Clerks
    {"action":"roles edit","would_change":true,"role":"Clerk","name":"Clerks","description":"","permissions":["view-users","send-resets"],"allowed":["send-resets"],"denied":["view-audit"],"also_allowed":[],"also_denied":[],"users":0,"operators":["mallory"]}
    $ roles edit Clerk --allow view-audit
    {"action":"roles edit","would_change":false,"role":"Clerk","name":"Clerk","description":"","permissions":["view-users","view-audit"],"allowed":[],"denied":[],"also_allowed":[],"also_denied":[],"users":0,"operators":["mallory"]}
    $ roles clone Clerk New
    {"action":"roles clone","would_change":true,"role":"New","description":"","permissions":["view-users","view-audit"]}
    $ roles delete Clerk --move-to Service
    {"action":"roles delete","would_change":true,"role":"Clerk","move_to":"Service","users":0,"operators":["mallory"]}
    $ operators add carol --role Admin
    {"action":"operators add","would_change":true,"account":"carol","uid":61001,"role":"Admin","kind":"person","only_roles":[],"only_domains":[]}
    $ operators add carol --role Clerk --only-role Clerk --only-domain example.com
    {"action":"operators add","would_change":true,"account":"carol","uid":61001,"role":"Clerk","kind":"person","only_roles":["Clerk"],"only_domains":["example.com"]}
    $ operators edit dave --role Clerk --only-domain example.com
    {"action":"operators edit","would_change":true,"account":"dave","role":"Clerk","kind":"person","only_roles":[],"only_domains":["example.com"]}
    $ operators disable dave
    {"action":"operators disable","would_change":true,"account":"dave"}
    $ operators disable mallory
    {"action":"operators disable","would_change":false,"account":"mallory"}
    $ operators enable mallory
    {"action":"operators enable","would_change":true,"account":"mallory","role":"Clerk"}
    $ operators enable dave
    {"action":"operators enable","would_change":false,"account":"dave","role":"Admin"}
    $ operators remove dave
    {"action":"operators remove","would_change":true,"account":"dave"}
    $ audit archive --before 60d --out [DIR]/old.ndjson
    {"action":"audit archive","would_change":false,"events":0,"first":null,"last":null,"changes":null,"file":"[DIR]/old.ndjson"}
    $ store check --repair-times
    {"action":"store check with repair of times","would_change":false,"times":null,"count":0,"first":null,"first_at":null}
    $ store backup [DIR]/copy.db
    {"action":"store backup","would_change":true,"file":"[DIR]/copy.db","result":"created"}
    $ store backup --directory [DIR]/backups --keep 1
    {"action":"store backup","would_change":true,"file":"[DIR]/backups/store-jvprsrkp-20261124-080100Z_2.db","result":"created"}
    {"action":"store backup","would_change":true,"file":"[DIR]/backups/store-jvprsrkp-20261124-080100Z.db","result":"deleted"}
    $ store restore [DIR]/saved.db
    {"action":"store restore","would_change":true,"store":"[DIR]/data/store.db","file":"[DIR]/saved.db","users":4,"newest_event_at":"2026-11-24T08:01:00Z","links":1,"in_doubt":2,"jobs":1,"ended_passwords":0,"ended_passwords_uncounted":null}
    $ store restore --latest [DIR]/backups
    {"action":"store restore","would_change":true,"store":"[DIR]/data/store.db","file":"[DIR]/backups/store-jvprsrkp-20261124-080100Z.db","users":4,"newest_event_at":"2026-11-24T08:01:00Z","links":1,"in_doubt":2,"jobs":1,"ended_passwords":0,"ended_passwords_uncounted":null}
    $ store migrate
    {"action":"store migrate","would_change":false,"schema_version":[CURRENT],"new_schema_version":[CURRENT],"file":null}
    "#);
}

#[test]
fn a_plan_is_refused_where_the_command_would_be() {
    let (world, _) = world();
    for (call, status) in [
        ("users lock nobody", 67),
        ("users lock alice --until 2020-01-01", 65),
        ("users set-password nobody", 67),
        ("users password nobody", 67),
        ("jobs pause 3", 65),
        ("jobs resume 2", 65),
        ("jobs delete 2", 65),
        ("mail queue --cancel 99", 65),
        ("operators add carol --role Nothing", 65),
        ("operators remove carol", 65),
        ("operators edit carol --service", 65),
        ("operators disable carol", 65),
        ("roles add Clerk", 65),
        ("roles edit Admin --rename Boss", 65),
        ("roles delete Boss", 65),
    ] {
        let run = world.run(&format!("{call} -n")).expect_status(status);
        assert!(run.stdout.is_empty(), "{call}: {run}");
    }
}

#[test]
fn what_a_dead_process_was_sending_is_planned_as_in_doubt_and_left_as_it_is() {
    for (line, planned, mails) in [
        ("users send-reset alice bob", "alice: would be mailed an invitation", 4),
        ("users send-reset --all --yes", "Would skip 2 users: waiting already", 2),
    ] {
        let world = World::with_mail().with_users("alice,bob");
        world.run("users send-reset alice bob").expect_status(0);
        world.sql(
            "UPDATE messages SET state = 'sending', sender = 99, ended_at = NULL, delivered_at = NULL, last_try_at = 1",
        );
        let before = state(&world);
        let run = world.run(&format!("{line} -n")).expect_status(0);
        assert!(run.out().contains(planned), "{run}");
        assert_unchanged(&world, &before, line);
        world.run(line).expect_status(0);
        assert_eq!(world.mails().len(), mails, "{line}: as planned");
    }
}
