//! `users import`.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use crate::actions::users::import;
use crate::actions::users::import::Clearable;
use crate::actions::users::import::Mode;
use crate::actions::users::import::NAMED;
use crate::actions::users::import::Options;
use crate::actions::users::tabular::Delimiter;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::failure::Complaint;
use crate::cli::files::InputFile;
use crate::cli::jobs::summary::counted;
use crate::cli::one_of;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::cli::prompt;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::private_file::FsCredentials;

/// Import users from CSV, NDJSON or a JSON array, all or none
///
/// Columns, by name: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash (a PHC
/// string of Argon2). Only the address is needed; an empty field counts as not given, in every format. Everything is checked
/// first, and every bad row is reported by line and field. What `users export` and `users list` write can be imported, and
/// so can what spreadsheets write: UTF-8 or UTF-16 with a byte order mark, commas, semicolons or tabs. Example:
/// `printf 'email,name\nalice@example.com,Alice Adams\n' | cxme-admin users import -`
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The file, or `-` for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    file: InputFile,
    /// Change users that exist already: found by username where the row has one, else by address
    #[arg(long)]
    update: bool,
    /// The same, and add nobody: a row that means no user is an error
    #[arg(long, conflicts_with = "update")]
    update_only: bool,
    /// Columns of which an empty field clears the value, instead of leaving it: name, locale, locked_until
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',', value_parser = one_of::clearable(), hide_possible_values = true)]
    clear: Vec<Clearable>,
    /// Ignore columns that are not known, instead of refusing them
    #[arg(long)]
    ignore_unknown: bool,
    /// Character between the fields of a CSV, or `tab`; otherwise recognized from the header
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<Delimiter>,
    /// Do not mail the old and the new address of users whose address changes
    #[arg(long)]
    no_notify: bool,
    /// Do not ask before passwords are removed
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When a row is bad, the file cannot be read, or the operator may not.
pub fn run(context: &mut Context, args: &ImportArgs) -> anyhow::Result<()> {
    let mode = match (args.update, args.update_only) {
        (_, true) => Mode::UpdateOnly,
        (true, _) => Mode::Update,
        _ => Mode::Add,
    };
    if mode == Mode::Add && !args.clear.is_empty() {
        let words = "--clear: only an update clears".to_owned();
        return Err(Complaint::Usage { words, hint: Some("add `--update` or `--update-only`".to_owned()) }.into());
    }
    let besides: &[Permission] = if mode == Mode::Add { &[] } else { &[Permission::EditUsers] };
    let desk = context.desk_with(Action::UsersImport, besides)?;
    let options = Options {
        mode,
        clear: args.clear.clone(),
        delimiter: args.delimiter,
        ignore_unknown: args.ignore_unknown,
        source: args.file.to_string(),
        notify: !args.no_notify && context.has_mail()?,
        time_zone: context.process.time_zone(),
    };
    let intent = args.acting.intent();
    let checked = telling(&mut context.output, |report| match &args.file {
        InputFile::Stdin => Ok(import::check(&desk, &mut context.process.stdin.bytes, &options, &intent, report)?),
        InputFile::File(path) => Ok(import::check(&desk, &mut open(path)?, &options, &intent, report)?),
    })?;
    if checked.is_empty {
        context.output.warn("the input is empty: no user is in it");
    }
    let removed = checked.passwords_removed;
    if removed > 0 && !args.acting.dry_run {
        let question = format!("Remove {}, whose users would sign in with SAML?", counted(removed, "password"));
        prompt::confirm_removal(context, args.yes, &question, removed)?;
    }
    let confirmed = (!args.yes && !args.acting.dry_run).then_some(removed);
    let imported =
        telling(&mut context.output, |report| Ok(import::write(&desk, &checked, confirmed, &intent, report)?))?;
    let counts = imported.imported;
    if context.output.format == Format::Table {
        let would = if args.acting.dry_run { "would be " } else { "" };
        let notices = match imported.notices {
            0 => String::new(),
            count => format!(" {count} notices of changed addresses {would}queued."),
        };
        let mut words = format!(
            "{} {would}added, {} {would}changed, {} unchanged.{notices}",
            counts.added, counts.changed, counts.unchanged
        );
        if counts.passwords_removed > 0 {
            let (verb, passwords) =
                (if args.acting.dry_run { "Would remove" } else { "Removed" }, counts.passwords_removed);
            words += &format!(" {verb} {}: the users sign in with SAML.", counted(passwords, "password"));
        }
        if args.acting.dry_run {
            return plan::print(&mut context.output, desk.now(), &[Step::new(Action::UsersImport, words)]);
        }
        context.output.say(&words);
        if imported.notices > 0 {
            context.output.say("To send the notices: cxme-admin jobs run");
        }
        return Ok(());
    }
    let number = |count: u64| Cell::Number(count.cast_signed());
    let names = ["added", "changed", "unchanged", "notices", "dry_run", "sha256", "passwords_removed"];
    let heads = names.map(|name| Head { name, title: name });
    let cells = [
        number(counts.added),
        number(counts.changed),
        number(counts.unchanged),
        number(imported.notices),
        Cell::Flag(args.acting.dry_run),
        Cell::text(&imported.sha256),
        number(counts.passwords_removed),
    ];
    Ok(data::record(&mut context.output, &heads, &cells, desk.now())?)
}

/// Runs what reports bad rows, and tells the first of them.
fn telling<T>(
    output: &mut Output,
    run: impl FnOnce(&mut dyn FnMut(import::BadRow)) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut bad = 0;
    run(&mut |row| {
        bad += 1;
        if bad <= NAMED {
            output.complain(&row.to_string());
        } else if bad == NAMED + 1 {
            output.complain("… and more, which are only counted");
        }
    })
}

/// A file of data to be read. What fails names it.
pub(in crate::cli) struct DataFile {
    file: File,
    path: PathBuf,
}

/// Opens a file of data to be read.
pub(in crate::cli) fn open(path: &Path) -> anyhow::Result<DataFile> {
    let failed = |error| crate::private_file::Problem::Io { path: path.to_owned(), doing: "opened", error };
    // The operator names it, and not the store.
    let _own = FsCredentials::own();
    Ok(DataFile { file: File::open(path).map_err(failed)?, path: path.to_owned() })
}

impl Read for DataFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file
            .read(buffer)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.path.display())))
    }
}
