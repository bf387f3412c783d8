//! `mail`.

pub mod bounces;
pub mod preview;
pub mod queue;
pub mod test;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::failure::MailFailure;
use crate::mail::outcome::TransportError;
use crate::mail::outcome::TransportErrorKind;

/// Test the relay, preview mails, list waiting mails, read delivery reports
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum MailCommand {
    Test(test::TestArgs),
    Preview(preview::PreviewArgs),
    Queue(queue::QueueArgs),
    Bounces(bounces::BouncesArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: MailCommand) -> anyhow::Result<()> {
    match command {
        MailCommand::Test(args) => test::run(context, &args),
        MailCommand::Preview(args) => preview::run(context, &args),
        MailCommand::Queue(args) => queue::run(context, &args),
        MailCommand::Bounces(args) => bounces::run(context, &args),
    }
}

/// What to do about mail that was not handed over and waits.
pub fn hint_for(fault: MailFailure) -> &'static str {
    match fault {
        MailFailure::Configuration | MailFailure::Refused => {
            "fix it, and test it: cxme-admin mail test ADDRESS -v; then send the waiting mail: cxme-admin jobs run --now"
        }
        _ => "it waits in the outbox: cxme-admin jobs run tries again",
    }
}

/// The exit code of a transport error.
pub fn fault_of(transport_error: &TransportError) -> MailFailure {
    match transport_error.kind {
        TransportErrorKind::Temporary => MailFailure::Later,
        TransportErrorKind::Permanent => MailFailure::Refused,
        TransportErrorKind::Configuration => MailFailure::Configuration,
    }
}
