//! `--only-role` and `--only-domain`: whom an operator may act on, by every way there is.

use std::fs;

use insta::assert_snapshot;

use crate::permission_first::dump;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

const OWN: &str = "view-users add-users edit-users delete-users lock-users set-passwords send-resets run-bulk-jobs redeem \
                   verify-passwords manage-roles manage-operators";

/// Carol may do much, to users in bücher.example alone. `inside` is one of them, `outside` is none. Job 1 mails both, as do two single
/// mails.
fn world(limits: &str) -> World {
    let world = World::with_mail();
    let config = fs::read_to_string(world.config()).unwrap();
    world.write_config(&config.replacen("\"example.com\", ", "\"example.com\", \"bücher.example\", ", 1));
    let world = world.with_role("Mine", OWN).with_role("Clerk", "view-users");
    let rows =
        "username,email,role\ninside,inside@bücher.example,Clerk\noutside,outside@example.com,Minimal Permissions\n";
    world.command("users import -").stdin(rows).run().expect_status(0);
    world.set_password("inside", GOOD);
    world.set_password("outside", GOOD);
    world.run(&format!("operators add carol --role Mine {limits}")).expect_status(0);
    world.run("users send-reset --all --queue-only --yes").expect_status(0);
    world.run("users send-reset inside outside --unless-sent-within 0s").expect_status(0);
    world.sql("UPDATE messages SET state = 'queued', ended_at = NULL, reply = NULL WHERE job_id = 1");
    world
}

/// What acts on a user, a job or an operator, with its standard input; nothing may come of it for `outside`.
const CALLS: [(&str, &str); 20] = [
    ("users lock [U]", ""),
    ("users lock inside [U] --yes", ""),
    ("users lock --all --yes", ""),
    ("users unlock [U]", ""),
    ("users edit [U] --name x", ""),
    ("users edit --with-sign-in password --must-change --yes", ""),
    ("users delete [U] --yes", ""),
    ("users set-password [U] --stdin", GOOD),
    ("users send-reset [U] --unless-sent-within 0s", ""),
    ("users import - --update", "username,name\noutside,x\n"),
    ("users import - --update", "email,name\nOutside@EXAMPLE.com,x\n"),
    ("users import -", "email\nnew@example.com\n"),
    ("users add new@example.com", ""),
    ("users edit inside --email inside@example.com", ""),
    ("users import - --update", "username,email\ninside,inside@example.com\n"),
    ("resets revoke [U]", ""),
    ("jobs cancel 1", ""),
    ("jobs pause 1", ""),
    ("mail queue --cancel [M]", ""),
    ("users password [U] -n", ""),
];

#[test]
fn nothing_is_done_to_users_in_other_domains() {
    for limits in ["--only-domain bücher.example", "--only-domain XN--BCHER-KVA.EXAMPLE", "--only-role Clerk"] {
        let world = world(limits);
        let message =
            world.ask("SELECT max(id) FROM messages WHERE address = 'outside@example.com' AND state = 'queued'");
        let (pristine, mails) = (dump(&world), world.mails().len());
        for (call, stdin) in CALLS {
            // By role, an address says nothing, and a new user is a Minimal one.
            if limits.contains("role") && (call.contains("--email") || stdin.contains("username,email")) {
                continue;
            }
            let events = world.events();
            let line = call.replace("[U]", "outside").replace("[M]", &message);
            let run = world.command(&line).stdin(stdin).uid(CAROL).run();
            assert_eq!(run.status, 77, "{limits} {line}: {run}");
            assert!(run.err().contains("outside your limits"), "{limits} {line}: {run}");
            assert_eq!(world.events(), events + 1, "{limits} {line}");
            assert!(world.newest_event().contains(" | refused | carol, Mine"), "{line}: {}", world.newest_event());
            assert_eq!(dump(&world), pristine, "{limits} {line}");
        }
        assert_eq!(world.mails().len(), mails);
        // Within the limits, all of it goes.
        for (call, stdin) in [
            ("users lock inside", ""),
            ("users unlock inside", ""),
            ("users edit inside --name x", ""),
            ("users edit --with-role Clerk --must-change --yes", ""),
            ("users set-password inside --stdin", "seven violet umbrellas whistle"),
            ("users send-reset inside --unless-sent-within 0s", ""),
            ("users import - --update", "username,name\ninside,y\n"),
            ("users import -", "email,role\nnew@bücher.example,Clerk\n"),
            ("users add other@xn--bcher-kva.example --role Clerk", ""),
            ("resets revoke inside", ""),
            ("users list", ""),
            ("users show outside", ""),
            ("users delete inside --yes", ""),
        ] {
            let run = world.command(call).stdin(stdin).uid(CAROL).run();
            assert_eq!(run.status, 0, "{limits} {call}: {run}");
        }
    }
}

#[test]
fn what_acts_on_many_leaves_users_outside_the_limits_out() {
    let world = world("--only-domain bücher.example");
    world.sql("DELETE FROM messages");
    let by_carol = |line: &str| world.command(line).uid(CAROL).run();
    assert_snapshot!(by_carol("users send-reset --all -n"), @"
    status 0
    -- stdout
    Would mail a link to 1 user.
    Would skip 1 user: no permission over this user
    ");
    by_carol("users send-reset --all --yes").expect_status(0);
    assert_eq!(
        world.ask("SELECT reply FROM messages WHERE address = 'outside@example.com'"),
        "no permission over this user"
    );
    world.run("users send-reset outside").expect_status(0);
    assert_snapshot!(by_carol("resets revoke --all -n"), @"
    status 0
    -- stdout
    Would revoke 1 open link and 0 waiting mails. Skipped 1 open link and 0 waiting mails of users you may not act on.
    ");
}

#[test]
fn the_words_say_which_limits() {
    let world = world("--only-domain bücher.example --only-role Clerk");
    let by_carol = |line: &str| world.command(line).uid(CAROL).run();
    assert_snapshot!(by_carol("users lock outside"), @"
    status 77
    -- stderr
    error: outside is outside your limits (users with the role Clerk in bücher.example)
    hint: ask an operator without these limits; your own: cxme-admin whoami
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users lock | refused | carol, Mine | -
    {"refusal":"outside is outside your limits (users with the role Clerk in bücher.example)"}
    "#);
    assert_snapshot!(by_carol("users lock --all --yes"), @"
    status 77
    -- stderr
    error: 1 user is outside your limits (users with the role Clerk in bücher.example): outside; nothing was changed
    hint: ask an operator without these limits; your own: cxme-admin whoami
    ");
    assert_snapshot!(by_carol("users edit inside --role Mine"), @"
    status 77
    -- stderr
    error: inside would be outside your limits (users with the role Clerk in bücher.example)
    hint: ask an operator without these limits; your own: cxme-admin whoami
    ");
    assert_snapshot!(by_carol("users edit --with-role Clerk --role Mine --yes"), @"
    status 77
    -- stderr
    error: a user with the role Mine would be outside your limits (users with the role Clerk in bücher.example)
    hint: ask an operator without these limits; your own: cxme-admin whoami
    ");
    let rows = "email,role\nnew@example.com,Clerk\nnew@bücher.example,Mine\ngood@bücher.example,Clerk\n";
    assert_snapshot!(world.command("users import -").stdin(rows).uid(CAROL).run(), @"
    status 77
    -- stderr
    line 2, email: is outside your limits (`cxme-admin whoami` shows them)
    line 3, role: is outside your limits (`cxme-admin whoami` shows them)
    error: 2 rows concern users outside your limits (users with the role Clerk in bücher.example); nothing was imported
    hint: ask an operator without these limits; your own: cxme-admin whoami
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users import | refused | carol, Mine | -
    {"count":2,"refusal":"2 rows concern users outside your limits (users with the role Clerk in bücher.example); nothing was imported","usernames":["new","new"]}
    "#);
    assert_snapshot!(by_carol("roles edit Clerk --deny view-users"), @"
    status 77
    -- stderr
    error: operators with limits cannot change roles (you may act on users with the role Clerk in bücher.example)
    hint: ask an operator without these limits; your own: cxme-admin whoami
    ");
    assert_snapshot!(by_carol("operators add dave --role Clerk --only-domain bücher.example"), @"
    status 77
    -- stderr
    error: the limits of dave would be wider than yours (users with the role Clerk in bücher.example)
    hint: ask an operator without these limits; your own: cxme-admin whoami
    ");
    by_carol("operators add dave --role Clerk --only-domain bücher.example --only-role Clerk").expect_status(0);
    by_carol("operators edit dave --any-role").expect_status(77);
    by_carol("roles add New --allow view-users").expect_status(0);
}

/// A login system with limits asks about nobody else: for it there is no such user, and the work is the same.
#[test]
fn a_login_system_with_limits_verifies_no_other_users() {
    let world = world("--only-domain bücher.example");
    let verify = |user: &str, uid: u32| {
        world.command("users verify-password --stdin").argument(user).stdin(GOOD).uid(uid).run().status
    };
    assert_eq!([verify("inside", CAROL), verify("outside", CAROL), verify("nobody", CAROL)], [0, 1, 1]);
    let words = |user: &str| {
        let stdin = format!("{GOOD}\nseven violet umbrellas whistle");
        world.command("users change-password --stdin --no-notify").argument(user).stdin(stdin).uid(CAROL).run()
    };
    assert_eq!(words("outside"), words("nobody"));
    words("inside").expect_status(0);
    // The code of a link is the user's proof, and the account that redeems it has limits all the same.
    let code = world.newest_code();
    let redeem = || {
        let stdin = format!("{code}\nseven violet umbrellas dance");
        world.command("resets redeem --stdin").stdin(stdin).uid(CAROL).run()
    };
    let refused = redeem().expect_status(65);
    assert!(refused.err().contains("this code is not accepted"), "{refused}");
    world.run("operators edit carol --any-domain").expect_status(0);
    redeem().expect_status(0);
}

/// Whom one may act on is asked again in each change.
#[test]
fn users_and_limits_that_change_count_at_once() {
    let world = world("--only-domain bücher.example");
    let by_carol = |line: &str| world.command(line).uid(CAROL).run();
    by_carol("users lock --email-domain bücher.example --yes").expect_status(0);
    world.run("users edit inside --email inside@example.com --no-notify").expect_status(0);
    by_carol("users unlock inside").expect_status(77);
    world.run("operators edit carol --only-domain example.com").expect_status(0);
    by_carol("users unlock inside").expect_status(0);
}
