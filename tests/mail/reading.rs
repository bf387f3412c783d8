//! Mails as another program reads them: Python's `email`, which follows the RFCs closely.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What a mail must say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// As Python's `isoformat` writes it; `None`: any.
    pub(crate) date: Option<&'a str>,
    /// What the text part must show on a line of its own; empty: no link at all.
    pub(crate) link: &'a str,
}

/// Puts a mail, with line ends as on the wire, into a directory that is to be read.
pub(crate) fn put(directory: &Path, number: usize, content: &[u8], expected: &Expected<'_>) {
    let Expected { from, to, date, link } = expected;
    let expected = serde_json::json!({ "from": from, "to": to, "date": date, "link": link });
    fs::write(directory.join(format!("{number:03}.eml")), content).unwrap();
    fs::write(directory.join(format!("{number:03}.json")), expected.to_string()).unwrap();
}

/// What the script says of the mails of a directory: how many there are, and what is wrong with them.
pub(crate) fn read(directory: &Path) -> [String; 2] {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/read_mails.py");
    let output = Command::new("python3").arg(script).arg(directory).output().unwrap();
    [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap())
}
