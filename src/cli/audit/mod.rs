//! `audit`.

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

/// The audit log: every action, in a chain of hashes
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum AuditCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Verify(verify::VerifyArgs),
    Head(head::HeadArgs),
    Export(export::ExportArgs),
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
    }
}

/// A hash that an option gives.
fn hash_of(option: &str, hex: &str) -> Result<Vec<u8>, CliError> {
    let digits = hex.as_bytes();
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Option<Vec<u8>> = if digits.iter().all(u8::is_ascii_hexdigit) { pairs.collect() } else { None };
    bytes.filter(|bytes| bytes.len() == 32).ok_or_else(|| CliError::Usage {
        words: format!("{option}: a hash is 64 hexadecimal digits"),
        hint: Some("cxme-admin audit head".to_owned()),
    })
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)]));
    bytes.iter().flat_map(digits).collect()
}
