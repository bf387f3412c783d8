//! What a shell is told at TAB: the values that only the store knows, for whom they may see, and never a word more.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::Command;
use crate::support::DAVE;
use crate::support::MALLORY;
use crate::support::World;

/// The answer to a shell about a line that ends with the last word.
fn asked<'world>(world: &'world World, shell: &str, words: &[&str]) -> Command<'world> {
    let mut command = world.command("__complete").argument(shell).argument("");
    for word in words {
        command = command.argument(word);
    }
    command
}

/// The values after `cxme-admin` and these words.
fn values(command: Command<'_>) -> Vec<String> {
    let run = command.run();
    assert_eq!((run.status, run.err().as_str()), (0, ""), "{run}");
    run.out().lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

fn line<'world>(world: &'world World, line: &str) -> Command<'world> {
    let words: Vec<&str> = std::iter::once("cxme-admin").chain(line.split(' ')).collect();
    asked(world, "zsh", &words)
}

fn world() -> World {
    World::with_mail()
        .with_role("Clerk", "view-users lock-users")
        .with_role("Night shift", "")
        .with_role("Auditor", "view-audit")
        .with_users("alice:Minimal Permissions,albert:Admin,bob:Clerk")
        .with_operator(CAROL, "Clerk")
        .with_operator(DAVE, "Auditor")
}

#[test]
fn users_are_named_by_username_and_after_an_at_sign_by_address() {
    let world = world();
    world.run("users edit alice --name 'Alice Adams'").expect_status(0);
    assert_snapshot!(asked(&world, "zsh", &["cxme-admin", "users", "show", "al"]).run(), @"
    status 0
    -- stdout
    albert\tAlbert Example
    alice\tAlice Adams
    ");
    for (typed, expected) in [
        ("users show ALI", vec!["alice"]),
        ("users show ", vec!["albert", "alice", "bob"]),
        ("users show bob al", vec!["albert", "alice"]),
        ("users show alice@", vec!["alice@example.com"]),
        ("users show bob@EXAMPLE.c", vec!["bob@example.com"]),
        ("users set-password b", vec!["bob"]),
        ("audit list --user ali", vec!["alice"]),
        ("audit list --user=ali", vec!["alice"]),
        ("users show nobody", vec![]),
        ("users show %", vec![]),
        ("users show al\u{10ffff}", vec![]),
        ("users add ali", vec![]),
        ("users show --al", vec![]),
        ("users list --search al", vec![]),
    ] {
        assert_eq!(values(line(&world, typed)), expected, "{typed}");
    }
}

#[test]
fn roles_operators_jobs_and_actions_are_named_too() {
    let world = world();
    world.run("users send-reset alice").expect_status(0);
    world.run("users send-reset --search ali --unless-sent-within 0s --yes --key '2026 spring'").expect_status(0);
    for (typed, expected) in [
        ("users list --role ni", vec!["Night shift"]),
        ("roles clone Cl", vec!["Clerk"]),
        ("roles clone Clerk N", vec![]),
        ("roles delete Clerk --to Mini", vec![]),
        ("operators edit car", vec!["carol"]),
        ("operators edit carol --role Aud", vec!["Auditor"]),
        ("audit list --operator ca", vec!["carol"]),
        ("operators add car", vec![]),
        ("jobs show ", vec!["1"]),
        ("jobs show 2", vec![]),
        ("audit list --action jobs\\ p", vec![]),
    ] {
        assert_eq!(values(line(&world, typed)), expected, "{typed}");
    }
    assert_eq!(values(asked(&world, "zsh", &["cxme-admin", "audit", "list", "--action", "jobs\\ p"])), ["jobs pause"]);
    assert_snapshot!(line(&world, "jobs pause 1").run(), @"
    status 0
    -- stdout
    1\tfinished, 2026 spring
    ");
}

#[test]
fn who_may_not_see_is_shown_nothing_and_it_is_no_refusal() {
    let world = world();
    world.run("operators edit carol --only-role 'Minimal Permissions'").expect_status(0);
    world.sql("DELETE FROM refused_attempts");
    let events = world.events();
    for (uid, typed, expected) in [
        // The operator's limits and rank, where the command acts.
        (CAROL, "users show ", vec!["albert", "alice", "bob"]),
        (CAROL, "users lock ", vec!["alice"]),
        (CAROL, "users lock al", vec!["alice"]),
        (CAROL, "users lock alb", vec![]),
        (CAROL, "users lock bob@", vec![]),
        (CAROL, "jobs show ", vec![]),
        (DAVE, "users show ", vec![]),
        (DAVE, "users lock ", vec![]),
        (DAVE, "users list --role C", vec!["Clerk"]),
        (MALLORY, "users show ", vec![]),
        (MALLORY, "users list --role C", vec![]),
        (MALLORY, "operators edit ", vec![]),
    ] {
        for by_sudo in [false, true] {
            let command = line(&world, typed);
            let command = if by_sudo { command.sudo_by(uid) } else { command.uid(uid) };
            assert_eq!(values(command), expected, "{uid} {typed} {by_sudo}");
        }
    }
    // Named by somebody who may name none; the command itself is refused, and that is an event.
    let config = world.config();
    let named = |uid| {
        values(
            asked(&world, "zsh", &["cxme-admin", "-c", config.to_str().unwrap(), "users", "show", "al"]).sudo_by(uid),
        )
    };
    assert_eq!(named(CAROL), Vec::<String>::new());
    let variable = line(&world, "users show al").variable("CXME_ADMIN_STORE", world.store()).sudo_by(CAROL);
    assert_eq!(values(variable), Vec::<String>::new());
    let two = line(&world, "users show al").sudo_by(CAROL).doas_by("dave");
    assert_eq!(values(two), Vec::<String>::new());
    world.run("operators edit dave --role Admin").expect_status(0);
    assert_eq!(named(DAVE), ["albert", "alice"]);
    world.run("operators disable carol").expect_status(0);
    assert_eq!(values(line(&world, "users show al").uid(CAROL)), Vec::<String>::new());
    assert_eq!(world.events(), events + 2, "of the two changes");
    assert_eq!(world.ask("SELECT count(*) FROM refused_attempts WHERE count > 0"), "0");
}

#[test]
fn configuration_and_store_are_those_of_the_line() {
    let world = world();
    let other = World::new().with_users("carla");
    let (config, store) = (other.config(), other.store());
    let (config, store) = (config.to_str().unwrap(), store.to_str().unwrap());
    for words in [
        vec!["-c", config, "users", "show", ""],
        vec!["users", "-c", config, "show", ""],
        vec!["users", "show", "--store", store, ""],
        vec![&format!("--store={store}"), "-q", "users", "show", ""],
        vec![&format!("-qc'{config}'"), "users", "show", ""],
    ] {
        let words = [&["cxme-admin"][..], &words].concat();
        assert_eq!(values(asked(&world, "zsh", &words)), ["carla"], "{words:?}");
    }
    // Only the shell knows it, or it is nothing that can be opened.
    for named in ["$config", "`config`", "-", "/nowhere/config.toml", "/dev/zero", "~/none"] {
        assert_eq!(
            values(asked(&world, "bash", &["cxme-admin", "-c", named, "users", "show", ""])),
            Vec::<String>::new()
        );
    }
    let home = world.path("home");
    fs::create_dir_all(&home).unwrap();
    fs::copy(other.config(), home.join("c.toml")).unwrap();
    assert_eq!(values(asked(&world, "bash", &["cxme-admin", "-c", "~/c.toml", "users", "show", ""])), ["carla"]);
}

#[test]
fn where_the_store_cannot_be_read_nothing_is_said() {
    let nothing = |world: &World| assert_eq!(values(line(world, "users show ")), Vec::<String>::new());
    nothing(&World::empty());
    let broken = world();
    fs::write(broken.config(), "[store\n").unwrap();
    nothing(&broken);
    let loose = world();
    fs::set_permissions(loose.store(), fs::Permissions::from_mode(0o666)).unwrap();
    nothing(&loose);
    let other = world();
    fs::write(other.store(), "no database").unwrap();
    nothing(&other);
    // A mistake elsewhere in the configuration keeps no store from being read.
    let typo = world();
    let text = fs::read_to_string(typo.config()).unwrap();
    fs::write(typo.config(), text + "\n[mail.smtp]\nprot = 25\n").unwrap();
    assert_eq!(values(line(&typo, "users show a")), ["albert", "alice"]);
}

#[test]
fn whatever_is_asked_the_answer_is_silent() {
    let world = world();
    for words in [
        &[][..],
        &["bash"],
        &["tcsh", "", "cxme-admin", "users", "show", ""],
        &["bash", ""],
        &["bash", "", ""],
        &["bash", "x", "cxme-admin", "users", "show", "al"],
        &["zsh", "", "cxme-admin", "users", "show", "$(id)"],
        &["zsh", "", "cxme-admin", "--", "users", "show", ""],
        &["zsh", "", "cxme-admin", "users", "show", "-c"],
        &["fish", "", "cxme-admin", "help", "users", "show", ""],
        &["fish", "", "cxme-admin", "jobs", "show", "99999999999999999999"],
        &["zsh", "", "cxme-admin", "users", "show", &"x".repeat(100_000)],
        &["--help"],
    ] {
        let mut command = world.command("__complete");
        for word in words {
            command = command.argument(word);
        }
        assert_eq!(values(command), Vec::<String>::new(), "{words:?}");
    }
}

/// What stands in the store came past every check, or somebody wrote it into the file.
#[test]
fn hostile_values_are_quoted_or_left_out() {
    let world = World::new();
    world.sql(
        "INSERT INTO users (username, email, name, role_id, sign_in, created_at, updated_at) VALUES
             ('-rf', 'a1@x.com', '', 2, 'password', 0, 0), ('x' || char(10) || 'y', 'a2@x.com', '', 2, 'password', 0, 0),
             ('x' || char(27) || '[2J', 'a3@x.com', '', 2, 'password', 0, 0), ('', 'a4@x.com', '', 2, 'password', 0, 0),
             ('x$(id)', 'a5@x.com', 'A' || char(10) || 'B' || char(9) || char(27) || '[2J', 2, 'password', 0, 0),
             ('x' || char(8238) || 'y', 'a6@x.com', '', 2, 'password', 0, 0)",
    );
    let answer = |shell: &str, text: &str, typed: &str| {
        let words = ["cxme-admin", "users", "show", typed];
        let command = words
            .iter()
            .fold(world.command("__complete").argument(shell).argument(text), |command, word| command.argument(word));
        command.run().out()
    };
    assert_eq!(answer("bash", "", ""), "x\\$\\(id\\)\n");
    assert_eq!(answer("bash", "x", "'x"), "x$(id)\n");
    assert_eq!(answer("bash", "x", "\"x"), "x\\$(id)\n");
    assert_eq!(answer("bash", "@", "a5@"), "@x.com\n");
    assert_eq!(answer("fish", "", "x"), "x$(id)\tA\\u{a}B\\u{9}\\u{1b}[2J\n");
    assert_eq!(answer("zsh", "", "-"), "");
}

#[test]
fn of_very_many_two_hundred_are_given_and_what_they_begin_with_is_what_all_begin_with() {
    let world = World::new().with_role("Boss", "view-users edit-users").with_operator(CAROL, "Minimal Permissions");
    let numbers = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 6000)";
    let boss = world.ask("SELECT id FROM roles WHERE name = 'Boss'");
    world.sql(&format!(
        "{numbers} INSERT INTO users (username, email, name, role_id, sign_in, created_at, updated_at)
             SELECT printf('user%04d', n), printf('user%04d@example.com', n), '', iif(n BETWEEN 3000 AND 3005, 2, {boss}),
                    'password', 0, 0 FROM number"
    ));
    let found = values(line(&world, "users show u"));
    assert_eq!((found.len(), found[0].as_str(), found[199].as_str()), (200, "user0001", "user6000"));
    assert_eq!(values(line(&world, "users show user00")).len(), 99);
    assert_eq!(values(line(&world, "users show user5")).len(), 200);
    // Of those on whom the operator may act, all are found in a short stretch, and none in one that is too long to look through.
    let six: Vec<String> = (3000..=3005).map(|number| format!("user{number}")).collect();
    assert_eq!(values(line(&world, "users edit user30").uid(CAROL)), six, "the others rank higher");
    world.run("operators edit carol --role Boss --only-role 'Minimal Permissions'").expect_status(0);
    assert_eq!(values(line(&world, "users edit user3").uid(CAROL)), six);
    assert_eq!(values(line(&world, "users edit user").uid(CAROL)), Vec::<String>::new());
}
