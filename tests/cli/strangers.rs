//! What strangers can cause (wrong codes, wrong passwords) is counted, fills nothing, and waits for no writer.

use std::time::Duration;
use std::time::Instant;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

/// So many, or 10,000 with `CXME_TEST_LONG`.
fn tries(few: u32) -> u32 {
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
    let long = std::env::var_os("CXME_TEST_LONG").is_some();
    if long { 10_000 } else { few }
}

/// Alice and Bob have passwords, and Alice a link: its code.
fn world() -> (World, String) {
    let world = World::with_mail().with_users("alice,bob").with_password("alice", GOOD).with_password("bob", GOOD);
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    (world, code)
}

fn redeem(world: &World, code: &str) -> u8 {
    world.command("resets redeem --stdin").stdin(format!("{code}\n{OTHER}\n")).run().status
}

/// How many refusals of an action the events tell of, and in how many events.
fn told(world: &World, action: &str) -> (i64, i64) {
    let count = "sum(coalesce(json_extract(details, '$.count'), 1))";
    let of = format!("FROM events WHERE action = '{action}' AND outcome = 'refused'");
    let number = |what: &str| world.ask(&format!("SELECT coalesce({what}, 0) {of}")).parse().unwrap();
    (number(count), number("count(*)"))
}

#[test]
fn wrong_codes_become_an_event_a_minute_with_their_count_and_the_right_one_works_meanwhile() {
    let (world, code) = world();
    let (before, codes) = (world.events(), tries(200));
    let wrong = "00000-00000-00000-00000-000000";
    for _ in 0..codes {
        assert_eq!(redeem(&world, wrong), 65);
        world.wait(1);
    }
    let minutes = codes.div_ceil(60);
    let events = world.events() - before;
    assert!(events <= minutes, "{events} events in {minutes} minutes");
    assert_eq!(redeem(&world, &code), 0, "the right one");
    assert!(world.accepts("alice", OTHER));
    // What was tried since the last event is told by the next change after its minute.
    world.wait(60);
    world.run("users lock bob").expect_status(0);
    assert_eq!(told(&world, "resets redeem"), (i64::from(codes), i64::from(minutes) + 1));
    let event = world.ask("SELECT details FROM events WHERE action = 'resets redeem' ORDER BY number DESC LIMIT 1");
    assert!(event.contains("\"count\":"), "{event}");
    assert!(event.contains("\"since\":\"2026-11-24T"), "{event}");
    world.run("audit verify").expect_status(0);
    world.run("users unlock bob").expect_status(0);
    assert_eq!(told(&world, "resets redeem").0, i64::from(codes), "nothing is told twice");
}

#[test]
fn wrong_passwords_become_an_event_a_minute_with_their_count_and_the_right_one_works_meanwhile() {
    let (world, _) = world();
    let (began, before, passwords) = (world.now(), world.events(), tries(30));
    for number in 0..passwords {
        assert!(!world.accepts(if number % 2 == 0 { "alice" } else { "nobody" }, OTHER));
        world.wait(1);
    }
    // The delays move the clock too.
    let minutes = u32::try_from((world.now() - began).as_secs()).unwrap().div_ceil(60);
    let events = world.events() - before;
    assert!(events <= minutes, "{events} events in {minutes} minutes");
    assert!(world.accepts("alice", GOOD), "the right one");
    world.wait(60);
    world.run("users lock bob").expect_status(0);
    assert_eq!(told(&world, "users verify-password").0, i64::from(passwords));
    assert_eq!(world.ask("SELECT count(*) FROM sign_in_failures"), "0");
}

#[test]
fn an_event_of_several_names_who_acted_at_the_last_of_them() {
    let (world, _) = world();
    let world = world.with_role("Page", "redeem").with_operator(CAROL, "Page");
    for _ in 0..3 {
        world.command("resets redeem --stdin").stdin(format!("x\n{OTHER}\n")).uid(CAROL).run().expect_status(65);
    }
    assert_snapshot!(world.run("audit list --limit 1 -v"), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    7   now   carol was refused: resets redeem (this code is not accepted: it is mistyped, used, expired or revoked, or its user may not have a password here; not a code)
    -- stderr
    Not yet recorded: 2 refused attempts since 2026-11-24T08:00:00Z (resets redeem).
    ");
    world.wait(60);
    world.run("users lock bob").expect_status(0);
    let event = world.ask(
        "SELECT operator || ', ' || authority || ' | ' || details FROM events WHERE action = 'resets redeem' \
         ORDER BY number DESC LIMIT 1",
    );
    assert_snapshot!(event, @r#"carol, Page | {"count":2,"refusal":"this code is not accepted: it is mistyped, used, expired or revoked, or its user may not have a password here","since":"2026-11-24T08:00:00Z"}"#);
}

#[test]
fn wrong_passwords_are_counted_by_user_and_cleared_by_a_right_one_and_by_unlock() {
    let (world, _) = world();
    let before = world.events();
    let verify = |user: &str, password: &str, client: &str| {
        let command =
            world.command("users verify-password --stdin").argument(user).argument(format!("--client={client}"));
        command.stdin(password).run().status
    };
    for second in 0..5 {
        assert_eq!(verify("alice", OTHER, &format!("192.0.2.{second}")), 1);
        assert_eq!(verify("nobody", OTHER, "192.0.2.99"), 1);
        world.wait(1);
    }
    assert_eq!(world.events() - before, 1, "an event a minute");
    assert_snapshot!(world.newest_event(), @r#"
    users verify-password | refused | owner, Admin | -
    {"client":"192.0.2.0","refusal":"the password was not accepted","username":"alice"}
    "#);
    assert_eq!(world.ask("SELECT count(*) FROM sign_in_failures"), "1", "nothing is kept of who does not exist");
    let shown = |user: &str| -> serde_json::Value {
        let shown = world.run(&format!("users show {user} -o json")).expect_status(0).out();
        serde_json::from_str(&shown).unwrap()
    };
    let alice = shown("alice");
    assert_eq!(alice["failed_logins"], 5);
    assert_eq!(alice["last_failed_login_at"], "2026-11-24T08:00:04Z");
    assert_eq!(alice["last_failed_login_from"], "192.0.2.4");
    assert_snapshot!(world.run("users show alice").out().lines().filter(|line| line.contains("ailed")).collect::<Vec<_>>().join("\n"), @"
    Failed logins:           5
    Last failed login:       1 second ago (2026-11-24T08:00:04Z)
    Last failed login from:  192.0.2.4
    ");
    assert_eq!(shown("bob")["failed_logins"], 0);
    assert!(!world.run("users show bob").out().contains("ailed"));
    assert_eq!(verify("alice", GOOD, "192.0.2.5"), 0);
    assert_eq!(shown("alice")["failed_logins"], 0);
    assert_eq!(verify("alice", OTHER, "192.0.2.6"), 1);
    assert_snapshot!(world.run("users unlock alice -v"), @"
    status 0
    -- stderr
    alice was not locked. Cleared 1 failed login.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users unlock | done | owner, Admin | -
    {"failed_logins":1,"username":"alice"}
    "#);
    assert_eq!(shown("alice")["failed_logins"], 0);
    assert_eq!(verify("bob", OTHER, "192.0.2.6"), 1);
    world.run("users lock bob").expect_status(0);
    assert_eq!(verify("bob", OTHER, "192.0.2.6"), 1);
    assert_eq!(shown("bob")["failed_logins"], 1, "a locked user has no password that could be guessed");
    assert_snapshot!(world.run("users unlock bob -v"), @"
    status 0
    -- stderr
    Unlocked bob. Cleared 1 failed login.
    ");
    assert_snapshot!(world.run("users unlock bob -v"), @"
    status 0
    -- stderr
    bob is not locked; nothing was changed.
    ");
    world
        .command("users change-password alice --stdin --client desk-7")
        .stdin(format!("{OTHER}\n{GOOD}\n"))
        .run()
        .expect_status(65);
    assert_eq!(shown("alice")["last_failed_login_from"], "desk-7");
    let right = format!("{GOOD}\n{OTHER}\n");
    world.command("users change-password alice --stdin").stdin(right).run().expect_status(0);
    assert_eq!(shown("alice")["failed_logins"], 0, "the old password was right");
}

#[test]
fn the_client_is_checked_and_what_pam_says_of_it_is_made_visible() {
    let (world, _) = world();
    for bad in ["a b", "\u{1b}[31m", "[]"] {
        let run = world.command("users verify-password alice --stdin").argument(format!("--client={bad}")).run();
        assert_eq!(run.status, 2, "{run}");
        assert!(!run.all().contains(&0x1b));
    }
    for empty in ["", " "] {
        let command = world.command("users verify-password alice --stdin").argument(format!("--client={empty}"));
        command.stdin(OTHER).run().expect_status(1);
        assert_eq!(world.ask("SELECT client FROM sign_in_failures"), "-", "{empty:?}");
        let command = world.command("users change-password alice --stdin").argument(format!("--client={empty}"));
        command.stdin(format!("{OTHER}\n{GOOD}\n")).run().expect_status(65);
    }
    let command = world.command("users verify-password --stdin --pam").variable("PAM_USER", "alice");
    command.variable("PAM_RHOST", "\u{1b}]0;evil\u{7}.example.com").stdin(OTHER).run().expect_status(1);
    let client = world.ask("SELECT client FROM sign_in_failures");
    assert_eq!(client, "\\u{1b}]0;evil\\u{7}.example.com");
    let command = world.command("users verify-password alice --stdin").variable("PAM_RHOST", "192.0.2.1");
    command.stdin(OTHER).run().expect_status(1);
    assert_eq!(world.ask("SELECT client FROM sign_in_failures"), "-", "PAM_RHOST counts with --pam alone");
}

#[test]
fn too_many_wrong_passwords_are_answered_later_and_a_right_one_at_once() {
    let (world, _) = world();
    world.sql("INSERT INTO sign_in_failures SELECT id, 99, 1, NULL FROM users WHERE username = 'alice'");
    let seconds = |user: &str, password: &str, accepted: bool| {
        let before = world.now().as_second();
        assert_eq!(world.accepts(user, password), accepted);
        world.now().as_second() - before
    };
    let delays: Vec<i64> = (0..9).map(|_| seconds("alice", OTHER, false)).collect();
    assert_eq!(delays, [0, 1, 2, 4, 8, 16, 30, 30, 30]);
    assert_eq!(seconds("bob", OTHER, false), 0, "others are not kept waiting");
    assert_eq!(seconds("nobody", OTHER, false), 0);
    let before = world.now();
    let old = format!("{OTHER}\n{GOOD}\n");
    world.command("users change-password alice --stdin").stdin(old).run().expect_status(65);
    assert_eq!((world.now() - before).as_secs(), 30, "nor is there another way to guess");
    assert_eq!(seconds("alice", GOOD, true), 0);
    assert_eq!(seconds("alice", OTHER, false), 0, "the right one has cleared them");
    world.configure("");
    let config = std::fs::read_to_string(world.config()).unwrap() + "[sign_in]\nmax_failures = 1\n";
    world.write_config(&config);
    assert_eq!(seconds("alice", OTHER, false), 1);
    world.run("users unlock alice").expect_status(0);
    assert_eq!(seconds("alice", OTHER, false), 0);
}

#[test]
fn no_check_waits_for_a_writer_and_every_answer_is_the_same() {
    let (world, _) = world();
    let wrong = "00000-00000-00000-00000-000000";
    world.accepts("bob", OTHER);
    let writer = rusqlite::Connection::open(world.store()).unwrap();
    // As an import of a million users does for minutes.
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE users SET name = 'x'").unwrap();
    let began = Instant::now();
    assert_eq!(redeem(&world, wrong), 65);
    world.wait(86_400);
    assert_eq!(redeem(&world, &world.newest_code()), 65, "an expired one");
    assert!(world.accepts("alice", GOOD));
    assert!(world.accepts("bob", GOOD), "with failures to be cleared");
    assert!(!world.accepts("alice", OTHER));
    assert!(!world.accepts("nobody", OTHER));
    let change = world.command("users change-password alice --stdin").stdin(format!("{OTHER}\n{GOOD}\n"));
    change.run().expect_status(65);
    let took = began.elapsed();
    // One that waited would have given up after 30 s.
    assert!(took < Duration::from_secs(15), "{took:?}");
    drop(writer);
    assert!(world.accepts("alice", GOOD));
}
