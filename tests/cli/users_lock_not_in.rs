//! `users lock --not-in`: everybody who is not on a list.

use insta::assert_snapshot;

use crate::permission_first::dump;
use crate::support::CAROL;
use crate::support::Run;
use crate::support::World;

fn world() -> World {
    World::new().with_role("Student", "").with_users("alice:Student,bob:Student,dora:Student,emil:Student,fritz")
}

fn locked(world: &World) -> String {
    world.ask(
        "SELECT group_concat(username, ' ') FROM (SELECT * FROM users ORDER BY username) WHERE locked_at IS NOT NULL",
    )
}

fn lock(world: &World, options: &str, list: &str) -> Run {
    world.command(&format!("users lock --not-in - {options}")).stdin(list).run()
}

#[test]
fn everybody_who_is_not_on_the_list_is_locked_after_a_question() {
    let world = world();
    let list = world.file("enrolled.csv", "username,email\nalice,\n,bob@example.com\nfritz,fritz@example.com\n");
    let run = world.command("users lock --not-in").argument(&list).typing(["y"]).run();
    assert_snapshot!(run, @"
    status 0
    -- asked
    Lock 2 users (dora, emil) until `users unlock`? [y/N] y
    -- stderr
    Locked 2 users until `users unlock`.
    Non-interactive equivalent: cxme-admin users lock --not-in [DIR]/enrolled.csv --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users lock | done | owner, Admin | -
    {"changed":2,"selection":"--not-in [DIR]/enrolled.csv","sha256":"45d752ed82db5f69f960ddc781eed12fd43777fa32c57838f825191fac17d720","until":"permanent","users":2}
    "#);
    assert_eq!(locked(&world), "dora emil");
    // Each night.
    assert_snapshot!(world.command("users lock --yes -v --not-in").argument(&list).run(), @"
    status 0
    -- stderr
    All of these users are already locked like this; nothing was changed.
    ");
}

#[test]
fn conditions_limit_whom_the_list_is_about() {
    let world = world();
    assert_snapshot!(lock(&world, "--role Student --yes -v", "alice\nbob\ndora\n"), @"
    status 0
    -- stderr
    Locked 1 user until `users unlock`.
    ");
    assert_eq!(locked(&world), "emil");
}

#[test]
fn a_list_that_may_have_been_cut_off_is_refused() {
    let world = world();
    let before = dump(&world);
    assert_snapshot!(lock(&world, "--yes", ""), @"
    status 65
    -- stderr
    error: -: the list names nobody, so that all users would be locked
    ");
    assert_snapshot!(lock(&world, "--yes", "# nobody\n\n"), @"
    status 65
    -- stderr
    error: -: the list names nobody, so that all users would be locked
    ");
    assert_snapshot!(lock(&world, "--yes", "alice\nbob\ndora\nemil"), @"
    status 65
    -- stderr
    error: -: the last line does not end with a line break: the list may have been cut off
    hint: if it is whole, say how many users are to be locked: `--expect N`
    ");
    assert_snapshot!(lock(&world, "--yes", "alice\nbob\ndora\nemi\n"), @"
    status 67
    -- stderr
    error: line 4: no user with the username `emi`
    hint: did you mean emil?
    ");
    assert_snapshot!(lock(&world, "--yes", "alice\nbob\n"), @"
    status 65
    -- stderr
    error: 3 of 5 users would be locked: more than half are not on the list; nothing was changed
    hint: if that is right, give `--expect 3`
    ");
    assert_snapshot!(lock(&world, "--yes --ignore-unknown", "zoe\n"), @"
    status 67
    -- stderr
    error: line 1: no user with the username `zoe`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_snapshot!(lock(&world, "--yes --expect 2", "alice\nbob\n"), @"
    status 65
    -- stderr
    error: 3 users would be locked, and `--expect` says 2; nothing was changed
    hint: details: the same with `--dry-run`
    ");
    assert_snapshot!(lock(&world, "--yes", "[\"alice\",\"bob\",\"dora\""), @"
    status 65
    -- stderr
    error: -, line 1: the input ends within the array
    ");
    assert_snapshot!(lock(&world, "--yes", "username,email\nalice,bob@example.com\nbob,\ndora,\nemil,\n"), @"
    status 65
    -- stderr
    error: line 2: username `alice` and email `bob@example.com` are not of one user; nothing was done
    ");
    assert_eq!(dump(&world), before);
    lock(&world, "--yes --expect 1", "alice\nbob\ndora\nemil").expect_status(0);
    assert_eq!(locked(&world), "fritz");
    lock(&world, "--yes --expect 3 --ignore-unknown", "alice\nzoe\n").expect_status(0);
    assert_eq!(locked(&world), "bob dora emil fritz");
}

#[test]
fn operators_are_left_out() {
    let world = world().with_operator(CAROL, "Admin");
    world.run("users add owner@example.com").expect_status(0);
    world.run("users add carol@example.com").expect_status(0);
    let list = "alice\nbob\ndora\nemil\n";
    assert_snapshot!(lock(&world, "-n", list), @"
    status 0
    -- stdout
    Would lock 1 user (fritz) until `users unlock` (left out, as operators: carol, owner).
    ");
    assert_snapshot!(lock(&world, "-n -o json", list), @r#"
    status 0
    -- stdout
    [
    {"action":"users lock","would_change":true,"users":1,"users_changed":1,"locked_longer":0,"left_out":["carol","owner"],"usernames":["fritz"],"locked_until":null,"lock_reason":null}
    ]
    "#);
    assert_snapshot!(world.command("users lock --not-in -").stdin(list).typing(["y"]).run(), @"
    status 0
    -- asked
    Lock 1 user (fritz) until `users unlock` (left out, as operators: carol, owner)? [y/N] y
    -- stderr
    Locked 1 user until `users unlock` (left out, as operators: carol, owner).
    Non-interactive equivalent: cxme-admin users lock --not-in - --yes
    ");
    assert_eq!(locked(&world), "fritz");
    assert_snapshot!(world.newest_event(), @r#"
    users lock | done | owner, Admin | -
    {"changed":1,"left_out":["carol","owner"],"selection":"--not-in -","sha256":"bcbbd8109a960e07f5fc81b95f88c21d80a0895626f766547d7e23996a34f3ef","until":"permanent","users":1}
    "#);
}

#[test]
fn two_ways_to_name_users_are_one_too_many() {
    let world = world();
    for command in ["users lock alice --not-in -", "users lock --from - --not-in -", "users lock alice --expect 1"] {
        world.command(command).stdin("alice\n").run().expect_status(2);
    }
    assert_snapshot!(world.run("users lock --role Student --yes --expect 9"), @"
    status 65
    -- stderr
    error: 4 users would be locked, and `--expect` says 9; nothing was changed
    hint: details: the same with `--dry-run`
    ");
    world.run("users lock --role Student --yes --expect 4").expect_status(0);
}
