//! `mail bounces`.

use std::fs;
use std::io;
use std::io::BufReader;
use std::io::ErrorKind;
use std::io::Read as _;
use std::path::Path;

use rustix::fs::OFlags;

use crate::actions::mail::bounces::BounceCounts;
use crate::actions::mail::bounces::BounceRecorder;
use crate::cli::acting_args::ActingArgs;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::files::InputFile;
use crate::cli::files::open_data;
use crate::cli::output::Format;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::text::counted;
use crate::mail::delivery_report::MAX_REPORT;
use crate::mail::mbox::MboxReader;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;

/// Read delivery reports and mark mails and addresses that bounced
///
/// The reports go to the address in `[mail] bounce_to`, else `[mail] from`. From cron, name a Maildir or an mbox file; from an
/// alias or `.forward`: `"|cxme-admin mail bounces -"`. The mailbox is not changed, and a report that is read again changes
/// nothing.
///
/// A report counts only for a mail that was sent under that Message-ID to that address. The mail is then `bounced`, with the
/// remote server's words, and its link is revoked. If the address is the reason, and not for example a filter, later
/// resets skip the user, until the address changes or `users edit USER --clear-bounce`. Reports of a delay, or of an error
/// that may pass (4.x.x), change nothing.
#[derive(Debug, clap::Args)]
pub struct BouncesArgs {
    /// Maildir or mbox file; `-`: a message or an mbox on standard input
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    mailbox: InputFile,
    #[command(flatten)]
    acting: ActingArgs,
}

const COLUMNS: [Column<BounceCounts>; 8] = [
    Column { name: "read", title: "Read", cell: |row| Value::count(row.read) },
    Column { name: "bounced", title: "Bounced", cell: |row| Value::count(row.bounced) },
    Column { name: "users_changed", title: "Users", cell: |row| Value::count(row.users) },
    Column { name: "known", title: "Known", cell: |row| Value::count(row.known) },
    Column { name: "temporary", title: "Temporary", cell: |row| Value::count(row.temporary) },
    Column { name: "unmatched", title: "Unmatched", cell: |row| Value::count(row.unmatched) },
    Column { name: "not_permitted", title: "Not permitted", cell: |row| Value::count(row.not_permitted) },
    Column { name: "others", title: "Others", cell: |row| Value::count(row.others) },
];

/// Runs the command.
///
/// # Errors
/// When the mailbox cannot be read, or the operator may not.
pub fn run(context: &mut Context, args: &BouncesArgs) -> anyhow::Result<()> {
    let app = context.app(Action::MailBounces)?;
    let mut recorder = BounceRecorder::new(&app, args.acting.change_options());
    match &args.mailbox {
        InputFile::Stdin => read_mbox(&mut context.process.stdin.bytes, &mut recorder)?,
        InputFile::File(path) if is_directory(path)? => read_maildir(path, &mut recorder)?,
        InputFile::File(path) => read_mbox(&mut open_data(path)?, &mut recorder)?,
    }
    let counts = recorder.finish()?;
    let words = words(&counts);
    if args.acting.dry_run {
        let would =
            if counts.bounced == 0 { "Nothing would be changed".to_owned() } else { marked("Would mark", &counts) };
        let mut step = PlanStep::new(Action::MailBounces, format!("{would}; {words}.")).if_changed(counts.bounced > 0);
        for column in &COLUMNS {
            step = step.field(column.name, (column.cell)(&counts));
        }
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    if context.output.format != Format::Table {
        return Ok(column::record(&mut context.output, &COLUMNS, &counts, app.now())?);
    }
    context.output.say(&match counts.bounced {
        0 => format!("Nothing was changed; {words}."),
        _ => format!("{}; {words}.", marked("Marked", &counts)),
    });
    Ok(())
}

fn marked(verb: &str, counts: &BounceCounts) -> String {
    format!(
        "{verb} {} as bounced, and the address of {}",
        counted(counts.bounced, "mail"),
        counted(counts.users, "user")
    )
}

/// What was read, without what was changed.
fn words(counts: &BounceCounts) -> String {
    let BounceCounts { read, known, temporary, unmatched, not_permitted, others, .. } = counts;
    let parts = [
        (known, "known before"),
        (temporary, "temporary"),
        (unmatched, "about no mail of this store"),
        (not_permitted, "about users on whom you may not act"),
        (others, "reporting no failure"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| **count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let of = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("read {}{of}", counted(*read, "message"))
}

fn is_directory(path: &Path) -> Result<bool, FileError> {
    // The operator names it, and not the store.
    let _own = FsCredentials::own();
    let metadata = path.metadata().map_err(|error| FileError::Io { path: path.to_owned(), doing: "opened", error })?;
    Ok(metadata.is_dir())
}

fn read_mbox(input: &mut dyn io::Read, recorder: &mut BounceRecorder<'_>) -> anyhow::Result<()> {
    let mut messages = MboxReader::new(BufReader::new(input), MAX_REPORT);
    while let Some(message) = messages.next_message()? {
        recorder.add(&message)?;
    }
    Ok(())
}

/// Reads each message of a Maildir. A name that is no regular file is ignored, and so is one that another program has removed
/// meanwhile or moved to `cur`, where it is read the next time.
fn read_maildir(path: &Path, recorder: &mut BounceRecorder<'_>) -> anyhow::Result<()> {
    let mut is_any = false;
    for part in ["new", "cur"] {
        let directory = path.join(part);
        let entries = {
            let _own = FsCredentials::own();
            match fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(FileError::Io { path: directory, doing: "read", error }.into()),
            }
        };
        is_any = true;
        for entry in entries {
            let failed = |path: &Path, error| FileError::Io { path: path.to_owned(), doing: "read", error };
            let entry = entry.map_err(|error| failed(&directory, error))?;
            let file = entry.path();
            if let Some(message) = read_beginning(&file).map_err(|error| failed(&file, error))? {
                recorder.add(&message)?;
            }
        }
    }
    if !is_any {
        let words = format!("{}: is no Maildir: it has neither `new` nor `cur`", path.display());
        let hint = "give a Maildir, an mbox file, or `-`".to_owned();
        return Err(CliError::BadFile { words, hint }.into());
    }
    Ok(())
}

/// The beginning of a message; `None`: it is no regular file, or there is none any more. A symbolic link is not followed: it may
/// have been put there by who delivers mail.
fn read_beginning(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let _own = FsCredentials::own();
    // A named pipe would be waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, rustix::fs::Mode::empty()) {
        Ok(file) => fs::File::from(file),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOENT | rustix::io::Errno::NXIO) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut message = Vec::new();
    file.take(MAX_REPORT as u64).read_to_end(&mut message)?;
    Ok(Some(message))
}
