//! `users export`.

use std::path::PathBuf;

use crate::actions::users::export;
use crate::actions::users::list;
use crate::app::ActionError;
use crate::app::ChangeOptions;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary::counted;
use crate::cli::output::Format;
use crate::cli::selection::SelectionArgs;
use crate::cli::users::columns::UserColumn;
use crate::cli::value::Heading;
use crate::domain::action::Action;
use crate::private_file::FinishedFile;
use crate::private_file::UnfinishedFile;
use crate::store::StoreError;

/// Export users as CSV, JSON or NDJSON
///
/// Writes CSV unless `-o` says otherwise. Text that a spreadsheet would run as a formula is prefixed with an
/// apostrophe, which `users import` removes. Without `--to`, writes to standard output.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// New file, created with mode 0600
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Start a CSV with a byte order mark, so that Excel reads it as UTF-8
    #[arg(long)]
    bom: bool,
    /// Include the password hashes: requires the permission `export-hashes`; never written to a terminal
    #[arg(long)]
    with_hashes: bool,
    /// Reason, recorded in the audit log (with hashes)
    #[arg(long, value_name = "TEXT", requires = "with_hashes")]
    reason: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the operator may not, or the file exists already or cannot be written.
pub fn run(context: &mut Context, args: &ExportArgs) -> anyhow::Result<()> {
    let app = context.app(if args.with_hashes { Action::UsersExportHashes } else { Action::UsersExport })?;
    let mut wanted = args.selection.wanted(context, &app)?;
    wanted.with_hashes = args.with_hashes;
    let mut columns = UserColumn::DATA.to_vec();
    if args.with_hashes {
        if args.to.is_none() {
            let words = "password hashes go to a new file of mode 0600, not to standard output".to_owned();
            return Err(CliError::Usage { words, hint: Some("name it with `--to FILE`".to_owned()) }.into());
        }
        columns.push(UserColumn::PasswordHash);
    }
    if context.output.format == Format::Table {
        context.output.format = Format::Csv;
    }
    if args.bom && context.output.format != Format::Csv {
        let words = "--bom: only a CSV begins with a byte order mark".to_owned();
        return Err(CliError::Usage { words, hint: Some("leave out `-o`, or give `-o csv`".to_owned()) }.into());
    }
    let unfinished = match &args.to {
        None => None,
        Some(path) => {
            let file = UnfinishedFile::begin(path)?;
            context.output.divert(Box::new(file.writer()?), path);
            Some(file)
        }
    };
    if args.bom {
        context.output.data().write_all("\u{feff}".as_bytes())?;
    }
    let heads: Vec<Heading> = columns.iter().map(|column| column.head()).collect();
    let mut count = 0_u64;
    data::records::<ActionError>(&mut context.output, &heads, app.now(), |sink| {
        list::list(&app, &wanted, |row, surroundings| {
            count += 1;
            let cells: Vec<_> = columns.iter().map(|column| column.cell(row, surroundings)).collect();
            Ok(sink(&cells)?)
        })?;
        Ok(())
    })?;
    context.output.flush()?;
    if let (Some(file), Some(path)) = (unfinished, &args.to) {
        if args.with_hashes {
            let change_options = ChangeOptions { reason: args.reason.clone(), dry_run: false };
            let finish = || Ok(file.finish().map_err(StoreError::from)?);
            export::record_export(&app, count, path, &change_options, finish, FinishedFile::remove)?;
        } else {
            file.finish()?;
        }
        context.output.say(&format!("Exported {} to {}.", counted(count, "user"), path.display()));
    }
    Ok(())
}
