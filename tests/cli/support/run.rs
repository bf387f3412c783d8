//! What a command did, as one text.

use std::fmt;

use super::me;

/// The exit code and all that was said.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) status: u8,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// What the terminal showed that questions were asked at.
    pub(crate) asked: String,
    pub(super) folder: String,
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
            let said = said.replace(&self.folder, "[DIR]").replace(&format!("(uid {})", me()), "(uid [ME])");
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
