//! A file that data goes to instead of standard output.

use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// A file that is written, and its name.
pub(super) struct NamedFile {
    file: Box<dyn Write>,
    path: PathBuf,
}

impl NamedFile {
    pub(super) fn new(file: Box<dyn Write>, path: &Path) -> Self {
        Self { file, path: path.to_path_buf() }
    }

    fn named<T>(&self, result: io::Result<T>) -> io::Result<T> {
        let path = self.path.display();
        result.map_err(|error| io::Error::new(error.kind(), format!("{path}: cannot be written: {error}")))
    }
}

impl Write for NamedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.named(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.named(flushed)
    }
}
