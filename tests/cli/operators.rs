//! `operators`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::World;
use crate::support::me;

#[test]
fn operators_are_added_listed_and_removed() {
    let world = World::new();
    assert_snapshot!(world.command("operators add carol --role admin --reason 'new colleague'").at_terminal().run(), @"
    status 0
    -- stderr
    Added carol as operator with the role Admin.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    operators add | done | owner, Admin | new colleague
    {"account":"carol","kind":"person","role":"Admin","uid":61001}
    "#);
    assert_snapshot!(world.run("operators add 61002 --role 'Minimal Permissions' --service -v"), @"
    status 0
    -- stderr
    Added dave as operator with the role Minimal Permissions.
    ");
    let listed = world.run("operators list -o csv").expect_status(0);
    assert_snapshot!(listed.out().replace(&format!(",{},", me()), ",[ME],"), @"
    account,uid,account_now,role,kind,only_roles,only_domains,disabled_at,added_at
    carol,61001,carol,Admin,person,,,,2026-11-24T08:00:00Z
    dave,61002,dave,Minimal Permissions,service,,,,2026-11-24T08:00:00Z
    owner,[ME],owner,Admin,person,,,,2026-11-24T08:00:00Z
    ");
    assert_snapshot!(world.run("operators remove dave -v"), @"
    status 0
    -- stderr
    Removed operator dave.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    operators remove | done | owner, Admin | -
    {"account":"dave","kind":"service","role":"Minimal Permissions","uid":61002}
    "#);
    assert_eq!(world.count_operators(), 2);
}

#[test]
fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let world = World::new();
    let before = world.events();
    assert_snapshot!(world.run("operators add carol --role Admin --dry-run -v"), @"
    status 0
    -- stdout
    Would add carol as operator with the role Admin.
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_eq!(world.count_operators(), 1);
    assert_eq!(world.events(), before);
}

#[test]
fn the_last_admin_stays() {
    let world = World::new().with_operator(DAVE, "Minimal Permissions");
    assert_snapshot!(world.run("operators remove owner"), @"
    status 77
    -- stderr
    error: owner is the last operator with the role Admin
    hint: add another one first: cxme-admin operators add ACCOUNT --role Admin
    ");
    assert_snapshot!(world.newest_event(), @r#"
    operators remove | refused | owner, Admin | -
    {"refusal":"owner is the last operator with the role Admin"}
    "#);
    world.run("operators add carol --role Admin").expect_status(0);
    world.run("operators remove owner").expect_status(0);
    let last = world.command("operators remove carol").uid(CAROL).run();
    assert_eq!(last.status, 77, "{last}");
}

#[test]
fn who_is_no_operator_is_refused_and_remembered() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.command("users list").uid(MALLORY).run(), @"
    status 77
    -- stderr
    error: mallory (uid 61003) is not an operator of this store
    hint: an Admin adds operators: cxme-admin operators add ACCOUNT --role ROLE
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users list | refused | mallory, not an operator | -
    {"refusal":"mallory (uid 61003) is not an operator of this store"}
    "#);
}

#[test]
fn a_role_without_the_permission_is_refused_and_remembered() {
    let world = World::new().with_users("alice").with_operator(CAROL, "Minimal Permissions");
    assert_snapshot!(world.command("users lock alice").uid(CAROL).run(), @"
    status 77
    -- stderr
    error: your role, Minimal Permissions, lacks the permission `lock-users`
    hint: lock-users: Lock users and unlock them; an Admin can give another role
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users lock | refused | carol, Minimal Permissions | -
    {"refusal":"your role, Minimal Permissions, lacks the permission `lock-users`"}
    "#);
    assert_snapshot!(world.command("audit list").uid(CAROL).run(), @"
    status 77
    -- stderr
    error: your role, Minimal Permissions, lacks the permission `view-audit`
    hint: view-audit: Read and verify the audit; an Admin can give another role
    ");
    assert_snapshot!(world.newest_event(), @r#"
    audit list | refused | carol, Minimal Permissions | -
    {"refusal":"your role, Minimal Permissions, lacks the permission `view-audit`"}
    "#);
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE locked_at IS NOT NULL"), "0");
}

#[test]
fn unknown_accounts_roles_and_operators_are_named() {
    let world = World::new();
    assert_snapshot!(world.run("operators add nobody-here --role Admin"), @"
    status 67
    -- stderr
    error: no such account on this machine: `nobody-here`
    hint: give the name or the number of an OS account, as in `id -u NAME`
    ");
    assert_snapshot!(world.run("operators add carol --role Boss"), @"
    status 65
    -- stderr
    error: no such role: `Boss`
    hint: cxme-admin roles list
    ");
    assert_snapshot!(world.run("operators remove carol"), @"
    status 65
    -- stderr
    error: carol is not an operator
    hint: cxme-admin operators list
    ");
    assert_snapshot!(world.run("operators add owner --role Admin"), @"
    status 65
    -- stderr
    error: owner is already an operator
    hint: to change the role: cxme-admin operators edit owner --role ROLE
    ");
}

#[test]
fn an_operator_is_number_and_name_together() {
    let world = World::new().with_users("alice").with_operator(CAROL, "Admin");
    let as_eve = |line: &str| world.command(line).uid(CAROL).account(CAROL, Some("eve"));
    assert_snapshot!(as_eve("users list").run(), @"
    status 77
    -- stderr
    error: uid 61001 was added as operator carol, but now belongs to account eve
    hint: if this is the same person, an Admin can run: cxme-admin operators remove 61001; then: cxme-admin operators add 61001 --role ROLE
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users list | refused | eve, not an operator | -
    {"refusal":"uid 61001 was added as operator carol, but now belongs to account eve"}
    "#);
    as_eve("users lock alice").run().expect_status(77);
    as_eve("operators list").run().expect_status(77);
    let by_sudo = world.command("users list").sudo_by(CAROL).account(CAROL, Some("eve"));
    by_sudo.run().expect_status(77);
    // By sudo an account of another name is no Admin either.
    let file = world.file("names", "alice\n");
    let by_sudo = world.command("users list --from").argument(file).sudo_by(CAROL).account(CAROL, Some("eve"));
    by_sudo.run().expect_status(77);
    // A directory server that is down locks nobody out.
    world.command("users lock alice").uid(CAROL).account(CAROL, None).run().expect_status(0);
    let listed = world.command("operators list -o csv").account(CAROL, Some("eve")).run().expect_status(0);
    let listed = listed.to_string().replace(&format!(",{},", me()), ",[ME],");
    assert_snapshot!(listed, @"
    status 0
    -- stdout
    account,uid,account_now,role,kind,only_roles,only_domains,disabled_at,added_at
    carol,61001,eve,Admin,person,,,,2026-11-24T08:00:00Z
    owner,[ME],owner,Admin,person,,,,2026-11-24T08:00:00Z
    -- stderr
    warning: uid 61001 now belongs to eve, not carol: eve is refused; to remove the entry: cxme-admin operators remove 61001
    ");
    let listed = world.command("operators list -o csv").account(CAROL, None).run().expect_status(0);
    let listed = listed.to_string().replace(&format!(",{},", me()), ",[ME],");
    assert_snapshot!(listed, @"
    status 0
    -- stdout
    account,uid,account_now,role,kind,only_roles,only_domains,disabled_at,added_at
    carol,61001,,Admin,person,,,,2026-11-24T08:00:00Z
    owner,[ME],owner,Admin,person,,,,2026-11-24T08:00:00Z
    ");
}

#[test]
fn an_admin_whose_account_has_another_name_does_not_replace_the_last_one() {
    let world = World::new().with_operator(CAROL, "Admin");
    let renamed = |line: &str| world.command(line).account(CAROL, Some("eve"));
    renamed("operators remove owner").run().expect_status(77);
    renamed("operators remove carol").run().expect_status(0);
}

#[test]
fn an_operator_whose_account_is_gone_or_renamed_can_be_removed_and_added_again() {
    let world = World::new().with_operator(CAROL, "Admin");
    let renamed = |line: &str| world.command(line).account(CAROL, Some("eve"));
    assert_snapshot!(renamed("operators add eve --role Admin").run(), @"
    status 65
    -- stderr
    error: carol (uid 61001) is already an operator
    hint: to change the role: cxme-admin operators edit carol --role ROLE
    ");
    renamed("operators remove eve").run().expect_status(65);
    assert_snapshot!(renamed("operators remove carol -v").run(), @"
    status 0
    -- stderr
    Removed operator carol.
    ");
    renamed("operators add eve --role Admin").run().expect_status(0);
    renamed("users list").uid(CAROL).run().expect_status(0);
    world.command("operators remove eve").account(CAROL, None).run().expect_status(0);
    world.run("operators add carol --role Admin").expect_status(0);
    world.command(&format!("operators remove {CAROL}")).account(CAROL, None).run().expect_status(0);
}

#[test]
fn a_mail_that_waits_is_not_sent_on_the_word_of_another_account_with_the_number() {
    let world = World::with_mail().with_users("alice").with_operator(CAROL, "Admin");
    world.write_config(
        &std::fs::read_to_string(world.config()).unwrap().replace("directory = \"", "directory = \"/dev/null/"),
    );
    world.command("users send-reset alice").uid(CAROL).run();
    let waits = "SELECT group_concat(state || ' ' || ifnull(reply, '-')) FROM messages WHERE lifetime IS NOT NULL";
    assert!(world.ask(waits).starts_with("deferred") || world.ask(waits).starts_with("queued"), "{}", world.ask(waits));
    world.run("operators remove carol").expect_status(0);
    let add = world.command("operators add eve --role Admin").account(CAROL, Some("eve"));
    add.run().expect_status(0);
    world.configure_mail("");
    world.wait(86_000);
    world.run("jobs run").expect_status(0);
    assert_eq!(world.ask(waits), "cancelled the operator who asked for it may not send resets any more");
}

#[test]
fn commands_of_those_who_are_no_operators_are_counted_and_fill_nothing() {
    let world = World::new().with_operator(CAROL, "Minimal Permissions");
    let before = world.events();
    let try_all = |uid: u32| {
        for line in ["init --yes --store /nowhere/store.db", "users list", "store check"] {
            let run = world.command(line).sudo_by(uid).run();
            assert_eq!(run.status, 77, "{line}: {run}");
        }
    };
    for _ in 0..5 {
        try_all(MALLORY);
        // Another one does not hide behind them.
        try_all(61_010);
    }
    assert_eq!(world.events(), before + 6);
    let who = "SELECT group_concat(DISTINCT operator) FROM events WHERE outcome = 'refused'";
    assert_eq!(world.ask(who), "mallory,61010");
    world.wait(60);
    world.command("users list").sudo_by(MALLORY).run().expect_status(77);
    assert_snapshot!(world.newest_event(), @r#"
    users list | refused | mallory, not an operator | -
    {"count":5,"refusal":"mallory (uid 61003) is not an operator of this store","since":"2026-11-24T08:00:00Z"}
    "#);
    // The same refusal of an operator is one event a minute as well.
    let before = world.events();
    for _ in 0..3 {
        world.command("users lock alice").uid(CAROL).run().expect_status(77);
    }
    assert_eq!(world.events(), before + 1);
    world.run("audit verify").expect_status(0);
}

#[test]
fn a_number_without_an_account_becomes_no_operator() {
    let world = World::new();
    assert_snapshot!(world.run("operators add 77777 --role Admin"), @"
    status 67
    -- stderr
    error: no such account on this machine: `77777`
    hint: give the name or the number of an OS account, as in `id -u NAME`
    ");
    let init = |operator: &str| {
        world
            .command("init --yes --store")
            .argument(world.path("new/store.db"))
            .argument("--operator")
            .argument(operator)
            .run()
    };
    for given in ["77777", "4294967296", "-1", "+61001", "061001", "061002", " 61001", ""] {
        for run in [world.command("operators add --role Admin --").argument(given).run(), init(given)] {
            let expected = if given == "-1" { vec![2, 67] } else { vec![67] };
            assert!(expected.contains(&run.status), "{given}: {run}");
        }
    }
    // Where it cannot be known, that is said, and is no reason to believe it.
    let add = |given: &str| world.command("operators add --role Admin --").argument(given).directory_down().run();
    assert_snapshot!(add("77777"), @"
    status 75
    -- stderr
    error: the account `77777` cannot be looked up now: connection refused
    hint: try again when this knows the account: id 77777
    ");
    assert_eq!(add("nobody-here").status, 75);
    assert_eq!(world.count_operators(), 1);
    add("carol").expect_status(0);
    init("61001").expect_status(0);
}

#[test]
fn an_admin_whose_account_does_not_exist_does_not_replace_the_last_one() {
    let world = World::new().with_operator(CAROL, "Admin");
    let remove = |who: &str| world.command("operators remove").argument(who).account(CAROL, None);
    remove("owner").run().expect_status(77);
    // One who cannot be looked up now may well be there.
    remove("owner").directory_down().argument("-n").run().expect_status(0);
    remove("carol").run().expect_status(0);
    world.run("operators remove owner").expect_status(77);
}

#[test]
fn a_role_that_is_given_is_said_to_be_that_and_not_the_users() {
    let own = "view-users add-users edit-users manage-operators";
    let world = World::new().with_role("Mine", own).with_users("alice").with_operator(CAROL, "Mine");
    for line in
        ["users edit alice --role Admin", "operators add dave --role Admin", "users add new@example.com --role Admin"]
    {
        let run = world.command(line).uid(CAROL).run();
        assert!(run.err().starts_with("error: the role Admin has the permission `"), "{line}: {run}");
        assert!(run.err().contains("`, which yours, Mine, lacks\n"), "{line}: {run}");
        assert_eq!(run.status, 77, "{line}: {run}");
        assert!(world.newest_event().contains(" | refused | carol, Mine"), "{line}: {}", world.newest_event());
    }
}

/// A world in which root has no row, carol is Admin, and dave may manage operators and hardly anything else.
fn world_of_root() -> World {
    let world = World::new().with_users("alice").with_password("alice", GOOD).with_role("OpMan", "manage-operators");
    let world = world.with_operator(CAROL, "Admin").with_operator(DAVE, "OpMan");
    world.sql("DELETE FROM operators WHERE uid = 0");
    world
}

#[test]
fn root_is_given_no_other_role_than_admin() {
    let world = world_of_root();
    let add = |line: &str, uid: u32| world.command(line).uid(uid).account(0, Some("root")).run();
    let run = add("operators add root --role OpMan", DAVE);
    assert_snapshot!(run, @"
    status 77
    -- stderr
    error: root is always Admin: it cannot be given the role `OpMan`
    hint: to limit a person who uses sudo, add their own account
    ");
    assert_snapshot!(world.newest_event(), @r#"
    operators add | refused | dave, OpMan | -
    {"refusal":"root is always Admin: it cannot be given the role `OpMan`"}
    "#);
    add("operators add 0 --role 'Minimal Permissions' --service", CAROL).expect_status(77);
    add("operators add root --role OpMan --dry-run", DAVE).expect_status(77);
    add("operators add root --role Admin", DAVE).expect_status(77);
    assert_eq!(world.ask("SELECT count(*) FROM operators WHERE uid = 0"), "0");
    add("operators add root --role Admin", CAROL).expect_status(0);
    assert_eq!(world.ask("SELECT count(*) FROM operators WHERE uid = 0"), "1");
}

#[test]
fn a_row_of_root_with_another_role_has_no_effect_and_is_named() {
    let world = world_of_root();
    let row = "SELECT 0, 'root', 'person', id, 0 FROM roles WHERE name = 'OpMan'";
    world.sql(&format!("INSERT INTO operators (uid, account, kind, role_id, added_at) {row}"));
    let as_root = |line: &str| world.command(line).uid(0).account(0, Some("root"));
    as_root("users verify-password alice --stdin").stdin(GOOD).run().expect_status(0);
    as_root("users lock alice").run().expect_status(0);
    let warning = "warning: root is always Admin: its role `OpMan` has no effect; to remove it: cxme-admin operators \
                   remove 0\n";
    for line in ["operators list", "store check"] {
        let run = as_root(line).run().expect_status(0);
        assert!(run.err().contains(warning), "{run}");
    }
    as_root("operators remove 0").run().expect_status(0);
    assert!(!as_root("store check").run().expect_status(0).err().contains("root is always"));
    as_root("users unlock alice").run().expect_status(0);
}

#[test]
fn root_needs_no_row_and_is_not_stopped_by_a_damaged_one() {
    let world = world_of_root();
    let values =
        ["x'00', 'person', 1, 1", "'root', x'00', 1, 1", "'root', 'person', x'00', 1", "'root', 'person', 99, 1"];
    for damaged in values {
        world.sql(&format!(
            "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; DELETE FROM operators WHERE uid = 0; \
             INSERT INTO operators (uid, account, kind, role_id, added_at) VALUES (0, {damaged})"
        ));
        let as_root = |line: &str| world.command(line).uid(0).account(0, Some("root"));
        as_root("users verify-password alice --stdin").stdin(GOOD).run().expect_status(0);
        as_root("users edit alice --name Ann").run().expect_status(0);
        let run = as_root("store check").run().expect_status(65);
        assert!(run.err().contains("operators: row 0"), "{damaged}: {run}");
    }
}

#[test]
fn whoever_cannot_examine_the_store_is_not_told_to_examine_it() {
    let world = world_of_root();
    world.sql("PRAGMA ignore_check_constraints = 1; UPDATE operators SET kind = x'00'");
    let run = world.command("users list").uid(CAROL).run().expect_status(74);
    assert!(run.err().contains("what to do: cxme-admin store check"), "{run}");
    assert_snapshot!(world.command("store check").uid(CAROL).run(), @"
    status 74
    -- stderr
    error: the store is damaged: operators: row 61001: kind: is of the type Blob
    hint: root can examine it and restore a backup: sudo env -u SUDO_UID cxme-admin store check
    ");
}

#[test]
fn a_mail_that_root_asked_for_is_sent_whatever_its_row_says() {
    let world = World::with_mail().with_users("alice").with_operator(CAROL, "Admin");
    let config = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&config.replace("directory = \"", "directory = \"/dev/null/"));
    world.command("users send-reset alice").uid(0).account(0, Some("root")).run();
    world.sql("UPDATE operators SET role_id = 2, account = 'root' WHERE uid = 0");
    world.write_config(&config);
    world.wait(86_000);
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 1);
}

/// `useradd 1002` is allowed: the name of one account can be the number of another.
#[test]
fn a_word_that_is_the_name_of_one_account_and_the_number_of_another_is_refused() {
    let world = World::new();
    world.run("operators add carol --role Admin").expect_status(0);
    let run = |command: &str| world.command(command).account(63_000, Some(&CAROL.to_string())).run();
    assert_snapshot!(run(&format!("operators remove {CAROL}")), @"
    status 65
    -- stderr
    error: `61001` is the name of the account with uid 63000 and the uid of carol; nothing was changed
    hint: give the uid of the one, 63000, or the name of the other, carol
    ");
    let added = run(&format!("operators add {CAROL} --role Admin")).expect_status(65);
    assert!(added.err().contains("is the name of the account with uid 63000 and the uid of carol"), "{added}");
    run("operators add 63000 --role Admin").expect_status(0);
    run(&format!("operators remove {CAROL}")).expect_status(65);
    assert_eq!(world.count_operators(), 3);
    run("operators remove 63000").expect_status(0);
    run("operators remove carol").expect_status(0);
    assert_eq!(world.ask("SELECT account FROM operators"), "owner");
}
