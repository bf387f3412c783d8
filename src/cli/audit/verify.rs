//! `audit verify`.

use crate::actions::audit;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::failure::Complaint;
use crate::cli::jobs::summary::counted;
use crate::cli::output::Format;
use crate::domain::action::Action;
use crate::domain::event::Verified;

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
}

/// Runs the command.
///
/// # Errors
/// When the chain is broken, or the operator may not view the audit.
pub fn run(context: &mut Context, args: &VerifyArgs) -> anyhow::Result<()> {
    let head = args.head.as_deref().map(bytes).transpose()?;
    let desk = context.desk(Action::AuditVerify)?;
    let Verified { events, erased } = audit::verify(&desk, head)?;
    if context.output.format != Format::Table {
        let heads = ["events", "whole", "head_found", "erased"].map(|name| Head { name, title: name });
        let found = args.head.as_ref().map_or(Cell::Nothing(""), |_| Cell::Flag(true));
        return Ok(data::record(
            &mut context.output,
            &heads,
            &[Cell::Number(events), Cell::Flag(true), found, Cell::Number(erased.cast_signed())],
            desk.now(),
        )?);
    }
    context.output.line(&format!("{}, the chain is whole.", counted(events.unsigned_abs(), "event")))?;
    if erased > 0 {
        let changes = counted(erased, "user change");
        context.output.line(&format!("Erased with deleted users: the values of {changes}."))?;
    }
    if args.head.is_none() {
        let words = "Not seen without `--head HASH`: whether the newest events were cut off, or all of them rewritten.";
        context.output.say(words);
    }
    Ok(())
}

fn bytes(hex: &str) -> Result<Vec<u8>, Complaint> {
    let digits = hex.as_bytes();
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Option<Vec<u8>> = if digits.iter().all(u8::is_ascii_hexdigit) { pairs.collect() } else { None };
    bytes.filter(|bytes| bytes.len() == 32).ok_or_else(|| Complaint::Usage {
        words: "--head: a hash is 64 hexadecimal digits".to_owned(),
        hint: Some("cxme-admin audit head".to_owned()),
    })
}
