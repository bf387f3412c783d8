//! What a command did, as one text.

use std::fmt;

use super::me;

/// The exit code and all that was said.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) status: u8,
    /// Standard output, without the program's colours.
    pub(crate) stdout: Vec<u8>,
    /// Standard error, without the program's colours.
    pub(crate) stderr: Vec<u8>,
    /// Whether there were colours.
    pub(crate) has_colour: bool,
    /// What the terminal showed that questions were asked at.
    pub(crate) asked: String,
    pub(super) directory: String,
}

/// The styles that the program and clap write: reset, bold, underlined, red, green, yellow and cyan. An escape of any other
/// kind is not taken for one.
const STYLES: [&str; 7] =
    ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[4m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m"];

/// The bytes without the styles of the program.
pub(super) fn without_styles(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        match STYLES.iter().find_map(|style| rest.strip_prefix(style.as_bytes())) {
            Some(after) => rest = after,
            None => {
                plain.push(byte);
                rest = after;
            }
        }
    }
    plain
}

impl Run {
    /// Fails with all that was said where the exit code is another one.
    #[track_caller]
    pub(crate) fn expect_status(self, status: u8) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Standard output as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    /// Standard error as text.
    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.stderr.clone()).unwrap()
    }

    /// Everything that left the program, whichever way.
    pub(crate) fn all(&self) -> Vec<u8> {
        [&self.stdout, &self.stderr, self.asked.as_bytes()].concat()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = self.asked.as_bytes();
        let parts = [("asked", asked), ("stdout", &self.stdout), ("stderr", &self.stderr)];
        let mut text = format!("status {}\n", self.status);
        for (name, bytes) in parts.into_iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let said = String::from_utf8_lossy(bytes);
            let said = said.replace(&self.directory, "[DIR]").replace(&format!("(uid {})", me()), "(uid [ME])");
            text.push_str(&format!("-- {name}\n{said}"));
        }
        formatter.write_str(text.trim_end())
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
