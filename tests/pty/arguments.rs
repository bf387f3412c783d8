//! Usage errors at a real terminal that shows colours.

use crate::all_is_as_before_at_the_prompt;
use crate::harness::Shell;
use crate::program;

/// A command with an argument that printf(1) makes, at a terminal; what it shows after the line that was typed.
fn shown(words: &str, format: &str) -> String {
    let mut shell = Shell::start();
    let settings = shell.settings();
    shell.type_line(&format!("{} \"$(printf '{format}')\"", program::typed(words)));
    // The echo of the line, and then what the program says.
    shell.await_text("\r\n");
    let said = shell.await_text("dash> ");
    all_is_as_before_at_the_prompt(shell, &settings, "2", words);
    said
}

#[test]
fn no_escape_of_an_argument_reaches_a_terminal_that_shows_colours() {
    for words in ["users list", "users set-password alice", "resets", "nonsense", "-o", "mail test --to"] {
        for format in
            ["\\033[8mhidden", "\\033]0;title\\007", "\\302\\2331m", "--\\033[8m", "a\\015b", "\\342\\200\\256"]
        {
            let said = shown(words, format);
            assert!(said.contains("\u{1b}[31m"), "{words} has no colours: {said:?}");
            let plain = ["[0m", "[1m", "[4m", "[31m", "[32m", "[33m", "[36m"]
                .iter()
                .fold(said.replace("\r\n", "\n"), |said, style| said.replace(&format!("\u{1b}{style}"), ""));
            let obeyed = plain.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
            assert_eq!(obeyed, None, "{words} {format}: {said:?}");
        }
    }
}

#[test]
fn a_code_typed_as_an_argument_shows_only_where_it_was_typed() {
    for words in ["resets redeem", "resets redeem --stdin", "resets redeem --", "resets"] {
        let said = shown(words, "0123456789ABCDEFGHJKMNPQRS");
        assert!(!said.contains("0123456789") && !said.contains("JKMNPQRS"), "{words}: {said:?}");
    }
}
