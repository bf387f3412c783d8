//! Rates per hour and day: what is over waits, and everybody who looks is told why.

use insta::assert_snapshot;

use crate::support::World;

/// Four users, and mails that become files at this rate.
fn world(rate: &str) -> World {
    let world = World::with_mail().with_users("alice,bob,carla,dora");
    configure(&world, rate);
    world
}

fn configure(world: &World, rate: &str) {
    world.configure_mail(&format!("[mail.smtp]\nrate = {rate}"));
}

#[test]
fn what_is_over_waits_with_the_reason_and_leaves_when_the_rate_allows_it() {
    let world = world("[\"1000/s\", \"2/day\"]");
    assert_snapshot!(world.run("users send-reset --all --yes"), @"
    status 75
    -- stderr
    error: the rate 2/day is used up; the next mail may leave in 1 day; Job 1, running: 4 mails: 2 accepted, 2 queued
    hint: unsent mail waits in the outbox: cxme-admin jobs run
    ");
    assert_snapshot!(world.run("jobs show 1"), @"
    status 0
    -- stdout
    Job:           1
    State:         running: the rate 2/day is used up; the next mail may leave in 1 day
    Users:         --all
    Requested by:  owner
    Created:       now (2026-11-24T08:00:00Z)
    Mails:         4
    Outcome:       2 accepted, 2 queued
    Links used:    0
    Pace:          2.0/s
    ");
    assert_snapshot!(world.run("jobs show 1 -o json"), @r#"
    status 0
    -- stdout
    {"job":1,"key":null,"state":"running","why":null,"is_sent_now":false,"operator":"owner","reason":null,"selection":"--all","created_at":"2026-11-24T08:00:00Z","ended_at":null,"mails":4,"accepted":2,"deferred":0,"failed":0,"bounced":0,"in_doubt":0,"cancelled":0,"waiting":2,"skipped":0,"possibly_duplicated":0,"links_used":0,"seconds_left":null,"used_up_rate":"2/day","rate_free_at":"2026-11-25T08:01:00Z","passwords_ended":null}
    "#);
    assert_snapshot!(world.run("mail queue"), @"
    status 0
    -- stdout
    MESSAGE  ADDRESS            STATE   TRIES  NEXT TRY  REPLY
    3        carla@example.com  queued  0      in 1 day  the rate 2/day is used up
    4        dora@example.com   queued  0      in 1 day  the rate 2/day is used up
    ");
    assert_snapshot!(world.run("mail queue -o csv --no-input"), @"
    status 0
    -- stdout
    message,kind,username,address,state,attempts,due_at,reply,created_at,last_try_at,operator
    3,invitation,carla,carla@example.com,queued,0,2026-11-25T08:01:00Z,the rate 2/day is used up,2026-11-24T08:00:00Z,,owner
    4,invitation,dora,dora@example.com,queued,0,2026-11-25T08:01:00Z,the rate 2/day is used up,2026-11-24T08:00:00Z,,owner
    ");
    assert_snapshot!(world.run("jobs run -v"), @"
    status 75
    -- stderr
    error: the rate 2/day is used up; the next mail may leave in 1 day; no mail was sent
    hint: unsent mail waits in the outbox: cxme-admin jobs run
    ");
    world.wait(86_460);
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 4);
}

#[test]
fn single_mails_and_notices_count_and_wait_as_well() {
    let world = world("\"2/h\"");
    world.run("users send-reset alice").expect_status(0);
    world.command("users set-password bob --stdin").stdin(crate::support::GOOD).run().expect_status(0);
    assert_eq!(world.mails().len(), 2);
    assert_snapshot!(world.run("users send-reset carla"), @"
    status 75
    -- stderr
    error: carla: not sent yet: the rate 2/h is used up; the next mail may leave in 1 hour
    hint: it waits in the outbox: cxme-admin jobs run tries again
    ");
    assert_snapshot!(world.run("users send-reset carla dora --unless-sent-within 0s"), @"
    status 75
    -- stderr
    carla: not sent yet: the rate 2/h is used up; the next mail may leave in 1 hour
    dora: not sent yet: the rate 2/h is used up; the next mail may leave in 1 hour
    error: 2 of 2 users were sent no mail
    hint: it waits in the outbox: cxme-admin jobs run tries again
    ");
    let run = world.command("users set-password dora --stdin -v").stdin(crate::support::GOOD).run();
    assert_snapshot!(run, @"
    status 0
    -- stderr
    Password set for dora.
    warning: the user is not notified by mail yet: the rate 2/h is used up; `cxme-admin jobs run` tries again
    ");
    // Whether mail works is not asked at a rate.
    world.run("mail test new@example.com").expect_status(0);
}

#[test]
fn a_job_has_rates_of_its_own_besides() {
    let world = world("\"100/h\"");
    assert_snapshot!(world.run("users send-reset --all --rate 1000/s --rate 1/h --yes"), @"
    status 75
    -- stderr
    error: the rate 1/h of this job is used up; the next mail may leave in 1 hour; Job 1, running: 4 mails: 1 accepted, 3 queued
    hint: unsent mail waits in the outbox: cxme-admin jobs run
    ");
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    assert_snapshot!(world.run("mail queue"), @"
    status 0
    -- stdout
    MESSAGE  ADDRESS            STATE   TRIES  NEXT TRY   REPLY
    2        bob@example.com    queued  0      in 1 hour  the rate 1/h of this job is used up
    3        carla@example.com  queued  0      in 1 hour  the rate 1/h of this job is used up
    4        dora@example.com   queued  0      in 1 hour  the rate 1/h of this job is used up
    ");
    // Another job is sent although this one waits.
    world.run("users add emil@example.com").expect_status(0);
    world.run("users send-reset --search emil --queue-only --yes").expect_status(0);
    world.run("jobs run").expect_status(75);
    assert_eq!(world.ask("SELECT group_concat(state) FROM jobs"), "running,finished");
    assert_eq!(world.mails().len(), 3);
}

#[test]
fn cron_is_told_once_a_day_that_a_rate_is_used_up() {
    let world = world("\"1/day\"");
    world.run("users send-reset --all --yes").expect_status(75);
    let mut told = Vec::new();
    for hour in 1..60 {
        world.wait(3_600);
        let run = world.run("jobs run");
        if !run.all().is_empty() {
            told.push((hour, run.status));
        }
    }
    assert_eq!(told, [(1, 75), (25, 75), (49, 75)]);
}

#[test]
fn a_rate_that_is_none_is_refused_where_it_stands() {
    let world = World::with_mail();
    for (rate, found) in [
        ("\"2000/days\"", "expected a whole number and one of `/s`, `/min`, `/h`, `/day`"),
        ("[\"10/s\", \"0/day\"]", "expected at least 1"),
        ("[\"10/s\", 5]", "expected text in quotes"),
        ("5", "expected text in quotes"),
        ("[\"10/s, 5/h\"]", "expected a whole number"),
    ] {
        configure(&world, rate);
        let run = world.run("jobs run").expect_status(78);
        assert!(run.err().contains(found), "{rate}: {run}");
    }
    configure(&world, "[]");
    world.run("jobs run").expect_status(0);
    for rate in ["5/d", "5", "0/day", "", "1/s,2/day", "５/day"] {
        world.command("users send-reset --all --yes --rate").argument(rate).run().expect_status(2);
    }
}
