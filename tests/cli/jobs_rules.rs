//! Jobs and links: who may touch whose, what counts as sent, what a key and a limit mean.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;
use crate::support::code_in;

fn relay(script: impl Fn(At, &str) -> Option<&'static str> + Send + Sync + 'static) -> ScriptedRelay {
    ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, move |moment| {
        match script(moment.at, moment.line) {
            Some(reply) => Act::Say(format!("{reply}\r\n").into_bytes()),
            None => Act::Usual,
        }
    })
}

fn users(names: &str) -> World {
    World::with_mail().with_users(names)
}

#[test]
fn a_user_named_twice_gets_one_mail() {
    let world = users("alice,bob");
    world.run("users send-reset alice ALICE@example.com bob alice").expect_status(0);
    assert_eq!(world.mails().len(), 2);
}

#[test]
fn a_link_that_went_to_a_wrong_address_does_not_count_as_sent() {
    let world = users("alice");
    world.run("users send-reset alice").expect_status(0);
    world.run("users edit alice --email alicia@example.com --no-notify").expect_status(0);
    world.run("users send-reset alice").expect_status(0);
    assert!(world.mails()[1].contains("\r\nTo: alicia@example.com\r\n"));
    world.run("resets revoke alice").expect_status(0);
    world.run("users send-reset --search alice --yes").expect_status(0);
    assert_eq!(world.mails().len(), 3);
}

#[test]
fn a_link_that_a_clock_far_ahead_says_was_sent_later_keeps_no_other_back() {
    let world = users("alice,bob");
    let ten_years = 10 * 365 * 86_400;
    world.wait(ten_years);
    world.run("users send-reset alice bob").expect_status(0);
    world.wait(-ten_years);
    world.run("users send-reset alice").expect_status(0);
    assert_eq!(world.mails().len(), 3);
    world.run("users send-reset --search bob --yes").expect_status(0);
    assert_eq!(world.mails().len(), 4);
    // What was sent since the clock is right counts.
    world.run("users send-reset alice bob").expect_status(0);
    assert_eq!(world.mails().len(), 4);
}

#[test]
fn a_link_lives_on_when_the_mail_of_a_newer_one_does_not_arrive() {
    let world = users("alice");
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    let refusing = relay(|at, _| (at == At::Rcpt).then_some("550 5.1.1 no such user"));
    world.configure_relay(refusing.port());
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(69);
    assert_snapshot!(world.run("resets list"), @"
    status 0
    -- stdout
    MESSAGE  USER   LINK    MAIL      EXPIRES    REQUESTED BY
    2        alice  unsent  failed    -          owner
    1        alice  open    accepted  in 7 days  owner
    ");
    let stdin = format!("{code}\n{GOOD}\n");
    world.command("resets redeem --stdin --no-notify").stdin(stdin).run().expect_status(0);
}

#[test]
fn all_links_are_for_those_who_send_to_many_and_nobody_reaches_above_his_role() {
    let world = World::with_mail()
        .with_role("Sender", "view-users send-resets")
        .with_role("Bulk", "view-users send-resets run-bulk-jobs")
        .with_role("Looker", "view-users")
        .with_users("low:Looker,boss:Admin")
        .with_operator(CAROL, "Sender");
    world.run("users send-reset --all --yes").expect_status(0);
    world.command("resets revoke --all --yes").uid(CAROL).run().expect_status(77);
    world.run("operators remove carol").expect_status(0);
    let world = world.with_operator(CAROL, "Bulk");
    assert_snapshot!(world.command("resets revoke --all --yes -v").uid(CAROL).run(), @"
    status 0
    -- stderr
    Revoked 1 open link and 0 waiting mails.
    warning: Skipped 1 open link and 0 waiting mails of users you may not act on.
    ");
    assert_eq!(world.ask("SELECT group_concat(address) FROM messages WHERE revoked_at IS NULL"), "boss@example.com");
    for command in ["jobs cancel 1 --revoke-links", "jobs delete 1 --yes"] {
        let run = world.command(command).uid(CAROL).run().expect_status(77);
        assert!(run.err().starts_with("error: the role of boss allows"), "{run}");
    }
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE revoked_at IS NULL"), "1");
}

#[test]
fn where_links_cannot_be_made_no_job_is_made_and_nobody_added() {
    let world = users("alice");
    let text = std::fs::read_to_string(world.config()).unwrap().replace("link =", "# link =");
    world.write_config(&text);
    for command in [
        "users send-reset --all --yes",
        "users send-reset --all --yes --queue-only",
        "users send-reset --all -n",
        "users add new@example.com --send-reset",
    ] {
        let run = world.run(command).expect_status(78);
        assert!(run.err().starts_with("error: no link is configured"), "{run}");
    }
    assert_eq!(world.ask("SELECT (SELECT count(*) FROM jobs) || (SELECT count(*) FROM users)"), "01");
}

#[test]
fn an_empty_condition_is_not_everybody() {
    let world = users("alice");
    for option in ["--search", "--role", "--email-domain"] {
        for value in ["", " "] {
            let run = world.command("users send-reset --yes").argument(option).argument(value).run().expect_status(2);
            assert!(run.err().contains("the value is empty"), "{run}");
        }
    }
    assert!(world.mails().is_empty());
}

#[test]
fn a_key_belongs_to_its_selection() {
    let world = users("alice,bob");
    world.run("users send-reset --search alice --key k --yes").expect_status(0);
    assert_snapshot!(world.run("users send-reset --search bob --key k --yes"), @"
    status 65
    -- stderr
    error: job 1 with this key is for other users: --search alice
    ");
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn a_job_that_ends_with_failures_says_so_whoever_ends_it() {
    let world = users("alice,bob,carla");
    let first = relay(|at, line| match (at, line) {
        (At::Rcpt, line) if line.contains("alice") => Some("550 5.1.1 no such user"),
        (At::Rcpt, line) if line.contains("bob") => Some("450 4.2.0 greylisted"),
        _ => None,
    });
    world.configure_relay(first.port());
    world.run("users send-reset --all --yes").expect_status(75);
    world.configure_mail("");
    world.wait(500);
    assert_snapshot!(world.run("jobs run"), @"
    status 3
    -- stderr
    error: Job 1, finished: 3 mails: 2 accepted, 1 failed
    hint: details: cxme-admin jobs recipients 1; to try again: cxme-admin jobs retry 1
    ");
}

#[test]
fn a_job_is_data_where_data_is_asked_for() {
    let world = users("alice,bob");
    assert_snapshot!(world.run("users send-reset --all --yes -o json --queue-only"), @r#"
    status 0
    -- stdout
    {"job":1,"state":"running","mails":2,"accepted":0,"deferred":0,"failed":0,"in_doubt":0,"cancelled":0,"waiting":2,"skipped":0}
    "#);
    assert_snapshot!(world.run("jobs run 1 -o csv"), @"
    status 0
    -- stdout
    job,state,mails,accepted,deferred,failed,in_doubt,cancelled,waiting,skipped
    1,finished,2,2,0,0,0,0,0,0
    ");
}

#[test]
fn a_job_that_somebody_has_looked_at_is_not_paused_again_for_the_same() {
    let world = users("alice,bob,carla,dora");
    let refusing = relay(|at, line| (at == At::Rcpt && line.contains("alice")).then_some("550 5.1.1 no such user"));
    world.configure_relay(refusing.port());
    world.run("users send-reset --all --canary 2 --connections 1 --yes").expect_status(3);
    assert_eq!(world.ask("SELECT state FROM jobs"), "paused");
    // It goes on, and is interrupted at once; cron takes it up.
    world.run("jobs run 1 --max-runtime 0s").expect_status(75);
    world.run("jobs run").expect_status(3);
    assert_eq!(world.ask("SELECT state FROM jobs"), "finished");
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE state = 'accepted'"), "3");
}

#[test]
fn a_life_that_resets_may_not_have_is_refused_for_a_job_too() {
    let world = users("alice,bob").with_password("alice", GOOD);
    assert_snapshot!(world.run("users send-reset --all --expires 2d --yes"), @"
    status 65
    -- stderr
    error: the lifetime of the link must be between 5 minutes and 24 hours for a reset, and some of these users have a password
    ");
    world.run("users send-reset --all --expires 2d -n").expect_status(65);
    assert_eq!(world.count_jobs(), 0);
    world.run("users send-reset --no-password --expires 2d --yes").expect_status(0);
    assert_eq!(world.ask("SELECT lifetime FROM messages"), "172800");
}

#[test]
fn a_relay_that_refuses_us_fails_nobody() {
    let world = users("alice,bob,carla,dora,emil");
    let refusing = relay(|at, _| (at == At::Rcpt).then_some("554 5.7.1 Client host rejected: Access denied"));
    world.configure_relay(refusing.port());
    let run = world.run("users send-reset --all --connections 1 --yes");
    assert_snapshot!(run, @"
    status 69
    -- stderr
    error: the relay refuses all mail from here, for every recipient: 554 5.7.1 Client host rejected: Access denied; check the reverse name of this host, and whether the relay knows it; `jobs run` waits 5 minutes (`--now` does not); Job 1, running: 5 mails: 5 queued
    hint: fix it, and test it: cxme-admin mail test ADDRESS -v; then send the waiting mail: cxme-admin jobs run --now
    ");
    assert_eq!(world.ask("SELECT group_concat(state) FROM messages"), "queued,queued,queued,queued,queued");
    assert_eq!(world.ask("SELECT sum(attempts) || ' ' || count(reply) FROM messages"), "0 5");
    // One mail alone is told by it too that everybody gets this answer.
    assert_snapshot!(world.run("users send-reset alice --unless-sent-within 0s"), @"
    status 69
    -- stderr
    error: alice: not sent yet: the relay still refuses all mail from here: 554 5.7.1 Client host rejected: Access denied; check the reverse name of this host, and whether the relay knows it
    hint: fix it, and test it: cxme-admin mail test ADDRESS -v; then send the waiting mail: cxme-admin jobs run --now
    ");
    world.configure_mail("");
    let held = world.run("jobs run");
    assert!(held.expect_status(69).err().is_empty(), "cron has told of it");
    assert_eq!(world.mails().len(), 0, "cron does not knock each minute");
    assert_snapshot!(world.run("jobs run -v"), @"
    status 69
    -- stderr
    Held back; the next try is due in 5 minutes (`--now` sends at once): 554 5.7.1 Client host rejected: Access denied
    ");
    world.wait(300);
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 5);
}

/// Runs that are held back leave no trace in what cron was told.
#[test]
fn a_refusal_of_everything_that_lasts_is_reported_once_in_an_hour() {
    let world = users("alice,bob,carla,dora,emil,fred");
    let refusing = relay(|at, _| (at == At::Rcpt).then_some("554 5.7.1 Client host rejected: Access denied"));
    world.configure_relay(refusing.port());
    world.run("users send-reset --all --queue-only --yes").expect_status(0);
    assert!(world.run("jobs run").expect_status(69).err().contains("the relay refuses all mail from here"));
    // Tries after 5 and 15 and 35 minutes, each with a run before it that is held back.
    for minutes in [5, 10, 20] {
        assert!(world.run("jobs run").expect_status(69).err().is_empty(), "held back");
        world.wait(minutes * 60);
        let before = refusing.connections();
        let run = world.run("jobs run").expect_status(69);
        assert!(run.err().is_empty(), "{minutes}: {run}");
        assert!(refusing.connections() > before, "the relay was asked");
    }
}

#[test]
fn whoever_asks_for_it_is_not_held_back() {
    for command in ["jobs run --now", "jobs run 1"] {
        let world = users("alice,bob,carla,dora,emil");
        let refusing = relay(|at, _| (at == At::Rcpt).then_some("454 4.7.1 Relay access denied"));
        world.configure_relay(refusing.port());
        world.run("users send-reset --all --connections 1 --yes").expect_status(75);
        world.configure_mail("");
        world.run(command).expect_status(0);
        assert_eq!(world.mails().len(), 5, "{command}");
        assert_eq!(world.ask("SELECT state FROM jobs"), "finished", "{command}");
        // The relay takes mail again: nothing more is held back.
        world.run("users send-reset alice --unless-sent-within 0s --expires 1h").expect_status(0);
        let run = world.run("jobs run -v");
        assert!(run.err().contains("Nothing is due."), "{command}: {run}");
    }
}

#[test]
fn a_single_mail_in_trouble_keeps_no_job_from_starting() {
    for (at, reply, status) in [
        (At::Mail, "550 5.7.1 sender refused", 69),
        (At::Mail, "450 4.3.2 later", 75),
        (At::Rcpt, "504 5.5.2 <host>: Helo command rejected: need fully-qualified hostname", 69),
    ] {
        let world = users("alice,bob,carla");
        let down = relay(|_, _| Some("421 4.3.2 busy"));
        world.configure_relay(down.port());
        world.run("users send-reset alice").expect_status(75);
        world.run("users send-reset --search carla --yes --queue-only").expect_status(0);
        world.wait(1_000);
        let is_first = AtomicBool::new(true);
        let only_once = relay(move |now, _| (now == at && is_first.swap(false, Ordering::SeqCst)).then_some(reply));
        world.configure_relay(only_once.port());
        let run = world.run("jobs run");
        assert_eq!(run.status, status, "{reply}: {run}");
        assert_eq!(world.ask("SELECT state FROM jobs"), "finished", "{reply}: {run}");
    }
}

#[test]
fn a_row_that_somebody_has_made_unreadable_costs_one_mail() {
    let world = users("alice,bob,carla");
    world.sql("UPDATE users SET name = cast(x'ff41fe' AS text), locale = cast(x'ff' AS text) WHERE username = 'bob'");
    world.run("users send-reset --all --yes").expect_status(0);
    assert_eq!(world.mails().len(), 3);
    world.run("jobs recipients 1 -o csv").expect_status(0);
}

#[test]
fn records_of_mails_under_way_are_kept() {
    let world = users("alice");
    world.run("users send-reset --all --yes").expect_status(0);
    world.sql("UPDATE messages SET state = 'sending', sender = 99, ended_at = NULL");
    assert_snapshot!(world.run("jobs delete 1 --yes"), @"
    status 75
    -- stderr
    error: a mail of job 1 is under way
    hint: wait until it has ended; if its sender died, `jobs run` will find out
    ");
}

#[test]
fn what_a_dead_process_was_sending_is_no_reason_to_send_nothing() {
    let world = users("alice");
    world.run("users send-reset alice").expect_status(0);
    world.sql(
        "UPDATE messages SET state = 'sending', sender = 99, ended_at = NULL, delivered_at = NULL, last_try_at = 1",
    );
    world.run("users send-reset alice").expect_status(0);
    assert_eq!(world.mails().len(), 2, "it was long ago");
    assert_eq!(world.ask("SELECT state || times_in_doubt FROM messages WHERE id = 1"), "cancelled1");
}

#[test]
fn each_mail_of_a_job_has_a_link_of_its_own() {
    let world = users("alice,bob,carla");
    world.run("users send-reset --all --yes").expect_status(0);
    let mut codes: Vec<String> = world.mails().iter().map(|mail| code_in(mail)).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 3);
}

#[test]
fn one_mail_that_cannot_be_handed_over_keeps_no_job_from_being_sent() {
    let world = users("alice,bob,carla");
    let program = world.file_with_mode(
        "sendmail",
        "#!/bin/sh\ncase \"$*\" in *alice@*) exit 1 ;; esac\ncat > /dev/null\n",
        0o755,
    );
    let text = std::fs::read_to_string(world.config()).unwrap().replace("\"file\"", "\"sendmail\"");
    world.write_config(&format!("{text}\n[mail.sendmail]\nprogram = \"{}\"\n", program.display()));
    let first = world.run("users send-reset alice");
    assert!([69, 75, 78].contains(&first.status), "{first}");
    world.run("users send-reset --search bob --yes --queue-only").expect_status(0);
    world.run("users send-reset --search carla --yes --queue-only").expect_status(0);
    for _ in 0..3 {
        world.run("jobs run");
    }
    let sent = "SELECT group_concat(address) FROM messages WHERE state = 'accepted'";
    assert_eq!(world.ask(sent), "bob@example.com,carla@example.com");
}

#[test]
fn a_trial_deletes_nothing_that_one_may_not_delete() {
    let world = World::with_mail()
        .with_role("Bulk", "view-users send-resets run-bulk-jobs")
        .with_users("boss:Admin")
        .with_operator(CAROL, "Bulk");
    world.run("users send-reset --all --yes").expect_status(0);
    world.command("jobs delete 1 -n").uid(CAROL).run().expect_status(77);
    world.wait(2 * 86_400);
    let run = world.command("jobs delete --older-than 1d --yes -v").uid(CAROL).run().expect_status(0);
    assert!(run.err().contains("Deleted 0 jobs"), "{run}");
    assert_eq!(world.count_jobs(), 1);
}

#[test]
fn now_tries_what_was_deferred_and_is_not_due_yet() {
    for command in ["jobs run --now --reason fixed", "jobs run 1 --now --reason fixed"] {
        let world = users("alice,bob");
        let greylisting = relay(|at, _| (at == At::Rcpt).then_some("450 4.2.0 greylisted"));
        world.configure_relay(greylisting.port());
        world.run("users send-reset --all --yes").expect_status(75);
        world.configure_mail("");
        let events = world.events();
        world.run("jobs run").expect_status(0);
        assert_eq!((world.mails().len(), world.events()), (0, events), "{command}");
        world.run(command).expect_status(0);
        assert_eq!(world.mails().len(), 2, "{command}");
        let details = if command.contains('1') { r#"{"due_now":2,"job":1}"# } else { r#"{"due_now":2}"# };
        assert_eq!(world.newest_event(), format!("jobs run | done | owner, Admin | fixed\n{details}"));
        // There is nothing left, and so nothing that an event could tell.
        world.run("jobs run --now").expect_status(0);
        assert_eq!(world.events(), events + 1, "{command}");
    }
}

#[test]
fn now_leaves_what_waits_in_a_paused_job() {
    let world = users("alice,bob");
    let greylisting = relay(|at, _| (at == At::Rcpt).then_some("450 4.2.0 greylisted"));
    world.configure_relay(greylisting.port());
    world.run("users send-reset --all --yes").expect_status(75);
    world.run("jobs pause 1").expect_status(0);
    world.configure_mail("");
    world.run("jobs run --now").expect_status(0);
    assert_eq!((world.mails().len(), world.newest_event().starts_with("jobs pause")), (0, true));
}

#[test]
fn a_job_to_many_pauses_when_more_than_three_in_ten_fail_unless_another_share_is_given() {
    let names: Vec<String> = (0..51).map(|number| format!("user{number}")).collect();
    let refusing = relay(|at, line| (at == At::Rcpt && line.contains('1')).then_some("550 5.1.1 no such user"));
    // Of the first ten users with a 1 in their name are two, of the first 16 eight.
    for (options, state) in [("", "paused"), ("--max-failures 100%", "finished"), ("--max-failures 5%", "paused")] {
        let world = users(&names.join(","));
        world.configure_relay(refusing.port());
        world.run(&format!("users send-reset --all --connections 1 --yes {options}")).expect_status(3);
        assert_eq!(world.ask("SELECT state FROM jobs"), state, "{options}");
    }
    let world = users(&names[..50].join(","));
    world.configure_relay(refusing.port());
    world.run("users send-reset --all --connections 1 --yes").expect_status(3);
    assert_eq!(world.ask("SELECT state FROM jobs"), "finished");
}

#[test]
fn what_is_no_number_is_told_in_plain_words() {
    let world = World::new();
    let said = |words: &str| world.run(words).expect_status(2).err().lines().next().unwrap().to_owned();
    assert_eq!(said("jobs show x"), "error: invalid value 'x' for '<JOB>': not a whole number");
    assert_eq!(
        said("jobs show 99999999999999999999"),
        "error: invalid value '99999999999999999999' for '<JOB>': the number is too large"
    );
    assert_eq!(
        said("mail queue --cancel 1.5"),
        "error: invalid value '1.5' for '--cancel <NUMBER>': not a whole number"
    );
}
