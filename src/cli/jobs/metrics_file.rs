//! The file that `jobs run --metrics-file` writes for the textfile collector of node_exporter.

use std::io::ErrorKind;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;

use crate::actions::metrics;
use crate::app::App;
use crate::cli::failure::CliError;
use crate::cli::files::open_regular;
use crate::cli::metrics::exposition;
use crate::cli::metrics::samples;
use crate::cli::metrics::samples_of_run;
use crate::private_file::FileError;
use crate::private_file::UnfinishedFile;

/// Everybody may read it: the exporter has an account of its own, and the numbers name nobody.
const MODE: u32 = 0o644;

/// Writes the metrics of a run that ended with this exit status, in place of those of the run before: a reader sees the old
/// file or the new one. Where the store cannot be read, the file tells of the run alone.
///
/// # Errors
/// When `path` is another kind of file, which is left as it is, or cannot be written.
pub(super) fn write(app: Option<&App>, path: &Path, status: u8, now: jiff::Timestamp) -> anyhow::Result<()> {
    refuse_others(path)?;
    let mut all = samples_of_run(status, now).to_vec();
    if let Some(metrics) = app.and_then(|app| metrics::metrics_of_run(app).ok()) {
        all.extend(samples(&metrics, now));
    }
    let file = UnfinishedFile::begin_over(path)?;
    let written = file.writer()?.write_all(exposition::text(&all).as_bytes());
    written.map_err(|error| file.problem("written", error))?;
    file.set_mode(MODE)?;
    file.finish_over()?;
    Ok(())
}

/// Refuses to replace anything but a file of metrics: an operator may have mistyped the name of another one.
fn refuse_others(path: &Path) -> anyhow::Result<()> {
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(FileError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut beginning = Vec::new();
    let read = file.take(exposition::BEGINNING.len() as u64).read_to_end(&mut beginning);
    read.map_err(|error| FileError::Io { path: path.to_owned(), doing: "read", error })?;
    if beginning.is_empty() || beginning == exposition::BEGINNING.as_bytes() {
        return Ok(());
    }
    let words = format!("{}: is not a metrics file, and was not replaced", path.display());
    Err(CliError::BadFile { words, hint: "give another path".to_owned() }.into())
}
