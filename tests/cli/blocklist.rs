//! `policy blocklist`, and a policy that names such a file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

/// SHA-1 of `password` and of [`OTHER`], by count as a published list has them.
const LIST: &str = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10434004\n[OTHER]:7\n";

fn list() -> String {
    LIST.replace("[OTHER]", &sha1(OTHER))
}

fn sha1(text: &str) -> String {
    use sha1::Digest as _;
    sha1::Sha1::digest(text).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A world whose policy names a filter of [`list`].
fn world_with_filter() -> World {
    let world = World::with_rules("blocklist_file = \"pwned.filter\"");
    let list = world.file("pwned.txt", list());
    build(&world, &list);
    world.with_users("alice")
}

fn filter(world: &World) -> std::path::PathBuf {
    world.path("config/cxme-admin/pwned.filter")
}

fn build(world: &World, list: &Path) {
    let place = filter(world);
    world
        .command("policy blocklist build --replace")
        .argument(list)
        .argument("--out")
        .argument(place)
        .run()
        .expect_status(0);
}

#[test]
fn a_filter_is_built_shown_and_asked() {
    let world = World::new();
    let list = world.file("pwned.txt", list());
    let filter = world.path("pwned.filter");
    let built = world.command("policy blocklist build -v").argument(&list).argument("--out").argument(&filter).run();
    assert_snapshot!(world.without_paths(&built.to_string()), @"
    status 0
    -- stderr
    Read 2 SHA-1 hashes of [DIR]/pwned.txt.
    Built [DIR]/pwned.filter: 2 different entries, 180 bytes.
    ");
    assert_eq!(fs::metadata(&filter).unwrap().permissions().mode() & 0o7777, 0o644);
    let info = world.command("policy blocklist info").argument(&filter).run().expect_status(0);
    assert_snapshot!(world.without_paths(&info.out()), @"
    File:               [DIR]/pwned.filter
    Version:            1
    Lists:              SHA-1
    Different entries:  2
    Size:               180 bytes
    False positives:    1 in 65,536 (0.0015%)
    Digest:             413623d4389a4ef0a0c16fdad2457eb657d7c8be43453565952943cba6648375
    Verified:           only the header; `--verify` reads all of it
    ");
    let info = world.command("policy blocklist info --verify -o json").argument(&filter).run().expect_status(0);
    assert_snapshot!(world.without_paths(&info.out()), @r#"{"file":"[DIR]/pwned.filter","version":1,"lists":["SHA-1"],"entries":2,"bytes":180,"false_positive_rate":0.0000152587890625,"digest":"413623d4389a4ef0a0c16fdad2457eb657d7c8be43453565952943cba6648375","verified":true}"#);
    let check = |password: &str| {
        let run = world.command("policy blocklist check --stdin -v").argument(&filter).stdin(password).run();
        world.without_paths(&run.to_string())
    };
    assert_snapshot!(check(OTHER), @"
    status 65
    -- stderr
    error: the password is on the list [DIR]/pwned.filter
    hint: about one in 65,536 other passwords is taken for one that is
    ");
    assert_snapshot!(check(GOOD), @"
    status 0
    -- stderr
    The password is not on the list [DIR]/pwned.filter.
    ");
    assert_snapshot!(
        world.without_paths(&world.command("policy blocklist check").argument(&filter).typing(["password"]).run().to_string()),
        @"
    status 65
    -- asked
    Password to check: 
    -- stderr
    error: the password is on the list [DIR]/pwned.filter
    hint: about one in 65,536 other passwords is taken for one that is
    "
    );
    assert_eq!(world.command("policy blocklist check").argument(&filter).run().status, 2);
}

#[test]
fn no_store_no_configuration_and_no_permission_is_needed() {
    let world = World::empty();
    let (list, filter) = (world.file("words.txt", "zeppelin\n"), world.path("filter"));
    world.write_config("[mail]\nfrom = \n");
    world
        .command("policy blocklist build")
        .argument(&list)
        .argument("--out")
        .argument(&filter)
        .uid(CAROL)
        .run()
        .expect_status(0);
    world.command("policy blocklist info").argument(&filter).uid(CAROL).run().expect_status(0);
    let check = world.command("policy blocklist check --stdin").argument(&filter).stdin("Zeppelin").uid(CAROL).run();
    assert_eq!(check.status, 65);
}

#[test]
fn a_file_is_replaced_only_where_it_is_asked_for_and_is_a_filter() {
    let world = World::new();
    let (list, place) = (world.file("words.txt", "zeppelin\n"), world.path("filter"));
    let build = |options: &str| {
        let command = world.command(&format!("policy blocklist build {options}"));
        let run = command.argument(&list).argument("--out").argument(&place).run();
        (run.status, world.without_paths(&run.err()))
    };
    assert_eq!(build("").0, 0);
    let first = fs::read(&place).unwrap();
    assert_snapshot!(build("").1, @"error: [DIR]/filter: already exists: give another path");
    fs::write(&list, "zeppelin\nother\n").unwrap();
    assert_eq!(build("--replace").0, 0);
    assert_ne!(fs::read(&place).unwrap(), first);
    fs::write(&place, "[store]\n").unwrap();
    assert_snapshot!(build("--replace").1, @"
    error: [DIR]/filter: is no blocklist filter, and is not replaced
    hint: give another path
    ");
    assert_eq!(fs::read_to_string(&place).unwrap(), "[store]\n");
    let left: Vec<_> = fs::read_dir(world.directory()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("unfinished")), "{left:?}");
}

#[test]
fn nothing_is_left_of_a_build_that_fails() {
    let world = World::new();
    let bad = format!("{}\nbad\n", sha1("one"));
    let (list, place) = (world.file("bad.txt", bad), world.path("filter"));
    let run = world.command("policy blocklist build").argument(&list).argument("--out").argument(&place).run();
    assert_snapshot!(world.without_paths(&run.to_string()), @"
    status 65
    -- stderr
    error: [DIR]/bad.txt: line 2: expected 40 hexadecimal digits, or those and `:COUNT`
    hint: nothing was built; download the list again, or say with `--format` what its lines are
    ");
    let run = world.command("policy blocklist build - - --out").argument(&place).stdin("x").run();
    assert_snapshot!(run, @"
    status 2
    -- stderr
    error: `-` (standard input) is given twice
    ");
    let run = world.command("policy blocklist build /absent/list --out").argument(&place).run();
    assert_snapshot!(run, @"
    status 74
    -- stderr
    error: /absent/list: cannot be opened: No such file or directory (os error 2)
    ");
    let run = world.command("policy blocklist build /etc --out").argument(&place).run();
    assert_snapshot!(run, @"
    status 74
    -- stderr
    error: /etc: cannot be read: Is a directory (os error 21)
    ");
    let run = world.command("policy blocklist build - --out /absent/filter").stdin("x").run();
    assert_snapshot!(run, @"
    status 74
    -- stderr
    error: /absent: no such directory: create it, or correct the path
    ");
    assert!(!place.exists());
    let piped = world.command("policy blocklist build - --out").argument(&place).stdin(list_by_pipe()).run();
    piped.expect_status(0);
    assert!(place.exists());
}

fn list_by_pipe() -> String {
    list().replace('\n', "\r\n")
}

#[test]
fn the_policy_refuses_what_the_filter_has_and_login_never_reads_it() {
    let world = world_with_filter();
    let set = |password: &str| world.command("users set-password alice --stdin").stdin(password).run();
    assert_snapshot!(set(OTHER), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - too common: it is on a list of refused passwords, or is one of them with digits or symbols added or letters replaced
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    set(GOOD).expect_status(0);
    assert_snapshot!(world.run("policy show").expect_status(0).out(), @"
    A new password at Example Travel needs:
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not on the organization's own list of refused passwords
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
    A password may have at most 1,024 bytes, which is at least 256 characters of any script
    Help: help@example.com, extension 4711
    Fingerprint of this policy: 7792d3af965ba529
    ");
    // A generated password passes the same gate.
    world.run("users set-password alice --generate").expect_status(0);
    world.set_password("alice", GOOD);
    fs::remove_file(filter(&world)).unwrap();
    assert!(world.accepts("alice", GOOD));
    assert_snapshot!(world.without_paths(&set(OTHER).to_string()), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/pwned.filter: no such file: create it, or correct the path
    ");
}

#[test]
fn a_damaged_filter_refuses_every_password_and_changes_none() {
    let world = world_with_filter();
    world.set_password("alice", GOOD);
    let whole = fs::read(filter(&world)).unwrap();
    let hash = world.ask("SELECT password_hash FROM users");
    let index = whole.len() - 24;
    // The magic, the version, a count, the length, the digests; the front of the block, its fingerprints; the index entry.
    let regions = [0, 8, 24, 32, 40, 80, 112, 120, 133, index, index + 9, index + 17, index + 23];
    for at in regions {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(filter(&world), damaged).unwrap();
        let run = world.command("users set-password alice --stdin").stdin("seven violet umbrellas sing").run();
        assert_eq!(run.status, 78, "{at}: {run}");
        assert!(run.err().contains("pwned.filter: "), "{at}: {run}");
        let run = world.run("users set-password alice --generate");
        assert_eq!(run.status, 78, "{at}: {run}");
        let info = world.command("policy blocklist info --verify").argument(filter(&world)).run();
        assert_eq!(info.status, 65, "{at}: {info}");
        assert!(world.accepts("alice", GOOD));
    }
    for cut in [0, 4, 60, 111, 112, whole.len() - 1] {
        fs::write(filter(&world), &whole[..cut]).unwrap();
        let run = world.command("users set-password alice --stdin").stdin("seven violet umbrellas sing").run();
        assert_eq!(run.status, 78, "{cut}: {run}");
    }
    let mut damaged = whole.clone();
    damaged[120] ^= 1;
    fs::write(filter(&world), &damaged).unwrap();
    let run = world.command("users set-password alice --stdin").stdin("seven violet umbrellas sing").run();
    assert_snapshot!(world.without_paths(&run.to_string()), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/pwned.filter: is damaged: block 0; the password was not accepted, and nothing was changed
    hint: build it again, or copy it again from where it was built: cxme-admin policy blocklist build
    ");
    fs::write(filter(&world), &whole[..112]).unwrap();
    let run = world.command("users set-password alice --stdin").stdin("seven violet umbrellas sing").run();
    assert_snapshot!(world.without_paths(&run.to_string()), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/pwned.filter: has 112 bytes, and its header says 180: it was cut short, or something was added
    hint: build it again, or copy it again from where it was built: cxme-admin policy blocklist build
    ");
    assert_eq!(world.ask("SELECT password_hash FROM users"), hash);
    fs::write(filter(&world), &whole).unwrap();
    world.command("users set-password alice --stdin").stdin("seven violet umbrellas sing").run().expect_status(0);
}

#[test]
fn another_filter_is_another_policy_and_the_same_entries_are_the_same() {
    let world = world_with_filter();
    let fingerprint = || {
        let shown: serde_json::Value = serde_json::from_str(&world.run("policy show -o json").out()).unwrap();
        shown["fingerprint"].as_str().unwrap().to_owned()
    };
    world.set_password("alice", GOOD);
    let first = fingerprint();
    build(&world, &world.file("pwned.txt", list()));
    assert_eq!(fingerprint(), first);
    assert_eq!(world.run("users list --policy-outdated -o csv").out().lines().count(), 1);
    build(&world, &world.file("pwned.txt", format!("{}{}\n", list(), sha1("one more"))));
    assert_ne!(fingerprint(), first);
    assert_eq!(world.run("users list --policy-outdated -o csv").out().lines().count(), 2);
}

#[test]
fn words_and_filters_hold_together_and_a_filter_that_others_may_write_is_refused() {
    let world = world_with_filter();
    world.file("config/cxme-admin/own.txt", "quarterly umbrella meeting\n");
    world.configure("blocklist_file = [\"own.txt\", \"pwned.filter\"]");
    for refused in ["Quarterly Umbrella Meeting 7", OTHER] {
        let run = world.command("policy check --stdin").stdin(refused).run();
        assert_eq!(run.status, 65, "{run}");
    }
    world.command("policy check --stdin").stdin(GOOD).run().expect_status(0);
    fs::set_permissions(filter(&world), fs::Permissions::from_mode(0o666)).unwrap();
    let run = world.command("policy check --stdin").stdin(GOOD).run();
    assert_snapshot!(world.without_paths(&run.to_string()), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/pwned.filter: is world-writable (0666): use a file that only its owner may write to
    ");
}
