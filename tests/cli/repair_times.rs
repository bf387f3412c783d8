//! Times that were written while the clock was ahead: named by `store check`, brought to the present by `--repair-times`.

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

const YEARS: i64 = 80 * 365 * 86_400;

/// A world that worked for an hour with a clock that was eighty years ahead.
fn world() -> World {
    let world = World::with_mail().with_users("alice,bob,carla,dora").with_password("alice", GOOD);
    world.wait(YEARS);
    world.run("users send-reset alice").expect_status(0);
    world.run("users lock dora --for 1h").expect_status(0);
    let deferring = ScriptedRelay::start(Offer::default(), |moment| match moment.at {
        At::Rcpt => Act::Say(b"450 4.2.0 later\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(deferring.port());
    world.run("users send-reset bob");
    world.configure_mail("");
    world.wait(-YEARS);
    world
}

#[test]
fn times_of_a_clock_that_was_ahead_are_named_and_brought_to_the_present() {
    let world = world();
    let code = world.newest_code();
    assert_snapshot!(world.run("store check"), @"
    status 65
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       sound
    integrity    sound
    references   sound
    rows         sound
    audit        sound
    addresses    sound
    clock        see the warning
    times        mails due: 1 of a clock that was ahead; the first: message 2 (2106-11-05T08:04:42Z)
    times        ends of open links: 2 of a clock that was ahead; the first: message 1 (2106-11-06T08:00:00Z)
    times        temporary locks: 1 of a clock that was ahead; the first: user dora (2106-11-05T08:00:00Z)
    times        lifetimes of mails in the queue: 2 of a clock that was ahead; the first: message 1 (2106-11-05T08:00:00Z)
    reset key    sound
    -- stderr
    warning: the clock (2026-11-24T08:00:00Z) is behind the newest event (2106-11-05T08:00:00Z): check the clock
    warning: recorded in the future: creations of mails, first tries of mails, last tries of mails, deliveries of mails, ends of mails, permanent locks, changes of users, minutes of deliveries
    error: the store has 4 faults
      - times: mails due: 1 of a clock that was ahead; the first: message 2 (2106-11-05T08:04:42Z)
      - times: ends of open links: 2 of a clock that was ahead; the first: message 1 (2106-11-06T08:00:00Z)
      - times: temporary locks: 1 of a clock that was ahead; the first: user dora (2106-11-05T08:00:00Z)
      - times: lifetimes of mails in the queue: 2 of a clock that was ahead; the first: message 1 (2106-11-05T08:00:00Z)
    hint: if the clock is right now, reset the times: cxme-admin store check --repair-times
    ");
    assert_snapshot!(world.run("store check --repair-times --dry-run"), @"
    status 0
    -- stdout
    Would reset mails due to now: 1; the first: message 2 (2106-11-05T08:04:42Z).
    Would reset ends of open links to now: 2; the first: message 1 (2106-11-06T08:00:00Z).
    Would reset temporary locks to now: 1; the first: user dora (2106-11-05T08:00:00Z).
    Would reset lifetimes of mails in the queue to now: 2; the first: message 1 (2106-11-05T08:00:00Z).
    Would reset creations of mails to now: 2; the first: message 1 (2106-11-05T08:00:00Z).
    Would reset first tries of mails to now: 2; the first: message 1 (2106-11-05T08:00:00Z).
    Would reset last tries of mails to now: 2; the first: message 1 (2106-11-05T08:00:00Z).
    Would reset deliveries of mails to now: 1; the first: message 1 (2106-11-05T08:00:00Z).
    Would reset ends of mails to now: 1; the first: message 1 (2106-11-05T08:00:00Z).
    Would reset permanent locks to now: 1; the first: user dora (2106-11-05T08:00:00Z).
    Would reset changes of users to now: 1; the first: user dora (2106-11-05T08:00:00Z).
    Would reset minutes of deliveries to now: 1; the first: minute 71973120 (2106-11-05T08:00:00Z).
    Would record that the clock is right now (events were recorded up to 2106-11-05T08:00:00Z).
    ");
    assert_snapshot!(world.run("store check --repair-times"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Reset these times to now? Mails become due, and open links expire.
    hint: give `--yes` to do it without being asked
    ");
    let events = world.events();
    assert_snapshot!(world.run("store check --repair-times --yes -v --reason 'wrong clock'"), @"
    status 0
    -- stderr
    Reset mails due to now: 1; the first: message 2 (2106-11-05T08:04:42Z).
    Reset ends of open links to now: 2; the first: message 1 (2106-11-06T08:00:00Z).
    Reset temporary locks to now: 1; the first: user dora (2106-11-05T08:00:00Z).
    Reset lifetimes of mails in the queue to now: 2; the first: message 1 (2106-11-05T08:00:00Z).
    Reset creations of mails to now: 2; the first: message 1 (2106-11-05T08:00:00Z).
    Reset first tries of mails to now: 2; the first: message 1 (2106-11-05T08:00:00Z).
    Reset last tries of mails to now: 2; the first: message 1 (2106-11-05T08:00:00Z).
    Reset deliveries of mails to now: 1; the first: message 1 (2106-11-05T08:00:00Z).
    Reset ends of mails to now: 1; the first: message 1 (2106-11-05T08:00:00Z).
    Reset permanent locks to now: 1; the first: user dora (2106-11-05T08:00:00Z).
    Reset changes of users to now: 1; the first: user dora (2106-11-05T08:00:00Z).
    Reset minutes of deliveries to now: 1; the first: minute 71973120 (2106-11-05T08:00:00Z).
    Reset times: 16. Recorded that the clock is right now (events were recorded up to 2106-11-05T08:00:00Z).
    ");
    assert_eq!(world.events(), events + 1);
    assert_snapshot!(world.newest_event(), @r#"
    store check with repair of times | done | owner, Admin | wrong clock
    {"changes_of_users":1,"creations_of_mails":2,"deliveries_of_mails":1,"ends_of_mails":1,"ends_of_open_links":2,"first_tries_of_mails":2,"last_tries_of_mails":2,"lifetimes_of_mails_in_the_queue":2,"mails_due":1,"permanent_locks":1,"temporary_locks":1}
    "#);
    // The events of the time that was ahead stay: nobody can change them. That of the repair says that they are known.
    assert_snapshot!(world.run("store check"), @"
    status 0
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       sound
    integrity    sound
    references   sound
    rows         sound
    audit        sound
    addresses    sound
    clock        sound
    times        sound
    reset key    sound
    ");
    let run = world.command("resets redeem --stdin").stdin(format!("{code}\nseven violet umbrellas whistle\n")).run();
    assert_eq!(run.status, 65, "{run}");
    let mails = world.mails().len();
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), mails + 1);
    assert_eq!(world.ask("SELECT locked_until - locked_at FROM users WHERE username = 'dora'"), "3600");
    assert_snapshot!(world.run("store check --repair-times --yes -v"), @"
    status 0
    -- stderr
    No time was written while the clock was ahead; nothing was changed.
    ");
}

#[test]
fn a_store_without_such_times_is_not_changed() {
    let world = World::with_mail().with_users("alice,bob");
    world.run("users send-reset alice").expect_status(0);
    world.run("users lock bob --until 2036-01-01").expect_status(0);
    let events = world.events();
    assert_snapshot!(world.run("store check --repair-times -v"), @"
    status 0
    -- stderr
    No time was written while the clock was ahead; nothing was changed.
    ");
    assert_snapshot!(world.run("store check --repair-times -n -o json"), @r#"
    status 0
    -- stdout
    [
    {"action":"store check with repair of times","would_change":false,"times":null,"count":0,"first":null,"first_at":null}
    ]
    "#);
    assert_eq!(world.events(), events);
}

#[test]
fn a_clock_that_recorded_nothing_but_events_is_told_to_be_right_again() {
    let world = World::with_mail().with_users("alice");
    world.wait(YEARS);
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    world.wait(-YEARS);
    let run = world.run("store check").expect_status(0);
    assert!(run.err().contains("is behind the newest event (2106-11-05T08:00:00Z)"), "{run}");
    assert_snapshot!(world.run("store check --repair-times -n"), @"
    status 0
    -- stdout
    Would record that the clock is right now (events were recorded up to 2106-11-05T08:00:00Z).
    ");
    assert_snapshot!(world.run("store check --repair-times"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Is the clock right now (events were recorded up to 2106-11-05T08:00:00Z)? This is recorded.
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.run("store check --repair-times --yes -v"), @"
    status 0
    -- stderr
    Reset times: 0. Recorded that the clock is right now (events were recorded up to 2106-11-05T08:00:00Z).
    ");
    assert_eq!(world.run("store check").expect_status(0).err(), "");
    // A clock that is set back again is named.
    world.wait(-3_600);
    let run = world.run("store check").expect_status(0);
    assert!(run.err().contains("(2026-11-24T07:00:00Z) is behind the newest event (2026-11-24T08:00:00Z)"), "{run}");
}

#[test]
fn at_a_terminal_it_is_asked() {
    let world = world();
    let before = world.ask("SELECT max(due_at) FROM messages");
    let run = world.command("store check --repair-times").typing(["n"]).run();
    assert_eq!(run.status, 65, "{run}");
    assert_eq!(world.ask("SELECT max(due_at) FROM messages"), before);
    world.command("store check --repair-times").typing(["y"]).run().expect_status(0);
    assert_ne!(world.ask("SELECT max(due_at) FROM messages"), before);
}

#[test]
fn it_is_for_those_who_manage_the_store() {
    let world = world().with_operator(CAROL, "Minimal Permissions");
    let run = world.command("store check --repair-times --yes").uid(CAROL).run().expect_status(77);
    assert!(run.err().contains("manage-store"), "{run}");
}
