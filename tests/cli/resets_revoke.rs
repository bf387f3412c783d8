//! `resets revoke --stdin`: the `#!` link of a mail is honoured.

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

fn revoke(world: &World, given: impl AsRef<[u8]>) -> Run {
    world.command("resets revoke --stdin -v").stdin(given).run()
}

fn redeem(world: &World, code: &str) -> Run {
    world.command("resets redeem --stdin").stdin(format!("{code}\n{OTHER}\n")).run()
}

/// The link of a mail that cancels it, as a mail program finds it there.
fn cancelling(mail: &str) -> String {
    let start = mail.find("https://reset.example.com/#!").unwrap();
    mail[start..].split_whitespace().next().unwrap().to_owned()
}

#[test]
fn the_mailed_link_cancels_itself_in_every_form_that_reaches_a_page() {
    let (world, code) = linked();
    let link = cancelling(world.mails().last().unwrap());
    assert_eq!(link, format!("https://reset.example.com/#!{code}"));
    let forms = [
        code.clone(),
        format!("!{code}"),
        format!("#!{code}"),
        format!("%23!{code}"),
        format!("%23%21{code}"),
        link.replace('#', "%23"),
        link,
    ];
    for form in forms {
        let (world, of_world) = linked();
        let form = form.replace(&code, &of_world);
        let run = revoke(&world, format!("{form}\nmore\n"));
        assert_eq!(run.to_string(), "status 0\n-- stderr\nRevoked the link.", "{form}");
        redeem(&world, &of_world).expect_status(65);
        assert!(world.accepts("alice", GOOD));
    }
    assert_eq!(revoke(&world, &code).status, 0);
    assert_snapshot!(world.newest_event(), @r#"
    resets revoke by code | done | owner, Admin | -
    {"email":"alice@example.com","message":1,"username":"alice"}
    "#);
    assert_eq!(world.ask("SELECT revoked_why FROM message WHERE life IS NOT NULL"), "by the user");
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    redeem(&world, &world.newest_code()).expect_status(0);
}

#[test]
fn it_ends_one_link_and_the_mail_that_waits_to_bring_it_again() {
    let (world, code) = linked();
    world.run("users send-reset bob").expect_status(0);
    world.sql("UPDATE message SET state = 'in doubt', ended_at = NULL WHERE id = 1");
    revoke(&world, &code).expect_status(0);
    assert_eq!(
        world.ask("SELECT group_concat(state || ' ' || ifnull(revoked_why, '-'), ', ') FROM message WHERE life > 0"),
        "cancelled by the user, accepted -"
    );
}

#[test]
fn what_is_not_accepted_is_refused_in_the_words_of_redeem_and_never_repeated() {
    let (world, code) = linked();
    let wrong = redeem(&world, "00000-00000-00000-00000-000000").to_string();
    for given in ["", "nonsense", "#!", "00000-00000-00000-00000-000000", "https://reset.example.com/#!", "caf\u{e9}"] {
        assert_eq!(revoke(&world, given).to_string(), wrong, "{given}");
    }
    assert_eq!(revoke(&world, b"caf\xe9").to_string(), wrong);
    world.run("users lock bob").expect_status(0);
    world.wait(86_400);
    assert_eq!(revoke(&world, &code).to_string(), wrong, "expired");
    world.wait(-86_400);
    assert_eq!(revoke(&world, &code).to_string(), wrong, "a clock that is set back revives none");
    let (world, code) = linked();
    revoke(&world, &code).expect_status(0);
    assert_eq!(revoke(&world, &code).to_string(), wrong, "a second time");
    let (world, code) = linked();
    redeem(&world, &code).expect_status(0);
    assert_eq!(revoke(&world, &code).to_string(), wrong, "used");
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn wrong_ones_become_an_event_a_minute_and_wait_for_no_writer() {
    let (world, _) = linked();
    let before = world.events();
    let writer = rusqlite::Connection::open(world.store()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = std::time::Instant::now();
    revoke(&world, "nonsense").expect_status(65);
    assert!(began.elapsed().as_secs() < 10);
    drop(writer);
    for _ in 0..50 {
        revoke(&world, "nonsense").expect_status(65);
    }
    assert_eq!(world.events() - before, 1);
}

#[test]
fn it_needs_the_permission_to_redeem_and_no_other_and_a_trial_revokes_nothing() {
    let (world, code) = linked();
    let world = world.with_role("Page", "redeem").with_role("Else", "view-users send-resets run-bulk-jobs");
    let world = world.with_operator(CAROL, "Else");
    assert_eq!(world.command("resets revoke --stdin").stdin(&code).uid(CAROL).run().status, 77);
    world.run("operators remove carol").expect_status(0);
    let world = world.with_operator(CAROL, "Page");
    let revoke = |words: &str| world.command(words).stdin(&code).uid(CAROL).run();
    assert_snapshot!(revoke("resets revoke --stdin -n -v"), @"
    status 0
    -- stderr
    The link would be revoked.
    ");
    revoke("resets revoke --stdin").expect_status(0);
    redeem(&world, &code).expect_status(65);
}

#[test]
fn a_code_as_an_argument_is_not_repeated() {
    let (world, code) = linked();
    for given in [code.clone(), format!("#!{code}"), format!("https://reset.example.com/#!{code}")] {
        let run = world.command("resets revoke").argument(&given).run();
        assert_eq!(run.status, 2, "{run}");
        assert!(!run.to_string().contains(&code), "{run}");
    }
    assert_snapshot!(world.command("resets revoke").argument(&code).run(), @"
    status 2
    -- stderr
    error: no user has this name; it looks like a code, which is no argument
    hint: other accounts see arguments; give a code by `--stdin`
    ");
    assert_snapshot!(world.command("resets revoke alice --stdin").run(), @"
    status 2
    -- stderr
    error: the argument '[USER]' cannot be used with '--stdin'

    Usage: cxme-admin resets revoke <USER>

    For more information, try '--help'.
    ");
    world.run("resets revoke --all --stdin").expect_status(2);
    redeem(&world, &code).expect_status(0);
}
