//! The secret line is edited in characters, on every terminal, and nothing typed is lost without a word.

use std::thread::sleep;
use std::time::Duration;

use crate::MOMENTS;
use crate::Moment;
use crate::REFUSED;
use crate::all_is_as_before;
use crate::answer_of;
use crate::at;
use crate::harness::Asking;
use crate::harness::Shell;
use crate::program;
use crate::program_ends;
use crate::refusal_of;
use crate::secrets;

/// Longer than the program waits for the rest of an escape sequence, however busy the machine is.
const PAUSE: Duration = Duration::from_millis(400);

/// What the program gets when these are typed with pauses between them, in a terminal that stty(1) has set.
fn answer_with_pauses(stty: &str, parts: &[&[u8]]) -> String {
    let asking = secrets();
    let mut shell = Shell::start();
    shell.type_line(&format!("stty {stty}"));
    shell.await_shell();
    let settings = shell.settings();
    shell.type_line(&asking.command);
    shell.await_text(asking.first);
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            sleep(PAUSE);
        }
        shell.type_bytes(part);
    }
    shell.await_text(asking.second);
    shell.type_line("second");
    shell.await_text("got [");
    let answer = shell.await_text(", \"second\"].");
    all_is_as_before(shell, &settings, "0", &format!("{parts:?}"));
    answer
}

#[test]
fn backspace_takes_a_whole_character_on_every_terminal() {
    for stty in ["iutf8", "-iutf8", "erase ^H", "erase ^-"] {
        assert_eq!(answer_with_pauses(stty, &["café\x7fe🐎\x7f\x08\x08fe\r".as_bytes()]), r#""cafe""#, "{stty}");
    }
    // Of a decomposed é the accent first.
    assert_eq!(answer_of("cafe\u{301}\x7f\r".as_bytes()), r#""cafe""#);
    assert_eq!(answer_of(b"one two\x17three\r"), r#""one three""#);
    assert_eq!(answer_of(b"\x7f\x7f\x15\x17empty\r"), r#""empty""#);
}

#[test]
fn the_keys_of_the_terminal_edit_too() {
    let typed = b"wrong\x18rightt\x12\r";
    assert_eq!(answer_with_pauses("erase ^R kill ^X", &[typed]), r#""right""#);
}

#[test]
fn arrows_and_other_sequences_do_nothing() {
    for keys in ["\x1b[D", "\x1b[1;5C", "\x1bOA", "\x1b[3~", "\x1b[[A", "\x1bOP", "\x1b]11;rgb:0/0/0\x1b\\", "\x1b[I"] {
        assert_eq!(answer_of(format!("ab{keys}cd{keys}\r").as_bytes()), r#""abcd""#, "{keys:?}");
    }
}

#[test]
fn escape_swallows_no_key_after_it() {
    assert_eq!(answer_of(b"\x1babc\x1b\r"), r#""abc""#);
    assert_eq!(answer_with_pauses("sane", &[b"a\x1b", b"[Ab\r"]), r#""a[Ab""#);
    assert_eq!(answer_with_pauses("sane", &[b"a\x1b[", b"Ab\x1bO", b"c\r"]), r#""aAbc""#);
}

#[test]
fn what_is_not_utf8_can_be_taken_back_and_is_refused_otherwise() {
    assert_eq!(answer_of(b"caf\xe9\x7fe\r"), r#""cafe""#);
    assert_eq!(answer_of(b"caf\xe9\x15word\r"), r#""word""#);
    for typed in [&b"caf\xe9\r"[..], b"\xc3\r", b"a\xffb\r", b"\xed\xa0\x80\r"] {
        assert!(refusal_of(typed).starts_with("the input is not UTF-8"), "{typed:?}");
    }
}

#[test]
fn a_long_paste_with_a_line_break_leaves_nothing_for_the_next_question_or_the_shell() {
    // More than the kernel holds at once.
    let long = format!("{}zq7sentinel", "x".repeat(30_000));
    for typed in [format!("first\r{long}\r"), format!("\x1b[200~first\r{long}\x1b[201~"), format!("first\r{long}")] {
        assert!(refusal_of(typed.as_bytes()).starts_with("the paste holds a line break"));
    }
    assert!(refusal_of(format!("first\x04{long}\r").as_bytes()).starts_with("the input ended before Enter"));
    assert!(refusal_of(format!("{long}\r{long}\r").as_bytes()).starts_with("the paste holds a line break"));
}

#[test]
fn a_half_escape_is_as_good_a_moment_to_end_as_any() {
    for (key, status) in [(b"\x03", "130"), (b"\x1c", "131")] {
        let (mut shell, settings) = at(Moment::HalfTyped, &secrets());
        shell.type_bytes(b"\x1b[1");
        shell.type_bytes(key);
        all_is_as_before(shell, &settings, status, &format!("{key:?}"));
    }
    assert!(refusal_of(b"zq7sentinel\x1b[1\x04").starts_with("the input ended before Enter"));
}

#[test]
fn a_terminal_that_is_raw_before_is_raw_after() {
    for moment in MOMENTS {
        let asking = Asking { command: format!("stty -icanon min 3 time 2; {}", secrets().command), ..secrets() };
        let (mut shell, _) = at(moment, &asking);
        shell.type_bytes(b"\x04");
        shell.await_text("refused: the input ended before Enter");
        shell.await_shell();
        assert_eq!(shell.value("$?"), REFUSED);
        let set = shell.value("$(stty -a | tr '\\n' ' ')");
        assert!(set.contains("min = 3; time = 2") && set.contains("-icanon"), "{set}");
        shell.hang_up();
    }
}

#[test]
fn a_password_that_is_too_long_or_has_a_control_character_is_refused_with_the_reason() {
    let question = "New password: ";
    let long = format!("{}\r", "long ".repeat(205));
    for (typed, reason) in [
        (long.as_bytes(), "has 1025 bytes, and 1024 are allowed"),
        (b"zq7sentinel\tand more of it\r", "a TAB character"),
        (b"zq7sentinel\x16and more of it\r", "a control character"),
        (b"zq7sentinel\xc2\x85and more of it\r", "a control character"),
        (b"zq7sentinel\xe2\x80\xa8and more of it\r", "a line break"),
        (b"zq7sentinel\xef\xbf\xbdand more of it\r", "U+FFFD"),
    ] {
        let screen = program_ends("users set-password alice", &[(question, typed); 3], "65");
        assert!(screen.contains(reason), "{reason}: {screen}");
    }
    assert!(program::nothing_changed());
}
