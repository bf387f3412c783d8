//! `resets list`, `resets revoke`, `resets redeem`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::Run;
use crate::support::World;

/// Alice has a password and a link; its code.
fn linked() -> (World, String) {
    let world = World::with_mail().with_users("alice,bob").with_password("alice", GOOD);
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    (world, code)
}

fn redeem(world: &World, code: &str, password: &str) -> Run {
    world.command("resets redeem --stdin").stdin(format!("{code}\n{password}\n")).run()
}

#[test]
fn a_code_becomes_a_password_once() {
    let (world, code) = linked();
    let epoch = world.ask("SELECT session_epoch FROM users WHERE username = 'alice'");
    assert_snapshot!(redeem(&world, &code, OTHER), @"status 0");
    assert_snapshot!(world.newest_event(), @r#"
    resets redeem | done | owner, Admin | -
    {"chosen_by":"user","message":1,"username":"alice"}
    "#);
    assert!(world.accepts("alice", OTHER) && !world.accepts("alice", GOOD));
    assert_ne!(world.ask("SELECT session_epoch FROM users WHERE username = 'alice'"), epoch);
    assert_eq!(world.ask("SELECT must_change_password FROM users WHERE username = 'alice'"), "0");
    redeem(&world, &code, GOOD).expect_status(65);
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn it_is_asked_for_at_a_terminal() {
    let (world, code) = linked();
    let groups = format!("{} {}-{}", &code[..5].to_lowercase(), &code[5..10], &code[10..]);
    let run = world.command("resets redeem").typing([&groups, "short", OTHER, OTHER]).run();
    let shown = run.to_string().replace(&groups, "[CODE]");
    assert_snapshot!(shown, @"
    status 0
    -- asked
    Code from the mail: [CODE]
    Requirements for the password of alice (alice@example.com):
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
    New password: 
    This password does not meet the requirements:
      - too short: 5 characters, at least 15 are needed
    New password: 
    Retype new password: 
    -- stderr
    Password set for alice.
    The notice to the user was written to a file; nobody receives it.
    ");
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn a_code_is_taken_as_people_paste_it() {
    for around in [
        "#{}",
        "https://reset.example.com/#{}",
        "<https://reset.example.com/#{}>",
        "https://reset.example.com/%23{}",
        "https://reset.example.com/#{}?utm_source=mail&x=1",
        "https://reset.example.com/#{}.",
    ] {
        let world = World::with_mail().with_users("alice");
        world.run("users send-reset alice").expect_status(0);
        let pasted = around.replace("{}", &world.newest_code());
        redeem(&world, &pasted, GOOD).expect_status(0);
        // The link that cancels is none that sets a password.
        let world = World::with_mail().with_users("alice");
        world.run("users send-reset alice").expect_status(0);
        let cancelling = around.replace("{}", &format!("!{}", world.newest_code()));
        redeem(&world, &cancelling, GOOD).expect_status(65);
        world.command("resets revoke --stdin").stdin(&cancelling).run().expect_status(0);
    }
}

#[test]
fn a_refused_password_does_not_use_the_code_up() {
    let (world, code) = linked();
    assert_snapshot!(redeem(&world, &code, "alice"), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - too short: 5 characters, at least 15 are needed
      - too common: it is on a list of refused passwords, or is one of them with digits or symbols added or letters replaced
      - too close to the user: it is only the name, username, email address or organization
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    let long = "x".repeat(1_025);
    redeem(&world, &code, &long).expect_status(65);
    redeem(&world, &code, "").expect_status(65);
    redeem(&world, &code, OTHER).expect_status(0);
}

#[test]
fn where_another_password_is_demanded_a_link_does_not_set_the_current_one_again() {
    let (world, code) = linked();
    world.run("users edit alice --must-change").expect_status(0);
    assert_snapshot!(redeem(&world, &code, GOOD), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - used before: it is the user's current password
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    assert_eq!(world.ask("SELECT must_change_password FROM users WHERE username = 'alice'"), "1");
    redeem(&world, &code, OTHER).expect_status(0);
    assert_eq!(world.ask("SELECT must_change_password FROM users WHERE username = 'alice'"), "0");
    // Otherwise a user who remembers the password after all may keep it.
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    redeem(&world, &world.newest_code(), OTHER).expect_status(0);
}

/// What is done before a code is tried.
type Doing = Box<dyn Fn(&World, &str)>;

#[test]
fn every_code_that_is_not_accepted_is_answered_alike() {
    let answer = |change: &dyn Fn(&World, &str)| {
        let (world, code) = linked();
        change(&world, &code);
        let run = redeem(&world, &code, OTHER);
        let event = world.newest_event();
        assert!(!world.accepts("alice", OTHER), "{run}");
        (run.to_string(), event)
    };
    let sql = |statement: &'static str| move |world: &World, _: &str| world.sql(statement);
    let alike: [(&str, Doing); 7] = [
        ("used", Box::new(|world, code| drop(redeem(world, code, "seven purple umbrellas sing").expect_status(0)))),
        ("expired", Box::new(|world, _| world.wait(86_400))),
        ("revoked", Box::new(|world, _| drop(world.run("resets revoke alice").expect_status(0)))),
        ("revoked", Box::new(|world, _| drop(world.run("users edit alice --sign-in saml --yes").expect_status(0)))),
        ("revoked", Box::new(|world, _| drop(world.run("users lock alice").expect_status(0)))),
        // Anyone who writes to the file can keep the link from ending, and not from being refused.
        (
            "locked",
            Box::new(sql("UPDATE users SET locked_at = 1; UPDATE messages SET revoked_at = NULL, revoked_why = NULL")),
        ),
        (
            "SAML",
            Box::new(sql(
                "UPDATE users SET sign_in = 'saml', password_hash = NULL, password_set_at = NULL, password_policy = NULL; UPDATE messages SET revoked_at = NULL, revoked_why = NULL",
            )),
        ),
    ];
    let (world, _) = linked();
    let unknown = redeem(&world, "00000-00000-00000-00000-000000", OTHER).to_string();
    assert_snapshot!(unknown, @"
    status 65
    -- stderr
    error: this code is not accepted: it is mistyped, used, expired or revoked, or its user may not have a password here
    hint: a new link: cxme-admin users send-reset USER
    ");
    assert_snapshot!(world.newest_event(), @r#"
    resets redeem | refused | owner, Admin | -
    {"refusal":"this code is not accepted: it is mistyped, used, expired or revoked, or its user may not have a password here","why":"unknown"}
    "#);
    assert_eq!(redeem(&world, "not a code", OTHER).to_string(), unknown);
    for (why, change) in alike {
        let (answered, event) = answer(&*change);
        assert_eq!(answered, unknown, "{why}");
        assert!(event.contains(&format!("\"why\":\"{why}\"")), "{why}: {event}");
    }
}

/// Nobody has tried the code: that any change was made after its end is enough.
#[test]
fn a_change_after_a_links_end_keeps_it_expired_whatever_the_clock_says_then() {
    let changes = [
        "users add dora@example.com",
        "users lock bob",
        "users edit bob --name Bobby",
        "users send-reset bob",
        "operators add carol --role Admin",
        "store backup [DIR]/copy.db",
        "jobs run",
    ];
    for change in changes {
        for back in [3_600, 48 * 3_600] {
            let (world, code) = linked();
            if change == "jobs run" {
                world.command("users send-reset --from - --queue-only --yes").stdin("bob\n").run().expect_status(0);
            }
            world.wait(86_400);
            world.run(&change.replace("[DIR]", &world.directory().to_string_lossy())).expect_status(0);
            world.wait(-back);
            let run = redeem(&world, &code, OTHER);
            assert_eq!(run.status, 65, "{change}, {back} s back: {run}");
            assert!(world.newest_event().contains("\"why\":\"expired\""), "{change}: {}", world.newest_event());
            let listed = world.run("resets list --user alice --state expired -o csv").expect_status(0).out();
            assert_eq!(listed.lines().count(), 2, "{change}: {listed}");
            let open = world.run("resets list --user alice --state open -o csv").expect_status(0).out();
            assert_eq!(open.lines().count(), 1, "{change}: {open}");
            assert!(world.run("resets revoke alice -n -v").out().contains("0 open links"), "{change}");
            world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
            redeem(&world, &world.newest_code(), OTHER).expect_status(0);
        }
    }
}

#[test]
fn one_change_at_a_clock_in_the_year_2036_does_not_end_all_links_that_come_after() {
    let (world, old) = linked();
    let years = 10 * 365 * 86_400;
    world.wait(years);
    world.run("users lock bob").expect_status(0);
    world.wait(-years);
    redeem(&world, &old, OTHER).expect_status(65);
    for _ in 0..2 {
        world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
        let code = world.newest_code();
        world.wait(86_399);
        world.run("users unlock bob").expect_status(0);
        redeem(&world, &code, OTHER).expect_status(0);
        assert!(world.accepts("alice", OTHER));
    }
}

#[test]
fn a_trial_and_a_refusal_see_nothing_of_the_clock() {
    let (world, code) = linked();
    world.wait(86_400);
    world.run("users lock bob -n").expect_status(0);
    world.run("users lock nobody").expect_status(67);
    world.run("users list").expect_status(0);
    world.wait(-60);
    redeem(&world, &code, OTHER).expect_status(0);
}

#[test]
fn a_link_lives_to_the_second_and_a_clock_that_is_set_back_revives_none() {
    let (world, code) = linked();
    world.wait(86_399);
    redeem(&world, &code, "short").expect_status(65);
    assert!(!world.newest_event().contains("resets redeem | refused"), "the policy refused, not the code");
    world.wait(1);
    redeem(&world, &code, OTHER).expect_status(65);
    world.wait(-86_400);
    redeem(&world, &code, OTHER).expect_status(65);
    assert!(world.newest_event().contains("\"why\":\"expired\""));
    let (world, code) = linked();
    world.wait(86_399);
    redeem(&world, &code, OTHER).expect_status(0);
}

#[test]
fn a_stolen_store_redeems_nothing() {
    let (world, code) = linked();
    let connection = rusqlite::Connection::open(world.store()).unwrap();
    let mut statement = connection.prepare("SELECT * FROM messages, users").unwrap();
    let (count, mut rows) = (statement.column_count(), statement.query([]).unwrap());
    let mut tried = 0;
    while let Some(row) = rows.next().unwrap() {
        for column in 0..count {
            let text = match row.get_ref(column).unwrap() {
                rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                rusqlite::types::ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                _ => continue,
            };
            let cut: String = text.chars().filter(char::is_ascii_alphanumeric).take(26).collect();
            for value in [&text, &cut] {
                tried += 1;
                redeem(&world, &value.replace('\n', " "), OTHER).expect_status(65);
            }
        }
    }
    assert!(tried > 60, "{tried}");
    redeem(&world, &code, OTHER).expect_status(0);
}

#[test]
fn links_are_listed_with_what_became_of_them() {
    let (world, code) = linked();
    assert_snapshot!(world.command("resets list").run(), @"
    status 0
    -- stdout
    MESSAGE  USER   LINK  MAIL      EXPIRES   REQUESTED BY
    1        alice  open  accepted  in 1 day  owner
    ");
    world.run("users send-reset bob").expect_status(0);
    redeem(&world, &code, OTHER).expect_status(0);
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    world.run("resets revoke bob").expect_status(0);
    assert_snapshot!(world.run("resets list"), @"
    status 0
    -- stdout
    MESSAGE  USER   LINK                     MAIL      EXPIRES   REQUESTED BY
    4        alice  open                     accepted  in 1 day  owner
    2        bob    revoked: by an operator  accepted  -         owner
    1        alice  used now                 accepted  -         owner
    ");
    assert_snapshot!(world.run("resets list --user alice -o csv"), @"
    status 0
    -- stdout
    message,user_id,username,address,kind,link,mail,operator,created_at,sent_at,expires_at,used_at,revoked_at,revoked_why,reply
    4,1,alice,alice@example.com,reset,open,accepted,owner,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z,2026-11-25T08:00:00Z,,,,kept as 4.f068d859454d63f8e55f6da221a129d1_example.com.eml
    1,1,alice,alice@example.com,reset,used,accepted,owner,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z,2026-11-25T08:00:00Z,2026-11-24T08:00:00Z,,,kept as 1.258d9f404bac97359582972212f423c8_example.com.eml
    ");
    for (state, count) in [("open", 1), ("used", 1), ("revoked", 1), ("expired", 0), ("unsent", 0)] {
        let listed = world.run(&format!("resets list --state {state} -o csv")).expect_status(0).out();
        assert_eq!(listed.lines().count() - 1, count, "{state}: {listed}");
    }
    world.wait(86_400);
    assert!(world.run("resets list --state expired -o csv").out().lines().count() == 2);
    assert!(world.run("resets list --state open -o csv").out().lines().count() == 1);
    assert_snapshot!(world.run("resets list --state lost"), @"
    status 2
    -- stderr
    error: invalid value 'lost' for '--state <STATE>': expected unsent, open, used, expired or revoked

    For more information, try '--help'.
    ");
    assert_snapshot!(world.run("resets list --user nobody"), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
}

#[test]
fn links_are_revoked_of_one_user_or_of_all() {
    let (world, code) = linked();
    world.run("users send-reset bob").expect_status(0);
    let of_bob = world.newest_code();
    assert_snapshot!(world.command("resets revoke alice --reason 'lost phone'").at_terminal().run(), @"
    status 0
    -- stderr
    Revoked 1 open link and 0 waiting mails.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    resets revoke | done | owner, Admin | lost phone
    {"links":1,"username":"alice","waiting":0}
    "#);
    redeem(&world, &code, OTHER).expect_status(65);
    assert_snapshot!(world.run("resets revoke --all"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Revoke 1 open link and 0 waiting mails
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("resets revoke --all").typing(["n"]).run(), @"
    status 65
    -- asked
    Revoke 1 open link and 0 waiting mails? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_snapshot!(world.command("resets revoke --all").typing(["y"]).run(), @"
    status 0
    -- asked
    Revoke 1 open link and 0 waiting mails? [y/N] y
    -- stderr
    Revoked 1 open link and 0 waiting mails.
    Non-interactive equivalent: cxme-admin resets revoke --all --yes
    ");
    redeem(&world, &of_bob, OTHER).expect_status(65);
    assert_snapshot!(world.command("resets revoke alice bob").run(), @"
    status 2
    -- stderr
    error: unexpected argument '(hidden: may be a password)' found

    Usage: cxme-admin resets revoke [OPTIONS] <USER|--all|--stdin>

    For more information, try '--help'.
    ");
    world.run("resets revoke").expect_status(2);
}

#[test]
fn only_who_may_redeem_redeems_and_never_by_a_file_of_sudo() {
    let (world, code) = linked();
    let world = world.with_role("Page", "redeem").with_role("Else", "view-users send-resets");
    let world = world.with_operator(CAROL, "Else");
    let stdin = format!("{code}\n{OTHER}\n");
    world.command("resets redeem --stdin").stdin(&stdin).uid(CAROL).run().expect_status(77);
    world.run("operators remove carol").expect_status(0);
    let world = world.with_operator(CAROL, "Page");
    world.command("resets redeem --stdin").stdin(&stdin).uid(CAROL).run().expect_status(0);
    assert!(world.newest_event().contains("carol, Page"));
}

#[test]
fn a_trial_uses_nothing_up() {
    let (world, code) = linked();
    assert_snapshot!(world.command("resets redeem --stdin -n -v").stdin(format!("{code}\n{OTHER}\n")).run(), @"
    status 0
    -- stdout
    Would set the password of alice and use up the link.
    -- stderr
    Dry run; nothing was changed.
    ");
    redeem(&world, &code, OTHER).expect_status(0);
}
