//! A damaged store, recovered with the commands that `store check` and `store restore` print, run by the `sqlite3` that is here.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::world::Ran;
use crate::world::World;
use crate::world::can;
use crate::world::finish;
use crate::world::set_mode;

const PAGE: usize = 4_096;
const USERS: usize = 300;

/// The page that holds this text last.
fn page_with(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).rposition(|window| window == text.as_bytes()).unwrap() / PAGE
}

/// Overwrites the page that holds this text last.
fn overwrite(bytes: &mut [u8], text: &str) {
    let page = page_with(bytes, text);
    bytes[page * PAGE..(page + 1) * PAGE].fill(0x5a);
}

/// What is damaged, and what damages it.
type Damage = (&'static str, fn(&mut Vec<u8>));

const DAMAGE: [Damage; 5] = [
    ("some users", |bytes| overwrite(bytes, "User Number 150")),
    ("the events", |bytes| overwrite(bytes, "users import")),
    ("an index", |bytes| overwrite(bytes, "user150@example.com")),
    ("the end", |bytes| bytes.truncate(bytes.len() - 100)),
    ("the text of an index", |bytes| {
        let text = b"CREATE INDEX messages_by_job";
        let at = bytes.windows(text.len()).rposition(|window| window == text).unwrap();
        bytes[at..at + 6].fill(b'x');
    }),
];

/// A world with many users.
fn world() -> World {
    let world = World::new();
    let mut rows = "username,email,name\n".to_owned();
    for number in 0..USERS {
        writeln!(rows, "u{number},user{number}@example.com,User Number {number}").unwrap();
    }
    let file = world.directory().join("users.csv");
    fs::write(&file, rows).unwrap();
    world.done(&["users", "import", file.to_str().unwrap()]);
    world
}

/// Runs a command as it was printed, in the directory of the store.
fn pasted(world: &World, command: &str, path: &str) -> Ran {
    let bin = Path::new(env!("CARGO_BIN_EXE_cxme-admin")).parent().unwrap();
    let script = format!("PATH='{}':{path}$PATH; cd '{}' && {command}", bin.display(), world.state().display());
    finish(world.under(&["sh", "-c", &script, "sh"], &[]), "")
}

/// What a text holds between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no `{before}`: {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no `{after}`: {text}")).0
}

#[test]
fn the_printed_commands_recover_a_damaged_store_or_its_users() {
    let sqlite = Command::new("sqlite3").arg("--version").output();
    if !can(sqlite.is_ok_and(|ran| ran.status.success()), "needs sqlite3") {
        return;
    }
    let sound = world();
    let bytes = fs::read(sound.store()).unwrap();
    // A sqlite3 that has no `.recover`, such as Debian 12's, and the one that is here.
    let shims = sound.directory().join("shims");
    fs::create_dir(&shims).unwrap();
    let shim = "#!/bin/sh\ncase \" $* \" in *\" .recover \"*) echo 'sql error: SQL logic error (1)' >&2; exit 1;; esac\n\
                PATH=/usr/bin:/bin exec sqlite3 \"$@\"\n";
    fs::write(shims.join("sqlite3"), shim).unwrap();
    set_mode(&shims.join("sqlite3"), 0o755);
    for path in [String::new(), format!("{}:", shims.display())] {
        let mut restored = Vec::new();
        for (name, damage) in DAMAGE {
            let mut bytes = bytes.clone();
            damage(&mut bytes);
            fs::write(sound.store(), &bytes).unwrap();
            let check = sound.run(&["store", "check"]);
            assert_eq!(check.code, Some(65), "{name}: {check:?}");
            let recovery =
                format!("(umask {}", between(&check.stderr, "recover what can be read: (umask ", ", then: "));
            let restore = check.stderr.trim().rsplit_once(", then: ").unwrap().1.to_owned();
            let recovered = pasted(&sound, &recovery, &path);
            let ran = pasted(&sound, &format!("{restore} --yes"), "");
            let told = format!("{name}, path {path:?}: {recovered:?}, {ran:?}");
            if ran.code == Some(0) {
                sound.assert_sound();
                assert!(sound.count("SELECT count(*) FROM users") > USERS as i64 / 2, "{told}");
                restored.push(name);
                continue;
            }
            assert!([Some(65), Some(78)].contains(&ran.code), "{told}");
            let exported = pasted(&sound, between(&ran.stderr, "the users of this one: ", ", which "), "");
            assert_eq!(exported.code, Some(0), "{told}: {exported:?}");
            let place = World::without_store();
            place.done(&["init", "--yes"]);
            let users = sound.state().join("users.csv");
            place.done(&["users", "import", "--update", users.to_str().unwrap()]);
            // Those before the damaged page, and those behind it.
            assert!(place.count("SELECT count(*) FROM users") > USERS as i64 / 2, "{told}");
            fs::remove_file(users).unwrap();
        }
        // Of the others a row refers to one that is lost, the chain of events has a gap, or a table has no index.
        assert_eq!(restored, ["some users", "an index", "the end"]);
    }
}
