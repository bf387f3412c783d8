//! `users import`.

use std::path::Path;

use crate::actions::users::import;
use crate::actions::users::import::Options;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::files::InputFile;
use crate::cli::output::Format;
use crate::domain::action::Action;
use crate::domain::role::Permission;

/// How many bad rows are named; the rest are counted.
const NAMED: u64 = 100;

/// Import users from CSV or NDJSON, all or none
///
/// Columns, by name: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash (a PHC
/// string of Argon2). Only the address is needed; an empty field counts as not given. Everything is checked first, and
/// every bad row is reported by line and field. What `users export` writes can be imported. Example:
/// `printf 'email,name\nalice@example.com,Alice Adams\n' | cxme-admin users import -`
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The file, or `-` for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    file: InputFile,
    /// Change users that exist already: found by username where the row has one, else by address
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When a row is bad, the file cannot be read, or the operator may not.
pub fn run(context: &mut Context, args: &ImportArgs) -> anyhow::Result<()> {
    let besides: &[Permission] = if args.update { &[Permission::EditUsers] } else { &[] };
    let desk = context.desk_with(Action::UsersImport, besides)?;
    let options = Options { update: args.update, source: args.file.to_string() };
    let mut bad = 0;
    let output = &mut context.output;
    let mut report = |row: import::BadRow| {
        bad += 1;
        if bad <= NAMED {
            output.complain(&row.to_string());
        } else if bad == NAMED + 1 {
            output.complain("… and more, which are only counted");
        }
    };
    let intent = args.acting.intent();
    let imported = match &args.file {
        InputFile::Stdin => import::import(&desk, &mut context.process.stdin.bytes, &options, &intent, &mut report),
        InputFile::File(path) => import::import(&desk, &mut open(path)?, &options, &intent, &mut report),
    }?;
    let counts = imported.imported;
    if context.output.format == Format::Table {
        let would = if args.acting.dry_run { "would be " } else { "" };
        let words = format!(
            "{} {would}added, {} {would}changed, {} unchanged.",
            counts.added, counts.changed, counts.unchanged
        );
        context.output.say(&words);
        return Ok(());
    }
    let number = |count: u64| Cell::Number(count.cast_signed());
    let names = ["added", "changed", "unchanged", "dry_run", "sha256"];
    let heads = names.map(|name| Head { name, title: name });
    let cells = [
        number(counts.added),
        number(counts.changed),
        number(counts.unchanged),
        Cell::Flag(args.acting.dry_run),
        Cell::text(&imported.sha256),
    ];
    Ok(data::record(&mut context.output, &heads, &cells, desk.now())?)
}

/// Opens a file of data to be read.
pub(in crate::cli) fn open(path: &Path) -> anyhow::Result<std::fs::File> {
    let failed = |error| crate::private_file::Problem::Io { path: path.to_owned(), doing: "opened", error };
    Ok(std::fs::File::open(path).map_err(failed)?)
}
