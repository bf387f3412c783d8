//! `store check`.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use nix::unistd::Group;

use crate::actions::store::check;
use crate::actions::store::check::CheckExpectations;
use crate::actions::store::check::Salvage;
use crate::actions::store::check::StoreReport;
use crate::app::ActionError;
use crate::app::Setup;
use crate::cli::acting_args::ActingArgs;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::failure;
use crate::cli::failure::CliError;
use crate::cli::store::recovery;
use crate::cli::store::recovery::typed;
use crate::cli::store::repair_times;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::text;
use crate::private_file;
use crate::store::StoreError;
use crate::store::damaged;
use crate::store::schema;

/// Check the store: modes, file system, schema, integrity, references, rows, addresses, audit log, clock, times and
/// reset key
///
/// Every command checks the modes of the configuration, the store and its directory, and refuses loose ones. With
/// `[store] reader_group`, this also checks that the group can read the store.
///
/// For a damaged store, prints what can still be read, and how to restore the newest backup or recover the rest.
///
/// Times that were written while the clock was ahead are reported, such as a mail that is due in many years, or a link
/// that works until then. `--repair-times` resets them to now: such mails become due, and such links expire.
///
/// With `-v`, also says by which system call SQLite waits for the disk.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Reset times that were written while the clock was ahead
    #[arg(long)]
    repair_times: bool,
    /// Skip confirmation
    #[arg(short, long, requires = "repair_times")]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// What was examined, and a fault that was found there.
struct FindingRow<'a> {
    examined: &'a StoreReport,
    fault: Option<&'a str>,
}

fn columns<'a>() -> [Column<FindingRow<'a>>; 2] {
    [
        Column { name: "examined", title: "EXAMINED", cell: |row| Value::text(row.examined.what) },
        Column {
            name: "fault",
            title: "FOUND",
            cell: |row| match row.fault {
                Some(fault) => Value::Sentence(fault.into()),
                None if row.examined.warning.is_some() => Value::Nothing("see the warning"),
                None => Value::Nothing("sound"),
            },
        },
    ]
}

/// What an examination came to.
struct Checked {
    examined: Vec<StoreReport>,
    /// The newest backup, where the content of the store has a fault.
    backup: Option<(PathBuf, Timestamp)>,
    /// The schema version of its tables.
    schema_version: i64,
}

/// Runs the command.
///
/// # Errors
/// When something is wrong, or the operator may not.
pub fn run(context: &mut Context, args: &CheckArgs) -> anyhow::Result<()> {
    if args.repair_times {
        return repair_times::run(context, args.yes, &args.acting.change_options());
    }
    if args.acting.dry_run || args.acting.reason.is_some() {
        let words = "`--dry-run` and `--reason` are for `--repair-times`".to_owned();
        return Err(CliError::Usage { words, hint: None }.into());
    }
    let now = context.now();
    let path = context.place_of_store()?;
    let checked = match examine(context, &path) {
        Ok(checked) => checked,
        Err(error) if is_no_store(&error) => {
            return Err(CliError::NotAStore { remedy: remedy_of_lost(&path), path }.into());
        }
        Err(error) if failure::is_shortage(&error) => return Err(error),
        Err(error) => {
            let Salvage { examined, backup, schema_version } = context.examine_damaged(&path, error)?;
            Checked { examined, backup, schema_version }
        }
    };
    print(context, &checked.examined, now)?;
    if context.global.verbose {
        context.output.say(&format!("SQLite syncs by {} in this build.", sync_call()));
    }
    for warning in checked.examined.iter().filter_map(|part| part.warning.as_deref()) {
        context.output.warn(warning);
    }
    // A table at a terminal cuts long lines, and what to do is at their end.
    let faults: Vec<String> = checked.examined.iter().flat_map(StoreReport::lines).collect();
    if faults.is_empty() {
        return Ok(());
    }
    let remedy = remedy(&path, &checked, |time| context.output.local_time(time));
    Err(ActionError::Unsound { faults, remedy }.into())
}

fn print(context: &mut Context, examined: &[StoreReport], now: Timestamp) -> anyhow::Result<()> {
    column::list::<_, anyhow::Error>(&mut context.output, &columns(), now, |sink| {
        for part in examined {
            if part.faults.is_empty() {
                sink(&FindingRow { examined: part, fault: None })?;
            }
            for fault in &part.faults {
                sink(&FindingRow { examined: part, fault: Some(fault) })?;
            }
        }
        Ok(())
    })
}

/// The system call with which SQLite waits for the disk, as this program was built: .cargo/config.toml gives SQLite the one
/// that writes no times of the file, and a build elsewhere does not read it. Both are safe; the other one is slower.
fn sync_call() -> &'static str {
    let flags = option_env!("LIBSQLITE3_FLAGS").unwrap_or_default();
    if flags.split_whitespace().any(|flag| flag == "-DHAVE_FDATASYNC=1") { "fdatasync(2)" } else { "fsync(2)" }
}

fn examine(context: &mut Context, path: &Path) -> anyhow::Result<Checked> {
    // Before SQLite opens the store, which may remove a log that it does not believe.
    if let Some(fault) = damaged::log_faults(path)?.into_iter().next() {
        return Err(StoreError::Corrupt(fault).into());
    }
    let app = context.app(Action::StoreCheck)?;
    let setup = context.setup()?;
    let expected = expectations(&setup)?;
    let mut examined = vec![StoreReport { what: "modes", ..StoreReport::default() }];
    examined.extend(check::check(&app, &expected)?);
    examined.extend(reader_group(context)?);
    let is_damaged = examined.iter().any(|part| part.is_of_content() && !part.faults.is_empty());
    let backup = if is_damaged { check::newest_backup(&app) } else { None };
    Ok(Checked { examined, backup, schema_version: schema::VERSION })
}

/// What the store is compared with: the reset key.
///
/// # Errors
/// When the process may not have what it needs to read the key: nothing is wrong with that then.
pub fn expectations(setup: &Setup) -> anyhow::Result<CheckExpectations> {
    let key_fault = match setup.key().map_err(anyhow::Error::from) {
        Ok(Some(key)) => {
            return Ok(CheckExpectations { key_fingerprint: Some(key.fingerprint()), ..CheckExpectations::default() });
        }
        Ok(None) => {
            let path = setup.key_path();
            format!("{}: no such file: restore the key from its backup, or set [reset] key_file", path.display())
        }
        Err(error) if failure::is_shortage(&error) => return Err(error),
        Err(error) => error.to_string(),
    };
    Ok(CheckExpectations { key_fault: Some(key_fault), ..CheckExpectations::default() })
}

/// What to do about the faults that were found.
fn remedy(path: &Path, checked: &Checked, local: impl Fn(Timestamp) -> String) -> String {
    // What a damaged page hides is no fault of its own.
    let is_faulty = |part: &&StoreReport| part.faults.iter().any(|fault| !fault.starts_with(check::CANNOT));
    let is_damaged = |part: &&StoreReport| part.is_of_content() && !part.faults.is_empty();
    let faulty: Vec<&StoreReport> =
        checked.examined.iter().filter(|part| is_faulty(part) || is_damaged(part)).collect();
    let mut steps = Vec::new();
    if faulty.iter().any(|part| part.what == "times") {
        let repair = "if the clock is right now, reset the times: cxme-admin store check --repair-times";
        steps.push(repair.to_owned());
    }
    if faulty.iter().any(|part| !part.is_of_content() && part.what != "times") {
        steps.push("for modes, addresses and the key, do as the line says".to_owned());
    }
    if faulty.iter().any(|part| part.is_of_content()) {
        steps.push(format!("keep a copy of {} and the files beside it as they are", typed(path)));
        steps.push(match &checked.backup {
            Some((backup, time)) => {
                format!("restore the newest backup ({}): cxme-admin store restore {}", local(*time), typed(backup))
            }
            None => "restore the newest sound backup: cxme-admin store restore FILE".to_owned(),
        });
        steps.push(recovery::command(path, checked.schema_version));
    }
    steps.join("; ")
}

/// Whether what is in the place of the store does not even begin as one, or is another program's.
fn is_no_store(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::NotOurs(_)))
}

/// What to do about a file that may be the store and does not begin as one.
fn remedy_of_lost(path: &Path) -> String {
    const OTHER: &str = "name the store with `--store` or `[store] path`";
    if !damaged::may_be_store(path) {
        return OTHER.to_owned();
    }
    format!(
        "if it is another file, {OTHER}; if it is your store, it has lost its beginning: \
         keep a copy of {} and the files beside it as they are; restore the newest sound backup: cxme-admin store restore FILE; {}",
        typed(path),
        recovery::command(path, schema::VERSION)
    )
}

/// Whether the group that may read the store can do that, where one is configured.
///
/// # Errors
/// When the configuration cannot be loaded, or the store cannot be examined.
pub fn reader_group(context: &mut Context) -> anyhow::Result<Option<StoreReport>> {
    let Some(name) = context.config()?.store.reader_group.clone() else { return Ok(None) };
    let faults = match Group::from_name(&name).ok().flatten() {
        None => {
            vec![format!("[store] reader_group: this machine has no group `{}`", text::quoted(&name, text::MAX_NAME))]
        }
        Some(group) => {
            let store = context.place_of_store()?;
            private_file::group_faults(&store, &name, group.gid.as_raw())?
        }
    };
    Ok(Some(StoreReport { what: "reader group", faults, ..StoreReport::default() }))
}
