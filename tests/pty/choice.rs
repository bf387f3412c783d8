//! The choice of `users password`, with the arrow keys.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::REFUSED;
use crate::all_is_as_before;
use crate::harness::Shell;
use crate::harness::await_state;
use crate::harness::send;
use crate::program;

const SHOW_CURSOR: &str = "\u{1b}[?25h";
const HIDE_CURSOR: &str = "\u{1b}[?25l";

/// A shell in which the choice waits, and the settings that the terminal had before.
fn at_the_choice() -> (Shell, String) {
    let mut shell = Shell::start();
    let settings = shell.settings();
    shell.type_line(&program::typed("users password alice"));
    await_choice(&mut shell);
    (shell, settings)
}

fn await_choice(shell: &mut Shell) {
    shell.await_text(HIDE_CURSOR);
    shell.await_text("Set a password for this user\r\n");
    // It sleeps when it waits for a key, with the terminal in the mode for that.
    await_state(shell.foreground(), "S");
}

#[test]
fn the_arrow_keys_lead_to_the_second_choice() {
    let (mut shell, settings) = at_the_choice();
    shell.type_bytes(b"\x1b[B\x1b[B\r");
    shell.await_text(SHOW_CURSOR);
    shell.await_text("New password: ");
    shell.type_bytes(b"\x03");
    all_is_as_before(shell, &settings, "130", "Ctrl-C at the password");
    assert!(program::nothing_changed());
}

#[test]
fn enter_takes_nothing_before_an_arrow_key_has_chosen_whatever_else_was_typed() {
    for typed in [&b"\r"[..], b"2\r", b"x\r", b"\xe9\xff\r"] {
        let (mut shell, settings) = at_the_choice();
        shell.type_bytes(typed);
        // The keys are read in their order, so the end of the choice shows that Enter was no answer.
        shell.type_bytes(b"q");
        shell.await_text(SHOW_CURSOR);
        all_is_as_before(shell, &settings, "65", &format!("{typed:?} at the choice"));
        assert!(program::nothing_changed());
    }
}

#[test]
fn whatever_ends_it_the_cursor_is_there_again_and_the_status_says_what_it_was() {
    for (key, status) in
        [(&b"\x03"[..], "130"), (b"\x1c", "131"), (b"\x04", "74"), (b"\x1b", "65"), (b"q", "65"), (b"\x1bq", "65")]
    {
        let (mut shell, settings) = at_the_choice();
        shell.type_bytes(key);
        shell.await_text(SHOW_CURSOR);
        all_is_as_before(shell, &settings, status, &format!("{key:?} at the choice"));
    }
    let faults = [Signal::SIGBUS, Signal::SIGABRT, Signal::SIGILL, Signal::SIGFPE, Signal::SIGSYS, Signal::SIGTRAP];
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT].into_iter().chain(faults) {
        let (mut shell, settings) = at_the_choice();
        send(signal, shell.foreground());
        shell.await_text(SHOW_CURSOR);
        let status = (128 + signal as i32).to_string();
        all_is_as_before(shell, &settings, &status, &format!("{signal} at the choice"));
    }
}

#[test]
fn a_program_that_was_stopped_asks_again_when_it_goes_on() {
    for signal in [Signal::SIGSTOP, Signal::SIGTSTP] {
        let (mut shell, settings) = at_the_choice();
        send(signal, shell.foreground());
        shell.await_shell();
        // Nobody can catch SIGSTOP, and so it leaves the terminal as it is, where Enter is no end of a line.
        shell.type_bytes(b"fg\n");
        await_choice(&mut shell);
        shell.type_bytes(b"q");
        all_is_as_before(shell, &settings, "65", &format!("{signal} and fg at the choice"));
    }
}

#[test]
fn a_terminal_of_too_few_rows_is_asked_by_number() {
    for rows in [1, 2] {
        let mut shell = Shell::start();
        shell.resize(rows);
        let settings = shell.settings();
        shell.type_line(&program::typed("users password alice"));
        shell.await_text("Number, 1 to 1 (Enter: neither): ");
        shell.type_line("1");
        shell.await_text("New password: ");
        shell.type_bytes(b"\x03");
        all_is_as_before(shell, &settings, "130", &format!("{rows} rows"));
    }
}

#[test]
fn a_terminal_that_becomes_smaller_than_the_choice_is_no_panic() {
    for rows in [1, 2] {
        let (mut shell, settings) = at_the_choice();
        shell.resize(rows);
        shell.type_bytes(b"\x1b[B\x1b[B\r");
        shell.await_text(SHOW_CURSOR);
        shell.await_text("New password: ");
        shell.type_bytes(b"\x03");
        all_is_as_before(shell, &settings, "130", &format!("{rows} rows"));
    }
}

/// Lets the test program choose with this timeout in milliseconds, in a terminal that stty(1) has set.
fn choosing(stty: &str, timeout: u64) -> (Shell, String) {
    let mut shell = Shell::start();
    shell.type_line(&format!("stty {stty}"));
    shell.await_shell();
    let settings = shell.settings();
    shell.type_line(&crate::asking("choice", Duration::from_millis(timeout)).command);
    shell.await_text(HIDE_CURSOR);
    shell.await_text("other\r\n");
    (shell, settings)
}

#[test]
fn a_choice_waits_no_longer_than_any_other_question() {
    let (mut shell, settings) = choosing("sane", 300);
    // Keys do not prolong it.
    shell.type_bytes(b"\x1b[B");
    shell.await_text("refused: no answer within");
    assert!(shell.screen().contains("\\u{1b}[?25h"), "{}", shell.screen());
    all_is_as_before(shell, &settings, REFUSED, "no answer");
}

#[test]
fn an_arrow_key_whose_bytes_come_one_by_one_is_no_escape() {
    for keys in [&[&b"\x1b"[..], b"[", b"B", b"\r"], &[&b"\x1b"[..], b"O", b"B", b"\r"]] {
        let (mut shell, settings) = choosing("sane", 60_000);
        for key in keys {
            shell.type_bytes(key);
            std::thread::sleep(Duration::from_millis(10));
        }
        shell.await_text("got [\"Some(0)\"");
        all_is_as_before(shell, &settings, "0", "an arrow key in pieces");
    }
}

#[test]
fn the_keys_for_signals_and_for_the_end_are_those_of_the_terminal() {
    let (mut shell, settings) = choosing("intr ^X eof ^B", 60_000);
    // Ctrl-C is no key here.
    shell.type_bytes(b"\x03j\x18");
    all_is_as_before(shell, &settings, "130", "another key for SIGINT");
    let (mut shell, settings) = choosing("intr ^X eof ^B", 60_000);
    shell.type_bytes(b"\x02");
    shell.await_text("refused: the input ended before Enter");
    all_is_as_before(shell, &settings, REFUSED, "another key for the end");
}

#[test]
fn a_choice_at_a_stopped_or_closed_terminal_ends() {
    let (mut shell, settings) = choosing("sane", 60_000);
    let program = shell.foreground();
    shell.type_bytes(b"\x13j");
    send(Signal::SIGTERM, program);
    await_state(program, "ZX");
    shell.type_bytes(b"\x11");
    all_is_as_before(shell, &settings, "143", "Ctrl-S and TERM");
    for ignore in ["", "trap '' HUP; "] {
        let mut shell = Shell::start();
        let command = crate::asking("choice", Duration::from_secs(60)).command;
        shell.type_line(&format!("({ignore}exec env {command})"));
        shell.await_text("other\r\n");
        let program = shell.foreground();
        shell.hang_up();
        await_state(program, "ZX");
    }
}

#[test]
fn users_add_offers_the_same_choice_and_the_user_is_added_whatever_ends_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store.db");
    std::fs::write(directory.path().join("config.toml"), format!("[store]\npath = \"{}\"\n", store.display())).unwrap();
    assert!(program::run(directory.path(), &["init", "--yes"], "").status.success());
    for (number, (key, status)) in
        [(&b"\x04"[..], "74"), (b"\x1c", "131"), (b"\x03", "130"), (b"\x1b", "0")].iter().enumerate()
    {
        let mut shell = Shell::start();
        let settings = shell.settings();
        shell.type_line(&program::command(directory.path(), &format!("users add user{number}@example.com")));
        await_choice(&mut shell);
        shell.type_bytes(key);
        shell.await_text(SHOW_CURSOR);
        all_is_as_before(shell, &settings, status, &format!("{key:?} at users add"));
        assert!(program::run(directory.path(), &["users", "show", &format!("user{number}")], "").status.success());
    }
}
