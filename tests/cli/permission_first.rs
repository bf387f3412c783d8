//! Permission before anything else, in every command: without it nothing is printed, nothing changed, and one event written.

use crate::support::permission_words;
use std::fmt::Write as _;
use std::fs;
use strum::VariantArray as _;

use cxme_admin::domain::role::Permission;

use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::World;

/// A command as it may be given: its words, standard input, and the permissions without which it is refused (`a|b`: one of
/// the two is enough). What a permission requires is needed with it. Well-formed and malformed calls stand side by side:
/// an operator who may not do a thing is not told what is wrong with it either.
type Call = (&'static str, &'static str, &'static str);

/// Commands that ask no store who may use them.
const WITHOUT_OPERATOR: [&str; 6] = [
    "demo",
    "completions",
    "roles permissions",
    "policy blocklist build",
    "policy blocklist info",
    "policy blocklist check",
];

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const TWO_LINES: &str = "quiet horse battery lantern\nseven violet umbrellas whistle\n";

const CALLS: &[Call] = &[
    ("init --new-key --yes", "", "manage-store"),
    ("users list", "", "view-users"),
    ("users list -o csv", "", "view-users"),
    ("users list --role Nobodys", "", "view-users"),
    ("users list --from [DIR]/nobody.txt", "", "view-users"),
    ("users show alice", "", "view-users"),
    ("users show nobody", "", "view-users"),
    ("users show alice bob", "", "view-users"),
    ("users show --all -o json", "", "view-users"),
    ("users add new@example.com --role Nothing", "", "add-users"),
    ("users add new@example.com --generate", "", "add-users set-passwords"),
    ("users add new@example.com --set-password", "", "add-users set-passwords"),
    ("users add new@example.com --send-reset", "", "add-users send-resets"),
    ("users add sam@idp.example.com --generate", "", "add-users set-passwords"),
    ("users add no-address", "", "add-users"),
    ("users add alice@example.com", "", "add-users"),
    ("users clone alice --email new@example.com", "", "add-users"),
    ("users clone alice -n", "", "add-users"),
    ("users clone nobody", "", "add-users"),
    ("users clone alice --email no-address", "", "add-users"),
    ("users set-password --batch - --yes", "alice:quiet horse battery lantern\n", "set-passwords"),
    ("users set-password --batch [DIR]/nobody.txt", "", "set-passwords"),
    ("users set-password --all --yes --generate --out [DIR]/nowhere/out.csv", "", "set-passwords"),
    ("users lock --not-in - --yes", "nobody\n", "lock-users"),
    ("users edit alice --name X", "", "edit-users"),
    ("users edit alice --email no-address", "", "edit-users"),
    ("users edit nobody --name X", "", "edit-users"),
    ("users edit alice bob --locale de --yes", "", "edit-users"),
    ("users edit --all --must-change --yes", "", "edit-users set-passwords"),
    ("users edit --all --name X", "", "edit-users"),
    ("users delete alice --yes", "", "delete-users"),
    ("users delete nobody --yes", "", "delete-users"),
    ("users delete alice bob --yes", "", "delete-users"),
    ("users delete --from [DIR]/nobody.txt --yes", "", "delete-users"),
    ("users lock alice", "", "lock-users"),
    ("users lock nobody", "", "lock-users"),
    ("users lock alice --for never", "", "lock-users"),
    ("users lock alice bob --yes", "", "lock-users"),
    ("users lock --role Nobodys --yes", "", "lock-users"),
    ("users unlock alice", "", "lock-users"),
    ("users unlock --all --yes", "", "lock-users"),
    ("users import [DIR]/rows.csv", "", "add-users"),
    ("users import -", "email\nnew@example.com\n", "add-users"),
    ("users import - --update", "email,name\nalice@example.com,X\n", "add-users edit-users"),
    ("users import - --update", "email,status\nalice@example.com,locked\n", "add-users edit-users lock-users"),
    (
        "users import - --update",
        "email,must_change_password\nalice@example.com,1\n",
        "add-users edit-users set-passwords",
    ),
    ("users import [DIR]/hashes.csv", "", "add-users export-hashes"),
    ("users import -", "", "add-users"),
    ("users import - --update", "", "add-users edit-users"),
    ("users import -", "email,salary\nnew@example.com,1\n", "add-users"),
    ("users export", "", "view-users"),
    ("users export -o json", "", "view-users"),
    ("users export --to [NEW]", "", "view-users"),
    ("users export --with-hashes --to [NEW]", "", "export-hashes"),
    ("users password alice", "", "set-passwords|send-resets"),
    ("users password nobody", "", "set-passwords|send-resets"),
    ("users set-password alice --stdin", GOOD, "set-passwords"),
    ("users set-password alice --stdin", "", "set-passwords"),
    ("users set-password alice --stdin", "short", "set-passwords"),
    ("users set-password alice --generate", "", "set-passwords"),
    ("users set-password alice -n", "", "set-passwords"),
    ("users set-password nobody --stdin", GOOD, "set-passwords"),
    ("users set-password alice --password-file [DIR]/nowhere", "", "set-passwords"),
    ("users set-password alice --override-policy --stdin", "short", "override-policy"),
    ("users verify-password alice --stdin", GOOD, "verify-passwords"),
    ("users verify-password alice --stdin", "", "verify-passwords"),
    ("users verify-password nobody --stdin", "x\ny", "verify-passwords"),
    ("users change-password alice --stdin", TWO_LINES, "redeem"),
    ("users change-password alice --stdin", "one line", "redeem"),
    ("users change-password alice -n", "", "redeem"),
    ("users send-reset alice", "", "send-resets"),
    ("users send-reset alice -n", "", "send-resets"),
    ("users send-reset nobody", "", "send-resets"),
    ("users send-reset alice --expires 1000d", "", "send-resets"),
    ("users send-reset --all --yes", "", "run-bulk-jobs"),
    ("users send-reset --all -n", "", "run-bulk-jobs"),
    ("users send-reset --all --queue-only --yes", "", "run-bulk-jobs"),
    ("users send-reset --all --end-passwords --yes", "", "run-bulk-jobs set-passwords"),
    ("users send-reset --all --end-passwords -n", "", "run-bulk-jobs set-passwords"),
    ("users send-reset --from [DIR]/nobody.txt --yes", "", "run-bulk-jobs"),
    ("users send-reset --all --key '' --yes", "", "run-bulk-jobs"),
    ("resets list", "", "view-users"),
    ("resets list -o csv --user nobody", "", "view-users"),
    ("resets revoke alice", "", "send-resets"),
    ("resets revoke nobody", "", "send-resets"),
    ("resets revoke --all --yes", "", "run-bulk-jobs"),
    ("resets revoke --stdin", "not a code", "redeem"),
    ("resets revoke -n --stdin", "", "redeem"),
    ("resets redeem --stdin", TWO_LINES, "redeem"),
    ("resets redeem --stdin", "one line", "redeem"),
    ("resets redeem -n --stdin", TWO_LINES, "redeem"),
    ("jobs run", "", "run-bulk-jobs"),
    ("jobs run --metrics-file [DIR]/new.prom", "", "run-bulk-jobs"),
    ("jobs run 2", "", "run-bulk-jobs"),
    ("jobs run 99", "", "run-bulk-jobs"),
    ("jobs list", "", "view-users"),
    ("jobs list -o csv", "", "view-users"),
    ("jobs show 2", "", "view-users"),
    ("jobs show 2 -o csv", "", "view-users"),
    ("jobs show 99", "", "view-users"),
    ("jobs recipients 2", "", "view-users"),
    ("jobs recipients 99 -o csv", "", "view-users"),
    ("jobs wait 2", "", "view-users"),
    ("jobs wait 99 --timeout 1h", "", "view-users"),
    ("jobs pause 2", "", "run-bulk-jobs"),
    ("jobs pause 99", "", "run-bulk-jobs"),
    ("jobs resume 2", "", "run-bulk-jobs"),
    ("jobs resume 99", "", "run-bulk-jobs"),
    ("jobs retry 2", "", "run-bulk-jobs"),
    ("jobs retry 2 --deferred", "", "run-bulk-jobs"),
    ("jobs retry 99 -n", "", "run-bulk-jobs"),
    ("jobs cancel 2 --revoke-links", "", "run-bulk-jobs"),
    ("jobs cancel 99", "", "run-bulk-jobs"),
    ("jobs remind 1 --after 1s --yes", "", "run-bulk-jobs"),
    ("jobs remind 99 --after 1s --yes", "", "run-bulk-jobs"),
    ("jobs delete 1 --yes", "", "run-bulk-jobs"),
    ("jobs delete 2 --yes", "", "run-bulk-jobs"),
    ("jobs delete --older-than 0s --yes", "", "run-bulk-jobs"),
    ("mail test new@example.com", "", "manage-store"),
    ("mail test no-address", "", "manage-store"),
    ("mail preview reset", "", ""),
    ("mail preview reset --user alice", "", "view-users"),
    ("mail preview reset --user nobody --note '\u{1}'", "", "view-users"),
    ("mail queue", "", "view-users"),
    ("mail queue -o csv", "", "view-users"),
    ("mail queue --cancel 3", "", "send-resets"),
    ("mail queue --cancel 99", "", "send-resets"),
    ("mail bounces -", "", "run-bulk-jobs"),
    ("mail bounces [DIR]/nobody.txt", "", "run-bulk-jobs"),
    ("metrics", "", ""),
    ("metrics -o json", "", ""),
    ("whoami", "", ""),
    ("config show", "", "manage-store"),
    ("doctor", "", "manage-store"),
    ("doctor --head x", "", "manage-store"),
    ("doctor --send-to no-address", "", "manage-store"),
    ("doctor --send-to new@example.com", "", "manage-store"),
    ("roles list", "", ""),
    ("roles show Nothing", "", ""),
    ("roles show nobody", "", ""),
    ("roles add New", "", "manage-roles"),
    ("roles add Nothing --allow view-audit", "", "manage-roles"),
    ("roles edit Nothing --rename New", "", "manage-roles"),
    ("roles edit Nothing", "", "manage-roles"),
    ("roles edit nobody --description x", "", "manage-roles"),
    ("roles clone Nothing New", "", "manage-roles"),
    ("roles clone nobody New", "", "manage-roles"),
    ("roles delete Unused --yes", "", "manage-roles"),
    ("roles delete nobody", "", "manage-roles"),
    ("operators list", "", ""),
    ("operators add 61099 --role Nothing", "", "manage-operators"),
    ("operators add nobody-here --role Nothing", "", "manage-operators"),
    ("operators edit 61098 --only-domain example.com", "", "manage-operators"),
    ("operators edit 61098", "", "manage-operators"),
    ("operators edit nobody-here --service", "", "manage-operators"),
    ("operators disable 61098", "", "manage-operators"),
    ("operators disable nobody-here", "", "manage-operators"),
    ("operators enable 61098", "", "manage-operators"),
    ("operators enable nobody-here", "", "manage-operators"),
    ("operators remove 61098", "", "manage-operators"),
    ("operators remove nobody-here", "", "manage-operators"),
    ("policy show", "", ""),
    ("policy check --stdin", GOOD, ""),
    ("policy check --stdin --user alice", GOOD, "view-users"),
    ("policy check --stdin --user nobody", "", "view-users"),
    ("audit list", "", "view-audit"),
    ("audit list -o csv --operator nobody-here", "", "view-audit"),
    ("audit list --action nothing", "", "view-audit"),
    ("audit show 1", "", "view-audit"),
    ("audit show 1 --changes", "", "view-audit"),
    ("audit show 9999", "", "view-audit"),
    ("audit verify", "", "view-audit"),
    ("audit head", "", "view-audit"),
    ("audit archive --before 60d --out [NEW]", "", "manage-store view-audit"),
    ("audit archive --before nothing --out [DIR]/saved.db", "", "manage-store view-audit"),
    ("audit export", "", "view-audit"),
    ("audit export --follow", "", "view-audit"),
    ("audit export --after 9999 --hash nothing", "", "view-audit"),
    ("store check", "", "manage-store"),
    ("store backup [NEW]", "", "back-up-store"),
    ("store backup [DIR]/saved.db", "", "back-up-store"),
    ("store backup --directory [DIR] --keep 1", "", "back-up-store"),
    ("store backup --directory [DIR]/nowhere --dry-run", "", "back-up-store"),
    ("store restore [DIR]/saved.db --yes", "", "manage-store"),
    ("store restore --latest [DIR] --yes", "", "manage-store"),
    ("store restore --latest [DIR]/nowhere --yes", "", "manage-store"),
    ("store migrate", "", "manage-store"),
];

#[test]
fn every_command_has_a_call_here() {
    let mut without = Vec::new();
    leaves("", &cxme_admin::cli::command_tree(), &mut |path| {
        let is_called = |(call, ..): &Call| *call == path || call.starts_with(&format!("{path} "));
        if !CALLS.iter().any(is_called) && !WITHOUT_OPERATOR.contains(&path) {
            without.push(path.to_owned());
        }
    });
    assert_eq!(without, [""; 0], "give them a line in CALLS");
}

pub(crate) fn leaves(path: &str, command: &clap::Command, visit: &mut dyn FnMut(&str)) {
    if !command.has_subcommands() {
        visit(path);
    }
    for below in command.get_subcommands() {
        leaves(format!("{path} {}", below.get_name()).trim_start(), below, visit);
    }
}

#[test]
fn without_the_permission_nothing_is_printed_nothing_changed_and_one_event_written() {
    let scene = Scene::new();
    let mut wrong = String::new();
    for (place, (call, stdin, needed)) in CALLS.iter().enumerate() {
        let needed: Vec<Vec<Permission>> = needed.split_whitespace().map(alternatives).collect();
        let stranger = scene.run(call, stdin, MALLORY);
        scene.expect_refusal(&stranger, &format!("{call} by a stranger"), &mut wrong);
        for missing in each_missing(&needed) {
            let who = format!("{call} without {}", words(&missing));
            let tried = scene.run(call, stdin, uid_without_all(&missing));
            scene.expect_refusal(&tried, &who, &mut wrong);
        }
        let enough: Vec<Permission> = needed.iter().map(|alternatives| alternatives[0]).collect();
        let tried = scene.run(call, stdin, uid_of_call(place));
        if [70, 77].contains(&tried.run.status) {
            writeln!(wrong, "{call} with {}: {}", words(&enough), tried.run).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A permission, or one of several.
fn alternatives(word: &str) -> Vec<Permission> {
    word.split('|').map(|word| word.parse().unwrap()).collect()
}

/// The sets of permissions each of which is missed: each that is needed, and each that it requires.
fn each_missing(needed: &[Vec<Permission>]) -> Vec<Vec<Permission>> {
    let mut missing: Vec<Vec<Permission>> = needed.to_vec();
    for alternatives in needed {
        for required in alternatives[0].requires() {
            if alternatives.iter().all(|other| other.requires().contains(required)) {
                missing.push(vec![*required]);
            }
        }
    }
    missing.sort_by_key(|set| words(set));
    missing.dedup();
    missing
}

fn words(permissions: &[Permission]) -> String {
    permissions.iter().map(|permission| permission.word()).collect::<Vec<_>>().join(" and ")
}

/// A world in which each call can be made again and again.
struct Scene {
    world: World,
    /// The store as each call finds it.
    pristine: Vec<u8>,
    key: Vec<u8>,
}

/// What a call did.
struct Tried {
    run: crate::support::Run,
    /// The tables without the events, before and after.
    rows: [String; 2],
    /// The events, before and after.
    events: [u32; 2],
    newest: String,
    mails: usize,
    made_a_file: bool,
}

impl Scene {
    fn new() -> Self {
        let world =
            World::with_mail().with_role("Nothing", "").with_role("Unused", "").with_users("alice:Nothing,bob:Nothing");
        world.set_password("alice", GOOD);
        // Job 1 has ended, and job 2 is paused.
        world.run("users send-reset --all --queue-only --yes").expect_status(0);
        world.run("jobs cancel 1").expect_status(0);
        world.run("users send-reset --all --queue-only --yes").expect_status(0);
        world.sql("UPDATE jobs SET state = 'paused', why = 'too many failures' WHERE id = 2");
        for &permission in Permission::VARIANTS {
            let mut all = permission_words();
            all.retain(|word| *word != permission.word());
            world.sql(&role_sql(uid_without(permission), &all));
        }
        let all = permission_words();
        let neither: Vec<&str> =
            all.into_iter().filter(|word| !["set-passwords", "send-resets"].contains(word)).collect();
        world.sql(&role_sql(NEITHER, &neither));
        for (place, (_, _, needed)) in CALLS.iter().enumerate() {
            let mut enough: Vec<&str> = Vec::new();
            for alternatives in needed.split_whitespace().map(alternatives) {
                let permission = alternatives[0];
                enough.extend(permission.requires().iter().chain([&permission]).map(|permission| permission.word()));
            }
            enough.sort_unstable();
            enough.dedup();
            world.sql(&role_sql(uid_of_call(place), &enough));
        }
        world.run("operators add 61098 --role Nothing").expect_status(0);
        world.run(&format!("store backup '{}'", world.path("saved.db").display())).expect_status(0);
        world.file("rows.csv", "email\nnew@example.com\n");
        world.file("hashes.csv", format!("email,password_hash\nnew@example.com,\"{HASH}\"\n"));
        world.file("nobody.txt", "nobody\n");
        let pristine = fs::read(world.store()).unwrap();
        let key = fs::read(world.store().with_file_name("reset.key")).unwrap();
        Self { world, pristine, key }
    }

    fn run(&self, call: &str, stdin: &str, uid: u32) -> Tried {
        let world = &self.world;
        fs::write(world.store(), &self.pristine).unwrap();
        let key = world.store().with_file_name("reset.key");
        fs::write(&key, &self.key).unwrap();
        let new = world.path("new-file");
        let _ = fs::remove_file(&new);
        let _ = fs::remove_dir_all(world.path("mail"));
        if call.starts_with("init") {
            fs::remove_file(&key).unwrap();
        }
        let line = call.replace("[DIR]", &world.directory().to_string_lossy()).replace("[NEW]", &new.to_string_lossy());
        let before = (dump(world), world.events());
        let run = world.command(&line).stdin(stdin).uid(uid).run();
        Tried {
            rows: [before.0, dump(world)],
            events: [before.1, world.events()],
            newest: world.newest_event(),
            mails: world.mails().len(),
            made_a_file: new.exists() || (call.starts_with("init") && key.exists()),
            run,
        }
    }

    fn expect_refusal(&self, tried: &Tried, who: &str, wrong: &mut String) {
        let mut say = |what: &str| writeln!(wrong, "{who}: {what}").unwrap();
        if tried.run.status != 77 {
            say(&format!("is not refused: {}", tried.run));
        }
        if !tried.run.stdout.is_empty() {
            say(&format!("prints: {}", tried.run.out()));
        }
        if tried.rows[0] != tried.rows[1] {
            say("changes rows");
        }
        if tried.events[1] != tried.events[0] + 1 || !tried.newest.contains(" | refused | ") {
            say(&format!("{} events more, the newest is {}", tried.events[1] - tried.events[0], tried.newest));
        }
        if tried.mails > 0 {
            say("sends mail");
        }
        if tried.made_a_file {
            say("makes a file");
        }
    }
}

/// Every row of every table but those of the events, and of the refused attempts that will be one.
pub(crate) fn dump(world: &World) -> String {
    let connection = rusqlite::Connection::open(world.store()).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('events', 'refused_attempts', 'sqlite_sequence')";
    let mut tables = connection.prepare(sql).unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut dump = String::new();
    for name in names {
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<_> = (0..columns).map(|column| row.get_ref(column).unwrap()).collect();
            writeln!(dump, "{name} {values:?}").unwrap();
        }
    }
    dump
}

/// The operator who has neither `set-passwords` nor `send-resets`.
const NEITHER: u32 = 62_900;

fn uid_without(permission: Permission) -> u32 {
    62_000 + permission as u32
}

fn uid_without_all(missing: &[Permission]) -> u32 {
    if let [one] = missing { uid_without(*one) } else { NEITHER }
}

fn uid_of_call(place: usize) -> u32 {
    63_000 + u32::try_from(place).unwrap()
}

/// An operator with a role that allows exactly this.
fn role_sql(uid: u32, permissions: &[&str]) -> String {
    let mut sql = format!("INSERT INTO roles (name, built_in) VALUES ('role of {uid}', 0);");
    let role = format!("(SELECT id FROM roles WHERE name = 'role of {uid}')");
    for permission in permissions {
        write!(sql, "INSERT INTO role_permissions VALUES ({role}, '{permission}');").unwrap();
    }
    write!(
        sql,
        "INSERT INTO operators (uid, account, kind, role_id, added_at) VALUES ({uid}, 'account', 'person', {role}, 0);"
    )
    .unwrap();
    sql
}
