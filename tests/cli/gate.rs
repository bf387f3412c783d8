//! One gate for every new password, whichever way it comes (OWASP ASVS 6.3.4).

use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::Run;
use crate::support::World;

/// What people, generators and attackers try.
fn candidates() -> Vec<String> {
    let mut candidates: Vec<String> = [
        GOOD,
        "x",
        " ",
        "short",
        "fourteen chars",
        "exactly 15 char",
        "password",
        "Password1234567",
        "passwordpassword",
        "qwertyuiopasdfgh",
        "abcdefgh12345678",
        "1234567890123456",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "alexandrina",
        "alexandrinaexample",
        "Alexandrina.Example!",
        "alexandrina@example.com",
        "Example Travel 2026",
        "exampletravel1234",
        "i love alexandrina the great",
        "UPPER ONLY WORDS 42",
        "lower only words 42",
        "NoDigitsHereAtAllEver",
        "N0 lower? yes there is",
        "ΔΕΛΤΑ και λίγα γράμματα",
        "пароль для проверки",
        "密码密码密码密码",
        "emoji 🐧🐙🦆🐝🦊 in a row A1",
        "cafe\u{301} cre\u{300}me bru\u{302}le\u{301}e A1",
        "  Spaces around it 1  ",
        "Tab\tinside is refused 1",
        "Ma\u{200d}ny joiners inside 1",
        "'; DROP TABLE users; -- A",
        "$argon2id$v=19$m=1,t=1 A",
        "\u{fb01}ne ligatures in here A1",
        "\u{feff}Byte order marks too 1",
        "letmein letmein letmein",
        "Iloveyou1234567",
        "Tr0ub4dor&3",
        "=cmd|' /C calc'!A0 xyz",
        "--generate --override-policy A1",
    ]
    .map(str::to_owned)
    .into();
    candidates.extend(["x9 Y".repeat(255), "x9 Y".repeat(256), format!("{}z", "x9 Y".repeat(256)), "é".repeat(513)]);
    candidates
}

/// Accepted, or the reasons.
fn verdict(run: &Run) -> String {
    match run.status {
        0 => "accepted".to_owned(),
        65 => run.err().lines().filter(|line| !line.starts_with("hint")).collect::<Vec<_>>().join("\n"),
        _ => panic!("{run}"),
    }
}

/// The reasons as the prompt says them.
fn verdict_at_the_prompt(run: &Run) -> String {
    if run.status == 0 {
        return "accepted".to_owned();
    }
    let said: Vec<&str> = run.asked.split("New password: \n").nth(1).unwrap().lines().collect();
    match said.as_slice() {
        [heading, faults @ ..] if heading.starts_with("This password does not meet") => {
            format!("error: the password does not meet the organization's requirements\n{}", faults.join("\n"))
        }
        [error] => format!("error: {error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_candidates_meet_the_same_verdict_and_reasons_on_every_path() {
    let world = World::with_rules("classes = [\"upper\", \"digit\"]\nmin_score = 2").with_users("alexandrina");
    let mut refused = 0;
    for candidate in candidates() {
        let set = "users set-password alexandrina";
        let by_stdin = verdict(&world.command(&format!("{set} --stdin")).stdin(&candidate).run());
        let file = world.file("secret", &candidate);
        let by_file = verdict(&world.command(&format!("{set} --password-file")).argument(file).run());
        assert_eq!(by_file, by_stdin, "{candidate:?}");
        let typed = [&*candidate, &*candidate, "", ""].map(|line| Ok(line.to_owned()));
        let by_prompt = verdict_at_the_prompt(&world.command(set).answering(typed).run());
        assert_eq!(by_prompt, by_stdin, "{candidate:?}");
        world.command(&format!("{set} --stdin --override-policy")).stdin(OTHER).run().expect_status(0);
        let lines = format!("{OTHER}\n{candidate}");
        let by_user = verdict(&world.command("users change-password alexandrina --stdin").stdin(lines).run());
        assert_eq!(by_user, by_stdin, "{candidate:?}");
        let checked = verdict(&world.command("policy check --user alexandrina --stdin").stdin(&candidate).run());
        assert_eq!(checked, by_stdin, "{candidate:?}");
        refused += u32::from(by_stdin != "accepted");
    }
    assert!((15..candidates().len() as u32 - 5).contains(&refused), "{refused} are refused");
}

#[test]
fn a_password_differs_from_another_wherever_the_difference_stands() {
    let world = World::new().with_users("alice");
    for place in [72, 73, 200, 1_023] {
        let long = |last: char| format!("{}{last}", "x9 Y".repeat(256).chars().take(place).collect::<String>());
        world.set_password("alice", &long('a'));
        assert!(world.accepts("alice", long('a')), "{place}");
        assert!(!world.accepts("alice", long('b')), "{place}");
    }
}
