//! `users send-reset SELECTION --end-passwords` where the relay would refuse the mails: it is asked before any password ends.

use insta::assert_snapshot;

use crate::end_passwords::hashes;
use crate::end_passwords::world;
use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::GOOD;

const CALL: &str = "users send-reset --all --end-passwords --yes";

/// A relay that answers a command so where it names one of these.
fn refusing(at: At, named: &'static [&'static str], reply: &'static str) -> ScriptedRelay {
    ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, move |moment| {
        match moment.at == at && named.iter().any(|name| moment.line.contains(name)) {
            true => Act::Say(format!("{reply}\r\n").into_bytes()),
            false => Act::Usual,
        }
    })
}

#[test]
fn a_relay_that_would_refuse_all_mail_is_found_before_any_password_ends() {
    let refusals = [
        (At::Mail, "530 5.7.0 Authentication required", 69, "check the login (`[mail.smtp] username`)"),
        (At::Mail, "550 5.1.8 sender unknown", 69, "check `[mail] from`"),
        (At::Mail, "452 4.3.1 Insufficient system storage", 75, "452 4.3.1 Insufficient system storage"),
        (At::Mail, "421 4.3.2 shutting down", 75, "421 4.3.2 shutting down"),
        (At::Rcpt, "554 5.7.1 <x@example.com>: Relay access denied", 69, "check the permission to relay"),
        (At::Rcpt, "454 4.7.1 Relay access denied", 75, "check the permission to relay"),
        (At::Rcpt, "530 5.7.0 Authentication required", 69, "check the login"),
    ];
    for (at, reply, status, words) in refusals {
        let relay = refusing(at, &["@"], reply);
        let world = world(&relay);
        for call in [CALL, "users send-reset --all --end-passwords --dry-run"] {
            let run = world.run(call).expect_status(status);
            let begins = "error: no passwords were ended, because no mail can be sent now: 127.0.0.1:";
            assert!(run.err().starts_with(begins) && run.err().contains(words), "{reply}: {run}");
            assert!(run.err().contains("the relay refuses the mail: "), "{reply}: {run}");
            assert!(run.stdout.is_empty(), "{run}");
        }
        let jobs = world.ask("SELECT count(*) FROM jobs");
        assert_eq!((hashes(&world), jobs), ("alice,bob,dora".to_owned(), "0".to_owned()), "{reply}");
    }
}

#[test]
fn a_mail_that_is_larger_than_the_relay_takes_is_found_before_any_password_ends() {
    let relay = ScriptedRelay::start(Offer { extensions: vec!["SIZE 100"], tls: None }, |_| Act::Usual);
    let world = world(&relay);
    let run = world.run(CALL).expect_status(69);
    assert!(run.err().contains("bytes, and the relay takes at most 100 (SIZE); check the relay's limit"), "{run}");
    assert_eq!(hashes(&world), "alice,bob,dora");
    assert!(!relay.end()[0].text().contains("MAIL"), "none is announced that is too large");
}

#[test]
fn the_largest_mail_is_compared_with_what_the_relay_takes() {
    let relay = ScriptedRelay::start(Offer { extensions: vec!["SIZE 100"], tls: None }, |_| Act::Usual);
    let world = world(&relay);
    let bytes = || -> usize {
        let run = world.run(CALL).expect_status(69);
        let words = run.err();
        let (_, behind) = words.split_once("the mail has ").unwrap();
        behind.split(' ').next().unwrap().parse().unwrap()
    };
    let before = bytes();
    let mut users = String::from("email,name\n");
    for number in 0..20 {
        users += &format!("u{number}@example.com,User\n");
    }
    users += &format!("zoe@example.com,{}\n", "Maximiliana ".repeat(8).trim());
    world.command("users import -").stdin(users).run().expect_status(0);
    world.set_password("zoe", GOOD);
    assert!(bytes() > before, "{before}");
}

#[test]
fn one_dead_address_keeps_nobody_from_ending_passwords() {
    for reply in ["550 5.1.1 no such user", "550 mailbox is disabled", "450 4.2.2 mailbox full"] {
        let relay = refusing(At::Rcpt, &["alice"], reply);
        let world = world(&relay);
        world.run("users send-reset --all --end-passwords -n").expect_status(0);
        world.run(CALL);
        assert_eq!(hashes(&world), "dora", "{reply}");
    }
    // That the address of the only one is dead says nothing about the relay.
    let relay = refusing(At::Rcpt, &["alice"], "550 5.1.1 no such user");
    let world = world(&relay);
    world.run("users send-reset --search alice --end-passwords --yes").expect_status(3);
    assert_eq!(hashes(&world), "bob,dora");
}

#[test]
fn users_of_other_domains_are_asked_about_too() {
    let relay = refusing(At::Rcpt, &["@example.com"], "554 5.7.1 Relay access denied");
    let world = world(&relay);
    let config = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&config.replace("[\"example.com\"", "[\"example.com\", \"example.net\""));
    let mut users = String::from("email\n");
    for number in 0..8 {
        users += &format!("u{number}@example.com\n");
    }
    world.command("users import -").stdin(format!("{users}zoe@example.net\n")).run().expect_status(0);
    world.run("users send-reset --all --end-passwords -n").expect_status(0);
    world.run("users delete zoe --yes").expect_status(0);
    world.run("users send-reset --all --end-passwords -n").expect_status(69);
}

#[test]
fn addresses_that_the_relay_does_not_carry_keep_nobody_from_ending_passwords() {
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, |_| Act::Usual);
    let world = world(&relay);
    let users = |names: &[&str]| {
        let rows = names.iter().map(|name| format!("{name}@example.com,{},Sample\n", name.replace('ü', "ue")));
        let rows = format!("email,username,name\n{}", rows.collect::<String>());
        world.command("users import -").stdin(rows).run().expect_status(0);
    };
    let call = "users send-reset --search Sample --end-passwords -n";
    users(&["ü0", "ü1", "ü2", "ü3", "ü4", "ü5"]);
    let run = world.run(call).expect_status(69);
    assert!(run.err().contains("the relay does not carry addresses outside ASCII (SMTPUTF8)"), "{run}");
    users(&["z0"]);
    world.run(call).expect_status(0);
}

#[test]
fn the_question_says_who_waits_without_a_password_if_the_canary_fails() {
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, |_| Act::Usual);
    let world = world(&relay);
    let call = "users send-reset --all --end-passwords --canary 1";
    assert_snapshot!(world.run(call).expect_status(2).err(), @"
    error: cannot prompt (no terminal or `--no-input`): End 2 passwords now, mail a link to 3 users, and skip 2 (1 SAML, 1 locked), of whom 1 keeps their password (the job pauses if the first mail is not accepted; then 2 users wait for theirs without a password)
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.run(&format!("{call} --dry-run")).expect_status(0).out(), @"
    Would mail a link to 3 users.
    Would skip 1 user: SAML
    Would skip 1 user: locked
    Would end 2 passwords and the sessions of 3 users; 1 user who is skipped would keep theirs.
    The job pauses if the first mail is not accepted; then 2 users wait for theirs without a password.
    ");
    assert_snapshot!(world.run(&format!("{call} --yes")).expect_status(0).err(), @"
    warning: 1 user who is skipped keeps their password; see why: cxme-admin jobs recipients 1
    warning: the job pauses if the first mail is not accepted; then 2 users wait for theirs without a password
    ");
}

#[test]
fn an_option_of_jobs_is_named_where_one_user_is() {
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, |_| Act::Usual);
    let world = world(&relay);
    assert_snapshot!(world.run("users send-reset alice --end-passwords --yes").expect_status(2).err(), @"
    error: `--end-passwords` needs a selection of users, such as `--search TEXT`, `--from FILE` or `--all`
    hint: for one user, by standard input: echo USER | cxme-admin users send-reset --from - --end-passwords --yes
    ");
    assert_snapshot!(world.run("users send-reset alice --canary 3").expect_status(2).err(), @"error: `--canary` needs a selection of users, such as `--search TEXT`, `--from FILE` or `--all`");
}

#[test]
fn asking_sends_no_mail() {
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, |_| Act::Usual);
    let world = world(&relay);
    world.run("users send-reset --all --end-passwords -n").expect_status(0);
    assert_snapshot!(relay.end()[0].text().replace('\r', ""), @"
    EHLO host
    MAIL FROM:<passwords@example.com>
    RCPT TO:<alice@example.com>
    RSET
    QUIT
    ");
}

#[test]
fn the_note_of_a_job_is_stored_once_and_is_in_each_mail() {
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, |_| Act::Usual);
    let world = world(&relay);
    let note = "Laptop stolen, ask Bob.";
    world.command(&format!("{CALL} --note")).argument(note).run().expect_status(0);
    let mails = relay.accepted();
    assert_eq!(mails.len(), 3);
    for mail in mails {
        assert!(String::from_utf8_lossy(&mail.content).contains(note));
    }
    assert_eq!(world.ask("SELECT note FROM jobs"), note);
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE note IS NOT NULL"), "0");
    // A mail of its own has its own.
    world.command("users send-reset alice --unless-sent-within 0s --note").argument("Hello.").run().expect_status(0);
    assert_eq!(world.ask("SELECT note FROM messages WHERE job_id IS NULL AND kind = 'reset'"), "Hello.");
    assert!(String::from_utf8_lossy(&relay.accepted()[3].content).contains("Hello."));
}
