//! Keys as terminals send them.

use proptest::prelude::*;

use super::*;
use crate::process::terminal::editor::edit;

/// The resulting text of the keys; `|` is a pause.
fn keys(typed: &str) -> Result<String, PromptError> {
    let mut keys = Keys::new(KeyBindings::default());
    for byte in typed.bytes() {
        let step = if byte == b'|' {
            keys.pause();
            KeyResult::More
        } else {
            keys.take(byte)
        };
        match step {
            KeyResult::More => {}
            KeyResult::Enter => return Ok(String::from_utf8(keys.line()?.to_vec()).unwrap()),
            KeyResult::EndOfInput => return Err(PromptError::EndOfInput),
            KeyResult::LineBreakInPaste => return Err(PromptError::LineBreakInPaste),
        }
    }
    panic!("no Enter in {typed:?}");
}

#[test]
fn escape_sequences_do_nothing_and_swallow_no_key() {
    for (typed, left) in [
        ("a\x1b[Ab\r", "ab"),
        ("a\x1b[1;5Cb\r", "ab"),
        ("a\x1bOPb\r", "ab"),
        ("a\x1bO5Pb\r", "ab"),
        ("a\x1b[3~b\r", "ab"),
        ("a\x1b[[Ab\r", "ab"),
        ("a\x1b[?1;2cb\r", "ab"),
        ("a\x1b[ qb\r", "ab"),
        ("a\x1b]11;rgb:0000/0000/0000\x07b\r", "ab"),
        ("a\x1b]11;rgb:0000\x1b\\b\r", "ab"),
        ("a\x1bPdata\x1b\\b\r", "ab"),
        // Esc itself, and Alt with a key.
        ("a\x1b|b\r", "ab"),
        ("a\x1bb\r", "ab"),
        ("a\x1b\x1bb\r", "ab"),
        ("a\x1b\x1b[Ab\r", "ab"),
        ("a\x1bä\r", "aä"),
        ("a\x1b\x7fb\r", "a\x7fb"),
        ("a\x1b\r", "a"),
        // Alt-[ and Alt-O, which begin sequences: the key typed after them is a key of its own.
        ("a\x1b[|b\r", "ab"),
        ("a\x1bO|b\r", "ab"),
        ("a\x1b]|b\r", "ab"),
        ("a\x1b|[Ab\r", "a[Ab"),
        // Sequences that are cut short by a key.
        ("a\x1b[\r", "a"),
        ("a\x1b[1\r", "a"),
        ("a\x1bO\r", "a"),
        ("a\x1b]0;title\r", "a"),
        ("a\x1b[1äb\r", "aäb"),
        ("a\x1b[1\x1b[Ab\r", "ab"),
        ("a\x1b]0\x1b[Ab\r", "ab"),
        ("a\x1b[1\x7fb\r", "a\x7fb"),
    ] {
        assert_eq!(keys(typed).unwrap(), left, "{typed:?}");
    }
    assert!(matches!(keys("a\x1b\x04"), Err(PromptError::EndOfInput)));
    assert!(matches!(keys("a\x1b[1\x04"), Err(PromptError::EndOfInput)));
}

#[test]
fn control_characters_survive_editing() {
    let left = keys("a\0\tb\x16\x01\r").unwrap();
    assert_eq!(left.chars().map(without_stand_in).collect::<String>(), "a\0\tb\x16\x01");
    assert!(!left.chars().any(char::is_control));
    assert_eq!(without_stand_in(stand_in('\u{9b}')), '\u{1}');
    assert_eq!(without_stand_in('ä'), 'ä');
}

#[test]
fn a_killed_line_is_not_kept() {
    assert_eq!(keys("wrong\t\x15right\r").unwrap(), "\x15right");
    let long = "x".repeat(MAX_LINE + 10);
    assert_eq!(keys(&format!("{long}\x15right\r")).unwrap(), "\x15right");
    assert!(matches!(keys(&format!("{long}\r")), Err(PromptError::TooLong)));
    assert_eq!(keys(&format!("{}\r", &long[10..])).unwrap().len(), MAX_LINE);
}

#[test]
fn a_paste_is_text_without_its_markers_and_has_no_line_break() {
    assert_eq!(keys("\x1b[200~pasted\x1b[201~\r").unwrap(), "pasted");
    assert_eq!(keys("typed \x1b[200~pasted\x1b[201~, \x1b[200~twice\x1b[201~\r").unwrap(), "typed pasted, twice");
    for broken in [
        "\x1b[200~a\rb\x1b[201~\r",
        "\x1b[200~a\nb\x1b[201~\r",
        "\x1b[200~a\x1b[20\r",
        "b\x1b[201~\r",
        "b\x1b[201~\x15c\r",
        "\x1b[200~a\x1b[201\r",
    ] {
        assert!(matches!(keys(broken), Err(PromptError::LineBreakInPaste)), "{broken:?}");
    }
    // Keys that would edit or end the line, and sequences, are text in a paste.
    for pasted in ["a\x7fb", "a\x15b", "a\x04b", "a\x1b[Ab", "a\x1b[200~b", "a\x1b]0;x\x07b", "a\x1bb"] {
        let left = keys(&format!("\x1b[200~{pasted}\x1b[201~\r")).unwrap();
        assert!(left.chars().map(without_stand_in).any(char::is_control), "{pasted:?}: {left:?}");
    }
}

#[test]
fn the_keys_of_the_terminal_work_besides_the_usual_ones() {
    let layout = KeyBindings { erase: Some(0x12), kill: Some(0x18), erase_word: Some(0x0f), end_of_input: Some(0x1a) };
    let mut keys = Keys::new(layout);
    for byte in *b"x\x18a\x12\x08\x7fb\x0fc\x17" {
        assert_eq!(keys.take(byte), KeyResult::More);
    }
    assert_eq!(keys.line, b"\x15a\x7f\x7f\x7fb\x17c\x17".to_vec().into());
    assert_eq!(keys.take(0x1a), KeyResult::EndOfInput);
    assert_eq!(keys.take(0x04), KeyResult::EndOfInput);
}

/// Complete sequences, and those that a key begins, with a pause after them.
const SEQUENCES: [&str; 10] = [
    "\x1b[A",
    "\x1b[1;5D",
    "\x1bOP",
    "\x1b[[B",
    "\x1b[15~",
    "\x1b]1;x\x07",
    "\x1bPx\x1b\\",
    "\x1b|",
    "\x1b[|",
    "\x1bO|",
];

proptest! {
    #[test]
    fn sequences_between_characters_change_nothing(
        parts in proptest::collection::vec(("[a-zA-Z0-9é🐎~;\\[ \x7f\x15\x17]", 0..SEQUENCES.len()), 0..40)
    ) {
        let plain: String = parts.iter().map(|(text, _)| text.as_str()).collect();
        let mixed: String = parts.iter().flat_map(|(text, number)| [SEQUENCES[*number], text.as_str()]).collect();
        let line = |typed: &str| edit(keys(&format!("{typed}\r")).unwrap().as_bytes()).unwrap().to_string();
        prop_assert_eq!(line(&mixed), line(&plain));
    }

    #[test]
    fn any_line_ends_with_enter_or_the_end_of_input(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut keys = Keys::new(KeyBindings::default());
        for byte in bytes {
            keys.take(byte);
        }
        keys.pause();
        prop_assert_ne!(keys.take(b'\r'), KeyResult::More);
        if let Ok(text) = keys.line().and_then(|line| edit(&line)) {
            prop_assert!(!text.chars().any(|c| STAND_INS.contains(&u32::from(c))), "{:?}", text);
        }
    }
}
