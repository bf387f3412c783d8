//! `audit`.

pub mod head;
pub mod list;
mod phrases;
mod sentence;
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
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)]));
    bytes.iter().flat_map(digits).collect()
}
