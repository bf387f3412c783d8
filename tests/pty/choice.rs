//! The choice of `users password`, with the arrow keys.

use nix::sys::signal::Signal;

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
    for (key, status) in [(&b"\x03"[..], "130"), (b"\x1b", "65"), (b"q", "65")] {
        let (mut shell, settings) = at_the_choice();
        shell.type_bytes(key);
        shell.await_text(SHOW_CURSOR);
        all_is_as_before(shell, &settings, status, &format!("{key:?} at the choice"));
    }
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
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
