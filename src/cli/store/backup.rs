//! `store backup`.

use std::num::NonZeroU32;
use std::path::Path;
use std::path::PathBuf;

use crate::actions::store::backup;
use crate::actions::store::backup::DirectoryBackup;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary::counted;
use crate::cli::output::Format;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;

/// Back up the store while it is in use
///
/// The backup is a consistent copy with mode 0600; it never overwrites a file. It contains all hashes: protect it like
/// the store. It does not contain the reset key, which is a separate file: keep a copy of that elsewhere.
///
/// With --directory the file gets a name with the time, such as store-fvpnrcsd-20261128-140510Z.db, where fvpnrcsd stands
/// for this store. Before it gets that name, the program reads it from the disk and examines it as `store restore` would.
/// Then --keep deletes the earlier backups of this store that are too many. It deletes no backup whose name is later than
/// that of the new one, no file of another account, and nothing that is not a store.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("place").required(true).args(["file", "directory"]))]
pub struct BackupArgs {
    /// New file
    #[arg(value_name = "FILE", conflicts_with = "directory")]
    file: Option<PathBuf>,
    /// Directory in which to create a file that is named after the time
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Delete earlier backups of this store there, so that N remain, the new one included
    #[arg(long, value_name = "N", requires = "directory", conflicts_with = "file", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    #[command(flatten)]
    acting: ActingArgs,
}

/// A file that was created or deleted.
struct ChangedFile {
    file: PathBuf,
    result: &'static str,
}

const FILE: Column<ChangedFile> =
    Column { name: "file", title: "FILE", cell: |row| Value::text(row.file.display().to_string()) };
const RESULT: Column<ChangedFile> = Column { name: "result", title: "RESULT", cell: |row| Value::text(row.result) };

/// Runs the command.
///
/// # Errors
/// When there is a file already, the disk is full, the copy is not sound, or the operator may not.
pub fn run(context: &mut Context, args: &BackupArgs) -> anyhow::Result<()> {
    let app = context.app(Action::StoreBackup)?;
    if context.output.format != Format::Table {
        context.check_data_output()?;
    }
    let change_options = args.acting.change_options();
    let (file, directory) = (args.file.as_deref(), args.directory.as_deref());
    let backup = match directory {
        Some(directory) => backup::back_up_into(&app, directory, args.keep.and_then(NonZeroU32::new), &change_options)?,
        None => {
            let file = file.unwrap_or(Path::new(""));
            backup::back_up(&app, file, &change_options)?;
            DirectoryBackup::new(file.to_owned())
        }
    };
    if change_options.dry_run {
        print_plan(context, &app, &backup)?;
    } else {
        let verified = if directory.is_some() { ", and verified it" } else { "" };
        context.output.say(&format!("Backed up the store to {}{verified}.", backup.file.display()));
        for deleted in &backup.deleted {
            context.output.say(&format!("Deleted {}.", deleted.display()));
        }
        print_data(context, &app, &backup)?;
    }
    tell_the_rest(context, &backup)
}

fn print_plan(context: &mut Context, app: &App, backup: &DirectoryBackup) -> anyhow::Result<()> {
    let step = |words: String, file: &Path| {
        PlanStep::new(Action::StoreBackup, words).field("file", Value::text(file.display().to_string()))
    };
    let created = format!("Would back up the store to {}.", backup.file.display());
    let mut steps = vec![step(created, &backup.file).field("result", Value::text("created"))];
    for deleted in &backup.deleted {
        let words = format!("Would delete {}.", deleted.display());
        steps.push(step(words, deleted).field("result", Value::text("deleted")));
    }
    plan::print(&mut context.output, app.now(), &steps)
}

fn print_data(context: &mut Context, app: &App, backup: &DirectoryBackup) -> anyhow::Result<()> {
    if context.output.format == Format::Table {
        return Ok(());
    }
    let created = std::iter::once((&backup.file, "created"));
    let deleted = backup.deleted.iter().map(|file| (file, "deleted"));
    let rows: Vec<_> =
        created.chain(deleted).map(|(file, result)| ChangedFile { file: file.clone(), result }).collect();
    column::list::<_, std::io::Error>(&mut context.output, &[FILE, RESULT], app.now(), |sink| {
        rows.iter().try_for_each(&mut *sink)
    })?;
    Ok(())
}

/// Names what was left alone and why, and fails where an earlier backup could not be deleted.
fn tell_the_rest(context: &mut Context, backup: &DirectoryBackup) -> anyhow::Result<()> {
    for others in &backup.others {
        let words = "not counted and not deleted: it is not a store of this account, or somebody has it open";
        context.output.say(&format!("{}: {words}.", others.display()));
    }
    if let [first, ..] = backup.ahead.as_slice() {
        context.output.warn(&format!(
            "{}: the name is later than the clock, which is or was wrong; {} of the directory not counted and not deleted: \
             correct the clock, or delete what is too old yourself",
            first.display(),
            counted(backup.ahead.len() as u64, "such backup"),
        ));
    }
    let [(first, error), ..] = backup.undeleted.as_slice() else { return Ok(()) };
    let more = match backup.undeleted.len() {
        1 => String::new(),
        number => format!(" and {} more", number - 1),
    };
    Err(CliError::NotDeleted { path: first.clone(), more, error: error.to_string() }.into())
}
