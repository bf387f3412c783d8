//! `roles`.

use insta::assert_snapshot;

use crate::support::World;

#[test]
fn roles_are_listed_with_what_they_allow() {
    let world = World::new().with_role("Helpdesk", "view-users set-passwords");
    assert_snapshot!(world.run("roles list"), @"
    status 0
    -- stdout
    NAME                 BUILT IN  PERMISSIONS
    Admin                yes       all
    Helpdesk             no        view-users set-passwords
    Minimal Permissions  yes       view-users
    ");
    assert_snapshot!(world.run("roles list -o ndjson"), @r#"
    status 0
    -- stdout
    {"name":"Admin","built_in":true,"permissions":["view-users","add-users","edit-users","delete-users","lock-users","set-passwords","send-resets","run-bulk-jobs","redeem","verify-passwords","manage-roles","manage-operators","export-hashes","override-policy","view-audit","manage-store"]}
    {"name":"Helpdesk","built_in":false,"permissions":["view-users","set-passwords"]}
    {"name":"Minimal Permissions","built_in":true,"permissions":["view-users"]}
    "#);
}

#[test]
fn permissions_are_listed_without_a_store() {
    assert_snapshot!(World::empty().run("roles permissions"), @"
    status 0
    -- stdout
    PERMISSION        ALLOWS TO                                                              REQUIRES
    view-users        See the users and what is known of them; never a hash
    add-users         Add users and import them                                              view-users
    edit-users        Change a user's address, name, role and sign-in                        view-users
    delete-users      Delete users                                                           view-users
    lock-users        Lock users and unlock them                                             view-users
    set-passwords     Set a user's password                                                  view-users
    send-resets       Mail a reset link to a user, and revoke it                             view-users
    run-bulk-jobs     Mail reset links to many users, and send what waits in the outbox      view-users send-resets
    redeem            Set a password with the user's own proof: a code, or the old password
    verify-passwords  Check a password, as login systems do
    manage-roles      Make roles and change them
    manage-operators  Add operators and remove them
    export-hashes     Export password hashes, and import them                                view-users
    override-policy   Set a password that the policy refuses                                 view-users set-passwords
    view-audit        Read and verify the audit
    manage-store      Check, back up, restore and migrate the store, and send a test mail
    ");
}
