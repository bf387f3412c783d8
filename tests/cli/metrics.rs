//! Numbers for monitoring: `metrics`, and the file of `jobs run --metrics-file`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::MALLORY;
use crate::support::World;

/// The value of a number.
fn value(text: &str, name: &str) -> i64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in {text}")).parse().unwrap()
}

fn metrics(world: &World) -> String {
    world.run("metrics").expect_status(0).out()
}

#[test]
fn every_number_has_its_meaning_and_type_and_a_new_store_has_none_that_alarms() {
    let world = World::with_mail();
    assert_snapshot!(world.run("metrics"), @r#"
    status 0
    -- stdout
    # HELP cxme_admin_messages Messages in the store, by state.
    # TYPE cxme_admin_messages gauge
    cxme_admin_messages{state="queued"} 0
    cxme_admin_messages{state="sending"} 0
    cxme_admin_messages{state="accepted"} 0
    cxme_admin_messages{state="deferred"} 0
    cxme_admin_messages{state="failed"} 0
    cxme_admin_messages{state="bounced"} 0
    cxme_admin_messages{state="in doubt"} 0
    cxme_admin_messages{state="cancelled"} 0
    cxme_admin_messages{state="skipped"} 0
    cxme_admin_messages{state="unknown"} 0
    # HELP cxme_admin_oldest_unsent_seconds Age of the oldest unsent message of no job and of a running job; 0 if none waits.
    # TYPE cxme_admin_oldest_unsent_seconds gauge
    cxme_admin_oldest_unsent_seconds{of="single"} 0
    cxme_admin_oldest_unsent_seconds{of="job"} 0
    # HELP cxme_admin_jobs Jobs in the store, by state.
    # TYPE cxme_admin_jobs gauge
    cxme_admin_jobs{state="running"} 0
    cxme_admin_jobs{state="paused"} 0
    cxme_admin_jobs{state="finished"} 0
    cxme_admin_jobs{state="cancelled"} 0
    # HELP cxme_admin_relay_hold_seconds How long jobs run still sends nothing because the relay refused every mail; 0 if it does not wait.
    # TYPE cxme_admin_relay_hold_seconds gauge
    cxme_admin_relay_hold_seconds 0
    # HELP cxme_admin_last_success_timestamp_seconds When jobs run last succeeded, in seconds since 1970; 0 if it never did.
    # TYPE cxme_admin_last_success_timestamp_seconds gauge
    cxme_admin_last_success_timestamp_seconds 0
    # HELP cxme_admin_refused_actions_total Events of the audit log that tell of a refused action.
    # TYPE cxme_admin_refused_actions_total counter
    cxme_admin_refused_actions_total 0
    # HELP cxme_admin_event_head_number Number of the newest event of the audit log. It falls only if the store is replaced.
    # TYPE cxme_admin_event_head_number gauge
    cxme_admin_event_head_number 1
    # HELP cxme_admin_bouncing_users Users whose address takes no mail, as delivery reports said.
    # TYPE cxme_admin_bouncing_users gauge
    cxme_admin_bouncing_users 0
    "#);
}

/// Each state is counted by an index of its own, and what is accepted is the rest.
#[test]
fn the_numbers_are_those_of_the_store() {
    let world = World::with_mail().with_users("alice,bob,carla,dora,emil,fred,gina").with_saml_user();
    world.run("users send-reset alice").expect_status(0);
    world.run("mail test postmaster@example.com").expect_status(0);
    world.run("users send-reset --all --queue-only --yes").expect_status(0);
    world.wait(90);
    let states =
        [("bob", "deferred"), ("carla", "in doubt"), ("dora", "failed"), ("emil", "cancelled"), ("fred", "accepted")];
    for (user, state) in states {
        world
            .sql(&format!("UPDATE messages SET state = '{state}' WHERE job_id = 1 AND address = '{user}@example.com'"));
    }
    world.command("users list").uid(MALLORY).run().expect_status(77);
    let text = metrics(&world);
    for word in ["queued", "sending", "accepted", "deferred", "failed", "in doubt", "cancelled", "skipped"] {
        let counted = world.ask(&format!("SELECT count(*) FROM messages WHERE state = '{word}'"));
        assert_eq!(value(&text, &format!("cxme_admin_messages{{state=\"{word}\"}}")).to_string(), counted, "{word}");
    }
    assert_eq!(value(&text, "cxme_admin_messages{state=\"accepted\"}"), 3);
    assert!(value(&text, "cxme_admin_messages{state=\"skipped\"}") > 0);
    assert_eq!(value(&text, "cxme_admin_oldest_unsent_seconds{of=\"job\"}"), 90);
    assert_eq!(value(&text, "cxme_admin_oldest_unsent_seconds{of=\"single\"}"), 0);
    assert_eq!(value(&text, "cxme_admin_jobs{state=\"running\"}"), 1);
    assert_eq!(value(&text, "cxme_admin_refused_actions_total"), 1);
    assert_eq!(value(&text, "cxme_admin_event_head_number").to_string(), world.ask("SELECT max(number) FROM events"));
    // What a paused job keeps back is not late.
    world.run("jobs pause 1").expect_status(0);
    let text = metrics(&world);
    assert_eq!(value(&text, "cxme_admin_oldest_unsent_seconds{of=\"job\"}"), 0);
    assert_eq!(value(&text, "cxme_admin_jobs{state=\"paused\"}"), 1);
    world.sql("PRAGMA ignore_check_constraints = ON; UPDATE messages SET state = 'lost' WHERE id = 1");
    assert_eq!(value(&metrics(&world), "cxme_admin_messages{state=\"unknown\"}"), 1);
}

#[test]
fn as_data_each_number_is_a_record() {
    let world = World::with_mail();
    let run = world.run("metrics -o csv").expect_status(0).out();
    assert!(run.starts_with("metric,label,value\ncxme_admin_messages,queued,0\n"), "{run}");
    assert!(run.contains("\ncxme_admin_event_head_number,,1\n"), "{run}");
}

#[test]
fn a_run_writes_the_file_for_everybody_to_read_and_says_when_one_succeeded() {
    let world = World::with_mail().with_users("alice");
    let file = world.path("cxme.prom");
    let run = |line: &str| world.command(line).argument("--metrics-file").argument(&file).run();
    assert!(run("jobs run").expect_status(0).all().is_empty());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o644);
    let text = fs::read_to_string(&file).unwrap();
    let now = world.now().as_second();
    assert!(text.starts_with("# HELP cxme_admin_last_run_timestamp_seconds "), "{text}");
    assert_eq!(value(&text, "cxme_admin_last_run_timestamp_seconds"), now);
    assert_eq!(value(&text, "cxme_admin_last_run_exit_status"), 0);
    assert_eq!(value(&text, "cxme_admin_last_success_timestamp_seconds"), now);
    // Nothing that names anybody, and the numbers of `metrics`.
    assert!(!text.contains("alice") && text.ends_with(&metrics(&world)), "{text}");

    // A relay that refuses: the run fails, and the file says so and since when.
    let relay = ScriptedRelay::start(Offer::default(), |_| Act::Hang(b"554 5.7.1 go away\r\n".to_vec()));
    world.configure_relay(relay.port());
    assert_eq!(world.run("users send-reset alice").status, 69);
    world.wait(60);
    let failed = run("jobs run").status;
    assert_eq!(failed, 69);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(value(&text, "cxme_admin_last_run_exit_status"), 69);
    assert_eq!(value(&text, "cxme_admin_last_run_timestamp_seconds"), now + 60);
    assert_eq!(value(&text, "cxme_admin_last_success_timestamp_seconds"), now);
    assert_eq!(value(&text, "cxme_admin_oldest_unsent_seconds{of=\"single\"}"), 60);
    // Held back as after a relay that refuses every mail.
    let until = world.now().as_second() + 300;
    world.sql(&format!("INSERT OR REPLACE INTO relay_hold (id, until, count, reply) VALUES (1, {until}, 1, '550 no')"));
    assert_eq!(value(&metrics(&world), "cxme_admin_relay_hold_seconds"), 300);
    assert_eq!(
        fs::read_dir(world.directory())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().contains("cxme.prom") })
            .count(),
        1
    );
}

#[test]
fn a_run_that_ends_at_its_limit_has_succeeded() {
    let world = World::with_mail().with_users("alice,bob,carla");
    let relay = ScriptedRelay::start(Offer::default(), |_| Act::Usual);
    world.configure_relay(relay.port());
    world.run("users send-reset --all --queue-only --yes --rate 1/h").expect_status(0);
    assert_eq!(world.run("jobs run").status, 75);
    assert_eq!(value(&metrics(&world), "cxme_admin_last_success_timestamp_seconds"), world.now().as_second());
}

#[test]
fn a_store_that_cannot_be_used_leaves_the_numbers_of_the_run() {
    let world = World::with_mail();
    let file = world.path("cxme.prom");
    fs::remove_file(world.store()).unwrap();
    let run = world.command("jobs run --metrics-file").argument(&file).run();
    assert_eq!(run.status, 78, "{run}");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(value(&text, "cxme_admin_last_run_exit_status"), 78);
    assert!(!text.contains("cxme_admin_messages"), "{text}");
}

#[test]
fn nothing_but_a_file_of_metrics_is_replaced_and_the_mail_is_sent_all_the_same() {
    let world = World::with_mail().with_users("alice");
    world.run("users send-reset --search alice --queue-only --yes").expect_status(0);
    let other = world.file("notes.txt", "mine\n");
    let run = world.command("jobs run --metrics-file").argument(&other).run();
    assert_snapshot!(run, @"
    status 65
    -- stderr
    error: [DIR]/notes.txt: is not a metrics file, and was not replaced
    hint: give another path
    ");
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine\n");
    assert_eq!(world.mails().len(), 1);
    // From cron it is said once an hour.
    world.wait(60);
    assert!(world.command("jobs run --metrics-file").argument(&other).run().expect_status(65).all().is_empty());
    world.wait(3_600);
    assert!(!world.command("jobs run --metrics-file").argument(&other).run().expect_status(65).all().is_empty());
    for path in ["absent/cxme.prom", "data"] {
        let run = world.command("jobs run -v --metrics-file").argument(world.path(path)).run();
        assert!([2, 65, 74, 78].contains(&run.status), "{run}");
    }
    let reserved = world.path("cxme.lock");
    world.command("jobs run --metrics-file").argument(&reserved).run().expect_status(2);
    assert!(!reserved.exists());
    // A directory in which others may write.
    let open = world.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let run = world.command("jobs run --metrics-file").argument(open.join("cxme.prom")).run();
    assert_eq!(run.status, 78, "{run}");
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
}

/// systemd and cron keep what is said on standard error: it names the job and the message.
#[test]
fn an_incident_is_one_line_that_names_the_job_and_the_message() {
    let world = World::with_mail().with_users("alice,bob,carla");
    let relay = ScriptedRelay::start(Offer::default(), |moment| match moment.at {
        At::Rcpt if moment.line.contains("bob") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(relay.port());
    world.run("users send-reset --search alice --queue-only --yes").expect_status(0);
    world.run("users send-reset --search bob --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("jobs run"), @"
    status 3
    -- stderr
    error: Job 2, finished: 1 mail: 1 failed (first failed: message 2 of job 2)
    hint: details: cxme-admin jobs recipients 2; to try again: cxme-admin jobs retry 2
    ");
}

#[test]
fn who_may_not_run_jobs_writes_no_file() {
    let world = World::with_mail().with_operator(CAROL, "Minimal Permissions");
    let file = world.path("cxme.prom");
    world.command("jobs run --metrics-file").argument(&file).uid(CAROL).run().expect_status(77);
    world.command("jobs run --metrics-file").argument(&file).uid(MALLORY).run().expect_status(77);
    world.command("metrics").uid(MALLORY).run().expect_status(77);
    world.command("metrics").uid(CAROL).run().expect_status(0);
    assert!(!file.exists());
}
