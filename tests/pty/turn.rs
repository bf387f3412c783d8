//! Two commands at one terminal.

use std::fs;

use crate::PATIENT;
use crate::SENTINEL;
use crate::all_is_as_before;
use crate::asking;
use crate::harness::Shell;
use crate::program;
use crate::secrets;

/// Types a script that runs `first` beside `second`, which begins when the first one asks.
fn both(first: &str, second: &str) -> (Shell, String) {
    let directory = tempfile::tempdir().unwrap();
    let go = directory.path().join("go");
    let mut shell = Shell::start();
    let settings = shell.settings();
    let wait = format!("while ! test -e {}; do sleep 0.01; done", go.display());
    shell.type_line(&format!("(set +m; {first} & {wait}; {second}; echo \"second: $?\"; wait $!)"));
    shell.await_text("First: ");
    fs::write(&go, "").unwrap();
    shell.await_text("is asking at this terminal");
    shell.await_text("second: ");
    (shell, settings)
}

#[test]
fn the_second_of_two_commands_at_one_terminal_is_refused_and_nothing_typed_shows() {
    for what in ["secrets", "lines"] {
        let first = secrets().command;
        let second = asking(what, PATIENT).command;
        let (mut shell, settings) = both(&format!("env {first}"), &format!("env {second}"));
        // Not even now, when the other one has ended.
        shell.type_line(SENTINEL);
        let between = shell.await_text("Second: ");
        shell.type_line(SENTINEL);
        let between = between + &shell.await_text("got [");
        assert!(!between.contains(SENTINEL), "{what}: {}", shell.screen());
        let got = shell.await_text("].");
        assert_eq!(got, format!("\"{SENTINEL}\", \"{SENTINEL}\""));
        shell.await_shell();
        assert_eq!(shell.settings(), settings, "{what}");
        shell.hang_up();
    }
}

#[test]
fn the_command_is_told_to_wait_for_the_other_one() {
    let (mut shell, _) = both(&format!("env {}", secrets().command), &program::typed("users set-password alice"));
    // EX_TEMPFAIL.
    shell.await_text("75\r\n");
    shell.hang_up();
    assert!(program::nothing_changed());
}

#[test]
fn a_stopped_command_keeps_nobody_from_asking() {
    let mut shell = Shell::start();
    let settings = shell.settings();
    shell.type_line(&secrets().command);
    shell.await_text("First: ");
    shell.type_bytes(b"\x1a");
    shell.await_shell();
    shell.type_line(&secrets().command);
    shell.await_text("First: ");
    shell.type_line("one");
    shell.await_text("Second: ");
    shell.type_line("two");
    shell.await_text("got [\"one\", \"two\"].");
    shell.await_shell();
    shell.type_line("fg");
    shell.await_text("First: ");
    shell.type_bytes(b"\x03");
    all_is_as_before(shell, &settings, "130", "fg and Ctrl-C");
}
