//! `mail bounces`: delivery reports are read, believed only of a mail that was sent to that address, and shown.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::MALLORY;
use crate::support::Run;
use crate::support::World;
use crate::support::code_in;

/// A report as Postfix writes it.
fn report(message_id: &str, address: &str, status: &str, words: &str) -> String {
    let action = if status.starts_with('4') { "delayed" } else { "failed" };
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: passwords@example.com\nDate: Tue, 24 Nov 2026 08:00:30 +0000\n\
         Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"B\"\n\n\
         --B\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\n\
         --B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n\
         Final-Recipient: rfc822; {address}\nOriginal-Recipient: rfc822;{address}\nAction: {action}\nStatus: {status}\n\
         Diagnostic-Code: smtp; {words}\n\n--B\nContent-Type: text/rfc822-headers\n\n\
         To: {address}\nMessage-ID: <{message_id}>\n\n--B--\n"
    )
}

const UNKNOWN: &str = "550 5.1.1 <alice@example.com>: Recipient address rejected: User unknown";

impl World {
    fn message_id(&self, number: i64) -> String {
        self.ask(&format!("SELECT message_id FROM messages WHERE id = {number}"))
    }

    fn read(&self, message: &str) -> Run {
        self.command("mail bounces -").stdin(message).run()
    }

    /// A report of a mail of alice that was sent a minute ago.
    fn bounce_of_alice(&self) -> String {
        self.run("users send-reset alice").expect_status(0);
        self.wait(60);
        report(&self.message_id(1), "alice@example.com", "5.1.1", UNKNOWN)
    }

    fn state(&self) -> String {
        let messages = "SELECT group_concat(id || ' ' || state || ' ' || ifnull(revoked_why, '-'), ', ') FROM messages";
        let users = "SELECT group_concat(username || ' ' || bounced_at, ', ') FROM users WHERE bounced_at IS NOT NULL";
        format!("{}; {}", self.ask(messages), self.ask(users))
    }
}

#[test]
fn a_report_marks_the_mail_and_the_address_and_ends_the_link() {
    let world = World::with_mail().with_users("alice,bob");
    let report = world.bounce_of_alice();
    let code = code_in(world.mails().last().unwrap());
    assert_snapshot!(world.command("mail bounces - -v").stdin(&report).run(), @"
    status 0
    -- stderr
    Marked 1 mail as bounced, and the address of 1 user; read 1 message.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    mail bounces | done | owner, Admin | -
    {"bounced":1,"users":1}
    "#);
    assert_snapshot!(world.run("audit show 4 --changes"), @"
    status 0
    -- stdout
    USER ID  USER   FIELD         OLD  NEW                                                                      ERASED
    1        alice  bounce_reply       550 5.1.1 <alice@example.com>: Recipient address rejected: User unknown  no
    1        alice  bounced_at         2026-11-24T08:00:30Z                                                     no
    ");
    world
        .command("resets redeem --stdin")
        .stdin(format!("{code}\nquiet horse battery lantern\n"))
        .run()
        .expect_status(65);
    assert_snapshot!(world.run("users list --bounced"), @"
    status 0
    -- stdout
    USERNAME  EMAIL              BOUNCED         REPLY
    alice     alice@example.com  30 seconds ago  550 5.1.1 <alice@example.com>: Recipient address rejected: User unknown
    ");
    let shown = world.run("users show alice").expect_status(0).out();
    assert!(shown.contains("Remote server said:") && shown.contains("550 5.1.1 <alice@example.com>"), "{shown}");
    assert!(!world.run("users show bob").out().contains("Remote server said"));
    let before = (world.state(), world.events());
    // Read again, by whichever way, it changes nothing.
    assert_snapshot!(world.command("mail bounces - -v").stdin(&report).run(), @"
    status 0
    -- stderr
    Nothing was changed; read 1 message: 1 known before.
    ");
    let crlf = report.replace('\n', "\r\n");
    world.read(&crlf).expect_status(0);
    assert!(
        world.read(&format!("From MAILER-DAEMON Tue Nov 24 08:00:30 2026\n{report}")).expect_status(0).all().is_empty()
    );
    assert_eq!((world.state(), world.events()), before);
}

#[test]
fn a_user_whose_address_bounces_is_skipped_until_the_address_changes_or_somebody_says_so() {
    let world = World::with_mail().with_users("alice,bob");
    let report = world.bounce_of_alice();
    world.read(&report).expect_status(0);
    world.wait(3 * 86_400);
    assert_snapshot!(world.run("users send-reset alice"), @"
    status 65
    -- stderr
    error: alice: address bounces (550 5.1.1, 3 days ago)
    hint: correct the address: cxme-admin users edit alice --email ADDRESS; or mail it all the same: `--include-bounced`
    ");
    assert_snapshot!(world.run("users send-reset --all --yes -v"), @"
    status 0
    -- stderr
    Created job 1: 1 mail.
    Job 1, finished: 1 mail: 1 accepted; skipped 1 (1 address bounces (550 5.1.1, 3 days ago)).
    ");
    let recipients = world.run("jobs recipients 1 -o csv").expect_status(0).out();
    assert!(recipients.contains(",\"address bounces (550 5.1.1, 3 days ago)\","), "{recipients}");
    world.wait(3_600);
    world.run("users send-reset alice --include-bounced").expect_status(0);
    world.run("users send-reset --all --include-bounced --unless-sent-within 0s --yes").expect_status(0);
    assert_eq!(
        world.ask("SELECT count(*) FROM messages WHERE state = 'accepted' AND address = 'alice@example.com'"),
        "2"
    );
    // By hand.
    assert_snapshot!(world.run("users edit alice --clear-bounce -v"), @"
    status 0
    -- stderr
    Changed alice: bounce.
    ");
    assert_snapshot!(world.run("users edit alice --clear-bounce -v"), @"
    status 0
    -- stderr
    alice already matches; nothing was changed.
    ");
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE bounced_at IS NOT NULL"), "0");
    // The report is known, and marks nothing again.
    world.read(&report).expect_status(0);
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE bounced_at IS NOT NULL"), "0");
    for (line, is_cleared) in [
        ("users edit alice --email Alice@EXAMPLE.com --no-notify", false),
        ("users edit alice --name Alice --no-notify", false),
        ("users edit --bounced --clear-bounce --yes", true),
        ("users edit alice --email alice.adams@example.com --no-notify", true),
    ] {
        world.sql("UPDATE users SET bounced_at = 1, bounce_reply = '550 no' WHERE username = 'alice'");
        world.run(line).expect_status(0);
        assert_eq!(world.ask("SELECT count(*) FROM users WHERE bounced_at IS NOT NULL") == "0", is_cleared, "{line}");
    }
    world.sql("UPDATE users SET bounced_at = 1, bounce_reply = '550 no' WHERE username = 'alice'");
    let rows = "username,email\nalice,other@example.com\n";
    world.command("users import - --update").stdin(rows).run().expect_status(0);
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE bounced_at IS NOT NULL"), "0");
}

#[test]
fn a_mail_that_waits_when_its_address_bounces_is_not_sent() {
    let world = World::with_mail().with_users("alice,bob");
    let report = world.bounce_of_alice();
    world.run("users send-reset --all --unless-sent-within 0s --queue-only --yes").expect_status(0);
    world.wait(60);
    let newer = report.replace("08:00:30", "08:01:30");
    world.read(&newer).expect_status(0);
    world.run("jobs run").expect_status(0);
    assert_snapshot!(world.ask("SELECT group_concat(state || ': ' || iif(state = 'accepted', '-', reply), '; ') FROM messages WHERE job_id = 1"), @"cancelled: address bounces; accepted: -");
}

#[test]
fn what_is_not_about_a_mail_of_this_store_to_this_address_changes_nothing() {
    let world = World::with_mail().with_users("alice,bob");
    let report_of_alice = world.bounce_of_alice();
    world.run("users send-reset bob").expect_status(0);
    let (alice, bob) = (world.message_id(1), world.message_id(2));
    let before = (world.state(), world.events());
    let of = |id: &str, address: &str| report(id, address, "5.1.1", "550 5.1.1 unknown");
    for forged in [
        // Never sent; of another organization; of another one's mail.
        of("1.AAAAAAAAAAAAAAAAAAAAAAAAAA@example.com", "alice@example.com"),
        of("99.AAAAAAAAAAAAAAAAAAAAAAAAAA@example.com", "alice@example.com"),
        of(&alice.replace("example.com", "example.org"), "alice@example.com"),
        of("9223372036854775808.x@example.com", "alice@example.com"),
        of("-1.x@example.com", "alice@example.com"),
        of("1", "alice@example.com"),
        of(&alice, "bob@example.com"),
        of(&bob, "alice@example.com"),
        of(&alice, "alice@example.org"),
        of(&alice, ""),
    ] {
        let run = world.command("mail bounces - -o json").stdin(&forged).run().expect_status(0).out();
        assert!(run.contains("\"bounced\":0,\"users_changed\":0,"), "{run}\n{forged}");
        assert_eq!((world.state(), world.events()), before, "{forged}");
    }
    // A delay, what may pass, and what was delivered.
    for (status, words) in [("4.4.1", "451 4.4.1 later"), ("4.2.2", "452 4.2.2 mailbox full")] {
        let run =
            world.command("mail bounces - -o json").stdin(report(&alice, "alice@example.com", status, words)).run();
        assert!(run.out().contains("\"temporary\":1,"), "{run}");
    }
    let delivered = report_of_alice.replace("Action: failed", "Action: delivered");
    world.read(&delivered).expect_status(0);
    assert_eq!((world.state(), world.events()), before);
    // A used link proves that its mail arrived.
    let code = code_in(&world.mails()[0]);
    world
        .command("resets redeem --stdin")
        .stdin(format!("{code}\nquiet horse battery lantern\n"))
        .run()
        .expect_status(0);
    let before = world.state();
    world.read(&report_of_alice).expect_status(0);
    assert_eq!(world.state(), before);
}

#[test]
fn a_filter_that_refuses_the_mail_says_nothing_of_the_address() {
    let world = World::with_mail().with_users("alice");
    let report = world.bounce_of_alice().replace("5.1.1", "5.7.1");
    world.read(&report).expect_status(0);
    assert_snapshot!(world.state(), @"1 bounced bounced; -");
    // So does a report of an address that the user does not have any more.
    world.run("users send-reset alice").expect_status(0);
    let old = report.replace("5.7.1", "5.1.1").replace(&world.message_id(1), &world.message_id(2));
    world.run("users edit alice --email alice.adams@example.com --no-notify").expect_status(0);
    world.read(&old).expect_status(0);
    assert_snapshot!(world.state(), @"1 bounced bounced, 2 bounced another address; -");
}

#[test]
fn a_maildir_and_an_mbox_are_read_and_not_changed() {
    let world = World::with_mail().with_users("alice,bob,carla");
    world.run("users send-reset alice bob carla").expect_status(0);
    let reports: Vec<String> = (1..)
        .zip(["alice", "bob", "carla"])
        .map(|(id, user)| report(&world.message_id(id), &format!("{user}@example.com"), "5.1.1", "550 5.1.1 unknown"))
        .collect();
    let maildir = world.path("Maildir");
    for part in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(part)).unwrap();
    }
    fs::write(maildir.join("new/1.host"), &reports[0]).unwrap();
    fs::write(maildir.join("cur/2.host:2,S"), &reports[1]).unwrap();
    fs::write(maildir.join("tmp/3.host"), &reports[2]).unwrap();
    fs::write(maildir.join("new/4.host"), "Subject: hello\n\nHow are you?\n").unwrap();
    // What is no regular file is ignored; a pipe would be waited for.
    fs::create_dir(maildir.join("new/directory")).unwrap();
    symlink(maildir.join("tmp/3.host"), maildir.join("new/5.host")).unwrap();
    nix::unistd::mkfifo(&maildir.join("new/6.host"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let names = || {
        let mut names: Vec<_> = ["new", "cur", "tmp"]
            .iter()
            .flat_map(|part| fs::read_dir(maildir.join(part)).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        names.sort();
        names
    };
    let before = names();
    assert_snapshot!(world.command("mail bounces -n -o json").argument(&maildir).run(), @r#"
    status 0
    -- stdout
    [
    {"action":"mail bounces","would_change":true,"read":3,"bounced":2,"users_changed":2,"known":0,"temporary":0,"unmatched":0,"not_permitted":0,"others":1}
    ]
    "#);
    assert_snapshot!(world.state(), @"1 accepted -, 2 accepted -, 3 accepted -; -");
    assert_snapshot!(world.command("mail bounces -v").argument(&maildir).run(), @"
    status 0
    -- stderr
    Marked 2 mails as bounced, and the address of 2 users; read 3 messages: 1 reporting no failure.
    ");
    assert_eq!(names(), before);
    let mut mbox = String::new();
    for report in &reports {
        write!(mbox, "From MAILER-DAEMON Tue Nov 24 08:00:30 2026\n{report}\n").unwrap();
    }
    let file = world.file("mbox", mbox);
    assert_snapshot!(world.command("mail bounces -o csv").argument(&file).run(), @"
    status 0
    -- stdout
    read,bounced,users_changed,known,temporary,unmatched,not_permitted,others
    3,1,1,2,0,0,0,0
    ");
    for (path, status) in [("absent", 74), ("data", 65)] {
        let run = world.command("mail bounces").argument(world.path(path)).run();
        assert_eq!(run.status, status, "{run}");
    }
    assert_snapshot!(world.command("mail bounces").argument(world.path("data")).run(), @"
    status 65
    -- stderr
    error: [DIR]/data: is no Maildir: it has neither `new` nor `cur`
    hint: give a Maildir, an mbox file, or `-`
    ");
}

#[test]
fn many_reports_are_recorded_in_several_changes_and_a_large_one_is_read_at_its_beginning() {
    let users: Vec<String> = (0..1_100).map(|number| format!("u{number}")).collect();
    let world = World::with_mail().with_users(&users.join(","));
    world.run("users send-reset --all --yes").expect_status(0);
    let mut mbox = String::new();
    for id in 1..=1_100 {
        let address = world.ask(&format!("SELECT address FROM messages WHERE id = {id}"));
        let report = report(&world.message_id(id), &address, "5.1.1", "550 5.1.1 unknown");
        write!(mbox, "From MAILER-DAEMON Tue Nov 24 08:00:30 2026\n{report}\n").unwrap();
    }
    let before = world.events();
    let run = world.command("mail bounces - -o json").stdin(&mbox).run().expect_status(0);
    assert!(run.out().contains("\"read\":1100,\"bounced\":1100,\"users_changed\":1100,"), "{run}");
    assert_eq!(world.events(), before + 3);
    world.run("audit verify").expect_status(0);
    assert_snapshot!(world.run("jobs show 1 -o json").out().split("\"accepted\"").nth(1).unwrap().split("\"in_doubt\"").next().unwrap(), @r#":0,"deferred":0,"failed":0,"bounced":1100,"#);
    // The end of 50 MB is the end of the mail that is returned.
    let large = format!("{}{}", report("1.x@example.com", "u1@example.com", "5.1.1", "550 no"), "x".repeat(50 << 20));
    assert!(world.read(&large).expect_status(0).all().is_empty());
}

/// Operators see Message-IDs, and could write a report about anybody.
#[test]
fn a_report_about_a_user_on_whom_the_operator_may_not_act_changes_nothing() {
    let world = World::with_mail()
        .with_users("boss:Admin,alice")
        .with_role("Timer", "view-users send-resets run-bulk-jobs")
        .with_operator(CAROL, "Timer");
    world.run("users send-reset boss alice").expect_status(0);
    let reports = |number: u32, user: &str| {
        let address = format!("{user}@example.com");
        report(&world.message_id(i64::from(number)), &address, "5.1.1", "550 5.1.1 unknown")
    };
    let (of_boss, of_alice) = (reports(1, "boss"), reports(2, "alice"));
    let before = world.state();
    let forged = world.command("mail bounces - -v").stdin(&of_boss).uid(CAROL).run();
    assert_snapshot!(forged, @"
    status 0
    -- stderr
    Nothing was changed; read 1 message: 1 about users on whom you may not act.
    ");
    assert_eq!(world.state(), before);
    world.run("operators edit carol --only-domain other.example").expect_status(0);
    world.command("mail bounces -").stdin(&of_alice).uid(CAROL).run().expect_status(0);
    assert_eq!(world.state(), before, "outside the limits");
    world.command("mail bounces -").stdin(&of_boss).run().expect_status(0);
    assert_ne!(world.state(), before, "root may act on everybody");
}

#[test]
fn who_may_not_run_jobs_reads_no_report_and_by_sudo_no_file() {
    let world = World::with_mail()
        .with_users("alice")
        .with_role("Timer", "view-users send-resets run-bulk-jobs")
        .with_operator(CAROL, "Timer");
    let report = world.bounce_of_alice();
    let before = world.state();
    world.command("mail bounces -").stdin(&report).uid(MALLORY).run().expect_status(77);
    let file = world.file("mbox", &report);
    let run = world.command("mail bounces").argument(&file).sudo_by(CAROL).run().expect_status(77);
    assert!(run.err().contains("pass data by a pipe"), "{run}");
    assert_eq!(world.state(), before);
    world.command("mail bounces -").stdin(&report).sudo_by(CAROL).run().expect_status(0);
    assert_ne!(world.state(), before);
}
