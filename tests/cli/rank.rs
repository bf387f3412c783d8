//! Rank in every command of jobs, mail and import: nobody acts on users whose role may do more than their own, neither one
//! by one nor among many.

use std::io::Read;

use cxme_admin::actions::users::import;
use cxme_admin::app::ActionError;
use cxme_admin::app::ChangeOptions;
use cxme_admin::domain::refusal::Refusal;

use crate::permission_first::dump;
use crate::permission_first::leaves;
use crate::support::CAROL;
use crate::support::World;

/// Carol may do all that jobs, mail and imports need. `peer` may do no more than carol; `high` may read the audit besides.
/// Job 1 has ended, job 2 is paused, job 3 runs; each mails both, and so do two single mails.
fn world() -> World {
    let own = "view-users add-users edit-users lock-users send-resets run-bulk-jobs";
    let world = World::with_mail()
        .with_role("Mine", own)
        .with_role("Higher", &format!("{own} view-audit"))
        .with_users("peer:Mine,high:Higher")
        .with_operator(CAROL, "Mine");
    for job in 1..=3 {
        let words = "users send-reset --all --queue-only --unless-sent-within 0s --yes";
        world.run(words).expect_status(0);
        // So that the next one is not held back by this one.
        world.sql(&format!("UPDATE messages SET state = 'accepted', ended_at = {} WHERE job_id = {job}", at(&world)));
    }
    world.run("users send-reset peer high --unless-sent-within 0s").expect_status(0);
    world.sql(&format!(
        "UPDATE jobs SET state = 'finished', ended_at = {} WHERE id = 1; UPDATE jobs SET state = 'paused' WHERE id = 2; \
         UPDATE messages SET delivered_at = {0} WHERE job_id = 1; \
         UPDATE messages SET state = 'queued', ended_at = NULL WHERE job_id IN (2, 3)",
        at(&world)
    ));
    world.wait(86_400);
    world
}

fn at(world: &World) -> i64 {
    world.now().as_second()
}

/// The numbers of the messages to a user, and what of them can be changed.
fn messages(world: &World, user: &str) -> String {
    let row = "id || ' ' || state || ' ' || ifnull(revoked_why, '-') || ' ' || ifnull(reply, '-')";
    world.ask(&format!(
        "SELECT group_concat({row}, char(10)) FROM messages WHERE address = '{user}@example.com' ORDER BY id"
    ))
}

/// Commands of jobs that only look.
const LOOK: [&str; 4] = ["jobs list", "jobs show", "jobs recipients", "jobs wait"];

/// What acts on many users, and leaves out those who rank higher.
const ON_MANY: [&str; 4] = [
    "jobs remind 1 --after 1s --unless-sent-within 0s --yes",
    "users send-reset --all --unless-sent-within 0s --yes",
    "resets revoke --all --yes",
    "jobs delete --older-than 0s --yes",
];

/// What acts on certain users or on a whole job, with its standard input.
const ON_THEM: [(&str, &str); 20] = [
    ("jobs run 2", ""),
    ("jobs pause 3", ""),
    ("jobs resume 2", ""),
    ("jobs retry 1", ""),
    ("jobs retry 2", ""),
    ("jobs retry 3 -n", ""),
    ("jobs retry 3 --deferred", ""),
    ("jobs cancel 1", ""),
    ("jobs cancel 2", ""),
    ("jobs cancel 3 --revoke-links", ""),
    ("jobs delete 1 --yes", ""),
    ("jobs delete 2 --yes", ""),
    ("mail queue --cancel [OF HIGH]", ""),
    ("resets revoke high", ""),
    ("users send-reset high --unless-sent-within 0s", ""),
    ("users import - --update", "email,name\npeer@example.com,Peer\nhigh@example.com,X\n"),
    ("users import - --update -n", "email,name\npeer@example.com,Peer\nhigh@example.com,X\n"),
    ("users import - --update", "email,role\npeer@example.com,Higher\n"),
    ("users import -", "email,role\nnew@example.com,Higher\n"),
    ("users import -", "email,role\nnew@example.com,Admin\nnot an address,\n"),
];

#[test]
fn every_command_of_jobs_stands_in_one_of_the_lists() {
    leaves("", &cxme_admin::cli::command_tree(), &mut |path| {
        let is_listed = LOOK.contains(&path)
            || ON_MANY.iter().chain(ON_THEM.iter().map(|(call, _)| call)).any(|call| call.starts_with(path));
        assert!(!path.starts_with("jobs ") || is_listed, "{path}");
    });
}

#[test]
fn what_would_act_on_them_alone_is_refused() {
    let world = world();
    let of_high = world.ask("SELECT id FROM messages WHERE address = 'high@example.com' AND state = 'queued'");
    for (call, stdin) in ON_THEM {
        let call = call.replace("[OF HIGH]", &of_high);
        let (before, events) = (dump(&world), world.events());
        let run = world.command(&call).stdin(stdin).uid(CAROL).run();
        assert_eq!(run.status, 77, "{call}: {run}");
        assert!(run.stdout.is_empty(), "{call}: {run}");
        assert_eq!(dump(&world), before, "{call}");
        assert_eq!(world.events(), events + 1, "{call}: {}", world.newest_event());
        assert!(world.newest_event().contains(" | refused | carol, Mine"), "{call}: {}", world.newest_event());
    }
    assert!(world.mails().len() == 2, "those that were sent before");
}

#[test]
fn what_acts_on_many_leaves_them_out() {
    for call in ON_MANY {
        let world = world();
        world.sql("DELETE FROM messages WHERE job_id IN (2, 3); DELETE FROM jobs WHERE id IN (2, 3)");
        world.sql(&format!("UPDATE messages SET expires_at = {} WHERE job_id IS NULL", at(&world) - 1));
        if call.starts_with("resets") {
            world.sql(&format!("UPDATE messages SET expires_at = {}, revoked_at = NULL", at(&world) + 60));
        }
        let (high, peer, mails) = (messages(&world, "high"), messages(&world, "peer"), world.mails().len());
        let run = world.command(call).uid(CAROL).run();
        assert_eq!(run.status, 0, "{call}: {run}");
        let now = messages(&world, "high");
        let skipped = now.strip_prefix(&*high).unwrap_or_else(|| panic!("{call}: {now}"));
        assert!(skipped.is_empty() || skipped.ends_with("skipped - no permission over this user"), "{call}: {now}");
        assert_ne!(messages(&world, "peer"), peer, "{call}");
        let mailed = if call.contains("--unless-sent-within") { 1 } else { 0 };
        assert_eq!(world.mails().len(), mails + mailed, "{call}");
        if mailed == 0 {
            assert!(run.err().contains("Skipped "), "{call}: {run}");
            assert!(world.newest_event().contains("skipped"), "{call}: {}", world.newest_event());
        }
    }
}

#[test]
fn revoking_all_links_where_all_users_rank_higher_is_refused() {
    let world = world();
    world.run("users delete peer --yes").expect_status(0);
    for call in ["resets revoke --all --yes", "resets revoke --all -n", "resets revoke --all -n -o json"] {
        let run = world.command(call).uid(CAROL).run();
        assert_eq!(run.status, 77, "{call}: {run}");
        assert!(run.stdout.is_empty() && run.err().contains("high"), "{call}: {run}");
    }
}

#[test]
fn whoever_ranks_high_enough_may() {
    for (call, stdin) in [
        ("jobs run 2", ""),
        ("jobs pause 3", ""),
        ("jobs resume 2", ""),
        ("jobs retry 2 --deferred", ""),
        ("jobs retry 1", ""),
        ("jobs cancel 2", ""),
        ("jobs delete 1 --yes", ""),
        ("users import - --update", "email,role\npeer@example.com,Higher\nhigh@example.com,Admin\n"),
    ] {
        let world = world();
        let run = world.command(call).stdin(stdin).run();
        assert_eq!(run.status, 0, "{call}: {run}");
    }
}

/// Sending decides nothing: the timer's own small role sends what others, who may, have asked for.
#[test]
fn a_job_that_runs_is_sent_by_whoever_may_run_jobs() {
    let world = world();
    // A newer link would keep those of the job from being sent.
    world.sql("DELETE FROM messages WHERE job_id IS NULL");
    world.command("jobs run").uid(CAROL).run().expect_status(0);
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE job_id = 3 AND state = 'accepted'"), "2");
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE job_id = 2 AND state = 'accepted'"), "0", "paused");
}

/// Rows after whose last one something happens to the store.
struct Meanwhile<'a> {
    rows: &'a [u8],
    then: &'a dyn Fn(),
}

impl Read for Meanwhile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.rows.read(buffer)?;
        if count == 0 {
            (self.then)();
        }
        Ok(count)
    }
}

/// The rows are judged while they are read, outside the lock; what changes meanwhile must not slip through.
#[test]
fn an_import_asks_for_rank_and_permission_inside_its_change_too() {
    let rows = "email,name,status\npeer@example.com,X,active\n";
    let new = "email,role,name,status\nnew@example.com,Mine,X,active\n";
    for (then, update, rows) in [
        ("INSERT INTO role_permissions SELECT id, 'view-audit' FROM roles WHERE name = 'Peer'", true, rows),
        ("UPDATE users SET role_id = 1 WHERE username = 'peer'", true, rows),
        ("UPDATE operators SET role_id = (SELECT id FROM roles WHERE name = 'Less')", true, rows),
        ("DELETE FROM role_permissions WHERE permission = 'edit-users'", true, rows),
        ("DELETE FROM role_permissions WHERE permission = 'lock-users'", false, new),
        ("UPDATE operators SET role_id = (SELECT id FROM roles WHERE name = 'Less')", false, new),
    ] {
        let own = "view-users add-users edit-users lock-users";
        let world = World::new()
            .with_role("Mine", own)
            .with_role("Less", "view-users add-users edit-users")
            .with_role("Peer", "view-users lock-users")
            .with_users("peer:Peer")
            .with_operator(CAROL, "Mine");
        let app = world.app(CAROL, "carol");
        let mut input = Meanwhile { rows: rows.as_bytes(), then: &|| world.sql(then) };
        let options = import::ImportOptions {
            mode: if update { import::Mode::Update } else { import::Mode::Add },
            clear: Vec::new(),
            delimiter: None,
            ignore_unknown: false,
            source: "-".to_owned(),
            notify: false,
            time_zone: jiff::tz::TimeZone::UTC,
        };
        let users = || world.ask("SELECT group_concat(username || name) FROM users");
        let before = users();
        let change_options = ChangeOptions::default();
        let checked = import::check(&app, &mut input, &options, &change_options, &mut |_| ());
        let written = checked.and_then(|checked| import::write(&app, &checked, None, &change_options, &mut |_| ()));
        let refused = written.unwrap_err();
        let is_refused =
            matches!(refused, ActionError::Refused(Refusal::RowsOutrank { .. } | Refusal::NotPermitted { .. }));
        assert!(is_refused, "{then}: {refused}");
        assert_eq!(users(), before, "{then}");
        assert!(world.newest_event().contains(" | refused | carol"), "{then}: {}", world.newest_event());
    }
}
