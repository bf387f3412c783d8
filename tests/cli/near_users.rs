//! "Did you mean": the users that are near to a name that no user has, and who is told of them.

use insta::assert_snapshot;

use crate::permission_first::leaves;
use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::World;

fn world() -> World {
    World::with_mail().with_users("alice,bob,carla.conti,al").with_saml_user().with_password("alice", GOOD)
}

/// What the hint names.
fn named(world: &World, given: &str) -> String {
    let run = world.command("users show").argument(given).run().expect_status(67);
    let err = run.err();
    let hint = err.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap();
    hint.strip_prefix("did you mean ").map(|named| named.trim_end_matches('?').to_owned()).unwrap_or_default()
}

#[test]
fn a_mistyped_user_is_answered_with_the_one_that_was_meant() {
    let world = world();
    assert_snapshot!(world.run("users set-password alcie --stdin"), @"
    status 67
    -- stderr
    error: no user with the username `alcie`
    hint: did you mean alice?
    ");
    assert_snapshot!(world.run("users lock nobody"), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_snapshot!(world.run("users show alice@exmaple.com"), @"
    status 67
    -- stderr
    error: no user with the email address `alice@exmaple.com`
    hint: did you mean alice@example.com?
    ");
}

#[test]
fn one_slip_is_found_anywhere_and_two_behind_a_right_beginning() {
    let world = world();
    for given in ["alcie", "lice", "xalice", "alic", "alicee", "slice", "Alcie", "ALCIE", "alice-"] {
        assert_eq!(named(&world, given), "alice", "{given}");
    }
    for given in ["carla.conit", "carlaconti", "carla_conti", "carla.cont", "carla.contta", "carla.cnti"] {
        assert_eq!(named(&world, given), "carla.conti", "{given}");
    }
    for given in ["alcie@example.com", "alice@", "alice@idp.example.com", "alice@example.org", "ALICE@example.co"] {
        assert_eq!(named(&world, given), "alice@example.com", "{given}");
    }
    // As they are known in another place.
    world.run("users edit bob --username robert").expect_status(0);
    assert_eq!(named(&world, "bob"), "robert");
}

#[test]
fn what_is_near_to_nobody_is_answered_without_a_name() {
    let world = world();
    let long = "a".repeat(100_000);
    for given in ["", "a", "ax", "zzz", "@", "@example.com", "x@@y", "ünï", "%", "_____", "'", "\u{1b}[2Jalice", &long]
    {
        assert_eq!(named(&world, given), "", "{given:?}");
    }
    assert_eq!(named(&world, &format!("alcie@{long}")), "");
}

#[test]
fn at_most_three_are_named_the_nearest_first() {
    let world = World::new().with_users("anna1,anna2,anna3,anna4,hanna5");
    assert_eq!(named(&world, "anna5"), "anna1 or anna2 or anna3");
    assert_eq!(named(&world, "hanna55"), "hanna5");
}

#[test]
fn names_in_a_file_are_answered_too() {
    let world = world();
    let run = |names: &str| world.command("users list --from -").stdin(names).run().expect_status(67);
    assert_snapshot!(run("alcie\n"), @"
    status 67
    -- stderr
    error: line 1: no user with the username `alcie`
    hint: did you mean alice?
    ");
    assert_snapshot!(run("alice\nalcie\nnobody\nbbo@example.com\n"), @"
    status 67
    -- stderr
    error: 3 of the names match no user; nothing was done
      - line 2: no user with the username `alcie`; did you mean alice?
      - line 3: no user with the username `nobody`
      - line 4: no user with the email address `bbo@example.com`; did you mean bob@example.com?
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
}

#[test]
fn only_operators_who_may_list_users_are_told() {
    let world = world().with_role("Setter", "set-passwords lock-users").with_role("Helpdesk", "view-users lock-users");
    let world = world.with_operator(CAROL, "Setter").with_operator(DAVE, "Helpdesk");
    let told = |uid| world.command("users lock alcie").uid(uid).run();
    assert!(told(DAVE).expect_status(67).err().contains("did you mean alice?"));
    // Whatever looks up a user needs the permission to see users too.
    for command in ["users lock alcie", "users set-password alcie --stdin", "users send-reset --from -"] {
        let run = world.command(command).stdin("alcie\n").uid(CAROL).run().expect_status(77);
        assert!(!run.err().contains("alice"), "{run}");
    }
}

#[test]
fn what_strangers_and_login_systems_run_tells_nobody() {
    let world = world();
    let two_lines = format!("{GOOD}\nseven violet umbrellas whistle\n");
    for line in [
        "users verify-password alcie --stdin",
        "users verify-password alcie@example.com --stdin -v",
        "users change-password alcie --stdin",
        "users change-password alcie --stdin -n",
        "resets redeem --stdin",
        "resets revoke --stdin",
    ] {
        let run = world.command(line).stdin(&two_lines).run();
        assert!(!String::from_utf8_lossy(&run.all()).contains("alice"), "{line}: {run}");
    }
    let pam = world.command("users verify-password --pam").variable("PAM_USER", "alcie").stdin(GOOD).run();
    assert!(!String::from_utf8_lossy(&pam.all()).contains("alice"), "{pam}");
}

#[test]
fn every_command_that_takes_a_user_answers_so_but_for_those_of_login_systems() {
    let world = world();
    let mut silent = Vec::new();
    leaves("", &cxme_admin::cli::command_tree(), &mut |path| {
        let command = path
            .split(' ')
            .fold(cxme_admin::cli::command_tree(), |tree, word| tree.find_subcommand(word).unwrap().clone());
        let takes_user = command
            .get_positionals()
            .any(|argument| argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "USER")));
        if takes_user {
            let more = if path == "users edit" { "--name X" } else { "" };
            let run = world.command(&format!("{path} alcie {more}")).stdin(GOOD).run();
            if !run.err().contains("did you mean alice?") {
                silent.push(path.to_owned());
            }
        }
    });
    assert_eq!(silent, ["users verify-password", "users change-password"]);
}
