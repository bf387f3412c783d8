//! A line that shows while it is typed.
//!
//! The kernel's own echo shows all that is pasted, also what stands behind the line break and may be a password. So it is off, and
//! the program shows the line itself.

use unicode_width::UnicodeWidthChar as _;
use unicode_width::UnicodeWidthStr as _;

/// What a terminal shows of a line.
#[derive(Debug, Default)]
pub(super) struct ShownLine(String);

impl ShownLine {
    /// What to write to the terminal so that it shows `line`. As the kernel does it, columns are taken away by Backspace and
    /// blank, which every terminal knows.
    pub(super) fn change_to(&mut self, line: &str) -> String {
        let line: String = line.chars().map(visible).collect();
        let same = self.0.char_indices().zip(line.chars()).take_while(|((_, one), other)| one == other);
        let mut kept = same.last().map_or(0, |((at, one), _)| at + one.len_utf8());
        // A mark without a width of its own is written with its character.
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

/// A control character would act on the terminal.
fn visible(character: char) -> char {
    if character.is_control() { '\u{fffd}' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written for each of these lines in turn.
    fn written(lines: &[&str]) -> Vec<String> {
        let mut shown = ShownLine::default();
        lines.iter().map(|line| shown.change_to(line)).collect()
    }

    #[test]
    fn only_what_changes_is_written() {
        assert_eq!(
            written(&["", "a", "abc", "abc", "ab", ""]),
            ["", "a", "bc", "", "\u{8} \u{8}", "\u{8} \u{8}\u{8} \u{8}"]
        );
        assert_eq!(written(&["wrong", "right"])[1], format!("{}right", "\u{8} \u{8}".repeat(5)));
    }

    #[test]
    fn a_character_takes_as_many_columns_away_as_it_has() {
        assert_eq!(written(&["a\u{1f40e}", "a"])[1], "\u{8} \u{8}".repeat(2));
        assert_eq!(written(&["cafe", "cafe\u{301}", "cafe"])[1..], ["\u{8} \u{8}e\u{301}", "\u{8} \u{8}e"]);
    }

    #[test]
    fn nothing_typed_drives_the_terminal() {
        assert_eq!(written(&["\u{1b}[2J\u{9b}1m"]), ["\u{fffd}[2J\u{fffd}1m"]);
    }
}
