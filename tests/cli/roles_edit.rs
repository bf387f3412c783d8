//! `roles show`, `roles add`, `roles edit`, `roles clone` and `roles delete`.

use cxme_admin::actions::roles::delete;
use cxme_admin::actions::roles::edit;
use cxme_admin::actions::roles::edit::RoleEdit;
use cxme_admin::app::ActionError;
use cxme_admin::app::ChangeOptions;
use cxme_admin::domain::management_refusal::ManagementRefusal;
use cxme_admin::domain::permission_edit::PermissionEdit;
use cxme_admin::domain::refusal::Refusal;
use cxme_admin::domain::role::Permission;
use cxme_admin::domain::role::Permissions;
use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::World;

/// Carol may manage roles, and otherwise what a helpdesk may.
fn with_carol(world: World) -> World {
    world
        .with_role("Lead", "view-users lock-users send-resets manage-roles manage-operators")
        .with_operator(CAROL, "Lead")
}

#[test]
fn a_role_is_added_shown_changed_copied_and_deleted() {
    let world = World::new();
    let run = |line: &str| world.command(line).at_terminal().run();
    assert_snapshot!(run("roles add Helpdesk --allow run-bulk-jobs,lock-users --description 'Mails links' --reason 'new team'"), @"
    status 0
    -- stderr
    Added role Helpdesk with view-users,lock-users,send-resets,run-bulk-jobs. Included, because required: view-users,send-resets.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    roles add | done | owner, Admin | new team
    {"permissions":["view-users","lock-users","send-resets","run-bulk-jobs"],"role":"Helpdesk"}
    "#);
    world.run("operators add carol --role helpdesk").expect_status(0);
    world.run("users add alice@example.com --role HELPDESK").expect_status(0);
    assert_snapshot!(run("roles show helpdesk"), @"
    status 0
    -- stdout
    Name:         Helpdesk
    Description:  Mails links
    Built in:     no
    Permissions:  view-users, lock-users, send-resets, run-bulk-jobs
    Users:        1
    Operators:    carol
    ");
    assert_snapshot!(world.run("roles show Helpdesk -o json"), @r#"
    status 0
    -- stdout
    {"name":"Helpdesk","description":"Mails links","built_in":false,"permissions":["view-users","lock-users","send-resets","run-bulk-jobs"],"users":1,"operators":["carol"]}
    "#);
    assert_snapshot!(run("roles edit Helpdesk --allow view-audit --deny send-resets"), @"
    status 0
    -- stderr
    Changed Helpdesk: allowed view-audit; denied send-resets,run-bulk-jobs. Also denied, because they require it: run-bulk-jobs. 1 user and 1 operator have this role.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    roles edit | done | owner, Admin | -
    {"allowed":["view-audit"],"denied":["send-resets","run-bulk-jobs"],"role":"Helpdesk"}
    "#);
    assert_snapshot!(run("roles edit Helpdesk --rename 'First line' --description ''"), @"
    status 0
    -- stderr
    Changed Helpdesk: renamed to First line; description changed. 1 user and 1 operator have this role.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    roles edit | done | owner, Admin | -
    {"description":"","renamed":"First line","role":"Helpdesk"}
    "#);
    assert_snapshot!(run("roles clone 'first LINE' 'Second line' --description 'Calls back'"), @"
    status 0
    -- stderr
    Added role Second line with view-users,lock-users,view-audit.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    roles clone | done | owner, Admin | -
    {"from":"First line","permissions":["view-users","lock-users","view-audit"],"role":"Second line"}
    "#);
    assert_snapshot!(world.run("roles list"), @"
    status 0
    -- stdout
    NAME                 BUILT IN  PERMISSIONS                                         DESCRIPTION
    Admin                yes       all                                                 May do everything
    First line           no        view-users lock-users view-audit
    Minimal Permissions  yes       view-users                                          For users who administer nothing
    Second line          no        view-users lock-users view-audit                    Calls back
    Service              yes       view-users send-resets run-bulk-jobs back-up-store  For the account whose timers run `jobs run` and `store backup`
    ");
    assert_snapshot!(world.command("roles delete 'First line'").typing(["y"]).run(), @"
    status 0
    -- asked
    Delete the role First line? 1 user and 1 operator (carol) will get the role Minimal Permissions. [y/N] y
    -- stderr
    Deleted the role First line. 1 user and 1 operator (carol) now have the role Minimal Permissions.
    Non-interactive equivalent: cxme-admin roles delete 'First line' --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    roles delete | done | owner, Admin | -
    {"moved_to":"Minimal Permissions","operators":["carol"],"role":"First line","users":1}
    "#);
    assert_eq!(world.ask("SELECT role_id FROM users WHERE username = 'alice'"), "2");
    assert_eq!(world.ask("SELECT role_id FROM operators WHERE account = 'carol'"), "2");
    // Each user finds the event that moved them.
    let found = world.run("audit list --user alice -o csv").expect_status(0).out();
    assert!(found.contains("roles delete"), "{found}");
    assert_snapshot!(run("roles delete 'Second line' --yes --move-to Service"), @"
    status 0
    -- stderr
    Deleted the role Second line.
    ");
    world.run("audit verify").expect_status(0);
}

#[test]
fn what_is_unchanged_leaves_no_event() {
    let world = World::new().with_role("Helpdesk", "view-users send-resets");
    let before = world.events();
    assert_snapshot!(world.run("roles edit Helpdesk --allow send-resets --deny view-audit --rename Helpdesk -v"), @"
    status 0
    -- stderr
    Helpdesk already has these permissions and this name; nothing was changed.
    ");
    assert_eq!(world.events(), before);
    assert_snapshot!(world.run("roles edit Helpdesk"), @"
    status 2
    -- stderr
    error: nothing to change
    hint: give `--allow`, `--deny`, `--rename` or `--description`
    ");
}

#[test]
fn the_built_in_roles_cannot_be_changed() {
    let world = World::new();
    assert_snapshot!(world.run("roles edit 'Minimal Permissions' --allow view-audit"), @"
    status 65
    -- stderr
    error: the role Minimal Permissions is built in and cannot be changed
    hint: copy it, and change the copy: cxme-admin roles clone 'Minimal Permissions' NEW
    ");
    for role in ["Admin", "ADMIN", "'minimal permissions'", "Service"] {
        for line in [format!("roles edit {role} --rename Boss"), format!("roles delete {role} --yes")] {
            let run = world.run(&line).expect_status(65);
            assert!(run.err().contains("is built in and cannot be changed"), "{line}: {run}");
        }
    }
    world.run("roles clone Admin Boss").expect_status(0);
    world.run("roles edit Boss --deny manage-store").expect_status(0);
}

#[test]
fn nobody_grants_what_their_own_role_lacks() {
    let own = "view-users lock-users send-resets manage-roles manage-operators";
    let world = with_carol(World::new())
        .with_role("Higher", &format!("{own} view-audit"))
        .with_role("Lower", "view-users")
        .with_users("alice:Lower,bob:Higher")
        .with_operator(DAVE, "Lower");
    let by_carol = |line: &str| world.command(line).uid(CAROL).run();
    assert_snapshot!(by_carol("roles add New --allow view-audit"), @"
    status 77
    -- stderr
    error: `view-audit` cannot be granted: your role, Lead, lacks it
    hint: ask an operator whose role has at least those permissions
    ");
    assert_snapshot!(world.newest_event(), @r#"
    roles add | refused | carol, Lead | -
    {"refusal":"`view-audit` cannot be granted: your role, Lead, lacks it"}
    "#);
    assert_snapshot!(by_carol("roles edit Lower --allow lock-users,set-passwords"), @"
    status 77
    -- stderr
    error: `set-passwords` cannot be granted: your role, Lead, lacks it
    hint: ask an operator whose role has at least those permissions
    ");
    for line in [
        "roles clone Higher New",
        "roles clone Admin New",
        "roles edit Higher --deny view-audit",
        "roles edit Higher --rename Lower2",
        "roles delete Higher --yes",
        "roles delete Lower --move-to Higher --yes",
        "roles delete Lower --move-to Admin --yes",
        "operators edit dave --role Higher",
        "operators add mallory --role Higher",
    ] {
        let (before, events) = (world.run("roles list -o json").out(), world.events());
        by_carol(line).expect_status(77);
        assert_eq!(world.run("roles list -o json").out(), before, "{line}");
        assert_eq!(world.events(), events + 1, "{line}");
        assert!(world.newest_event().contains(" | refused | carol, Lead"), "{line}: {}", world.newest_event());
    }
    by_carol("roles edit Lower --allow lock-users").expect_status(0);
    by_carol("roles delete Lower --move-to Lead --yes").expect_status(0);
    // Where nobody has the role, nobody gets another one.
    let world = World::new()
        .with_role("Roles", "manage-roles redeem")
        .with_role("Empty", "redeem")
        .with_operator(CAROL, "Roles");
    world.command("roles delete Empty --yes").uid(CAROL).run().expect_status(0);
}

#[test]
fn an_operator_who_takes_from_their_own_role_is_asked_and_keeps_one_permission() {
    let world = with_carol(World::new());
    let by_carol = |line: &str| world.command(line).uid(CAROL);
    assert_snapshot!(by_carol("roles edit Lead --deny manage-roles").run(), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Take manage-roles from your own role, Lead
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(by_carol("roles edit Lead --deny manage-roles").typing(["n"]).run(), @"
    status 65
    -- asked
    Take manage-roles from your own role, Lead? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    by_carol("roles edit Lead --allow view-users --description x").run().expect_status(0);
    let all = "view-users,manage-roles,manage-operators";
    assert_snapshot!(by_carol(&format!("roles edit Lead --deny {all} --yes")).run(), @"
    status 65
    -- stderr
    error: your own role, Lead, would have no permission left
    hint: ask another operator with the permission `manage-roles`
    ");
    assert_snapshot!(by_carol("roles edit Lead --deny manage-roles").typing(["y"]).run(), @"
    status 0
    -- asked
    Take manage-roles from your own role, Lead? [y/N] y
    -- stderr
    Changed Lead: denied manage-roles. 0 users and 1 operator have this role.
    Non-interactive equivalent: cxme-admin roles edit Lead --deny manage-roles --yes
    ");
    by_carol("roles edit Lead --allow manage-roles").run().expect_status(77);
    // Others may take them all.
    world.run("roles edit Lead --deny view-users,manage-operators").expect_status(0);
    assert_eq!(world.ask("SELECT count(*) FROM role_permissions WHERE role_id > 3"), "0");
}

#[test]
fn a_contradiction_and_an_unknown_permission_are_usage() {
    let world = World::new().with_role("Helpdesk", "view-users send-resets");
    assert_snapshot!(world.run("roles edit Helpdesk --allow set-passwords --deny view-users"), @"
    status 2
    -- stderr
    error: `--allow set-passwords` requires `view-users`, which `--deny` takes away
    hint: give one of the two; see `cxme-admin roles permissions`
    ");
    assert_snapshot!(world.run("roles edit Helpdesk --allow view-audit --deny view-audit"), @"
    status 2
    -- stderr
    error: `view-audit` is allowed and denied
    hint: give one of the two; see `cxme-admin roles permissions`
    ");
    assert_snapshot!(world.run("roles add New --allow send-resets,sendresets"), @"
    status 2
    -- stderr
    error: invalid value 'sendresets' for '--allow <PERMISSION>': `sendresets` is not a permission: see `cxme-admin roles permissions`

    For more information, try '--help'.
    ");
    world.run("roles add New --allow ''").expect_status(2);
    world.run("roles add").expect_status(2);
}

#[test]
fn names_that_nobody_could_tell_apart_or_type_are_refused() {
    let world = World::new().with_role("Helpdesk", "view-users");
    assert_snapshot!(world.run("roles add helpdesk"), @"
    status 65
    -- stderr
    error: the role name `helpdesk` is already in use
    hint: cxme-admin roles list
    ");
    // The first letter is U+0410, the Cyrillic A.
    assert_snapshot!(world.command("roles add").argument("\u{410}dmin").run(), @"
    status 65
    -- stderr
    error: the role name `Аdmin` can be taken for `Admin`, which is already in use
    hint: cxme-admin roles list
    ");
    assert_snapshot!(world.command("roles add").argument("He\u{1b}[2Jlp").run(), @"
    status 65
    -- stderr
    error: the role name holds the unprintable character U+001B: leave it out
    ");
    assert_snapshot!(world.command("roles add").argument("Help\u{200b}desk").run(), @"
    status 65
    -- stderr
    error: the role name holds the invisible character U+200B: leave it out
    ");
    assert_snapshot!(world.command("roles add").argument("x".repeat(5_000)).run(), @"
    status 65
    -- stderr
    error: the role name has 5000 characters, at most 200 are allowed
    ");
    let before = world.events();
    for bad in ["", " ", " Helpdesk", "Help\ndesk", "Help\u{202e}desk", "H\u{435}lpdesk", "HELPDESK", "\u{feff}Help"] {
        for line in ["roles add", "roles clone Helpdesk", "roles edit Service2 --rename"] {
            if line.contains("Service2") && world.run("roles show Service2").status != 0 {
                world.run("roles clone Service Service2").expect_status(0);
            }
            let run = world.command(line).argument(bad).run();
            assert_eq!(run.status, 65, "{line} {bad:?}: {run}");
            assert!(!run.err().contains(['\u{1b}', '\u{202e}']), "{run}");
        }
    }
    assert_eq!(world.events(), before + 1, "only Service2");
    world.command("roles add --").argument("-x").run().expect_status(65);
    world.command("roles add Other --description").argument("a\u{7}b").run().expect_status(65);
    // Both forms of a letter are one, and a role may get its own name in another case.
    world.command("roles add").argument("Bu\u{308}ro").run().expect_status(0);
    world.command("roles add").argument("B\u{fc}RO").run().expect_status(65);
    world.command("roles show").argument("B\u{dc}RO").run().expect_status(0);
    world.command("roles edit").argument("b\u{fc}ro").argument("--rename").argument("B\u{dc}RO").run().expect_status(0);
    let rows = "email,role\nnew@example.com,bu\u{308}ro\n";
    world.command("users import -").stdin(rows).run().expect_status(0);
}

#[test]
fn deleting_a_role_is_asked_with_the_count_and_refused_where_more_have_it_by_then() {
    let world =
        World::new().with_role("Clerk", "view-users").with_users("alice:Clerk,bob:Clerk").with_operator(CAROL, "Clerk");
    assert_snapshot!(world.run("roles delete Clerk"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Delete the role Clerk? 2 users and 1 operator (carol) will get the role Minimal Permissions.
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("roles delete Clerk").typing(["no"]).run(), @"
    status 65
    -- asked
    Delete the role Clerk? 2 users and 1 operator (carol) will get the role Minimal Permissions. [y/N] no
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_snapshot!(world.run("roles delete Clerk -n -o json"), @r#"
    status 0
    -- stdout
    [
    {"action":"roles delete","would_change":true,"role":"Clerk","move_to":"Minimal Permissions","users":2,"operators":["carol"]}
    ]
    "#);
    assert_snapshot!(world.run("roles delete Clerk --move-to clerk --yes"), @"
    status 65
    -- stderr
    error: the users and operators of the role Clerk cannot be moved to the role itself
    ");
    world.run("roles delete Clerk --move-to Nobody --yes").expect_status(65);
    let app = world.app(crate::support::me(), "owner");
    let confirmed = delete::delete(&app, "Clerk", None, Some(2), &ChangeOptions::default()).unwrap_err();
    let changed = ManagementRefusal::HoldersChanged { confirmed: 2, found: 3 };
    assert!(matches!(confirmed, ActionError::Refused(Refusal::Management(refusal)) if refusal == changed));
    assert_eq!(world.ask("SELECT count(*) FROM roles WHERE name = 'Clerk'"), "1");
    delete::delete(&app, "Clerk", None, Some(3), &ChangeOptions::default()).unwrap();
}

/// Each has looked at the role before the other one changed it.
#[test]
fn two_operators_who_edit_a_role_at_once_both_have_their_way() {
    let world = World::new().with_role("Clerk", "view-users lock-users");
    let app = world.app(crate::support::me(), "owner");
    let allow =
        |permission: Permission| PermissionEdit::new([permission].into_iter().collect(), Permissions::default());
    let wanted = RoleEdit { permissions: allow(Permission::SendResets).unwrap(), ..RoleEdit::default() };
    let dry_run = ChangeOptions { dry_run: true, ..ChangeOptions::default() };
    edit::edit(&app, "Clerk", wanted, &dry_run).unwrap();
    world.run("roles edit Clerk --deny lock-users --description 'No locks'").expect_status(0);
    let edited = edit::edit(&app, "Clerk", wanted, &ChangeOptions::default()).unwrap();
    assert_eq!(edited.role.description, "No locks");
    let listed = world.run("roles show Clerk -o json").out();
    assert!(listed.contains("[\"view-users\",\"send-resets\"]"), "{listed}");
    // One who looked before the role was deleted or renamed changes none.
    world.run("roles edit Clerk --rename Clerks").expect_status(0);
    edit::edit(&app, "Clerk", wanted, &ChangeOptions::default()).unwrap_err();
}

/// A job of carol's is being sent when carol's role is deleted: carol falls to Minimal Permissions, which send nothing.
#[test]
fn the_mails_of_an_operator_whose_role_was_deleted_are_not_sent() {
    for (what, status) in [
        ("roles delete Sender --yes", 0),
        ("roles edit Sender --deny send-resets", 0),
        ("operators disable carol", 0),
        ("operators edit carol --only-domain example.net", 0),
        ("operators edit carol --role 'Minimal Permissions'", 0),
        ("roles delete Sender --move-to Service --yes", 1),
        ("roles edit Sender --rename 'Sender 2' --allow view-audit", 1),
        ("operators edit carol --only-domain EXAMPLE.com --only-role 'minimal permissions'", 1),
    ] {
        let world = World::with_mail()
            .with_role("Sender", "view-users send-resets run-bulk-jobs")
            .with_users("alice,bob")
            .with_operator(CAROL, "Sender");
        world.command("users send-reset --all --queue-only --yes").uid(CAROL).run().expect_status(0);
        world.run(what).expect_status(0);
        world.run("jobs run").expect_status(0);
        assert_eq!(world.mails().len(), 2 * status, "{what}");
        let expected = if status == 1 { "accepted" } else { "cancelled" };
        assert_eq!(world.ask(&format!("SELECT count(*) FROM messages WHERE state = '{expected}'")), "2", "{what}");
    }
}
