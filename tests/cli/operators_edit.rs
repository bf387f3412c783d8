//! `operators edit`, `operators disable` and `operators enable`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::World;
use crate::support::me;

fn listed(world: &World, options: &str) -> String {
    let run = world.run(&format!("operators list {options}")).expect_status(0);
    run.out().replace(&format!(",{},", me()), ",[ME],").replace(&format!(" {} ", me()), " [ME] ")
}

#[test]
fn an_operator_gets_another_role_limits_and_another_kind() {
    let world = World::new().with_role("Clerk", "view-users lock-users").with_operator(CAROL, "Admin");
    let run = |line: &str| world.command(line).at_terminal().run();
    assert_snapshot!(run("operators edit carol --role clerk --only-role 'minimal permissions' --only-domain Bücher.example --only-domain example.com --reason 'new team'"), @"
    status 0
    -- stderr
    Changed operator carol: role Clerk; may act only on users with the role Minimal Permissions in example.com or bücher.example.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    operators edit | done | owner, Admin | new team
    {"account":"carol","former_limits":"none","former_role":"Admin","kind":"person","only_domains":["example.com","xn--bcher-kva.example"],"only_roles":["Minimal Permissions"],"role":"Clerk","uid":61001}
    "#);
    assert_snapshot!(listed(&world, "-o csv"), @"
    account,uid,account_now,role,kind,only_roles,only_domains,disabled_at,added_at
    carol,61001,carol,Clerk,person,Minimal Permissions,example.com xn--bcher-kva.example,,2026-11-24T08:00:00Z
    owner,[ME],owner,Admin,person,,,,2026-11-24T08:00:00Z
    ");
    assert_snapshot!(run("operators edit 61001 --any-role --only-domain xn--bcher-kva.example --service"), @"
    status 0
    -- stderr
    Changed operator carol: may act only on users in bücher.example; kind service.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    operators edit | done | owner, Admin | -
    {"account":"carol","former_limits":"users with the role Minimal Permissions in example.com or bücher.example","kind":"service","only_domains":["xn--bcher-kva.example"],"role":"Clerk","uid":61001}
    "#);
    assert_snapshot!(run("operators edit carol --only-domain BÜCHER.EXAMPLE"), @"
    status 0
    -- stderr
    Operator carol already has this role, kind and these limits; nothing was changed.
    ");
    assert_snapshot!(run("operators edit carol --any-domain --person -n"), @"
    status 0
    -- stdout
    Would change operator carol: may act on users with any role in any domain; kind person.
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_snapshot!(world.run("operators edit carol --any-domain --person -n -o json"), @r#"
    status 0
    -- stdout
    [
    {"action":"operators edit","would_change":true,"account":"carol","role":"Clerk","kind":"person","only_roles":[],"only_domains":[]}
    ]
    "#);
    assert_snapshot!(world.command("whoami").uid(CAROL).run().out().lines().take(6).collect::<Vec<_>>().join("\n"), @"
    Account:        carol
    UID:            61001
    Role:           Clerk
    Permissions:    view-users, lock-users
    Only users in:  xn--bcher-kva.example
    Identified by:  uid
    ");
    world.run("operators add dave --role Clerk --only-role Clerk").expect_status(0);
    let out = world.command("operators list").columns(120).run().expect_status(0).out();
    assert!(out.contains("ONLY ROLES") && out.contains("ONLY DOMAINS") && !out.contains("DISABLED"), "{out}");
}

#[test]
fn what_an_edit_cannot_be_is_told() {
    let world = World::new().with_operator(CAROL, "Minimal Permissions");
    assert_snapshot!(world.run("operators edit carol"), @"
    status 2
    -- stderr
    error: nothing to change
    hint: give `--role`, `--only-role`, `--only-domain`, `--any-role`, `--any-domain`, `--service` or `--person`
    ");
    assert_snapshot!(world.run("operators edit carol --only-domain no_domain"), @"
    status 65
    -- stderr
    error: the domain `no_domain` is not an email domain, such as example.com
    ");
    assert_snapshot!(world.run("operators edit carol --only-role Clerk"), @"
    status 65
    -- stderr
    error: no such role: `Clerk`
    hint: cxme-admin roles list
    ");
    assert_snapshot!(world.run("operators edit dave --role Admin"), @"
    status 65
    -- stderr
    error: dave is not an operator
    hint: cxme-admin operators list
    ");
    assert_snapshot!(world.run("operators edit carol --role Admin --only-domain example.com"), @"
    status 65
    -- stderr
    error: carol has the role Admin, which cannot be limited
    hint: copy the role and give the copy with the limits: cxme-admin roles clone Admin NEW; then: cxme-admin operators edit carol --role NEW
    ");
    assert_snapshot!(world.run("operators add dave --role Admin --only-role Admin"), @"
    status 65
    -- stderr
    error: dave has the role Admin, which cannot be limited
    hint: copy the role and give the copy with the limits: cxme-admin roles clone Admin NEW; then: cxme-admin operators edit dave --role NEW
    ");
    for domain in ["", "@example.com", "a@example.com", "*.example.com", "example.com.", "a\u{1b}b", "xn--a.example"] {
        let run = world.command("operators edit carol --only-domain").argument(domain).run();
        assert_eq!(run.status, 65, "{domain:?}: {run}");
    }
    world.run("operators edit carol --only-role Admin --any-role").expect_status(2);
    world.run("operators edit carol --service --person").expect_status(2);
    world.run("operators edit carol --only-domain example.com").expect_status(0);
    // The limits would stay, and an Admin has none.
    world.run("operators edit carol --role Admin").expect_status(65);
    world.run("operators edit carol --role Admin --any-domain").expect_status(0);
}

#[test]
fn a_disabled_operator_may_nothing_and_keeps_role_and_limits() {
    let world = World::new().with_users("alice").with_role("Clerk", "view-users lock-users");
    world.run("operators add carol --role Clerk --only-domain example.com").expect_status(0);
    let run = |line: &str| world.command(line).at_terminal().run();
    assert_snapshot!(run("operators disable carol --reason 'on leave'"), @"
    status 0
    -- stderr
    Disabled operator carol.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    operators disable | done | owner, Admin | on leave
    {"account":"carol","kind":"person","only_domains":["example.com"],"role":"Clerk","uid":61001}
    "#);
    assert_snapshot!(run("operators disable carol"), @"
    status 0
    -- stderr
    Operator carol is already disabled; nothing was changed.
    ");
    assert_snapshot!(world.command("users lock alice").uid(CAROL).run(), @"
    status 77
    -- stderr
    error: operator carol is disabled
    hint: an Admin can run: cxme-admin operators enable carol
    ");
    for line in ["users list", "whoami", "roles list", "operators list", "users lock alice", "operators enable carol"] {
        world.command(line).uid(CAROL).run().expect_status(77);
        world.command(line).sudo_by(CAROL).run().expect_status(77);
    }
    let out = listed(&world, "-o csv");
    assert!(out.contains("carol,61001,carol,Clerk,person,,example.com,2026-11-24T08:00:00Z,"), "{out}");
    assert_snapshot!(run("operators enable carol"), @"
    status 0
    -- stderr
    Enabled operator carol with the role Clerk, who may act only on users in example.com.
    ");
    assert_snapshot!(run("operators enable carol"), @"
    status 0
    -- stderr
    Operator carol is not disabled; nothing was changed.
    ");
    world.command("users lock alice").uid(CAROL).run().expect_status(0);
    world.run("audit verify").expect_status(0);
}

#[test]
fn the_last_admin_is_neither_disabled_nor_made_less() {
    let world = World::new().with_role("Boss", "view-users").with_operator(CAROL, "Admin").with_operator(DAVE, "Admin");
    world.sql("DELETE FROM operators WHERE account = 'owner'");
    let by = |uid: u32, line: &str| world.command(line).uid(uid).run();
    by(DAVE, "operators disable carol").expect_status(0);
    assert_snapshot!(by(DAVE, "operators disable dave --yes"), @"
    status 77
    -- stderr
    error: dave is the last operator with the role Admin
    hint: add another one first: cxme-admin operators add ACCOUNT --role Admin
    ");
    for line in ["operators edit dave --role Boss --yes", "operators remove dave", "operators disable dave -n"] {
        let run = by(DAVE, line).expect_status(77);
        assert!(run.err().contains("dave is the last operator with the role Admin"), "{line}: {run}");
        assert!(world.newest_event().contains(" | refused | "), "{line}");
    }
    // Disabled Admins administer nothing, and may get another role.
    by(DAVE, "operators edit carol --role Boss").expect_status(0);
    by(DAVE, "operators edit carol --role Admin").expect_status(0);
    by(DAVE, "operators disable dave --yes").expect_status(77);
    by(DAVE, "operators enable carol").expect_status(0);
    // An account that does not exist cannot act.
    world.command("operators disable dave --yes").uid(DAVE).account(CAROL, None).run().expect_status(77);
    by(DAVE, "operators disable dave --yes").expect_status(0);
    by(CAROL, "operators disable carol --yes").expect_status(77);
}

#[test]
fn root_is_neither_disabled_nor_limited() {
    let world = World::new().with_role("Boss", "view-users").with_operator(CAROL, "Admin");
    world.sql("DELETE FROM operators WHERE uid = 0");
    let add = world.command("operators add root --role Admin").uid(CAROL).account(0, Some("root")).run();
    add.expect_status(0);
    let by_carol = |line: &str| world.command(line).uid(CAROL).account(0, Some("root")).run();
    assert_snapshot!(by_carol("operators disable root"), @"
    status 77
    -- stderr
    error: root is always Admin: it cannot be disabled
    hint: to limit a person who uses sudo, add their own account
    ");
    for line in ["operators edit root --role Boss", "operators edit root --only-domain example.com"] {
        by_carol(line).expect_status(77);
    }
    by_carol("operators edit root --service").expect_status(0);
}

#[test]
fn who_takes_their_own_rights_is_asked() {
    let world = World::new().with_role("Less", "view-users manage-operators").with_operator(CAROL, "Admin");
    let by_carol = |line: &str| world.command(line).uid(CAROL);
    assert_snapshot!(by_carol("operators edit carol --role Less").run(), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Would change operator carol: role Less. This is your own account. Continue
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(by_carol("operators disable carol").typing(["n"]).run(), @"
    status 65
    -- asked
    Disable carol, which is your own account? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    by_carol("operators edit carol --role Less").typing(["y"]).run().expect_status(0);
    by_carol("operators edit carol --role Admin").run().expect_status(77);
    // To limit oneself is one way too.
    by_carol("operators edit carol --only-domain example.com").run().expect_status(2);
    by_carol("operators edit carol --only-domain example.com --yes").run().expect_status(0);
    by_carol("operators edit carol --any-domain --yes").run().expect_status(77);
}

#[test]
fn a_role_to_which_operators_are_limited_is_not_deleted_before_they_are_not() {
    let world = World::new().with_role("Clerk", "view-users").with_role("Desk", "view-users lock-users");
    world.run("operators add carol --role Desk --only-role Clerk").expect_status(0);
    assert_snapshot!(world.run("roles delete Clerk --yes"), @"
    status 65
    -- stderr
    error: the role Clerk limits whom operators may act on: carol
    hint: change their limits first: cxme-admin operators edit carol --only-role ROLE
    ");
    world.run("roles edit Clerk --rename Clerks").expect_status(0);
    assert!(listed(&world, "-o csv").contains(",Clerks,"));
    world.run("operators edit carol --any-role").expect_status(0);
    world.run("roles delete Clerks --yes").expect_status(0);
}
