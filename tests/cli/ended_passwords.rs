//! The passwords that `users send-reset --end-passwords` has ended: refused ever after, and brought back by nothing without a word.

use insta::assert_snapshot;

use crate::end_passwords::hashes;
use crate::end_passwords::relay;
use crate::end_passwords::world;
use crate::relay::Act;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::GOOD;
use crate::support::OTHER;

const THIRD: &str = "nine copper kettles sing at noon";

/// Somebody may have stolen each of them.
#[test]
fn a_password_that_was_ended_is_refused_after_any_number_of_others() {
    let relay = relay("");
    let world = world(&relay);
    let set = |password: &str| world.command("users set-password alice --stdin").stdin(password).run();
    let end =
        || world.run("users send-reset --search alice --end-passwords --unless-sent-within 0s --yes").expect_status(0);
    end();
    set(OTHER).expect_status(0);
    assert_snapshot!(set(GOOD), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - used before: it is a password that was disabled
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    set(THIRD).expect_status(0);
    set(GOOD).expect_status(65);
    // One that was replaced, and not ended, is the policy's matter.
    set(OTHER).expect_status(0);
    end();
    for ended in [GOOD, OTHER] {
        set(ended).expect_status(65);
    }
    set(THIRD).expect_status(0);
    let change = world.command("users change-password alice --stdin --no-notify");
    change.stdin(format!("{THIRD}\n{OTHER}\n")).run().expect_status(65);
    // Who was moved to SAML and back chooses none of them either.
    world.run("users edit alice --sign-in saml --yes").expect_status(0);
    world.run("users edit alice --sign-in password").expect_status(0);
    set(GOOD).expect_status(65);
    // The policy is overridden by an operator who may do that, and says so.
    world.command("users set-password alice --stdin --override-policy").stdin(GOOD).run().expect_status(0);
}

/// Each costs a new password one hash, so not all are kept for ever.
#[test]
fn the_last_ten_ended_passwords_of_a_user_are_refused() {
    let relay = relay("");
    let world = world(&relay);
    let insert = "INSERT INTO password_history (user_id, replaced_at, password_hash, is_ended) \
                  SELECT id, 0, password_hash, NULL FROM users WHERE username = 'alice'";
    // Passwords that were replaced do not push out those that were ended.
    for _ in 0..30 {
        world.sql(insert);
    }
    for _ in 0..12 {
        world.sql(&insert.replace("NULL FROM", "1 FROM"));
    }
    world.run("users send-reset --search alice --end-passwords --yes").expect_status(0);
    world.command("users set-password alice --stdin").stdin(OTHER).run().expect_status(0);
    let counts = "SELECT group_concat(kept) FROM (SELECT count(*) AS kept FROM password_history GROUP BY is_ended)";
    assert_eq!(world.ask(counts), "8,10");
    world.command("users set-password alice --stdin").stdin(GOOD).run().expect_status(65);
}

#[test]
fn an_older_export_does_not_bring_an_ended_password_back() {
    let relay = relay("");
    let world = world(&relay);
    let file = world.path("export.csv");
    world.command("users export --with-hashes -o csv --to").argument(file.clone()).run().expect_status(0);
    let import = || world.command("users import --update").argument(file.clone()).argument("--yes").run();
    world.run("users send-reset --all --end-passwords --yes").expect_status(0);
    let run = import();
    assert_snapshot!(world.without_paths(&run.to_string()), @"
    status 65
    -- stderr
    line 2, password_hash: is that of a password that was ended (`--end-passwords`): leave it empty
    line 3, password_hash: is that of a password that was ended (`--end-passwords`): leave it empty
    error: 2 of 5 rows cannot be imported; nothing was changed
    ");
    assert_eq!(hashes(&world), "dora");
    // A hash that a login has replaced since is another one of the same password: it cannot be told from a new password.
    world.sql("UPDATE password_history SET password_hash = replace(password_hash, 'p=1$', 'p=1$AAAA')");
    let run = import();
    assert_snapshot!(world.without_paths(&run.to_string()), @"
    status 0
    -- stderr
    warning: 2 users whose passwords were ended have one again, by a hash of the input: if the hash is older than the end, end it again
    ");
    assert_eq!(hashes(&world), "alice,bob,dora");
    // What is so already is no change.
    world.sql("UPDATE password_history SET password_hash = (SELECT password_hash FROM users WHERE users.id = user_id)");
    import().expect_status(0);
}

#[test]
fn a_restore_says_which_ended_passwords_work_again() {
    let relay = relay("");
    let world = world(&relay);
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    world.wait(60);
    world.run("users send-reset --search bob --end-passwords --yes").expect_status(0);
    world.command("users set-password bob --stdin").stdin(OTHER).run().expect_status(0);
    world.run("users send-reset --search alice --end-passwords --yes").expect_status(0);
    let restore = |more: &str| {
        let command = world.command("store restore").argument(world.path("copy.db"));
        more.split_whitespace().fold(command, |command, word| command.argument(word)).run()
    };
    assert_snapshot!(restore("-n"), @"
    status 0
    -- stdout
    Would replace [DIR]/data/store.db with the store of 2026-11-24T08:00:00Z with 5 users. 2 passwords ended since would work again.
    ");
    let run = restore("--yes");
    assert_snapshot!(run, @"
    status 0
    -- stderr
    warning: 2 passwords work again that were ended after the backup, by jobs 1, 2 of the replaced store; list the users of each with cxme-admin jobs recipients 1 --store [DIR]/data/store.db.replaced-20261124-080100 -o csv > FILE, then: cxme-admin users send-reset --from FILE --end-passwords
    ");
    let event = world.newest_event();
    assert!(event.contains("\"ended_passwords\":2"), "{event}");
    assert_eq!(hashes(&world), "alice,bob,dora");
    // The list that it names is one that can be given.
    let command = run
        .err()
        .split_once("list the users of each with cxme-admin ")
        .unwrap()
        .1
        .split_once(" > FILE")
        .unwrap()
        .0
        .to_owned();
    let list = world.run(&command).expect_status(0).out();
    let file = world.file("ended.csv", list.as_bytes());
    let end = world.command("users send-reset --end-passwords --yes --from").argument(file).run().expect_status(0);
    assert!(end.stdout.is_empty(), "{end}");
    // Ended before the backup, or restored where nothing was ended: nothing to say.
    world.command("store backup").argument(world.path("later.db")).run().expect_status(0);
    let run = world.command("store restore --yes").argument(world.path("later.db")).run().expect_status(0);
    assert!(run.stderr.is_empty(), "{run}");
}

/// Ended passwords without mail that can leave lock users out: that is said before.
#[test]
fn a_dry_run_and_a_rate_say_before_that_mails_cannot_leave() {
    let relay = relay("");
    let world = world(&relay);
    let end = |more: &str| world.run(&format!("users send-reset --all --end-passwords {more}"));
    // All of it leaves.
    assert!(!end("--rate 3/day -n").expect_status(0).out().contains("rate"));
    assert_snapshot!(end("--rate 1/day -n"), @"
    status 0
    -- stdout
    Would mail a link to 3 users.
    Would skip 1 user: SAML
    Would skip 1 user: locked
    Would end 2 passwords and the sessions of 3 users; 1 user who is skipped would keep theirs.
    The rate 1/day leaves 1 mail now; 2 users wait for theirs without a password.
    ");
    assert_snapshot!(end("--rate 1/day -n -o csv"), @"
    status 0
    -- stdout
    action,would_change,users,result,why
    users send-reset to many,true,3,would be mailed,
    users send-reset to many,false,1,skipped,SAML
    users send-reset to many,false,1,skipped,locked
    users send-reset to many,true,2,password would be ended,
    users send-reset to many,false,2,would wait for their mail,rate 1/day
    ");
    assert_snapshot!(end("--rate 1/day"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): End 2 passwords now, mail a link to 3 users, and skip 2 (1 SAML, 1 locked), of whom 1 keeps their password (the rate 1/day leaves 1 mail now; 2 users wait for theirs without a password)
    hint: give `--yes` to do it without being asked
    ");
    assert_eq!(hashes(&world), "alice,bob,dora");
    let config = std::fs::read_to_string(world.config()).unwrap();
    let limited = |count: u32| {
        world.write_config(&config.replace("[mail.smtp]\n", &format!("[mail.smtp]\nrate = \"{count}/day\"\n")))
    };
    limited(2);
    world.run("users send-reset carla").expect_status(0);
    // Cron is told too.
    let run = world.run("users send-reset --search bob --rate 1/h --end-passwords --yes").expect_status(0);
    assert!(run.stderr.is_empty(), "one mail, and one is left: {run}");
    assert_snapshot!(end("--yes"), @"
    status 75
    -- stderr
    error: no passwords were ended, because no mail can be sent now: the rate 2/day is used up; the next mail may leave in 1 day
    hint: to end the passwords all the same, and mail when that is possible: the same with `--queue-only`, then `jobs run`
    ");
    assert_eq!(end("-n").to_string(), end("--yes").to_string());
    end("--queue-only -n").expect_status(0);
    assert_eq!(hashes(&world), "alice,dora");
    limited(3);
    let run = end("--unless-sent-within 0s --yes");
    assert_snapshot!(run, @"
    status 75
    -- stderr
    warning: 1 user who is skipped keeps their password; see why: cxme-admin jobs recipients 2
    warning: the rate 3/day leaves 1 mail now; 2 users wait for theirs without a password
    error: the rate 3/day is used up; the next mail may leave in 1 day; Job 2, running: 3 mails: 1 accepted, 2 queued; skipped 2 (1 SAML, 1 locked)
    hint: unsent mail waits in the outbox: cxme-admin jobs run
    ");
    assert_eq!(hashes(&world), "dora");
    // The relay is asked by a dry run too.
    world.write_config(&config);
    world.set_password("alice", OTHER);
    world.configure_relay(1);
    assert_eq!(end("-n").expect_status(75).err(), end("--yes").expect_status(75).err());
    assert_eq!(world.count_jobs(), 2);
}

#[test]
fn where_no_password_would_end_none_is_named() {
    let relay = relay("");
    let world = world(&relay);
    let line = "users send-reset --search carla --end-passwords";
    assert_snapshot!(world.run(&format!("{line} -n")), @"
    status 0
    -- stdout
    Would mail a link to 1 user.
    Would end the sessions of 1 user.
    ");
    let run = world.command(line).typing(["n"]).run().expect_status(65);
    assert_eq!(run.asked, "Mail a link to 1 user? [y/N] n\n");
    let run = world.command(line).typing(["y"]).run().expect_status(0);
    assert!(!run.err().contains("0 passwords"), "{run}");
}

#[test]
fn a_job_that_pauses_says_how_many_users_have_neither_a_password_nor_a_mail() {
    let refusing = relay("alice");
    let world = world(&refusing);
    let call = "users send-reset --all --end-passwords --canary 1 --key breach --yes";
    assert_snapshot!(world.run(call), @"
    status 3
    -- stderr
    warning: 1 user who is skipped keeps their password; see why: cxme-admin jobs recipients 1
    warning: the job pauses if the first mail is not accepted; then 2 users wait for theirs without a password
    error: Job 1, paused (one of the first messages was not accepted): 3 mails: 1 failed, 2 queued; skipped 2 (1 SAML, 1 locked); 2 users have no password and no working link
    hint: see: cxme-admin jobs show 1; then: cxme-admin jobs run 1
    ");
    assert_snapshot!(world.run("jobs show 1"), @"
    status 0
    -- stdout
    Job:               1
    State:             paused: one of the first messages was not accepted
    Key:               breach
    Users:             --all
    Requested by:      owner
    Created:           now (2026-11-24T08:00:00Z)
    Mails:             3
    Passwords ended:   2
    Outcome:           1 failed, 2 queued; skipped 2
    Without password:  2 users have no password and no working link: cxme-admin jobs run 1
    Links used:        0
    Pace:              none in the last minute

            1  failed: 550 5.1.1 no such user
            1  skipped: SAML
            1  skipped: locked
    ");
    assert_snapshot!(world.run(call), @"
    status 3
    -- stderr
    error: job 1 with this key is paused: one of the first messages was not accepted; 2 users have no password and no working link
    hint: see: cxme-admin jobs show 1; then: cxme-admin jobs run 1
    ");
    assert_snapshot!(world.run("jobs retry 1 -n"), @"
    status 0
    -- stdout
    Would try 1 failed mail of job 1 again.
    Would send 2 queued mails of job 1.
    ");
    assert_snapshot!(world.run("jobs retry 1 --deferred -n"), @"
    status 0
    -- stdout
    Job 1: no mail is deferred.
    Would send 2 queued mails of job 1.
    ");
    assert_snapshot!(world.run("jobs run 1"), @"
    status 3
    -- stderr
    error: Job 1, finished: 3 mails: 2 accepted, 1 failed; skipped 2 (1 SAML, 1 locked); 1 user has no password and no working link
    hint: details: cxme-admin jobs recipients 1; to try again: cxme-admin jobs retry 1
    ");
    assert_snapshot!(world.run("jobs retry 1 -n"), @"
    status 0
    -- stdout
    Would try 1 failed mail of job 1 again.
    ");
    world.command("users set-password alice --stdin").stdin(OTHER).run().expect_status(0);
    assert!(!world.run("jobs show 1").out().contains("Without password"));
}

#[test]
fn a_job_that_is_cancelled_leaves_nobody_out_without_a_word() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset --all --end-passwords --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("jobs cancel 1"), @"
    status 0
    -- stderr
    warning: 2 users have no password and no working link, and the job mails them no more; to mail them: cxme-admin users send-reset --no-password
    ");
}

#[test]
fn a_mail_that_was_cancelled_is_not_tried_again_and_the_command_that_is_printed_sends_another() {
    let relay = relay("");
    let world = world(&relay);
    world.run("users send-reset --all --end-passwords --queue-only --yes").expect_status(0);
    world.run("users lock alice").expect_status(0);
    world.run("users unlock alice").expect_status(0);
    world.run("users edit bob --email robert@example.com").expect_status(0);
    assert_snapshot!(world.run("jobs run"), @"
    status 3
    -- stderr
    error: Job 1, finished: 3 mails: 1 accepted, 2 cancelled; skipped 2 (1 SAML, 1 locked); 2 users have no password and no working link
    hint: details: cxme-admin jobs recipients 1; to mail those without a password: cxme-admin users send-reset --no-password
    ");
    let row = |job: &str| {
        let shown = world.run(&format!("jobs show {job}")).out();
        shown.lines().find(|line| line.starts_with("Without password")).map(str::to_owned)
    };
    assert_snapshot!(row("1").unwrap(), @"Without password:  2 users have no password and no working link: cxme-admin users send-reset --no-password");
    let command = row("1").unwrap().split_once("cxme-admin ").unwrap().1.to_owned();
    world.run(&format!("{command} --yes")).expect_status(0);
    assert_eq!(row("1"), None, "another job has mailed them");
    // A link that was revoked helps nobody, though its mail was accepted.
    world.run("resets revoke alice").expect_status(0);
    assert_snapshot!(row("1").unwrap(), @"Without password:  1 user has no password and no working link: cxme-admin users send-reset --no-password");
    world.run("users send-reset alice").expect_status(0);
    assert_eq!(row("1"), None);
    world.wait(2 * 86_400);
    assert_snapshot!(row("1").unwrap(), @"Without password:  2 users have no password and no working link: cxme-admin users send-reset --no-password");
}

#[test]
fn each_run_says_by_its_exit_code_that_a_job_which_ended_passwords_is_paused() {
    let refusing = relay("alice");
    let world = world(&refusing);
    world.run("users send-reset --all --end-passwords --canary 1 --yes").expect_status(3);
    assert_snapshot!(world.run("jobs run"), @"
    status 3
    -- stderr
    error: Job 1, paused (one of the first messages was not accepted): 3 mails: 1 failed, 2 queued; skipped 2; 2 users have no password and no working link
    hint: see: cxme-admin jobs show 1; then: cxme-admin jobs run 1
    ");
    let mut told = Vec::new();
    for minute in 0..70 {
        world.wait(60);
        if !world.run("jobs run").expect_status(3).err().is_empty() {
            told.push(minute);
        }
    }
    assert_eq!(told, [59]);
    world.run("jobs run 1").expect_status(3);
    world.command("users set-password alice --stdin").stdin(OTHER).run().expect_status(0);
    assert!(world.run("jobs run").expect_status(0).all().is_empty());
    // A job that ended no passwords waits for an operator without a word, as it always did.
    world.run("users send-reset --all --canary 1 --yes --unless-sent-within 0s").expect_status(3);
    assert!(world.run("jobs run").expect_status(0).all().is_empty());
}

#[test]
fn a_run_without_a_job_says_how_many_users_have_neither_a_password_nor_a_link() {
    let refusing = relay("example.com");
    let world = world(&refusing);
    world.run("users send-reset --all --end-passwords --max-failures 100% --queue-only --yes").expect_status(0);
    assert_snapshot!(world.run("jobs run"), @"
    status 3
    -- stderr
    error: Job 1, finished: 3 mails: 3 failed; skipped 2 (1 SAML, 1 locked); 2 users have no password and no working link (first failed: message 1 of job 1)
    hint: details: cxme-admin jobs recipients 1; to try again: cxme-admin jobs retry 1
    ");
}

#[test]
fn ended_passwords_of_users_who_were_deleted_work_again_after_a_restore_and_the_list_names_them() {
    let relay = relay("");
    let world = world(&relay);
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    world.wait(60);
    world.run("users send-reset --all --end-passwords --yes").expect_status(0);
    world.run("users delete alice --yes").expect_status(0);
    let run = world.command("store restore --yes").argument(world.path("copy.db")).run().expect_status(0);
    assert_snapshot!(run, @"
    status 0
    -- stderr
    warning: 2 passwords work again that were ended after the backup, by job 1 of the replaced store; list its users with cxme-admin jobs recipients 1 --store [DIR]/data/store.db.replaced-20261124-080100 -o csv > FILE, then: cxme-admin users send-reset --from FILE --end-passwords
    ");
    let command = run.err().split_once("with cxme-admin ").unwrap().1.split_once(" > FILE").unwrap().0.to_owned();
    let list = world.run(&command).expect_status(0).out();
    let file = world.file("ended.csv", list.as_bytes());
    world.command("users send-reset --end-passwords --yes --from").argument(file).run().expect_status(0);
    assert_eq!(hashes(&world), "dora");
}

#[test]
fn a_relay_that_takes_only_mails_that_are_smaller_than_each_fails_nobody() {
    let tiny = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING", "SIZE 10"], tls: None }, |_| Act::Usual);
    let world = world(&tiny);
    // Without `--queue-only` it is refused before.
    world.run("users send-reset --all --end-passwords --queue-only --yes").expect_status(0);
    let run = world.run("jobs run");
    let words = run.err().replace(|character: char| character.is_ascii_digit(), "#");
    assert_eq!(run.status, 69, "{run}");
    assert!(
        words.contains("the relay refuses all mail from here, for every recipient: the mail has #### bytes"),
        "{words}"
    );
    assert!(words.contains("at most ## (SIZE); check the relay's limit of a mail's size"), "{words}");
    assert_eq!(world.ask("SELECT group_concat(DISTINCT state) FROM messages WHERE job_id = 1"), "queued,skipped");
    assert_eq!(world.run("jobs run").status, 69);
    world.wait(6 * 60);
    let usual = relay("");
    world.configure_relay(usual.port());
    world.run("jobs run").expect_status(0);
    assert_eq!(usual.accepted().len(), 3);
}
