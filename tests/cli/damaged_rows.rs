//! Rows that only somebody who writes to the file with another program leaves, and what commands say that would otherwise pass over
//! them in silence.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::World;

/// Edits the store as another program may that was told to ignore the rules of the schema.
fn damage(world: &World, sql: &str) {
    world.sql(&format!("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {sql}"));
}

#[test]
fn jobs_run_names_each_row_that_keeps_mail_from_being_sent() {
    for (sql, named, found) in [
        (
            "UPDATE jobs SET state = 'weird'",
            "skipped 1 job, the store is damaged: jobs: row 1: state: `weird` is unknown",
            "",
        ),
        (
            "UPDATE jobs SET id = -9223372036854775808; UPDATE messages SET job_id = -9223372036854775808",
            "skipped 1 job, the store is damaged: jobs: row -9223372036854775808: id: -9223372036854775808 is out of range",
            "",
        ),
        (
            "DELETE FROM jobs",
            "skipped 2 mails, the store is damaged: messages: row 1: job_id: no such job: 1",
            "references: messages: row 1",
        ),
        (
            "UPDATE messages SET job_id = 777 WHERE id = 2",
            "skipped 1 mail, the store is damaged: messages: row 2: job_id: no such job: 777",
            "references: messages: row 2",
        ),
        (
            "UPDATE messages SET state = 'sending', sender = NULL WHERE id = 2",
            "skipped 1 mail, the store is damaged: messages: row 2: sender: not the number of a sender, and the state is `sending`",
            "",
        ),
        (
            "UPDATE messages SET state = 'weird' WHERE id = 2",
            "skipped 1 mail, the store is damaged: messages: row 2: state: `weird` is unknown",
            "",
        ),
        (
            "UPDATE messages SET user_id = NULL WHERE id = 2",
            "skipped 1 mail, the store is damaged: messages: row 2: user_id: is of the type Null",
            "",
        ),
        (
            // As a disk that fails: a statement that changes a user's address or lock cancels their mails, whatever it writes.
            "DROP TRIGGER revoke_links_of_changed_user; UPDATE users SET email = x'ff' WHERE id = 2",
            "skipped 1 mail, the store is damaged: users: row 2: email: is of the type Blob",
            "",
        ),
        (
            "DROP TRIGGER revoke_links_of_changed_user; UPDATE users SET locked_at = 'x' WHERE id = 2",
            "skipped 1 mail, the store is damaged: users: row 2: locked_at: is of the type Text",
            "",
        ),
        (
            "UPDATE messages SET address = x'ff' WHERE id = 2",
            "skipped 1 mail, the store is damaged: messages: row 2: address: is of the type Blob",
            "",
        ),
    ] {
        let world = World::with_mail().with_users("alice,bob");
        world.run("users send-reset --all --yes --queue-only").expect_status(0);
        damage(&world, sql);
        let check = world.run("store check").expect_status(65);
        let found = if found.is_empty() { named.split("damaged: ").last().unwrap() } else { found };
        assert!(check.err().contains(found), "{sql}: {check}");
        // Each run, until somebody repairs it.
        for _ in 0..2 {
            let run = world.run("jobs run -v");
            assert!(run.err().contains(named), "{sql}: {run}");
            assert_eq!(run.status, 3, "{sql}: {run}");
        }
    }
}

#[test]
fn a_hash_that_is_none_is_damage_to_those_who_log_in_and_is_replaced_by_another_password() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    damage(&world, "UPDATE users SET password_hash = 'x' WHERE username = 'alice'");
    assert_snapshot!(world.command("users verify-password alice --stdin").stdin(GOOD).run(), @"
    status 74
    -- stderr
    error: the store is damaged: users: row 1: password_hash: not a PHC string; it reads `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`, in Base64 without padding
    hint: all that is damaged, and what to do: cxme-admin store check
    ");
    world.run("users set-password alice --generate").expect_status(0);
}

#[test]
fn the_mails_of_a_paused_job_are_not_due() {
    let world = World::with_mail().with_users("alice");
    world.run("users send-reset --all --yes --queue-only").expect_status(0);
    world.run("jobs pause 1").expect_status(0);
    let run = world.run("mail queue").expect_status(0);
    assert!(run.out().contains(" paused ") && run.out().contains("job 1 is paused"), "{run}");
    assert!(!run.out().contains(" due "), "{run}");
    world.run("jobs resume 1").expect_status(0);
    assert!(world.run("mail queue").expect_status(0).out().contains(" due"));
}

#[test]
fn messages_in_an_unknown_state_are_no_failed_ones_and_keep_their_job_from_being_finished() {
    let world = World::with_mail().with_users("alice,bob,carol");
    world.run("users send-reset --all --yes --queue-only").expect_status(0);
    damage(&world, "UPDATE messages SET state = 'weird' WHERE id > 1");
    assert_snapshot!(world.run("jobs run"), @"
    status 3
    -- stderr
    error: 1 accepted; skipped 2 mails, the store is damaged: messages: row 2: state: `weird` is unknown
    hint: all that is damaged, and what to do: cxme-admin store check
    ");
    assert_snapshot!(world.run("jobs run 1"), @"
    status 3
    -- stderr
    error: Job 1, running: 3 mails: 1 accepted, 2 in an unknown state; skipped 2 mails, the store is damaged: messages: row 2: state: `weird` is unknown
    hint: all that is damaged, and what to do: cxme-admin store check
    ");
    assert!(world.run("jobs show 1").out().contains("\nOutcome:       1 accepted, 2 in an unknown state\n"));
    assert!(world.run("jobs retry 1 -n").out().contains("no mail failed"));
}

#[test]
fn a_list_shows_what_can_be_read_and_ends_with_the_row_that_cannot() {
    let world = World::with_mail().with_users("alice,bob,carol");
    world.run("users send-reset --all --yes --queue-only").expect_status(0);
    damage(&world, "UPDATE messages SET address = x'ff41' WHERE id = 2");
    assert_snapshot!(world.run("mail queue"), @"
    status 74
    -- stdout
    MESSAGE  ADDRESS            STATE   TRIES  NEXT TRY  REPLY
    1        alice@example.com  queued  0      due
    3        carol@example.com  queued  0      due
    -- stderr
    error: the store is damaged: messages: row 2: address: is of the type Blob
    hint: all that is damaged, and what to do: cxme-admin store check
    ");
    for line in ["jobs recipients 1", "resets list", "mail queue -o csv", "mail queue -o ndjson"] {
        let run = world.run(line);
        assert_eq!(run.status, 74, "{line}: {run}");
        assert!(run.out().contains("carol"), "{line}: {run}");
        assert!(run.err().contains("messages: row 2: address: is of the type Blob"), "{line}: {run}");
    }
}
