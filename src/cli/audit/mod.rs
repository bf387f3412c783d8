//! `audit`.

pub mod head;
pub mod list;
pub mod show;
pub mod verify;

use clap::Subcommand;

use crate::cli::context::Context;

/// The audit log: every action, in a chain of hashes
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum AuditCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Verify(verify::VerifyArgs),
    Head(head::HeadArgs),
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
    }
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
