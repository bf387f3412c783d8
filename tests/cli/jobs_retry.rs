//! What failed is tried again: `jobs retry`, `users send-reset --retry-failed`.

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;
use crate::support::code_in;

/// A relay that refuses these users, and takes all others.
fn refusing(users: &'static [&'static str]) -> ScriptedRelay {
    ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, move |moment| match moment.at {
        At::Rcpt if users.iter().any(|user| moment.line.contains(user)) => {
            Act::Say(b"550 5.1.1 no such user\r\n".to_vec())
        }
        _ => Act::Usual,
    })
}

/// Job 1, whose key is `k`, has ended: mails to these of the users failed, and from now on mails become files.
fn world(users: &str, failed: &'static [&'static str]) -> World {
    let world = World::with_mail().with_users(users);
    let relay = refusing(failed);
    world.configure_relay(relay.port());
    world.run("users send-reset --all --key k --yes").expect_status(3);
    world.configure_mail("");
    world.wait(86_400);
    world
}

fn states(world: &World) -> String {
    world.ask("SELECT group_concat(address || ' ' || state, ', ') FROM messages")
}

#[test]
fn what_failed_is_tried_again_and_nothing_else() {
    let world = world("alice,bob,carla", &["alice", "bob"]);
    assert_snapshot!(world.run("jobs retry 1 -n"), @"
    status 0
    -- stdout
    Would try 2 failed mails of job 1 again.
    ");
    assert_snapshot!(world.run("jobs retry 1 --reason 'the relay knows them now' -v"), @"
    status 0
    -- stderr
    Job 1: trying 2 failed mails again.
    Job 1, finished: 3 mails: 3 accepted.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    jobs retry | done | owner, Admin | the relay knows them now
    {"failed":2,"job":1,"skipped":0}
    "#);
    assert_eq!(states(&world), "alice@example.com accepted, bob@example.com accepted, carla@example.com accepted");
    // A new mail with a link of its own, as if it had never been tried.
    let mails = world.mails();
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        assert!(mail.contains("\r\nDate: Wed, 25 Nov 2026 08:00:00 +0000\r\n"), "{mail}");
    }
    let stdin = format!("{}\n{GOOD}\n", code_in(&mails[0]));
    world.command("resets redeem --stdin --no-notify").stdin(stdin).run().expect_status(0);
    assert!(world.accepts("alice", GOOD));
    assert_snapshot!(world.run("jobs retry 1 -v"), @"
    status 0
    -- stderr
    Job 1: no mail failed.
    ");
}

#[test]
fn a_keyed_call_hides_no_failures_and_tries_them_again_when_asked() {
    let world = world("alice,bob,carla", &["alice", "bob"]);
    assert_snapshot!(world.run("users send-reset --all --key k --yes"), @"
    status 3
    -- stderr
    error: Job 1 with this key has finished: 3 mails: 1 accepted, 2 failed
    hint: to try the failed ones again: cxme-admin jobs retry 1, or the same with `--retry-failed`
    ");
    assert_snapshot!(world.run("users send-reset --all --key k -n"), @"
    status 0
    -- stdout
    Job 1 with this key has finished: 3 mails: 1 accepted, 2 failed
    ");
    assert_snapshot!(world.run("users send-reset --all --key k --yes -o json"), @r#"
    status 3
    -- stdout
    {"job":1,"state":"finished","mails":3,"accepted":1,"deferred":0,"failed":2,"in_doubt":0,"cancelled":0,"waiting":0,"skipped":0}
    -- stderr
    error: Job 1 with this key has finished: 3 mails: 1 accepted, 2 failed
    hint: to try the failed ones again: cxme-admin jobs retry 1, or the same with `--retry-failed`
    "#);
    assert_snapshot!(world.run("users send-reset --all --key k --retry-failed -n"), @"
    status 0
    -- stdout
    Would try 2 failed mails of job 1 again.
    ");
    assert_eq!(world.mails().len(), 0);
    assert_snapshot!(world.run("users send-reset --all --key k --retry-failed --yes -v"), @"
    status 0
    -- stderr
    Job 1: trying 2 failed mails again.
    Job 1, finished: 3 mails: 3 accepted.
    ");
    assert_eq!(world.mails().len(), 2);
    world.run("users send-reset --all --key k --retry-failed --yes").expect_status(0);
    assert_eq!(world.mails().len(), 2, "nothing failed any more");
    // A cron line may always have it.
    world.run("users send-reset --all --key new --retry-failed --unless-sent-within 0s --yes").expect_status(0);
    assert_eq!(world.mails().len(), 5);
    world.run("users send-reset --all --retry-failed --yes").expect_status(2);
}

#[test]
fn who_may_have_no_link_or_needs_none_gets_no_other_one() {
    let all = "alice,bob,carla,dora,emil,fritz,gina,hans";
    let world = world(all, &["alice", "bob", "carla", "dora", "emil", "fritz", "gina"]);
    world.run("users lock alice").expect_status(0);
    world.run("users edit bob --sign-in saml --yes").expect_status(0);
    world.set_password("carla", GOOD);
    world.run("users delete dora --yes").expect_status(0);
    world.run("users send-reset emil").expect_status(0);
    world.run("users send-reset --search fritz --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("jobs retry 1 -n"), @"
    status 0
    -- stdout
    Would try 1 failed mail of job 1 again.
    Would skip 1 failed mail of job 1: SAML
    Would skip 1 failed mail of job 1: a newer link
    Would skip 1 failed mail of job 1: another password
    Would skip 1 failed mail of job 1: locked
    Would skip 1 failed mail of job 1: waiting in job 2
    Would skip 1 failed mail of job 1: user deleted
    ");
    assert_snapshot!(world.run("jobs retry 1 -v"), @"
    status 3
    -- stderr
    Job 1: trying 1 failed mail again; skipped 6 (1 SAML, 1 a newer link, 1 another password, 3 for other reasons).
    error: Job 1, finished: 8 mails: 2 accepted, 6 failed
    hint: details: cxme-admin jobs recipients 1; to try again: cxme-admin jobs retry 1
    ");
    assert_eq!(
        world.ask("SELECT group_concat(address) FROM messages WHERE job_id = 1 AND state = 'accepted'"),
        "gina@example.com,hans@example.com"
    );
    assert_snapshot!(world.run("jobs retry 1"), @"
    status 3
    -- stderr
    error: job 1: no failed mail can be tried again: skipped 6 (1 SAML, 1 a newer link, 1 another password, 3 for other reasons)
    hint: details: cxme-admin jobs recipients 1
    ");
    let events = world.events();
    world.run("users send-reset --all --key k --retry-failed --yes").expect_status(3);
    assert_eq!(world.events(), events);
}

#[test]
fn the_mail_goes_to_the_address_that_the_user_has_now() {
    let world = world("alice,bob", &["alice"]);
    world.run("users edit alice --email alicia@example.com --no-notify").expect_status(0);
    world.run("jobs retry 1").expect_status(0);
    assert!(world.mails()[0].contains("\r\nTo: alicia@example.com\r\n"));
    assert_eq!(states(&world), "alicia@example.com accepted, bob@example.com accepted");
}

#[test]
fn a_lock_that_has_ended_keeps_nobody_from_another_link() {
    let world = world("alice,bob", &["alice"]);
    world.run("users lock alice").expect_status(0);
    world.run("users unlock alice").expect_status(0);
    world.run("jobs retry 1").expect_status(0);
    let stdin = format!("{}\n{GOOD}\n", world.newest_code());
    world.command("resets redeem --stdin --no-notify").stdin(stdin).run().expect_status(0);
}

/// A copy of the mail may have arrived, and its link must not be dead.
#[test]
fn a_mail_that_may_have_arrived_keeps_its_link_while_that_works() {
    for (seconds, is_same) in [(3_600, true), (7 * 86_400, false)] {
        let world = World::with_mail().with_users("alice");
        world.run("users send-reset --all --yes").expect_status(0);
        let (first, id) = (world.newest_code(), world.ask("SELECT message_id FROM messages"));
        // The relay lost the connection after the dot, and refused the mail the next time.
        world.sql("UPDATE messages SET state = 'failed', times_in_doubt = 1; UPDATE jobs SET state = 'finished'");
        std::fs::remove_dir_all(world.path("mail")).unwrap();
        world.wait(seconds);
        world.run("jobs retry 1").expect_status(0);
        assert_eq!(
            (world.newest_code() == first, world.ask("SELECT message_id FROM messages") == id),
            (is_same, is_same)
        );
        let stdin = format!("{}\n{GOOD}\n", world.newest_code());
        world.command("resets redeem --stdin --no-notify").stdin(stdin).run().expect_status(0);
    }
}

#[test]
fn jobs_that_run_or_are_paused_are_tried_again_and_a_cancelled_one_is_not() {
    let world = World::with_mail().with_users("alice,bob,carla");
    let relay = refusing(&["alice"]);
    world.configure_relay(relay.port());
    world.run("users send-reset --all --canary 2 --connections 1 --yes").expect_status(3);
    assert_eq!(world.ask("SELECT state FROM jobs"), "paused");
    world.configure_mail("");
    assert_snapshot!(world.run("jobs retry 1 --queue-only -v"), @"
    status 0
    -- stderr
    Job 1: trying 1 failed mail again.
    To send now: cxme-admin jobs run 1
    ");
    assert_eq!(world.ask("SELECT state || ' ' || base_failed FROM jobs"), "running 0");
    assert_eq!(world.mails().len(), 0);
    world.run("jobs run").expect_status(0);
    assert_eq!((world.mails().len(), world.ask("SELECT state FROM jobs")), (3, "finished".to_owned()));
    world.run("users send-reset --all --unless-sent-within 0s --queue-only --yes").expect_status(0);
    world.run("jobs cancel 2").expect_status(0);
    assert_snapshot!(world.run("jobs retry 2"), @"
    status 65
    -- stderr
    error: job 2 is cancelled
    hint: cxme-admin jobs list
    ");
    assert_snapshot!(world.run("jobs retry 3"), @"
    status 65
    -- stderr
    error: no such job: 3
    hint: cxme-admin jobs list
    ");
}

#[test]
fn what_is_deferred_is_tried_now() {
    let world = World::with_mail().with_users("alice,bob,carla");
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, |moment| match moment.at {
        At::Rcpt if moment.line.contains("alice") => Act::Say(b"450 4.2.0 greylisted\r\n".to_vec()),
        At::Rcpt if moment.line.contains("bob") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(relay.port());
    world.run("users send-reset --all --yes").expect_status(75);
    world.configure_mail("");
    assert_snapshot!(world.run("jobs retry 1 --deferred -n"), @"
    status 0
    -- stdout
    Would try 1 deferred mail of job 1 now.
    ");
    assert_snapshot!(world.run("jobs retry 1 --deferred --reason now -v"), @"
    status 3
    -- stderr
    Job 1: trying 1 deferred mail now.
    error: Job 1, finished: 3 mails: 2 accepted, 1 failed
    hint: details: cxme-admin jobs recipients 1; to try again: cxme-admin jobs retry 1
    ");
    assert_snapshot!(world.newest_event(), @r#"
    jobs retry | done | owner, Admin | now
    {"deferred":1,"job":1}
    "#);
    assert_eq!(states(&world), "alice@example.com accepted, bob@example.com failed, carla@example.com accepted");
    assert_snapshot!(world.run("jobs retry 1 --deferred -v"), @"
    status 0
    -- stderr
    Job 1: no mail is deferred.
    ");
}

/// Who asks for it now is asked for the permission when it is sent.
#[test]
fn it_is_sent_although_the_operator_who_asked_first_is_gone() {
    let world = World::with_mail()
        .with_role("Bulk", "view-users send-resets run-bulk-jobs")
        .with_role("Looker", "view-users")
        .with_users("low:Looker")
        .with_operator(CAROL, "Bulk");
    let relay = refusing(&["low"]);
    world.configure_relay(relay.port());
    world.command("users send-reset --all --yes").uid(CAROL).run().expect_status(3);
    world.run("operators remove carol").expect_status(0);
    world.configure_mail("");
    world.run("jobs retry 1").expect_status(0);
    assert_eq!(world.ask("SELECT operator || ' ' || state FROM messages"), "owner accepted");
}

#[test]
fn failures_that_were_retried_do_not_count_for_the_limit() {
    let world = World::with_mail().with_users("a0,a1,a2,a3,b0,b1,b2,b3,b4,b5,b6,b7");
    let relay = refusing(&["<a"]);
    world.configure_relay(relay.port());
    world.run("users send-reset --all --connections 1 --max-failures 30% --yes").expect_status(3);
    assert_eq!(world.ask("SELECT state || ' ' || why FROM jobs"), "paused too many failures: 4 of 10");
    world.configure_mail("");
    world.run("jobs retry 1").expect_status(0);
    assert_eq!(world.mails().len(), 6);
    assert_eq!(world.ask("SELECT state FROM jobs"), "finished");
}
