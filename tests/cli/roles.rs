//! `roles`.

use crate::support::permission_words;
use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::World;

#[test]
fn roles_are_listed_with_what_they_allow() {
    let world = World::new().with_role("Helpdesk", "view-users set-passwords");
    assert_snapshot!(world.run("roles list"), @"
    status 0
    -- stdout
    NAME                 BUILT IN  PERMISSIONS                                         DESCRIPTION
    Admin                yes       all                                                 May do everything
    Helpdesk             no        view-users set-passwords
    Minimal Permissions  yes       view-users                                          For users who administer nothing
    Service              yes       view-users send-resets run-bulk-jobs back-up-store  For the account whose timers run `jobs run` and `store backup`
    ");
    assert_snapshot!(world.run("roles list -o ndjson"), @r#"
    status 0
    -- stdout
    {"name":"Admin","built_in":true,"permissions":["view-users","add-users","edit-users","delete-users","lock-users","set-passwords","send-resets","run-bulk-jobs","redeem","verify-passwords","manage-roles","manage-operators","export-hashes","override-policy","view-audit","back-up-store","manage-store"],"description":"May do everything"}
    {"name":"Helpdesk","built_in":false,"permissions":["view-users","set-passwords"],"description":""}
    {"name":"Minimal Permissions","built_in":true,"permissions":["view-users"],"description":"For users who administer nothing"}
    {"name":"Service","built_in":true,"permissions":["view-users","send-resets","run-bulk-jobs","back-up-store"],"description":"For the account whose timers run `jobs run` and `store backup`"}
    "#);
}

#[test]
fn permissions_are_listed_without_a_store() {
    assert_snapshot!(World::empty().run("roles permissions"), @"
    status 0
    -- stdout
    PERMISSION        ALLOWS TO                                                             REQUIRES
    view-users        See the users, but never a hash
    add-users         Add users and import them                                             view-users
    edit-users        Change a user's address, name, role and sign-in                       view-users
    delete-users      Delete users                                                          view-users
    lock-users        Lock users and unlock them                                            view-users
    set-passwords     Set a user's password                                                 view-users
    send-resets       Mail a reset link to a user, and revoke it                            view-users
    run-bulk-jobs     Mail reset links to many users, and send the mail in the outbox       view-users send-resets
    redeem            Set a password with the user's own proof: a code or the old password
    verify-passwords  Check a password, as login systems do
    manage-roles      Create roles and change them
    manage-operators  Add operators, change and remove them
    export-hashes     Export password hashes, and import them                               view-users
    override-policy   Set a password that the policy refuses                                view-users set-passwords
    view-audit        Read and verify the audit
    back-up-store     Back up the store, with all password hashes
    manage-store      Check, restore and migrate the store, and send a test mail
    ");
}

/// A store that was made before a permission existed has no row for it; nor has one whose rows somebody deleted.
#[test]
fn admin_is_every_permission_whatever_the_rows_of_the_store_say() {
    let world = World::new().with_role("Almost", &permission_words().join(" ")).with_users("alice");
    let permissions = world.run("roles list -o ndjson").out();
    let admin = permissions.lines().find(|line| line.contains("\"Admin\"")).unwrap().to_owned();
    for permission in permission_words() {
        let rows = "DELETE FROM role_permissions WHERE role_id = 1; INSERT INTO role_permissions SELECT 1, permission \
                    FROM role_permissions JOIN roles ON roles.id = role_id WHERE roles.name = 'Almost'";
        world.sql(&format!("{rows} AND permission <> '{permission}'"));
        let listed = world.run("roles list -o ndjson").expect_status(0).out();
        assert!(listed.contains(&admin), "without the row of {permission}: {listed}");
        let run = world.run("operators remove owner");
        assert_eq!(run.status, 77, "without the row of {permission}: {run}");
        assert!(run.err().contains("is the last operator with the role Admin"), "{permission}: {run}");
    }
    world
        .sql("DELETE FROM role_permissions WHERE role_id IN (1, 2); UPDATE roles SET built_in = 0, name = name || '!'");
    world.run("audit verify").expect_status(0);
    world.run("users edit alice --role Almost!").expect_status(0);
    world.run("users delete alice --yes").expect_status(0);
    world.run("users add new@example.com").expect_status(0);
    assert_snapshot!(world.run("roles list"), @"
    status 0
    -- stdout
    NAME                  BUILT IN  PERMISSIONS                                         DESCRIPTION
    Admin!                yes       all                                                 May do everything
    Almost!               no        all
    Minimal Permissions!  yes       view-users                                          For users who administer nothing
    Service!              yes       view-users send-resets run-bulk-jobs back-up-store  For the account whose timers run `jobs run` and `store backup`
    ");
}

/// It would stop being one as soon as there is a permission more.
#[test]
fn a_role_of_ones_own_that_allows_everything_does_not_replace_the_last_admin() {
    let everything = permission_words().join(" ");
    let world = World::new().with_role("Everything", &everything).with_operator(CAROL, "Everything");
    let run = world.command("operators remove owner").uid(CAROL).run();
    assert_eq!(run.status, 77, "{run}");
    world.run("operators add dave --role Admin").expect_status(0);
    world.command("operators remove owner").uid(DAVE).run().expect_status(0);
    world.command("operators remove carol").uid(DAVE).run().expect_status(0);
}
