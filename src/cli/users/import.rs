//! `users import`.

use crate::actions::users::import;
use crate::actions::users::import::Clearable;
use crate::actions::users::import::ImportOptions;
use crate::actions::users::import::Mode;
use crate::actions::users::import::NAMED;
use crate::actions::users::tabular::Delimiter;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::failure::CliError;
use crate::cli::files::InputFile;
use crate::cli::files::open_data;
use crate::cli::jobs::summary::counted;
use crate::cli::one_of;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::users::import_effects;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::role::Permission;

/// Import users from CSV, NDJSON or a JSON array, all or none
///
/// Columns, by name: username, email, name, role, sign_in, locale, status, locked_until, must_change_password,
/// password_hash (a PHC string of Argon2). Only the email address is required; an empty field counts as absent, in
/// every format. Everything is checked first, and every bad row is reported with its line and field. An update that
/// removes passwords, or ends or shortens locks, asks for confirmation. The output of `users export` and `users list`
/// can be imported, and so can files from spreadsheets: UTF-8 or UTF-16 with a byte order mark, separated by commas,
/// semicolons or tabs. Example: `printf 'email,name\nalice@example.com,Alice Adams\n' | cxme-admin users import -`
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// File, or `-` for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    file: InputFile,
    /// Also change existing users, found by username if the row has one, otherwise by address
    #[arg(long)]
    update: bool,
    /// Change existing users and add nobody; a row without an existing user is an error
    #[arg(long, conflicts_with = "update")]
    update_only: bool,
    /// Columns in which an empty field clears the value instead of keeping it: name, locale, locked_until
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',', value_parser = one_of::clearable(), hide_possible_values = true)]
    clear: Vec<Clearable>,
    /// Ignore unknown columns instead of refusing them
    #[arg(long)]
    ignore_unknown: bool,
    /// Field delimiter of a CSV: a character or `tab`; by default detected from the header
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<Delimiter>,
    /// Do not notify the old and the new address of users whose address changes
    #[arg(long)]
    no_notify: bool,
    /// Skip confirmation before passwords are removed, or locks ended or shortened
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
        return Err(CliError::Usage { words, hint: Some("add `--update` or `--update-only`".to_owned()) }.into());
    }
    let besides: &[Permission] = if mode == Mode::Add { &[] } else { &[Permission::EditUsers] };
    let app = context.app_with(Action::UsersImport, besides)?;
    let options = ImportOptions {
        mode,
        clear: args.clear.clone(),
        delimiter: args.delimiter,
        ignore_unknown: args.ignore_unknown,
        source: args.file.to_string(),
        notify: !args.no_notify && context.has_mail()?,
        time_zone: context.process.time_zone(),
    };
    let change_options = args.acting.change_options();
    let checked = telling(&mut context.output, |report| match &args.file {
        InputFile::Stdin => {
            Ok(import::check(&app, &mut context.process.stdin.bytes, &options, &change_options, report)?)
        }
        InputFile::File(path) => Ok(import::check(&app, &mut open_data(path)?, &options, &change_options, report)?),
    })?;
    if checked.is_empty {
        context.output.warn("the input is empty: no user is in it");
    }
    let removals = checked.removals;
    if !removals.is_empty() && !args.acting.dry_run {
        prompt::confirm_removal(context, args.yes, &import_effects::question(removals), removals)?;
    }
    let confirmed = (!args.yes && !args.acting.dry_run).then_some(removals);
    let imported =
        telling(&mut context.output, |report| Ok(import::write(&app, &checked, confirmed, &change_options, report)?))?;
    if let Some(words) = import_effects::after_end(imported.effects.after_end, args.acting.dry_run) {
        context.output.warn(&words);
    }
    context.warn_of_languages(&checked.locales);
    let counts = imported.imported;
    if context.output.format == Format::Table {
        let would = if args.acting.dry_run { "would be " } else { "" };
        let notices = match imported.notices {
            0 => String::new(),
            1 => format!(" 1 notice of a changed address {would}queued."),
            count => format!(" {} of changed addresses {would}queued.", counted(count, "notice")),
        };
        let mut words = format!(
            "{} {would}added, {} {would}changed, {} unchanged.{notices}",
            counts.added, counts.changed, counts.unchanged
        );
        words += &import_effects::summary(&imported.effects, args.acting.dry_run);
        if args.acting.dry_run {
            let step = |words| PlanStep::new(Action::UsersImport, words);
            let steps: Vec<PlanStep<'_>> =
                std::iter::once(words).chain(import_effects::lines(&imported)).map(step).collect();
            return plan::print(&mut context.output, app.now(), &steps);
        }
        context.output.say(&words);
        if imported.notices > 0 {
            context.output.say("To send the notices: cxme-admin jobs run");
        }
        return Ok(());
    }
    let number = |count: u64| Value::Number(count.cast_signed());
    let names = [
        "added",
        "changed",
        "unchanged",
        "notices",
        "dry_run",
        "sha256",
        "passwords_removed",
        "locks_shortened",
        "roles_changed",
        "password_removed_users",
        "lock_shortened_users",
    ];
    let heads = names.map(|name| Heading { name, title: name });
    let cells = [
        number(counts.added),
        number(counts.changed),
        number(counts.unchanged),
        number(imported.notices),
        Value::Flag(args.acting.dry_run),
        Value::text(&imported.sha256),
        number(imported.effects.removals.passwords),
        number(imported.effects.removals.locks),
        number(imported.effects.roles_changed),
        import_effects::users(&imported, |removal| removal.password),
        import_effects::users(&imported, |removal| removal.lock.is_some()),
    ];
    Ok(data::record(&mut context.output, &heads, &cells, app.now())?)
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
