//! Jobs: `users send-reset` to a selection, `jobs`.

use cxme_admin::domain::job::JobId;
use cxme_admin::private_file::Rule;
use cxme_admin::store::Store;
use cxme_admin::store::open::ExpectedVersion;
use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

/// Six users: sam signs in with SAML, bob is locked, alice has a password, the others have none.
fn world() -> World {
    let world = World::with_mail().with_users("alice,bob,carla,dora,emil").with_saml_user();
    world.set_password("alice", GOOD);
    world.run("users lock bob").expect_status(0);
    world
}

fn relay(script: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> ScriptedRelay {
    ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, move |moment| {
        match script(moment.line).filter(|_| moment.at == At::Rcpt) {
            Some(reply) => Act::Say(format!("{reply}\r\n").into_bytes()),
            None => Act::Usual,
        }
    })
}

fn states(world: &World) -> String {
    world.ask("SELECT group_concat(state, ', ') FROM messages")
}

#[test]
fn a_selection_becomes_a_job_in_which_everybody_has_a_row() {
    let world = world();
    assert_snapshot!(world.run("users send-reset --all -n"), @"
    status 0
    -- stdout
    Would mail a link to 4 users.
    Would skip 1 user: SAML
    Would skip 1 user: locked
    ");
    assert_snapshot!(world.run("users send-reset --all -n -o csv"), @"
    status 0
    -- stdout
    action,would_change,users,result,why
    users send-reset to many,true,4,would be mailed,
    users send-reset to many,false,1,skipped,SAML
    users send-reset to many,false,1,skipped,locked
    ");
    assert_eq!(world.ask("SELECT count(*) FROM messages"), "0");
    let run = world.run("users send-reset --all --reason 'breach of 2026' --key breach --yes -v");
    assert_snapshot!(run, @"
    status 0
    -- stderr
    Created job 1: 4 mails.
    Job 1, finished: 4 mails: 4 accepted; skipped 2 (1 SAML, 1 locked).
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users send-reset to many | done | owner, Admin | breach of 2026
    {"job":1,"key":"breach","messages":4,"selection":"--all","skipped":2}
    "#);
    assert_eq!(world.mails().len(), 4);
    assert_snapshot!(world.run("jobs show 1"), @"
    status 0
    -- stdout
    Job:           1
    State:         finished
    Key:           breach
    Users:         --all
    Requested by:  owner
    Reason:        breach of 2026
    Created:       now (2026-11-24T08:00:00Z)
    Ended:         now (2026-11-24T08:00:00Z)
    Mails:         4
    Outcome:       4 accepted; skipped 2
    Links used:    0

            1  skipped: SAML
            1  skipped: locked
    ");
    assert_snapshot!(world.run("jobs recipients 1 -o csv"), @"
    status 0
    -- stdout
    username,address,kind,state,reply,attempts,times_in_doubt,created_at,last_try_at,next_try_at,ended_at,message_id,expires_at,used_at,revoked_at,message
    alice,alice@example.com,reset,accepted,kept as 1.f068d859454d63f8e55f6da221a129d1_example.com.eml,1,0,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z,,2026-11-24T08:00:00Z,1.f068d859454d63f8e55f6da221a129d1@example.com,2026-11-25T08:00:00Z,,,1
    bob,bob@example.com,invitation,skipped,locked,0,0,2026-11-24T08:00:00Z,,,2026-11-24T08:00:00Z,,,,,2
    carla,carla@example.com,invitation,accepted,kept as 3.89876445ccfed7b8f3d586f1de8f977b_example.com.eml,1,0,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z,,2026-11-24T08:00:00Z,3.89876445ccfed7b8f3d586f1de8f977b@example.com,2026-12-01T08:00:00Z,,,3
    dora,dora@example.com,invitation,accepted,kept as 4.afffb9a2d10b53c795907a1dd13e6f54_example.com.eml,1,0,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z,,2026-11-24T08:00:00Z,4.afffb9a2d10b53c795907a1dd13e6f54@example.com,2026-12-01T08:00:00Z,,,4
    emil,emil@example.com,invitation,accepted,kept as 5.130e6488323ab415bda38a517fb5c694_example.com.eml,1,0,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z,,2026-11-24T08:00:00Z,5.130e6488323ab415bda38a517fb5c694@example.com,2026-12-01T08:00:00Z,,,5
    sam,sam@idp.example.com,invitation,skipped,SAML,0,0,2026-11-24T08:00:00Z,,,2026-11-24T08:00:00Z,,,,,6
    ");
    for format in ["csv", "json", "ndjson"] {
        let written = world.run(&format!("jobs recipients 1 -o {format}")).stdout;
        let named = world.command("users list -o csv --columns username --from -").stdin(&written).run();
        assert_eq!(named.out().lines().count(), 7, "{format}\n{named}");
    }
    assert_snapshot!(world.run("jobs list"), @"
    status 0
    -- stdout
    JOB  STATE     CREATED  BY     MAILS  ACCEPTED  FAILED  CANCELLED  WAITING
    1    finished  now      owner  4      4         0       0          0
    ");
    assert_snapshot!(world.run("jobs list -o ndjson"), @r#"
    status 0
    -- stdout
    {"job":1,"key":"breach","state":"finished","why":null,"operator":"owner","created_at":"2026-11-24T08:00:00Z","ended_at":"2026-11-24T08:00:00Z","selection":"--all","mails":4,"accepted":4,"failed":0,"bounced":0,"cancelled":0,"waiting":0,"skipped":2}
    "#);
    assert_snapshot!(world.run("jobs show 2"), @"
    status 65
    -- stderr
    error: no such job: 2
    hint: cxme-admin jobs list
    ");
}

#[test]
fn it_asks_with_the_count_and_without_a_terminal_needs_a_yes() {
    let world = world();
    assert_snapshot!(world.run("users send-reset --all"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Mail a link to 4 users, and skip 2 (1 SAML, 1 locked)
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("users send-reset --all").typing(["n"]).run(), @"
    status 65
    -- asked
    Mail a link to 4 users, and skip 2 (1 SAML, 1 locked)? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_eq!(world.count_jobs(), 0);
    assert_snapshot!(world.command("users send-reset --all --queue-only").typing(["y"]).run(), @"
    status 0
    -- asked
    Mail a link to 4 users, and skip 2 (1 SAML, 1 locked)? [y/N] y
    -- stderr
    Created job 1: 4 mails.
    Nothing is sent yet: cxme-admin jobs run 1
    Non-interactive equivalent: cxme-admin users send-reset --all --queue-only --yes
    ");
    assert_snapshot!(world.run("users send-reset --search nobody --yes -v"), @"
    status 0
    -- stderr
    No users match; no mail was sent.
    ");
    assert_snapshot!(world.run("users send-reset --sign-in saml --yes -v"), @"
    status 0
    -- stderr
    No mail sent: 1 user skipped.
      - 1 user: SAML
    ");
}

#[test]
fn who_is_meant_is_said_in_one_way() {
    let world = world();
    for command in [
        "users send-reset",
        "users send-reset alice --all",
        "users send-reset alice --search b",
        "users send-reset --all --search b",
        "users send-reset alice --key k",
        "users send-reset alice --rate 1/s",
        "users send-reset --all --rate 0/s",
        "users send-reset --all --rate 0",
        "users send-reset --all --max-failures 200%",
        "users send-reset --all --max-failures 20",
        "users send-reset --all --connections 0",
        "users send-reset --all --expect many",
        "users send-reset --all --max-runtime long --yes",
        "jobs remind 1",
        "jobs remind 1 --after soon",
        "jobs delete",
        "jobs delete 1 --older-than 1d",
        "jobs show",
    ] {
        let run = world.run(command).expect_status(2);
        assert!(run.err().starts_with("error: "), "{run}");
    }
    assert_snapshot!(world.run("users send-reset"), @"
    status 2
    -- stderr
    error: no user is named
    hint: name users, or select some (`--all` for everybody)
    ");
    assert_snapshot!(world.run("users send-reset alice --key k"), @"
    status 2
    -- stderr
    error: `--key` needs a selection of users, such as `--search TEXT`, `--from FILE` or `--all`
    ");
    for key in ["", "a\nb", &"k".repeat(101)] {
        world.command("users send-reset --all --yes --key").argument(key).run().expect_status(65);
    }
    world.run("users send-reset --all --yes --expires 8d").expect_status(65);
    world.command("users send-reset --all --yes --note").argument("a\rb").run().expect_status(65);
    assert_eq!(world.count_jobs(), 0);
}

#[test]
fn another_number_than_expected_mails_nobody() {
    let world = world();
    assert_snapshot!(world.run("users send-reset --all --expect 6 --yes"), @"
    status 65
    -- stderr
    error: 4 users would be mailed, and `--expect` says 6; nobody was mailed
    hint: details: the same with `--dry-run`
    ");
    assert_eq!(world.count_jobs(), 0);
    world.run("users send-reset --all --expect 4 --yes").expect_status(0);
    assert_eq!(world.mails().len(), 4);
}

#[test]
fn the_same_key_goes_on_and_makes_no_second_job() {
    let world = world();
    let down = ScriptedRelay::start(Offer::default(), |_| Act::Hang(b"421 4.3.2 busy\r\n".to_vec()));
    world.configure_relay(down.port());
    world.run("users send-reset --all --key monthly --yes").expect_status(75);
    world.run("users send-reset --all --key monthly --yes").expect_status(75);
    assert_eq!(world.ask("SELECT count(*) || ' ' || max(attempts) FROM messages"), "6 0");
    world.configure_mail("");
    world.run("users send-reset --all --key monthly --yes").expect_status(0);
    assert_eq!(
        (world.mails().len(), states(&world)),
        (4, "accepted, skipped, accepted, accepted, accepted, skipped".to_owned())
    );
    let again = world.command("users send-reset --all --key monthly --yes").at_terminal().run();
    assert_snapshot!(again, @"
    status 0
    -- stderr
    Job 1 with this key has finished: cxme-admin jobs show 1
    ");
    assert_eq!(world.count_jobs(), 1);
}

#[test]
fn the_same_bulk_twice_by_cron_is_one_live_mail_a_user() {
    let world = world();
    world.run("users send-reset --all --yes").expect_status(0);
    world.run("users send-reset --all --yes").expect_status(0);
    assert_eq!(world.mails().len(), 4);
    assert_snapshot!(world.run("users send-reset --all -n"), @"
    status 0
    -- stdout
    Would skip 4 users: sent a short while ago
    Would skip 1 user: SAML
    Would skip 1 user: locked
    ");
    world.wait(15 * 60);
    world.run("users send-reset --all --yes").expect_status(0);
    assert_eq!(world.mails().len(), 8);
    assert_eq!(
        world.ask("SELECT count(*) FROM messages WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > 0"),
        "4"
    );
}

#[test]
fn who_waits_in_a_job_is_left_out_of_the_next_and_a_domain_that_is_not_allowed_too() {
    let world = world();
    world.run("users send-reset --search alice --queue-only --yes").expect_status(0);
    world.sql("UPDATE users SET email = 'dora@elsewhere.example' WHERE username = 'dora'");
    assert_snapshot!(world.run("users send-reset --all -n"), @"
    status 0
    -- stdout
    Would mail a link to 2 users.
    Would skip 1 user: SAML
    Would skip 1 user: domain not allowed
    Would skip 1 user: locked
    Would skip 1 user: waiting in job 1
    ");
    assert!(world.mails().is_empty());
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn nobody_mails_those_who_may_do_more() {
    let world = World::with_mail()
        .with_role("Bulk", "view-users send-resets run-bulk-jobs")
        .with_role("Looker", "view-users")
        .with_users("low:Looker,admin:Admin")
        .with_operator(CAROL, "Bulk");
    assert_snapshot!(world.command("users send-reset --all -n").uid(CAROL).run(), @"
    status 0
    -- stdout
    Would mail a link to 1 user.
    Would skip 1 user: no permission over this user
    ");
    world.command("users send-reset --all --yes").uid(CAROL).run().expect_status(0);
    assert_eq!(world.ask("SELECT group_concat(address) FROM messages WHERE state = 'accepted'"), "low@example.com");
}

#[test]
fn a_role_that_was_taken_away_stops_what_waits() {
    let world = World::with_mail()
        .with_role("Bulk", "view-users send-resets run-bulk-jobs")
        .with_role("Looker", "view-users")
        .with_users("low:Looker")
        .with_operator(CAROL, "Bulk");
    world.command("users send-reset --all --yes --queue-only").uid(CAROL).run().expect_status(0);
    world.run("operators remove carol").expect_status(0);
    world.run("jobs run").expect_status(0);
    assert!(world.mails().is_empty());
    assert_snapshot!(world.run("jobs show 1"), @"
    status 0
    -- stdout
    Job:           1
    State:         finished
    Users:         --all
    Requested by:  carol
    Created:       now (2026-11-24T08:00:00Z)
    Ended:         now (2026-11-24T08:00:00Z)
    Mails:         1
    Outcome:       1 cancelled
    Links used:    0

            1  cancelled: the operator who asked for it may not send resets any more
    ");
}

#[test]
fn users_are_named_in_a_file_or_a_pipe() {
    let world = world();
    let file = world.file("names.txt", "# who\nalice\ncarla@example.com\n");
    let command = || world.command("users send-reset --yes --unless-sent-within 0s --from").argument(&file).run();
    command().expect_status(0);
    assert_eq!(world.mails().len(), 2);
    assert!(world.newest_event().contains("\"sha256\":\""), "{}", world.newest_event());
    world.file("names.txt", "alice\nnobody\ndora\nnobody2\n");
    assert_snapshot!(command(), @"
    status 67
    -- stderr
    error: 2 of the names match no user; nothing was done
      - line 2: no user with the username `nobody`
      - line 4: no user with the username `nobody2`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_eq!(world.mails().len(), 2, "nobody is mailed");
    world.command("users send-reset --yes --from -").stdin("email\ndora@example.com\n").run().expect_status(0);
    assert_eq!(world.mails().len(), 3);
}

#[test]
fn a_failed_recipient_is_a_row_and_the_sum_says_it() {
    let world = world();
    let relay = relay(|line| line.contains("carla").then_some("550 5.1.1 no such user"));
    world.configure_relay(relay.port());
    assert_snapshot!(world.run("users send-reset --all --yes"), @"
    status 3
    -- stderr
    error: Job 1, finished: 4 mails: 3 accepted, 1 failed; skipped 2 (1 SAML, 1 locked)
    hint: details: cxme-admin jobs recipients 1; to try again: cxme-admin jobs retry 1
    ");
    assert_snapshot!(world.run("jobs show 1"), @"
    status 0
    -- stdout
    Job:           1
    State:         finished
    Users:         --all
    Requested by:  owner
    Created:       now (2026-11-24T08:00:00Z)
    Ended:         now (2026-11-24T08:00:00Z)
    Mails:         4
    Outcome:       3 accepted, 1 failed; skipped 2
    Links used:    0

            1  failed: 550 5.1.1 no such user
            1  skipped: SAML
            1  skipped: locked
    ");
    assert_eq!(world.run("jobs run").status, 0);
}

#[test]
fn deferred_mails_are_for_a_later_run_and_end_the_job() {
    let world = world();
    let greylisting = relay(|line| line.contains("dora").then_some("450 4.2.0 greylisted"));
    world.configure_relay(greylisting.port());
    assert_snapshot!(world.run("users send-reset --all --yes"), @"
    status 75
    -- stderr
    error: Job 1, running: 4 mails: 3 accepted, 1 deferred; skipped 2 (1 SAML, 1 locked)
    hint: unsent mail waits in the outbox: cxme-admin jobs run
    ");
    assert_snapshot!(world.run("jobs run"), @"status 0");
    world.wait(500);
    world.configure_mail("");
    assert_snapshot!(world.run("jobs run -v"), @"
    status 0
    -- stderr
    1 accepted.
    ");
    assert_eq!(world.ask("SELECT state FROM jobs"), "finished");
}

#[test]
fn a_canary_that_dies_pauses_the_job_until_somebody_has_looked() {
    let world = world();
    let refusing = relay(|_| Some("550 5.1.1 no such user"));
    world.configure_relay(refusing.port());
    assert_snapshot!(world.run("users send-reset --all --canary 1 --connections 1 --key k --yes"), @"
    status 3
    -- stderr
    error: Job 1, paused (one of the first messages was not accepted): 4 mails: 1 failed, 3 queued; skipped 2 (1 SAML, 1 locked)
    hint: see: cxme-admin jobs show 1; then: cxme-admin jobs run 1
    ");
    assert_eq!(states(&world), "failed, skipped, queued, queued, queued, skipped");
    world.configure_mail("");
    assert_snapshot!(world.run("jobs run"), @"status 0");
    assert!(world.mails().is_empty(), "a paused job waits for an operator");
    assert_snapshot!(world.run("users send-reset --all --key k --yes"), @"
    status 3
    -- stderr
    error: job 1 with this key is paused: one of the first messages was not accepted
    hint: see: cxme-admin jobs show 1; then: cxme-admin jobs run 1
    ");
    assert_snapshot!(world.run("jobs show 1"), @"
    status 0
    -- stdout
    Job:           1
    State:         paused: one of the first messages was not accepted
    Key:           k
    Users:         --all
    Requested by:  owner
    Created:       now (2026-11-24T08:00:00Z)
    Mails:         4
    Outcome:       1 failed, 3 queued; skipped 2
    Links used:    0
    Pace:          none in the last minute

            1  failed: 550 5.1.1 no such user
            1  skipped: SAML
            1  skipped: locked
    ");
    assert_snapshot!(world.run("jobs run 1 --reason 'one old address'"), @"
    status 3
    -- stderr
    error: Job 1, finished: 4 mails: 3 accepted, 1 failed; skipped 2 (1 SAML, 1 locked)
    hint: details: cxme-admin jobs recipients 1; to try again: cxme-admin jobs retry 1
    ");
    assert_snapshot!(world.ask("SELECT details FROM events WHERE action = 'jobs run'"), @r#"{"job":1,"paused":"one of the first messages was not accepted"}"#);
    assert_eq!(world.mails().len(), 3);
}

#[test]
fn a_job_is_paused_and_resumed_by_operators() {
    let world = world();
    world.run("users send-reset --all --canary 1 --yes --queue-only").expect_status(0);
    assert_snapshot!(world.run("jobs pause 1 -n -v"), @"
    status 0
    -- stdout
    Would pause job 1 (4 unsent mails).
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_eq!(world.ask("SELECT state FROM jobs"), "running");
    assert_snapshot!(world.command("jobs pause 1 --reason 'relay moves'").at_terminal().run(), @"
    status 0
    -- stderr
    Paused job 1 (4 unsent mails).
    ");
    assert_snapshot!(world.newest_event(), @r#"
    jobs pause | done | owner, Admin | relay moves
    {"job":1,"waiting":4}
    "#);
    assert_snapshot!(world.run("jobs pause 1"), @"
    status 65
    -- stderr
    error: job 1 is paused
    hint: cxme-admin jobs list
    ");
    world.run("jobs run").expect_status(0);
    assert!(world.mails().is_empty());
    assert_snapshot!(world.run("jobs show 1 -o json"), @r#"
    status 0
    -- stdout
    {"job":1,"key":null,"state":"paused","why":"by owner","is_sent_now":false,"operator":"owner","reason":null,"selection":"--all","created_at":"2026-11-24T08:00:00Z","ended_at":null,"mails":4,"accepted":0,"deferred":0,"failed":0,"bounced":0,"in_doubt":0,"cancelled":0,"waiting":4,"skipped":2,"possibly_duplicated":0,"links_used":0,"seconds_left":null,"used_up_rate":null,"rate_free_at":null,"passwords_ended":null}
    "#);
    assert_snapshot!(world.run("jobs show 1 -o csv"), @"
    status 0
    -- stdout
    job,key,state,why,is_sent_now,operator,reason,selection,created_at,ended_at,mails,accepted,deferred,failed,bounced,in_doubt,cancelled,waiting,skipped,possibly_duplicated,links_used,seconds_left,used_up_rate,rate_free_at,passwords_ended
    1,,paused,by owner,false,owner,,'--all,2026-11-24T08:00:00Z,,4,0,0,0,0,0,0,4,2,0,0,,,,
    ");
    assert_snapshot!(world.command("jobs resume 1").at_terminal().run(), @"
    status 0
    -- stderr
    Resumed job 1 (4 unsent mails). To send now: cxme-admin jobs run 1
    ");
    assert_snapshot!(world.newest_event(), @r#"
    jobs resume | done | owner, Admin | -
    {"job":1,"paused":"by owner"}
    "#);
    // Nothing was wrong with it: its canary goes first still.
    assert_eq!(world.ask("SELECT state || canary FROM jobs"), "running1");
    assert!(world.mails().is_empty(), "the next run sends it");
    assert_snapshot!(world.run("jobs resume 1"), @"
    status 65
    -- stderr
    error: job 1 is running
    hint: cxme-admin jobs list
    ");
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 4);
    for (call, state) in [("pause", "finished"), ("resume", "finished")] {
        let run = world.run(&format!("jobs {call} 1"));
        assert!(run.status == 65 && run.to_string().contains(&format!("job 1 is {state}")), "{run}");
    }
    assert_snapshot!(world.run("jobs recipients 1"), @"
    status 0
    -- stdout
    USER   ADDRESS              STATE     TRIES  REPLY
    alice  alice@example.com    accepted  1      kept as 1.8043e03fa775078f1963ae79fa6c5d26_example.com.eml
    bob    bob@example.com      skipped   0      locked
    carla  carla@example.com    accepted  1      kept as 3.7e481f193e27f16405b2c93259bca21e_example.com.eml
    dora   dora@example.com     accepted  1      kept as 4.2c8c3772ddb46e7e77272bfc84179eb9_example.com.eml
    emil   emil@example.com     accepted  1      kept as 5.5a9c931ca4daa88b74ead0c3183ba146_example.com.eml
    sam    sam@idp.example.com  skipped   0      SAML
    ");
    assert_snapshot!(world.run("jobs recipients 9 -o json"), @"
    status 65
    -- stderr
    error: no such job: 9
    hint: cxme-admin jobs list
    ");
}

#[test]
fn a_job_that_another_process_sends_starts_nothing_new_once_it_is_paused() {
    let world = world();
    let relay = pausing_at("alice", world.store());
    world.configure_relay(relay.port());
    world.run("users send-reset --all --connections 1 --yes --queue-only").expect_status(0);
    assert_snapshot!(world.run("jobs run 1"), @"
    status 3
    -- stderr
    error: Job 1, paused (by owner): 4 mails: 1 accepted, 3 queued; skipped 2 (1 SAML, 1 locked)
    hint: see: cxme-admin jobs show 1; then: cxme-admin jobs run 1
    ");
    // The mail in flight ended as it did.
    assert_eq!(states(&world), "accepted, skipped, queued, queued, queued, skipped");
    world.run("jobs resume 1").expect_status(0);
    world.run("jobs run").expect_status(0);
    assert_eq!(states(&world), "accepted, skipped, accepted, accepted, accepted, skipped");
    assert_eq!(world.ask("SELECT state FROM jobs"), "finished");
}

#[test]
fn a_job_whose_last_mail_was_in_flight_when_it_was_paused_finishes() {
    let world = world();
    let relay = pausing_at("emil", world.store());
    world.configure_relay(relay.port());
    world.run("users send-reset --all --connections 1 --yes").expect_status(0);
    assert_eq!(world.ask("SELECT state FROM jobs"), "finished");
}

/// A relay that has the job paused, as another process's `jobs pause` does, while it takes the mail to a user.
fn pausing_at(user: &'static str, store: std::path::PathBuf) -> ScriptedRelay {
    ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, move |moment| {
        if moment.at == At::Dot && moment.recipient.contains(user) {
            let store = Store::open(&store, &Rule::store(false), ExpectedVersion::Current).unwrap();
            let writing = store.write().unwrap();
            writing.pause_job(JobId(1), "by owner", "2026-11-24T08:00:00Z".parse().unwrap()).unwrap();
            writing.commit().unwrap();
        }
        Act::Usual
    })
}

#[test]
fn a_job_is_called_off_and_its_links_with_it() {
    let world = world();
    world.run("users send-reset --search alice --yes").expect_status(0);
    world.run("users send-reset --search carla --yes --queue-only").expect_status(0);
    assert_snapshot!(world.command("jobs cancel 2 --reason typo").at_terminal().run(), @"
    status 0
    -- stderr
    Cancelled job 2: 1 mail cancelled.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    jobs cancel | done | owner, Admin | typo
    {"in_doubt":0,"job":2,"links":0,"messages":1}
    "#);
    assert_snapshot!(world.run("jobs cancel 2"), @"
    status 65
    -- stderr
    error: job 2 is cancelled
    hint: cxme-admin jobs list
    ");
    assert_snapshot!(world.run("jobs cancel 1"), @"
    status 65
    -- stderr
    error: job 1 is finished
    hint: cxme-admin jobs list
    ");
    assert_snapshot!(world.command("jobs cancel 1 --revoke-links").at_terminal().run(), @"
    status 0
    -- stderr
    Revoked 1 link of job 1, which is finished already.
    ");
    assert_eq!(world.ask("SELECT revoked_why FROM messages WHERE id = 1"), "job 1 cancelled");
    assert_snapshot!(world.run("jobs run 2"), @"
    status 65
    -- stderr
    error: job 2 is cancelled
    hint: cxme-admin jobs list
    ");
    assert_snapshot!(world.run("jobs run 9"), @"
    status 65
    -- stderr
    error: no such job: 9
    hint: cxme-admin jobs list
    ");
    world.run("users send-reset --search carla --key x --queue-only --yes").expect_status(0);
    world.run("jobs cancel 3").expect_status(0);
    assert_snapshot!(world.run("users send-reset --search carla --key x --yes"), @"
    status 65
    -- stderr
    error: job 3 with this key was cancelled: give another key
    ");
}

#[test]
fn who_did_not_use_the_link_is_reminded() {
    let world = world();
    world.run("users send-reset --all --yes").expect_status(0);
    let codes: Vec<String> = world.mails().iter().map(|mail| crate::support::code_in(mail)).collect();
    let redeem = |code: &str| format!("{code}\nseven violet umbrellas whistle\n");
    world.command("resets redeem --stdin --no-notify").stdin(redeem(&codes[1])).run().expect_status(0);
    world.set_password("dora", GOOD);
    world.wait(3 * 86_400 - 1);
    assert_snapshot!(world.run("jobs remind 1 --after 3d -n"), @"
    status 0
    -- stdout
    No users match.
    ");
    world.wait(1);
    assert_snapshot!(world.run("jobs remind 1 --after 3d -n"), @"
    status 0
    -- stdout
    Would mail a link to 2 users.
    ");
    assert_snapshot!(world.run("jobs remind 1 --after 3d --yes --note 'A reminder.' -v"), @"
    status 0
    -- stderr
    Created job 2: 2 mails.
    Job 2, finished: 2 mails: 2 accepted.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    jobs remind | done | owner, Admin | -
    {"job":2,"messages":2,"selection":"who did not use the link of job 1, 3d after","skipped":0}
    "#);
    assert_eq!(
        world.ask("SELECT group_concat(address) FROM messages WHERE job_id = 2"),
        "alice@example.com,emil@example.com"
    );
    world.run("jobs remind 9 --after 3d --yes").expect_status(65);
}

#[test]
fn old_records_are_deleted_and_nothing_else() {
    let world = world();
    world.run("users send-reset --search alice --yes").expect_status(0);
    world.run("users send-reset carla").expect_status(0);
    world.run("users send-reset --search dora --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("jobs delete 2"), @"
    status 65
    -- stderr
    error: job 2 is running
    hint: cxme-admin jobs list
    ");
    assert_snapshot!(world.run("jobs delete 1"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Delete 1 job, 1 mail, and end 1 open link permanently
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("jobs delete 1").typing(["y"]).run(), @"
    status 0
    -- asked
    Delete 1 job, 1 mail, and end 1 open link permanently? [y/N] y
    -- stderr
    Deleted 1 job, 1 mail, and with them 1 open link.
    Non-interactive equivalent: cxme-admin jobs delete 1 --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    jobs delete | done | owner, Admin | -
    {"jobs":[1],"links":1,"messages":1}
    "#);
    world.wait(400 * 86_400);
    assert_snapshot!(world.command("jobs delete --older-than 365d --yes").at_terminal().run(), @"
    status 0
    -- stderr
    Deleted 0 jobs, 1 mail.
    ");
    assert_eq!(world.ask("SELECT count(*) FROM messages"), "1", "what waits stays");
    assert_snapshot!(world.run("jobs delete --older-than 365d --yes -v"), @"
    status 0
    -- stderr
    Deleted 0 jobs, 0 mails.
    ");
}

#[test]
fn at_a_terminal_one_line_shows_how_far_it_is_and_goes_when_it_is_over() {
    let world = world();
    let greylisting = relay(|line| line.contains("alice").then_some("450 4.2.0 \u{1b}[2Jgreylisted"));
    world.configure_relay(greylisting.port());
    let run = world.command("users send-reset --all --yes").at_terminal().run().expect_status(75);
    let shown = run.err();
    assert!(shown.contains(" of 4  ") && shown.contains("1 deferred: 450 4.2.0 \\u{1b}[2Jgreylisted"), "{shown:?}");
    let (_, after) = shown.rsplit_once("\u{1b}[2K").unwrap();
    assert!(
        after.starts_with("error: Job 1, running: 4 mails: 3 accepted, 1 deferred; skipped 2 (1 SAML, 1 locked)\n"),
        "{shown:?}"
    );
    for line in shown.split(['\r', '\n']).filter(|line| line.contains(" of 4 ")) {
        let line = line.trim_start_matches("\u{1b}[2K");
        assert!(line.chars().count() <= 80, "{line:?}");
    }
    let quiet = world.command("users send-reset --all --yes -q --unless-sent-within 0s").at_terminal().run();
    assert!(!quiet.err().contains(" of "), "{quiet}");
}

#[test]
fn nothing_is_due_in_a_store_without_mail() {
    let world = World::new();
    assert_snapshot!(world.command("jobs run").at_terminal().run(), @"
    status 0
    -- stderr
    Nothing is due.
    ");
    assert_snapshot!(world.command("jobs list").at_terminal().run(), @"
    status 0
    -- stderr
    No jobs.
    ");
}

#[test]
fn a_run_that_leaves_mails_in_doubt_says_so() {
    let world = World::with_mail().with_users("alice,bob");
    let program = world.file_with_mode("sendmail", "#!/bin/sh\ncat >/dev/null\nkill -9 $$\n", 0o700);
    let config = std::fs::read_to_string(world.config()).unwrap();
    let section = format!("[mail.sendmail]\nprogram = \"{}\"\n[mail.file]\n", program.display());
    world.write_config(&config.replace("\"file\"\n[mail.file]\n", &format!("\"sendmail\"\n{section}")));
    world.run("users send-reset alice");
    assert_eq!(states(&world), "in doubt");
    world.wait(1_000);
    assert_snapshot!(world.run("jobs run"), @"
    status 75
    -- stderr
    error: 1 in doubt
    hint: a mail in doubt may have arrived, and jobs run sends it again; why: cxme-admin mail queue
    ");
    // What is not due yet is not told of again.
    assert_snapshot!(world.run("jobs run"), @"status 0");
    world.run("users send-reset --all --yes").expect_status(75);
    // When they arrive, all is well.
    world.write_config(&config);
    world.wait(1_000);
    world.run("jobs run").expect_status(0);
}

#[test]
fn a_relay_that_leaves_all_mail_in_doubt_is_left_alone_for_a_while_and_told_at_once() {
    let users = (1..=20).map(|number| format!("u{number}")).collect::<Vec<_>>().join(",");
    let world = World::with_mail().with_users(&users).with_password("u1", GOOD);
    let program = world.file_with_mode("sendmail", "#!/bin/sh\ncat >/dev/null\nkill -9 $$\n", 0o700);
    let config = std::fs::read_to_string(world.config()).unwrap();
    let section = format!("[mail.sendmail]\nprogram = \"{}\"\n[mail.file]\n", program.display());
    world.write_config(&config.replace("\"file\"\n[mail.file]\n", &format!("\"sendmail\"\n{section}")));
    world.run("users send-reset --all --yes --queue-only").expect_status(0);
    let run = world.run("jobs run").expect_status(75);
    // How many are under way when the fifth is known is a matter of timing.
    let words = "sendmail: ended by signal 9; check its log; `jobs run` waits 5 minutes (`--now` does not)";
    let is_told =
        |count| run.err().contains(&format!("{words}; {count} in doubt\nhint: a mail in doubt may have arrived"));
    assert!(run.err().starts_with("error: the relay leaves all mail in doubt: ") && (6..=9).any(is_told), "{run}");
    assert_snapshot!(world.run("jobs run"), @"status 75");
    assert_snapshot!(world.run("jobs run -v"), @"
    status 75
    -- stderr
    Held back; the next try is due in 5 minutes (`--now` sends at once): in doubt: [DIR]/sendmail: ended by signal 9
    ");
    let run = world.run("users send-reset --all --end-passwords --unless-sent-within 0s --yes").expect_status(75);
    assert!(run.err().contains("the relay left all mail in doubt a short while ago: "), "{run}");
    // One mail shows that nothing has changed.
    world.wait(300);
    let run = world.run("jobs run").expect_status(75);
    assert!(run.err().is_empty(), "it was told a moment ago: {run}");
    let run = world.run("jobs run -v").expect_status(75);
    assert!(run.err().contains("the next try is due in 10 minutes"), "{run}");
    world.write_config(&config);
    world.wait(2_000);
    world.run("jobs run").expect_status(0);
    assert_eq!(states(&world), ["accepted"; 20].join(", "));
}
