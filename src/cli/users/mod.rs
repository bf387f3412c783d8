//! `users`.

pub mod add;
pub mod change_password;
pub mod clone;
pub mod columns;
pub mod delete;
pub mod edit;
pub mod export;
pub mod import;
mod import_effects;
pub mod list;
pub mod lock;
pub mod password;
pub mod send_reset;
pub mod set_password;
mod set_password_many;
pub mod show;
pub mod unlock;
pub mod verify_password;

use clap::Subcommand;

use crate::cli::context::Context;

/// Users, their passwords and their locks
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum UsersCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Add(add::AddArgs),
    Clone(clone::CloneArgs),
    Edit(edit::EditArgs),
    Delete(delete::DeleteArgs),
    Lock(lock::LockArgs),
    Unlock(unlock::UnlockArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Password(password::PasswordArgs),
    SetPassword(set_password::SetPasswordArgs),
    SendReset(send_reset::SendResetArgs),
    VerifyPassword(verify_password::VerifyPasswordArgs),
    ChangePassword(change_password::ChangePasswordArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: UsersCommand) -> anyhow::Result<()> {
    match command {
        UsersCommand::List(args) => list::run(context, &args),
        UsersCommand::Show(args) => show::run(context, &args),
        UsersCommand::Add(args) => add::run(context, &args),
        UsersCommand::Clone(args) => clone::run(context, &args),
        UsersCommand::Edit(args) => edit::run(context, &args),
        UsersCommand::Delete(args) => delete::run(context, &args),
        UsersCommand::Lock(args) => lock::run(context, &args),
        UsersCommand::Unlock(args) => unlock::run(context, &args),
        UsersCommand::Import(args) => import::run(context, &args),
        UsersCommand::Export(args) => export::run(context, &args),
        UsersCommand::Password(args) => password::run(context, &args),
        UsersCommand::SetPassword(args) => set_password::run(context, &args),
        UsersCommand::SendReset(args) => send_reset::run(context, &args),
        UsersCommand::VerifyPassword(args) => verify_password::run(context, &args),
        UsersCommand::ChangePassword(args) => change_password::run(context, &args),
    }
}
