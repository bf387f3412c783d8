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
    {"message":1,"username":"alice"}
    "#);
    assert_eq!(world.ask("SELECT revoked_why FROM messages WHERE lifetime IS NOT NULL"), "by the user");
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    redeem(&world, &world.newest_code()).expect_status(0);
}

#[test]
fn it_ends_one_link_and_the_mail_that_waits_to_bring_it_again() {
    let (world, code) = linked();
    world.run("users send-reset bob").expect_status(0);
    world.sql("UPDATE messages SET state = 'in doubt', ended_at = NULL WHERE id = 1");
    revoke(&world, &code).expect_status(0);
    assert_eq!(
        world.ask(
            "SELECT group_concat(state || ' ' || ifnull(revoked_why, '-'), ', ') FROM messages WHERE lifetime > 0"
        ),
        "cancelled by the user, accepted -"
    );
}

#[test]
fn what_is_not_accepted_is_refused_in_the_words_of_redeem_and_never_repeated() {
    let (world, code) = linked();
    // The hint is another one: none of these needs a new link.
    let said = |run: Run| (run.status, run.err().lines().next().map(str::to_owned), run.err().lines().count());
    let wrong = said(redeem(&world, "00000-00000-00000-00000-000000"));
    for given in ["", "nonsense", "#!", "00000-00000-00000-00000-000000", "https://reset.example.com/#!", "caf\u{e9}"] {
        assert_eq!(said(revoke(&world, given)), wrong, "{given}");
    }
    assert_eq!(said(revoke(&world, b"caf\xe9")), wrong);
    world.run("users lock bob").expect_status(0);
    world.wait(86_400);
    assert_eq!(said(revoke(&world, &code)), wrong, "expired");
    world.wait(-86_400);
    assert_eq!(said(revoke(&world, &code)), wrong, "a clock that is set back revives none");
    let (world, code) = linked();
    revoke(&world, &code).expect_status(0);
    assert_eq!(said(revoke(&world, &code)), wrong, "a second time");
    let (world, code) = linked();
    redeem(&world, &code).expect_status(0);
    assert_eq!(said(revoke(&world, &code)), wrong, "used");
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
    -- stdout
    Would revoke the link.
    -- stderr
    Dry run; nothing was changed.
    ");
    revoke("resets revoke --stdin").expect_status(0);
    redeem(&world, &code).expect_status(65);
}

#[test]
fn what_is_missing_or_wrong_is_told_with_what_to_do_here() {
    let (world, _) = linked();
    assert_snapshot!(revoke(&world, "nonsense"), @"
    status 65
    -- stderr
    error: this code is not accepted: it is mistyped, used, expired or revoked, or its user may not have a password here
    hint: to revoke without the code: cxme-admin resets revoke USER
    ");
    assert_snapshot!(world.run("resets revoke"), @"
    status 2
    -- stderr
    error: the following required arguments were not provided:
      <USER|--all|--stdin>

    Usage: cxme-admin resets revoke <USER|--all|--stdin>

    For more information, try '--help'.
    ");
    assert_snapshot!(world.run("users verify-password"), @"
    status 2
    -- stderr
    error: the following required arguments were not provided:
      <USER|--pam>

    Usage: cxme-admin users verify-password <USER|--pam>

    For more information, try '--help'.
    ");
    assert_snapshot!(world.run("users verify-password alice --client 'a b' --stdin"), @"
    status 2
    -- stderr
    error: invalid value 'a b' for '--client <ADDR>': not an IP address or a host name

    For more information, try '--help'.
    ");
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
    error: no such user; it looks like a code, and codes are not accepted as arguments
    hint: every account on this machine can read arguments; pass the code with `--stdin`
    ");
    assert_snapshot!(world.command("resets revoke alice --stdin").run(), @"
    status 2
    -- stderr
    error: the argument '[USER]' cannot be used with '--stdin'

    Usage: cxme-admin resets revoke <USER|--all|--stdin>

    For more information, try '--help'.
    ");
    world.run("resets revoke --all --stdin").expect_status(2);
    redeem(&world, &code).expect_status(0);
}
