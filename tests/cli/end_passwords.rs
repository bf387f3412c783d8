//! After a breach: `users send-reset SELECTION --end-passwords`.

use cxme_admin::actions::jobs::create;
use cxme_admin::actions::jobs::create::ConfirmedPlan;
use cxme_admin::actions::users::send_reset;
use cxme_admin::app::ActionError;
use cxme_admin::app::ChangeOptions;
use cxme_admin::domain::refusal::Refusal;
use cxme_admin::store::jobs::JobSendOptions;
use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;
use crate::support::code_in;
use crate::support::me;

pub(crate) fn relay(refused: &'static str) -> ScriptedRelay {
    ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, move |moment| match moment.at {
        At::Rcpt if !refused.is_empty() && moment.line.contains(refused) => {
            Act::Say(b"550 5.1.1 no such user\r\n".to_vec())
        }
        _ => Act::Usual,
    })
}

/// alice and bob have passwords, carla has none, dora has one and is locked, sam signs in with SAML.
pub(crate) fn world(relay: &ScriptedRelay) -> World {
    let world = World::with_mail().with_users("alice,bob,carla,dora").with_saml_user();
    for user in ["alice", "bob", "dora"] {
        world.set_password(user, GOOD);
    }
    world.run("users lock dora").expect_status(0);
    world.configure_relay(relay.port());
    world
}

/// The texts of the mails that a relay took, with their headers.
fn mails(relay: &ScriptedRelay) -> Vec<String> {
    let mut mails: Vec<String> = relay
        .accepted()
        .iter()
        .map(|mail| String::from_utf8_lossy(&mail.content).replace("=\r\n", "").replace("\r\n ", " "))
        .collect();
    mails.sort_by_key(|mail| mail.lines().find(|line| line.starts_with("To: ")).map(str::to_owned));
    mails
}

pub(crate) fn hashes(world: &World) -> String {
    world.ask("SELECT group_concat(username) FROM users WHERE password_hash IS NOT NULL")
}

#[test]
fn passwords_end_with_the_creation_of_the_job_and_not_with_the_mail() {
    let relay = relay("");
    let world = world(&relay);
    let epochs = "SELECT group_concat(username || session_epoch) FROM (SELECT * FROM users ORDER BY username)";
    assert_eq!(world.ask(epochs), "alice1,bob1,carla0,dora2,sam0");
    let run = world.run("users send-reset --all --end-passwords --reason 'breach of 2026' --queue-only --yes -v");
    assert_snapshot!(run, @"
    status 0
    -- stderr
    Created job 1: 3 mails.
    Ended 2 passwords and the sessions of 3 users.
    warning: 1 user who is skipped keeps their password; see why: cxme-admin jobs recipients 1
    Nothing is sent yet: cxme-admin jobs run 1
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users send-reset to many | done | owner, Admin | breach of 2026
    {"job":1,"messages":3,"passwords_ended":2,"selection":"--all","skipped":2}
    "#);
    assert_eq!((hashes(&world), world.ask(epochs)), ("dora".to_owned(), "alice2,bob2,carla1,dora2,sam0".to_owned()));
    assert_eq!(world.ask("SELECT count(*) FROM login"), "0");
    assert!(!world.accepts("alice", GOOD) && relay.accepted().is_empty());
    assert_snapshot!(world.run("audit list --user alice --action 'users send-reset'"), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    8   now   owner created job 1 (3 mails; 2 users skipped; 2 passwords ended; chosen by `--all`; reason: breach of 2026)
    ");
    assert_snapshot!(world.run("audit verify -v"), @"
    status 0
    -- stdout
    9 events, chain intact.
    -- stderr
    Without `--head HASH`, truncation or a full rewrite cannot be detected.
    ");
    assert_snapshot!(world.run("jobs show 1"), @"
    status 0
    -- stdout
    Job:               1
    State:             unfinished; no process is sending it
    Users:             --all
    Requested by:      owner
    Reason:            breach of 2026
    Created:           now (2026-11-24T08:00:00Z)
    Mails:             3
    Passwords ended:   2
    Outcome:           3 queued; skipped 2
    Without password:  2 users have no password and no working link: cxme-admin jobs run 1
    Links used:        0
    Pace:              none in the last minute

            1  skipped: SAML
            1  skipped: locked
    ");
    world.run("jobs run").expect_status(0);
    world.run("users unlock dora").expect_status(0);
    assert!(world.accepts("dora", GOOD), "who is skipped keeps the password");
    let subjects: Vec<String> = mails(&relay)
        .iter()
        .flat_map(|mail| {
            mail.lines().filter(|line| line.starts_with("Subject: ")).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        subjects,
        [
            "Subject: Choose a new password for Example Travel: your old one no longer works",
            "Subject: Choose a new password for Example Travel: your old one no longer works",
            "Subject: Your account at Example Travel: choose a password",
        ]
    );
    assert_eq!(
        world.ask("SELECT group_concat(kind || ' ' || ifnull(is_forced, 0), ', ') FROM messages"),
        "reset 1, reset 1, invitation 0, reset 0, invitation 0"
    );
}

#[test]
fn the_link_sets_another_password_and_never_the_one_that_was_ended() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset --search alice --end-passwords --yes").expect_status(0);
    let code = code_in(&mails(&relay)[0]);
    let redeem = |password: &str| {
        world.command("resets redeem --stdin --no-notify").stdin(format!("{code}\n{password}\n")).run()
    };
    assert_snapshot!(redeem(GOOD), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - used before: it is a password that was disabled
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    redeem(OTHER).expect_status(0);
    assert!(world.accepts("alice", OTHER));
    // As long as there was no other one, an operator does not set it either.
    world.run("users send-reset --search bob --end-passwords --yes").expect_status(0);
    world.command("users set-password bob --stdin").stdin(GOOD).run().expect_status(65);
}

#[test]
fn it_asks_with_the_counts_and_a_dry_run_shows_them() {
    let relay = relay("");
    let world = world(&relay);
    assert_snapshot!(world.run("users send-reset --all --end-passwords -n"), @"
    status 0
    -- stdout
    Would mail a link to 3 users.
    Would skip 1 user: SAML
    Would skip 1 user: locked
    Would end 2 passwords and the sessions of 3 users; 1 user who is skipped would keep theirs.
    ");
    assert_snapshot!(world.run("users send-reset --all --end-passwords -n -o csv"), @"
    status 0
    -- stdout
    action,would_change,users,result,why
    users send-reset to many,true,3,would be mailed,
    users send-reset to many,false,1,skipped,SAML
    users send-reset to many,false,1,skipped,locked
    users send-reset to many,true,2,password would be ended,
    ");
    assert_snapshot!(world.run("users send-reset --all --end-passwords"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): End 2 passwords now, mail a link to 3 users, and skip 2 (1 SAML, 1 locked), of whom 1 keeps their password
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("users send-reset --all --end-passwords").typing(["n"]).run(), @"
    status 65
    -- asked
    End 2 passwords now, mail a link to 3 users, and skip 2 (1 SAML, 1 locked), of whom 1 keeps their password? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_eq!((hashes(&world), world.count_jobs()), ("alice,bob,dora".to_owned(), 0));
    world.command("users send-reset --status locked --end-passwords").run().expect_status(0);
    assert_eq!(hashes(&world), "alice,bob,dora");
    let run = world.command("users send-reset --search alice --end-passwords").typing(["y"]).run().expect_status(0);
    assert!(run.asked.starts_with("End 1 password now and mail a link to 1 user? [y/N]"), "{run}");
    assert_eq!(hashes(&world), "bob,dora");
}

#[test]
fn where_no_mail_can_leave_nothing_ends() {
    let relay = relay("");
    let world = world(&relay);
    let config = std::fs::read_to_string(world.config()).unwrap();
    let call = "users send-reset --all --end-passwords --yes";
    world.configure("");
    assert!(world.run(call).expect_status(78).err().contains("no mail is configured"));
    world.write_config(&config.replace("link =", "# link ="));
    assert!(world.run(call).expect_status(78).err().contains("no link is configured"));
    world.configure_mail("");
    assert_snapshot!(world.run(call), @r#"
    status 78
    -- stderr
    error: no passwords were ended: with `[mail] transport = "file"` the mails would reach nobody
    "#);
    world.write_config(&config);
    let key = world.store().with_file_name("reset.key");
    std::fs::rename(&key, key.with_extension("away")).unwrap();
    assert!(world.run(call).expect_status(78).err().contains("the reset key is missing"));
    std::fs::rename(key.with_extension("away"), &key).unwrap();
    world.configure_relay(1);
    assert_snapshot!(world.run(call), @"
    status 75
    -- stderr
    error: no passwords were ended, because no mail can be sent now: 127.0.0.1:1: cannot connect to 127.0.0.1: Connection refused (os error 111)
    hint: to end the passwords all the same, and mail when that is possible: the same with `--queue-only`, then `jobs run`
    ");
    let (head, _) = config.split_once("[mail.smtp]").unwrap();
    let (_, reset) = config.split_once("[reset]").unwrap();
    let program = "transport = \"sendmail\"\n[mail.sendmail]\nprogram = \"/nonexistent/sendmail\"\n";
    world.write_config(&format!("{head}{program}[reset]{reset}"));
    assert!(world.run(call).expect_status(78).err().contains("/nonexistent/sendmail: cannot be started: "));
    assert_eq!(hashes(&world), "alice,bob,dora");
    // They end if that is wanted.
    world.run("users send-reset --search bob --end-passwords --queue-only -n").expect_status(0);
    for (call, status) in [("users send-reset alice --end-passwords", 2), ("users send-reset --end-passwords --yes", 2)]
    {
        world.run(call).expect_status(status);
    }
    assert_eq!((hashes(&world), world.count_jobs()), ("alice,bob,dora".to_owned(), 0));
}

#[test]
fn it_takes_the_permission_to_set_passwords_and_spares_those_who_may_do_more() {
    let relay = relay("");
    let world = World::with_mail()
        .with_role("Bulk", "view-users send-resets run-bulk-jobs")
        .with_role("Both", "view-users send-resets run-bulk-jobs set-passwords")
        .with_users("alice:Bulk,boss:Admin")
        .with_operator(CAROL, "Bulk");
    world.set_password("alice", GOOD);
    world.set_password("boss", GOOD);
    world.configure_relay(relay.port());
    for call in ["users send-reset --all --end-passwords --yes", "users send-reset --all --end-passwords -n"] {
        let run = world.command(call).uid(CAROL).run().expect_status(77);
        assert!(run.err().contains("`set-passwords`") && run.stdout.is_empty(), "{run}");
    }
    assert_eq!(hashes(&world), "alice,boss");
    world.run("operators remove carol").expect_status(0);
    let world = world.with_operator(CAROL, "Both");
    let run = world.command("users send-reset --all --end-passwords --yes -v").uid(CAROL).run();
    assert_snapshot!(run, @"
    status 0
    -- stderr
    Created job 1: 1 mail.
    Ended 1 password and the sessions of 1 user.
    warning: 1 user who is skipped keeps their password; see why: cxme-admin jobs recipients 1
    Job 1, finished: 1 mail: 1 accepted; skipped 1 (1 no permission over this user).
    ");
    assert_eq!(hashes(&world), "boss");
}

/// A user whose password has ended does not meet these conditions any more.
#[test]
fn a_selection_by_the_password_mails_all_whose_passwords_it_ends() {
    for selection in ["--password-older-than 1h", "--policy-outdated", "--search alice --never-logged-in"] {
        let relay = relay("");
        let world = world(&relay);
        world.wait(7_200);
        world.sql("UPDATE users SET password_policy = 'another'");
        world.run(&format!("users send-reset {selection} --end-passwords --yes")).expect_status(0);
        let mailed = "SELECT group_concat(address) FROM messages WHERE state = 'accepted' AND is_forced";
        let expected =
            if selection.contains("alice") { "alice@example.com" } else { "alice@example.com,bob@example.com" };
        assert_eq!(world.ask(mailed), expected, "{selection}");
    }
}

#[test]
fn a_key_of_a_job_that_ended_no_passwords_is_refused() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset --search alice --key breach --yes").expect_status(0);
    assert_snapshot!(world.run("users send-reset --search alice --key breach --end-passwords --yes"), @"
    status 65
    -- stderr
    error: job 1 with this key ended no passwords: give another key
    ");
    assert_eq!(hashes(&world), "alice,bob,dora");
    let call = "users send-reset --search bob --key two --end-passwords --yes";
    world.run(call).expect_status(0);
    world.set_password("bob", OTHER);
    let again = world.run(call).expect_status(0);
    assert!(again.err().starts_with("warning: no passwords were ended now: "), "cron is told, too: {again}");
    assert_eq!(hashes(&world), "alice,bob,dora", "the job has ended passwords once");
}

#[test]
fn whoever_got_no_mail_gets_the_same_mail_again() {
    let refusing = relay("alice");
    let world = world(&refusing);
    world.run("users send-reset --search alice --end-passwords --yes").expect_status(3);
    let taking = relay("");
    world.configure_relay(taking.port());
    world.run("jobs retry 1").expect_status(0);
    assert!(mails(&taking)[0].contains("has disabled your old password"));
    assert!(world.run("jobs recipients 1 -o csv").out().contains("alice,alice@example.com,forced-reset,accepted,"));
    // Open links of before have ended with the password.
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE revoked_at IS NULL AND state = 'accepted'"), "1");
}

/// They had a password, so none is told of a new account.
#[test]
fn whoever_is_mailed_again_is_not_taken_for_a_new_user() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset --search alice --end-passwords --yes").expect_status(0);
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    world.run("users send-reset --search alice --unless-sent-within 0s --yes").expect_status(0);
    let again = "users send-reset --search alice --end-passwords --unless-sent-within 0s --yes -v";
    assert_snapshot!(world.run(again), @"
    status 0
    -- stderr
    Created job 3: 1 mail.
    Ended the sessions of 1 user.
    Job 3, finished: 1 mail: 1 accepted.
    ");
    assert_eq!(
        world.ask("SELECT group_concat(kind || ' ' || ifnull(is_forced, 0) || ' ' || lifetime, ', ') FROM messages"),
        "reset 1 86400, reset 0 86400, reset 0 86400, reset 1 86400"
    );
    world.run("users send-reset --search alice --expires 2d --unless-sent-within 0s -n").expect_status(65);
}

/// A stolen password would still work otherwise.
#[test]
fn no_other_mail_keeps_a_password_from_ending() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset alice").expect_status(0);
    world.run("users send-reset --search bob --queue-only --yes").expect_status(0);
    world.run("users send-reset carla").expect_status(0);
    let run = world.run("users send-reset --all --end-passwords --yes -v");
    assert_snapshot!(run, @"
    status 0
    -- stderr
    Created job 2: 2 mails.
    Ended 2 passwords and the sessions of 2 users.
    warning: 1 user who is skipped keeps their password; see why: cxme-admin jobs recipients 2
    Job 2, finished: 2 mails: 2 accepted; skipped 3 (1 SAML, 1 locked, 1 sent a short while ago).
    ");
    assert_eq!(hashes(&world), "dora");
    let of_bob = "SELECT group_concat(state) FROM messages WHERE address = 'bob@example.com'";
    assert_eq!(world.ask(of_bob), "cancelled,accepted", "one mail");
    // Cron is told of those who keep theirs, also where nobody is mailed.
    for call in ["users send-reset --search dora --end-passwords --yes", "users send-reset --all --end-passwords --yes"]
    {
        let run = world.run(call).expect_status(0);
        assert!(run.err().starts_with("warning: 1 user who is skipped keeps their password; see why: "), "{run}");
    }
}

#[test]
fn links_that_are_open_end_with_the_passwords() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset alice").expect_status(0);
    world.run("users send-reset --search alice --end-passwords --yes").expect_status(0);
    assert_eq!(
        world.ask("SELECT group_concat(ifnull(revoked_why, 'open'), ', ') FROM messages"),
        "another password, open"
    );
}

#[test]
fn more_passwords_than_were_confirmed_do_not_end() {
    let relay = relay("");
    let world = world(&relay);
    let app = world.app(me(), "owner");
    let day = std::time::Duration::from_secs(86_400);
    let wish = create::JobRequest {
        audience: create::Audience::Selected(Box::default()),
        selection: "--all".to_owned(),
        sha256: None,
        key: None,
        expect: None,
        wanted: send_reset::LinkOptions {
            includes_bounced: false,
            lifetime: None,
            reset_life: day,
            invitation_lifetime: day,
            note: None,
            unless_sent_within: std::time::Duration::ZERO,
        },
        sending: JobSendOptions::default(),
        ends_passwords: true,
    };
    let refused = create::make(&app, &wish, Some(ConfirmedPlan { mailed: 9, passwords: 1 }), &ChangeOptions::default())
        .unwrap_err();
    assert!(matches!(refused, ActionError::Refused(Refusal::SelectionChanged { confirmed: 1, found: 2 })), "{refused}");
    assert_eq!((hashes(&world), world.count_jobs()), ("alice,bob,dora".to_owned(), 0));
    let made =
        create::make(&app, &wish, Some(ConfirmedPlan { mailed: 9, passwords: 2 }), &ChangeOptions::default()).unwrap();
    assert!(matches!(made, create::CreateOutcome::New(create::CreatedJob { mailed: 3, ended: 2, .. })), "{made:?}");
}

#[test]
fn the_mail_says_that_the_password_has_ended_in_english_and_in_german() {
    let world = World::with_mail();
    // What is this mail's own: the other sentences are those of any reset.
    let own = |call: &str, username: &str| {
        let text = world.run(call).expect_status(0).out();
        text.split_once(username).unwrap().0.to_owned()
    };
    assert_snapshot!(own("mail preview forced-reset", "Your username:"), @"
    To: alex@example.com
    Subject: Choose a new password for Example Travel: your old one no longer works

    Hello Alex Example,

    For security reasons, an administrator of Example Travel has disabled
    your old password. You were signed out everywhere, and can sign in again
    once you have chosen a new password. If you used the old one anywhere
    else, change it there too.
    ");
    assert_snapshot!(own("mail preview forced-reset --locale de", "Ihr Benutzername:"), @"
    To: alex@example.com
    Subject: Neues Passwort für Example Travel wählen: Ihr bisheriges gilt nicht mehr

    Guten Tag Alex Example,

    aus Sicherheitsgründen hat die Administration von Example Travel Ihr
    bisheriges Passwort gesperrt. Sie wurden überall abgemeldet und können
    sich wieder anmelden, sobald Sie ein neues Passwort gewählt haben. Falls
    Sie das alte auch anderswo verwenden, ändern Sie es bitte auch dort.
    ");
}
