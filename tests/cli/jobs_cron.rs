//! `jobs run` from cron, which mails every word: what is new is reported at once, what goes on once an hour.

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::Run;
use crate::support::World;

/// A mail to alice waits for a relay that says this to everybody who comes.
fn waiting_for(greeting: &'static [u8]) -> (World, ScriptedRelay) {
    let world = World::with_mail().with_users("alice,bob");
    let relay = ScriptedRelay::start(Offer::default(), move |_| Act::Hang(greeting.to_vec()));
    world.configure_relay(relay.port());
    let status = world.run("users send-reset alice").status;
    assert!([69, 75].contains(&status));
    (world, relay)
}

/// Runs `jobs run` each minute as cron does; the minutes of the mails that cron would send.
fn mailed(world: &World, minutes: std::ops::Range<i64>, status: u8) -> Vec<i64> {
    let mut mailed = Vec::new();
    for minute in minutes {
        let run = world.run("jobs run").expect_status(status);
        if !run.all().is_empty() {
            mailed.push(minute);
        }
        world.wait(60);
    }
    mailed
}

fn said(run: &Run) -> String {
    let words = run.err();
    // The number of a port differs each time.
    let (before, after) = words.split_once("127.0.0.1:").unwrap_or((&words, ""));
    let after = after.trim_start_matches(|character: char| character.is_ascii_digit());
    format!("status {}\n{before}{}{after}", run.status, if after.is_empty() { "" } else { "127.0.0.1:PORT" })
}

#[test]
fn a_relay_that_cannot_be_used_now_is_reported_when_mail_has_waited_for_an_hour_and_then_once_an_hour() {
    let (world, _relay) = waiting_for(b"421 4.3.2 busy\r\n");
    assert_eq!(mailed(&world, 0..130, 75), [60, 120]);
    // A person who looks on is told each time.
    assert_snapshot!(said(&world.run("jobs run -v")), @"
    status 75
    error: 127.0.0.1:PORT: 421 4.3.2 busy; no mail was sent
    hint: it waits in the outbox: cxme-admin jobs run tries again
    ");
    for options in ["jobs run -v", "jobs run -v -o json"] {
        assert!(!world.run(options).expect_status(75).err().is_empty(), "{options}");
    }
    for options in ["jobs run", "jobs run -q", "jobs run --no-input"] {
        assert!(!world.command(options).at_terminal().run().expect_status(75).err().is_empty(), "{options}");
    }
    world.configure_mail("");
    assert!(world.run("jobs run").expect_status(0).all().is_empty());
    assert_eq!(world.ask("SELECT count(*) FROM metadata WHERE name LIKE 'last report%'"), "0", "it has passed");
}

#[test]
fn the_time_is_that_of_the_configuration() {
    let (world, relay) = waiting_for(b"421 4.3.2 busy\r\n");
    let complain_after = |time: &str| {
        world.configure_relay(relay.port());
        let config = std::fs::read_to_string(world.config()).unwrap();
        world.write_config(&format!("{config}\n[jobs]\ncomplain_after = \"{time}\"\n"));
    };
    complain_after("10m");
    assert_eq!(mailed(&world, 0..75, 75), [10, 70]);
    complain_after("30d");
    assert_eq!(mailed(&world, 0..120, 75), [0; 0]);
    complain_after("0s");
    assert_eq!(mailed(&world, 0..2, 75), [0]);
}

#[test]
fn a_relay_that_refuses_is_reported_at_once_and_then_once_an_hour() {
    let (world, _relay) = waiting_for(b"554 5.7.1 go away\r\n");
    assert_eq!(mailed(&world, 0..65, 69), [0, 60]);
    // Another refusal is news.
    let other = ScriptedRelay::start(Offer::default(), |_| Act::Hang(b"521 5.3.2 no mail here\r\n".to_vec()));
    world.configure_relay(other.port());
    assert_snapshot!(said(&world.run("jobs run")), @"
    status 69
    error: 127.0.0.1:PORT: 521 5.3.2 no mail here; no mail was sent
    hint: fix it, and test it: cxme-admin mail test ADDRESS -v; then send the waiting mail: cxme-admin jobs run --now
    ");
    assert_eq!(mailed(&world, 0..3, 69), [0; 0]);
    // After a run that sent mail the same refusal is news again.
    world.configure_mail("");
    world.run("jobs run").expect_status(0);
    world.configure_relay(other.port());
    assert_eq!(world.run("users send-reset bob").status, 69);
    assert_eq!(mailed(&world, 0..3, 69), [0]);
}

#[test]
fn a_configuration_that_sends_no_mail_is_reported_once_an_hour_also_where_that_cannot_be_recorded() {
    let (world, relay) = waiting_for(b"421 4.3.2 busy\r\n");
    world.configure("");
    let other = rusqlite::Connection::open(world.store()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = world.run("jobs run").expect_status(78);
    assert_snapshot!(first, @"
    status 78
    -- stderr
    error: no mail is configured: `[mail] from` is missing
    hint: config.example.toml shows the sections [mail] and [mail.smtp]
    ");
    assert_eq!(world.run("jobs run"), first, "nothing was recorded: it is reported again");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(world.run("jobs run"), first);
    assert_eq!(mailed(&world, 0..61, 78), [60]);
    // What passes by itself is no news after that, and the same configuration neither.
    world.configure_relay(relay.port());
    assert_eq!(mailed(&world, 0..2, 75), [0; 0]);
    world.configure("");
    assert_eq!(mailed(&world, 0..2, 78), [0; 0]);
}

#[test]
fn each_mail_that_fails_is_reported() {
    let world = World::with_mail().with_users("alice,bob,carla");
    let refusing = ScriptedRelay::start(Offer::default(), |moment| match moment.at {
        At::Rcpt => Act::Say(b"450 4.2.1 later\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(refusing.port());
    world.run("users send-reset alice bob").expect_status(75);
    let failing = ScriptedRelay::start(Offer::default(), |moment| match moment.at {
        At::Rcpt if moment.line.contains("alice") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        At::Rcpt => Act::Say(b"450 4.2.1 later\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(failing.port());
    world.wait(3_600);
    assert!(!world.run("jobs run").expect_status(3).all().is_empty());
    let all = ScriptedRelay::start(Offer::default(), |moment| match moment.at {
        At::Rcpt => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(all.port());
    world.wait(3_600 * 2);
    assert!(!world.run("jobs run").expect_status(3).all().is_empty(), "another mail has failed");
}

#[test]
fn whoever_looks_on_sees_what_waits_until_when_and_why() {
    let world = World::with_mail().with_users("alice,bob");
    let later = ScriptedRelay::start(Offer::default(), |moment| match moment.at {
        At::Rcpt if moment.line.contains("bob") => Act::Usual,
        At::Rcpt => Act::Say(b"451 4.7.1 greylisted, come back\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(later.port());
    world.run("users send-reset alice").expect_status(75);
    assert_snapshot!(world.command("jobs run").at_terminal().run(), @"
    status 0
    -- stderr
    Nothing is due: 1 mail waits, the next try is due in 5 minutes: 451 4.7.1 greylisted, come back.
    ");
    assert_snapshot!(world.run("jobs run"), @"status 0");
    world.wait(60);
    assert_eq!(world.command("users send-reset bob").run().status, 0);
    assert_snapshot!(world.run("jobs run -v"), @"
    status 0
    -- stderr
    Nothing is due: 1 mail waits, the next try is due in 4 minutes: 451 4.7.1 greylisted, come back.
    ");
    world.run("users send-reset --search bob --unless-sent-within 0s --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("jobs run -v"), @"
    status 0
    -- stderr
    1 accepted; 1 mail waits, the next try is due in 4 minutes: 451 4.7.1 greylisted, come back.
    ");
}

#[test]
fn at_a_terminal_it_shows_that_it_waits_for_the_relay_and_why() {
    let world = World::with_mail().with_users("alice");
    world.run("users send-reset --all --queue-only --yes").expect_status(0);
    let relay = ScriptedRelay::start(Offer::default(), |moment| match (moment.at, moment.connection) {
        (At::Greeting, 0) => Act::Hang(b"421 4.3.2 busy\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(relay.port());
    let config = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&config.replace("retry_for = \"0s\"", "retry_for = \"30s\""));
    let run = world.command("jobs run").columns(100).run().expect_status(0);
    let drawn = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(drawn.contains("next try in 1 s: 127.0.0.1:"), "{drawn:?}");
    assert!(drawn.ends_with("1 accepted.\n"), "{drawn:?}");
    // Where nothing can be drawn, it is said once.
    world.run("users send-reset --all --unless-sent-within 0s --queue-only --yes").expect_status(0);
    let busy = ScriptedRelay::start(Offer::default(), |moment| match (moment.at, moment.connection) {
        (At::Greeting, 0 | 1) => Act::Hang(b"421 4.3.2 busy\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(busy.port());
    let config = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&config.replace("retry_for = \"0s\"", "retry_for = \"30s\""));
    assert_snapshot!(said(&world.run("jobs run -v")), @"
    status 0
    Waiting for the relay: 127.0.0.1:PORT: 421 4.3.2 busy.
    1 accepted.
    ");
    // Without a terminal nothing is drawn or said.
    world.run("users send-reset --all --unless-sent-within 0s --queue-only --yes").expect_status(0);
    assert!(world.run("jobs run").expect_status(0).all().is_empty());
}
