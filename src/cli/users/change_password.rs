//! `users change-password`.

use crate::actions::users::password;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::sign_in::NamedClient;
use crate::domain::user::UserReference;
use crate::secrets::password::Password;

/// Let a user change their own password, with the old one as proof
///
/// The audit log records that the user chose it. With `--stdin`: the old password on the first line, the new one on the
/// second.
#[derive(Debug, clap::Args)]
pub struct ChangePasswordArgs {
    /// Exact username or email address
    #[arg(value_name = "USER")]
    user: String,
    /// Read the old and the new password from two lines of standard input
    #[arg(long)]
    stdin: bool,
    /// IP address or name of the client host, shown by `users show` after a wrong old password
    #[arg(long, value_name = "ADDR")]
    client: Option<NamedClient>,
    /// Do not notify the user by mail that the password was changed
    #[arg(long)]
    no_notify: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When the old password is wrong, the policy refuses the new one, or the operator may not.
pub fn run(context: &mut Context, args: &ChangePasswordArgs) -> anyhow::Result<()> {
    let app = context.app(Action::UsersChangePassword)?;
    let reference = UserReference::new(&args.user);
    if args.acting.dry_run && !args.stdin {
        // Whether there is such a user is not said to a login system that has not proven anything.
        let words = "Would change the password if the old one is right. Nothing was asked.";
        let step = PlanStep::new(Action::UsersChangePassword, words).field("user", Value::text(reference.shown()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    let client = args.client.as_ref().and_then(NamedClient::name);
    let (proven, new) = if args.stdin {
        let (old, new) = context.two_secrets("the old password and the new one")?;
        (password::prove(&app, &reference, Password::from_bytes(old)?, client)?, Password::from_bytes(new)?)
    } else {
        let mut terminal = context.terminal("The old and the new password", "give `--stdin`")?;
        let old = prompt::known_password(terminal.as_mut(), "Old password")?;
        let proven = password::prove(&app, &reference, old, client)?;
        let requirements = prompt::requirements(proven.requirements());
        terminal.show(&prompt::bullets("Requirements for the new password:", &requirements))?;
        let validate = &mut |password: &Password| prompt::faults_in_words(proven.validate(&app, password));
        let new = prompt::new_password(terminal.as_mut(), validate)?;
        (proven, new)
    };
    let notify = !args.no_notify && context.has_mail()?;
    let notice = password::change(&app, &proven, &new, notify, &args.acting.change_options())?;
    let name = proven.user().username.clone();
    // They are not needed while the relay is waited for.
    drop((proven, new));
    if args.acting.dry_run {
        let step = PlanStep::new(Action::UsersChangePassword, format!("Would change the password of {name}."))
            .field("user", Value::text(reference.shown()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&format!("Password changed for {name}."));
    context.send_notice(&app, notice);
    Ok(())
}
