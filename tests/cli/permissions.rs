//! Who may do what: default deny, and nobody reaches above their own role.

use std::fmt::Write as _;
use strum::VariantArray as _;

use cxme_admin::domain::action::Action;
use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::World;

/// A command for every action; none changes what the next one needs.
pub(crate) const COMMANDS: &[(Action, &str)] = &[
    (Action::UsersList, "users list"),
    (Action::UsersShow, "users show alice"),
    (Action::UsersAdd, "users add new@example.com -n"),
    (Action::UsersClone, "users clone alice -n"),
    (Action::UsersEdit, "users edit alice --name x -n"),
    (Action::UsersDelete, "users delete alice -n"),
    (Action::UsersLock, "users lock alice -n"),
    (Action::UsersUnlock, "users unlock alice -n"),
    (Action::UsersImport, "users import [DIR]/rows.csv -n"),
    (Action::UsersImportHashes, "users import [DIR]/hashes.csv -n"),
    (Action::UsersExport, "users export"),
    (Action::UsersExportHashes, "users export --with-hashes --to [DIR]/out-[UID].csv"),
    (Action::UsersSetPassword, "users set-password alice -n"),
    (Action::UsersOverridePolicy, "users set-password alice --override-policy -n"),
    (Action::UsersVerifyPassword, "users verify-password alice --stdin"),
    (Action::UsersChangePassword, "users change-password alice --stdin"),
    (Action::UsersSendReset, "users send-reset alice -n"),
    (Action::UsersSendResetToMany, "users send-reset --search alice -n"),
    (Action::ResetsList, "resets list"),
    (Action::ResetsRevoke, "resets revoke alice -n"),
    (Action::ResetsRevokeByCode, "resets revoke --stdin"),
    (Action::ResetsRedeem, "resets redeem --stdin"),
    (Action::JobsRun, "jobs run"),
    (Action::JobsList, "jobs list"),
    (Action::JobsShow, "jobs show 1"),
    (Action::JobsRecipients, "jobs recipients 1"),
    (Action::JobsWait, "jobs wait 1 --timeout 0s"),
    (Action::JobsPause, "jobs pause 1 -n"),
    (Action::JobsResume, "jobs resume 1 -n"),
    (Action::JobsRetry, "jobs retry 1 -n"),
    (Action::JobsCancel, "jobs cancel 1 -n"),
    (Action::JobsRemind, "jobs remind 1 --after 1d -n"),
    (Action::JobsDelete, "jobs delete --older-than 1d -n"),
    (Action::MailTest, "mail test new@example.com -n"),
    (Action::MailPreview, "mail preview reset"),
    (Action::MailQueue, "mail queue"),
    (Action::MailCancel, "mail queue --cancel 1 -n"),
    (Action::MailBounces, "mail bounces -"),
    (Action::RolesList, "roles list"),
    (Action::RolesShow, "roles show Nothing"),
    (Action::RolesAdd, "roles add New -n"),
    (Action::RolesEdit, "roles edit Nothing --rename New -n"),
    (Action::RolesClone, "roles clone Nothing New -n"),
    (Action::RolesDelete, "roles delete Unused -n"),
    (Action::OperatorsList, "operators list"),
    (Action::OperatorsAdd, "operators add 61099 --role Nothing -n"),
    (Action::OperatorsEdit, "operators edit 61098 --service -n"),
    (Action::OperatorsDisable, "operators disable 61098 -n"),
    (Action::OperatorsEnable, "operators enable 61098 -n"),
    (Action::OperatorsRemove, "operators remove 61098 -n"),
    (Action::PolicyShow, "policy show"),
    (Action::PolicyCheck, "policy check --stdin"),
    (Action::AuditList, "audit list"),
    (Action::AuditShow, "audit show 1"),
    (Action::AuditVerify, "audit verify"),
    (Action::AuditHead, "audit head"),
    (Action::AuditExport, "audit export"),
    (Action::AuditArchive, "audit archive --before 60d --out [DIR]/old.ndjson -n"),
    (Action::Metrics, "metrics"),
    (Action::WhoAmI, "whoami"),
    (Action::Doctor, "doctor"),
    (Action::ConfigShow, "config show"),
    (Action::StoreCheck, "store check"),
    (Action::StoreRepairTimes, "store check --repair-times -n"),
    (Action::StoreBackup, "store backup [DIR]/copy.db -n"),
    (Action::StoreRestore, "store restore [DIR]/saved.db -n"),
    (Action::StoreMigrate, "store migrate -n"),
];

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// One operator of each kind, and users of Nothing, who outrank nobody.
fn world() -> World {
    let world = World::with_mail()
        .with_role("Nothing", "")
        .with_role("Unused", "")
        .with_role("Helpdesk", "view-users set-passwords lock-users")
        .with_role("Mailer", "view-users send-resets run-bulk-jobs")
        .with_role("Auditor", "view-audit")
        .with_role("Login", "verify-passwords redeem")
        .with_role("Blind", "add-users edit-users delete-users lock-users set-passwords export-hashes override-policy")
        .with_users("alice:Nothing")
        .with_password("alice", GOOD);
    for (uid, role) in [
        (61_010, "Admin"),
        (61_011, "Minimal Permissions"),
        (61_012, "Helpdesk"),
        (61_013, "Auditor"),
        (61_014, "Login"),
        (61_015, "Blind"),
        (61_016, "Nothing"),
        (61_017, "Mailer"),
        (61_098, "Nothing"),
    ] {
        world.run(&format!("operators add {uid} --role '{role}'")).expect_status(0);
    }
    world.sql("DELETE FROM operators WHERE uid = 0");
    world.command("store backup").argument(world.path("saved.db")).uid(0).run().expect_status(0);
    world.file("rows.csv", "email,role\nnew@example.com,Nothing\n");
    world.file("hashes.csv", format!("email,role,password_hash\nnew@example.com,Nothing,\"{HASH}\"\n"));
    world
}

#[test]
fn every_action_has_its_line_in_the_matrix() {
    for action in
        Action::VARIANTS.iter().copied().filter(|action| ![Action::StoreInit, Action::StoreOpen].contains(action))
    {
        assert!(COMMANDS.iter().any(|(listed, _)| *listed == action), "{action:?}");
    }
}

#[test]
fn the_matrix_of_commands_and_roles_is_exactly_this() {
    let world = world();
    let operators = [
        ("Admin", 61_010),
        ("Minimal", 61_011),
        ("Helpdesk", 61_012),
        ("Auditor", 61_013),
        ("Login", 61_014),
        ("Blind", 61_015),
        ("Nothing", 61_016),
        ("Mailer", 61_017),
        ("stranger", MALLORY),
        ("root", 0),
    ];
    let mut matrix = format!("{:<38}", "");
    for (name, _) in operators {
        write!(matrix, "{name:<9}").unwrap();
    }
    for (action, command) in COMMANDS {
        write!(matrix, "\n{:<38}", action.word()).unwrap();
        for (name, uid) in operators {
            let line =
                command.replace("[DIR]", &world.directory().to_string_lossy()).replace("[UID]", &uid.to_string());
            // A second try of somebody who is no operator would be counted.
            world.sql("DELETE FROM refused_attempts");
            let before = world.events();
            // Only the old password is right, and there is no message and no job: the change itself is refused as data.
            let two_lines = [Action::UsersChangePassword, Action::ResetsRedeem].contains(action);
            let stdin = if two_lines { format!("{GOOD}\nshort") } else { GOOD.to_owned() };
            let run = world.command(&line).stdin(stdin).uid(uid).run();
            let may = match run.status {
                77 => false,
                0 => true,
                65 if two_lines || *action == Action::ResetsRevokeByCode || run.err().contains("error: no such ") => {
                    true
                }
                _ => panic!("{name} {line}: {run}"),
            };
            if !may {
                assert_eq!(world.events(), before + 1, "{name} {line}: every denial is an event");
                assert!(world.newest_event().contains(" | refused | "), "{name} {line}");
            }
            write!(matrix, "{:<9}", if may { "yes" } else { "." }).unwrap();
        }
    }
    let trimmed: Vec<&str> = matrix.lines().map(str::trim_end).collect();
    assert_snapshot!(trimmed.join("\n"), @"
                                          Admin    Minimal  Helpdesk Auditor  Login    Blind    Nothing  Mailer   stranger root
    users list                            yes      yes      yes      .        .        .        .        yes      .        yes
    users show                            yes      yes      yes      .        .        .        .        yes      .        yes
    users add                             yes      .        .        .        .        .        .        .        .        yes
    users clone                           yes      .        .        .        .        .        .        .        .        yes
    users edit                            yes      .        .        .        .        .        .        .        .        yes
    users delete                          yes      .        .        .        .        .        .        .        .        yes
    users lock                            yes      .        yes      .        .        .        .        .        .        yes
    users unlock                          yes      .        yes      .        .        .        .        .        .        yes
    users import                          yes      .        .        .        .        .        .        .        .        yes
    users import with hashes              yes      .        .        .        .        .        .        .        .        yes
    users export                          yes      yes      yes      .        .        .        .        yes      .        yes
    users export with hashes              yes      .        .        .        .        .        .        .        .        yes
    users set-password                    yes      .        yes      .        .        .        .        .        .        yes
    users set-password against the policy yes      .        .        .        .        .        .        .        .        yes
    users verify-password                 yes      .        .        .        yes      .        .        .        .        yes
    users change-password                 yes      .        .        .        yes      .        .        .        .        yes
    users send-reset                      yes      .        .        .        .        .        .        yes      .        yes
    users send-reset to many              yes      .        .        .        .        .        .        yes      .        yes
    resets list                           yes      yes      yes      .        .        .        .        yes      .        yes
    resets revoke                         yes      .        .        .        .        .        .        yes      .        yes
    resets revoke by code                 yes      .        .        .        yes      .        .        .        .        yes
    resets redeem                         yes      .        .        .        yes      .        .        .        .        yes
    jobs run                              yes      .        .        .        .        .        .        yes      .        yes
    jobs list                             yes      yes      yes      .        .        .        .        yes      .        yes
    jobs show                             yes      yes      yes      .        .        .        .        yes      .        yes
    jobs recipients                       yes      yes      yes      .        .        .        .        yes      .        yes
    jobs wait                             yes      yes      yes      .        .        .        .        yes      .        yes
    jobs pause                            yes      .        .        .        .        .        .        yes      .        yes
    jobs resume                           yes      .        .        .        .        .        .        yes      .        yes
    jobs retry                            yes      .        .        .        .        .        .        yes      .        yes
    jobs cancel                           yes      .        .        .        .        .        .        yes      .        yes
    jobs remind                           yes      .        .        .        .        .        .        yes      .        yes
    jobs delete                           yes      .        .        .        .        .        .        yes      .        yes
    mail test                             yes      .        .        .        .        .        .        .        .        yes
    mail preview                          yes      yes      yes      yes      yes      yes      yes      yes      .        yes
    mail queue                            yes      yes      yes      .        .        .        .        yes      .        yes
    mail queue with cancel                yes      .        .        .        .        .        .        yes      .        yes
    mail bounces                          yes      .        .        .        .        .        .        yes      .        yes
    roles list                            yes      yes      yes      yes      yes      yes      yes      yes      .        yes
    roles show                            yes      yes      yes      yes      yes      yes      yes      yes      .        yes
    roles add                             yes      .        .        .        .        .        .        .        .        yes
    roles edit                            yes      .        .        .        .        .        .        .        .        yes
    roles clone                           yes      .        .        .        .        .        .        .        .        yes
    roles delete                          yes      .        .        .        .        .        .        .        .        yes
    operators list                        yes      yes      yes      yes      yes      yes      yes      yes      .        yes
    operators add                         yes      .        .        .        .        .        .        .        .        yes
    operators edit                        yes      .        .        .        .        .        .        .        .        yes
    operators disable                     yes      .        .        .        .        .        .        .        .        yes
    operators enable                      yes      .        .        .        .        .        .        .        .        yes
    operators remove                      yes      .        .        .        .        .        .        .        .        yes
    policy show                           yes      yes      yes      yes      yes      yes      yes      yes      .        yes
    policy check                          yes      yes      yes      yes      yes      yes      yes      yes      .        yes
    audit list                            yes      .        .        yes      .        .        .        .        .        yes
    audit show                            yes      .        .        yes      .        .        .        .        .        yes
    audit verify                          yes      .        .        yes      .        .        .        .        .        yes
    audit head                            yes      .        .        yes      .        .        .        .        .        yes
    audit export                          yes      .        .        yes      .        .        .        .        .        yes
    audit archive                         yes      .        .        .        .        .        .        .        .        yes
    metrics                               yes      yes      yes      yes      yes      yes      yes      yes      .        yes
    whoami                                yes      yes      yes      yes      yes      yes      yes      yes      .        yes
    doctor                                yes      .        .        .        .        .        .        .        .        yes
    config show                           yes      .        .        .        .        .        .        .        .        yes
    store check                           yes      .        .        .        .        .        .        .        .        yes
    store check with repair of times      yes      .        .        .        .        .        .        .        .        yes
    store backup                          yes      .        .        .        .        .        .        .        .        yes
    store restore                         yes      .        .        .        .        .        .        .        .        yes
    store migrate                         yes      .        .        .        .        .        .        .        .        yes
    ");
}

#[test]
fn root_without_a_row_acts_as_admin_and_the_event_says_so() {
    let world = world();
    world.command("users lock alice").uid(0).run().expect_status(0);
    assert!(world.newest_event().contains("root, not an operator"), "{}", world.newest_event());
}

#[test]
fn nobody_acts_on_a_user_whose_role_may_do_more() {
    let acting = "view-users edit-users delete-users lock-users set-passwords add-users";
    let world = World::new()
        .with_role("Lower", "view-users")
        .with_role("Mine", acting)
        .with_role("Equal", acting)
        .with_role("Aside", "view-audit")
        .with_role("Higher", &format!("{acting} view-audit"))
        .with_users("lower:Lower,mine:Mine,equal:Equal,aside:Aside,higher:Higher,admin:Admin")
        .with_operator(CAROL, "Mine");
    let commands = [
        "users lock [U] -n",
        "users unlock [U] -n",
        "users edit [U] --name x -n",
        "users edit [U] --sign-in saml -n",
        "users delete [U] -n",
        "users delete lower [U] -n",
        "users set-password [U] -n",
        "users set-password [U] --stdin",
        "users set-password [U] --generate",
    ];
    for (user, may) in
        [("lower", true), ("mine", true), ("equal", true), ("aside", false), ("higher", false), ("admin", false)]
    {
        for command in commands {
            for name in [user.to_owned(), format!("{user}@EXAMPLE.com")] {
                let run = world.command(&command.replace("[U]", &name)).stdin(GOOD).uid(CAROL).run();
                assert_eq!(run.status, if may { 0 } else { 77 }, "{command} {name}: {run}");
            }
        }
        let rows = format!("username,name\n{user},Renamed\n");
        let run = world.command("users import - --update -n").stdin(rows).uid(CAROL).run();
        assert_eq!(run.status, if may { 0 } else { 77 }, "import {user}: {run}");
    }
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE password_hash IS NOT NULL"), "3");
    assert_snapshot!(world.command("users lock higher").uid(CAROL).run(), @"
    status 77
    -- stderr
    error: the role of higher allows `view-audit`, and yours, Mine, does not
    hint: ask an operator whose role has at least those permissions
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users lock | refused | carol, Mine | -
    {"refusal":"the role of higher allows `view-audit`, and yours, Mine, does not"}
    "#);
}

#[test]
fn nobody_gives_a_role_beyond_his_own() {
    let own = "view-users edit-users add-users manage-operators";
    let world = World::new()
        .with_role("Mine", own)
        .with_role("Aside", "view-audit")
        .with_users("alice")
        .with_operator(CAROL, "Mine")
        .with_operator(DAVE, "Admin");
    for (role, may) in
        [("Mine", true), ("'Minimal Permissions'", true), ("Aside", false), ("Admin", false), ("ADMIN", false)]
    {
        for command in
            ["users add new@example.com -n --role", "users edit alice -n --role", "operators add mallory -n --role"]
        {
            let run = world.command(&format!("{command} {role}")).uid(CAROL).run();
            assert_eq!(run.status, if may { 0 } else { 77 }, "{command} {role}: {run}");
        }
        for options in ["", "--update"] {
            let rows = format!("email,role\nalice{options}@example.com,{}\n", role.trim_matches('\''));
            let rows = rows.replace("alice@", "new@").replace("alice--update@", "alice@");
            let run = world.command(&format!("users import - -n {options}")).stdin(rows).uid(CAROL).run();
            assert_eq!(run.status, if may { 0 } else { 77 }, "import {options} {role}: {run}");
        }
    }
    let run = world.command("operators remove dave").uid(CAROL).run();
    assert_eq!(run.status, 77, "{run}");
}

#[test]
fn a_role_that_was_taken_away_bites_at_once() {
    let world = World::new().with_users("alice").with_operator(CAROL, "Admin");
    world.command("users lock alice").uid(CAROL).run().expect_status(0);
    world.run("operators remove carol").expect_status(0);
    world.command("users unlock alice").uid(CAROL).run().expect_status(77);
}
