//! A line that is shown while it is typed.
//!
//! The kernel's own echo would show all of a paste, including the text after a line break, which may be a password.
//! So it is off, and the program shows the line itself.

use unicode_width::UnicodeWidthChar as _;
use unicode_width::UnicodeWidthStr as _;

/// The text that a terminal shows for a line.
#[derive(Debug, Default)]
pub(super) struct ShownLine(String);

impl ShownLine {
    /// The output that makes the terminal show `line`. Columns are deleted with backspace, blank, backspace, as the
    /// kernel does it, because every terminal supports that.
    pub(super) fn change_to(&mut self, line: &str) -> String {
        let line: String = line.chars().map(visible).collect();
        let same = self.0.char_indices().zip(line.chars()).take_while(|((_, one), other)| one == other);
        let mut kept = same.last().map_or(0, |((at, one), _)| at + one.len_utf8());
        // A combining mark has no width, so it is written together with its character.
        let is_mark = |text: &str| text.chars().next().is_some_and(|next| next.width() == Some(0));
        while is_mark(&self.0[kept..]) || is_mark(&line[kept..]) {
            let Some(last) = self.0[..kept].chars().next_back() else { break };
            kept -= last.len_utf8();
        }
        let mut written = "\u{8} \u{8}".repeat(self.0[kept..].width());
        written.push_str(&line[kept..]);
        self.0 = line;
        written
    }
}

/// Replaces control characters, which would act on the terminal.
fn visible(character: char) -> char {
    if character.is_control() { '\u{fffd}' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The output for each of these lines in turn.
    fn written(lines: &[&str]) -> Vec<String> {
        let mut shown = ShownLine::default();
        lines.iter().map(|line| shown.change_to(line)).collect()
    }

    #[test]
    fn only_changes_are_written() {
        assert_eq!(
            written(&["", "a", "abc", "abc", "ab", ""]),
            ["", "a", "bc", "", "\u{8} \u{8}", "\u{8} \u{8}\u{8} \u{8}"]
        );
        assert_eq!(written(&["wrong", "right"])[1], format!("{}right", "\u{8} \u{8}".repeat(5)));
    }

    #[test]
    fn a_deleted_character_clears_its_columns() {
        assert_eq!(written(&["a\u{1f40e}", "a"])[1], "\u{8} \u{8}".repeat(2));
        assert_eq!(written(&["cafe", "cafe\u{301}", "cafe"])[1..], ["\u{8} \u{8}e\u{301}", "\u{8} \u{8}e"]);
    }

    #[test]
    fn typed_control_characters_do_not_act_on_the_terminal() {
        assert_eq!(written(&["\u{1b}[2J\u{9b}1m"]), ["\u{fffd}[2J\u{fffd}1m"]);
    }
}
