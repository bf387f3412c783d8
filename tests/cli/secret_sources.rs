//! What comes by a pipe or from a file is the secret that its author meant: without an editor's byte order mark, without
//! the lines after it, and never with a character dropped or replaced.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

/// As Notepad saves a line.
fn notepad(line: &str) -> String {
    format!("\u{feff}{line}\r\n")
}

/// As `pass show` prints an entry.
fn pass(line: &str) -> String {
    format!("{line}\nlogin: carl\nurl: https://example.com\n")
}

fn utf_16(line: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(line.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_password_whichever_way_it_comes() {
    let world = World::with_mail().with_users("alice");
    let set = |words: &str, stdin: &str| world.command(words).stdin(stdin).run().expect_status(0);
    set("users set-password alice --stdin", &notepad(GOOD));
    assert!(world.accepts("alice", GOOD) && world.accepts("alice", notepad(GOOD)));
    let file = world.file("secret", notepad(OTHER));
    set(&format!("users set-password alice --password-file {}", file.display()), "");
    assert!(world.accepts("alice", OTHER));
    set("users set-password alice --password-file -", &notepad(GOOD));
    assert!(world.accepts("alice", GOOD));
    set("policy check --stdin", &notepad(OTHER));
    set("users change-password alice --stdin", &format!("\u{feff}{GOOD}\r\n{OTHER}\r\n"));
    assert!(world.accepts("alice", OTHER));
    world.run("users send-reset alice").expect_status(0);
    set("resets redeem --stdin", &format!("\u{feff}{}\r\n{GOOD}\r\n", world.newest_code()));
    assert!(world.accepts("alice", GOOD));
    // One mark is the editor's; a second one is somebody's.
    set("users set-password alice --stdin", &format!("\u{feff}\u{feff}{GOOD}"));
    assert!(!world.accepts("alice", GOOD));
}

#[test]
fn what_pam_hands_over_was_typed_and_keeps_its_mark() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let pam = |password: String| {
        world.command("users verify-password --stdin --pam").variable("PAM_USER", "alice").stdin(password).run().status
    };
    assert_eq!(pam(format!("{GOOD}\0")), 0);
    assert_eq!(pam(format!("\u{feff}{GOOD}\0")), 1);
    assert_eq!(pam(format!("{GOOD}\nmore\0")), 1);
}

#[test]
fn the_first_line_counts_and_the_rest_is_ignored() {
    let world = World::new().with_users("alice");
    world.command("users set-password alice --stdin").stdin(pass(GOOD)).run().expect_status(0);
    assert!(world.accepts("alice", GOOD) && world.accepts("alice", pass(GOOD)));
    let file = world.file("entry", pass(OTHER));
    world.command("users set-password alice --password-file").argument(file).run().expect_status(0);
    assert!(world.accepts("alice", OTHER));
    world.command("policy check --stdin").stdin(pass(GOOD)).run().expect_status(0);
    assert_snapshot!(world.command("users set-password alice --stdin").stdin(format!("\n{GOOD}\n")).run(), @"
    status 65
    -- stderr
    error: the password is empty; give at least one character
    ");
    // Where two lines are two secrets, a third is refused: one of them may have held the line break.
    let three = format!("{OTHER}\n{GOOD}\n{GOOD}\n");
    world.command("users change-password alice --stdin").stdin(three).run().expect_status(65);
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn utf_16_is_refused_with_the_remedy_and_is_nobodys_password() {
    let world = World::new().with_users("alice").with_password("alice", OTHER);
    let file = world.file("secret", utf_16(GOOD));
    assert_snapshot!(world.command("users set-password alice --password-file").argument(file).run(), @"
    status 65
    -- stderr
    error: [DIR]/secret: is UTF-16: save it as UTF-8
    ");
    assert_snapshot!(world.command("users set-password alice --stdin").stdin(utf_16(GOOD)).run(), @"
    status 65
    -- stderr
    error: standard input: is UTF-16: save it as UTF-8
    ");
    for command in ["policy check --stdin", "users change-password alice --stdin", "resets redeem --stdin"] {
        let run = world.command(command).stdin(utf_16(GOOD)).run().expect_status(65);
        assert!(run.err().contains("standard input: is UTF-16: save it as UTF-8"), "{run}");
    }
    assert!(!world.accepts("alice", utf_16(OTHER)));
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn a_control_character_is_refused_with_the_reason_whichever_way_it_comes() {
    let world = World::with_mail().with_users("alice").with_password("alice", OTHER);
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    let refused = [
        ("\t", "a TAB character"),
        ("\0", "a NUL character"),
        ("\r", "a line break"),
        ("\u{1b}", "a control character"),
        ("\u{7f}", "a control character"),
        ("\u{85}", "a line break"),
        ("\u{9b}", "a control character"),
        ("\u{2028}", "a line break"),
        ("\u{2029}", "a line break"),
        ("\u{fffd}", "U+FFFD"),
    ];
    for (character, reason) in refused {
        let password = format!("correct horse{character} battery staple");
        let file = world.file("secret", &password);
        let set = || world.command("users set-password alice");
        let runs = [
            set().argument("--stdin").stdin(&password).run(),
            set().argument("--password-file").argument(file).run(),
            set().typing([password.as_str(); 3]).run(),
            world.command("policy check --stdin").stdin(&password).run(),
            world.command("users change-password alice --stdin").stdin(format!("{OTHER}\n{password}\n")).run(),
            world.command("resets redeem --stdin").stdin(format!("{code}\n{password}\n")).run(),
        ];
        for run in runs {
            assert_eq!(run.status, 65, "{character:?}: {run}");
            let said = format!("{}{}", run.asked, run.err());
            assert!(said.contains(&format!("the password contains {reason}")), "{character:?}: {run}");
        }
        assert!(!world.accepts("alice", &password), "{character:?}");
    }
    assert!(world.accepts("alice", OTHER));

    // NBSP, which a layout types for AltGr and Space, is a character as any other, and not a space.
    let nbsp = GOOD.replace(' ', "\u{a0}");
    world.command("users set-password alice --stdin").stdin(&nbsp).run().expect_status(0);
    assert!(world.accepts("alice", &nbsp) && !world.accepts("alice", GOOD));
}
