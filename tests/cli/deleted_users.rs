//! What is left of a user who was deleted.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::World;

#[test]
fn the_address_of_a_deleted_user_is_in_no_message_and_in_no_list() {
    let world = World::with_mail().with_users("alice,bob");
    world.set_password("alice", GOOD);
    world.run("users send-reset --all --yes").expect_status(0);
    world.run("users edit alice --email ally@example.com").expect_status(0);
    world.sql(
        "UPDATE messages SET reply = '550 5.1.1 <alice@example.com>: unknown' WHERE address = 'alice@example.com'",
    );
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    world.run("users delete alice --yes").expect_status(0);
    for column in ["address", "reply"] {
        let left = format!("SELECT count(*) FROM messages WHERE {column} LIKE '%alice%' OR {column} LIKE '%ally%'");
        assert_eq!(world.ask(&left), "0", "{column}");
    }
    assert_eq!(world.ask("SELECT count(*) FROM password_history"), "0");
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE address = 'bob@example.com'"), "1");
    assert_snapshot!(world.run("jobs recipients 1"), @"
    status 0
    -- stdout
    USER       ADDRESS          STATE     TRIES  REPLY
    (deleted)                   accepted  1      550 5.1.1 <                 >: unknown
    bob        bob@example.com  accepted  1      kept as 2.6d3fa6caabf7089ef6f4513fe6f3ebf5_example.com.eml
    ");
    assert_snapshot!(world.run("jobs recipients 1 -o csv --limit 1"), @"
    status 0
    -- stdout
    username,address,kind,state,reply,attempts,times_in_doubt,created_at,last_try_at,next_try_at,ended_at,message_id,expires_at,used_at,revoked_at,message
    ,,reset,accepted,550 5.1.1 <                 >: unknown,1,0,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z,,2026-11-24T08:00:00Z,1.258d9f404bac97359582972212f423c8@example.com,2026-11-25T08:00:00Z,,2026-11-24T08:00:00Z,1
    ");
    let links = world.run("resets list --all-states -o json");
    assert!(!links.out().contains("al@"), "{links}");
    world.run("store check").expect_status(0);
    world.run("audit verify").expect_status(0);
}

#[test]
fn the_event_of_a_cancelled_mail_names_no_address() {
    let world = World::with_mail().with_users("alice");
    world.run("users send-reset --search alice --queue-only --yes").expect_status(0);
    world.run("mail queue --cancel 1").expect_status(0);
    assert_snapshot!(world.newest_event(), @r#"
    mail queue with cancel | done | owner, Admin | -
    {"kind":"invitation","message":1}
    "#);
}
