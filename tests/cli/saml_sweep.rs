//! The sweep of accounts that could walk round the identity provider.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::World;

/// sam signs in with SAML as their domain says; rita has a password in a domain of the identity provider, and vera signs in with SAML
/// and an address in another domain.
fn world() -> World {
    let world = World::new().with_users("alice,bob").with_saml_user();
    world.run("users add rita@IDP.example.com --sign-in password").expect_status(0);
    world.run("users add vera@example.com --sign-in saml").expect_status(0);
    world.with_password("alice", GOOD).with_password("rita", GOOD)
}

#[test]
fn passwords_that_go_round_the_identity_provider_are_found_and_removed() {
    let world = world();
    let list = |options: &str| world.run(&format!("users list --columns username,sign_in {options}"));
    assert_snapshot!(list("--disagrees-with-saml-domains"), @"
    status 0
    -- stdout
    USERNAME  SIGN-IN
    rita      password
    vera      saml
    ");
    assert_snapshot!(list("--disagrees-with-saml-domains --with-password"), @"
    status 0
    -- stdout
    USERNAME  SIGN-IN
    rita      password
    ");
    assert_snapshot!(list("--with-password -o csv"), @"
    status 0
    -- stdout
    username,sign_in
    alice,password
    rita,password
    ");
    // The schema itself keeps them without a password, unless somebody edited the file.
    assert_snapshot!(list("--sign-in saml --with-password -v"), @"
    status 0
    -- stderr
    No users.
    ");
    list("--with-password --no-password").expect_status(2);
    let sweep = "users edit --disagrees-with-saml-domains --with-sign-in password --sign-in saml";
    assert_snapshot!(world.run(&format!("{sweep} -n")), @"
    status 0
    -- stdout
    Would change sign_in of 1 user (rita) and remove 1 password (rita).
    ");
    assert_snapshot!(world.command(sweep).typing(["y"]).run(), @"
    status 0
    -- asked
    Change sign_in of 1 user (rita) and remove 1 password? [y/N] y
    -- stderr
    Changed sign_in of 1 user. Removed 1 password: these users sign in with SAML.
    Non-interactive equivalent: cxme-admin users edit --disagrees-with-saml-domains --with-sign-in password --sign-in saml --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users edit | done | owner, Admin | -
    {"changed":1,"passwords_removed":1,"selection":"--with-sign-in password --disagrees-with-saml-domains","sign_in":{"new":"saml"},"users":1}
    "#);
    assert!(!world.accepts("rita", GOOD));
    assert_snapshot!(world.command("users edit vera rita --sign-in password").typing(["y"]).run(), @"
    status 0
    -- asked
    Change sign_in of 2 users (rita, vera)? [y/N] y
    -- stderr
    Changed sign_in of 2 users. Those who came from SAML cannot log in before they have a new password: cxme-admin users list --no-password
    Non-interactive equivalent: cxme-admin users edit vera rita --sign-in password --yes
    ");
    assert!(!world.accepts("rita", GOOD), "the old password does not come back");
    assert_snapshot!(list("--no-password -o csv"), @"
    status 0
    -- stdout
    username,sign_in
    bob,password
    rita,password
    vera,password
    ");
}
