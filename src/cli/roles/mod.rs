//! `roles`.

pub mod add;
pub mod clone;
pub mod delete;
pub mod edit;
pub mod list;
pub mod permissions;
pub mod show;

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::value::Value;
use crate::domain::permission_edit::ContradictoryEdit;
use crate::domain::permission_edit::PermissionEdit;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;

/// Roles and their permissions
///
/// The role of an operator decides which commands they may run. The role of a user decides who may act on them: only operators
/// whose own role has every permission of it.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum RolesCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Add(add::AddArgs),
    Edit(edit::EditArgs),
    Clone(clone::CloneArgs),
    Delete(delete::DeleteArgs),
    Permissions(permissions::PermissionsArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: RolesCommand) -> anyhow::Result<()> {
    match command {
        RolesCommand::List(args) => list::run(context, &args),
        RolesCommand::Show(args) => show::run(context, &args),
        RolesCommand::Add(args) => add::run(context, &args),
        RolesCommand::Edit(args) => edit::run(context, &args),
        RolesCommand::Clone(args) => clone::run(context, &args),
        RolesCommand::Delete(args) => delete::run(context, &args),
        RolesCommand::Permissions(args) => permissions::run(context, &args),
    }
}

/// The edit that `--allow` and `--deny` give.
fn permission_edit(allow: &[Permission], deny: &[Permission]) -> Result<PermissionEdit, CliError> {
    let set = |permissions: &[Permission]| permissions.iter().copied().collect::<Permissions>();
    PermissionEdit::new(set(allow), set(deny)).map_err(|ContradictoryEdit { allowed, denied }| CliError::Usage {
        words: match allowed == denied {
            true => format!("`{allowed}` is allowed and denied"),
            false => format!("`--allow {allowed}` requires `{denied}`, which `--deny` takes away"),
        },
        hint: Some("give one of the two; see `cxme-admin roles permissions`".to_owned()),
    })
}

/// Permissions for people: separated by commas, as `--allow` takes them.
fn in_words(permissions: Permissions) -> String {
    match permissions.is_empty() {
        true => "no permissions".to_owned(),
        false => permissions.iter().map(Permission::word).collect::<Vec<_>>().join(","),
    }
}

/// Permissions for data.
fn list_of(permissions: Permissions) -> Value<'static> {
    Value::List(permissions.iter().map(Permission::word).collect())
}

/// Says which permissions came along because others require them.
fn also_allowed(brought: Permissions) -> Option<String> {
    (!brought.is_empty()).then(|| format!("Included, because required: {}.", in_words(brought)))
}

/// Says which permissions went along because they require a denied one.
fn also_denied(taken_along: Permissions) -> Option<String> {
    (!taken_along.is_empty()).then(|| format!("Also denied, because they require it: {}.", in_words(taken_along)))
}

/// Sentences in one line.
fn sentences(sentences: impl IntoIterator<Item = Option<String>>) -> String {
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
