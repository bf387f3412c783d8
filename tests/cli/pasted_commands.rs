//! Commands that are printed to be pasted: with the options that name configuration and store, they act on the same store.

use crate::support::GOOD;
use crate::support::World;

/// What a run prints where it names a command.
fn named(text: &str) -> Vec<&str> {
    text.split("cxme-admin ").skip(1).collect()
}

#[test]
fn every_command_to_paste_has_the_options_that_name_configuration_and_store() {
    let world = World::with_mail().with_users("alice,bob").with_password("alice", GOOD);
    let (config, store) = (world.config().display().to_string(), world.store().display().to_string());
    let lines = [
        "users show nobody",
        "users edit alice --role Nothing",
        "users add carla@example.com",
        "users lock bob --yes",
        "users send-reset bob",
        "users send-reset --all --key one --queue-only --yes",
        "users send-reset --all --key one --queue-only --yes --dry-run",
        "jobs pause 1",
        "users send-reset --all --key one --yes",
        "jobs resume 1",
        "jobs show 99",
        "jobs run 1",
        "jobs retry 1",
        "jobs retry 1 --deferred --queue-only",
        "users send-reset --all --key one --yes",
        "audit show 99",
        "operators remove 4242",
        "mail queue --cancel 99",
        "resets revoke nobody",
        "users set-password bob --must-change --password-file /absent",
    ];
    let mut count = 0;
    for options in [format!("-c {config}"), format!("--store {store}"), format!("-c {config} --store {store}")] {
        for line in lines {
            let run = world.command(&format!("{line} -v {options}")).run();
            for command in named(&String::from_utf8_lossy(&run.all())) {
                assert!(command.starts_with(&format!("{options} ")), "{line}: {run}");
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn without_those_options_a_command_to_paste_has_none() {
    let world = World::new();
    let run = world.run("users show nobody");
    assert!(run.err().ends_with("to search: cxme-admin users list --search TEXT\n"), "{run}");
}

#[test]
fn a_command_as_it_was_typed_has_its_options_once() {
    let world = World::new().with_users("alice");
    let config = world.config().display().to_string();
    let run = world.command(&format!("users delete alice -c {config}")).typing(["y"]).run().expect_status(0);
    let same = format!("Non-interactive equivalent: cxme-admin users delete alice -c {config} --yes\n");
    assert!(run.err().ends_with(&same), "{run}");
    let line = format!("-c {config} users set-password bob");
    let world = world.with_users("bob");
    let run = world.command(&line).typing([GOOD, GOOD]).run().expect_status(0);
    let same = format!("Non-interactive equivalent: cxme-admin {line} --stdin < FILE\n");
    assert!(run.err().ends_with(&same), "{run}");
}

#[test]
fn init_says_where_the_store_is_without_a_terminal_and_what_comes_next_with_the_options() {
    let world = World::empty();
    let (config, store) = (world.path("my.toml").display().to_string(), world.path("my.db").display().to_string());
    let options = format!("-c {config} --store {store}");
    let run = world.command(&format!("init --yes {options}")).run().expect_status(0);
    let key = world.path("reset.key").display().to_string();
    assert_eq!(run.out() + &run.err(), format!("Created reset key: {key}\nCreated store: {store}\n"));
    std::fs::remove_file(&store).unwrap();
    std::fs::remove_file(&key).unwrap();
    let run = world.command(&format!("init --yes -q {options}")).run().expect_status(0);
    assert_eq!(run.out() + &run.err(), "");
    std::fs::remove_file(&store).unwrap();
    std::fs::remove_file(&key).unwrap();
    let run = world.command(&format!("init --yes -v {options}")).run().expect_status(0);
    assert!(run.err().ends_with(&format!("\nNext: cxme-admin {options} users add EMAIL --name NAME\n")), "{run}");
}
