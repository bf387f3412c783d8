//! `jobs wait`: what ends the wait, and the exit code. `tests/pty/wait.rs` changes the job while a process waits for it.

use insta::assert_snapshot;

use crate::support::World;

/// Job 1, with unsent mail to three users.
fn world() -> World {
    let world = World::with_mail().with_users("alice,bob,carla");
    world.run("users send-reset --all --yes --queue-only").expect_status(0);
    world
}

#[test]
fn of_a_job_that_has_ended_well_nothing_is_said_and_the_status_is_0() {
    let world = world();
    world.run("jobs run").expect_status(0);
    let events = world.events();
    assert_snapshot!(world.run("jobs wait 1"), @"status 0");
    assert_snapshot!(world.run("jobs wait 1 -v"), @"
    status 0
    -- stderr
    Job 1, finished: 3 mails: 3 accepted.
    ");
    assert_snapshot!(world.run("jobs wait 1 -o csv"), @"
    status 0
    -- stdout
    job,state,mails,accepted,deferred,failed,in_doubt,cancelled,waiting,skipped
    1,finished,3,3,0,0,0,0,0,0
    ");
    assert_eq!(world.events(), events);
}

#[test]
fn a_job_that_ended_with_failures_or_is_paused_has_the_status_that_its_run_had() {
    let failed = world();
    failed.run("jobs run").expect_status(0);
    failed.sql("UPDATE messages SET state = 'failed', reply = '550 no such user' WHERE id = 2");
    assert_snapshot!(failed.run("jobs wait 1"), @"
    status 3
    -- stderr
    error: Job 1, finished: 3 mails: 2 accepted, 1 failed
    hint: details: cxme-admin jobs recipients 1; to try again: cxme-admin jobs retry 1
    ");
    let paused = world();
    paused.run("jobs pause 1").expect_status(0);
    assert_snapshot!(paused.run("jobs wait 1 --timeout 1h"), @"
    status 3
    -- stderr
    error: Job 1, paused (by owner): 3 mails: 3 queued
    hint: see: cxme-admin jobs show 1; then: cxme-admin jobs run 1
    ");
}

/// Not all was done that was asked for, and a script that waits for it must not go on.
#[test]
fn a_job_that_was_cancelled_has_status_3_unless_all_of_its_mail_was_sent() {
    let world = world();
    world.run("jobs cancel 1").expect_status(0);
    assert_snapshot!(world.run("jobs wait 1"), @"
    status 3
    -- stderr
    error: Job 1, cancelled: 3 mails: 3 cancelled
    hint: details: cxme-admin jobs recipients 1
    ");
    world.sql("UPDATE messages SET state = 'accepted'");
    assert_snapshot!(world.run("jobs wait 1"), @"status 0");
}

#[test]
fn after_the_timeout_the_status_is_75_and_nothing_was_changed() {
    let world = world();
    let (events, began) = (world.events(), world.now());
    assert_snapshot!(world.run("jobs wait 1 --timeout 1h"), @"
    status 75
    -- stderr
    error: Job 1, running: 3 mails: 3 queued; still running after 1h
    hint: to see its progress: cxme-admin jobs show 1
    ");
    let waited = world.now().as_second() - began.as_second();
    assert!((3_500..=3_600).contains(&waited), "{waited}: the clock of the test has whole seconds");
    assert_snapshot!(world.command("jobs wait 1 --timeout 0s").at_terminal().run(), @"
    status 75
    -- stderr
    Waiting for job 1 (3 unsent mails); no process is sending it: cxme-admin jobs run 1
    error: Job 1, running: 3 mails: 3 queued; still running after 0s
    hint: to see its progress: cxme-admin jobs show 1
    ");
    assert_eq!(world.events(), events);
}

#[test]
fn what_cannot_be_waited_for_is_refused_at_once() {
    let world = world();
    assert_snapshot!(world.run("jobs wait 9"), @"
    status 65
    -- stderr
    error: no such job: 9
    hint: cxme-admin jobs list
    ");
    for timeout in ["soon", "", "-1s", "99999999d"] {
        world.command("jobs wait 1 --timeout").argument(timeout).run().expect_status(2);
    }
}
