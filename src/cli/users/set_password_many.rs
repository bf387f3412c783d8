//! `users set-password` for many users: `--batch`, and `--generate` with `--out`.

use std::cell::RefCell;
use std::io;
use std::io::BufWriter;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::actions::users::batch;
use crate::actions::users::batch::BadLine;
use crate::actions::users::batch::Batch;
use crate::actions::users::batch::BatchInput;
use crate::actions::users::batch::BatchOptions;
use crate::actions::users::batch::BatchOutcome;
use crate::actions::users::batch::BatchSummary;
use crate::actions::users::batch::GeneratedKind;
use crate::actions::users::batch::GeneratedPassword;
use crate::actions::users::password;
use crate::actions::users::targets::TargetList;
use crate::app::ActionError;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::files::InputFile;
use crate::cli::files::open_secret;
use crate::cli::jobs::progress::ProgressLine;
use crate::cli::jobs::summary::counted;
use crate::cli::jobs::summary::grouped;
use crate::cli::output::Output;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::targets;
use crate::cli::value::Value;
use crate::domain::refusal::ExpectedEffect;
use crate::domain::refusal::Refusal;
use crate::private_file::UnfinishedFile;
use crate::secrets::zeroizing::ZeroizingBuf;
use crate::store::StoreError;

/// The most that is read of a batch, in bytes: a million passwords of 300 bytes.
const BATCH_LIMIT: u64 = 320 * 1024 * 1024;

/// How many bad lines are told; the others are counted.
const TOLD: u64 = batch::NAMED as u64;

/// From this many passwords on, a line shows how far the hashing is: fewer take about a second.
const SHOWN_FROM: u64 = 16;

/// What a command for many users is about, besides the users.
#[derive(Debug)]
pub(super) struct ManyArgs<'args> {
    pub(super) options: BatchOptions,
    pub(super) expect: Option<u64>,
    pub(super) yes: bool,
    pub(super) acting: &'args ActingArgs,
}

/// Sets the passwords of a file.
pub(super) fn set_batch(
    context: &mut Context,
    app: &App,
    source: &InputFile,
    args: &ManyArgs<'_>,
) -> anyhow::Result<()> {
    let input = read(context, source)?;
    let name = source.to_string();
    let mut batch = telling(&mut context.output, |report| batch::check(app, input, &name, args.options, report))?;
    if let Some((count, first)) = batch.summary.blanks {
        let words = match count {
            1 => format!("line {first}: the password begins or ends with a blank, which is part of it"),
            _ => format!(
                "{} passwords begin or end with a blank, which is part of them; the first is on line {first}",
                grouped(count)
            ),
        };
        context.output.warn(&format!("{source}: {words}"));
    }
    if !is_wanted(context, app, &batch, args)? {
        return Ok(());
    }
    hash(context, app, &mut batch)?;
    let outcome = telling(&mut context.output, |report| {
        let keep = &mut |_: &[GeneratedPassword<'_>]| Ok(PathBuf::new());
        batch::set(app, &mut batch, &args.acting.change_options(), keep, report)
    })?;
    say_outcome(context, &outcome, None);
    Ok(())
}

/// Sets generated passwords, and writes them to a new file.
pub(super) fn set_generated(
    context: &mut Context,
    app: &App,
    several: &TargetList,
    kind: GeneratedKind,
    out: &Path,
    args: &ManyArgs<'_>,
) -> anyhow::Result<()> {
    let mut batch = batch::choose(app, several, kind, args.options)?;
    if batch.summary.users == 0 {
        context.output.say(&match batch.summary.saml {
            0 => targets::NOBODY.to_owned(),
            saml => format!("Nothing was changed: {}.", saml_words(saml)),
        });
        return if args.acting.dry_run { is_wanted(context, app, &batch, args).map(|_| ()) } else { Ok(()) };
    }
    // What would be in the way is found before minutes are spent.
    let file = if args.acting.dry_run { None } else { Some(UnfinishedFile::begin(out)?) };
    if !is_wanted(context, app, &batch, args)? {
        return Ok(());
    }
    hash(context, app, &mut batch)?;
    let file = RefCell::new(file);
    let outcome = telling(&mut context.output, |report| {
        let keep = &mut |generated: &[GeneratedPassword<'_>]| {
            if let Some(file) = file.take() {
                write(&mut BufWriter::new(file.writer().map_err(StoreError::from)?), generated)?;
                file.finish().map_err(StoreError::from)?;
            }
            Ok(out.to_path_buf())
        };
        batch::set(app, &mut batch, &args.acting.change_options(), keep, report)
    })?;
    say_outcome(context, &outcome, Some(out));
    Ok(())
}

/// Reads the file.
fn read(context: &mut Context, source: &InputFile) -> anyhow::Result<BatchInput> {
    if *source == InputFile::Stdin && context.process.stdin.is_terminal {
        let words = "`--batch -` needs a pipe or a file: standard input is a terminal, which would show the passwords";
        return Err(CliError::Usage { words: words.to_owned(), hint: Some("use `--batch FILE`".to_owned()) }.into());
    }
    let read = match source {
        InputFile::Stdin => batch::read(&mut Limited::new(&mut context.process.stdin.bytes)),
        InputFile::File(path) => batch::read(&mut Limited::new(&mut open_secret(path)?)),
    };
    let input = read.map_err(|error| match error {
        ActionError::BadInput(words) => CliError::Data(format!("{source}, {words}")).into(),
        error => anyhow::Error::from(error),
    })?;
    if input.is_empty() {
        let words = format!("{source}: no password is in it");
        let hint = "give `USER:PASSWORD` on each line, or CSV with `username` or `email`, and `password`".to_owned();
        return Err(CliError::BadList { words, hint }.into());
    }
    Ok(input)
}

/// Whether the passwords are to be set: not in a dry run, which prints its plan. Asks where nobody has said yes.
fn is_wanted(context: &mut Context, app: &App, batch: &Batch, args: &ManyArgs<'_>) -> anyhow::Result<bool> {
    let summary = &batch.summary;
    if let Some(expected) = args.expect.filter(|expected| *expected != summary.users) {
        let refusal = Refusal::NotExpected { effect: ExpectedEffect::GivenPassword, expected, found: summary.users };
        return Err(ActionError::from(refusal).into());
    }
    if args.acting.dry_run {
        print_plan(context, app, summary, &args.options)?;
        return Ok(false);
    }
    let question = format!("Set {}{}?", of_users(summary), beside_words(summary, "stops"));
    prompt::confirm(context, args.yes, &question)?;
    Ok(true)
}

fn print_plan(context: &mut Context, app: &App, summary: &BatchSummary, options: &BatchOptions) -> anyhow::Result<()> {
    let notices = if options.notify { summary.users } else { 0 };
    let words = match summary.users {
        0 => targets::NOBODY.to_owned(),
        _ => {
            let queued = match notices {
                0 => String::new(),
                1 => " 1 notice would be queued.".to_owned(),
                count => format!(" {} would be queued.", counted(count, "notice")),
            };
            format!("Would set {}{}.{queued}", of_users(summary), beside_words(summary, "would stop"))
        }
    };
    let usernames = summary.usernames.iter().map(String::as_str).collect();
    let step = PlanStep::new(password::set_action(options.strictness), words)
        .if_changed(summary.users > 0)
        .field("users", Value::count(summary.users))
        .field("usernames", Value::List(usernames))
        .field("with_password", Value::count(summary.with_password))
        .field("locked", Value::count(summary.locked))
        .field("must_change", Value::count(summary.must_change))
        .field("temporary", Value::count(summary.temporary))
        .field("notices", Value::count(notices))
        .field("skipped_saml", Value::count(summary.saml));
    plan::print(&mut context.output, app.now(), &[step])
}

/// "the passwords of 120 users", or of few by name.
fn of_users(summary: &BatchSummary) -> String {
    let names = &summary.usernames;
    match summary.users {
        1 => format!("the password of {}", names.join(", ")),
        2..=5 => format!("the passwords of {} users ({})", summary.users, names.join(", ")),
        users => format!("the passwords of {}", counted(users, "user")),
    }
}

/// What the operator may not expect of the users: "; 2 have a password, which stops working; 1 is locked and stays so".
fn beside_words(summary: &BatchSummary, stops: &str) -> String {
    let with_password = match summary.with_password {
        0 => None,
        1 => Some(format!("1 has a password, which {stops} working")),
        users => Some(format!("{} have a password, which {stops} working", grouped(users))),
    };
    let locked = match summary.locked {
        0 => None,
        1 => Some("1 is locked and stays so".to_owned()),
        locked => Some(format!("{} are locked and stay so", grouped(locked))),
    };
    let saml = (summary.saml > 0).then(|| saml_words(summary.saml));
    [with_password, locked, saml].into_iter().flatten().map(|words| format!("; {words}")).collect()
}

fn saml_words(saml: u64) -> String {
    match saml {
        1 => "1 user signs in with SAML and is left out".to_owned(),
        saml => format!("{} sign in with SAML and are left out", counted(saml, "user")),
    }
}

/// Hashes the passwords, and draws how far it is.
fn hash(context: &mut Context, app: &App, batch: &mut Batch) -> anyhow::Result<()> {
    let is_long = batch.summary.users >= SHOWN_FROM;
    let bar = if is_long { ProgressLine::begin(&context.output, batch.summary.users) } else { None };
    let (bad, output) = (RefCell::new(Vec::new()), &mut context.output);
    let progress = &mut |done| {
        if let Some(bar) = &bar {
            bar.show_count(output, done);
        }
    };
    let hashed = batch::hash(app, batch, progress, &mut |line| bad.borrow_mut().push(line));
    if let Some(bar) = bar {
        bar.end(&mut context.output);
    }
    telling(&mut context.output, |report| {
        bad.into_inner().into_iter().for_each(report);
        hashed
    })
}

fn say_outcome(context: &mut Context, outcome: &BatchOutcome, out: Option<&Path>) {
    let BatchOutcome { users, notices, left_out, left_out_count } = outcome;
    if *left_out_count > 0 {
        let names = left_out.join(", ");
        let more = if *left_out_count > left_out.len() as u64 { " and others" } else { "" };
        let words = "left out, because they did not match any more when the passwords were hashed";
        context.output.warn(&format!("{}: {words}: {names}{more}", counted(*left_out_count, "user")));
    }
    let they = if *users == 1 { "it is" } else { "they are" };
    let to = out.map_or(String::new(), |path| format!("; {they} in {}", path.display()));
    let queued = match notices {
        0 => String::new(),
        count => format!(" {} queued.", counted(*count, "notice")),
    };
    context.output.say(&match users {
        0 => targets::NOBODY.to_owned(),
        users => format!("Set {}{to}.{queued}", counted(*users, "password")),
    });
    if *notices > 0 {
        context.output.say("To send the notices: cxme-admin jobs run");
    }
}

/// Runs what reports bad lines, and tells the first of them.
fn telling<T>(
    output: &mut Output,
    run: impl FnOnce(&mut dyn FnMut(BadLine)) -> Result<T, ActionError>,
) -> anyhow::Result<T> {
    let mut told = 0_u64;
    let ran = run(&mut |line| {
        told += 1;
        output.complain(&line.to_string());
    });
    if let Err(ActionError::BadLines { bad, .. }) = &ran
        && *bad > told
        && told >= TOLD
    {
        output.complain("… and more, which are only counted");
    }
    Ok(ran?)
}

/// Writes generated passwords as CSV that `--batch` reads.
fn write(file: &mut dyn Write, generated: &[GeneratedPassword<'_>]) -> io::Result<()> {
    writeln!(file, "username,email,password,must_change_password")?;
    let mut line = ZeroizingBuf::new(Vec::with_capacity(4096));
    for GeneratedPassword { user, password, must_change } in generated {
        line.clear();
        let fields = [user.username.as_str(), user.email.as_str(), password.reveal()];
        for field in fields {
            quote(field, &mut line);
            line.push(b',');
        }
        line.extend_from_slice(if *must_change { b"true\n" } else { b"false\n" });
        file.write_all(&line)?;
    }
    file.flush()
}

/// Quotes a field where it has to be (RFC 4180, 2).
fn quote(field: &str, line: &mut Vec<u8>) {
    if !field.contains(['"', ',', '\r', '\n']) && !field.starts_with(' ') && !field.ends_with(' ') {
        line.extend_from_slice(field.as_bytes());
        return;
    }
    line.push(b'"');
    for byte in field.bytes() {
        line.extend(std::iter::repeat_n(byte, if byte == b'"' { 2 } else { 1 }));
    }
    line.push(b'"');
}

/// Input that must end before the limit.
struct Limited<'input> {
    input: &'input mut dyn Read,
    left: u64,
}

impl<'input> Limited<'input> {
    fn new(input: &'input mut dyn Read) -> Self {
        Self { input, left: BATCH_LIMIT }
    }
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let too_large = || io::Error::new(io::ErrorKind::InvalidData, "the batch is larger than 320 MiB: split it");
        self.left = self.left.checked_sub(count as u64).ok_or_else(too_large)?;
        Ok(count)
    }
}
