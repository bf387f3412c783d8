//! `audit`.

pub mod archive;
pub mod export;
pub mod head;
pub mod list;
mod phrases;
mod sentence;
pub mod show;
pub mod verify;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::domain::event_archive::from_hex;

/// The audit log: every action, in a chain of hashes
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum AuditCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Verify(verify::VerifyArgs),
    Head(head::HeadArgs),
    Export(export::ExportArgs),
    Archive(archive::ArchiveArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::List(args) => list::run(context, &args),
        AuditCommand::Show(args) => show::run(context, &args),
        AuditCommand::Verify(args) => verify::run(context, &args),
        AuditCommand::Head(args) => head::run(context, &args),
        AuditCommand::Export(args) => export::run(context, &args),
        AuditCommand::Archive(args) => archive::run(context, &args),
    }
}

/// A hash that an option gives.
fn hash_of(option: &str, hex: &str) -> Result<Vec<u8>, CliError> {
    let bytes = from_hex(hex);
    bytes.filter(|bytes| bytes.len() == 32).ok_or_else(|| CliError::Usage {
        words: format!("{option}: a hash is 64 hexadecimal digits"),
        hint: Some("cxme-admin audit head".to_owned()),
    })
}
