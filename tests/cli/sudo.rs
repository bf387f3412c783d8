//! Operators who come by sudo: who they are, and what they may not name.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::World;

fn world() -> World {
    World::new()
        .with_role("Clerk", "view-users add-users lock-users set-passwords export-hashes manage-store verify-passwords")
        .with_users("alice,bob")
        .with_operator(CAROL, "Clerk")
        .with_operator(DAVE, "Admin")
}

#[test]
fn sudo_uid_is_believed_from_root_and_the_owner_of_the_store() {
    let world = world();
    world.command("users lock alice").sudo_by(CAROL).run().expect_status(0);
    assert_eq!(world.ask("SELECT operator || by_sudo FROM event ORDER BY number DESC"), "carol1");
    world.command("users unlock alice").uid(0).sudo_by(CAROL).run().expect_status(0);
    assert_eq!(world.ask("SELECT operator || by_sudo FROM event ORDER BY number DESC"), "carol1");
    let refused = world.command("users lock alice").sudo_by(MALLORY).run();
    assert_eq!(refused.status, 77, "{refused}");
    assert_eq!(world.ask("SELECT operator || by_sudo FROM event ORDER BY number DESC"), "mallory1");
}

#[test]
fn sudo_uid_from_anybody_else_is_a_variable_like_any_other() {
    let world = world();
    let run = world.command("users lock alice").uid(MALLORY).sudo_by(DAVE).run();
    assert_eq!(run.status, 77, "{run}");
    assert_eq!(world.ask("SELECT operator || by_sudo FROM event ORDER BY number DESC"), "mallory0");
    world.command("users lock alice").uid(CAROL).sudo_by(DAVE).run().expect_status(0);
    assert_eq!(world.ask("SELECT operator || by_sudo FROM event ORDER BY number DESC"), "carol0");
}

#[test]
fn whoever_comes_by_sudo_and_is_not_admin_names_no_configuration_and_no_store() {
    let world = world();
    let (config, store) = (world.config(), world.store());
    for (option, variable, path) in [("-c", "CXME_ADMIN_CONFIG", &config), ("--store", "CXME_ADMIN_STORE", &store)] {
        for uid in [CAROL, MALLORY] {
            let by_option = world.command("users list").argument(option).argument(path).sudo_by(uid).run();
            let by_variable = world.command("users list").variable(variable, path).sudo_by(uid).run();
            assert_eq!((by_option.status, by_variable.status), (77, 77), "{by_option} {by_variable}");
        }
        world.command("users list").argument(option).argument(path).sudo_by(DAVE).run().expect_status(0);
        world.command("users list").variable(variable, path).sudo_by(DAVE).run().expect_status(0);
    }
    assert_snapshot!(world.command("users list --store").argument(store).sudo_by(CAROL).run(), @"
    status 77
    -- stderr
    error: naming a store is only for operators with the role Admin, or without sudo
    ");
}

#[test]
fn nor_a_file_to_be_read_or_written() {
    let world = world();
    let secret = world.file("secret", GOOD);
    let rows = world.file("rows.csv", "email\nnew@example.com\n");
    let names = world.file("names", "alice\n");
    let new = world.path("new");
    for (command, path) in [
        ("users set-password alice --password-file", &secret),
        ("users import", &rows),
        ("users list --from", &names),
        ("users export --from", &names),
        ("users export --to", &new),
        ("users export --with-hashes --to", &new),
        ("store backup", &new),
        ("store migrate --backup", &new),
    ] {
        let run = world.command(command).argument(path).sudo_by(CAROL).run();
        assert_eq!(run.status, 77, "{command}: {run}");
        assert!(!new.exists(), "{command}");
        let _ = std::fs::remove_file(&new);
        let run = world.command(command).argument(path).sudo_by(DAVE).run();
        assert_eq!(run.status, 0, "an Admin may: {command}: {run}");
        let _ = std::fs::remove_file(&new);
        world.run("users delete new --yes");
    }
    assert_snapshot!(world.command("users import").argument(rows).sudo_by(CAROL).run(), @"
    status 77
    -- stderr
    error: naming a file is only for operators with the role Admin, or without sudo
    hint: pass data by a pipe: with `-`, or with `--stdin`
    ");
}

#[test]
fn a_hyphen_is_standard_input_where_input_is_read_and_a_file_elsewhere() {
    let world = world();
    world.command("users import -").stdin("email\nnew@example.com\n").sudo_by(CAROL).run().expect_status(0);
    world.command("users list --from -").stdin("alice\n").sudo_by(CAROL).run().expect_status(0);
    world.command("users set-password alice --stdin").stdin(GOOD).sudo_by(CAROL).run().expect_status(0);
    world.command("users set-password alice --password-file -").stdin(GOOD).sudo_by(CAROL).run().expect_status(0);
    for command in ["users export --to -", "store backup -", "store migrate --backup -"] {
        let run = world.command(command).stdin(GOOD).sudo_by(CAROL).run();
        assert_eq!(run.status, 77, "{command}: {run}");
    }
}

#[test]
fn a_store_of_his_own_makes_nobody_an_admin() {
    let world = world();
    let own = world.path("own/store.db");
    std::fs::create_dir(world.path("own")).unwrap();
    world.command("init --yes --store").argument(&own).run().expect_status(0);
    let command = world.command("operators add carol --role Admin --store").argument(&own);
    command.run().expect_status(0);
    let list = world.command("users list --store").argument(&own).sudo_by(CAROL).run();
    assert_eq!(list.status, 77, "{list}");
    let backup = world.command("store backup").argument(world.path("copy.db")).argument("--store").argument(&own);
    let backup = backup.sudo_by(CAROL).run();
    assert_eq!(backup.status, 77, "{backup}");
    assert!(!world.path("copy.db").exists());
    for command in ["init --yes --store", "demo"] {
        let run = world.command(command).argument(world.path("made")).sudo_by(CAROL).run();
        assert_eq!(run.status, 77, "{command}: {run}");
        assert!(!world.path("made").exists(), "{command}");
    }
}

#[test]
fn an_unusable_configuration_tells_nothing_of_its_content_to_whoever_comes_by_sudo() {
    let world = world();
    let other = world.file("other.toml", "zq7sentinel = \"zq7sentinel\"\n");
    for uid in [CAROL, DAVE, MALLORY] {
        let run = world.command("users list -c").argument(&other).sudo_by(uid).run();
        assert!([77, 78].contains(&run.status), "{run}");
        assert!(!String::from_utf8_lossy(&run.all()).contains("zq7sentinel"), "{run}");
    }
}

#[test]
fn whoever_comes_without_sudo_names_what_he_likes() {
    let world = world();
    let rows = world.file("rows.csv", "email\nnew@example.com\n");
    world.command("users import").argument(rows).uid(CAROL).run().expect_status(0);
}
