//! `audit verify`.

use std::path::PathBuf;

use crate::actions::audit::verify;
use crate::actions::audit::verify::NamedArchive;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::files;
use crate::cli::jobs::summary::counted;
use crate::cli::output::Format;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::event_chain::ChainReport;

/// Check that no event was changed, deleted or inserted
///
/// The chain shows edits in the middle of the log. Only a head that was kept elsewhere shows that the end was cut off,
/// or that the whole log was rewritten: keep the output of `cxme-admin audit head` on another machine, and pass it
/// here.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// A hash that `audit head` printed earlier
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
    /// Files that `audit archive` wrote, all of them: check the whole chain from its first event
    #[arg(long, value_name = "FILE", num_args = 1..)]
    archive: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When the chain is broken, or the operator may not view the audit.
pub fn run(context: &mut Context, args: &VerifyArgs) -> anyhow::Result<()> {
    let head = args.head.as_deref().map(|head| super::hash_of("--head", head)).transpose()?;
    let app = context.app(Action::AuditVerify)?;
    let open = |path: &PathBuf| -> anyhow::Result<NamedArchive> {
        Ok(NamedArchive { path: path.clone(), input: Box::new(files::open_data(path)?) })
    };
    let files = args.archive.iter().map(open).collect::<anyhow::Result<_>>()?;
    let ChainReport { events, archived, erased } = verify::verify(&app, head, files)?;
    if context.output.format != Format::Table {
        let heads = ["events", "whole", "head_found", "erased", "archived"].map(|name| Heading { name, title: name });
        let found = args.head.as_ref().map_or(Value::Nothing(""), |_| Value::Flag(true));
        return Ok(data::record(
            &mut context.output,
            &heads,
            &[
                Value::Number(events),
                Value::Flag(true),
                found,
                Value::Number(erased.cast_signed()),
                Value::Number(archived),
            ],
            app.now(),
        )?);
    }
    context.output.line(&format!("{}, chain intact.", counted(events.unsigned_abs(), "event")))?;
    if erased > 0 {
        let changes = counted(erased, "user change");
        context.output.line(&format!("Erased with deleted users: the values of {changes}."))?;
    }
    if archived > 0 {
        let words = if archived == 1 { "Event 1 was".to_owned() } else { format!("Events 1 to {archived} were") };
        context
            .output
            .line(&format!("{words} moved out of the store, and not checked: give the files with `--archive`."))?;
    }
    if args.head.is_none() {
        let words = "Without `--head HASH`, truncation or a full rewrite cannot be detected.";
        context.output.say(words);
    }
    Ok(())
}
