//! Users whose passwords were ended, and commands that end the links by which they would choose others.

use insta::assert_snapshot;

use crate::end_passwords::relay;
use crate::end_passwords::world;

const END: &str = "users send-reset --all --end-passwords --yes";

#[test]
fn deleting_a_job_says_whom_it_leaves_without_a_password_and_a_link() {
    let relay = relay("");
    let world = world(&relay);
    world.run(END).expect_status(0);
    assert_snapshot!(world.run("jobs delete 1 -n"), @"
    status 0
    -- stdout
    Would delete 1 job, 5 mails, and with them 3 open links. 2 users have no password and would have no working link.
    ");
    assert_snapshot!(world.run("jobs delete 1 -n -o csv"), @"
    status 0
    -- stdout
    action,would_change,jobs,mails,links,without_password,skipped_jobs,skipped_mails
    jobs delete,true,1,5,3,2,0,0
    ");
    assert_snapshot!(world.command("jobs delete 1").typing(["n"]).run(), @"
    status 65
    -- asked
    2 users have no password and would have no working link. Delete 1 job, 5 mails, and end 3 open links permanently? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    // A user who has another link is none of them.
    world.run("users send-reset bob --unless-sent-within 0s").expect_status(0);
    assert_snapshot!(world.run("jobs delete 1 --yes"), @"
    status 0
    -- stderr
    warning: 1 user has no password and no working link; to mail them: cxme-admin users send-reset --no-password
    ");
    assert_snapshot!(world.newest_event(), @r#"
    jobs delete | done | owner, Admin | -
    {"jobs":[1],"links":2,"messages":5,"without_password":1}
    "#);
}

#[test]
fn a_cancelled_job_that_is_deleted_does_not_take_its_users_with_it() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset --all --end-passwords --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("jobs cancel 1 -n"), @"
    status 0
    -- stdout
    Would cancel job 1: 3 mails cancelled. 2 users have no password and would have no working link.
    ");
    assert_snapshot!(world.run("jobs cancel 1"), @"
    status 0
    -- stderr
    warning: 2 users have no password and no working link, and the job mails them no more; to mail them: cxme-admin users send-reset --no-password
    ");
    assert_snapshot!(world.run("jobs delete 1 -n"), @"
    status 0
    -- stdout
    Would delete 1 job, 5 mails. 2 users have no password and would have no working link.
    ");
    assert_snapshot!(world.run("jobs delete 1 --yes"), @"
    status 0
    -- stderr
    warning: 2 users have no password and no working link; to mail them: cxme-admin users send-reset --no-password
    ");
}

#[test]
fn revoking_links_says_whom_it_leaves_without_a_password_and_a_link() {
    let relay = relay("");
    let world = world(&relay);
    world.run(END).expect_status(0);
    assert_snapshot!(world.run("resets revoke --all -n"), @"
    status 0
    -- stdout
    Would revoke 3 open links and 0 waiting mails. 2 users have no password and would have no working link.
    ");
    assert_snapshot!(world.command("resets revoke --all").typing(["n"]).run(), @"
    status 65
    -- asked
    2 users have no password and would have no working link. Revoke 3 open links and 0 waiting mails? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_snapshot!(world.run("resets revoke alice"), @"
    status 0
    -- stderr
    warning: 1 user has no password and no working link; to mail them: cxme-admin users send-reset --no-password
    ");
    assert_snapshot!(world.run("resets revoke --all --yes"), @"
    status 0
    -- stderr
    warning: 1 user has no password and no working link; to mail them: cxme-admin users send-reset --no-password
    ");
    assert_snapshot!(world.newest_event(), @r#"
    resets revoke | done | owner, Admin | -
    {"links":2,"of":"all users","waiting":0,"without_password":1}
    "#);
    // Nobody is told of twice.
    assert_snapshot!(world.run("resets revoke --all --yes -v"), @"
    status 0
    -- stderr
    Revoked 0 open links and 0 waiting mails.
    ");
}

#[test]
fn a_mail_that_waits_to_bring_a_link_counts_as_one() {
    let relay = relay("alice");
    let world = world(&relay);
    world.run("users send-reset --search alice --end-passwords --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("resets revoke alice -n"), @"
    status 0
    -- stdout
    Would revoke 0 open links and 1 waiting mail. 1 user has no password and would have no working link.
    ");
}
