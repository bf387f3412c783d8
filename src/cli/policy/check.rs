//! `policy check`.

use crate::actions::policy;
use crate::cli::context::Context;
use crate::cli::context::PasswordSource;
use crate::cli::prompt;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::user::UserReference;
use crate::secrets::password::Password;

/// Check a password against the requirements, without setting it
///
/// Exits with 0 if it meets them, and with 65 and a list of the violated rules if not.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// User whose name and address are checked against the password
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    stdin: bool,
}

/// Runs the command.
///
/// # Errors
/// When the password breaks a rule, or the operator is none.
pub fn run(context: &mut Context, args: &CheckArgs) -> anyhow::Result<()> {
    let besides: &[Permission] = if args.user.is_some() { &[Permission::ViewUsers] } else { &[] };
    let app = context.app_with(Action::PolicyCheck, besides)?;
    let password = if args.stdin {
        Password::from_bytes(context.secret_line(&PasswordSource::Stdin)?)?
    } else {
        let mut terminal = context.terminal("A password to check", "give `--stdin`")?;
        prompt::known_password(terminal.as_mut(), "Password to check")?
    };
    let user = args.user.as_deref().map(UserReference::new);
    let faults = policy::check(&app, user.as_ref(), &password)?;
    if faults.is_empty() {
        context.output.say("The password meets the requirements.");
        return Ok(());
    }
    let contact = app.organization().help_contact.clone();
    Err(crate::app::ActionError::from(Refusal::Policy { faults, contact, former_of: None }).into())
}
