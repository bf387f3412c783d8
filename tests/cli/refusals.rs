//! The refusals of operators in the audit log: the first one at once, the same ones after it together, others each.

use std::fs;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::World;

#[test]
fn refusals_of_an_operator_for_the_same_missing_permission_are_one_event_a_minute() {
    let world = World::new()
        .with_users("alice:Admin,bob:Admin")
        .with_role("Support", "view-users lock-users")
        .with_operator(CAROL, "Support");
    let refused = |command: &str| world.command(command).uid(CAROL).run().expect_status(77);
    let events = world.events();
    for _ in 0..5 {
        refused("users set-password bob --generate");
    }
    assert_eq!(world.events() - events, 1);
    // Others are told each, and so are those of which the words do not say all.
    refused("users lock alice");
    refused("users lock alice");
    refused("users delete alice --yes");
    refused("users set-password bob --generate --override-policy");
    assert_eq!(world.events() - events, 5);
    world.wait(61);
    refused("users set-password bob --generate");
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | refused | carol, Support | -
    {"count":5,"refusal":"your role, Support, lacks the permission `set-passwords`","since":"2026-11-24T08:00:00Z"}
    "#);
    world.run("audit verify").expect_status(0);
}

#[test]
fn nothing_is_printed_before_a_name_that_nobody_has_is_refused() {
    let world = World::new().with_users("alice");
    let list = world.file("list", "alice\nnobody\n");
    for command in ["users show", "users list", "users export"] {
        for form in ["table", "json", "ndjson", "csv"] {
            let run = world.command(&format!("{command} -o {form} --from")).argument(&list).run();
            assert!(run.status == 67 && run.out().is_empty(), "{command} {form}: {run}");
        }
    }
    let empty = |form: &str| world.run(&format!("users list --search nobody -o {form}")).out();
    assert_eq!((empty("json").as_str(), empty("ndjson").as_str()), ("[]\n", ""));
    assert!(empty("csv").starts_with("username,"));
}

#[test]
fn a_text_file_in_the_place_of_the_store_is_not_to_be_moved() {
    let world = World::new();
    let text = world.file("passwd", fs::read("/etc/passwd").unwrap());
    assert_snapshot!(world.command("store check --store").argument(text).run(), @"
    status 78
    -- stderr
    error: [DIR]/passwd: not a cxme-admin store
    hint: name the store with `--store` or `[store] path`
    ");
}

#[test]
fn a_demonstration_where_no_store_can_be_is_refused_at_once() {
    let world = World::new();
    let shared = world.path("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let run = world.command("demo").argument(shared.join("demo")).run();
    assert!(run.status == 78 && run.out().is_empty() && fs::read_dir(&shared).unwrap().count() == 0, "{run}");
    let run = world.command("demo").argument(&shared).run();
    assert!(run.status == 78 && run.out().is_empty() && fs::read_dir(&shared).unwrap().count() == 0, "{run}");
}
