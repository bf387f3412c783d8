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
    assert_snapshot!(world.run("jobs delete 1 -n"), @"");
    assert_snapshot!(world.run("jobs delete 1 -n -o csv"), @"");
    assert_snapshot!(world.command("jobs delete 1").typing(["n"]).run(), @"");
    // Whoever has another link is none of them.
    world.run("users send-reset bob --unless-sent-within 0s").expect_status(0);
    assert_snapshot!(world.run("jobs delete 1 --yes"), @"");
    assert_snapshot!(world.newest_event(), @"");
}

#[test]
fn a_cancelled_job_that_is_deleted_does_not_take_its_users_with_it() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset --all --end-passwords --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("jobs cancel 1 -n"), @"");
    assert_snapshot!(world.run("jobs cancel 1"), @"");
    assert_snapshot!(world.run("jobs delete 1 -n"), @"");
    assert_snapshot!(world.run("jobs delete --older-than 0s --yes"), @"");
}

#[test]
fn revoking_links_says_whom_it_leaves_without_a_password_and_a_link() {
    let relay = relay("");
    let world = world(&relay);
    world.run(END).expect_status(0);
    assert_snapshot!(world.run("resets revoke --all -n"), @"");
    assert_snapshot!(world.command("resets revoke --all").typing(["n"]).run(), @"");
    assert_snapshot!(world.run("resets revoke alice"), @"");
    assert_snapshot!(world.run("resets revoke --all --yes"), @"");
    assert_snapshot!(world.newest_event(), @"");
    // Nobody is told of twice.
    assert_snapshot!(world.run("resets revoke --all --yes -v"), @"");
}

#[test]
fn a_link_that_is_revoked_while_another_mail_waits_leaves_nobody_without() {
    let relay = relay("alice");
    let world = world(&relay);
    world.run("users send-reset --search alice --end-passwords --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("resets revoke alice -n"), @"");
}
